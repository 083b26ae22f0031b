/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of the control socket: what is taken, what is refused and how, and what replies look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "../../lib/control/request.h"

#define ASK(command, arguments) "{\"command\": \"" command "\", \"arguments\": {" arguments "}}"

static const struct {
	const char *text;
	const char *problem; /* "where: what"; NULL: taken */
} lines[] = {
	{ "{\"command\": \"reload\"}", NULL },
	{ ASK("reload", ""), NULL },
	{ ASK("reload", "\"discard_edits\": false"), NULL },
	{ ASK("backend weight", "\"service\": \"web\", \"backend\": \"10.1.1.1:80\", \"weight\": 1000"), NULL },
	{ ASK("backend weight", "\"service\": \"web\", \"backend\": \"[2001:db8::1]:80\", \"weight\": \"default\""), NULL },
	{ ASK("flow kill", "\"client\": \"2001:db8::1\""), NULL },
	{ ASK("flow kill", "\"client\": \"[2001:db8::1]:5\", \"protocol\": \"udp\""), NULL },
	{ ASK("flow list", "\"limit\": 1000, \"cursor\": \"\""), NULL },
	{ "", ": not a JSON object" },
	{ "[]", ": not a JSON object" },
	{ "\"reload\"", ": not a JSON object" },
	{ "{\"command\": \"reload\"} x", ": not a JSON object" },
	{ "{\"command\": \"reload\", \"command\": \"reload\"}", ": not a JSON object" },
	{ "{}", "/command: missing" },
	{ "{\"command\": 5}", "/command: missing" },
	{ "{\"command\": \"explode\"}", "/command: unknown" },
	{ "{\"command\": \"relaod\"}", "/command: unknown; did you mean \"reload\"?" },
	{ "{\"command\": \"reload\", \"args\": {}}", ": a request has \"command\", \"arguments\" and \"id\" only" },
	{ "{\"command\": \"reload\", \"arguments\": []}", "/arguments: is not an object" },
	{ ASK("reload", "\"discard_edit\": true"), "/arguments: \"discard_edit\" is unknown; did you mean \"discard_edits\"?" },
	{ ASK("config show", "\"x\": true"), "/arguments: \"x\" is unknown; known here: none" },
	{ ASK("config show", "\"\\u001b[2J\": true"), "/arguments: \"?[2J\" is unknown; known here: none" },
	{ ASK("reload", "\"discard_edits\": 1"), "/arguments/discard_edits: is not true or false" },
	{ ASK("backend drain", "\"service\": \"web\""), "/arguments: \"backend\" is missing: ADDRESS:PORT" },
	{ ASK("service remove", "\"service\": 5"), "/arguments/service: is not a name" },
	{ ASK("service remove", "\"service\": \"\""), "/arguments/service: is not a name" },
	{ ASK("service remove", "\"service\": \"a\\nb\""), "/arguments/service: is not a name" },
	{ ASK("service remove", "\"service\": \"\\u00e4\""), "/arguments/service: is not a name" },
	{ ASK("service add", "\"definition\": []"), "/arguments/definition: is not an object" },
	{ ASK("flow list", "\"limit\": 0"), "/arguments/limit: is out of bounds" },
	{ ASK("flow list", "\"limit\": 1001"), "/arguments/limit: is out of bounds" },
	{ ASK("flow list", "\"limit\": -1"), "/arguments/limit: is out of bounds" },
	{ ASK("flow list", "\"limit\": 1.5"), "/arguments/limit: is not a whole number" },
	{ ASK("flow list", "\"cursor\": 5"), "/arguments/cursor: is not a string" },
	{ ASK("flow list", "\"protocol\": \"icmp\""), "/arguments/protocol: \"icmp\" is neither \"tcp\" nor \"udp\"" },
	{ ASK("flow list", "\"client\": \"192.0.2.1:\""), "/arguments/client: \"192.0.2.1:\" is neither ADDRESS nor ADDRESS:PORT" },
	{ ASK("backend drain", "\"service\": \"web\", \"backend\": \"10.1.1.1\""),
	  "/arguments/backend: \"10.1.1.1\" is not ADDRESS:PORT (IPv6: [ADDRESS]:PORT), as sluicectl backends shows it" },
	{ ASK("backend drain", "\"service\": \"web\", \"backend\": \"10.1.1.1\\u0007\""), "/arguments/backend: is not ADDRESS:PORT (IPv6: [ADDRESS]:PORT)" },
	{ ASK("backend weight", "\"service\": \"web\", \"backend\": \"10.1.1.1:80\", \"weight\": \"more\""),
	  "/arguments/weight: \"more\" is neither a whole number nor \"default\"" },
};

static const char *const bad_backends[] = { "10.1.1.1", "10.1.1.1:", ":80", "10.1.1.1:0", "10.1.1.1:65536", "10.1.1.1:080000", "10.1.1.1:-1",
					    "10.1.1.1:80x", "10.1.1:80", "2001:db8::1:80", "[2001:db8::1]", "[2001:db8::1:80", "2001:db8::1]:80",
					    "[10.1.1.1]:80", "[]:80", "", "[::1]80", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80" };

static void test_lines(void **state)
{
	for (size_t i = 0; i < RTE_DIM(lines); i++) {
		struct sl_problems problems;
		struct sl_request request;
		char text[256] = "";

		sl_problems_init(&problems);
		int rc = sl_request_parse(&request, lines[i].text, strlen(lines[i].text), &problems);
		if (problems.count > 0)
			snprintf(text, sizeof(text), "%s: %s", problems.list[0].where, problems.list[0].what);
		if ((rc == 0) != (lines[i].problem == NULL) ||
		    (rc != 0 && strncmp(text, lines[i].problem, strlen(lines[i].problem)) != 0))
			fail_msg("%s: %s", lines[i].text, text);
		sl_request_fini(&request);
		sl_problems_fini(&problems);
	}
}

static void test_bad_backends(void **state)
{
	for (size_t i = 0; i < RTE_DIM(bad_backends); i++) {
		struct sl_problems problems;
		struct sl_request request;
		char text[256];

		sl_problems_init(&problems);
		snprintf(text, sizeof(text), ASK("backend enable", "\"service\": \"web\", \"backend\": \"%s\""), bad_backends[i]);
		if (sl_request_parse(&request, text, strlen(text), &problems) == 0)
			fail_msg("\"%s\" was taken", bad_backends[i]);
		assert_string_equal(problems.list[0].where, "/arguments/backend");
		sl_request_fini(&request);
		sl_problems_fini(&problems);
	}
}

static void test_values(void **state)
{
	static const char text[] = ASK("flow kill", "\"client\": \"[2001:db8::9]:4000\", \"protocol\": \"udp\", \"service\": \"web\"");
	struct sl_problems problems;
	struct sl_request request;
	char ip[SL_IP_STRLEN];

	sl_problems_init(&problems);
	assert_int_equal(sl_request_parse(&request, text, strlen(text), &problems), 0);
	assert_int_equal(request.command, SL_COMMAND_FLOW_KILL);
	assert_string_equal(sl_request_value(&request, "service")->text, "web");
	assert_string_equal(sl_ip_format(&sl_request_value(&request, "client")->ip, ip), "2001:db8::9");
	assert_int_equal(sl_request_value(&request, "client")->port, 4000);
	assert_int_equal(sl_request_value(&request, "protocol")->number, 17);
	assert_false(sl_request_value(&request, "backend")->given);
	assert_false(sl_request_flag(&request, "all"));
	sl_request_fini(&request);
}

static void test_replies(void **state)
{
	static const char text[] = "{\"id\": {\"n\": [1, null]}, \"command\": \"config show\"}";
	struct sl_problems problems;
	struct sl_request request;

	sl_problems_init(&problems);
	assert_int_equal(sl_request_parse(&request, text, strlen(text), &problems), 0);
	char *reply = sl_request_result(&request, json_pack("{s:i}", "a", 1));
	assert_string_equal(reply, "{\"id\": {\"n\": [1, null]}, \"result\": {\"a\": 1}}");
	free(reply);
	sl_problem_add(&problems, "/services/0/port", NULL, "70000 is not in 1..65535");
	sl_problem_add(&problems, "", "mend it", "broken");
	reply = sl_request_error(&request, "two \"problems\"", &problems);
	assert_string_equal(reply, "{\"id\": {\"n\": [1, null]}, \"error\": {\"message\": \"two \\\"problems\\\"\", \"problems\": "
				   "[{\"where\": \"/services/0/port\", \"what\": \"70000 is not in 1..65535\"}, "
				   "{\"where\": \"\", \"what\": \"broken\", \"remedy\": \"mend it\"}]}}");
	free(reply);
	reply = sl_request_error(NULL, "too long", NULL);
	assert_string_equal(reply, "{\"error\": {\"message\": \"too long\"}}");
	free(reply);
	assert_null(sl_request_result(&request, NULL));
	sl_request_fini(&request);
	sl_problems_fini(&problems);
}

/* The table itself: names that are told apart, types that have their bounds, what is required before what is not. */
static void test_table(void **state)
{
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		const struct sl_command *c = &sl_commands[i];
		bool optional = false;

		assert_true(c->name != NULL && c->help != NULL && c->result != NULL);
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(c->name, sl_commands[k].name);
		for (const struct sl_argument *a = c->arguments; a->name != NULL; a++) {
			assert_true(a - c->arguments < SL_ARGUMENTS_MAX);
			assert_true(a->option != NULL || a->required);
			assert_false(a->required && optional);
			assert_true(a->type != SL_ARGUMENT_NUMBER || a->maximum > 0);
			assert_true(a->option == NULL || a->option[0] == '\0' || strncmp(a->option, "--", 2) == 0);
			optional = !a->required;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_bad_backends), cmocka_unit_test(test_values),
		cmocka_unit_test(test_replies), cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
