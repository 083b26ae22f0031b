/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/workers, /sluice/worker, /sluice/drops, /sluice/drops_worker, /sluice/conservation. */
#include "telemetry_internal.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The law holds when no burst is in the worker's hands, and we read while it works. What is really lost stays lost, so
 * the smallest of many readings is the truth.
 */
#define IMBALANCE_READINGS 200

static int64_t imbalance(const struct sl_worker *w)
{
	int64_t best = sl_worker_imbalance(w);

	for (unsigned int i = 1; best != 0 && i < IMBALANCE_READINGS; i++) {
		int64_t next = sl_worker_imbalance(w);
		if (llabs(next) < llabs(best))
			best = next;
	}
	return best;
}

static int answer_workers(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_shared *shared = request->control->shared;
	struct sl_tel_page page;

	sl_tel_page_open(&page, out);
	for (unsigned int i = 0; i < shared->n_workers; i++) {
		const struct sl_worker *w = shared->workers[i];
		struct sl_tel_node row = sl_tel_row_begin();
		sl_tel_u64(&row, "id", w->id);
		sl_tel_u64(&row, "lcore", w->lcore);
		sl_tel_u64(&row, "rx_packets", sl_tel_read(&w->count[SL_COUNT_RX]));
		sl_tel_u64(&row, "tx_packets", sl_tel_read(&w->count[SL_COUNT_TX]));
		sl_tel_u64(&row, "drops", sl_tel_worker_drops(w));
		sl_tel_u64(&row, "flows_live", __atomic_load_n(&w->flows.live, __ATOMIC_RELAXED));
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "workers");
	return 0;
}

static void add_queues(const struct sl_control *c, const struct sl_worker *w, struct sl_tel_node *out)
{
	struct sl_tel_strings queues;
	char text[SL_DEVICE_NAME_MAX + 8];

	sl_tel_strings_open(&queues, out);
	for (unsigned int i = 0; i < w->n_rx_queues; i++) {
		snprintf(text, sizeof(text), "%s:%u", sl_tel_port_name(c, w->rx_queues[i].port), w->rx_queues[i].queue);
		if (!sl_tel_strings_add(&queues, text))
			break;
	}
	sl_tel_strings_close(&queues, out, "rx_queues");
}

/* Of the lcore's thread. (rte_lcore_to_cpu_id() is about the CPU that has the lcore's number.) */
static int cpu_of(unsigned int lcore)
{
	rte_cpuset_t cpus = rte_lcore_cpuset(lcore);

	for (int cpu = 0; CPU_COUNT(&cpus) == 1 && cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			return cpu;
	return -1;
}

static int answer_worker(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_worker *w = sl_tel_find_worker(request->control, sl_tel_param(request, 0));

	if (w == NULL)
		return -EINVAL;
	sl_tel_u64(out, "id", w->id);
	sl_tel_u64(out, "lcore", w->lcore);
	sl_tel_int(out, "cpu", cpu_of(w->lcore));
	sl_tel_u64(out, "numa_node", rte_lcore_to_socket_id(w->lcore));
	sl_tel_int(out, "memory_node", w->memory_node);
	sl_tel_u64(out, "flows_live", __atomic_load_n(&w->flows.live, __ATOMIC_RELAXED));
	sl_tel_u64(out, "flows_capacity", w->flows.capacity);
	sl_tel_u64(out, "held_next_hops", __atomic_load_n(&w->n_holds, __ATOMIC_RELAXED));
	sl_tel_u64(out, "drops", sl_tel_worker_drops(w));
	sl_tel_int(out, "imbalance_packets", imbalance(w));
	for (unsigned int i = 0; i < SL_COUNT_MAX; i++)
		sl_tel_u64(out, sl_worker_counter_infos[i].name, sl_tel_read(&w->count[i]));
	add_queues(request->control, w, out);
	return 0;
}

static int answer_drops(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < SL_DROP_MAX; i++) {
		uint64_t n = sl_tel_sum_drops(request->control->shared, i);
		sl_tel_u64(out, sl_drop_infos[i].name, n);
		total += n;
	}
	sl_tel_u64(out, "total", total);
	return 0;
}

static int answer_drops_worker(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_worker *w = sl_tel_find_worker(request->control, sl_tel_param(request, 0));
	uint64_t total = 0;

	if (w == NULL)
		return -EINVAL;
	for (unsigned int i = 0; i < SL_DROP_MAX; i++) {
		uint64_t n = sl_tel_read(&w->drops[i]);
		sl_tel_u64(out, sl_drop_infos[i].name, n);
		total += n;
	}
	sl_tel_u64(out, "total", total);
	return 0;
}

static void add_device_losses(const struct sl_control *c, struct sl_tel_node *out)
{
	struct sl_port_statistics sum = { 0 };

	for (unsigned int i = 0; i < c->n_ports; i++) {
		struct sl_port_statistics s;
		sl_port_read_statistics(&c->ports[i], &s);
		sum.rx_missed += s.rx_missed;
		sum.rx_errors += s.rx_errors;
		sum.rx_no_mbuf += s.rx_no_mbuf;
		sum.tx_errors += s.tx_errors;
	}
	sl_tel_u64(out, "device_rx_missed", sum.rx_missed);
	sl_tel_u64(out, "device_rx_errors", sum.rx_errors);
	sl_tel_u64(out, "device_rx_no_mbuf", sum.rx_no_mbuf);
	sl_tel_u64(out, "device_tx_errors", sum.tx_errors);
}

static int answer_conservation(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	static const enum sl_worker_counter terms[] = {
		SL_COUNT_RX, SL_COUNT_INJECTED,	  SL_COUNT_CREATED,  SL_COUNT_HANDED_IN,
		SL_COUNT_TX, SL_COUNT_HANDED_OUT, SL_COUNT_CONSUMED, SL_COUNT_HELD,
	};
	const struct sl_shared *shared = request->control->shared;
	uint64_t drops = 0;
	int64_t lost = 0;

	for (unsigned int i = 0; i < RTE_DIM(terms); i++)
		sl_tel_u64(out, sl_worker_counter_infos[terms[i]].name, sl_tel_sum_count(shared, terms[i]));
	for (unsigned int i = 0; i < shared->n_workers; i++) {
		drops += sl_tel_worker_drops(shared->workers[i]);
		lost += imbalance(shared->workers[i]);
	}
	sl_tel_u64(out, "drops", drops);
	sl_tel_int(out, "imbalance_packets", lost);
	add_device_losses(request->control, out);
	return 0;
}

static const struct sl_tel_key workers_row_keys[] = {
	{ "id", "of the worker" },
	{ "lcore", "DPDK lcore it runs on" },
	{ "rx_packets", "packets received from ports" },
	{ "tx_packets", "packets a port accepted for transmission" },
	{ "drops", "packets dropped, all causes" },
	{ "flows_live", "flows it has now" },
	{ NULL, NULL },
};

static const struct sl_tel_key worker_keys[] = {
	{ "id", "of the worker" },
	{ "lcore", "DPDK lcore it runs on" },
	{ "cpu", "CPU of that lcore, -1: several" },
	{ "numa_node", "memory node of that lcore" },
	{ "memory_node", "memory node that its flow table is on, -1: unknown" },
	{ "flows_live", "flows it has now" },
	{ "flows_capacity", "flows it can have" },
	{ "held_next_hops", "unresolved next hops it holds packets for" },
	{ "drops", "packets dropped, all causes" },
	{ "imbalance_packets", "left side minus right side of the conservation law: 0 unless a packet was lost" },
	{ "rx_queues", "array of PORT:QUEUE it polls" },
	{ NULL, NULL },
};

static const struct sl_tel_key drops_keys[] = {
	{ "total", "sum of all causes" },
	{ NULL, NULL },
};

static const struct sl_tel_key conservation_keys[] = {
	{ "rx_packets", "packets received from ports" },
	{ "injected_packets", "packets the control thread gave to workers" },
	{ "created_packets", "packets made by workers" },
	{ "handed_in_packets", "packets workers got from each other" },
	{ "tx_packets", "packets ports accepted" },
	{ "handed_out_packets", "packets workers gave to each other" },
	{ "consumed_packets", "packets that ended here on purpose" },
	{ "held_packets", "packets that wait for their next hop" },
	{ "drops", "packets dropped, all causes" },
	{ "imbalance_packets", "sum over the workers; 0 unless a packet was lost without a cause" },
	{ "device_rx_missed",
	  "lost by devices: a receive queue was full. Not part of the law, nor are the next three" },
	{ "device_rx_errors", "refused by devices as damaged" },
	{ "device_rx_no_mbuf", "not received because no packet buffer was free" },
	{ "device_tx_errors", "accepted by devices and not sent" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_worker_commands[] = {
	{ .name = "/sluice/workers",
	  .params = "",
	  .help = "All workers with their main counters. No parameters",
	  .handler = answer_workers,
	  .rows = "workers",
	  .row_keys = workers_row_keys },
	{ .name = "/sluice/worker",
	  .params = "ID",
	  .help = "One worker: place, flow table, all its counters. Parameters: id of the worker",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_worker,
	  .keys = worker_keys,
	  .counters = SL_TEL_WORKER_COUNTERS },
	{ .name = "/sluice/drops",
	  .params = "",
	  .help = "Dropped packets by cause, all workers together. No parameters",
	  .handler = answer_drops,
	  .keys = drops_keys,
	  .counters = SL_TEL_DROP_CAUSES },
	{ .name = "/sluice/drops_worker",
	  .params = "ID",
	  .help = "Dropped packets of one worker by cause. Parameters: id of the worker",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_drops_worker,
	  .keys = drops_keys,
	  .counters = SL_TEL_DROP_CAUSES },
	{ .name = "/sluice/conservation",
	  .params = "",
	  .help = "Where every packet went, and what devices lost on their own. No parameters",
	  .handler = answer_conservation,
	  .keys = conservation_keys },
	{ .name = NULL },
};
