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
	assert_int_equal(sl_neighbour_table_init(&lab.neighbours, 64), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_removed, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_unresolved, lab_up, lab_down),
	};
	test_eal_init("hold");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
