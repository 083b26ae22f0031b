/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedulers: one function each, chosen by the schedule. Their running state is per worker, so no two share it, and is valid
 * for any service and schedule: its id may have been another's, and any change of a backend's state makes a new schedule.
 * None of them sees another worker's flows: with flows spread over workers by a hash, each has its share of every backend.
 */
#include "stages.h"

typedef const struct sl_target *scheduler(struct sl_worker *w, const struct sl_service *service,
					  const struct sl_schedule *schedule, const struct sl_tuple *client);

/* Whose turn: the first target that has turns behind this one's number. Without branches, as no two searches are alike. */
static const struct sl_target *turn_of(const struct sl_schedule *schedule, uint32_t turn)
{
	const uint32_t *end = schedule->turn_end;

	if (schedule->n_turns == schedule->n_targets)
		return &schedule->targets[turn];
	for (unsigned int n = schedule->n_targets; n > 1; n -= n / 2)
		end += (n / 2) * (end[n / 2 - 1] <= turn);
	return &schedule->targets[end - schedule->turn_end];
}

/*
 * Round-robin, with weights or without: which turns a target has, and in which order they come, is laid out in the
 * schedule. Exact over one round, and costs no more with many backends.
 */
static const struct sl_target *round_robin(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	uint32_t *next = &w->scheduler_turn[service->id];
	uint32_t turn = likely(*next < schedule->n_turns) ? *next : *next % schedule->n_turns;

	*next = turn + schedule->turn_step;
	if (*next >= schedule->n_turns)
		*next -= schedule->n_turns;
	return turn_of(schedule, turn);
}

/* a has fewer flows for its weight than b, with one more each. */
static bool has_fewer_flows(const struct sl_worker *w, const struct sl_target *a, const struct sl_target *b)
{
	uint64_t of_a = w->backend[a->id].value[SL_FLOW_COUNT_FLOWS_OPEN] + 1;
	uint64_t of_b = w->backend[b->id].value[SL_FLOW_COUNT_FLOWS_OPEN] + 1;

	return of_a * b->weight < of_b * a->weight;
}

static const struct sl_target *least(struct sl_worker *w, const struct sl_service *service, const struct sl_schedule *schedule,
				     const struct sl_tuple *client)
{
	return sl_rank_least(w, service, schedule);
}

/* Below n. A Weyl sequence, mixed: nothing depends on it that an attacker could gain from. */
static uint32_t chance(struct sl_worker *w, uint32_t n)
{
	w->random += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)((sl_hash_mix(w->random, UINT64_C(0xd1b54a32d192ed03)) >> 32) * n >> 32);
}

/* The power of two choices (Mitzenmacher, 2001): two targets by weight, and of these the one with fewer flows. */
static const struct sl_target *random_two(struct sl_worker *w, const struct sl_service *service,
					  const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	const struct sl_target *a = turn_of(schedule, chance(w, schedule->n_turns));
	const struct sl_target *b = turn_of(schedule, chance(w, schedule->n_turns));

	if (a == b) /* the one beside it: what it lacks in chance it makes up for in flows */
		b = a + 1 < schedule->targets + schedule->n_targets ? a + 1 : schedule->targets;
	return has_fewer_flows(w, b, a) ? b : a;
}

static const struct sl_target *by_hash(struct sl_worker *w, const struct sl_service *service, const struct sl_schedule *schedule,
				       const struct sl_tuple *client)
{
	return sl_schedule_by_hash(schedule, &client->peer, &client->self, sl_tuple_ports(client), client->proto);
}

const struct sl_target *sl_schedule_target(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	static scheduler *const schedulers[] = {
		[SL_SCHEDULER_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_WEIGHTED_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_LEAST_CONNECTIONS] = least,
		[SL_SCHEDULER_RANDOM_TWO] = random_two,
		[SL_SCHEDULER_LEAST_LATENCY] = least,
		[SL_SCHEDULER_SOURCE_HASH] = by_hash,
		[SL_SCHEDULER_MAGLEV] = by_hash,
	};
	return schedulers[schedule->scheduler](w, service, schedule, client);
}

const struct sl_target *sl_pick_target(struct sl_worker *w, const struct sl_service *service, const struct sl_tuple *client)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);

	if (unlikely(schedule == NULL || schedule->n_targets == 0))
		return NULL;
	if (service->affinity == SL_AFFINITY_SOURCE)
		return sl_affinity_target(w, service, schedule, client);
	return sl_schedule_target(w, service, schedule, client);
}
