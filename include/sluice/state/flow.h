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

#include "sluice/base/hash.h"
#include "sluice/base/ip.h"

enum sl_side { SL_CLIENT = 0, SL_SERVER = 1 };

/* sl_flow.flags. Each side has its own family: NAT64 and NAT46 flows have one of each. */
#define SL_FLOW_V6_CLIENT 0x01 /* 1 << SL_CLIENT */
#define SL_FLOW_V6_SERVER 0x02 /* 1 << SL_SERVER */
#define SL_FLOW_LIVE 0x04
#define SL_FLOW_V6_BOTH (SL_FLOW_V6_CLIENT | SL_FLOW_V6_SERVER)

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
	uint16_t epoch;
	uint16_t service;   /* id */
	uint16_t backend;   /* id */
	uint8_t proto;
	uint8_t state;	    /* enum sl_tcp_state; UDP: see sluice/state/udp.h */
	uint8_t flags;
	uint8_t pad;
	uint8_t udp_kind;    /* enum sl_udp_kind */
	uint8_t udp_replies; /* to each request */
	uint32_t last_seen; /* tick of the last packet */
	uint32_t next, prev; /* wheel slot list, or free list */
	uint32_t ack[2];    /* sequence number each side expects next from the other, host order (TCP) */
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
#define SL_WHEEL_TICK_SHIFT 7 /* a slot is 128 ticks, 134 ms; the wheel spans 9 minutes and longer timeouts go around */

/* The wheel looks at each flow at least this often, some lag included: its whole turn and a quarter. */
#define SL_FLOW_VISIT_TICKS ((SL_WHEEL_SLOTS + SL_WHEEL_SLOTS / 4) << SL_WHEEL_TICK_SHIFT)

struct sl_flow_bucket;

struct sl_flow_table {
	struct sl_hash_key key;
	struct sl_flow_bucket *buckets; /* main ones, then the overflow pool */
	struct sl_flow *flows;
	struct sl_flow6 *flows6;  /* NULL while no IPv6 is configured */
	uint32_t bucket_mask;
	uint32_t capacity;
	uint32_t live;
	uint32_t free_head;
	uint32_t overflow_free;	  /* head of the free overflow buckets */
	uint32_t wheel_slot;	  /* next slot to look at */
	uint32_t wheel[SL_WHEEL_SLOTS];
};

/* Bytes that a table of `capacity` flows takes. */
uint64_t sl_flow_table_bytes(uint32_t capacity, bool ipv6);

/* Allocate on a NUMA node (-1: any). Returns 0, or -1 when memory runs out (nothing is left allocated). */
int sl_flow_table_init(struct sl_flow_table *t, uint32_t capacity, bool ipv6, int numa_node,
		       const struct sl_hash_key *key, uint32_t now_tick);
void sl_flow_table_fini(struct sl_flow_table *t);

static inline uint64_t sl_flow_hash(const struct sl_flow_table *t, const struct sl_tuple *k)
{
	uint32_t ports = (uint32_t)k->peer_port_be << 16 | k->self_port_be;
	if (k->v6)
		return sl_hash_v6(&t->key, &k->peer, &k->self, ports, k->proto);
	return sl_hash_v4(&t->key, k->peer.w_be[3], k->self.w_be[3], ports, k->proto);
}

/* Start loading the bucket of a hash; some dozen cycles later, the record that it probably leads to. */
void sl_flow_prefetch_bucket(const struct sl_flow_table *t, uint64_t hash);
void sl_flow_prefetch_record(const struct sl_flow_table *t, uint64_t hash);

/* Flow index and, in *side, the side whose (peer, self) is k; SL_FLOW_NONE when there is none. */
uint32_t sl_flow_lookup(const struct sl_flow_table *t, const struct sl_tuple *k, uint64_t hash, uint8_t *side);

/*
 * New flow known by `client` on the client side and `server` on the server side (same protocol; neither may exist).
 * timeout_ticks is its first idle time. Returns its index, or SL_FLOW_NONE when the table is full.
 * The checksum deltas are computed; service, backend, state and neighbours are the caller's to set.
 */
uint32_t sl_flow_create(struct sl_flow_table *t, const struct sl_tuple *client, const struct sl_tuple *server,
			uint32_t now_tick, uint32_t timeout_ticks);

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
