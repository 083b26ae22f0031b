/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors between the families. Everything in front of the quoted transport header is written anew: IP header, ICMP header,
 * quoted IP header; the quoted transport header gets its old ports back.
 */
#include <rte_icmp.h>
#include <rte_ip.h>

#include "segment.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/translate.h"

#define NONE 255 /* no counterpart */
#define LONGER_HEADER (sizeof(struct rte_ipv6_hdr) - sizeof(struct rte_ipv4_hdr))
#define V6_MINIMUM_MTU 1280
#define V4_MINIMUM_MTU 68

/* What an error says: type and code, and the second word of its header (MTU or pointer). */
struct message {
	uint8_t type, code;
	uint32_t rest; /* host order */
};

/* ---- type, code, pointer (RFC 7915 sections 4.2, 5.2) ---- */

/* By IPv4 code of destination unreachable: ICMPv6 type and code. 4 is packet too big. */
static const uint8_t unreachable_to_v6[][2] = {
	[0] = { 1, 0 }, [1] = { 1, 0 }, [2] = { 4, 1 },	 [3] = { 1, 4 },  [4] = { 2, 0 },  [5] = { 1, 0 },
	[6] = { 1, 0 }, [7] = { 1, 0 }, [8] = { 1, 0 },	 [9] = { 1, 1 },  [10] = { 1, 1 }, [11] = { 1, 0 },
	[12] = { 1, 0 }, [13] = { 1, 1 }, [14] = { NONE, 0 }, [15] = { 1, 1 },
};
#define NEXT_HEADER_POINTER 6 /* what ICMPv4 "protocol unreachable" complains about */

/* By ICMPv6 code of destination unreachable: IPv4 code. */
static const uint8_t unreachable_to_v4[] = { 1, 10, 1, 1, 3 };

/* By byte of the IPv4 header (figure 3) and of the IPv6 header (figure 6). */
static const uint8_t pointer_to_v6[] = { 0, 1, 4, 4, NONE, NONE, NONE, NONE, 7, 6, NONE, NONE, 8, 8, 8, 8, 24, 24, 24, 24 };
static const uint8_t pointer_to_v4[] = { 0,  1,	 NONE, NONE, 2,	 2,  9,	 8,  12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12,
					 12, 12, 12,   12,   16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16 };

/* A router older than RFC 1191 names no MTU: the largest usual one below the packet's size (its section 7). */
static uint32_t plateau(uint32_t length)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296 };

	for (unsigned int i = 0; i < RTE_DIM(plateaus); i++)
		if (plateaus[i] < length)
			return plateaus[i];
	return 68;
}

/* `mtu` bounds what is told: no more passed the interface here. */
static bool message_to_v6(struct message *msg, uint32_t quoted_length, uint32_t mtu)
{
	uint8_t type = msg->type, code = msg->code;

	if (type == 11) {
		msg->type = 3;
		return true;
	}
	if (type == 12) {
		uint32_t pointer = msg->rest >> 24;
		*msg = (struct message){ 4, 0, pointer < sizeof(pointer_to_v6) ? pointer_to_v6[pointer] : NONE };
		return (code == 0 || code == 2) && msg->rest != NONE;
	}
	if (code >= RTE_DIM(unreachable_to_v6) || unreachable_to_v6[code][0] == NONE)
		return false;
	uint32_t told = (msg->rest & UINT16_MAX) != 0 ? msg->rest & UINT16_MAX : plateau(quoted_length);
	*msg = (struct message){ .type = unreachable_to_v6[code][0], .code = unreachable_to_v6[code][1] };
	if (code == 2)
		msg->rest = NEXT_HEADER_POINTER;
	if (code == 4) {
		told = RTE_MIN(told, mtu) + (uint32_t)LONGER_HEADER;
		msg->rest = RTE_MAX(told, (uint32_t)V6_MINIMUM_MTU);
	}
	return true;
}

/* `longer`: by how much the quoted packet's header is longer than the IPv4 one it was sent with. */
static bool message_to_v4(struct message *msg, uint32_t longer, uint32_t mtu)
{
	uint8_t type = msg->type, code = msg->code;
	uint32_t rest = msg->rest;

	*msg = (struct message){ .type = type == 3 ? 11 : 3 };
	switch (type) {
	case 1:
		msg->code = code < sizeof(unreachable_to_v4) ? unreachable_to_v4[code] : NONE;
		return msg->code != NONE;
	case 2:
		msg->code = 4;
		rest = RTE_MIN(rest, mtu);
		msg->rest = rest > longer + V4_MINIMUM_MTU ? rest - longer : V4_MINIMUM_MTU;
		return true;
	case 3:
		msg->code = code;
		return true;
	default: /* parameter problem */
		if (code == 1) {
			msg->code = 2;
			return true;
		}
		rest = rest < sizeof(pointer_to_v4) ? pointer_to_v4[rest] : NONE;
		*msg = (struct message){ 12, 0, rest << 24 };
		return code == 0 && rest != NONE;
	}
}

/* ---- headers ---- */

/* What is taken over from an IP header of either family. */
struct carried {
	uint8_t tos, ttl;
	uint32_t length; /* of the packet, headers included */
	bool first;	 /* fragment: more follow */
};

/* `fragment` is an IPv6 packet's fragment header, if it has one. */
static struct carried read_header(const uint8_t *ip, bool v6, const uint8_t *fragment)
{
	const struct rte_ipv4_hdr *v4 = (const struct rte_ipv4_hdr *)ip;
	const struct rte_ipv6_hdr *six = (const struct rte_ipv6_hdr *)ip;

	if (!v6)
		return (struct carried){ v4->type_of_service, v4->time_to_live, rte_be_to_cpu_16(v4->total_length),
					 (v4->fragment_offset & RTE_BE16(RTE_IPV4_HDR_MF_FLAG)) != 0 };
	return (struct carried){ (uint8_t)(rte_be_to_cpu_32(six->vtc_flow) >> 20), six->hop_limits,
				 rte_be_to_cpu_16(six->payload_len) + (uint32_t)sizeof(*six),
				 fragment != NULL && (fragment[3] & RTE_IPV6_EHDR_MF_MASK) != 0 };
}

static void write_header(uint8_t *ip, bool v6, const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto,
			 const struct carried *from, uint32_t payload)
{
	sl_edit_ip_header(ip, src, dst, proto, from->ttl, (uint16_t)payload);
	if (v6) {
		((struct rte_ipv6_hdr *)ip)->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)from->tos << 20);
		return;
	}
	struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;
	v4->type_of_service = from->tos;
	v4->hdr_checksum = sl_checksum_ipv4_header(v4);
}

/*
 * The quoted packet's header. A first fragment is shown as one (sections 4.1, 5.1.1), but with identification 0: the one that its
 * sender gave it was lost when we sent it (lib/path/renumber.c).
 */
static void write_quoted_header(uint8_t *ip, bool v6, const struct sl_quote_rewrite *to, uint8_t proto,
				const struct carried *from, uint32_t payload)
{
	const uint8_t fragment[RTE_IPV6_FRAG_HDR_SIZE] = { proto, [3] = RTE_IPV6_EHDR_MF_MASK };
	struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;

	if (!from->first) {
		write_header(ip, v6, &to->src, &to->dst, proto, from, payload);
	} else if (v6) {
		write_header(ip, v6, &to->src, &to->dst, IPPROTO_FRAGMENT, from, payload + (uint32_t)sizeof(fragment));
		memcpy(ip + sizeof(struct rte_ipv6_hdr), fragment, sizeof(fragment));
	} else {
		write_header(ip, v6, &to->src, &to->dst, proto, from, payload);
		v4->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
		v4->hdr_checksum = sl_checksum_ipv4_header(v4);
	}
}

/* Ports and checksum of the quoted transport header, which begins at l4. */
static void rewrite_quoted(uint8_t *l4, const struct sl_quote *q, const struct sl_quote_rewrite *to)
{
	const struct sl_ip old[2] = { q->src, q->dst }, new[2] = { to->src, to->dst };
	const uint16_t old_ports[2] = { q->sport_be, q->dport_be }, new_ports[2] = { to->sport_be, to->dport_be };
	uint16_t delta = sl_checksum_add(sl_checksum_delta(old, new, sizeof(old) / 2), sl_checksum_delta(old_ports, new_ports, 2));

	if (q->has_checksum)
		sl_edit_l4(l4, q->proto, to->sport_be, to->dport_be, delta);
	else
		memcpy(l4, new_ports, sizeof(new_ports));
}

enum sl_drop_cause sl_translate_error_packet(struct rte_mbuf *m, struct sl_pkt *p, const struct sl_quote *q,
					     const struct sl_quote_rewrite *to, uint16_t mtu)
{
	bool v6 = !(p->flags & SL_PKT_V6); /* what it becomes */
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	struct carried outer = read_header(frame + p->l3, !v6, NULL);
	struct carried inner = read_header(frame + q->l3, !v6, q->fragment != 0 ? frame + q->fragment : NULL);
	const struct rte_icmp_hdr *old = (const struct rte_icmp_hdr *)(frame + p->l4);
	struct message msg = { old->icmp_type, old->icmp_code,
			       (uint32_t)rte_be_to_cpu_16(old->icmp_ident) << 16 | rte_be_to_cpu_16(old->icmp_seq_nb) };
	uint32_t ip_len = v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint32_t inner_len = ip_len + (v6 && inner.first ? RTE_IPV6_FRAG_HDR_SIZE : 0);
	uint32_t front = ip_len + sizeof(struct rte_icmp_hdr) + inner_len, quoted = q->end - q->l4;
	/* section 5.2: the MTU is adjusted for the difference of the headers, of which the fragment header is part */
	uint32_t longer = LONGER_HEADER + (q->fragment != 0 ? RTE_IPV6_FRAG_HDR_SIZE : 0);

	if (!(v6 ? message_to_v6(&msg, inner.length, mtu) : message_to_v4(&msg, longer, mtu)))
		return SL_DROP_ICMP_FAMILY;
	sl_segment_trim(m, q->end);
	if (q->l4 >= front)
		rte_pktmbuf_adj(m, (uint16_t)(q->l4 - front));
	else if (rte_pktmbuf_prepend(m, (uint16_t)(front - q->l4)) == NULL)
		return SL_DROP_NO_MBUF;
	if (v6 && front + quoted > V6_MINIMUM_MTU) { /* RFC 4443 section 2.4 (c) */
		quoted = V6_MINIMUM_MTU - front;
		sl_segment_trim(m, V6_MINIMUM_MTU);
	}

	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *), proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(ip + ip_len);
	uint32_t icmp_len = sizeof(*icmp) + inner_len + quoted, whole = inner.length - (q->l4 - q->l3);
	write_header(ip, v6, &to->outer_src, &to->outer_dst, proto, &outer, icmp_len);
	*icmp = (struct rte_icmp_hdr){
		.icmp_type = msg.type,
		.icmp_code = msg.code,
		.icmp_ident = rte_cpu_to_be_16((uint16_t)(msg.rest >> 16)),
		.icmp_seq_nb = rte_cpu_to_be_16((uint16_t)msg.rest),
	};
	write_quoted_header((uint8_t *)(icmp + 1), v6, to, q->proto, &inner, whole);
	rewrite_quoted((uint8_t *)(icmp + 1) + inner_len, q, to);
	icmp->icmp_cksum = v6 ? sl_checksum_l4(m, ip_len, icmp_len, &to->outer_src, &to->outer_dst, proto)
			      : sl_checksum_icmp(m, ip_len, icmp_len);

	p->flags ^= SL_PKT_V6;
	p->src = to->outer_src;
	p->dst = to->outer_dst;
	p->proto = proto;
	p->sport_be = (uint16_t)(msg.type << 8 | msg.code);
	p->l3 = 0;
	p->l4 = (uint16_t)ip_len;
	p->l3_len = (uint16_t)(ip_len + icmp_len);
	return SL_TRANSLATE_OK;
}
