/* SPDX-License-Identifier: BSD-3-Clause */
/* When a backend is held back, and for how long, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/control/holdoff.h"

#define SECOND UINT64_C(1000000000)
#define START (1000 * SECOND)
#define OPENING_S 4

struct look {
	double s; /* since the start */
	uint32_t answered, refused, unanswered;
	enum sl_holdoff_change change;
	uint32_t seconds; /* of a hold-off that begins */
};
#define HELD SL_HOLDOFF_HELD
#define BACK SL_HOLDOFF_BACK
#define SAME SL_HOLDOFF_SAME
#define LAST { .s = -1 }

static const struct sl_config_passive config = { .failures = 5, .window_s = 10, .hold_off_s = 10, .hold_off_max_s = 35 };

static const struct {
	const char *name;
	struct look looks[16];
} rows[] = {
	{ "nothing happens", { { 0, 0, 0, 0, SAME, 0 }, { 100, 0, 0, 0, SAME, 0 }, LAST } },
	{ "refused five times", { { 0, 0, 3, 0, SAME, 0 }, { 1, 0, 2, 0, HELD, 10 }, LAST } },
	{ "not answered five times", { { 0, 0, 0, 4, SAME, 0 }, { 1, 0, 0, 1, HELD, 10 }, LAST } },
	{ "both count", { { 0, 0, 2, 3, HELD, 10 }, LAST } },
	{ "most are answered", { { 0, 10, 5, 0, SAME, 0 }, { 1, 0, 4, 0, SAME, 0 }, { 2, 0, 1, 0, SAME, 0 }, { 3, 0, 1, 0, HELD, 10 }, LAST } },
	{ "a window ends", { { 0, 0, 4, 0, SAME, 0 }, { 10, 0, 1, 0, SAME, 0 }, { 19, 0, 3, 0, SAME, 0 }, { 19.5, 0, 1, 0, HELD, 10 }, LAST } },
	{ "answers of an old window do not help", { { 0, 100, 0, 0, SAME, 0 }, { 10, 0, 5, 0, HELD, 10 }, LAST } },
	{ "held, and tried again", { { 0, 0, 5, 0, HELD, 10 }, { 9.9, 0, 9, 0, SAME, 0 }, { 10, 0, 9, 0, BACK, 0 }, { 10.5, 0, 4, 0, SAME, 0 }, LAST } },
	{ "twice as long each time, up to the most",
	  { { 0, 0, 5, 0, HELD, 10 }, { 10, 0, 0, 0, BACK, 0 }, { 11, 0, 5, 0, HELD, 20 }, { 31, 0, 0, 0, BACK, 0 },
	    { 32, 0, 5, 0, HELD, 35 }, { 67, 0, 0, 0, BACK, 0 }, { 68, 0, 5, 0, HELD, 35 }, LAST } },
	{ "well for as long as it was held: from the beginning",
	  { { 0, 0, 5, 0, HELD, 10 }, { 10, 0, 0, 0, BACK, 0 }, { 19.9, 0, 5, 0, HELD, 20 }, { 39.9, 0, 0, 0, BACK, 0 },
	    { 60, 0, 5, 0, HELD, 10 }, LAST } },
	/* 4 s an opening may last; those from before the hold-off end within that time after it began */
	{ "late news of the time before", { { 0, 0, 5, 0, HELD, 1 }, { 1, 0, 0, 0, BACK, 0 }, { 3.9, 0, 0, 50, SAME, 0 }, { 4, 0, 0, 5, HELD, 1 }, LAST } },
	{ "refusals are never late", { { 0, 0, 5, 0, HELD, 1 }, { 1, 0, 0, 0, BACK, 0 }, { 1.5, 0, 5, 0, HELD, 2 }, LAST } },
};

static void hold_off(void **state)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sl_config_passive c = config;
		struct sl_holdoff h = { 0 };
		for (const struct look *look = rows[i].looks; look->s >= 0; look++) {
			struct sl_evidence evidence = { look->answered, look->refused, look->unanswered };
			if (look == rows[i].looks && look->seconds == 1)
				c.hold_off_s = 1;
			enum sl_holdoff_change change = sl_holdoff_update(&h, &c, &evidence, OPENING_S * SECOND, START + (uint64_t)(look->s * 1e9));
			if (change != look->change || (change == HELD && h.seconds != look->seconds))
				fail_msg("%s, after %.1f s: %d for %u s", rows[i].name, look->s, (int)change, h.seconds);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hold_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
