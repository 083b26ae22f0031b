/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sluice/base/lpm.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define NONE SL_LPM_NONE

static struct sl_prefix prefix(const char *text)
{
	struct sl_prefix p;
	assert_int_equal(sl_prefix_parse(text, &p), 0);
	return p;
}

static uint32_t look_up(const struct sl_lpm *lpm, const char *text)
{
	struct sl_ip ip;
	assert_int_equal(sl_ip_parse(text, &ip), 0);
	return sl_lpm_lookup(lpm, &ip);
}

static struct sl_lpm *create(const char *const *texts, unsigned int n)
{
	struct sl_lpm_route routes[32];

	assert_true(n <= N(routes));
	for (unsigned int i = 0; i < n; i++)
		routes[i] = (struct sl_lpm_route){ .prefix = prefix(texts[i]), .value = i };
	struct sl_lpm *lpm = sl_lpm_create(routes, n);
	assert_non_null(lpm);
	return lpm;
}

static void test_empty(void **state)
{
	struct sl_lpm *lpm = sl_lpm_create(NULL, 0);

	assert_non_null(lpm);
	assert_int_equal(look_up(lpm, "0.0.0.0"), NONE);
	assert_int_equal(look_up(lpm, "::"), NONE);
	assert_int_equal(look_up(lpm, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), NONE);
	sl_lpm_destroy(lpm);
	sl_lpm_destroy(NULL);
}

static void test_longest_wins(void **state)
{
	static const char *const routes[] = {
		"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "10.1.2.77/31", "192.0.2.0/24", "0.0.0.0/1",
		"2001:db8::/32", "2001:db8:0:1::/64", "2001:db8::1/128", "2001:db8::/127", "8000::/1", "fd00::9/64",
	};
	static const struct {
		const char *ip;
		uint32_t value;
	} cases[] = {
		{ "10.9.9.9", 0 }, { "10.1.3.0", 1 }, { "10.1.2.4", 2 }, { "10.1.2.3", 3 }, { "10.1.2.2", 2 },
		{ "10.1.2.76", 4 }, { "10.1.2.77", 4 }, { "10.1.2.78", 2 }, { "192.0.2.255", 5 }, { "192.0.3.0", NONE },
		{ "11.0.0.0", 6 }, { "127.255.255.255", 6 }, { "128.0.0.0", NONE }, { "255.255.255.255", NONE },
		{ "2001:db8:1::", 7 }, { "2001:db8:0:1:ffff::", 8 }, { "2001:db8::1", 9 }, { "2001:db8::", 10 },
		{ "2001:db8::2", 7 }, { "2001:db9::", NONE }, { "9000::", 11 }, { "fd00::1:2:3:4", 12 },
		{ "::", NONE }, { "::1", NONE },
	};
	struct sl_lpm *lpm = create(routes, N(routes));

	for (unsigned int i = 0; i < N(cases); i++)
		assert_int_equal(look_up(lpm, cases[i].ip), cases[i].value);
	sl_lpm_destroy(lpm);
}

/* A default route of one family says nothing about the other. */
static void test_default_routes(void **state)
{
	static const char *const v4[] = { "0.0.0.0/0" }, *const v6[] = { "::/0" }, *const both[] = { "::/0", "0.0.0.0/0" };
	struct sl_lpm *lpm = create(v4, N(v4));

	assert_int_equal(look_up(lpm, "203.0.113.1"), 0);
	assert_int_equal(look_up(lpm, "2001:db8::1"), NONE);
	sl_lpm_destroy(lpm);

	lpm = create(v6, N(v6));
	assert_int_equal(look_up(lpm, "2001:db8::1"), 0);
	assert_int_equal(look_up(lpm, "203.0.113.1"), NONE);
	sl_lpm_destroy(lpm);

	lpm = create(both, N(both));
	assert_int_equal(look_up(lpm, "203.0.113.1"), 1);
	assert_int_equal(look_up(lpm, "2001:db8::1"), 0);
	sl_lpm_destroy(lpm);
}

static void test_last_duplicate_wins(void **state)
{
	static const char *const routes[] = { "10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16", "10.1.200.7/16" };
	struct sl_lpm *lpm = create(routes, N(routes));

	assert_int_equal(look_up(lpm, "10.1.1.1"), 3);
	assert_int_equal(look_up(lpm, "10.2.1.1"), 1);
	sl_lpm_destroy(lpm);
}

static void test_equal(void **state)
{
	static const char *const routes[] = { "10.0.0.0/8", "10.1.0.0/16" }, *const other[] = { "10.0.0.0/8", "10.1.0.0/17" };
	struct sl_lpm *a = create(routes, 2), *b = create(routes, 2), *c = create(other, 2), *d = create(routes, 1);

	assert_true(sl_lpm_equal(a, b));
	assert_false(sl_lpm_equal(a, c));
	assert_false(sl_lpm_equal(a, d));
	sl_lpm_destroy(a);
	sl_lpm_destroy(b);
	sl_lpm_destroy(c);
	sl_lpm_destroy(d);
}

/* ---- against a linear search ---- */

static uint32_t linear(const struct sl_lpm_route *routes, unsigned int n, const struct sl_ip *ip)
{
	uint32_t value = NONE;
	int best = -1;

	for (unsigned int i = 0; i < n; i++) {
		if (sl_ip_is_v4(&routes[i].prefix.ip) == sl_ip_is_v4(ip) && sl_prefix_covers(&routes[i].prefix, ip) &&
		    routes[i].prefix.len >= best) {
			best = routes[i].prefix.len;
			value = routes[i].value;
		}
	}
	return value;
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 32);
}

/* Few distinct bits, so that prefixes nest and collide. */
static struct sl_ip random_ip(uint64_t *seed, bool v4)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0x0a, 0x80, 0xff };
	struct sl_ip ip = v4 ? sl_ip_from_v4(0) : (struct sl_ip){ .b = { 0x20 } };

	for (unsigned int i = v4 ? 12 : 1; i < 16; i++)
		ip.b[i] = bytes[next_random(seed) % N(bytes)];
	return ip;
}

static void test_random_against_linear_search(void **state)
{
	uint64_t seed = 42;
	unsigned int found = 0, missed = 0;

	for (unsigned int round = 0; round < 60; round++) {
		static struct sl_lpm_route routes[400];
		unsigned int n = 1 + next_random(&seed) % (round % 2 == 0 ? 8 : N(routes));

		for (unsigned int i = 0; i < n; i++) {
			bool v4 = next_random(&seed) & 1;
			unsigned int len = v4 ? 96 + next_random(&seed) % 33 : next_random(&seed) % 129;
			routes[i] = (struct sl_lpm_route){
				.prefix = { random_ip(&seed, v4), (uint8_t)len }, .value = next_random(&seed) % 1000
			};
		}
		struct sl_lpm *lpm = sl_lpm_create(routes, n);
		assert_non_null(lpm);
		for (unsigned int i = 0; i < 1000; i++) {
			struct sl_ip ip = random_ip(&seed, next_random(&seed) & 1);
			/* Half of them: a route's own address with one bit turned over, to hit the edges. */
			if (i % 2 == 0) {
				ip = routes[next_random(&seed) % n].prefix.ip;
				uint32_t bit = next_random(&seed) % 160;
				if (bit < 128)
					ip.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
			uint32_t expected = linear(routes, n, &ip);
			assert_int_equal(sl_lpm_lookup(lpm, &ip), expected);
			if (expected == NONE)
				missed++;
			else
				found++;
		}
		sl_lpm_destroy(lpm);
	}
	/* Both answers were really tried. */
	assert_true(found > 5000);
	assert_true(missed > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_longest_wins),
		cmocka_unit_test(test_default_routes),
		cmocka_unit_test(test_last_duplicate_wins),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_random_against_linear_search),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
