/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_tcp.h>

#include "sluice/state/tcp.h"

enum sl_tcp_event sl_tcp_event(uint8_t tcp_flags)
{
	if (tcp_flags & RTE_TCP_RST_FLAG)
		return SL_TCP_EVENT_RST;
	if (tcp_flags & RTE_TCP_SYN_FLAG)
		return tcp_flags & RTE_TCP_ACK_FLAG ? SL_TCP_EVENT_SYN_ACK : SL_TCP_EVENT_SYN;
	if (tcp_flags & RTE_TCP_FIN_FLAG)
		return SL_TCP_EVENT_FIN;
	return SL_TCP_EVENT_ACK;
}

#define S(id) SL_TCP_##id
/* Columns: SYN, SYN+ACK, ACK, FIN, RST. Rows of a state: from the client, from the server. */
static const uint8_t next_state[SL_TCP_STATE_MAX][2][SL_TCP_EVENT_MAX] = {
	[S(NONE)] = {
		{ S(SYN_SENT), S(NONE), S(NONE), S(NONE), S(NONE) },
		{ S(NONE), S(NONE), S(NONE), S(NONE), S(NONE) },
	},
	[S(SYN_SENT)] = { /* a server's bare SYN is a simultaneous open (RFC 9293 section 3.5) */
		{ S(SYN_SENT), S(SYN_SENT), S(SYN_SENT), S(SYN_SENT), S(CLOSE) },
		{ S(SYN_RECV), S(SYN_RECV), S(SYN_SENT), S(SYN_SENT), S(CLOSE) },
	},
	[S(SYN_RECV)] = { /* a server that speaks first may do so before we see the client's ACK */
		{ S(SYN_RECV), S(ESTABLISHED), S(ESTABLISHED), S(FIN_CLIENT), S(CLOSE) },
		{ S(SYN_RECV), S(SYN_RECV), S(SYN_RECV), S(FIN_SERVER), S(CLOSE) },
	},
	[S(ESTABLISHED)] = { /* SYNs here are old duplicates; the ends answer with challenge ACKs (RFC 5961) */
		{ S(ESTABLISHED), S(ESTABLISHED), S(ESTABLISHED), S(FIN_CLIENT), S(CLOSE) },
		{ S(ESTABLISHED), S(ESTABLISHED), S(ESTABLISHED), S(FIN_SERVER), S(CLOSE) },
	},
	[S(FIN_CLIENT)] = { /* half closed: the server may go on sending */
		{ S(FIN_CLIENT), S(FIN_CLIENT), S(FIN_CLIENT), S(FIN_CLIENT), S(CLOSE) },
		{ S(FIN_CLIENT), S(FIN_CLIENT), S(FIN_CLIENT), S(LAST_ACK_CLIENT), S(CLOSE) },
	},
	[S(FIN_SERVER)] = {
		{ S(FIN_SERVER), S(FIN_SERVER), S(FIN_SERVER), S(LAST_ACK_SERVER), S(CLOSE) },
		{ S(FIN_SERVER), S(FIN_SERVER), S(FIN_SERVER), S(FIN_SERVER), S(CLOSE) },
	},
	[S(LAST_ACK_CLIENT)] = { /* both FINs seen; the first closer's ACK ends it */
		{ S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(TIME_WAIT_CLIENT), S(LAST_ACK_CLIENT), S(CLOSE) },
		{ S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(CLOSE) },
	},
	[S(LAST_ACK_SERVER)] = {
		{ S(LAST_ACK_SERVER), S(LAST_ACK_SERVER), S(LAST_ACK_SERVER), S(LAST_ACK_SERVER), S(CLOSE) },
		{ S(LAST_ACK_SERVER), S(LAST_ACK_SERVER), S(TIME_WAIT_SERVER), S(LAST_ACK_SERVER), S(CLOSE) },
	},
	[S(TIME_WAIT_CLIENT)] = { /* a client's SYN opens a new connection on the same tuple (RFC 9293 section 3.6.1) */
		{ S(SYN_SENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT) },
		{ S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT) },
	},
	[S(TIME_WAIT_SERVER)] = {
		{ S(SYN_SENT), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER) },
		{ S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER) },
	},
	[S(CLOSE)] = {
		{ S(SYN_SENT), S(CLOSE), S(CLOSE), S(CLOSE), S(CLOSE) },
		{ S(CLOSE), S(CLOSE), S(CLOSE), S(CLOSE), S(CLOSE) },
	},
};
#undef S

enum sl_tcp_state sl_tcp_next(enum sl_tcp_state state, unsigned int side, enum sl_tcp_event event)
{
	return next_state[state][side][event];
}

enum sl_timeout sl_tcp_timeout(enum sl_tcp_state state)
{
	static const uint8_t timeouts[SL_TCP_STATE_MAX] = {
#define X(id, name, timeout) SL_TIMEOUT_##timeout,
		SL_TCP_STATES(X)
#undef X
	};
	return timeouts[state];
}

const char *sl_tcp_state_name(enum sl_tcp_state state)
{
	static const char *const names[SL_TCP_STATE_MAX] = {
#define X(id, name, timeout) #name,
		SL_TCP_STATES(X)
#undef X
	};
	return names[state];
}
