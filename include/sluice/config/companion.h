/* SPDX-License-Identifier: BSD-3-Clause */
/* Which interfaces of a configuration have a companion in the host's stack (docs/decisions/0019). */
#ifndef SLUICE_CONFIG_COMPANION_H
#define SLUICE_CONFIG_COMPANION_H

#include "sluice/config/config.h"

/* Any interface has one. */
bool sl_config_has_companions(const struct sl_config *config);

#endif
