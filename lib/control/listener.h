/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multicast groups that IPv6 neighbour discovery needs: the solicited-node group of every IPv6 address of an interface,
 * link-local included. Switches that snoop learn them from MLDv2 reports (RFC 3810), ports by a filter on MAC addresses.
 */
#ifndef SLUICE_CONTROL_LISTENER_H
#define SLUICE_CONTROL_LISTENER_H

#include "sluice/config/snapshot.h"

struct sl_listen_ops {
	/* Report n groups in one frame. False: not now, try again soon. */
	bool (*report)(void *arg, uint16_t interface, const struct sl_ip *groups, unsigned int n);
	/* Receive these multicast MAC addresses on a port. */
	void (*filter)(void *arg, uint16_t port, const uint8_t (*macs)[6], unsigned int n);
};

struct sl_listener;

struct sl_listener *sl_listener_create(const struct sl_listen_ops *ops, void *arg);
void sl_listener_destroy(struct sl_listener *l);

/*
 * Follow a snapshot, kept until the next call: port filters are set, and groups reported where they changed.
 * Returns 0, or -1 when memory runs out.
 */
int sl_listener_follow(struct sl_listener *l, const struct sl_snapshot *snapshot, uint64_t now_ns);

/*
 * A port was started, or its link came up: set its filter (some drivers lose it) and report the groups of its interfaces.
 * Returns 0, or -1 when memory runs out.
 */
int sl_listener_link_up(struct sl_listener *l, uint16_t port, uint64_t now_ns);

/* A router asked on an interface: answer within a second (RFC 3810 section 5.1.3 allows the delay). */
void sl_listener_query(struct sl_listener *l, uint16_t interface, uint64_t now_ns);

/* Send what is due. Returns when to call again, UINT64_MAX: only after another call. */
uint64_t sl_listener_run(struct sl_listener *l, uint64_t now_ns);

#endif
