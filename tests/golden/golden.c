/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>

#include "eal.h"
#include "golden.h"
#include "lines.h"
#include "states.h"

#include "sluice/config/config.h"
#include "sluice/config/snapshot.h"
#include "sluice/path/pipeline.h"
#include "sluice/port/port.h"
#include "sluice/state/verdict.h"

#define RING_SIZE 1024
#define SETTLE_TURNS 64
#define OUT_MAX 512
#define MBUFS 4095
#define SENT_MAX 8 /* behind one action */

struct golden_port {
	struct sl_port port;
	struct rte_ring *rx[SL_MAX_WORKERS], *tx[SL_MAX_WORKERS];
	enum rss_device rss;
	struct rte_mbuf *out[OUT_MAX];
	unsigned int n_out, next_out;
};

struct golden {
	const struct golden_case *test;
	struct rte_mempool *pool, *headers;
	struct sl_config *config;
	struct sl_snapshot *snapshot;
	struct sl_shared shared;
	struct sl_neighbour_table neighbours;
	struct sl_dispatch dispatch;
	struct sl_affinity_table affinities;
	bool meddled; /* a CALL may have made flows of nobody's */
	struct golden_port ports[SL_MAX_PORTS];
	struct sl_port_facts facts[SL_MAX_PORTS];
	unsigned int queues;
	uint64_t now_ns;
	char variable[10][8];
	const struct golden_step *action; /* the last action, and how many frames each SENT behind it has seen */
	int64_t sent[SENT_MAX];
	/* as of the last action: what follows must account for every difference */
	uint64_t count[SL_COUNT_MAX], drops[SL_DROP_MAX];
	bool asked[SL_DROP_MAX];
};

#define FAIL(g, step, ...)                                                             \
	do {                                                                           \
		print_error("%s, line %d: ", (g)->test->name, (step)->line);           \
		fail_msg(__VA_ARGS__);                                                 \
	} while (0)

/* ---- set-up ---- */

static struct sl_config *config_parse(const char *json)
{
	struct sl_problems problems;
	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse(json, strlen(json), &problems);

	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	assert_non_null(config);
	return config;
}

static void publish(struct golden *g)
{
	static struct sl_usage usage;
	struct sl_problems problems;

	usage = (struct sl_usage){ .backends = g->shared.backends };
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		for (uint16_t id = 0; id < SL_MAX_SERVICES; id++) {
			usage.service_flows[id] += g->shared.workers[i]->service[id].value[SL_FLOW_COUNT_FLOWS_ACTIVE];
			usage.removed_snat[id] |= sl_worker_uses_removed_snat(g->shared.workers[i], id);
		}
		for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++)
			usage.backend_flows[id] += g->shared.workers[i]->backend[id].value[SL_FLOW_COUNT_FLOWS_ACTIVE];
	}
	sl_problems_init(&problems);
	struct sl_snapshot *next =
		sl_snapshot_build(g->config, g->facts, g->shared.n_ports, g->snapshot, &usage, &problems);
	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	assert_non_null(next);
	golden_states_follow(&g->shared, next);
	atomic_store(&g->shared.snapshot, next);
	sl_snapshot_destroy(g->snapshot);
	g->snapshot = next;
}

static void ports_open(struct golden *g)
{
	const char *names[SL_MAX_PORTS];
	struct sl_port_options options = { .workers = g->config->workers, .rx_queues = g->queues, .descriptors = 64 };
	struct sl_problems problems;

	sl_problems_init(&problems);
	g->shared.n_ports = sl_config_device_names(g->config, names);
	for (unsigned int i = 0; i < g->shared.n_ports; i++) {
		struct golden_port *p = &g->ports[i];
		char name[64];
		for (unsigned int q = 0; q < g->queues; q++) {
			snprintf(name, sizeof(name), "rx_%u_%u", i, q);
			p->rx[q] = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, 0);
			snprintf(name, sizeof(name), "tx_%u_%u", i, q);
			p->tx[q] = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, 0);
			assert_true(p->rx[q] != NULL && p->tx[q] != NULL);
		}
		int id = rte_eth_from_rings(names[i] + strlen("net_ring_"), p->rx, g->queues, p->tx, g->queues, 0);
		assert_true(id >= 0);
		if (sl_port_open(&p->port, names[i], &options, g->pool, &problems) != 0 ||
		    sl_port_start(&p->port, &problems) != 0) {
			sl_problems_print(&problems, stderr);
			fail();
		}
		p->rss = i < 2 ? g->test->queues >> (8 + 4 * i) & 0xf : RSS_NONE;
		assert_int_equal(p->port.id, i); /* port index == ethdev id, as in the daemon */
		g->facts[i] = p->port.facts;
		const struct sl_config_device *device = sl_config_device_find(g->config, names[i]);
		if (device != NULL && device->mtu != 0)
			g->facts[i].mtu = device->mtu; /* buffers are chained where it takes more than one */
		g->shared.port_multi_segment[i] = p->port.multi_segment;
		memcpy(g->facts[i].mac, (uint8_t[6]){ 2, 0, 0, 0, 0, (uint8_t)(0xf0 + i) }, 6);
		memcpy(g->shared.port_mac[i], g->facts[i].mac, 6);
	}
	sl_problems_fini(&problems);
}

static bool rss_steers(const struct golden_case *test)
{
	return test->queues > 0xff;
}

static void workers_create(struct golden *g)
{
	g->shared.n_workers = g->config->workers;
	g->shared.max_fragments = g->config->max_fragments;
	g->shared.seq_translation = sl_config_uses_proxy_protocol(g->config);
	g->shared.neighbours = &g->neighbours;
	g->shared.control_wakeup_fd = -1;
	sl_dispatch_init(&g->dispatch, g->shared.n_workers, rss_steers(g->test) ? 128 : SL_DISPATCH_ENTRIES);
	g->shared.dispatch = &g->dispatch;
	assert_int_equal(sl_neighbour_table_init(&g->neighbours, 64), 0);
	assert_int_equal(sl_affinity_table_init(&g->affinities, g->config->max_affinities, -1), 0);
	g->shared.affinities = &g->affinities;
	for (uint16_t id = 0; id < g->shared.n_workers; id++) {
		struct sl_worker *w = sl_worker_create(&g->shared, id, g->pool, g->config->max_flows, true, -1, g->now_ns);
		assert_non_null(w);
		assert_int_equal(sl_relay_attach(w, (uint16_t)g->config->max_relays, (uint16_t)g->config->max_relay_outputs,
						 g->headers, -1), 0);
		w->relays->next_id = 1;
		w->secret = (struct sl_siphash_key){ { 1, 2 } };
		w->ip_ids.key = 1;
		w->random = id;
		for (unsigned int i = 0; i < RTE_DIM(w->ip_ids.next); i++)
			w->ip_ids.next[i] = 1;
		for (uint16_t port = 0; port < g->shared.n_ports; port++) {
			bool own = id < g->queues;
			w->tx[port].has_queue = own;
			w->tx[port].queue = id;
			w->tx[port].owner = (uint16_t)(id % g->queues);
			if (own)
				w->rx_queues[w->n_rx_queues++] = (struct sl_rx_queue){ port, id };
		}
	}
	assert_int_equal(sl_worker_connect(&g->shared), 0);
}

static void start(struct golden *g, const struct golden_case *test, struct rte_mempool *pool)
{
	*g = (struct golden){ .test = test, .pool = pool, .headers = rte_mempool_lookup("headers"), .now_ns = 1000ull * 1000 * 1000 * 1000 };
	g->config = config_parse(test->config);
	g->queues = (test->queues & 0xff) != 0 ? test->queues & 0xff : g->config->workers;
	ports_open(g);
	workers_create(g);
	publish(g);
	snprintf(g->ports[g->shared.n_ports].port.facts.name, SL_DEVICE_NAME_MAX, "net_ring_host");
}

static void finish(struct golden *g)
{
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		struct sl_worker *w = g->shared.workers[i];
		if (!g->meddled)
			golden_states_check(w);
		sl_worker_drain(w);
		assert_int_equal(sl_worker_imbalance(w), 0);
		assert_int_equal(w->count[SL_COUNT_HELD], 0);
	}
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		sl_worker_destroy(g->shared.workers[i]);
	for (unsigned int i = 0; i < g->shared.n_ports; i++) {
		char name[SL_DEVICE_NAME_MAX];
		memcpy(name, g->ports[i].port.facts.name, sizeof(name));
		sl_port_close(&g->ports[i].port);
		rte_eal_hotplug_remove("vdev", name);
		for (unsigned int q = 0; q < g->queues; q++) {
			rte_ring_free(g->ports[i].rx[q]);
			rte_ring_free(g->ports[i].tx[q]);
		}
	}
	sl_neighbour_table_fini(&g->neighbours);
	sl_affinity_table_fini(&g->affinities);
	sl_snapshot_destroy(g->snapshot);
	sl_config_destroy(g->config);
	assert_int_equal(rte_mempool_in_use_count(g->pool), 0); /* no packet leaked */
	assert_int_equal(rte_mempool_in_use_count(g->headers), 0);
}

/* ---- running ---- */

static void collect(struct golden *g)
{
	for (unsigned int i = 0; i < g->shared.n_ports; i++) {
		struct golden_port *p = &g->ports[i];
		for (unsigned int q = 0; q < g->queues; q++) {
			void *m;
			while (rte_ring_dequeue(p->tx[q], &m) == 0) {
				assert_in_range(p->n_out, 0, OUT_MAX - 1);
				p->out[p->n_out] = m; /* a device does not look at what reception noted */
				p->out[p->n_out++]->ol_flags &= ~(uint64_t)(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
			}
		}
	}
	struct golden_port *host = &g->ports[g->shared.n_ports]; /* behind the real ports, for what is punted to control */
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		host->n_out += rte_ring_dequeue_burst(g->shared.workers[i]->punts_out, (void **)&host->out[host->n_out],
						      OUT_MAX - host->n_out, NULL);
}

static void settle(struct golden *g)
{
	unsigned int moved = 1;

	for (unsigned int turn = 0; moved > 0 && turn < SETTLE_TURNS; turn++) {
		moved = 0;
		for (unsigned int i = 0; i < g->shared.n_workers; i++) {
			struct sl_worker *w = g->shared.workers[i];
			sl_worker_set_time(w, g->snapshot, g->now_ns);
			moved += sl_worker_turn(w, g->snapshot);
			assert_int_equal(sl_worker_imbalance(w), 0);
		}
	}
	assert_int_equal(moved, 0);
	collect(g);
}

/* Before the next action: all frames were looked at, all drops named. */
static void account(struct golden *g, const struct golden_step *step)
{
	char text[PKT_TEXT_MAX];
	void *event[4];

	for (unsigned int i = 0; i <= g->shared.n_ports; i++) {
		struct golden_port *p = &g->ports[i];
		if (p->next_out < p->n_out)
			FAIL(g, step, "%s sent what nobody asked for:\n%s", p->port.facts.name,
			     pkt_text(p->out[p->next_out], text));
		p->n_out = p->next_out = 0;
	}
	for (unsigned int cause = 0; cause < SL_DROP_MAX; cause++) {
		uint64_t n = golden_states_drops(&g->shared, cause);
		if (n != g->drops[cause] && !g->asked[cause])
			FAIL(g, step, "%d packets dropped that nobody asked for: %s", (int)(n - g->drops[cause]),
			     sl_drop_infos[cause].name);
		g->drops[cause] = n;
		g->asked[cause] = false;
	}
	for (unsigned int counter = 0; counter < SL_COUNT_MAX; counter++)
		g->count[counter] = golden_states_count(&g->shared, counter);
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		while (rte_ring_sc_dequeue_elem(g->shared.workers[i]->events, event, sizeof(struct sl_event)) == 0)
			;
}

/* ---- steps ---- */

#define ANY_QUEUE UINT_MAX

static struct golden_port *port_of(struct golden *g, const struct golden_step *step, unsigned int *queue)
{
	char name[64];
	const char *dot = strchr(step->port, '.');
	int length = dot != NULL ? (int)(dot - step->port) : (int)strlen(step->port);

	*queue = dot != NULL ? (unsigned int)strtoul(dot + 1, NULL, 10) : ANY_QUEUE;
	snprintf(name, sizeof(name), "net_ring_%.*s", length, step->port);
	for (unsigned int i = 0; i <= g->shared.n_ports; i++)
		if (strcmp(g->ports[i].port.facts.name, name) == 0)
			return &g->ports[i];
	FAIL(g, step, "no port %s", name);
	return NULL;
}

static int variable_port(struct golden *g, const struct golden_step *step, int port, int64_t number)
{
	if (port > VAR(0))
		return port;
	if (port <= UP(0))
		return (int)(UP(0) - port + number);
	const char *value = g->variable[VAR(0) - port];
	if (value[0] == '\0')
		FAIL(g, step, "$%d has no value yet", VAR(0) - port);
	return (int)strtol(value, NULL, 10);
}

static void step_in(struct golden *g, const struct golden_step *step, int64_t number)
{
	struct pkt_layer layers[16];
	unsigned int queue, n = 0;
	struct golden_port *p = port_of(g, step, &queue);

	do {
		layers[n] = step->layers[n];
		layers[n].sport = variable_port(g, step, layers[n].sport, number);
		layers[n].dport = variable_port(g, step, layers[n].dport, number);
		layers[n].id = variable_port(g, step, layers[n].id, number);
	} while (step->layers[n++].kind != PKT_END);
	struct rte_mbuf *m = pkt_build(g->pool, layers);
	unsigned int chosen = rss_receive(p->rss, m, g->queues);
	assert_int_equal(rte_ring_enqueue(p->rx[queue == ANY_QUEUE ? chosen : queue], m), 0);
}

/* Give each frame that left to the first SENT step behind the present one that it fits. */
static void tally(struct golden *g)
{
	char text[PKT_TEXT_MAX];
	unsigned int queue;

	for (unsigned int i = 0; i <= g->shared.n_ports; i++) {
		struct golden_port *p = &g->ports[i];
		for (; p->next_out < p->n_out; p->next_out++) {
			const struct golden_step *sent = g->action + 1;
			pkt_text(p->out[p->next_out], text);
			while (sent->kind == GOLDEN_SENT &&
			       (port_of(g, sent, &queue) != p || !line_has(text, sent->text)))
				sent++;
			if (sent->kind != GOLDEN_SENT || sent - g->action > SENT_MAX)
				FAIL(g, g->action, "%s sent what nobody asked for:\n%s", p->port.facts.name, text);
			g->sent[sent - g->action - 1]++;
			rte_pktmbuf_free(p->out[p->next_out]);
		}
		p->n_out = p->next_out = 0;
	}
}

static void step_in_many(struct golden *g, const struct golden_step *step)
{
	for (int64_t i = 0; i < step->amount; i++) {
		step_in(g, step, i);
		if (i % SL_BURST_MAX != SL_BURST_MAX - 1 && i != step->amount - 1)
			continue;
		settle(g);
		tally(g);
	}
}

static void step_sent(struct golden *g, const struct golden_step *step)
{
	int64_t sent;

	if (step - g->action > SENT_MAX)
		FAIL(g, step, "SENT is not right behind what sends");
	tally(g);
	sent = g->sent[step - g->action - 1];
	if (llabs(sent - step->amount) > step->tolerance)
		FAIL(g, step, "%s sent %d frames with \"%s\", not %d", step->port, (int)sent, step->text,
		     (int)step->amount);
}

static void step_out(struct golden *g, const struct golden_step *step)
{
	char text[PKT_TEXT_MAX];
	unsigned int queue;
	struct golden_port *p = port_of(g, step, &queue);

	if (p->next_out == p->n_out) {
		for (unsigned int cause = 0; cause < SL_DROP_MAX; cause++)
			if (golden_states_drops(&g->shared, cause) != g->drops[cause])
				print_error("dropped: %s\n", sl_drop_infos[cause].name);
		FAIL(g, step, "%s sent nothing; expected:\n%s", step->port, step->text);
	}
	struct rte_mbuf *m = p->out[p->next_out++];
	pkt_text(m, text);
	if (!line_matches(g->variable, step->text, text))
		FAIL(g, step, "%s sent\n%s\nexpected\n%s", step->port, text, step->text);
	rte_pktmbuf_free(m);
}

static void step_event(struct golden *g, const struct golden_step *step)
{
	char text[SL_IP_STRLEN];
	struct sl_event event;

	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		if (rte_ring_sc_dequeue_elem(g->shared.workers[i]->events, &event, sizeof(event)) != 0)
			continue;
		sl_ip_format(&event.ip, text);
		if (event.type == step->number && strcmp(text, step->text) == 0 &&
		    strcmp(g->snapshot->interfaces[event.interface].name, step->port) == 0)
			return;
		FAIL(g, step, "event %u for %s on %s", event.type, text, g->snapshot->interfaces[event.interface].name);
	}
	FAIL(g, step, "no event");
}

static void step_neighbour(struct golden *g, const struct golden_step *step)
{
	const struct sl_interface *interface = NULL;
	struct sl_ip ip;
	uint16_t id;

	for (id = 0; id < g->snapshot->n_interfaces; id++)
		if (strcmp(g->snapshot->interfaces[id].name, step->port) == 0)
			interface = &g->snapshot->interfaces[id];
	if (interface == NULL || sl_ip_parse(step->text, &ip) != 0)
		FAIL(g, step, "bad neighbour step");
	id = (uint16_t)(interface - g->snapshot->interfaces);
	uint16_t index = sl_neighbour_add(&g->neighbours, id, &ip);
	if (strcmp(step->mac, "asked") == 0)
		return;
	bool failed = strcmp(step->mac, "failed") == 0;
	struct sl_l2 l2 = { .port = interface->port, .mtu = interface->mtu, .interface = id, .failed = failed,
			    .usable = !failed, .header_len = interface->vlan != 0 ? 18 : 14 };
	if (!failed)
		pkt_mac(step->mac, l2.header);
	memcpy(l2.header + 6, interface->mac, 6);
	if (interface->vlan != 0)
		memcpy(l2.header + 12, (uint8_t[4]){ 0x81, 0, (uint8_t)(interface->vlan >> 8), (uint8_t)interface->vlan }, 4);
	sl_neighbour_write(&g->neighbours, index, failed ? SL_NEIGHBOUR_FAILED : SL_NEIGHBOUR_REACHABLE, &l2);
}

static void step_reload(struct golden *g, const struct golden_step *step)
{
	struct sl_config *next = config_parse(step->text);

	sl_config_destroy(g->config);
	g->config = next;
	publish(g);
}

static void step_time(struct golden *g, const struct golden_step *step)
{
	for (int64_t left = step->amount; left > 0; left -= 100) {
		g->now_ns += (uint64_t)RTE_MIN(left, 100) * 1000000;
		settle(g);
	}
}

static void run_step(struct golden *g, const struct golden_step *step, const struct golden_step *before)
{
	bool action = step->kind == GOLDEN_IN || step->kind == GOLDEN_IN_MANY || step->kind == GOLDEN_TIME ||
		      step->kind == GOLDEN_NEIGHBOUR || step->kind == GOLDEN_RELOAD || step->kind == GOLDEN_HEALTH ||
		      step->kind == GOLDEN_ADMIN || step->kind == GOLDEN_WEIGHT || step->kind == GOLDEN_CALL ||
		      step->kind == GOLDEN_END;
	unsigned int queue;

	if (before != NULL && before->kind == GOLDEN_IN && step->kind != GOLDEN_IN)
		settle(g);
	if (action && !(before != NULL && before->kind == GOLDEN_IN && step->kind == GOLDEN_IN))
		account(g, step);
	if (action) {
		g->action = step;
		memset(g->sent, 0, sizeof(g->sent));
	}
	switch (step->kind) {
	case GOLDEN_END:
		break;
	case GOLDEN_IN:
		step_in(g, step, 0);
		break;
	case GOLDEN_IN_MANY:
		step_in_many(g, step);
		break;
	case GOLDEN_SENT:
		step_sent(g, step);
		break;
	case GOLDEN_OUT:
		step_out(g, step);
		break;
	case GOLDEN_DROPPED:
		g->asked[step->number] = true;
		if (llabs((int64_t)(golden_states_drops(&g->shared, step->number) - g->drops[step->number]) - step->amount) > step->tolerance)
			FAIL(g, step, "%d packets dropped for %s, not %d", (int)(golden_states_drops(&g->shared, step->number) - g->drops[step->number]),
			     sl_drop_infos[step->number].name, (int)step->amount);
		break;
	case GOLDEN_COUNT:
		if ((int64_t)(golden_states_count(&g->shared, step->number) - g->count[step->number]) != step->amount)
			FAIL(g, step, "%s grew by %d, not %d", sl_worker_counter_infos[step->number].name,
			     (int)(golden_states_count(&g->shared, step->number) - g->count[step->number]), (int)step->amount);
		break;
	case GOLDEN_EVENT:
		step_event(g, step);
		break;
	case GOLDEN_TIME:
		step_time(g, step);
		break;
	case GOLDEN_NEIGHBOUR:
		step_neighbour(g, step);
		settle(g);
		break;
	case GOLDEN_RELOAD:
		step_reload(g, step);
		settle(g);
		break;
	case GOLDEN_HEALTH:
	case GOLDEN_ADMIN:
	case GOLDEN_WEIGHT:
		if (golden_states_set(&g->shared, g->snapshot, step) == 0)
			FAIL(g, step, "no backend %s", step->text);
		break;
	case GOLDEN_CALL:
		g->meddled = true;
		for (unsigned int i = 0; i < g->shared.n_workers; i++)
			step->call(g->shared.workers[i], g->snapshot);
		break;
	case GOLDEN_NO_CHAINS:
		g->shared.port_multi_segment[port_of(g, step, &queue)->port.id] = false;
		break;
	}
}

static void run_case(void **state)
{
	static struct golden g;
	const struct golden_step *before = NULL;

	start(&g, *state, rte_mempool_lookup("golden"));
	for (const struct golden_step *step = g.test->steps;; before = step++) {
		run_step(&g, step, before);
		if (step->kind == GOLDEN_END)
			break;
	}
	finish(&g);
}

static int start_eal(void **state)
{
	static char prefix[64];
	snprintf(prefix, sizeof(prefix), "--file-prefix=golden-%d", (int)getpid());
	char *args[] = { "golden", "--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--no-shconf", prefix,
			 "-l", "0", "--log-level=lib.eal:error" };

	if (rte_eal_init(sizeof(args) / sizeof(args[0]), args) < 0)
		return -1;
	test_eal_leave_nothing();
	return rte_pktmbuf_pool_create("golden", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY) == NULL ||
	       rte_pktmbuf_pool_create("headers", MBUFS, 0, 0, SL_RELAY_HEADER_ROOM, SOCKET_ID_ANY) == NULL;
}

static int stop_eal(void **state)
{
	return rte_eal_cleanup();
}

int golden_main(int argc, char **argv, const char *name, const struct golden_case *cases)
{
	struct CMUnitTest tests[128] = { 0 };
	size_t n = 0;

	for (; cases[n].name != NULL; n++) {
		assert_in_range(n, 0, RTE_DIM(tests) - 1);
		tests[n] = (struct CMUnitTest){ .name = cases[n].name, .test_func = run_case,
						.initial_state = (void *)(uintptr_t)&cases[n] };
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(name, tests, n, start_eal, stop_eal);
}
