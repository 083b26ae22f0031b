/* SPDX-License-Identifier: BSD-3-Clause */
#include "states.h"

void golden_states_follow(struct sl_shared *shared, const struct sl_snapshot *next)
{
	for (unsigned int i = 0; i < next->n_services; i++) {
		for (unsigned int j = 0; j < next->services[i].n_backends; j++) {
			const struct sl_backend *backend = &next->services[i].backends[j];
			shared->backends[backend->id] = sl_backend_state_of(backend, shared->backends);
		}
	}
}

static void set(struct sl_backend_state *state, const struct sl_backend *backend, const struct golden_step *step)
{
	if (step->kind == GOLDEN_HEALTH)
		state->health = (uint8_t)step->number;
	else if (step->kind == GOLDEN_ADMIN)
		state->admin = (uint8_t)step->number;
	else
		state->weight_override = (uint16_t)step->number;
	state->weight_was = backend->weight;
}

unsigned int golden_states_set(struct sl_shared *shared, struct sl_snapshot *s, const struct golden_step *step)
{
	unsigned int n = 0;
	struct sl_ip ip;

	if (sl_ip_parse(step->text, &ip) != 0)
		return 0;
	for (uint16_t i = 0; i < s->n_services; i++) {
		for (unsigned int j = 0; !s->services[i].draining && j < s->services[i].n_backends; j++) {
			const struct sl_backend *backend = &s->services[i].backends[j];
			if (!sl_ip_equal(&backend->ip, &ip))
				continue;
			set(&shared->backends[backend->id], backend, step);
			sl_schedule_release(sl_snapshot_reschedule(s, i, shared->backends));
			n++;
		}
	}
	atomic_fetch_add(&shared->backend_epoch, step->kind != GOLDEN_WEIGHT);
	return n;
}
