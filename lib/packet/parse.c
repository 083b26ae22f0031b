/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order of the checks is the order of the headers. Each function returns SL_PARSE_OK or the cause; nothing is
 * undone on the way out, because a refused packet is dropped. Headers are read at rte_pktmbuf_mtod() only after
 * sl_segment_contiguous() has said so; pulling leaves the first segment's address as it is, so pointers stay valid.
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "extension.h"
#include "segment.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/parse.h"
#include "sluice/packet/plain.h"

#define IPV4_OPTION_LSRR 131
#define IPV4_OPTION_SSRR 137

/* Whatever is not plain IP: ARP, one VLAN tag, double tags (refused), others (for the caller to judge). */
static enum sl_drop_cause parse_tag(struct rte_mbuf *m, struct sl_pkt *p, struct sl_frame *frame)
{
	bool stripped = (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;

	if (frame->ethertype == RTE_ETHER_TYPE_VLAN) {
		const struct rte_vlan_hdr *tag;

		if (stripped)
			return SL_DROP_ETHERTYPE;
		if (!sl_segment_contiguous(m, RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN))
			return SL_DROP_TRUNCATED;
		tag = rte_pktmbuf_mtod_offset(m, const struct rte_vlan_hdr *, RTE_ETHER_HDR_LEN);
		/* VLAN 0 only carries a priority (IEEE 802.1Q): the frame is untagged */
		frame->vlan = rte_be_to_cpu_16(tag->vlan_tci) & RTE_VLAN_ID_MASK;
		frame->ethertype = rte_be_to_cpu_16(tag->eth_proto);
		p->l3 = RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;
	}
	switch (frame->ethertype) {
	case RTE_ETHER_TYPE_VLAN:
	case RTE_ETHER_TYPE_QINQ:
	case RTE_ETHER_TYPE_QINQ1:
	case RTE_ETHER_TYPE_QINQ2:
	case RTE_ETHER_TYPE_QINQ3:
		return SL_DROP_ETHERTYPE;
	default:
		return SL_PARSE_OK;
	}
}

enum sl_drop_cause sl_parse_ethernet_rare(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t mac[6],
					  struct sl_frame *frame)
{
	const struct rte_ether_hdr *eth;
	bool group;

	if (unlikely(!sl_segment_contiguous(m, RTE_ETHER_HDR_LEN)))
		return SL_DROP_TRUNCATED;
	eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	group = (eth->dst_addr.addr_bytes[0] & RTE_ETHER_GROUP_ADDR) != 0;
	if (!group && sl_mac_bits(&eth->dst_addr) != sl_mac_bits(mac))
		return SL_DROP_NOT_OUR_MAC;

	p->l3 = RTE_ETHER_HDR_LEN;
	p->flags = group ? SL_PKT_L2_MULTICAST : 0;
	frame->vlan = 0;
	frame->ethertype = rte_be_to_cpu_16(eth->ether_type);
	if (unlikely(m->ol_flags & (RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_QINQ_STRIPPED))) {
		if (m->ol_flags & RTE_MBUF_F_RX_QINQ_STRIPPED)
			return SL_DROP_ETHERTYPE;
		frame->vlan = m->vlan_tci & RTE_VLAN_ID_MASK;
	}
	if (likely(frame->ethertype == RTE_ETHER_TYPE_IPV4 || frame->ethertype == RTE_ETHER_TYPE_IPV6))
		return SL_PARSE_OK;
	return parse_tag(m, p, frame);
}

/* The IP packet ends at `end`: refuse a shorter frame, cut off the padding of a longer one. */
static inline bool fit_frame(struct rte_mbuf *m, uint32_t end)
{
	if (likely(m->pkt_len == end))
		return true;
	if (m->pkt_len < end)
		return false;
	if (likely(m->nb_segs == 1)) {
		m->data_len = (uint16_t)end;
		m->pkt_len = end;
	} else {
		sl_segment_trim(m, end);
	}
	return true;
}

static inline enum sl_drop_cause parse_tcp(struct rte_mbuf *m, struct sl_pkt *p, uint32_t l4, uint32_t available,
					   uint8_t ttl)
{
	const struct rte_tcp_hdr *tcp;
	uint32_t len;

	if (unlikely(available < sizeof(*tcp)))
		return SL_DROP_L4_HEADER;
	if (unlikely(!sl_segment_contiguous(m, l4 + sizeof(*tcp))))
		return SL_DROP_TRUNCATED;
	tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, l4);
	len = (tcp->data_off >> 4) * 4u;
	if (unlikely(len < sizeof(*tcp) || len > available))
		return SL_DROP_L4_HEADER;
	if (unlikely(!sl_segment_contiguous(m, l4 + len)))
		return SL_DROP_TRUNCATED;
	if (unlikely(!(SL_TCP_FLAGS_VALID >> (tcp->tcp_flags & 0x3f) & 1)))
		return SL_DROP_TCP_FLAGS;
	memcpy(&p->sport_be, &tcp->src_port, 4); /* and the destination port */
	p->tcp_flags = tcp->tcp_flags;
	p->kind = SL_PKT_TCP;
	if (!(p->flags & SL_PKT_FRAGMENT))
		p->flags |= sl_parse_steady(true, p->tcp_flags, ttl);
	return SL_PARSE_OK;
}

static inline enum sl_drop_cause parse_udp(struct rte_mbuf *m, struct sl_pkt *p, uint32_t l4, uint32_t available,
					   uint8_t ttl)
{
	const struct rte_udp_hdr *udp;
	uint32_t len;

	if (unlikely(available < sizeof(*udp)))
		return SL_DROP_L4_HEADER;
	if (unlikely(!sl_segment_contiguous(m, l4 + sizeof(*udp))))
		return SL_DROP_TRUNCATED;
	udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, l4);
	len = rte_be_to_cpu_16(udp->dgram_len);
	/* the length in a first fragment is that of the whole datagram */
	if (unlikely(len < sizeof(*udp) || (len > available && !(p->flags & SL_PKT_FRAGMENT))))
		return SL_DROP_L4_HEADER;
	if (unlikely((p->flags & SL_PKT_V6) && udp->dgram_cksum == 0)) /* RFC 8200 section 8.1 */
		return SL_DROP_L4_CHECKSUM;
	memcpy(&p->sport_be, &udp->src_port, 4); /* and the destination port */
	p->kind = SL_PKT_UDP;
	if (!(p->flags & SL_PKT_FRAGMENT))
		p->flags |= sl_parse_steady(false, 0, ttl);
	return SL_PARSE_OK;
}

_Static_assert(offsetof(struct sl_pkt, dport_be) == offsetof(struct sl_pkt, sport_be) + 2, "ports as in the packet");

static enum sl_drop_cause parse_icmp(struct rte_mbuf *m, struct sl_pkt *p, uint32_t available)
{
	const struct rte_icmp_hdr *icmp;
	bool echo;

	/* every message of RFC 792, 4443, 4861 and 3810 has at least these eight bytes */
	if (available < sizeof(*icmp))
		return SL_DROP_L4_HEADER;
	if (!sl_segment_contiguous(m, p->l4 + sizeof(*icmp)))
		return SL_DROP_TRUNCATED;
	icmp = rte_pktmbuf_mtod_offset(m, const struct rte_icmp_hdr *, p->l4);
	if (p->flags & SL_PKT_V6)
		echo = icmp->icmp_type == 128 || icmp->icmp_type == 129;
	else
		echo = icmp->icmp_type == ICMP_ECHO || icmp->icmp_type == ICMP_ECHOREPLY;
	p->sport_be = (uint16_t)(icmp->icmp_type << 8 | icmp->icmp_code);
	p->dport_be = echo ? icmp->icmp_ident : 0;
	p->kind = SL_PKT_ICMP;
	return SL_PARSE_OK;
}

/* What a fragment without a layer-4 header is part of. */
static enum sl_pkt_kind kind_of(uint8_t proto, uint8_t icmp_proto)
{
	if (proto == IPPROTO_TCP)
		return SL_PKT_TCP;
	if (proto == IPPROTO_UDP)
		return SL_PKT_UDP;
	return proto == icmp_proto ? SL_PKT_ICMP : SL_PKT_OTHER;
}

/* p->proto, p->l4 (which is l4 too), p->l3_len and the fragment flags are set; `available` bytes from l4 on. */
static inline enum sl_drop_cause parse_l4(struct rte_mbuf *m, struct sl_pkt *p, uint32_t l4, uint32_t available,
					  uint8_t icmp_proto, uint8_t ttl)
{
	p->tcp_flags = 0;
	if (unlikely(p->flags & SL_PKT_FRAGMENT_LATER)) {
		p->sport_be = p->dport_be = 0;
		p->kind = kind_of(p->proto, icmp_proto);
		return SL_PARSE_OK;
	}
	/* A first fragment too short for its header is refused here like any packet (RFC 1858 section 3, RFC 7112). */
	if (p->proto == IPPROTO_TCP)
		return parse_tcp(m, p, l4, available, ttl);
	if (p->proto == IPPROTO_UDP)
		return parse_udp(m, p, l4, available, ttl);
	if (p->proto == icmp_proto)
		return parse_icmp(m, p, available);
	p->sport_be = p->dport_be = 0;
	p->kind = SL_PKT_OTHER;
	return SL_PARSE_OK;
}

static enum sl_drop_cause parse_ipv4_options(const uint8_t *o, const uint8_t *end)
{
	while (o < end && o[0] != 0) {
		if (o[0] == 1) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			return SL_DROP_IP_HEADER;
		if (o[0] == IPV4_OPTION_LSRR || o[0] == IPV4_OPTION_SSRR) /* RFC 7126 sections 4.3, 4.4 */
			return SL_DROP_SOURCE_ROUTED;
		o += o[1];
	}
	return SL_PARSE_OK;
}

const uint8_t sl_v4_martian[256] = { [0] = 3, [127] = 3, [224 ... 239] = 1, [255] = 4 };

static enum sl_drop_cause parse_ipv4(struct rte_mbuf *m, struct sl_pkt *p, bool verify_checksum)
{
	const struct rte_ipv4_hdr *ip;
	uint32_t l3 = p->l3, header = sizeof(*ip), len;
	uint16_t fragment;

	if (unlikely(!sl_segment_contiguous(m, l3 + header)))
		return SL_DROP_TRUNCATED;
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3);
	if (unlikely(ip->version_ihl != RTE_IPV4_VHL_DEF)) {
		header = (ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
		if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip))
			return SL_DROP_IP_HEADER;
		if (!sl_segment_contiguous(m, l3 + header))
			return SL_DROP_TRUNCATED;
	}
	len = rte_be_to_cpu_16(ip->total_length);
	if (unlikely(len < header))
		return SL_DROP_IP_HEADER;
	if (unlikely(!fit_frame(m, l3 + len)))
		return SL_DROP_TRUNCATED;
	if (unlikely(verify_checksum && !sl_checksum_ipv4_is_good(ip)))
		return SL_DROP_IP_CHECKSUM;
	if (unlikely(header > sizeof(*ip))) {
		const uint8_t *options = (const uint8_t *)(ip + 1);
		enum sl_drop_cause cause = parse_ipv4_options(options, (const uint8_t *)ip + header);

		if (cause != SL_PARSE_OK)
			return cause;
	}
	if (unlikely((sl_v4_martian[*(const uint8_t *)&ip->src_addr] & 1) || ip->src_addr == UINT32_MAX))
		return SL_DROP_IP_SOURCE;
	if (unlikely(sl_v4_martian[*(const uint8_t *)&ip->dst_addr] & 2))
		return SL_DROP_IP_HEADER;
	sl_ip_store_v4(&p->src, ip->src_addr);
	sl_ip_store_v4(&p->dst, ip->dst_addr);
	p->l3_len = (uint16_t)len;
	p->proto = ip->next_proto_id;
	p->l4 = (uint16_t)(l3 + header);
	fragment = ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK);
	if (unlikely(fragment != 0)) {
		uint32_t offset = (rte_be_to_cpu_16(fragment) & RTE_IPV4_HDR_OFFSET_MASK) * 8u;
		bool more = (fragment & RTE_BE16(RTE_IPV4_HDR_MF_FLAG)) != 0;

		if (!sl_parse_fragment(p, offset, more, len - header))
			return SL_DROP_IP_HEADER;
	}
	return parse_l4(m, p, l3 + header, len - header, IPPROTO_ICMP, ip->time_to_live);
}

/* ::/64: the unspecified and loopback addresses, and mapped ones, which would pass for IPv4 in every table. */
static bool is_special(const struct sl_ip *ip)
{
	return ip->w_be[2] == RTE_BE32(0xffff) || (ip->w_be[2] == 0 && (ip->w_be[3] & ~RTE_BE32(1)) == 0);
}

static enum sl_drop_cause parse_ipv6(struct rte_mbuf *m, struct sl_pkt *p)
{
	const struct rte_ipv6_hdr *ip;
	uint32_t payload;

	if (unlikely(!sl_segment_contiguous(m, p->l3 + sizeof(*ip))))
		return SL_DROP_TRUNCATED;
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, p->l3);
	payload = rte_be_to_cpu_16(ip->payload_len);
	/* A jumbogram (RFC 2675) has length 0 and options; it fails below, where its options do not fit in 0 bytes. */
	if (unlikely(*(const uint8_t *)ip >> 4 != 6 || payload > UINT16_MAX - sizeof(*ip)))
		return SL_DROP_IP_HEADER;
	p->l3_len = (uint16_t)(payload + sizeof(*ip));
	if (unlikely(!fit_frame(m, (uint32_t)p->l3 + p->l3_len)))
		return SL_DROP_TRUNCATED;
	memcpy(&p->src, &ip->src_addr, sizeof(p->src));
	memcpy(&p->dst, &ip->dst_addr, sizeof(p->dst));
	p->flags |= SL_PKT_V6;
	if (unlikely(p->src.b[0] == 0xff || (p->src.q[0] == 0 && is_special(&p->src) && !sl_ip_is_zero(&p->src))))
		return SL_DROP_IP_SOURCE;
	if (unlikely(p->dst.q[0] == 0 && is_special(&p->dst))) /* RFC 4291 sections 2.5.2, 2.5.3 */
		return SL_DROP_IP_HEADER;
	p->proto = ip->proto;
	p->l4 = (uint16_t)(p->l3 + sizeof(*ip));
	if (unlikely(p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP && p->proto != IPPROTO_ICMPV6)) {
		enum sl_drop_cause cause = sl_parse_extensions(m, p);

		if (cause != SL_PARSE_OK)
			return cause;
	}
	/* :: may only send ND and MLD (RFC 4861 section 4.3, RFC 3810 section 5.2.13) */
	if (unlikely(sl_ip_is_zero(&p->src) && p->proto != IPPROTO_ICMPV6))
		return SL_DROP_IP_SOURCE;
	return parse_l4(m, p, p->l4, (uint32_t)p->l3 + p->l3_len - p->l4, IPPROTO_ICMPV6, ip->hop_limits);
}

enum sl_drop_cause sl_parse_ip(struct rte_mbuf *m, struct sl_pkt *p, uint16_t ethertype, bool verify_checksum)
{
	if (likely(ethertype == RTE_ETHER_TYPE_IPV4))
		return parse_ipv4(m, p, verify_checksum);
	if (ethertype == RTE_ETHER_TYPE_IPV6)
		return parse_ipv6(m, p);
	return SL_DROP_ETHERTYPE;
}

enum sl_drop_cause sl_parse_arp(struct rte_mbuf *m, struct sl_pkt *p)
{
	const struct rte_arp_hdr *arp;

	if (!sl_segment_contiguous(m, p->l3 + sizeof(*arp)))
		return SL_DROP_TRUNCATED;
	arp = rte_pktmbuf_mtod_offset(m, const struct rte_arp_hdr *, p->l3);
	if (arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) || arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(uint32_t))
		return SL_DROP_ARP;
	if (arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) && arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REPLY))
		return SL_DROP_ARP;
	/* RFC 1812 section 3.3.2: never believe that a host has a group address; nor none at all */
	if ((arp->arp_data.arp_sha.addr_bytes[0] & RTE_ETHER_GROUP_ADDR) || sl_mac_bits(&arp->arp_data.arp_sha) == 0)
		return SL_DROP_ARP;
	p->l3_len = sizeof(*arp);
	fit_frame(m, (uint32_t)p->l3 + p->l3_len);
	sl_ip_store_v4(&p->src, arp->arp_data.arp_sip);
	sl_ip_store_v4(&p->dst, arp->arp_data.arp_tip);
	p->l4 = (uint16_t)(p->l3 + sizeof(*arp));
	p->sport_be = p->dport_be = 0;
	p->proto = 0;
	p->tcp_flags = 0;
	p->kind = SL_PKT_ARP;
	return SL_PARSE_OK;
}
