/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker owns a packet is a function of the packet alone (docs/architecture.md, "Who owns a packet"): to a VIP by the
 * dispatch hash of (client, VIP); to a source-NAT address by the dispatch hash too, where a port steers replies by it, otherwise
 * by destination port; from a dnat backend by the dispatch hash of the packets that it answers. An ICMP error goes where the
 * answers to the packet go that it quotes, a fragment to its datagram's owner until its ports are known (fragments.c). Out:
 * handed over. Survives: ours, and what any worker may handle.
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

/* The device delivered the packet's dispatch hash. */
static inline bool has_hash(const struct sl_worker *w, const struct rte_mbuf *m, const struct sl_pkt *p)
{
	return (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) && (w->hash_trusted[m->port] & hashed_kind(p)) && is_plain(p);
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

/* By the packet's own hash; m is NULL where there is no packet with these addresses and ports. */
static uint16_t dispatch(struct sl_worker *w, const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const struct sl_dispatch *d = w->shared->dispatch;

	if (m != NULL && has_hash(w, m, p))
		return d->worker[(uint8_t)m->hash.rss];
	uint8_t hash = sl_dispatch_hash(d, &p->src, &p->dst, p->sport_be, p->dport_be);
	if (m != NULL && unlikely(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH))
		compare_hash(w, m, p, hash);
	return d->worker[hash];
}

/* An address can be both while flows of what it was live on: a removed VIP or source-NAT address that is the other now. */
static __rte_cold bool is_to_service(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	return sl_snapshot_service(s, &p->dst, p->dport_be, p->proto) != NULL;
}

/* Not to one of our addresses: the reply of a dnat backend, or layer 3's. */
static uint16_t owner_of_reply(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	const struct sl_service *service = sl_snapshot_dnat(s, &p->src, p->sport_be, p->proto);

	return service == NULL ? w->id : sl_dispatch_to(w, &p->dst, p->dport_be, &service->vip, service->port_be);
}

static uint16_t owner_by_ports(struct sl_worker *w, const struct sl_snapshot *s, const struct rte_mbuf *m,
			       const struct sl_pkt *p)
{
	const struct sl_local *local;

	if (p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP)
		return w->id;
	local = sl_snapshot_local(s, &p->dst);
	if (local == NULL)
		return owner_of_reply(w, s, p);
	if (SL_LOCAL_IS(local, SL_LOCAL_VIP) && likely(!SL_LOCAL_IS(local, SL_LOCAL_SNAT) || is_to_service(s, p)))
		return dispatch(w, m, p);
	if (SL_LOCAL_IS(local, SL_LOCAL_SNAT))
		return w->shared->dispatch->snat_by_hash ? dispatch(w, m, p) :
							   rte_be_to_cpu_16(p->dport_be) % w->shared->n_workers;
	return w->id;
}

uint16_t sl_owner(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	return owner_by_ports(w, s, NULL, p);
}

/* An error that quotes nothing usable can be dropped by any worker. */
static __rte_cold uint16_t owner_of_error(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m,
					  const struct sl_pkt *p)
{
	struct sl_pkt answer;

	if ((sl_snapshot_local(s, &p->dst) == NULL && !sl_is_dnat_error(s, p)) || !sl_error_answer(m, p, &answer))
		return w->id;
	return sl_owner(w, s, &answer);
}

static uint16_t owner_of(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b,
			 unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	/* a fragment handed to us as the owner of the datagram, or then as that of the flow: the fragments stage knows */
	if (unlikely(p->flags & SL_PKT_FRAGMENT))
		return b->handed_in ? w->id : sl_fragment_owner(w, s, b, i);
	return unlikely(p->kind == SL_PKT_ICMP) ? owner_of_error(w, s, b->m[i], p) : owner_by_ports(w, s, b->m[i], p);
}

void sl_stage_owner(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	const struct sl_dispatch *d = w->shared->dispatch;

	if (w->shared->n_workers == 1)
		return;
	/* Then a packet whose hash leads here is ours, or any worker's: no need to know which. */
	bool by_hash = d->snat_by_hash && s->dnat_slots == NULL;
	for (unsigned int i = 0; i < b->n; i++) {
		if (likely(by_hash && has_hash(w, b->m[i], &b->p[i]) && d->worker[(uint8_t)b->m[i]->hash.rss] == w->id))
			continue;
		uint16_t owner = owner_of(w, s, b, i);
		if (owner != w->id)
			sl_burst_hand_over(w, b, i, owner);
	}
	sl_burst_compact(b);
}
