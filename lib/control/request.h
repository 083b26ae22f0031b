/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests of the control socket as data: from a line of JSON to checked arguments, and from results to a line. Nothing here
 * knows of a running sluice.
 */
#ifndef SLUICE_CONTROL_REQUEST_H
#define SLUICE_CONTROL_REQUEST_H

#include <stddef.h>

#include <jansson.h>

#include "sluice/base/ip.h"
#include "sluice/base/problem.h"
#include "sluice/control/commands.h"

#define SL_REQUEST_NAME_MAX (SL_NAME_MAX + 5) /* with final 0; of a service also as NAME#ID (services.h) */

struct sl_request_value {
	bool given;
	const char *text;  /* NAME, CURSOR, and BACKEND and CLIENT as written */
	uint32_t number;   /* NUMBER; WEIGHT, UINT32_MAX: "default"; PROTOCOL, IPPROTO_*; FLAG, 0 or 1 */
	struct sl_ip ip;   /* BACKEND, CLIENT */
	uint16_t port;	   /* the same; CLIENT 0: any */
	json_t *json;	   /* OBJECT */
};

struct sl_request {
	enum sl_command_id command;
	json_t *json; /* all of it; the values point into it */
	struct sl_request_value values[SL_ARGUMENTS_MAX]; /* as the command's arguments */
};

/*
 * Read one line. Returns 0, or -1 with problems whose pointers are into the request; sl_request_fini in both cases, and
 * sl_request_error then gives back its id, if it could be read.
 */
int sl_request_parse(struct sl_request *request, const char *text, size_t length, struct sl_problems *problems);
void sl_request_fini(struct sl_request *request);

/* An argument by its name in the table, which must have it. */
const struct sl_request_value *sl_request_value(const struct sl_request *request, const char *name);
bool sl_request_flag(const struct sl_request *request, const char *name);

/* Replies: heap memory, or NULL when memory ran out. `result` is taken over; `request` may be NULL. */
char *sl_request_result(const struct sl_request *request, json_t *result);
char *sl_request_error(const struct sl_request *request, const char *message, const struct sl_problems *problems);

/* [{"where": ..., "what": ..., "remedy": ...}] */
json_t *sl_request_problems(const struct sl_problems *problems);

#endif
