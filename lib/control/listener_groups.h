/* SPDX-License-Identifier: BSD-3-Clause */
/* Which multicast groups a snapshot wants to hear. */
#ifndef SLUICE_CONTROL_LISTENER_GROUPS_H
#define SLUICE_CONTROL_LISTENER_GROUPS_H

#include "listener.h"

/* A group from a source, or from any (zero). */
struct sl_wanted_group {
	struct sl_ip group, source;
};

/* Sorted by group and source, without doubles; a group's entry for any source is its first. Free with free(). */
struct sl_wanted_groups {
	struct sl_wanted_group *list;
	unsigned int n;
};

/* What is to be joined on an interface, of one address family. Returns 0, or -1 when memory runs out. */
int sl_listener_collect(const struct sl_snapshot *s, uint16_t interface, bool v4, struct sl_wanted_groups *wanted);

/* Set a port's filter to what its interfaces want to hear, joined or not. Returns 0, or -1 when memory runs out. */
int sl_listener_filter(const struct sl_snapshot *s, uint16_t port, const struct sl_listen_ops *ops, void *arg);

#endif
