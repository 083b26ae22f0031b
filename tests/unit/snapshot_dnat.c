/* SPDX-License-Identifier: BSD-3-Clause */
/* Which dnat service a backend's packets belong to, in a new snapshot and across reloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "../support/config_builder.h"
#include "../support/snapshot_checks.h"

static void dnat_service(struct config_builder *c, const char *name, const char *vip, uint8_t proto)
{
	config_service(c, name, vip, 80, proto, "")->mode = SL_MODE_DNAT;
}

static struct config_builder *interfaces(void)
{
	struct config_builder *c = config_new();

	config_interface(c, "wan", "net_a", 0, "192.0.2.2/24 2001:db8::2/64");
	config_interface(c, "lan", "net_b", 0, "10.1.0.2/16 fd00:1::2/64");
	return c;
}

static const char *owner(const struct sl_snapshot *s, const char *backend, uint16_t port, uint8_t proto)
{
	struct sl_ip ip = parse_ip(backend);
	const struct sl_service *service = sl_snapshot_dnat(s, &ip, rte_cpu_to_be_16(port), proto);

	return service == NULL ? "none" : service->name;
}

static void test_lookup(void **state)
{
	struct config_builder *c = interfaces();

	config_service(c, "full", "192.0.2.9", 80, IPPROTO_TCP, "10.1.0.3");
	config_backend(c, "10.1.1.9", 80, 1);
	dnat_service(c, "web", "192.0.2.10", IPPROTO_TCP);
	config_backend(c, "10.1.1.1", 8080, 1);
	config_backend(c, "10.1.1.1", 8081, 0);
	dnat_service(c, "dns", "192.0.2.10", IPPROTO_UDP);
	config_backend(c, "10.1.1.1", 8080, 1);
	dnat_service(c, "web6", "2001:db8::10", IPPROTO_TCP);
	config_backend(c, "fd00:1::11", 8080, 1);
	struct sl_snapshot *s = must_build(c, NULL, NULL);

	assert_string_equal(owner(s, "10.1.1.1", 8080, IPPROTO_TCP), "web");
	assert_string_equal(owner(s, "10.1.1.1", 8081, IPPROTO_TCP), "web");
	assert_string_equal(owner(s, "10.1.1.1", 8080, IPPROTO_UDP), "dns");
	assert_string_equal(owner(s, "fd00:1::11", 8080, IPPROTO_TCP), "web6");
	assert_string_equal(owner(s, "10.1.1.1", 0, IPPROTO_UDP), "dns");
	assert_string_equal(owner(s, "10.1.1.1", 8082, IPPROTO_TCP), "none");
	assert_string_equal(owner(s, "10.1.1.1", 8081, IPPROTO_UDP), "none");
	assert_string_equal(owner(s, "10.1.1.1", 0, IPPROTO_ICMP), "none");
	assert_string_equal(owner(s, "10.1.1.9", 80, IPPROTO_TCP), "none");
	assert_string_equal(owner(s, "192.0.2.10", 80, IPPROTO_TCP), "none");
	sl_snapshot_destroy(s);
	config_free(c);
}

static void test_none(void **state)
{
	struct config_builder *c = interfaces();

	config_service(c, "full", "192.0.2.9", 80, IPPROTO_TCP, "10.1.0.3");
	config_backend(c, "10.1.1.9", 80, 1);
	struct sl_snapshot *s = must_build(c, NULL, NULL);
	assert_null(s->dnat_slots);
	assert_string_equal(owner(s, "10.1.1.9", 80, IPPROTO_TCP), "none");
	sl_snapshot_destroy(s);
	config_free(c);
}

/* A service turns to full-nat: another one by its id, and the old one drains, backends included, until its flows are gone. */
static void test_mode_changes(void **state)
{
	static struct sl_usage usage, nothing;
	struct config_builder *c = interfaces();

	dnat_service(c, "web", "192.0.2.10", IPPROTO_TCP);
	config_backend(c, "10.1.1.1", 8080, 1);
	struct sl_snapshot *first = must_build(c, NULL, NULL);
	config_free(c);
	usage.service_flows[first->services[0].id] = usage.backend_flows[first->services[0].backends[0].id] = 1;

	c = interfaces();
	config_service(c, "web", "192.0.2.10", 80, IPPROTO_TCP, "10.1.0.3");
	config_backend(c, "10.1.1.1", 8080, 1);
	struct sl_snapshot *second = must_build(c, first, &usage);
	assert_int_equal(second->n_services, 2);
	assert_int_not_equal(second->services[0].id, first->services[0].id);
	assert_int_equal(second->services[1].id, first->services[0].id);
	assert_true(second->services[1].draining);
	assert_ptr_equal(service_at(second, "192.0.2.10", 80, IPPROTO_TCP), &second->services[0]);
	assert_string_equal(owner(second, "10.1.1.1", 8080, IPPROTO_TCP), "web");

	struct sl_snapshot *third = must_build(c, second, &nothing);
	assert_string_equal(owner(third, "10.1.1.1", 8080, IPPROTO_TCP), "none");
	sl_snapshot_destroy(first);
	sl_snapshot_destroy(second);
	sl_snapshot_destroy(third);
	config_free(c);
}

/* A backend goes from one service to another: new packets are the new one's. */
static void test_backend_moves(void **state)
{
	static struct sl_usage usage;
	struct config_builder *c = interfaces();

	dnat_service(c, "a", "192.0.2.10", IPPROTO_TCP);
	config_backend(c, "10.1.1.1", 8080, 1);
	config_backend(c, "10.1.1.2", 8080, 1);
	struct sl_snapshot *first = must_build(c, NULL, NULL);
	config_free(c);
	usage.service_flows[first->services[0].id] = 2;
	for (unsigned int i = 0; i < 2; i++)
		usage.backend_flows[first->services[0].backends[i].id] = 1;

	c = interfaces();
	dnat_service(c, "b", "192.0.2.11", IPPROTO_TCP);
	config_backend(c, "10.1.1.1", 8080, 1);
	struct sl_snapshot *second = must_build(c, first, &usage);
	assert_string_equal(owner(second, "10.1.1.1", 8080, IPPROTO_TCP), "b");
	assert_string_equal(owner(second, "10.1.1.2", 8080, IPPROTO_TCP), "a");
	sl_snapshot_destroy(first);
	sl_snapshot_destroy(second);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_mode_changes),
		cmocka_unit_test(test_backend_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
