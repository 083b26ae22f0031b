/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hash is the exclusive or, over every set bit of the input, of the 32 key bits that begin at the bit's position.
 * It is linear, so a table holds the result of each value of each input byte.
 */
#include "sluice/base/toeplitz.h"

const uint8_t sl_rss_key[SL_TOEPLITZ_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

void sl_toeplitz_init(struct sl_toeplitz *t, const uint8_t key[SL_TOEPLITZ_KEY_BYTES])
{
	for (unsigned int i = 0; i < SL_TOEPLITZ_INPUT_BYTES; i++) {
		uint64_t window = 0; /* the 40 key bits that the byte's eight bits see */
		for (unsigned int j = 0; j < 5; j++)
			window = window << 8 | key[i + j];
		for (unsigned int value = 0; value < 256; value++) {
			uint32_t hash = 0;
			for (unsigned int bit = 0; bit < 8; bit++) {
				if ((value & 0x80u >> bit) != 0)
					hash ^= (uint32_t)(window >> (8 - bit));
			}
			t->table[i][value] = (uint8_t)hash;
		}
	}
}

/* Hash of n input bytes that stand at `offset` in the input. */
static inline uint8_t part(const struct sl_toeplitz *t, unsigned int offset, const void *data, unsigned int n)
{
	const uint8_t *bytes = data;
	uint8_t hash = 0;

	for (unsigned int i = 0; i < n; i++)
		hash ^= t->table[offset + i][bytes[i]];
	return hash;
}

uint8_t sl_toeplitz_v4(const struct sl_toeplitz *t, uint32_t src_be, uint32_t dst_be, uint16_t sport_be,
		       uint16_t dport_be)
{
	return part(t, 0, &src_be, 4) ^ part(t, 4, &dst_be, 4) ^ part(t, 8, &sport_be, 2) ^
	       part(t, SL_TOEPLITZ_PORT_V4, &dport_be, 2);
}

uint8_t sl_toeplitz_v6(const struct sl_toeplitz *t, const struct sl_ip *src, const struct sl_ip *dst, uint16_t sport_be,
		       uint16_t dport_be)
{
	return part(t, 0, src->b, 16) ^ part(t, 16, dst->b, 16) ^ part(t, 32, &sport_be, 2) ^
	       part(t, SL_TOEPLITZ_PORT_V6, &dport_be, 2);
}
