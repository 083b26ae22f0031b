/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedulers: one function each, chosen by the schedule. Their running state is per worker, so no two share it, and is valid
 * for any service and schedule: its id may have been another's, and any change of a backend's state makes a new schedule.
 */
#include "stages.h"

typedef const struct sl_target *scheduler(struct sl_worker *w, const struct sl_service *service,
					  const struct sl_schedule *schedule);

/* Whose turn: the first target that has turns behind this one's number. */
static const struct sl_target *turn_of(const struct sl_schedule *schedule, uint32_t turn)
{
	unsigned int low = 0, high = schedule->n_targets - 1u;

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
					   const struct sl_schedule *schedule)
{
	uint32_t *next = &w->scheduler_turn[service->id];
	uint32_t turn = likely(*next < schedule->n_turns) ? *next : *next % schedule->n_turns;

	*next = (turn + schedule->turn_step) % schedule->n_turns;
	return turn_of(schedule, turn);
}

const struct sl_target *sl_pick_target(struct sl_worker *w, const struct sl_service *service)
{
	static scheduler *const schedulers[] = {
		[SL_SCHEDULER_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_WEIGHTED_ROUND_ROBIN] = round_robin,
	};
	const struct sl_schedule *schedule = sl_service_schedule(service);

	if (unlikely(schedule == NULL || schedule->n_targets == 0))
		return NULL;
	return schedulers[schedule->scheduler](w, service, schedule);
}
