/* SPDX-License-Identifier: BSD-3-Clause */
/* The flow table against a naive model: random creation, look-up, expiry and destruction, seed fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <rte_eal.h>

#include "sluice/packet/burst.h"
#include "sluice/state/flow.h"

#define CAPACITY 1000
#define TUPLES 4000

static const struct sl_hash_key key = { { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93 } };

/* Tuple number n on a side; numbers and sides never collide. families: SL_FLOW_V6_* of the sides that are IPv6. */
static struct sl_tuple tuple(unsigned int n, enum sl_side side, uint8_t families)
{
	bool v6 = (families >> side) & 1;
	struct sl_tuple k = { .proto = n % 2 ? IPPROTO_TCP : IPPROTO_UDP, .v6 = v6,
			      .peer_port_be = rte_cpu_to_be_16((uint16_t)(1000 + n % 7)),
			      .self_port_be = rte_cpu_to_be_16((uint16_t)(2000 + side)) };
	k.peer = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + n));
	k.self = sl_ip_from_v4(rte_cpu_to_be_32(0xc0000200 + side));
	if (v6)
		k.peer.b[0] = k.self.b[0] = 0x20;
	return k;
}

static uint32_t lookup(const struct sl_flow_table *t, const struct sl_tuple *k, uint8_t *side)
{
	return sl_flow_lookup(t, k, sl_flow_hash(t, k), side);
}

static void check_model(const struct sl_flow_table *t, const uint32_t flow_of[TUPLES], uint8_t families)
{
	uint32_t live = 0;

	for (unsigned int n = 0; n < TUPLES; n++) {
		struct sl_tuple client = tuple(n, SL_CLIENT, families), server = tuple(n, SL_SERVER, families);
		uint8_t side = 9;
		assert_int_equal(lookup(t, &client, &side), flow_of[n]);
		if (flow_of[n] == SL_FLOW_NONE)
			continue;
		assert_int_equal(side, SL_CLIENT);
		assert_int_equal(lookup(t, &server, &side), flow_of[n]);
		assert_int_equal(side, SL_SERVER);
		live++;
	}
	assert_int_equal(t->live, live);
}

static void random_walk(uint8_t families)
{
	static uint32_t flow_of[TUPLES];
	struct sl_flow_table t;
	uint32_t now = 0xfffff000; /* the tick wraps on the way */
	struct sl_tuple k;

	assert_int_equal(sl_flow_table_init(&t, CAPACITY, families != 0, -1, &key, now), 0);
	memset(flow_of, 0xff, sizeof(flow_of));
	srandom(1);
	for (unsigned int step = 0; step < 60000; step++) {
		unsigned int n = (unsigned int)random() % TUPLES, action = (unsigned int)random() % 10;
		if (action < 6 && flow_of[n] == SL_FLOW_NONE) {
			struct sl_tuple client = tuple(n, SL_CLIENT, families), server = tuple(n, SL_SERVER, families);
			bool full = t.live == CAPACITY;
			flow_of[n] = sl_flow_create(&t, &client, &server, now, 1000 + (uint32_t)random() % 20000);
			assert_int_equal(flow_of[n] == SL_FLOW_NONE, full);
		} else if (action < 8 && flow_of[n] != SL_FLOW_NONE) {
			sl_flow_destroy(&t, flow_of[n]);
			flow_of[n] = SL_FLOW_NONE;
		} else {
			unsigned int budget = 16;
			uint32_t due;
			now += 3;
			while ((due = sl_flow_due(&t, now, &budget)) != SL_FLOW_NONE) {
				sl_flow_tuple(&t, due, SL_CLIENT, &k);
				unsigned int number = rte_be_to_cpu_32(k.peer.w_be[3]) & 0xffffff;
				assert_int_equal(flow_of[number], due);
				flow_of[number] = SL_FLOW_NONE;
				sl_flow_destroy(&t, due);
			}
		}
		if (step % 5000 == 0)
			check_model(&t, flow_of, families);
	}
	check_model(&t, flow_of, families);
	sl_flow_table_fini(&t);
}

static void test_model_v4(void **state)
{
	random_walk(0);
}

static void test_model_v6(void **state)
{
	random_walk(SL_FLOW_V6_BOTH);
}

static void test_model_nat64(void **state)
{
	random_walk(SL_FLOW_V6_CLIENT);
}

static void test_model_nat46(void **state)
{
	random_walk(SL_FLOW_V6_SERVER);
}

/* What a flow says of its sides is what it was made of. */
static void test_families(void **state)
{
	for (uint8_t families = 0; families <= SL_FLOW_V6_BOTH; families++) {
		struct sl_tuple client = tuple(5, SL_CLIENT, families), server = tuple(5, SL_SERVER, families), k = { 0 };
		struct sl_flow_table t;

		assert_int_equal(sl_flow_table_init(&t, CAPACITY, true, -1, &key, 0), 0);
		uint32_t flow = sl_flow_create(&t, &client, &server, 0, 100);
		assert_int_equal(t.flows[flow].flags & SL_FLOW_V6_BOTH, families);
		for (enum sl_side side = SL_CLIENT; side <= SL_SERVER; side++) {
			const struct sl_tuple *made = side == SL_CLIENT ? &client : &server;
			sl_flow_tuple(&t, flow, side, &k);
			assert_int_equal(k.v6, made->v6);
			assert_true(sl_ip_equal(&k.peer, &made->peer) && sl_ip_equal(&k.self, &made->self));
		}
		sl_flow_table_fini(&t);
	}
}

/* Filled to the last record, emptied and filled again: nothing leaks, and the table says when it is full. */
static void test_full(void **state)
{
	struct sl_flow_table t;
	struct sl_tuple client, server;

	assert_int_equal(sl_flow_table_init(&t, CAPACITY, false, -1, &key, 0), 0);
	for (unsigned int round = 0; round < 3; round++) {
		uint32_t flows[CAPACITY];
		for (unsigned int n = 0; n <= CAPACITY; n++) {
			client = tuple(n, SL_CLIENT, 0);
			server = tuple(n, SL_SERVER, 0);
			uint32_t flow = sl_flow_create(&t, &client, &server, 0, 100);
			assert_int_equal(flow == SL_FLOW_NONE, n == CAPACITY);
			if (n < CAPACITY)
				flows[n] = flow;
		}
		for (unsigned int n = 0; n < CAPACITY; n++)
			sl_flow_destroy(&t, flows[n]);
		assert_int_equal(t.live, 0);
	}
	sl_flow_table_fini(&t);
}

/* Thousands of entries in one bucket: the chain grows, everything is found, the pool says when it is empty and is whole again after. */
static void test_one_bucket(void **state)
{
	struct sl_flow_table t;
	uint32_t flows[2 * CAPACITY], n = 0;
	struct sl_tuple client, server;
	uint8_t side;

	assert_int_equal(sl_flow_table_init(&t, 2 * CAPACITY, false, -1, &key, 0), 0);
	t.bucket_mask = 0;
	for (; n < 2 * CAPACITY; n++) {
		client = tuple(n, SL_CLIENT, 0);
		server = tuple(n, SL_SERVER, 0);
		flows[n] = sl_flow_create(&t, &client, &server, 0, 100);
		if (flows[n] == SL_FLOW_NONE)
			break;
	}
	assert_in_range(n, 500, 2 * CAPACITY - 1); /* 1024 / 8 + 16 chained buckets of 8 entries */
	for (uint32_t i = 0; i < n; i++) {
		server = tuple(i, SL_SERVER, 0);
		assert_int_equal(lookup(&t, &server, &side), flows[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		sl_flow_destroy(&t, flows[i]);
	for (uint32_t i = 0; i < n; i++) {
		client = tuple(i, SL_CLIENT, 0);
		server = tuple(i, SL_SERVER, 0);
		assert_int_not_equal(sl_flow_create(&t, &client, &server, 0, 100), SL_FLOW_NONE);
	}
	sl_flow_table_fini(&t);
}

/* The next tuple from n whose signature, the top 16 bits of the hash, is the lowest there is. */
static unsigned int lowest_signature(const struct sl_flow_table *t, unsigned int n, enum sl_side side)
{
	struct sl_tuple k = tuple(n, side, false);

	while (sl_flow_hash(t, &k) >> 48 > 1)
		k = tuple(++n, side, false);
	return n;
}

/*
 * Finding equal lanes by arithmetic also hits the lane behind an equal one when it differs by one, and what a destroyed flow
 * leaves in an empty slot and its record still reads like the tuple: it must not be found again.
 */
static void test_ghost(void **state)
{
	struct sl_flow_table t;
	struct sl_tuple client, server;
	uint8_t side;

	assert_int_equal(sl_flow_table_init(&t, CAPACITY, false, -1, &key, 0), 0);
	t.bucket_mask = 0; /* slot 0: client of a, 1: server of a, 2: client of b */
	unsigned int a = lowest_signature(&t, 0, SL_SERVER), b = lowest_signature(&t, a + 1, SL_CLIENT);
	client = tuple(a, SL_CLIENT, false);
	server = tuple(a, SL_SERVER, false);
	assert_int_not_equal(sl_flow_create(&t, &client, &server, 0, 100), SL_FLOW_NONE);
	client = tuple(b, SL_CLIENT, false);
	server = tuple(b, SL_SERVER, false);
	uint32_t flow = sl_flow_create(&t, &client, &server, 0, 100);
	assert_int_equal(lookup(&t, &client, &side), flow);
	sl_flow_destroy(&t, flow);
	assert_int_equal(lookup(&t, &client, &side), SL_FLOW_NONE);
	sl_flow_table_fini(&t);
}

/* A flow comes up within two slots of its deadline, however far away that is, and never before. */
static void test_deadlines(void **state)
{
	static const uint32_t timeouts[] = { 0, 1, 127, 128, 1000, 60000, 524287, 524288, 600000, 7100000 };
	struct sl_tuple client = tuple(1, SL_CLIENT, 0), server = tuple(1, SL_SERVER, 0);

	for (unsigned int i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		struct sl_flow_table t;
		uint32_t start = 0xffff0000, now = start;
		assert_int_equal(sl_flow_table_init(&t, CAPACITY, false, -1, &key, start), 0);
		uint32_t flow = sl_flow_create(&t, &client, &server, now, timeouts[i]);
		for (;;) {
			unsigned int budget = 4;
			uint32_t due = sl_flow_due(&t, now, &budget);
			if (due == flow && now - start >= timeouts[i])
				break;
			if (due == flow) /* what a worker does with a flow that is not idle long enough */
				sl_flow_reschedule(&t, flow, start + timeouts[i]);
			now += 64;
			assert_in_range(now - start, 0, timeouts[i] + 3 * 128);
		}
		sl_flow_table_fini(&t);
	}
}

static void test_reschedule_sooner(void **state)
{
	struct sl_tuple client = tuple(1, SL_CLIENT, 0), server = tuple(1, SL_SERVER, 0);
	struct sl_flow_table t;
	unsigned int budget = 100;

	assert_int_equal(sl_flow_table_init(&t, CAPACITY, false, -1, &key, 0), 0);
	uint32_t flow = sl_flow_create(&t, &client, &server, 0, 500000);
	sl_flow_reschedule(&t, flow, 1000);
	assert_int_equal(sl_flow_due(&t, 900, &budget), SL_FLOW_NONE);
	assert_int_equal(sl_flow_due(&t, 1300, &budget), flow);
	sl_flow_table_fini(&t);
}

static int start_eal(void **state)
{
	char *args[] = { "test", "--no-huge", "-m", "128", "--no-pci", "--no-telemetry", "--no-shconf",
			 "--file-prefix=unit-flow", "-l", "0", "--log-level=lib.eal:error" };
	return rte_eal_init(sizeof(args) / sizeof(args[0]), args) < 0;
}

static int stop_eal(void **state)
{
	return rte_eal_cleanup();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model_v4), cmocka_unit_test(test_model_v6), cmocka_unit_test(test_model_nat64),
		cmocka_unit_test(test_model_nat46), cmocka_unit_test(test_families), cmocka_unit_test(test_full),
		cmocka_unit_test(test_one_bucket), cmocka_unit_test(test_ghost), cmocka_unit_test(test_deadlines), cmocka_unit_test(test_reschedule_sooner),
	};
	return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
