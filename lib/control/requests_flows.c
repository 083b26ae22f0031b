/* SPDX-License-Identifier: BSD-3-Clause */
/* flow list, flow kill. */
#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "sluice/base/log.h"

#include "services.h"

#define LIMIT_DEFAULT 100

/* Backends at this address, in the configuration or removed, of all services that the text means. Returns how many they are. */
static unsigned int add_backends(const struct sl_snapshot *s, const char *service, const struct sl_request_value *v,
				 struct sl_flow_filter *filter)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *in = &s->services[i];
		for (unsigned int j = 0; sl_service_is(in, service) && j < in->n_backends + in->n_draining; j++) {
			const struct sl_backend *backend = &in->backends[j];
			if (backend->port_be != rte_cpu_to_be_16(v->port) || !sl_ip_equal(&backend->ip, &v->ip))
				continue;
			sl_flow_set_add(filter->backends, backend->id);
			n++;
		}
	}
	return n;
}

/* Returns how many filters there are, or -1 with a problem. */
static int read_filter(struct sl_call *call, struct sl_flow_filter *filter)
{
	const struct sl_request_value *service = sl_request_value(&call->request, "service");
	const struct sl_request_value *backend = sl_request_value(&call->request, "backend");
	const struct sl_request_value *client = sl_request_value(&call->request, "client");
	const struct sl_request_value *protocol = sl_request_value(&call->request, "protocol");

	*filter = (struct sl_flow_filter){ .by_backend = backend->given, .by_client = client->given,
					   .by_client_port = client->port != 0, .by_proto = protocol->given,
					   .client = client->ip, .client_port_be = rte_cpu_to_be_16(client->port),
					   .proto = (uint8_t)protocol->number };
	if (service->given && sl_service_filter(call->control, service->text, filter) == 0)
		sl_problem_add(&call->problems, "/arguments/service", "sluicectl services shows them",
			       "there is no service \"%s\"", service->text);
	else if (backend->given && !service->given)
		sl_problem_add(&call->problems, "/arguments/backend", NULL, "name its service, too");
	else if (backend->given && add_backends(call->control->snapshot, service->text, backend, filter) == 0)
		sl_problem_add(&call->problems, "/arguments/backend", "sluicectl services NAME shows them",
			       "service \"%s\" has no backend %s", service->text, backend->text);
	else
		return service->given + client->given + protocol->given;
	return -1;
}

static struct sl_flow_job *new_job(struct sl_call *call, enum sl_query_action action)
{
	struct sl_flow_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		sl_problem_add(&call->problems, "", NULL, "out of memory");
		return NULL;
	}
	job->query.action = action;
	job->arg = call;
	return job;
}

/* ---- list ---- */

static void put_number(void *out, const char *key, uint64_t value)
{
	json_object_set_new(out, key, json_integer((json_int_t)value));
}

static void put_text(void *out, const char *key, const char *value)
{
	json_object_set_new(out, key, json_string(value));
}

static size_t limit_of(const struct sl_call *call)
{
	const struct sl_request_value *limit = sl_request_value(&call->request, "limit");

	return limit->given ? limit->number : LIMIT_DEFAULT;
}

static bool take_row(void *arg, const struct sl_flow_row *row, const struct sl_flow_cursor *at)
{
	static const struct sl_flow_sink sink = { put_number, put_text };
	struct sl_call *call = arg;

	if (json_array_size(call->rows) >= limit_of(call))
		return false;
	json_t *object = json_object();
	sl_flow_row_describe(call->control->snapshot, row, at->worker, &sink, object);
	json_array_append_new(call->rows, object);
	return true;
}

static bool take_chunk(struct sl_flow_job *job)
{
	struct sl_call *call = job->arg;

	sl_flow_cursor_take(&job->at, &job->query, take_row, call);
	return json_array_size(call->rows) < limit_of(call);
}

static void list_end(struct sl_flow_job *job, const char *wrong)
{
	struct sl_call *call = job->arg;
	char next[SL_FLOW_CURSOR_TEXT];
	json_t *result = NULL;

	if (wrong != NULL)
		sl_problem_add(&call->problems, "", NULL, "%s", wrong);
	else
		result = json_pack("{s:O, s:s}", "flows", call->rows, "next",
				   sl_flow_cursor_format(&job->at, job->control->shared->n_workers, next));
	sl_call_finish(call, result);
}

json_t *sl_call_flow_list(struct sl_call *call)
{
	const struct sl_request_value *cursor = sl_request_value(&call->request, "cursor");
	struct sl_flow_filter filter;
	struct sl_flow_cursor at;

	if (read_filter(call, &filter) < 0)
		return NULL;
	if (sl_flow_cursor_parse(cursor->given ? cursor->text : "", &at) != 0) {
		sl_problem_add(&call->problems, "/arguments/cursor", "take it from \"next\" of the reply before",
			       "is no cursor");
		return NULL;
	}
	struct sl_flow_job *job = new_job(call, SL_QUERY_LIST);
	if (job == NULL)
		return NULL;
	job->query.filter = filter;
	job->at = at;
	job->chunk = take_chunk;
	job->end = list_end;
	call->rows = json_array();
	call->job = job;
	sl_flow_job_start(call->control, job);
	return NULL;
}

/* ---- kill ---- */

static void kill_end(struct sl_flow_job *job, const char *wrong)
{
	struct sl_call *call = job->arg;
	char caller[SL_CALLER_MAX];

	sl_log_info("%u flows ended, asked for by %s", job->n_ended, sl_call_caller(call, caller));
	if (wrong != NULL)
		sl_problem_add(&call->problems, "", NULL, "%s; %u flows were ended before", wrong, job->n_ended);
	sl_call_finish(call, wrong != NULL ? NULL :
					     json_pack("{s:I, s:I}", "ended", (json_int_t)job->n_ended, "resets",
						       (json_int_t)job->n_resets));
}

/* Who asked is gone: flows that are left go on. */
static void kill_cancelled(struct sl_flow_job *job)
{
	char caller[SL_CALLER_MAX];

	sl_log_info("%u flows ended, and no more: who asked has hung up, %s", job->n_ended, sl_call_caller(job->arg, caller));
}

json_t *sl_call_flow_kill(struct sl_call *call)
{
	bool all = sl_request_flag(&call->request, "all");
	struct sl_flow_filter filter;
	int n = read_filter(call, &filter);

	if (n < 0)
		return NULL;
	if ((n == 0) != all) {
		sl_problem_add(&call->problems, "/arguments", NULL,
			       all ? "a filter and \"all\" contradict each other" :
				     "name a service, a client or a protocol, or say that all flows are meant (--all)");
		return NULL;
	}
	struct sl_flow_job *job = new_job(call, SL_QUERY_END);
	if (job == NULL)
		return NULL;
	job->query.filter = filter;
	job->end = kill_end;
	job->cancelled = kill_cancelled;
	call->job = job;
	sl_flow_job_start(call->control, job);
	return NULL;
}
