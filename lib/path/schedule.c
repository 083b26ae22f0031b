/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedulers: one function each, chosen by the schedule. Their running state is per worker, so no two share it, and is valid
 * for any service and schedule: its id may have been another's, and any change of a backend's state makes a new schedule.
 * None of them sees another worker's flows: with flows spread over workers by a hash, each has its share of every backend.
 */
#include "stages.h"

#include "sluice/state/latency.h"

typedef const struct sl_target *scheduler(struct sl_worker *w, const struct sl_service *service,
					  const struct sl_schedule *schedule, const struct sl_tuple *client);

/* Whose turn: the first target that has turns behind this one's number. */
static const struct sl_target *turn_of(const struct sl_schedule *schedule, uint32_t turn)
{
	unsigned int low = 0, high = schedule->n_targets - 1u;

	if (schedule->n_turns == schedule->n_targets)
		return &schedule->targets[turn];
	while (low < high) {
		unsigned int middle = (low + high) / 2;
		if (schedule->targets[middle].turn_end > turn)
			high = middle;
		else
			low = middle + 1;
	}
	return &schedule->targets[low];
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

/* Flows that it would have with one more, for this worker. */
static uint64_t flows_with_one_more(const struct sl_worker *w, const struct sl_target *target)
{
	return w->backend[target->id].value[SL_FLOW_COUNT_FLOWS_ACTIVE] + 1;
}

/* a has fewer flows for its weight than b. */
static bool has_fewer_flows(const struct sl_worker *w, const struct sl_target *a, const struct sl_target *b)
{
	return flows_with_one_more(w, a) * b->weight < flows_with_one_more(w, b) * a->weight;
}

/* Where the search begins moves on, so that equals take turns. */
static unsigned int first_place(struct sl_worker *w, const struct sl_service *service, const struct sl_schedule *schedule)
{
	uint32_t place = w->scheduler_turn[service->id];

	if (unlikely(place >= schedule->n_targets))
		place = 0;
	w->scheduler_turn[service->id] = place + 1;
	return place;
}

static const struct sl_target *least_connections(struct sl_worker *w, const struct sl_service *service,
						 const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	unsigned int place = first_place(w, service, schedule);
	const struct sl_target *best = &schedule->targets[place];

	for (unsigned int i = 1; i < schedule->n_targets; i++) {
		if (++place == schedule->n_targets)
			place = 0;
		if (has_fewer_flows(w, &schedule->targets[place], best))
			best = &schedule->targets[place];
	}
	return best;
}

/*
 * Answering time times flows for the weight. Who was never measured is asked once, and until it has answered taken for as
 * slow as one that refuses.
 */
static uint64_t latency_load(const struct sl_worker *w, const struct sl_target *target)
{
	uint64_t flows = flows_with_one_more(w, target), ns;

	ns = sl_latency_now(&w->latency[target->id], target->generation, w->now_tick);
	if (ns == 0)
		ns = flows == 1 ? 0 : SL_LATENCY_REFUSED_NS;
	return ns * flows * SL_RAMP_FULL / target->weight;
}

static const struct sl_target *least_latency(struct sl_worker *w, const struct sl_service *service,
					     const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	unsigned int place = first_place(w, service, schedule);
	const struct sl_target *best = &schedule->targets[place];
	uint64_t least = latency_load(w, best);

	for (unsigned int i = 1; i < schedule->n_targets; i++) {
		if (++place == schedule->n_targets)
			place = 0;
		uint64_t load = latency_load(w, &schedule->targets[place]);
		if (load < least) {
			least = load;
			best = &schedule->targets[place];
		}
	}
	return best;
}

/* Below n. A Weyl sequence, mixed: nothing depends on it that an attacker could gain from. */
static uint32_t chance(struct sl_worker *w, uint32_t n)
{
	w->random += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)((sl_hash_mix(w->random, UINT64_C(0xd1b54a32d192ed03)) >> 32) * n >> 32);
}

/* The power of two choices (Mitzenmacher, 2001): two different targets by weight, and of these the one with fewer flows. */
static const struct sl_target *random_two(struct sl_worker *w, const struct sl_service *service,
					  const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	const struct sl_target *a = turn_of(schedule, chance(w, schedule->n_turns)), *b;
	uint32_t begin = a == schedule->targets ? 0 : a[-1].turn_end, turns = a->turn_end - begin;

	if (schedule->n_targets == 1)
		return a;
	uint32_t turn = chance(w, schedule->n_turns - turns);
	b = turn_of(schedule, turn < begin ? turn : turn + turns);
	return has_fewer_flows(w, b, a) ? b : a;
}

static const struct sl_target *source_hash(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	return sl_schedule_by_source(schedule, &client->peer);
}

static const struct sl_target *maglev(struct sl_worker *w, const struct sl_service *service,
				      const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	return sl_schedule_by_flow(schedule, &client->peer, &client->self, sl_tuple_ports(client), client->proto);
}

const struct sl_target *sl_schedule_target(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	static scheduler *const schedulers[] = {
		[SL_SCHEDULER_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_WEIGHTED_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_LEAST_CONNECTIONS] = least_connections,
		[SL_SCHEDULER_RANDOM_TWO] = random_two,
		[SL_SCHEDULER_LEAST_LATENCY] = least_latency,
		[SL_SCHEDULER_SOURCE_HASH] = source_hash,
		[SL_SCHEDULER_MAGLEV] = maglev,
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
