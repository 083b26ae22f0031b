/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual reassembly: a worker's table of datagrams that are coming in fragments. Only a first fragment has ports; the
 * table keeps them for the others, holds those that came too early, and knows which bytes have come, so that an
 * overlap is noticed. Payload is never put together.
 *
 * Life: sl_fragment_add -> sl_fragment_known once the first fragment is there -> sl_fragment_remove, when all bytes
 * have come, after SL_FRAGMENT_NS, or when it is the oldest and room is needed. A datagram is on exactly one of two
 * lists by age, `waiting` for its first fragment or `settled` (known, or refused); as all live equally long, the oldest
 * is always at the head of one, and expiry and eviction look at no other.
 *
 * With several workers a datagram is followed twice where its owner is not its flow's: once by each.
 * Everything is allocated at start. Owner and only writer: the worker.
 */
#ifndef SLUICE_STATE_FRAGMENT_H
#define SLUICE_STATE_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/hash.h"
#include "sluice/base/id.h"
#include "sluice/base/ip.h"
#include "sluice/packet/fragment.h"

/*
 * How long a datagram may take. FRAGMENT_MIN of RFC 6146 section 4, the least a translator must give; hosts wait 15 to
 * 60 seconds (RFC 791 section 3.2, RFC 8200 section 4.5), but they do not hold packets for everybody.
 */
#define SL_FRAGMENT_NS (2ull * 1000 * 1000 * 1000)
#define SL_FRAGMENT_HELD_MAX 256	   /* fragments a worker holds */
#define SL_FRAGMENT_HELD_PER_DATAGRAM 64   /* a datagram of 64 KiB has 46 at an MTU of 1500; one burst */
#define SL_FRAGMENT_RANGES 13		   /* gaps between the bytes that have come: in any usual order there are one or two */
#define SL_FRAGMENT_CAPACITY_MIN 128	   /* two bursts: what this burst refers to is never the oldest */

/* A datagram's name: all its fragments have the same, and no other datagram on its way has. */
struct sl_fragment_key {
	struct sl_ip src, dst;
	uint32_t id_be;
	uint8_t proto; /* IPv6: 0, as its fragments may differ in it (RFC 8200 section 4.5) */
};

/* sl_datagram.flags */
#define SL_DATAGRAM_KNOWN 0x01	  /* the first fragment has come: ports and protocol are set */
#define SL_DATAGRAM_COMPLETE 0x02 /* all bytes have come */
#define SL_DATAGRAM_QUEUED 0x04	  /* something is left to do after this burst */
#define SL_DATAGRAM_NUMBERED 0x08 /* new_id_be is set */
#define SL_DATAGRAM_CONSUMED 0x10 /* of a relay: its first fragment was not sent on */

struct sl_datagram {
	struct sl_fragment_key key;
	uint16_t sport_be, dport_be;
	uint8_t proto;	  /* as the first fragment has it */
	uint8_t flags;
	uint8_t refused;  /* enum sl_drop_cause for every further fragment; SL_DROP_MAX: none */
	uint8_t n_ranges;
	uint32_t new_id_be; /* identification its fragments leave with */
	uint32_t since;	  /* tick when it came onto its list */
	uint32_t round;	  /* sl_fragment_table.round when it was last touched */
	uint16_t total;	  /* length of the payload once the last fragment has come, else 0 */
	uint16_t n_held, held_first, held_last;
	uint16_t chain;	  /* next in the bucket, or in the free list */
	uint16_t older, newer; /* list by age */
	uint16_t queue_next;
	struct {
		uint16_t start, end;
	} ranges[SL_FRAGMENT_RANGES]; /* that have come, ascending, never touching */
};
_Static_assert(sizeof(struct sl_datagram) <= 128, "two cache lines");

struct sl_fragment_list {
	uint16_t oldest, newest;
};

struct sl_fragment_table {
	struct sl_hash_key key;
	struct sl_datagram *datagrams;
	uint16_t *buckets;
	uint32_t bucket_mask;
	uint32_t live;
	uint32_t round;	    /* counts bursts that touched the table: datagrams of the present one are not evicted */
	bool touched;	    /* in this burst */
	uint16_t free_head;
	struct sl_fragment_list waiting, settled;
	uint16_t queue_first, queue_last; /* work left for the end of the burst */
	uint16_t n_held, held_free;
	struct {
		struct rte_mbuf *m;
		uint16_t next;
	} held[SL_FRAGMENT_HELD_MAX];
};

/* Datagrams a worker has room for, when all of them together have room for max_fragments. */
uint32_t sl_fragment_capacity(uint32_t max_fragments, uint16_t n_workers);
uint64_t sl_fragment_table_bytes(uint32_t capacity);

/* Allocate on a NUMA node (-1: any), capacity < SL_ID_NONE. Returns 0, or -1 when memory runs out. */
int sl_fragment_table_init(struct sl_fragment_table *t, uint32_t capacity, int numa_node,
			   const struct sl_hash_key *key);
void sl_fragment_table_fini(struct sl_fragment_table *t);

/* Index of the datagram, or SL_ID_NONE. */
uint16_t sl_fragment_find(const struct sl_fragment_table *t, const struct sl_fragment_key *key);

/* New datagram (there is none with this key yet), waiting. SL_ID_NONE when the table is full: remove the oldest. */
uint16_t sl_fragment_add(struct sl_fragment_table *t, const struct sl_fragment_key *key, uint32_t now_tick);

/* Nothing is held for it. */
void sl_fragment_remove(struct sl_fragment_table *t, uint16_t index);

/* The first fragment is there. */
void sl_fragment_known(struct sl_fragment_table *t, uint16_t index, const struct sl_pkt *p, uint32_t now_tick);

/* None of its fragments may go on, for this enum sl_drop_cause. Nothing is held for it. */
void sl_fragment_refuse(struct sl_fragment_table *t, uint16_t index, uint8_t cause, uint32_t now_tick);

enum sl_fragment_verdict {
	SL_FRAGMENT_NEW,       /* all its bytes are new, and noted */
	SL_FRAGMENT_DUPLICATE, /* all its bytes have come before */
	SL_FRAGMENT_OVERLAP,   /* some have; or it does not agree with where the datagram ends */
	SL_FRAGMENT_SCATTERED, /* new, but there are too many gaps to keep account of */
};

/*
 * Note the bytes of a fragment; SL_DATAGRAM_COMPLETE is set when the last ones have come. A fragment that lies within
 * what has come is a duplicate even if it was cut differently: it goes no further, so it cannot change what is put
 * together from the others (RFC 8200 section 4.5 leaves the choice).
 */
enum sl_fragment_verdict sl_fragment_cover(struct sl_datagram *d, const struct sl_fragment *f);

/* Keep a fragment, in order of arrival. -1 when the datagram has its share or the worker holds too many. */
int sl_fragment_hold(struct sl_fragment_table *t, uint16_t index, struct rte_mbuf *m);
/* The held fragment that came first, now the caller's; NULL when there is none. */
struct rte_mbuf *sl_fragment_unhold(struct sl_fragment_table *t, uint16_t index);

/* Oldest datagram; SL_ID_NONE when there is none. */
uint16_t sl_fragment_oldest(const struct sl_fragment_table *t);

/* The oldest datagram, if its time is up; SL_ID_NONE otherwise. */
uint16_t sl_fragment_due(const struct sl_fragment_table *t, uint32_t now_tick);

/* Remember that something is left to do for the datagram after this burst; next one of these, or SL_ID_NONE. */
void sl_fragment_enqueue(struct sl_fragment_table *t, uint16_t index);
uint16_t sl_fragment_dequeue(struct sl_fragment_table *t);

#endif
