/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending to a next hop, and holding packets while it is unresolved (RFC 1122 section 2.3.2.2: at least the latest one;
 * here up to 16 in order, so a first SYN is not lost). The control thread resolves; the worker looks again every turn.
 *
 * A worker holds for 64 next hops. Who scans addresses that nobody has can make it wait for as many, so when there is no room:
 * - a next hop of the configuration takes the place of one that is none;
 * - of the others, interfaces have equal shares: who scans one does not keep hosts on another waiting;
 * - on the same interface, one that has waited for a second gives way, for a host that is there answers at once.
 * The one that gives way is the oldest, as the least likely to be answered.
 */
#include <string.h>

#include <rte_ether.h>

#include "sluice/state/verdict.h"

static void hold_release(struct sl_worker *w, struct sl_hold *h, const struct sl_l2 *l2, enum sl_drop_cause cause);

static void ask_control(struct sl_worker *w, uint16_t interface, const struct sl_ip *ip)
{
	struct sl_event event = { .type = SL_EVENT_RESOLVE, .interface = interface, .ip = *ip };
	sl_worker_event(w, &event);
}

/* The hold that has to give way to a new one, or NULL when none has. All are taken. */
static struct sl_hold *hold_victim(struct sl_worker *w, uint16_t interface, bool wanted)
{
	uint8_t share[SL_MAX_INTERFACES] = { 0 };
	struct sl_hold *victim = NULL;

	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++)
		share[w->holds[i].interface] += !w->holds[i].wanted;
	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++) {
		struct sl_hold *h = &w->holds[i];
		if (h->wanted)
			continue;
		int more = victim == NULL ? 1 : share[h->interface] - share[victim->interface];
		if (more > 0 || (more == 0 && h->deadline_ns < victim->deadline_ns))
			victim = h;
	}
	if (victim == NULL || wanted || share[victim->interface] > share[interface] + 1)
		return victim;
	/* Equal shares: the oldest of one's own interface, if it has any, or of those with as many. */
	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++) {
		struct sl_hold *h = &w->holds[i];
		if (!h->wanted && h->interface == interface && (victim->interface != interface || h->deadline_ns < victim->deadline_ns))
			victim = h;
	}
	return w->now_ns + SL_HOLD_NS >= victim->deadline_ns + SL_HOLD_PATIENCE_NS ? victim : NULL;
}

static struct sl_hold *hold_find(struct sl_worker *w, uint16_t interface, const struct sl_ip *ip, bool wanted)
{
	struct sl_hold *free_hold = NULL;

	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++) {
		struct sl_hold *h = &w->holds[i];
		if (h->interface == interface && sl_ip_equal(&h->ip, ip))
			return h;
		if (h->interface == SL_ID_NONE && free_hold == NULL)
			free_hold = h;
	}
	if (unlikely(free_hold == NULL)) {
		free_hold = hold_victim(w, interface, wanted);
		if (free_hold == NULL)
			return NULL;
		hold_release(w, free_hold, NULL, SL_DROP_NEIGHBOUR_QUEUE);
	}
	*free_hold = (struct sl_hold){ .interface = interface, .ip = *ip, .wanted = wanted, .deadline_ns = w->now_ns + SL_HOLD_NS };
	w->n_holds++;
	ask_control(w, interface, ip);
	return free_hold;
}

/* Nobody will ever answer there. */
static bool is_removed(const struct sl_worker *w, uint16_t interface)
{
	const struct sl_snapshot *s = atomic_load_explicit(&w->shared->snapshot, memory_order_acquire);

	return w->removed_ports != 0 && s != NULL && interface < s->n_interfaces &&
	       (w->removed_ports >> s->interfaces[interface].port & 1) != 0;
}

/* Why the next hop cannot be had. */
static enum sl_drop_cause unresolved(const struct sl_worker *w, uint16_t interface)
{
	return is_removed(w, interface) ? SL_DROP_PORT_REMOVED : SL_DROP_NEIGHBOUR_UNRESOLVED;
}

unsigned int sl_hold_room(const struct sl_worker *w, uint16_t interface, const struct sl_ip *next_hop)
{
	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++)
		if (w->holds[i].interface == interface && sl_ip_equal(&w->holds[i].ip, next_hop))
			return SL_HOLD_PACKETS - w->holds[i].n;
	return w->n_holds < SL_HOLD_NEIGHBOURS ? SL_HOLD_PACKETS : 0;
}

static void hold_packet(struct sl_worker *w, struct rte_mbuf *m, uint16_t interface, const struct sl_ip *ip, bool wanted)
{
	if (unlikely(is_removed(w, interface))) {
		sl_packet_drop(w, m, SL_DROP_PORT_REMOVED);
		return;
	}
	struct sl_hold *h = hold_find(w, interface, ip, wanted);

	if (h == NULL || h->n == SL_HOLD_PACKETS) {
		sl_packet_drop(w, m, SL_DROP_NEIGHBOUR_QUEUE);
		return;
	}
	h->m[h->n++] = m;
	w->count[SL_COUNT_HELD]++;
}

/* Prepend the Ethernet header and queue. */
static void send_l2(struct sl_worker *w, struct rte_mbuf *m, const struct sl_l2 *l2)
{
	uint8_t version = *rte_pktmbuf_mtod(m, uint8_t *) >> 4;
	char *header = rte_pktmbuf_prepend(m, l2->header_len);

	if (unlikely(header == NULL)) {
		sl_packet_drop(w, m, SL_DROP_NO_MBUF);
		return;
	}
	rte_be16_t type = version == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4) : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	memcpy(header, l2->header, l2->header_len);
	memcpy(header + l2->header_len - 2, &type, 2);
	sl_transmit(w, m, l2->port);
}

/* The next hop has no MAC address: it does not answer, has not answered yet, or was removed while we had its index. */
static void send_later(struct sl_worker *w, struct rte_mbuf *m, uint16_t neighbour, bool failed, bool stale)
{
	uint16_t interface;
	struct sl_ip ip;

	if (!sl_neighbour_owner(w->shared->neighbours, neighbour, &interface, &ip)) {
		sl_packet_drop(w, m, SL_DROP_NEIGHBOUR_UNRESOLVED);
	} else if (failed) {
		if (stale)
			ask_control(w, interface, &ip);
		sl_packet_drop(w, m, unresolved(w, interface));
	} else {
		const struct sl_neighbour *e = &w->shared->neighbours->entries[neighbour];
		hold_packet(w, m, interface, &ip, atomic_load_explicit(&e->wanted, memory_order_relaxed) != 0);
	}
}

void sl_send_neighbour(struct sl_worker *w, struct rte_mbuf *m, uint16_t neighbour)
{
	struct sl_neighbour *e = &w->shared->neighbours->entries[neighbour];
	struct sl_l2 l2;

	sl_neighbour_read(w->shared->neighbours, neighbour, &l2);
	bool stale = sl_neighbour_is_stale(e, w->now_tick);
	if (stale)
		atomic_store_explicit(&e->used_tick, w->now_tick, memory_order_relaxed);
	if (likely(l2.usable))
		send_l2(w, m, &l2);
	else
		send_later(w, m, neighbour, l2.failed, stale);
}

void sl_send_ip(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m, uint16_t interface,
		const struct sl_ip *next_hop)
{
	uint16_t neighbour = sl_neighbour_lookup(w->shared->neighbours, interface, next_hop);

	if (neighbour == SL_ID_NONE)
		hold_packet(w, m, interface, next_hop, false); /* control keeps an entry for what is configured */
	else
		sl_send_neighbour(w, m, neighbour);
}

/* Free the hold, its packets sent (l2 known) or dropped. */
static void hold_release(struct sl_worker *w, struct sl_hold *h, const struct sl_l2 *l2, enum sl_drop_cause cause)
{
	for (uint16_t i = 0; i < h->n; i++) {
		if (l2 != NULL)
			send_l2(w, h->m[i], l2);
		else
			sl_packet_drop(w, h->m[i], cause);
	}
	w->count[SL_COUNT_HELD] -= h->n;
	w->n_holds--;
	h->interface = SL_ID_NONE;
}

void sl_hold_retry(struct sl_worker *w)
{
	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS && w->n_holds > 0; i++) {
		struct sl_hold *h = &w->holds[i];
		if (h->interface == SL_ID_NONE)
			continue;

		struct sl_l2 l2 = { 0 };
		uint16_t neighbour = sl_neighbour_lookup(w->shared->neighbours, h->interface, &h->ip);
		if (neighbour != SL_ID_NONE)
			sl_neighbour_read(w->shared->neighbours, neighbour, &l2);
		if (l2.usable)
			hold_release(w, h, &l2, SL_DROP_MAX);
		else if (l2.failed || w->now_ns >= h->deadline_ns)
			hold_release(w, h, NULL, unresolved(w, h->interface));
	}
}

void sl_hold_drop_all(struct sl_worker *w, enum sl_drop_cause cause)
{
	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++)
		if (w->holds[i].interface != SL_ID_NONE)
			hold_release(w, &w->holds[i], NULL, cause);
}
