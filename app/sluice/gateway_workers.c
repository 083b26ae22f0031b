/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers: what they share, which queues are whose, start and end. */
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "sluice/path/pipeline.h"

#include "gateway.h"
#include "placement.h"

static int no_memory(const struct setup *setup, const char *what, struct sl_problems *problems)
{
	char remedy[96];

	snprintf(remedy, sizeof(remedy), "raise \"memory_mb\" above %u, or lower \"max_flows\"",
		 memory_plan_total_mb(&setup->plan));
	sl_problem_add(problems, "memory", remedy, "no room for %s", what);
	return -1;
}

static int create_shared(struct gateway *g, const struct setup *setup, struct sl_problems *problems)
{
	struct sl_shared *shared = &g->shared;
	const struct sl_config *config = setup->config;

	memset(shared, 0, sizeof(*shared));
	shared->n_workers = config->workers;
	shared->n_ports = (uint16_t)g->n_ports;
	shared->control_wakeup_fd = -1;
	shared->poll = config->idle == SL_IDLE_POLL;
	shared->idle_sleep_us = config->idle_sleep_us;
	shared->max_fragments = config->max_fragments;
	shared->seq_translation = sl_config_uses_proxy_protocol(config);
	shared->tsc_hz = rte_get_tsc_hz();
	for (unsigned int i = 0; i < g->n_ports; i++) {
		memcpy(shared->port_mac[i], g->ports[i].facts.mac, sizeof(g->ports[i].facts.mac));
		shared->port_rx_checksum[i] = g->ports[i].rx_checksum;
		shared->port_multi_segment[i] = g->ports[i].multi_segment;
	}

	if (sl_neighbour_table_init(&g->neighbours, config->max_neighbours) != 0)
		return no_memory(setup, "the table of next hops", problems);
	shared->neighbours = &g->neighbours;
	if (sl_affinity_table_init(&g->affinities, config->max_affinities, setup->plan.worker_node[0]) != 0)
		return no_memory(setup, "the clients of services with affinity", problems);
	shared->affinities = &g->affinities;
	shared->rcu = rte_zmalloc("rcu", rte_rcu_qsbr_get_memsize(config->workers), RTE_CACHE_LINE_SIZE);
	if (shared->rcu == NULL || rte_rcu_qsbr_init(shared->rcu, config->workers) != 0)
		return no_memory(setup, "the workers' quiescent states", problems);
	if (config->workers > 1) {
		g->dispatch = rte_zmalloc("dispatch", sizeof(*g->dispatch), RTE_CACHE_LINE_SIZE);
		if (g->dispatch == NULL)
			return no_memory(setup, "the dispatch table", problems);
		sl_dispatch_init(g->dispatch, config->workers, sl_port_common_reta(g->ports, g->n_ports));
		shared->dispatch = g->dispatch;
	}
	return 0;
}

/*
 * Receive queue q of a port belongs to worker q % workers, the same rule as in the NIC's redirection table. Worker i sends
 * by transmit queue i; where a port has fewer, it passes its frames to the worker that has queue i % queues.
 */
static void assign_queues(struct sl_worker *w, const struct gateway *g)
{
	for (uint16_t p = 0; p < g->n_ports; p++) {
		const struct sl_port *port = &g->ports[p];
		for (uint16_t q = w->id; q < port->n_rx_queues && w->n_rx_queues < RTE_DIM(w->rx_queues);
		     q += g->shared.n_workers)
			w->rx_queues[w->n_rx_queues++] = (struct sl_rx_queue){ p, q };
		w->tx[p].has_queue = w->id < port->n_tx_queues;
		w->tx[p].queue = w->id % port->n_tx_queues;
		w->tx[p].owner = w->id % port->n_tx_queues;
	}
}

static int create_workers(struct gateway *g, const struct setup *setup, struct sl_problems *problems)
{
	struct timespec now;
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	for (uint16_t i = 0; i < g->shared.n_workers; i++, lcore = rte_get_next_lcore(lcore, 1, 0)) {
		int node = setup->plan.worker_node[i];
		if (lcore >= RTE_MAX_LCORE) {
			sl_problem_add(problems, setup->settings.lcores.where, NULL, "too few lcores for %u workers",
				       g->shared.n_workers);
			return -1;
		}
		struct sl_worker *w = sl_worker_create(&g->shared, i, g->pools[node], setup->plan.flows_per_worker,
						       setup->plan.ipv6, node, now_ns);
		if (w == NULL)
			return no_memory(setup, "a worker's flow table", problems);
		if (setup->config->max_relays > 0 &&
		    sl_relay_attach(w, (uint16_t)setup->config->max_relays, (uint16_t)setup->config->max_relay_outputs,
				    g->headers[node], node) != 0)
			return no_memory(setup, "a worker's relays", problems);
		w->lcore = lcore;
		g->lcores[i] = lcore;
		assign_queues(w, g);
	}
	placement_check(g);
	return sl_worker_connect(&g->shared) == 0 ? 0 : no_memory(setup, "the rings between workers", problems);
}

int gateway_create_workers(struct gateway *g, const struct setup *setup, struct sl_problems *problems)
{
	if (create_shared(g, setup, problems) == 0 && create_workers(g, setup, problems) == 0)
		return 0;
	gateway_destroy_workers(g);
	return -1;
}

void gateway_destroy_workers(struct gateway *g)
{
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		sl_worker_destroy(g->shared.workers[i]);
	rte_free(g->dispatch);
	g->dispatch = NULL;
	rte_free(g->shared.rcu);
	if (g->shared.neighbours != NULL)
		sl_neighbour_table_fini(&g->neighbours);
	sl_affinity_table_fini(&g->affinities);
	memset(&g->shared, 0, sizeof(g->shared));
}

int gateway_launch(struct gateway *g, struct sl_problems *problems)
{
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		if (rte_eal_remote_launch(sl_worker_loop, g->shared.workers[i], g->lcores[i]) == 0)
			continue;
		sl_problem_add(problems, "lcores", NULL, "lcore %u does not start", g->lcores[i]);
		gateway_join(g);
		return -1;
	}
	return 0;
}

void gateway_join(struct gateway *g)
{
	atomic_store_explicit(&g->shared.stop, true, memory_order_release);
	rte_eal_mp_wait_lcore();
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		sl_worker_drain(g->shared.workers[i]);
}
