/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of next hops (ARP and ND cache), shared by all workers. Only the control thread writes it; workers read
 * entries under a per-entry sequence. An entry holds the ready-made Ethernet header, so sending is a copy.
 *
 * Readers never wait for control, which may be preempted in the midst of writing: what they read is there twice. While
 * `sequence` is odd, control writes the entry's own fields and `last` is as they were before; afterwards `last` follows while
 * the fields stand. A reader takes whichever is not being written, and again only if control went on meanwhile.
 *
 * An entry's index stays valid while sl_neighbour_table.epoch does not change: control changes the epoch when it gives an
 * entry to another address. Packets wait for unresolved entries in their worker, not here.
 */
#ifndef SLUICE_STATE_NEIGHBOUR_H
#define SLUICE_STATE_NEIGHBOUR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sluice/base/hash.h"
#include "sluice/base/id.h"
#include "sluice/base/ip.h"

#define SL_NEIGHBOURS_MAX 32768

enum sl_neighbour_state {
	SL_NEIGHBOUR_FREE,
	SL_NEIGHBOUR_INCOMPLETE, /* asked, no answer yet */
	SL_NEIGHBOUR_REACHABLE,
	SL_NEIGHBOUR_PROBE,	 /* known, being confirmed again */
	SL_NEIGHBOUR_FAILED,	 /* no answer: packets to it are dropped, asked again now and then */
	SL_NEIGHBOUR_STATIC,	 /* from the configuration */
};

/* What a worker needs to send to a next hop. */
struct sl_l2 {
	uint16_t port;
	uint16_t mtu;	    /* of the interface */
	uint16_t interface;
	uint8_t header_len; /* 14, or 18 with a VLAN tag */
	bool usable;	    /* the MAC address is known; otherwise hold or drop */
	bool failed;
	uint8_t header[18]; /* destination, source, [802.1Q tag], EtherType 0 (last two bytes are the sender's to set) */
};

struct sl_neighbour {
	_Atomic uint32_t sequence; /* odd while control writes state, interface, ip and l2 */
	uint8_t state;		   /* enum sl_neighbour_state */
	uint8_t probes;		   /* control only: unanswered so far */
	uint16_t interface;
	struct sl_ip ip;
	struct sl_l2 l2;
	_Atomic uint32_t used_tick;	   /* workers: roughly when last sent to */
	_Atomic uint32_t wanted;	   /* control: gateways and backends of the configuration are kept resolved */
	_Alignas(8) uint64_t confirmed_ns; /* control only: when the MAC was last confirmed */
	uint64_t next_ns;		   /* control only: when to act next */
	struct {
		struct sl_ip ip;
		struct sl_l2 l2;
		uint16_t interface;
		uint8_t state;
	} last; /* control, while sequence is even */
};
_Static_assert(sizeof(struct sl_neighbour) == 128, "what is read for each packet is in the first of two cache lines");

struct sl_neighbour_table {
	struct sl_hash_key key; /* random: stations choose their IPv6 addresses, and must not choose a slot with them */
	uint32_t mask;		/* slots - 1; a power of two, at most half are used */
	uint32_t capacity;
	uint32_t used;
	_Atomic uint32_t epoch; /* changes when an index gets another meaning */
	struct sl_neighbour *entries;
};

uint64_t sl_neighbour_table_bytes(uint32_t capacity);
int sl_neighbour_table_init(struct sl_neighbour_table *t, uint32_t capacity);
void sl_neighbour_table_fini(struct sl_neighbour_table *t);

/* ---- workers ---- */

/* Index of the entry for (interface, ip), or SL_ID_NONE. Any thread. */
uint16_t sl_neighbour_lookup(const struct sl_neighbour_table *t, uint16_t interface, const struct sl_ip *ip);

/* Whose entry that is; false: nobody's, control has just removed it. */
bool sl_neighbour_owner(const struct sl_neighbour_table *t, uint16_t index, uint16_t *interface, struct sl_ip *ip);

/* Consistent copy of what is needed to send. */
static inline void sl_neighbour_read(const struct sl_neighbour_table *t, uint16_t index, struct sl_l2 *l2)
{
	const struct sl_neighbour *e = &t->entries[index];
	uint32_t before, after;
	do {
		before = atomic_load_explicit(&e->sequence, memory_order_acquire);
		*l2 = before & 1 ? e->last.l2 : e->l2;
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&e->sequence, memory_order_relaxed);
	} while (before != after);
}

#define SL_NEIGHBOUR_USED_TICKS 1000u /* how stale used_tick may get: a shared line written once a second, not per packet */

/* It is time to write used_tick again. */
static inline bool sl_neighbour_is_stale(const struct sl_neighbour *e, uint32_t now_tick)
{
	return now_tick - atomic_load_explicit(&e->used_tick, memory_order_relaxed) > SL_NEIGHBOUR_USED_TICKS;
}

/* ---- control thread ---- */

/* Find or add the entry; SL_ID_NONE when the table is full (capacity entries). A new one is INCOMPLETE. */
uint16_t sl_neighbour_add(struct sl_neighbour_table *t, uint16_t interface, const struct sl_ip *ip);

/* Publish a new state and layer-2 header of an entry. */
void sl_neighbour_write(struct sl_neighbour_table *t, uint16_t index, enum sl_neighbour_state state,
			const struct sl_l2 *l2);

/* Free an entry and change the epoch. */
void sl_neighbour_remove(struct sl_neighbour_table *t, uint16_t index);

#endif
