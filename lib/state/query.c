/* SPDX-License-Identifier: BSD-3-Clause */
#include <unistd.h>

#include "sluice/state/worker.h"

#define LOOK_AT 2048	/* records one answer looks at: some microseconds */
#define WAIT_US 100

static bool row_matches(const struct sl_flow *f, const struct sl_tuple *client, const struct sl_flow_filter *filter)
{
	return !(filter->by_service && f->service != filter->service) &&
	       !(filter->by_backend && f->backend != filter->backend) &&
	       !(filter->by_proto && f->proto != filter->proto) &&
	       !(filter->by_client && !sl_ip_equal(&client->peer, &filter->client));
}

void sl_query_answer(struct sl_worker *w)
{
	uint32_t expected = SL_QUERY_POSTED;

	if (likely(atomic_load_explicit(&w->query_state, memory_order_relaxed) != SL_QUERY_POSTED) ||
	    !atomic_compare_exchange_strong(&w->query_state, &expected, SL_QUERY_RUNNING))
		return;

	struct sl_flow_query *q = w->query;
	const struct sl_flow_table *t = &w->flows;
	uint32_t i = q->start, end = q->start < t->capacity ? RTE_MIN(t->capacity, q->start + LOOK_AT) : q->start;
	q->n_rows = 0;
	for (; i < end && q->n_rows < SL_QUERY_ROWS; i++) {
		const struct sl_flow *f = &t->flows[i];
		struct sl_flow_row *row = &q->rows[q->n_rows];
		if (!(f->flags & SL_FLOW_LIVE))
			continue;
		sl_flow_tuple(t, i, SL_CLIENT, &row->client);
		if (!row_matches(f, &row->client, &q->filter))
			continue;
		sl_flow_tuple(t, i, SL_SERVER, &row->server);
		row->service = f->service;
		row->backend = f->backend;
		row->state = f->state;
		row->udp_kind = f->udp_kind;
		row->idle_ms = (uint32_t)((uint64_t)sl_flow_idle(f, w->now_tick) * SL_TICK_NS / 1000000);
		q->n_rows++;
	}
	q->next = i < t->capacity ? i : SL_FLOW_NONE;
	atomic_store_explicit(&w->query_state, SL_QUERY_DONE, memory_order_release);
}

int sl_query_flows(struct sl_worker *w, struct sl_flow_query *q, unsigned int timeout_ms)
{
	uint32_t posted = SL_QUERY_POSTED;
	uint64_t waits = (uint64_t)timeout_ms * 1000 / WAIT_US;
	int result = 0;

	pthread_mutex_lock(&w->query_lock);
	w->query = q;
	atomic_store_explicit(&w->query_state, SL_QUERY_POSTED, memory_order_release);
	while (atomic_load_explicit(&w->query_state, memory_order_acquire) != SL_QUERY_DONE) {
		/* Only a query nobody has begun may be taken back; one that runs ends within microseconds. */
		if (waits == 0 && atomic_compare_exchange_strong(&w->query_state, &posted, SL_QUERY_IDLE)) {
			result = -1;
			break;
		}
		posted = SL_QUERY_POSTED;
		if (waits > 0)
			waits--;
		usleep(WAIT_US);
	}
	atomic_store_explicit(&w->query_state, SL_QUERY_IDLE, memory_order_relaxed);
	pthread_mutex_unlock(&w->query_lock);
	return result;
}
