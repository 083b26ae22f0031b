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
