/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_counts.h"

static uint64_t sum_service(const struct sl_shared *shared, uint16_t id, unsigned int counter)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < shared->n_workers; i++)
		sum += __atomic_load_n(&shared->workers[i]->service[id].value[counter], __ATOMIC_RELAXED);
	return sum;
}

static uint64_t sum_backend(const struct sl_shared *shared, uint16_t id, unsigned int counter)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < shared->n_workers; i++)
		sum += __atomic_load_n(&shared->workers[i]->backend[id].value[counter], __ATOMIC_RELAXED);
	return sum;
}

uint64_t sl_flow_counts_service(const struct sl_control *control, uint16_t id, enum sl_flow_counter counter)
{
	return sum_service(control->shared, id, counter) - control->counts->service[id].value[counter];
}

uint64_t sl_flow_counts_backend(const struct sl_control *control, uint16_t id, enum sl_flow_counter counter)
{
	return sum_backend(control->shared, id, counter) - control->counts->backend[id].value[counter];
}

static void begin_backends(struct sl_control *control, const struct sl_service *service, const bool *known)
{
	for (unsigned int i = 0; i < service->n_backends; i++) {
		uint16_t id = service->backends[i].id;
		for (unsigned int c = 0; !known[id] && c < SL_FLOW_COUNT_MAX; c++)
			control->counts->backend[id].value[c] = sum_backend(control->shared, id, c);
	}
}

void sl_flow_counts_begin(struct sl_control *control, const struct sl_snapshot *previous, const struct sl_snapshot *next)
{
	bool known_service[SL_MAX_SERVICES] = { false }, known_backend[SL_MAX_BACKENDS] = { false };

	for (unsigned int i = 0; previous != NULL && i < previous->n_services; i++) {
		const struct sl_service *service = &previous->services[i];
		known_service[service->id] = true;
		for (unsigned int j = 0; j < service->n_backends + service->n_draining; j++)
			known_backend[service->backends[j].id] = true;
	}
	for (unsigned int i = 0; i < next->n_services; i++) {
		const struct sl_service *service = &next->services[i];
		for (unsigned int c = 0; !known_service[service->id] && c < SL_FLOW_COUNT_MAX; c++)
			control->counts->service[service->id].value[c] = sum_service(control->shared, service->id, c);
		begin_backends(control, service, known_backend);
	}
}
