/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three kinds of run alternate in each repetition, so that whatever else the machine does hits all of them: receive alone,
 * receive and transmit, and the whole; then once more the whole with the clock read between any two stages.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "sluice/path/pipeline.h"
#include "sluice/state/verdict.h"

#include "measure.h"

#define NS_PER_BURST 6400 /* of virtual time: 10 million packets a second */
#define EXTRA_STAGES 3
#define WARM_UP_RINGS 64
#define INTERRUPTED 3 /* times the median */

struct runner {
	struct traffic *traffic;
	struct gateway *g;
	const struct sl_stage *stages;
	unsigned int n_stages;
	uint64_t burst_ns;
	uint64_t rings;
	uint64_t *ring_cycles; /* of each ring of a run */
	uint64_t limit;	       /* a ring that took longer was interrupted by something else that runs on this CPU */
	uint64_t interrupted;
	uint64_t copy_cycles;  /* of transmit_copies */
	uint64_t cycles[MEASURE_STAGES_MAX]; /* of one ring: clock, the stages, transmit, housekeeping */
};

typedef void burst_function(struct runner *r, unsigned int first);

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

struct measure_range measure_range(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare);
	return (struct measure_range){ (values[(n - 1) / 2] + values[n / 2]) / 2, values[0], values[n - 1] };
}

bool measure_interrupted(long *switches)
{
	struct rusage usage;
	long before = *switches;

	getrusage(RUSAGE_THREAD, &usage);
	*switches = usage.ru_nvcsw + usage.ru_nivcsw;
	return *switches != before;
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

/*
 * Copies as the relay makes them, and net_null, which frees them: a header buffer chained to the payload, which is freed with the
 * last copy. Making them is not timed here.
 */
static void transmit_copies(struct runner *r, unsigned int first)
{
	struct rte_mbuf *copies[BENCH_BURST], **m = r->g->worker->burst.m;
	uint32_t fanout = r->traffic->options->fanout;

	traffic_receive(r->traffic, first, &r->g->worker->burst);
	for (unsigned int i = 0; i < BENCH_BURST; i++)
		rte_pktmbuf_refcnt_update(m[i], (int16_t)(fanout - 1));
	for (uint32_t copy = 0; copy < fanout; copy++) {
		if (rte_pktmbuf_alloc_bulk(r->g->headers, copies, BENCH_BURST) != 0)
			rte_exit(1, "sluice-bench: header buffers were lost\n");
		for (unsigned int i = 0; i < BENCH_BURST; i++) {
			copies[i]->next = m[i];
			copies[i]->nb_segs = 2;
		}
		uint64_t start = rte_rdtsc();
		rte_eth_tx_burst(PLAN_LAN, 0, copies, BENCH_BURST);
		r->copy_cycles += rte_rdtsc() - start;
	}
}

static void receive_walk(struct runner *r, unsigned int first)
{
	traffic_walk(r->traffic, first, r->burst_ns);
}

static void receive_walk_staged(struct runner *r, unsigned int first)
{
	struct gateway *g = r->g;
	struct sl_worker *w = g->worker;
	uint64_t *cycles = r->cycles, before, now;

	traffic_receive(r->traffic, first, &w->burst);
#define TIMED(call)                        \
	do {                               \
		call;                      \
		now = rte_rdtsc();         \
		*cycles++ += now - before; \
		before = now;              \
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

static double mean_of_uninterrupted(struct runner *r)
{
	uint64_t rings = r->rings, kept = 0, sum = 0;

	qsort(r->ring_cycles, rings, sizeof(*r->ring_cycles), compare_u64);
	r->limit = r->ring_cycles[rings / 2] * INTERRUPTED;
	for (; kept < rings && r->ring_cycles[kept] <= r->limit; kept++)
		sum += r->ring_cycles[kept];
	r->interrupted += rings - kept;
	return (double)sum / (double)(kept * BENCH_RING);
}

/* Cycles per packet of `function` over all rings. */
static double run(struct runner *r, burst_function *function)
{
	for (uint64_t ring = 0; ring < r->rings; ring++) {
		traffic_arrive(r->traffic);
		uint64_t start = rte_rdtsc_precise();
		for (unsigned int first = 0; first < BENCH_RING; first += BENCH_BURST)
			function(r, first);
		r->ring_cycles[ring] = rte_rdtsc_precise() - start;
		if (function == receive_only)
			rte_pktmbuf_free_bulk(r->traffic->ring, BENCH_RING);
		if (function != receive_walk) /* not the worker's */
			r->g->worker->count[SL_COUNT_RX] -= BENCH_RING;
	}
	return mean_of_uninterrupted(r);
}

/* What net_null takes for a packet, or for all the copies of one. */
static double run_transmit(struct runner *r, double receive)
{
	if (r->traffic->options->mode != BENCH_RELAY || r->traffic->options->fanout == 1)
		return run(r, receive_transmit) - receive;
	r->copy_cycles = 0;
	run(r, transmit_copies);
	return (double)r->copy_cycles / (double)(r->rings * BENCH_RING);
}

/* The same with stages; uses the limit of the run before. Cycles per packet of each into stages. */
static void run_staged(struct runner *r, double *stages, unsigned int n)
{
	uint64_t sum[MEASURE_STAGES_MAX] = { 0 }, packets = 0;

	for (uint64_t ring = 0; ring < r->rings; ring++) {
		traffic_arrive(r->traffic);
		memset(r->cycles, 0, sizeof(r->cycles));
		uint64_t start = rte_rdtsc_precise();
		for (unsigned int first = 0; first < BENCH_RING; first += BENCH_BURST)
			receive_walk_staged(r, first);
		if (rte_rdtsc_precise() - start > r->limit && packets > 0)
			continue;
		packets += BENCH_RING;
		for (unsigned int i = 0; i < n; i++)
			sum[i] += r->cycles[i];
	}
	for (unsigned int i = 0; i < n; i++)
		stages[i] = (double)sum[i] / (double)packets;
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
	bool right = o->mode == BENCH_DROP ? drops == packets && tx == 0 : drops == 0 && tx == packets * o->fanout;

	if (right && sl_worker_imbalance(g->worker) == 0 && g->worker->count[SL_COUNT_EVENTS_LOST] == 0)
		return 0;
	fprintf(stderr, "sluice-bench: of %llu packets %llu were forwarded and %llu dropped\n", (unsigned long long)packets,
		(unsigned long long)tx, (unsigned long long)drops);
	gateway_print_drops(g, stderr);
	return -1;
}

/* Until as many flows expire as are opened, or the caches have settled. */
static uint64_t warm_up_rings(const struct runner *r)
{
	const struct bench_options *o = r->traffic->options;
	double rings = o->new_flow_ratio > 0 ? 1.2 * o->flows / (o->new_flow_ratio * BENCH_RING) : 0;

	uint64_t least = RTE_MIN(r->rings, (uint64_t)WARM_UP_RINGS);

	return RTE_MAX((uint64_t)rings, least);
}

static void warm_up(struct runner *r)
{
	uint64_t rings = r->rings;

	r->rings = warm_up_rings(r);
	run(r, receive_walk);
	r->rings = rings;
	r->interrupted = 0;
}

static int setup(struct runner *r, struct traffic *t)
{
	const struct bench_options *o = t->options;
	*r = (struct runner){ .traffic = t, .g = t->gateway, .burst_ns = NS_PER_BURST };
	r->stages = sl_pipeline_stages(&r->n_stages);
	if (r->n_stages + EXTRA_STAGES > MEASURE_STAGES_MAX)
		rte_exit(1, "sluice-bench: MEASURE_STAGES_MAX is too small\n");
	r->rings = (o->packets + BENCH_RING - 1) / BENCH_RING;
	if (o->new_flow_ratio > 0)
		r->burst_ns = traffic_burst_ns(o);
	r->ring_cycles = calloc(RTE_MAX(r->rings, warm_up_rings(r)), sizeof(*r->ring_cycles));
	return r->ring_cycles != NULL ? 0 : -1;
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

/* A full transmit queue is sent by the stage that fills it, the rest by the flush: net_null's cost is in both. */
static void subtract_transmit(struct measure *m, unsigned int flush, const char *sender)
{
	double in_flush = RTE_MIN(m->transmit, m->stages[flush].cycles);

	m->stages[flush].cycles -= in_flush;
	for (unsigned int i = 0; i < flush; i++)
		if (strcmp(m->stages[i].name, sender) == 0)
			m->stages[i].cycles = RTE_MAX(m->stages[i].cycles - (m->transmit - in_flush), 0.0); /* under load */
}

int measure_pipeline(struct measure *m, struct traffic *t)
{
	struct runner r;
	unsigned int n = t->options->repetitions;
	double net[99], receive[99], transmit[99], stages[99][MEASURE_STAGES_MAX], one[99], timer = timer_cost();

	if (setup(&r, t) != 0)
		return -1;
	*m = (struct measure){ .packets = r.rings * BENCH_RING };
	name_stages(&r, m);
	warm_up(&r);
	uint64_t drops = gateway_drops(r.g), tx = r.g->worker->count[SL_COUNT_TX];
	bool transmits = t->options->mode != BENCH_DROP;
	for (unsigned int i = 0; i < n; i++) {
		receive[i] = run(&r, receive_only);
		transmit[i] = transmits ? run_transmit(&r, receive[i]) : 0;
		net[i] = run(&r, receive_walk) - receive[i] - transmit[i];
		run_staged(&r, stages[i], m->n_stages);
	}
	m->net = measure_range(net, n);
	m->receive = measure_range(receive, n).median;
	m->transmit = measure_range(transmit, n).median;
	m->interrupted = (double)r.interrupted / (double)(r.rings * n * (transmits ? 3 : 2));
	for (unsigned int k = 0; k < m->n_stages; k++) {
		for (unsigned int i = 0; i < n; i++)
			one[i] = stages[i][k] - timer / BENCH_BURST;
		m->stages[k].cycles = RTE_MAX(measure_range(one, n).median, 0.0);
	}
	subtract_transmit(m, 1 + r.n_stages, t->options->mode == BENCH_RELAY ? "relay" : "output");
	free(r.ring_cycles);
	return check(&r, 2ull * n * m->packets, drops, tx);
}
