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

static void note_change(struct sl_control *control, uint16_t id, const char *reason)
{
	struct sl_backend_note *note = &control->backend_notes[id];

	snprintf(note->reason, sizeof(note->reason), "%s", reason);
	note->since_ns = sl_control_now_ns();
}

/* When the schedule is by the change, and the reason is noted. */
static void log_change(const struct sl_control *control, const struct sl_service *service, const struct sl_backend *backend,
		       const char *what)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);
	char ip[SL_IP_STRLEN];

	sl_log_info("service \"%s\": backend %s port %u %s: %s; %u of %u backends take new flows%s", service->name,
		    sl_ip_format(&backend->ip, ip), rte_be_to_cpu_16(backend->port_be), what,
		    control->backend_notes[backend->id].reason, schedule->n_targets, service->n_backends,
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

static bool takes_flows(const struct sl_backend_state *state)
{
	return state->admin == SL_ADMIN_ENABLED && state->health != SL_HEALTH_DOWN;
}

static void start_slowly(struct sl_control *control, uint16_t id, struct sl_backend_state *state)
{
	state->ramp = 1;
	control->backend_notes[id].ramp_start_ns = sl_control_now_ns();
	control->next_ramp_ns = 0;
}

/* Write the state and exchange the schedule that follows from it. */
static int apply(struct sl_control *control, const struct place *place, struct sl_backend_state *state,
		 struct sl_problems *problems)
{
	struct sl_backend_state *slot = &control->shared->backends[place->backend->id], before = *slot;

	if (control->snapshot->services[place->service].slow_start_s > 0 && !takes_flows(&before) && takes_flows(state))
		start_slowly(control, place->backend->id, state);
	write_state(slot, state);
	struct sl_schedule *old = sl_snapshot_reschedule(control->snapshot, place->service, control->shared->backends);
	if (old == NULL) {
		write_state(slot, &before);
		sl_problem_add(problems, "", NULL, "out of memory: the schedule of service \"%s\" stays as it is",
			       control->snapshot->services[place->service].name);
		return -1;
	}
	/* After the schedule: a worker that sees the new epoch, and moves flows from the backend, sees that one too. */
	if (before.admin != state->admin)
		atomic_fetch_add_explicit(&control->shared->backend_epoch, 1, memory_order_release);
	control->count[SL_CONTROL_COUNT_BACKEND_CHANGES]++;
	sl_shared_quiesce(control->shared);
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
	if (after == before)
		return 0;
	note_change(control, id, reason);
	log_change(control, &control->snapshot->services[place.service], place.backend, what);
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
	note_change(control, id, reason);
	log_change(control, &control->snapshot->services[place.service], place.backend, what);
	return 0;
}

int sl_backends_set_health(struct sl_control *control, uint16_t id, enum sl_health health, const char *reason,
			   struct sl_problems *problems)
{
	struct sl_backend_note *note = &control->backend_notes[id];
	struct place place;

	if (find_place(control, id, &place, problems) != 0)
		return -1;
	const struct sl_service *service = &control->snapshot->services[place.service];
	struct sl_backend_state before = sl_backends_state(control, place.backend), state = before;
	if (state.health == health)
		return 0;
	state.health = (uint8_t)health;
	if (service->slow_start_s > 0 && !takes_flows(&before) && takes_flows(&state))
		start_slowly(control, id, &state);
	write_state(&control->shared->backends[id], &state);
	if (!note->unsettled)
		note->health_was = before.health;
	note->unsettled = health != note->health_was;
	control->unsettled[service->id] = true;
	control->next_settle_ns = 0;
	note_change(control, id, reason);
	control->count[SL_CONTROL_COUNT_BACKEND_CHANGES]++;
	return 0;
}

/* Log the changes of health that a service's schedule is by now. Returns whether there are any. */
static bool log_settled(struct sl_control *control, const struct sl_service *service)
{
	char what[64];
	bool any = false;

	for (unsigned int i = 0; i < service->n_backends; i++) {
		const struct sl_backend *backend = &service->backends[i];
		struct sl_backend_note *note = &control->backend_notes[backend->id];
		if (!note->unsettled)
			continue;
		note->unsettled = false;
		any = true;
		snprintf(what, sizeof(what), "is %s now, it was %s",
			 sl_health_name(control->shared->backends[backend->id].health), sl_health_name(note->health_was));
		log_change(control, service, backend, what);
	}
	return any;
}

void sl_backends_settle(struct sl_control *control, uint64_t now_ns)
{
	struct sl_schedule *old[SL_MAX_SERVICES];
	bool states = false;
	unsigned int n = 0;

	if (now_ns < control->next_settle_ns)
		return;
	control->next_settle_ns = SL_NEVER;
	for (uint16_t i = 0; i < control->snapshot->n_services; i++) {
		const struct sl_service *service = &control->snapshot->services[i];
		bool wanted = control->unsettled[service->id] && !service->draining;
		control->unsettled[service->id] = false;
		old[n] = wanted ? sl_snapshot_reschedule(control->snapshot, i, control->shared->backends) : NULL;
		if (old[n] != NULL) {
			n++;
			states |= log_settled(control, service);
		} else if (wanted) {
			control->unsettled[service->id] = true;
			control->next_settle_ns = now_ns + SL_NS_PER_S;
			sl_log_error("out of memory: the schedule of service \"%s\" is by an earlier state of its backends; it is tried "
				     "again each second", service->name);
		}
	}
	/* After the schedules: a worker that sees the new epoch, and moves flows from the backend, sees those, too. */
	if (states)
		atomic_fetch_add_explicit(&control->shared->backend_epoch, 1, memory_order_release);
	if (n > 0)
		sl_shared_quiesce(control->shared);
	while (n > 0)
		sl_schedule_release(old[--n]);
}

/* A new backend; `late`: of a service that was running before. */
static struct sl_backend_state begin(struct sl_control *control, const struct sl_service *service,
				     const struct sl_backend *backend, bool late)
{
	struct sl_backend_state state = sl_backend_state_fresh(backend);

	control->backend_notes[backend->id] = (struct sl_backend_note){ .reason = "configured",
									.since_ns = sl_control_now_ns() };
	if (late && service->slow_start_s > 0)
		start_slowly(control, backend->id, &state);
	return state;
}

/* Its flows only were left of it: removed, by whatever way, and what was said of it at run time with it. */
static bool was_removed(const struct sl_service *before, const struct sl_backend *backend)
{
	for (unsigned int i = 0; before != NULL && i < before->n_backends; i++)
		if (before->backends[i].id == backend->id)
			return before->draining;
	return true;
}

void sl_backends_follow(struct sl_control *control, struct sl_snapshot *next)
{
	const struct sl_snapshot *previous = control->snapshot;

	control->next_ramp_ns = 0; /* slow_start_s may be another */
	for (uint16_t i = 0; i < next->n_services; i++) {
		const struct sl_service *service = &next->services[i];
		const struct sl_service *before = previous != NULL ? sl_snapshot_service_by_id(previous, service->id) : NULL;
		bool changed = false;
		for (unsigned int j = 0; j < service->n_backends; j++) {
			const struct sl_backend *backend = &service->backends[j];
			struct sl_backend_state *slot = &control->shared->backends[backend->id];
			if (slot->generation == backend->generation && (service->draining || !was_removed(before, backend)))
				continue;
			struct sl_backend_state fresh = begin(control, service, backend, before != NULL);
			changed |= fresh.ramp != SL_RAMP_FULL || slot->generation == backend->generation;
			write_state(slot, &fresh);
		}
		/* The schedule was made before they began; where memory runs out it follows them later. */
		if (!changed || service->draining)
			continue;
		struct sl_schedule *old = sl_snapshot_reschedule(next, i, control->shared->backends);
		if (old == NULL) {
			control->unsettled[service->id] = true;
			control->next_settle_ns = 0;
		}
		sl_schedule_release(old);
	}
}

/* Parts of its weight that a backend has after this time. */
static uint8_t parts_after(uint64_t elapsed_ns, uint32_t slow_start_s)
{
	uint64_t step_ns = slow_start_s * SL_NS_PER_S / (SL_RAMP_FULL - 1);

	return step_ns == 0 || elapsed_ns / step_ns >= SL_RAMP_FULL - 1 ? SL_RAMP_FULL : (uint8_t)(1 + elapsed_ns / step_ns);
}

/* Returns when a backend of the service is due next; *changed: one was. */
static uint64_t ramp_service(struct sl_control *control, const struct sl_service *service, uint64_t now_ns, bool *changed)
{
	uint64_t next_ns = SL_NEVER;

	for (unsigned int i = 0; i < service->n_backends; i++) {
		uint16_t id = service->backends[i].id;
		struct sl_backend_state *state = &control->shared->backends[id];
		uint64_t start_ns = control->backend_notes[id].ramp_start_ns;
		if (state->ramp == SL_RAMP_FULL)
			continue;
		uint8_t ramp = parts_after(now_ns - start_ns, service->slow_start_s);
		*changed |= ramp != state->ramp;
		__atomic_store_n(&state->ramp, ramp, __ATOMIC_RELAXED);
		if (ramp < SL_RAMP_FULL)
			next_ns = RTE_MIN(next_ns, start_ns + ramp * (service->slow_start_s * SL_NS_PER_S / (SL_RAMP_FULL - 1)));
	}
	return next_ns;
}

uint64_t sl_backends_run(struct sl_control *control, uint64_t now_ns)
{
	if (now_ns >= control->next_ramp_ns) {
		control->next_ramp_ns = SL_NEVER;
		control->next_settle_ns = 0;
		for (uint16_t i = 0; i < control->snapshot->n_services; i++) {
			const struct sl_service *service = &control->snapshot->services[i];
			uint64_t next_ns = ramp_service(control, service, now_ns, &control->unsettled[service->id]);
			control->next_ramp_ns = RTE_MIN(control->next_ramp_ns, next_ns);
		}
	}
	sl_backends_settle(control, now_ns);
	return RTE_MIN(control->next_ramp_ns, control->next_settle_ns);
}
