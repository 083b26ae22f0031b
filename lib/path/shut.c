/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows that are ended from outside: by an operator, or because their backend's time to drain is over.
 *
 * A reset counts only with exactly the sequence number that its receiver expects next (RFC 5961 section 3.2), and what we
 * know of that is what the receiver acknowledged last: right for an end that is idle, too low for one that has data it has
 * not acknowledged yet. So a TCP flow that was shut is kept for a while, as after any reset, and every packet of it is
 * answered as by a host that knows no such connection (RFC 9293 section 3.10.7.1): by its acknowledgement, which is right.
 */
#include <netinet/in.h>

#include "stages.h"

#include "sluice/packet/tcp.h"

/* The number that end expects next, 0: not known. Until the SYN is answered, the client's has the moment of the SYN (latency.c). */
static uint32_t expects(const struct sl_flow *f, enum sl_side side)
{
	return side == SL_CLIENT && f->state == SL_TCP_SYN_SENT ? 0 : f->ack[side];
}

/* A reset to the end on one side, in the name of the address it talks to. False: none was sent. */
static bool reset_side(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow, enum sl_side side)
{
	const struct sl_flow *f = &w->flows.flows[flow];
	uint32_t seq = expects(f, side), ack = expects(f, !side);
	struct sl_tuple k;

	/* Nothing is known of it, or it takes a reset only by its acknowledgement (SYN-SENT, RFC 9293 section 3.10.7.3). */
	if (seq == 0 && ack == 0)
		return false;
	if (side == SL_SERVER && unlikely(f->flags & SL_FLOW_SEQ))
		sl_seq_to_server(w, flow, &seq, &ack);
	sl_flow_tuple(&w->flows, flow, side, &k);
	struct sl_tcp_reset reset = { .src = &k.self, .dst = &k.peer, .sport_be = k.self_port_be, .dport_be = k.peer_port_be,
				      .seq = seq, .ack = ack, .with_ack = ack != 0 };
	return sl_send_reset(w, s, &reset);
}

bool sl_flow_shut(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	struct sl_flow *f = &w->flows.flows[flow];

	w->count[SL_COUNT_FLOWS_SHUT]++;
	if (f->proto != IPPROTO_TCP || f->state == SL_TCP_NONE || sl_tcp_is_over(f)) {
		sl_flow_end(w, s, flow);
		return false;
	}
	bool sent = reset_side(w, s, flow, SL_CLIENT);
	if (!(f->flags & SL_FLOW_ONE_WAY)) /* what its server expects cannot be known */
		sent |= reset_side(w, s, flow, SL_SERVER);
	f->state = SL_TCP_CLOSE;
	sl_flow_count_open(w, s, f, -1);
	f->udp_kind = SL_FLOW_SHUT;
	f->flags &= (uint8_t)~SL_FLOW_STEADY_BOTH;
	f->last_seen = w->now_tick;
	sl_flow_reschedule(&w->flows, flow, w->now_tick + sl_flow_timeout(s, f));
	return sent;
}

void sl_refuse_shut(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	if (!(p->flags & SL_PKT_FRAGMENT) && !(p->tcp_flags & RTE_TCP_RST_FLAG))
		sl_reset_sender(w, s, b, i);
	sl_burst_drop(w, b, i, SL_DROP_FLOW_SHUT);
}
