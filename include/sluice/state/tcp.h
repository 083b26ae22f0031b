/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP state of a flow, seen from the middle (after RFC 6146 section 3.5.2), as one const table
 * next[state][side][event]. It says when a flow may expire, not what its ends may send.
 */
#ifndef SLUICE_STATE_TCP_H
#define SLUICE_STATE_TCP_H

#include <stdint.h>

#include "sluice/config/timeouts.h"

/* X(identifier, name, timeout) */
#define SL_TCP_STATES(X)                                     \
	X(NONE, none, TCP_OPENING)                           \
	X(SYN_SENT, syn_sent, TCP_OPENING)                   \
	X(SYN_RECV, syn_recv, TCP_OPENING)                   \
	X(ESTABLISHED, established, TCP_ESTABLISHED)         \
	X(FIN_CLIENT, fin_client, TCP_CLOSING)               \
	X(FIN_SERVER, fin_server, TCP_CLOSING)               \
	X(LAST_ACK_CLIENT, last_ack_client, TCP_CLOSING)     \
	X(LAST_ACK_SERVER, last_ack_server, TCP_CLOSING)     \
	X(TIME_WAIT_CLIENT, time_wait_client, TCP_TIME_WAIT) \
	X(TIME_WAIT_SERVER, time_wait_server, TCP_TIME_WAIT) \
	X(CLOSE, close, TCP_RESET)

/* _CLIENT and _SERVER name the side that sent its FIN first: the one that keeps TIME_WAIT in its own stack. */
enum sl_tcp_state {
#define X(id, name, timeout) SL_TCP_##id,
	SL_TCP_STATES(X)
#undef X
	SL_TCP_STATE_MAX
};

enum sl_tcp_event {
	SL_TCP_EVENT_SYN,
	SL_TCP_EVENT_SYN_ACK,
	SL_TCP_EVENT_ACK, /* ACK, with or without data */
	SL_TCP_EVENT_FIN, /* FIN+ACK */
	SL_TCP_EVENT_RST,
	SL_TCP_EVENT_MAX
};

/* Event of a segment by its flags (RTE_TCP_*_FLAG); the flags have passed parse's sanity check. */
enum sl_tcp_event sl_tcp_event(uint8_t tcp_flags);

/* side: 0 from the client, 1 from the server. */
enum sl_tcp_state sl_tcp_next(enum sl_tcp_state state, unsigned int side, enum sl_tcp_event event);

enum sl_timeout sl_tcp_timeout(enum sl_tcp_state state);
const char *sl_tcp_state_name(enum sl_tcp_state state);

#endif
