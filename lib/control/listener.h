/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multicast groups that sluice listens to: the solicited-node group of every IPv6 address of an interface, which neighbour
 * discovery needs, and the groups of relays. Routers and the switches that snoop learn them from IGMPv3 and MLDv2 reports
 * (RFC 3376, RFC 3810), or older ones where an older router asks; ports by a filter on MAC addresses.
 *
 * Each interface has a list of groups for each address family. A group's state is a filter: INCLUDE some sources (RFC 4607), or
 * EXCLUDE none, which is any source. A group that is left stays in the list, as INCLUDE none, until that was said. What changed
 * is said ROBUSTNESS times, a second apart, always as it stands by then: what was changed again meanwhile needs no queue. An
 * interface that is removed, or moves to another VLAN, leaves its groups in the same way: what it was is kept for so long.
 */
#ifndef SLUICE_CONTROL_LISTENER_H
#define SLUICE_CONTROL_LISTENER_H

#include "sluice/config/snapshot.h"
#include "sluice/packet/group.h"
#include "sluice/state/event.h"

/* False: not now, try again soon. */
struct sl_listen_ops {
	/* Report n records of one address family, in one frame, as routers of today understand them. */
	bool (*report)(void *arg, const struct sl_interface *in, const struct sl_group_record *records, unsigned int n);
	/* Tell older routers that a group is listened to, or no longer. */
	bool (*report_membership)(void *arg, const struct sl_interface *in, const struct sl_ip *group, enum sl_group_version version);
	bool (*report_leave)(void *arg, const struct sl_interface *in, const struct sl_ip *group);
	/* Receive these multicast MAC addresses on a port. */
	void (*filter)(void *arg, uint16_t port, const uint8_t (*macs)[6], unsigned int n);
	/* Receive all of them. */
	void (*filter_none)(void *arg, uint16_t port);
};

struct sl_listener;

struct sl_listener *sl_listener_create(const struct sl_listen_ops *ops, void *arg);
void sl_listener_destroy(struct sl_listener *l);

/*
 * Follow a snapshot, kept until the next call: port filters are set, and groups reported where they changed.
 * Returns 0, or -1 when memory runs out: groups of interfaces that stay go on, those of others are forgotten, and the rest is done by
 * sl_listener_run a second later.
 */
int sl_listener_follow(struct sl_listener *l, const struct sl_snapshot *snapshot, uint64_t now_ns);

/*
 * A port was started, or its link came up: set its filter (some drivers lose it) and report the groups of its interfaces.
 * Returns 0, or -1 when memory runs out, with the same remedy.
 */
int sl_listener_link_up(struct sl_listener *l, uint16_t port, uint64_t now_ns);

/* A router asked on an interface (SL_EVENT_GROUP_QUERY): answer within the time it gives. */
void sl_listener_query(struct sl_listener *l, const struct sl_event *query, uint64_t now_ns);

/* The end: all groups are left. What follows is sl_listener_run, until it has nothing more to say. */
void sl_listener_leave(struct sl_listener *l, uint64_t now_ns);

/* Send what is due. Returns when to call again, UINT64_MAX: only after another call. */
uint64_t sl_listener_run(struct sl_listener *l, uint64_t now_ns);

#endif
