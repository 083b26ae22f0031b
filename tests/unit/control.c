/* SPDX-License-Identifier: BSD-3-Clause */
/* The control thread around real workers that do not run: publication, reload, tombstones, messages, signals. */
#include <signal.h>

#include <rte_ring.h>

#include "../../lib/control/events.h"
#include "../../lib/control/flow_counts.h"
#include "../../lib/control/publish.h"
#include "../../lib/control/reload.h"
#include "../../lib/control/send.h"
#include "control_fixture.h"

static void reload(struct lab *lab, const char *text)
{
	write_file(lab, text);
	pthread_mutex_lock(&lab->control->lock);
	sl_control_reload(lab->control);
	pthread_mutex_unlock(&lab->control->lock);
}

static void set_flows(struct lab *lab, unsigned int worker, uint16_t service, uint16_t backend, uint64_t flows)
{
	lab->shared.workers[worker]->service[service].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = flows;
	lab->shared.workers[worker]->backend[backend].value[SL_FLOW_COUNT_FLOWS_ACTIVE] = flows;
}

static void test_start(void **state)
{
	struct lab *lab = *state;
	const struct sl_snapshot *s = lab->control->snapshot;

	assert_ptr_equal(atomic_load(&lab->shared.snapshot), s);
	assert_int_equal(s->generation, 1);
	assert_int_equal(web(lab)->n_backends, 2);
	assert_int_equal(lab->neighbours.used, 3); /* both backends and the gateway, before any packet */
	assert_true(lab->shared.control_wakeup_fd >= 0);
	/* RFC 4787 REQ-2: a client's source-NAT address does not depend on the worker */
	assert_memory_equal(&lab->shared.workers[0]->secret, &lab->shared.workers[1]->secret, sizeof(struct sl_siphash_key));
}

static void test_removed_backend_drains(void **state)
{
	struct lab *lab = *state;
	uint16_t service = web(lab)->id, id = web(lab)->backends[1].id;

	set_flows(lab, 1, service, id, 3);
	reload(lab, ONE_BACKEND);
	assert_true(lab->control->reload.ok);
	assert_string_equal(lab->control->reload.message, "services: 1 (0 added, 0 removed, 0 draining); "
							  "backends: 1 (0 added, 1 removed, 1 draining)");
	assert_int_equal(web(lab)->n_backends, 1);
	assert_int_equal(web(lab)->n_draining, 1);
	assert_int_equal(web(lab)->id, service);
	assert_int_equal(web(lab)->backends[1].id, id);

	uint64_t generation = lab->control->snapshot->generation;
	sl_control_bury(lab->control);
	assert_int_equal(lab->control->snapshot->generation, generation);
	set_flows(lab, 1, service, id, 0);
	sl_control_bury(lab->control);
	assert_int_equal(web(lab)->n_draining, 0);
	assert_false(sl_snapshot_has_tombstones(lab->control->snapshot));
}

/* A source-NAT address of a service that stays is kept until no worker has seen a flow on it for a turn of the wheel. */
static void test_removed_snat_drains(void **state)
{
	struct lab *lab = *state;
	uint16_t id = web(lab)->id;

	set_flows(lab, 1, id, web(lab)->backends[0].id, 3);
	for (unsigned int i = 0; i < 2; i++)
		lab->shared.workers[i]->now_tick = 100 * SL_FLOW_VISIT_TICKS;
	reload(lab, OTHER_SNAT);
	assert_int_equal(web(lab)->n_snat, 1);
	assert_int_equal(web(lab)->n_draining_snat, 1);
	assert_int_equal(sl_ip_v4_be(&web(lab)->snat[1]), RTE_BE32(0xc0000203));
	sl_control_bury(lab->control); /* the wheels have not gone round yet */
	assert_int_equal(web(lab)->n_draining_snat, 1);

	lab->control->snat_removed_ns[id] -= 1000 * S;
	lab->shared.workers[1]->removed_snat_tick[id] = lab->shared.workers[1]->now_tick - SL_FLOW_VISIT_TICKS / 2;
	sl_control_bury(lab->control);
	assert_int_equal(web(lab)->n_draining_snat, 1);
	lab->shared.workers[1]->now_tick += SL_FLOW_VISIT_TICKS;
	assert_true(sl_snapshot_has_tombstones(lab->control->snapshot));
	sl_control_bury(lab->control);
	assert_int_equal(web(lab)->n_draining_snat, 0);
	assert_false(sl_snapshot_has_tombstones(lab->control->snapshot));
}

/* A worker may make a flow until it has seen the new snapshot, so even an idle object is a tombstone first. */
static void test_removed_idle_service(void **state)
{
	struct lab *lab = *state;

	reload(lab, NO_SERVICE);
	assert_non_null(web(lab));
	assert_true(web(lab)->draining);
	sl_control_bury(lab->control);
	assert_null(web(lab));
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_PUBLICATIONS], 3);
	assert_int_equal(lab->neighbours.used, 3); /* the backends stay until they are idle for long */
}

/* Another service gets the ids of one that is gone, but not what it has counted. */
static void test_ids_of_another(void **state)
{
	struct lab *lab = *state;
	uint16_t service = web(lab)->id, backend = web(lab)->backends[0].id;
	struct sl_worker *w = lab->shared.workers[1];

	w->service[service].value[SL_FLOW_COUNT_FLOWS_CREATED] = 1000;
	w->backend[backend].value[SL_FLOW_COUNT_CLIENT_BYTES] = 5000;
	reload(lab, TWO_BACKENDS);
	assert_int_equal(sl_flow_counts_service(lab->control, service, SL_FLOW_COUNT_FLOWS_CREATED), 1000);
	reload(lab, NO_SERVICE);
	assert_int_equal(sl_flow_counts_service(lab->control, service, SL_FLOW_COUNT_FLOWS_CREATED), 1000);
	sl_control_bury(lab->control);
	reload(lab, NO_SERVICE);
	reload(lab, TWO_BACKENDS);
	assert_int_equal(web(lab)->id, service);
	assert_int_equal(web(lab)->backends[0].id, backend);
	assert_int_equal(sl_flow_counts_service(lab->control, service, SL_FLOW_COUNT_FLOWS_CREATED), 0);
	assert_int_equal(sl_flow_counts_backend(lab->control, backend, SL_FLOW_COUNT_CLIENT_BYTES), 0);
	w->service[service].value[SL_FLOW_COUNT_FLOWS_CREATED]++;
	assert_int_equal(sl_flow_counts_service(lab->control, service, SL_FLOW_COUNT_FLOWS_CREATED), 1);
}

static void test_refused_reload(void **state)
{
	static const struct {
		const char *text, *message;
	} refused[] = {
		{ HEAD WEB("{\"address\": \"192.0.2.101\", \"port\": 80000}") TAIL, "/services/0/backends/0/port: " },
		{ "{\"version\": 1, \"workers\": 3, \"interfaces\": [{\"name\": \"wan\", \"device\": \"net_ring0\", "
		  "\"addresses\": [\"192.0.2.2/24\"]}], \"services\": []}", "/workers: " },
		/* the workers' flow tables were made for IPv4 only */
		{ "{\"version\": 1, \"workers\": 2, \"interfaces\": [{\"name\": \"wan\", \"device\": \"net_ring0\", "
		  "\"addresses\": [\"192.0.2.2/24\", \"2001:db8::2/64\"]}]}",
		  "/interfaces/0/addresses/1: 2001:db8::2 is IPv6, and sluice was started without any" },
		/* nor have they records of sequence translation */
		{ HEAD "{\"name\": \"web\", \"address\": \"192.0.2.10\", \"port\": 80, \"protocol\": \"tcp\", \"snat\": [\"192.0.2.3\"], "
		  "\"proxy_protocol\": \"v2\", \"backends\": [" BACKEND(1) "]}" TAIL,
		  "/services/0/proxy_protocol: sluice was started without any service that has it" },
		{ "{", "" },
	};
	struct lab *lab = *state;
	const struct sl_snapshot *s = lab->control->snapshot;
	const struct sl_config *config = lab->control->config;

	for (unsigned int i = 0; i < RTE_DIM(refused); i++) {
		reload(lab, refused[i].text);
		assert_ptr_equal(lab->control->snapshot, s);
		assert_ptr_equal(lab->control->config, config);
		assert_false(lab->control->reload.ok);
		assert_true(lab->control->reload.n_problems >= 1);
		assert_memory_equal(lab->control->reload.message, refused[i].message, strlen(refused[i].message));
		assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS_REFUSED], i + 1);
	}
	reload(lab, TWO_BACKENDS);
	assert_true(lab->control->reload.ok);
}

static void claim(struct lab *lab, uint8_t mac, uint64_t now_ns)
{
	struct sl_event event = { .type = SL_EVENT_CONFLICT, .ip = sl_ip_from_v4(RTE_BE32(0xc0000202)) };

	memcpy(event.mac, (uint8_t[6]){ 2, 0, 0, 0, 0, mac }, 6);
	sl_control_event(lab->control, &event, now_ns);
}

static void test_conflicts(void **state)
{
	struct lab *lab = *state;
	const struct sl_control *c = lab->control;

	claim(lab, 1, 100 * S); /* our own port, heard by another */
	assert_int_equal(c->n_conflicts, 0);
	claim(lab, 9, 100 * S);
	claim(lab, 9, 101 * S);
	assert_int_equal(c->n_conflicts, 1);
	assert_int_equal(c->conflicts[0].count, 2);
	assert_true(c->conflicts[0].first_ns == 100 * S && c->conflicts[0].last_ns == 101 * S);
	assert_string_equal(c->conflicts[0].interface, "wan");
	/* The list keeps the latest, and a flood of made up stations does not fill the log. */
	for (uint8_t mac = 10; mac < 40; mac++)
		claim(lab, mac, 102 * S);
	assert_int_equal(c->n_conflicts, SL_CONFLICTS_MAX);
	assert_int_equal(c->conflicts[SL_CONFLICTS_MAX - 1].mac[5], 24);
	claim(lab, 99, 200 * S);
	assert_int_equal(c->n_conflicts, SL_CONFLICTS_MAX);
	assert_int_equal(c->conflicts[0].mac[5], 10);
	assert_int_equal(c->conflicts[SL_CONFLICTS_MAX - 1].mac[5], 99);
}

static void test_partial_checksums(void **state)
{
	struct lab *lab = *state;
	struct sl_event event = { .type = SL_EVENT_PARTIAL_CHECKSUM };

	sl_control_event(lab->control, &event, S);
	assert_int_equal(lab->control->partial_checksum_ports, 1);
	event.port = 63; /* not a port of ours */
	sl_control_event(lab->control, &event, S);
	assert_int_equal(lab->control->partial_checksum_ports, 1);
}

/* The loop, with everything waiting that it reads: two signals, and a message from each worker. */
/* A frame for a port that is gone is as good as sent, for who asked; but it is not counted as if it had been. */
static void test_removed_port(void **state)
{
	struct lab *lab = *state;
	const struct sl_ip ip = sl_ip_from_v4(RTE_BE32(0xc0000201));
	uint64_t sent = lab->control->count[SL_CONTROL_COUNT_FRAMES_SENT], not_sent = lab->control->count[SL_CONTROL_COUNT_FRAMES_NOT_SENT];

	lab->port.removed = true;
	assert_true(sl_control_solicit(lab->control, 0, &ip, NULL));
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_FRAMES_SENT], sent);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_FRAMES_NOT_SENT], not_sent + 1);
}

static void test_run(void **state)
{
	struct lab *lab = *state;
	struct sl_event event = { .type = SL_EVENT_RESOLVE };
	struct rte_ring *frames = lab->shared.workers[0]->transmit_in[SL_MAX_WORKERS];
	struct rte_mbuf *m = NULL;

	event.ip = sl_ip_from_v4(RTE_BE32(0xc0000205));
	sl_worker_event(lab->shared.workers[0], &event);
	event.ip = sl_ip_from_v4(RTE_BE32(0xc0000206));
	sl_worker_event(lab->shared.workers[1], &event);
	write_file(lab, ONE_BACKEND);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	assert_int_equal(sl_control_run(lab->control), 0);

	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS], 1);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EVENTS], 2);
	assert_int_equal(lab->neighbours.used, 5);
	/* A probe and an announcement for each of 192.0.2.2, .3 and .10; a request for each of the five. */
	assert_int_equal(rte_ring_count(frames), 2 * 3 + 5);
	assert_int_equal(rte_ring_dequeue(frames, (void **)&m), 0);
	assert_int_equal(m->port, 0);
	rte_pktmbuf_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_start, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_removed_backend_drains, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_removed_snat_drains, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_removed_idle_service, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_ids_of_another, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_refused_reload, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_conflicts, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_partial_checksums, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_removed_port, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_run, lab_up, lab_down),
	};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL); /* as main does, before there are threads */
	test_eal_init("control");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
