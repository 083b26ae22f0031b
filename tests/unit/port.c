/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/port on in-memory devices: net_ring hands what it sends back to itself, net_null has any number of queues. */
#define ALLOW_EXPERIMENTAL_API /* to play the kernel that takes a device away */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "sluice/port/port.h"
#include "sluice/port/queue.h"

#define DESCRIPTORS 128

struct fixture {
	struct rte_mempool *pool;
	struct sl_problems problems;
};

static int create_fixture(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->pool = rte_pktmbuf_pool_create("port_test", 4095, 0, 0, sl_port_data_room(1500), SOCKET_ID_ANY);
	if (f->pool == NULL)
		return -1;
	sl_problems_init(&f->problems);
	*state = f;
	return 0;
}

static int destroy_fixture(void **state)
{
	struct fixture *f = *state;

	int leaked = rte_mempool_in_use_count(f->pool) != 0;
	rte_mempool_free(f->pool);
	sl_problems_fini(&f->problems);
	test_free(f);
	return leaked ? -1 : 0;
}

static struct sl_port_options options(uint16_t workers, uint16_t rx_queues)
{
	return (struct sl_port_options){
		.workers = workers, .rx_queues = rx_queues, .descriptors = DESCRIPTORS,
	};
}

static void test_data_room(void **state)
{
	static const struct { uint16_t mtu, room; } rows[] = {
		{ 576, 2048 + RTE_PKTMBUF_HEADROOM },
		{ 1500, 2048 + RTE_PKTMBUF_HEADROOM },
		{ 2010, 2048 + RTE_PKTMBUF_HEADROOM }, /* 2010 + 14 + 4 and 20 of the driver's own still fit */
		{ 2011, 2112 + RTE_PKTMBUF_HEADROOM },
		{ 9000, 9088 + RTE_PKTMBUF_HEADROOM }, /* 9024 are too few for net_virtio */
		{ 65535, 65535 },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++)
		assert_int_equal(sl_port_data_room(rows[i].mtu), rows[i].room);
}

static void test_wrong_name(void **state)
{
	struct fixture *f = *state;
	struct sl_port port;
	struct sl_port_options o = options(1, 0);

	assert_int_equal(sl_port_open(&port, "0000:7f:00.0", &o, f->pool, &f->problems), -1);
	assert_int_equal(f->problems.count, 1);
	assert_string_equal(f->problems.list[0].where, "0000:7f:00.0");
	assert_non_null(strstr(f->problems.list[0].what, "no such device"));
	assert_non_null(strstr(f->problems.list[0].remedy, "dpdk-devbind.py --status"));
	sl_port_close(&port); /* closing what never opened is harmless */
}

static void test_queues(void **state)
{
	static const struct { const char *device; uint16_t workers, asked, rx, tx; } rows[] = {
		{ "net_null0", 1, 0, 1, 1 },
		{ "net_null1", 3, 0, 3, 3 },
		{ "net_null2", 4, 2, 2, 4 },
	};
	struct fixture *f = *state;

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct sl_port port;
		struct sl_port_options o = options(rows[i].workers, rows[i].asked);

		assert_int_equal(sl_port_open(&port, rows[i].device, &o, f->pool, &f->problems), 0);
		assert_int_equal(port.n_rx_queues, rows[i].rx);
		assert_int_equal(port.n_tx_queues, rows[i].tx);
		assert_string_equal(port.facts.name, rows[i].device);
		assert_string_equal(port.driver, "net_null");
		assert_string_equal(port.netdev, "");
		assert_int_equal(port.facts.mtu, 1500);
		assert_int_equal(port.descriptors, DESCRIPTORS);
		assert_false(port.started);
		assert_int_equal(sl_port_start(&port, &f->problems), 0);
		assert_true(port.started);
		assert_true(port.link_up);
		assert_false(sl_port_poll_link(&port)); /* nothing changed since the start */

		sl_port_close(&port);
		assert_false(port.started);
		uint16_t id;
		assert_int_not_equal(rte_eth_dev_get_port_by_name(rows[i].device, &id), 0);
	}
	assert_int_equal(f->problems.count, 0);
}

static void test_too_many_queues(void **state)
{
	struct fixture *f = *state;
	struct sl_port port;
	struct sl_port_options o = options(1, UINT16_MAX);

	assert_int_equal(sl_port_open(&port, "net_null3", &o, f->pool, &f->problems), -1);
	assert_int_equal(f->problems.count, 1);
	assert_string_equal(f->problems.list[0].where, "net_null3");
	assert_non_null(strstr(f->problems.list[0].what, "65535 receive queues asked for"));
	assert_non_null(strstr(f->problems.list[0].remedy, "\"rx_queues\""));
	uint16_t id;
	assert_int_not_equal(rte_eth_dev_get_port_by_name("net_null3", &id), 0); /* nothing half open */
}

static void test_mtu(void **state)
{
	struct fixture *f = *state;
	struct sl_port port;
	struct sl_port_options o = options(1, 0);

	o.mtu = 9000;
	assert_int_equal(sl_port_open(&port, "net_null4", &o, f->pool, &f->problems), -1);
	assert_int_equal(f->problems.count, 1);
	assert_string_equal(f->problems.list[0].where, "net_null4");
	assert_non_null(strstr(f->problems.list[0].what, "9000"));
}

static void test_traffic_and_statistics(void **state)
{
	struct fixture *f = *state;
	struct sl_port port;
	struct sl_port_options o = options(1, 0);
	struct sl_port_statistics statistics;
	struct rte_mbuf *m[4];
	static const uint8_t group[2][6] = { { 1, 0, 0x5e, 0, 0, 1 }, { 0x33, 0x33, 0, 0, 0, 1 } };

	assert_int_equal(sl_port_open(&port, "net_ring0", &o, f->pool, &f->problems), 0);
	assert_int_equal(sl_port_start(&port, &f->problems), 0);
	sl_port_set_multicast(&port, group, 2);
	assert_false(port.multicast_filter); /* net_ring has none */

	assert_int_equal(rte_pktmbuf_alloc_bulk(f->pool, m, 4), 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_non_null(rte_pktmbuf_append(m[i], 60));
	assert_int_equal(sl_port_send(port.id, 0, m, 4), 4);
	memset(m, 0, sizeof(m));
	assert_int_equal(sl_port_receive(port.id, 0, m, 4), 4);
	rte_pktmbuf_free_bulk(m, 4);

	sl_port_read_statistics(&port, &statistics);
	assert_int_equal(statistics.tx_packets, 4);
	assert_int_equal(statistics.rx_packets, 4);
	assert_int_equal(statistics.rx_missed + statistics.rx_errors + statistics.tx_errors, 0);
	sl_port_close(&port);
	assert_int_equal(f->problems.count, 0);
}

static void test_removal(void **state)
{
	struct fixture *f = *state;
	struct sl_port port;
	struct sl_port_options o = options(1, 0);
	struct sl_port_statistics statistics;
	struct rte_mbuf *m;
	static const uint8_t group[1][6] = { { 1, 0, 0x5e, 0, 0, 1 } };
	uint16_t id;

	assert_int_equal(sl_port_open(&port, "net_ring1", &o, f->pool, &f->problems), 0);
	assert_int_equal(sl_port_start(&port, &f->problems), 0);
	m = rte_pktmbuf_alloc(f->pool);
	assert_int_equal(sl_port_send(port.id, 0, &m, 1), 1);
	assert_int_equal(sl_port_receive(port.id, 0, &m, 1), 1);
	rte_pktmbuf_free(m);
	assert_false(sl_port_is_leaving(&port));
	rte_dev_event_callback_process("net_null0", RTE_DEV_EVENT_REMOVE); /* another one */
	rte_dev_event_callback_process("net_ring1", RTE_DEV_EVENT_ADD);
	assert_false(sl_port_is_leaving(&port));
	rte_dev_event_callback_process("net_ring1", RTE_DEV_EVENT_REMOVE);
	assert_true(sl_port_is_leaving(&port));

	assert_int_equal(sl_port_release(&port), 0);
	assert_true(port.removed);
	assert_false(sl_port_is_leaving(&port)); /* once is enough */
	assert_int_not_equal(rte_eth_dev_get_port_by_name("net_ring1", &id), 0);
	/* nothing of what control may still ask reaches for the device, or says it is up */
	assert_false(sl_port_poll_link(&port));
	assert_false(port.link_up);
	sl_port_set_multicast(&port, group, 1);
	sl_port_set_promiscuous(&port, true);
	assert_false(port.promiscuous);
	sl_port_read_statistics(&port, &statistics);
	assert_int_equal(statistics.rx_packets + statistics.tx_packets, 0);
	rte_dev_event_callback_process("net_ring1", RTE_DEV_EVENT_REMOVE);
	sl_port_close(&port);
	assert_int_equal(f->problems.count, 0);
}

int main(void)
{
	static char *argv[] = {
		"test", "--no-huge", "-m", "128", "--no-pci", "--no-telemetry", "--no-shconf", "--file-prefix=port-test",
		"-l", "0", "--log-level=lib.eal:error", "--vdev=net_null0", "--vdev=net_null1", "--vdev=net_null2",
		"--vdev=net_null3", "--vdev=net_null4", "--vdev=net_ring0",
		"--vdev=net_ring1",
	};
#define TEST(t) cmocka_unit_test_setup_teardown(t, create_fixture, destroy_fixture)
	static const struct CMUnitTest tests[] = {
		TEST(test_data_room),
		TEST(test_wrong_name),
		TEST(test_queues),
		TEST(test_too_many_queues),
		TEST(test_mtu),
		TEST(test_traffic_and_statistics),
		TEST(test_removal),
	};

	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		return 1;
	int failed = cmocka_run_group_tests_name("port", tests, NULL, NULL);
	rte_eal_cleanup();
	return failed;
}
