/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How evenly the flow table's hash fills buckets, with many keys: a start draws one at random, and none may be a bad one. The patterns
 * are what clients and port allocation really make: all ports or addresses in a row, everything else the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "sluice/base/hash.h"

#define FLOWS 60000
#define BUCKETS 32768
#define SLOTS 8
#define KEYS 400
#define CHAINED_MAX 40 /* buckets that overflow; thrown at random, 4 on the average */

static uint64_t seed;

static uint64_t next_number(void) /* splitmix64 */
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

struct pattern {
	const char *name, *peer, *self;
	bool peer_port, self_port, address; /* which of them counts up */
};

static const struct pattern patterns[] = {
	{ "a client's ports", "192.0.2.100", "192.0.2.10", .peer_port = true },
	{ "source-NAT ports", "10.1.1.1", "10.1.0.3", .self_port = true },
	{ "clients in a row", "198.18.0.0", "192.0.2.10", .address = true },
	{ "a client's ports, IPv6", "2001:db8:1::100", "2001:db8:1::10", .peer_port = true },
	{ "source-NAT ports, IPv6", "2001:db8:2::1:1", "2001:db8:2::3", .self_port = true },
	{ "clients in a row, IPv6", "2001:db8:1::", "2001:db8:1::10", .address = true },
};

static uint64_t hash_of(const struct sl_hash_key *key, const struct pattern *p, const struct sl_ip *peer, const struct sl_ip *self,
			unsigned int i)
{
	uint16_t peer_port = rte_cpu_to_be_16((uint16_t)(p->peer_port ? 1024 + i : 53));
	uint16_t self_port = rte_cpu_to_be_16((uint16_t)(p->self_port ? 1024 + i : 8080));
	uint32_t ports = (uint32_t)self_port << 16 | peer_port;
	struct sl_ip from = *peer;

	if (p->address)
		from.w_be[3] = rte_cpu_to_be_32(rte_be_to_cpu_32(from.w_be[3]) + i);
	if (sl_ip_is_v4(self))
		return sl_hash_v4(key, from.w_be[3], self->w_be[3], ports, 17);
	return sl_hash_v6(key, &from, self, ports, 17);
}

static unsigned int chained(const struct sl_hash_key *key, const struct pattern *p)
{
	static uint16_t load[BUCKETS];
	struct sl_ip peer, self;
	unsigned int n = 0;

	memset(load, 0, sizeof(load));
	assert_int_equal(sl_ip_parse(p->peer, &peer), 0);
	assert_int_equal(sl_ip_parse(p->self, &self), 0);
	for (unsigned int i = 0; i < FLOWS; i++)
		load[hash_of(key, p, &peer, &self, i) % BUCKETS]++;
	for (unsigned int b = 0; b < BUCKETS; b++)
		n += load[b] > SLOTS ? (load[b] - 1u) / SLOTS : 0;
	return n;
}

static void test_even(void **state)
{
	for (unsigned int k = 0; k < KEYS; k++) {
		struct sl_hash_key key;

		seed = k;
		for (unsigned int i = 0; i < RTE_DIM(key.k); i++)
			key.k[i] = next_number() | 1;
		for (unsigned int i = 0; i < RTE_DIM(patterns); i++) {
			unsigned int n = chained(&key, &patterns[i]);
			if (n > CHAINED_MAX)
				fail_msg("key %u: %s: %u chained buckets", k, patterns[i].name, n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_even) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
