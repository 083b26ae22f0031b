/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "sluice/path/pipeline.h"

#include "measure.h"
#include "report.h"
#include "soak.h"

#define DEFAULT_TOTAL 100000000u
#define DRAIN_STEP_NS 10000000u /* between two turns while the last flows expire */
#define DRAIN_STEPS 1000000u
#define GROWTH_MAX (UINT64_C(1) << 20) /* of the process, after as many flows as the table has records */

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- looking ---- */

static uint64_t heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	uint64_t sum = 0;

	for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			sum += stats.heap_allocsz_bytes;
	return sum;
}

static uint64_t process_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	uint64_t sum = 0, kb;
	char line[256];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmRSS: %" SCNu64, &kb) == 1 || sscanf(line, "HugetlbPages: %" SCNu64, &kb) == 1)
			sum += kb * 1024;
	if (status != NULL)
		fclose(status);
	return sum;
}

static void look_at_free_records(struct soak_row *row, const struct sl_flow_table *t)
{
	uint32_t elsewhere = 0;

	for (uint32_t i = t->free_head; i != SL_FLOW_NONE && row->free_records <= t->capacity; i = t->flows[i].next) {
		uint32_t next = t->flows[i].next;
		row->free_records++;
		elsewhere += next != SL_FLOW_NONE && (uintptr_t)&t->flows[i] >> 12 != (uintptr_t)&t->flows[next] >> 12;
	}
	row->scattered = row->free_records > 0 ? (double)elsewhere / row->free_records : 0;
}

static void look_at_buckets(struct soak_row *row, const struct sl_flow_table *t)
{
	for (uint32_t i = 0; i <= t->bucket_mask; i++) {
		const struct sl_flow_bucket *b = &t->buckets[i];
		unsigned int n = 0;
		uint32_t chain = 1;
		for (unsigned int slot = 0; slot < SL_FLOW_BUCKET_SLOTS; slot++)
			n += b->signature[slot] != 0;
		row->entries[n]++;
		for (; b->next != UINT32_MAX; b = &t->buckets[b->next])
			chain++;
		row->chained += chain - 1;
		row->longest_chain = RTE_MAX(row->longest_chain, chain);
	}
}

static void add_row(struct report_soak *s, const struct traffic *t, double cycles)
{
	const struct sl_worker *w = t->gateway->worker;
	struct soak_row *row = &s->rows[s->n_rows++];

	*row = (struct soak_row){ .opened = w->count[SL_COUNT_FLOWS_CREATED], .expired = w->count[SL_COUNT_FLOWS_EXPIRED],
				  .live = w->flows.live, .heap_bytes = heap_bytes(), .process_bytes = process_bytes(),
				  .cycles = cycles };
	look_at_free_records(row, &w->flows);
	look_at_buckets(row, &w->flows);
	report_soak_row(t->options, row);
}

/* ---- judging ---- */

static uint32_t flows_on_wheel(const struct sl_flow_table *t)
{
	uint32_t n = 0;

	for (unsigned int slot = 0; slot < SL_WHEEL_SLOTS; slot++)
		for (unsigned int lane = 0; lane < SL_WHEEL_LANES; lane++)
			n += t->wheel[slot][lane] != SL_FLOW_NONE;
	return n;
}

static void judge(struct report_soak *s, const struct gateway *g)
{
	const struct soak_row *first = &s->rows[0], *filled = first, *end = &s->rows[s->n_rows - 1];
	const struct sl_worker *w = g->worker;
	uint64_t drops = gateway_drops(g);

	while (filled < end && filled->opened < g->capacity)
		filled++; /* without hugepages, memory is taken when it is first used */
#define EXPECT(condition, ...)                                              \
	do {                                                                \
		if (s->wrong[0] == '\0' && !(condition))                    \
			snprintf(s->wrong, sizeof(s->wrong), __VA_ARGS__);  \
	} while (0)
	EXPECT(end->live == 0, "%u flows never expired", end->live);
	EXPECT(end->expired == end->opened, "%" PRIu64 " flows were opened and %" PRIu64 " expired", end->opened, end->expired);
	EXPECT(end->free_records == first->free_records, "of %u free records %u are left", first->free_records, end->free_records);
	EXPECT(end->chained == 0, "%u chained buckets are in use without flows", end->chained);
	EXPECT(end->entries[0] == first->entries[0], "entries are left in %u buckets", first->entries[0] - end->entries[0]);
	EXPECT(flows_on_wheel(&w->flows) == 0, "flows are left on the timing wheel");
	EXPECT(end->heap_bytes == first->heap_bytes, "DPDK's memory grew by %" PRId64 " bytes",
	       (int64_t)(end->heap_bytes - first->heap_bytes));
	EXPECT(end->process_bytes < filled->process_bytes + GROWTH_MAX, "the process grew by %" PRIu64 " bytes",
	       end->process_bytes - filled->process_bytes);
	EXPECT(drops == 0, "%" PRIu64 " packets were dropped", drops);
	EXPECT(sl_worker_imbalance(w) == 0, "%" PRId64 " packets are unaccounted for", sl_worker_imbalance(w));
#undef EXPECT
}

/* ---- running ---- */

/* A ring of packets; cycles that it took but for the generator. */
static uint64_t turn(struct traffic *t, uint64_t burst_ns)
{
	traffic_arrive(t);
	uint64_t start = rte_rdtsc_precise();
	for (unsigned int first = 0; first < BENCH_RING; first += BENCH_BURST)
		traffic_walk(t, first, burst_ns);
	return rte_rdtsc_precise() - start;
}

/* 0 at the start, 1 when it is time to stop. */
static double progress(const struct traffic *t, double begin)
{
	const struct bench_options *o = t->options;
	uint64_t total = o->total != 0 ? o->total : DEFAULT_TOTAL;
	double done = (double)t->gateway->worker->count[SL_COUNT_FLOWS_CREATED] / (double)total;

	return o->seconds == 0 ? done : RTE_MAX(done, (seconds_now() - begin) / o->seconds);
}

static void drain(struct traffic *t)
{
	struct gateway *g = t->gateway;

	for (unsigned int i = 0; i < DRAIN_STEPS && g->worker->flows.live > 0; i++) {
		gateway_advance(g, DRAIN_STEP_NS);
		sl_worker_housekeeping(g->worker, g->snapshot);
	}
}

int soak_run(struct report_soak *s, struct traffic *t)
{
	static const double marks[] = { 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 };
	uint64_t burst_ns = traffic_burst_ns(t->options), cycles = 0, timed = 0, one;
	double begin = seconds_now();
	long switches = 0;

	*s = (struct report_soak){ 0 };
	add_row(s, t, 0);
	for (unsigned int i = 0; i < RTE_DIM(marks); i++) {
		while (progress(t, begin) < marks[i]) {
			measure_interrupted(&switches);
			one = turn(t, burst_ns);
			s->packets += BENCH_RING;
			if (measure_interrupted(&switches))
				continue;
			cycles += one;
			timed += BENCH_RING;
		}
		add_row(s, t, timed > 0 ? (double)cycles / (double)timed : 0);
		cycles = timed = 0;
	}
	drain(t);
	add_row(s, t, 0);
	judge(s, t->gateway);
	return s->wrong[0] == '\0' ? 0 : -1;
}
