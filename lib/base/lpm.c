/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A node stands for a prefix. Its children are longer prefixes that begin with it: child[0] goes on with a 0 bit,
 * child[1] with a 1 bit. A node either carries a route, or is the fork between two children, so n routes take at most
 * 2n - 1 nodes. A look-up walks down while the node's prefix covers the address and remembers the last route it saw.
 *
 * Each family has a root of its own: in mapped form ::/0 covers IPv4 too, but it is no route for it.
 */
#include <stdlib.h>
#include <string.h>

#include "sluice/base/lpm.h"

#define NO_NODE UINT32_MAX

typedef unsigned __int128 bits128; /* an address as a number: bit 0 of a prefix is the highest */

struct node {
	bits128 bits; /* zero behind the first len */
	uint32_t len;
	uint32_t value; /* SL_LPM_NONE: a fork without a route */
	uint32_t child[2];
};
_Static_assert(sizeof(struct node) == 32, "two nodes in a cache line, and no padding that sl_lpm_equal would compare");

struct sl_lpm {
	uint32_t n_nodes;
	uint32_t root[2]; /* IPv6, IPv4 */
	struct node *nodes;
};

static bits128 bits_of(const struct sl_ip *ip)
{
	return (bits128)rte_be_to_cpu_64(ip->q[0]) << 64 | rte_be_to_cpu_64(ip->q[1]);
}

/* The bit behind the first n: n < 128. */
static unsigned int bit_behind(bits128 bits, unsigned int n)
{
	return (unsigned int)(bits >> (127 - n)) & 1;
}

static bits128 first_bits(bits128 bits, unsigned int n)
{
	return n == 0 ? 0 : bits >> (128 - n) << (128 - n);
}

static unsigned int common_length(bits128 a, bits128 b)
{
	uint64_t high = (uint64_t)((a ^ b) >> 64), low = (uint64_t)(a ^ b);

	if (high != 0)
		return (unsigned int)__builtin_clzll(high);
	return low == 0 ? 128 : 64 + (unsigned int)__builtin_clzll(low);
}

static bool covers(const struct node *node, bits128 bits)
{
	return node->len == 0 || (bits ^ node->bits) >> (128 - node->len) == 0;
}

static uint32_t add_node(struct sl_lpm *lpm, bits128 bits, unsigned int len, uint32_t value)
{
	lpm->nodes[lpm->n_nodes] = (struct node){
		.bits = first_bits(bits, len), .len = len, .value = value, .child = { NO_NODE, NO_NODE }
	};
	return lpm->n_nodes++;
}

static void insert(struct sl_lpm *lpm, uint32_t *link, bits128 bits, unsigned int len, uint32_t value)
{
	while (*link != NO_NODE) {
		struct node *node = &lpm->nodes[*link];
		unsigned int common = common_length(bits, node->bits);

		if (common > len)
			common = len;
		if (common < node->len) {
			/* The paths part inside this node: put a node with what they share above it. */
			uint32_t above = add_node(lpm, bits, common, common == len ? value : SL_LPM_NONE);
			lpm->nodes[above].child[bit_behind(node->bits, common)] = *link;
			*link = above;
			if (common < len)
				lpm->nodes[above].child[bit_behind(bits, common)] = add_node(lpm, bits, len, value);
			return;
		}
		if (node->len == len) {
			node->value = value;
			return;
		}
		link = &node->child[bit_behind(bits, node->len)];
	}
	*link = add_node(lpm, bits, len, value);
}

struct sl_lpm *sl_lpm_create(const struct sl_lpm_route *routes, unsigned int n)
{
	struct sl_lpm *lpm = calloc(1, sizeof(*lpm));

	if (lpm == NULL)
		return NULL;
	lpm->root[0] = lpm->root[1] = NO_NODE;
	lpm->nodes = calloc(2 * (size_t)n + 1, sizeof(*lpm->nodes));
	if (lpm->nodes == NULL) {
		free(lpm);
		return NULL;
	}
	for (unsigned int i = 0; i < n; i++) {
		unsigned int len = routes[i].prefix.len;
		uint32_t *root = &lpm->root[sl_ip_is_v4(&routes[i].prefix.ip)];
		insert(lpm, root, first_bits(bits_of(&routes[i].prefix.ip), len), len, routes[i].value);
	}
	return lpm;
}

void sl_lpm_destroy(struct sl_lpm *lpm)
{
	if (lpm == NULL)
		return;
	free(lpm->nodes);
	free(lpm);
}

uint32_t sl_lpm_lookup(const struct sl_lpm *lpm, const struct sl_ip *ip)
{
	bits128 bits = bits_of(ip);
	uint32_t best = SL_LPM_NONE;
	uint32_t at = lpm->root[sl_ip_is_v4(ip)];

	while (at != NO_NODE) {
		const struct node *node = &lpm->nodes[at];

		if (!covers(node, bits))
			break;
		if (node->value != SL_LPM_NONE)
			best = node->value;
		if (node->len == 128)
			break;
		at = node->child[bit_behind(bits, node->len)];
	}
	return best;
}

bool sl_lpm_equal(const struct sl_lpm *a, const struct sl_lpm *b)
{
	return a->n_nodes == b->n_nodes && a->root[0] == b->root[0] && a->root[1] == b->root[1] &&
	       memcmp(a->nodes, b->nodes, a->n_nodes * sizeof(*a->nodes)) == 0;
}
