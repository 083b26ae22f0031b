/* SPDX-License-Identifier: BSD-3-Clause */
#include "drains.h"

#include <stdlib.h>

#include "sluice/base/log.h"

#include "backends.h"
#include "flow_counts.h"
#include "flow_jobs.h"

/* Flows of one backend are ended over so many steps of SL_FLOW_STEP_NS, five seconds in all; few of them in fewer. */
#define STEPS 50
#define STEP_MIN 1000

/* By backend id; of the backend with this generation, that of another one is over. */
struct sl_drain {
	uint64_t deadline_ns; /* 0: none */
	uint32_t generation;
	struct sl_flow_job *job; /* that ends its flows, or NULL */
};

struct sl_drains {
	uint64_t next_ns; /* no deadline is earlier */
	struct sl_drain of[SL_MAX_BACKENDS];
};

struct sl_drains *sl_drains_create(void)
{
	struct sl_drains *drains = calloc(1, sizeof(*drains));

	if (drains != NULL)
		drains->next_ns = SL_NEVER;
	return drains;
}

void sl_drains_destroy(struct sl_drains *drains)
{
	free(drains);
}

void sl_drains_set(struct sl_control *control, const struct sl_backend *backend, uint64_t deadline_ns)
{
	sl_drains_clear(control, backend);
	control->drains->of[backend->id] = (struct sl_drain){ .deadline_ns = deadline_ns, .generation = backend->generation };
	control->drains->next_ns = RTE_MIN(control->drains->next_ns, deadline_ns);
}

static void clear(struct sl_drain *drain)
{
	if (drain->job != NULL)
		sl_flow_job_cancel(drain->job);
	*drain = (struct sl_drain){ 0 };
}

void sl_drains_clear(struct sl_control *control, const struct sl_backend *backend)
{
	clear(&control->drains->of[backend->id]);
}

uint64_t sl_drains_deadline(const struct sl_control *control, const struct sl_backend *backend)
{
	const struct sl_drain *drain = &control->drains->of[backend->id];

	return drain->deadline_ns == 0 || drain->generation != backend->generation ? SL_NEVER : drain->deadline_ns;
}

int64_t sl_drains_left_ms(const struct sl_control *control, const struct sl_backend *backend)
{
	uint64_t deadline_ns = sl_drains_deadline(control, backend), now_ns = sl_control_now_ns();

	if (deadline_ns == SL_NEVER)
		return -1;
	return deadline_ns > now_ns ? (int64_t)((deadline_ns - now_ns) / 1000000) : 0;
}

/* The backend with this id, removed or not, and its service. */
static const struct sl_backend *find(const struct sl_control *control, uint16_t id, const struct sl_service **service)
{
	const struct sl_snapshot *s = control->snapshot;

	for (unsigned int i = 0; i < s->n_services; i++) {
		*service = &s->services[i];
		for (unsigned int j = 0; j < (*service)->n_backends + (*service)->n_draining; j++)
			if ((*service)->backends[j].id == id)
				return &(*service)->backends[j];
	}
	return NULL;
}

static void log_drain(const struct sl_control *control, uint16_t id, const char *what, uint64_t flows)
{
	const struct sl_service *service;
	const struct sl_backend *backend = find(control, id, &service);
	char ip[SL_IP_STRLEN];

	if (backend != NULL)
		sl_log_info("service \"%s\": backend %s port %u: %s (%" PRIu64 ")", service->name,
			    sl_ip_format(&backend->ip, ip), rte_be_to_cpu_16(backend->port_be), what, flows);
}

static void ended(struct sl_flow_job *job, const char *wrong)
{
	struct sl_drain *drain = job->arg;

	drain->job = NULL;
	drain->deadline_ns = 0;
	log_drain(job->control, (uint16_t)(drain - job->control->drains->of),
		  wrong != NULL ? wrong : "the flows it had left at its deadline were ended", job->n_ended);
}

/* In the configuration, perhaps again, and enabled. */
static bool is_back(const struct sl_control *control, const struct sl_service *service, const struct sl_backend *backend)
{
	struct sl_backend_state state = sl_backends_state(control, backend);

	return !service->draining && backend < service->backends + service->n_backends && state.admin == SL_ADMIN_ENABLED;
}

static bool stays(const struct sl_control *control, const struct sl_service *service, const struct sl_backend *backend)
{
	return backend->generation == control->drains->of[backend->id].generation && !is_back(control, service, backend);
}

void sl_drains_follow(struct sl_control *control)
{
	const struct sl_snapshot *s = control->snapshot;
	bool keep[SL_MAX_BACKENDS] = { false };

	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		for (unsigned int j = 0; j < service->n_backends + service->n_draining; j++)
			keep[service->backends[j].id] = stays(control, service, &service->backends[j]);
	}
	for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++)
		if (!keep[id])
			clear(&control->drains->of[id]);
}

static void begin(struct sl_control *control, uint16_t id)
{
	struct sl_drain *drain = &control->drains->of[id];
	const struct sl_service *service;
	const struct sl_backend *backend = find(control, id, &service);

	if (backend == NULL || !stays(control, service, backend)) {
		clear(drain); /* it was given its deadline when it had gone with its last flow */
		return;
	}
	struct sl_flow_job *job = calloc(1, sizeof(*job));
	if (job == NULL) {
		sl_log_error("out of memory: flows are not ended at their deadline");
		*drain = (struct sl_drain){ 0 };
		return;
	}
	uint64_t flows = sl_flow_counts_backend(control, id, SL_FLOW_COUNT_FLOWS_ACTIVE);
	job->query.action = SL_QUERY_END;
	job->query.filter.by_backend = true;
	sl_flow_set_add(job->query.filter.backends, id);
	job->per_step = (uint32_t)RTE_MAX(flows / STEPS, (uint64_t)STEP_MIN);
	job->end = ended;
	job->arg = drain;
	drain->job = job;
	log_drain(control, id, "its time to drain is over, ending what flows it has left", flows);
	sl_flow_job_start(control, job);
}

uint64_t sl_drains_run(struct sl_control *control, uint64_t now_ns)
{
	struct sl_drains *drains = control->drains;

	if (now_ns < drains->next_ns)
		return drains->next_ns;
	drains->next_ns = SL_NEVER;
	for (uint16_t id = 0; id < SL_MAX_BACKENDS; id++) {
		struct sl_drain *drain = &drains->of[id];
		if (drain->deadline_ns == 0 || drain->job != NULL)
			continue;
		if (now_ns >= drain->deadline_ns)
			begin(control, id);
		else
			drains->next_ns = RTE_MIN(drains->next_ns, drain->deadline_ns);
	}
	return drains->next_ns;
}
