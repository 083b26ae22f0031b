/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_malloc.h>

#include "sluice/config/snapshot.h"
#include "sluice/packet/burst.h"
#include "sluice/state/seq.h"

#define NIL UINT32_MAX
_Static_assert(NIL == SL_FLOW_NONE, "no flow ends a list");

uint64_t sl_seq_table_bytes(uint32_t capacity)
{
	return (uint64_t)capacity * sizeof(struct sl_seq);
}

int sl_seq_table_init(struct sl_seq_table *t, uint32_t capacity, int numa_node)
{
	memset(t, 0, sizeof(*t));
	for (unsigned int i = 0; i < SL_PROXY_TRIES; i++)
		t->list[i].head = t->list[i].tail = NIL;
	t->records = rte_zmalloc_socket("sequence translation", sl_seq_table_bytes(capacity), 64, numa_node);
	return t->records != NULL ? 0 : -1;
}

void sl_seq_table_fini(struct sl_seq_table *t)
{
	rte_free(t->records);
	memset(t, 0, sizeof(*t));
}

void sl_seq_sent(struct sl_seq_table *t, uint32_t flow, uint32_t now_tick)
{
	sl_seq_over(t, flow); /* to the end of its list, or of the next one */

	struct sl_seq *r = &t->records[flow];
	uint32_t *head = &t->list[r->tries - 1].head, *tail = &t->list[r->tries - 1].tail;
	r->stage = SL_PROXY_SENT;
	r->sent_tick = now_tick;
	r->next = NIL;
	r->prev = *tail;
	if (r->prev != NIL)
		t->records[r->prev].next = flow;
	else
		*head = flow;
	*tail = flow;
	r->list = (uint8_t)(r->tries - 1);
	t->sent++;
}

void sl_seq_over(struct sl_seq_table *t, uint32_t flow)
{
	struct sl_seq *r = &t->records[flow];

	if (r->stage != SL_PROXY_SENT) {
		r->stage = SL_PROXY_OVER;
		return;
	}
	if (r->prev != NIL)
		t->records[r->prev].next = r->next;
	else
		t->list[r->list].head = r->next;
	if (r->next != NIL)
		t->records[r->next].prev = r->prev;
	else
		t->list[r->list].tail = r->prev;
	r->stage = SL_PROXY_OVER;
	t->sent--;
}

uint32_t sl_seq_due(const struct sl_seq_table *t, uint32_t now_tick)
{
	for (unsigned int i = 0; i < SL_PROXY_TRIES; i++) {
		uint32_t flow = t->list[i].head;
		if (flow != NIL && now_tick - t->records[flow].sent_tick >= (uint32_t)((SL_PROXY_WAIT_NS << i) / SL_TICK_NS))
			return flow;
	}
	return NIL;
}
