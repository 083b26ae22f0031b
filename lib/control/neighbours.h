/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control does with the next-hop table: ask, confirm, give up, forget (the ARP and ND cache, RFC 1122 section 2.3.2.1
 * and RFC 4861 section 7.3). Time is an argument; frames leave through a callback.
 *
 *   INCOMPLETE --answer--> REACHABLE --30 s, and used or wanted--> PROBE --answer--> REACHABLE
 *       | 3 unanswered       | idle for 10 min: removed              | 3 unicast and 3 multicast unanswered
 *       +-------> FAILED <---+---------------------------------------+    (asked again every 5 s while anybody wants it)
 *
 * STATIC ones come from the configuration and are never asked. An index may be given to another address only after every
 * worker has passed a quiescent state since it was freed, because a worker in mid-burst may still hold it.
 */
#ifndef SLUICE_CONTROL_NEIGHBOURS_H
#define SLUICE_CONTROL_NEIGHBOURS_H

#include "sluice/config/snapshot.h"
#include "sluice/state/event.h"
#include "sluice/state/neighbour.h"

struct sl_neighbours_ops {
	/* Send an ARP request or neighbour solicitation, to `mac` or (NULL) to all. False: not now, try again soon. */
	bool (*solicit)(void *arg, uint16_t interface, const struct sl_ip *ip, const uint8_t *mac);
	/* One of our own addresses? */
	bool (*ours)(void *arg, const struct sl_ip *ip);
	/* Wait until no worker holds an index from before the call. */
	void (*quiesce)(void *arg);
	/* The table was full: an idle entry made room, or (evicted false) the newcomer was refused. */
	void (*full)(void *arg, bool evicted);
};

/* A next hop that the configuration needs: kept resolved. */
struct sl_hop {
	uint16_t interface;
	struct sl_ip ip;
};

struct sl_neighbours;

/* NULL when memory runs out. The table is the caller's and outlives it. */
struct sl_neighbours *sl_neighbours_create(struct sl_neighbour_table *table, const struct sl_neighbours_ops *ops,
					   void *arg);
void sl_neighbours_destroy(struct sl_neighbours *n);

/*
 * Follow a new snapshot, kept until the next call: entries that no longer fit an interface go, static ones come and go,
 * wanted ones are asked for.
 */
void sl_neighbours_configure(struct sl_neighbours *n, const struct sl_snapshot *snapshot, const struct sl_hop *wanted,
			     unsigned int n_wanted, uint64_t now_ns);

/* SL_EVENT_RESOLVE, _NEIGHBOUR, _NEIGHBOUR_GOSSIP and _NEIGHBOUR_HINT. */
void sl_neighbours_event(struct sl_neighbours *n, const struct sl_event *event, uint64_t now_ns);

/* Do what is due. Returns when to call again, UINT64_MAX: only after another call. */
uint64_t sl_neighbours_run(struct sl_neighbours *n, uint64_t now_ns);

#endif
