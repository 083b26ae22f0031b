/* SPDX-License-Identifier: BSD-3-Clause */
/* What a relay's inputs count and which of their datagrams are sent on: redundant, failover, rates and gaps; limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sluice/state/relay.h"

#define MS 1000000ull
#define S (1000 * MS)
#define BYTES 1000

static struct sl_relay_state r; /* large */

static struct sl_relay relay_of(enum sl_relay_mode mode, enum sl_relay_sequence sequence, uint16_t window)
{
	struct sl_relay relay = { .name = "test", .mode = (uint8_t)mode, .sequence = (uint8_t)sequence, .window = window,
				  .n_inputs = 2, .silence_ns = 500 * MS };
	unsigned int width = sequence == SL_RELAY_SEQUENCE_RTP ? 16 : 32;

	memset(&r, 0, sizeof(r));
	for (unsigned int i = 0; i < 2; i++)
		sl_sequence_init(&r.leg[i].sequence, width, r.leg[i].seen, SL_RELAY_SEEN_BITS, SL_RELAY_SEEN_BITS, true);
	sl_sequence_init(&r.merged, width, r.seen, SL_RELAY_WINDOW_MAX, window, false);
	r.since_ns = 1000 * S;
	return relay;
}

static bool take(const struct sl_relay *relay, unsigned int input, uint64_t now_ns, uint64_t number)
{
	return sl_relay_follow(&r, relay, input, now_ns, BYTES, relay->sequence != SL_RELAY_SEQUENCE_NONE, number) == SL_RELAY_PASS;
}

/*
 * Two inputs lose 5 % each, independently, and one is up to `skew` datagrams behind the other: what is sent on are all
 * numbers that either has brought, once each, and the counters tell exactly what is missing.
 */
static void merge_loses_only_what_both_lose(void **state)
{
	enum { N = 400000 };
	static const unsigned int skews[] = { 0, 1, 63, 500, 1000 };
	static uint8_t sent[N], brought[2][N];

	for (size_t k = 0; k < sizeof(skews) / sizeof(skews[0]); k++) {
		struct sl_relay relay = relay_of(SL_RELAY_REDUNDANT, SL_RELAY_SEQUENCE_RTP, 1024);
		uint64_t lost[2] = { 0 }, coincident = 0, both = 0, now_ns = 1000 * S;

		srand(11);
		memset(sent, 0, sizeof(sent));
		for (unsigned int i = 0; i < N; i++) {
			bool ends = i == 0 || i == N - 1;
			for (unsigned int leg = 0; leg < 2; leg++)
				lost[leg] += !(brought[leg][i] = ends || rand() % 20 != 0);
			coincident += !brought[0][i] && !brought[1][i];
			both += brought[0][i] && brought[1][i];
		}
		for (unsigned int i = 0; i < N + skews[k]; i++, now_ns += 10000) {
			if (i < N && brought[0][i])
				sent[i] += take(&relay, 0, now_ns, i & 0xffff);
			if (i >= skews[k] && brought[1][i - skews[k]])
				sent[i - skews[k]] += take(&relay, 1, now_ns, (i - skews[k]) & 0xffff);
		}
		for (unsigned int i = 0; i < N; i++)
			assert_int_equal(sent[i], brought[0][i] || brought[1][i]);
		assert_int_equal(r.value[SL_RELAY_LOST], coincident);
		assert_int_equal(r.value[SL_RELAY_DUPLICATES], both);
		assert_int_equal(r.value[SL_RELAY_PACKETS], N - coincident);
		assert_int_equal(r.value[SL_RELAY_BYTES], (uint64_t)BYTES * (N - coincident));
		assert_int_equal(r.value[SL_RELAY_LATE], 0);
		for (unsigned int leg = 0; leg < 2; leg++) {
			assert_int_equal(r.leg[leg].value[SL_RELAY_INPUT_LOST], lost[leg]);
			assert_int_equal(r.leg[leg].value[SL_RELAY_INPUT_PACKETS], N - lost[leg]);
			assert_int_equal(r.leg[leg].value[SL_RELAY_INPUT_RESTARTS], 0);
		}
		assert_true(coincident > N / 500); /* 1 in 400: the case has happened */
	}
}

/* What is behind the window does not come twice, and a sender that begins anew loses nothing. */
static void merge_of_late_and_new(void **state)
{
	struct sl_relay relay = relay_of(SL_RELAY_REDUNDANT, SL_RELAY_SEQUENCE_U32, 64);
	uint64_t now_ns = 1000 * S;

	for (unsigned int i = 0; i < 1000; i++, now_ns += MS) {
		assert_true(take(&relay, 0, now_ns, 10000 + i));
		if (i >= 200)
			assert_false(take(&relay, 1, now_ns, 10000 + i - 200));
	}
	assert_int_equal(r.value[SL_RELAY_LATE], 800);
	assert_int_equal(r.value[SL_RELAY_DUPLICATES], 0);
	for (uint64_t i = 5000000; i < 5000100; i++, now_ns += MS) {
		assert_true(take(&relay, 0, now_ns, i));
		assert_false(take(&relay, 1, now_ns, i));
	}
	now_ns += 2 * S;
	assert_true(take(&relay, 1, now_ns, 3));
	assert_false(take(&relay, 0, now_ns, 3));
	assert_true(take(&relay, 0, now_ns, 4));
	/* without a number: only of the first input */
	assert_int_equal(sl_relay_follow(&r, &relay, 0, now_ns, BYTES, false, 0), SL_RELAY_PASS);
	assert_int_equal(sl_relay_follow(&r, &relay, 1, now_ns, BYTES, false, 0), SL_RELAY_CONSUME);
	assert_int_equal(r.leg[1].value[SL_RELAY_INPUT_UNNUMBERED], 1);
}

/* Each row: at this time a datagram comes on this input; is it sent on? */
static void failover_by_silence(void **state)
{
	static const struct {
		uint64_t ms;
		unsigned int input;
		bool passes;
	} rows[] = {
		{ 0, 1, false },    { 1, 0, true },	{ 2, 1, false },    { 300, 1, false }, { 501, 1, false },
		{ 502, 1, true },				/* the first was silent for more than 500 ms */
		{ 503, 1, true },   { 600, 0, false },		/* it is back, but for how long? */
		{ 700, 0, false },  { 900, 1, true },   { 1099, 0, false }, { 1100, 0, true }, /* 500 ms without silence */
		{ 1101, 1, false }, { 1200, 0, true },
		{ 1701, 1, true },  { 1800, 0, false }, { 2301, 0, false },  /* silent again in between: counted anew */
		{ 2500, 0, false }, { 2800, 0, false }, { 2801, 0, true },
		{ 9000, 0, true },				/* both silent: nothing to switch to */
	};
	struct sl_relay relay = relay_of(SL_RELAY_FAILOVER, SL_RELAY_SEQUENCE_NONE, 0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (take(&relay, rows[i].input, 1000 * S + rows[i].ms * MS, 0) != rows[i].passes)
			fail_msg("row %zu, %u ms", i, (unsigned int)rows[i].ms);
	assert_int_equal(r.value[SL_RELAY_SWITCHES], 4);

	/* A first input that never came is silent from the beginning. */
	relay = relay_of(SL_RELAY_FAILOVER, SL_RELAY_SEQUENCE_NONE, 0);
	assert_false(take(&relay, 1, 1000 * S + 400 * MS, 0));
	assert_true(take(&relay, 1, 1000 * S + 501 * MS, 0));
}

static void gaps_and_rates(void **state)
{
	struct sl_relay relay = relay_of(SL_RELAY_SINGLE, SL_RELAY_SEQUENCE_NONE, 0);
	const struct sl_relay_leg *leg = &r.leg[0];
	uint64_t now_ns = 1000 * S;

	for (unsigned int i = 0; i < 3000; i++, now_ns += MS)
		take(&relay, 0, now_ns, 0);
	assert_int_equal(leg->rate_pps, 1000);
	assert_int_equal(leg->rate_bps, 1000 * BYTES * 8);
	assert_int_equal(leg->gap_ns, MS);
	assert_int_equal(leg->jitter_ns, 0);
	assert_int_equal(leg->gaps[10], 2999); /* 1000 us is below 2^10, and not below 2^9 */
	now_ns += 4999 * MS;
	take(&relay, 0, now_ns, 0);
	assert_int_equal(leg->gaps[23], 1); /* the last row has all longer ones: 5 s is above 2^22 us */
	take(&relay, 0, now_ns, 0);
	assert_int_equal(leg->gaps[0], 1);
	/* every other datagram late by 500 us: the mean stays, and the deviation from it is 500 us */
	relay = relay_of(SL_RELAY_SINGLE, SL_RELAY_SEQUENCE_NONE, 0);
	for (unsigned int i = 0; i < 1000; i++)
		take(&relay, 0, 2000 * S + i * MS + (i % 2) * MS / 2, 0);
	assert_in_range(leg->gap_ns, MS - MS / 16, MS + MS / 16);
	assert_in_range(leg->jitter_ns, MS / 2 - MS / 16, MS / 2 + MS / 16);
}

/* Datagrams counted together are counted as if one by one. */
static void many_at_once(void **state)
{
	static const unsigned int turns[] = { 1, 64, 3, 1, 17, 2, 64, 64, 1, 5 };
	static struct sl_relay_state one_by_one;
	struct sl_relay relay = relay_of(SL_RELAY_SINGLE, SL_RELAY_SEQUENCE_NONE, 0);
	uint64_t now_ns = 1000 * S;

	for (unsigned int round = 0; round < 100; round++)
		for (size_t k = 0; k < sizeof(turns) / sizeof(turns[0]); k++, now_ns += 1000 * (13 + 100 * k + round * round))
			for (unsigned int i = 0; i < turns[k]; i++)
				take(&relay, 0, now_ns, 0);
	one_by_one = r;
	relay_of(SL_RELAY_SINGLE, SL_RELAY_SEQUENCE_NONE, 0);
	now_ns = 1000 * S;
	for (unsigned int round = 0; round < 100; round++)
		for (size_t k = 0; k < sizeof(turns) / sizeof(turns[0]); k++, now_ns += 1000 * (13 + 100 * k + round * round))
			sl_relay_follow_plain(&r, now_ns, turns[k], (uint64_t)turns[k] * BYTES);
	assert_memory_equal(r.leg[0].value, one_by_one.leg[0].value, sizeof(r.leg[0].value));
	assert_memory_equal(r.leg[0].gaps, one_by_one.leg[0].gaps, sizeof(r.leg[0].gaps));
	assert_memory_equal(r.value, one_by_one.value, sizeof(r.value));
	assert_int_equal(r.leg[0].gap_ns, one_by_one.leg[0].gap_ns);
	assert_int_equal(r.leg[0].jitter_ns, one_by_one.leg[0].jitter_ns);
	assert_int_equal(r.leg[0].rate_pps, one_by_one.leg[0].rate_pps);
	assert_true(r.leg[0].gaps[0] > 0 && r.leg[0].jitter_ns > 0);
}

static void limits(void **state)
{
	static const struct {
		uint32_t pps, kbps;
	} rows[] = { { 1000, 0 }, { 1000000, 0 }, { 0, 10000 }, { 0, 10000000 }, { 1000, 1000000 } };

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct sl_relay_output_state o = { 0 };
		uint64_t sent = 0;
		if (rows[k].pps != 0)
			sl_token_bucket_init(&o.pps, rows[k].pps, 64);
		if (rows[k].kbps != 0) {
			o.ns_per_byte_q16 = (8000000ull << 16) / rows[k].kbps;
			o.bps.burst_ns = 10 * MS;
		}
		for (uint64_t now_ns = 1000 * S; now_ns < 1010 * S; now_ns += 400) /* 2.5 million a second are offered */
			sent += sl_relay_within_limit(&o, now_ns, BYTES);
		uint64_t most = rows[k].pps != 0 ? 10ull * rows[k].pps : 10ull * rows[k].kbps * 1000 / 8 / BYTES;
		assert_in_range(sent, most - most / 100, most + most / 100 + 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merge_loses_only_what_both_lose),
		cmocka_unit_test(merge_of_late_and_new),
		cmocka_unit_test(failover_by_silence),
		cmocka_unit_test(gaps_and_rates),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
