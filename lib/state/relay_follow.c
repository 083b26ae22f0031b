/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams of a relay's inputs: what is counted, and which of them are sent on. */
#include <rte_byteorder.h>

#include "sluice/state/relay.h"

#define SECOND_NS 1000000000ull
#define SMOOTH 4 /* means are over 2^4 datagrams (RFC 3550 section 6.4.1) */

bool sl_relay_read_number(const struct sl_relay *relay, const struct rte_mbuf *m, uint32_t payload, uint64_t *number)
{
	uint32_t size = relay->sequence == SL_RELAY_SEQUENCE_RTP ? 2 :
			relay->sequence == SL_RELAY_SEQUENCE_U32 || relay->sequence == SL_RELAY_SEQUENCE_U32_LE ? 4 : 8;
	uint64_t raw = 0;
	const void *at = rte_pktmbuf_read(m, payload + relay->offset, size, &raw);

	if (unlikely(at == NULL))
		return false;
	if (at != &raw)
		memcpy(&raw, at, size);
	switch ((enum sl_relay_sequence)relay->sequence) {
	case SL_RELAY_SEQUENCE_RTP:
		*number = rte_be_to_cpu_16((uint16_t)raw);
		return true;
	case SL_RELAY_SEQUENCE_U32:
		*number = rte_be_to_cpu_32((uint32_t)raw);
		return true;
	case SL_RELAY_SEQUENCE_U64:
		*number = rte_be_to_cpu_64(raw);
		return true;
	case SL_RELAY_SEQUENCE_U32_LE:
		*number = rte_le_to_cpu_32((uint32_t)raw);
		return true;
	case SL_RELAY_SEQUENCE_U64_LE:
		*number = rte_le_to_cpu_64(raw);
		return true;
	case SL_RELAY_SEQUENCE_NONE:
		break;
	}
	return false;
}

/* ---- one input ---- */

static void count_rates(struct sl_relay_leg *leg, uint64_t now_ns)
{
	uint64_t ns = now_ns - leg->since_ns;

	if (likely(ns < SECOND_NS))
		return;
	uint64_t packets = leg->value[SL_RELAY_INPUT_PACKETS] - leg->since_packets;
	uint64_t bytes = leg->value[SL_RELAY_INPUT_BYTES] - leg->since_bytes;
	if (leg->since_ns != 0) {
		leg->rate_pps = (uint64_t)((__uint128_t)packets * SECOND_NS / ns);
		leg->rate_bps = (uint64_t)((__uint128_t)bytes * 8 * SECOND_NS / ns);
	}
	leg->since_ns = now_ns;
	leg->since_packets += packets;
	leg->since_bytes += bytes;
}

static void count_gap(struct sl_relay_leg *leg, uint64_t now_ns)
{
	uint64_t gap_ns = now_ns - leg->last_ns, us = gap_ns / 1000;
	unsigned int row = us == 0 ? 0 : 64 - (unsigned int)__builtin_clzll(us);

	leg->gaps[RTE_MIN(row, SL_RELAY_GAP_ROWS - 1u)]++;
	if (unlikely(leg->gap_ns == 0))
		leg->gap_ns = gap_ns;
	int64_t deviation = (int64_t)(gap_ns - leg->gap_ns);
	uint64_t size = (uint64_t)(deviation < 0 ? -deviation : deviation);
	leg->gap_ns = (uint64_t)((int64_t)leg->gap_ns + (deviation >> SMOOTH));
	leg->jitter_ns = (uint64_t)((int64_t)leg->jitter_ns + ((int64_t)(size - leg->jitter_ns) >> SMOOTH));
}

static void count_arrival(struct sl_relay_leg *leg, uint64_t now_ns, uint32_t bytes)
{
	count_rates(leg, now_ns);
	leg->value[SL_RELAY_INPUT_PACKETS]++;
	leg->value[SL_RELAY_INPUT_BYTES] += bytes;
	if (likely(leg->last_ns != 0))
		count_gap(leg, now_ns);
	__atomic_store_n(&leg->last_ns, now_ns, __ATOMIC_RELAXED);
}

/* n datagrams came at the same time as the one before them. */
static void count_no_gaps(struct sl_relay_leg *leg, unsigned int n)
{
	uint64_t gap_ns = leg->gap_ns, jitter_ns = leg->jitter_ns;

	leg->gaps[0] += n;
	for (; n > 0; n--) { /* as count_gap, whose gap is 0 */
		uint64_t size = gap_ns;
		gap_ns = (uint64_t)((int64_t)gap_ns + (-(int64_t)gap_ns >> SMOOTH));
		jitter_ns = (uint64_t)((int64_t)jitter_ns + ((int64_t)(size - jitter_ns) >> SMOOTH));
	}
	leg->gap_ns = gap_ns;
	leg->jitter_ns = jitter_ns;
}

static enum sl_sequence_verdict count_number(struct sl_relay_leg *leg, uint64_t number, bool after_silence)
{
	uint64_t missing, *v = leg->value;
	bool first = !leg->sequence.started;
	enum sl_sequence_verdict verdict = sl_sequence_take(&leg->sequence, number, after_silence, &missing);

	switch (verdict) {
	case SL_SEQUENCE_NEXT:
		break;
	case SL_SEQUENCE_GAP:
		v[SL_RELAY_INPUT_GAPS]++;
		v[SL_RELAY_INPUT_LOST] += missing;
		break;
	case SL_SEQUENCE_FILLS:
		v[SL_RELAY_INPUT_REORDERED]++;
		v[SL_RELAY_INPUT_LOST]--;
		break;
	case SL_SEQUENCE_DUPLICATE:
		v[SL_RELAY_INPUT_DUPLICATES]++;
		break;
	case SL_SEQUENCE_STRAY:
		v[SL_RELAY_INPUT_ASTRAY]++;
		break;
	case SL_SEQUENCE_RESTART:
		v[SL_RELAY_INPUT_RESTARTS] += !first;
		return first ? SL_SEQUENCE_NEXT : verdict; /* a late input that comes in has not begun anew */
	}
	return verdict;
}

/* ---- two inputs ---- */

/* on_input: what the number is among those of its own input. */
static enum sl_relay_verdict merge(struct sl_relay_state *r, enum sl_sequence_verdict on_input, uint64_t number,
				   uint64_t now_ns)
{
	bool believe = on_input == SL_SEQUENCE_RESTART || now_ns - r->passed_ns > SL_RELAY_SILENCE_NS;
	uint64_t missing;

	switch (sl_sequence_take(&r->merged, number, believe, &missing)) {
	case SL_SEQUENCE_NEXT:
	case SL_SEQUENCE_RESTART:
		break;
	case SL_SEQUENCE_GAP:
		r->value[SL_RELAY_LOST] += missing;
		break;
	case SL_SEQUENCE_FILLS:
		r->value[SL_RELAY_LOST]--;
		break;
	case SL_SEQUENCE_DUPLICATE:
		r->value[SL_RELAY_DUPLICATES]++;
		return SL_RELAY_CONSUME;
	case SL_SEQUENCE_STRAY:
		if (on_input == SL_SEQUENCE_STRAY) /* perhaps the first one of a sender that begins anew */
			break;
		r->value[SL_RELAY_LATE]++;
		return SL_RELAY_CONSUME;
	}
	r->passed_ns = now_ns;
	return SL_RELAY_PASS;
}

static void switch_to(struct sl_relay_state *r, unsigned int input)
{
	r->active = (uint8_t)input;
	r->value[SL_RELAY_SWITCHES]++;
}

/* before_ns: when the first input had last brought something before this datagram. */
static enum sl_relay_verdict choose(struct sl_relay_state *r, const struct sl_relay *relay, unsigned int input,
				    uint64_t before_ns, uint64_t now_ns)
{
	if (input == 0) {
		if (before_ns == 0 || now_ns - before_ns > relay->silence_ns)
			r->back_since_ns = now_ns;
		if (r->active != 0 && now_ns - r->back_since_ns >= relay->silence_ns)
			switch_to(r, 0);
	} else if (r->active == 0) {
		uint64_t last_ns = r->leg[0].last_ns != 0 ? r->leg[0].last_ns : r->since_ns;
		if (now_ns - last_ns > relay->silence_ns)
			switch_to(r, 1);
	}
	if (r->active == input)
		return SL_RELAY_PASS;
	r->value[SL_RELAY_STANDBY]++;
	return SL_RELAY_CONSUME;
}

/* ---- both ---- */

enum sl_relay_verdict sl_relay_follow(struct sl_relay_state *r, const struct sl_relay *relay, unsigned int input,
				      uint64_t now_ns, uint32_t bytes, bool numbered, uint64_t number)
{
	struct sl_relay_leg *leg = &r->leg[input];
	uint64_t before_ns = r->leg[0].last_ns;
	bool after_silence = now_ns - leg->last_ns > SL_RELAY_SILENCE_NS;

	enum sl_sequence_verdict on_input = SL_SEQUENCE_NEXT;
	count_arrival(leg, now_ns, bytes);
	if (numbered)
		on_input = count_number(leg, number, after_silence);
	else if (relay->sequence != SL_RELAY_SEQUENCE_NONE)
		leg->value[SL_RELAY_INPUT_UNNUMBERED]++;

	enum sl_relay_verdict verdict = SL_RELAY_PASS;
	if (relay->mode == SL_RELAY_FAILOVER)
		verdict = choose(r, relay, input, before_ns, now_ns);
	else if (relay->mode == SL_RELAY_REDUNDANT && numbered)
		verdict = merge(r, on_input, number, now_ns);
	else if (relay->mode == SL_RELAY_REDUNDANT && input != 0) /* nobody can tell whether it has come already */
		verdict = SL_RELAY_CONSUME;
	if (verdict == SL_RELAY_PASS) {
		r->value[SL_RELAY_PACKETS]++;
		r->value[SL_RELAY_BYTES] += bytes;
	}
	return verdict;
}

void sl_relay_follow_plain(struct sl_relay_state *r, uint64_t now_ns, unsigned int n, uint64_t bytes)
{
	struct sl_relay_leg *leg = &r->leg[0];

	count_rates(leg, now_ns);
	leg->value[SL_RELAY_INPUT_PACKETS] += n;
	leg->value[SL_RELAY_INPUT_BYTES] += bytes;
	if (likely(leg->last_ns != 0))
		count_gap(leg, now_ns);
	count_no_gaps(leg, n - 1);
	__atomic_store_n(&leg->last_ns, now_ns, __ATOMIC_RELAXED);
	r->value[SL_RELAY_PACKETS] += n;
	r->value[SL_RELAY_BYTES] += bytes;
}

void sl_relay_follow_fragment(struct sl_relay_state *r, unsigned int input, uint64_t now_ns, uint32_t bytes, bool passed)
{
	struct sl_relay_leg *leg = &r->leg[input];

	count_rates(leg, now_ns);
	leg->value[SL_RELAY_INPUT_PACKETS]++;
	leg->value[SL_RELAY_INPUT_BYTES] += bytes;
	__atomic_store_n(&leg->last_ns, now_ns, __ATOMIC_RELAXED);
	if (passed) {
		r->value[SL_RELAY_PACKETS]++;
		r->value[SL_RELAY_BYTES] += bytes;
	}
}
