/* SPDX-License-Identifier: BSD-3-Clause */
/* What a good configuration becomes: defaults, values, examples, documents; and what a reload may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "sluice/config/config.h"
#include "sluice/config/reference.h"

#define WAN "{\"name\":\"wan\",\"device\":\"net_null0\",\"addresses\":[\"192.0.2.2/24\"]}"

/* The problems as text; frees them. */
static char *printed(struct sl_problems *problems)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	sl_problems_print(problems, out);
	fclose(out);
	sl_problems_fini(problems);
	return text;
}

static struct sl_config *accepted(const char *text)
{
	struct sl_problems problems;

	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse(text, strlen(text), &problems);
	char *messages = printed(&problems);
	assert_string_equal(messages, "");
	assert_non_null(config);
	free(messages);
	return config;
}

static struct sl_config *accepted_file(const char *path)
{
	struct sl_problems problems;

	sl_problems_init(&problems);
	struct sl_config *config = sl_config_load(path, &problems);
	char *messages = printed(&problems);
	assert_string_equal(messages, "");
	assert_non_null(config);
	free(messages);
	return config;
}

static void assert_ip(const struct sl_ip *ip, const char *expected)
{
	char text[SL_IP_STRLEN];

	assert_string_equal(sl_ip_format(ip, text), expected);
}

static void assert_prefix(const struct sl_prefix *prefix, const char *expected)
{
	char text[SL_IP_STRLEN];

	assert_string_equal(sl_prefix_format(prefix, text), expected);
}

static void defaults_are_filled_in(void **state)
{
	struct sl_config *c = accepted("{\"version\":1,\"interfaces\":[" WAN "],"
		"\"devices\":[{\"device\":\"net_null0\"}],"
				     "\"services\":[{\"name\":\"a\",\"address\":\"192.0.2.9\",\"port\":1,"
				     "\"protocol\":\"udp\","
				     "\"snat\":[\"192.0.2.2\"],\"backends\":[{\"address\":\"192.0.2.8\","
				     "\"port\":2}]}]}");

	assert_null(c->dpdk.lcores);
	assert_int_equal(c->dpdk.memory_mb, 0);
	assert_int_equal(c->dpdk.n_vdevs, 0);
	assert_true(c->dpdk.hugepages);
	assert_false(c->dpdk.in_memory);
	assert_string_equal(c->dpdk.file_prefix, "sluice");
	assert_int_equal(c->workers, 1);
	assert_int_equal(c->max_flows, 65536);
	assert_int_equal(c->max_neighbours, 4096);
	assert_int_equal(c->idle, SL_IDLE_SLEEP);
	assert_int_equal(c->idle_sleep_us, 500);
	assert_int_equal(c->icmp_errors_pps, 1000);
	assert_int_equal(c->unused_ports, SL_UNUSED_PORTS_REJECT);
	assert_int_equal(c->timeout_s[SL_TIMEOUT_TCP_ESTABLISHED], 7440);
	assert_int_equal(c->devices[0].rx_queues, 0);
	assert_int_equal(c->devices[0].descriptors, 0);
	assert_int_equal(c->devices[0].mtu, 0);
	assert_int_equal(c->interfaces[0].vlan, 0);
	assert_int_equal(c->interfaces[0].mtu, 0);
	assert_int_equal(c->interfaces[0].n_gateways, 0);
	assert_int_equal(c->forwarding, SL_FORWARDING_DROP);
	assert_int_equal(c->services[0].mode, SL_MODE_FULL_NAT);
	assert_int_equal(c->services[0].scheduler, SL_SCHEDULER_WEIGHTED_ROUND_ROBIN);
	assert_int_equal(c->services[0].backends[0].weight, 1);
	assert_int_equal(c->services[0].proxy_protocol, SL_PROXY_PROTOCOL_OFF);
	assert_false(c->services[0].tcp_pickup);
	assert_int_equal(c->services[0].udp_kind, SL_UDP_BIDIRECTIONAL);
	assert_int_equal(c->services[0].on_exhaustion, SL_EXHAUSTION_DROP);
	for (unsigned int t = 0; t < SL_TIMEOUT_MAX; t++)
		assert_int_equal(c->services[0].timeout_s[t], c->timeout_s[t]);
	sl_config_destroy(c);
}

static void every_value_arrives(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 1, 9 };
	struct sl_config *c = accepted_file("config/examples/full.json");

	assert_string_equal(c->dpdk.lcores, "0@0,1@1,2@2");
	assert_int_equal(c->dpdk.memory_mb, 1024);
	assert_int_equal(c->dpdk.n_vdevs, 1);
	assert_string_equal(c->dpdk.vdevs[0], "net_af_packet0,iface=wan0");
	assert_int_equal(c->dpdk.n_eal_args, 1);
	assert_string_equal(c->dpdk.eal_args[0], "--log-level=lib.eal:notice");
	assert_int_equal(c->workers, 2);
	assert_int_equal(c->max_flows, 1000000);
	assert_int_equal(c->unused_ports, SL_UNUSED_PORTS_DROP);
	assert_int_equal(c->devices[0].rx_queues, 2);
	assert_int_equal(c->devices[0].mtu, 9000);
	assert_int_equal(c->n_interfaces, 2);
	assert_string_equal(c->interfaces[1].name, "lan");
	assert_string_equal(c->interfaces[1].device, "0000:01:00.0");
	assert_int_equal(c->interfaces[1].vlan, 100);
	assert_int_equal(c->interfaces[1].mtu, 1500);
	assert_prefix(&c->interfaces[1].addresses[1], "2001:db8:1::2/64");
	assert_ip(&c->interfaces[0].gateways[1], "2001:db8::1");
	assert_int_equal(c->n_routes, 2);
	assert_prefix(&c->routes[0].prefix, "10.9.0.0/16");
	assert_ip(&c->routes[0].via, "10.1.0.1");
	assert_int_equal(c->neighbours[0].interface, 1);
	assert_ip(&c->neighbours[0].address, "10.1.1.9");
	assert_memory_equal(c->neighbours[0].mac, mac, 6);
	assert_int_equal(c->n_services, 3);
	assert_int_equal(c->services[0].mss_clamp, 1400);
	assert_int_equal(c->services[1].mss_clamp, 0);
	assert_int_equal(c->services[2].mode, SL_MODE_DNAT);
	assert_string_equal(c->services[0].name, "web");
	assert_ip(&c->services[0].address, "192.0.2.10");
	assert_int_equal(c->services[0].port, 80);
	assert_int_equal(c->services[0].protocol, IPPROTO_TCP);
	assert_int_equal(c->services[0].n_snat, 2);
	assert_ip(&c->services[0].snat[1], "10.1.0.4");
	assert_int_equal(c->max_affinities, 100000);
	assert_string_equal(c->hash_seed, "a text that only our gateways know");
	assert_int_equal(c->services[0].slow_start_s, 30);
	assert_int_equal(c->services[0].affinity, SL_AFFINITY_SOURCE);
	assert_int_equal(c->services[0].affinity_timeout_s, 600);
	assert_int_equal(c->services[0].affinity_prefix_v4, 24);
	assert_int_equal(c->services[0].affinity_prefix_v6, 56);
	assert_true(c->services[0].backends[1].backup && !c->services[0].backends[0].backup);
	assert_int_equal(c->services[2].scheduler, SL_SCHEDULER_MAGLEV);
	assert_int_equal(c->services[2].table_size, 16381);
	assert_int_equal(c->services[0].n_backends, 3);
	assert_int_equal(c->services[0].backends[0].weight, 2);
	assert_int_equal(c->services[0].backends[2].weight, 0);
	assert_int_equal(c->services[0].timeout_s[SL_TIMEOUT_TCP_OPENING], 30);
	assert_int_equal(c->services[0].timeout_s[SL_TIMEOUT_UDP_BIDIRECTIONAL], 120);
	assert_int_equal(c->services[0].proxy_protocol, SL_PROXY_PROTOCOL_V2);
	assert_true(c->services[0].tcp_pickup);
	assert_int_equal(c->services[0].on_exhaustion, SL_EXHAUSTION_RESET);
	assert_int_equal(c->services[0].udp_kind, SL_UDP_BIDIRECTIONAL);
	assert_int_equal(c->services[0].udp_replies, 1);
	assert_int_equal(c->services[1].protocol, IPPROTO_UDP);
	assert_int_equal(c->services[1].udp_kind, SL_UDP_REQUEST_RESPONSE);
	assert_int_equal(c->services[1].udp_replies, 2);
	assert_int_equal(c->services[1].on_exhaustion, SL_EXHAUSTION_DROP);
	assert_int_equal(c->services[1].scheduler, SL_SCHEDULER_ROUND_ROBIN);
	assert_ip(&c->services[1].backends[0].address, "2001:db8:9::53");
	sl_config_destroy(c);
}

static void services_inherit_timeouts_one_by_one(void **state)
{
	struct sl_config *c = accepted_file("config/examples/dns.json");

	assert_int_equal(c->services[0].timeout_s[SL_TIMEOUT_UDP_ONE_WAY], 5);
	assert_int_equal(c->services[1].timeout_s[SL_TIMEOUT_TCP_TIME_WAIT], 30);
	assert_int_equal(c->services[1].timeout_s[SL_TIMEOUT_TCP_CLOSING], 240);
	assert_int_equal(c->services[1].timeout_s[SL_TIMEOUT_UDP_ONE_WAY], 5);
	sl_config_destroy(c);
}

static void pairs_are_ports_without_layer_3(void **state)
{
	const char *names[SL_MAX_PORTS];
	struct sl_config *c = accepted("{\"version\":1,\"devices\":[{\"device\":\"net_null3\",\"mtu\":9000}],"
		"\"forwarding\":"
				     "{\"pairs\":[[\"net_null0\",\"net_null1\"],[\"net_null2\",\"net_null3\"]]}}");

	assert_int_equal(c->forwarding, SL_FORWARDING_PAIRS);
	assert_int_equal(c->n_pairs, 2);
	assert_string_equal(c->pairs[1][0], "net_null2");
	assert_string_equal(c->pairs[1][1], "net_null3");
	assert_int_equal(sl_config_device_names(c, names), 4);
	assert_string_equal(names[0], "net_null3");
	assert_string_equal(names[1], "net_null0");
	assert_string_equal(names[3], "net_null2");
	assert_int_equal(sl_config_device_find(c, "net_null3")->mtu, 9000);
	assert_null(sl_config_device_find(c, "net_null0"));
	sl_config_destroy(c);
}

static void what_looks_odd_but_is_right_is_accepted(void **state)
{
	static const char *const texts[] = {
		/* a service on an interface's own address, which is also its snat; two ports, two protocols */
		"{\"version\":1,\"interfaces\":[" WAN "],\"services\":["
		"{\"name\":\"a\",\"address\":\"192.0.2.9\",\"port\":53,\"protocol\":\"udp\","
		"\"snat\":[\"192.0.2.2\"],\"backends\":"
		"[{\"address\":\"192.0.2.8\",\"port\":53},{\"address\":\"192.0.2.8\",\"port\":54}]},"
		"{\"name\":\"b\",\"address\":\"192.0.2.9\",\"port\":53,\"protocol\":\"tcp\","
		"\"snat\":[\"192.0.2.2\"],\"backends\":"
		"[{\"address\":\"192.0.2.8\",\"port\":53,\"weight\":0},{\"address\":\"192.0.2.7\",\"port\":53}]}]}",
		/* a /31: no network and broadcast address (RFC 3021) */
		"{\"version\":1,\"interfaces\":[{\"name\":\"a\",\"device\":\"net_null0\","
		"\"addresses\":[\"192.0.2.0/31\"],"
		"\"gateways\":[\"192.0.2.1\"]}]}",
		/* two addresses of one prefix, and a link-local gateway */
		"{\"version\":1,\"interfaces\":[{\"name\":\"a\",\"device\":\"net_null0\","
		"\"addresses\":[\"192.0.2.2/24\","
		"\"192.0.2.3/24\",\"2001:db8::2/64\"],\"gateways\":[\"fe80::1\"]}]}",
		/* VLANs and untagged frames of one device */
		"{\"version\":1,\"interfaces\":[" WAN ",{\"name\":\"v\",\"device\":\"net_null0\",\"vlan\":1,"
		"\"addresses\":"
		"[\"10.0.0.1/8\"]},{\"name\":\"w\",\"device\":\"net_null0\",\"vlan\":4094,"
		"\"addresses\":[\"11.0.0.1/8\"]}]}",
		/* default routes of both families by `routes`, and a more specific one inside an interface's prefix */
		"{\"version\":1,\"interfaces\":[{\"name\":\"a\",\"device\":\"net_null0\","
		"\"addresses\":[\"192.0.2.2/24\","
		"\"2001:db8::2/64\"]}],\"routes\":[{\"prefix\":\"0.0.0.0/0\",\"via\":\"192.0.2.1\"},"
		"{\"prefix\":\"::/0\",\"via\":"
		"\"2001:db8::1\"},{\"prefix\":\"192.0.2.128/25\",\"via\":\"192.0.2.5\"}]}",
		/* only devices: received packets are counted and dropped */
		"{\"version\":1,\"devices\":[{\"device\":\"net_null0\"}]}",
	};

	for (size_t i = 0; i < RTE_DIM(texts); i++)
		sl_config_destroy(accepted(texts[i]));
}

static void text_need_not_end_with_zero(void **state)
{
	static const char text[] = "{\"version\":1,\"interfaces\":[" WAN "]}";
	struct sl_problems problems;
	char *copy = malloc(sizeof(text) - 1);

	memcpy(copy, text, sizeof(text) - 1);
	sl_problems_init(&problems);
	struct sl_config *c = sl_config_parse(copy, sizeof(text) - 1, &problems);
	assert_non_null(c);
	sl_config_destroy(c);
	assert_null(sl_config_parse(copy, 0, &problems));
	assert_int_equal(problems.count, 1);
	sl_problems_fini(&problems);
	free(copy);
}

static void every_example_is_accepted(void **state)
{
	glob_t files;

	assert_int_equal(glob("config/examples/*.json", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 8);
	for (size_t i = 0; i < files.gl_pathc; i++)
		sl_config_destroy(accepted_file(files.gl_pathv[i]));
	globfree(&files);
}

static void files_that_cannot_be_read_are_explained(void **state)
{
	static char name[] = "/tmp/sluice-test-XXXXXX";
	struct sl_problems problems;
	char expected[512], *messages;
	int fd = mkstemp(name);

	sl_problems_init(&problems);
	assert_null(sl_config_load("/nonexistent/sluice.json", &problems));
	messages = printed(&problems);
	assert_string_equal(messages, "/nonexistent/sluice.json: cannot open: No such file or directory; remedy: "
		"give an "
				      "existing file with --config FILE\n");
	free(messages);

	assert_null(sl_config_load("config/examples", &problems));
	messages = printed(&problems);
	assert_string_equal(messages, "config/examples: this is a directory; remedy: give a file in it\n");
	free(messages);

	assert_null(sl_config_load(name, &problems));
	messages = printed(&problems);
	snprintf(expected, sizeof(expected), "%s: the configuration is empty; remedy: start from one of "
		"config/examples\n",
		 name);
	assert_string_equal(messages, expected);
	free(messages);

	assert_int_equal(ftruncate(fd, (16 << 20) + 1), 0);
	assert_null(sl_config_load(name, &problems));
	messages = printed(&problems);
	snprintf(expected, sizeof(expected), "%s: larger than 16 MiB; this is not a configuration\n", name);
	assert_string_equal(messages, expected);
	free(messages);
	close(fd);
	unlink(name);
}

/* A document in the tree is what its generator writes. */
static void assert_generated(const char *path, void (*write)(FILE *))
{
	char *generated = NULL;
	size_t length;
	FILE *out = open_memstream(&generated, &length), *in = fopen(path, "r");
	char *committed = calloc(1, 1 << 20);

	write(out);
	fclose(out);
	assert_non_null(in);
	committed[fread(committed, 1, (1 << 20) - 1, in)] = '\0';
	fclose(in);
	if (strcmp(committed, generated) != 0)
		fail_msg("%s is out of date: generate it again with build/app/sluice-doc", path);
	free(committed);
	free(generated);
}

static void documents_are_up_to_date(void **state)
{
	assert_generated("docs/config.md", sl_config_write_reference);
	assert_generated("config/sluice.schema.json", sl_config_write_schema);
}

static void values_have_names(void **state)
{
	assert_string_equal(sl_mode_name(SL_MODE_FULL_NAT), "full-nat");
	assert_string_equal(sl_mode_name(SL_MODE_DNAT), "dnat");
	assert_string_equal(sl_scheduler_name(SL_SCHEDULER_ROUND_ROBIN), "round-robin");
	assert_string_equal(sl_scheduler_name(SL_SCHEDULER_WEIGHTED_ROUND_ROBIN), "weighted-round-robin");
	assert_string_equal(sl_unused_ports_name(SL_UNUSED_PORTS_REJECT), "reject");
	assert_string_equal(sl_unused_ports_name(SL_UNUSED_PORTS_DROP), "drop");
	assert_string_equal(sl_forwarding_name(SL_FORWARDING_DROP), "drop");
	assert_string_equal(sl_forwarding_name(SL_FORWARDING_ROUTE), "route");
	assert_string_equal(sl_forwarding_name(SL_FORWARDING_PAIRS), "pairs");
}

#define RELOAD_BASE                                                                                                  \
	"\"dpdk\":{\"vdevs\":[\"net_null0\",\"net_null1\"]},\"devices\":[{\"device\":\"net_null1\",\"mtu\":1500}],"    \
	"\"interfaces\":[" WAN "]"
#define REMEDY "; remedy: restart sluice, or take the change back\n"

static void reload_names_what_needs_a_restart(void **state)
{
	static const struct {
		const char *next, *expected;
	} rows[] = {
		{ RELOAD_BASE, "" },
		/* these may change */
		{ RELOAD_BASE ",\"forwarding\":\"route\",\"icmp_errors_pps\":7,\"unused_ports\":\"drop\",\"timeouts\":{\"tcp_reset_s\":1}", "" },
		{ RELOAD_BASE ",\"services\":[{\"name\":\"a\",\"address\":\"192.0.2.9\",\"port\":1,"
			"\"protocol\":\"udp\",\"snat\":"
			      "[\"192.0.2.2\"],\"backends\":[{\"address\":\"192.0.2.8\",\"port\":2}]}]", "" },
		{ "\"dpdk\":{\"vdevs\":[\"net_null0\",\"net_null1\"]},\"devices\":[{\"device\":\"net_null1\","
			"\"mtu\":1500}],"
		  "\"interfaces\":[{\"name\":\"x\",\"device\":\"net_null0\",\"vlan\":5,"
		  "\"addresses\":[\"10.0.0.1/8\"]}]", "" },
		/* the same devices in another order, and an entry that says what is the default */
		{ "\"dpdk\":{\"vdevs\":[\"net_null0\",\"net_null1\"]},\"devices\":[{\"device\":\"net_null0\","
			"\"extra_buffers\":"
		  "0},{\"device\":\"net_null1\",\"mtu\":1500}],\"interfaces\":[" WAN "]", "" },
		/* these may not */
		{ RELOAD_BASE ",\"workers\":2,\"max_flows\":2048,\"max_neighbours\":99,\"idle\":\"poll\","
			"\"idle_sleep_us\":9",
		  "/workers: changed from 1 to 2; it needs a restart" REMEDY
		  "/max_flows: changed from 65536 to 2048; it needs a restart" REMEDY
		  "/max_neighbours: changed from 4096 to 99; it needs a restart" REMEDY
		  "/idle: changed from sleep to poll; it needs a restart" REMEDY
		  "/idle_sleep_us: changed from 500 to 9; it needs a restart" REMEDY },
		{ "\"dpdk\":{\"lcores\":\"0,1\",\"memory_mb\":64,\"vdevs\":[\"net_null0\"],\"hugepages\":false,"
			"\"file_prefix\":"
		  "\"x\",\"eal_args\":[\"-v\"]},\"devices\":[{\"device\":\"net_null1\",\"mtu\":1500}],"
		  "\"interfaces\":[" WAN "]",
		  "/dpdk/lcores: changed from chosen from the CPUs this process may use to 0,1; it needs a "
		  "restart" REMEDY
		  "/dpdk/memory_mb: changed from what the configuration needs to 64; it needs a restart" REMEDY
		  "/dpdk/vdevs: this list has changed; it needs a restart" REMEDY
		  "/dpdk/hugepages: changed from true to false; it needs a restart" REMEDY
		  "/dpdk/file_prefix: changed from sluice to x; it needs a restart" REMEDY
		  "/dpdk/eal_args: this list has changed; it needs a restart" REMEDY },
		{ "\"dpdk\":{\"vdevs\":[\"net_null1\",\"net_null0\"]},\"devices\":[{\"device\":\"net_null1\","
			"\"mtu\":1400,"
		  "\"rx_queues\":1,\"descriptors\":512}],\"interfaces\":[" WAN "]",
		  "/dpdk/vdevs: this list has changed; it needs a restart" REMEDY
		  "/devices/0/rx_queues: changed from one a worker, as far as the device has them to 1; it needs a "
		  "restart" REMEDY
		  "/devices/0/descriptors: changed from 2048 with net_af_xdp, else 1024 to 512; it needs a restart" REMEDY
		  "/devices/0/mtu: changed from 1500 to 1400; it needs a restart" REMEDY },
		{ "\"dpdk\":{\"vdevs\":[\"net_null0\",\"net_null1\"]},\"interfaces\":[" WAN ",{\"name\":\"b\","
			"\"device\":"
		  "\"net_null2\",\"addresses\":[\"10.0.0.1/8\"]}]",
		  "/devices: net_null1 is open and named no more; it needs a restart" REMEDY
		  "/devices: net_null2 is new; it needs a restart" REMEDY },
	};
	struct sl_config *running = accepted("{\"version\":1," RELOAD_BASE "}");

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct sl_problems problems;
		char text[2048];

		snprintf(text, sizeof(text), "{\"version\":1,%s}", rows[i].next);
		struct sl_config *next = accepted(text);
		sl_problems_init(&problems);
		sl_config_check_reload(running, next, &problems);
		char *messages = printed(&problems);
		assert_string_equal(messages, rows[i].expected);
		free(messages);
		sl_config_destroy(next);
	}
	sl_config_destroy(running);
}

static void first_ipv6_is_found(void **state)
{
	struct sl_prefix prefix = { .ip = sl_ip_from_v4(1), .len = 120 };
	struct sl_config_interface interface = { .addresses = &prefix, .n_addresses = 1 };
	struct sl_config_service service = { .address = sl_ip_from_v4(1) };
	struct sl_config config = { .interfaces = &interface, .n_interfaces = 1, .services = &service, .n_services = 1 };
	struct sl_problems problems;

	sl_problems_init(&problems);
	assert_false(sl_config_uses_ipv6(&config));
	sl_config_refuse_ipv6(&config, &problems);
	assert_int_equal(problems.count, 0);
	service.address.b[0] = 0x20;
	assert_true(sl_config_uses_ipv6(&config));
	sl_config_refuse_ipv6(&config, &problems);
	assert_string_equal(problems.list[0].where, "/services/0/address");
	prefix.ip.b[0] = 0x20;
	assert_true(sl_config_uses_ipv6(&config));
	sl_config_refuse_ipv6(&config, &problems);
	assert_string_equal(problems.list[1].where, "/interfaces/0/addresses/0");
	sl_problems_fini(&problems);
}

static void first_proxy_protocol_is_found(void **state)
{
	struct sl_config_service services[2] = { { .proxy_protocol = SL_PROXY_PROTOCOL_OFF }, { .proxy_protocol = SL_PROXY_PROTOCOL_OFF } };
	struct sl_config config = { .services = services, .n_services = 2 };
	struct sl_problems problems;

	sl_problems_init(&problems);
	assert_false(sl_config_uses_proxy_protocol(&config));
	sl_config_refuse_proxy_protocol(&config, &problems);
	assert_int_equal(problems.count, 0);
	services[1].proxy_protocol = SL_PROXY_PROTOCOL_V1;
	assert_true(sl_config_uses_proxy_protocol(&config));
	sl_config_refuse_proxy_protocol(&config, &problems);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].where, "/services/1/proxy_protocol");
	sl_problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_ipv6_is_found),
		cmocka_unit_test(first_proxy_protocol_is_found),
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(every_value_arrives),
		cmocka_unit_test(services_inherit_timeouts_one_by_one),
		cmocka_unit_test(pairs_are_ports_without_layer_3),
		cmocka_unit_test(what_looks_odd_but_is_right_is_accepted),
		cmocka_unit_test(text_need_not_end_with_zero),
		cmocka_unit_test(every_example_is_accepted),
		cmocka_unit_test(files_that_cannot_be_read_are_explained),
		cmocka_unit_test(documents_are_up_to_date),
		cmocka_unit_test(values_have_names),
		cmocka_unit_test(reload_names_what_needs_a_restart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
