/* SPDX-License-Identifier: BSD-3-Clause */
/* Give up capabilities once everything is open. */
#ifndef APP_SLUICE_PRIVILEGES_H
#define APP_SLUICE_PRIVILEGES_H

#include "sluice/port/port.h"

/*
 * Called by the thread that becomes the control thread. Drop every capability that running does not need, in all threads of the
 * process, from every set (bounding and ambient ones too), and log what is kept and why. Failing is a warning: sluice works as
 * well with too many rights.
 */
void privileges_drop(const struct sl_port *ports, unsigned int n_ports, const char *config_path);

#endif
