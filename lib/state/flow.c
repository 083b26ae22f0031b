/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow table: see sluice/state/flow.h.
 *
 * The hash picks a bucket by its low bits and a signature by its top 16. Main buckets number at least capacity / 2, so
 * the two entries a flow has fill half of the eight slots on average; the 2 % of buckets that need more (Poisson, mean 4)
 * chain to one from a pool of an eighth as many. A bucket that got a chain keeps it until the chained bucket is empty.
 */
#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "sluice/packet/burst.h"
#include "sluice/packet/edit.h"
#include "sluice/state/flow.h"

#define NIL UINT32_MAX
#define WHEEL_HEAD 0x80000000u /* in sl_flow.prev: first of a list, whose number is prev & ~WHEEL_HEAD */
#define SLOT_NUMBER_MASK ((1u << (32 - SL_WHEEL_TICK_SHIFT)) - 1)

static uint32_t main_buckets(uint32_t capacity)
{
	return rte_align32pow2(RTE_MAX(capacity / 2, 64u));
}

static uint32_t overflow_buckets(uint32_t capacity)
{
	return main_buckets(capacity) / 8 + 16;
}

uint64_t sl_flow_table_bytes(uint32_t capacity, bool ipv6)
{
	uint64_t buckets = (uint64_t)main_buckets(capacity) + overflow_buckets(capacity);
	uint64_t record = sizeof(struct sl_flow) + (ipv6 ? sizeof(struct sl_flow6) : 0);

	return buckets * sizeof(struct sl_flow_bucket) + capacity * record;
}

int sl_flow_table_init(struct sl_flow_table *t, uint32_t capacity, bool ipv6, int numa_node,
		       const struct sl_hash_key *key, uint32_t now_tick)
{
	uint32_t n_main = main_buckets(capacity), n_overflow = overflow_buckets(capacity);

	memset(t, 0, sizeof(*t));
	t->key = *key;
	t->capacity = capacity;
	t->bucket_mask = n_main - 1;
	t->buckets = rte_zmalloc_socket("flow buckets", (size_t)(n_main + n_overflow) * sizeof(*t->buckets), 64, numa_node);
	t->flows = rte_zmalloc_socket("flows", (size_t)capacity * sizeof(*t->flows), 64, numa_node);
	if (ipv6)
		t->flows6 = rte_zmalloc_socket("IPv6 flows", (size_t)capacity * sizeof(*t->flows6), 64, numa_node);
	if (t->buckets == NULL || t->flows == NULL || (ipv6 && t->flows6 == NULL)) {
		sl_flow_table_fini(t);
		return -1;
	}
	for (uint32_t i = 0; i < n_main; i++)
		t->buckets[i].next = NIL;
	for (uint32_t i = 0; i < n_overflow; i++)
		t->buckets[n_main + i].next = i + 1 < n_overflow ? n_main + i + 1 : NIL;
	t->overflow_free = n_main;
	for (uint32_t i = 0; i < capacity; i++)
		t->flows[i].next = i + 1 < capacity ? i + 1 : NIL;
	memset(t->wheel, 0xff, sizeof(t->wheel));
	t->wheel_slot = now_tick >> SL_WHEEL_TICK_SHIFT;
	return 0;
}

void sl_flow_table_fini(struct sl_flow_table *t)
{
	rte_free(t->buckets);
	rte_free(t->flows);
	rte_free(t->flows6);
	memset(t, 0, sizeof(*t));
}

/* ---- hash ---- */

uint32_t sl_flow_lookup(const struct sl_flow_table *t, const struct sl_tuple *k, uint64_t hash, uint8_t *side)
{
	const struct sl_flow_bucket *b = &t->buckets[hash & t->bucket_mask];
	uint16_t signature = sl_flow_signature(hash);

	if (k->v6 && t->flows6 == NULL)
		return SL_FLOW_NONE;
	for (;;) {
		for (uint32_t match = sl_match_u16x8(b->signature, signature); match != 0; match = sl_match_rest(match)) {
			uint32_t entry = b->entry[sl_match_first(match)];
			if (sl_flow_is(t, entry, k)) {
				*side = entry & 1;
				return entry >> 1;
			}
		}
		if (likely(b->next == NIL))
			return SL_FLOW_NONE;
		b = &t->buckets[b->next];
	}
}

/* Enter a flow's side under its hash. Returns 0, or -1 when the bucket is full and the overflow pool is empty. */
static int entry_insert(struct sl_flow_table *t, uint64_t hash, uint32_t entry)
{
	struct sl_flow_bucket *b = &t->buckets[hash & t->bucket_mask];

	for (;;) {
		uint32_t empty = sl_match_u16x8(b->signature, 0);
		if (likely(empty != 0)) {
			unsigned int slot = sl_match_first(empty);
			b->signature[slot] = sl_flow_signature(hash);
			b->entry[slot] = entry;
			return 0;
		}
		if (b->next == NIL)
			break;
		b = &t->buckets[b->next];
	}
	if (t->overflow_free == NIL)
		return -1;
	struct sl_flow_bucket *fresh = &t->buckets[t->overflow_free];
	b->next = t->overflow_free;
	t->overflow_free = fresh->next;
	fresh->next = NIL;
	fresh->signature[0] = sl_flow_signature(hash);
	fresh->entry[0] = entry;
	return 0;
}

static void entry_remove(struct sl_flow_table *t, uint64_t hash, uint32_t entry)
{
	uint32_t *link = NULL;
	struct sl_flow_bucket *b = &t->buckets[hash & t->bucket_mask];

	for (;;) {
		uint32_t match = sl_match_u16x8(b->signature, sl_flow_signature(hash));
		for (; match != 0; match = sl_match_rest(match)) {
			unsigned int slot = sl_match_first(match);
			if (b->entry[slot] != entry)
				continue;
			b->signature[slot] = 0;
			if (link != NULL && sl_match_u16x8(b->signature, 0) == SL_MATCH_ALL) {
				uint32_t empty = *link;
				*link = b->next;
				b->next = t->overflow_free;
				t->overflow_free = empty;
			}
			return;
		}
		if (b->next == NIL)
			return;
		link = &b->next;
		b = &t->buckets[b->next];
	}
}

/* ---- wheel ---- */

/* A slot has several lists, numbered slot * SL_WHEEL_LANES + lane; which one a flow is on is a matter of its index. */
static inline uint32_t *wheel_list(struct sl_flow_table *t, uint32_t list)
{
	return &t->wheel[list / SL_WHEEL_LANES][list % SL_WHEEL_LANES];
}

static void wheel_link(struct sl_flow_table *t, uint32_t flow, uint32_t deadline_tick)
{
	uint32_t ahead = ((deadline_tick >> SL_WHEEL_TICK_SHIFT) - t->wheel_slot) & SLOT_NUMBER_MASK;
	if (ahead == 0 || ahead > SLOT_NUMBER_MASK / 2)
		ahead = 1; /* due or overdue: the next slot, never the one being emptied */
	else if (ahead >= SL_WHEEL_SLOTS)
		ahead = SL_WHEEL_SLOTS - 1; /* further than the wheel: looked at again on the way */

	uint32_t slot = (t->wheel_slot + ahead) % SL_WHEEL_SLOTS;
	uint32_t list = slot * SL_WHEEL_LANES + flow % SL_WHEEL_LANES;
	struct sl_flow *f = &t->flows[flow];
	f->prev = WHEEL_HEAD | list;
	f->next = *wheel_list(t, list);
	if (f->next != NIL)
		t->flows[f->next].prev = flow;
	*wheel_list(t, list) = flow;
}

static void wheel_unlink(struct sl_flow_table *t, uint32_t flow)
{
	struct sl_flow *f = &t->flows[flow];

	if (f->prev == NIL)
		return; /* taken off by sl_flow_due */
	if (f->prev & WHEEL_HEAD)
		*wheel_list(t, f->prev & ~WHEEL_HEAD) = f->next;
	else
		t->flows[f->prev].next = f->next;
	if (f->next != NIL)
		t->flows[f->next].prev = f->prev;
	f->prev = NIL;
}

void sl_flow_reschedule(struct sl_flow_table *t, uint32_t flow, uint32_t deadline_tick)
{
	wheel_unlink(t, flow);
	wheel_link(t, flow, deadline_tick);
}

uint32_t sl_flow_due(struct sl_flow_table *t, uint32_t now_tick, unsigned int *budget)
{
	for (; *budget > 0; (*budget)--) {
		if (t->wheel_slot == now_tick >> SL_WHEEL_TICK_SHIFT)
			return SL_FLOW_NONE;
		const uint32_t *lists = t->wheel[t->wheel_slot % SL_WHEEL_SLOTS];
		for (unsigned int lane = 0; lane < SL_WHEEL_LANES; lane++) {
			uint32_t flow = lists[t->wheel_lane++ % SL_WHEEL_LANES];
			if (flow == NIL)
				continue;
			(*budget)--;
			wheel_unlink(t, flow); /* writes to the next one of this list, which loads it */
			return flow;
		}
		t->wheel_slot = (t->wheel_slot + 1) & SLOT_NUMBER_MASK;
	}
	return SL_FLOW_NONE;
}

/* ---- flows ---- */

static void side_set(struct sl_flow_table *t, uint32_t flow, enum sl_side side, const struct sl_tuple *k)
{
	t->flows[flow].side[side] = (struct sl_flow_side){
		.peer_be = k->peer.w_be[3],
		.self_be = k->self.w_be[3],
		.peer_port_be = k->peer_port_be,
		.self_port_be = k->self_port_be,
	};
	if (k->v6) {
		t->flows6[flow].side[side].peer = k->peer;
		t->flows6[flow].side[side].self = k->self;
	}
}

/*
 * Checksum differences of the rewrite client side -> server side. The mapped form's 0xffff counts as nothing in such a sum, so
 * the difference of the transport checksum is right between the families too: both pseudo headers have the same rest.
 */
static void deltas_set(struct sl_flow *f, const struct sl_tuple *client, const struct sl_tuple *server)
{
	struct sl_ip from[2] = { client->peer, client->self }, to[2] = { server->self, server->peer };
	uint16_t from_ports[2] = { client->peer_port_be, client->self_port_be };
	uint16_t to_ports[2] = { server->self_port_be, server->peer_port_be };
	uint16_t addresses = sl_checksum_delta(from, to, sizeof(from) / 2);

	f->l3_delta = addresses;
	f->l4_delta = sl_checksum_add(addresses, sl_checksum_delta(from_ports, to_ports, 2));
}

/* A record for a flow whose entries are in their buckets: the one that was next to be taken. */
static void record_set(struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server, uint32_t now_tick,
		       uint32_t timeout_ticks)
{
	uint32_t flow = t->free_head;
	struct sl_flow *f = &t->flows[flow];

	t->free_head = f->next;
	if (t->free_head != NIL)
		rte_prefetch0(&t->flows[t->free_head]); /* the next one to be made */
	*f = (struct sl_flow){
		.neighbour = { SL_ID_NONE, SL_ID_NONE },
		.proto = client->proto,
		.flags = SL_FLOW_LIVE | (client->v6 ? SL_FLOW_V6_CLIENT : 0) | (server->v6 ? SL_FLOW_V6_SERVER : 0),
		.last_seen = now_tick,
	};
	side_set(t, flow, SL_CLIENT, client);
	side_set(t, flow, SL_SERVER, server);
	wheel_link(t, flow, now_tick + timeout_ticks);
	t->live++;
}

static bool has_room(const struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server)
{
	return t->free_head != NIL && ((!client->v6 && !server->v6) || t->flows6 != NULL);
}

uint32_t sl_flow_create(struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server,
			uint32_t now_tick, uint32_t timeout_ticks)
{
	uint32_t flow = t->free_head;
	uint64_t client_hash = sl_flow_hash(t, client);

	if (!has_room(t, client, server))
		return SL_FLOW_NONE;
	if (entry_insert(t, client_hash, flow << 1 | SL_CLIENT) != 0)
		return SL_FLOW_NONE;
	if (entry_insert(t, sl_flow_hash(t, server), flow << 1 | SL_SERVER) != 0) {
		entry_remove(t, client_hash, flow << 1 | SL_CLIENT);
		return SL_FLOW_NONE;
	}
	record_set(t, client, server, now_tick, timeout_ticks);
	deltas_set(&t->flows[flow], client, server);
	return flow;
}

uint32_t sl_flow_create_one_way(struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server,
				uint32_t now_tick, uint32_t timeout_ticks)
{
	uint32_t flow = t->free_head;

	if (!has_room(t, client, server) || entry_insert(t, sl_flow_hash(t, client), flow << 1 | SL_CLIENT) != 0)
		return SL_FLOW_NONE;
	record_set(t, client, server, now_tick, timeout_ticks);
	t->flows[flow].flags |= SL_FLOW_ONE_WAY;
	t->one_way++;
	return flow;
}

void sl_flow_tuple(const struct sl_flow_table *t, uint32_t flow, enum sl_side side, struct sl_tuple *k)
{
	const struct sl_flow *f = &t->flows[flow];
	const struct sl_flow_side *s = &f->side[side];

	k->v6 = (f->flags >> side) & 1;
	k->proto = f->proto;
	k->peer_port_be = s->peer_port_be;
	k->self_port_be = s->self_port_be;
	k->peer = k->v6 ? t->flows6[flow].side[side].peer : sl_ip_from_v4(s->peer_be);
	k->self = k->v6 ? t->flows6[flow].side[side].self : sl_ip_from_v4(s->self_be);
}

/* Hash of the tuple that leads to one side of a live flow. */
static inline uint64_t hash_of(const struct sl_flow_table *t, uint32_t flow, unsigned int side)
{
	const struct sl_flow *f = &t->flows[flow];
	const struct sl_flow_side *s = &f->side[side];
	uint32_t ports;

	memcpy(&ports, &s->peer_port_be, sizeof(ports));
	if ((f->flags >> side) & 1)
		return sl_hash_v6(&t->key, &t->flows6[flow].side[side].peer, &t->flows6[flow].side[side].self, ports, f->proto);
	return sl_hash_v4(&t->key, s->peer_be, s->self_be, ports, f->proto);
}

void sl_flow_prefetch_entries(const struct sl_flow_table *t, uint32_t flow)
{
	sl_flow_prefetch_bucket(t, hash_of(t, flow, SL_CLIENT));
	sl_flow_prefetch_bucket(t, hash_of(t, flow, SL_SERVER));
}

void sl_flow_destroy(struct sl_flow_table *t, uint32_t flow)
{
	entry_remove(t, hash_of(t, flow, SL_CLIENT), flow << 1 | SL_CLIENT);
	if (likely(!(t->flows[flow].flags & SL_FLOW_ONE_WAY)))
		entry_remove(t, hash_of(t, flow, SL_SERVER), flow << 1 | SL_SERVER);
	else
		t->one_way--;
	wheel_unlink(t, flow);
	t->flows[flow].flags = 0;
	t->flows[flow].next = t->free_head;
	t->free_head = flow;
	t->live--;
}
