/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Millions of flows made and expired in virtual time by a worker's own housekeeping, full-NAT ports included: nothing grows,
 * and in the end the table is as it was at the start, to the last record and chained bucket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <rte_malloc.h>

#include "eal.h"
#include "stages.h"

#include "sluice/path/pipeline.h"

#define FLOWS 3000000u
#define CAPACITY 20000u
#define STEP_NS 10000000ull /* between two rounds of housekeeping */
#define START_NS (((1ull << 32) - 100000) * SL_TICK_NS) /* the tick wraps half-way */
#define AT_ONCE 150u	    /* new flows in that time: at 1 s of life, three quarters of the table */

static struct sl_shared shared = { .n_workers = 1, .control_wakeup_fd = -1 };
static struct sl_neighbour_table neighbours;
static struct sl_snapshot snapshot = { .icmp_errors_pps = 1, .n_services = 1 };
static struct sl_ip snat;
static struct sl_service service = { .proto = IPPROTO_UDP, .n_snat = 1, .snat = &snat };
static struct sl_burst burst;
static struct sl_worker *w;

static size_t bytes_allocated(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.heap_allocsz_bytes;
}

static void create(uint32_t n, bool v6)
{
	struct sl_tuple client = { .peer = sl_ip_from_v4(rte_cpu_to_be_32(n)), .self = sl_ip_from_v4(RTE_BE32(0xc000020a)),
				   .peer_port_be = (uint16_t)(n * 7), .self_port_be = 53, .proto = IPPROTO_UDP, .v6 = v6 };
	struct sl_tuple server = { .peer = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + n % 50)), .peer_port_be = 53,
				   .proto = IPPROTO_UDP, .v6 = v6 };

	if (v6)
		client.peer.b[0] = client.self.b[0] = server.peer.b[0] = 0x20;
	assert_int_equal(sl_snat_allocate(w, &snapshot, &burst, &service, &client, &server), 0);
	uint32_t flow = sl_flow_create(&w->flows, &client, &server, w->now_tick, service.timeout_ticks[SL_TIMEOUT_UDP_ONE_WAY]);
	assert_int_not_equal(flow, SL_FLOW_NONE);
	w->service[0].value[SL_FLOW_COUNT_FLOWS_ACTIVE]++;
	w->backend[0].value[SL_FLOW_COUNT_FLOWS_ACTIVE]++;
}

static void pass_time(void)
{
	sl_worker_set_time(w, &snapshot, w->now_ns + STEP_NS);
	for (unsigned int turn = 0; turn < 10; turn++)
		sl_worker_housekeeping(w, &snapshot);
}

/* With a single bucket, how many flows fit says how many chained buckets are free; the rest of the table does not matter. */
static uint32_t fill_one_bucket(void)
{
	uint32_t mask = w->flows.bucket_mask, first = w->flows.live, n = 0;
	static uint32_t flows[CAPACITY];

	w->flows.bucket_mask = 0;
	for (; n < CAPACITY; n++) {
		struct sl_tuple client = { .peer = sl_ip_from_v4(n), .self = sl_ip_from_v4(1), .proto = IPPROTO_TCP };
		struct sl_tuple server = { .peer = sl_ip_from_v4(n), .self = sl_ip_from_v4(2), .proto = IPPROTO_TCP };
		flows[n] = sl_flow_create(&w->flows, &client, &server, w->now_tick, 1000);
		if (flows[n] == SL_FLOW_NONE)
			break;
	}
	for (uint32_t i = 0; i < n; i++)
		sl_flow_destroy(&w->flows, flows[i]);
	w->flows.bucket_mask = mask;
	assert_int_equal(w->flows.live, first);
	return n;
}

static uint32_t free_records(void)
{
	uint32_t n = 0;

	for (uint32_t i = w->flows.free_head; i != SL_FLOW_NONE; i = w->flows.flows[i].next)
		n++;
	return n;
}

static void soak(bool v6)
{
	snat = sl_ip_from_v4(RTE_BE32(0x0a010003));
	if (v6)
		snat.b[0] = 0x20;
	service.timeout_ticks[SL_TIMEOUT_UDP_ONE_WAY] = 954; /* a second */
	snapshot.services = &service;
	shared.neighbours = &neighbours;
	w = sl_worker_create(&shared, 0, NULL, CAPACITY, true, -1, START_NS);
	assert_non_null(w);
	sl_worker_set_time(w, &snapshot, START_NS);
	uint32_t room = fill_one_bucket();
	size_t bytes = bytes_allocated();
	uint32_t most = 0;

	for (uint32_t n = 0; n < FLOWS;) {
		for (unsigned int i = 0; i < AT_ONCE; i++)
			create(n++, v6);
		pass_time();
		most = RTE_MAX(most, w->flows.live);
	}
	assert_in_range(most, CAPACITY / 2, CAPACITY - 1);
	assert_int_equal(bytes_allocated(), bytes);
	for (unsigned int i = 0; i < 200; i++)
		pass_time();
	assert_int_equal(w->flows.live, 0);
	assert_int_equal(w->count[SL_COUNT_FLOWS_EXPIRED], FLOWS);
	assert_int_equal(w->service[0].value[SL_FLOW_COUNT_FLOWS_ACTIVE], 0);
	assert_int_equal(free_records(), CAPACITY);
	for (unsigned int slot = 0; slot < SL_WHEEL_SLOTS; slot++)
		for (unsigned int lane = 0; lane < SL_WHEEL_LANES; lane++)
			assert_int_equal(w->flows.wheel[slot][lane], SL_FLOW_NONE);
	assert_int_equal(fill_one_bucket(), room);
	sl_worker_destroy(w);
}

static void test_v4(void **state)
{
	soak(false);
}

static void test_v6(void **state)
{
	soak(true);
}

static int start_eal(void **state)
{
	test_eal_init("flow_soak");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_v4), cmocka_unit_test(test_v6) };

	return cmocka_run_group_tests(tests, start_eal, NULL);
}
