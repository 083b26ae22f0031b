/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TAP in the host's network stack that stands for an interface of sluice's: its companion. Has the interface's name and MAC
 * address, and for as long as it exists the addresses, routes and rules that sl_companion_apply was last given. Control thread
 * only. Linux; needs CAP_NET_ADMIN, except for frames and the link state.
 */
#ifndef SLUICE_PORT_COMPANION_H
#define SLUICE_PORT_COMPANION_H

#include <rte_mempool.h>

#include "sluice/base/ip.h"
#include "sluice/base/problem.h"

struct sl_companion;

struct sl_companion_route {
	struct sl_prefix prefix;
	struct sl_ip via; /* zero: on link */
};

struct sl_companion_plan {
	uint16_t mtu;
	unsigned int n_addresses, n_routes;
	struct sl_prefix *addresses;	   /* the host's, too, with the lengths of their networks */
	struct sl_companion_route *routes; /* of what comes from these addresses; networks on link among them */
};

/* Create the TAP, down and without addresses. `table`: of routes, for nothing else. NULL: a problem at `where`. */
struct sl_companion *sl_companion_create(const char *name, const uint8_t mac[6], uint32_t table, const char *where,
					 struct sl_problems *problems);
void sl_companion_destroy(struct sl_companion *companion); /* NULL is accepted */

/* Make it so and bring it up; takes over what the plan points to. What the host refuses is logged, and tried again with the next plan. */
void sl_companion_apply(struct sl_companion *companion, const struct sl_companion_plan *plan);

/* Its interface has moved: another MAC address, another table. What it was given, and neighbours it knows, are gone; apply comes next. */
void sl_companion_move(struct sl_companion *companion, const uint8_t mac[6], uint32_t table);

/* Pass on the state of the port's link. */
void sl_companion_set_link(struct sl_companion *companion, bool up);

const char *sl_companion_name(const struct sl_companion *companion);
bool sl_companion_link(const struct sl_companion *companion);
bool sl_companion_is_gone(const struct sl_companion *companion); /* somebody has deleted it, as reading has shown */
int sl_companion_index(const struct sl_companion *companion); /* of the kernel interface */
int sl_companion_fd(const struct sl_companion *companion);    /* readable when there are frames */

/*
 * The next frame that the host sends, in a buffer of the pool and with the VLAN's tag (0: none). NULL: there is none, or, when it
 * was *lost, no buffer for it.
 */
struct rte_mbuf *sl_companion_read(struct sl_companion *companion, struct rte_mempool *pool, uint16_t vlan, bool *lost);

/* Give the host a frame, without its VLAN tag, and free it. False: it did not take it. NULL as companion: only freed. */
bool sl_companion_write(struct sl_companion *companion, struct rte_mbuf *m);

/*
 * A kernel interface whose frames sluice gets copies of: have the kernel drop what it receives there for these addresses, companions',
 * which are its own, too. Everything else on the interface, as its own addresses, is left alone. Again: with other addresses.
 * False: the kernel refuses, which is logged with its remedy.
 */
bool sl_netdev_mute(const char *name, const struct sl_ip *addresses, unsigned int n);

/* Undo it, also what somebody who was killed has left. */
void sl_netdev_unmute(const char *name);

#endif
