/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of clients and their backends: time, room, and several workers at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "../support/eal.h"

#include "sluice/base/id.h"
#include "sluice/base/siphash.h"
#include "sluice/state/affinity.h"

#define CLIENTS 1024
#define UNIT (1u << SL_AFFINITY_TICK_SHIFT)
#define THREADS 4

static struct sl_affinity_table table;

static uint64_t hash(uint64_t client)
{
	const struct sl_siphash_key key = { { 5, 6 } };

	return sl_siphash(&key, &client, sizeof(client));
}

static uint16_t set(uint64_t client, uint16_t backend, uint32_t now, uint32_t ticks)
{
	bool evicted;

	return sl_affinity_set(&table, hash(client), backend, SL_ID_NONE, now, ticks, &evicted);
}

static int up(void **state)
{
	return sl_affinity_table_init(&table, CLIENTS, -1);
}

static int down(void **state)
{
	sl_affinity_table_fini(&table);
	return 0;
}

/* At any time of a clock that wraps. */
static void test_time(void **state)
{
	static const uint32_t starts[] = { 0, 1, UNIT, 0x7fffffff, 0xffffffff - 50 * UNIT, 0xffffffff };

	for (unsigned int i = 0; i < RTE_DIM(starts); i++) {
		uint32_t now = starts[i];
		assert_int_equal(sl_affinity_find(&table, hash(i), now), SL_ID_NONE);
		assert_int_equal(set(i, 4095, now, 100 * UNIT), 4095);
		assert_int_equal(sl_affinity_find(&table, hash(i), now + 100 * UNIT), 4095);
		assert_int_equal(sl_affinity_find(&table, hash(i), now + 102 * UNIT), SL_ID_NONE);
		assert_int_equal(sl_affinity_find(&table, hash(i), now + 1000000 * UNIT), SL_ID_NONE);
		set(i, 4095, now + 90 * UNIT, 100 * UNIT); /* again: longer */
		assert_int_equal(sl_affinity_find(&table, hash(i), now + 190 * UNIT), 4095);
	}
}

/* What another worker has said meanwhile stays, unless it is what this one replaces. */
static void test_who_is_first(void **state)
{
	bool evicted;

	assert_int_equal(set(1, 10, 0, UNIT * 10), 10);
	assert_int_equal(set(1, 11, 0, UNIT * 10), 10);
	assert_int_equal(sl_affinity_set(&table, hash(1), 12, 10, 0, UNIT * 10, &evicted), 12);
	assert_false(evicted);
	assert_int_equal(sl_affinity_set(&table, hash(1), 13, 10, 0, UNIT * 10, &evicted), 12);
	assert_int_equal(sl_affinity_find(&table, hash(1), 0), 12);
	assert_int_equal(set(1, 14, 20 * UNIT, UNIT * 10), 14); /* that one's time was over */
}

/* As many clients as it was made for: hardly any is forgotten. More: those that would be first anyway. */
static void test_room(void **state)
{
	unsigned int evicted = 0, found = 0;
	bool one;

	for (unsigned int i = 0; i < CLIENTS; i++) {
		sl_affinity_set(&table, hash(i), (uint16_t)i, SL_ID_NONE, 0, (1000 + i) * UNIT, &one);
		evicted += one;
	}
	for (unsigned int i = 0; i < CLIENTS; i++)
		found += sl_affinity_find(&table, hash(i), 0) == i;
	assert_int_equal(found + evicted, CLIENTS);
	assert_in_range(evicted, 0, CLIENTS / 50);
	for (unsigned int i = CLIENTS; i < 10 * CLIENTS; i++) {
		sl_affinity_set(&table, hash(i), 7, SL_ID_NONE, 0, 10000 * UNIT, &one);
		evicted += one;
	}
	assert_in_range(evicted, 7 * CLIENTS, 9 * CLIENTS);
	assert_int_equal(sl_affinity_table_bytes(CLIENTS), CLIENTS * 16);
	/* who comes when all others are over takes their places */
	set(1, 5, 20000 * UNIT, UNIT);
	assert_int_equal(sl_affinity_find(&table, hash(1), 20000 * UNIT), 5);
}

struct thread {
	pthread_t id;
	uint16_t backend, got[4 * CLIENTS];
};

static void *run(void *arg)
{
	struct thread *t = arg;

	for (unsigned int i = 0; i < RTE_DIM(t->got); i++)
		t->got[i] = set(i / 8, t->backend, 0, 1000 * UNIT);
	return NULL;
}

/* All workers agree on a client's backend, though each wants another. */
static void test_threads(void **state)
{
	static struct thread threads[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		threads[i].backend = (uint16_t)(100 + i);
		assert_int_equal(pthread_create(&threads[i].id, NULL, run, &threads[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	for (unsigned int i = 0; i < RTE_DIM(threads[0].got); i++) {
		assert_in_range(threads[0].got[i], 100, 100 + THREADS - 1);
		for (unsigned int t = 1; t < THREADS; t++)
			assert_int_equal(threads[t].got[i], threads[0].got[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_time, up, down),
		cmocka_unit_test_setup_teardown(test_who_is_first, up, down),
		cmocka_unit_test_setup_teardown(test_room, up, down),
		cmocka_unit_test_setup_teardown(test_threads, up, down),
	};

	test_eal_init("affinity");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
