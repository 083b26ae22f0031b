/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snapshot_checks.h"

const struct sl_port_facts port_facts[N_PORT_FACTS] = {
	{ .name = "net_a", .mac = { 2, 0, 0, 0, 0, 0x0a }, .mtu = 1500 },
	{ .name = "net_b", .mac = { 2, 0, 0, 0, 0, 0x0b }, .mtu = 1500 },
	{ .name = "net_c", .mac = { 2, 0, 0, 0, 0, 0x0c }, .mtu = 9000 },
};

struct sl_snapshot *build(struct config_builder *c, const struct sl_snapshot *previous, const struct sl_usage *usage,
			  struct sl_problems *problems)
{
	return sl_snapshot_build(&c->config, port_facts, N_PORT_FACTS, previous, usage, problems);
}

struct sl_snapshot *must_build(struct config_builder *c, const struct sl_snapshot *previous,
			       const struct sl_usage *usage)
{
	struct sl_problems problems;

	sl_problems_init(&problems);
	struct sl_snapshot *s = build(c, previous, usage, &problems);
	sl_problems_print(&problems, stderr);
	assert_non_null(s);
	assert_int_equal(problems.count, 0);
	sl_problems_fini(&problems);
	return s;
}

struct sl_ip parse_ip(const char *text)
{
	struct sl_ip ip;

	assert_int_equal(sl_ip_parse(text, &ip), 0);
	return ip;
}

void assert_ip(const struct sl_ip *ip, const char *text)
{
	char buf[SL_IP_STRLEN];

	assert_non_null(ip);
	assert_string_equal(sl_ip_format(ip, buf), text);
}

void assert_route(const struct sl_snapshot *s, const char *dst, const char *via, uint16_t interface)
{
	struct sl_ip ip = parse_ip(dst);
	const struct sl_nexthop *nexthop = sl_snapshot_route(s, &ip);

	if (via == NULL) {
		assert_null(nexthop);
		return;
	}
	assert_non_null(nexthop);
	assert_int_equal(nexthop->interface, interface);
	if (via[0] == '\0')
		assert_true(sl_ip_is_zero(&nexthop->via));
	else
		assert_ip(&nexthop->via, via);
}

const struct sl_service *service_at(const struct sl_snapshot *s, const char *vip, uint16_t port, uint8_t proto)
{
	struct sl_ip ip = parse_ip(vip);

	return sl_snapshot_service(s, &ip, rte_cpu_to_be_16(port), proto);
}
