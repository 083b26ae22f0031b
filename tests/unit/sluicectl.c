/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl against a telemetry server of the test's own: a thread on a SEQPACKET socket that gives canned replies. */
#include "sluicectl_fixture.h"

static const char *const canned[][2] = {
	{ "/sluice/info", "{\"version\":\"9.8\",\"dpdk_version\":\"DPDK 22.11\",\"uptime_s\":7500,\"generation\":3,"
			  "\"config_path\":\"/etc/"
			  "sluice.json\",\"last_reload\":\"refused\",\"last_reload_message\":[\"bad po\",\"rt\"]}" },
	{ "/sluice/ports", "{\"ports\":[\"net_a\",\"net_b\"]}" },
	{ "/sluice/port,0",
	  "{\"name\":\"net_a\",\"link\":\"up\",\"rx_packets\":1234567,\"tx_packets\":5,\"offloads\":[\"rss\",\"x\"],"
	  "\"device_rx_missed\":77,\"mtu_bytes\":1500,\"rx_queues\":2,\"tx_queues\":1,\"steering\":\"ring\","
	  "\"steering_reason\":\"too few\",\"handed_over_packets\":4321}" },
	{ "/sluice/port,1", "{\"name\":\"net_b\",\"link\":\"down\",\"rx_packets\":0,\"tx_packets\":0,\"device_tx_errors\":2}" },
	{ "/sluice/workers", "{\"workers\":{\"0\":{\"id\":0}}}" },
	{ "/sluice/worker,0",
	  "{\"id\":0,\"lcore\":1,\"cpu\":3,\"busy_cycles\":250,\"total_cycles\":1000,\"rx_packets\":42,"
	  "\"imbalance_packets\":-1,\"numa_node\":1,\"memory_node\":-1,\"rx_queues\":[\"net_a:0\",\"net_b:0\"]}" },
	{ "/sluice/flows",
	  "{\"live\":10,\"capacity\":2000,\"services\":{\"0\":{\"name\":\"web\",\"active\":9}},\"next\":\"\"}" },
	{ "/sluice/flows,", "{\"services\":{\"0\":{\"name\":\"web\",\"active\":9}},\"next\":\"1\"}" },
	{ "/sluice/flows,1", "{\"services\":{\"0\":{\"name\":\"dns\",\"active\":1}},\"next\":\"\"}" },
	{ "/sluice/drops", "{\"ttl\":5,\"arp\":0,\"no_route\":1000,\"from_the_future\":7,\"total\":1012}" },
	{ "/sluice/drops_worker,0", "{\"ttl\":0,\"total\":0}" },
	{ "/sluice/services,", "{\"services\":[\"web\"],\"next\":\"\"}" },
	{ "/sluice/service,web",
	  "{\"name\":\"web\",\"address\":\"192.0.2.10\",\"port\":80,\"protocol\":\"tcp\",\"state\":\"active\","
	  "\"flows_active\":9,\"client_bytes\":1610612736}" },
	{ "/sluice/backends,web,",
	  "{\"backends\":{\"0\":{\"address\":\"2001:db8::1\",\"port\":8080,\"weight\":2}},\"next\":\"1\"}" },
	{ "/sluice/backends,web,1",
	  "{\"backends\":{\"0\":{\"address\":\"10.0.0.2\",\"port\":8081,\"weight\":1}},\"next\":\"\"}" },
	{ "/sluice/backends,,",
	  "{\"backends\":{\"0\":{\"service\":\"web\",\"address\":\"10.0.0.2\",\"port\":8081,\"weight\":5,\"check\":\"tcp\",\"check_result\":\"connected\","
	  "\"weight_effective_milli\":312,\"state\":\"enabled\",\"health\":\"up\",\"backup\":\"yes\",\"changed_ms_ago\":5000,"
	  "\"flows_active\":12345,\"flows_open\":345,\"latency_us\":1234,\"reason\":\"answers\"},"
	  "\"1\":{\"service\":\"web\",\"address\":\"10.0.0.3\",\"port\":8081,\"weight\":1,\"state\":\"draining\","
	  "\"health\":\"unknown\"}},\"next\":\"\"}" },
	{ "/sluice/neighbours,",
	  "{\"neighbours\":{\"0\":{\"interface\":\"wan\",\"address\":\"192.0.2.1\",\"mac\":\"02:00:00:00:00:01\","
	  "\"state\":\"reachable\",\"confirmed_ms_ago\":1500,\"wanted\":1},"
	  "\"1\":{\"interface\":\"lan\",\"address\":\"10.0.0.9\",\"state\":\"failed\",\"confirmed_ms_ago\":-1}},"
	  "\"next\":\"\"}" },
	{ "/sluice/routes,",
	  "{\"routes\":{\"0\":{\"prefix\":\"10.9.0.0/16\",\"via\":\"10.1.0.9\",\"interface\":\"lan\",\"origin\":\"static\"},"
	  "\"1\":{\"prefix\":\"10.1.0.0/16\",\"via\":\"\",\"interface\":\"lan\",\"origin\":\"connected\"}},\"next\":\"\"}" },
	{ "/sluice/interfaces,", "{\"interfaces\":[\"wan\",\"lan\"],\"next\":\"\"}" },
	{ "/sluice/interface,wan",
	  "{\"name\":\"wan\",\"port\":\"net_a\",\"vlan\":0,\"mtu_bytes\":1500,\"mac\":\"02:00:00:00:00:02\","
	  "\"addresses\":[\"192.0.2.2/24\",\"2001:db8::2/64\"],\"companion\":\"up\"}" },
	{ "/sluice/interface,lan", "{\"name\":\"lan\",\"port\":\"net_b\",\"vlan\":7,\"mtu_bytes\":9000,\"addresses\":[],\"companion\":\"none\"}" },
	{ "/sluice/conflicts",
	  "{\"conflicts\":{\"0\":{\"interface\":\"wan\",\"address\":\"192.0.2.2\",\"mac\":\"02:00:00:00:00:99\",\"count\":3,"
	  "\"first_seen_ms_ago\":90000,\"last_seen_ms_ago\":500}}}" },
	{ "/sluice/relays,",
	  "{\"relays\":{\"0\":{\"name\":\"slow\",\"id\":1,\"mode\":\"single\",\"state\":\"silent\"},"
	  "\"1\":{\"name\":\"feed\",\"id\":2,\"mode\":\"redundant\",\"state\":\"degraded\",\"input\":\"wan 239.1.1.1:5001\","
	  "\"rate_pps\":25000,\"rate_bps\":280000000,\"jitter_ns\":125000,\"packets\":1000000,\"lost\":3,\"outputs\":50,"
	  "\"output_packets\":50000000,\"output_drops\":7}},\"next\":\"\"}" },
	{ "/sluice/relay,feed",
	  "{\"name\":\"feed\",\"id\":2,\"mode\":\"redundant\",\"state\":\"degraded\",\"worker\":1,\"packets\":1000,\"lost\":3,"
	  "\"inputs\":{\"0\":{\"input\":\"wan 239.1.1.1:5001\",\"state\":\"receiving\",\"last_ms_ago\":0,\"lost\":11},"
	  "\"1\":{\"input\":\"lan 239.1.1.2:5001\",\"state\":\"waiting\",\"last_ms_ago\":-1}}}" },
	{ "/sluice/relay_outputs,feed,",
	  "{\"outputs\":{\"0\":{\"interface\":\"lan\",\"address\":\"239.2.2.2\",\"udp_port\":6001,\"packets\":900,\"limited\":100},"
	  "\"1\":{\"interface\":\"lan\",\"address\":\"\",\"packets\":1000,\"bytes\":2048}},\"next\":\"\"}" },
	{ "/sluice/conservation",
	  "{\"rx_packets\":1000,\"created_packets\":5,\"tx_packets\":1003,\"drops\":1,\"held_packets\":0,\"imbalance_packets\":1,"
	  "\"device_rx_missed\":12}" },
};

static void answer(int fd, const char *command)
{
	char reply[2048], name[256];
	const char *value = "null";

	for (size_t i = 0; i < COUNT(canned); i++)
		if (strcmp(canned[i][0], command) == 0)
			value = canned[i][1];
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(command, ","), command);
	snprintf(reply, sizeof(reply), "{\"%s\":%s}", name, value);
	send(fd, reply, strlen(reply), MSG_NOSIGNAL);
}

static void *serve(void *arg)
{
	static const char hello[] = "{\"version\":\"DPDK 22.11\",\"pid\":1,\"max_output_len\":16384}";
	char command[1024];
	int fd;

	while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
		ssize_t n = send(fd, hello, strlen(hello), MSG_NOSIGNAL);
		while (n > 0 && (n = recv(fd, command, sizeof(command) - 1, 0)) > 0) {
			command[n] = '\0';
			answer(fd, command);
		}
		close(fd);
	}
	return NULL;
}

static int set_up(void **state)
{
	return server_start(SOCK_SEQPACKET, "dpdk_telemetry.v2", serve);
}

static void test_formats(void **state)
{
	static const struct {
		const char *(*format)(char *, json_int_t);
		json_int_t n;
		const char *text;
	} cases[] = {
		{ ctl_format_count, 0, "0" },
		{ ctl_format_count, 999, "999" },
		{ ctl_format_count, 1000, "1,000" },
		{ ctl_format_count, 1234567, "1,234,567" },
		{ ctl_format_count, -123, "-123" },
		{ ctl_format_count, -1234, "-1,234" },
		{ ctl_format_bytes, 1023, "1023 B" },
		{ ctl_format_bytes, 1024, "1.0 KiB" },
		{ ctl_format_bytes, 1610612736, "1.5 GiB" },
		{ ctl_format_time, 0, "0.0 s" },
		{ ctl_format_time, 59900, "59.9 s" },
		{ ctl_format_time, 60000, "1 min 0 s" },
		{ ctl_format_time, 7500000, "2 h 5 min" },
		{ ctl_format_time, 90000000, "1 d 1 h" },
		{ ctl_format_count, INT64_MAX, "9,223,372,036,854,775,807" },
	};
	char text[CTL_TEXT_MAX];

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(cases[i].format(text, cases[i].n), cases[i].text);
	assert_string_equal(ctl_format_rate(text, 999), "999 pps");
	assert_string_equal(ctl_format_rate(text, 1500000), "1.5 Mpps");
}

static void test_table(void **state)
{
	static const char *const titles[] = { "name", ">n", "text" };
	struct ctl_table t;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ctl_table_init(&t, titles, 3);
	ctl_table_add(&t, "a");
	ctl_table_add_count(&t, 1000);
	ctl_table_add(&t, "last");
	ctl_table_add(&t, "longer");
	ctl_table_add_count(&t, 7);
	ctl_table_add(&t, "x");
	ctl_table_add(&t, "end"); /* a row that stops early */
	ctl_table_finish(&t, out);
	fclose(out);
	assert_string_equal(text, "name        n  text\n"
				  "a       1,000  last\n"
				  "longer      7  x\n"
				  "end\n");
	free(text);
}

static void test_not_running(void **state)
{
	assert_int_equal(run("status --file-prefix nobody"), CTL_EXIT_FAILED);
	assert_non_null(strstr(printed.err, "not running with file prefix \"nobody\""));
	assert_non_null(strstr(printed.err, "remedy: start it"));
	assert_int_equal(strcspn(printed.err, "\n"), strlen(printed.err) - 1);
	assert_int_equal(
	    run("status --file-prefix xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
	    CTL_EXIT_FAILED);
	assert_int_equal(run("services nothing"), CTL_EXIT_FAILED);
	assert_non_null(strstr(printed.err, "knows nothing of /sluice/service,nothing"));
}

static void test_status(void **state)
{
	assert_int_equal(run("status"), 0);
	must_show("sluice 9.8 on DPDK 22.11, up 2 h 5 min\n");
	must_show("  bad port\n");
	must_show("flows: 10 of 2,000");
	must_show("drops: 1,012 packets (sluicectl drops), 79 more lost by devices (sluicectl ports)\n");
	must_show("net_a  up     1,234,567           5    0 pps    0 pps\n");
	must_show("25.0 %");
	must_show("web          9");
	must_show("dns          1");
}

static void test_services(void **state)
{
	assert_int_equal(run("services"), 0);
	must_show("web        192.0.2.10:80       tcp               active      9");
	must_show("1.5 GiB");
	must_show("  backend  [2001:db8::1]:8080                 2");
	must_show("  backend  10.0.0.2:8081                      1");
	assert_int_equal(run("services web --json"), 0);
	json_t *value = json_loads(printed.out, 0, NULL);
	json_t *service = json_array_get(json_object_get(value, "services"), 0);
	assert_int_equal(json_array_size(json_object_get(service, "backend_list")), 2);
	json_decref(value);
}

static void test_relays(void **state)
{
	assert_int_equal(run("relay list"), 0);
	must_show("relay  id  input               mode       state          rate   Mbit/s  jitter ms    packets  lost  outputs        sent  dropped\n"
		  "slow    1                      single     silent        0 pps    0.000      0.000          0     0        0           0        0\n"
		  "feed    2  wan 239.1.1.1:5001  redundant  degraded  25.0 kpps  280.000      0.125  1,000,000     3       50  50,000,000        7\n");
	assert_int_equal(run("relay list feed"), 0);
	must_show("relay feed (id 2): redundant, degraded, worker 1, 1,000 datagrams sent on, 3 lost by both inputs, 0 too late\n");
	must_show("wan 239.1.1.1:5001  receiving  0.0 s");
	must_show("lan 239.1.1.2:5001  waiting    never");
	must_show("lan     239.2.2.2     6001      900      0 B            0      100");
	must_show("lan     (as it came)          1,000  2.0 KiB");
	assert_int_equal(run("relay top"), 0); /* no terminal: once, and without control characters */
	assert_null(strchr(printed.out, '\033'));
	assert_true(strstr(printed.out, "feed") < strstr(printed.out, "slow"));
	assert_int_equal(run("relay list nothing"), CTL_EXIT_FAILED);
	assert_int_equal(run("relay"), CTL_EXIT_USAGE);
	assert_non_null(strstr(printed.err, "relay what? One of: relay add, relay change, relay remove, relay list, relay top"));
	assert_int_equal(run("relay lits"), CTL_EXIT_USAGE);
	assert_non_null(strstr(printed.err, "did you mean relay list?"));
}

static void test_backends(void **state)
{
	assert_int_equal(run("backends"), 0);
	must_show("web      10.0.0.2:8081       5       0.31  enabled, up, backup  5.0 s   345  12,345        0  1.234 ms  tcp: connected  answers");
	must_show("web      10.0.0.3:8081       1       0.00  draining             0.0 s     0       0        0");
	assert_int_equal(run("backends web --json"), 0);
	json_t *value = json_loads(printed.out, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(value, "backends")), 2);
	json_decref(value);
}

static void test_network(void **state)
{
	assert_int_equal(run("routes"), 0);
	assert_string_equal(printed.out, "prefix       via       interface  origin\n"
					 "10.9.0.0/16  10.1.0.9  lan        static\n"
					 "10.1.0.0/16  on link   lan        connected\n");
	assert_int_equal(run("interfaces"), 0);
	must_show("wan        net_a        1500  02:00:00:00:00:02  up         192.0.2.2/24 2001:db8::2/64\n");
	must_show("lan        net_b     7  9000");
	assert_int_equal(run("conflicts"), 0);
	must_show("wan        192.0.2.2  02:00:00:00:00:99      3  1 min 30 s ago  0.5 s ago\n");
	assert_int_equal(run("conservation"), 0);
	must_show("created_packets          5");
	must_show("sum                  1,005  sum                   1,004\n");
	must_show("1 packets are in a worker's hands");
	must_show("lost by devices before or after: rx_missed 12, rx_errors 0");
}

static void test_drops(void **state)
{
	assert_int_equal(run("drops"), 0);
	assert_string_equal(printed.out, "packets  cause            meaning\n"
					 "  1,000  no_route         no route to the destination\n"
					 "      7  from_the_future  \n"
					 "      5  ttl              TTL or hop limit expired here\n"
					 "  1,012  total\n"
					 "\n"
					 "lost by devices before or after: rx_missed 12, rx_errors 0, rx_no_mbuf 0, tx_errors 0\n"
					 "sluicectl ports: which of them\n");
	assert_int_equal(run("drops --worker 0"), 0);
	assert_string_equal(printed.out, "no drops\n");
	assert_int_equal(run("drops --worker 9"), CTL_EXIT_FAILED);
}

static void test_machine(void **state)
{
	assert_int_equal(run("ports"), 0);
	must_show("1,234,567");
	must_show("4,321  rss x     ring: too few\n");
	must_show("2/1");
	assert_int_equal(run("workers"), 0);
	must_show("     0      1    3     1      -1  25.0 %  ");
	must_show("-1  net_a:0 net_b:0\n");
	assert_int_equal(run("neighbours"), 0);
	must_show("wan        192.0.2.1  02:00:00:00:00:01  reachable  1.5 s ago  configuration\n");
	must_show("lan        10.0.0.9                      failed         never");
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		char line[64];
		if (c->gather == NULL)
			continue;
		snprintf(line, sizeof(line), "%s --json", c->name);
		assert_int_equal(run(line), 0);
		json_t *value = json_loads(printed.out, 0, NULL);
		assert_true(json_is_object(value));
		json_decref(value);
	}
}

/* What bash offers behind the words of a line. */
static void complete(const char *script, const char *words, unsigned int at, char offers[512])
{
	char command[512];

	snprintf(command, sizeof(command),
		 "bash -c 'source %s; COMP_WORDS=(%s); COMP_CWORD=%u; _sluicectl; echo ${COMPREPLY[@]}'", script, words,
		 at);
	FILE *bash = popen(command, "r");
	assert_non_null(bash);
	if (fgets(offers, 512, bash) == NULL)
		offers[0] = '\0';
	assert_int_equal(pclose(bash), 0);
}

static void test_completion(void **state)
{
	static const struct {
		const char *words, *offers;
		unsigned int at;
	} cases[] = {
		{ "sluicectl st", "status\n", 1 },
		{ "sluicectl flows --s", "--service\n", 2 },
		{ "sluicectl flow l", "list\n", 2 },
		{ "sluicectl flow list --s", "--service\n", 3 },
		{ "sluicectl backend dr", "drain\n", 2 },
		{ "sluicectl --json backend drain --", "--file-prefix --json --help --version --deadline\n", 4 },
		{ "sluicectl config \"\"", "show diff save\n", 2 },
		{ "sluicectl config diff --c", "--candidate\n", 3 },
		{ "sluicectl config diff --candidate config/sluice.sch", "config/sluice.schema.json\n", 4 },
		{ "sluicectl --json drops --w", "--worker\n", 3 },
		{ "sluicectl status --w", "\n", 2 },
		{ "sluicectl flows --protocol ud", "udp\n", 3 },
		{ "sluicectl flows --client s", "\n", 3 },
		{ "sluicectl relay \"\"", "add change remove list top\n", 2 },
		{ "sluicectl relay list --j", "--json\n", 3 },
		{ "sluicectl completion \"\"", "bash\n", 2 },
	};
	char path[128], offers[512];

	assert_int_equal(run("completion bash"), 0);
	snprintf(path, sizeof(path), "%s/completion", server.directory);
	FILE *script = fopen(path, "w");
	assert_non_null(script);
	fputs(printed.out, script);
	fclose(script);
	for (size_t i = 0; i < COUNT(cases); i++) {
		complete(path, cases[i].words, cases[i].at, offers);
		assert_string_equal(offers, cases[i].offers);
	}
	complete(path, "sluicectl \"\"", 1, offers);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++) {
		char first[32];
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(c->name, " "), c->name);
		assert_non_null(strstr(offers, first));
	}
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_table),
		cmocka_unit_test_teardown(test_not_running, free_printed),
		cmocka_unit_test_teardown(test_status, free_printed),
		cmocka_unit_test_teardown(test_services, free_printed),
		cmocka_unit_test_teardown(test_backends, free_printed),
		cmocka_unit_test_teardown(test_relays, free_printed),
		cmocka_unit_test_teardown(test_network, free_printed),
		cmocka_unit_test_teardown(test_drops, free_printed),
		cmocka_unit_test_teardown(test_machine, free_printed),
		cmocka_unit_test_teardown(test_completion, free_printed),
	};
	return cmocka_run_group_tests(tests, set_up, server_stop);
}
