/* SPDX-License-Identifier: BSD-3-Clause */
/* Which interfaces of a configuration have a companion in the host's stack (docs/decisions/0019), and why. */
#ifndef SLUICE_CONFIG_COMPANION_H
#define SLUICE_CONFIG_COMPANION_H

#include "sluice/config/config.h"

/* Index of the interface that leads to an address by the longest prefix of networks, routes and gateways; n_interfaces: none. */
unsigned int sl_config_egress(const struct sl_config *config, const struct sl_ip *ip);

/* The first service whose backends are checked through interface i, or NULL. */
const struct sl_config_service *sl_config_checked_through(const struct sl_config *config, unsigned int i);

/* Any interface has one. */
bool sl_config_has_companions(const struct sl_config *config);

#endif
