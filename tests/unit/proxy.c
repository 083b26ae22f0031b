/* SPDX-License-Identifier: BSD-3-Clause */
/* The PROXY protocol's header, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sluice/packet/proxy.h"

#define SIGNATURE "0d0a0d0a000d0a515549540a"

static struct sl_proxy_ends ends_of(const char *client, unsigned int client_port, const char *vip, unsigned int vip_port)
{
	struct sl_proxy_ends e = { .client_port_be = rte_cpu_to_be_16((uint16_t)client_port),
				   .vip_port_be = rte_cpu_to_be_16((uint16_t)vip_port) };

	assert_int_equal(sl_ip_parse(client, &e.client), 0);
	assert_int_equal(sl_ip_parse(vip, &e.vip), 0);
	return e;
}

static void version_1(void **state)
{
	static const struct {
		const char *client, *vip, *expect;
		unsigned int client_port, vip_port;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.10", "PROXY TCP4 192.0.2.1 192.0.2.10 1000 80\r\n", 1000, 80 },
		{ "10.0.20.200", "1.2.3.4", "PROXY TCP4 10.0.20.200 1.2.3.4 0 10\r\n", 0, 10 },
		{ "255.255.255.255", "255.255.255.255", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", 65535, 65535 },
		{ "2001:db8::1", "2001:db8::10", "PROXY TCP6 2001:db8::1 2001:db8::10 1 443\r\n", 1, 443 },
		{ "2001:db8:1111:2222:3333:4444:5555:6666", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "PROXY TCP6 2001:db8:1111:2222:3333:4444:5555:6666 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", 65535, 65535 },
	};
	uint8_t out[SL_PROXY_HEADER_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sl_proxy_ends e = ends_of(cases[i].client, cases[i].client_port, cases[i].vip, cases[i].vip_port);
		assert_int_equal(sl_proxy_header(out, 1, &e), strlen(cases[i].expect));
		assert_memory_equal(out, cases[i].expect, strlen(cases[i].expect));
	}
}

static void version_2(void **state)
{
	static const struct {
		const char *client, *vip, *expect;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.10", SIGNATURE "2111000c" "c0000201" "c000020a" "03e8" "0050" },
		{ "2001:db8::1", "2001:db8::10",
		  SIGNATURE "21210024" "20010db8000000000000000000000001" "20010db8000000000000000000000010" "03e8" "0050" },
	};
	uint8_t out[SL_PROXY_HEADER_MAX];
	char text[2 * sizeof(out) + 1];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sl_proxy_ends e = ends_of(cases[i].client, 1000, cases[i].vip, 80);
		unsigned int len = sl_proxy_header(out, 2, &e);
		for (unsigned int k = 0; k < len; k++)
			snprintf(text + 2 * k, 3, "%02x", out[k]);
		assert_string_equal(text, cases[i].expect);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1),
		cmocka_unit_test(version_2),
	};
	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
