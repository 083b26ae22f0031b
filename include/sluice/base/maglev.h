/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look-up tables of consistent hashing after Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer"
 * (NSDI 2016), section 3.4, with weights. A table depends on names and weights of its nodes alone, not on their order nor on
 * what was before, so machines that know the same nodes have the same table. Each node has its share of the slots to within
 * one or two, and little more than the slots of a node that goes change hands.
 */
#ifndef SLUICE_BASE_MAGLEV_H
#define SLUICE_BASE_MAGLEV_H

#include <stdbool.h>
#include <stdint.h>

#define SL_MAGLEV_NODES_MAX UINT16_MAX

struct sl_maglev_node {
	uint64_t name[2]; /* two hashes of what it is; no two nodes have the same */
	uint32_t weight;  /* not 0; at most 2^24 */
};

/*
 * Fill table[0..size) with indexes of nodes. size: a prime above 2. n: 1..SL_MAGLEV_NODES_MAX. Takes about size * ln(size) steps.
 * Returns 0, or -1 when memory runs out.
 */
int sl_maglev_build(uint16_t *table, uint32_t size, const struct sl_maglev_node *nodes, unsigned int n);

/* Slot of a hash whose lower half is as good as its upper one. */
static inline uint32_t sl_maglev_slot(uint64_t hash, uint32_t size)
{
	return (uint32_t)((hash & UINT32_MAX) * size >> 32);
}

bool sl_is_prime(uint32_t n);

#endif
