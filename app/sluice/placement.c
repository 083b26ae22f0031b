/* SPDX-License-Identifier: BSD-3-Clause */
#include <numaif.h>

#include <rte_lcore.h>

#include "sluice/base/log.h"

#include "placement.h"

static int node_of(void *address)
{
	int node;

	return get_mempolicy(&node, NULL, 0, address, MPOL_F_NODE | MPOL_F_ADDR) == 0 ? node : -1;
}

void placement_check(struct gateway *g)
{
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		struct sl_worker *w = g->shared.workers[i];
		int node = (int)rte_lcore_to_socket_id(w->lcore);
		w->memory_node = node_of(w->flows.flows);
		if (w->memory_node >= 0 && w->memory_node != node)
			sl_log_warning("worker %u runs on NUMA node %d, its flow table is on node %d: slower; remedy: hugepages on "
				       "node %d, with `scripts/host-setup apply` for instance", i, node, w->memory_node, node);
	}
}
