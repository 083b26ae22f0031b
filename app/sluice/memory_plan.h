/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory this configuration takes, known before any is asked for. Printed at start, used to size EAL's memory,
 * and compared with what the machine has.
 *
 * IPv6 is planned for when an interface or a service has an IPv6 address. Flow tables are allocated once, so a reload
 * that brings the first IPv6 address needs a restart.
 */
#ifndef APP_SLUICE_MEMORY_PLAN_H
#define APP_SLUICE_MEMORY_PLAN_H

#include "device_plan.h"
#include "lcores.h"

#define MEMORY_ROWS_MAX (SL_MAX_WORKERS + 3 * MACHINE_NODES_MAX + 8)

struct memory_row {
	char name[48];
	uint64_t count, each_bytes; /* total is their product */
	int node;
};

struct memory_node {
	uint64_t bytes; /* 0: not used */
	uint32_t mbufs; /* of its packet buffer pool; 0: no pool */
	uint32_t headers; /* of its pool for headers of relayed copies; 0: no pool */
};

struct memory_plan {
	unsigned int n_rows;
	struct memory_row rows[MEMORY_ROWS_MAX];
	uint64_t bytes;	      /* DPDK's memory, all nodes */
	uint64_t outside_bytes; /* and what the process has beside it */
	uint64_t later_bytes; /* in free hugepages while a dpdk-dumpcap runs; in none of these sums */
	unsigned int n_nodes; /* highest NUMA node in use, plus one */
	struct memory_node nodes[MACHINE_NODES_MAX];
	uint16_t data_room;   /* of every packet buffer, headroom included */
	uint32_t mbuf_bytes;  /* of one element of a pool */
	bool ipv6;
	uint32_t flows_per_worker;
	int main_node;	      /* of the main lcore, from whose node DPDK takes its own tables */
	int worker_node[SL_MAX_WORKERS];
	int port_node[SL_MAX_PORTS]; /* by index in the device plans: whose pool it receives into */
};

/* Mbufs that a per-lcore cache may keep to itself: cache size and half as much again (rte_mempool flushes above that). */
#define MEMORY_POOL_CACHE 256

void memory_plan_build(struct memory_plan *plan, const struct sl_config *config, const struct eal_settings *settings,
		       const struct device_plans *devices, const struct lcores *lcores, const struct machine *machine);

/* MiB that a node needs, rounded up. */
uint32_t memory_plan_node_mb(const struct memory_plan *plan, unsigned int node);
uint32_t memory_plan_total_mb(const struct memory_plan *plan);

/* MiB that the whole process takes at most; memory_mb: what the user gave DPDK instead of what is needed, 0 for nothing. */
uint32_t memory_plan_process_mb(const struct memory_plan *plan, uint32_t memory_mb);

/* A table in MiB. */
void memory_plan_print(const struct memory_plan *plan, uint32_t memory_mb, FILE *out);

#endif
