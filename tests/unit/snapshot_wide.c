/* SPDX-License-Identifier: BSD-3-Clause */
/* Services with ranges of ports and prefixes of addresses: which one gets what, against a search through all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "../support/config_builder.h"
#include "../support/snapshot_checks.h"

static void service(struct config_builder *c, const char *name, const char *vips, uint16_t first, uint16_t last, uint8_t proto)
{
	config_service(c, name, vips, first, proto, "10.1.0.3")->ports.last = last;
	config_backend(c, "10.1.1.1", first, 1);
}

static struct config_builder *interfaces(void)
{
	struct config_builder *c = config_new();

	config_interface(c, "wan", "net_a", 0, "192.0.2.200/24 2001:db8::2/64");
	config_interface(c, "lan", "net_b", 0, "10.1.0.2/16 fd00:1::2/64");
	return c;
}

static const char *at(const struct sl_snapshot *s, const char *vip, uint16_t port, uint8_t proto)
{
	struct sl_ip ip = parse_ip(vip);
	const struct sl_service *found = sl_snapshot_service(s, &ip, rte_cpu_to_be_16(port), proto);

	return found == NULL ? "none" : found->name;
}

static void test_most_specific(void **state)
{
	struct config_builder *c = interfaces();

	service(c, "all", "192.0.2.16/28", 1, 65535, IPPROTO_TCP);
	service(c, "some", "192.0.2.16/28", 8000, 8100, IPPROTO_TCP);
	service(c, "few", "192.0.2.16/28", 8010, 8011, IPPROTO_TCP);
	service(c, "half", "192.0.2.16/29", 443, 443, IPPROTO_TCP);
	service(c, "one", "192.0.2.18", 8000, 8005, IPPROTO_TCP);
	service(c, "web", "192.0.2.18", 80, 80, IPPROTO_TCP);
	service(c, "dns", "192.0.2.18", 53, 53, IPPROTO_UDP);
	service(c, "routed", "198.51.0.0/16", 1, 65535, IPPROTO_UDP);
	service(c, "routed6", "2001:db8:1::/48", 1, 65535, IPPROTO_TCP);
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	static const struct { const char *vip; uint16_t port; uint8_t proto; const char *name; } cases[] = {
		{ "192.0.2.16", 1, IPPROTO_TCP, "all" },	{ "192.0.2.31", 65535, IPPROTO_TCP, "all" },
		{ "192.0.2.15", 80, IPPROTO_TCP, "none" },	{ "192.0.2.32", 80, IPPROTO_TCP, "none" },
		{ "192.0.2.20", 7999, IPPROTO_TCP, "all" },	{ "192.0.2.20", 8000, IPPROTO_TCP, "some" },
		{ "192.0.2.20", 8009, IPPROTO_TCP, "some" },	{ "192.0.2.20", 8010, IPPROTO_TCP, "few" },
		{ "192.0.2.20", 8011, IPPROTO_TCP, "few" },	{ "192.0.2.20", 8012, IPPROTO_TCP, "some" },
		{ "192.0.2.20", 8100, IPPROTO_TCP, "some" },	{ "192.0.2.20", 8101, IPPROTO_TCP, "all" },
		{ "192.0.2.20", 443, IPPROTO_TCP, "half" },	{ "192.0.2.24", 443, IPPROTO_TCP, "all" },
		{ "192.0.2.18", 8005, IPPROTO_TCP, "one" },	{ "192.0.2.18", 8006, IPPROTO_TCP, "some" },
		{ "192.0.2.18", 443, IPPROTO_TCP, "half" },	{ "192.0.2.18", 80, IPPROTO_TCP, "web" },
		{ "192.0.2.18", 53, IPPROTO_UDP, "dns" },	{ "192.0.2.18", 54, IPPROTO_UDP, "none" },
		{ "198.51.255.255", 9, IPPROTO_UDP, "routed" }, { "198.52.0.0", 9, IPPROTO_UDP, "none" },
		{ "2001:db8:1:ffff::1", 9, IPPROTO_TCP, "routed6" }, { "2001:db8:2::1", 9, IPPROTO_TCP, "none" },
	};
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(at(s, cases[i].vip, cases[i].port, cases[i].proto), cases[i].name);
	sl_snapshot_destroy(s);
	config_free(c);
}

static unsigned int kinds(const struct sl_snapshot *s, const char *text, uint16_t interface)
{
	struct sl_ip ip = parse_ip(text);
	const struct sl_local *local = sl_snapshot_local(s, &ip);

	assert_int_equal(sl_snapshot_is_local(s, &ip), local != NULL);
	if (local != NULL)
		assert_int_equal(local->interface, interface);
	return local == NULL ? 0 : local->kinds;
}

static void test_addresses(void **state)
{
	struct config_builder *c = interfaces();

	service(c, "near", "192.0.2.192/28", 80, 80, IPPROTO_TCP); /* with the interface's own */
	service(c, "far", "198.51.0.0/16", 80, 80, IPPROTO_TCP);
	struct sl_snapshot *s = must_build(c, NULL, NULL);
	unsigned int vip = 1u << SL_LOCAL_VIP, own = 1u << SL_LOCAL_INTERFACE;

	assert_int_equal(kinds(s, "192.0.2.191", 0), 0);
	assert_int_equal(kinds(s, "192.0.2.192", 0), vip);
	assert_int_equal(kinds(s, "192.0.2.207", 0), vip);
	assert_int_equal(kinds(s, "192.0.2.208", 0), 0);
	assert_int_equal(kinds(s, "192.0.2.200", 0), vip | own);
	assert_int_equal(kinds(s, "198.51.3.4", SL_ID_NONE), vip);
	assert_int_equal(kinds(s, "198.50.3.4", SL_ID_NONE), 0);
	assert_int_equal(kinds(s, "10.1.0.2", 1), own);
	sl_snapshot_destroy(s);
	config_free(c);
}

static const char *owner(const struct sl_snapshot *s, const char *backend, uint16_t port)
{
	struct sl_ip ip = parse_ip(backend);
	const struct sl_service *found = sl_snapshot_dnat(s, &ip, rte_cpu_to_be_16(port), IPPROTO_TCP);

	return found == NULL ? "none" : found->name;
}

static void test_dnat(void **state)
{
	struct config_builder *c = interfaces();

	config_service(c, "single", "192.0.2.10", 7000, IPPROTO_TCP, "")->mode = SL_MODE_DNAT;
	config_backend(c, "10.1.1.1", 7000, 1);
	for (unsigned int i = 0; i < 3; i++) {
		static const char *const names[] = { "low", "high", "other" };
		static const uint16_t first[] = { 8000, 9000, 8000 };
		struct sl_config_service *ranged = config_service(c, names[i], i == 2 ? "192.0.2.11" : "192.0.2.10", first[i],
								  IPPROTO_TCP, "");
		ranged->mode = SL_MODE_DNAT;
		ranged->ports.last = first[i] + 99;
		config_backend(c, i == 2 ? "10.1.1.2" : "10.1.1.1", first[i], 1);
	}
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	assert_string_equal(owner(s, "10.1.1.1", 7000), "single");
	assert_string_equal(owner(s, "10.1.1.1", 7999), "none");
	assert_string_equal(owner(s, "10.1.1.1", 8000), "low");
	assert_string_equal(owner(s, "10.1.1.1", 8099), "low");
	assert_string_equal(owner(s, "10.1.1.1", 8100), "none");
	assert_string_equal(owner(s, "10.1.1.1", 9050), "high");
	assert_string_equal(owner(s, "10.1.1.2", 8050), "other");
	assert_string_equal(owner(s, "10.1.1.2", 9050), "none");
	sl_snapshot_destroy(s);
	config_free(c);
}

/* A removed service gives way to any that has its place, however wide, and is found where none has. */
static void test_draining(void **state)
{
	static struct sl_usage usage;
	struct config_builder *c = interfaces();

	service(c, "web", "192.0.2.18", 80, 80, IPPROTO_TCP);
	service(c, "range", "192.0.2.18", 8000, 8100, IPPROTO_TCP);
	service(c, "gone", "192.0.2.18", 90, 90, IPPROTO_TCP);
	struct sl_snapshot *first = must_build(c, NULL, NULL);
	config_free(c);
	for (unsigned int i = 0; i < 3; i++)
		usage.service_flows[first->services[i].id] = usage.backend_flows[first->services[i].backends[0].id] = 1;
	c = interfaces();
	service(c, "wide", "192.0.2.18", 70, 85, IPPROTO_TCP);
	service(c, "over", "192.0.2.18", 8050, 8200, IPPROTO_TCP);
	struct sl_snapshot *s = must_build(c, first, &usage);

	assert_string_equal(at(s, "192.0.2.18", 80, IPPROTO_TCP), "wide");
	assert_string_equal(at(s, "192.0.2.18", 90, IPPROTO_TCP), "gone");
	assert_string_equal(at(s, "192.0.2.18", 8049, IPPROTO_TCP), "range");
	assert_string_equal(at(s, "192.0.2.18", 8050, IPPROTO_TCP), "over");
	sl_snapshot_destroy(first);
	sl_snapshot_destroy(s);
	config_free(c);
}

/* ---- against a search ---- */

#define SERVICES 60
#define LOOKUPS 20000

static bool overlaps(const struct sl_config_service *a, const struct sl_config_service *b)
{
	bool apart = a->ports.last < b->ports.first || b->ports.last < a->ports.first;
	bool within = (a->ports.first >= b->ports.first && a->ports.last <= b->ports.last) ||
		      (b->ports.first >= a->ports.first && b->ports.last <= a->ports.last);
	bool same = a->ports.first == b->ports.first && a->ports.last == b->ports.last;

	return a->prefix.len == b->prefix.len && sl_ip_equal(&a->address, &b->address) && !apart && (!within || same);
}

static int search(const struct config_builder *c, const struct sl_ip *ip, uint16_t port)
{
	int best = -1;

	for (unsigned int i = 0; i < c->config.n_services; i++) {
		const struct sl_config_service *s = &c->services[i], *b = best < 0 ? NULL : &c->services[best];
		if (!sl_prefix_covers(&s->prefix, ip) || port < s->ports.first || port > s->ports.last)
			continue;
		if (b == NULL || s->prefix.len > b->prefix.len ||
		    (s->prefix.len == b->prefix.len && sl_port_span(s) < sl_port_span(b)))
			best = (int)i;
	}
	return best;
}

static void test_random(void **state)
{
	static const uint8_t lens[] = { 112, 116, 120, 124, 128, 128 };
	unsigned int seed = 1;

	for (unsigned int round = 0; round < 20; round++) {
		struct config_builder *c = interfaces();
		char name[16], vips[32];
		while (c->config.n_services < SERVICES) {
			uint8_t len = lens[(unsigned int)rand_r(&seed) % 6];
			unsigned int host = (unsigned int)rand_r(&seed) % 1024 & ~((1u << (128 - len)) - 1);
			uint16_t first = (uint16_t)(1 + rand_r(&seed) % 50), last = (uint16_t)(first + rand_r(&seed) % 20);
			snprintf(name, sizeof(name), "s%u", c->config.n_services);
			snprintf(vips, sizeof(vips), "198.51.%u.%u/%u", host >> 8, host & 0xff, len - 96u);
			service(c, name, vips, first, rand_r(&seed) % 3 == 0 ? first : last, IPPROTO_TCP);
			for (unsigned int i = 0; i + 1 < c->config.n_services; i++)
				if (overlaps(&c->services[i], &c->services[c->config.n_services - 1])) {
					c->config.n_services--;
					c->n_backends--;
					memset(&c->services[c->config.n_services], 0, sizeof(c->services[0]));
					break;
				}
		}
		struct sl_snapshot *s = must_build(c, NULL, NULL);
		for (unsigned int i = 0; i < LOOKUPS; i++) {
			struct sl_ip ip = sl_ip_from_v4(htonl(0xc6330000u | ((unsigned int)rand_r(&seed) % 1100)));
			uint16_t port = (uint16_t)(rand_r(&seed) % 75);
			int expected = search(c, &ip, port);
			const struct sl_service *found = sl_snapshot_service(s, &ip, htons(port), IPPROTO_TCP);
			assert_int_equal(found == NULL ? -1 : found - s->services, expected);
			if (expected >= 0)
				assert_non_null(sl_snapshot_local(s, &ip));
		}
		sl_snapshot_destroy(s);
		config_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_most_specific), cmocka_unit_test(test_addresses), cmocka_unit_test(test_dnat),
		cmocka_unit_test(test_draining),      cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
