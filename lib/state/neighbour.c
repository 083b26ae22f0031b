/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared next-hop table: open addressing with linear probing. An index never moves while its entry lives, because
 * workers keep indices; so removal leaves a mark instead of closing the gap.
 *
 * A slot is EMPTY (never used since its cluster was last cleared; ends a probe), in use (state other than FREE), or REMOVED
 * (state FREE, interface SL_ID_NONE; a probe walks on). The first REMOVED slot on the way is reused by the next addition.
 * When a removal leaves marks in front of an EMPTY slot, nothing can lie behind them and they become EMPTY again; that,
 * the half empty table and the bound of one round keep probing finite and short.
 *
 * Control is the only writer. A reader probes without a lock: it copies each slot's key under the slot's sequence, so it
 * never compares half-written keys. It can miss an entry that is being added, which is no worse than coming a moment
 * earlier; it cannot miss one that was there before it began, because no slot between an entry and its home slot turns EMPTY
 * while the entry lives.
 *
 * Slot SL_ID_NONE of the largest table would have an index that means "none": it is marked REMOVED and never used.
 */
#include <sys/random.h>

#include <rte_branch_prediction.h>
#include <rte_malloc.h>

#include "sluice/packet/burst.h"
#include "sluice/state/neighbour.h"

static uint32_t slots_for(uint32_t capacity)
{
	uint32_t slots = 16;

	while (slots < 2 * capacity)
		slots *= 2;
	return slots;
}

uint64_t sl_neighbour_table_bytes(uint32_t capacity)
{
	return (uint64_t)slots_for(capacity) * sizeof(struct sl_neighbour);
}

int sl_neighbour_table_init(struct sl_neighbour_table *t, uint32_t capacity)
{
	if (capacity == 0 || capacity > SL_NEIGHBOURS_MAX)
		return -1;
	*t = (struct sl_neighbour_table){ .mask = slots_for(capacity) - 1, .capacity = capacity };
	if (getentropy(&t->key, sizeof(t->key)) != 0)
		return -1;
	t->entries = rte_zmalloc("neighbours", sl_neighbour_table_bytes(capacity), RTE_CACHE_LINE_SIZE);
	if (t->entries == NULL)
		return -1;
	if (t->mask >= SL_ID_NONE)
		t->entries[SL_ID_NONE].interface = t->entries[SL_ID_NONE].last.interface = SL_ID_NONE;
	return 0;
}

void sl_neighbour_table_fini(struct sl_neighbour_table *t)
{
	rte_free(t->entries);
	*t = (struct sl_neighbour_table){ 0 };
}

static uint32_t home(const struct sl_neighbour_table *t, uint16_t interface, const struct sl_ip *ip)
{
	uint64_t address = sl_hash_mix(ip->q[0] ^ t->key.k[0], ip->q[1] ^ t->key.k[1]);

	return (uint32_t)sl_hash_mix(address ^ interface, t->key.k[2] | 1) & t->mask;
}

/* Key and state of a slot, consistent whatever control does meanwhile. */
struct slot_key {
	uint8_t state;
	uint16_t interface;
	struct sl_ip ip;
};

static struct slot_key read_key(const struct sl_neighbour *e)
{
	struct slot_key k;
	uint32_t before, after;

	do {
		before = atomic_load_explicit(&e->sequence, memory_order_acquire);
		if (unlikely(before & 1))
			k = (struct slot_key){ .state = e->last.state, .interface = e->last.interface, .ip = e->last.ip };
		else
			k = (struct slot_key){ .state = e->state, .interface = e->interface, .ip = e->ip };
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&e->sequence, memory_order_relaxed);
	} while (before != after);
	return k;
}

static bool is_empty(uint8_t state, uint16_t interface)
{
	return state == SL_NEIGHBOUR_FREE && interface != SL_ID_NONE;
}

uint16_t sl_neighbour_lookup(const struct sl_neighbour_table *t, uint16_t interface, const struct sl_ip *ip)
{
	uint32_t slot = home(t, interface, ip);

	for (uint32_t i = 0; i <= t->mask; i++, slot = (slot + 1) & t->mask) {
		struct slot_key k = read_key(&t->entries[slot]);
		if (is_empty(k.state, k.interface))
			break;
		if (k.state != SL_NEIGHBOUR_FREE && k.interface == interface && sl_ip_equal(&k.ip, ip))
			return (uint16_t)slot;
	}
	return SL_ID_NONE;
}

bool sl_neighbour_owner(const struct sl_neighbour_table *t, uint16_t index, uint16_t *interface, struct sl_ip *ip)
{
	struct slot_key k = read_key(&t->entries[index]);

	*interface = k.interface;
	*ip = k.ip;
	return k.state != SL_NEIGHBOUR_FREE;
}

static void write_begin(struct sl_neighbour *e)
{
	uint32_t sequence = atomic_load_explicit(&e->sequence, memory_order_relaxed);

	/* Who sees it odd reads `last`, so that must be complete by then; and the fields are not written before. */
	atomic_store_explicit(&e->sequence, sequence + 1, memory_order_release);
	atomic_thread_fence(memory_order_release);
}

static void write_end(struct sl_neighbour *e)
{
	uint32_t sequence = atomic_load_explicit(&e->sequence, memory_order_relaxed);

	atomic_store_explicit(&e->sequence, sequence + 1, memory_order_release);
	atomic_thread_fence(memory_order_release); /* who still reads `last` notices that the sequence went on */
	e->last.state = e->state;
	e->last.interface = e->interface;
	e->last.ip = e->ip;
	e->last.l2 = e->l2;
}

/* Give a slot another meaning. Nothing can be sent through it before control writes a header. */
static void set_key(struct sl_neighbour *e, enum sl_neighbour_state state, uint16_t interface, const struct sl_ip *ip)
{
	write_begin(e);
	e->state = (uint8_t)state;
	e->interface = interface;
	e->ip = *ip;
	e->l2 = (struct sl_l2){ .interface = interface };
	write_end(e);
	e->probes = 0;
	e->confirmed_ns = 0;
	e->next_ns = 0;
	atomic_store_explicit(&e->wanted, 0, memory_order_relaxed);
	atomic_store_explicit(&e->used_tick, 0, memory_order_relaxed);
}

uint16_t sl_neighbour_add(struct sl_neighbour_table *t, uint16_t interface, const struct sl_ip *ip)
{
	uint32_t slot = home(t, interface, ip), vacant = SL_ID_NONE;

	for (uint32_t i = 0; i <= t->mask; i++, slot = (slot + 1) & t->mask) {
		const struct sl_neighbour *e = &t->entries[slot];
		if (e->state != SL_NEIGHBOUR_FREE) {
			if (e->interface == interface && sl_ip_equal(&e->ip, ip))
				return (uint16_t)slot;
			continue;
		}
		if (vacant == SL_ID_NONE)
			vacant = slot;
		if (is_empty(e->state, e->interface))
			break;
	}
	if (t->used == t->capacity || vacant == SL_ID_NONE)
		return SL_ID_NONE;
	t->used++;
	set_key(&t->entries[vacant], SL_NEIGHBOUR_INCOMPLETE, interface, ip);
	return (uint16_t)vacant;
}

void sl_neighbour_write(struct sl_neighbour_table *t, uint16_t index, enum sl_neighbour_state state,
			const struct sl_l2 *l2)
{
	struct sl_neighbour *e = &t->entries[index];

	write_begin(e);
	e->state = (uint8_t)state;
	e->l2 = *l2;
	write_end(e);
}

void sl_neighbour_remove(struct sl_neighbour_table *t, uint16_t index)
{
	static const struct sl_ip none;
	uint32_t slot = index, next = (slot + 1) & t->mask;

	if (t->entries[slot].state == SL_NEIGHBOUR_FREE)
		return;
	set_key(&t->entries[slot], SL_NEIGHBOUR_FREE, SL_ID_NONE, &none);
	t->used--;

	/* Marks in front of an empty slot hide nothing. Slot SL_ID_NONE stays marked. */
	while (is_empty(t->entries[next].state, t->entries[next].interface) &&
	       t->entries[slot].state == SL_NEIGHBOUR_FREE && t->entries[slot].interface == SL_ID_NONE &&
	       slot != SL_ID_NONE) {
		set_key(&t->entries[slot], SL_NEIGHBOUR_FREE, 0, &none);
		next = slot;
		slot = (slot - 1) & t->mask;
	}

	/* After the entry: a worker that sees the new epoch cannot see the old entry. */
	atomic_fetch_add_explicit(&t->epoch, 1, memory_order_release);
}
