/* SPDX-License-Identifier: BSD-3-Clause */
/* A port whose device goes away. */
#ifndef CONTROL_REMOVAL_H
#define CONTROL_REMOVAL_H

#include "control_internal.h"

/* Take the port from the workers and give its device back. The rest goes on; packets for the port are dropped by name. */
void sl_control_release(struct sl_control *control, uint16_t port);

#endif
