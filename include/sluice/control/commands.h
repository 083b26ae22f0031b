/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands of the control socket: one row each. The server's checks, sluicectl's command line, help and completion, and
 * docs/control.md come from this table.
 *
 * A request is one line of JSON, {"command": "backend drain", "arguments": {"service": "web", "backend": "10.1.1.1:8080"}},
 * with an "id" that comes back if there is one. A reply is one line, {"result": {...}} or {"error": {"message": "...",
 * "problems": [{"where": "/services/0/port", "what": "...", "remedy": "..."}]}}.
 */
#ifndef SLUICE_CONTROL_COMMANDS_H
#define SLUICE_CONTROL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What an argument is; the JSON type beside it. */
enum sl_argument_type {
	SL_ARGUMENT_NAME,     /* string: a service, a relay */
	SL_ARGUMENT_BACKEND,  /* string: ADDRESS:PORT, [IPv6 ADDRESS]:PORT */
	SL_ARGUMENT_CLIENT,   /* string: ADDRESS, ADDRESS:PORT, [IPv6 ADDRESS]:PORT */
	SL_ARGUMENT_PROTOCOL, /* string: tcp or udp */
	SL_ARGUMENT_NUMBER,   /* integer in bounds */
	SL_ARGUMENT_WEIGHT,   /* integer in bounds, or the string "default" */
	SL_ARGUMENT_FLAG,     /* boolean */
	SL_ARGUMENT_OBJECT,   /* object */
	SL_ARGUMENT_CURSOR,   /* string: where a listing goes on */
};

struct sl_argument {
	const char *name;   /* JSON key; NULL ends the list */
	const char *option; /* sluicectl's option; NULL: a word, in the order of the table; "": not on its command line */
	const char *value;  /* as a usage shows it */
	const char *help;
	enum sl_argument_type type;
	bool required;
	uint32_t minimum, maximum; /* NUMBER, WEIGHT */
};

enum sl_command_id {
	SL_COMMAND_RELOAD,
	SL_COMMAND_CONFIG_SHOW,
	SL_COMMAND_CONFIG_DIFF,
	SL_COMMAND_CONFIG_SAVE,
	SL_COMMAND_SERVICE_ADD,
	SL_COMMAND_SERVICE_REMOVE,
	SL_COMMAND_BACKEND_ADD,
	SL_COMMAND_BACKEND_REMOVE,
	SL_COMMAND_BACKEND_DRAIN,
	SL_COMMAND_BACKEND_DISABLE,
	SL_COMMAND_BACKEND_ENABLE,
	SL_COMMAND_BACKEND_WEIGHT,
	SL_COMMAND_RELAY_ADD,
	SL_COMMAND_RELAY_CHANGE,
	SL_COMMAND_RELAY_REMOVE,
	SL_COMMAND_FLOW_LIST,
	SL_COMMAND_FLOW_KILL,
	SL_COMMAND_MAX
};

#define SL_ARGUMENTS_MAX 8

struct sl_command {
	const char *name;
	const char *help;
	const char *detail; /* more, for docs and the command's own help */
	const char *result; /* what the result holds */
	struct sl_argument arguments[SL_ARGUMENTS_MAX + 1];
};
extern const struct sl_command sl_commands[SL_COMMAND_MAX];

/* Name of the socket in EAL's runtime directory, beside the telemetry socket. */
#define SL_CONTROL_SOCKET "sluice_control"

/* Most rows of one reply to "flow list". */
#define SL_FLOW_LIST_MAX 1000

/* docs/control.md. */
void sl_commands_write_reference(FILE *out);

#endif
