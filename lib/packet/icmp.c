/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include <rte_icmp.h>
#include <rte_ip.h>

#include "sluice/packet/edit.h"
#include "sluice/packet/icmp.h"

#define ERROR_MAX_V4 576  /* RFC 1812 section 4.3.2.3 */
#define ERROR_MAX_V6 1280 /* RFC 4443 section 2.4 (c) */
#define ERROR_TTL 64
#define ERROR_TOS 0xc0 /* precedence 6, internetwork control: RFC 1812 section 4.3.2.5 */

struct icmp_code {
	uint8_t type, code;
};

/* [error][0] for IPv4, [1] for IPv6 */
static const struct icmp_code error_codes[][2] = {
	[SL_ICMP_TTL_EXCEEDED] = { { 11, 0 }, { 3, 0 } },
	[SL_ICMP_NO_ROUTE] = { { 3, 0 }, { 1, 0 } },
	[SL_ICMP_HOST_UNREACHABLE] = { { 3, 1 }, { 1, 3 } },
	[SL_ICMP_PORT_UNREACHABLE] = { { 3, 3 }, { 1, 4 } },
	[SL_ICMP_PROHIBITED] = { { 3, 13 }, { 1, 1 } },
	[SL_ICMP_TOO_BIG] = { { 3, 4 }, { 2, 0 } },
};

/* ICMP types that are questions or their answers: 0, 8, 9, 10, 13 to 18 (RFC 1122 section 3.2.2). */
#define QUERY_TYPES_V4 (1u << 0 | 1u << 8 | 1u << 9 | 1u << 10 | 0x3fu << 13)

static bool is_icmp_query(const struct sl_pkt *p)
{
	uint8_t type = p->sport_be >> 8;

	if (p->flags & SL_PKT_V6)
		return type >= 128 && type != 137; /* RFC 4443 section 2.4 (e.1), (e.2): no error, no redirect */
	return type < 32 && (QUERY_TYPES_V4 >> type & 1) != 0;
}

bool sl_icmp_may_answer(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	if (p->kind == SL_PKT_ARP || (p->flags & (SL_PKT_L2_MULTICAST | SL_PKT_FRAGMENT_LATER)))
		return false;
	if (p->kind == SL_PKT_ICMP && !is_icmp_query(p))
		return false;
	/*
	 * RFC 4443 section 2.4 (e.3) would allow Packet Too Big about a multicast packet; it needs a multicast router,
	 * which sluice is not.
	 */
	if (sl_ip_is_zero(&p->src) || sl_ip_is_multicast(&p->src) || sl_ip_is_multicast(&p->dst))
		return false;
	if (p->flags & SL_PKT_V6)
		return true;
	/* no single host: zero, loopback and class E, which has the broadcast address in it */
	return p->src.b[12] != 0 && p->src.b[12] != 127 && p->src.b[12] < 0xf0 && sl_ip_v4_be(&p->dst) != UINT32_MAX;
}

/* Copy len bytes of a chain; parse has checked that it has them. */
static void copy_chain(uint8_t *to, const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	for (; offset >= m->data_len; m = m->next)
		offset -= m->data_len;
	for (; len > 0; m = m->next, offset = 0) {
		uint32_t n = RTE_MIN(len, m->data_len - offset);

		memcpy(to, rte_pktmbuf_mtod_offset(m, const uint8_t *, offset), n);
		to += n;
		len -= n;
	}
}

int sl_icmp_build_error(struct rte_mbuf *out, const struct rte_mbuf *m, const struct sl_pkt *p, enum sl_icmp_error error,
			uint16_t mtu, const struct sl_ip *src)
{
	bool v6 = (p->flags & SL_PKT_V6) != 0;
	uint32_t ip_len = v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint32_t most = (v6 ? ERROR_MAX_V6 : ERROR_MAX_V4) - ip_len - sizeof(struct rte_icmp_hdr);
	uint32_t quote = RTE_MIN(most, p->l3_len);
	uint32_t icmp_len = sizeof(struct rte_icmp_hdr) + quote;
	struct rte_icmp_hdr *icmp;
	uint8_t *ip;

	ip = (uint8_t *)rte_pktmbuf_append(out, (uint16_t)(ip_len + icmp_len));
	if (ip == NULL)
		return -1;
	icmp = (struct rte_icmp_hdr *)(ip + ip_len);
	*icmp = (struct rte_icmp_hdr){
		.icmp_type = error_codes[error][v6].type,
		.icmp_code = error_codes[error][v6].code,
	};
	/*
	 * RFC 1191 section 4 keeps the MTU in the second half of the unused word, RFC 4443 section 3.2 fills the whole
	 */
	if (error == SL_ICMP_TOO_BIG)
		icmp->icmp_seq_nb = rte_cpu_to_be_16(mtu);
	copy_chain((uint8_t *)(icmp + 1), m, p->l3, quote);

	sl_edit_ip_header(ip, src, &p->src, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, ERROR_TTL, (uint16_t)icmp_len);
	if (v6) {
		icmp->icmp_cksum = sl_checksum_l4(out, ip_len, icmp_len, src, &p->src, IPPROTO_ICMPV6);
	} else {
		struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;

		v4->type_of_service = ERROR_TOS;
		v4->hdr_checksum = sl_checksum_ipv4_header(v4);
		icmp->icmp_cksum = sl_checksum_icmp(out, ip_len, icmp_len);
	}
	return 0;
}

void sl_icmp_echo_reply(struct rte_mbuf *m, const struct sl_pkt *p)
{
	struct rte_icmp_hdr *icmp = rte_pktmbuf_mtod_offset(m, struct rte_icmp_hdr *, p->l4);
	uint16_t before, after;

	memcpy(&before, icmp, 2);
	/* swapped addresses leave both sums as they are */
	if (p->flags & SL_PKT_V6) {
		struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, p->l3);

		memcpy(&ip->src_addr, &p->dst, sizeof(ip->src_addr));
		memcpy(&ip->dst_addr, &p->src, sizeof(ip->dst_addr));
		ip->hop_limits = 64;
		icmp->icmp_type = 129;
	} else {
		struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, p->l3);
		uint16_t ttl_before, ttl_after;

		memcpy(&ttl_before, &ip->time_to_live, 2);
		ip->time_to_live = 64;
		memcpy(&ttl_after, &ip->time_to_live, 2);
		ip->hdr_checksum = sl_checksum_update(ip->hdr_checksum, sl_checksum_delta(&ttl_before, &ttl_after, 1));
		ip->src_addr = sl_ip_v4_be(&p->dst);
		ip->dst_addr = sl_ip_v4_be(&p->src);
		icmp->icmp_type = ICMP_ECHOREPLY;
	}
	memcpy(&after, icmp, 2);
	icmp->icmp_cksum = sl_checksum_update(icmp->icmp_cksum, sl_checksum_delta(&before, &after, 1));
}
