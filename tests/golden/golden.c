/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rte_eal.h>

#include "gateway.h"
#include "golden.h"
#include "lines.h"
#include "states.h"

#define SENT_MAX 8 /* behind one action */

struct golden {
	struct gateway gateway;
	const struct golden_case *test;
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

/* Before the next action: all frames were looked at, all drops named. */
static void account(struct golden *g, const struct golden_step *step)
{
	char text[PKT_TEXT_MAX];
	void *event[4];

	for (unsigned int i = 0; i <= g->gateway.shared.n_ports; i++) {
		struct gateway_port *p = &g->gateway.ports[i];
		if (p->next_out < p->n_out)
			FAIL(g, step, "%s sent what nobody asked for:\n%s", p->port.facts.name,
			     pkt_text(p->out[p->next_out], text));
		p->n_out = p->next_out = 0;
	}
	for (unsigned int cause = 0; cause < SL_DROP_MAX; cause++) {
		uint64_t n = golden_states_drops(&g->gateway.shared, cause);
		if (n != g->drops[cause] && !g->asked[cause])
			FAIL(g, step, "%d packets dropped that nobody asked for: %s", (int)(n - g->drops[cause]),
			     sl_drop_infos[cause].name);
		g->drops[cause] = n;
		g->asked[cause] = false;
	}
	for (unsigned int counter = 0; counter < SL_COUNT_MAX; counter++)
		g->count[counter] = golden_states_count(&g->gateway.shared, counter);
	for (unsigned int i = 0; i < g->gateway.shared.n_workers; i++)
		while (rte_ring_sc_dequeue_elem(g->gateway.shared.workers[i]->events, event, sizeof(struct sl_event)) == 0)
			;
}

/* ---- steps ---- */

static struct gateway_port *port_of(struct golden *g, const struct golden_step *step, unsigned int *queue)
{
	char name[64];
	const char *dot = strchr(step->port, '.');
	int length = dot != NULL ? (int)(dot - step->port) : (int)strlen(step->port);

	*queue = dot != NULL ? (unsigned int)strtoul(dot + 1, NULL, 10) : GATEWAY_ANY_QUEUE;
	snprintf(name, sizeof(name), "net_ring_%.*s", length, step->port);
	for (unsigned int i = 0; i <= g->gateway.shared.n_ports; i++)
		if (strcmp(g->gateway.ports[i].port.facts.name, name) == 0)
			return &g->gateway.ports[i];
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
	struct gateway_port *p = port_of(g, step, &queue);

	do {
		layers[n] = step->layers[n];
		layers[n].sport = variable_port(g, step, layers[n].sport, number);
		layers[n].dport = variable_port(g, step, layers[n].dport, number);
		layers[n].id = variable_port(g, step, layers[n].id, number);
	} while (step->layers[n++].kind != PKT_END);
	gateway_receive(&g->gateway, p, queue, pkt_build(g->gateway.pool, layers));
}

/* Give each frame that left to the first SENT step behind the present one that it fits. */
static void tally(struct golden *g)
{
	char text[PKT_TEXT_MAX];
	unsigned int queue;

	for (unsigned int i = 0; i <= g->gateway.shared.n_ports; i++) {
		struct gateway_port *p = &g->gateway.ports[i];
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
		gateway_settle(&g->gateway);
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
	struct gateway_port *p = port_of(g, step, &queue);

	if (p->next_out == p->n_out) {
		for (unsigned int cause = 0; cause < SL_DROP_MAX; cause++)
			if (golden_states_drops(&g->gateway.shared, cause) != g->drops[cause])
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

	for (unsigned int i = 0; i < g->gateway.shared.n_workers; i++) {
		if (rte_ring_sc_dequeue_elem(g->gateway.shared.workers[i]->events, &event, sizeof(event)) != 0)
			continue;
		sl_ip_format(&event.ip, text);
		if (event.type == step->number && strcmp(text, step->text) == 0 &&
		    strcmp(g->gateway.snapshot->interfaces[event.interface].name, step->port) == 0)
			return;
		FAIL(g, step, "event %u for %s on %s", event.type, text, g->gateway.snapshot->interfaces[event.interface].name);
	}
	FAIL(g, step, "no event");
}

static void step_neighbour(struct golden *g, const struct golden_step *step)
{
	const struct sl_interface *interface = NULL;
	struct sl_ip ip;
	uint16_t id;

	for (id = 0; id < g->gateway.snapshot->n_interfaces; id++)
		if (strcmp(g->gateway.snapshot->interfaces[id].name, step->port) == 0)
			interface = &g->gateway.snapshot->interfaces[id];
	if (interface == NULL || sl_ip_parse(step->text, &ip) != 0)
		FAIL(g, step, "bad neighbour step");
	id = (uint16_t)(interface - g->gateway.snapshot->interfaces);
	uint8_t mac[6];
	if (strcmp(step->mac, "asked") == 0) {
		sl_neighbour_add(&g->gateway.neighbours, id, &ip);
	} else if (strcmp(step->mac, "failed") == 0) {
		gateway_resolve(&g->gateway, id, &ip, NULL);
	} else {
		pkt_mac(step->mac, mac);
		gateway_resolve(&g->gateway, id, &ip, mac);
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
		gateway_settle(&g->gateway);
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
		if (llabs((int64_t)(golden_states_drops(&g->gateway.shared, step->number) - g->drops[step->number]) - step->amount) > step->tolerance)
			FAIL(g, step, "%d packets dropped for %s, not %d", (int)(golden_states_drops(&g->gateway.shared, step->number) - g->drops[step->number]),
			     sl_drop_infos[step->number].name, (int)step->amount);
		break;
	case GOLDEN_COUNT:
		if ((int64_t)(golden_states_count(&g->gateway.shared, step->number) - g->count[step->number]) != step->amount)
			FAIL(g, step, "%s grew by %d, not %d", sl_worker_counter_infos[step->number].name,
			     (int)(golden_states_count(&g->gateway.shared, step->number) - g->count[step->number]), (int)step->amount);
		break;
	case GOLDEN_EVENT:
		step_event(g, step);
		break;
	case GOLDEN_TIME:
		gateway_pass(&g->gateway, (uint64_t)step->amount);
		break;
	case GOLDEN_NEIGHBOUR:
		step_neighbour(g, step);
		gateway_settle(&g->gateway);
		break;
	case GOLDEN_RELOAD:
		gateway_reload(&g->gateway, step->text);
		gateway_settle(&g->gateway);
		break;
	case GOLDEN_HEALTH:
	case GOLDEN_ADMIN:
	case GOLDEN_WEIGHT:
		if (golden_states_set(&g->gateway.shared, g->gateway.snapshot, step) == 0)
			FAIL(g, step, "no backend %s", step->text);
		break;
	case GOLDEN_CALL:
		g->gateway.meddled = true;
		for (unsigned int i = 0; i < g->gateway.shared.n_workers; i++)
			step->call(g->gateway.shared.workers[i], g->gateway.snapshot);
		break;
	case GOLDEN_NO_CHAINS:
		g->gateway.shared.port_multi_segment[port_of(g, step, &queue)->port.id] = false;
		break;
	}
}

static void run_case(void **state)
{
	static struct golden g;
	const struct golden_case *test = *state;
	const struct golden_step *before = NULL;
	const enum rss_device rss[GATEWAY_RSS_PORTS] = { test->queues >> 8 & 0xf, test->queues >> 12 & 0xf };

	g = (struct golden){ .test = test };
	gateway_start(&g.gateway, test->config, test->queues & 0xff, rss);
	for (const struct golden_step *step = test->steps;; before = step++) {
		run_step(&g, step, before);
		if (step->kind == GOLDEN_END)
			break;
	}
	gateway_finish(&g.gateway);
}

static int start_eal(void **state)
{
	return gateway_eal_init("golden");
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
