/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling that is agreed with a driver. net_null has queues enough and a table of 128 entries; what other drivers
 * offer, take and refuse is put in front of it (the calls of ethdev below are the test's own).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "sluice/port/port.h"

#define DESCRIPTORS 64
#define ALL_FIELDS (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP)
#define ALL_KINDS (SL_HASHED_TCP4 | SL_HASHED_TCP6 | SL_HASHED_UDP4 | SL_HASHED_UDP6)

/* The driver. */
static struct {
	uint16_t reta_size;
	uint8_t key_size;
	uint64_t fields;
	bool late_key;	    /* takes the key only by an update */
	bool keeps_key;	    /* takes it, and hashes with its own */
	bool refuses_table; /* returns an error */
	bool keeps_table;   /* takes it, and has one of its own */
	bool tells_nothing; /* what it was given cannot be read back */
	uint8_t key[64];
	uint64_t has_fields;
	uint16_t table[2048];
} driver;

int __real_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info);
int __wrap_rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
	int ret = __real_rte_eth_dev_info_get(port, info);

	info->reta_size = driver.reta_size;
	info->hash_key_size = driver.key_size;
	info->flow_type_rss_offloads = driver.fields;
	return ret;
}

static void take_key(const struct rte_eth_rss_conf *conf)
{
	if (driver.key_size != 0)
		assert_int_equal(conf->rss_key_len, driver.key_size);
	assert_int_equal(conf->rss_hf & ~driver.fields, 0);
	memcpy(driver.key, conf->rss_key, conf->rss_key_len);
	driver.key[0] ^= driver.keeps_key;
	driver.has_fields = conf->rss_hf;
}

int __real_rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf)
{
	struct rte_eth_conf plain = *conf;

	if (conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS && !driver.late_key)
		take_key(&conf->rx_adv_conf.rss_conf);
	plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	memset(&plain.rx_adv_conf, 0, sizeof(plain.rx_adv_conf));
	return __real_rte_eth_dev_configure(port, rx, tx, &plain);
}

int __wrap_rte_eth_dev_rss_hash_update(uint16_t port, struct rte_eth_rss_conf *conf);
int __wrap_rte_eth_dev_rss_hash_update(uint16_t port, struct rte_eth_rss_conf *conf)
{
	take_key(conf);
	return 0;
}

int __wrap_rte_eth_dev_rss_hash_conf_get(uint16_t port, struct rte_eth_rss_conf *conf);
int __wrap_rte_eth_dev_rss_hash_conf_get(uint16_t port, struct rte_eth_rss_conf *conf)
{
	memcpy(conf->rss_key, driver.key, driver.key_size != 0 ? driver.key_size : 40);
	conf->rss_hf = driver.has_fields;
	return driver.tells_nothing ? -ENOTSUP : 0;
}

int __wrap_rte_eth_dev_rss_reta_update(uint16_t port, struct rte_eth_rss_reta_entry64 *reta, uint16_t size);
int __wrap_rte_eth_dev_rss_reta_update(uint16_t port, struct rte_eth_rss_reta_entry64 *reta, uint16_t size)
{
	assert_int_equal(size, driver.reta_size);
	for (uint16_t i = 0; i < size && !driver.keeps_table; i++) {
		assert_true(reta[i / 64].mask & UINT64_C(1) << i % 64);
		driver.table[i] = reta[i / 64].reta[i % 64];
	}
	return driver.refuses_table ? -EINVAL : 0;
}

int __wrap_rte_eth_dev_rss_reta_query(uint16_t port, struct rte_eth_rss_reta_entry64 *reta, uint16_t size);
int __wrap_rte_eth_dev_rss_reta_query(uint16_t port, struct rte_eth_rss_reta_entry64 *reta, uint16_t size)
{
	for (uint16_t i = 0; i < size; i++)
		if (reta[i / 64].mask & UINT64_C(1) << i % 64)
			reta[i / 64].reta[i % 64] = driver.table[i];
	return 0;
}

/* ---- cases ---- */

static struct rte_mempool *pool;
static unsigned int device; /* each case has its own: a closed one is gone */

static struct sl_port open_port(uint16_t workers, uint16_t rx_queues)
{
	struct sl_port_options options = { .workers = workers, .rx_queues = rx_queues, .descriptors = DESCRIPTORS };
	struct sl_problems problems;
	struct sl_port port;
	char name[32];

	snprintf(name, sizeof(name), "net_null%u", device++);
	sl_problems_init(&problems);
	assert_int_equal(rte_eal_hotplug_add("vdev", name, ""), 0);
	assert_int_equal(sl_port_open(&port, name, &options, pool, &problems), 0);
	assert_int_equal(sl_port_start(&port, &problems), 0);
	sl_problems_fini(&problems);
	return port;
}

static const struct {
	const char *name;
	uint16_t workers, rx_queues, reta_size;
	uint8_t key_size;
	uint64_t fields;
	bool late_key, keeps_key, refuses_table, keeps_table, tells_nothing;
	enum sl_steering steering;
	uint8_t steered;
} rows[] = {
	{ "82576", 4, 0, 128, 40, ALL_FIELDS, .steering = SL_STEERING_RSS, .steered = ALL_KINDS },
	{ "key of 52 bytes, table of 512", 3, 0, 512, 52, ALL_FIELDS, .steering = SL_STEERING_RSS, .steered = ALL_KINDS },
	{ "small table", 8, 0, 64, 40, ALL_FIELDS, .steering = SL_STEERING_RSS, .steered = ALL_KINDS },
	{ "large table, key size unknown", 2, 0, 2048, 0, ALL_FIELDS, .steering = SL_STEERING_RSS, .steered = ALL_KINDS },
	{ "more queues than workers", 3, 8, 128, 40, ALL_FIELDS, .steering = SL_STEERING_RSS, .steered = ALL_KINDS },
	{ "TCP only", 2, 0, 128, 40, RTE_ETH_RSS_IP | RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP,
	  .steering = SL_STEERING_RSS, .steered = SL_HASHED_TCP4 | SL_HASHED_TCP6 },
	{ "wants to be told the key", 2, 0, 128, 40, ALL_FIELDS, .late_key = true, .steering = SL_STEERING_RSS,
	  .steered = ALL_KINDS },
	{ "one worker", 1, 4, 128, 40, ALL_FIELDS, .steering = SL_STEERING_NONE },
	{ "fewer queues", 4, 2, 128, 40, ALL_FIELDS, .steering = SL_STEERING_FEW_QUEUES },
	{ "one queue", 4, 1, 128, 40, ALL_FIELDS, .steering = SL_STEERING_FEW_QUEUES },
	{ "no RSS", 2, 0, 0, 0, 0, .steering = SL_STEERING_NO_RSS },
	{ "RSS by addresses", 2, 0, 128, 40, RTE_ETH_RSS_IP, .steering = SL_STEERING_NO_RSS },
	{ "short key", 2, 0, 128, 16, ALL_FIELDS, .steering = SL_STEERING_OTHER_KEY },
	{ "no table", 2, 0, 0, 40, ALL_FIELDS, .steering = SL_STEERING_NO_TABLE },
	{ "odd table", 2, 0, 100, 40, ALL_FIELDS, .steering = SL_STEERING_NO_TABLE },
	{ "tiny table", 2, 0, 16, 40, ALL_FIELDS, .steering = SL_STEERING_NO_TABLE },
	{ "keeps its key", 2, 0, 128, 40, ALL_FIELDS, .keeps_key = true, .steering = SL_STEERING_OTHER_KEY },
	{ "does not say", 2, 0, 128, 40, ALL_FIELDS, .tells_nothing = true, .steering = SL_STEERING_OTHER_KEY },
	{ "refuses the table", 2, 0, 128, 40, ALL_FIELDS, .refuses_table = true, .steering = SL_STEERING_OTHER_TABLE },
	{ "keeps its table", 2, 0, 128, 40, ALL_FIELDS, .keeps_table = true, .steering = SL_STEERING_OTHER_TABLE },
};

static void check_table(unsigned int row, const struct sl_port *port, const struct sl_dispatch *dispatch)
{
	unsigned int used[64] = { 0 };

	for (uint16_t i = 0; i < driver.reta_size; i++) {
		assert_in_range(driver.table[i], 0, port->n_rx_queues - 1);
		uint16_t worker = dispatch->worker[i % SL_DISPATCH_ENTRIES];
		if (port->n_rx_queues < rows[row].workers) /* the rest goes on from any queue, all of them evenly used */
			assert_int_equal(driver.table[i], worker % port->n_rx_queues);
		else
			assert_int_equal(driver.table[i] % rows[row].workers, worker);
		used[driver.table[i]]++;
	}
	for (uint16_t q = 0; q < port->n_rx_queues; q++)
		assert_true(used[q] > 0);
}

static void test_drivers(void **state)
{
	static struct sl_dispatch dispatch;

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		memset(&driver, 0, sizeof(driver));
		driver.reta_size = rows[i].reta_size;
		driver.key_size = rows[i].key_size;
		driver.fields = rows[i].fields;
		driver.late_key = rows[i].late_key;
		driver.keeps_key = rows[i].keeps_key;
		driver.refuses_table = rows[i].refuses_table;
		driver.keeps_table = rows[i].keeps_table;
		driver.tells_nothing = rows[i].tells_nothing;
		struct sl_port port = open_port(rows[i].workers, rows[i].rx_queues);
		sl_dispatch_init(&dispatch, rows[i].workers, sl_port_common_reta(&port, 1));
		sl_port_steer(&port, rows[i].workers > 1 ? &dispatch : NULL);
		if (port.steering != rows[i].steering || port.steered != rows[i].steered)
			fail_msg("%s: %s (%s), packets %#x", rows[i].name, sl_steering_infos[port.steering].how,
				 sl_steering_infos[port.steering].why, port.steered);
		if (port.steering == SL_STEERING_RSS || (port.steering == SL_STEERING_FEW_QUEUES && port.rss)) {
			check_table(i, &port, &dispatch);
			assert_memory_equal(driver.key, sl_rss_key, SL_TOEPLITZ_KEY_BYTES);
		}
		sl_port_close(&port);
	}
}

/* What all ports can follow is the smallest table; ports without one do not count. */
static void test_common_table(void **state)
{
	struct sl_port ports[3] = { { .reta_size = 512 }, { .reta_size = 0 }, { .reta_size = 128 } };

	assert_int_equal(sl_port_common_reta(ports, 0), 256);
	assert_int_equal(sl_port_common_reta(ports, 2), 256);
	assert_int_equal(sl_port_common_reta(ports, 3), 128);
}

int main(void)
{
	static char *argv[] = {
		"test", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry", "--no-shconf", "--file-prefix=port-rss-test",
		"-l", "0", "--log-level=lib.eal:error",
	};
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drivers),
		cmocka_unit_test(test_common_table),
	};

	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("port_rss_test", 1023, 0, 0, sl_port_data_room(1500), SOCKET_ID_ANY);
	int failed = pool == NULL ? 1 : cmocka_run_group_tests_name("port_rss", tests, NULL, NULL);
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return failed;
}
