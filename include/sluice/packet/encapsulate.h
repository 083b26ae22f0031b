/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet in another: IP in IP (RFC 2003, RFC 2473, RFC 4213) and Generic UDP Encapsulation (draft-ietf-intarea-gue, variant 0
 * without flags, as Linux's fou module takes it). The outer header is built once for each tunnel, for an empty packet, and
 * copied in front of every packet; what depends on the packet is added.
 */
#ifndef SLUICE_PACKET_ENCAPSULATE_H
#define SLUICE_PACKET_ENCAPSULATE_H

#include <rte_udp.h>

#include "sluice/packet/edit.h"

#define SL_GUE_PORT 6080 /* IANA "gue" */
#define SL_GUE_HEADER 4
#define SL_GUE_LEN (sizeof(struct rte_udp_hdr) + SL_GUE_HEADER)
#define SL_OUTER_MAX (sizeof(struct rte_ipv6_hdr) + SL_GUE_LEN)
_Static_assert(SL_OUTER_MAX == 52, "the longest outer header");

enum sl_tunnel { SL_TUNNEL_IP, SL_TUNNEL_GUE };

/* The header from src to dst (of one family) for inner packets of a family. Returns its length. */
unsigned int sl_outer_build(uint8_t header[SL_OUTER_MAX], const struct sl_ip *src, const struct sl_ip *dst, enum sl_tunnel tunnel,
			    bool inner_v6);

/*
 * Make the IP packet at offset l3 of m, inner_len bytes, the payload of a new outer packet at the same offset: what is in front
 * (an Ethernet header) moves, and means nothing any more. DS and ECN are copied (RFC 6040 section 4.1, normal mode), DF too, and
 * set over IPv6, whose senders all look for their path MTU (RFC 2003 section 3.1). `entropy` gives the source port or flow label
 * by which routers spread flows. An outer header without DF still wants an identification. False, and nothing done, without room.
 */
static inline bool sl_outer_push(struct rte_mbuf *m, unsigned int l3, const uint8_t header[SL_OUTER_MAX], unsigned int header_len,
				 uint32_t inner_len, uint32_t entropy)
{
	const uint8_t *inner = rte_pktmbuf_mtod_offset(m, const uint8_t *, l3);
	uint16_t df_be = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	unsigned int ip_len = sizeof(struct rte_ipv4_hdr);
	uint8_t tos = inner[1];

	if (inner[0] >> 4 == 6)
		tos = (uint8_t)(inner[0] << 4 | inner[1] >> 4);
	else
		df_be &= ((const struct rte_ipv4_hdr *)inner)->fragment_offset;

	uint8_t *frame = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)header_len);
	if (unlikely(frame == NULL))
		return false;
	if (header[0] >> 4 == 4) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + l3);
		uint16_t len_be = rte_cpu_to_be_16((uint16_t)(inner_len + header_len));

		memcpy(ip, header, sizeof(*ip));
		uint32_t sum = (uint16_t)~ip->hdr_checksum + (uint32_t)len_be + df_be + rte_cpu_to_be_16(tos);
		ip->type_of_service = tos;
		ip->total_length = len_be;
		ip->fragment_offset = df_be;
		ip->hdr_checksum = (uint16_t)~sl_checksum_fold32(sum);
	} else {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(frame + l3);

		ip_len = sizeof(*ip);
		memcpy(ip, header, sizeof(*ip));
		ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)tos << 20 | (entropy & 0xfffff)); /* RFC 6438 */
		ip->payload_len = rte_cpu_to_be_16((uint16_t)(inner_len + header_len - sizeof(*ip)));
	}
	if (header_len > ip_len) {
		struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(frame + l3 + ip_len);

		memcpy(udp, header + ip_len, SL_GUE_LEN);
		udp->src_port = rte_cpu_to_be_16((uint16_t)(0xc000 | (entropy & 0x3fff))); /* RFC 6335's dynamic ports */
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)(inner_len + SL_GUE_LEN));
	}
	return true;
}

/*
 * An outer IPv6 packet, at the start of m, gets a fragment header, so that it can be cut (sluice/packet/fragment.h). False without
 * room.
 */
bool sl_outer_add_fragment_header(struct rte_mbuf *m, uint32_t id_be);

#endif
