/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash that NICs use for receive-side scaling, by table: one look-up per input byte. Workers compute it in
 * software where the NIC did not, so that "which worker owns this packet" has one answer everywhere.
 */
#ifndef SLUICE_BASE_TOEPLITZ_H
#define SLUICE_BASE_TOEPLITZ_H

#include <stdint.h>

#include "sluice/base/ip.h"

#define SL_TOEPLITZ_KEY_BYTES 40
#define SL_TOEPLITZ_INPUT_BYTES 36 /* two IPv6 addresses and two ports */

struct sl_toeplitz {
	uint8_t key[SL_TOEPLITZ_KEY_BYTES];
	uint32_t table[SL_TOEPLITZ_INPUT_BYTES][256];
};

void sl_toeplitz_init(struct sl_toeplitz *t, const uint8_t key[SL_TOEPLITZ_KEY_BYTES]);

/* Addresses and ports as they stand in the packet (network byte order); result in host order, as in mbuf.hash.rss. */
uint32_t sl_toeplitz_v4(const struct sl_toeplitz *t, uint32_t src_be, uint32_t dst_be, uint16_t sport_be,
			uint16_t dport_be);
uint32_t sl_toeplitz_v6(const struct sl_toeplitz *t, const struct sl_ip *src, const struct sl_ip *dst,
			uint16_t sport_be, uint16_t dport_be);

#endif
