/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>

#include <rte_common.h>
#include <rte_tcp.h>

#include "sluice/state/tcp.h"

/*
 * How far ahead of what its receiver expects a segment may be for us to believe it: the largest window without scaling. We
 * do not follow windows, and more would only help who guesses.
 */
#define WINDOW 65535u

#define CLIENT_FIN (1u << SL_CLIENT)
#define SERVER_FIN (1u << SL_SERVER)

/* Sides whose FIN was seen. */
static const uint8_t fins_seen[SL_TCP_STATE_MAX] = {
	[SL_TCP_FIN_CLIENT] = CLIENT_FIN,
	[SL_TCP_FIN_SERVER] = SERVER_FIN,
	[SL_TCP_LAST_ACK_CLIENT] = CLIENT_FIN | SERVER_FIN,
	[SL_TCP_LAST_ACK_SERVER] = CLIENT_FIN | SERVER_FIN,
	[SL_TCP_CLOSING] = CLIENT_FIN | SERVER_FIN,
	[SL_TCP_CLOSING_LAST_ACK] = CLIENT_FIN | SERVER_FIN,
	[SL_TCP_TIME_WAIT_CLIENT] = CLIENT_FIN | SERVER_FIN,
	[SL_TCP_TIME_WAIT_SERVER] = CLIENT_FIN | SERVER_FIN,
};

#define S(id) SL_TCP_##id
/* All events that do not change the state, and the four that most often do not. */
#define KEEPS(id) S(id), S(id), S(id), S(id), S(id), S(id), S(id), S(id)
#define DATA_KEEPS(id) S(id), S(id), S(id), S(id)

/* Columns: SYN, SYN+ACK, ACK, LAST_ACK, FIN, FIN+LAST_ACK, RST, doubtful RST. Rows of a state: from the client, from the server. */
static const uint8_t next_state[SL_TCP_STATE_MAX][2][SL_TCP_EVENT_MAX] = {
	[S(NONE)] = {
		{ S(SYN_SENT), S(NONE), S(NONE), S(NONE), S(NONE), S(NONE), S(NONE), S(NONE) },
		{ KEEPS(NONE) },
	},
	[S(SYN_SENT)] = { /* a server's bare SYN is a simultaneous open (RFC 9293 section 3.5) */
		{ DATA_KEEPS(SYN_SENT), S(SYN_SENT), S(SYN_SENT), S(CLOSE), S(SYN_SENT) },
		{ S(SYN_RECV), S(SYN_RECV), S(SYN_SENT), S(SYN_SENT), S(SYN_SENT), S(SYN_SENT), S(CLOSE), S(SYN_SENT) },
	},
	[S(SYN_RECV)] = { /* a server that sends data has had the client's ACK, or its Fast Open cookie (RFC 7413) */
		{ S(SYN_RECV), S(ESTABLISHED), S(ESTABLISHED), S(ESTABLISHED), S(FIN_CLIENT), S(FIN_CLIENT), S(CLOSE), S(SYN_RECV) },
		{ S(SYN_RECV), S(SYN_RECV), S(ESTABLISHED), S(ESTABLISHED), S(FIN_SERVER), S(FIN_SERVER), S(CLOSE), S(SYN_RECV) },
	},
	[S(ESTABLISHED)] = { /* SYNs here are old duplicates; the ends answer with challenge ACKs (RFC 5961 section 4) */
		{ DATA_KEEPS(ESTABLISHED), S(FIN_CLIENT), S(FIN_CLIENT), S(CLOSE), S(TRANS) },
		{ DATA_KEEPS(ESTABLISHED), S(FIN_SERVER), S(FIN_SERVER), S(CLOSE), S(TRANS) },
	},
	[S(FIN_CLIENT)] = { /* half closed: the server may go on sending. Its FIN without an ACK of ours: simultaneous close */
		{ DATA_KEEPS(FIN_CLIENT), S(FIN_CLIENT), S(FIN_CLIENT), S(CLOSE), S(TRANS) },
		{ DATA_KEEPS(FIN_CLIENT), S(CLOSING), S(LAST_ACK_CLIENT), S(CLOSE), S(TRANS) },
	},
	[S(FIN_SERVER)] = {
		{ DATA_KEEPS(FIN_SERVER), S(CLOSING), S(LAST_ACK_SERVER), S(CLOSE), S(TRANS) },
		{ DATA_KEEPS(FIN_SERVER), S(FIN_SERVER), S(FIN_SERVER), S(CLOSE), S(TRANS) },
	},
	[S(LAST_ACK_CLIENT)] = { /* a server's SYN+ACK answers the SYN of a client that has started anew */
		{ S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(TIME_WAIT_CLIENT), S(LAST_ACK_CLIENT),
		  S(TIME_WAIT_CLIENT), S(CLOSE), S(LAST_ACK_CLIENT) },
		{ S(LAST_ACK_CLIENT), S(SYN_RECV), S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT), S(LAST_ACK_CLIENT),
		  S(LAST_ACK_CLIENT), S(CLOSE), S(LAST_ACK_CLIENT) },
	},
	[S(LAST_ACK_SERVER)] = {
		{ DATA_KEEPS(LAST_ACK_SERVER), S(LAST_ACK_SERVER), S(LAST_ACK_SERVER), S(CLOSE), S(LAST_ACK_SERVER) },
		{ S(LAST_ACK_SERVER), S(SYN_RECV), S(LAST_ACK_SERVER), S(TIME_WAIT_SERVER), S(LAST_ACK_SERVER),
		  S(TIME_WAIT_SERVER), S(CLOSE), S(LAST_ACK_SERVER) },
	},
	[S(CLOSING)] = { /* both FINs have to be acknowledged, in whatever order (RFC 9293 figure 13) */
		{ S(CLOSING), S(CLOSING), S(CLOSING), S(LAST_ACK_SERVER), S(CLOSING), S(LAST_ACK_SERVER), S(CLOSE), S(CLOSING) },
		{ S(CLOSING), S(SYN_RECV), S(CLOSING), S(CLOSING_LAST_ACK), S(CLOSING), S(CLOSING_LAST_ACK), S(CLOSE), S(CLOSING) },
	},
	[S(CLOSING_LAST_ACK)] = {
		{ S(CLOSING_LAST_ACK), S(CLOSING_LAST_ACK), S(CLOSING_LAST_ACK), S(TIME_WAIT_SERVER), S(CLOSING_LAST_ACK),
		  S(TIME_WAIT_SERVER), S(CLOSE), S(CLOSING_LAST_ACK) },
		{ S(CLOSING_LAST_ACK), S(SYN_RECV), S(CLOSING_LAST_ACK), S(CLOSING_LAST_ACK), S(CLOSING_LAST_ACK),
		  S(CLOSING_LAST_ACK), S(CLOSE), S(CLOSING_LAST_ACK) },
	},
	[S(TIME_WAIT_CLIENT)] = { /* a client's SYN opens a new connection on the same tuple (RFC 9293 section 3.6.1) */
		{ S(SYN_SENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), S(TIME_WAIT_CLIENT), DATA_KEEPS(TIME_WAIT_CLIENT) },
		{ KEEPS(TIME_WAIT_CLIENT) }, /* no reset shortens it (RFC 1337) */
	},
	[S(TIME_WAIT_SERVER)] = {
		{ S(SYN_SENT), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), S(TIME_WAIT_SERVER), DATA_KEEPS(TIME_WAIT_SERVER) },
		{ KEEPS(TIME_WAIT_SERVER) },
	},
	[S(CLOSE)] = {
		{ S(SYN_SENT), S(CLOSE), S(CLOSE), S(CLOSE), DATA_KEEPS(CLOSE) },
		{ KEEPS(CLOSE) },
	},
	[S(TRANS)] = { /* what goes on after a doubtful reset shows that it was not one (RFC 6146 section 3.5.2.2) */
		{ S(TRANS), S(TRANS), S(ESTABLISHED), S(ESTABLISHED), S(FIN_CLIENT), S(FIN_CLIENT), S(CLOSE), S(TRANS) },
		{ S(TRANS), S(SYN_RECV), S(ESTABLISHED), S(ESTABLISHED), S(FIN_SERVER), S(FIN_SERVER), S(CLOSE), S(TRANS) },
	},
};
#undef S

enum sl_tcp_state sl_tcp_next(enum sl_tcp_state state, unsigned int side, enum sl_tcp_event event)
{
	return next_state[state][side][event];
}

static bool is_opening(enum sl_tcp_state state)
{
	return state == SL_TCP_SYN_SENT || state == SL_TCP_SYN_RECV;
}

/* The other side of the flow expects this number next, or one that fits in its window behind it. Right across the wrap. */
static bool in_window(uint32_t number, uint32_t expected)
{
	return number - expected <= WINDOW;
}

/*
 * A reset ends a flow only with exactly the sequence number its receiver expects (RFC 5961 section 3.2), or, while the flow
 * opens, as the server's answer to the SYN (RFC 9293 section 3.10.7.3). One that is ahead may follow data that is still
 * under way. Any other is passed on for the ends to judge and means nothing here (RFC 7857 section 2.2).
 */
static enum sl_tcp_event judge_reset(const struct sl_flow *f, unsigned int side, const struct sl_tcp_segment *s)
{
	if (side == SL_SERVER && is_opening(f->state)) {
		if ((s->flags & RTE_TCP_ACK_FLAG) && in_window(s->ack, f->ack[SL_SERVER]))
			return SL_TCP_EVENT_RST;
		if (f->state == SL_TCP_SYN_SENT)
			return SL_TCP_EVENT_NONE;
	}
	if (s->seq == f->ack[!side])
		return SL_TCP_EVENT_RST;
	return in_window(s->seq, f->ack[!side]) ? SL_TCP_EVENT_DOUBTFUL_RST : SL_TCP_EVENT_NONE;
}

static enum sl_tcp_event judge(const struct sl_flow *f, unsigned int side, const struct sl_tcp_segment *s)
{
	bool syn = (s->flags & RTE_TCP_SYN_FLAG) != 0, fin = (s->flags & RTE_TCP_FIN_FLAG) != 0;

	if (s->flags & RTE_TCP_RST_FLAG)
		return judge_reset(f, side, s);
	if (!(s->flags & RTE_TCP_ACK_FLAG)) /* without SYN: its receiver drops it (RFC 9293 section 3.10.7.4) */
		return syn ? SL_TCP_EVENT_SYN : SL_TCP_EVENT_NONE;
	if (f->state == SL_TCP_SYN_SENT && (side == SL_CLIENT || !syn))
		return SL_TCP_EVENT_NONE; /* of an older connection */
	/* Only who has seen the other's SYN can acknowledge it: spoofed segments open nothing. */
	if (is_opening(f->state) && !in_window(s->ack, f->ack[side]))
		return SL_TCP_EVENT_NONE;
	if (syn)
		return SL_TCP_EVENT_SYN_ACK;
	/* A server's bare ACK may be a challenge to a segment that it does not accept. */
	if (f->state == SL_TCP_SYN_RECV && side == SL_SERVER && s->len == 0 && !fin)
		return SL_TCP_EVENT_NONE;

	bool last = (fins_seen[f->state] & 1u << !side) != 0 && s->ack == f->ack[side];
	if (fin)
		return last ? SL_TCP_EVENT_FIN_LAST_ACK : SL_TCP_EVENT_FIN;
	return last ? SL_TCP_EVENT_LAST_ACK : SL_TCP_EVENT_ACK;
}

/* Remember what each side expects next; from the other side's FIN on, that is the end of the FIN. */
static void learn(struct sl_flow *f, unsigned int side, const struct sl_tcp_segment *s, enum sl_tcp_event event,
		  enum sl_tcp_state next)
{
	switch (event) {
	case SL_TCP_EVENT_SYN:
		if (next == SL_TCP_SYN_SENT)
			f->ack[side] = 0; /* first, again, or reopened: what an old connection acknowledged means nothing now */
		if (is_opening(next) && f->state != SL_TCP_SYN_RECV)
			f->ack[!side] = s->seq + 1;
		break;
	case SL_TCP_EVENT_SYN_ACK:
		if (next != SL_TCP_SYN_RECV && f->state != SL_TCP_SYN_RECV)
			break;
		f->ack[side] = s->ack;
		f->ack[!side] = s->seq + 1;
		break;
	case SL_TCP_EVENT_RST:
	case SL_TCP_EVENT_DOUBTFUL_RST:
		break;
	default:
		if (!(fins_seen[f->state] & 1u << !side))
			f->ack[side] = s->ack;
		if (s->flags & RTE_TCP_FIN_FLAG)
			f->ack[!side] = s->seq + s->len + 1;
		break;
	}
}

bool sl_tcp_follow(struct sl_flow *f, unsigned int side, const struct sl_tcp_segment *s)
{
	enum sl_tcp_event event = judge(f, side, s);

	if (event == SL_TCP_EVENT_NONE)
		return false;
	enum sl_tcp_state next = sl_tcp_next(f->state, side, event);
	learn(f, side, s, event, next);
	bool changed = next != f->state;
	f->state = next;
	return changed;
}

static enum sl_tcp_state next_one_way(const struct sl_flow *f, const struct sl_tcp_segment *s)
{
	if (s->flags & RTE_TCP_RST_FLAG)
		return sl_tcp_is_over(f) ? f->state : SL_TCP_TRANS;
	if (!(s->flags & RTE_TCP_ACK_FLAG)) {
		bool opens = f->state == SL_TCP_NONE || f->state == SL_TCP_TRANS || sl_tcp_is_over(f);
		return (s->flags & RTE_TCP_SYN_FLAG) && opens ? SL_TCP_SYN_SENT : f->state;
	}
	if (s->flags & RTE_TCP_SYN_FLAG) /* of a simultaneous open: nobody knows */
		return f->state;
	if (s->flags & RTE_TCP_FIN_FLAG)
		return SL_TCP_TIME_WAIT_CLIENT;
	return sl_tcp_is_over(f) ? f->state : SL_TCP_ESTABLISHED;
}

bool sl_tcp_follow_one_way(struct sl_flow *f, const struct sl_tcp_segment *s)
{
	enum sl_tcp_state next = next_one_way(f, s);
	bool changed = next != f->state;

	if ((s->flags & RTE_TCP_ACK_FLAG) && !(s->flags & RTE_TCP_RST_FLAG))
		f->ack[SL_CLIENT] = s->ack;
	else if (changed && next == SL_TCP_SYN_SENT)
		f->ack[SL_CLIENT] = 0;
	f->state = next;
	return changed;
}

void sl_tcp_pick_up(struct sl_flow *f, const struct sl_tcp_segment *s)
{
	f->state = SL_TCP_ESTABLISHED;
	f->ack[SL_CLIENT] = s->ack;
	f->ack[SL_SERVER] = s->seq; /* the most likely, until the server says */
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
