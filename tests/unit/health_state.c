/* SPDX-License-Identifier: BSD-3-Clause */
/* Rise, fall and jitter, in virtual time: no sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/control/health_state.h"

#define MS UINT64_C(1000000)

/*
 * checks: + passed, - failed. health: after each of them, ? unknown, U up, D down.
 */
static const struct {
	const char *name;
	uint8_t rise, fall;
	const char *checks, *health;
} rows[] = {
	{ "a first success is enough", 2, 3, "+", "U" },
	{ "failures have to be three", 2, 3, "---", "??D" },
	{ "a success among them begins anew", 2, 3, "--+--+---", "??UUUUUUD" },
	{ "it comes up after two", 2, 3, "---+-++", "??DDDDU" },
	{ "flapping changes nothing when down", 2, 3, "---+-+-+-", "??DDDDDDD" },
	{ "flapping changes nothing when up", 2, 2, "+-+-+-", "UUUUUU" },
	{ "at once both ways", 1, 1, "-+-+", "DUDU" },
	{ "long rows", 4, 5, "+-----++++", "UUUUUDDDDU" },
	{ "more of the same is no change", 2, 2, "------++++++", "?DDDDDDUUUUU" },
};

static void rise_and_fall(void **state)
{
	static const char names[] = { [SL_HEALTH_UNKNOWN] = '?', [SL_HEALTH_UP] = 'U', [SL_HEALTH_DOWN] = 'D' };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_config_health config = { .rise = rows[i].rise, .fall = rows[i].fall };
		struct sl_health_state s = { 0 };
		char got[32] = "";
		for (unsigned int k = 0; rows[i].checks[k] != '\0'; k++) {
			uint8_t before = s.health;
			bool changed = sl_health_judge(&s, &config, rows[i].checks[k] == '+');
			assert_int_equal(changed, before != s.health);
			got[k] = names[s.health];
		}
		if (strcmp(got, rows[i].health) != 0)
			fail_msg("%s: %s gives %s, not %s", rows[i].name, rows[i].checks, got, rows[i].health);
	}
}

static void first_checks_are_spread(void **state)
{
	struct sl_config_health config = { .interval_ms = 1000 };

	assert_int_equal(sl_health_first_ns(&config, 5000 * MS, 0), 5000 * MS);
	assert_int_equal(sl_health_first_ns(&config, 5000 * MS, UINT32_MAX / 2 + 1), 5500 * MS);
	assert_in_range(sl_health_first_ns(&config, 5000 * MS, UINT32_MAX), 5999 * MS, 6000 * MS - 1);
}

static void intervals_and_jitter(void **state)
{
	static const struct {
		uint32_t interval_ms;
		uint8_t jitter;
		uint64_t began_ms, now_ms;
		uint32_t random;
		uint64_t low_ms, high_ms;
	} times[] = {
		{ 1000, 0, 5000, 5010, 12345, 6000, 6000 },
		{ 1000, 10, 5000, 5010, 0, 5900, 5900 },
		{ 1000, 10, 5000, 5010, UINT32_MAX / 2 + 1, 6000, 6000 },
		{ 1000, 10, 5000, 5010, UINT32_MAX, 6099, 6100 },
		{ 1000, 50, 5000, 5010, 0, 5500, 5500 },
		{ 3600000, 50, 5000, 5010, UINT32_MAX, 5404999, 5405000 },
		/* a check that took longer than the interval: the next one at once, and no two of them */
		{ 1000, 10, 5000, 7000, 0, 7000, 7000 },
	};

	for (unsigned int i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct sl_config_health config = { .interval_ms = times[i].interval_ms, .jitter_percent = times[i].jitter };
		uint64_t due = sl_health_next_ns(&config, times[i].began_ms * MS, times[i].now_ms * MS, times[i].random);
		assert_in_range(due, times[i].low_ms * MS, times[i].high_ms * MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rise_and_fall),
		cmocka_unit_test(first_checks_are_spread),
		cmocka_unit_test(intervals_and_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
