/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_ip.h>
#include <rte_udp.h>

#include "sluice/packet/edit.h"
#include "sluice/packet/translate.h"

#define FRAGMENT_HEADER_LEN 8
#define DF_ABOVE 1260 /* RFC 7915 section 5.1: what an IPv6 minimum-size packet becomes may be fragmented on its way */
#define V6_MINIMUM_MTU 1280
#define LONGER_HEADER (sizeof(struct rte_ipv6_hdr) - sizeof(struct rte_ipv4_hdr))

/* Bytes behind the IP header and what extends it. */
static uint32_t payload_len(const struct sl_pkt *p)
{
	return (uint32_t)p->l3 + p->l3_len - p->l4;
}

static uint32_t new_header_len(const struct sl_pkt *p, bool fragment)
{
	if (p->flags & SL_PKT_V6)
		return sizeof(struct rte_ipv4_hdr);
	return sizeof(struct rte_ipv6_hdr) + (fragment ? FRAGMENT_HEADER_LEN : 0);
}

uint32_t sl_translate_length(const struct sl_pkt *p)
{
	return new_header_len(p, p->flags & SL_PKT_FRAGMENT) + payload_len(p);
}

bool sl_translate_may_cut(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, p->l3);

	/* An IPv6 host never sends less than 1280 bytes for being told to (RFC 8200 section 5), but more it must send less of. */
	if (p->flags & SL_PKT_V6)
		return sl_translate_length(p) <= DF_ABOVE;
	return (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) == 0;
}

uint16_t sl_translate_mtu(const struct sl_pkt *p, uint16_t mtu)
{
	if (!(p->flags & SL_PKT_V6)) /* section 4: 20 less; a fragment grows by its header, too */
		return (uint16_t)(mtu - (new_header_len(p, p->flags & SL_PKT_FRAGMENT) - sizeof(struct rte_ipv4_hdr)));
	return mtu < V6_MINIMUM_MTU - LONGER_HEADER ? V6_MINIMUM_MTU : (uint16_t)(mtu + LONGER_HEADER);
}

/* Let the packet begin with `len` bytes of new headers right in front of the transport header; NULL without headroom. */
static void *replace_headers(struct rte_mbuf *m, struct sl_pkt *p, uint32_t len)
{
	if (p->l4 >= len)
		rte_pktmbuf_adj(m, (uint16_t)(p->l4 - len));
	else if (rte_pktmbuf_prepend(m, (uint16_t)(len - p->l4)) == NULL)
		return NULL;
	p->l3_len = (uint16_t)(payload_len(p) + len);
	p->l3 = 0;
	p->l4 = (uint16_t)len;
	return rte_pktmbuf_mtod(m, void *);
}

/* The fragment header of an IPv6 packet, which parse has walked over, or NULL. */
static const uint8_t *find_fragment_header(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t next = ((const struct rte_ipv6_hdr *)(frame + p->l3))->proto;
	uint32_t at = p->l3 + sizeof(struct rte_ipv6_hdr);

	while (at < p->l4) {
		if (next == IPPROTO_FRAGMENT)
			return frame + at;
		next = frame[at];
		at += (frame[at + 1] + 1u) * 8;
	}
	return NULL;
}

/* Section 5.1 */
static enum sl_drop_cause to_v4(struct rte_mbuf *m, struct sl_pkt *p, const struct sl_translation *to)
{
	const struct rte_ipv6_hdr *old = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, p->l3);
	const uint8_t *fragment = find_fragment_header(m, p);
	uint8_t traffic_class = (uint8_t)(rte_be_to_cpu_32(old->vtc_flow) >> 20);
	uint8_t ttl = (uint8_t)(old->hop_limits - 1);
	uint16_t flags = sl_translate_length(p) > DF_ABOVE ? RTE_IPV4_HDR_DF_FLAG : 0, id_be = 0;
	struct rte_ipv4_hdr *ip;

	if (fragment != NULL) { /* section 5.1.1; an atomic fragment has neither offset nor more to come */
		uint16_t field;

		memcpy(&field, fragment + 2, sizeof(field));
		field = rte_be_to_cpu_16(field);
		flags = (uint16_t)(field >> 3 | (field & 1 ? RTE_IPV4_HDR_MF_FLAG : 0));
		memcpy(&id_be, fragment + 6, sizeof(id_be));
	}
	ip = replace_headers(m, p, sizeof(*ip));
	if (ip == NULL)
		return SL_DROP_NO_MBUF;
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = traffic_class,
		.total_length = rte_cpu_to_be_16(p->l3_len),
		.packet_id = id_be,
		.fragment_offset = rte_cpu_to_be_16(flags),
		.time_to_live = ttl,
		.next_proto_id = p->proto,
		.src_addr = sl_ip_v4_be(to->src),
		.dst_addr = sl_ip_v4_be(to->dst),
	};
	ip->hdr_checksum = sl_checksum_ipv4_header(ip);
	return SL_TRANSLATE_OK;
}

/* Section 4.1. `fragment` is the IPv4 header's field, with the flags. */
static void put_fragment_header(uint8_t *x, uint8_t proto, uint16_t fragment, rte_be16_t id_be)
{
	rte_be16_t field = rte_cpu_to_be_16((uint16_t)((fragment & RTE_IPV4_HDR_OFFSET_MASK) << 3 |
						       ((fragment & RTE_IPV4_HDR_MF_FLAG) != 0)));

	memset(x, 0, FRAGMENT_HEADER_LEN);
	x[0] = proto;
	memcpy(x + 2, &field, sizeof(field));
	memcpy(x + 6, &id_be, sizeof(id_be));
}

/* Section 4.1; no fragment header in front of what is whole and stays so, even where DF is clear (section 4) */
static enum sl_drop_cause to_v6(struct rte_mbuf *m, struct sl_pkt *p, const struct sl_translation *to)
{
	struct rte_ipv4_hdr old = *rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, p->l3);
	bool fragment = (p->flags & SL_PKT_FRAGMENT) || to->to_be_cut;
	struct rte_ipv6_hdr *ip = replace_headers(m, p, new_header_len(p, fragment));

	if (ip == NULL)
		return SL_DROP_NO_MBUF;
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)old.type_of_service << 20),
		.payload_len = rte_cpu_to_be_16((uint16_t)(p->l3_len - sizeof(*ip))),
		.proto = fragment ? IPPROTO_FRAGMENT : p->proto,
		.hop_limits = (uint8_t)(old.time_to_live - 1),
	};
	memcpy(&ip->src_addr, to->src, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, to->dst, sizeof(ip->dst_addr));
	if (fragment)
		put_fragment_header((uint8_t *)(ip + 1), p->proto, rte_be_to_cpu_16(old.fragment_offset), old.packet_id);
	return SL_TRANSLATE_OK;
}

/*
 * A UDP datagram without checksum gets one on its way to IPv6, which knows none (section 4.5). Over a fragment it cannot be
 * computed.
 */
static enum sl_drop_cause complete_udp(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_translation *to)
{
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, p->l4);

	if (p->flags & SL_PKT_FRAGMENT)
		return SL_DROP_L4_CHECKSUM;
	uint16_t checksum = sl_checksum_l4(m, p->l4, rte_be_to_cpu_16(udp->dgram_len), to->src, to->dst, p->proto);
	udp->dgram_cksum = checksum != 0 ? checksum : 0xffff;
	return SL_TRANSLATE_OK;
}

enum sl_drop_cause sl_translate(struct rte_mbuf *m, struct sl_pkt *p, const struct sl_translation *to)
{
	bool from_v6 = (p->flags & SL_PKT_V6) != 0;
	enum sl_drop_cause cause = from_v6 ? to_v4(m, p, to) : to_v6(m, p, to);

	if (cause != SL_TRANSLATE_OK)
		return cause;
	p->flags ^= SL_PKT_V6;
	p->src = *to->src;
	p->dst = *to->dst;
	if (p->flags & SL_PKT_FRAGMENT_LATER)
		return SL_TRANSLATE_OK;
	sl_edit_l4(rte_pktmbuf_mtod_offset(m, uint8_t *, p->l4), p->proto, to->sport_be, to->dport_be, to->l4_delta);
	if (p->proto == IPPROTO_UDP && !from_v6 &&
	    rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, p->l4)->dgram_cksum == 0)
		cause = complete_udp(m, p, to);
	if (to->to_be_cut && !from_v6 && !(p->flags & SL_PKT_FRAGMENT)) {
		p->flags |= SL_PKT_FRAGMENT;
		p->fragment = SL_ID_NONE;
	}
	return cause;
}
