/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedulers: one function each, chosen by the service. Their running state is per worker, so no two share it, and is valid
 * for any service: its id may have been another's, and a reload may have changed its backends.
 */
#include "stages.h"

typedef const struct sl_backend *scheduler(struct sl_worker *w, const struct sl_service *service);

/* Whose turn: the first backend that has turns behind this one's number. */
static const struct sl_backend *turn_of(const struct sl_service *service, uint32_t turn)
{
	unsigned int low = 0, high = service->n_backends - 1u;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		if (service->backends[middle].turn_end > turn)
			high = middle;
		else
			low = middle + 1;
	}
	return &service->backends[low];
}

/*
 * Round-robin, with weights or without: which turns a backend has, and in which order they come, is compiled into the
 * snapshot. Exact over one round, and costs no more with many backends.
 */
static const struct sl_backend *round_robin(struct sl_worker *w, const struct sl_service *service)
{
	uint32_t *next = &w->scheduler_turn[service->id], turn;

	if (service->n_turns == 0)
		return NULL;
	turn = likely(*next < service->n_turns) ? *next : *next % service->n_turns;
	*next = (turn + service->turn_step) % service->n_turns;
	return turn_of(service, turn);
}

const struct sl_backend *sl_schedule(struct sl_worker *w, const struct sl_service *service)
{
	static scheduler *const schedulers[] = {
		[SL_SCHEDULER_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_WEIGHTED_ROUND_ROBIN] = round_robin,
	};
	return schedulers[service->scheduler](w, service);
}
