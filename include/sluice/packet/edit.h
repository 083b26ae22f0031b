/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only code that computes or updates checksums and rewrites headers. Incremental updates follow RFC 1624 equation 3,
 * so a packet corrupted before us stays detectable at its receiver.
 */
#ifndef SLUICE_PACKET_EDIT_H
#define SLUICE_PACKET_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ip.h>
#include <rte_mbuf.h>

#include "sluice/base/ip.h"
#include "sluice/packet/burst.h"

/* Fold a sum of 16-bit words to 16 bits (not complemented). */
static inline uint16_t sl_checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* One's complement sum of two 16-bit words. */
static inline uint16_t sl_checksum_add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;
	return (uint16_t)(sum + (sum >> 16));
}

/* Checksum after a change whose difference (new - old, one's complement) is `delta`. */
static inline uint16_t sl_checksum_update(uint16_t checksum, uint16_t delta)
{
	return (uint16_t)~sl_checksum_add((uint16_t)~checksum, delta);
}

/* Difference new - old of n 16-bit words, as a delta for sl_checksum_update. */
uint16_t sl_checksum_delta(const void *from, const void *to, unsigned int words);

/* Complete checksum of an IPv4 header, its field taken as 0; network order as stored. */
uint16_t sl_checksum_ipv4_header(const struct rte_ipv4_hdr *ip);

/* Complete TCP, UDP or ICMPv6 checksum over the pseudo header and the (chained) payload from offset l4, field as it stands. */
uint16_t sl_checksum_l4(const struct rte_mbuf *m, unsigned int l4, unsigned int l4_len, const struct sl_ip *src,
			const struct sl_ip *dst, uint8_t proto);

/* ICMP (IPv4) checksum: no pseudo header. */
uint16_t sl_checksum_icmp(const struct rte_mbuf *m, unsigned int l4, unsigned int l4_len);

/* Folded, not complemented sum of the TCP/UDP pseudo header: what a sender leaves in the field for an offload to finish. */
uint16_t sl_checksum_pseudo(const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint32_t l4_len);

/* New addresses and ports, with the deltas of the whole change. In the packet at p's offsets; UDP checksum 0 stays 0 over IPv4. */
struct sl_rewrite_v4 {
	uint32_t src_be, dst_be;
	uint16_t sport_be, dport_be;
	uint16_t l3_delta, l4_delta;
};
struct sl_rewrite_v6 {
	const struct sl_ip *src, *dst;
	uint16_t sport_be, dport_be;
	uint16_t l4_delta;
};
void sl_edit_rewrite_v4(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_rewrite_v4 *to);
void sl_edit_rewrite_v6(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_rewrite_v6 *to);

/* TTL or hop limit minus one (it is > 1), header checksum updated. */
void sl_edit_decrement_ttl(struct rte_mbuf *m, const struct sl_pkt *p);

/* Fill an IPv4 or IPv6 header at `header` (checksum included) for a payload of payload_len bytes. */
void sl_edit_ip_header(void *header, const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint8_t ttl,
		       uint16_t payload_len);
static inline unsigned int sl_ip_header_len(const struct sl_ip *ip)
{
	return sl_ip_is_v4(ip) ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
}

#endif
