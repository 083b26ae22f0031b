/* SPDX-License-Identifier: BSD-3-Clause */
/* Table of fragmented datagrams: see sluice/state/fragment.h. */
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_malloc.h>

#include "sluice/config/snapshot.h"
#include "sluice/packet/drop.h"
#include "sluice/state/fragment.h"

#define NIL SL_ID_NONE
#define TIMEOUT_TICKS ((uint32_t)(SL_FRAGMENT_NS / SL_TICK_NS))

uint32_t sl_fragment_capacity(uint32_t max_fragments, uint16_t n_workers)
{
	return RTE_MAX((max_fragments + n_workers - 1) / n_workers, (uint32_t)SL_FRAGMENT_CAPACITY_MIN);
}

uint64_t sl_fragment_table_bytes(uint32_t capacity)
{
	return (uint64_t)capacity * sizeof(struct sl_datagram) + rte_align32pow2(capacity) * sizeof(uint16_t);
}

int sl_fragment_table_init(struct sl_fragment_table *t, uint32_t capacity, int numa_node,
			   const struct sl_hash_key *key)
{
	uint32_t buckets = rte_align32pow2(capacity);

	memset(t, 0, sizeof(*t));
	t->key = *key;
	t->bucket_mask = buckets - 1;
	t->datagrams = rte_zmalloc_socket("datagrams", capacity * sizeof(*t->datagrams), 64, numa_node);
	t->buckets = rte_zmalloc_socket("datagram buckets", buckets * sizeof(*t->buckets), 64, numa_node);
	if (t->datagrams == NULL || t->buckets == NULL) {
		sl_fragment_table_fini(t);
		return -1;
	}
	memset(t->buckets, 0xff, buckets * sizeof(*t->buckets));
	for (uint32_t i = 0; i < capacity; i++)
		t->datagrams[i].chain = i + 1 < capacity ? (uint16_t)(i + 1) : NIL;
	for (uint32_t i = 0; i < SL_FRAGMENT_HELD_MAX; i++)
		t->held[i].next = i + 1 < SL_FRAGMENT_HELD_MAX ? (uint16_t)(i + 1) : NIL;
	t->waiting = t->settled = (struct sl_fragment_list){ NIL, NIL };
	t->queue_first = t->queue_last = NIL;
	return 0;
}

void sl_fragment_table_fini(struct sl_fragment_table *t)
{
	rte_free(t->datagrams);
	rte_free(t->buckets);
	memset(t, 0, sizeof(*t));
}

/* ---- by name ---- */

static uint16_t *bucket_of(const struct sl_fragment_table *t, const struct sl_fragment_key *key)
{
	return &t->buckets[sl_hash_v6(&t->key, &key->src, &key->dst, key->id_be, key->proto) & t->bucket_mask];
}

static bool key_equal(const struct sl_fragment_key *a, const struct sl_fragment_key *b)
{
	return a->id_be == b->id_be && a->proto == b->proto && sl_ip_equal(&a->src, &b->src) &&
	       sl_ip_equal(&a->dst, &b->dst);
}

uint16_t sl_fragment_find(const struct sl_fragment_table *t, const struct sl_fragment_key *key)
{
	uint16_t index = *bucket_of(t, key);

	while (index != NIL && !key_equal(&t->datagrams[index].key, key))
		index = t->datagrams[index].chain;
	return index;
}

/* ---- by age ---- */

static struct sl_fragment_list *list_of(struct sl_fragment_table *t, const struct sl_datagram *d)
{
	return (d->flags & SL_DATAGRAM_KNOWN) || d->refused != SL_DROP_MAX ? &t->settled : &t->waiting;
}

static void list_append(struct sl_fragment_table *t, uint16_t index)
{
	struct sl_datagram *d = &t->datagrams[index];
	struct sl_fragment_list *list = list_of(t, d);

	d->older = list->newest;
	d->newer = NIL;
	if (list->newest != NIL)
		t->datagrams[list->newest].newer = index;
	else
		list->oldest = index;
	list->newest = index;
}

static void list_unlink(struct sl_fragment_table *t, uint16_t index)
{
	struct sl_datagram *d = &t->datagrams[index];
	struct sl_fragment_list *list = list_of(t, d);

	if (d->older != NIL)
		t->datagrams[d->older].newer = d->newer;
	else
		list->oldest = d->newer;
	if (d->newer != NIL)
		t->datagrams[d->newer].older = d->older;
	else
		list->newest = d->older;
}

uint16_t sl_fragment_oldest(const struct sl_fragment_table *t)
{
	uint16_t a = t->waiting.oldest, b = t->settled.oldest;

	if (a == NIL || b == NIL)
		return a == NIL ? b : a;
	return (int32_t)(t->datagrams[a].since - t->datagrams[b].since) <= 0 ? a : b;
}

uint16_t sl_fragment_due(const struct sl_fragment_table *t, uint32_t now_tick)
{
	uint16_t index = sl_fragment_oldest(t);

	return index != NIL && now_tick - t->datagrams[index].since >= TIMEOUT_TICKS ? index : NIL;
}

/* ---- life ---- */

uint16_t sl_fragment_add(struct sl_fragment_table *t, const struct sl_fragment_key *key, uint32_t now_tick)
{
	uint16_t index = t->free_head, *bucket = bucket_of(t, key);

	if (index == NIL)
		return NIL;
	struct sl_datagram *d = &t->datagrams[index];
	t->free_head = d->chain;
	*d = (struct sl_datagram){
		.key = *key,
		.refused = SL_DROP_MAX,
		.since = now_tick,
		.round = t->round,
		.held_first = NIL,
		.held_last = NIL,
		.chain = *bucket,
	};
	*bucket = index;
	list_append(t, index);
	t->live++;
	return index;
}

void sl_fragment_remove(struct sl_fragment_table *t, uint16_t index)
{
	struct sl_datagram *d = &t->datagrams[index];
	uint16_t *link = bucket_of(t, &d->key);

	while (*link != index)
		link = &t->datagrams[*link].chain;
	*link = d->chain;
	list_unlink(t, index);
	d->chain = t->free_head;
	t->free_head = index;
	t->live--;
}

void sl_fragment_known(struct sl_fragment_table *t, uint16_t index, const struct sl_pkt *p, uint32_t now_tick)
{
	struct sl_datagram *d = &t->datagrams[index];

	list_unlink(t, index);
	d->flags |= SL_DATAGRAM_KNOWN;
	d->since = now_tick; /* keeps the list in order of time */
	d->sport_be = p->sport_be;
	d->dport_be = p->dport_be;
	d->proto = p->proto;
	list_append(t, index);
}

void sl_fragment_refuse(struct sl_fragment_table *t, uint16_t index, uint8_t cause, uint32_t now_tick)
{
	list_unlink(t, index);
	t->datagrams[index].refused = cause;
	t->datagrams[index].since = now_tick;
	list_append(t, index);
}

/* ---- bytes ---- */

/* Put [start, end) in front of range `at`, joined with the neighbours it touches. -1 when there is no room. */
static int range_insert(struct sl_datagram *d, unsigned int at, uint16_t start, uint16_t end)
{
	bool joins_left = at > 0 && d->ranges[at - 1].end == start;
	bool joins_right = at < d->n_ranges && d->ranges[at].start == end;

	if (joins_left && joins_right) {
		d->ranges[at - 1].end = d->ranges[at].end;
		d->n_ranges--;
		memmove(&d->ranges[at], &d->ranges[at + 1], (d->n_ranges - at) * sizeof(d->ranges[0]));
	} else if (joins_left) {
		d->ranges[at - 1].end = end;
	} else if (joins_right) {
		d->ranges[at].start = start;
	} else {
		if (d->n_ranges == SL_FRAGMENT_RANGES)
			return -1;
		memmove(&d->ranges[at + 1], &d->ranges[at], (d->n_ranges - at) * sizeof(d->ranges[0]));
		d->ranges[at].start = start;
		d->ranges[at].end = end;
		d->n_ranges++;
	}
	return 0;
}

/* The datagram has one end, and nothing lies behind it. */
static bool end_agrees(const struct sl_datagram *d, const struct sl_fragment *f)
{
	uint16_t reached = d->n_ranges > 0 ? d->ranges[d->n_ranges - 1].end : 0;

	if (d->total != 0)
		return f->more ? f->end < d->total : f->end == d->total;
	return f->more || f->end >= reached;
}

enum sl_fragment_verdict sl_fragment_cover(struct sl_datagram *d, const struct sl_fragment *f)
{
	unsigned int at = 0;

	while (at < d->n_ranges && d->ranges[at].end <= f->start)
		at++;
	if (at < d->n_ranges && d->ranges[at].start < f->end) {
		bool within = d->ranges[at].start <= f->start && f->end <= d->ranges[at].end;
		return within && end_agrees(d, f) ? SL_FRAGMENT_DUPLICATE : SL_FRAGMENT_OVERLAP;
	}
	if (!end_agrees(d, f))
		return SL_FRAGMENT_OVERLAP;
	if (range_insert(d, at, f->start, f->end) != 0)
		return SL_FRAGMENT_SCATTERED;
	if (!f->more)
		d->total = f->end;
	if (d->total != 0 && d->n_ranges == 1 && d->ranges[0].start == 0 && d->ranges[0].end == d->total)
		d->flags |= SL_DATAGRAM_COMPLETE;
	return SL_FRAGMENT_NEW;
}

/* ---- held fragments ---- */

int sl_fragment_hold(struct sl_fragment_table *t, uint16_t index, struct rte_mbuf *m)
{
	struct sl_datagram *d = &t->datagrams[index];
	uint16_t slot = t->held_free;

	if (slot == NIL || d->n_held == SL_FRAGMENT_HELD_PER_DATAGRAM)
		return -1;
	t->held_free = t->held[slot].next;
	t->held[slot].m = m;
	t->held[slot].next = NIL;
	if (d->held_last != NIL)
		t->held[d->held_last].next = slot;
	else
		d->held_first = slot;
	d->held_last = slot;
	d->n_held++;
	t->n_held++;
	return 0;
}

struct rte_mbuf *sl_fragment_unhold(struct sl_fragment_table *t, uint16_t index)
{
	struct sl_datagram *d = &t->datagrams[index];
	uint16_t slot = d->held_first;

	if (slot == NIL)
		return NULL;
	d->held_first = t->held[slot].next;
	if (d->held_first == NIL)
		d->held_last = NIL;
	t->held[slot].next = t->held_free;
	t->held_free = slot;
	d->n_held--;
	t->n_held--;
	return t->held[slot].m;
}

/* ---- after the burst ---- */

void sl_fragment_enqueue(struct sl_fragment_table *t, uint16_t index)
{
	struct sl_datagram *d = &t->datagrams[index];

	if (d->flags & SL_DATAGRAM_QUEUED)
		return;
	d->flags |= SL_DATAGRAM_QUEUED;
	d->queue_next = NIL;
	if (t->queue_last != NIL)
		t->datagrams[t->queue_last].queue_next = index;
	else
		t->queue_first = index;
	t->queue_last = index;
}

uint16_t sl_fragment_dequeue(struct sl_fragment_table *t)
{
	uint16_t index = t->queue_first;

	if (index == NIL)
		return NIL;
	t->queue_first = t->datagrams[index].queue_next;
	if (t->queue_first == NIL)
		t->queue_last = NIL;
	t->datagrams[index].flags &= (uint8_t)~SL_DATAGRAM_QUEUED;
	return index;
}
