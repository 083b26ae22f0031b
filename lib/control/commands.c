/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of commands. No code: sluicectl is linked with it, too. */
#include "sluice/control/commands.h"

#define SERVICE { "service", NULL, "SERVICE", "name of the service", SL_ARGUMENT_NAME, true, 0, 0 }
#define RELAY { "relay", NULL, "RELAY", "name of the relay, or its id", SL_ARGUMENT_NAME, true, 0, 0 }
#define BACKEND                                                                                                        \
	{ "backend", NULL, "BACKEND", "ADDRESS:PORT of the backend, as in 10.1.1.1:8080 or [2001:db8::1]:8080",        \
	  SL_ARGUMENT_BACKEND, true, 0, 0 }
#define PERSIST                                                                                                        \
	{ "persist", "--persist", NULL, "change the file, too, so that it outlives reload and restart", SL_ARGUMENT_FLAG, \
	  false, 0, 0 }
#define DEADLINE                                                                                                       \
	{ "deadline_s", "--deadline", "SECONDS",                                                                       \
	  "end the flows that are left after so long: TCP by resets to both ends, UDP goes on at other backends; 0: at once", \
	  SL_ARGUMENT_NUMBER, false, 0, 604800 }
#define FILTERS                                                                                                        \
	{ "service", "--service", "NAME",                                                                              \
	  "only flows of this service; NAME: also of removed ones of this name, NAME#ID: of a removed one",             \
	  SL_ARGUMENT_NAME, false, 0, 0 },                                                                             \
	{ "backend", "--backend", "BACKEND", "only flows of this backend (with --service)", SL_ARGUMENT_BACKEND, false, 0, 0 }, \
	{ "client", "--client", "CLIENT", "only flows of this client: ADDRESS or ADDRESS:PORT", SL_ARGUMENT_CLIENT,    \
	  false, 0, 0 },                                                                                              \
	{ "protocol", "--protocol", "tcp|udp", "only flows of this protocol", SL_ARGUMENT_PROTOCOL, false, 0, 0 }

#define PUBLISHED "`changes`; `generation` of the published configuration; `persisted`: the file has it, too"
#define BACKEND_STATE                                                                                                  \
	"`service`, `backend`, `state`, `weight`, `flows_active`; `backends_in_use`: how many of the service take new flows; "  \
	"`deadline_ms`, where it has a deadline, until the flows left are ended"
#define LIFE_CYCLE "It is kept over reloads as long as the backend stays in the file, and not over a restart."

const struct sl_command sl_commands[SL_COMMAND_MAX] = {
	[SL_COMMAND_RELOAD] = {
		"reload", "read the configuration file again",
		"All of the file is taken, or none: a file with mistakes changes nothing, and all its problems are in the reply. "
		"Edits that were made without --persist and are not in the file would be lost, so this is refused, unless it "
		"is wanted; SIGHUP always takes the file, and the log names what was lost.",
		"`changes`; `lost_edits`: the same of edits that are undone; `generation`",
		{ { "discard_edits", "--discard-edits", NULL, "also when edits are lost that the file does not have",
		    SL_ARGUMENT_FLAG, false, 0, 0 } } },
	[SL_COMMAND_CONFIG_SHOW] = {
		"config show", "the running configuration, with all edits", NULL, "`config`: the configuration, as a file has it", { { 0 } } },
	[SL_COMMAND_CONFIG_DIFF] = {
		"config diff", "what a reload would change",
		"Compares the running configuration with the file, or with another one that is given.",
		"`changes`; `unsaved_edits`: what edits without --persist have changed since the file was read; `problems`: why "
		"the reload would be refused, none if it would not",
		{ { "config", "--candidate", "FILE", "compare with this file, or with - for the standard input",
		    SL_ARGUMENT_OBJECT, false, 0, 0 } } },
	[SL_COMMAND_CONFIG_SAVE] = {
		"config save", "write the running configuration, with all edits, to the file",
		"The file is replaced at once, and keeps its mode and owner. Refused where somebody has changed the file since "
		"sluice read it.",
		"`path` of the file; `changes`: edits that the file did not have before",
		{ { "overwrite", "--overwrite", NULL, "also when the file was changed since sluice read it", SL_ARGUMENT_FLAG,
		    false, 0, 0 } } },
	[SL_COMMAND_SERVICE_ADD] = {
		"service add", "add a service",
		"FILE holds one object as it would stand under \"services\" in the configuration file.", PUBLISHED,
		{ { "definition", NULL, "FILE", "JSON of the service; - for the standard input", SL_ARGUMENT_OBJECT, true, 0, 0 },
		  PERSIST } },
	[SL_COMMAND_SERVICE_REMOVE] = {
		"service remove", "remove a service; its flows go on until they end", NULL, PUBLISHED,
		{ SERVICE, DEADLINE, PERSIST } },
	[SL_COMMAND_BACKEND_ADD] = {
		"backend add", "add a backend to a service", NULL, PUBLISHED,
		{ SERVICE, BACKEND,
		  { "weight", "--weight", "N", "share of new flows (default: 1)", SL_ARGUMENT_NUMBER, false, 0, 1000 },
		  { "definition", "--keys", "FILE", "JSON object with further keys of the backend; - for the standard input",
		    SL_ARGUMENT_OBJECT, false, 0, 0 },
		  PERSIST } },
	[SL_COMMAND_BACKEND_REMOVE] = {
		"backend remove", "remove a backend; its flows go on until they end", NULL, PUBLISHED,
		{ SERVICE, BACKEND, DEADLINE, PERSIST } },
	[SL_COMMAND_BACKEND_DRAIN] = {
		"backend drain", "give a backend no new flows; those it has go on", LIFE_CYCLE,
		BACKEND_STATE,
		{ SERVICE, BACKEND, DEADLINE } },
	[SL_COMMAND_BACKEND_DISABLE] = {
		"backend disable", "the same, and its UDP flows go on at other backends at once", LIFE_CYCLE,
		BACKEND_STATE,
		{ SERVICE, BACKEND, DEADLINE } },
	[SL_COMMAND_BACKEND_ENABLE] = {
		"backend enable", "give it new flows again, and forget the deadline of a drain", NULL,
		BACKEND_STATE, { SERVICE, BACKEND } },
	[SL_COMMAND_BACKEND_WEIGHT] = {
		"backend weight", "change a backend's share of new flows; 0: only the flows it has already",
		"Without --persist it holds until a reload brings another weight for this backend in the file, or a restart; "
		"\"default\" takes it back.",
		BACKEND_STATE "; with `persist` also `changes` and `persisted`",
		{ SERVICE, BACKEND,
		  { "weight", NULL, "WEIGHT", "0 to 1000, or default: that of the file again", SL_ARGUMENT_WEIGHT, true, 0, 1000 },
		  PERSIST } },
	[SL_COMMAND_RELAY_ADD] = {
		"relay add", "add a relay",
		"FILE holds one object as it would stand under \"relays\" in the configuration file.", PUBLISHED,
		{ { "definition", NULL, "FILE", "JSON of the relay; - for the standard input", SL_ARGUMENT_OBJECT, true, 0, 0 },
		  PERSIST } },
	[SL_COMMAND_RELAY_CHANGE] = {
		"relay change", "change a relay: its inputs, its outputs, any of its keys",
		"What stays the same goes on undisturbed: outputs that are in the old list and in the new one keep their counters "
		"and limits, as long as their interface, address and port are the same.", PUBLISHED,
		{ RELAY,
		  { "keys", NULL, "FILE", "JSON object with the keys that become different, as in {\"out\": [...]}, null for those "
		    "that go; - for the standard input", SL_ARGUMENT_OBJECT, true, 0, 0 },
		  PERSIST } },
	[SL_COMMAND_RELAY_REMOVE] = {
		"relay remove", "remove a relay", NULL, PUBLISHED, { RELAY, PERSIST } },
	[SL_COMMAND_FLOW_LIST] = {
		"flow list", "flows one by one", "Flows that come and go meanwhile may be missed or shown twice.",
		"`flows`: one object each, with the keys of `/sluice/flow_list` in telemetry.md; `next`: cursor to go on from, \"\" "
		"at the end",
		{ FILTERS,
		  { "limit", "--limit", "N", "at most so many flows (default 100; a reply of the socket has at most 1000)", SL_ARGUMENT_NUMBER,
		    false, 1, SL_FLOW_LIST_MAX },
		  { "cursor", "", NULL, "`next` of the reply before", SL_ARGUMENT_CURSOR, false, 0, 0 } } },
	[SL_COMMAND_FLOW_KILL] = {
		"flow kill", "end flows: TCP by resets to both ends, UDP so that the next datagram begins anew",
		"One filter at least, or --all. The reply comes when all of them are ended; a client that hangs up before stops it.",
		"`ended`: flows that were ended; `resets`: of these, TCP connections whose ends were sent resets",
		{ FILTERS,
		  { "all", "--all", NULL, "without any filter: all flows", SL_ARGUMENT_FLAG, false, 0, 0 } } },
};
