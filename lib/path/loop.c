/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's life on its lcore: poll, walk, keep house, and back off when idle. A turn that moved nothing is followed by a
 * pause; after IDLE_TURNS of them the worker sleeps, twice as long each time up to idle_sleep_us, offline for RCU.
 */
#include <sys/prctl.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "stages.h"

#include "sluice/path/pipeline.h"
#include "sluice/port/queue.h"

#define IDLE_TURNS 512
#define FIRST_SLEEP_US 8
#define DUE_BATCH 16
#define DUE_AHEAD 8u /* flows between loading one's IPv6 addresses and using them */
/*
 * Wheel slots and flows a turn looks at. As many as two bursts can open, so that expiry keeps up with any rate of new flows;
 * when all of them end and miss the cache, 7 to 9 microseconds (sluice-bench expiry, 1 M and 8 M flows).
 */
#define HOUSE_BUDGET (2 * SL_BURST_MAX)

/* A flow that lives on: is it one for whose sake an address that was removed is kept? */
static void note_removed_snat(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	const struct sl_service *service = sl_snapshot_service_by_id(s, w->flows.flows[flow].service);

	if (service != NULL && unlikely(sl_flow_has_removed_snat(w, service, flow)))
		w->removed_snat_tick[service->id] = w->now_tick;
}

/*
 * What was true at a flow's epoch may not be any more. Were its epoch left as it is, it would be taken for current again when the
 * number has come round; so it gets the one that is farthest away. The wheel passes every flow within SL_FLOW_VISIT_TICKS,
 * and in eleven minutes there are never as many changes as half the way round.
 */
static void date_back(const struct sl_worker *w, struct sl_flow *f)
{
	if (f->epoch != w->epoch)
		f->epoch = (w->epoch ^ 1u << (SL_EPOCH_BITS - 1)) & SL_EPOCH_MASK;
}

static bool is_over(const struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	const struct sl_flow *f = &w->flows.flows[flow];
	return sl_flow_idle(f, w->now_tick) >= sl_flow_timeout(s, f);
}

static void prepare_end(const struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	if (is_over(w, s, flow))
		sl_flow_prefetch_entries(&w->flows, flow);
}

/* In batches, so that the loads from memory that ending a flow takes overlap with those of others. */
static void expire_flows(struct sl_worker *w, const struct sl_snapshot *s)
{
	uint32_t due[DUE_BATCH];
	unsigned int budget = HOUSE_BUDGET, n;

	do {
		for (n = 0; n < DUE_BATCH; n++) {
			due[n] = sl_flow_due(&w->flows, w->now_tick, &budget);
			if (due[n] == SL_FLOW_NONE)
				break;
			sl_flow_prefetch_addresses(&w->flows, due[n]);
			if (n >= DUE_AHEAD)
				prepare_end(w, s, due[n - DUE_AHEAD]);
		}
		for (unsigned int i = RTE_MAX(n, DUE_AHEAD) - DUE_AHEAD; i < n; i++)
			prepare_end(w, s, due[i]);
		for (unsigned int i = 0; i < n; i++) {
			struct sl_flow *f = &w->flows.flows[due[i]];
			if (is_over(w, s, due[i])) {
				sl_latency_expire(w, f);
				sl_flow_end(w, s, due[i]);
				w->count[SL_COUNT_FLOWS_EXPIRED]++;
			} else {
				sl_flow_reschedule(&w->flows, due[i], f->last_seen + sl_flow_timeout(s, f));
				note_removed_snat(w, s, due[i]);
				date_back(w, f);
			}
		}
	} while (n == DUE_BATCH);
}

void sl_worker_housekeeping(struct sl_worker *w, const struct sl_snapshot *s)
{
	expire_flows(w, s);
	if (unlikely(w->fragments.live > 0))
		sl_fragments_expire(w);
	sl_query_answer(w, s, sl_flow_shut);
}

static void walk(struct sl_worker *w, const struct sl_snapshot *s, unsigned int n, bool handed_in)
{
	w->burst.n = (uint16_t)n;
	w->burst.handed_in = handed_in;
	w->burst.resumed = SL_ID_NONE;
	w->burst.gaps = false;
	sl_pipeline(w, s, &w->burst);
	if (unlikely(w->fragments.touched))
		sl_fragments_settle(w, s);
}

static unsigned int receive(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_rx_queue *q)
{
	uint16_t n = sl_port_receive(q->port, q->queue, w->burst.m, SL_BURST_MAX);
	uint64_t bytes = 0;

	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		bytes += w->burst.m[i]->pkt_len;
		w->burst.m[i]->port = q->port;
	}
	w->count[SL_COUNT_RX] += n;
	w->count[SL_COUNT_RX_BYTES] += bytes;
	w->rx_port[q->port] += n;
	walk(w, s, n, false);
	return n;
}

static unsigned int receive_handed_over(struct sl_worker *w, const struct sl_snapshot *s, struct rte_ring *ring)
{
	unsigned int n = rte_ring_sc_dequeue_burst(ring, (void **)w->burst.m, SL_BURST_MAX, NULL);

	if (n > 0) {
		w->count[SL_COUNT_HANDED_IN] += n;
		walk(w, s, n, true);
	}
	return n;
}

unsigned int sl_worker_turn(struct sl_worker *w, const struct sl_snapshot *s)
{
	uint32_t removed = atomic_load_explicit(&w->shared->removed_ports, memory_order_acquire);
	unsigned int moved = 0;

	if (unlikely(removed != w->removed_ports))
		sl_worker_let_go(w, removed);
	if (unlikely(w->n_holds > 0))
		sl_hold_retry(w); /* first, so that held packets stay ahead of newer ones */
	if (unlikely(w->seqs.sent > 0))
		sl_proxy_repeat(w, s);
	for (uint16_t i = 0; i < w->n_rx_queues; i++)
		moved += receive(w, s, &w->rx_queues[i]);
	for (uint16_t from = 0; from < w->shared->n_workers; from++)
		if (from != w->id)
			moved += receive_handed_over(w, s, w->handover_in[from]);
	moved += sl_transmit_rings(w);
	sl_transmit_flush(w);
	sl_worker_housekeeping(w, s);
	w->count[SL_COUNT_LOOPS]++;
	return moved;
}

static void sleep_idle(struct sl_worker *w, uint32_t us, uint64_t ns_per_cycle_q32)
{
	struct timespec time = { .tv_nsec = us * 1000L };
	uint64_t before = rte_rdtsc();

	rte_rcu_qsbr_thread_offline(w->shared->rcu, w->id);
	nanosleep(&time, NULL);
	rte_rcu_qsbr_thread_online(w->shared->rcu, w->id);
	uint64_t slept_ns = (uint64_t)((__uint128_t)(rte_rdtsc() - before) * ns_per_cycle_q32 >> 32);
	w->count[SL_COUNT_SLEEPS]++;
	w->count[SL_COUNT_SLEEP_MAX_NS] = RTE_MAX(w->count[SL_COUNT_SLEEP_MAX_NS], slept_ns);
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

int sl_worker_loop(void *arg)
{
	struct sl_worker *w = arg;
	struct sl_shared *shared = w->shared;
	uint64_t ns_per_cycle_q32 = (1000000000ull << 32) / shared->tsc_hz;
	uint64_t start = rte_rdtsc(), start_ns = monotonic_ns();
	unsigned int idle_turns = 0;
	uint32_t sleep_us = FIRST_SLEEP_US;

	prctl(PR_SET_TIMERSLACK, 1000ul); /* 1 us: sleeps end when they should */
	w->lcore = rte_lcore_id();
	rte_rcu_qsbr_thread_register(shared->rcu, w->id);
	rte_rcu_qsbr_thread_online(shared->rcu, w->id);
	while (!atomic_load_explicit(&shared->stop, memory_order_relaxed)) {
		const struct sl_snapshot *s = atomic_load_explicit(&shared->snapshot, memory_order_acquire);
		uint64_t now = rte_rdtsc();
		sl_worker_set_time(w, s, start_ns + (uint64_t)((__uint128_t)(now - start) * ns_per_cycle_q32 >> 32));
		unsigned int moved = sl_worker_turn(w, s);
		rte_rcu_qsbr_quiescent(shared->rcu, w->id);

		uint64_t end = rte_rdtsc();
		w->count[SL_COUNT_TOTAL_CYCLES] = end - start;
		if (moved > 0) {
			w->count[SL_COUNT_BUSY_CYCLES] += end - now;
			idle_turns = 0;
			sleep_us = FIRST_SLEEP_US;
		} else if (shared->poll || ++idle_turns < IDLE_TURNS) {
			rte_pause();
		} else {
			sleep_idle(w, sleep_us, ns_per_cycle_q32);
			sleep_us = RTE_MIN(sleep_us * 2, shared->idle_sleep_us);
		}
	}
	rte_rcu_qsbr_thread_offline(shared->rcu, w->id);
	rte_rcu_qsbr_thread_unregister(shared->rcu, w->id);
	return 0;
}
