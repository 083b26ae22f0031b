/* SPDX-License-Identifier: BSD-3-Clause */
/* Telemetry's lists at the largest configuration: every entry is on exactly one page, and every page fits. */
#include "telemetry_fixture.h"

#define FLOWS 90 /* more than a chunk of a worker's answer */

/* Follow next to the end; the number of entries, and in *pages of replies. */
static unsigned int page_through(const char *command, const char *list, unsigned int *pages)
{
	char line[256];
	unsigned int n = 0;
	char next[64] = "";

	*pages = 0;
	do {
		snprintf(line, sizeof(line), "%s%s", command, next);
		json_t *reply = ask(line);
		const json_t *entries = json_object_get(reply, list);
		n += (unsigned int)(json_is_array(entries) ? json_array_size(entries) : json_object_size(entries));
		snprintf(next, sizeof(next), "%s", text(reply, "next"));
		json_decref(reply);
		assert_true(++*pages < 1000);
	} while (next[0] != '\0');
	return n;
}

static void test_largest_configuration(void **state)
{
	unsigned int pages;

	free_services();
	make_services(SL_MAX_SERVICES, SL_MAX_BACKENDS / SL_MAX_SERVICES);
	for (unsigned int w = 0; w < 2; w++) {
		memset(t.shared.workers[w]->service, 0x01, sizeof(t.shared.workers[w]->service));
		memset(t.shared.workers[w]->backend, 0x01, sizeof(t.shared.workers[w]->backend));
	}
	assert_int_equal(page_through("/sluice/services,", "services", &pages), SL_MAX_SERVICES);
	assert_in_range(pages, 4, 8);
	assert_int_equal(page_through("/sluice/backends,,", "backends", &pages), SL_MAX_BACKENDS);
	assert_in_range(pages, 80, 300);
	assert_int_equal(page_through("/sluice/flows,", "services", &pages), SL_MAX_SERVICES);

	json_t *reply = ask("/sluice/backends,,4095");
	assert_string_equal(text(row(reply, "backends", 0), "address"), "10.0.15.255");
	json_decref(reply);
	reply = ask("/sluice/backends,,4096");
	assert_int_equal(json_object_size(json_object_get(reply, "backends")), 0);
	assert_string_equal(text(reply, "next"), "");
	json_decref(reply);
	reply = ask("/sluice/services,4294967295");
	assert_string_equal(text(reply, "next"), "");
	json_decref(reply);
	for (unsigned int w = 0; w < 2; w++) {
		memset(t.shared.workers[w]->service, 0, sizeof(t.shared.workers[w]->service));
		memset(t.shared.workers[w]->backend, 0, sizeof(t.shared.workers[w]->backend));
	}
	free_services();
	make_services(2, 2);
}

static void test_many_neighbours(void **state)
{
	unsigned int pages;
	char address[32];

	t.neighbours.capacity = 2048;
	for (unsigned int i = 0; i < 1500; i++) {
		snprintf(address, sizeof(address), "10.%u.%u.1", i / 256, i % 256);
		add_neighbour(address, i % 2 == 0 ? SL_NEIGHBOUR_REACHABLE : SL_NEIGHBOUR_FAILED);
	}
	assert_int_equal(page_through("/sluice/neighbours,", "neighbours", &pages), 1500);
	assert_true(pages > 10);
}

/* Every flow exactly once, whatever the limit. */
static void test_flow_list(void **state)
{
	static const unsigned int limits[] = { 1, 7, 32, 63, 64 };

	fake.flows[0] = FLOWS;
	fake.flows[1] = SL_QUERY_ROWS;
	for (unsigned int l = 0; l < RTE_DIM(limits); l++) {
		bool seen[2][FLOWS] = { 0 };
		char line[128], next[64] = "0:0:0";
		while (next[0] != '\0') {
			snprintf(line, sizeof(line), "/sluice/flow_list,limit=%u,cursor=%s", limits[l], next);
			json_t *reply = ask(line);
			unsigned int n = (unsigned int)json_object_size(json_object_get(reply, "flows"));
			assert_true(n <= limits[l]);
			for (unsigned int i = 0; i < n; i++) {
				struct sl_ip client = ip(text(row(reply, "flows", i), "client"));
				uint32_t id = rte_be_to_cpu_32(client.w_be[3]);
				assert_false(seen[id >> 16][id & 0xffff]);
				seen[id >> 16][id & 0xffff] = true;
				assert_string_equal(text(row(reply, "flows", i), "state"), "established");
				assert_string_equal(text(row(reply, "flows", i), "service"),
						    t.snapshot.services[1].name);
			}
			snprintf(next, sizeof(next), "%s", text(reply, "next"));
			json_decref(reply);
		}
		for (unsigned int i = 0; i < FLOWS; i++)
			assert_true(seen[0][i] && (i >= SL_QUERY_ROWS || seen[1][i]));
	}
	json_t *reply = ask("/sluice/flow_list,cursor=2:0:0");
	assert_string_equal(text(reply, "next"), "");
	json_decref(reply);
}

/* An interface was removed: its id has none now, which is not shown as one without a name. */
static void test_removed_interface(void **state)
{
	struct sl_interface three[3] = { 0 }, *one = t.snapshot.interfaces;

	three[0] = *one;
	snprintf(three[2].name, sizeof(three[2].name), "lan");
	t.snapshot.interfaces = three;
	t.snapshot.n_interfaces = 3;
	json_t *reply = ask("/sluice/interfaces");
	const json_t *names = json_object_get(reply, "interfaces");
	assert_int_equal(json_array_size(names), 2);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "wan");
	assert_string_equal(json_string_value(json_array_get(names, 1)), "lan");
	json_decref(reply);
	reply = ask("/sluice/interface,");
	assert_true(json_is_null(reply));
	json_decref(reply);
	t.snapshot.interfaces = one;
	t.snapshot.n_interfaces = 1;
}

/* A removed service whose name another one has now: both are listed, can be asked, and tell their flows. */
static void test_removed_service(void **state)
{
	struct sl_service *removed = &t.snapshot.services[0], *here = &t.snapshot.services[1];
	char own_name[SL_NAME_MAX], was[SL_NAME_MAX + 8], line[256];

	snprintf(own_name, sizeof(own_name), "%s", removed->name);
	memcpy(removed->name, here->name, sizeof(removed->name));
	removed->draining = true;
	snprintf(was, sizeof(was), "%s#0", here->name);
	json_t *reply = ask("/sluice/services");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "services"), 0)), was);
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply, "services"), 1)), here->name);
	json_decref(reply);
	reply = ask("/sluice/flows");
	assert_string_equal(text(row(reply, "services", 0), "name"), was);
	json_decref(reply);
	for (unsigned int id = 0; id < 2; id++) {
		reply = ask_with("/sluice/service", id == 0 ? was : here->name);
		assert_int_equal(number(reply, "id"), id);
		assert_string_equal(text(reply, "name"), id == 0 ? was : here->name);
		assert_string_equal(text(reply, "state"), id == 0 ? "draining" : "active");
		json_decref(reply);
		reply = ask_with("/sluice/backends", id == 0 ? was : here->name);
		assert_int_equal(number(row(reply, "backends", 0), "id"), id * 2);
		assert_string_equal(text(row(reply, "backends", 0), "service"), id == 0 ? was : here->name);
		json_decref(reply);
		snprintf(line, sizeof(line), "service=%s", id == 0 ? was : here->name);
		json_decref(ask_with("/sluice/flow_list", line));
		assert_true(sl_flow_set_has(fake.filter.services, 0));
		assert_int_equal(sl_flow_set_has(fake.filter.services, 1), id == 1);
	}
	snprintf(line, sizeof(line), "%s#7", here->name);
	reply = ask_with("/sluice/service", line);
	assert_true(json_is_null(reply));
	json_decref(reply);
	removed->draining = false;
	memcpy(removed->name, own_name, sizeof(own_name));
}

static void test_flow_filter(void **state)
{
	char line[256];

	snprintf(line, sizeof(line), "/sluice/flow_list,service=%s,client=2001:db8::5,protocol=udp",
		 t.snapshot.services[1].name);
	json_t *reply = ask(line);
	assert_true(json_is_object(reply));
	json_decref(reply);
	assert_true(fake.filter.by_service && fake.filter.by_client && fake.filter.by_proto && !fake.filter.by_backend);
	assert_true(sl_flow_set_has(fake.filter.services, 1) && !sl_flow_set_has(fake.filter.services, 0));
	assert_int_equal(fake.filter.proto, IPPROTO_UDP);
	assert_true(sl_ip_equal(&fake.filter.client, (struct sl_ip[]){ ip("2001:db8::5") }));

	fake.stuck = true;
	reply = ask("/sluice/flow_list");
	assert_true(json_is_null(reply));
	json_decref(reply);
	fake.stuck = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest_configuration),
		cmocka_unit_test(test_many_neighbours),
		cmocka_unit_test(test_flow_list),
		cmocka_unit_test(test_removed_interface),
		cmocka_unit_test(test_removed_service),
		cmocka_unit_test(test_flow_filter),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
