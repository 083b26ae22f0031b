/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layer-3 forwarding (RFC 1812 section 5, RFC 8200). Drops, each answered with an ICMP error: TTL, NO_ROUTE, MTU.
 * Out: packets whose next hop is not known yet (held). Survives: packets with p->neighbour, TTL one less.
 */
#include "stages.h"

#include "sluice/packet/edit.h"

static enum sl_drop_cause forward(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_nexthop *hop;

	if (sl_pkt_ttl(b, i) <= 1) {
		sl_answer_error(w, s, b, i, SL_ICMP_TTL_EXCEEDED, 0);
		return SL_DROP_TTL;
	}
	hop = sl_snapshot_route(s, &p->dst);
	if (hop == NULL) {
		sl_answer_error(w, s, b, i, SL_ICMP_NO_ROUTE, 0);
		return SL_DROP_NO_ROUTE;
	}
	if (p->l3_len > s->interfaces[hop->interface].mtu && !sl_may_cut(b, i, hop->interface)) {
		sl_answer_error(w, s, b, i, SL_ICMP_TOO_BIG, s->interfaces[hop->interface].mtu);
		return SL_DROP_MTU;
	}
	const struct sl_ip *ip = sl_ip_is_zero(&hop->via) ? &p->dst : &hop->via;
	sl_edit_decrement_ttl(b->m[i], p);
	p->neighbour = sl_neighbour_lookup(w->shared->neighbours, hop->interface, ip);
	if (p->neighbour == SL_ID_NONE)
		sl_output_unresolved(w, s, b, i, hop->interface, ip);
	return SL_DROP_MAX;
}

void sl_stage_forward(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & SL_SEEN_FLAG(SL_PKT_FORWARD))))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		if (likely(!(b->p[i].flags & SL_PKT_FORWARD)))
			continue;
		enum sl_drop_cause cause = forward(w, s, b, i);
		if (cause != SL_DROP_MAX)
			sl_burst_drop(w, b, i, cause);
	}
	sl_burst_compact(b);
}
