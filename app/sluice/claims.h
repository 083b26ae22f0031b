/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One sluice per kernel interface. The kernel lets two programs open an interface by AF_PACKET (both would answer) or AF_XDP
 * (the second breaks the first), so each sluice claims the interfaces under its virtual devices: a listening socket in the
 * abstract name space, which belongs to the network namespace as the interface does and goes away with its process.
 */
#ifndef APP_SLUICE_CLAIMS_H
#define APP_SLUICE_CLAIMS_H

#include "device_plan.h"

#include "sluice/base/problem.h"

struct claims {
	int fds[SL_MAX_PORTS];
	unsigned int n;
};

/* Process that has claimed the kernel interface: its pid, -1 when it cannot be told, 0 when there is none. */
long claims_owner(const char *netdev);

/* Claim the interfaces of all devices. Returns 0, or -1 with a problem and nothing claimed. */
int claims_take(struct claims *claims, const struct device_plans *devices, struct sl_problems *problems);
void claims_release(struct claims *claims);

#endif
