/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests of the control socket and what answers them: one handler for each row of sl_commands.
 *
 * A handler returns the result, or NULL with problems; or it starts a job on flows, which becomes call->job, and the answer is
 * given at the job's end. A call whose client leaves meanwhile is dropped with its job. All in the control thread, with the
 * lock.
 */
#ifndef SLUICE_CONTROL_REQUESTS_H
#define SLUICE_CONTROL_REQUESTS_H

#include "flow_jobs.h"
#include "request.h"
#include "server.h"

struct sl_call {
	struct sl_control *control;
	struct sl_client *client;
	struct sl_request request;
	struct sl_problems problems;
	struct sl_flow_job *job; /* under way for it, or NULL */
	json_t *rows;		 /* collected by the job */
	struct sl_call *next;
};

typedef json_t *sl_call_handler(struct sl_call *call);

sl_call_handler sl_call_reload, sl_call_config_show, sl_call_config_diff, sl_call_config_save;
sl_call_handler sl_call_service_add, sl_call_service_remove, sl_call_backend_add, sl_call_backend_remove;
sl_call_handler sl_call_backend_drain, sl_call_backend_disable, sl_call_backend_enable, sl_call_backend_weight;
sl_call_handler sl_call_relay_add, sl_call_relay_change, sl_call_relay_remove;
sl_call_handler sl_call_flow_list, sl_call_flow_kill;

/* Answer a call that has been pending, and forget it. `result` is taken over; NULL: the problems are the answer. */
void sl_call_finish(struct sl_call *call, json_t *result);

/* "user 0, process 1234": who asks, for the log. */
#define SL_CALLER_MAX 48
const char *sl_call_caller(const struct sl_call *call, char text[SL_CALLER_MAX]);

/*
 * Make an edit, and with `persist` the same one to the file; log what changed. Returns the answer to the request, or NULL
 * with problems, and then nothing has changed.
 */
struct sl_edit;
json_t *sl_call_edit(struct sl_call *call, const struct sl_edit *edit, bool persist);

/* For sl_server_create; its arg is the struct sl_control. */
extern const struct sl_server_ops sl_requests_ops;

#endif
