/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits of a configuration, differences between two, and the way back into the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <rte_common.h>

#include "sluice/config/edit.h"

#define HEAD                                                                                                        \
	"{\"version\": 1, \"interfaces\": [{\"name\": \"wan\", \"device\": \"net_ring0\", "                          \
	"\"addresses\": [\"192.0.2.2/24\", \"2001:db8::2/64\"], \"gateways\": [\"192.0.2.1\"]}], "
#define SERVICE(name, port, rest)                                                                                   \
	"{\"name\": \"" name "\", \"address\": \"192.0.2.10\", \"port\": " #port ", \"protocol\": \"tcp\", "         \
	"\"snat\": [\"192.0.2.3\"], " rest "}"
#define B(n, rest) "{\"address\": \"192.0.2.10" #n "\", \"port\": 8080" rest "}"
#define TWO "\"backends\": [" B(1, "") ", " B(2, "") "]"
#define ONE "\"backends\": [" B(1, "") "]"
#define FILE_OF(services) HEAD "\"services\": [" services "]}"

static struct sl_config *config_of(const char *text)
{
	struct sl_problems problems;

	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse(text, strlen(text), &problems);
	sl_problems_print(&problems, stderr);
	assert_non_null(config);
	sl_problems_fini(&problems);
	return config;
}

static json_t *json_of(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static struct sl_ip ip_of(const char *text)
{
	struct sl_ip ip;

	assert_int_equal(sl_ip_parse(text, &ip), 0);
	return ip;
}

/* ---- edits ---- */

struct edit_case {
	enum sl_edit_kind kind;
	const char *service, *ip;
	uint16_t port, weight;
	const char *value;
	const char *after;   /* the file that would say the same; NULL: refused */
	const char *problem; /* where and what begin so */
};

static const struct edit_case edits[] = {
	{ SL_EDIT_SERVICE_ADD, .value = SERVICE("b", 81, ONE),
	  .after = FILE_OF(SERVICE("a", 80, TWO) "," SERVICE("b", 81, ONE)) },
	{ SL_EDIT_SERVICE_ADD, .value = SERVICE("a", 81, ONE), .problem = "/services/1/name: a is the name of /services/0" },
	{ SL_EDIT_SERVICE_ADD, .value = SERVICE("b", 80, ONE), .problem = "/services/1/address: 192.0.2.10 port 80 tcp belongs" },
	{ SL_EDIT_SERVICE_ADD, .value = SERVICE("b", 81, "\"backends\": [" B(1, ", \"weigth\": 2") "]"),
	  .problem = "/services/1/backends/0/weigth: unknown key; did you mean \"weight\"?" },
	{ SL_EDIT_SERVICE_ADD, .value = "[]", .problem = "/services/1: a list is not an object" },
	{ SL_EDIT_SERVICE_REMOVE, "a", .after = FILE_OF("") },
	{ SL_EDIT_SERVICE_REMOVE, "b", .problem = "/services: there is no service \"b\"; remedy: sluicectl services" },
	{ SL_EDIT_BACKEND_ADD, "a", "192.0.2.103", 8080, .value = B(3, ", \"weight\": 7"),
	  .after = FILE_OF(SERVICE("a", 80, "\"backends\": [" B(1, "") "," B(2, "") "," B(3, ", \"weight\": 7") "]")) },
	{ SL_EDIT_BACKEND_ADD, "a", "192.0.2.102", 8080, .value = B(2, ""),
	  .problem = "/services/0/backends/1: service \"a\" has backend 192.0.2.102 port 8080 already" },
	{ SL_EDIT_BACKEND_ADD, "a", "192.0.2.2", 80, .value = "{\"address\": \"192.0.2.2\", \"port\": 80}",
	  .problem = "/services/0/backends/2/address: 192.0.2.2 is " },
	{ SL_EDIT_BACKEND_ADD, "aa", "192.0.2.104", 80, .value = B(4, ""), .problem = "/services: there is no service \"aa\"" },
	{ SL_EDIT_BACKEND_REMOVE, "a", "192.0.2.102", 8080, .after = FILE_OF(SERVICE("a", 80, ONE)) },
	{ SL_EDIT_BACKEND_REMOVE, "a", "192.0.2.102", 80,
	  .problem = "/services/0/backends: service \"a\" has no backend 192.0.2.102 port 80" },
	{ SL_EDIT_BACKEND_WEIGHT, "a", "192.0.2.101", 8080, 9,
	  .after = FILE_OF(SERVICE("a", 80, "\"backends\": [" B(1, ", \"weight\": 9") "," B(2, "") "]")) },
	{ SL_EDIT_BACKEND_WEIGHT, "a", "192.0.2.101", 8080, 1001,
	  .problem = "/services/0/backends/0/weight: 1001 is not in 0..1000" },
};

static void test_edits(void **state)
{
	for (size_t i = 0; i < RTE_DIM(edits); i++) {
		const struct edit_case *c = &edits[i];
		struct sl_config *before = config_of(FILE_OF(SERVICE("a", 80, TWO)));
		json_t *copy = json_deep_copy(before->json), *value = c->value != NULL ? json_of(c->value) : NULL;
		struct sl_edit edit = { .kind = c->kind, .service = c->service, .port = c->port, .weight = c->weight, .value = value };
		struct sl_problems problems;

		if (c->ip != NULL)
			edit.ip = ip_of(c->ip);
		sl_problems_init(&problems);
		struct sl_config *after = sl_config_edit(before, &edit, &problems);
		assert_true(json_equal(before->json, copy)); /* nothing changes in place */
		if (c->after != NULL) {
			json_t *expected = json_of(c->after);
			sl_problems_print(&problems, stderr);
			assert_non_null(after);
			assert_true(json_equal(after->json, expected));
			json_decref(expected);
		} else {
			assert_null(after);
			char *text = NULL;
			size_t size;
			FILE *out = open_memstream(&text, &size);
			sl_problems_print(&problems, out);
			fclose(out);
			if (strncmp(text, c->problem, strlen(c->problem)) != 0)
				fail_msg("case %zu: %s", i, text);
			free(text);
		}
		sl_problems_fini(&problems);
		sl_config_destroy(after);
		sl_config_destroy(before);
		json_decref(copy);
		json_decref(value);
	}
}

#define IN(group) "\"in\": {\"interface\": \"wan\", \"group\": \"" group "\", \"udp_port\": 5000}"
#define OUT(n) "{\"interface\": \"wan\", \"address\": \"192.0.2.10" #n "\", \"udp_port\": 6000}"
#define RELAY(name, group, out, rest) "{\"name\": \"" name "\", " IN(group) ", \"out\": [" out "]" rest "}"
#define RELAYS(relays) HEAD "\"relays\": [" relays "]}"

static const struct {
	enum sl_edit_kind kind;
	const char *relay, *value, *before, *after, *problem;
} relay_edits[] = {
	{ SL_EDIT_RELAY_ADD, NULL, RELAY("b", "239.1.1.2", OUT(1), ""), RELAYS(RELAY("a", "239.1.1.1", OUT(1), "")),
	  .after = RELAYS(RELAY("a", "239.1.1.1", OUT(1), "") ", " RELAY("b", "239.1.1.2", OUT(1), "")) },
	{ SL_EDIT_RELAY_ADD, NULL, RELAY("a", "239.1.1.1", OUT(1), ""), HEAD "\"services\": []}",
	  .after = HEAD "\"services\": [], \"relays\": [" RELAY("a", "239.1.1.1", OUT(1), "") "]}" },
	{ SL_EDIT_RELAY_ADD, NULL, RELAY("b", "239.1.1.1", OUT(1), ""), RELAYS(RELAY("a", "239.1.1.1", OUT(1), "")),
	  .problem = "/relays/1/in" },
	/* keys that are given, and keys that go */
	{ SL_EDIT_RELAY_CHANGE, "a", "{\"out\": [" OUT(2) "], \"id\": null}",
	  RELAYS(RELAY("b", "239.1.1.2", OUT(1), "") ", " RELAY("a", "239.1.1.1", OUT(1), ", \"id\": 5")),
	  .after = RELAYS(RELAY("b", "239.1.1.2", OUT(1), "") ", " RELAY("a", "239.1.1.1", OUT(2), "")) },
	{ SL_EDIT_RELAY_CHANGE, "a", "{\"id\": null}", RELAYS(RELAY("a", "239.1.1.1", OUT(1), "")),
	  .after = RELAYS(RELAY("a", "239.1.1.1", OUT(1), "")) },
	{ SL_EDIT_RELAY_CHANGE, "a", "{\"out\": null}", RELAYS(RELAY("a", "239.1.1.1", OUT(1), "")),
	  .problem = "/relays/0/out: " },
	{ SL_EDIT_RELAY_CHANGE, "feet", "{\"id\": 7}", RELAYS(RELAY("feed", "239.1.1.1", OUT(1), "")),
	  .problem = "/relays: there is no relay \"feet\"; remedy: did you mean \"feed\"?" },
	{ SL_EDIT_RELAY_REMOVE, "a", NULL, RELAYS(RELAY("a", "239.1.1.1", OUT(1), "") ", " RELAY("b", "239.1.1.2", OUT(1), "")),
	  .after = RELAYS(RELAY("b", "239.1.1.2", OUT(1), "")) },
	{ SL_EDIT_RELAY_REMOVE, "c", NULL, RELAYS(RELAY("aaaa", "239.1.1.1", OUT(1), "")),
	  .problem = "/relays: there is no relay \"c\"; remedy: sluicectl relay list" },
};

static void test_relay_edits(void **state)
{
	for (size_t i = 0; i < RTE_DIM(relay_edits); i++) {
		struct sl_config *before = config_of(relay_edits[i].before);
		json_t *value = relay_edits[i].value != NULL ? json_of(relay_edits[i].value) : NULL;
		struct sl_edit edit = { .kind = relay_edits[i].kind, .relay = relay_edits[i].relay, .value = value };
		const char *wanted = relay_edits[i].problem;
		struct sl_problems problems;
		char *text = NULL;
		size_t size;

		sl_problems_init(&problems);
		struct sl_config *after = sl_config_edit(before, &edit, &problems);
		FILE *out = open_memstream(&text, &size);
		sl_problems_print(&problems, out);
		fclose(out);
		if (wanted != NULL ? strncmp(text, wanted, strlen(wanted)) != 0 : after == NULL)
			fail_msg("case %zu: %s", i, text);
		if (wanted == NULL) {
			json_t *expected = json_of(relay_edits[i].after);
			if (!json_equal(after->json, expected))
				fail_msg("case %zu: %s", i, json_dumps(after->json, 0));
			json_decref(expected);
		}
		free(text);
		sl_problems_fini(&problems);
		sl_config_destroy(after);
		sl_config_destroy(before);
		json_decref(value);
	}
}

static void test_last_backend(void **state)
{
	struct sl_config *config = config_of(FILE_OF(SERVICE("a", 80, ONE)));
	struct sl_edit edit = { .kind = SL_EDIT_BACKEND_REMOVE, .service = "a", .ip = ip_of("192.0.2.101"), .port = 8080 };
	struct sl_problems problems;

	sl_problems_init(&problems);
	assert_null(sl_config_edit(config, &edit, &problems));
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].what, "192.0.2.101 port 8080 is the last backend of service \"a\"");
	assert_non_null(strstr(problems.list[0].remedy, "remove the service"));
	sl_problems_fini(&problems);
	sl_config_destroy(config);
}

/* ---- differences ---- */

/* "+ path at where = to", "- path at where", "~ path at where: from -> to"; "!" in front where it needs a restart. */
static void describe(json_t *diff, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	size_t i;
	json_t *e;

	json_array_foreach(diff, i, e)
	{
		const char *change = json_string_value(json_object_get(e, "change"));
		char *from = json_dumps(json_object_get(e, "from"), JSON_ENCODE_ANY);
		char *to = json_dumps(json_object_get(e, "to"), JSON_ENCODE_ANY);
		fprintf(out, "%s%c %s at %s", json_object_get(e, "restart") != NULL ? "!" : "",
			change[0] == 'a' ? '+' : change[0] == 'r' ? '-' : '~',
			json_string_value(json_object_get(e, "path")), json_string_value(json_object_get(e, "where")));
		if (change[0] == 'c')
			fprintf(out, ": %s -> %s", from != NULL ? from : "default", to != NULL ? to : "default");
		fputc('\n', out);
		free(from);
		free(to);
	}
	fclose(out);
}

static const struct {
	const char *from, *to, *diff;
} differences[] = {
	{ FILE_OF(SERVICE("a", 80, TWO)), FILE_OF(SERVICE("a", 80, TWO)), "" },
	/* another spelling, a default written out, another order: the same */
	{ FILE_OF(SERVICE("a", 80, TWO) "," SERVICE("b", 81, ONE)),
	  FILE_OF(SERVICE("b", 81, ONE) "," SERVICE("a", 80, "\"backends\": [" B(2, ", \"weight\": 1") "," B(1, "") "]")), "" },
	{ HEAD "\"routes\": [{\"prefix\": \"2001:db8:1::/48\", \"via\": \"2001:db8::9\"}]}",
	  HEAD "\"routes\": [{\"prefix\": \"2001:DB8:1::/48\", \"via\": \"2001:db8:0::9\"}]}", "" },
	{ FILE_OF(SERVICE("a", 80, TWO)), FILE_OF(SERVICE("a", 80, "\"backends\": [" B(2, ", \"weight\": 5") "," B(3, "") "]")),
	  "- services/a/backends/192.0.2.101:8080 at /services/0/backends/0\n"
	  "~ services/a/backends/192.0.2.102:8080/weight at /services/0/backends/0/weight: default -> 5\n"
	  "+ services/a/backends/192.0.2.103:8080 at /services/0/backends/1\n" },
	{ FILE_OF(SERVICE("a", 80, ONE)), FILE_OF(SERVICE("b", 81, ONE) "," SERVICE("a", 82, ONE)),
	  "+ services/b at /services/0\n"
	  "~ services/a/port at /services/1/port: 80 -> 82\n" },
	{ FILE_OF(SERVICE("a", 80, ONE)), HEAD "\"max_flows\": 2048, \"icmp_errors_pps\": 5}",
	  "!~ max_flows at /max_flows: default -> 2048\n"
	  "~ icmp_errors_pps at /icmp_errors_pps: default -> 5\n"
	  "- services/a at /services/0\n" },
	/* relays by name; outputs by interface, address and port, of which some may not be given */
	{ RELAYS(RELAY("a", "239.1.1.1", OUT(1) ", " OUT(2) ", {\"interface\": \"wan\", \"address\": \"239.2.2.2\"}", "")),
	  RELAYS(RELAY("b", "239.1.1.2", OUT(1), "") ", "
		 RELAY("a", "239.1.1.1", "{\"interface\": \"wan\", \"address\": \"239.2.2.2\", \"ttl\": 5}, " OUT(2) ", " OUT(3), ", \"id\": 5")),
	  "+ relays/b at /relays/0\n"
	  "~ relays/a/id at /relays/1/id: default -> 5\n"
	  "- relays/a/out/wan 192.0.2.101:6000 at /relays/0/out/0\n"
	  "~ relays/a/out/wan 239.2.2.2/ttl at /relays/1/out/0/ttl: default -> 5\n"
	  "+ relays/a/out/wan 192.0.2.103:6000 at /relays/1/out/2\n" },
	/* the global one is every service's */
	{ FILE_OF(SERVICE("a", 80, ONE)),
	  HEAD "\"timeouts\": {\"tcp_closing_s\": 9}, \"services\": [" SERVICE("a", 80, ONE ", \"timeouts\": {\"tcp_reset_s\": 1}") "]}",
	  "~ timeouts/tcp_closing_s at /timeouts/tcp_closing_s: default -> 9\n"
	  "~ services/a/timeouts/tcp_reset_s at /services/0/timeouts/tcp_reset_s: default -> 1\n" },
	{ HEAD "\"neighbours\": [{\"interface\": \"wan\", \"address\": \"2001:db8::9\", \"mac\": \"02:00:00:00:00:09\"}], "
	       "\"routes\": [{\"prefix\": \"10.9.0.0/16\", \"via\": \"192.0.2.7\"}]}",
	  HEAD "\"devices\": [{\"device\": \"net_ring0\", \"mtu\": 1280}]}",
	  "!+ devices/net_ring0 at /devices/0\n"
	  "- routes/10.9.0.0/16 192.0.2.7 at /routes/0\n"
	  "- neighbours/wan 2001:db8::9 02:00:00:00:00:09 at /neighbours/0\n" },
	{ FILE_OF(SERVICE("a", 80, "\"backends\": [{\"address\": \"192.0.2.101\", \"port\": 80}]")),
	  FILE_OF(SERVICE("a", 80, "\"backends\": [{\"address\": \"192.0.2.101\", \"port\": 81}]")),
	  "- services/a/backends/192.0.2.101:80 at /services/0/backends/0\n"
	  "+ services/a/backends/192.0.2.101:81 at /services/0/backends/0\n" },
	{ HEAD "\"forwarding\": \"route\"}", HEAD "\"forwarding\": \"drop\"}",
	  "~ forwarding at /forwarding: \"route\" -> \"drop\"\n" },
};

/* Prefixes that are written in two ways are the same, whatever stands between them and the next field. */
#define PADDED(group) \
	HEAD "\"relays\": [" RELAY("a", group, "{\"interface\": \"wan\", \"address\": \"192.0.2.9\", \"udp_port\": 1}", "") "]}"

static void test_padding(void **state)
{
	struct sl_config *from = config_of(PADDED("239.1.1.1")), *to = config_of(PADDED("239.1.1.1/32"));
	struct sl_prefix *group = &to->relays[0].in.group;

	memset((char *)group + offsetof(struct sl_prefix, len) + 1, 0x55, sizeof(*group) - offsetof(struct sl_prefix, len) - 1);
	json_t *diff = sl_config_diff(from, to);
	assert_int_equal(json_array_size(diff), 0);
	json_decref(diff);
	sl_config_destroy(from);
	sl_config_destroy(to);
}

static void test_differences(void **state)
{
	for (size_t i = 0; i < RTE_DIM(differences); i++) {
		struct sl_config *from = config_of(differences[i].from), *to = config_of(differences[i].to);
		json_t *diff = sl_config_diff(from, to);
		char text[2048] = "";

		describe(diff, text, sizeof(text));
		if (strcmp(text, differences[i].diff) != 0)
			fail_msg("case %zu:\n%s", i, text);
		json_decref(diff);
		sl_config_destroy(from);
		sl_config_destroy(to);
	}
}

/* ---- the file ---- */

static char directory[] = "/tmp/sluice-test-edit-XXXXXX";

static char *path_of(const char *name)
{
	static char path[2][256];
	static unsigned int turn;

	snprintf(path[++turn % 2], sizeof(path[0]), "%s/%s", directory, name);
	return path[turn % 2];
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void read_text(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

/* Files in the test's directory. */
static unsigned int files(void)
{
	char command[300], text[16] = "";

	snprintf(command, sizeof(command), "ls -A %s | wc -l", directory);
	FILE *p = popen(command, "r");
	assert_non_null(fgets(text, sizeof(text), p));
	pclose(p);
	return (unsigned int)strtoul(text, NULL, 10);
}

static void test_save(void **state)
{
	static const char expected[] =
		"{\n"
		"  \"version\": 1,\n"
		"  \"interfaces\": [\n"
		"    {\n"
		"      \"name\": \"wan\",\n"
		"      \"device\": \"net_ring0\",\n"
		"      \"addresses\": [\"192.0.2.2/24\", \"2001:db8::2/64\"],\n"
		"      \"gateways\": [\"192.0.2.1\"]\n"
		"    }\n"
		"  ],\n"
		"  \"services\": []\n"
		"}\n";
	struct sl_config *config = config_of(FILE_OF(""));
	struct sl_problems problems;
	struct stat status;
	char text[4096];

	sl_problems_init(&problems);
	write_text(path_of("config.json"), "old");
	assert_int_equal(chmod(path_of("config.json"), 0640), 0);
	assert_int_equal(symlink("config.json", path_of("link.json")), 0);

	struct sl_draft *draft = sl_draft_create(config, path_of("link.json"), &problems);
	assert_non_null(draft);
	assert_int_equal(files(), 3);
	read_text(path_of("config.json"), text, sizeof(text));
	assert_string_equal(text, "old");
	sl_draft_discard(draft);
	assert_int_equal(files(), 2);

	draft = sl_draft_create(config, path_of("link.json"), &problems);
	assert_non_null(draft);
	assert_int_equal(sl_draft_commit(draft, &problems), 0);
	assert_int_equal(files(), 2);
	read_text(path_of("config.json"), text, sizeof(text));
	assert_string_equal(text, expected);
	assert_int_equal(lstat(path_of("link.json"), &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat(path_of("link.json"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);

	/* what was written reads back as what it was */
	struct sl_config *again = sl_config_load(path_of("config.json"), &problems);
	assert_non_null(again);
	assert_true(json_equal(again->json, config->json));
	sl_config_destroy(again);
	assert_int_equal(problems.count, 0);

	assert_null(sl_draft_create(config, path_of("nosuch.json"), &problems));
	assert_int_equal(problems.count, 1);
	assert_int_equal(files(), 2);
	sl_problems_fini(&problems);
	sl_config_destroy(config);
}

/* Every example survives the way through text. */
static void test_examples(void **state)
{
	static const char *const names[] = { "full", "minimal", "port-pairs", "nat64", "dnat" };
	struct sl_problems problems;

	sl_problems_init(&problems);
	for (size_t i = 0; i < RTE_DIM(names); i++) {
		char path[128];
		snprintf(path, sizeof(path), "config/examples/%s.json", names[i]);
		struct sl_config *config = sl_config_load(path, &problems);
		assert_non_null(config);
		char *text = sl_config_text(config);
		struct sl_config *again = sl_config_parse(text, strlen(text), &problems);
		assert_non_null(again);
		assert_true(json_equal(config->json, again->json));
		json_t *diff = sl_config_diff(config, again);
		assert_int_equal(json_array_size(diff), 0);
		json_decref(diff);
		free(text);
		sl_config_destroy(config);
		sl_config_destroy(again);
	}
	sl_problems_fini(&problems);
}

static size_t allocations_left;

static void *scarce(size_t size)
{
	return allocations_left-- == 0 ? NULL : malloc(size);
}

/* Whatever memory is short for, the text is whole or none. */
static void test_without_memory(void **state)
{
	struct sl_config *config = config_of(FILE_OF(""));
	char *whole = sl_config_text(config);
	bool done = false;

	for (size_t i = 0; !done; i++) {
		allocations_left = i;
		json_set_alloc_funcs(scarce, free);
		char *text = sl_config_text(config);
		json_set_alloc_funcs(malloc, free);
		done = allocations_left > 0 && allocations_left <= i; /* else it wrapped */
		if (text != NULL)
			assert_string_equal(text, whole);
		if (done)
			assert_non_null(text);
		free(text);
		assert_in_range(i, 0, 10000);
	}
	free(whole);
	sl_config_destroy(config);
}

static int make_directory(void **state)
{
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
	unlink(path_of("link.json"));
	unlink(path_of("config.json"));
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits), cmocka_unit_test(test_relay_edits), cmocka_unit_test(test_last_backend),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_save),  cmocka_unit_test(test_examples),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
