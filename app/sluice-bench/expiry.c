/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include <rte_cycles.h>

#include "sluice/path/pipeline.h"

#include "expiry.h"

#define TIMEOUT_NS (UINT64_C(604800) * 1000000000) /* of established flows: plan.c */
#define STEPS_PER_FLOW 4 /* more would mean that expiry does not advance */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static uint64_t step(struct gateway *g)
{
	uint64_t start;

	gateway_advance(g, 1000);
	start = rte_rdtsc_precise();
	sl_worker_housekeeping(g->worker, g->snapshot);
	return rte_rdtsc_precise() - start;
}

static unsigned int row_of(double ns)
{
	static const uint64_t bounds_ns[] = REPORT_BOUNDS_NS;
	unsigned int row = 0;

	while (row < RTE_DIM(bounds_ns) && ns > (double)bounds_ns[row])
		row++;
	return row;
}

/* Cycles of a fixed amount of work that touches no memory. */
static uint64_t pause_for(uint64_t rounds)
{
	uint64_t start = rte_rdtsc_precise();

	for (uint64_t i = 0; i < rounds; i++)
		rte_rdtsc_precise();
	return rte_rdtsc_precise() - start;
}

/* As many pauses as steps, each as long as the median step if nothing comes between: what the machine itself adds. */
static void measure_pauses(struct report_expiry *e, double ns_per_cycle, long *switches)
{
	uint64_t hundred = UINT64_MAX;

	for (unsigned int i = 0; i < 1000; i++)
		hundred = RTE_MIN(hundred, pause_for(100));
	uint64_t rounds = (uint64_t)(e->p50_ns / ns_per_cycle * 100 / (double)hundred);
	measure_interrupted(switches);
	for (uint64_t i = 0; i < e->steps; i++) {
		double ns = (double)pause_for(rounds) * ns_per_cycle;
		if (measure_interrupted(switches))
			continue;
		e->pauses[row_of(ns)]++;
		e->longest_pause_ns = RTE_MAX(e->longest_pause_ns, ns);
	}
}

static void summarize(struct report_expiry *e, uint64_t *cycles, double ns_per_cycle)
{
	double sum = 0;

	for (uint64_t i = 0; i < e->steps; i++) {
		e->histogram[row_of((double)cycles[i] * ns_per_cycle)]++;
		sum += (double)cycles[i];
	}
	qsort(cycles, e->steps, sizeof(*cycles), compare);
	e->mean_ns = sum / (double)e->steps * ns_per_cycle;
	e->p50_ns = (double)cycles[e->steps / 2] * ns_per_cycle;
	e->p99_ns = (double)cycles[e->steps * 99 / 100] * ns_per_cycle;
	e->p999_ns = (double)cycles[e->steps * 999 / 1000] * ns_per_cycle;
	e->max_ns = (double)cycles[e->steps - 1] * ns_per_cycle;
	e->cycles_per_flow = sum / (double)e->flows * (double)(e->steps + e->interrupted) / (double)e->steps;
}

int expiry_measure(struct report_expiry *e, struct traffic *t)
{
	struct gateway *g = t->gateway;
	uint64_t limit = (uint64_t)STEPS_PER_FLOW * t->options->flows + 1000000;
	uint64_t *cycles = calloc(limit, sizeof(*cycles));
	long switches = 0;
	double ns_per_cycle = 1e9 / (double)g->shared.tsc_hz;

	if (cycles == NULL)
		return -1;
	*e = (struct report_expiry){ .flows = g->worker->flows.live };
	gateway_advance(g, TIMEOUT_NS + 1000000000);
	measure_interrupted(&switches);
	while (g->worker->flows.live > 0 && e->steps < limit) {
		cycles[e->steps] = step(g);
		if (measure_interrupted(&switches))
			e->interrupted++;
		else
			e->steps++;
	}
	if (g->worker->flows.live > 0) {
		fprintf(stderr, "sluice-bench: %u flows did not expire\n", g->worker->flows.live);
		free(cycles);
		return -1;
	}
	summarize(e, cycles, ns_per_cycle);
	measure_pauses(e, ns_per_cycle, &switches);
	free(cycles);
	return 0;
}
