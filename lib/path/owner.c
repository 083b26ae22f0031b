/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker owns a packet is a function of the packet alone (docs/architecture.md, "Who owns a packet"): to a VIP by the
 * dispatch hash of (client, VIP), to a source-NAT address by destination port; an ICMP error goes where the answers to
 * the packet go that it quotes. Out: handed over. Survives: ours, and what any worker may handle.
 */
#include "stages.h"

static uint32_t dispatch_hash(const struct sl_toeplitz *t, const struct sl_pkt *p)
{
	if (p->flags & SL_PKT_V6)
		return sl_toeplitz_v6(t, &p->src, &p->dst, p->sport_be, p->dport_be);
	return sl_toeplitz_v4(t, sl_ip_v4_be(&p->src), sl_ip_v4_be(&p->dst), p->sport_be, p->dport_be);
}

static uint16_t owner_of(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p)
{
	uint16_t n = w->shared->n_workers;
	const struct sl_local *local;

	if ((p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP) || (p->flags & SL_PKT_FRAGMENT))
		return w->id;
	local = sl_snapshot_local(s, &p->dst);
	if (local == NULL)
		return w->id;
	if (SL_LOCAL_IS(local, SL_LOCAL_VIP))
		return dispatch_hash(w->shared->toeplitz, p) % SL_RETA_SIZE % n;
	if (SL_LOCAL_IS(local, SL_LOCAL_SNAT))
		return rte_be_to_cpu_16(p->dport_be) % n;
	return w->id;
}

/* An error that quotes nothing usable can be dropped by any worker. */
static __rte_cold uint16_t owner_of_error(const struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m,
					  const struct sl_pkt *p)
{
	struct sl_pkt answer;

	if (sl_snapshot_local(s, &p->dst) == NULL || !sl_error_answer(m, p, &answer))
		return w->id;
	return owner_of(w, s, &answer);
}

void sl_stage_owner(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (w->shared->n_workers == 1)
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		const struct sl_pkt *p = &b->p[i];
		uint16_t owner = unlikely(p->kind == SL_PKT_ICMP) ? owner_of_error(w, s, b->m[i], p) : owner_of(w, s, p);
		if (owner != w->id)
			sl_burst_hand_over(w, b, i, owner);
	}
	sl_burst_compact(b);
}
