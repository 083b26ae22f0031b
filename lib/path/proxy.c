/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PROXY headers towards backends: from the client's SYN, which leaves room for the header in front of the client's first byte,
 * to the acknowledgement of the header, after which the flow is like any other. docs/decisions/0018-sequence-translation.md
 * has the cases.
 */
#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/proxy.h"
#include "sluice/packet/tcp.h"

#define AT_ONCE_TICKS 10u /* between a header and its repetition because of what the server says: about 10 ms */
#define REPEAT_BUDGET 32 /* headers that one turn sends again */

/* ---- the header ---- */

static unsigned int build_header(const struct sl_worker *w, uint32_t flow, unsigned int version,
				 uint8_t header[SL_PROXY_HEADER_MAX])
{
	struct sl_tuple k;

	sl_flow_tuple(&w->flows, flow, SL_CLIENT, &k);
	struct sl_proxy_ends ends = { .client = k.peer, .vip = k.self, .client_port_be = k.peer_port_be, .vip_port_be = k.self_port_be };
	return sl_proxy_header(header, version, &ends);
}

/* True when it was sent. */
static bool send_header(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	const struct sl_seq *r = &w->seqs.records[flow];
	uint8_t header[SL_PROXY_HEADER_MAX];
	unsigned int len = build_header(w, flow, r->version, header);
	struct sl_tuple k;

	sl_flow_tuple(&w->flows, flow, SL_SERVER, &k);
	struct sl_tcp_out segment = {
		.src = &k.self, .dst = &k.peer, .sport_be = k.self_port_be, .dport_be = k.peer_port_be,
		.seq = r->space[SL_CLIENT].first - len,
		.ack = sl_seq_back(&r->space[SL_SERVER], r->ack),
		.flags = RTE_TCP_PSH_FLAG | RTE_TCP_ACK_FLAG,
		.window_be = r->window_be,
		.timestamps_be = r->has_timestamps ? r->timestamps_be : NULL,
		.data = header, .data_len = (uint16_t)len,
	};
	struct rte_mbuf *out = sl_packet_create(w);
	if (out == NULL)
		return false;
	if (sl_tcp_build(out, &segment) != 0) {
		sl_packet_drop(w, out, SL_DROP_NO_MBUF);
		return false;
	}
	sl_emit(w, s, out);
	return true;
}

/* ---- from the client ---- */

/* The server may take a SYN in this state for the beginning of a connection, or will do so. */
static bool may_begin(enum sl_tcp_state state)
{
	switch (state) {
	case SL_TCP_SYN_RECV:
	case SL_TCP_ESTABLISHED:
	case SL_TCP_FIN_CLIENT:
	case SL_TCP_FIN_SERVER:
	case SL_TCP_TRANS:
		return false;
	default:
		return true;
	}
}

void sl_proxy_open(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];
	uint8_t header[SL_PROXY_HEADER_MAX];

	if (p->side != SL_CLIENT || !sl_pkt_is_opening_syn(p) || !may_begin(f->state))
		return;
	if (f->flags & SL_FLOW_SEQ)
		sl_seq_over(&w->seqs, p->flow);
	f->flags &= (uint8_t)~SL_FLOW_SEQ;
	const struct sl_service *service = sl_snapshot_service_by_id(s, f->service);
	if (service == NULL || service->proxy_protocol == SL_PROXY_PROTOCOL_OFF)
		return;

	struct sl_seq *r = &w->seqs.records[p->flow];
	const struct rte_tcp_hdr *tcp = sl_burst_at(b, i, p->l4);
	unsigned int len = build_header(w, p->flow, service->proxy_protocol, header);
	*r = (struct sl_seq){ .version = service->proxy_protocol, .stage = SL_PROXY_OPENING };
	r->space[SL_CLIENT].first = rte_be_to_cpu_32(tcp->sent_seq) + 1;
	r->space[SL_CLIENT].before = -len;
	r->acked = r->space[SL_CLIENT].first - len;
	f->flags |= SL_FLOW_SEQ;
}

/* What the header's own segment will need. Only from segments that are intact. */
static void remember(struct sl_seq *r, struct rte_tcp_hdr *tcp)
{
	const uint8_t *timestamps = sl_tcp_option(tcp, SL_TCP_OPTION_TIMESTAMPS);

	r->ack = rte_be_to_cpu_32(tcp->recv_ack);
	r->window_be = tcp->rx_win;
	r->has_timestamps = timestamps != NULL && timestamps[1] == SL_TCP_TIMESTAMPS_LEN;
	if (r->has_timestamps)
		memcpy(r->timestamps_be, timestamps + 2, sizeof(r->timestamps_be));
}

/* What a SYN must not have if bytes are to be put in front of the client's first one. False: it was dropped. */
static bool strip_syn(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	struct rte_tcp_hdr *tcp = sl_burst_at(b, i, p->l4);
	uint8_t *mptcp = sl_tcp_option(tcp, SL_TCP_OPTION_MPTCP);

	if (mptcp != NULL)
		sl_edit_tcp_blank(tcp, mptcp);
	if (unlikely(p->flags & SL_PKT_FRAGMENT)) { /* its data may be in another one */
		sl_burst_drop(w, b, i, SL_DROP_FRAGMENT);
		return false;
	}
	if (unlikely(sl_tcp_data_len(b->m[i], p) != 0)) {
		sl_edit_tcp_trim(b->m[i], p);
		p->out_interface = SL_ID_NONE; /* nothing is left that would have to be cut */
	}
	return true;
}

static bool is_connected(const struct sl_flow *f)
{
	return f->state != SL_TCP_NONE && f->state != SL_TCP_SYN_SENT && f->state != SL_TCP_SYN_RECV && !sl_tcp_is_over(f);
}

/* An intact segment that may complete the handshake: first the header. True: the segment had nothing more to say. */
static bool send_first(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_seq *r = &w->seqs.records[p->flow];

	if (!(p->tcp_flags & RTE_TCP_ACK_FLAG) || !is_connected(&w->flows.flows[p->flow]))
		return false;
	bool sent = send_header(w, s, p->flow);
	r->tries = 1;
	sl_seq_sent(&w->seqs, p->flow, w->now_tick); /* or again, when a buffer is free */
	w->count[SL_COUNT_PROXY_HEADERS_SENT] += sent;
	return sent && !(p->tcp_flags & RTE_TCP_FIN_FLAG) && !(p->flags & SL_PKT_FRAGMENT) && sl_tcp_data_len(b->m[i], p) == 0;
}

bool sl_proxy_from_client(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_seq *r = &w->seqs.records[p->flow];
	struct rte_tcp_hdr *tcp = sl_burst_at(b, i, p->l4);

	if (p->flags & SL_PKT_FRAGMENT_LATER)
		return true;
	if (p->tcp_flags & RTE_TCP_SYN_FLAG) {
		if (!strip_syn(w, b, i))
			return false;
	} else if (r->stage != SL_PROXY_OVER && !(p->tcp_flags & RTE_TCP_RST_FLAG) && sl_is_intact(b, i)) {
		remember(r, tcp);
		if (r->stage == SL_PROXY_OPENING && send_first(w, s, b, i)) {
			sl_burst_consume(w, b, i);
			return false;
		}
	}
	sl_seq_translate(w, b, i);
	return true;
}

/* ---- from the server ---- */

/* A flow without header to deliver, and whose ends count alike: like any other. */
static void finish(struct sl_worker *w, uint32_t flow)
{
	const struct sl_seq *r = &w->seqs.records[flow];

	sl_seq_over(&w->seqs, flow);
	if (r->space[SL_CLIENT].after == 0 && r->space[SL_SERVER].before == 0 && r->space[SL_SERVER].after == 0)
		w->flows.flows[flow].flags &= (uint8_t)~SL_FLOW_SEQ;
}

/* The client may send so much less than the server has announced: `missing` bytes of it are the header's. */
static void lower_window(struct rte_tcp_hdr *tcp, uint32_t missing, unsigned int scale)
{
	uint32_t window = rte_be_to_cpu_16(tcp->rx_win), less = (missing + (1u << scale) - 1) >> scale;
	rte_be16_t window_be = rte_cpu_to_be_16((uint16_t)(window - RTE_MIN(window, less)));

	sl_edit_tcp(tcp, &tcp->rx_win, &window_be, sizeof(window_be));
}

static void read_scale(struct sl_seq *r, struct rte_tcp_hdr *tcp)
{
	const uint8_t *scale = sl_tcp_option(tcp, SL_TCP_OPTION_SCALE);

	/* RFC 7323 section 2.3: 14 at most */
	r->server_scale = scale != NULL && scale[1] == SL_TCP_SCALE_LEN ? RTE_MIN(scale[2], (uint8_t)14) : 0;
}

/* The server says that it has nothing, or not all, of the header, and has had something since. */
static void repeat_at_once(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	struct sl_seq *r = &w->seqs.records[flow];

	if (w->now_tick - r->sent_tick < AT_ONCE_TICKS || !send_header(w, s, flow))
		return;
	sl_seq_sent(&w->seqs, flow, w->now_tick);
	w->count[SL_COUNT_PROXY_HEADERS_REPEATED]++;
}

/* An intact acknowledgement of something in front of the client's first byte. */
static void header_missing(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_seq *r = &w->seqs.records[p->flow];
	struct rte_tcp_hdr *tcp = sl_burst_at(b, i, p->l4);
	uint32_t ack = rte_be_to_cpu_32(tcp->recv_ack), missing = r->space[SL_CLIENT].first - ack;
	bool syn = (p->tcp_flags & RTE_TCP_SYN_FLAG) != 0;

	if (missing > -r->space[SL_CLIENT].before)
		return; /* of an older connection */
	if (sl_seq_is_before(r->acked, ack))
		r->acked = ack;
	lower_window(tcp, missing, syn ? 0 : r->server_scale);
	if (r->stage == SL_PROXY_SENT && (syn || sl_tcp_data_len(b->m[i], p) == 0))
		repeat_at_once(w, s, p->flow);
}

void sl_proxy_from_server(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_seq *r = &w->seqs.records[p->flow];
	struct rte_tcp_hdr *tcp = sl_burst_at(b, i, p->l4);

	if (p->flags & SL_PKT_FRAGMENT_LATER)
		return;
	if (r->stage != SL_PROXY_OVER && (p->tcp_flags & (RTE_TCP_ACK_FLAG | RTE_TCP_RST_FLAG)) == RTE_TCP_ACK_FLAG &&
	    sl_is_intact(b, i)) {
		if (p->tcp_flags & RTE_TCP_SYN_FLAG)
			read_scale(r, tcp);
		if (sl_seq_is_before(rte_be_to_cpu_32(tcp->recv_ack), r->space[SL_CLIENT].first))
			header_missing(w, s, b, i);
		else if (r->stage == SL_PROXY_SENT)
			finish(w, p->flow);
	}
	sl_seq_translate(w, b, i);
}

/* ---- by the clock ---- */

void sl_proxy_repeat(struct sl_worker *w, const struct sl_snapshot *s)
{
	uint32_t flow;

	for (unsigned int n = 0; n < REPEAT_BUDGET && (flow = sl_seq_due(&w->seqs, w->now_tick)) != SL_FLOW_NONE; n++) {
		struct sl_seq *r = &w->seqs.records[flow];

		if (sl_tcp_is_over(&w->flows.flows[flow])) {
			sl_seq_over(&w->seqs, flow);
		} else if (r->tries == SL_PROXY_TRIES) {
			w->count[SL_COUNT_PROXY_HEADERS_GIVEN_UP]++;
			sl_flow_shut(w, s, flow);
			sl_seq_over(&w->seqs, flow);
		} else {
			/* no buffer: tried again, like one that is lost */
			w->count[SL_COUNT_PROXY_HEADERS_REPEATED] += send_header(w, s, flow);
			r->tries++;
			sl_seq_sent(&w->seqs, flow, w->now_tick);
		}
	}
}
