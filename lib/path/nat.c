/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Full-NAT: a packet that came in on one side of its flow leaves on the other. Follows the TCP state, caches the next hop
 * in the flow while the routes stand, rewrites addresses, ports, TTL and checksums, counts.
 *
 * Drops: TTL and MTU (answered with ICMP), NO_ROUTE, TCP_STATE (the flow ended within this burst).
 * Out: packets whose next hop is not known yet (held). Survives: rewritten packets with p->neighbour, and forwarded ones untouched.
 */
#include <rte_tcp.h>

#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/state/tcp.h"

#define SMALLEST_MTU 576 /* of any interface (lib/config): shorter packets always fit */

/*
 * A reset ends a flow only if its sequence number is exactly what the other side expects (RFC 5961 section 3.2); any other is
 * passed on for the ends to judge, without an effect on the flow (RFC 7857 section 2.2).
 */
static bool reset_is_exact(const struct sl_flow *f, uint8_t side, const struct rte_tcp_hdr *tcp)
{
	return f->state == SL_TCP_SYN_SENT || f->ack[!side] == 0 || rte_be_to_cpu_32(tcp->sent_seq) == f->ack[!side];
}

static void follow_tcp(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow, uint8_t side,
		       const struct rte_tcp_hdr *tcp)
{
	struct sl_flow *f = &w->flows.flows[flow];
	enum sl_tcp_event event = sl_tcp_event(tcp->tcp_flags);

	if (unlikely(event == SL_TCP_EVENT_RST && !reset_is_exact(f, side, tcp)))
		return;
	if (tcp->tcp_flags & RTE_TCP_ACK_FLAG && event != SL_TCP_EVENT_RST)
		f->ack[side] = rte_be_to_cpu_32(tcp->recv_ack);
	enum sl_tcp_state next = sl_tcp_next(f->state, side, event);
	if (likely(next == f->state))
		return;
	if (next == SL_TCP_SYN_SENT) /* reopened: what the old connection's ends acknowledged means nothing now */
		f->ack[SL_CLIENT] = f->ack[SL_SERVER] = 0;
	f->state = next;
	sl_flow_reschedule(&w->flows, flow, w->now_tick + sl_flow_timeout(s, f));
}

static void follow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];

	f->last_seen = w->now_tick;
	if (p->kind == SL_PKT_TCP)
		follow_tcp(w, s, p->flow, p->side, sl_burst_at(b, i, p->l4));
	else if (p->side == SL_SERVER)
		f->state = 1; /* the longer timeout is found lazily */
}

/* Next hop towards a side of the flow: from its cache, or by route. Returns the neighbour or SL_ID_NONE with *hop set. */
static uint16_t next_hop(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow, enum sl_side out,
			 const struct sl_nexthop **hop, struct sl_ip *ip)
{
	struct sl_flow *f = &w->flows.flows[flow];
	struct sl_tuple k;

	*hop = NULL;
	if (unlikely(f->epoch != w->epoch)) {
		f->neighbour[SL_CLIENT] = f->neighbour[SL_SERVER] = SL_ID_NONE;
		f->epoch = w->epoch;
	}
	if (likely(f->neighbour[out] != SL_ID_NONE))
		return f->neighbour[out];
	sl_flow_tuple(&w->flows, flow, out, &k);
	*hop = sl_snapshot_route(s, &k.peer);
	if (*hop == NULL)
		return SL_ID_NONE;
	*ip = sl_ip_is_zero(&(*hop)->via) ? k.peer : (*hop)->via;
	f->neighbour[out] = sl_neighbour_lookup(w->shared->neighbours, (*hop)->interface, ip);
	return f->neighbour[out];
}

static void rewrite(const struct sl_flow_table *t, struct rte_mbuf *m, const struct sl_pkt *p)
{
	const struct sl_flow *f = &t->flows[p->flow];
	uint8_t out = !p->side;
	uint16_t invert = p->side == SL_CLIENT ? 0 : 0xffff; /* one's complement: the way back is the negative */
	const struct sl_flow_side *to = &f->side[out];

	if (p->flags & SL_PKT_V6) {
		const struct sl_flow6 *f6 = &t->flows6[p->flow];
		struct sl_rewrite_v6 v6 = {
			.src = &f6->side[out].self, .dst = &f6->side[out].peer,
			.sport_be = to->self_port_be, .dport_be = to->peer_port_be,
			.l4_delta = f->l4_delta ^ invert,
		};
		sl_edit_rewrite_v6(m, p, &v6);
	} else {
		struct sl_rewrite_v4 v4 = {
			.src_be = to->self_be, .dst_be = to->peer_be,
			.sport_be = to->self_port_be, .dport_be = to->peer_port_be,
			.l3_delta = f->l3_delta ^ invert, .l4_delta = f->l4_delta ^ invert,
		};
		sl_edit_rewrite_v4(m, p, &v4);
	}
	sl_edit_decrement_ttl(m, p);
}

static void count(struct sl_worker *w, const struct sl_flow *f, const struct sl_pkt *p)
{
	unsigned int packets = p->side == SL_CLIENT ? SL_FLOW_COUNT_CLIENT_PACKETS : SL_FLOW_COUNT_SERVER_PACKETS;
	struct sl_flow_counters *counters[] = { &w->service[f->service], &w->backend[f->backend] };

	for (unsigned int c = 0; c < RTE_DIM(counters); c++) {
		counters[c]->value[packets]++;
		counters[c]->value[packets + 1] += p->l3_len;
	}
}
_Static_assert(SL_FLOW_COUNT_CLIENT_BYTES == SL_FLOW_COUNT_CLIENT_PACKETS + 1 &&
		       SL_FLOW_COUNT_SERVER_BYTES == SL_FLOW_COUNT_SERVER_PACKETS + 1, "bytes follow packets");

static void translate(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_nexthop *hop;
	struct sl_ip ip;

	if (unlikely(sl_pkt_ttl(b, i) <= 1)) {
		sl_answer_error(w, s, b, i, SL_ICMP_TTL_EXCEEDED, 0);
		sl_burst_drop(w, b, i, SL_DROP_TTL);
		return;
	}
	p->neighbour = next_hop(w, s, p->flow, !p->side, &hop, &ip);
	if (unlikely(p->neighbour == SL_ID_NONE && hop == NULL)) {
		sl_answer_error(w, s, b, i, SL_ICMP_NO_ROUTE, 0);
		sl_burst_drop(w, b, i, SL_DROP_NO_ROUTE);
		return;
	}
	if (p->l3_len > SMALLEST_MTU) {
		uint16_t mtu = hop != NULL ? s->interfaces[hop->interface].mtu :
					     w->shared->neighbours->entries[p->neighbour].l2.mtu;
		if (unlikely(p->l3_len > mtu && mtu != 0)) {
			sl_answer_error(w, s, b, i, SL_ICMP_TOO_BIG, mtu);
			sl_burst_drop(w, b, i, SL_DROP_MTU);
			return;
		}
	}
	follow(w, s, b, i);
	count(w, &w->flows.flows[p->flow], p);
	rewrite(&w->flows, b->m[i], p);
	if (unlikely(p->neighbour == SL_ID_NONE)) {
		struct rte_mbuf *m = sl_burst_take(b, i);
		rte_pktmbuf_adj(m, p->l3);
		sl_send_ip(w, s, m, hop->interface, &ip);
	}
}

void sl_stage_nat(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		if (likely(b->p[i].flow != SL_FLOW_NONE))
			translate(w, s, b, i);
		else if (!(b->p[i].flags & SL_PKT_FORWARD))
			sl_burst_drop(w, b, i, SL_DROP_TCP_STATE);
	}
	sl_burst_compact(b);
}
