/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reload keeps: ids, tombstones, the route epoch. */
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

#define WEB "192.0.2.10"
#define DNS "192.0.2.11"

/*
 * A running sluice in small: the published snapshot, the flows on it, the configuration of the next reload. `reload`
 * builds, publishes and frees the old, as control does.
 */
struct running {
	struct config_builder *next;
	struct sl_snapshot *s;
	struct sl_usage usage;
};

static int setup(void **state)
{
	struct running *r = calloc(1, sizeof(*r));

	r->next = config_new();
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct running *r = *state;

	config_free(r->next);
	sl_snapshot_destroy(r->s);
	free(r);
	return 0;
}

static void reload_with(struct running *r, const struct sl_usage *usage)
{
	struct sl_snapshot *s = must_build(r->next, r->s, usage);

	if (r->s != NULL)
		assert_int_equal(s->generation, r->s->generation + 1);
	sl_snapshot_destroy(r->s);
	config_free(r->next);
	r->s = s;
	r->next = config_new();
}

static void reload(struct running *r)
{
	reload_with(r, &r->usage);
}

static void service(struct running *r, const char *name, const char *vip, const char *backends)
{
	config_service(r->next, name, vip, 80, IPPROTO_TCP, "10.1.0.3");
	for (const char *b = backends; *b != '\0'; b++) {
		char ip[SL_IP_STRLEN];
		snprintf(ip, sizeof(ip), "10.1.1.%u", (unsigned int)(*b - 'a' + 1));
		config_backend(r->next, ip, 8080, 1);
	}
}

static const struct sl_service *by_name(const struct running *r, const char *name)
{
	for (unsigned int i = 0; i < r->s->n_services; i++) {
		if (strcmp(r->s->services[i].name, name) == 0)
			return &r->s->services[i];
	}
	return NULL;
}

/* "a0 c2 | b1": backends with their ids, the draining ones behind the bar; "draining: " in front of a removed service. */
static void assert_backends(const struct running *r, const char *name, const char *expected)
{
	const struct sl_service *s = by_name(r, name);
	char text[256];
	size_t used = 0;

	if (expected == NULL) {
		assert_null(s);
		return;
	}
	assert_non_null(s);
	used += (size_t)snprintf(text, sizeof(text), "%s", s->draining ? "draining:" : "");
	for (unsigned int i = 0; i < (unsigned int)s->n_backends + s->n_draining; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%c%u", used > 0 ? " " : "",
					 i == s->n_backends ? "| " : "", 'a' + s->backends[i].ip.b[15] - 1,
					 s->backends[i].id);
	assert_string_equal(text, expected);
	assert_ptr_equal(sl_snapshot_service_by_id(r->s, s->id), s);
}

static void assert_id(const struct running *r, const char *name, uint16_t id)
{
	assert_non_null(by_name(r, name));
	assert_int_equal(by_name(r, name)->id, id);
}

static bool is_ours(const struct running *r, const char *text)
{
	struct sl_ip ip = parse_ip(text);

	return sl_snapshot_local(r->s, &ip) != NULL;
}

/* ---- ids ---- */

static void test_ids_are_stable(void **state)
{
	struct running *r = *state;

	service(r, "web", WEB, "abc");
	service(r, "dns", DNS, "a");
	reload(r);
	assert_backends(r, "web", "a0 b1 c2");
	assert_backends(r, "dns", "a3");

	/* Another order, one removed and one new: the rest keep theirs, and the id just removed is not given away at once. */
	service(r, "new", "192.0.2.12", "a");
	service(r, "dns", DNS, "a");
	service(r, "web", WEB, "cda");
	reload(r);
	assert_id(r, "web", 0);
	assert_id(r, "dns", 1);
	assert_id(r, "new", 2);
	assert_backends(r, "web", "c2 d5 a0");
	assert_backends(r, "dns", "a3");
	assert_backends(r, "new", "a4");

	/* One reload later b's id is free: lowest first. */
	service(r, "web", WEB, "cdae");
	service(r, "dns", DNS, "a");
	reload(r);
	assert_backends(r, "web", "c2 d5 a0 e1");
	assert_backends(r, "new", NULL);

	/* The same name at another address is another service. */
	service(r, "web", "192.0.2.13", "a");
	service(r, "dns", DNS, "a");
	reload(r);
	assert_id(r, "web", 2);
	assert_id(r, "dns", 1);
}

static void test_ids_of_flows_are_not_given_away(void **state)
{
	struct running *r = *state;

	/* Flows that outlived their service without a tombstone: nobody else may get their counters. */
	r->usage.service_flows[0] = 1;
	r->usage.backend_flows[1] = 1;
	service(r, "web", WEB, "ab");
	reload(r);
	assert_id(r, "web", 1);
	assert_backends(r, "web", "a0 b2");
}

static void test_ids_run_out_only_until_flows_end(void **state)
{
	struct running *r = *state;
	struct sl_problems problems;

	sl_problems_init(&problems);
	for (unsigned int i = 0; i < SL_MAX_SERVICES; i++)
		config_service(r->next, "old", WEB, (uint16_t)(i + 1), IPPROTO_TCP, "");
	reload(r);
	for (unsigned int i = 0; i < SL_MAX_SERVICES; i++)
		r->usage.service_flows[i] = i < 2;

	for (unsigned int i = 0; i < 2; i++)
		config_service(r->next, "new", WEB, (uint16_t)(i + 1), IPPROTO_UDP, "");
	assert_null(build(r->next, r->s, &r->usage, &problems));
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].where, "/services/0");
	assert_non_null(problems.list[0].remedy);
	sl_problems_fini(&problems);

	/* In two steps it works: first remove, then add. */
	r->next->config.n_services = 0;
	reload(r);
	assert_int_equal(r->s->n_services, 2);
	for (unsigned int i = 0; i < 2; i++)
		config_service(r->next, "new", WEB, (uint16_t)(i + 1), IPPROTO_UDP, "");
	reload(r);
	assert_id(r, "new", 2);
	assert_int_equal(r->s->n_services, 4);
}

/* ---- tombstones ---- */

static void test_removed_backend_drains(void **state)
{
	struct running *r = *state;

	service(r, "web", WEB, "abc");
	reload(r);
	r->usage.service_flows[0] = 7;
	r->usage.backend_flows[0] = 3;
	r->usage.backend_flows[1] = 4;

	service(r, "web", WEB, "ad"); /* b has flows, c has none */
	reload(r);
	assert_backends(r, "web", "a0 d3 | b1");
	assert_true(sl_snapshot_has_tombstones(r->s));

	service(r, "web", WEB, "a"); /* through another reload */
	reload(r);
	assert_backends(r, "web", "a0 | b1");

	service(r, "web", WEB, "ba"); /* back again: the same id */
	reload(r);
	assert_backends(r, "web", "b1 a0");
	assert_false(sl_snapshot_has_tombstones(r->s));

	service(r, "web", WEB, "a");
	reload(r);
	assert_backends(r, "web", "a0 | b1");
	r->usage.backend_flows[1] = 0;
	service(r, "web", WEB, "a");
	reload(r);
	assert_backends(r, "web", "a0");
	assert_false(sl_snapshot_has_tombstones(r->s));
}

static void test_removed_service_drains(void **state)
{
	struct running *r = *state;

	service(r, "dns", DNS, "z");
	service(r, "web", WEB, "abc");
	reload(r);
	r->usage.service_flows[1] = 5;
	r->usage.backend_flows[1] = 2;
	r->usage.backend_flows[2] = 3;
	service(r, "dns", DNS, "z");
	service(r, "web", WEB, "bc"); /* a drains first, then the whole service */
	r->next->services[1].timeout_s[SL_TIMEOUT_TCP_RESET] = 1;
	reload(r);
	assert_backends(r, "web", "b2 c3 | a1");

	service(r, "dns", DNS, "z");
	reload(r);
	assert_backends(r, "web", "draining: b2 c3 | a1");
	assert_true(sl_snapshot_has_tombstones(r->s));
	assert_true(service_at(r->s, WEB, 80, IPPROTO_TCP)->draining);
	assert_int_equal(by_name(r, "web")->timeout_ticks[SL_TIMEOUT_TCP_RESET], 954);
	assert_int_equal(by_name(r, "web")->n_snat, 1);
	assert_true(is_ours(r, WEB));

	/* Only the tombstone still needs the SNAT address and the VIP; a goes when its flows do. */
	r->usage.backend_flows[1] = 0;
	reload(r);
	assert_backends(r, "dns", NULL);
	assert_backends(r, "web", "draining: b2 c3");
	assert_true(is_ours(r, "10.1.0.3"));
	assert_true(is_ours(r, WEB));
	assert_false(is_ours(r, DNS));

	r->usage.service_flows[1] = 0;
	reload(r);
	assert_int_equal(r->s->n_services, 0);
	assert_false(sl_snapshot_has_tombstones(r->s));
	assert_false(is_ours(r, WEB));
	assert_false(is_ours(r, "10.1.0.3"));
	assert_null(service_at(r->s, WEB, 80, IPPROTO_TCP));
	assert_null(sl_snapshot_service_by_id(r->s, 1));
}

static void test_removed_service_comes_back(void **state)
{
	struct running *r = *state;

	service(r, "web", WEB, "ab");
	reload(r);
	r->usage.service_flows[0] = 1;
	r->usage.backend_flows[1] = 1;
	reload(r);
	assert_backends(r, "web", "draining: a0 b1");
	service(r, "web", WEB, "ca");
	reload(r);
	assert_id(r, "web", 0);
	assert_backends(r, "web", "c2 a0 | b1");
	assert_int_equal(r->s->n_services, 1);
}

static void test_successor_takes_the_address(void **state)
{
	struct running *r = *state;

	service(r, "web", WEB, "a");
	reload(r);
	r->usage.service_flows[0] = 1;
	r->usage.backend_flows[0] = 1;
	service(r, "shop", WEB, "a");
	reload(r);
	assert_string_equal(service_at(r->s, WEB, 80, IPPROTO_TCP)->name, "shop");
	assert_id(r, "shop", 1);
	assert_backends(r, "shop", "a1");
	assert_backends(r, "web", "draining: a0");

	/* Removed as well: two tombstones of one address, either may be found, both by id. */
	r->usage.service_flows[1] = 1;
	r->usage.backend_flows[1] = 1;
	reload(r);
	assert_backends(r, "web", "draining: a0");
	assert_backends(r, "shop", "draining: a1");
	assert_true(service_at(r->s, WEB, 80, IPPROTO_TCP)->draining);
}

static void test_without_usage_nothing_stays(void **state)
{
	struct running *r = *state;

	service(r, "web", WEB, "ab");
	service(r, "dns", DNS, "a");
	reload_with(r, NULL);
	service(r, "web", WEB, "a");
	reload_with(r, NULL);
	assert_backends(r, "web", "a0");
	assert_backends(r, "dns", NULL);
	assert_false(sl_snapshot_has_tombstones(r->s));
}

/* ---- interfaces ---- */

static void test_interface_ids(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 9, 9 };
	struct running *r = *state;

	config_interface(r->next, "a", "net_a", 0, "10.1.0.1/24");
	config_interface(r->next, "b", "net_b", 1, "10.2.0.1/24");
	config_interface(r->next, "c", "net_b", 2, "10.3.0.1/24");
	reload(r);

	/* a is gone: an empty slot, the others stay. */
	config_interface(r->next, "c", "net_b", 2, "10.3.0.1/24");
	config_interface(r->next, "b", "net_b", 1, "10.2.0.1/24");
	config_neighbour(r->next, 0, "10.3.0.9", mac);
	reload(r);
	assert_int_equal(r->s->n_interfaces, 3);
	assert_string_equal(r->s->interfaces[0].name, "");
	assert_string_equal(r->s->interfaces[1].name, "b");
	assert_string_equal(r->s->interfaces[2].name, "c");
	assert_int_equal(sl_snapshot_interface(r->s, 0, 0), SL_ID_NONE);
	assert_int_equal(sl_snapshot_interface(r->s, 1, 2), 2);
	assert_int_equal(r->s->neighbours[0].interface, 2);
	assert_route(r->s, "10.3.0.7", "", 2);
	assert_route(r->s, "10.1.0.7", NULL, 0);
	assert_false(is_ours(r, "10.1.0.1"));

	/*
	 * New ones take slots that were free before, lowest first: workers may still send by what they know of the interface
	 * that has just gone. The same name on another VLAN is new as well.
	 */
	config_interface(r->next, "b", "net_b", 9, "10.2.0.1/24");
	config_interface(r->next, "d", "net_c", 0, "10.4.0.1/24");
	config_interface(r->next, "c", "net_b", 2, "10.3.0.1/24");
	reload(r);
	assert_int_equal(r->s->n_interfaces, 4);
	assert_string_equal(r->s->interfaces[0].name, "b");
	assert_int_equal(r->s->interfaces[0].vlan, 9);
	assert_string_equal(r->s->interfaces[1].name, "");
	assert_string_equal(r->s->interfaces[2].name, "c");
	assert_string_equal(r->s->interfaces[3].name, "d");
}

/* As many new interfaces as there are ids: then they have to be taken over at once. */
static void test_all_interfaces_change(void **state)
{
	struct running *r = *state;

	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < SL_MAX_INTERFACES; i++) {
			char name[SL_IFNAME_MAX], address[SL_IP_STRLEN];
			snprintf(name, sizeof(name), "v%u", 1 + i + round * SL_MAX_INTERFACES);
			snprintf(address, sizeof(address), "10.%u.%u.1/24", round, i);
			config_interface(r->next, name, "net_b", (uint16_t)(1 + i + round * SL_MAX_INTERFACES), address);
		}
		reload(r);
		assert_int_equal(r->s->n_interfaces, SL_MAX_INTERFACES);
		assert_int_equal(r->s->interfaces[sl_snapshot_interface(r->s, 1, (uint16_t)(256 * (round + 1)))].vlan,
				 256 * (round + 1));
	}
}

/* ---- route epoch ---- */

static void base(struct config_builder *c)
{
	config_interface(c, "wan", "net_a", 0, "192.0.2.2/24");
	config_gateway(c, "192.0.2.1");
	config_interface(c, "lan", "net_c", 5, "10.1.0.2/16 fd00::2/64");
	config_route(c, "10.8.0.0/16", "10.1.0.1");
	config_route(c, "10.9.0.0/16", "10.1.0.1");
	config_service(c, "web", WEB, 80, IPPROTO_TCP, "10.1.0.3");
	config_backend(c, "10.1.1.1", 80, 1);
}

static void nothing(struct config_builder *c)
{
}

static void other_backend(struct config_builder *c)
{
	config_backend(c, "10.1.1.2", 80, 1);
}

static void other_service(struct config_builder *c)
{
	c->config.n_services = 0;
}

static void other_order_of_routes(struct config_builder *c)
{
	c->config.n_routes = 0;
	config_route(c, "10.9.0.0/16", "10.1.0.1");
	config_route(c, "10.8.0.0/16", "10.1.0.1");
}

static void other_order_of_interfaces(struct config_builder *c)
{
	struct sl_config_interface wan = c->interfaces[0];
	c->interfaces[0] = c->interfaces[1];
	c->interfaces[1] = wan;
}

static void other_mtu(struct config_builder *c)
{
	c->interfaces[1].mtu = 1400;
}

static void other_name(struct config_builder *c)
{
	snprintf(c->interfaces[0].name, sizeof(c->interfaces[0].name), "wide");
}

static void other_vlan(struct config_builder *c)
{
	c->interfaces[1].vlan = 6;
}

static void other_port(struct config_builder *c)
{
	snprintf(c->interfaces[0].device, sizeof(c->interfaces[0].device), "net_b");
}

static void other_address(struct config_builder *c)
{
	c->addresses[0][0].ip = parse_ip("192.0.2.4");
}

static void other_length(struct config_builder *c)
{
	c->addresses[1][0].len++;
}

static void other_gateway(struct config_builder *c)
{
	c->gateways[0][0] = parse_ip("192.0.2.9");
}

static void no_gateway(struct config_builder *c)
{
	c->interfaces[0].n_gateways = 0;
}

static void other_via(struct config_builder *c)
{
	c->routes[1].via = parse_ip("10.1.0.9");
}

static void other_prefix(struct config_builder *c)
{
	c->routes[1].prefix.len++;
}

static void more_routes(struct config_builder *c)
{
	config_route(c, "10.10.0.0/16", "10.1.0.1");
}

static void more_interfaces(struct config_builder *c)
{
	config_interface(c, "x", "net_b", 3, "");
}

static void fewer_interfaces(struct config_builder *c)
{
	c->config.n_interfaces--;
	c->config.n_routes = 0;
}

static void test_route_epoch(void **state)
{
	static const struct {
		void (*change)(struct config_builder *c);
		bool differs;
	} cases[] = {
		{ nothing, false },	      { other_backend, false },	   { other_service, false },
		{ other_order_of_routes, false }, { other_order_of_interfaces, false },
		{ other_mtu, true },	      { other_name, true },	   { other_vlan, true },
		{ other_port, true },	      { other_address, true },	   { other_length, true },
		{ other_gateway, true },      { no_gateway, true },	   { other_via, true },
		{ other_prefix, true },	      { more_routes, true },	   { more_interfaces, true },
		{ fewer_interfaces, true },
	};
	struct running *r = *state;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		base(r->next);
		reload(r);
		uint16_t before = r->s->route_epoch;
		base(r->next);
		cases[i].change(r->next);
		reload(r);
		assert_int_equal(r->s->route_epoch, cases[i].differs ? before + 1 : before);
	}
}

static void test_route_epoch_is_never_zero(void **state)
{
	struct running *r = *state;

	base(r->next);
	reload(r);
	r->s->route_epoch = UINT16_MAX;
	base(r->next);
	reload(r);
	assert_int_equal(r->s->route_epoch, UINT16_MAX);
	reload(r); /* nothing configured any more */
	assert_int_equal(r->s->route_epoch, 1);
}

/* A refused reload leaves what runs as it is. */
static void test_previous_is_not_touched(void **state)
{
	struct running *r = *state;
	struct sl_problems problems;

	base(r->next);
	reload(r);
	sl_problems_init(&problems);
	base(r->next);
	config_route(r->next, "10.77.0.0/16", "203.0.113.1");
	assert_null(build(r->next, r->s, &r->usage, &problems));
	sl_problems_fini(&problems);
	assert_route(r->s, "10.8.0.1", "10.1.0.1", 1);
	assert_route(r->s, "10.77.0.1", "192.0.2.1", 0);
	assert_backends(r, "web", "a0");
	assert_int_equal(r->s->generation, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ids_are_stable),
		TEST(test_ids_of_flows_are_not_given_away),
		TEST(test_ids_run_out_only_until_flows_end),
		TEST(test_removed_backend_drains),
		TEST(test_removed_service_drains),
		TEST(test_removed_service_comes_back),
		TEST(test_successor_takes_the_address),
		TEST(test_without_usage_nothing_stays),
		TEST(test_interface_ids),
		TEST(test_all_interfaces_change),
		TEST(test_route_epoch),
		TEST(test_route_epoch_is_never_zero),
		TEST(test_previous_is_not_touched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
