/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telemetry as a client sees it: every reply is JSON of at most 16 KiB with exactly the documented keys, sums are
 * right, wrong parameters are answered with null.
 */
#include "telemetry_fixture.h"

static void test_names(void **state)
{
	const struct sl_tel_command *c, *other;

	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++) {
		assert_in_range(strlen(c->name), strlen("/sluice/") + 1, 55);
		assert_memory_equal(c->name, "/sluice/", strlen("/sluice/"));
		assert_int_equal(strspn(c->name, "abcdefghijklmnopqrstuvwxyz_/"), strlen(c->name));
		assert_in_range(strlen(c->help), 10, RTE_TEL_MAX_STRING_LEN - 1);
		assert_non_null(c->handler);
		assert_true(c->min_params <= c->max_params && c->max_params <= SL_TEL_PARAMS_MAX);
		assert_int_equal(*c->params != '\0', c->max_params > 0);
		for (unsigned int k = 0; k < i; k++) {
			other = sl_tel_command_at(k);
			assert_string_not_equal(c->name, other->name);
		}
	}
	assert_true(sl_tel_command_at(20) != NULL);
}

static void check_key(const char *command, const json_t *reply, const struct sl_tel_key *key, size_t *seen)
{
	if (json_object_get(reply, key->name) == NULL)
		fail_msg("%s: %s is missing", command, key->name);
	assert_int_equal(strspn(key->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(key->name));
	assert_true(strlen(key->help) > 0);
	(*seen)++;
}

/* Each documented key is there, and none besides: twice the same name, or a collision with a counter, shows too. */
static void check_keys(const char *command, const json_t *reply, const struct sl_tel_key *keys,
		       enum sl_tel_counters counters, size_t extra)
{
	size_t seen = extra;

	for (; keys != NULL && keys->name != NULL; keys++)
		check_key(command, reply, keys, &seen);
	for (unsigned int i = 0; i < sl_tel_counters_count(counters); i++) {
		struct sl_tel_key key = sl_tel_counters_key(counters, i);
		check_key(command, reply, &key, &seen);
	}
	if (json_object_size(reply) != seen)
		fail_msg("%s: %zu keys, %zu documented", command, json_object_size(reply), seen);
}

static const char *good_params(const struct sl_tel_command *c)
{
	static const struct {
		const char *name, *params;
	} good[] = {
		{ "/sluice/port", "net_null1" },
		{ "/sluice/worker", "1" },
		{ "/sluice/drops_worker", "0" },
		{ "/sluice/service", "service_0000000000000000000000000000000000000000000000000000001" },
		{ "/sluice/backend", "service_0000000000000000000000000000000000000000000000000000001,10.0.0.3,8080" },
		{ "/sluice/interface", "wan" },
		{ "/sluice/neighbour", "wan,192.0.2.66" },
		{ "/sluice/relay", "feed" },
		{ "/sluice/relay_outputs", "3" },
		{ "/sluice/relay_intervals", "feed" },
	};
	for (unsigned int i = 0; i < RTE_DIM(good); i++)
		if (strcmp(good[i].name, c->name) == 0)
			return good[i].params;
	return "";
}

static void test_documented_keys(void **state)
{
	const struct sl_tel_command *c;

	/* numbers as long as jansson can read their sums: the replies must still fit */
	for (unsigned int w = 0; w < 2; w++) {
		memset(t.shared.workers[w]->count, 0x01, sizeof(t.shared.workers[w]->count));
		memset(t.shared.workers[w]->drops, 0x01, sizeof(t.shared.workers[w]->drops));
	}
	t.control.n_conflicts = 1;
	fake.flows[0] = 3;
	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++) {
		json_t *reply = ask_with(c->name, good_params(c));
		if (!json_is_object(reply))
			fail_msg("%s: null", c->name);
		check_keys(c->name, reply, c->keys, c->counters, c->rows != NULL ? 1 : 0);
		if (c->rows != NULL) {
			assert_true(json_object_size(json_object_get(reply, c->rows)) > 0);
			check_keys(c->name, row(reply, c->rows, 0), c->row_keys, c->row_counters, 0);
		}
		json_decref(reply);
	}
	fake.flows[0] = 0;
	for (unsigned int w = 0; w < 2; w++) {
		memset(t.shared.workers[w]->count, 0, sizeof(t.shared.workers[w]->count));
		memset(t.shared.workers[w]->drops, 0, sizeof(t.shared.workers[w]->drops));
	}
}

/* "a b", in the order of the array. */
static const char *joined(json_t *reply, const char *key, char out[64])
{
	json_t *item, *array = json_object_get(reply, key);
	size_t i, used = 0;

	assert_true(json_is_array(array));
	out[0] = '\0';
	json_array_foreach(array, i, item)
		used += (size_t)snprintf(out + used, 64 - used, "%s%s", i > 0 ? " " : "", json_string_value(item));
	return out;
}

/* Each port says how packets find their worker, and what each worker has found out about it counts. */
static void test_steering(void **state)
{
	struct sl_worker *a = t.shared.workers[0], *b = t.shared.workers[1];
	char kinds[64];

	t.ports[0].steering = SL_STEERING_RSS;
	t.ports[0].steered = SL_HASHED_TCP4 | SL_HASHED_TCP6;
	t.ports[1].steering = SL_STEERING_NO_TABLE;
	a->hash_trusted[0] = SL_HASHED_TCP4;
	b->hash_trusted[0] = SL_HASHED_TCP6 | SL_HASHED_UDP4;
	b->hash_differs[0] = SL_HASHED_UDP6;
	a->handed_port[1] = 70;
	b->handed_port[1] = 7;

	json_t *reply = ask("/sluice/port,0");
	assert_string_equal(text(reply, "steering"), "rss");
	assert_string_equal(text(reply, "steering_reason"), sl_steering_infos[SL_STEERING_RSS].why);
	assert_string_equal(joined(reply, "steered", kinds), "tcp4 tcp6");
	assert_string_equal(joined(reply, "device_hash", kinds), "tcp4 udp4 tcp6");
	assert_string_equal(joined(reply, "device_hash_wrong", kinds), "udp6");
	assert_int_equal(number(reply, "handed_over_packets"), 0);
	json_decref(reply);

	reply = ask("/sluice/port,1");
	assert_string_equal(text(reply, "steering"), "ring");
	assert_string_equal(joined(reply, "steered", kinds), "");
	assert_string_equal(joined(reply, "device_hash", kinds), "");
	assert_int_equal(number(reply, "handed_over_packets"), 77);
	json_decref(reply);
}

static void test_sums(void **state)
{
	struct sl_worker *a = t.shared.workers[0], *b = t.shared.workers[1];

	a->drops[SL_DROP_TTL] = 5;
	b->drops[SL_DROP_TTL] = 6;
	b->drops[SL_DROP_ARP] = 100;
	a->count[SL_COUNT_RX] = 1ull << 40;
	b->count[SL_COUNT_RX] = 2;
	a->rx_port[1] = 10;
	b->rx_port[1] = 20;
	b->tx_port[1] = 3;
	a->service[1].value[SL_FLOW_COUNT_CLIENT_BYTES] = 1000;
	b->service[1].value[SL_FLOW_COUNT_CLIENT_BYTES] = 337;
	b->backend[3].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = 9;
	a->latency[3] = (struct sl_latency){ .ns = 1000000, .generation = 5 };
	b->latency[3] = (struct sl_latency){ .ns = 3000000, .generation = 5 };
	t.snapshot.services[1].backends[1].generation = 5;
	t.shared.backends[3] = (struct sl_backend_state){ .generation = 5, .admin = SL_ADMIN_DISABLED, .health = SL_HEALTH_DOWN,
							  .weight_override = 7, .weight_was = 1 };
	t.notes[3] = (struct sl_backend_note){ .reason = "SYN unanswered", .since_ns = 3000 * SL_NS_PER_S };
	sl_drains_set(&t.control, &t.snapshot.services[1].backends[1], sl_control_now_ns() + 5 * SL_NS_PER_S);
	fake.imbalance[1] = -4;

	json_t *reply = ask("/sluice/drops");
	assert_int_equal(number(reply, "ttl"), 11);
	assert_int_equal(number(reply, "arp"), 100);
	assert_int_equal(number(reply, "nd"), 0);
	assert_int_equal(number(reply, "total"), 111);
	json_decref(reply);

	reply = ask("/sluice/drops_worker,1");
	assert_int_equal(number(reply, "ttl"), 6);
	assert_int_equal(number(reply, "total"), 106);
	json_decref(reply);

	reply = ask("/sluice/conservation");
	assert_int_equal(number(reply, "rx_packets"), (1ull << 40) + 2);
	assert_int_equal(number(reply, "drops"), 111);
	assert_int_equal((int64_t)number(reply, "imbalance_packets"), -4);
	assert_int_equal(number(reply, "device_rx_missed"), 7 + 8);
	json_decref(reply);

	reply = ask("/sluice/port,1");
	assert_string_equal(text(reply, "name"), "net_null1");
	assert_string_equal(text(reply, "link"), "down");
	assert_int_equal(number(reply, "rx_packets"), 30);
	assert_int_equal(number(reply, "tx_packets"), 3);
	json_decref(reply);

	reply = ask_with("/sluice/service", t.snapshot.services[1].name);
	assert_int_equal(number(reply, "client_bytes"), 1337);
	assert_int_equal(number(reply, "udp_one_way_s"), 30);
	assert_string_equal(text(reply, "protocol"), "udp");
	json_decref(reply);

	reply = ask_with("/sluice/backends", t.snapshot.services[1].name);
	assert_int_equal(json_object_size(json_object_get(reply, "backends")), 2);
	assert_int_equal(number(row(reply, "backends", 1), "flows_active"), 9);
	assert_string_equal(text(row(reply, "backends", 1), "address"), "10.0.0.3");
	assert_string_equal(text(row(reply, "backends", 1), "state"), "disabled");
	assert_string_equal(text(row(reply, "backends", 1), "health"), "down");
	assert_string_equal(text(row(reply, "backends", 1), "reason"), "SYN unanswered");
	assert_int_equal(number(row(reply, "backends", 1), "changed_ms_ago"), 600000);
	assert_int_equal(number(row(reply, "backends", 1), "weight"), 7);
	assert_int_equal(number(row(reply, "backends", 1), "weight_configured"), 1);
	assert_int_equal(number(row(reply, "backends", 1), "latency_us"), 2000); /* the mean of 1 and 3 ms */
	assert_int_equal(number(row(reply, "backends", 0), "latency_us"), 0);
	assert_int_equal(number(row(reply, "backends", 1), "deadline_ms"), 5000);
	assert_int_equal((int64_t)number(row(reply, "backends", 0), "deadline_ms"), -1);
	json_decref(reply);

	fake.imbalance[1] = 1ll << 40; /* more than DPDK's 32 bits */
	reply = ask("/sluice/worker,1");
	assert_int_equal(number(reply, "imbalance_packets"), INT32_MAX);
	json_decref(reply);
	fake.imbalance[1] = 0;
}

static void test_long_text(void **state)
{
	json_t *reply;
	char joined[SL_MESSAGE_MAX + 1] = "";
	const json_t *pieces;

	memset(t.control.reload.message, 'm', SL_MESSAGE_MAX - 1);
	memcpy(t.control.reload.message, "\"a\\\xc3\xa4\t", 6);
	reply = ask("/sluice/info");
	pieces = json_object_get(reply, "last_reload_message");
	assert_int_equal(json_array_size(pieces), 3);
	for (size_t i = 0; i < 3; i++)
		strncat(joined, json_string_value(json_array_get(pieces, i)), SL_MESSAGE_MAX - strlen(joined));
	assert_int_equal(strlen(joined), SL_MESSAGE_MAX - 1);
	assert_memory_equal(joined, "\"a\\???m", 7);
	assert_string_equal(text(reply, "last_reload"), "refused");
	assert_int_equal(number(reply, "uptime_s"), 3600);
	json_decref(reply);
	t.control.reload.message[0] = '\0';
}

static void test_routes(void **state)
{
	static const char *const expected[][4] = {
		{ "192.0.2.64/28", "", "wan", "connected" },	  { "2001:db8::/64", "", "wan", "connected" },
		{ "0.0.0.0/0", "192.0.2.65", "wan", "gateway" },  { "::/0", "2001:db8::1", "wan", "gateway" },
		{ "10.9.0.0/16", "192.0.2.66", "wan", "static" },
	};
	json_t *reply = ask("/sluice/routes");

	assert_int_equal(json_object_size(json_object_get(reply, "routes")), RTE_DIM(expected));
	for (unsigned int i = 0; i < RTE_DIM(expected); i++) {
		assert_string_equal(text(row(reply, "routes", i), "prefix"), expected[i][0]);
		assert_string_equal(text(row(reply, "routes", i), "via"), expected[i][1]);
		assert_string_equal(text(row(reply, "routes", i), "interface"), expected[i][2]);
		assert_string_equal(text(row(reply, "routes", i), "origin"), expected[i][3]);
	}
	assert_string_equal(text(reply, "next"), "");
	json_decref(reply);
}

static void test_neighbour(void **state)
{
	json_t *reply = ask("/sluice/neighbour,wan,192.0.2.66");

	assert_string_equal(text(reply, "mac"), "02:00:00:00:00:42");
	assert_string_equal(text(reply, "state"), "reachable");
	json_decref(reply);
	reply = ask("/sluice/neighbour,wan,2001:db8::9");
	assert_string_equal(text(reply, "mac"), "");
	assert_string_equal(text(reply, "state"), "incomplete");
	assert_int_equal((int64_t)number(reply, "confirmed_ms_ago"), -1);
	json_decref(reply);
}

static const char *const always_wrong[] = {
	"nothing_like_this",
	"4294967296",
	"99999999999999999999",
	"-1",
	"+1",
	" 1",
	"1 ",
	"0x1",
	",,,,,,,,,,,,,,,,,,,,,,",
	"\x01",
	"a\nb",
	"\xff\xfe",
	"wan,",
	"net_null0,x",
	"service=",
	"client=",
	"client=1.2.3",
	"client=::ffff:1.2.3.4",
	"protocol=icmp",
	"protocol=tcpudp",
	"limit=0",
	"limit=65",
	"limit=",
	"limit",
	"=",
	"cursor=0",
	"cursor=0:0",
	"cursor=0:0:",
	"cursor=0:0:0:0",
	"cursor=0:0:65",
	"cursor=33:0:0",
	"cursor=-1:0:0",
	"cursor=11111111111111111111111111111111111111111111111111111111:0:0",
};

static void test_wrong_params(void **state)
{
	const struct sl_tel_command *c;
	char huge[900];

	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++) {
		for (unsigned int k = 0; k < RTE_DIM(always_wrong); k++) {
			json_t *reply = ask_with(c->name, always_wrong[k]);
			if (!json_is_null(reply))
				fail_msg("%s,%s: answered", c->name, always_wrong[k]);
			json_decref(reply);
		}
		json_t *reply = ask_with(c->name, huge);
		assert_true(json_is_null(reply));
		json_decref(reply);
		if (c->min_params == 0)
			continue;
		reply = ask(c->name);
		assert_true(json_is_null(reply));
		json_decref(reply);
	}
	json_decref(ask("/sluice/nothing"));
	json_decref(ask(","));
	assert_int_equal(sl_tel_dispatch(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(sl_tel_dispatch("/sluice/info", "x", NULL), -EINVAL);
}

/* Bytes at random, and valid ones damaged at random: an answer each time, and ASan watches. */
static void test_random_params(void **state)
{
	static const char *const seeds[] = { "service=a,client=192.0.2.1,protocol=tcp,limit=10,cursor=0:12:3",
					     "wan,2001:db8::1", "1", "" };
	static const char alphabet[] = ",=:.0123456789abcdefstuvw/\x7f\x80\\\" ";
	struct sl_tel_params params;
	uint32_t seed = 1;
	char command[300];

	for (unsigned int i = 0; i < 4000; i++) {
		const struct sl_tel_command *c = sl_tel_command_at(i % 23);
		int used = snprintf(command, sizeof(command), "%s,%s", c == NULL ? "/sluice/flow_list" : c->name,
				    seeds[i % RTE_DIM(seeds)]);
		for (unsigned int k = 0; k < 4; k++) {
			seed = seed * 1664525 + 1013904223;
			size_t at = strcspn(command, ",") + 1 + (seed >> 8) % 24;
			if (at >= sizeof(command) - 1)
				continue;
			command[at] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
			used = (int)at >= used ? (int)at + 1 : used;
		}
		json_decref(ask_bytes(command, (size_t)used));
	}
	for (unsigned int i = 0; i < 20000; i++) {
		char bytes[64];
		for (unsigned int k = 0; k < sizeof(bytes); k++) {
			seed = seed * 1664525 + 1013904223;
			bytes[k] = (char)(seed >> 24);
		}
		bytes[i % sizeof(bytes)] = '\0';
		bytes[sizeof(bytes) - 1] = '\0';
		if (sl_tel_params_split(&params, bytes) == 0)
			assert_true(params.n <= SL_TEL_PARAMS_MAX);
	}
}

static void test_split(void **state)
{
	static const struct {
		const char *text;
		int rc;
		unsigned int n;
		const char *last;
	} cases[] = {
		{ NULL, 0, 0, "" }, { "", 0, 0, "" },	   { "a", 0, 1, "a" },	      { "a,b", 0, 2, "b" },
		{ ",", 0, 2, "" },  { "a,,b", 0, 3, "b" }, { ",,,,,,,x", 0, 8, "x" }, { ",,,,,,,,", -EINVAL, 0, "" },
	};
	struct sl_tel_params params;
	uint32_t value;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		assert_int_equal(sl_tel_params_split(&params, cases[i].text), cases[i].rc);
		if (cases[i].rc != 0)
			continue;
		assert_int_equal(params.n, cases[i].n);
		if (params.n > 0)
			assert_string_equal(params.field[params.n - 1], cases[i].last);
	}
	assert_int_equal(sl_tel_parse_u32("65535", 65535, &value), 0);
	assert_int_equal(value, 65535);
	assert_int_equal(sl_tel_parse_u32("65536", 65535, &value), -EINVAL);
	assert_int_equal(sl_tel_parse_u32("4294967295", UINT32_MAX, &value), 0);
	assert_int_equal(value, UINT32_MAX);
}

/* A control thread that is stuck in its work costs a client two seconds and a null. */
static void test_control_busy(void **state)
{
	pthread_mutex_lock(&t.control.lock);
	json_t *reply = ask("/sluice/info");
	assert_true(json_is_null(reply));
	json_decref(reply);
	pthread_mutex_unlock(&t.control.lock);
}

static void test_stop(void **state)
{
	sl_telemetry_stop();
	sl_telemetry_stop();
	json_t *reply = ask("/sluice/info");
	assert_true(json_is_null(reply));
	json_decref(reply);

	assert_int_equal(sl_telemetry_start(&t.control), 0);
	reply = ask("/sluice/info");
	assert_int_equal(number(reply, "workers"), 2);
	json_decref(reply);

	/* registered once, with its help */
	reply = ask("/");
	unsigned int found = 0;
	for (size_t i = 0; i < json_array_size(reply); i++)
		found += strcmp(json_string_value(json_array_get(reply, i)), "/sluice/info") == 0;
	assert_int_equal(found, 1);
	json_decref(reply);
	reply = ask("/help,/sluice/port");
	assert_non_null(strstr(text(reply, "/sluice/port"), "Parameters: name or id"));
	json_decref(reply);
}

static void test_reference(void **state)
{
	const struct sl_tel_command *c;
	char *page = NULL, needle[128];
	size_t length;
	FILE *out = open_memstream(&page, &length);

	sl_telemetry_write_reference(out);
	fclose(out);
	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++) {
		snprintf(needle, sizeof(needle), "### `%s%s", c->name, c->max_params > 0 ? "," : "`");
		assert_non_null(strstr(page, needle));
	}
	for (unsigned int i = 0; i < SL_DROP_MAX; i++) {
		snprintf(needle, sizeof(needle), "| `%s` | %.60s", sl_drop_infos[i].name, sl_drop_infos[i].help);
		assert_non_null(strstr(page, needle));
	}
	free(page);
}

static void test_add_neighbours(void **state)
{
	t.neighbours.capacity = 2048;
	add_neighbour("192.0.2.66", SL_NEIGHBOUR_REACHABLE);
	add_neighbour("2001:db8::9", SL_NEIGHBOUR_INCOMPLETE);
	assert_int_equal(t.neighbours.used, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),		cmocka_unit_test(test_add_neighbours),
		cmocka_unit_test(test_documented_keys), cmocka_unit_test(test_steering), cmocka_unit_test(test_sums),
		cmocka_unit_test(test_long_text),	cmocka_unit_test(test_routes),
		cmocka_unit_test(test_neighbour),	cmocka_unit_test(test_split),
		cmocka_unit_test(test_wrong_params),	cmocka_unit_test(test_random_params),
		cmocka_unit_test(test_control_busy),	cmocka_unit_test(test_stop),
		cmocka_unit_test(test_reference),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
