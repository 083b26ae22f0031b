/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker owns a packet is a function of the packet alone (docs/architecture.md, "Who owns a packet"): to a VIP by the
 * dispatch hash of (client, VIP), to a source-NAT address by destination port, from a dnat backend by the dispatch hash of the
 * packets that it answers; an ICMP error goes where the answers to the packet go that it quotes, a fragment to its
 * datagram's owner until its ports are known (fragments.c). Out: handed over. Survives: ours, and what any worker may handle.
 */
#include "stages.h"

uint16_t sl_dispatch(const struct sl_worker *w, const struct sl_ip *client, uint16_t client_port_be, const struct sl_ip *vip,
		     uint16_t vip_port_be)
{
	const struct sl_toeplitz *t = w->shared->toeplitz;
	uint32_t hash;

	if (sl_ip_is_v4(vip))
		hash = sl_toeplitz_v4(t, sl_ip_v4_be(client), sl_ip_v4_be(vip), client_port_be, vip_port_be);
	else
		hash = sl_toeplitz_v6(t, client, vip, client_port_be, vip_port_be);
	return (uint16_t)(hash % SL_RETA_SIZE % w->shared->n_workers);
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

	return service == NULL ? w->id : sl_dispatch(w, &p->dst, p->dport_be, &service->vip, service->port_be);
}

uint16_t sl_owner(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	const struct sl_local *local;

	if (p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP)
		return w->id;
	local = sl_snapshot_local(s, &p->dst);
	if (local == NULL)
		return owner_of_reply(w, s, p);
	if (SL_LOCAL_IS(local, SL_LOCAL_VIP) && likely(!SL_LOCAL_IS(local, SL_LOCAL_SNAT) || is_to_service(s, p)))
		return sl_dispatch(w, &p->src, p->sport_be, &p->dst, p->dport_be);
	if (SL_LOCAL_IS(local, SL_LOCAL_SNAT))
		return rte_be_to_cpu_16(p->dport_be) % w->shared->n_workers;
	return w->id;
}

/* An error that quotes nothing usable can be dropped by any worker. */
static __rte_cold uint16_t owner_of_error(const struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m,
					  const struct sl_pkt *p)
{
	struct sl_pkt answer;

	if ((sl_snapshot_local(s, &p->dst) == NULL && !sl_is_dnat_error(s, p)) || !sl_error_answer(m, p, &answer))
		return w->id;
	return sl_owner(w, s, &answer);
}

static uint16_t owner_of(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b,
			 unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	/* a fragment handed to us as the owner of the datagram, or then as that of the flow: the fragments stage knows */
	if (unlikely(p->flags & SL_PKT_FRAGMENT))
		return b->handed_in ? w->id : sl_fragment_owner(w, s, b, i);
	return unlikely(p->kind == SL_PKT_ICMP) ? owner_of_error(w, s, b->m[i], p) : sl_owner(w, s, p);
}

void sl_stage_owner(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (w->shared->n_workers == 1)
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		uint16_t owner = owner_of(w, s, b, i);
		if (owner != w->id)
			sl_burst_hand_over(w, b, i, owner);
	}
	sl_burst_compact(b);
}
