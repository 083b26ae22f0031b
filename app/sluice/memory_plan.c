/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "sluice/config/companion.h"
#include "sluice/port/port.h"
#include "sluice/state/worker.h"

#include "memory_plan.h"

#define MIB (UINT64_C(1) << 20)
#define CONTROL_MBUFS 1024 /* ARP, ND and MLD messages in the making */
/*
 * What DPDK takes for itself: its tables, drivers' queues, the gaps of its heap. An allowance, with room to spare above what is
 * in use with virtual devices (1 MiB and some KiB a port): a start that finds it too small says so and names memory_mb.
 */
#define EAL_BYTES (4 * MIB)
#define VDEV_BYTES (1 * MIB)
#define NIC_BYTES (4 * MIB)
#define CAPTURE_STATISTICS_BYTES (4 * MIB + 4096) /* which the capture library has ready */
#define CAPTURE_BUFFERS_BYTES (12 * MIB)	  /* of a dpdk-dumpcap */
/*
 * What the process has outside of that memory: program and libraries (the larger part are the drivers, all of which DPDK
 * loads), stacks, the configuration, DPDK's page tables: 30 MiB are measured, 2 more with a thousand services.
 */
#define PROCESS_BYTES (33 * MIB)

static void add_row(struct memory_plan *plan, int node, uint64_t count, uint64_t each, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
static void add_row(struct memory_plan *plan, int node, uint64_t count, uint64_t each, const char *fmt, ...)
{
	va_list args;

	if (plan->n_rows == MEMORY_ROWS_MAX)
		return;
	struct memory_row *row = &plan->rows[plan->n_rows++];
	va_start(args, fmt);
	vsnprintf(row->name, sizeof(row->name), fmt, args);
	va_end(args);
	row->count = count;
	row->each_bytes = each;
	row->node = node;
	plan->bytes += count * each;
	plan->nodes[node].bytes += count * each;
}

static int lcore_node(const struct lcore *lcore, const struct machine *machine)
{
	for (unsigned int cpu = 0; lcore != NULL && cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &lcore->cpus))
			return machine_cpu_node(machine, cpu);
	return 0;
}

static void place_workers(struct memory_plan *plan, const struct sl_config *config, const struct eal_settings *settings,
			  const struct lcores *lcores, const struct machine *machine)
{
	unsigned int main_id = settings->main_lcore;

	if (main_id == UINT_MAX && lcores->n > 0)
		main_id = lcores->list[0].id;
	for (unsigned int i = 0; settings->hugepages && i < lcores->n; i++) /* without, EAL has one heap, on node 0 */
		if (lcores->list[i].id == main_id)
			plan->main_node = lcore_node(&lcores->list[i], machine);
	for (unsigned int i = 0; settings->hugepages && i < config->workers; i++)
		plan->worker_node[i] = lcore_node(lcores_worker(lcores, main_id, i), machine);
}

/*
 * A mempool lays no buffer across a page boundary (rte_mempool_populate_default): with plain 4 KiB pages a 2384-byte
 * buffer takes a page of its own, in a 2 MiB hugepage the remainder is spread over 879 of them.
 */
static uint64_t bytes_in_pages(uint64_t element, bool hugepages)
{
	uint64_t page = hugepages ? 2 * MIB : 4096;

	return element > page ? RTE_ALIGN_CEIL(element, page) : page / (page / element);
}

static void plan_pools(struct memory_plan *plan, const struct sl_config *config, const struct eal_settings *settings,
		       const struct device_plans *devices)
{
	uint16_t room = sl_port_data_room(1500);
	unsigned int workers = config->workers;

	for (unsigned int i = 0; i < devices->n; i++) {
		const struct device_plan *d = &devices->list[i];
		int node = d->node >= 0 && settings->hugepages ? d->node : plan->worker_node[0];
		plan->port_node[i] = node;
		plan->nodes[node].mbufs += (d->rx_queues + d->tx_queues) * d->queue_mbufs;
		plan->nodes[node].mbufs += d->config != NULL ? d->config->extra_buffers : 0;
		room = RTE_MAX(room, sl_port_data_room(d->mtu));
		/* net_af_packet refuses buffers smaller than its frames. */
		if (d->framesz > 0 && d->framesz < UINT16_MAX - RTE_PKTMBUF_HEADROOM)
			room = RTE_MAX(room, (uint16_t)(d->framesz + RTE_PKTMBUF_HEADROOM));
	}
	/*
	 * In a worker's hands at most: a burst, held packets and fragments, the pieces of one packet, one burst a port, rings
	 * from the others and from control, and the one to it if there are companions. (The first companion that a reload brings
	 * lives on what the others leave.)
	 */
	unsigned int rings = 2 * (workers - 1) + 1 + sl_config_has_companions(config);
	for (unsigned int i = 0; i < workers; i++)
		plan->nodes[plan->worker_node[i]].mbufs +=
			SL_BURST_MAX + SL_HOLD_NEIGHBOURS * SL_HOLD_PACKETS + SL_FRAGMENT_HELD_MAX +
			SL_FRAGMENT_PIECES_MAX + devices->n * SL_TX_BURST +
			rings * SL_RX_RING_SIZE + MEMORY_POOL_CACHE * 3 / 2;
	plan->nodes[plan->worker_node[0]].mbufs += CONTROL_MBUFS;

	plan->data_room = room;
	plan->mbuf_bytes = rte_mempool_calc_obj_size((uint32_t)sizeof(struct rte_mbuf) + room, 0, NULL);
	for (int node = 0; node < MACHINE_NODES_MAX; node++)
		if (plan->nodes[node].mbufs > 0)
			add_row(plan, node, plan->nodes[node].mbufs,
				bytes_in_pages(plan->mbuf_bytes, settings->hugepages) + 2 * sizeof(void *),
				"packet buffers, %u bytes", room - RTE_PKTMBUF_HEADROOM);
}

static void add_dpdk(struct memory_plan *plan, const struct eal_settings *settings, const struct device_plans *devices)
{
	uint64_t bytes = EAL_BYTES + plan->bytes / 64;

	bool nic = false;

	for (unsigned int i = 0; i < devices->n; i++) {
		bytes += devices->list[i].pci ? NIC_BYTES : VDEV_BYTES;
		nic |= devices->list[i].pci;
	}
	for (unsigned int node = 0; node < MACHINE_NODES_MAX; node++) /* a pool has a cache for each lcore that could be */
		bytes += ((plan->nodes[node].mbufs > 0) + (plan->nodes[node].headers > 0)) * RTE_MAX_LCORE *
			 sizeof(struct rte_mempool_cache);
	add_row(plan, plan->main_node, 1, bytes, "DPDK itself");
	if (!settings->hugepages || settings->in_memory)
		return;
	/*
	 * A NIC may need physical addresses, which the kernel tells nobody without capabilities: then no memory can be added
	 * when a capture begins (eal_arguments.c).
	 */
	add_row(plan, plan->main_node, 1, CAPTURE_STATISTICS_BYTES + (nic ? CAPTURE_BUFFERS_BYTES : 0), "packet capture");
	plan->later_bytes = nic ? 0 : CAPTURE_BUFFERS_BYTES;
}

/* net_af_packet maps rings of the kernel's, one each way for each pair of queues. */
static uint64_t kernel_ring_bytes(const struct device_plans *devices)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < devices->n; i++)
		bytes += 2ull * devices->list[i].rx_queues * devices->list[i].framecnt * devices->list[i].framesz;
	return bytes;
}

/*
 * Headers of relayed copies: in transmit queues, in a worker's hands, in the rings to workers that transmit for it. However
 * many outputs there are, a full transmit queue takes no more. Held copies have whole buffers of their own.
 */
static void plan_relays(struct memory_plan *plan, const struct sl_config *config, const struct eal_settings *settings,
			const struct device_plans *devices)
{
	uint32_t bytes = rte_mempool_calc_obj_size((uint32_t)sizeof(struct rte_mbuf) + SL_RELAY_HEADER_ROOM, 0, NULL);
	uint32_t queues = 0;

	if (config->max_relays == 0)
		return;
	for (unsigned int i = 0; i < devices->n; i++)
		queues += devices->list[i].tx_queues * devices->list[i].queue_mbufs;
	for (unsigned int i = 0; i < config->workers; i++)
		plan->nodes[plan->worker_node[i]].headers +=
			queues / config->workers + SL_BURST_MAX + devices->n * SL_TX_BURST +
			(config->workers - 1) * SL_RX_RING_SIZE + MEMORY_POOL_CACHE * 3 / 2;
	for (int node = 0; node < MACHINE_NODES_MAX; node++)
		if (plan->nodes[node].headers > 0)
			add_row(plan, node, plan->nodes[node].headers,
				bytes_in_pages(bytes, settings->hugepages) + 2 * sizeof(void *), "headers of relayed copies");
}

void memory_plan_build(struct memory_plan *plan, const struct sl_config *config, const struct eal_settings *settings,
		       const struct device_plans *devices, const struct lcores *lcores, const struct machine *machine)
{
	unsigned int workers = config->workers;

	memset(plan, 0, sizeof(*plan));
	plan->ipv6 = sl_config_uses_ipv6(config);
	plan->flows_per_worker = (config->max_flows + workers - 1) / workers;
	place_workers(plan, config, settings, lcores, machine);
	plan_pools(plan, config, settings, devices);
	plan_relays(plan, config, settings, devices);
	for (unsigned int i = 0; i < workers; i++) {
		uint64_t bytes = sl_flow_table_bytes(plan->flows_per_worker, plan->ipv6);
		add_row(plan, plan->worker_node[i], 1, bytes, "worker %u: %u flows%s", i, plan->flows_per_worker,
			plan->ipv6 ? "" : " (IPv4 only)");
	}
	uint64_t fragments = sl_fragment_table_bytes(sl_fragment_capacity(config->max_fragments, config->workers));
	uint64_t relays = config->max_relays == 0 ? 0 :
			  sl_relay_table_bytes((uint16_t)config->max_relays, (uint16_t)config->max_relay_outputs);
	/* One line for each node in use: the workers' own structures and rings. */
	for (int node = 0; node < MACHINE_NODES_MAX; node++) {
		unsigned int n = 0;
		for (unsigned int i = 0; i < workers; i++)
			n += plan->worker_node[i] == node;
		if (n > 0)
			add_row(plan, node, n, sl_worker_bytes(config->workers) + fragments, "workers' counters and rings");
		if (n > 0 && relays > 0)
			add_row(plan, node, n, relays, "tables of %u relays, %u outputs", config->max_relays,
				config->max_relay_outputs);
		if (n > 0 && sl_config_uses_proxy_protocol(config))
			add_row(plan, node, n, sl_seq_table_bytes(plan->flows_per_worker), "sequence translation of flows");
	}
	int first = plan->worker_node[0];
	add_row(plan, plan->main_node, 1, sl_neighbour_table_bytes(config->max_neighbours), "%u neighbours", config->max_neighbours);
	add_row(plan, first, 1, sl_affinity_table_bytes(config->max_affinities), "%u clients with affinity",
		config->max_affinities);
	add_dpdk(plan, settings, devices);
	plan->outside_bytes = PROCESS_BYTES + kernel_ring_bytes(devices);
	for (unsigned int node = 0; node < MACHINE_NODES_MAX; node++)
		if (plan->nodes[node].bytes > 0)
			plan->n_nodes = node + 1;
}

uint32_t memory_plan_node_mb(const struct memory_plan *plan, unsigned int node)
{
	return (uint32_t)((plan->nodes[node].bytes + MIB - 1) / MIB);
}

uint32_t memory_plan_process_mb(const struct memory_plan *plan, uint32_t memory_mb)
{
	return (memory_mb != 0 ? memory_mb : memory_plan_total_mb(plan)) + (uint32_t)((plan->outside_bytes + MIB - 1) / MIB);
}

uint32_t memory_plan_total_mb(const struct memory_plan *plan)
{
	uint32_t total = 0;

	for (unsigned int node = 0; node < plan->n_nodes; node++)
		total += memory_plan_node_mb(plan, node);
	return total;
}

void memory_plan_print(const struct memory_plan *plan, uint32_t memory_mb, FILE *out)
{
	uint32_t process_mb = memory_plan_process_mb(plan, memory_mb);

	fprintf(out, "  %-36s %10s %12s %9s%s\n", "memory", "count", "bytes each", "MiB",
		plan->n_nodes > 1 ? "  node" : "");
	for (unsigned int i = 0; i < plan->n_rows; i++) {
		const struct memory_row *row = &plan->rows[i];
		fprintf(out, "  %-36s %10lu %12lu %9.1f", row->name, (unsigned long)row->count,
			(unsigned long)row->each_bytes, (double)(row->count * row->each_bytes) / (double)MIB);
		if (plan->n_nodes > 1)
			fprintf(out, "  %4d", row->node);
		fputc('\n', out);
	}
	fprintf(out, "  %-36s %10s %12s %9u\n", "total, rounded up", "", "", memory_plan_total_mb(plan));
	for (unsigned int node = 0; node < plan->n_nodes && plan->n_nodes > 1; node++)
		fprintf(out, "  total on NUMA node %u, rounded up %27s %9u  %4u\n", node, "", memory_plan_node_mb(plan, node), node);
	if (memory_mb != 0)
		fprintf(out, "  %-36s %10s %12s %9u\n", "taken, as \"memory_mb\" says", "", "", memory_mb);
	fprintf(out, "  %-36s %10s %12s %9.1f\n", "program, libraries, kernel's rings", "", "",
		(double)plan->outside_bytes / (double)MIB);
	fprintf(out, "  %-36s %10s %12s %9u\n", "the whole process at most", "", "", process_mb);
}
