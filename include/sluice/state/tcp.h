/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP state of a flow, seen from the middle (after RFC 6146 section 3.5.2), as one const table
 * next[state][side][event]. It says when a flow may expire, not what its ends may send: every segment of a flow is
 * passed on, and only what a segment proves is judged here.
 */
#ifndef SLUICE_STATE_TCP_H
#define SLUICE_STATE_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/config/timeouts.h"
#include "sluice/state/flow.h"

/* X(identifier, name, timeout) */
#define SL_TCP_STATES(X)                                     \
	X(NONE, none, TCP_OPENING)                           \
	X(SYN_SENT, syn_sent, TCP_OPENING)                   \
	X(SYN_RECV, syn_recv, TCP_SYN_RECV)                  \
	X(ESTABLISHED, established, TCP_ESTABLISHED)         \
	X(FIN_CLIENT, fin_client, TCP_HALF_CLOSED)           \
	X(FIN_SERVER, fin_server, TCP_HALF_CLOSED)           \
	X(LAST_ACK_CLIENT, last_ack_client, TCP_CLOSING)     \
	X(LAST_ACK_SERVER, last_ack_server, TCP_CLOSING)     \
	X(CLOSING, closing, TCP_CLOSING)                     \
	X(CLOSING_LAST_ACK, closing_last_ack, TCP_CLOSING)   \
	X(TIME_WAIT_CLIENT, time_wait_client, TCP_TIME_WAIT) \
	X(TIME_WAIT_SERVER, time_wait_server, TCP_TIME_WAIT) \
	X(CLOSE, close, TCP_RESET)                           \
	X(TRANS, trans, TCP_CLOSING)

/*
 * _CLIENT and _SERVER name the side that sent its FIN first: the one that keeps TIME_WAIT in its own stack. After a
 * simultaneous close both do, and _SERVER stands for both. CLOSING: neither FIN of a simultaneous close is acknowledged yet;
 * CLOSING_LAST_ACK: the client's is. CLOSE: reset. TRANS: perhaps reset.
 */
enum sl_tcp_state {
#define X(id, name, timeout) SL_TCP_##id,
	SL_TCP_STATES(X)
#undef X
	SL_TCP_STATE_MAX
};

enum sl_tcp_event {
	SL_TCP_EVENT_SYN,
	SL_TCP_EVENT_SYN_ACK,
	SL_TCP_EVENT_ACK,	   /* ACK, with or without data */
	SL_TCP_EVENT_LAST_ACK,	   /* the same, of the other side's FIN */
	SL_TCP_EVENT_FIN,	   /* FIN+ACK */
	SL_TCP_EVENT_FIN_LAST_ACK, /* the same, with an ACK of the other side's FIN */
	SL_TCP_EVENT_RST,	   /* with the number its receiver expects */
	SL_TCP_EVENT_DOUBTFUL_RST, /* ahead of that, but within a window */
	SL_TCP_EVENT_MAX,
	SL_TCP_EVENT_NONE = SL_TCP_EVENT_MAX /* proves nothing */
};

/* A segment's numbers in host order; len is that of its data. */
struct sl_tcp_segment {
	uint32_t seq, ack, len;
	uint8_t flags; /* RTE_TCP_*_FLAG, past parse's sanity check */
};

/* side: 0 from the client, 1 from the server. */
enum sl_tcp_state sl_tcp_next(enum sl_tcp_state state, unsigned int side, enum sl_tcp_event event);

/* Judge a segment of the flow: new f->state and f->ack. True when the state changed, and with it the timeout. */
bool sl_tcp_follow(struct sl_flow *f, unsigned int side, const struct sl_tcp_segment *s);

/*
 * The same for a flow of which only the client's side is seen. An ACK proves nothing about the server, but it is all there is;
 * a FIN ends the flow as far as it can be told, and what the client still acknowledges keeps it alive (TIME_WAIT_CLIENT);
 * nobody knows which number the server expects, so any RST is doubtful.
 */
bool sl_tcp_follow_one_way(struct sl_flow *f, const struct sl_tcp_segment *s);

/* A new flow that begins with a client's segment in the middle of its connection. */
void sl_tcp_pick_up(struct sl_flow *f, const struct sl_tcp_segment *s);

/* Both sides have closed, or one has reset: the tuple is only kept for what may still be on its way. */
static inline bool sl_tcp_is_over(const struct sl_flow *f)
{
	return f->state == SL_TCP_TIME_WAIT_CLIENT || f->state == SL_TCP_TIME_WAIT_SERVER || f->state == SL_TCP_CLOSE;
}

enum sl_timeout sl_tcp_timeout(enum sl_tcp_state state);
const char *sl_tcp_state_name(enum sl_tcp_state state);

#endif
