/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending to a neighbour entry that control changes while a worker is in mid-burst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rte_ring_elem.h>

#include "../support/eal.h"
#include "../support/packet_builder.h"

#include "sluice/state/verdict.h"

#define LAN 3

struct lab {
	struct rte_mempool *pool;
	struct sl_shared shared;
	struct sl_neighbour_table neighbours;
	struct sl_worker *w;
};

static int lab_up(void **state)
{
	static struct lab lab;

	lab = (struct lab){ .pool = test_pool_create(), .shared = { .n_workers = 1, .control_wakeup_fd = -1 } };
	assert_int_equal(sl_neighbour_table_init(&lab.neighbours, 256), 0);
	lab.shared.neighbours = &lab.neighbours;
	lab.w = sl_worker_create(&lab.shared, 0, lab.pool, 1024, false, -1, 1000000000);
	assert_non_null(lab.w);
	assert_int_equal(sl_worker_connect(&lab.shared), 0);
	*state = &lab;
	return 0;
}

static int lab_down(void **state)
{
	struct lab *lab = *state;

	sl_worker_drain(lab->w);
	assert_int_equal(lab->w->count[SL_COUNT_HELD], 0);
	assert_int_equal(lab->w->n_holds, 0);
	assert_int_equal(sl_worker_imbalance(lab->w), 0);
	sl_worker_destroy(lab->w);
	sl_neighbour_table_fini(&lab->neighbours);
	assert_int_equal(rte_mempool_in_use_count(lab->pool), 0);
	rte_mempool_free(lab->pool);
	return 0;
}

/* A packet that the worker made, ready to be sent. */
static struct rte_mbuf *packet(struct lab *lab)
{
	lab->w->count[SL_COUNT_CREATED]++;
	return pkt(lab->pool, IP4("192.0.2.1", "10.1.1.1"), UDP(1, 2));
}

static uint16_t neighbour(struct lab *lab)
{
	struct sl_ip ip = sl_ip_from_v4(RTE_BE32(0x0a010101));
	return sl_neighbour_add(&lab->neighbours, LAN, &ip);
}

/* Whoever still has the index of an entry that was removed in the same turn must not hold packets for nobody. */
static void test_removed(void **state)
{
	struct lab *lab = *state;
	uint16_t index = neighbour(lab);

	sl_neighbour_remove(&lab->neighbours, index);
	sl_send_neighbour(lab->w, packet(lab), index);
	assert_int_equal(lab->w->count[SL_COUNT_HELD], 0);
	assert_int_equal(lab->w->drops[SL_DROP_NEIGHBOUR_UNRESOLVED], 1);
	assert_true(rte_ring_empty(lab->w->events));
}

static void test_unresolved(void **state)
{
	struct lab *lab = *state;
	struct sl_event event;

	sl_send_neighbour(lab->w, packet(lab), neighbour(lab));
	assert_int_equal(lab->w->count[SL_COUNT_HELD], 1);
	assert_int_equal(rte_ring_sc_dequeue_elem(lab->w->events, &event, sizeof(event)), 0);
	assert_int_equal(event.type, SL_EVENT_RESOLVE);
	assert_int_equal(event.interface, LAN);
}

/* ---- more next hops than there is room for ---- */

static struct sl_ip address(uint32_t n)
{
	return sl_ip_from_v4(rte_cpu_to_be_32(0x0a010000 + n));
}

/* A packet to an address that nobody has, or that control has not looked up yet. */
static void send_to(struct lab *lab, uint16_t interface, uint32_t n)
{
	struct sl_ip ip = address(n);
	sl_send_ip(lab->w, NULL, packet(lab), interface, &ip);
}

static void send_to_configured(struct lab *lab, uint16_t interface, uint32_t n)
{
	struct sl_ip ip = address(n);
	uint16_t index = sl_neighbour_add(&lab->neighbours, interface, &ip);

	atomic_store(&lab->neighbours.entries[index].wanted, 1);
	sl_send_neighbour(lab->w, packet(lab), index);
}

static bool is_held(const struct lab *lab, uint16_t interface, uint32_t n)
{
	struct sl_ip ip = address(n);

	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++)
		if (lab->w->holds[i].interface == interface && sl_ip_equal(&lab->w->holds[i].ip, &ip))
			return true;
	return false;
}

static unsigned int held_on(const struct lab *lab, uint16_t interface)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++)
		n += lab->w->holds[i].interface == interface;
	return n;
}

/* Somebody scans a network behind sluice: all room is taken, and of the rest of the scan every packet is dropped. */
static void scan(struct lab *lab, uint16_t interface)
{
	for (uint32_t n = 0; n < 1000; n++)
		send_to(lab, interface, 1000 + n);
	assert_int_equal(lab->w->n_holds, SL_HOLD_NEIGHBOURS);
}

static void test_scan_yields_to_configured(void **state)
{
	struct lab *lab = *state;

	scan(lab, LAN);
	assert_int_equal(lab->w->drops[SL_DROP_NEIGHBOUR_QUEUE], 1000 - SL_HOLD_NEIGHBOURS);
	for (uint32_t n = 0; n < 10; n++)
		send_to_configured(lab, LAN, n);
	for (uint32_t n = 0; n < 10; n++)
		assert_true(is_held(lab, LAN, n));
	scan(lab, LAN); /* goes on, and takes nothing back */
	lab->w->now_ns += 2 * SL_HOLD_PATIENCE_NS;
	scan(lab, LAN);
	for (uint32_t n = 0; n < 10; n++)
		assert_true(is_held(lab, LAN, n));
	/* more of them than there is room for: the first ones have it */
	for (uint32_t n = 10; n < 60; n++)
		send_to_configured(lab, LAN, n);
	assert_int_equal(lab->w->n_holds, SL_HOLD_NEIGHBOURS);
	for (uint32_t n = 60; n < 70; n++)
		send_to_configured(lab, LAN + 1, n % 64);
	for (uint32_t n = 0; n < 60; n++)
		assert_true(is_held(lab, LAN, n));
}

/* A scan of one interface leaves half of the room to another one, a scan of both a third to the next. */
static void test_equal_shares(void **state)
{
	struct lab *lab = *state;

	scan(lab, LAN);
	send_to(lab, 7, 1);
	assert_true(is_held(lab, 7, 1));
	scan(lab, 7);
	assert_true(is_held(lab, 7, 1));
	assert_int_equal(held_on(lab, LAN), SL_HOLD_NEIGHBOURS / 2);
	assert_int_equal(held_on(lab, 7), SL_HOLD_NEIGHBOURS / 2);
	scan(lab, 200);
	assert_in_range(held_on(lab, 200), SL_HOLD_NEIGHBOURS / 3, SL_HOLD_NEIGHBOURS / 3 + 1);
	scan(lab, LAN);
	assert_in_range(held_on(lab, LAN), SL_HOLD_NEIGHBOURS / 3, SL_HOLD_NEIGHBOURS / 3 + 1);
}

/* On the interface that is being scanned: nobody answers a scan, so its holds give way after a second, one for each newcomer. */
static void test_patience(void **state)
{
	struct lab *lab = *state;

	send_to(lab, LAN, 1);
	lab->w->now_ns += SL_HOLD_PATIENCE_NS / 2;
	scan(lab, LAN);
	assert_true(is_held(lab, LAN, 1));
	send_to(lab, LAN, 2);
	assert_false(is_held(lab, LAN, 2));
	lab->w->now_ns += SL_HOLD_PATIENCE_NS / 2;
	send_to(lab, LAN, 2);
	assert_true(is_held(lab, LAN, 2));
	assert_false(is_held(lab, LAN, 1)); /* the oldest */
	send_to(lab, LAN, 3);
	assert_false(is_held(lab, LAN, 3));
	assert_int_equal(sl_worker_imbalance(lab->w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_removed, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_unresolved, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_scan_yields_to_configured, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_equal_shares, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_patience, lab_up, lab_down),
	};
	test_eal_init("hold");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
