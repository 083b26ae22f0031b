/* SPDX-License-Identifier: BSD-3-Clause */
#include <unistd.h>

#include "sluice/state/worker.h"

#define LOOK_AT 2048	/* records one answer looks at: some microseconds */
#define WAIT_US 100

static bool row_matches(const struct sl_flow *f, const struct sl_tuple *client, const struct sl_flow_filter *filter)
{
	return !(filter->by_service && !sl_flow_set_has(filter->services, f->service)) &&
	       !(filter->by_backend && !sl_flow_set_has(filter->backends, f->backend)) &&
	       !(filter->by_proto && f->proto != filter->proto) &&
	       !(filter->by_client && !sl_ip_equal(&client->peer, &filter->client)) &&
	       !(filter->by_client_port && client->peer_port_be != filter->client_port_be);
}

static void list_flow(const struct sl_worker *w, struct sl_flow_query *q, uint32_t flow, const struct sl_tuple *client)
{
	const struct sl_flow *f = &w->flows.flows[flow];
	struct sl_flow_row *row = &q->rows[q->n_rows++];

	row->client = *client;
	sl_flow_tuple(&w->flows, flow, SL_SERVER, &row->server);
	row->service = f->service;
	row->backend = f->backend;
	row->state = f->state;
	row->udp_kind = f->udp_kind;
	row->proxy_stage = f->flags & SL_FLOW_SEQ ? w->seqs.records[flow].stage : SL_PROXY_OVER;
	row->idle_ms = (uint32_t)((uint64_t)sl_flow_idle(f, w->now_tick) * SL_TICK_NS / 1000000);
}

void sl_query_answer(struct sl_worker *w, const struct sl_snapshot *s, sl_query_end *end)
{
	uint32_t expected = SL_QUERY_POSTED;

	if (likely(atomic_load_explicit(&w->query_state, memory_order_relaxed) != SL_QUERY_POSTED) ||
	    !atomic_compare_exchange_strong(&w->query_state, &expected, SL_QUERY_RUNNING))
		return;

	struct sl_flow_query *q = w->query;
	const struct sl_flow_table *t = &w->flows;
	uint32_t i = q->start, stop = q->start < t->capacity ? RTE_MIN(t->capacity, q->start + LOOK_AT) : q->start;
	uint32_t ends = RTE_MIN(q->limit, (uint32_t)SL_QUERY_ENDS);
	bool wake = q->wake;
	q->n_rows = q->n_ended = q->n_resets = 0;
	for (; i < stop && q->n_rows < SL_QUERY_ROWS && (q->action == SL_QUERY_LIST || q->n_ended < ends); i++) {
		const struct sl_flow *f = &t->flows[i];
		struct sl_tuple client;
		if (!(f->flags & SL_FLOW_LIVE))
			continue;
		sl_flow_tuple(t, i, SL_CLIENT, &client);
		if (!row_matches(f, &client, &q->filter))
			continue;
		if (q->action == SL_QUERY_LIST) {
			list_flow(w, q, i, &client);
		} else if (f->udp_kind != SL_FLOW_SHUT) {
			q->n_ended++;
			q->n_resets += end(w, s, i);
		}
	}
	q->next = i < t->capacity ? i : SL_FLOW_NONE;
	atomic_store_explicit(&w->query_state, SL_QUERY_DONE, memory_order_release);
	if (wake)
		sl_worker_wake_control(w);
}

/* With the lock. */
static void post(struct sl_worker *w, struct sl_flow_query *q)
{
	w->query = q;
	atomic_store_explicit(&w->query_state, SL_QUERY_POSTED, memory_order_release);
}

/* The place is free again. */
static void finish(struct sl_worker *w)
{
	atomic_store_explicit(&w->query_state, SL_QUERY_IDLE, memory_order_relaxed);
	pthread_mutex_unlock(&w->query_lock);
}

bool sl_query_is_answered(const struct sl_worker *w)
{
	return atomic_load_explicit(&w->query_state, memory_order_acquire) == SL_QUERY_DONE;
}

/* Only a query nobody has begun may be taken back; one that runs ends within microseconds. */
static bool take_back(struct sl_worker *w)
{
	uint32_t posted = SL_QUERY_POSTED;
	return atomic_compare_exchange_strong(&w->query_state, &posted, SL_QUERY_IDLE);
}

int sl_query_flows(struct sl_worker *w, struct sl_flow_query *q, unsigned int timeout_ms)
{
	uint64_t waits = (uint64_t)timeout_ms * 1000 / WAIT_US;
	int result = 0;

	pthread_mutex_lock(&w->query_lock);
	post(w, q);
	while (!sl_query_is_answered(w)) {
		if (waits == 0 && take_back(w)) {
			result = -1;
			break;
		}
		if (waits > 0)
			waits--;
		usleep(WAIT_US);
	}
	finish(w);
	return result;
}

bool sl_query_post(struct sl_worker *w, struct sl_flow_query *q)
{
	if (pthread_mutex_trylock(&w->query_lock) != 0)
		return false;
	post(w, q);
	return true;
}

bool sl_query_done(struct sl_worker *w)
{
	if (!sl_query_is_answered(w))
		return false;
	finish(w);
	return true;
}

void sl_query_cancel(struct sl_worker *w)
{
	if (!take_back(w))
		while (!sl_query_is_answered(w))
			rte_pause();
	finish(w);
}
