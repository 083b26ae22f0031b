/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet buffer pools and ports. */
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "gateway.h"

/* NULL, with a problem, when there is no room. */
static struct rte_mempool *create_pool(const struct memory_plan *plan, const char *kind, uint32_t n, uint16_t data_room,
				       int node, struct sl_problems *problems)
{
	char name[32], remedy[64];

	snprintf(name, sizeof(name), "sluice_%s_%d", kind, node);
	struct rte_mempool *pool = rte_pktmbuf_pool_create(name, n, MEMORY_POOL_CACHE, 0, data_room, node);
	if (pool == NULL) {
		snprintf(remedy, sizeof(remedy), "raise \"memory_mb\" above %u", memory_plan_total_mb(plan));
		sl_problem_add(problems, "memory", remedy, "no room for %u packet buffers of %u bytes on NUMA node %d: %s", n,
			       data_room, node, rte_strerror(rte_errno));
	}
	return pool;
}

int gateway_create_pools(struct gateway *g, const struct setup *setup, struct sl_problems *problems)
{
	const struct memory_plan *plan = &setup->plan;
	unsigned int before = problems->count;

	g->control_node = plan->worker_node[0];
	for (int node = 0; node < MACHINE_NODES_MAX; node++) {
		const struct memory_node *n = &plan->nodes[node];
		if (n->mbufs != 0)
			g->pools[node] = create_pool(plan, "packets", n->mbufs, plan->data_room, node, problems);
		if (n->headers != 0)
			g->headers[node] = create_pool(plan, "headers", n->headers, SL_RELAY_HEADER_ROOM, node, problems);
	}
	if (problems->count == before)
		return 0;
	gateway_destroy_pools(g);
	return -1;
}

void gateway_destroy_pools(struct gateway *g)
{
	for (int node = 0; node < MACHINE_NODES_MAX; node++) {
		rte_mempool_free(g->pools[node]);
		rte_mempool_free(g->headers[node]);
		g->pools[node] = g->headers[node] = NULL;
	}
}

/*
 * The whole packet path takes a port's index for its ethdev id (mbuf.port), so the two must be the same: ports are kept in
 * the order of their ids, and DPDK is given no devices but the configured ones.
 */
static int open_port(struct gateway *g, const struct setup *setup, unsigned int i, struct sl_problems *problems)
{
	const struct device_plan *d = &setup->devices.list[i];
	struct sl_port_options options = {
		.workers = setup->config->workers,
		.rx_queues = d->config != NULL ? d->config->rx_queues : 0,
		.descriptors = d->descriptors,
		.mtu = d->config != NULL ? d->config->mtu : 0,
	};
	struct sl_port port;

	if (sl_port_open(&port, d->name, &options, g->pools[setup->plan.port_node[i]], problems) != 0)
		return -1;
	if (port.id >= setup->devices.n) {
		sl_problem_add(problems, d->name, "remove devices from the EAL options (-a, --vdev) that no interface uses",
			       "DPDK has more ports than the configuration names");
		sl_port_close(&port);
		return -1;
	}
	g->ports[port.id] = port;
	return 0;
}

int gateway_open_ports(struct gateway *g, const struct setup *setup, struct sl_problems *problems)
{
	unsigned int before = problems->count;

	g->n_ports = setup->devices.n;
	for (unsigned int i = 0; i < g->n_ports; i++)
		g->ports[i].id = RTE_MAX_ETHPORTS; /* sl_port_close accepts one that was never opened */
	for (unsigned int i = 0; i < g->n_ports; i++)
		open_port(g, setup, i, problems);
	if (problems->count == before)
		return 0;
	gateway_close_ports(g);
	return -1;
}

int gateway_start_ports(struct gateway *g, struct sl_problems *problems)
{
	for (unsigned int i = 0; i < g->n_ports; i++) {
		if (sl_port_start(&g->ports[i], problems) != 0)
			return -1; /* those started stop when they are closed */
		sl_port_steer(&g->ports[i], g->dispatch);
	}
	return 0;
}

void gateway_close_ports(struct gateway *g)
{
	for (unsigned int i = 0; i < g->n_ports; i++)
		sl_port_close(&g->ports[i]);
}
