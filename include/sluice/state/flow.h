/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's flow table. Buckets of one cache line hold eight 16-bit signatures and indices; records of one cache line
 * hold a flow with both its directions. Everything is allocated at start, nothing is shared, nothing is rehashed.
 *
 * A flow has two sides, SL_CLIENT and SL_SERVER. On each it is known by (peer -> self): peer is the remote end there,
 * self the address we use there (VIP on the client side, source-NAT address on the server side). A packet that comes in
 * on one side leaves on the other as (self -> peer) of that side. Both (peer, self) tuples are in the hash table.
 *
 * Life: sl_flow_create -> (touch on each packet) -> expiry by the timing wheel, or sl_flow_destroy. A live flow is always
 * on exactly one wheel slot. Touching only writes last_seen; the wheel looks at it when the slot comes up.
 * Owner and only writer: the worker. Others ask it (sluice/state/query.h).
 */
#ifndef SLUICE_STATE_FLOW_H
#define SLUICE_STATE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "sluice/base/hash.h"
#include "sluice/base/ip.h"
#include "sluice/base/match.h"

enum sl_side { SL_CLIENT = 0, SL_SERVER = 1 };

/* sl_flow.flags. Each side has its own family: NAT64 and NAT46 flows have one of each. */
#define SL_FLOW_V6_CLIENT 0x01 /* 1 << SL_CLIENT */
#define SL_FLOW_V6_SERVER 0x02 /* 1 << SL_SERVER */
#define SL_FLOW_LIVE 0x04
/* A steady packet from that side has nothing to change in the flow and knows its next hop while the epoch lasts (lib/path/nat.c). */
#define SL_FLOW_STEADY_CLIENT 0x08 /* 1 << (SL_FLOW_STEADY_SHIFT + SL_CLIENT) */
#define SL_FLOW_STEADY_SERVER 0x10
#define SL_FLOW_STEADY_SHIFT 3
#define SL_FLOW_SEQ 0x20 /* its numbers are translated (sluice/state/seq.h): never steady */
#define SL_FLOW_STEADY_BOTH (SL_FLOW_STEADY_CLIENT | SL_FLOW_STEADY_SERVER)
/*
 * A flow of a mode in which backends answer clients directly: nothing comes in on its server side, which is in no bucket. It is
 * never steady in the sense above (lib/path/steer.c), and its checksum differences mean nothing.
 */
#define SL_FLOW_ONE_WAY 0x40
#define SL_FLOW_V6_BOTH (SL_FLOW_V6_CLIENT | SL_FLOW_V6_SERVER)

/*
 * A TCP flow that was ended from outside (lib/path/shut.c): its ends were sent resets, and whatever they still send is answered
 * with another. In udp_kind, since a packet of a flow with any but the plain kind is looked at in any case.
 */
#define SL_FLOW_SHUT 0xff

/*
 * What a flow keeps of the worker's epoch. The number comes round after 16 million changes of routes, neighbours and backends.
 * Before that the wheel has seen the flow and made its epoch one that is surely not current (lib/path/loop.c).
 */
#define SL_EPOCH_BITS 24
#define SL_EPOCH_MASK ((1u << SL_EPOCH_BITS) - 1)

struct sl_flow_side {
	uint32_t peer_be, self_be; /* IPv4; IPv6 addresses are in sl_flow6 */
	uint16_t peer_port_be, self_port_be;
};

struct sl_flow {
	struct sl_flow_side side[2];
	uint16_t l3_delta;  /* checksum difference client -> server of the IPv4 header; its complement for the way back;
			       without meaning unless both sides are IPv4 */
	uint16_t l4_delta;  /* the same of the TCP/UDP checksum */
	uint16_t neighbour[2]; /* next hop towards each side; valid while `epoch` is the worker's */
	uint32_t epoch : SL_EPOCH_BITS;
	uint32_t udp_kind : 32 - SL_EPOCH_BITS; /* enum sl_udp_kind; TCP: 0, or SL_FLOW_SHUT */
	uint16_t service;   /* id */
	uint16_t backend;   /* id */
	uint8_t proto;
	uint8_t state;	    /* enum sl_tcp_state; UDP: see sluice/state/udp.h */
	uint8_t flags;
	uint8_t udp_replies; /* to each request */
	uint32_t last_seen; /* tick of the last packet */
	uint32_t next, prev; /* wheel slot list, or free list */
	uint32_t ack[2];    /* sequence number each side expects next from the other, host order (TCP); of the client, while the
			       flow waits for its first answer (SYN_SENT, UDP): when it asked (latency.h) */
};
_Static_assert(sizeof(struct sl_flow) == 64, "a flow record is one cache line");

/* IPv6 addresses of the flow with the same index, on the sides that are IPv6. */
struct sl_flow6 {
	struct {
		struct sl_ip peer, self;
	} side[2];
};
_Static_assert(sizeof(struct sl_flow6) == 64, "IPv6 adds one cache line");

/* The tuple by which a packet finds its flow: its source is the peer, its destination is self. */
struct sl_tuple {
	struct sl_ip peer, self;
	uint16_t peer_port_be, self_port_be;
	uint8_t proto;
	bool v6;
};

#define SL_WHEEL_SLOTS 4096
#define SL_WHEEL_LANES 8 /* lists of a slot: while one flow is looked at, the next ones of the other lists are being loaded */
#define SL_WHEEL_TICK_SHIFT 7 /* a slot is 128 ticks, 134 ms; the wheel spans 9 minutes and longer timeouts go around */

/* The wheel looks at each flow at least this often, some lag included: its whole turn and a quarter. */
#define SL_FLOW_VISIT_TICKS ((SL_WHEEL_SLOTS + SL_WHEEL_SLOTS / 4) << SL_WHEEL_TICK_SHIFT)

#define SL_FLOW_BUCKET_SLOTS 8

struct sl_flow_bucket {
	_Alignas(16) uint16_t signature[SL_FLOW_BUCKET_SLOTS]; /* 0: empty */
	uint32_t entry[SL_FLOW_BUCKET_SLOTS]; /* flow index << 1 | side */
	uint32_t next;			      /* chained bucket, or UINT32_MAX; in the free list too */
	uint8_t pad[12];
};
_Static_assert(sizeof(struct sl_flow_bucket) == 64, "a bucket is one cache line");

struct sl_flow_table {
	struct sl_hash_key key;
	struct sl_flow_bucket *buckets; /* main ones, then the overflow pool */
	struct sl_flow *flows;
	struct sl_flow6 *flows6;  /* NULL while no IPv6 is configured */
	uint32_t bucket_mask;
	uint32_t capacity;
	uint32_t live;
	uint32_t one_way;	  /* of the live ones, those with SL_FLOW_ONE_WAY */
	uint32_t free_head;
	bool mixed;		  /* it has had a flow between the families */
	uint32_t overflow_free;	  /* head of the free overflow buckets */
	uint32_t wheel_slot;	  /* next slot to look at */
	uint32_t wheel_lane;	  /* and its list */
	uint32_t wheel[SL_WHEEL_SLOTS][SL_WHEEL_LANES];
};

/* Bytes that a table of `capacity` flows takes. */
uint64_t sl_flow_table_bytes(uint32_t capacity, bool ipv6);

/* Allocate on a NUMA node (-1: any). Returns 0, or -1 when memory runs out (nothing is left allocated). */
int sl_flow_table_init(struct sl_flow_table *t, uint32_t capacity, bool ipv6, int numa_node,
		       const struct sl_hash_key *key, uint32_t now_tick);
void sl_flow_table_fini(struct sl_flow_table *t);

/*
 * What packets and tuples have in common, by its parts: a key is not copied only to be looked at. `ports` are both ports as
 * they lie in memory, the peer's first.
 */
static inline uint64_t sl_flow_hash_parts(const struct sl_flow_table *t, const struct sl_ip *peer, const struct sl_ip *self,
					  uint32_t ports, uint8_t proto, bool v6)
{
	if (v6)
		return sl_hash_v6(&t->key, peer, self, ports, proto);
	return sl_hash_v4(&t->key, peer->w_be[3], self->w_be[3], ports, proto);
}

static inline bool sl_flow_is_parts(const struct sl_flow_table *t, uint32_t entry, const struct sl_ip *peer,
				    const struct sl_ip *self, uint32_t ports, uint8_t proto, bool v6)
{
	const struct sl_flow *f = &t->flows[entry >> 1];
	const struct sl_flow_side *s = &f->side[entry & 1];
	uint32_t own;

	memcpy(&own, &s->peer_port_be, sizeof(own));
	uint32_t differs = (own ^ ports) | (uint32_t)(f->proto ^ proto) | (uint32_t)(((f->flags >> (entry & 1)) & 1) ^ v6);
	if (v6) {
		const struct sl_flow6 *f6 = &t->flows6[entry >> 1];
		return differs == 0 && sl_ip_equal(&f6->side[entry & 1].peer, peer) &&
		       sl_ip_equal(&f6->side[entry & 1].self, self);
	}
	return (differs | (s->peer_be ^ peer->w_be[3]) | (s->self_be ^ self->w_be[3])) == 0;
}

static inline uint32_t sl_tuple_ports(const struct sl_tuple *k)
{
	uint32_t ports;
	memcpy(&ports, &k->peer_port_be, sizeof(ports));
	return ports;
}
_Static_assert(offsetof(struct sl_tuple, self_port_be) == offsetof(struct sl_tuple, peer_port_be) + 2, "ports are together");

static inline uint64_t sl_flow_hash(const struct sl_flow_table *t, const struct sl_tuple *k)
{
	return sl_flow_hash_parts(t, &k->peer, &k->self, sl_tuple_ports(k), k->proto, k->v6);
}

/* The entry's tuple is k. */
static inline bool sl_flow_is(const struct sl_flow_table *t, uint32_t entry, const struct sl_tuple *k)
{
	return sl_flow_is_parts(t, entry, &k->peer, &k->self, sl_tuple_ports(k), k->proto, k->v6);
}

/*
 * A look-up in three steps, so that the cache misses of a burst overlap: start loading the buckets; some dozen cycles later
 * find in each the one entry that probably is it and start loading its record; then compare. Inline: once for each packet.
 */
static inline void sl_flow_prefetch_bucket(const struct sl_flow_table *t, uint64_t hash)
{
	rte_prefetch0(&t->buckets[hash & t->bucket_mask]);
}

/* Never 0, which is an empty slot. */
static inline uint16_t sl_flow_signature(uint64_t hash)
{
	return (uint16_t)(hash >> 48) | 1;
}

/* Entry (flow index << 1 | side) that the hash probably leads to, its record being loaded; SL_FLOW_NONE: none, or a chained one. */
static inline uint32_t sl_flow_candidate(const struct sl_flow_table *t, uint64_t hash, bool v6)
{
	const struct sl_flow_bucket *b = &t->buckets[hash & t->bucket_mask];
	uint32_t match = sl_match_u16x8(b->signature, sl_flow_signature(hash));

	if (unlikely(match == 0))
		return UINT32_MAX;
	uint32_t entry = b->entry[sl_match_first(match)];
	rte_prefetch0(&t->flows[entry >> 1]);
	if (v6 && t->flows6 != NULL)
		rte_prefetch0(&t->flows6[entry >> 1]);
	return entry;
}

/* Flow index and, in *side, the side whose (peer, self) is k; SL_FLOW_NONE when there is none. */
uint32_t sl_flow_lookup(const struct sl_flow_table *t, const struct sl_tuple *k, uint64_t hash, uint8_t *side);

/*
 * New flow known by `client` on the client side and `server` on the server side (same protocol; neither may exist).
 * timeout_ticks is its first idle time. Returns its index, or SL_FLOW_NONE when the table is full.
 * The checksum deltas are computed; service, backend, state and neighbours are the caller's to set.
 */
uint32_t sl_flow_create(struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server,
			uint32_t now_tick, uint32_t timeout_ticks);

/* The same for a flow of which only the client side is looked up: `server` may be any other's, too. */
uint32_t sl_flow_create_one_way(struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server,
				uint32_t now_tick, uint32_t timeout_ticks);

/* Start loading what sl_flow_prefetch_entries will need of a flow whose record is loaded. */
static inline void sl_flow_prefetch_addresses(const struct sl_flow_table *t, uint32_t flow)
{
	if (t->flows[flow].flags & SL_FLOW_V6_BOTH)
		rte_prefetch0(&t->flows6[flow]);
}

/* Start loading what sl_flow_destroy will need. */
void sl_flow_prefetch_entries(const struct sl_flow_table *t, uint32_t flow);

/* Unlink and free at once. */
void sl_flow_destroy(struct sl_flow_table *t, uint32_t flow);

/* The tuple of a live flow on one side. */
void sl_flow_tuple(const struct sl_flow_table *t, uint32_t flow, enum sl_side side, struct sl_tuple *k);

/*
 * Move a flow to the wheel slot of a deadline earlier than the one it sits on. Needed only when a timeout gets shorter;
 * later deadlines are found lazily.
 */
void sl_flow_reschedule(struct sl_flow_table *t, uint32_t flow, uint32_t deadline_tick);

/* Idle time so far, in ticks. */
static inline uint32_t sl_flow_idle(const struct sl_flow *f, uint32_t now_tick)
{
	return now_tick - f->last_seen;
}

/*
 * Next flow whose slot has come up by now_tick, taken off its slot, or SL_FLOW_NONE. Looks at up to *budget slots and
 * flows and reduces it. The caller must put it back with sl_flow_reschedule or call sl_flow_destroy.
 */
uint32_t sl_flow_due(struct sl_flow_table *t, uint32_t now_tick, unsigned int *budget);

#endif
