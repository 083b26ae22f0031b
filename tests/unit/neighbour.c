/* SPDX-License-Identifier: BSD-3-Clause */
/* The next-hop table: probing over removals and the end of the array, limits, and readers beside a writer. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_eal.h>

#include "sluice/packet/burst.h"
#include "sluice/state/neighbour.h"

static struct sl_ip address(uint32_t n)
{
	return sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + n));
}

static const struct sl_hash_key key = { { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93 } };

static struct sl_neighbour_table table(uint32_t capacity)
{
	struct sl_neighbour_table t;

	assert_int_equal(sl_neighbour_table_init(&t, capacity), 0);
	t.key = key; /* the same each time: addresses that collide are looked for */
	return t;
}

static uint16_t add(struct sl_neighbour_table *t, uint16_t interface, uint32_t n)
{
	struct sl_ip ip = address(n);
	return sl_neighbour_add(t, interface, &ip);
}

static uint16_t lookup(const struct sl_neighbour_table *t, uint16_t interface, uint32_t n)
{
	struct sl_ip ip = address(n);
	return sl_neighbour_lookup(t, interface, &ip);
}

static void test_limits(void **state)
{
	struct sl_neighbour_table t;

	struct sl_neighbour_table other;

	assert_int_equal(sl_neighbour_table_init(&t, 8), 0);
	assert_int_equal(sl_neighbour_table_init(&other, 8), 0);
	assert_memory_not_equal(&t.key, &other.key, sizeof(t.key));
	sl_neighbour_table_fini(&t);
	sl_neighbour_table_fini(&other);
	assert_int_equal(sl_neighbour_table_init(&t, 0), -1);
	assert_int_equal(sl_neighbour_table_init(&t, SL_NEIGHBOURS_MAX + 1), -1);
	assert_true(sl_neighbour_table_bytes(1000) >= 2000 * sizeof(struct sl_neighbour));
	assert_true(sl_neighbour_table_bytes(SL_NEIGHBOURS_MAX) == 2ull * SL_NEIGHBOURS_MAX * sizeof(struct sl_neighbour));
}

static void test_interface_is_part_of_the_key(void **state)
{
	struct sl_neighbour_table t = table(8);
	uint16_t a = add(&t, 0, 1), b = add(&t, 1, 1);
	struct sl_ip v6 = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

	assert_int_not_equal(a, b);
	assert_int_equal(add(&t, 0, 1), a);
	assert_int_equal(t.used, 2);
	assert_int_equal(lookup(&t, 0, 1), a);
	assert_int_equal(lookup(&t, 1, 1), b);
	assert_int_equal(lookup(&t, 2, 1), SL_ID_NONE);
	assert_int_equal(sl_neighbour_lookup(&t, 0, &v6), SL_ID_NONE);
	uint16_t c = sl_neighbour_add(&t, 0, &v6);
	assert_int_equal(sl_neighbour_lookup(&t, 0, &v6), c);
	sl_neighbour_table_fini(&t);
}

/* The first n numbers whose address is stored in `slot` when the table is empty. */
static void collect(uint32_t capacity, uint16_t slot, uint32_t *numbers, unsigned int n)
{
	struct sl_neighbour_table t = table(capacity);

	for (uint32_t i = 1; n > 0; i++) {
		uint16_t index = add(&t, 0, i);
		sl_neighbour_remove(&t, index);
		if (index == slot) {
			*numbers++ = i;
			n--;
		}
	}
	sl_neighbour_table_fini(&t);
}

static void test_wrap_around_and_removal(void **state)
{
	enum { CAPACITY = 8, SLOTS = 16 };
	uint32_t n[4];

	collect(CAPACITY, SLOTS - 2, n, 4);
	struct sl_neighbour_table t = table(CAPACITY);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(add(&t, 0, n[i]), (SLOTS - 2 + i) % SLOTS);

	/* A gap in the middle hides nothing behind it, is reused, and is not given to an address that exists already. */
	sl_neighbour_remove(&t, SLOTS - 1);
	assert_int_equal(lookup(&t, 0, n[1]), SL_ID_NONE);
	assert_int_equal(lookup(&t, 0, n[2]), 0);
	assert_int_equal(lookup(&t, 0, n[3]), 1);
	assert_int_equal(add(&t, 0, n[3]), 1);
	assert_int_equal(add(&t, 0, n[1]), SLOTS - 1);

	/* Removed from the front to the end: the last removal clears all marks. */
	for (unsigned int i = 0; i < 4; i++)
		sl_neighbour_remove(&t, (uint16_t)((SLOTS - 2 + i) % SLOTS));
	assert_int_equal(t.used, 0);
	for (unsigned int i = 0; i < SLOTS; i++) {
		assert_int_equal(t.entries[i].state, SL_NEIGHBOUR_FREE);
		assert_int_equal(t.entries[i].interface, 0);
	}
	sl_neighbour_table_fini(&t);
}

static void test_epoch(void **state)
{
	struct sl_neighbour_table t = table(8);
	uint32_t epoch = atomic_load(&t.epoch);
	uint16_t a = add(&t, 0, 1);
	struct sl_l2 l2 = { .interface = 0, .usable = true, .header_len = 14 }, read;

	sl_neighbour_write(&t, a, SL_NEIGHBOUR_REACHABLE, &l2);
	assert_int_equal(atomic_load(&t.epoch), epoch);
	t.entries[a].wanted = 7;
	atomic_store(&t.entries[a].used_tick, 9);

	sl_neighbour_remove(&t, a);
	assert_int_equal(atomic_load(&t.epoch), epoch + 1);
	sl_neighbour_read(&t, a, &read);
	assert_false(read.usable);
	sl_neighbour_remove(&t, a); /* already free */
	assert_int_equal(atomic_load(&t.epoch), epoch + 1);

	assert_int_equal(add(&t, 0, 1), a);
	assert_int_equal(t.entries[a].state, SL_NEIGHBOUR_INCOMPLETE);
	assert_int_equal(t.entries[a].wanted, 0);
	assert_int_equal(atomic_load(&t.entries[a].used_tick), 0);
	sl_neighbour_table_fini(&t);
}

static void fill(uint32_t capacity)
{
	struct sl_neighbour_table t = table(capacity);

	for (uint32_t i = 0; i < capacity; i++)
		assert_int_not_equal(add(&t, 3, i), SL_ID_NONE);
	assert_int_equal(add(&t, 3, capacity), SL_ID_NONE);
	for (uint32_t i = 0; i < capacity; i++)
		assert_int_not_equal(lookup(&t, 3, i), SL_ID_NONE);
	assert_int_equal(lookup(&t, 3, capacity), SL_ID_NONE);

	/* Churn leaves marks all over the table; look-ups stay right and finite. */
	for (uint32_t i = 0; i < 4 * capacity; i++) {
		sl_neighbour_remove(&t, lookup(&t, 3, i));
		assert_int_not_equal(add(&t, 3, i + capacity), SL_ID_NONE);
	}
	assert_int_equal(t.used, capacity);
	assert_int_equal(lookup(&t, 3, 4 * capacity - 1), SL_ID_NONE);
	for (uint32_t i = 4 * capacity; i < 5 * capacity; i++)
		assert_int_not_equal(lookup(&t, 3, i), SL_ID_NONE);
	sl_neighbour_table_fini(&t);
}

/* Control is preempted in the midst of writing: readers go on with what was there before, and wait for nothing. */
static void test_preempted_writer(void **state)
{
	struct sl_neighbour_table t = table(8);
	uint16_t index = add(&t, 3, 1), interface;
	struct sl_neighbour *e = &t.entries[index];
	struct sl_l2 l2 = { .port = 7, .interface = 3, .usable = true, .header = { 2 } }, got;
	struct sl_ip ip, want = address(1);

	sl_neighbour_write(&t, index, SL_NEIGHBOUR_REACHABLE, &l2);
	atomic_fetch_add(&e->sequence, 1);
	e->state = SL_NEIGHBOUR_FREE;
	e->interface = 99;
	memset(&e->ip, 0xff, sizeof(e->ip));
	memset(&e->l2, 0xff, sizeof(e->l2) / 2); /* half done */
	assert_int_equal(lookup(&t, 3, 1), index);
	assert_true(sl_neighbour_owner(&t, index, &interface, &ip));
	assert_int_equal(interface, 3);
	assert_true(sl_ip_equal(&ip, &want));
	sl_neighbour_read(&t, index, &got);
	assert_memory_equal(&got, &l2, sizeof(l2));
	/* and when it goes on, with what it wrote */
	e->state = SL_NEIGHBOUR_REACHABLE;
	e->interface = 3;
	e->ip = want;
	e->l2 = (struct sl_l2){ .port = 8, .interface = 3, .usable = true };
	atomic_fetch_add(&e->sequence, 1);
	sl_neighbour_read(&t, index, &got);
	assert_int_equal(got.port, 8);
	assert_int_equal(lookup(&t, 3, 1), index);
	sl_neighbour_table_fini(&t);
}

static void test_full(void **state)
{
	fill(1);
	fill(100);
	fill(SL_NEIGHBOURS_MAX); /* its last slot has an index that means "none" */
}

/* The writer gives every byte of a header the same value; between two values it removes and adds other entries. */
struct pair {
	struct sl_neighbour_table t;
	uint16_t index;
	_Atomic bool done;
	cpu_set_t cpus; /* other CPUs than the one EAL pins the main thread to, where there are any */
};

static void *write_and_churn(void *arg)
{
	struct pair *p = arg;

	pthread_setaffinity_np(pthread_self(), sizeof(p->cpus), &p->cpus);
	for (unsigned int i = 0; i < 200000; i++) {
		struct sl_l2 l2 = { .port = (uint8_t)i, .mtu = (uint8_t)i, .usable = true, .header_len = 14 };
		memset(l2.header, (int)(i & 0xff), sizeof(l2.header));
		sl_neighbour_write(&p->t, p->index, SL_NEIGHBOUR_REACHABLE, &l2);
		sl_neighbour_remove(&p->t, add(&p->t, 1, i % 64));
		if (i % 64 != 0)
			add(&p->t, 1, 100 + i % 3);
		else
			for (uint32_t n = 100; n < 103; n++) {
				uint16_t index = lookup(&p->t, 1, n);
				if (index != SL_ID_NONE)
					sl_neighbour_remove(&p->t, index);
			}
	}
	atomic_store(&p->done, true);
	return NULL;
}

static void test_reader_beside_writer(void **state)
{
	struct pair p = { .t = table(8), .cpus = *(const cpu_set_t *)*state };
	pthread_t writer;

	/* Where headers cross a cache line: what a reader sees half-written elsewhere is luck. */
	static _Alignas(64) uint8_t memory[17 * sizeof(struct sl_neighbour)];
	struct sl_neighbour *allocated = p.t.entries;
	uint32_t n = 1;
	assert_int_equal(p.t.mask, 15);
	p.t.entries = (struct sl_neighbour *)(void *)(memory + 24);
	p.index = add(&p.t, 0, n);
	assert_int_equal(((uintptr_t)&p.t.entries[p.index].l2 & 63) + sizeof(struct sl_l2) > 64, 1);
	struct sl_l2 l2 = { .usable = true };
	sl_neighbour_write(&p.t, p.index, SL_NEIGHBOUR_REACHABLE, &l2);

	assert_int_equal(pthread_create(&writer, NULL, write_and_churn, &p), 0);
	unsigned int lost = 0, torn = 0;
	while (!atomic_load(&p.done)) {
		lost += lookup(&p.t, 0, n) != p.index;
		sl_neighbour_read(&p.t, p.index, &l2);
		for (unsigned int i = 0; i < sizeof(l2.header); i++)
			torn += l2.header[i] != (uint8_t)l2.port;
		torn += l2.mtu != l2.port;
	}
	pthread_join(writer, NULL);
	assert_int_equal(lost, 0);
	assert_int_equal(torn, 0);
	p.t.entries = allocated;
	sl_neighbour_table_fini(&p.t);
}

int main(void)
{
	char *eal[] = { "test", "--no-huge", "-m", "128", "--no-pci", "--no-telemetry", "--no-shconf",
			"--file-prefix=neighbour-of-test", "-l", "0", "--log-level=lib.eal:error" };
	cpu_set_t cpus;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_interface_is_part_of_the_key),
		cmocka_unit_test(test_wrap_around_and_removal),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_preempted_writer),
		cmocka_unit_test(test_full),
		cmocka_unit_test_prestate(test_reader_beside_writer, &cpus),
	};

	sched_getaffinity(0, sizeof(cpus), &cpus);
	if (CPU_COUNT(&cpus) > 1)
		CPU_CLR(0, &cpus);
	if (rte_eal_init(RTE_DIM(eal), eal) < 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return failed;
}
