/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three kinds of run alternate in each repetition, so that whatever else the machine does hits all of them: receive alone,
 * receive and transmit, and the whole; then once more the whole with the clock read between any two stages.
 */
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "sluice/path/pipeline.h"
#include "sluice/state/verdict.h"

#include "measure.h"

#define NS_PER_BURST 6400 /* of virtual time: 10 million packets a second */
#define FIRST_FLOW_TIMEOUT_NS(tcp) ((tcp) ? UINT64_C(60000000000) : UINT64_C(30000000000)) /* TCP opening, UDP one-way */
#define EXTRA_STAGES 3

struct runner {
	struct traffic *traffic;
	struct gateway *g;
	const struct sl_stage *stages;
	unsigned int n_stages;
	uint64_t burst_ns;
	uint64_t rings;
	uint64_t cycles[MEASURE_STAGES_MAX]; /* clock, the stages, transmit, housekeeping */
};

typedef void burst_function(struct runner *r, unsigned int first);

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct measure_range measure_range(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare);
	return (struct measure_range){ (values[(n - 1) / 2] + values[n / 2]) / 2, values[0], values[n - 1] };
}

/* ---- what is done with a burst ---- */

static void receive_only(struct runner *r, unsigned int first)
{
	traffic_receive(r->traffic, first, &r->g->worker->burst);
}

static void receive_transmit(struct runner *r, unsigned int first)
{
	struct rte_mbuf **m = r->g->worker->burst.m;

	traffic_receive(r->traffic, first, &r->g->worker->burst);
	rte_eth_tx_burst(PLAN_WAN, 0, m, BENCH_BURST / 2);
	rte_eth_tx_burst(PLAN_LAN, 0, m + BENCH_BURST / 2, BENCH_BURST / 2);
}

static void receive_walk(struct runner *r, unsigned int first)
{
	struct gateway *g = r->g;
	struct sl_worker *w = g->worker;

	traffic_receive(r->traffic, first, &w->burst);
	gateway_advance(g, r->burst_ns);
	sl_pipeline(w, g->snapshot, &w->burst);
	sl_transmit_flush(w);
	sl_worker_housekeeping(w, g->snapshot);
}

static void receive_walk_staged(struct runner *r, unsigned int first)
{
	struct gateway *g = r->g;
	struct sl_worker *w = g->worker;
	uint64_t *cycles = r->cycles, before, now;

	traffic_receive(r->traffic, first, &w->burst);
#define TIMED(call)                    \
	do {                           \
		call;                  \
		now = rte_rdtsc();     \
		*cycles++ += now - before; \
		before = now;          \
	} while (0)
	before = rte_rdtsc();
	TIMED(gateway_advance(g, r->burst_ns));
	for (unsigned int i = 0; i < r->n_stages; i++)
		TIMED(r->stages[i].run(w, g->snapshot, &w->burst));
	TIMED(sl_transmit_flush(w));
	TIMED(sl_worker_housekeeping(w, g->snapshot));
#undef TIMED
}

/* ---- runs ---- */

/* Cycles per packet of `function` over all rings. */
static double run(struct runner *r, burst_function *function)
{
	uint64_t sum = 0;

	for (uint64_t ring = 0; ring < r->rings; ring++) {
		traffic_arrive(r->traffic);
		uint64_t start = rte_rdtsc_precise();
		for (unsigned int first = 0; first < BENCH_RING; first += BENCH_BURST)
			function(r, first);
		sum += rte_rdtsc_precise() - start;
		if (function == receive_only)
			rte_pktmbuf_free_bulk(r->traffic->ring, BENCH_RING);
		if (function == receive_only || function == receive_transmit) /* not the worker's */
			r->g->worker->count[SL_COUNT_RX] -= BENCH_RING;
	}
	return (double)sum / (double)(r->rings * BENCH_RING);
}

/* Cycles between two readings of the clock that have nothing in between. */
static double timer_cost(void)
{
	uint64_t start = rte_rdtsc(), now = start;

	for (unsigned int i = 0; i < 1000; i++)
		now = rte_rdtsc();
	return (double)(now - start) / 1000;
}

/* Every packet was forwarded, or dropped if that is the mode, and flows are as many as they should be. */
static int check(const struct runner *r, uint64_t packets, uint64_t drops_before, uint64_t tx_before)
{
	const struct gateway *g = r->g;
	const struct bench_options *o = r->traffic->options;
	uint64_t drops = gateway_drops(g) - drops_before, tx = g->worker->count[SL_COUNT_TX] - tx_before;
	bool right = o->mode == BENCH_DROP ? drops == packets && tx == 0 : drops == 0 && tx == packets;

	if (right && sl_worker_imbalance(g->worker) == 0 && g->worker->count[SL_COUNT_EVENTS_LOST] == 0)
		return 0;
	fprintf(stderr, "sluice-bench: of %llu packets %llu were forwarded and %llu dropped\n", (unsigned long long)packets,
		(unsigned long long)tx, (unsigned long long)drops);
	gateway_print_drops(g, stderr);
	return -1;
}

static void setup(struct runner *r, struct traffic *t)
{
	const struct bench_options *o = t->options;
	double opened = o->new_flow_ratio * BENCH_BURST;

	*r = (struct runner){ .traffic = t, .g = t->gateway, .burst_ns = NS_PER_BURST };
	r->stages = sl_pipeline_stages(&r->n_stages);
	if (r->n_stages + EXTRA_STAGES > MEASURE_STAGES_MAX)
		rte_exit(1, "sluice-bench: MEASURE_STAGES_MAX is too small\n");
	r->rings = (o->packets + BENCH_RING - 1) / BENCH_RING;
	if (opened > 0) /* `flows` live at a time: one is opened each timeout / flows */
		r->burst_ns = (uint64_t)((double)FIRST_FLOW_TIMEOUT_NS(o->tcp) / o->flows * opened);
}

/* Until as many flows expire as are opened, or the caches have settled. */
static void warm_up(struct runner *r)
{
	const struct bench_options *o = r->traffic->options;
	uint64_t rings = r->rings;
	double bursts = o->new_flow_ratio > 0 ? o->flows / (o->new_flow_ratio * BENCH_BURST) : 0;

	r->rings = RTE_MIN(rings, 64u);
	r->rings = RTE_MAX(r->rings, (uint64_t)(bursts * 1.2 * BENCH_BURST / BENCH_RING));
	run(r, receive_walk);
	r->rings = rings;
}

static void name_stages(const struct runner *r, struct measure *m)
{
	m->n_stages = r->n_stages + EXTRA_STAGES;
	m->stages[0].name = "clock";
	for (unsigned int i = 0; i < r->n_stages; i++)
		m->stages[1 + i].name = r->stages[i].name;
	m->stages[1 + r->n_stages].name = "transmit";
	m->stages[2 + r->n_stages].name = "housekeeping";
}

int measure_pipeline(struct measure *m, struct traffic *t)
{
	struct runner r;
	unsigned int n = t->options->repetitions;
	double net[99], receive[99], transmit[99], stage[MEASURE_STAGES_MAX][99], timer = timer_cost();

	setup(&r, t);
	*m = (struct measure){ .packets = r.rings * BENCH_RING };
	name_stages(&r, m);
	warm_up(&r);
	uint64_t drops = gateway_drops(r.g), tx = r.g->worker->count[SL_COUNT_TX];
	bool transmits = t->options->mode != BENCH_DROP;
	for (unsigned int i = 0; i < n; i++) {
		receive[i] = run(&r, receive_only);
		transmit[i] = transmits ? run(&r, receive_transmit) - receive[i] : 0;
		net[i] = run(&r, receive_walk) - receive[i] - transmit[i];
		memset(r.cycles, 0, sizeof(r.cycles));
		run(&r, receive_walk_staged);
		for (unsigned int k = 0; k < m->n_stages; k++)
			stage[k][i] = ((double)r.cycles[k] - timer * (double)(m->packets / BENCH_BURST)) / (double)m->packets;
	}
	m->net = measure_range(net, n);
	m->receive = measure_range(receive, n).median;
	m->transmit = measure_range(transmit, n).median;
	for (unsigned int k = 0; k < m->n_stages; k++)
		m->stages[k].cycles = RTE_MAX(measure_range(stage[k], n).median, 0.0);
	/* A full transmit queue is sent by the output stage, the rest by the flush: net_null's cost is in both. */
	struct measure_stage *flush = &m->stages[1 + r.n_stages];
	double in_flush = RTE_MIN(m->transmit, flush->cycles);
	flush->cycles -= in_flush;
	flush[-1].cycles -= m->transmit - in_flush;
	return check(&r, 2ull * n * m->packets, drops, tx);
}
