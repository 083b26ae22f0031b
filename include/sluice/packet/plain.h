/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shortcut of parse for what nearly all packets are: untagged, to our own address, in one buffer; an IPv4 header without
 * options or an IPv6 header without extensions; no fragment; TCP or UDP with nothing wrong about it. It knows no causes:
 * whatever is not that goes the long way (sluice/packet/parse.h), which finds the same in every packet that the shortcut
 * takes, and names what is wrong with the others. Unit tests and fuzzing hold the two against each other.
 */
#ifndef SLUICE_PACKET_PLAIN_H
#define SLUICE_PACKET_PLAIN_H

#include <rte_tcp.h>
#include <rte_udp.h>

#include "sluice/packet/edit.h"
#include "sluice/packet/parse.h"

/* Bit f: the TCP flags f & 0x3f (ECN bits prove nothing) may stand together: some do, SYN without FIN and RST, FIN only with ACK. */
#define SL_TCP_FLAGS_VALID 0x3737151537371514ull

/* RFC 1812 section 5.3.7: first bytes of addresses that no packet may come from (1), or go to (2); of 255.255.255.255 (4). */
extern const uint8_t sl_v4_martian[256];

/* Flags of a received mbuf that the long way must look at. */
#define SL_PLAIN_NOT (RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_QINQ_STRIPPED | RTE_MBUF_F_RX_IP_CKSUM_BAD)

/* Offsets, ports and kind of a TCP or UDP header with `available` bytes; false: it is neither, or not plain. */
static inline bool sl_plain_l4(struct sl_pkt *p, const uint8_t *frame, uint16_t l4, uint32_t available, uint8_t proto,
			       uint8_t ttl, uint8_t family)
{
	p->l3 = RTE_ETHER_HDR_LEN;
	p->l4 = l4;
	p->proto = proto;
	memcpy(&p->sport_be, frame + l4, 4); /* and the destination port */
	if (proto == IPPROTO_UDP) {
		const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(frame + l4);
		uint32_t len = rte_be_to_cpu_16(udp->dgram_len);

		p->kind = SL_PKT_UDP;
		p->tcp_flags = 0;
		p->flags = family | sl_parse_steady(false, 0, ttl);
		/* RFC 8200 section 8.1: over IPv6, UDP has a checksum */
		return len >= sizeof(*udp) && len <= available && (family == 0 || udp->dgram_cksum != 0);
	}
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(frame + l4);
	if (unlikely(proto != IPPROTO_TCP || available < sizeof(*tcp)))
		return false;
	uint32_t len = (tcp->data_off >> 4) * 4u;

	p->kind = SL_PKT_TCP;
	p->tcp_flags = tcp->tcp_flags;
	p->flags = family | sl_parse_steady(true, tcp->tcp_flags, ttl);
	return len >= sizeof(*tcp) && len <= available && (SL_TCP_FLAGS_VALID >> (tcp->tcp_flags & 0x3f) & 1);
}

/* The frame ends at `end`; what follows is the link layer's padding. */
static inline void sl_plain_trim(struct rte_mbuf *m, uint32_t end)
{
	m->data_len = (uint16_t)end;
	m->pkt_len = end;
}

/* The checksum is verified in any case: to ask whether the port has done it costs as much. */
static inline bool sl_plain_v4(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t *frame)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
	const uint32_t header = sizeof(*ip), l4 = RTE_ETHER_HDR_LEN + header;
	uint32_t len = rte_be_to_cpu_16(ip->total_length);

	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN + len || len < header + sizeof(struct rte_udp_hdr) ||
		     (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) ||
		     (sl_v4_martian[frame[26]] & 5) || (sl_v4_martian[frame[30]] & 2)))
		return false;
	if (unlikely(!sl_checksum_is_all_ones(sl_checksum_ipv4_sum(ip))))
		return false;
	p->l3_len = (uint16_t)len;
	sl_ip_store_v4(&p->src, ip->src_addr);
	sl_ip_store_v4(&p->dst, ip->dst_addr);
	sl_plain_trim(m, RTE_ETHER_HDR_LEN + len);
	return sl_plain_l4(p, frame, l4, len - header, ip->next_proto_id, ip->time_to_live, 0);
}

static inline bool sl_plain_v6(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t *frame)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)(frame + RTE_ETHER_HDR_LEN);
	const uint32_t header = sizeof(*ip), l4 = RTE_ETHER_HDR_LEN + header;
	uint32_t payload = rte_be_to_cpu_16(ip->payload_len);

	if (unlikely(m->data_len < l4 + payload || payload < sizeof(struct rte_udp_hdr)))
		return false;
	memcpy(&p->src, &ip->src_addr, sizeof(p->src));
	memcpy(&p->dst, &ip->dst_addr, sizeof(p->dst));
	/* ::/64 has the special addresses, ff00::/8 the groups */
	if (unlikely(p->src.q[0] == 0 || p->dst.q[0] == 0 || p->src.b[0] == 0xff))
		return false;
	p->l3_len = (uint16_t)(header + payload);
	sl_plain_trim(m, l4 + payload);
	return sl_plain_l4(p, frame, l4, payload, ip->proto, ip->hop_limits, SL_PKT_V6);
}

/*
 * True: p is filled but for `interface`, as the long way would, and the link layer's padding is trimmed. False: take the long
 * way. `mac` is the port's address in the first six of eight bytes.
 */
static inline bool sl_parse_plain(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t mac[8])
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint64_t own, dst;
	uint32_t type; /* EtherType and the first two bytes of the IP header */

	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr)))
		return false;
	memcpy(&own, mac, sizeof(own));
	memcpy(&dst, frame, sizeof(dst));
	memcpy(&type, frame + 12, sizeof(type));
	if (unlikely(((own ^ dst) & RTE_BE64(0xffffffffffff0000ull)) | (m->ol_flags & SL_PLAIN_NOT) | (m->nb_segs ^ 1u)))
		return false;
	sl_parse_begin(p);
	if (likely((type & RTE_BE32(0xffffff00)) == RTE_BE32((uint32_t)RTE_ETHER_TYPE_IPV4 << 16 | RTE_IPV4_VHL_DEF << 8)))
		return sl_plain_v4(m, p, frame);
	if ((type & RTE_BE32(0xfffff000)) == RTE_BE32((uint32_t)RTE_ETHER_TYPE_IPV6 << 16 | 6u << 12))
		return sl_plain_v6(m, p, frame);
	return false;
}

/* The same for a frame to a group, whose Ethernet destination is nobody's own: for relays. */
static inline bool sl_parse_plain_group(struct rte_mbuf *m, struct sl_pkt *p)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	if (m->data_len < RTE_ETHER_HDR_LEN || !(frame[0] & RTE_ETHER_GROUP_ADDR) || !sl_parse_plain(m, p, frame))
		return false;
	p->flags |= SL_PKT_L2_MULTICAST;
	return true;
}

#endif
