/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluicectl, for people: what sluice's telemetry says, and what its control socket does. A reading command gathers one JSON
 * value over the telemetry socket, one of sluice/control/commands.h is one request on the control socket; then the value is
 * printed as it is (--json) or rendered as text. Rendering asks nothing, gathering prints nothing but errors.
 */
#ifndef SLUICECTL_H
#define SLUICECTL_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "sluice/control/commands.h"

#define CTL_EXIT_FAILED 1
#define CTL_EXIT_USAGE 2

struct ctl_options {
	const char *file_prefix;
	bool json;
	const char *worker; /* NULL: not given */
	const char *argument; /* of the command, NULL: none */
};

/* Which options a command takes besides the general ones. */
enum ctl_option_bits {
	CTL_WORKER = 1,
};

struct ctl_option {
	const char *name, *value, *help;
	unsigned int bit; /* 0: general */
};
extern const struct ctl_option ctl_option_table[]; /* ends with a NULL name */

struct ctl_client;

struct ctl_command {
	const char *name; /* one word, or two */
	const char *argument; /* as the usage shows it; NULL: takes none */
	bool needs_argument;
	const char *help;
	unsigned int options;
	bool repeats; /* on a terminal, again every second */
	/* A new reference, or NULL after a message to err. NULL function: answered by ctl_run itself. */
	json_t *(*gather)(struct ctl_client *client, const struct ctl_options *options, FILE *err);
	void (*render)(const json_t *value, FILE *out);
};
extern const struct ctl_command ctl_command_table[]; /* ends with a NULL name */

/* The whole program. Returns the exit status. */
int ctl_run(int argc, char **argv, FILE *out, FILE *err);

/*
 * The general option at argv[*i], its value included (*i moves over it). Returns 0, the exit status after a message, or
 * CTL_NOT_GENERAL.
 */
#define CTL_NOT_GENERAL (-1)
int ctl_read_general(int argc, char **argv, int *i, struct ctl_options *options, FILE *err);

/* ---- client.c ---- */

/* A socket in the runtime directory of a process. Returns false when its path is too long for one. */
bool ctl_socket_path(const char *file_prefix, const char *name, char *path, size_t size);

/* Why nobody answers there, and what to do. */
void ctl_explain_connect(const char *path, const char *file_prefix, int error, FILE *err);

/* Connect to the process with this file prefix; NULL after a message that says what to do. */
struct ctl_client *ctl_connect(const char *file_prefix, FILE *err);
void ctl_disconnect(struct ctl_client *client);

/* Value of a command's reply, a new reference; NULL after a message. */
json_t *ctl_ask(struct ctl_client *client, FILE *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * All pages of a list as one array of at most `limit` entries: `command` up to where the reply's next goes. `list` is
 * the key of the entries. *more says whether there are others; it may be NULL.
 */
json_t *ctl_ask_pages(struct ctl_client *client, FILE *err, const char *command, const char *list, unsigned long limit,
		      bool *more);

/* Set a key of *object and take value over. When value is NULL, *object is freed and becomes NULL. */
void ctl_put(json_t **object, const char *key, json_t *value);

/* All ports, each as /sluice/port says. */
json_t *ctl_ask_ports(struct ctl_client *client, FILE *err);

/* All workers, each as /sluice/worker says. */
json_t *ctl_ask_workers(struct ctl_client *client, FILE *err);

/* ---- control_*.c: the control socket ---- */

struct ctl_request {
	const struct sl_command *command;
	json_t *arguments;
	unsigned long limit; /* of flow list: more than one reply holds */
};

/* The command whose name stands at argv[0], in *used words; NULL: none. */
const struct sl_command *ctl_find_control(int argc, char **argv, int *used);
/* Words of a command's name at argv[0..]: how many, 0: another one. */
int ctl_match_name(const char *name, int argc, char **argv);
/* argv[0] is the first word of commands, but argv[1] none of their second ones: say so. */
bool ctl_explain_group(int argc, char **argv, FILE *err);

/* The words behind the command. Returns 0 or the exit status; request->arguments is the caller's either way. */
int ctl_read_request(struct ctl_request *request, int argc, char **argv, struct ctl_options *options, FILE *err);

/* The result, a new reference; NULL after a message. Changes request->arguments. */
json_t *ctl_ask_control(const struct ctl_request *request, const char *file_prefix, FILE *err);
void ctl_show_result(const struct sl_command *command, const json_t *value, FILE *out);

/* One line each, behind `before`. Returns how many. */
size_t ctl_print_problems(const json_t *problems, const char *before, FILE *out);

void ctl_write_usage(const struct sl_command *command, FILE *out); /* without a line end */
void ctl_write_command_help(const struct sl_command *command, FILE *out);

/* ---- reading replies; what is missing is 0 or "" ---- */
json_int_t ctl_number(const json_t *object, const char *key);
const char *ctl_text(const json_t *object, const char *key);

/* ---- table.c ---- */

#define CTL_COLUMNS_MAX 16

/* Text in columns as wide as needed. A title that starts with '>' aligns its column to the right. */
struct ctl_table {
	const char *const *titles;
	unsigned int columns;
	char **cells; /* row by row */
	unsigned int n;
};
void ctl_table_init(struct ctl_table *t, const char *const *titles, unsigned int columns);
void ctl_table_add(struct ctl_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ctl_table_add_count(struct ctl_table *t, json_int_t n);
void ctl_table_add_joined(struct ctl_table *t, const json_t *strings);
/* Print and free. */
void ctl_table_finish(struct ctl_table *t, FILE *out);

#define CTL_PATH_MAX 4096
#define CTL_TEXT_MAX 32
const char *ctl_format_count(char buf[CTL_TEXT_MAX], json_int_t n);	   /* 1,234,567 */
const char *ctl_format_bytes(char buf[CTL_TEXT_MAX], json_int_t n);	   /* 1.2 GiB */
const char *ctl_format_rate(char buf[CTL_TEXT_MAX], double packets_per_s); /* 1.2 kpps */
const char *ctl_format_time(char buf[CTL_TEXT_MAX], json_int_t ms);	   /* 2 h 5 min */

/* ---- completion.c: generated from the tables above ---- */
void ctl_write_bash_completion(FILE *out);
void ctl_write_help(FILE *out);

/* ---- commands_*.c ---- */
json_t *ctl_gather_status(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_status(const json_t *value, FILE *out);
json_t *ctl_gather_ports(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_ports(const json_t *value, FILE *out);
json_t *ctl_gather_workers(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_workers(const json_t *value, FILE *out);
json_t *ctl_gather_drops(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_drops(const json_t *value, FILE *out);
json_t *ctl_gather_neighbours(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_neighbours(const json_t *value, FILE *out);
json_t *ctl_gather_services(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_services(const json_t *value, FILE *out);
json_t *ctl_gather_backends(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_backends(const json_t *value, FILE *out);
json_t *ctl_gather_routes(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_routes(const json_t *value, FILE *out);
json_t *ctl_gather_interfaces(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_interfaces(const json_t *value, FILE *out);
json_t *ctl_gather_conservation(struct ctl_client *client, const struct ctl_options *options, FILE *err);
/* Packets that devices lost, which never came to the pipeline or had left it: counters of a port or of all. Their sum; a line. */
json_int_t ctl_device_losses(const json_t *counters);
void ctl_render_device_losses(const json_t *counters, FILE *out);
void ctl_render_conservation(const json_t *value, FILE *out);
json_t *ctl_gather_conflicts(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_conflicts(const json_t *value, FILE *out);
void ctl_render_flows(const json_t *value, FILE *out);
json_t *ctl_gather_relays(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_relays(const json_t *value, FILE *out);
json_t *ctl_gather_relay_top(struct ctl_client *client, const struct ctl_options *options, FILE *err);
void ctl_render_relay_top(const json_t *value, FILE *out);

#endif
