/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of one-way flows (modes dsr, ipip, gue) go to their backend as they are, but for the TTL: with its MAC address, or in an
 * outer packet. A stage of its own before nat, which does nothing while there is no such flow. What most packets need is
 * in the flow record and in the worker's delivery for the backend; whatever is not so simple goes the long way.
 *
 * Drops: FLOW_SHUT, TTL, NO_ROUTE, MTU (answered with ICMP), PARTIAL_CHECKSUM never (nothing of layer 4 is rewritten), NO_MBUF (no
 * room in front), what balance drops for, of a flow that has to move (renew.c), ICMP_NO_FLOW. Out: packets of one-way flows, sent.
 * Survives: all else.
 */
#include "steer.h"

#include "sluice/packet/fragment.h"

enum fit { FITS, CUT_INNER, CUT_OUTER, TOO_BIG };

/* How a packet leaves that takes the long way. */
struct way {
	const struct sl_delivery *d;
	uint16_t interface;
	uint16_t mtu; /* of the outer packet */
	enum fit fit;
	struct sl_ip next; /* hop, where it is not in the neighbour table */
};

/* An outer IPv4 header that may be cut on its way wants an identification (RFC 6864 section 4.1). */
static inline void number_outer(struct sl_worker *w, struct rte_mbuf *m, unsigned int l3)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, l3);

	if (ip->version_ihl >> 4 == 4 && ip->fragment_offset == 0)
		sl_edit_id_v4(ip, sl_ip_id_v4(&w->ip_ids, ip->src_addr, ip->dst_addr, ip->next_proto_id));
}

bool sl_steer_encapsulate(struct sl_worker *w, struct rte_mbuf *m, unsigned int l3, const struct sl_delivery *d, uint32_t len,
			  uint64_t hash)
{
	if (unlikely(!sl_outer_push(m, l3, d->header, d->header_len, len, (uint32_t)(hash >> 16))))
		return false;
	number_outer(w, m, l3);
	return true;
}

/* ---- what does not fit ---- */

static void send_piece(struct sl_worker *w, const struct sl_snapshot *s, const struct way *way, struct rte_mbuf *m)
{
	if (way->d->neighbour != SL_ID_NONE)
		sl_send_neighbour(w, m, way->d->neighbour);
	else
		sl_send_ip(w, s, m, way->interface, &way->next);
}

/* m, at its IP header, is cut to the inner MTU, and each piece travels by itself (RFC 2003 section 3.1): hosts put it together. */
static void send_inner_pieces(struct sl_worker *w, const struct sl_snapshot *s, const struct way *way, struct rte_mbuf *m,
			      uint64_t hash)
{
	struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX];
	unsigned int n = sl_cut(w, m, (uint16_t)(way->mtu - way->d->header_len), pieces);

	for (unsigned int k = 0; k < n; k++) {
		if (sl_steer_push(w, pieces[k], 0, way->d, pieces[k]->pkt_len, hash))
			send_piece(w, s, way, pieces[k]);
		else
			sl_packet_drop(w, pieces[k], SL_DROP_NO_MBUF);
	}
}

/* IPv6 through a narrow tunnel: the outer packet is cut, and the tunnel's end puts it together (RFC 2473 section 7.1 (b)). */
static void send_outer_pieces(struct sl_worker *w, const struct sl_snapshot *s, const struct way *way, struct rte_mbuf *m,
			      uint64_t hash)
{
	struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX];
	bool room = sl_steer_push(w, m, 0, way->d, m->pkt_len, hash);

	if (room && way->d->header[0] >> 4 == 6) {
		struct sl_ip src = sl_ip_from_v6(way->d->header + 8), dst = sl_ip_from_v6(way->d->header + 24);
		room = sl_outer_add_fragment_header(m, sl_ip_id_v6(&w->ip_ids, &src, &dst));
	} else if (room) {
		sl_edit_clear_df(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
		number_outer(w, m, 0);
	}
	if (!room) {
		sl_packet_drop(w, m, SL_DROP_NO_MBUF);
		return;
	}
	unsigned int n = sl_cut(w, m, way->mtu, pieces);
	for (unsigned int k = 0; k < n; k++)
		send_piece(w, s, way, pieces[k]);
}

static enum fit fit(const struct sl_burst *b, unsigned int i, const struct way *way)
{
	const struct sl_pkt *p = &b->p[i];
	const struct rte_ipv4_hdr *ip = sl_burst_at(b, i, p->l3);

	if (p->l3_len + way->d->header_len <= way->mtu)
		return FITS;
	if (p->flags & SL_PKT_V6)
		return p->l3_len <= SL_PATH_MTU_V6_LEAST && way->d->header_len != 0 ? CUT_OUTER : TOO_BIG;
	return ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG) ? TOO_BIG : CUT_INNER;
}

static void refuse_too_big(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i, const struct way *way)
{
	uint16_t mtu = (uint16_t)(way->mtu - way->d->header_len);

	if (b->p[i].flags & SL_PKT_V6)
		mtu = RTE_MAX(mtu, (uint16_t)SL_PATH_MTU_V6_LEAST);
	sl_answer_error(w, s, b, i, SL_ICMP_TOO_BIG, mtu);
	sl_burst_drop(w, b, i, SL_DROP_MTU);
}

/* ---- the long way ---- */

/* How packet i gets to a backend of the service. False: not at all, and it was dropped. */
static bool find_way(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		     const struct sl_service *service, uint16_t id, const struct sl_ip *backend, struct way *way)
{
	const struct sl_nexthop *hop = NULL;

	if (unlikely(sl_pkt_ttl(b, i) <= 1)) {
		sl_answer_error(w, s, b, i, SL_ICMP_TTL_EXCEEDED, 0);
		sl_burst_drop(w, b, i, SL_DROP_TTL);
		return false;
	}
	way->d = &w->delivery[id];
	if (!sl_delivery_is_current(w, s, way->d)) {
		hop = sl_delivery_find(w, s, service, id, backend, &way->next);
		if (hop == NULL) {
			sl_answer_error(w, s, b, i, SL_ICMP_NO_ROUTE, 0);
			sl_burst_drop(w, b, i, SL_DROP_NO_ROUTE);
			return false;
		}
	}
	way->interface = hop != NULL ? hop->interface : w->shared->neighbours->entries[way->d->neighbour].l2.interface;
	way->mtu = sl_delivery_mtu(w, s, way->d, way->interface);
	way->fit = fit(b, i, way);
	if (unlikely(way->fit == TOO_BIG)) {
		refuse_too_big(w, s, b, i, way);
		return false;
	}
	return true;
}

static void send_some(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, uint64_t which)
{
	for (; which != 0; which &= which - 1) {
		unsigned int i = rte_bsf64(which);
		if (b->m[i] != NULL)
			sl_output_packet(w, s, b, i);
	}
}

/*
 * Send packet i its way, which has been found; it stays in the burst if that is simple. Pieces leave at once, so the packets
 * in front of them that wait in the burst go first: they may be of the same flow.
 */
static void go(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i, const struct way *way,
	       uint64_t in_front)
{
	struct sl_pkt *p = &b->p[i];
	uint64_t hash = b->hash[i];

	sl_edit_decrement_ttl(b->m[i], p);
	p->neighbour = way->d->neighbour;
	if (way->fit != FITS) {
		send_some(w, s, b, in_front);
		struct rte_mbuf *m = sl_burst_take(b, i);
		rte_pktmbuf_adj(m, p->l3);
		(way->fit == CUT_INNER ? send_inner_pieces : send_outer_pieces)(w, s, way, m, hash);
	} else if (!sl_steer_push(w, b->m[i], p->l3, way->d, p->l3_len, hash)) {
		sl_burst_drop(w, b, i, SL_DROP_NO_MBUF);
	} else if (p->neighbour == SL_ID_NONE) {
		sl_output_unresolved(w, s, b, i, way->interface, &way->next);
	}
}

static void deliver(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		    const struct sl_service *service, uint16_t backend, const struct way *way, uint64_t in_front)
{
	const struct sl_pkt *p = &b->p[i];

	if (p->tcp_flags & RTE_TCP_SYN_FLAG) /* backends' answers do not pass by: only what the service says */
		sl_edit_clamp_mss(b->m[i], p, service->mss_clamp);
	if (p->kind != SL_PKT_ICMP)
		sl_count_packet(w, service->id, backend, p);
	go(w, s, b, i, way, in_front);
}

static void follow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];

	if (p->kind == SL_PKT_ICMP) /* anybody's: it keeps nothing alive */
		return;
	if (p->kind == SL_PKT_UDP || (p->flags & SL_PKT_FRAGMENT_LATER)) {
		f->last_seen = w->now_tick;
		return;
	}
	struct sl_tcp_segment segment = sl_pkt_segment(b, i);
	bool over = sl_tcp_is_over(f), changed = sl_tcp_follow_one_way(f, &segment);

	sl_flow_tcp_followed(w, s, p->flow, segment.flags, over, changed);
}

/* Packet i of a one-way flow, whatever it is. */
static __rte_noinline void steer_flow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
				      uint64_t in_front)
{
	struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];
	struct sl_tuple server;
	struct way way;

	if (unlikely(p->flags & SL_PKT_L2_MULTICAST)) { /* RFC 1122 section 3.3.6 */
		sl_burst_drop(w, b, i, SL_DROP_MULTICAST);
		return;
	}
	if (unlikely(f->udp_kind == SL_FLOW_SHUT)) {
		if (p->kind == SL_PKT_ICMP)
			sl_burst_drop(w, b, i, SL_DROP_ICMP_NO_FLOW);
		else
			sl_refuse_shut(w, s, b, i);
		return;
	}
	if (f->epoch != w->epoch && p->kind != SL_PKT_ICMP) {
		enum sl_drop_cause cause = sl_flow_renew(w, s, b, i);
		if (unlikely(cause != SL_DROP_MAX)) {
			sl_refuse(w, s, b, i, cause);
			return;
		}
		f = &w->flows.flows[p->flow];
	}
	const struct sl_service *service = sl_snapshot_service_by_id(s, f->service);
	sl_flow_tuple(&w->flows, p->flow, SL_SERVER, &server);
	if (!find_way(w, s, b, i, service, f->backend, &server.peer, &way))
		return;
	follow(w, s, b, i);
	deliver(w, s, b, i, service, f->backend, &way, in_front);
}

/* Nothing to follow. */
static inline bool is_steady(const struct sl_worker *w, const struct sl_pkt *p, const struct sl_flow *f)
{
	return f->epoch == w->epoch && (p->kind == SL_PKT_UDP || (f->state == SL_TCP_ESTABLISHED && f->udp_kind == 0));
}

void sl_steer_send(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, uint64_t steered)
{
	if (likely(steered == UINT64_MAX >> (SL_BURST_MAX - b->n))) {
		sl_burst_compact(b);
		sl_stage_output(w, s, b);
		return;
	}
	send_some(w, s, b, steered);
	sl_burst_compact(b);
}

#define PUSH_AHEAD 6 /* packets between loading the room for an outer header and writing it */

void sl_stage_steer(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	uint64_t steered = 0;

	if (likely(w->flows.one_way == 0) || unlikely(b->n == 0))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		const struct sl_pkt *p = &b->p[i];

		if (unlikely(p->flow == SL_FLOW_NONE))
			continue;
		struct sl_flow *f = &w->flows.flows[p->flow];
		if (!(f->flags & SL_FLOW_ONE_WAY))
			continue;
		const struct sl_delivery *d = &w->delivery[f->backend];
		if (d->header_len != 0 && i + PUSH_AHEAD < b->n)
			sl_steer_prefetch(b->m[i + PUSH_AHEAD]);
		if (unlikely(!sl_steer_is_plain(w, s, p, d) || !is_steady(w, p, f))) {
			steer_flow(w, s, b, i, steered);
		} else {
			f->last_seen = w->now_tick;
			if (p->kind == SL_PKT_TCP)
				f->ack[SL_CLIENT] = rte_be_to_cpu_32(((const struct rte_tcp_hdr *)sl_burst_at(b, i, p->l4))->recv_ack);
			sl_steer_plain(w, b, i, f->service, f->backend, d);
		}
		steered |= UINT64_C(1) << i;
	}
	sl_steer_send(w, s, b, steered);
}

void sl_steer_service(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		      const struct sl_service *service, const struct sl_target *target, uint64_t in_front)
{
	struct way way;

	b->p[i].side = SL_CLIENT;
	if (find_way(w, s, b, i, service, target->id, &target->ip, &way))
		deliver(w, s, b, i, service, target->id, &way, in_front);
}

void sl_steer_to(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		 const struct sl_service *service, const struct sl_target *target)
{
	sl_steer_service(w, s, b, i, service, target, 0);
	if (b->m[i] != NULL)
		sl_output_packet(w, s, b, i);
}
