/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tell the link that an address is ours: one probe for duplicates, then three announcements a second apart (RFC 5227
 * section 2.3 ANNOUNCE_NUM; RFC 4861 MAX_NEIGHBOR_ADVERTISEMENT). Addresses are used at once, as in optimistic duplicate
 * address detection (RFC 4429): a gateway that takes over must not wait a second, and a conflict is reported when it shows.
 */
#ifndef SLUICE_CONTROL_ANNOUNCE_H
#define SLUICE_CONTROL_ANNOUNCE_H

#include "sluice/config/snapshot.h"

struct sl_announce_ops {
	/* Send one frame. False: not now, try again soon. */
	bool (*probe)(void *arg, uint16_t interface, const struct sl_ip *ip);
	bool (*announce)(void *arg, uint16_t interface, const struct sl_ip *ip);
};

struct sl_announcer;

struct sl_announcer *sl_announcer_create(const struct sl_announce_ops *ops, void *arg);
void sl_announcer_destroy(struct sl_announcer *a);

/* Begin with an address; first frames at the next run. One already under way starts anew. Returns 0, -1: no memory. */
int sl_announcer_add(struct sl_announcer *a, uint16_t interface, const struct sl_ip *ip, uint64_t now_ns);

/*
 * Follow a change of snapshot: begin with what is new, stop what is no longer ours. `previous` NULL, or interfaces that
 * differ from the previous ones: begin with everything.
 */
void sl_announcer_follow(struct sl_announcer *a, const struct sl_snapshot *previous, const struct sl_snapshot *next,
			 uint64_t now_ns);

/* Begin with every address on the interfaces of a port: its link came up. */
void sl_announcer_link_up(struct sl_announcer *a, const struct sl_snapshot *snapshot, uint16_t port, uint64_t now_ns);

/* Send what is due, at most 64 frames in 10 ms. Returns when to call again, UINT64_MAX: only after another call. */
uint64_t sl_announcer_run(struct sl_announcer *a, uint64_t now_ns);

#endif
