/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet that came in on one side of its flow leaves on the other. Follows the TCP state, caches the next hop
 * in the flow while the routes stand, rewrites addresses, ports, TTL and checksums, counts.
 *
 * Drops: TTL and MTU (answered with ICMP), NO_ROUTE, FLOW_ENDED (within this burst), MULTICAST, PARTIAL_CHECKSUM,
 * FLOW_SHUT, UDP_ONE_WAY, NO_SNAT_FLOW (one reply too many), what balance drops for, of a flow that has to move to another backend
 * (renew.c); between IPv4 and IPv6 also L4_CHECKSUM (fragments of UDP without one) and NO_MBUF (no headroom); FRAGMENT (SYNs in
 * front of a PROXY header, proxy.c).
 * Out: packets whose next hop is not known yet (held), ACKs that a PROXY header takes along. Survives: rewritten packets with
 * p->neighbour, and forwarded ones untouched.
 */
#include <rte_tcp.h>

#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/translate.h"
#include "sluice/state/udp.h"

#define SMALLEST_MTU 576 /* of any interface (lib/config): shorter packets always fit */

/* The slow part: whatever may change the state. */
static void follow_tcp_state(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];
	struct sl_tcp_segment segment = sl_pkt_segment(b, i);
	enum sl_tcp_state before = f->state;
	uint32_t asked = f->ack[SL_CLIENT];
	bool over = sl_tcp_is_over(f), changed = sl_tcp_follow(f, p->side, &segment);

	if (before == SL_TCP_SYN_SENT || f->state == SL_TCP_SYN_SENT)
		sl_latency_follow_tcp(w, s, f, p->side, segment.flags, before, asked);
	sl_flow_tcp_followed(w, s, p->flow, segment.flags, over, changed);
}

static void follow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];
	uint8_t flags = p->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG | RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG);

	if (unlikely(p->flags & SL_PKT_FRAGMENT_LATER)) {
		f->last_seen = w->now_tick;
	} else if (p->kind == SL_PKT_UDP) {
		f->last_seen = w->now_tick;
		sl_udp_follow(f, p);
	} else if (likely(f->state == SL_TCP_ESTABLISHED && flags == RTE_TCP_ACK_FLAG)) {
		f->last_seen = w->now_tick;
		f->ack[p->side] = rte_be_to_cpu_32(((const struct rte_tcp_hdr *)sl_burst_at(b, i, p->l4))->recv_ack);
	} else {
		follow_tcp_state(w, s, b, i);
	}
}

/* Next hop towards a side of the flow: from its cache, or by route. Returns the neighbour or SL_ID_NONE with *hop set. */
static uint16_t next_hop(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow, enum sl_side out,
			 const struct sl_nexthop **hop, struct sl_ip *ip)
{
	struct sl_flow *f = &w->flows.flows[flow];
	struct sl_tuple k;

	*hop = NULL;
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

/* One side is IPv4 and the other IPv6. */
static inline bool is_mixed(const struct sl_flow *f)
{
	unsigned int families = f->flags & SL_FLOW_V6_BOTH;
	return families != 0 && families != SL_FLOW_V6_BOTH;
}

/* Interface of the way out: of the route looked up just now, or of the neighbour; none if control is removing that one. */
static uint16_t egress(const struct sl_worker *w, const struct sl_pkt *p, const struct sl_nexthop *hop)
{
	return hop != NULL ? hop->interface : w->shared->neighbours->entries[p->neighbour].l2.interface;
}

/* True when the packet does not fit the way out and may not be cut: answered and dropped. */
static bool refuse_too_big(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
			   uint16_t interface)
{
	const struct sl_pkt *p = &b->p[i];
	uint16_t mtu = sl_snapshot_mtu(s, interface);
	bool mixed = is_mixed(&w->flows.flows[p->flow]);

	if (likely((mixed ? sl_translate_length(p) : p->l3_len) <= mtu))
		return false;
	if (mixed ? sl_may_cut_translated(b, i, interface) : sl_may_cut(b, i, interface))
		return false;
	sl_answer_error(w, s, b, i, SL_ICMP_TOO_BIG, mixed ? sl_translate_mtu(p, mtu) : mtu);
	sl_burst_drop(w, b, i, SL_DROP_MTU);
	return true;
}

/* What the packet becomes on the other side. One's complement: the checksum differences of the way back are the negatives. */
static inline struct sl_rewrite_v4 other_side_v4(const struct sl_flow *f, unsigned int side)
{
	const struct sl_flow_side *to = &f->side[side ^ 1];
	uint16_t invert = (uint16_t)-side;

	return (struct sl_rewrite_v4){
		.src_be = to->self_be, .dst_be = to->peer_be,
		.sport_be = to->self_port_be, .dport_be = to->peer_port_be,
		.l3_delta = f->l3_delta ^ invert, .l4_delta = f->l4_delta ^ invert,
	};
}

static inline struct sl_rewrite_v6 other_side_v6(const struct sl_flow *f, const struct sl_flow6 *f6, unsigned int side)
{
	const struct sl_flow_side *to = &f->side[side ^ 1];

	return (struct sl_rewrite_v6){
		.src = &f6->side[side ^ 1].self, .dst = &f6->side[side ^ 1].peer,
		.sport_be = to->self_port_be, .dport_be = to->peer_port_be,
		.l4_delta = f->l4_delta ^ (uint16_t)-side,
	};
}

/* Not atomic (RFC 6864 section 4): it is a fragment or may become some. */
static inline bool may_be_cut(const struct rte_ipv4_hdr *ip)
{
	return ip->fragment_offset != RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
}

static enum sl_drop_cause rewrite(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_flow *f = &w->flows.flows[p->flow];

	if (unlikely(is_mixed(f)))
		return sl_translate_flow_packet(w, b, i);
	if (f->flags & SL_FLOW_V6_BOTH) {
		struct sl_rewrite_v6 v6 = other_side_v6(f, &w->flows.flows6[p->flow], p->side);

		sl_edit_rewrite_v6(b->m[i], p, &v6);
		if (unlikely(p->flags & SL_PKT_FRAGMENT))
			sl_renumber(w, b->m[i], p);
	} else {
		struct sl_rewrite_v4 v4 = other_side_v4(f, p->side);

		sl_edit_rewrite_v4(b->m[i], p, &v4);
		if (may_be_cut(sl_burst_at(b, i, p->l3)))
			sl_renumber(w, b->m[i], p);
	}
	return SL_DROP_MAX;
}

/* Worth a look at its checksum: the first a sender says in a flow, and (admit has looked at the very first) in a reopened one. */
static inline bool is_first_word(const struct sl_flow *f, const struct sl_pkt *p)
{
	if (p->tcp_flags & RTE_TCP_SYN_FLAG)
		return p->side == SL_SERVER || f->state != SL_TCP_NONE;
	/* The state first: which side a packet comes from cannot be predicted. */
	return f->state == 0 && p->kind == SL_PKT_UDP && p->side == SL_SERVER;
}

/*
 * Nothing to follow, to answer or to look up: steady packets of steady flows that fit wherever they go. One branch and nothing
 * that depends on the side, since which flows and sides come after each other cannot be predicted.
 */
static inline bool is_plain(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p,
			    const struct sl_flow *f)
{
	uint32_t steady = f->flags >> (SL_FLOW_STEADY_SHIFT + p->side);

	return (((p->flags & ~(uint32_t)SL_PKT_V6) ^ SL_PKT_STEADY) | (uint32_t)(f->epoch ^ w->epoch) | (~steady & 1)) == 0 &&
	       p->l3_len <= s->smallest_mtu;
}

/*
 * What steady packets may do from now on. Whoever changes the state, the next hops or the epoch of a flow comes by here before
 * its next packet. What a client sends by UDP changes no state, unless its replies are counted.
 */
static void settle(struct sl_flow *f)
{
	uint8_t steady = 0;

	if (is_mixed(f) || f->udp_kind == SL_UDP_REQUEST_RESPONSE || (f->flags & SL_FLOW_SEQ))
		steady = 0;
	else if (f->proto == IPPROTO_TCP)
		steady = f->state == SL_TCP_ESTABLISHED ? SL_FLOW_STEADY_BOTH : 0;
	else
		steady = SL_FLOW_STEADY_CLIENT | (f->state != 0 ? SL_FLOW_STEADY_SERVER : 0);
	if (f->neighbour[SL_SERVER] == SL_ID_NONE)
		steady &= (uint8_t)~SL_FLOW_STEADY_CLIENT;
	if (f->neighbour[SL_CLIENT] == SL_ID_NONE)
		steady &= (uint8_t)~SL_FLOW_STEADY_SERVER;
	f->flags = (f->flags & (uint8_t)~SL_FLOW_STEADY_BOTH) | steady;
}

static inline void translate_plain(struct sl_worker *w, struct rte_mbuf *m, struct sl_pkt *p, struct sl_flow *f)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *l4 = frame + p->l4;
	unsigned int side = p->side;

	p->neighbour = f->neighbour[side ^ 1];
	f->last_seen = w->now_tick;
	if (p->kind == SL_PKT_TCP)
		f->ack[side] = rte_be_to_cpu_32(((const struct rte_tcp_hdr *)l4)->recv_ack);
	if (p->flags & SL_PKT_V6) {
		struct sl_rewrite_v6 v6 = other_side_v6(f, &w->flows.flows6[p->flow], side);

		sl_edit_ipv6((struct rte_ipv6_hdr *)(frame + p->l3), &v6);
		sl_edit_l4(l4, p->proto, v6.sport_be, v6.dport_be, v6.l4_delta);
	} else {
		struct sl_rewrite_v4 v4 = other_side_v4(f, side);

		sl_edit_ipv4((struct rte_ipv4_hdr *)(frame + p->l3), &v4);
		sl_edit_l4(l4, p->proto, v4.sport_be, v4.dport_be, v4.l4_delta);
		if (may_be_cut((const struct rte_ipv4_hdr *)(frame + p->l3)))
			sl_renumber(w, m, p);
	}
	sl_count_packet(w, f->service, f->backend, p);
}

/* Does the flow let it by, and may it go on at all? False: it was dropped, or refused. */
static bool may_pass(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_flow *f = &w->flows.flows[p->flow];
	enum sl_drop_cause cause = SL_DROP_MAX;

	if (unlikely(f->udp_kind == SL_FLOW_SHUT)) {
		sl_refuse_shut(w, s, b, i);
		return false;
	}
	if (unlikely(f->epoch != w->epoch)) {
		cause = sl_flow_renew(w, s, b, i);
		if (unlikely(cause != SL_DROP_MAX)) {
			sl_refuse(w, s, b, i, cause);
			return false;
		}
		f = &w->flows.flows[p->flow];
	}
	if (unlikely(p->flags & SL_PKT_L2_MULTICAST)) /* RFC 1122 section 3.3.6 */
		cause = SL_DROP_MULTICAST;
	else if (unlikely(f->udp_kind != SL_UDP_BIDIRECTIONAL && sl_udp_is_unasked(f, p->side)))
		cause = f->udp_kind == SL_UDP_ONE_WAY ? SL_DROP_UDP_ONE_WAY : SL_DROP_NO_SNAT_FLOW;
	else if (unlikely(is_first_word(f, p)) && sl_is_partial(w, b, i))
		cause = SL_DROP_PARTIAL_CHECKSUM;
	else if (unlikely(sl_pkt_ttl(b, i) <= 1))
		cause = SL_DROP_TTL;
	if (cause == SL_DROP_TTL)
		sl_answer_error(w, s, b, i, SL_ICMP_TTL_EXCEEDED, 0);
	if (cause != SL_DROP_MAX)
		sl_burst_drop(w, b, i, cause);
	return cause == SL_DROP_MAX;
}

/* Whatever is not plain. True: the flow has taken note of it. */
static __rte_noinline bool translate(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_nexthop *hop;
	struct sl_ip ip;

	if (!may_pass(w, s, b, i))
		return false;
	struct sl_flow *f = &w->flows.flows[p->flow];
	if (p->kind == SL_PKT_UDP && unlikely(is_first_word(f, p)))
		sl_latency_answer(w, s, f);
	p->neighbour = next_hop(w, s, p->flow, p->side ^ 1, &hop, &ip);
	if (unlikely(p->neighbour == SL_ID_NONE && hop == NULL)) {
		sl_answer_error(w, s, b, i, SL_ICMP_NO_ROUTE, 0);
		sl_burst_drop(w, b, i, SL_DROP_NO_ROUTE);
		return false;
	}
	/* A short packet fits even after NAT46 made it 20 bytes longer: an interface with IPv6 has 1280 at least. */
	if (p->l3_len > SMALLEST_MTU && unlikely(refuse_too_big(w, s, b, i, egress(w, p, hop))))
		return false;
	if (unlikely(p->tcp_flags & RTE_TCP_SYN_FLAG)) {
		sl_clamp_mss(w, s, b, i, sl_snapshot_mtu(s, egress(w, p, hop)));
		if (unlikely(w->seqs.records != NULL))
			sl_proxy_open(w, s, b, i);
	}
	/* The flow has the client's view of all numbers. */
	if (unlikely(f->flags & SL_FLOW_SEQ) && p->side == SL_SERVER)
		sl_proxy_from_server(w, s, b, i);
	follow(w, s, b, i);
	if (unlikely(f->flags & SL_FLOW_SEQ) && p->side == SL_CLIENT && !sl_proxy_from_client(w, s, b, i))
		return true;
	settle(f);
	enum sl_drop_cause cause = rewrite(w, b, i);
	if (unlikely(cause != SL_DROP_MAX)) {
		sl_burst_drop(w, b, i, cause);
		return true;
	}
	sl_count_packet(w, f->service, f->backend, p);
	if (unlikely(p->neighbour == SL_ID_NONE))
		sl_output_unresolved(w, s, b, i, hop->interface, &ip);
	return true;
}

/*
 * End request-response flows that have had their last reply. Not before the whole burst was walked: a later packet of it may
 * be the client's next request.
 */
static void end_answered(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		uint32_t flow = b->p[i].flow;
		if (flow == SL_FLOW_NONE)
			continue;
		bool live = (w->flows.flows[flow].flags & SL_FLOW_LIVE) != 0;
		/* of a request that was dropped the flow knows as little as of one that has been answered */
		if (live && (b->p[i].side == SL_CLIENT || !sl_udp_is_over(&w->flows.flows[flow])))
			continue;
		b->p[i].flow = SL_FLOW_NONE;
		if (live) {
			sl_latency_answer(w, s, &w->flows.flows[flow]);
			sl_flow_end(w, s, flow);
			w->count[SL_COUNT_FLOWS_ANSWERED]++;
		}
	}
}

void sl_stage_nat(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	bool answered = false;

	for (unsigned int i = 0; i < b->n; i++) {
		struct sl_pkt *p = &b->p[i];

		if (unlikely(p->flow == SL_FLOW_NONE)) {
			if (!(p->flags & SL_PKT_FORWARD))
				sl_burst_drop(w, b, i, SL_DROP_FLOW_ENDED);
			continue;
		}
		struct sl_flow *f = &w->flows.flows[p->flow];
		if (likely(is_plain(w, s, p, f)))
			translate_plain(w, b->m[i], p, f);
		else
			answered |= translate(w, s, b, i) && sl_udp_is_over(&w->flows.flows[p->flow]);
	}
	if (unlikely(answered))
		end_answered(w, s, b);
	sl_burst_compact(b);
}
