/* SPDX-License-Identifier: BSD-3-Clause */
/* The outside of frames made here. */
#ifndef SLUICE_LIB_PACKET_FRAME_H
#define SLUICE_LIB_PACKET_FRAME_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/ip.h"

#define SL_ICMP6_HOP_LIMIT 255 /* of neighbour discovery: proves that no router was in between */

/*
 * Ethernet header, 802.1Q tag when vlan != 0, and room for `len` zeroed bytes behind them, in an empty mbuf. Returns
 * the room, or NULL when the mbuf has none.
 */
void *sl_frame_begin(struct rte_mbuf *out, const uint8_t dst[6], const uint8_t src[6], uint16_t vlan,
		     uint16_t ethertype, uint32_t len);

/* Complete the checksum (its field is 0) of an ICMPv6 message of `len` bytes that ends the packet. */
void sl_frame_icmp6_checksum(struct rte_mbuf *out, const struct sl_ip *src, const struct sl_ip *dst, uint32_t len);

#endif
