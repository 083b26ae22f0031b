/* SPDX-License-Identifier: BSD-3-Clause */
/* When flows asked, and how long their backends took to answer. */
#include <netinet/in.h>

#include "stages.h"

#include "sluice/state/latency.h"

/* Moments of 1.024 us; a flow's question is younger than the 73 minutes after which they repeat. */
#define MOMENT_SHIFT 10

/*
 * A SYN that is repeated later than this was not answered; sooner, somebody may only be sending many. Clients repeat after a second
 * (RFC 6298), and a backend that takes half of that is as good as none.
 */
#define UNANSWERED_NS 500000000u

static inline uint32_t moment(const struct sl_worker *w)
{
	return (uint32_t)(w->now_ns >> MOMENT_SHIFT);
}

static void observe(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_flow *f, uint64_t ns)
{
	sl_latency_observe(&w->latency[f->backend], w->shared->backends[f->backend].generation, ns, w->now_tick);
	sl_rank_changed(w, s, f->service, f->backend);
}

static uint64_t since(const struct sl_worker *w, uint32_t asked)
{
	return (uint64_t)(moment(w) - asked) << MOMENT_SHIFT;
}

void sl_latency_ask(const struct sl_worker *w, struct sl_flow *f)
{
	f->ack[SL_CLIENT] = moment(w);
}

void sl_latency_answer(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_flow *f)
{
	w->latency[f->backend].answered++;
	observe(w, s, f, since(w, f->ack[SL_CLIENT]));
}

void sl_latency_follow_tcp(struct sl_worker *w, const struct sl_snapshot *s, struct sl_flow *f, enum sl_side side, uint8_t flags,
			   enum sl_tcp_state before, uint32_t asked)
{
	if (before != SL_TCP_SYN_SENT) {
		if (f->state == SL_TCP_SYN_SENT)
			sl_latency_ask(w, f);
	} else if (f->state == SL_TCP_SYN_RECV) {
		w->latency[f->backend].answered++;
		observe(w, s, f, since(w, asked));
	} else if (f->state == SL_TCP_CLOSE && side == SL_SERVER) {
		w->latency[f->backend].refused++;
		observe(w, s, f, SL_LATENCY_REFUSED_NS);
	} else if (f->state == SL_TCP_SYN_SENT && side == SL_CLIENT && (flags & RTE_TCP_SYN_FLAG)) {
		f->ack[SL_CLIENT] = asked; /* the answer to the first counts */
		w->latency[f->backend].unanswered += since(w, asked) >= UNANSWERED_NS;
		observe(w, s, f, since(w, asked));
	}
}

void sl_latency_expire(struct sl_worker *w, const struct sl_flow *f)
{
	bool in_vain;

	if (f->proto == IPPROTO_TCP)
		in_vain = f->state == SL_TCP_SYN_SENT;
	else /* a request-response flow that has all its replies does not live so long */
		in_vain = f->udp_kind == SL_UDP_REQUEST_RESPONSE || (f->udp_kind == SL_UDP_BIDIRECTIONAL && f->state == 0);
	w->latency[f->backend].unanswered += in_vain;
}
