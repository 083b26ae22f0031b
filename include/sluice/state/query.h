/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What others want of a worker's flows: list them, or end them. A reader fills in a query and offers it to one worker after
 * the other; the worker answers a chunk in its housekeeping step. Nobody else ever walks a worker's table.
 *
 * A worker has one place for a query, guarded by its query_lock, which whoever posted holds until the answer. Telemetry's
 * threads wait for it (sl_query_flows); the control thread, which must not wait, posts, goes on with its loop, and is woken
 * (sl_query_post, sl_query_done).
 */
#ifndef SLUICE_STATE_QUERY_H
#define SLUICE_STATE_QUERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sluice/config/config.h"
#include "sluice/state/flow.h"

#define SL_QUERY_ROWS 64
#define SL_QUERY_ENDS 16 /* flows ended by one answer: two packets each, some ten microseconds in all */

enum sl_query_action {
	SL_QUERY_LIST, /* fill in rows */
	SL_QUERY_END,  /* end them: sl_flow_shut (lib/path); those that were ended before are passed over */
};

struct sl_flow_filter {
	bool by_service, by_backend, by_client, by_client_port, by_proto;
	uint64_t services[SL_MAX_SERVICES / 64], backends[SL_MAX_BACKENDS / 64]; /* sets of ids: one of them */
	uint16_t client_port_be;
	struct sl_ip client;
	uint8_t proto;
};

static inline void sl_flow_set_add(uint64_t *set, uint16_t id)
{
	set[id / 64] |= UINT64_C(1) << (id % 64);
}

static inline bool sl_flow_set_has(const uint64_t *set, uint16_t id)
{
	return (set[id / 64] >> (id % 64) & 1) != 0;
}

struct sl_flow_row {
	struct sl_tuple client, server;
	uint16_t service, backend;
	uint8_t state, udp_kind;
	uint8_t proxy_stage; /* enum sl_proxy_stage; OVER also where there is no header */
	uint32_t idle_ms;
};

enum sl_query_state { SL_QUERY_IDLE, SL_QUERY_POSTED, SL_QUERY_RUNNING, SL_QUERY_DONE };

struct sl_flow_query {
	enum sl_query_action action;
	struct sl_flow_filter filter;
	uint32_t start;	   /* in: record to start at */
	uint32_t limit;	   /* in, with END: flows to end at most */
	bool wake;	   /* in: wake the control thread when it is answered */
	uint32_t next;	   /* out: where to go on, SL_FLOW_NONE at the end */
	uint32_t n_rows;   /* out, with LIST */
	uint32_t n_ended;  /* out, with END */
	uint32_t n_resets; /* of these, TCP connections whose ends were sent a reset */
	struct sl_flow_row rows[SL_QUERY_ROWS];
};

struct sl_worker;
struct sl_snapshot;

/* End a live flow. True when resets were sent. */
typedef bool sl_query_end(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow);

/* Worker, in housekeeping: answer a posted query, looking at a bounded number of records. */
void sl_query_answer(struct sl_worker *w, const struct sl_snapshot *s, sl_query_end *end);

/* Have the worker answer q, and wait for it. Returns 0, or -1 when it did not within timeout_ms. Callers are serialised inside. */
int sl_query_flows(struct sl_worker *w, struct sl_flow_query *q, unsigned int timeout_ms);

/* Offer q to the worker. Returns false when it has another one: try again. From then on q is the worker's until sl_query_done. */
bool sl_query_post(struct sl_worker *w, struct sl_flow_query *q);
/* True when q has been answered: q is the poster's again, and the worker free for the next. From the thread that posted. */
bool sl_query_done(struct sl_worker *w);
/* Take a posted query back, or let its answer, which cannot be long, come: q is the poster's again either way. */
void sl_query_cancel(struct sl_worker *w);

/* There is an answer that sl_query_done would find. */
bool sl_query_is_answered(const struct sl_worker *w);

#endif
