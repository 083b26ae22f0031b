/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluicectl's command line, and its requests against a control server of the test's own: a thread on a stream socket that knows
 * which requests must come and gives canned replies.
 */
#include "sluicectl_fixture.h"

#include <sys/syscall.h>
#include <sys/time.h>

/* How long sluicectl has said it waits for a reply; 0: for ever. In place of libc's. */
static long patience_s;

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (level == SOL_SOCKET && name == SO_RCVTIMEO)
		patience_s = ((const struct timeval *)value)->tv_sec;
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

/* Requests of the control socket that must come so, and their replies. */
static const char *const requests[][2] = {
	{ "{\"command\": \"flow list\", \"arguments\": {\"service\": \"web\", \"client\": \"10.0.0.1\", \"protocol\": \"tcp\", "
	  "\"limit\": 100}}",
	  "{\"result\": {\"flows\": [{\"client\": \"10.0.0.1\", \"client_port\": 1000, \"idle_ms\": 90000}], \"next\": \"0:64:0\"}}" },
	{ "{\"command\": \"flow list\", \"arguments\": {\"service\": \"web\", \"client\": \"10.0.0.1\", \"protocol\": \"tcp\", "
	  "\"limit\": 99, \"cursor\": \"0:64:0\"}}",
	  "{\"result\": {\"flows\": [{\"client\": \"10.0.0.1\", \"client_port\": 2000, \"state\": \"established\", "
	  "\"proxy_header\": \"sent\"}], \"next\": \"\"}}" },
	{ "{\"command\": \"flow list\", \"arguments\": {\"limit\": 1}}",
	  "{\"result\": {\"flows\": [{\"client\": \"10.0.0.2\", \"client_port\": 1}], \"next\": \"0:0:1\"}}" },
	{ "{\"command\": \"flow list\", \"arguments\": {\"limit\": 1000}}", "{\"result\": {\"flows\": [], \"next\": \"\"}}" },
	{ "{\"command\": \"flow kill\", \"arguments\": {\"all\": true}}", "{\"result\": {\"ended\": 1234, \"resets\": 1000}}" },
	{ "{\"command\": \"backend drain\", \"arguments\": {\"service\": \"web\", \"backend\": \"10.1.1.1:80\", \"deadline_s\": 30}}",
	  "{\"result\": {\"service\": \"web\", \"backend\": \"10.1.1.1:80\", \"state\": \"draining\", \"weight\": 2, "
	  "\"flows_active\": 1500, \"backends_in_use\": 0, \"deadline_ms\": 30000}}" },
	{ "{\"command\": \"backend weight\", \"arguments\": {\"service\": \"web\", \"backend\": \"[2001:db8::1]:80\", \"weight\": "
	  "\"default\"}}",
	  "{\"result\": {\"service\": \"web\", \"backend\": \"[2001:db8::1]:80\", \"state\": \"enabled\", \"weight\": 1, "
	  "\"flows_active\": 0, \"backends_in_use\": 1}}" },
	{ "{\"command\": \"backend weight\", \"arguments\": {\"service\": \"web\", \"backend\": \"10.1.1.1:80\", \"weight\": 5, "
	  "\"persist\": true}}",
	  "{\"result\": {\"service\": \"web\", \"backend\": \"10.1.1.1:80\", \"state\": \"enabled\", \"weight\": 5, "
	  "\"flows_active\": 0, \"changes\": [{\"change\": \"changed\", \"path\": \"services/web/backends/10.1.1.1:80/weight\", "
	  "\"to\": 5}], \"persisted\": false, \"problems\": [{\"where\": \"/etc/sluice.json\", \"what\": \"cannot replace it\"}]}}" },
	{ "{\"command\": \"backend add\", \"arguments\": {\"service\": \"web\", \"backend\": \"10.1.1.4:80\", \"weight\": 2}}",
	  "{\"result\": {\"changes\": [{\"change\": \"added\", \"path\": \"services/web/backends/10.1.1.4:80\", \"to\": {\"weight\": 2}}], "
	  "\"generation\": 7, \"persisted\": false}}" },
	{ "{\"command\": \"backend remove\", \"arguments\": {\"service\": \"web\", \"backend\": \"10.1.1.9:80\", \"persist\": true}}",
	  "{\"error\": {\"message\": \"m\", \"problems\": [{\"where\": \"/services/0/backends\", \"what\": \"there is none\", "
	  "\"remedy\": \"look\"}, {\"where\": \"\", \"what\": \"and more\"}]}}" },
	{ "{\"command\": \"service add\", \"arguments\": {\"definition\": {\"name\": \"new\"}, \"persist\": true}}",
	  "{\"result\": {\"changes\": [{\"change\": \"added\", \"path\": \"services/new\", \"to\": {\"name\": \"new\"}}], "
	  "\"generation\": 8, \"persisted\": true}}" },
	{ "{\"command\": \"reload\", \"arguments\": {}}",
	  "{\"error\": {\"message\": \"refused\", \"problems\": []}}" },
	{ "{\"command\": \"reload\", \"arguments\": {\"discard_edits\": true}}",
	  "{\"result\": {\"changes\": [{\"change\": \"removed\", \"path\": \"services/a\", \"from\": {}}], \"lost_edits\": "
	  "[{\"change\": \"added\", \"path\": \"services/a\"}], \"generation\": 9}}" },
	{ "{\"command\": \"config diff\", \"arguments\": {}}",
	  "{\"result\": {\"changes\": [{\"change\": \"changed\", \"path\": \"max_flows\", \"to\": 2048, \"restart\": true}], "
	  "\"unsaved_edits\": [], \"problems\": [{\"where\": \"/max_flows\", \"what\": \"it needs a restart\"}]}}" },
	{ "{\"command\": \"config show\", \"arguments\": {}}", "{\"result\": {\"config\": {\"version\": 1}}}" },
	{ "{\"command\": \"config save\", \"arguments\": {}}", "{\"result\": {\"path\": \"/etc/sluice.json\", \"changes\": []}}" },
	{ "{\"command\": \"backend enable\", \"arguments\": {\"service\": \"hang\", \"backend\": \"10.1.1.1:80\"}}", NULL },
};

/* One request, its reply in two pieces; a request that nobody expects gets an error that shows it. */
static void answer_request(int fd, const char *text, size_t length)
{
	json_t *request = json_loadb(text, length, 0, NULL);
	char reply[2048];

	snprintf(reply, sizeof(reply), "{\"error\": {\"message\": \"unexpected request\"}}");
	for (size_t i = 0; i < COUNT(requests); i++) {
		json_t *expected = json_loads(requests[i][0], 0, NULL);
		if (json_equal(expected, request) && requests[i][1] == NULL)
			reply[0] = '\0';
		else if (json_equal(expected, request))
			snprintf(reply, sizeof(reply), "%s", requests[i][1]);
		json_decref(expected);
	}
	json_decref(request);
	if (reply[0] == '\0')
		return;
	send(fd, reply, 10, MSG_NOSIGNAL);
	send(fd, reply + 10, strlen(reply) - 10, MSG_NOSIGNAL);
	send(fd, "\n", 1, MSG_NOSIGNAL);
}

/* Said to who sends more than this, which is not read to its end. */
#define TOO_LONG "{\"error\": {\"message\": \"far too long\"}}\n"

static void *serve_control(void *arg)
{
	char text[4096];
	int fd;

	while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
		size_t used = 0;
		ssize_t n;
		while ((n = recv(fd, text + used, sizeof(text) - used, 0)) > 0) {
			used += (size_t)n;
			if (used == sizeof(text)) {
				send(fd, TOO_LONG, strlen(TOO_LONG), MSG_NOSIGNAL);
				break;
			}
			if (text[used - 1] != '\n')
				continue;
			if (strstr(text, "hang") != NULL)
				break;
			answer_request(fd, text, used - 1);
			used = 0;
		}
		close(fd);
	}
	return NULL;
}

static int set_up(void **state)
{
	return server_start(SOCK_STREAM, SL_CONTROL_SOCKET, serve_control);
}

static void test_usage(void **state)
{
	/* the line, and what it must be answered with: one line that says what to do */
	static const char *const wrong[][2] = {
		{ "", "sluicectl status" },
		{ "nothing", "sluicectl help" },
		{ "sevices", "did you mean services?" },
		{ "relod", "did you mean reload?" },
		{ "status extra", "sluicectl help" },
		{ "status --service web", "sluicectl help" },
		{ "drops --nothing", "sluicectl help" },
		{ "services a b", "sluicectl help" },
		{ "completion", "sluicectl help" },
		{ "completion fish", "sluicectl help" },
		{ "status --json=yes", "sluicectl help" },
		{ "status --file-prefix", "sluicectl help" },
		{ "status --worker 1", "sluicectl help" },
		{ "--worker 1 reload", "--worker does not go with reload" },
		{ "backend", "backend add, backend remove, backend drain" },
		{ "config", "config show, config diff, config save" },
		{ "backend drian web", "did you mean backend drain?" },
		{ "backend explode web", "backend add, backend remove" },
		{ "backend drain", "SERVICE is missing: name of the service; usage: sluicectl backend drain SERVICE BACKEND" },
		{ "backend drain web", "BACKEND is missing: ADDRESS:PORT" },
		{ "backend drain web 10.1.1.1:80 more", "one word too many: more; usage: sluicectl backend drain" },
		{ "backend drain web 10.1.1.1:80 --deadline", "a value is missing behind --deadline" },
		{ "backend drain web 10.1.1.1:80 --deadline soon", "--deadline soon is not a number" },
		{ "backend drain web 10.1.1.1:80 --deadlin 5", "did you mean --deadline?" },
		{ "backend drain web 10.1.1.1:80 --persist", "unknown option --persist; usage: sluicectl backend drain" },
		{ "backend weight web 10.1.1.1:80", "WEIGHT is missing: 0 to 1000" },
		{ "backend weight web 10.1.1.1:80 1001", "WEIGHT 1001 is not in 0..1000" },
		{ "backend weight web 10.1.1.1:80 -1", "unknown option -1" },
		{ "backend add web 10.1.1.1:80 --persist=yes", "no value goes with --persist" },
		{ "reload --json=1", "no value goes with --json" },
		{ "flows --limit 0", "--limit 0 is not in" },
		{ "flows --limit x", "--limit x is not a number" },
		{ "flows --limit -1", "--limit -1 is not a number" },
		{ "flows --limit 1x", "usage: sluicectl flow list" },
		{ "flows --limit", "a value is missing behind --limit" },
		{ "flows --protocol icmp", "icmp is neither tcp nor udp" },
		{ "flows --cursor 0:0:0", "unknown option --cursor" },
		{ "flow list extra", "one word too many: extra" },
		{ "service add", "FILE is missing" },
		{ "service add /nonexistent/file", "No such file" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (run(wrong[i][0]) != CTL_EXIT_USAGE)
			fail_msg("\"%s\" was taken", wrong[i][0]);
		must_complain(wrong[i][1]);
		assert_int_equal(strcspn(printed.err, "\n"), strlen(printed.err) - 1); /* one line */
	}
	assert_int_equal(run("--version"), 0);
	must_show("sluicectl " SLUICE_VERSION);
}

static void test_help(void **state)
{
	assert_int_equal(run("help"), 0);
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		must_show(c->help);
	for (const struct ctl_option *o = ctl_option_table; o->name != NULL; o++)
		must_show(o->help);
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		char line[64];
		assert_int_equal(run("help"), 0);
		must_show(sl_commands[i].help);
		snprintf(line, sizeof(line), i % 2 != 0 ? "help %s" : "%s --help", sl_commands[i].name);
		assert_int_equal(run(line), 0);
		must_show("usage: sluicectl ");
		must_show(sl_commands[i].name);
		for (const struct sl_argument *a = sl_commands[i].arguments; a->name != NULL; a++)
			if (a->option == NULL || a->option[0] != '\0')
				must_show(a->help);
	}
	assert_int_equal(run("backend drain web --help"), 0);
	must_show("usage: sluicectl backend drain SERVICE BACKEND [--deadline SECONDS]\n");
}

static void test_flows(void **state)
{
	assert_int_equal(run("flows --service web --client=10.0.0.1 --protocol tcp"), 0);
	must_show("10.0.0.1:1000");
	must_show("10.0.0.1:2000");
	must_show("established, header sent");
	must_show("1 min 30 s");
	assert_null(strstr(printed.out, "and more"));

	assert_int_equal(run("flow list --limit 1"), 0);
	must_show("10.0.0.2:1");
	must_show("and more: the first 1 are shown");

	assert_int_equal(run("flows --limit 5000 --json"), 0); /* more than one reply can hold */
	json_t *value = json_loads(printed.out, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(value, "flows")), 0);
	assert_true(json_is_false(json_object_get(value, "more")));
	json_decref(value);
	assert_int_equal(run("flow kill --all"), 0);
	assert_string_equal(printed.out, "1,234 flows ended, 1,000 of them by resets\n");
	assert_int_equal(patience_s, 0);
}

static void write_file(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", server.directory, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_edits(void **state)
{
	char line[256];

	assert_int_equal(run("backend drain web 10.1.1.1:80 --deadline 30"), 0);
	assert_string_equal(printed.out, "web 10.1.1.1:80: draining, weight 2, 1,500 flows, those left end in 30.0 s\n"
					 "no backend of web takes new flows now\n");
	assert_int_equal(patience_s, 60);
	assert_int_equal(run("backend weight web [2001:db8::1]:80 default"), 0);
	assert_string_equal(printed.out, "web [2001:db8::1]:80: enabled, weight 1, 0 flows\n");
	assert_int_equal(run("backend add web 10.1.1.4:80 --weight=2"), 0);
	assert_string_equal(printed.out, "done, until the next reload:\n"
					 "  + services/web/backends/10.1.1.4:80  {\"weight\": 2}\n");
	assert_int_equal(run("backend remove web 10.1.1.9:80 --persist"), CTL_EXIT_FAILED);
	assert_string_equal(printed.err, "sluicectl: /services/0/backends: there is none; remedy: look\nsluicectl: and more\n");
	assert_string_equal(printed.out, "");

	/* made, but not in the file */
	assert_int_equal(run("backend weight web 10.1.1.1:80 5 --persist"), CTL_EXIT_FAILED);
	must_show("done, until the next reload:\n  ~ services/web/backends/10.1.1.1:80/weight: default -> 5\n");
	assert_string_equal(printed.err, "sluicectl: /etc/sluice.json: cannot replace it\n");

	write_file("new.json", "{ \"name\": \"new\" }");
	write_file("list.json", "[]");
	write_file("broken.json", "{ \"name\": \"new\", }");
	snprintf(line, sizeof(line), "service add %s/new.json --persist", server.directory);
	assert_int_equal(run(line), 0);
	must_show("done, in the file too:\n  + services/new  {\"name\": \"new\"}\n");
	snprintf(line, sizeof(line), "service add %s/list.json", server.directory);
	assert_int_equal(run(line), CTL_EXIT_USAGE);
	must_complain("holds no JSON object");
	snprintf(line, sizeof(line), "service add %s/broken.json", server.directory);
	assert_int_equal(run(line), CTL_EXIT_USAGE);
	must_complain("broken.json:1:18: not JSON");
	for (size_t i = 0; i < 3; i++) {
		snprintf(line, sizeof(line), "%s/%s", server.directory, (const char *[]){ "new.json", "list.json", "broken.json" }[i]);
		assert_int_equal(remove(line), 0);
	}
}

static void test_configuration(void **state)
{
	assert_int_equal(run("reload"), CTL_EXIT_FAILED);
	must_complain("sluicectl: refused\n");
	assert_int_equal(run("reload --discard-edits"), 0);
	assert_string_equal(printed.out, "reloaded:\n  - services/a\n"
					 "edits that the file does not have, and that are lost:\n  + services/a\n");
	assert_int_equal(run("config diff"), 0);
	assert_string_equal(printed.out, "a reload would change:\n  ~ max_flows: default -> 2048  (needs a restart)\n"
					 "but it would be refused:\n  /max_flows: it needs a restart\n");
	assert_int_equal(run("config show --json"), 0);
	must_show("\"version\": 1");
	assert_int_equal(run("config save"), 0);
	assert_string_equal(printed.out, "the file had all of it already\n");
	assert_int_equal(run("backend enable hang 10.1.1.1:80"), CTL_EXIT_FAILED);
	must_complain("no answer");
	assert_int_equal(run("reload --file-prefix nobody"), CTL_EXIT_FAILED);
	must_complain("not running with file prefix \"nobody\"");
}

/* More than fits in the socket, and the server does not take it: what it says about that is shown. */
static void test_too_long(void **state)
{
	static char text[4 << 20];
	char line[192];

	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + sizeof(text) - 3, "\"}", 2);
	write_file("long.json", text);
	snprintf(line, sizeof(line), "config diff --candidate %s/long.json", server.directory);
	assert_int_equal(run(line), CTL_EXIT_FAILED);
	must_complain("sluicectl: far too long\n");
	unlink(line + strlen("config diff --candidate "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_usage, free_printed),
		cmocka_unit_test_teardown(test_help, free_printed),
		cmocka_unit_test_teardown(test_flows, free_printed),
		cmocka_unit_test_teardown(test_edits, free_printed),
		cmocka_unit_test_teardown(test_configuration, free_printed),
		cmocka_unit_test_teardown(test_too_long, free_printed),
	};
	return cmocka_run_group_tests(tests, set_up, server_stop);
}
