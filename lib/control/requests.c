/* SPDX-License-Identifier: BSD-3-Clause */
/* From the control socket's lines to handlers and back. */
#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "sluice/base/log.h"

static sl_call_handler *const handlers[SL_COMMAND_MAX] = {
	[SL_COMMAND_RELOAD] = sl_call_reload,
	[SL_COMMAND_CONFIG_SHOW] = sl_call_config_show,
	[SL_COMMAND_CONFIG_DIFF] = sl_call_config_diff,
	[SL_COMMAND_CONFIG_SAVE] = sl_call_config_save,
	[SL_COMMAND_SERVICE_ADD] = sl_call_service_add,
	[SL_COMMAND_SERVICE_REMOVE] = sl_call_service_remove,
	[SL_COMMAND_BACKEND_ADD] = sl_call_backend_add,
	[SL_COMMAND_BACKEND_REMOVE] = sl_call_backend_remove,
	[SL_COMMAND_BACKEND_DRAIN] = sl_call_backend_drain,
	[SL_COMMAND_BACKEND_DISABLE] = sl_call_backend_disable,
	[SL_COMMAND_BACKEND_ENABLE] = sl_call_backend_enable,
	[SL_COMMAND_BACKEND_WEIGHT] = sl_call_backend_weight,
	[SL_COMMAND_RELAY_ADD] = sl_call_relay_add,
	[SL_COMMAND_RELAY_CHANGE] = sl_call_relay_change,
	[SL_COMMAND_RELAY_REMOVE] = sl_call_relay_remove,
	[SL_COMMAND_FLOW_LIST] = sl_call_flow_list,
	[SL_COMMAND_FLOW_KILL] = sl_call_flow_kill,
};

const char *sl_call_caller(const struct sl_call *call, char text[SL_CALLER_MAX])
{
	struct sl_client_peer peer = sl_client_peer(call->client);

	snprintf(text, SL_CALLER_MAX, "user %u, process %d", (unsigned int)peer.uid, (int)peer.pid);
	return text;
}

static void destroy(struct sl_call *call)
{
	if (call->job != NULL)
		sl_flow_job_cancel(call->job);
	json_decref(call->rows);
	sl_request_fini(&call->request);
	sl_problems_fini(&call->problems);
	free(call);
}

/* Answer and free. */
static void answer(struct sl_call *call, json_t *result)
{
	char *text = NULL;

	if (result != NULL) {
		text = sl_request_result(&call->request, result);
	} else {
		const struct sl_problem *first = call->problems.count > 0 ? &call->problems.list[0] : NULL;
		call->control->count[SL_CONTROL_COUNT_REQUESTS_REFUSED]++;
		text = sl_request_error(&call->request, first != NULL ? first->what : "out of memory", &call->problems);
	}
	sl_client_reply(call->client, text);
	destroy(call);
}

static void forget(struct sl_call *call)
{
	struct sl_call **at = &call->control->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
}

void sl_call_finish(struct sl_call *call, json_t *result)
{
	forget(call);
	call->job = NULL;
	answer(call, result);
}

static void request(void *arg, struct sl_client *client, char *text, size_t length)
{
	struct sl_control *control = arg;
	struct sl_call *call = calloc(1, sizeof(*call));
	json_t *result = NULL;

	control->count[SL_CONTROL_COUNT_REQUESTS]++;
	if (call == NULL) {
		sl_client_reply(client, NULL);
		return;
	}
	call->control = control;
	call->client = client;
	sl_problems_init(&call->problems);
	if (sl_request_parse(&call->request, text, length, &call->problems) == 0)
		result = handlers[call->request.command](call);
	if (call->job == NULL) {
		answer(call, result);
	} else {
		call->next = control->calls;
		control->calls = call;
	}
}

static void gone(void *arg, struct sl_client *client)
{
	struct sl_control *control = arg;

	for (struct sl_call *call = control->calls; call != NULL; call = call->next) {
		if (call->client != client)
			continue;
		forget(call);
		destroy(call);
		return;
	}
}

static char *complaint(void *arg, const char *what)
{
	struct sl_control *control = arg;

	control->count[SL_CONTROL_COUNT_REQUESTS]++;
	control->count[SL_CONTROL_COUNT_REQUESTS_REFUSED]++;
	return sl_request_error(NULL, what, NULL);
}

const struct sl_server_ops sl_requests_ops = { .request = request, .gone = gone, .complaint = complaint };
