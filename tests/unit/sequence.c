/* SPDX-License-Identifier: BSD-3-Clause */
/* Sequence numbers: what each is taken for, at all widths, and a shuffled stream against a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sluice/base/sequence.h"

#define BITS 1024
#define WINDOW 256

enum { NEXT = SL_SEQUENCE_NEXT, GAP = SL_SEQUENCE_GAP, FILLS = SL_SEQUENCE_FILLS, DUPLICATE = SL_SEQUENCE_DUPLICATE,
       STRAY = SL_SEQUENCE_STRAY, RESTART = SL_SEQUENCE_RESTART };

struct step {
	uint64_t number;
	int verdict;
	uint64_t missing;
	bool believe;
};


static void walk(unsigned int width, uint64_t base, const struct step *steps, size_t n)
{
	uint64_t seen[BITS / 64], missing, mask = UINT64_MAX >> (64 - width);
	struct sl_sequence q;

	sl_sequence_init(&q, width, seen, BITS, WINDOW, true);
	for (size_t i = 0; i < n; i++) {
		int verdict = (int)sl_sequence_take(&q, (base + steps[i].number) & mask, steps[i].believe, &missing);
		if (verdict != steps[i].verdict || (verdict == GAP && missing != steps[i].missing))
			fail_msg("width %u base %llu step %zu: number %llu is taken for %d, missing %llu", width,
				 (unsigned long long)base, i, (unsigned long long)steps[i].number, verdict,
				 (unsigned long long)missing);
	}
}

#define S(n, v) { .number = n, .verdict = v }
#define G(n, m) { .number = n, .verdict = GAP, .missing = m }
#define B(n, v) { .number = n, .verdict = v, .believe = true }
#define WALK(width, base, ...) \
	walk(width, base, (const struct step[]){ __VA_ARGS__ }, sizeof((struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static void each_kind(void **state)
{
	static const struct {
		unsigned int width;
		uint64_t base;
	} rows[] = { { 16, 0 }, { 16, 65533 }, { 16, 40000 }, { 32, 0 }, { 32, UINT32_MAX - 3 }, { 64, 1ull << 40 },
		     { 64, UINT64_MAX - 5 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* in order, a gap, what fills it, twice the same, numbers from before the beginning */
		WALK(rows[i].width, rows[i].base, S(10, RESTART), S(11, NEXT), S(12, NEXT), S(12, DUPLICATE), S(11, DUPLICATE),
		     G(16, 3), S(14, FILLS), S(14, DUPLICATE), S(13, FILLS), S(15, FILLS), S(15, DUPLICATE),
		     S(17, NEXT), S(9, DUPLICATE), G(1000, 982), S(999, FILLS), S(745, FILLS), S(744, STRAY),
		     S(17, STRAY), S(1001, NEXT));
		/* a sender that begins anew far away: believed with its second number; both copies of the first are one */
		WALK(rows[i].width, rows[i].base, S(10, RESTART), S(11, NEXT), { .number = 20000, .verdict = rows[i].width == 16 ? STRAY : GAP, .missing = 19988 });
		WALK(rows[i].width, rows[i].base, S(20000, RESTART), S(20001, NEXT), S(5, STRAY), S(5, DUPLICATE),
		     S(6, RESTART), S(6, DUPLICATE), S(5, DUPLICATE), S(7, NEXT));
		/* one number astray changes nothing */
		WALK(rows[i].width, rows[i].base, S(20000, RESTART), S(20001, NEXT), S(5, STRAY), S(20002, NEXT), S(6, STRAY),
		     S(20003, NEXT));
		/* believed at once, if it is not a duplicate */
		WALK(rows[i].width, rows[i].base, S(20000, RESTART), B(20000, DUPLICATE), B(5, RESTART),
		     S(6, NEXT));
	}
	WALK(64, 0, S(0, RESTART), S(5000000, STRAY), S(5000001, RESTART));
}

/* Several inputs together: one that is late is never taken for a sender that begins anew, unless the caller says so. */
static void late_input(void **state)
{
	uint64_t seen[BITS / 64], missing;
	struct sl_sequence q;

	sl_sequence_init(&q, 32, seen, BITS, WINDOW, false);
	sl_sequence_take(&q, 2000, false, &missing);
	for (uint64_t i = 1; i < 5000; i++) {
		assert_int_equal(sl_sequence_take(&q, 1000 + i, false, &missing), STRAY);
		assert_int_equal(sl_sequence_take(&q, 2000 + i, false, &missing), NEXT);
	}
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(sl_sequence_take(&q, 1000 + i, false, &missing), STRAY);
	assert_int_equal(sl_sequence_take(&q, 1100, true, &missing), RESTART);
	assert_int_equal(sl_sequence_take(&q, 1101, false, &missing), NEXT);
}

/* Lost, doubled and shuffled within the window: every number is taken once, and what is missing in the end has not come. */
static void shuffled(void **state)
{
	enum { N = 100000, SPREAD = 200 };
	static uint32_t order[2 * N];
	static uint8_t comes[N], taken[N];
	uint64_t seen[BITS / 64], missing = 0;
	int64_t lost = 0;
	size_t n = 0;
	struct sl_sequence q;

	srand(7);
	for (uint32_t i = 0; i < N; i++) {
		comes[i] = (uint8_t)(i == 0 || i == N - 1 || rand() % 10 != 0);
		for (int copy = 0; comes[i] && copy < 1 + (rand() % 5 == 0); copy++)
			order[n++] = i;
	}
	for (size_t block = 1; block + SPREAD + 1 < n; block += SPREAD) { /* the first and last stay */
		for (size_t i = 0; i < SPREAD; i++) {
			size_t a = block + i, b = block + (size_t)rand() % SPREAD;
			uint32_t swap = order[a];
			order[a] = order[b];
			order[b] = swap;
		}
	}
	sl_sequence_init(&q, 16, seen, BITS, WINDOW, true);
	for (size_t i = 0; i < n; i++) {
		switch (sl_sequence_take(&q, order[i] & 0xffff, false, &missing)) {
		case SL_SEQUENCE_GAP:
			lost += (int64_t)missing;
			taken[order[i]]++;
			break;
		case SL_SEQUENCE_FILLS:
			lost--;
			taken[order[i]]++;
			break;
		case SL_SEQUENCE_RESTART:
			assert_int_equal(i, 0);
			taken[order[i]]++;
			break;
		case SL_SEQUENCE_NEXT:
			taken[order[i]]++;
			break;
		case SL_SEQUENCE_DUPLICATE:
			assert_int_equal(taken[order[i]], 1);
			break;
		default:
			fail_msg("number %u is taken for astray", order[i]);
		}
	}
	int64_t absent = 0;
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(taken[i], comes[i]);
		absent += !comes[i];
	}
	assert_int_equal(lost, absent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(late_input),
		cmocka_unit_test(shuffled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
