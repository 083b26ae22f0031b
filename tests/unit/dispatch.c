/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker has a packet, against a model that has nothing but DPDK's bit by bit Toeplitz hash: the ports that steer replies are
 * all that do and no others. Then how even it is: flows over workers, and ports over those flows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_thash.h>

#include "sluice/base/dispatch.h"

#define PORTS 65536u

static struct sl_dispatch d;

static struct sl_ip ip(const char *text)
{
	struct sl_ip address;

	assert_int_equal(sl_ip_parse(text, &address), 0);
	return address;
}

/* As a NIC computes it: rte_softrss takes the input as 32-bit words in host order. */
static uint32_t nic_hash(const struct sl_ip *src, const struct sl_ip *dst, uint16_t sport, uint16_t dport)
{
	_Alignas(4) uint8_t key[SL_TOEPLITZ_KEY_BYTES];
	uint32_t input[9], n = 0;
	unsigned int from = sl_ip_is_v4(dst) ? 3 : 0;

	memcpy(key, sl_rss_key, sizeof(key));
	for (unsigned int i = from; i < 4; i++)
		input[n++] = rte_be_to_cpu_32(src->w_be[i]);
	for (unsigned int i = from; i < 4; i++)
		input[n++] = rte_be_to_cpu_32(dst->w_be[i]);
	input[n++] = (uint32_t)sport << 16 | dport;
	return rte_softrss(input, n, key);
}

static const struct {
	const char *backend, *snat;
	uint16_t port;
} destinations[] = {
	{ "10.1.1.1", "10.1.0.3", 8080 },
	{ "10.1.255.254", "203.0.113.77", 53 },
	{ "2001:db8:2::1:1", "2001:db8:2::3", 8080 },
	{ "fd00:1:2:3:4:5:6:7", "2001:db8:ffff:1234::abcd", 443 },
};

/* A reply from a destination to each port. */
static void hash_ports(unsigned int at, uint32_t hash[PORTS])
{
	struct sl_ip backend = ip(destinations[at].backend), snat = ip(destinations[at].snat);

	for (uint32_t port = 0; port < PORTS; port++)
		hash[port] = nic_hash(&backend, &snat, destinations[at].port, (uint16_t)port);
}

/* Each worker's ports are those that the model's hash leads to it, each once. */
static void check_ports(unsigned int at, const uint32_t hash[PORTS], uint16_t n_workers, uint16_t reta_size)
{
	static bool seen[PORTS];
	struct sl_ip backend = ip(destinations[at].backend), snat = ip(destinations[at].snat);
	uint32_t all = 0;

	memset(seen, 0, sizeof(seen));
	sl_dispatch_init(&d, n_workers, reta_size);
	uint8_t portless = sl_dispatch_hash(&d, &backend, &snat, rte_cpu_to_be_16(destinations[at].port), 0);
	for (uint16_t worker = 0; worker < n_workers; worker++) {
		for (uint32_t i = 0; i < sl_dispatch_ports(&d, worker); i++) {
			uint16_t port = sl_dispatch_port(&d, worker, portless, !sl_ip_is_v4(&snat), i);
			assert_true(port >= SL_DISPATCH_FIRST_PORT && !seen[port]);
			assert_int_equal(hash[port] % reta_size % n_workers, worker);
			seen[port] = true;
			all++;
		}
	}
	assert_int_equal(all, PORTS - SL_DISPATCH_FIRST_PORT);
}

static void test_ports(void **state)
{
	static const uint16_t workers[] = { 1, 2, 3, 4, 7, 8, 31, 32 }, sizes[] = { 64, 128, 256 };
	static uint32_t hash[PORTS];

	for (unsigned int at = 0; at < RTE_DIM(destinations); at++) {
		hash_ports(at, hash);
		for (unsigned int i = 0; i < RTE_DIM(workers); i++)
			check_ports(at, hash, workers[i], sizes[(at + i) % RTE_DIM(sizes)]);
	}
}

/* A table of 256 entries does what one of any other size does that NICs have: they look up as many low bits. */
static void test_table_sizes(void **state)
{
	for (uint16_t n = 1; n <= 32; n++) {
		for (uint16_t size = SL_DISPATCH_RETA_MIN; size <= SL_DISPATCH_ENTRIES; size *= 2) {
			sl_dispatch_init(&d, n, size);
			for (uint32_t hash = 0; hash < 4096; hash += 1)
				assert_int_equal(d.worker[hash % SL_DISPATCH_ENTRIES], hash % size % n);
			assert_int_equal(d.first[n], SL_DISPATCH_ENTRIES);
		}
	}
}

/* ---- evenness ---- */

/* Client number i of a kind of crowd. */
struct crowd {
	const char *name;
	uint32_t flows;
	void (*client)(uint32_t i, struct sl_ip *ip, uint16_t *port);
	double bound; /* largest share of a worker, as a multiple of the mean: with up to 4 workers, twice the distance with 8 */
};

static void many_hosts(uint32_t i, struct sl_ip *client, uint16_t *port)
{
	*client = sl_ip_from_v4(rte_cpu_to_be_32(0x64400000 + i));
	*port = (uint16_t)(32768 + i * 7919 % 28232); /* as Linux chooses them */
}

static void random_hosts(uint32_t i, struct sl_ip *client, uint16_t *port)
{
	*client = sl_ip_from_v4((uint32_t)random() ^ (uint32_t)random() << 16);
	*port = (uint16_t)random();
}

static void one_host(uint32_t i, struct sl_ip *client, uint16_t *port)
{
	*client = ip("198.51.100.7");
	*port = (uint16_t)(1024 + i);
}

/* A proxy that uses every other port. */
static void even_ports(uint32_t i, struct sl_ip *client, uint16_t *port)
{
	*client = ip("198.51.100.7");
	*port = (uint16_t)(32768 + 2 * i);
}

/* Devices that all send from one port, each with an address of its own in one network. */
static void one_port(uint32_t i, struct sl_ip *client, uint16_t *port)
{
	*client = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + i));
	*port = 5060;
}

static void v6_hosts(uint32_t i, struct sl_ip *client, uint16_t *port)
{
	*client = ip("2001:db8:77::");
	client->w_be[1] ^= rte_cpu_to_be_32(i % 4096); /* a /64 each */
	client->w_be[2] = rte_cpu_to_be_32((uint32_t)random());
	client->w_be[3] = rte_cpu_to_be_32((uint32_t)random());
	*port = (uint16_t)(32768 + i % 28232);
}

static const struct crowd crowds[] = {
	{ "many hosts, an address each", 100000, many_hosts, 1.02 },
	{ "random addresses and ports", 100000, random_hosts, 1.02 },
	{ "one host, all its ports", 64512, one_host, 1.02 },
	{ "one host, every other port", 16384, even_ports, 1.02 },
	{ "one port, consecutive hosts", 65536, one_port, 1.02 },
	{ "IPv6 hosts", 100000, v6_hosts, 1.02 },
	{ "few flows", 1000, random_hosts, 1.20 },
};

static double measure(const struct crowd *c, uint16_t n_workers)
{
	uint32_t flows[32] = { 0 }, most = 0;
	struct sl_ip vip4 = ip("192.0.2.10"), vip6 = ip("2001:db8:1::10"), client;
	uint16_t port;

	for (uint32_t i = 0; i < c->flows; i++) {
		c->client(i, &client, &port);
		const struct sl_ip *vip = sl_ip_is_v4(&client) ? &vip4 : &vip6;
		flows[d.worker[sl_dispatch_hash(&d, &client, vip, rte_cpu_to_be_16(port), RTE_BE16(443))]]++;
	}
	for (unsigned int worker = 0; worker < n_workers; worker++)
		most = RTE_MAX(most, flows[worker]);
	return (double)most * n_workers / c->flows;
}

static void test_evenness(void **state)
{
	static const uint16_t workers[] = { 2, 3, 4, 8 };

	srandom(1);
	print_message("flows of the busiest worker, as a multiple of the mean\n%-32s", "");
	for (unsigned int i = 0; i < RTE_DIM(workers); i++)
		print_message(" %7u", workers[i]);
	for (unsigned int at = 0; at < RTE_DIM(crowds); at++) {
		print_message("\n%-32s", crowds[at].name);
		for (unsigned int i = 0; i < RTE_DIM(workers); i++) {
			sl_dispatch_init(&d, workers[i], 128);
			double uneven = measure(&crowds[at], workers[i]);
			print_message(" %7.3f", uneven);
			assert_true(uneven <= 1 + (crowds[at].bound - 1) * (workers[i] > 4 ? 2 : 1));
		}
	}
	print_message("\n");
}

/*
 * All flows go to one destination from one address: how many of its 64512 ports are in use when the first worker has none left?
 */
static double ports_used(uint16_t n_workers)
{
	struct sl_ip vip = ip("192.0.2.10"), client;
	uint32_t used[32] = { 0 };
	uint16_t port;

	for (uint32_t i = 0;; i++) {
		random_hosts(i, &client, &port);
		uint8_t worker = d.worker[sl_dispatch_hash(&d, &client, &vip, port, RTE_BE16(443))];
		if (used[worker]++ == sl_dispatch_ports(&d, worker))
			return (double)i / (PORTS - SL_DISPATCH_FIRST_PORT);
	}
}

static void test_ports_used(void **state)
{
	static const uint16_t workers[] = { 2, 3, 4, 8 };

	srandom(2);
	for (unsigned int i = 0; i < RTE_DIM(workers); i++) {
		sl_dispatch_init(&d, workers[i], 128);
		double used = ports_used(workers[i]);
		print_message("%u workers: %.1f %% of the ports in use when one has no more\n", workers[i], used * 100);
		assert_true(used > 0.96);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_table_sizes),
		cmocka_unit_test(test_evenness),
		cmocka_unit_test(test_ports_used),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
