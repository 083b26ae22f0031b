/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiling a configuration: look-ups, next hops, what is refused. Reloads are in snapshot_reload.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "../support/config_builder.h"
#include "../support/snapshot_checks.h"

/* wan: port 0 untagged; lan and dmz: VLANs 100 and 7 of port 1; port 2 without interface. */
static struct config_builder *example(void)
{
	struct config_builder *c = config_new();

	config_interface(c, "wan", "net_a", 0, "192.0.2.2/24 192.0.2.3/24 2001:db8::2/64");
	config_gateway(c, "192.0.2.1");
	config_gateway(c, "2001:db8::1");
	config_interface(c, "lan", "net_b", 100, "10.1.0.2/16 fd00:1::2/64")->mtu = 1400;
	config_interface(c, "dmz", "net_b", 7, "10.2.0.2/16 fd00:2::2/64");
	config_route(c, "10.9.0.0/16", "10.1.0.1");
	config_route(c, "10.9.8.0/24", "10.2.0.1");
	config_route(c, "2001:db8:9::/48", "fd00:1::1");
	config_service(c, "web", "192.0.2.10", 80, IPPROTO_TCP, "10.1.0.3");
	config_backend(c, "10.1.1.1", 8080, 2);
	config_backend(c, "10.1.1.2", 8080, 0);
	config_service(c, "dns", "192.0.2.10", 53, IPPROTO_UDP, "10.1.0.2 10.1.0.3");
	config_backend(c, "10.1.1.3", 53, 1);
	config_service(c, "web6", "2001:db8:5::10", 80, IPPROTO_TCP, "fd00:1::3");
	config_backend(c, "fd00:1::11", 80, 1);
	return c;
}

static struct sl_snapshot *build_example(void)
{
	struct config_builder *c = example();
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	config_free(c);
	return s;
}

static void test_interfaces(void **state)
{
	struct sl_snapshot *s = build_example();
	static const struct {
		uint16_t port, vlan, interface;
	} cases[] = {
		{ 0, 0, 0 }, { 0, 100, SL_ID_NONE }, { 1, 100, 1 }, { 1, 7, 2 }, { 1, 0, SL_ID_NONE }, { 1, 8, SL_ID_NONE },
		{ 1, 4095, SL_ID_NONE }, { 2, 0, SL_ID_NONE }, { 3, 0, SL_ID_NONE }, { UINT16_MAX, 0, SL_ID_NONE },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sl_snapshot_interface(s, cases[i].port, cases[i].vlan), cases[i].interface);
	assert_int_equal(s->n_interfaces, 3);
	assert_string_equal(s->interfaces[1].name, "lan");
	assert_int_equal(s->interfaces[0].mtu, 1500);
	assert_int_equal(s->interfaces[1].mtu, 1400);
	assert_memory_equal(s->interfaces[2].mac, port_facts[1].mac, 6);
	assert_int_equal(s->generation, 1);
	assert_int_equal(s->route_epoch, 1);
	assert_int_equal(s->icmp_errors_pps, 100);
	sl_snapshot_destroy(s);
}

static void test_many_vlans(void **state)
{
	struct config_builder *c = config_new();

	for (unsigned int i = 0; i < SL_MAX_INTERFACES; i++) {
		char name[SL_IFNAME_MAX];
		snprintf(name, sizeof(name), "v%u", i);
		config_interface(c, name, "net_b", (uint16_t)(1 + (i * 37) % 4094), "");
	}
	struct sl_snapshot *s = must_build(c, NULL, NULL);
	unsigned int known = 0;
	for (uint16_t vlan = 0; vlan < 4096; vlan++)
		known += sl_snapshot_interface(s, 1, vlan) != SL_ID_NONE;
	assert_int_equal(known, SL_MAX_INTERFACES);
	for (unsigned int i = 0; i < SL_MAX_INTERFACES; i++)
		assert_int_equal(sl_snapshot_interface(s, 1, c->interfaces[i].vlan), i);
	sl_snapshot_destroy(s);
	config_free(c);
}

#define IF (1u << SL_LOCAL_INTERFACE)
#define VIP (1u << SL_LOCAL_VIP)
#define SNAT (1u << SL_LOCAL_SNAT)

static void test_locals(void **state)
{
	struct sl_snapshot *s = build_example();
	static const struct {
		const char *ip;
		unsigned int kinds; /* 0: not ours */
		uint16_t interface;
	} cases[] = {
		{ "192.0.2.2", IF, 0 },
		{ "192.0.2.3", IF, 0 },
		{ "2001:db8::2", IF, 0 },
		{ "10.1.0.2", IF | SNAT, 1 },
		{ "10.2.0.2", IF, 2 },
		{ "192.0.2.10", VIP, 0 },
		{ "10.1.0.3", SNAT, 1 },
		{ "fd00:1::3", SNAT, 1 },
		{ "2001:db8:5::10", VIP, SL_ID_NONE }, /* in no network of ours */
		{ "fe80::ff:fe00:a", IF, 0 },
		{ "fe80::ff:fe00:b", IF, SL_ID_NONE }, /* two VLANs of port 1 */
		{ "fe80::ff:fe00:c", 0, 0 },	       /* port 2 has no interface */
		{ "192.0.2.1", 0, 0 },
		{ "10.1.1.1", 0, 0 },
		{ "::", 0, 0 },
		{ "0.0.0.0", 0, 0 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sl_ip ip = parse_ip(cases[i].ip);
		const struct sl_local *local = sl_snapshot_local(s, &ip);
		assert_int_equal(sl_snapshot_is_local(s, &ip), local != NULL);
		assert_int_equal(local != NULL ? local->kinds : 0, cases[i].kinds);
		if (local != NULL)
			assert_int_equal(local->interface, cases[i].interface);
	}
	sl_snapshot_destroy(s);
}

static void test_interface_address(void **state)
{
	struct config_builder *c = config_new();
	config_interface(c, "both", "net_a", 0, "fe80::5/64 2001:db8::2/64 192.0.2.2/24");
	config_interface(c, "local", "net_b", 1, "fe80::7/64");
	config_interface(c, "v4", "net_b", 2, "10.0.0.1/8");
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	assert_ip(sl_interface_address(&s->interfaces[0], true), "192.0.2.2");
	assert_ip(sl_interface_address(&s->interfaces[0], false), "2001:db8::2");
	assert_ip(sl_interface_address(&s->interfaces[1], false), "fe80::7");
	assert_null(sl_interface_address(&s->interfaces[1], true));
	assert_null(sl_interface_address(&s->interfaces[2], false));
	/* The one made from the MAC address is added where IPv6 is spoken. */
	assert_int_equal(s->interfaces[0].n_addresses, 4);
	assert_ip(&s->interfaces[0].addresses[3].ip, "fe80::ff:fe00:a");
	assert_int_equal(s->interfaces[2].n_addresses, 1);
	sl_snapshot_destroy(s);
	config_free(c);
}

static void test_services(void **state)
{
	struct sl_snapshot *s = build_example();
	static const struct {
		const char *vip;
		uint16_t port;
		uint8_t proto;
		const char *name;
	} cases[] = {
		{ "192.0.2.10", 80, IPPROTO_TCP, "web" },      { "192.0.2.10", 53, IPPROTO_UDP, "dns" },
		{ "2001:db8:5::10", 80, IPPROTO_TCP, "web6" }, { "192.0.2.10", 80, IPPROTO_UDP, NULL },
		{ "192.0.2.10", 81, IPPROTO_TCP, NULL },       { "192.0.2.11", 80, IPPROTO_TCP, NULL },
		{ "192.0.2.10", 53, IPPROTO_TCP, NULL },       { "2001:db8:5::11", 80, IPPROTO_TCP, NULL },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sl_service *service = service_at(s, cases[i].vip, cases[i].port, cases[i].proto);
		if (cases[i].name == NULL) {
			assert_null(service);
			continue;
		}
		assert_non_null(service);
		assert_string_equal(service->name, cases[i].name);
		assert_ptr_equal(sl_snapshot_service_by_id(s, service->id), service);
	}
	assert_null(sl_snapshot_service_by_id(s, 3));
	assert_null(sl_snapshot_service_by_id(s, SL_ID_NONE));

	const struct sl_service *web = service_at(s, "192.0.2.10", 80, IPPROTO_TCP);
	assert_int_equal(web->n_backends, 2);
	assert_int_equal(web->n_draining, 0);
	assert_ip(&web->backends[0].ip, "10.1.1.1");
	assert_int_equal(web->backends[0].port_be, htons(8080));
	assert_int_equal(web->backends[0].weight, 2);
	assert_int_equal(web->backends[1].weight, 0);
	assert_int_equal(web->n_snat, 1);
	assert_ip(&web->snat[0], "10.1.0.3");
	assert_int_equal(service_at(s, "192.0.2.10", 53, IPPROTO_UDP)->backends[0].id, 2);
	assert_false(sl_snapshot_has_tombstones(s));
	sl_snapshot_destroy(s);
}

static void test_timeouts(void **state)
{
	static const struct {
		uint32_t seconds, ticks;
	} cases[] = {
		{ 0, 0 }, { 1, 954 }, { 10, 9537 }, { 7440, 7095337 }, { 2000000, 1907348633 }, { UINT32_MAX, INT32_MAX },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_builder *c = config_new();
		config_service(c, "web", "192.0.2.10", 80, IPPROTO_TCP, "")->timeout_s[SL_TIMEOUT_TCP_RESET] = cases[i].seconds;
		struct sl_snapshot *s = must_build(c, NULL, NULL);
		assert_int_equal(s->services[0].timeout_ticks[SL_TIMEOUT_TCP_RESET], cases[i].ticks);
		assert_int_equal(s->services[0].timeout_ticks[SL_TIMEOUT_UDP_ONE_WAY], 114441);
		sl_snapshot_destroy(s);
		config_free(c);
	}
}

static void test_routes(void **state)
{
	struct sl_snapshot *s = build_example();
	static const struct {
		const char *dst, *via; /* via "": on link; NULL: no route */
		uint16_t interface;
	} cases[] = {
		{ "192.0.2.77", "", 0 },
		{ "10.1.255.255", "", 1 },
		{ "10.2.0.9", "", 2 },
		{ "10.9.1.1", "10.1.0.1", 1 },
		{ "10.9.8.1", "10.2.0.1", 2 },
		{ "10.3.0.1", "192.0.2.1", 0 },
		{ "2001:db8::77", "", 0 },
		{ "fd00:2::77", "", 2 },
		{ "2001:db8:9:1::1", "fd00:1::1", 1 },
		{ "2001:db8:a::1", "2001:db8::1", 0 },
		{ "fe80::1", NULL, 0 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_route(s, cases[i].dst, cases[i].via, cases[i].interface);
	sl_snapshot_destroy(s);
}

static void test_routes_without_default(void **state)
{
	struct config_builder *c = config_new();
	config_interface(c, "wan", "net_a", 0, "192.0.2.2/24 2001:db8::2/64 fe80::9/64");
	config_gateway(c, "fe80::1");
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	/* A link-local gateway is good, and IPv6's default route is none for IPv4. */
	assert_route(s, "2001:db8:1::1", "fe80::1", 0);
	assert_route(s, "192.0.2.7", "", 0);
	assert_route(s, "198.51.100.1", NULL, 0);
	assert_route(s, "fe80::9", NULL, 0);
	sl_snapshot_destroy(s);
	config_free(c);
}

static void test_pairs_and_neighbours(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 9 };
	struct config_builder *c = config_new();
	config_interface(c, "lan", "net_b", 5, "10.1.0.2/16");
	config_neighbour(c, 0, "10.1.1.9", mac);
	config_pair(c, "net_c", "net_a");
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	assert_int_equal(s->forwarding, SL_FORWARDING_PAIRS);
	assert_int_equal(s->ports[0].pair, 2);
	assert_int_equal(s->ports[1].pair, SL_ID_NONE);
	assert_int_equal(s->ports[2].pair, 0);
	assert_int_equal(s->n_neighbours, 1);
	assert_memory_equal(s->neighbours[0].mac, mac, 6);
	sl_snapshot_destroy(s);
	config_free(c);
}

/* Where networks overlap, the longest prefix says which interface an address belongs to. */
static void test_overlapping_networks(void **state)
{
	struct config_builder *c = config_new();
	config_interface(c, "lan", "net_b", 1, "10.1.0.1/16");
	config_interface(c, "wide", "net_a", 0, "10.0.0.1/8");
	config_route(c, "172.16.0.0/12", "10.1.0.9");
	config_service(c, "web", "10.1.0.10", 80, IPPROTO_TCP, "10.2.0.10");
	struct sl_snapshot *s = must_build(c, NULL, NULL);
	struct sl_ip vip = parse_ip("10.1.0.10"), snat = parse_ip("10.2.0.10");

	assert_int_equal(sl_snapshot_local(s, &vip)->interface, 0);
	assert_int_equal(sl_snapshot_local(s, &snat)->interface, 1);
	assert_route(s, "172.16.0.1", "10.1.0.9", 0);
	assert_route(s, "10.1.0.77", "", 0);
	assert_route(s, "10.2.0.77", "", 1);
	sl_snapshot_destroy(s);
	config_free(c);
}

/* An empty configuration is small, not wrong. */
static void test_empty(void **state)
{
	struct config_builder *c = config_new();
	struct sl_snapshot *s = must_build(c, NULL, NULL);
	struct sl_ip ip = parse_ip("192.0.2.1");

	assert_null(sl_snapshot_local(s, &ip));
	assert_null(sl_snapshot_route(s, &ip));
	assert_null(sl_snapshot_service(s, &ip, htons(80), IPPROTO_TCP));
	assert_int_equal(sl_snapshot_interface(s, 0, 0), SL_ID_NONE);
	sl_snapshot_destroy(s);
	sl_snapshot_destroy(NULL);
	config_free(c);
}

/* Every configured object is found, whatever the hash makes of neighbouring addresses; probes stay short. */
static void test_tables_hold_everything(void **state)
{
	struct config_builder *c = config_new();

	for (unsigned int i = 0; i < SL_MAX_SERVICES; i++) {
		char name[SL_NAME_MAX], vip[SL_IP_STRLEN];
		snprintf(name, sizeof(name), "s%u", i);
		snprintf(vip, sizeof(vip), i % 2 == 0 ? "10.0.%u.%u" : "2001:db8::%x:%x", i / 256, i % 256);
		config_service(c, name, vip, (uint16_t)(1 + i % 3), IPPROTO_UDP, "");
	}
	struct sl_snapshot *s = must_build(c, NULL, NULL);
	for (unsigned int i = 0; i < SL_MAX_SERVICES; i++) {
		const struct sl_config_service *service = &c->services[i];
		const struct sl_service *found =
			sl_snapshot_service(s, &service->address, htons(service->port), IPPROTO_UDP);
		assert_non_null(found);
		assert_string_equal(found->name, service->name);
		assert_non_null(sl_snapshot_local(s, &service->address));
		assert_null(sl_snapshot_service(s, &service->address, htons(9), IPPROTO_UDP));
	}
	unsigned int run = 0, longest = 0, used = 0;
	for (unsigned int i = 0; i < 1u << s->locals_bits; i++) {
		run = s->locals[i].kinds != 0 ? run + 1 : 0;
		used += s->locals[i].kinds != 0;
		longest = run > longest ? run : longest;
	}
	assert_int_equal(used, SL_MAX_SERVICES);
	assert_true(2 * used <= 1u << s->locals_bits);
	assert_in_range(longest, 1, 32);
	sl_snapshot_destroy(s);
	config_free(c);
}

/* ---- what is refused ---- */

static void unknown_device(struct config_builder *c)
{
	config_interface(c, "x", "net_zz", 0, "10.5.0.1/16");
	config_route(c, "10.6.0.0/16", "10.5.0.9"); /* not a second problem */
}

static void mtu_too_large(struct config_builder *c)
{
	c->interfaces[1].mtu = 9000;
}

static void same_vlan(struct config_builder *c)
{
	config_interface(c, "x", "net_b", 7, "10.5.0.1/16");
}

static void second_untagged(struct config_builder *c)
{
	config_interface(c, "x", "net_a", 0, "10.5.0.1/16");
}

static void same_address(struct config_builder *c)
{
	config_interface(c, "x", "net_c", 0, "10.1.0.2/32");
}

static void same_network(struct config_builder *c)
{
	config_interface(c, "x", "net_c", 0, "10.1.0.9/16");
}

static void gateway_elsewhere(struct config_builder *c)
{
	config_interface(c, "x", "net_c", 0, "10.5.0.1/16");
	config_gateway(c, "10.1.0.1");
}

static void second_default(struct config_builder *c)
{
	config_interface(c, "x", "net_c", 0, "10.5.0.1/16");
	config_gateway(c, "10.5.0.9");
}

static void gateway_is_ours(struct config_builder *c)
{
	config_interface(c, "x", "net_c", 0, "2001:db8:7::1/64");
	config_gateway(c, "2001:db8:7::1");
}

static void link_local_gateway_without_ipv6(struct config_builder *c)
{
	config_interface(c, "x", "net_c", 0, "10.5.0.1/16");
	config_gateway(c, "fe80::1");
}

static void via_elsewhere(struct config_builder *c)
{
	config_route(c, "10.77.0.0/16", "203.0.113.1");
}

static void via_link_local(struct config_builder *c)
{
	config_route(c, "2001:db8:77::/48", "fe80::1");
}

static void via_other_family(struct config_builder *c)
{
	config_route(c, "10.77.0.0/16", "fd00:1::1");
}

static void route_twice(struct config_builder *c)
{
	config_route(c, "10.9.0.77/16", "10.2.0.1");
}

static void route_twice_with_odd_length(struct config_builder *c)
{
	config_route(c, "10.64.0.0/11", "10.1.0.1");
	config_route(c, "10.95.0.0/11", "10.2.0.1");
}

static void route_against_network(struct config_builder *c)
{
	config_route(c, "10.2.0.0/16", "10.1.0.1");
}

static void same_service(struct config_builder *c)
{
	config_service(c, "x", "192.0.2.10", 80, IPPROTO_TCP, "");
}

static void same_backend(struct config_builder *c)
{
	config_backend(c, "fd00:1::11", 80, 5);
}

static void unknown_pair(struct config_builder *c)
{
	config_pair(c, "net_a", "net_zz");
}

static void pair_with_itself(struct config_builder *c)
{
	config_pair(c, "net_c", "net_c");
}

static void paired_twice(struct config_builder *c)
{
	config_pair(c, "net_a", "net_b");
	config_pair(c, "net_b", "net_c");
}

static void too_many_backends(struct config_builder *c)
{
	while (c->n_backends <= SL_MAX_BACKENDS) {
		char ip[SL_IP_STRLEN];
		snprintf(ip, sizeof(ip), "fd00:1::2:%x", c->n_backends);
		config_backend(c, ip, 80, 1);
	}
}

static void too_many_services(struct config_builder *c)
{
	while (c->config.n_services <= SL_MAX_SERVICES)
		config_service(c, "x", "192.0.2.11", (uint16_t)(1 + c->config.n_services), IPPROTO_TCP, "");
}

static void too_many_interfaces(struct config_builder *c)
{
	while (c->config.n_interfaces <= SL_MAX_INTERFACES)
		config_interface(c, "x", "net_c", (uint16_t)c->config.n_interfaces, "");
}

static const struct {
	void (*spoil)(struct config_builder *c);
	const char *where, *what;
	unsigned int count;
} bad_cases[] = {
	{ unknown_device, "/interfaces/3/device", "device \"net_zz\" is not open", 1 },
	{ mtu_too_large, "/interfaces/1/mtu", "9000 is more than the MTU of device \"net_b\", 1500", 1 },
	{ same_vlan, "/interfaces/3/vlan", "interface \"x\" has the same device and VLAN as \"dmz\"", 1 },
	{ second_untagged, "/interfaces/3/vlan", "interface \"x\" has the same device and VLAN as \"wan\"", 1 },
	{ same_address, "/interfaces/3/addresses/0", "10.1.0.2 is also an address of interface \"lan\"", 1 },
	{ same_network, "/interfaces/3/addresses/0",
	  "10.1.0.0/16 is routed here and differently by /interfaces/1/addresses/0", 1 },
	{ gateway_elsewhere, "/interfaces/3/gateways/0", "gateway 10.1.0.1 is in no network of interface \"x\"", 1 },
	{ second_default, "/interfaces/3/gateways/0",
	  "0.0.0.0/0 is routed here and differently by /interfaces/0/gateways/0", 1 },
	{ gateway_is_ours, "/interfaces/3/gateways/0", "next hop 2001:db8:7::1 is an address of sluice itself", 1 },
	{ link_local_gateway_without_ipv6, "/interfaces/3/gateways/0",
	  "gateway fe80::1 is in no network of interface \"x\"", 1 },
	{ via_elsewhere, "/routes/3/via", "next hop 203.0.113.1 is in no network of any interface", 1 },
	{ via_link_local, "/routes/3/via",
	  "next hop fe80::1 is link-local, which does not say by which interface it is reached", 1 },
	{ via_other_family, "/routes/3/via", "next hop fd00:1::1 cannot lead to 10.77.0.0/16", 1 },
	{ route_twice, "/routes/3", "10.9.0.0/16 is routed here and differently by /routes/0", 1 },
	{ route_twice_with_odd_length, "/routes/4", "10.64.0.0/11 is routed here and differently by /routes/3", 1 },
	{ route_against_network, "/routes/3",
	  "10.2.0.0/16 is routed here and differently by /interfaces/2/addresses/0", 1 },
	{ same_service, "/services/3", "service \"x\" has the same address, port and protocol as \"web\"", 1 },
	{ same_backend, "/services/2/backends/1", "backend fd00:1::11 port 80 is listed twice in service \"web6\"", 1 },
	{ unknown_pair, "/forwarding/pairs/0/1", "device \"net_zz\" is not open", 1 },
	{ pair_with_itself, "/forwarding/pairs/0/0", "device \"net_c\" is already in a pair", 2 },
	{ paired_twice, "/forwarding/pairs/1/0", "device \"net_b\" is already in a pair", 1 },
	{ too_many_backends, "/services/2/backends/4093",
	  "there are more than 4096 backends, with those that were just removed or still have flows", 1 },
	{ too_many_services, "/services/1024",
	  "there are more than 1024 services, with those that were just removed or still have flows", 1 },
	{ too_many_interfaces, "/interfaces", "257 interfaces are more than 256", 1 },
};

static void test_bad(void **state)
{
	struct sl_snapshot *previous = build_example();

	/* At start, and as a refused reload. */
	for (unsigned int i = 0; i < 2 * sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		struct config_builder *c = example();
		struct sl_problems problems;

		sl_problems_init(&problems);
		bad_cases[i / 2].spoil(c);
		assert_null(build(c, i % 2 == 0 ? NULL : previous, NULL, &problems));
		assert_int_equal(problems.count, bad_cases[i / 2].count);
		assert_string_equal(problems.list[0].where, bad_cases[i / 2].where);
		assert_string_equal(problems.list[0].what, bad_cases[i / 2].what);
		sl_problems_fini(&problems);
		config_free(c);
	}
	sl_snapshot_destroy(previous);
}

static void test_all_problems_at_once(void **state)
{
	struct config_builder *c = example();
	struct sl_problems problems;

	sl_problems_init(&problems);
	mtu_too_large(c);
	via_elsewhere(c);
	same_service(c);
	unknown_device(c);
	assert_null(build(c, NULL, NULL, &problems));
	assert_int_equal(problems.count, 4);
	for (unsigned int i = 0; i < problems.count; i++)
		assert_non_null(problems.list[i].remedy);
	sl_problems_fini(&problems);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_many_vlans),
		cmocka_unit_test(test_locals),
		cmocka_unit_test(test_interface_address),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_routes_without_default),
		cmocka_unit_test(test_pairs_and_neighbours),
		cmocka_unit_test(test_overlapping_networks),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_tables_hold_everything),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_all_problems_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
