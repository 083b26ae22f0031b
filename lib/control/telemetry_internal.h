/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the telemetry handlers share: the command tables, the parameters of a request, and the reply builder.
 *
 * DPDK drops silently what does not fit into its 16 KiB reply. The builder therefore counts the JSON bytes of
 * everything it adds, and lists are pages: rows are added until one does not fit, and the reply's "next" says where to
 * go on.
 */
#ifndef SLUICE_CONTROL_TELEMETRY_INTERNAL_H
#define SLUICE_CONTROL_TELEMETRY_INTERNAL_H

#include "sluice/base/dpdk_compat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "control_internal.h"

/* ---- commands ---- */

/* A key of a reply. A NULL name ends the list. */
struct sl_tel_key {
	const char *name;
	const char *help;
};

/* Counters that a reply carries besides its keys. */
enum sl_tel_counters {
	SL_TEL_NO_COUNTERS,
	SL_TEL_WORKER_COUNTERS,
	SL_TEL_FLOW_COUNTERS,
	SL_TEL_CONTROL_COUNTERS,
	SL_TEL_RELAY_COUNTERS,
	SL_TEL_RELAY_INPUT_COUNTERS,
	SL_TEL_RELAY_OUTPUT_COUNTERS,
	SL_TEL_DROP_CAUSES,
};

#define SL_TEL_PARAMS_MAX 8

struct sl_tel_params {
	unsigned int n;
	const char *field[SL_TEL_PARAMS_MAX];
	char text[512];
};

struct sl_tel_request {
	struct sl_control *control;
	const struct sl_tel_params *params;
};

struct sl_tel_node;

struct sl_tel_command {
	const char *name;   /* at most 55 of [A-Za-z0-9_/]; NULL ends the table */
	const char *params; /* as the reference shows them */
	const char *help;   /* at most 127 characters */
	uint8_t min_params, max_params;
	bool unlocked; /* the handler takes control's lock itself, with sl_tel_lock */
	/* Fill in the reply. Returns 0, or a negative errno, answered as null; then nothing has been added. */
	int (*handler)(const struct sl_tel_request *request, struct sl_tel_node *out);
	const struct sl_tel_key *keys;
	enum sl_tel_counters counters;
	const char *rows; /* key of the dictionary of rows "0", "1", ...; NULL where there is none */
	const struct sl_tel_key *row_keys;
	enum sl_tel_counters row_counters;
};

extern const struct sl_tel_command sl_tel_info_commands[];
extern const struct sl_tel_command sl_tel_port_commands[];
extern const struct sl_tel_command sl_tel_worker_commands[];
extern const struct sl_tel_command sl_tel_service_commands[];
extern const struct sl_tel_command sl_tel_backend_commands[];
extern const struct sl_tel_command sl_tel_network_commands[];
extern const struct sl_tel_command sl_tel_flow_commands[];
extern const struct sl_tel_command sl_tel_relay_commands[];

/* The i-th command of all tables, NULL behind the last one. */
const struct sl_tel_command *sl_tel_command_at(unsigned int i);

/* Names and helps of a set of counters, and how many there are. */
unsigned int sl_tel_counters_count(enum sl_tel_counters counters);
struct sl_tel_key sl_tel_counters_key(enum sl_tel_counters counters, unsigned int i);

/* Answer one command as DPDK calls it. Never trusts params. Returns 0 or a negative errno. */
int sl_tel_dispatch(const char *cmd, const char *params, struct rte_tel_data *d);

/* Take control's lock, waiting a bounded time. Returns 0 or -EBUSY. */
int sl_tel_lock(struct sl_control *control);
void sl_tel_unlock(struct sl_control *control);

/* ---- parameters ---- */

/* Split at commas. NULL or "" is no parameter. Returns 0, or -EINVAL: too long, too many, or not printable ASCII. */
int sl_tel_params_split(struct sl_tel_params *params, const char *text);

/* The i-th parameter, "" where there is none. */
const char *sl_tel_param(const struct sl_tel_request *request, unsigned int i);

/* Decimal digits only, at most max. Returns 0 or -EINVAL. */
int sl_tel_parse_u32(const char *text, uint32_t max, uint32_t *value);

/* START of a list: as sl_tel_parse_u32, and "" is 0. */
int sl_tel_parse_start(const struct sl_tel_request *request, unsigned int i, uint32_t *start);

/* ---- replies ---- */

/* A dictionary of a reply, and the bytes of JSON it makes at most. */
struct sl_tel_node {
	struct rte_tel_data *d;
	size_t bytes;
};

/* Bytes of JSON in a whole reply: DPDK's 16 KiB without the command's name and the brackets around. */
#define SL_TEL_REPLY_BYTES (16 * 1024 - 128)

void sl_tel_u64(struct sl_tel_node *n, const char *name, uint64_t value);
/* Signed values are 32 bits wide in DPDK: others become the nearest. */
void sl_tel_int(struct sl_tel_node *n, const char *name, int64_t value);
/* At most 127 characters; longer text ends in "...", and what is not printable ASCII becomes '?'. */
void sl_tel_string(struct sl_tel_node *n, const char *name, const char *value);
void sl_tel_ip(struct sl_tel_node *n, const char *name, const struct sl_ip *ip);
void sl_tel_mac(struct sl_tel_node *n, const char *name, const uint8_t mac[6]);

/* An array of strings. As many as fit: add returns false from the first one on that did not. */
struct sl_tel_strings {
	struct sl_tel_node list;
	size_t room;
	unsigned int n;
};
void sl_tel_strings_open(struct sl_tel_strings *s, const struct sl_tel_node *out);
bool sl_tel_strings_add(struct sl_tel_strings *s, const char *text);
void sl_tel_strings_close(struct sl_tel_strings *s, struct sl_tel_node *out, const char *name);

/* Rows of a list. Open, then for each row: begin, fill in, add; then close. */
struct sl_tel_page {
	struct sl_tel_node rows;
	size_t room;
	unsigned int n;
};
void sl_tel_page_open(struct sl_tel_page *page, const struct sl_tel_node *out);
struct sl_tel_node sl_tel_row_begin(void);
/* Takes the row over. Returns false, and the row is gone, when it did not fit: the page ends before it. */
bool sl_tel_page_add(struct sl_tel_page *page, struct sl_tel_node *row);
void sl_tel_page_close(struct sl_tel_page *page, struct sl_tel_node *out, const char *name);

/* "next" of a list of n entries of which `at` is the first that was not shown; "" at its end. */
void sl_tel_next(struct sl_tel_node *out, uint32_t at, uint32_t n);

/* ---- sums over the workers ---- */

/* One counter of a worker, written by it at the same time. */
static inline uint64_t sl_tel_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

uint64_t sl_tel_sum_count(const struct sl_shared *shared, enum sl_worker_counter counter);
uint64_t sl_tel_sum_drops(const struct sl_shared *shared, enum sl_drop_cause cause);
uint64_t sl_tel_worker_drops(const struct sl_worker *w);

/* The worker a parameter names, or NULL. */
const struct sl_worker *sl_tel_find_worker(const struct sl_control *control, const char *text);

/* Name of a port by its index, or "". */
const char *sl_tel_port_name(const struct sl_control *control, uint16_t port);

const char *sl_tel_protocol_name(uint8_t proto);

#endif
