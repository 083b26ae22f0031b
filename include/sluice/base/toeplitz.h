/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash that NICs use for receive-side scaling, by table: one look-up per input byte. Workers compute it in
 * software where the NIC did not, so that "which worker owns this packet" has one answer everywhere. Only its low byte:
 * redirection tables are looked up by the low bits, and a quarter of the table stays in the first-level cache.
 */
#ifndef SLUICE_BASE_TOEPLITZ_H
#define SLUICE_BASE_TOEPLITZ_H

#include <stdint.h>

#include "sluice/base/ip.h"

#define SL_TOEPLITZ_KEY_BYTES 40
#define SL_TOEPLITZ_INPUT_BYTES 36 /* two IPv6 addresses and two ports */
#define SL_TOEPLITZ_PORT_V4 10	   /* where the destination port stands in the input */
#define SL_TOEPLITZ_PORT_V6 34

struct sl_toeplitz {
	uint8_t table[SL_TOEPLITZ_INPUT_BYTES][256];
};

/*
 * The key given to the NICs and used by workers. It is the one of Microsoft's RSS specification: published with test
 * vectors, so a NIC that hashes differently is found out, and known to spread well. The repeated 0x6d5a, the other common
 * choice, makes both directions of a flow collide on purpose: no use for NAT, whose two directions have different
 * addresses, and it spreads worse. The key is no secret: it decides only which worker.
 */
extern const uint8_t sl_rss_key[SL_TOEPLITZ_KEY_BYTES];

void sl_toeplitz_init(struct sl_toeplitz *t, const uint8_t key[SL_TOEPLITZ_KEY_BYTES]);

/* Hash of n input bytes that stand at `offset` in the input. */
static inline uint8_t sl_toeplitz_part(const struct sl_toeplitz *t, unsigned int offset, const void *data, unsigned int n)
{
	const uint8_t *bytes = data;
	uint8_t hash = 0;

	for (unsigned int i = 0; i < n; i++)
		hash ^= t->table[offset + i][bytes[i]];
	return hash;
}

/* Addresses and ports as they stand in the packet (network byte order); the low byte of what a NIC leaves in mbuf.hash.rss. */
static inline uint8_t sl_toeplitz_v4(const struct sl_toeplitz *t, uint32_t src_be, uint32_t dst_be, uint16_t sport_be,
		       uint16_t dport_be)
{
	return sl_toeplitz_part(t, 0, &src_be, 4) ^ sl_toeplitz_part(t, 4, &dst_be, 4) ^ sl_toeplitz_part(t, 8, &sport_be, 2) ^
	       sl_toeplitz_part(t, SL_TOEPLITZ_PORT_V4, &dport_be, 2);
}

static inline uint8_t sl_toeplitz_v6(const struct sl_toeplitz *t, const struct sl_ip *src, const struct sl_ip *dst, uint16_t sport_be,
		       uint16_t dport_be)
{
	return sl_toeplitz_part(t, 0, src->b, 16) ^ sl_toeplitz_part(t, 16, dst->b, 16) ^ sl_toeplitz_part(t, 32, &sport_be, 2) ^
	       sl_toeplitz_part(t, SL_TOEPLITZ_PORT_V6, &dport_be, 2);
}

#endif
