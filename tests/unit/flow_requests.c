/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests over the control socket: flows are listed and ended, and those a backend has left at the deadline of its drain. */
#include <netinet/in.h>
#include <stdio.h>

#include <rte_log.h>

#include "../../lib/control/backends.h"
#include "../../lib/control/drains.h"
#include "../../lib/control/flow_jobs.h"
#include "../../lib/control/publish.h"
#include "requests_fixture.h"

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

static void set_active(struct lab *lab, unsigned int backend, uint64_t n)
{
	lab->shared.workers[0]->backend[web(lab)->backends[backend].id].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = n;
	lab->shared.workers[0]->service[web(lab)->id].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = n;
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

/* The client leaves while flows are being ended: the log says how many have been. */
static void test_flow_kill_cut_short(void **state)
{
	struct lab *lab = *state;
	char *text = NULL;
	size_t size;

	ends = 0;
	make_flows(lab, 0, 100, IPPROTO_TCP);
	FILE *log = open_memstream(&text, &size);
	rte_openlog_stream(log);
	for (unsigned int answered = 0; answered < 2; answered++) { /* the last answer was seen already, or was not */
		say(lab, ASK("flow kill", "\"all\": true"));
		assert_null(work(lab, 2));
		sl_flow_jobs_run(lab->control, sl_control_now_ns());
		if (answered)
			sl_query_answer(lab->shared.workers[0], lab->control->snapshot, end_flow);
		close(client);
		sl_server_run(lab->control->server, sl_control_now_ns());
		assert_null(lab->control->flow_jobs);
		connect_client(lab);
	}
	rte_openlog_stream(NULL);
	fclose(log);
	assert_int_equal(ends, 5 * SL_QUERY_ENDS);
	assert_non_null(strstr(text, "sluice: 32 flows ended, and no more: who asked has hung up, user "));
	assert_non_null(strstr(text, "sluice: 48 flows ended, and no more: who asked has hung up, user "));
	free(text);
}

/* By its name, flows of a service and of the removed one that had the name before; by name and id, of that alone. */
static void test_flow_kill_of_name(void **state)
{
	struct lab *lab = *state;
	char line[256];

	make_flows(lab, 0, 10, IPPROTO_TCP);
	set_active(lab, 0, 10);
	uint16_t was = web(lab)->id;
	write_file(lab, HEAD "{\"name\": \"web\", \"address\": \"192.0.2.10\", \"port\": 81, \"protocol\": \"tcp\", "
			     "\"mode\": \"full-nat\", \"snat\": [\"192.0.2.3\"], \"backends\": [" BACKEND(1) "]}" TAIL);
	result(lab, ASK("reload", ""));
	assert_true(web(lab)->draining);
	snprintf(line, sizeof(line), ASK("flow list", "\"service\": \"web#%u\", \"backend\": \"" B1 "\""), was);
	say(lab, line);
	json_t *reply = work(lab, 100), *flows = json_object_get(json_object_get(reply, "result"), "flows");
	assert_int_equal(json_array_size(flows), 5);
	snprintf(line, sizeof(line), "web#%u", was);
	assert_string_equal(json_string_value(json_object_get(json_array_get(flows, 0), "service")), line);
	json_decref(reply);
	REFUSED(lab, ASK("flow list", "\"service\": \"web#1000\""), "/arguments/service: there is no service \"web#1000\"");
	/* of both services */
	say(lab, ASK("flow kill", ON(B1)));
	reply = work(lab, 100);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "result"), "ended")), 5);
	json_decref(reply);
	say(lab, ASK("flow kill", "\"service\": \"web\""));
	reply = work(lab, 100);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "result"), "ended")), 5);
	json_decref(reply);
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

/* The deadline of a removed service is one for backends that were removed from it before, too; an earlier one of theirs stays. */
static void test_deadline_of_removed_before(void **state)
{
	struct lab *lab = *state;
	uint64_t start_ns = sl_control_now_ns();

	ends = 0;
	make_flows(lab, 0, 20, IPPROTO_TCP);
	set_active(lab, 1, 10);
	set_active(lab, 0, 10);
	result(lab, ASK("backend remove", ON(B1)));
	assert_int_equal(web(lab)->n_draining, 1);
	result(lab, ASK("service remove", "\"service\": \"web\", \"deadline_s\": 5"));
	run_drains(lab, start_ns + 6 * S, 10);
	assert_int_equal(ends, 20);

	write_file(lab, TWO_BACKENDS);
	result(lab, ASK("reload", "\"discard_edits\": true"));
	make_flows(lab, 0, 20, IPPROTO_TCP);
	result(lab, ASK("backend remove", ON(B1) ", \"deadline_s\": 10"));
	result(lab, ASK("service remove", "\"service\": \"web\", \"deadline_s\": 30"));
	run_drains(lab, start_ns + 12 * S, 10);
	assert_int_equal(ends, 30);
	run_drains(lab, start_ns + 32 * S, 10);
	assert_int_equal(ends, 40);
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

	/* while its flows are being ended: those that are left go on, as do new ones */
	result(lab, ASK("backend remove", ON(B1) ", \"deadline_s\": 0"));
	sl_drains_run(lab->control, start_ns + 7 * S);
	sl_flow_jobs_run(lab->control, start_ns + 7 * S);
	assert_non_null(lab->control->flow_jobs);
	result(lab, ASK("backend add", ON(B1)));
	assert_int_equal(web(lab)->backends[1].id, id);
	assert_null(lab->control->flow_jobs);
	run_drains(lab, start_ns + 8 * S, 10);
	assert_int_equal(ends, 0);
}

/* Drained, removed and added again: what it was told before is forgotten, as if it had had no flows meanwhile. */
static void test_returned_is_new(void **state)
{
	struct lab *lab = *state;

	for (unsigned int service = 0; service < 2; service++) {
		unsigned int at = service ? 0 : 1;
		set_active(lab, 0, 10);
		result(lab, ASK("backend weight", ON(B1) ", \"weight\": 9"));
		result(lab, ASK("backend drain", ON(B1) ", \"deadline_s\": 100"));
		uint16_t id = sl_backends_find(lab->control, "web", &web(lab)->backends[0].ip, 8080);
		if (service) {
			write_file(lab, NO_SERVICE);
			result(lab, ASK("reload", "\"discard_edits\": true"));
			assert_true(web(lab)->draining);
			write_file(lab, TWO_BACKENDS);
			result(lab, ASK("reload", ""));
		} else {
			result(lab, ASK("backend remove", ON(B1)));
			sl_control_bury(lab->control);
			assert_int_equal(web(lab)->n_draining, 1);
			result(lab, ASK("backend add", ON(B1)));
		}
		const struct sl_backend *backend = &web(lab)->backends[at];
		struct sl_backend_state now = sl_backends_state(lab->control, backend);
		assert_int_equal(backend->id, id);
		assert_int_equal(now.admin, SL_ADMIN_ENABLED);
		assert_int_equal(sl_backend_weight(backend, &now), 1);
		assert_true(sl_drains_deadline(lab->control, backend) == SL_NEVER);
		assert_int_not_equal(sl_backends_effective_weight(web(lab), backend), 0);
		/* for the second time */
		write_file(lab, TWO_BACKENDS);
		result(lab, ASK("reload", "\"discard_edits\": true"));
	}
}

/* One whose last flow ends meanwhile: nobody looks for more, as its id is free for another backend. */
static void test_deadline_of_gone(void **state)
{
	struct lab *lab = *state;
	uint64_t start_ns = sl_control_now_ns();

	result(lab, ASK("backend remove", ON(B1) ", \"deadline_s\": 0"));
	sl_drains_run(lab->control, start_ns + S);
	assert_non_null(lab->control->flow_jobs);
	sl_control_bury(lab->control);
	assert_int_equal(web(lab)->n_draining, 0);
	assert_null(lab->control->flow_jobs);
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
		cmocka_unit_test_setup_teardown(test_flow_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_kill, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_kill_cut_short, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_kill_of_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flow_jobs_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_of_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_of_removed_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_of_returned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_returned_is_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_of_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gradually, set_up, tear_down),
	};

	test_eal_init("requests");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
