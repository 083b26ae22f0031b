/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>
#include <rte_malloc.h>

#include "sluice/base/id.h"
#include "sluice/config/config.h"
#include "sluice/state/affinity.h"

/* tag << 34 | backend << 22 | end. A tag is never 0, so 0 is an empty word. */
#define END_BITS 22
#define BACKEND_BITS 12
#define TAG_SHIFT (END_BITS + BACKEND_BITS)
#define END_MASK ((1u << END_BITS) - 1)
#define BUCKET_WORDS 8
#define TRIES 4

_Static_assert(SL_MAX_BACKENDS <= 1 << BACKEND_BITS, "a backend id fits in its field");
_Static_assert(END_BITS + SL_AFFINITY_TICK_SHIFT == 32, "ends wrap when the clock does");

static uint32_t buckets_for(uint32_t clients)
{
	return rte_align32pow2((clients + BUCKET_WORDS / 2 - 1) / (BUCKET_WORDS / 2));
}

uint64_t sl_affinity_table_bytes(uint32_t clients)
{
	return (uint64_t)buckets_for(clients) * BUCKET_WORDS * sizeof(uint64_t);
}

int sl_affinity_table_init(struct sl_affinity_table *t, uint32_t clients, int numa_node)
{
	t->bucket_mask = buckets_for(clients) - 1;
	t->words = rte_zmalloc_socket("affinities", sl_affinity_table_bytes(clients), RTE_CACHE_LINE_SIZE, numa_node);
	return t->words != NULL ? 0 : -1;
}

void sl_affinity_table_fini(struct sl_affinity_table *t)
{
	rte_free((void *)t->words);
	t->words = NULL;
}

static uint64_t tag_of(uint64_t hash)
{
	uint64_t tag = hash >> TAG_SHIFT;
	return tag != 0 ? tag : 1;
}

static uint16_t backend_of(uint64_t word)
{
	return (uint16_t)(word >> END_BITS & ((1u << BACKEND_BITS) - 1));
}

/* Time left, in units of the table; what is over is 0, and so is an empty word. */
static uint32_t time_left(uint64_t word, uint32_t now_tick)
{
	uint32_t left = ((uint32_t)word - (now_tick >> SL_AFFINITY_TICK_SHIFT)) & END_MASK;

	return word == 0 || left > END_MASK / 2 ? 0 : left;
}

static _Atomic uint64_t *bucket_of(const struct sl_affinity_table *t, uint64_t hash)
{
	return &t->words[(hash & t->bucket_mask) * BUCKET_WORDS];
}

uint16_t sl_affinity_find(const struct sl_affinity_table *t, uint64_t hash, uint32_t now_tick)
{
	const _Atomic uint64_t *bucket = bucket_of(t, hash);

	for (unsigned int i = 0; i < BUCKET_WORDS; i++) {
		uint64_t word = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		if (word >> TAG_SHIFT == tag_of(hash) && time_left(word, now_tick) > 0)
			return backend_of(word);
	}
	return SL_ID_NONE;
}

/* The entry of the client, or else the one to take for it. */
static unsigned int choose(const uint64_t words[BUCKET_WORDS], uint64_t hash, uint32_t now_tick)
{
	unsigned int first = 0;

	for (unsigned int i = 0; i < BUCKET_WORDS; i++) {
		if (words[i] >> TAG_SHIFT == tag_of(hash))
			return i;
		if (time_left(words[i], now_tick) < time_left(words[first], now_tick))
			first = i;
	}
	return first;
}

uint16_t sl_affinity_set(struct sl_affinity_table *t, uint64_t hash, uint16_t backend, uint16_t instead_of, uint32_t now_tick,
			 uint32_t ticks, bool *evicted)
{
	uint32_t end = ((now_tick + ticks) >> SL_AFFINITY_TICK_SHIFT) + 1;
	uint64_t next = tag_of(hash) << TAG_SHIFT | (uint64_t)backend << END_BITS | (end & END_MASK);
	_Atomic uint64_t *bucket = bucket_of(t, hash);

	*evicted = false;
	for (unsigned int try = 0; try < TRIES; try++) {
		uint64_t words[BUCKET_WORDS];
		for (unsigned int i = 0; i < BUCKET_WORDS; i++)
			words[i] = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		unsigned int at = choose(words, hash, now_tick);
		bool own = words[at] >> TAG_SHIFT == tag_of(hash), live = time_left(words[at], now_tick) > 0;
		if (own && live && backend_of(words[at]) != backend && backend_of(words[at]) != instead_of)
			return backend_of(words[at]);
		*evicted = live && !own;
		if (words[at] == next || atomic_compare_exchange_strong_explicit(&bucket[at], &words[at], next,
										 memory_order_relaxed, memory_order_relaxed))
			return backend;
	}
	*evicted = false;
	return backend; /* others were quicker each time: not remembered */
}
