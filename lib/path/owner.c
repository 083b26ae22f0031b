/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker owns a packet is a function of the packet alone (docs/architecture.md, "Who owns a packet"): to a VIP or a
 * source-NAT address by the dispatch hash; from a dnat backend by the dispatch hash of the packets that it answers; to a relay
 * by the relay. An ICMP error goes where the answers to the packet go that it quotes, a fragment to its datagram's owner until
 * its ports are known (fragments.c). Out: handed over. Survives: ours, and what any worker may handle.
 *
 * A device that has our RSS key delivers the hash with the packet. Whether it does is seen, not believed: the hashes of the first
 * packets of each kind are compared, and one that differs rules the kind out. Headers with options or extensions, which a
 * device may read in its own way, are always hashed here.
 */
#include "stages.h"

#define HASH_CHECKS 32 /* of a byte each: no other hash agrees by chance */

/* SL_HASHED_*, or a bit that nothing is ever trusted by. */
static inline unsigned int hashed_kind(const struct sl_pkt *p)
{
	return (1u << (2 * p->kind + (p->flags & SL_PKT_V6))) >> 2;
}
_Static_assert(SL_PKT_V6 == 1 && (1u << 2 * SL_PKT_TCP) >> 2 == SL_HASHED_TCP4 && (1u << 2 * SL_PKT_UDP) >> 2 == SL_HASHED_UDP4 &&
	       SL_HASHED_TCP6 == SL_HASHED_TCP4 << 1 && SL_HASHED_UDP6 == SL_HASHED_UDP4 << 1, "bits of the kinds of packets");

static inline bool is_plain(const struct sl_pkt *p)
{
	return p->l4 - p->l3 == (p->flags & SL_PKT_V6 ? 40 : 20) && !(p->flags & SL_PKT_FRAGMENT);
}

/* The device delivered some hash; this is the right one. */
static __rte_cold void compare_hash(struct sl_worker *w, const struct rte_mbuf *m, const struct sl_pkt *p, uint8_t hash)
{
	unsigned int kind = hashed_kind(p);

	if (!is_plain(p) || (w->hash_differs[m->port] & kind))
		return;
	if ((uint8_t)m->hash.rss != hash)
		w->hash_differs[m->port] |= (uint8_t)kind;
	else if (++w->hash_agreed[m->port][rte_bsf32(kind)] == HASH_CHECKS)
		w->hash_trusted[m->port] |= (uint8_t)kind;
}

uint16_t sl_dispatch_to(const struct sl_worker *w, const struct sl_ip *client, uint16_t client_port_be, const struct sl_ip *vip,
			uint16_t vip_port_be)
{
	const struct sl_dispatch *d = w->shared->dispatch;

	return d->worker[sl_dispatch_hash(d, client, vip, client_port_be, vip_port_be)];
}

/* By the hash of TCP or UDP packet (m, p), from the device where it delivers ours. */
static inline uint16_t dispatch(struct sl_worker *w, const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const struct sl_dispatch *d = w->shared->dispatch;
	bool delivered = (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0;

	if (delivered && (w->hash_trusted[m->port] & hashed_kind(p)) && is_plain(p))
		return d->worker[(uint8_t)m->hash.rss];
	uint8_t hash = sl_dispatch_hash(d, &p->src, &p->dst, p->sport_be, p->dport_be);
	if (unlikely(delivered))
		compare_hash(w, m, p, hash);
	return d->worker[hash];
}

/* To a VIP or source-NAT address. */
static inline bool is_dispatched(const struct sl_local *local)
{
	return SL_LOCAL_IS(local, SL_LOCAL_VIP) || SL_LOCAL_IS(local, SL_LOCAL_SNAT);
}

/* A relay has one owner, so that its datagrams stay in order and its inputs can be merged. */
static uint16_t owner_of_relay(const struct sl_worker *w, const struct sl_relay *relay)
{
	return relay->id % w->shared->n_workers;
}

/* Not to one of our addresses: to a relay's group, the reply of a dnat backend, or layer 3's. */
static uint16_t owner_of_reply(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	if (unlikely(p->flags & SL_PKT_L2_MULTICAST)) {
		const struct sl_relay *relay = sl_relay_of(s, p);
		return relay != NULL ? owner_of_relay(w, relay) : w->id;
	}
	const struct sl_service *service = sl_snapshot_dnat(s, &p->src, p->sport_be, p->proto);

	if (service == NULL)
		return w->id;
	/* mode dnat keeps the ports of a range */
	return sl_dispatch_to(w, &p->dst, p->dport_be, &service->vip, service->port_span != 0 ? p->sport_be : service->port_be);
}

/* To an address that relays listen at, and others may, too. */
static __rte_noinline uint16_t owner_of_shared(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p,
					       const struct sl_local *local)
{
	const struct sl_relay *relay = sl_relay_of(s, p);

	if (relay != NULL)
		return owner_of_relay(w, relay);
	return is_dispatched(local) ? sl_dispatch_to(w, &p->src, p->sport_be, &p->dst, p->dport_be) : w->id;
}

/* The owner of TCP or UDP packet p; SL_ID_NONE: its hash says. */
static inline uint16_t owner_by_address(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	const struct sl_local *local = sl_snapshot_local(s, &p->dst);

	if (local == NULL)
		return owner_of_reply(w, s, p);
	if (unlikely(SL_LOCAL_IS(local, SL_LOCAL_RELAY)))
		return owner_of_shared(w, s, p, local);
	return is_dispatched(local) ? SL_ID_NONE : w->id;
}

uint16_t sl_owner(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	if (p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP)
		return w->id;
	uint16_t owner = owner_by_address(w, s, p);
	return owner != SL_ID_NONE ? owner : sl_dispatch_to(w, &p->src, p->sport_be, &p->dst, p->dport_be);
}

/* An error that quotes nothing usable can be dropped by any worker. */
static __rte_cold uint16_t owner_of_error(const struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m,
					  const struct sl_pkt *p)
{
	struct sl_pkt answer;

	if ((!sl_snapshot_is_local(s, &p->dst) && !sl_is_dnat_error(s, p)) || !sl_error_answer(m, p, &answer))
		return w->id;
	return sl_owner(w, s, &answer);
}

/* Where the hash alone does not say whose a packet is: there are dnat services or relays. */
static bool must_look_up(const struct sl_snapshot *s)
{
	return s->dnat_slots != NULL || s->relays.n != 0;
}

/* The owner of TCP or UDP packet i, no fragment. */
static inline uint16_t owner_by_hash(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b,
				     unsigned int i, bool look_up)
{
	const struct sl_pkt *p = &b->p[i];
	uint16_t owner;

	if (look_up) {
		owner = owner_by_address(w, s, p);
		return owner != SL_ID_NONE ? owner : dispatch(w, b->m[i], p);
	}
	/* A hash that leads here is enough: the packet is ours, or any worker's. */
	owner = dispatch(w, b->m[i], p);
	if (likely(owner == w->id))
		return owner;
	const struct sl_local *local = sl_snapshot_local(s, &p->dst);
	return local != NULL && is_dispatched(local) ? owner : w->id;
}

static __rte_noinline uint16_t owner_of_other(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b,
					      unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	/* a fragment handed to us as the owner of the datagram, or then as that of the flow: the fragments stage knows */
	if (p->flags & SL_PKT_FRAGMENT)
		return b->handed_in ? w->id : sl_fragment_owner(w, s, b, i);
	return p->kind == SL_PKT_ICMP ? owner_of_error(w, s, b->m[i], p) : w->id;
}

void sl_stage_owner(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (w->shared->n_workers == 1 || (s->n_services == 0 && s->relays.n == 0))
		return;
	bool look_up = must_look_up(s);
	for (unsigned int i = 0; i < b->n; i++) {
		const struct sl_pkt *p = &b->p[i];
		bool hashed = (p->kind == SL_PKT_TCP || p->kind == SL_PKT_UDP) && !(p->flags & SL_PKT_FRAGMENT);
		uint16_t owner = likely(hashed) ? owner_by_hash(w, s, b, i, look_up) : owner_of_other(w, s, b, i);
		if (owner != w->id)
			sl_burst_hand_over(w, b, i, owner);
	}
	sl_burst_compact(b);
}
