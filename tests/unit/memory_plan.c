/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory is known in advance: the arithmetic of the plan, its promises, and its rows against what is really taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "eal.h"

#include "../../app/sluice/memory_plan.h"
#include "sluice/state/worker.h"

#define MB UINT64_C(1000000)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static int fake_netdev(const char *name, struct netdev_facts *facts)
{
	*facts = (struct netdev_facts){ .up = true, .mtu = 1500 };
	return 0;
}

struct row {
	unsigned int workers, max_flows;
	bool ipv6, hugepages, nic, proxy;
	unsigned int extra_buffers;
};

static void build(struct memory_plan *plan, const struct row *row)
{
	struct machine machine = { .sys = "/nonexistent", .proc = "/nonexistent", .netdev = fake_netdev };
	static const char proxy[] = "{\"name\":\"s\",\"address\":\"192.0.2.10\",\"port\":80,\"protocol\":\"tcp\",\"snat\":[\"10.0.0.1\"],"
				    "\"proxy_protocol\":\"v1\",\"backends\":[{\"address\":\"10.0.0.9\",\"port\":80}]}";
	const char *devices[2] = { "net_af_packet0", row->nic ? "0000:01:00.0" : "net_af_packet1" };
	struct sl_problems problems;
	struct eal_settings settings;
	struct device_plans plans;
	struct lcores lcores;
	struct lcores_cpus cpus = { 0 };
	char *json;

	sl_problems_init(&problems);
	assert_true(asprintf(&json, "{\"version\":1,\"dpdk\":{\"hugepages\":%s,\"vdevs\":["
			     "\"net_af_packet0,iface=up0,qpairs=%u\",\"net_af_packet1,iface=up1,qpairs=%u\"]},"
			     "\"workers\":%u,\"max_flows\":%u,"
			     "\"devices\":[{\"device\":\"net_af_packet0\",\"extra_buffers\":%u}],\"interfaces\":["
			     "{\"name\":\"a\",\"device\":\"%s\",\"addresses\":[\"192.0.2.1/24\"%s]},"
			     "{\"name\":\"b\",\"device\":\"%s\",\"addresses\":[\"10.0.0.1/24\"]}],\"services\":[%s]}",
			     row->hugepages ? "true" : "false", row->workers, row->workers, row->workers, row->max_flows,
			     row->extra_buffers, devices[0], row->ipv6 ? ",\"2001:db8::1/64\"" : "", devices[1], row->proxy ? proxy : "") > 0);
	struct sl_config *config = sl_config_parse(json, strlen(json), &problems);
	if (config == NULL)
		sl_problems_print(&problems, stderr);
	assert_non_null(config);
	CPU_SET(0, &cpus.usable);
	assert_int_equal(eal_settings_init(&settings, config, NULL, 0, &cpus, &problems), 0);
	assert_int_equal(lcores_parse(settings.lcores.value, &lcores), 0);
	device_plans_build(&plans, config, &settings, &machine);
	memory_plan_build(plan, config, &settings, &plans, &lcores, &machine);
	sl_config_destroy(config);
	sl_problems_fini(&problems);
	free(json);
}

static uint64_t row_bytes(const struct memory_plan *plan, const char *start)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < plan->n_rows; i++)
		if (strncmp(plan->rows[i].name, start, strlen(start)) == 0)
			bytes += plan->rows[i].count * plan->rows[i].each_bytes;
	return bytes;
}

/* A flow takes at most 160 bytes with IPv4 and one cache line more with IPv6, whatever the number of them. */
static void test_bytes_per_flow(void **state)
{
	for (uint32_t capacity = 1024; capacity <= 100000000; capacity += capacity / 100 + 1) {
		assert_true(sl_flow_table_bytes(capacity, false) <= 160ull * capacity);
		assert_true(sl_flow_table_bytes(capacity, true) <= 224ull * capacity);
	}
	for (uint32_t power = 11; power < 26; power++) { /* just above a power of two there are most buckets to a flow */
		uint32_t capacity = (1u << power) + 2;
		assert_true(sl_flow_table_bytes(capacity, false) <= 160ull * capacity);
		assert_true(sl_flow_table_bytes(capacity, true) <= 224ull * capacity);
	}
}

static void test_sums(void **state)
{
	static const struct row rows[] = {
		{ 1, 1024, false, true, false, false, 0 },   { 1, 65536, true, true, false, false, 0 }, { 2, 65536, true, false, false, false, 0 },
		{ 3, 100000, true, true, true, false, 0 },   { 8, 100000000, true, true, true, false, 0 }, { 4, 1025, false, false, false, false, 0 },
		{ 16, 1000000, false, true, true, false, 0 }, { 4, 1000000, false, true, false, true, 0 }, { SL_MAX_WORKERS, 1000000, true, true, true, true, 0 },
	};
	struct memory_plan plan;

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		uint64_t sum = 0, nodes = 0;
		build(&plan, &rows[i]);
		for (unsigned int k = 0; k < plan.n_rows; k++)
			sum += plan.rows[k].count * plan.rows[k].each_bytes;
		for (unsigned int node = 0; node < plan.n_nodes; node++)
			nodes += plan.nodes[node].bytes;
		assert_true(plan.n_rows < MEMORY_ROWS_MAX);
		assert_int_equal(sum, plan.bytes);
		assert_int_equal(nodes, plan.bytes);
		assert_true((uint64_t)plan.flows_per_worker * rows[i].workers >= rows[i].max_flows);
		assert_int_equal(row_bytes(&plan, "worker "),
				 rows[i].workers * sl_flow_table_bytes(plan.flows_per_worker, rows[i].ipv6));
		assert_int_equal(row_bytes(&plan, "sequence translation"),
				 rows[i].proxy ? (uint64_t)rows[i].workers * sl_seq_table_bytes(plan.flows_per_worker) : 0);
		assert_in_range(memory_plan_total_mb(&plan) * MIB, plan.bytes, plan.bytes + MIB - 1);
		assert_int_equal(memory_plan_process_mb(&plan, 0), memory_plan_process_mb(&plan, memory_plan_total_mb(&plan)));
		assert_true(memory_plan_process_mb(&plan, 0) * MIB >= plan.bytes + plan.outside_bytes);
	}
}

/* The promises of the documentation (docs/performance.md). */
static void test_promises(void **state)
{
	struct memory_plan plan;

	build(&plan, &(struct row){ 1, 65536, true, true, false, false, 0 });
	assert_true(memory_plan_process_mb(&plan, 0) * MIB < 100 * MB);
	build(&plan, &(struct row){ 1, 65536, true, false, false, false, 0 });
	assert_true(memory_plan_process_mb(&plan, 0) * MIB < 100 * MB);
	build(&plan, &(struct row){ 2, 65536, true, true, false, false, 0 });
	assert_true(memory_plan_process_mb(&plan, 0) * MIB < 110 * MB);

	for (unsigned int workers = 1; workers <= 16; workers *= 2) {
		build(&plan, &(struct row){ workers, 10000000, true, true, true, false, 0 });
		assert_true(memory_plan_process_mb(&plan, 0) * MIB < 4 * GIB);
		build(&plan, &(struct row){ workers, 100000000, true, true, true, false, 0 });
		assert_true(memory_plan_process_mb(&plan, 0) * MIB < 24 * GIB);
	}
}

/* Frames that the driver copies from and to the kernel's rings wait there and not in packet buffers. */
static void test_held_by_devices(void **state)
{
	struct memory_plan copied, held;
	const struct row row = { 1, 1024, false, true, false, false, 0 }, nic = { 1, 1024, false, true, true, false, 0 };

	build(&copied, &row);
	build(&held, &nic);
	assert_int_equal(held.nodes[0].mbufs - copied.nodes[0].mbufs, 2 * DEVICE_DESCRIPTORS);
	assert_int_equal(copied.outside_bytes - held.outside_bytes, 2 * AF_PACKET_RING_BYTES);
	assert_int_equal(copied.later_bytes, 12 * MIB);
	assert_int_equal(held.later_bytes, 0);
	build(&held, &(struct row){ 1, 1024, false, true, false, false, 5000 });
	assert_int_equal(held.nodes[0].mbufs - copied.nodes[0].mbufs, 5000);
}

static uint64_t bytes_allocated(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.heap_allocsz_bytes;
}

/* What two workers and their pool really take from DPDK's heap, against the rows. */
static void test_rows_against_heap(void **state)
{
	static struct sl_shared shared = { .n_workers = 2, .max_fragments = 4096, .control_wakeup_fd = -1, .seq_translation = true };
	struct sl_neighbour_table neighbours;
	struct memory_plan plan;
	uint64_t before = bytes_allocated();

	build(&plan, &(struct row){ 2, 65536, true, false, false, true, 0 });
	assert_int_equal(sl_neighbour_table_init(&neighbours, 4096), 0);
	uint64_t after_neighbours = bytes_allocated();
	assert_in_range(after_neighbours - before, 1, row_bytes(&plan, "4096 neighbours") + 4096);
	for (uint16_t i = 0; i < 2; i++)
		assert_non_null(sl_worker_create(&shared, i, NULL, plan.flows_per_worker, plan.ipv6, -1, 1));
	assert_int_equal(sl_worker_connect(&shared), 0);
	uint64_t planned = row_bytes(&plan, "worker") + row_bytes(&plan, "sequence translation"), taken = bytes_allocated() - after_neighbours;
	assert_in_range(taken, planned * 99 / 100, planned * 101 / 100);

	before = bytes_allocated();
	for (uint16_t i = 0; i < 2; i++)
		assert_int_equal(sl_relay_attach(shared.workers[i], 64, 1024, NULL, -1), 0);
	planned = row_bytes(&plan, "tables of 64 relays"), taken = bytes_allocated() - before;
	assert_in_range(taken, planned * 98 / 100, planned * 102 / 100);

	before = bytes_allocated();
	struct rte_mempool *headers =
		rte_pktmbuf_pool_create("headers", plan.nodes[0].headers, MEMORY_POOL_CACHE, 0, SL_RELAY_HEADER_ROOM, 0);
	assert_non_null(headers);
	taken = bytes_allocated() - before;
	assert_in_range(taken, row_bytes(&plan, "headers") * 95 / 100, row_bytes(&plan, "headers") + row_bytes(&plan, "DPDK itself"));
	rte_mempool_free(headers);

	before = bytes_allocated();
	struct rte_mempool *pool = rte_pktmbuf_pool_create("plan", plan.nodes[0].mbufs, MEMORY_POOL_CACHE, 0, plan.data_room, 0);
	assert_non_null(pool);
	planned = row_bytes(&plan, "packet buffers") + row_bytes(&plan, "DPDK itself");
	taken = bytes_allocated() - before;
	assert_in_range(taken, row_bytes(&plan, "packet buffers") * 95 / 100, planned);
	rte_mempool_free(pool);
	for (unsigned int i = 0; i < 2; i++)
		sl_worker_destroy(shared.workers[i]);
	sl_neighbour_table_fini(&neighbours);
}

static int start_eal(void **state)
{
	test_eal_init("memory_plan");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_per_flow),	  cmocka_unit_test(test_sums),
		cmocka_unit_test(test_promises),	  cmocka_unit_test(test_held_by_devices),
		cmocka_unit_test(test_rows_against_heap),
	};
	return cmocka_run_group_tests(tests, start_eal, NULL);
}
