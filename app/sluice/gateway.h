/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The running gateway: pools, ports, workers, control. Each step has its undoing; main() calls them in reverse order.
 * Everything here belongs to the main thread. Once gateway_launch was called the workers run until gateway_join.
 */
#ifndef APP_SLUICE_GATEWAY_H
#define APP_SLUICE_GATEWAY_H

#include "sluice/control/control.h"
#include "sluice/port/port.h"
#include "sluice/state/worker.h"

#include "setup.h"

struct gateway {
	struct rte_mempool *pools[MACHINE_NODES_MAX]; /* by NUMA node; NULL where none is used */
	struct rte_mempool *headers[MACHINE_NODES_MAX]; /* likewise; of relayed copies */
	int control_node; /* whose pool control takes from */
	unsigned int n_ports;
	struct sl_port ports[SL_MAX_PORTS]; /* index is the ethdev port id */
	struct sl_shared shared;
	struct sl_neighbour_table neighbours;
	struct sl_dispatch *dispatch; /* shared.dispatch; NULL with a single worker */
	struct sl_affinity_table affinities;
	unsigned int lcores[SL_MAX_WORKERS]; /* by worker id */
};

/* Each returns 0, or -1 with problems and its own part undone. */
int gateway_create_pools(struct gateway *g, const struct setup *setup, struct sl_problems *problems);
int gateway_open_ports(struct gateway *g, const struct setup *setup, struct sl_problems *problems);
int gateway_create_workers(struct gateway *g, const struct setup *setup, struct sl_problems *problems);
int gateway_start_ports(struct gateway *g, struct sl_problems *problems);
int gateway_launch(struct gateway *g, struct sl_problems *problems);

void gateway_join(struct gateway *g); /* stop the workers, wait for them, drop what waits between them */
void gateway_destroy_workers(struct gateway *g);
void gateway_close_ports(struct gateway *g);
void gateway_destroy_pools(struct gateway *g);

#endif
