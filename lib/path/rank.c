/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who of a schedule's targets has the least load, for schedulers that ask that for each new flow: a tournament, kept by each
 * worker for each service that needs it. Targets are its leaves; a node has the winner of the two below it, so the root's is
 * the answer. When the load of one changes (a flow begins or ends, an answering time is measured), the games on its way to the
 * root are played again: ten for a thousand targets.
 *
 * A tournament is one of a schedule, known by its serial: with another one it is set up anew. Its nodes need no memory of their
 * own: there are as many targets as nodes, a backend belongs to one service, and so each lends a node its place in an array by
 * backend id. Node k has the children 2k and 2k + 1; from n on they are leaves, n + i is target i; the root is 1.
 */
#include "stages.h"

#include "sluice/state/latency.h"

/* Answering times count less as they age, all by the same factor: only once in a while does that change who wins. */
#define AGEING_TICKS 256 /* 0.27 s, 2.6 % */

static bool is_ranked(const struct sl_schedule *schedule)
{
	return schedule->scheduler == SL_SCHEDULER_LEAST_CONNECTIONS || schedule->scheduler == SL_SCHEDULER_LEAST_LATENCY;
}

/* With one flow more, for its weight, by this worker's count. */
static double flows_load(const struct sl_worker *w, const struct sl_target *target)
{
	return (double)(w->backend[target->id].value[SL_FLOW_COUNT_FLOWS_OPEN] + 1) * target->inverse_weight;
}

/*
 * Answering time times flows for the weight. Who was never measured is asked once, and until it has answered taken for as
 * slow as one that refuses.
 */
static double latency_load(const struct sl_worker *w, const struct sl_target *target)
{
	uint32_t ns = sl_latency_now(&w->latency[target->id], target->generation, w->now_tick);

	if (ns == 0 && w->backend[target->id].value[SL_FLOW_COUNT_FLOWS_OPEN] > 0)
		ns = SL_LATENCY_REFUSED_NS;
	return (double)ns * flows_load(w, target);
}

static void weigh(struct sl_worker *w, const struct sl_schedule *schedule, unsigned int i)
{
	const struct sl_target *target = &schedule->targets[i];

	w->rank[target->id].load = schedule->scheduler == SL_SCHEDULER_LEAST_LATENCY ? latency_load(w, target) : flows_load(w, target);
}

static unsigned int winner_at(const struct sl_worker *w, const struct sl_schedule *schedule, unsigned int node)
{
	return node >= schedule->n_targets ? node - schedule->n_targets : w->rank[schedule->targets[node].id].winner;
}

/* The one with less load; of two with the same, the one that was chosen longer ago. */
static unsigned int play(const struct sl_worker *w, const struct sl_schedule *schedule, unsigned int a, unsigned int b)
{
	const struct sl_rank *x = &w->rank[schedule->targets[a].id], *y = &w->rank[schedule->targets[b].id];

	if (x->load != y->load)
		return x->load < y->load ? a : b;
	return (int32_t)(x->chosen - y->chosen) <= 0 ? a : b;
}

static void play_up(struct sl_worker *w, const struct sl_schedule *schedule, unsigned int i)
{
	unsigned int winner = i;

	for (unsigned int node = schedule->n_targets + i; node > 1; node /= 2) {
		winner = play(w, schedule, winner, winner_at(w, schedule, node ^ 1));
		w->rank[schedule->targets[node / 2].id].winner = (uint16_t)winner;
	}
}

static void set_up(struct sl_worker *w, struct sl_ranking *ranking, const struct sl_schedule *schedule)
{
	unsigned int n = schedule->n_targets;

	for (unsigned int i = 0; i < n; i++) {
		struct sl_rank *rank = &w->rank[schedule->targets[i].id];
		if (ranking->serial != schedule->serial)
			*rank = (struct sl_rank){ .place = (uint16_t)i, .chosen = ranking->chosen };
		weigh(w, schedule, i);
	}
	for (unsigned int node = n - 1; node >= 1; node--)
		w->rank[schedule->targets[node].id].winner =
			(uint16_t)play(w, schedule, winner_at(w, schedule, 2 * node), winner_at(w, schedule, 2 * node + 1));
	ranking->serial = schedule->serial;
	ranking->tick = w->now_tick;
}

const struct sl_target *sl_rank_least(struct sl_worker *w, const struct sl_service *service, const struct sl_schedule *schedule)
{
	struct sl_ranking *ranking = &w->ranking[service->id];

	if (unlikely(ranking->serial != schedule->serial ||
		     (schedule->scheduler == SL_SCHEDULER_LEAST_LATENCY && w->now_tick - ranking->tick > AGEING_TICKS)))
		set_up(w, ranking, schedule);
	const struct sl_target *best = &schedule->targets[winner_at(w, schedule, 1)];
	w->rank[best->id].chosen = ++ranking->chosen;
	return best;
}

void sl_rank_again(struct sl_worker *w, const struct sl_snapshot *s, uint16_t service_id, uint16_t backend)
{
	struct sl_ranking *ranking = &w->ranking[service_id];
	const struct sl_service *service = sl_snapshot_service_by_id(s, service_id);
	const struct sl_schedule *schedule = service != NULL ? sl_service_schedule(service) : NULL;
	if (schedule == NULL || !is_ranked(schedule)) {
		ranking->serial = 0;
		return;
	}
	unsigned int i = w->rank[backend].place;
	if (ranking->serial != schedule->serial || i >= schedule->n_targets || schedule->targets[i].id != backend)
		return; /* set up anew with the next flow; or it takes no new flows */
	weigh(w, schedule, i);
	play_up(w, schedule, i);
}
