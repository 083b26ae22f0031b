/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts of health checks: lists of status codes, and bytes with escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sluice/config/health.h"

static void status_lists(void **state)
{
	static const char *const bad[] = { "", "2", "20", "99", "600", "2000", "200,", ",200", "200-", "-200", "300-200", "200 ", "200;201",
					   "200-300-400", "2xx" };
	static const struct {
		const char *list;
		long status;
		bool has;
	} good[] = {
		{ "200", 200, true }, { "200", 201, false }, { "200-399", 200, true }, { "200-399", 399, true },
		{ "200-399", 199, false }, { "200-399", 400, false }, { "200,204,300-399", 204, true },
		{ "200,204,300-399", 203, false }, { "200,204,300-399", 307, true }, { "100-599", 503, true }, { "404", 0, false },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (sl_status_list_is_good(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
		assert_false(sl_status_list_has(bad[i], 200));
	}
	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(sl_status_list_is_good(good[i].list));
		if (sl_status_list_has(good[i].list, good[i].status) != good[i].has)
			fail_msg("%ld in \"%s\"", good[i].status, good[i].list);
	}
}

static void escapes(void **state)
{
	static const struct {
		const char *text;
		int n; /* -1: refused */
		const char *bytes;
	} texts[] = {
		{ "", 0, "" }, { "ping", 4, "ping" }, { "\\x00\\xff", 2, "\0\xff" }, { "a\\\\x41", 5, "a\\x41" }, { "\\xAb\\xcD", 2, "\xab\xcd" },
		{ "\\", -1, NULL }, { "\\n", -1, NULL }, { "\\x", -1, NULL }, { "\\x1", -1, NULL }, { "\\x1g", -1, NULL }, { "\\X41", -1, NULL },
		{ "12345678", 8, "12345678" }, { "123456789", -1, NULL }, { "\xc3\xa4", 2, "\xc3\xa4" },
	};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint8_t out[8];
		assert_int_equal(sl_unescape(texts[i].text, out, sizeof(out)), texts[i].n);
		if (texts[i].n > 0)
			assert_memory_equal(out, texts[i].bytes, texts[i].n);
	}
}

static void names(void **state)
{
	assert_string_equal(sl_check_name(SL_CHECK_NONE), "none");
	assert_string_equal(sl_check_name(SL_CHECK_TCP), "tcp");
	assert_string_equal(sl_check_name(SL_CHECK_HTTP), "http");
	assert_string_equal(sl_check_name(SL_CHECK_UDP), "udp");
	assert_string_equal(sl_check_name(SL_CHECK_ICMP), "icmp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_lists),
		cmocka_unit_test(escapes),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
