/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long backends take to answer, as a worker sees it pass: from a client's SYN to the SYN+ACK, from the first datagram of a
 * UDP flow to its first reply, of a request-response one to its last. A peak-sensitive moving average (peak-EWMA): a slow
 * answer counts at once and in full, quick ones bring it down by half every SL_LATENCY_HALF_TICKS. A connection that a backend
 * refuses, and a SYN that the client has to repeat, are slow answers too.
 *
 * Nothing is kept for a flow: in the states where the time matters, flow.ack[SL_CLIENT] has no other meaning.
 */
#ifndef SLUICE_STATE_LATENCY_H
#define SLUICE_STATE_LATENCY_H

#include <stdint.h>

#define SL_LATENCY_HALF_TICKS 6610u /* 6.9 s: a time constant of 10 s */
#define SL_LATENCY_REFUSED_NS 1000000000u /* what a refusal counts: the time after which a client repeats a SYN (RFC 6298) */

/* Of one backend, by id. The worker writes. */
struct sl_latency {
	uint32_t ns;	     /* 0: never measured; UINT32_MAX: 4.3 s or more */
	uint32_t tick;	     /* of the last measurement that counted */
	uint32_t generation; /* of the backend that was measured, sl_backend.generation */
	/*
	 * What became of new flows, for passive checks: counted whoever has the id, and never begun anew. Control reads differences,
	 * which are right over an overflow, too.
	 */
	uint32_t answered, refused, unanswered;
};

/* v, halved for each SL_LATENCY_HALF_TICKS that have passed, linearly in between. */
static inline uint32_t sl_latency_decay(uint32_t v, uint32_t ticks)
{
	uint32_t halves = ticks / SL_LATENCY_HALF_TICKS;

	if (halves > 31)
		return 0;
	v >>= halves;
	return v - (uint32_t)((uint64_t)v * (ticks % SL_LATENCY_HALF_TICKS) / (2 * SL_LATENCY_HALF_TICKS));
}

/* What it counts now: who has not been asked for a while is tried again. 0: never measured. */
static inline uint32_t sl_latency_now(const struct sl_latency *l, uint32_t generation, uint32_t tick)
{
	if (l->ns == 0 || l->generation != generation)
		return 0;
	uint32_t ns = sl_latency_decay(l->ns, tick - l->tick);
	return ns != 0 ? ns : 1;
}

static inline void sl_latency_observe(struct sl_latency *l, uint32_t generation, uint64_t ns, uint32_t tick)
{
	uint32_t sample = ns >= UINT32_MAX ? UINT32_MAX : ns == 0 ? 1 : (uint32_t)ns, average = l->ns;

	if (average != 0 && l->generation == generation && sample < average) {
		average = sample + sl_latency_decay(average - sample, tick - l->tick);
		if (average == l->ns)
			return; /* too soon to make a difference: the time goes on to count */
		sample = average;
	}
	l->ns = sample;
	l->tick = tick;
	l->generation = generation;
}

#endif
