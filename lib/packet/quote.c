/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A quoted packet was whole and well-formed when we sent it; what is left of it in the error need not be. Nothing here
 * reads past the quote, nor past the length that the quoted packet gives itself: behind may lie padding or extensions.
 */
#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "segment.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/parse.h"
#include "sluice/packet/quote.h"

#define ICMP_HEADER 8
#define L4_LEAST 8	   /* what every error quotes of layer 4 (RFC 792) */
#define ORIGINAL_LEAST 128 /* of the original datagram where extensions follow (RFC 4884 section 4) */
#define EXTENSIONS_MAX 8   /* as many as parse lets into sluice */

#define UNREACHABLE_V4 3
#define TIME_EXCEEDED_V4 11
#define PARAMETER_V4 12
#define UNREACHABLE_V6 1
#define TOO_BIG_V6 2
#define TIME_EXCEEDED_V6 3
#define PARAMETER_V6 4

bool sl_icmp_quotes(const struct sl_pkt *p)
{
	uint8_t type = p->sport_be >> 8;

	if (p->kind != SL_PKT_ICMP || (p->flags & SL_PKT_FRAGMENT))
		return false;
	if (p->flags & SL_PKT_V6)
		return type >= UNREACHABLE_V6 && type <= PARAMETER_V6;
	return type == UNREACHABLE_V4 || type == TIME_EXCEEDED_V4 || type == PARAMETER_V4;
}

/*
 * Where the quote ends: at the end of the message, or where extensions begin (RFC 4884 section 4; packet too big and
 * ICMPv6 parameter problem have none). Senders older than that RFC leave the length 0, or anything.
 */
static uint32_t quote_end(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const uint8_t *icmp = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->l4);
	uint32_t start = p->l4 + ICMP_HEADER, end = (uint32_t)p->l3 + p->l3_len, original;

	if (!(p->flags & SL_PKT_V6))
		original = icmp[5] * 4u;
	else
		original = icmp[0] == UNREACHABLE_V6 || icmp[0] == TIME_EXCEEDED_V6 ? icmp[4] * 8u : 0;
	return original >= ORIGINAL_LEAST && original < end - start ? start + original : end;
}

/*
 * RFC 5508 REQ-3a: an error about a packet with a bad header checksum is dropped. One deviation: routers exist that
 * decrement the TTL without updating the checksum before they find that they must quote the packet.
 */
static bool checksum_is_believable(const struct rte_ipv4_hdr *ip)
{
	return sl_checksum_ipv4_is_good(ip) ||
	       sl_checksum_ipv4_header(ip) == sl_checksum_update(ip->hdr_checksum, (uint16_t)~RTE_BE16(0x0100));
}

/* Sets q->l4, and *end to the end of the quoted packet if that comes first. */
static enum sl_drop_cause parse_ipv4(struct rte_mbuf *m, struct sl_quote *q, uint32_t *end)
{
	const struct rte_ipv4_hdr *ip;
	uint32_t header;

	if (*end < q->l3 + sizeof(*ip))
		return SL_DROP_ICMP_QUOTE;
	if (!sl_segment_contiguous(m, q->l3 + sizeof(*ip)))
		return SL_DROP_TRUNCATED;
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, q->l3);
	header = (ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) || *end < q->l3 + header)
		return SL_DROP_ICMP_QUOTE;
	if (!sl_segment_contiguous(m, q->l3 + header)) /* RFC 5508 REQ-3b: options are part of the header */
		return SL_DROP_TRUNCATED;
	if (!checksum_is_believable(ip))
		return SL_DROP_ICMP_QUOTE;
	q->src = sl_ip_from_v4(ip->src_addr);
	q->dst = sl_ip_from_v4(ip->dst_addr);
	q->proto = ip->next_proto_id;
	q->l4 = q->l3 + header;
	*end = RTE_MIN(*end, q->l3 + rte_be_to_cpu_16(ip->total_length));
	return ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK) ? SL_DROP_ICMP_FRAGMENT : SL_PARSE_OK;
}

/* One extension header at x, `room` bytes of it quoted: its length, or 0 with *cause set. */
static uint32_t extension_length(uint8_t type, const uint8_t *x, uint32_t room, enum sl_drop_cause *cause)
{
	uint32_t len = type == IPPROTO_FRAGMENT ? 8 : (x[1] + 1u) * 8;
	uint16_t field;

	memcpy(&field, x + 2, 2);
	if (type == IPPROTO_FRAGMENT && (field & RTE_BE16(0xfff8)) != 0)
		*cause = SL_DROP_ICMP_FRAGMENT;
	else if (type == IPPROTO_ROUTING && x[3] != 0)
		*cause = SL_DROP_ICMP; /* not on its way to its destination yet: no packet of a flow */
	else if (len > room)
		*cause = SL_DROP_ICMP_QUOTE;
	else
		return len;
	return 0;
}

static enum sl_drop_cause parse_extensions(struct rte_mbuf *m, struct sl_quote *q, uint32_t end)
{
	enum sl_drop_cause cause = SL_PARSE_OK;

	for (unsigned int n = 0;; n++) {
		const uint8_t *x;
		uint32_t len;

		if (q->proto != IPPROTO_HOPOPTS && q->proto != IPPROTO_DSTOPTS && q->proto != IPPROTO_ROUTING &&
		    q->proto != IPPROTO_FRAGMENT)
			return SL_PARSE_OK;
		if (n == EXTENSIONS_MAX || end < q->l4 + 8)
			return SL_DROP_ICMP_QUOTE;
		if (!sl_segment_contiguous(m, q->l4 + 8))
			return SL_DROP_TRUNCATED;
		x = rte_pktmbuf_mtod_offset(m, const uint8_t *, q->l4);
		len = extension_length(q->proto, x, end - q->l4, &cause);
		if (len == 0)
			return cause;
		if (q->proto == IPPROTO_FRAGMENT)
			q->fragment = q->l4;
		q->proto = x[0];
		q->l4 += len;
	}
}

static enum sl_drop_cause parse_ipv6(struct rte_mbuf *m, struct sl_quote *q, uint32_t *end)
{
	const struct rte_ipv6_hdr *ip;

	if (*end < q->l3 + sizeof(*ip))
		return SL_DROP_ICMP_QUOTE;
	if (!sl_segment_contiguous(m, q->l3 + sizeof(*ip)))
		return SL_DROP_TRUNCATED;
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, q->l3);
	if (*(const uint8_t *)ip >> 4 != 6)
		return SL_DROP_ICMP_QUOTE;
	memcpy(&q->src, &ip->src_addr, sizeof(q->src));
	memcpy(&q->dst, &ip->dst_addr, sizeof(q->dst));
	q->proto = ip->proto;
	q->l4 = q->l3 + sizeof(*ip);
	*end = RTE_MIN(*end, q->l4 + rte_be_to_cpu_16(ip->payload_len));
	return parse_extensions(m, q, *end);
}

enum sl_drop_cause sl_quote_parse(struct rte_mbuf *m, const struct sl_pkt *p, struct sl_quote *q)
{
	uint32_t end = quote_end(m, p), checksum_end, need;
	enum sl_drop_cause cause;
	const uint8_t *l4;

	q->l3 = p->l4 + ICMP_HEADER;
	q->fragment = 0;
	cause = p->flags & SL_PKT_V6 ? parse_ipv6(m, q, &end) : parse_ipv4(m, q, &end);
	if (cause != SL_PARSE_OK)
		return cause;
	/* Errors go to the source of what they quote; anything else is made up. */
	if (!sl_ip_equal(&q->src, &p->dst))
		return SL_DROP_ICMP_QUOTE;
	if (q->proto != IPPROTO_TCP && q->proto != IPPROTO_UDP)
		return SL_DROP_ICMP;
	if (end < q->l4 + L4_LEAST)
		return SL_DROP_ICMP_QUOTE;
	q->end = end;
	checksum_end = q->l4 + (q->proto == IPPROTO_TCP ? 18 : 8);
	q->has_checksum = end >= checksum_end;
	need = q->has_checksum ? checksum_end : q->l4 + L4_LEAST;
	if (!sl_segment_contiguous(m, need))
		return SL_DROP_TRUNCATED;
	l4 = rte_pktmbuf_mtod_offset(m, const uint8_t *, q->l4);
	memcpy(&q->sport_be, l4, 2);
	memcpy(&q->dport_be, l4 + 2, 2);
	return SL_PARSE_OK;
}

/* ---- rewriting ---- */

/* All that a rewrite changes within the quote, side by side: the ICMP checksum changes by the difference. */
struct changing {
	uint16_t ip_checksum, id[2], addresses[16], ports[2], l4_checksum;
};

static void read_changing(struct changing *c, const uint8_t *ip, const uint8_t *l4, const struct sl_quote *q, bool v6)
{
	memset(c, 0, sizeof(*c));
	if (v6) {
		memcpy(c->addresses, ip + 8, 32);
		if (q->fragment != 0)
			memcpy(c->id, ip + (q->fragment - q->l3) + 4, 4);
	} else {
		memcpy(&c->ip_checksum, ip + 10, 2);
		memcpy(c->id, ip + 4, 2);
		memcpy(c->addresses, ip + 12, 8);
	}
	memcpy(c->ports, l4, 4);
	if (q->has_checksum)
		memcpy(&c->l4_checksum, l4 + (q->proto == IPPROTO_TCP ? 16 : 6), 2);
}

/*
 * A packet that was a fragment, or might have become one, had an identification of ours (sluice/state/ip_id.h). The one that
 * its sender gave it is forgotten, and is good for nothing but putting fragments together (RFC 6864 section 4.1). Ours is nobody's
 * business: it tells what the next datagrams to the same receiver will have, which are other senders', so that fragments
 * of them can be forged (RFC 7739 section 1). So it becomes 0.
 */
static void hide_id(uint8_t *ip, const struct sl_quote *q, bool v6)
{
	struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;

	if (!v6) {
		if (v4->fragment_offset != RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) /* as lib/path/nat.c decides */
			sl_edit_id_v4(v4, 0);
	} else if (q->fragment != 0) {
		uint8_t *fragment = ip + (q->fragment - q->l3);
		if (fragment[3] & RTE_IPV6_EHDR_MF_MASK) /* an atomic one keeps its sender's */
			sl_edit_id_v6(fragment, 0);
	}
}

/* The quoted packet. Returns the difference that it makes to a checksum over it. */
static uint16_t rewrite_quoted(struct rte_mbuf *m, const struct sl_quote *q, const struct sl_quote_rewrite *to, bool v6)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, q->l3), *l4 = rte_pktmbuf_mtod_offset(m, uint8_t *, q->l4);
	const uint16_t from_ports[2] = { q->sport_be, q->dport_be }, to_ports[2] = { to->sport_be, to->dport_be };
	struct changing before, after;
	uint16_t delta;

	read_changing(&before, ip, l4, q, v6);
	hide_id(ip, q, v6);
	delta = sl_checksum_add(sl_edit_addresses(ip, &to->src, &to->dst), sl_checksum_delta(from_ports, to_ports, 2));
	if (q->has_checksum) /* RFC 5508 REQ-3c: not verified, and a wrong one stays wrong */
		sl_edit_l4(l4, q->proto, to->sport_be, to->dport_be, delta);
	else
		memcpy(l4, to_ports, sizeof(to_ports));
	read_changing(&after, ip, l4, q, v6);
	return sl_checksum_delta(&before, &after, sizeof(before) / 2);
}

void sl_quote_rewrite(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_quote *q,
		      const struct sl_quote_rewrite *to)
{
	bool v6 = (p->flags & SL_PKT_V6) != 0;
	uint8_t *checksum_at = rte_pktmbuf_mtod_offset(m, uint8_t *, p->l4 + 2);
	uint16_t delta = rewrite_quoted(m, q, to, v6), checksum;
	uint16_t outer = sl_edit_addresses(rte_pktmbuf_mtod_offset(m, void *, p->l3), &to->outer_src, &to->outer_dst);

	if (v6) /* has the addresses in its checksum (RFC 4443 section 2.3), ICMP has not */
		delta = sl_checksum_add(delta, outer);
	memcpy(&checksum, checksum_at, 2);
	checksum = sl_checksum_update(checksum, delta);
	memcpy(checksum_at, &checksum, 2);
}

/* ---- numbers of TCP ---- */

#define TCP_SEQ 4 /* in the header; the acknowledgement is behind it */
#define TCP_CHECKSUM 16

struct sl_quote_numbers sl_quote_numbers(const struct rte_mbuf *m, const struct sl_quote *q)
{
	uint32_t be[2] = { 0 };

	memcpy(be, rte_pktmbuf_mtod_offset(m, const uint8_t *, q->l4 + TCP_SEQ), q->has_checksum ? 8 : 4);
	return (struct sl_quote_numbers){ rte_be_to_cpu_32(be[0]), rte_be_to_cpu_32(be[1]) };
}

void sl_quote_set_numbers(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_quote *q,
			  const struct sl_quote_numbers *numbers)
{
	const uint32_t be[2] = { rte_cpu_to_be_32(numbers->seq), rte_cpu_to_be_32(numbers->ack) };
	uint8_t *at = rte_pktmbuf_mtod_offset(m, uint8_t *, q->l4 + TCP_SEQ);
	uint8_t *icmp = rte_pktmbuf_mtod_offset(m, uint8_t *, p->l4 + 2);
	unsigned int len = q->has_checksum ? 8 : 4;
	uint16_t delta = sl_checksum_delta(at, be, len / 2), checksum;

	memcpy(at, be, len);
	/* With the quoted checksum the sum over both stays what it was, up to the two zeros. */
	at = rte_pktmbuf_mtod_offset(m, uint8_t *, q->l4 + TCP_CHECKSUM);
	if (q->has_checksum) {
		uint16_t old;
		memcpy(&old, at, 2);
		checksum = sl_checksum_update(old, delta);
		memcpy(at, &checksum, 2);
		delta = sl_checksum_add(delta, sl_checksum_delta(&old, &checksum, 1));
	}
	memcpy(&checksum, icmp, 2);
	checksum = sl_checksum_update(checksum, delta);
	memcpy(icmp, &checksum, 2);
}
