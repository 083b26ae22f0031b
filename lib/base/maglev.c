/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each node has a permutation of the slots of its own: from an offset on by a skip, which visits all as their number is
 * prime. In rounds, each takes its next slot that is still free. A round gives every node credit by its weight, and a slot
 * costs as much as the heaviest gets in a round, so the others sit out rounds.
 */
#include <stdlib.h>

#include "sluice/base/maglev.h"

struct walker {
	uint32_t next, skip; /* in its permutation */
	uint32_t weight, credit;
	uint16_t node;
};

static const struct sl_maglev_node *node_of(const void *walker, const void *nodes)
{
	return &((const struct sl_maglev_node *)nodes)[((const struct walker *)walker)->node];
}

static int compare_names(const void *a, const void *b, void *nodes)
{
	const uint64_t *x = node_of(a, nodes)->name, *y = node_of(b, nodes)->name;

	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	return x[1] == y[1] ? 0 : x[1] < y[1] ? -1 : 1;
}

static inline bool take(uint64_t *taken, uint32_t slot)
{
	uint64_t bit = 1ull << (slot & 63);

	if (taken[slot / 64] & bit)
		return false;
	taken[slot / 64] |= bit;
	return true;
}

static void fill(uint16_t *table, uint32_t size, struct walker *walkers, unsigned int n, uint32_t price, uint64_t *taken)
{
	uint32_t filled = 0;

	for (unsigned int i = 0; filled < size; i = i + 1 < n ? i + 1 : 0) {
		struct walker *w = &walkers[i];
		uint32_t slot;
		w->credit += w->weight;
		if (w->credit < price)
			continue;
		w->credit -= price;
		do {
			slot = w->next;
			w->next = slot + w->skip < size ? slot + w->skip : slot + w->skip - size;
		} while (!take(taken, slot));
		table[slot] = w->node;
		filled++;
	}
}

int sl_maglev_build(uint16_t *table, uint32_t size, const struct sl_maglev_node *nodes, unsigned int n)
{
	struct walker *walkers = calloc(n, sizeof(*walkers));
	uint64_t *taken = calloc(size / 64 + 1, sizeof(*taken)); /* stays in the level 1 cache where the table does not */
	uint32_t price = 0;

	for (unsigned int i = 0; walkers != NULL && i < n; i++) {
		walkers[i] = (struct walker){ .next = (uint32_t)(nodes[i].name[0] % size), .node = (uint16_t)i,
					      .skip = (uint32_t)(nodes[i].name[1] % (size - 1)) + 1, .weight = nodes[i].weight };
		price = nodes[i].weight > price ? nodes[i].weight : price;
	}
	if (walkers != NULL && taken != NULL) {
		qsort_r(walkers, n, sizeof(*walkers), compare_names, (void *)nodes);
		fill(table, size, walkers, n, price, taken);
	}
	bool done = walkers != NULL && taken != NULL;
	free(walkers);
	free(taken);
	return done ? 0 : -1;
}

bool sl_is_prime(uint32_t n)
{
	for (uint32_t d = 2; (uint64_t)d * d <= n; d++)
		if (n % d == 0)
			return false;
	return n >= 2;
}
