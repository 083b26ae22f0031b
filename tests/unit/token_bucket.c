/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sluice/base/token_bucket.h"

#define SECOND 1000000000ull

static unsigned int take_all(struct sl_token_bucket *t, uint64_t now_ns)
{
	unsigned int n = 0;

	while (n < 10000 && sl_token_bucket_take(t, now_ns))
		n++;
	return n;
}

static void test_starts_full(void **state)
{
	static const uint64_t starts[] = { 0, 1, 5 * SECOND, 365ull * 86400 * SECOND };

	for (unsigned int i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct sl_token_bucket t;
		sl_token_bucket_init(&t, 100, 20);
		assert_int_equal(take_all(&t, starts[i]), 20);
		assert_false(sl_token_bucket_take(&t, starts[i]));
	}
}

static void test_refills_at_its_rate(void **state)
{
	static const struct {
		uint64_t wait_ns;
		unsigned int tokens;
	} steps[] = {
		{ 0, 20 }, { SECOND / 100 - 1, 0 }, { 1, 1 }, { SECOND / 10, 10 }, { SECOND / 200, 0 }, { SECOND / 200, 1 },
		{ SECOND / 5, 20 }, { 3600 * SECOND, 20 },
	};
	struct sl_token_bucket t;
	uint64_t now_ns = 7 * SECOND;

	sl_token_bucket_init(&t, 100, 20);
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		now_ns += steps[i].wait_ns;
		assert_int_equal(take_all(&t, now_ns), steps[i].tokens);
	}
}

/* Whoever asks far too often gets the burst once and the rate from then on. */
static void test_long_run(void **state)
{
	struct sl_token_bucket t;
	unsigned int taken = 0;

	sl_token_bucket_init(&t, 1000, 50);
	for (uint64_t now_ns = 0; now_ns < 10 * SECOND; now_ns += SECOND / 20000)
		taken += sl_token_bucket_take(&t, now_ns);
	assert_in_range(taken, 10 * 1000 + 50 - 1, 10 * 1000 + 50);
}

static void test_clock_that_stands_still_or_steps_back(void **state)
{
	struct sl_token_bucket t;

	sl_token_bucket_init(&t, 10, 1);
	assert_true(sl_token_bucket_take(&t, 5 * SECOND));
	assert_false(sl_token_bucket_take(&t, 5 * SECOND));
	assert_false(sl_token_bucket_take(&t, 4 * SECOND));
	assert_true(sl_token_bucket_take(&t, 5 * SECOND + SECOND / 10));
}

static void test_rate_of_zero(void **state)
{
	struct sl_token_bucket t;

	sl_token_bucket_init(&t, 0, 1);
	assert_false(sl_token_bucket_take(&t, 0));
	assert_false(sl_token_bucket_take(&t, 365ull * 86400 * SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_full),
		cmocka_unit_test(test_refills_at_its_rate),
		cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_clock_that_stands_still_or_steps_back),
		cmocka_unit_test(test_rate_of_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
