/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "sluice/base/log.h"

#include "backends.h"

/* A backend in the configuration and the service that has it. */
struct place {
	uint16_t service; /* index in the snapshot */
	const struct sl_backend *backend;
};

struct sl_backend_state sl_backends_state(const struct sl_control *control, const struct sl_backend *backend)
{
	return sl_backend_state_of(backend, control->shared->backends);
}

const struct sl_backend_note *sl_backends_note(const struct sl_control *control, const struct sl_backend *backend)
{
	return &control->backend_notes[backend->id];
}

uint32_t sl_backends_effective_weight(const struct sl_service *service, const struct sl_backend *backend)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);
	const struct sl_target *target = schedule != NULL ? sl_schedule_find(schedule, backend->id) : NULL;

	return target != NULL ? target->weight : 0;
}

uint16_t sl_backends_find(const struct sl_control *control, const char *service, const struct sl_ip *ip, uint16_t port)
{
	const struct sl_snapshot *s = control->snapshot;

	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *in = &s->services[i];
		for (unsigned int j = 0; !in->draining && strcmp(in->name, service) == 0 && j < in->n_backends; j++) {
			const struct sl_backend *backend = &in->backends[j];
			if (backend->port_be == rte_cpu_to_be_16(port) && sl_ip_equal(&backend->ip, ip))
				return backend->id;
		}
	}
	return SL_ID_NONE;
}

static int find_place(const struct sl_control *control, uint16_t id, struct place *place, struct sl_problems *problems)
{
	const struct sl_snapshot *s = control->snapshot;

	for (uint16_t i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		for (unsigned int j = 0; !service->draining && j < service->n_backends; j++) {
			if (service->backends[j].id != id)
				continue;
			*place = (struct place){ i, &service->backends[j] };
			return 0;
		}
	}
	sl_problem_add(problems, "", NULL, "no backend in the configuration has the id %u", id);
	return -1;
}

static void log_change(struct sl_control *control, const struct place *place, const char *what, const char *reason)
{
	const struct sl_service *service = &control->snapshot->services[place->service];
	struct sl_backend_note *note = &control->backend_notes[place->backend->id];
	const struct sl_schedule *schedule = sl_service_schedule(service);
	char ip[SL_IP_STRLEN];

	snprintf(note->reason, sizeof(note->reason), "%s", reason);
	note->since_ns = sl_control_now_ns();
	sl_log_info("service \"%s\": backend %s port %u %s: %s; %u of %u backends take new flows%s", service->name,
		    sl_ip_format(&place->backend->ip, ip), rte_be_to_cpu_16(place->backend->port_be), what, reason,
		    schedule->n_targets, service->n_backends,
		    schedule->group == SL_GROUP_BACKUP ? ", backup ones among them" :
		    schedule->group == SL_GROUP_PANIC  ? ", in spite of their health: too few are well" : "");
}

/* One whole field at a time, so that a worker never sees half of it; what it makes of the old one is right, too. */
static void write_state(struct sl_backend_state *to, const struct sl_backend_state *from)
{
	__atomic_store_n(&to->generation, from->generation, __ATOMIC_RELAXED);
	__atomic_store_n(&to->weight_override, from->weight_override, __ATOMIC_RELAXED);
	__atomic_store_n(&to->weight_was, from->weight_was, __ATOMIC_RELAXED);
	__atomic_store_n(&to->admin, from->admin, __ATOMIC_RELAXED);
	__atomic_store_n(&to->health, from->health, __ATOMIC_RELAXED);
	__atomic_store_n(&to->ramp, from->ramp, __ATOMIC_RELAXED);
}

/* Write the state and exchange the schedule that follows from it. */
static int apply(struct sl_control *control, const struct place *place, const struct sl_backend_state *state,
		 struct sl_problems *problems)
{
	struct sl_backend_state *slot = &control->shared->backends[place->backend->id], before = *slot;

	write_state(slot, state);
	struct sl_schedule *old = sl_snapshot_reschedule(control->snapshot, place->service, control->shared->backends);
	if (old == NULL) {
		write_state(slot, &before);
		sl_problem_add(problems, "", NULL, "out of memory: the schedule of service \"%s\" stays as it is",
			       control->snapshot->services[place->service].name);
		return -1;
	}
	control->count[SL_CONTROL_COUNT_BACKEND_CHANGES]++;
	rte_rcu_qsbr_synchronize(control->shared->rcu, RTE_QSBR_THRID_INVALID);
	sl_schedule_release(old);
	return 0;
}

/* Round-robin takes no notice of weights, so one that differs would be a promise nobody keeps. */
static int check_weight(const struct sl_service *service, const struct sl_backend *backend, uint16_t weight,
			struct sl_problems *problems)
{
	if (weight > SL_WEIGHT_MAX && weight != SL_WEIGHT_CONFIGURED) {
		sl_problem_add(problems, "", NULL, "weight %u is not in 0..%u", weight, SL_WEIGHT_MAX);
		return -1;
	}
	for (unsigned int i = 0; service->scheduler == SL_SCHEDULER_ROUND_ROBIN && i < service->n_backends; i++) {
		uint16_t common = service->backends[i].weight;
		if (common == 0 || weight == 0 || weight == common || weight == SL_WEIGHT_CONFIGURED)
			continue;
		sl_problem_add(problems, "", "set the service's \"scheduler\" to \"weighted-round-robin\" in the file",
			       "scheduler round-robin of service \"%s\" takes no notice of weights: 0 and %u are possible",
			       service->name, common);
		return -1;
	}
	return 0;
}

int sl_backends_set_weight(struct sl_control *control, uint16_t id, uint16_t weight, const char *reason,
			   struct sl_problems *problems)
{
	struct place place;
	char what[64];

	if (find_place(control, id, &place, problems) != 0 ||
	    check_weight(&control->snapshot->services[place.service], place.backend, weight, problems) != 0)
		return -1;
	struct sl_backend_state state = sl_backends_state(control, place.backend);
	uint16_t before = sl_backend_weight(place.backend, &state);
	state.weight_override = weight;
	state.weight_was = place.backend->weight;
	uint16_t after = sl_backend_weight(place.backend, &state);
	if (apply(control, &place, &state, problems) != 0)
		return -1;
	snprintf(what, sizeof(what), "has weight %u now, it was %u", after, before);
	if (after != before)
		log_change(control, &place, what, reason);
	return 0;
}

int sl_backends_set_admin(struct sl_control *control, uint16_t id, enum sl_admin admin, const char *reason,
			  struct sl_problems *problems)
{
	struct place place;
	char what[64];

	if (find_place(control, id, &place, problems) != 0)
		return -1;
	struct sl_backend_state state = sl_backends_state(control, place.backend);
	if (state.admin == admin)
		return 0;
	snprintf(what, sizeof(what), "is %s now, it was %s", sl_admin_name(admin), sl_admin_name(state.admin));
	state.admin = (uint8_t)admin;
	if (apply(control, &place, &state, problems) != 0)
		return -1;
	log_change(control, &place, what, reason);
	return 0;
}

int sl_backends_set_health(struct sl_control *control, uint16_t id, enum sl_health health, const char *reason,
			   struct sl_problems *problems)
{
	struct place place;
	char what[64];

	if (find_place(control, id, &place, problems) != 0)
		return -1;
	struct sl_backend_state state = sl_backends_state(control, place.backend);
	if (state.health == health)
		return 0;
	snprintf(what, sizeof(what), "is %s now, it was %s", sl_health_name(health), sl_health_name(state.health));
	state.health = (uint8_t)health;
	if (apply(control, &place, &state, problems) != 0)
		return -1;
	log_change(control, &place, what, reason);
	return 0;
}

void sl_backends_follow(struct sl_control *control, const struct sl_snapshot *next)
{
	for (unsigned int i = 0; i < next->n_services; i++) {
		const struct sl_service *service = &next->services[i];
		for (unsigned int j = 0; j < service->n_backends; j++) {
			const struct sl_backend *backend = &service->backends[j];
			struct sl_backend_state *slot = &control->shared->backends[backend->id];
			if (slot->generation == backend->generation)
				continue;
			struct sl_backend_state fresh = sl_backend_state_of(backend, NULL);
			write_state(slot, &fresh);
			control->backend_notes[backend->id] = (struct sl_backend_note){ .reason = "configured",
											.since_ns = sl_control_now_ns() };
		}
	}
}
