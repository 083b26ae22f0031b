/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedulers: one function each, chosen by the service. Their running state is per worker, so no two share it. */
#include "stages.h"

typedef const struct sl_backend *scheduler(struct sl_worker *w, const struct sl_service *service);

static const struct sl_backend *round_robin(struct sl_worker *w, const struct sl_service *service)
{
	uint32_t *cursor = &w->scheduler_cursor[service->id];

	for (unsigned int tries = 0; tries < service->n_backends; tries++) {
		const struct sl_backend *backend = &service->backends[(*cursor)++ % service->n_backends];
		if (backend->weight > 0)
			return backend;
	}
	return NULL;
}

/*
 * Smooth weighted round-robin: each backend gains its weight, the richest is chosen and pays the sum. Exact over one sum of
 * weights, and never a run of one backend where it can be interleaved.
 */
static const struct sl_backend *weighted_round_robin(struct sl_worker *w, const struct sl_service *service)
{
	const struct sl_backend *best = NULL;
	int32_t sum = 0;

	for (unsigned int i = 0; i < service->n_backends; i++) {
		const struct sl_backend *backend = &service->backends[i];
		if (backend->weight == 0)
			continue;
		sum += backend->weight;
		w->scheduler_weight[backend->id] += backend->weight;
		if (best == NULL || w->scheduler_weight[backend->id] > w->scheduler_weight[best->id])
			best = backend;
	}
	if (best != NULL)
		w->scheduler_weight[best->id] -= sum;
	return best;
}

const struct sl_backend *sl_schedule(struct sl_worker *w, const struct sl_service *service)
{
	static scheduler *const schedulers[] = {
		[SL_SCHEDULER_ROUND_ROBIN] = round_robin,
		[SL_SCHEDULER_WEIGHTED_ROUND_ROBIN] = weighted_round_robin,
	};
	return schedulers[service->scheduler](w, service);
}
