/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow listings. A reader (telemetry thread) fills in a query and offers it to one worker after the other; the worker
 * answers a chunk in its housekeeping step. Nobody else ever walks a worker's table.
 */
#ifndef SLUICE_STATE_QUERY_H
#define SLUICE_STATE_QUERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sluice/state/flow.h"

#define SL_QUERY_ROWS 64

struct sl_flow_filter {
	bool by_service, by_backend, by_client, by_proto;
	uint16_t service, backend;
	struct sl_ip client;
	uint8_t proto;
};

struct sl_flow_row {
	struct sl_tuple client, server;
	uint16_t service, backend;
	uint8_t state, udp_kind;
	uint32_t idle_ms;
};

enum sl_query_state { SL_QUERY_IDLE, SL_QUERY_POSTED, SL_QUERY_RUNNING, SL_QUERY_DONE };

struct sl_flow_query {
	struct sl_flow_filter filter;
	uint32_t start;	 /* in: record to start at */
	uint32_t next;	 /* out: where to go on, SL_FLOW_NONE at the end */
	uint32_t n_rows; /* out */
	struct sl_flow_row rows[SL_QUERY_ROWS];
};

struct sl_worker;

/* Worker, in housekeeping: answer a posted query, looking at a bounded number of records. */
void sl_query_answer(struct sl_worker *w);

/* Reader: have the worker fill q. Returns 0, or -1 when it did not answer within timeout_ms. Callers are serialised inside. */
int sl_query_flows(struct sl_worker *w, struct sl_flow_query *q, unsigned int timeout_ms);

#endif
