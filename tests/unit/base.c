/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, prefixes and problem lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "sluice/base/ip.h"
#include "sluice/base/problem.h"

static struct sl_ip ip(const char *text)
{
	struct sl_ip address;

	assert_int_equal(sl_ip_parse(text, &address), 0);
	return address;
}

static void addresses_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *written; /* written NULL: refused */
		bool v4, multicast, link_local;
	} rows[] = {
		{ .text = "192.0.2.1", .written = "192.0.2.1", .v4 = true },
		{ .text = "0.0.0.0", .written = "0.0.0.0", .v4 = true },
		{ .text = "223.255.255.255", .written = "223.255.255.255", .v4 = true },
		{ .text = "224.0.0.1", .written = "224.0.0.1", .v4 = true, .multicast = true },
		{ .text = "239.255.255.255", .written = "239.255.255.255", .v4 = true, .multicast = true },
		{ .text = "240.0.0.1", .written = "240.0.0.1", .v4 = true },
		{ .text = "169.254.1.1", .written = "169.254.1.1", .v4 = true },
		{ .text = "2001:DB8:0:0::1", .written = "2001:db8::1" },
		{ .text = "::", .written = "::" },
		{ .text = "::1", .written = "::1" },
		{ .text = "fe80::1", .written = "fe80::1", .link_local = true },
		{ .text = "febf::1", .written = "febf::1", .link_local = true },
		{ .text = "fec0::1", .written = "fec0::1" },
		{ .text = "ff02::1", .written = "ff02::1", .multicast = true },
		{ .text = "2001:db8::192.0.2.1", .written = "2001:db8::c000:201" },
		{ .text = "::ffff:192.0.2.1" }, /* would silently become IPv4 */
		{ .text = "192.0.2" },
		{ .text = "192.0.2.256" },
		{ .text = "192.0.2.01" },
		{ .text = "192.0.2.1 " },
		{ .text = "192.0.2.1/24" },
		{ .text = "2001:db8:::1" },
		{ .text = "fe80::1%eth0" },
		{ .text = "" },
		{ .text = "host" },
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		char text[SL_IP_STRLEN];
		struct sl_ip address;

		if (rows[i].written == NULL) {
			assert_int_equal(sl_ip_parse(rows[i].text, &address), -1);
			continue;
		}
		address = ip(rows[i].text);
		assert_string_equal(sl_ip_format(&address, text), rows[i].written);
		assert_int_equal(sl_ip_is_v4(&address), rows[i].v4);
		assert_int_equal(sl_ip_is_multicast(&address), rows[i].multicast);
		assert_int_equal(sl_ip_is_link_local(&address), rows[i].link_local);
	}
}

static void forms_of_an_address_agree(void **state)
{
	static const uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct sl_ip v4 = ip("192.0.2.1"), v6 = ip("2001:db8::1"), zero = ip("::"), zero4 = ip("0.0.0.0");
	struct sl_ip from_v4 = sl_ip_from_v4(RTE_BE32(0xc0000201)), from_v6 = sl_ip_from_v6(bytes);

	assert_true(sl_ip_equal(&v4, &from_v4));
	assert_true(sl_ip_equal(&v6, &from_v6));
	assert_false(sl_ip_equal(&v4, &v6));
	assert_int_equal(sl_ip_v4_be(&v4), RTE_BE32(0xc0000201));
	assert_true(sl_ip_is_zero(&zero));
	assert_false(sl_ip_is_zero(&zero4)); /* mapped form: not all bits are 0 */
	for (unsigned int i = 0; i < 16; i++) {
		struct sl_ip other = v6;
		other.b[i] ^= 1;
		assert_false(sl_ip_equal(&v6, &other));
	}
}

static void prefixes_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		int status;
		uint8_t length;
	} rows[] = {
		{ "192.0.2.2/24", 0, 120 },	  { "0.0.0.0/0", 0, 96 },	 { "192.0.2.2/32", 0, 128 },
		{ "2001:db8::2/64", 0, 64 },	  { "::/0", 0, 0 },		 { "2001:db8::2/128", 0, 128 },
		{ "192.0.2.2", -2, 0 },		  { "192.0.2.2/", -2, 0 },	 { "192.0.2.2/33", -2, 0 },
		{ "192.0.2.2/-1", -2, 0 },	  { "192.0.2.2/ 24", -2, 0 },	 { "192.0.2.2/24 ", -2, 0 },
		{ "192.0.2.2/+24", -2, 0 },	  { "2001:db8::2/129", -2, 0 },	 { "192.0.2.2/0x18", -2, 0 },
		{ "192.0.2.2/18446744073709551640", -2, 0 }, { "192.0.2/24", -1, 0 }, { "/24", -1, 0 },
		{ "::ffff:192.0.2.2/120", -1, 0 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/64", -1, 0 },
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		char text[SL_IP_STRLEN];
		struct sl_prefix prefix;

		assert_int_equal(sl_prefix_parse(rows[i].text, &prefix), rows[i].status);
		if (rows[i].status != 0)
			continue;
		assert_int_equal(prefix.len, rows[i].length);
		assert_string_equal(sl_prefix_format(&prefix, text), rows[i].text);
	}
}

static void longest_text_fits(void **state)
{
	char text[SL_IP_STRLEN];
	struct sl_prefix prefix;

	assert_int_equal(sl_prefix_parse("1111:2222:3333:4444:5555:6666:7777:8888/128", &prefix), 0);
	assert_string_equal(sl_prefix_format(&prefix, text), "1111:2222:3333:4444:5555:6666:7777:8888/128");
}

static void prefixes_cover(void **state)
{
	static const struct {
		const char *prefix, *address;
		bool covers;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },    { "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.77/24", "192.0.2.1", true },	    { "192.0.2.0/25", "192.0.2.127", true },
		{ "192.0.2.0/25", "192.0.2.128", false },   { "192.0.2.2/32", "192.0.2.2", true },
		{ "192.0.2.2/32", "192.0.2.3", false },	    { "192.0.2.2/31", "192.0.2.3", true },
		{ "0.0.0.0/0", "203.0.113.9", true },	    { "0.0.0.0/0", "2001:db8::1", false },
		{ "2001:db8::/32", "2001:db8:ffff::1", true }, { "2001:db8::/32", "2001:db9::1", false },
		{ "2001:db8::/61", "2001:db8:0:7::1", true }, { "2001:db8::/61", "2001:db8:0:8::1", false },
		{ "::/0", "2001:db8::1", true },	    { "2001:db8::1/128", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::2", false },
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct sl_ip address = ip(rows[i].address);
		struct sl_prefix prefix;

		assert_int_equal(sl_prefix_parse(rows[i].prefix, &prefix), 0);
		assert_int_equal(sl_prefix_covers(&prefix, &address), rows[i].covers);
	}
}

static void prefixes_have_networks_and_edges(void **state)
{
	static const struct {
		const char *prefix, *network, *address;
		bool edge;
	} rows[] = {
		{ "192.0.2.77/28", "192.0.2.64/28", "192.0.2.64", true },
		{ "192.0.2.77/28", "192.0.2.64/28", "192.0.2.79", true },
		{ "192.0.2.77/28", "192.0.2.64/28", "192.0.2.65", false },
		{ "192.0.2.77/28", "192.0.2.64/28", "192.0.2.80", false }, /* of the next one */
		{ "192.0.2.77/24", "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.77/30", "192.0.2.76/30", "192.0.2.79", true },
		{ "192.0.2.77/31", "192.0.2.76/31", "192.0.2.76", false },
		{ "192.0.2.77/32", "192.0.2.77/32", "192.0.2.77", false },
		{ "192.0.2.77/0", "0.0.0.0/0", "255.255.255.255", true },
		{ "2001:db8:1:2:ffff::9/66", "2001:db8:1:2:c000::/66", "2001:db8:1:2:c000::", false },
		{ "2001:db8::9/64", "2001:db8::/64", "2001:db8::", false },
		{ "2001:db8::9/128", "2001:db8::9/128", "2001:db8::9", false },
		{ "2001:db8::9/0", "::/0", "192.0.2.0", false },
	};
	char text[SL_IP_STRLEN];

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct sl_ip address = ip(rows[i].address);
		struct sl_prefix prefix;

		assert_int_equal(sl_prefix_parse(rows[i].prefix, &prefix), 0);
		struct sl_prefix network = sl_prefix_network(&prefix);
		assert_string_equal(sl_prefix_format(&network, text), rows[i].network);
		assert_int_equal(sl_prefix_has_edge(&prefix, &address), rows[i].edge);
	}
}

static void problems_are_collected_in_order(void **state)
{
	struct sl_problems problems;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	sl_problems_init(&problems);
	sl_problem_add(&problems, "/workers", NULL, "%u is not in %u..%u", 99u, 1u, 32u);
	sl_problem_add(&problems, "net_tap0", "do this", "broken");
	sl_problem_add(&problems, "", NULL, "nowhere");
	assert_int_equal(problems.count, 3);
	sl_problems_print(&problems, out);
	fclose(out);
	assert_string_equal(text, "/workers: 99 is not in 1..32\nnet_tap0: broken; remedy: do this\nnowhere\n");
	free(text);
	sl_problems_fini(&problems);
	assert_int_equal(problems.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(forms_of_an_address_agree),
		cmocka_unit_test(prefixes_are_read_and_written),
		cmocka_unit_test(longest_text_fits),
		cmocka_unit_test(prefixes_cover),
		cmocka_unit_test(prefixes_have_networks_and_edges),
		cmocka_unit_test(problems_are_collected_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
