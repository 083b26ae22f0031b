/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The low byte of the hash against the verification vectors that Microsoft published for RSS, and against DPDK's bit by bit
 * implementation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_thash.h>

#include "sluice/base/siphash.h"
#include "sluice/base/toeplitz.h"

static const struct {
	const char *src, *dst;
	uint16_t sport, dport;
	uint32_t hash;
} vectors[] = {
	{ "66.9.149.187", "161.142.100.80", 2794, 1766, 0x51ccc178 },
	{ "199.92.111.2", "65.69.140.83", 14230, 4739, 0xc626b0ea },
	{ "24.19.198.95", "12.22.207.184", 12898, 38024, 0x5c2b394a },
	{ "38.27.205.30", "209.142.163.6", 48228, 2217, 0xafc7327f },
	{ "153.39.163.191", "202.188.127.2", 44251, 1303, 0x10e828a2 },
	{ "3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x40207d3d },
	{ "3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0xdde51bbf },
	{ "3ffe:1900:4545:3:200:f8ff:fe21:67cf", "fe80::200:f8ff:fe21:67cf", 44251, 38024, 0x02d1feef },
};

static void test_microsoft_vectors(void **state)
{
	static struct sl_toeplitz t;

	sl_toeplitz_init(&t, sl_rss_key);
	for (unsigned int i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct sl_ip src, dst;
		uint16_t sport = rte_cpu_to_be_16(vectors[i].sport), dport = rte_cpu_to_be_16(vectors[i].dport);

		assert_int_equal(sl_ip_parse(vectors[i].src, &src), 0);
		assert_int_equal(sl_ip_parse(vectors[i].dst, &dst), 0);
		uint8_t hash = sl_ip_is_v4(&src) ?
			sl_toeplitz_v4(&t, sl_ip_v4_be(&src), sl_ip_v4_be(&dst), sport, dport) :
			sl_toeplitz_v6(&t, &src, &dst, sport, dport);
		assert_int_equal(hash, vectors[i].hash & 0xff);
	}
}

/* Deterministic bytes: siphash of a counter. */
static void fill(void *data, size_t n, uint64_t *counter)
{
	static const struct sl_siphash_key key = { { 1, 2 } };
	uint8_t *bytes = data;

	for (size_t i = 0; i < n; i++) {
		(*counter)++;
		bytes[i] = (uint8_t)sl_siphash(&key, counter, sizeof(*counter));
	}
}

static void test_same_as_softrss(void **state)
{
	static struct sl_toeplitz t;
	_Alignas(4) uint8_t key[SL_TOEPLITZ_KEY_BYTES];
	uint64_t counter = 0;

	for (unsigned int round = 0; round < 500; round++) {
		if (round % 50 == 0) {
			fill(key, sizeof(key), &counter);
			sl_toeplitz_init(&t, key);
		}
		struct sl_ip src, dst;
		uint16_t sport, dport;
		fill(&src, sizeof(src), &counter);
		fill(&dst, sizeof(dst), &counter);
		fill(&sport, sizeof(sport), &counter);
		fill(&dport, sizeof(dport), &counter);

		/* rte_softrss takes the input as 32-bit words in host order. */
		uint32_t ports = (uint32_t)rte_be_to_cpu_16(sport) << 16 | rte_be_to_cpu_16(dport);
		uint32_t v4[3] = { rte_be_to_cpu_32(src.w_be[0]), rte_be_to_cpu_32(dst.w_be[0]), ports };
		uint32_t v6[9] = { [8] = ports };
		for (unsigned int i = 0; i < 4; i++) {
			v6[i] = rte_be_to_cpu_32(src.w_be[i]);
			v6[4 + i] = rte_be_to_cpu_32(dst.w_be[i]);
		}
		assert_int_equal(sl_toeplitz_v4(&t, src.w_be[0], dst.w_be[0], sport, dport), rte_softrss(v4, 3, key) & 0xff);
		assert_int_equal(sl_toeplitz_v6(&t, &src, &dst, sport, dport), rte_softrss(v6, 9, key) & 0xff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_microsoft_vectors),
		cmocka_unit_test(test_same_as_softrss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
