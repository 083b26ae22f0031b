/* SPDX-License-Identifier: BSD-3-Clause */
/* service add and remove; backend add, remove, drain, disable, enable, weight. */
#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "sluice/config/edit.h"

#include "backends.h"
#include "drains.h"
#include "flow_counts.h"

static const struct sl_request_value *value(const struct sl_call *call, const char *name)
{
	return sl_request_value(&call->request, name);
}

/* ---- edits ---- */

json_t *sl_call_service_add(struct sl_call *call)
{
	struct sl_edit edit = { .kind = SL_EDIT_SERVICE_ADD, .value = value(call, "definition")->json };

	return sl_call_edit(call, &edit, sl_request_flag(&call->request, "persist"));
}

static uint64_t deadline_of(const struct sl_call *call)
{
	return sl_control_now_ns() + value(call, "deadline_s")->number * SL_NS_PER_S;
}

/* Backends of a service: a copy, as the snapshot they are from goes. */
struct backends {
	struct sl_backend *list;
	unsigned int n_all, n; /* the first n are in the configuration, the others were removed before */
};

/* Of the configured service with this name. */
static struct backends copy_backends(const struct sl_control *control, const char *service)
{
	const struct sl_snapshot *s = control->snapshot;
	struct backends copy = { 0 };

	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *from = &s->services[i];
		unsigned int n = from->n_backends + from->n_draining;
		if (from->draining || strcmp(from->name, service) != 0)
			continue;
		copy.list = calloc(n, sizeof(*copy.list));
		if (copy.list == NULL)
			break;
		memcpy(copy.list, from->backends, n * sizeof(*copy.list));
		copy.n_all = n;
		copy.n = from->n_backends;
	}
	return copy;
}

/* Those removed before may have less time already. */
static void set_deadline(struct sl_call *call, const struct sl_edit *edit, const struct backends *backends)
{
	uint64_t deadline_ns = deadline_of(call);

	for (unsigned int i = 0; i < backends->n_all; i++) {
		const struct sl_backend *backend = &backends->list[i];
		bool service = edit->kind == SL_EDIT_SERVICE_REMOVE, before = i >= backends->n;
		if (!service && (backend->port_be != rte_cpu_to_be_16(edit->port) || !sl_ip_equal(&backend->ip, &edit->ip)))
			continue;
		if (!before || sl_drains_deadline(call->control, backend) > deadline_ns)
			sl_drains_set(call->control, backend, deadline_ns);
	}
}

/* An edit that removes backends: all of a service, or the one of the edit. What is left of their flows has a deadline. */
static json_t *remove_with_deadline(struct sl_call *call, const struct sl_edit *edit)
{
	struct backends backends = copy_backends(call->control, edit->service);
	json_t *result = sl_call_edit(call, edit, sl_request_flag(&call->request, "persist"));

	if (result != NULL && value(call, "deadline_s")->given)
		set_deadline(call, edit, &backends);
	free(backends.list);
	return result;
}

json_t *sl_call_service_remove(struct sl_call *call)
{
	struct sl_edit edit = { .kind = SL_EDIT_SERVICE_REMOVE, .service = value(call, "service")->text };

	return remove_with_deadline(call, &edit);
}

static struct sl_edit backend_edit(const struct sl_call *call, enum sl_edit_kind kind)
{
	const struct sl_request_value *backend = value(call, "backend");

	return (struct sl_edit){ .kind = kind, .service = value(call, "service")->text, .ip = backend->ip,
				 .port = backend->port };
}

json_t *sl_call_backend_add(struct sl_call *call)
{
	const struct sl_request_value *weight = value(call, "weight"), *definition = value(call, "definition");
	struct sl_edit edit = backend_edit(call, SL_EDIT_BACKEND_ADD);
	char ip[SL_IP_STRLEN];

	edit.value = definition->given ? json_deep_copy(definition->json) : json_object();
	json_object_set_new(edit.value, "address", json_string(sl_ip_format(&edit.ip, ip)));
	json_object_set_new(edit.value, "port", json_integer(edit.port));
	if (weight->given)
		json_object_set_new(edit.value, "weight", json_integer(weight->number));
	json_t *result = sl_call_edit(call, &edit, sl_request_flag(&call->request, "persist"));
	json_decref(edit.value);
	return result;
}

json_t *sl_call_backend_remove(struct sl_call *call)
{
	struct sl_edit edit = backend_edit(call, SL_EDIT_BACKEND_REMOVE);

	return remove_with_deadline(call, &edit);
}

/* ---- states ---- */

/* The backend that the request names, or NULL and the problem that an edit of it would have. */
static const struct sl_backend *find_backend(struct sl_call *call, const struct sl_service **service)
{
	struct sl_edit edit = backend_edit(call, SL_EDIT_BACKEND_WEIGHT);
	const struct sl_snapshot *s = call->control->snapshot;
	uint16_t id = sl_backends_find(call->control, edit.service, &edit.ip, edit.port);

	for (unsigned int i = 0; id != SL_ID_NONE && i < s->n_services; i++) {
		*service = &s->services[i];
		for (unsigned int j = 0; j < (*service)->n_backends; j++)
			if ((*service)->backends[j].id == id)
				return &(*service)->backends[j];
	}
	if (sl_config_edit_check(call->control->config, &edit, &call->problems) == 0)
		sl_problem_add(&call->problems, "", NULL, "no such backend");
	return NULL;
}

/* The backend as it is now. */
static json_t *describe(struct sl_call *call)
{
	const struct sl_service *service;
	const struct sl_backend *backend = find_backend(call, &service);

	if (backend == NULL)
		return NULL;
	struct sl_backend_state state = sl_backends_state(call->control, backend);
	int64_t left_ms = sl_drains_left_ms(call->control, backend);
	uint64_t flows = sl_flow_counts_backend(call->control, backend->id, SL_FLOW_COUNT_FLOWS_ACTIVE);
	const struct sl_schedule *schedule = sl_service_schedule(service);
	json_t *result = json_pack("{s:s, s:s, s:s, s:i, s:I, s:i}", "service", service->name, "backend",
				   value(call, "backend")->text, "state", sl_admin_name(state.admin), "weight",
				   sl_backend_weight(backend, &state), "flows_active", (json_int_t)flows, "backends_in_use",
				   schedule != NULL ? (int)schedule->n_targets : 0);
	if (result != NULL && left_ms >= 0)
		json_object_set_new(result, "deadline_ms", json_integer(left_ms));
	return result;
}

static json_t *set_admin(struct sl_call *call, enum sl_admin admin)
{
	const struct sl_service *service;
	const struct sl_backend *backend = find_backend(call, &service);
	char caller[SL_CALLER_MAX];

	if (backend == NULL || sl_backends_set_admin(call->control, backend->id, admin, sl_call_caller(call, caller),
						     &call->problems) != 0)
		return NULL;
	if (admin == SL_ADMIN_ENABLED)
		sl_drains_clear(call->control, backend);
	else if (value(call, "deadline_s")->given)
		sl_drains_set(call->control, backend, deadline_of(call));
	return describe(call);
}

json_t *sl_call_backend_drain(struct sl_call *call)
{
	return set_admin(call, SL_ADMIN_DRAINING);
}

json_t *sl_call_backend_disable(struct sl_call *call)
{
	return set_admin(call, SL_ADMIN_DISABLED);
}

json_t *sl_call_backend_enable(struct sl_call *call)
{
	return set_admin(call, SL_ADMIN_ENABLED);
}

static int set_weight(struct sl_call *call, uint16_t weight)
{
	const struct sl_service *service;
	const struct sl_backend *backend = find_backend(call, &service);
	char caller[SL_CALLER_MAX];

	if (backend == NULL)
		return -1;
	return sl_backends_set_weight(call->control, backend->id, weight, sl_call_caller(call, caller), &call->problems);
}

json_t *sl_call_backend_weight(struct sl_call *call)
{
	struct sl_edit edit = backend_edit(call, SL_EDIT_BACKEND_WEIGHT);
	uint32_t weight = value(call, "weight")->number;

	if (!sl_request_flag(&call->request, "persist"))
		return set_weight(call, weight == UINT32_MAX ? SL_WEIGHT_CONFIGURED : (uint16_t)weight) == 0 ? describe(call) :
													       NULL;
	if (weight == UINT32_MAX) {
		sl_problem_add(&call->problems, "/arguments/weight", "give a number, or leave --persist away",
			       "the file has the default weight already");
		return NULL;
	}
	edit.weight = (uint16_t)weight;
	json_t *edited = sl_call_edit(call, &edit, true), *state = NULL;
	/* The weight of the file counts from here on, also where it is the one it was and another was given meanwhile. */
	if (edited != NULL && set_weight(call, SL_WEIGHT_CONFIGURED) == 0)
		state = describe(call);
	if (state != NULL)
		json_object_update(state, edited);
	json_decref(edited);
	return state;
}
