/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests over the control socket to a real control state: edits, the file, states and deadlines of backends, flows. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <jansson.h>

#include "../../lib/control/backends.h"
#include "../../lib/control/drains.h"
#include "../../lib/control/flow_jobs.h"
#include "../../lib/control/publish.h"
#include "../../lib/control/reload.h"
#include "../../lib/control/requests.h"
#include "control_fixture.h"

#define B1 "192.0.2.101:8080"
#define B2 "192.0.2.102:8080"
#define B3 "192.0.2.103:8080"
#define ASK(command, arguments) "{\"command\": \"" command "\", \"arguments\": {" arguments "}}"
#define ON(backend) "\"service\": \"web\", \"backend\": \"" backend "\""

static int client = -1;

static void connect_client(struct lab *lab)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	client = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", lab->socket_path);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	sl_server_run(lab->control->server, sl_control_now_ns());
}

static int set_up(void **state)
{
	int rc = lab_up(state);

	pthread_mutex_lock(&((struct lab *)*state)->control->lock); /* as the loop does while it works */
	connect_client(*state);
	return rc;
}

static int tear_down(void **state)
{
	close(client);
	pthread_mutex_unlock(&((struct lab *)*state)->control->lock);
	return lab_down(state);
}

static void say(struct lab *lab, const char *line)
{
	assert_int_equal(send(client, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	assert_int_equal(send(client, "\n", 1, MSG_NOSIGNAL), 1);
	sl_server_run(lab->control->server, sl_control_now_ns());
}

/* The reply that is there, or NULL. */
static json_t *hear(void)
{
	static char text[1 << 20];
	ssize_t n = recv(client, text, sizeof(text), MSG_DONTWAIT);

	return n <= 0 ? NULL : json_loadb(text, (size_t)n, 0, NULL);
}

/* "result": {...} or "error": {...}, which must be there; a borrowed reference, good until the next one. */
static json_t *ask(struct lab *lab, const char *line, const char *key)
{
	static json_t *reply;

	say(lab, line);
	json_decref(reply);
	reply = hear();
	json_t *value = json_object_get(reply, key);
	if (value == NULL) {
		char *text = json_dumps(reply, JSON_ENCODE_ANY);
		fail_msg("%s: %s", line, text);
	}
	return value;
}

static json_t *result(struct lab *lab, const char *line)
{
	return ask(lab, line, "result");
}

/* The text of the first problem: "where: what". */
static const char *problem(struct lab *lab, const char *line)
{
	static char text[512];
	json_t *first = json_array_get(json_object_get(ask(lab, line, "error"), "problems"), 0);

	snprintf(text, sizeof(text), "%s: %s", json_string_value(json_object_get(first, "where")),
		 json_string_value(json_object_get(first, "what")));
	return text;
}

#define REFUSED(lab, line, expected) \
	do { \
		const char *text_ = problem(lab, line); \
		if (strncmp(text_, expected, strlen(expected)) != 0) \
			fail_msg("%s", text_); \
	} while (0)

/* "added services/web/backends/192.0.2.103:8080" of the only change. */
static const char *change(const json_t *value, const char *key)
{
	static char text[256];
	const json_t *list = json_object_get(value, key), *one = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	snprintf(text, sizeof(text), "%s %s", json_string_value(json_object_get(one, "change")),
		 json_string_value(json_object_get(one, "path")));
	return text;
}

static const char *file_text(struct lab *lab)
{
	static char text[8192];
	FILE *f = fopen(lab->path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* ---- edits ---- */

static void test_edits(void **state)
{
	struct lab *lab = *state;
	uint16_t id = web(lab)->id, first = web(lab)->backends[0].id;

	json_t *r = result(lab, ASK("backend add", ON(B3) ", \"weight\": 1"));
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B3);
	assert_true(json_is_false(json_object_get(r, "persisted")));
	assert_int_equal(json_integer_value(json_object_get(r, "generation")), lab->control->snapshot->generation);
	assert_int_equal(web(lab)->n_backends, 3);
	assert_int_equal(web(lab)->id, id);
	assert_int_equal(web(lab)->backends[0].id, first);
	assert_null(strstr(file_text(lab), "192.0.2.103"));

	r = result(lab, ASK("backend remove", ON(B1)));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B1);
	assert_int_equal(web(lab)->n_backends, 2);
	assert_int_equal(web(lab)->n_draining, 1); /* for a publication at least */
	result(lab, ASK("service add", "\"definition\": {\"name\": \"dns\", \"address\": \"192.0.2.10\", \"port\": 53, \"protocol\": \"udp\", "
					"\"snat\": [\"192.0.2.3\"], \"backends\": [{\"address\": \"192.0.2.101\", \"port\": 53}]}"));
	assert_int_equal(lab->control->config->n_services, 2);
	result(lab, ASK("service remove", "\"service\": \"web\""));
	assert_int_equal(lab->control->config->n_services, 1);
	assert_true(web(lab)->draining);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EDITS], 4);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS], 0);
}

static void test_refused_edits(void **state)
{
	struct lab *lab = *state;
	const struct sl_snapshot *s = lab->control->snapshot;
	const struct sl_config *config = lab->control->config;

	REFUSED(lab, ASK("backend add", ON(B1)), "/services/0/backends/0: service \"web\" has backend 192.0.2.101 port 8080 already");
	REFUSED(lab, ASK("backend add", "\"service\": \"web\", \"backend\": \"192.0.2.2:80\""), "/services/0/backends/2/address: 192.0.2.2 is");
	REFUSED(lab, ASK("backend add", ON(B3) ", \"definition\": {\"wieght\": 2}"), "/services/0/backends/2/wieght: unknown key");
	REFUSED(lab, ASK("backend add", "\"service\": \"webb\", \"backend\": \"192.0.2.104:80\""), "/services: there is no service \"webb\"");
	REFUSED(lab, ASK("backend remove", ON(B3)), "/services/0/backends: service \"web\" has no backend 192.0.2.103 port 8080");
	REFUSED(lab, ASK("backend drain", ON(B3)), "/services/0/backends: service \"web\" has no backend 192.0.2.103 port 8080");
	REFUSED(lab, ASK("service remove", "\"service\": \"dns\""), "/services: there is no service \"dns\"");
	/* the workers' tables were made for IPv4 only */
	REFUSED(lab, ASK("service add", "\"definition\": {\"name\": \"six\", \"address\": \"2001:db8::1\", \"port\": 80, \"protocol\": \"tcp\", "
					"\"snat\": [\"192.0.2.3\"], \"backends\": [{\"address\": \"192.0.2.101\", \"port\": 80}]}"),
		"/services/1/address: 2001:db8::1 is IPv6, and sluice was started without any");
	REFUSED(lab, "nonsense", ": not a JSON object");
	assert_ptr_equal(lab->control->snapshot, s);
	assert_ptr_equal(lab->control->config, config);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_REQUESTS_REFUSED], 9);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EDITS], 0);
}

static void test_persist(void **state)
{
	struct lab *lab = *state;
	struct stat before, after;

	result(lab, ASK("backend add", ON(B3)));
	assert_int_equal(chmod(lab->path, 0640), 0);
	assert_int_equal(stat(lab->path, &before), 0);
	json_t *r = result(lab, ASK("backend weight", ON(B2) ", \"weight\": 7, \"persist\": true"));
	assert_true(json_is_true(json_object_get(r, "persisted")));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 7);
	assert_int_equal(stat(lab->path, &after), 0);
	assert_true(after.st_mode == before.st_mode && after.st_uid == before.st_uid && after.st_ino != before.st_ino);
	assert_non_null(strstr(file_text(lab), "\"weight\": 7"));
	assert_null(strstr(file_text(lab), "192.0.2.103")); /* the edit before was not meant for the file */
	assert_int_equal(lab->control->config->services[0].backends[1].weight, 7);
	assert_int_equal(lab->control->config->services[0].n_backends, 3);

	/* what the file cannot have is not done at all */
	REFUSED(lab, ASK("backend remove", ON(B3) ", \"persist\": true"), "/services/0/backends: service \"web\" has no backend 192.0.2.103");
	assert_int_equal(lab->control->config->services[0].n_backends, 3);
	write_file(lab, "{");
	REFUSED(lab, ASK("backend remove", ON(B1) ", \"persist\": true"), "/tmp/");
	assert_int_equal(lab->control->config->services[0].n_backends, 3);
	assert_string_equal(file_text(lab), "{");
	REFUSED(lab, ASK("backend weight", ON(B2) ", \"weight\": \"default\", \"persist\": true"), "/arguments/weight: the file has");
}

static void test_save(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(json_array_size(json_object_get(result(lab, ASK("config save", "")), "changes")), 0);
	result(lab, ASK("backend add", ON(B3)));
	json_t *r = result(lab, ASK("config save", ""));
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B3);
	assert_non_null(strstr(file_text(lab), "192.0.2.103"));
	/* now that the file has it, a reload loses nothing */
	r = result(lab, ASK("reload", ""));
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	assert_int_equal(web(lab)->n_backends, 3);

	write_file(lab, ONE_BACKEND);
	REFUSED(lab, ASK("config save", ""), "/tmp/");
	write_file(lab, "{ broken");
	REFUSED(lab, ASK("config save", ""), "/tmp/");
	result(lab, ASK("config save", "\"overwrite\": true"));
	assert_non_null(strstr(file_text(lab), "192.0.2.103"));
}

/* ---- reload ---- */

static void test_diff_and_reload(void **state)
{
	struct lab *lab = *state;

	json_t *r = result(lab, ASK("config diff", ""));
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	write_file(lab, ONE_BACKEND);
	r = result(lab, ASK("config diff", ""));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B2);
	assert_int_equal(json_array_size(json_object_get(r, "unsaved_edits")), 0);
	assert_int_equal(web(lab)->n_backends, 2);
	r = result(lab, ASK("reload", ""));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B2);
	assert_int_equal(json_array_size(json_object_get(r, "lost_edits")), 0);
	assert_int_equal(web(lab)->n_backends, 1);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS], 1);

	/* another file than sluice's own, and one that only a restart could follow */
	r = result(lab, "{\"command\": \"config diff\", \"arguments\": {\"config\": " TWO_BACKENDS "}}");
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B2);
	write_file(lab, "{\"version\": 1, \"workers\": 3, \"interfaces\": [{\"name\": \"wan\", \"device\": \"net_ring0\", "
			"\"addresses\": [\"192.0.2.2/24\"], \"gateways\": [\"192.0.2.1\"]}], \"services\": [" WEB(BACKEND(1)) "]}");
	r = result(lab, ASK("config diff", ""));
	assert_string_equal(change(r, "changes"), "changed workers");
	assert_int_equal(json_array_size(json_object_get(r, "problems")), 1);
	REFUSED(lab, ASK("reload", ""), "/workers: changed from 2 to 3; it needs a restart");
	write_file(lab, HEAD WEB("{\"address\": \"192.0.2.101\", \"port\": 80000}") TAIL);
	REFUSED(lab, ASK("config diff", ""), "/services/0/backends/0/port: 80000 is not in 1..65535");
	REFUSED(lab, ASK("reload", ""), "/services/0/backends/0/port: 80000 is not in 1..65535");
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS_REFUSED], 2);
	assert_int_equal(web(lab)->n_backends, 1);
}

static void test_lost_edits(void **state)
{
	struct lab *lab = *state;

	result(lab, ASK("backend add", ON(B3)));
	json_t *r = result(lab, ASK("config diff", ""));
	assert_string_equal(change(r, "unsaved_edits"), "added services/web/backends/" B3);
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B3);
	REFUSED(lab, ASK("reload", ""), "/services/0/backends/2: an edit would be lost that the file does not have: added services/web/backends/" B3);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS_REFUSED], 0);
	assert_int_equal(web(lab)->n_backends, 3);

	/* somebody has written the same into the file, and more: nothing is lost */
	write_file(lab, HEAD WEB(BACKEND(1) ", " BACKEND(3)) TAIL);
	r = result(lab, ASK("reload", ""));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B2);
	assert_int_equal(web(lab)->n_backends, 2);

	result(lab, ASK("backend add", ON(B2)));
	r = result(lab, ASK("reload", "\"discard_edits\": true"));
	assert_string_equal(change(r, "lost_edits"), "added services/web/backends/" B2);
	assert_int_equal(web(lab)->n_backends, 2);
	/* SIGHUP does not ask */
	result(lab, ASK("backend add", ON(B2)));
	sl_control_reload(lab->control);
	assert_true(lab->control->reload.ok);
	assert_int_equal(web(lab)->n_backends, 2);
	r = result(lab, ASK("config diff", ""));
	assert_int_equal(json_array_size(json_object_get(r, "unsaved_edits")), 0);
	r = result(lab, ASK("config show", ""));
	assert_true(json_equal(json_object_get(r, "config"), lab->control->config->json));
}

/* ---- states ---- */

static const char *state_of(const json_t *r)
{
	return json_string_value(json_object_get(r, "state"));
}

static void test_states(void **state)
{
	struct lab *lab = *state;

	json_t *r = result(lab, ASK("backend drain", ON(B1)));
	assert_string_equal(state_of(r), "draining");
	assert_int_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);
	assert_null(json_object_get(r, "deadline_ms"));
	/* a reload leaves it, and is lost by none: it is no edit */
	r = result(lab, ASK("reload", ""));
	assert_int_equal(json_array_size(json_object_get(r, "lost_edits")), 0);
	assert_int_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);
	assert_string_equal(state_of(result(lab, ASK("backend disable", ON(B1)))), "disabled");
	assert_string_equal(state_of(result(lab, ASK("backend enable", ON(B1)))), "enabled");
	assert_int_not_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);

	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": 0"));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 0);
	assert_int_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);
	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": 5"));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 5);
	/* the same number into the file: from there on it is the file's */
	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": 1, \"persist\": true"));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 1);
	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": \"default\""));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 1);
}

/* ---- flows ---- */

static unsigned int ends;

static bool end_flow(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	bool tcp = w->flows.flows[flow].proto == IPPROTO_TCP;

	ends++;
	sl_flow_destroy(&w->flows, flow);
	return tcp;
}

/* Flows of the service on a worker, to its i-th backend in turn. */
static void make_flows(struct lab *lab, unsigned int worker, unsigned int n, uint8_t proto)
{
	struct sl_worker *w = lab->shared.workers[worker];

	for (unsigned int i = 0; i < n; i++) {
		struct sl_tuple c = { .peer = sl_ip_from_v4(RTE_BE32(0xc0000209)), .self = sl_ip_from_v4(RTE_BE32(0xc000020a)),
				      .peer_port_be = rte_cpu_to_be_16((uint16_t)(1000 + i)), .self_port_be = RTE_BE16(80), .proto = proto };
		struct sl_tuple s = { .peer = sl_ip_from_v4(RTE_BE32(0xc0000265)), .self = sl_ip_from_v4(RTE_BE32(0xc0000203)),
				      .peer_port_be = RTE_BE16(8080), .self_port_be = rte_cpu_to_be_16((uint16_t)(2000 + i)), .proto = proto };
		uint32_t flow = sl_flow_create(&w->flows, &c, &s, 0, 1000);
		assert_int_not_equal(flow, SL_FLOW_NONE);
		w->flows.flows[flow].service = web(lab)->id;
		w->flows.flows[flow].backend = web(lab)->backends[i % 2].id;
	}
}

/* Workers and control do what they have to, until there is a reply. */
static json_t *work(struct lab *lab, unsigned int turns)
{
	json_t *reply = NULL;

	for (unsigned int i = 0; i < turns && (reply = hear()) == NULL; i++) {
		sl_flow_jobs_run(lab->control, sl_control_now_ns());
		for (unsigned int k = 0; k < 2; k++)
			sl_query_answer(lab->shared.workers[k], lab->control->snapshot, end_flow);
	}
	return reply;
}

static void test_flow_list(void **state)
{
	struct lab *lab = *state;
	char line[256];

	make_flows(lab, 0, 100, IPPROTO_TCP);
	make_flows(lab, 1, 7, IPPROTO_UDP);
	say(lab, ASK("flow list", "\"service\": \"web\", \"limit\": 70"));
	assert_null(hear());
	json_t *reply = work(lab, 100), *r = json_object_get(reply, "result");
	assert_int_equal(json_array_size(json_object_get(r, "flows")), 70);
	json_t *row = json_array_get(json_object_get(r, "flows"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "client")), "192.0.2.9");
	assert_string_equal(json_string_value(json_object_get(row, "service")), "web");
	assert_int_equal(json_integer_value(json_object_get(row, "vip_port")), 80);
	snprintf(line, sizeof(line), ASK("flow list", "\"limit\": 1000, \"cursor\": \"%s\""), json_string_value(json_object_get(r, "next")));
	json_decref(reply);
	say(lab, line);
	reply = work(lab, 100);
	r = json_object_get(reply, "result");
	assert_int_equal(json_array_size(json_object_get(r, "flows")), 37);
	assert_string_equal(json_string_value(json_object_get(r, "next")), "");
	json_decref(reply);
	say(lab, ASK("flow list", ON(B2) ", \"protocol\": \"udp\""));
	reply = work(lab, 100);
	assert_int_equal(json_array_size(json_object_get(json_object_get(reply, "result"), "flows")), 3);
	json_decref(reply);
	REFUSED(lab, ASK("flow list", "\"cursor\": \"1:2\""), "/arguments/cursor: is no cursor");
	REFUSED(lab, ASK("flow list", "\"service\": \"dns\""), "/arguments/service: there is no service \"dns\"");
	REFUSED(lab, ASK("flow list", "\"backend\": \"" B1 "\""), "/arguments/backend: name its service, too");
	REFUSED(lab, ASK("flow list", ON(B3)), "/arguments/backend: service \"web\" has no backend");
}

static void test_flow_kill(void **state)
{
	struct lab *lab = *state;

	make_flows(lab, 0, 100, IPPROTO_TCP);
	make_flows(lab, 1, 7, IPPROTO_UDP);
	REFUSED(lab, ASK("flow kill", ""), "/arguments: name a service");
	REFUSED(lab, ASK("flow kill", "\"all\": true, \"service\": \"web\""), "/arguments: a filter and");
	say(lab, ASK("flow kill", "\"client\": \"192.0.2.9:1003\""));
	json_t *reply = work(lab, 100);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "result"), "ended")), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "result"), "resets")), 1);
	json_decref(reply);
	say(lab, ASK("flow kill", "\"all\": true"));
	reply = work(lab, 100);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "result"), "ended")), 105);
	json_decref(reply);
	assert_int_equal(lab->shared.workers[0]->flows.live + lab->shared.workers[1]->flows.live, 0);
}

/* The client leaves, or a worker does not answer: nothing is left behind. */
static void test_flow_jobs_end(void **state)
{
	struct lab *lab = *state;

	say(lab, ASK("flow list", ""));
	sl_flow_jobs_run(lab->control, sl_control_now_ns());
	assert_non_null(lab->control->flow_jobs);
	assert_false(sl_flow_jobs_pending(lab->control));
	sl_query_answer(lab->shared.workers[0], lab->control->snapshot, end_flow);
	assert_true(sl_flow_jobs_pending(lab->control));
	close(client);
	sl_server_run(lab->control->server, sl_control_now_ns());
	assert_null(lab->control->flow_jobs);
	assert_null(lab->control->calls);

	connect_client(lab);
	say(lab, ASK("flow kill", "\"all\": true"));
	uint64_t at_ns = sl_flow_jobs_run(lab->control, sl_control_now_ns());
	assert_true(at_ns > sl_control_now_ns() && at_ns < sl_control_now_ns() + 10 * S);
	assert_null(hear());
	sl_flow_jobs_run(lab->control, at_ns);
	json_t *reply = hear();
	assert_non_null(json_object_get(reply, "error"));
	json_decref(reply);
	assert_null(lab->control->flow_jobs);
	/* the worker's place is free again; while telemetry has it, a job tries again */
	pthread_mutex_lock(&lab->shared.workers[0]->query_lock);
	say(lab, ASK("flow list", ""));
	at_ns = sl_flow_jobs_run(lab->control, 100 * S);
	assert_true(at_ns < 101 * S);
	pthread_mutex_unlock(&lab->shared.workers[0]->query_lock);
	reply = work(lab, 100);
	assert_non_null(json_object_get(reply, "result"));
	json_decref(reply);
	/* one under way when control ends */
	say(lab, ASK("flow list", ""));
	sl_flow_jobs_run(lab->control, sl_control_now_ns());
}

/* ---- deadlines ---- */

static void run_drains(struct lab *lab, uint64_t now_ns, unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++) {
		sl_drains_run(lab->control, now_ns);
		sl_flow_jobs_run(lab->control, now_ns);
		for (unsigned int k = 0; k < 2; k++)
			sl_query_answer(lab->shared.workers[k], lab->control->snapshot, end_flow);
	}
}

static void set_active(struct lab *lab, unsigned int backend, uint64_t n)
{
	lab->shared.workers[0]->backend[web(lab)->backends[backend].id].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = n;
	lab->shared.workers[0]->service[web(lab)->id].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = n;
}

static void test_deadline(void **state)
{
	struct lab *lab = *state;
	uint64_t start_ns = sl_control_now_ns();

	ends = 0;
	make_flows(lab, 0, 20, IPPROTO_TCP);
	json_t *r = result(lab, ASK("backend drain", ON(B1) ", \"deadline_s\": 30"));
	assert_in_range(json_integer_value(json_object_get(r, "deadline_ms")), 29000, 30000);
	assert_true(sl_drains_run(lab->control, start_ns) >= start_ns + 30 * S);
	run_drains(lab, start_ns + 29 * S, 10);
	assert_int_equal(ends, 0);
	run_drains(lab, start_ns + 31 * S, 10);
	assert_int_equal(ends, 10); /* of the first backend alone */
	assert_null(lab->control->flow_jobs);
	assert_true(sl_drains_run(lab->control, start_ns + 32 * S) == SL_NEVER);
	/* once; it stays drained */
	r = result(lab, ASK("backend drain", ON(B1)));
	assert_null(json_object_get(r, "deadline_ms"));
	assert_string_equal(state_of(r), "draining");

	/* enabled again before its deadline, or while its flows are being ended */
	result(lab, ASK("backend drain", ON(B2) ", \"deadline_s\": 30"));
	result(lab, ASK("backend enable", ON(B2)));
	run_drains(lab, start_ns + 100 * S, 10);
	assert_int_equal(ends, 10);
	result(lab, ASK("backend disable", ON(B2) ", \"deadline_s\": 0"));
	sl_drains_run(lab->control, start_ns + 100 * S);
	sl_flow_jobs_run(lab->control, start_ns + 100 * S);
	assert_non_null(lab->control->flow_jobs);
	result(lab, ASK("backend enable", ON(B2)));
	assert_null(lab->control->flow_jobs);
	run_drains(lab, start_ns + 101 * S, 10);
	assert_int_equal(ends, 10);
}

/* A removed backend, and those of a removed service; and one that is gone before its time. */
static void test_deadline_of_removed(void **state)
{
	struct lab *lab = *state;
	uint64_t start_ns = sl_control_now_ns();

	ends = 0;
	make_flows(lab, 1, 20, IPPROTO_UDP);
	set_active(lab, 1, 10);
	result(lab, ASK("backend remove", ON(B2) ", \"deadline_s\": 5"));
	assert_int_equal(web(lab)->n_draining, 1);
	run_drains(lab, start_ns + 6 * S, 10);
	assert_int_equal(ends, 10);
	lab->shared.workers[0]->backend[web(lab)->backends[1].id].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = 0;
	set_active(lab, 0, 10);
	result(lab, ASK("service remove", "\"service\": \"web\", \"deadline_s\": 0"));
	assert_true(web(lab)->draining);
	run_drains(lab, start_ns + 7 * S, 10);
	assert_int_equal(ends, 20);

	write_file(lab, TWO_BACKENDS);
	result(lab, ASK("reload", "\"discard_edits\": true"));
	set_active(lab, 0, 0);
	make_flows(lab, 0, 2, IPPROTO_TCP);
	result(lab, ASK("backend remove", ON(B1) ", \"deadline_s\": 5"));
	sl_control_bury(lab->control); /* it had none that control knew of */
	assert_int_equal(web(lab)->n_draining, 0);
	run_drains(lab, start_ns + 100 * S, 10);
	assert_int_equal(ends, 20);
	assert_true(sl_drains_run(lab->control, start_ns + 101 * S) == SL_NEVER);
}

/* Removed and added again before the deadline: it is the same backend, and keeps its flows. */
static void test_deadline_of_returned(void **state)
{
	struct lab *lab = *state;
	uint64_t start_ns = sl_control_now_ns();
	uint16_t id = web(lab)->backends[0].id;

	ends = 0;
	make_flows(lab, 0, 20, IPPROTO_TCP);
	set_active(lab, 0, 10);
	result(lab, ASK("backend remove", ON(B1) ", \"deadline_s\": 5"));
	result(lab, ASK("backend add", ON(B1)));
	assert_int_equal(web(lab)->backends[1].id, id);
	run_drains(lab, start_ns + 6 * S, 10);
	assert_int_equal(ends, 0);
	assert_true(sl_drains_run(lab->control, start_ns + 7 * S) == SL_NEVER);
}

/* Many flows are ended in steps. */
static void test_gradually(void **state)
{
	struct lab *lab = *state;
	uint64_t now_ns = sl_control_now_ns();

	ends = 0;
	make_flows(lab, 0, 510, IPPROTO_UDP);
	make_flows(lab, 1, 510, IPPROTO_UDP);
	for (unsigned int i = 0; i < 2; i++) /* all to one backend */
		for (uint32_t f = 0; f < lab->shared.workers[i]->flows.capacity; f++)
			lab->shared.workers[i]->flows.flows[f].backend = web(lab)->backends[0].id;
	set_active(lab, 0, 1020);
	result(lab, ASK("backend drain", ON(B1) ", \"deadline_s\": 0"));
	run_drains(lab, now_ns + S, 200);
	assert_int_equal(ends, 1000); /* a step of at least as many */
	assert_true(sl_flow_jobs_run(lab->control, now_ns + S) == now_ns + S + SL_FLOW_STEP_NS);
	run_drains(lab, now_ns + S + SL_FLOW_STEP_NS, 200);
	assert_int_equal(ends, 1020);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_persist, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_save, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_diff_and_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_kill, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_jobs_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_of_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_of_returned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gradually, set_up, tear_down),
	};

	test_eal_init("requests");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
