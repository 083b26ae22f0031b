/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sluice/packet/burst.h"

/* '.' is a packet that was taken; the letters are the survivors, in order. */
static void compact_keeps_order(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "", "" },	    { "a", "a" },	  { ".", "" },	 { "abc", "abc" },	{ ".bc", "bc" },
		{ "a.c", "ac" },    { "ab.", "ab" },	  { "...", "" }, { "a.c.e.g", "aceg" }, { "..cd..gh", "cdgh" },
	};
	static struct sl_burst b;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		const char *before = cases[i].before, *after = cases[i].after;

		memset(&b, 0, sizeof(b));
		b.n = (uint16_t)strlen(before);
		for (unsigned int k = 0; k < b.n; k++) {
			b.m[k] = before[k] == '.' ? NULL : (struct rte_mbuf *)(uintptr_t)before[k];
			b.p[k].flow = (uint32_t)before[k];
			b.gaps |= before[k] == '.';
		}
		sl_burst_compact(&b);
		assert_int_equal(b.n, strlen(after));
		assert_false(b.gaps);
		for (unsigned int k = 0; k < b.n; k++) {
			assert_int_equal((uintptr_t)b.m[k], after[k]);
			assert_int_equal(b.p[k].flow, after[k]);
		}
	}
}

static void compact_full_burst(void **state)
{
	static struct sl_burst b;

	b.n = SL_BURST_MAX;
	b.gaps = true;
	for (unsigned int i = 0; i < SL_BURST_MAX; i++) {
		b.m[i] = i % 2 ? (struct rte_mbuf *)(uintptr_t)(i + 1) : NULL;
		b.p[i].l4 = (uint16_t)i;
	}
	sl_burst_compact(&b);
	assert_int_equal(b.n, SL_BURST_MAX / 2);
	for (unsigned int i = 0; i < b.n; i++) {
		assert_int_equal((uintptr_t)b.m[i], 2 * i + 2);
		assert_int_equal(b.p[i].l4, 2 * i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact_keeps_order),
		cmocka_unit_test(compact_full_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
