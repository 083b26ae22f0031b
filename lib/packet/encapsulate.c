/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/packet/encapsulate.h"

#define OUTER_TTL 64 /* enough for any tunnel's path (RFC 2003 section 3.1, RFC 2473 section 6.3) */

static void build_gue(uint8_t *to, uint8_t proto)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)to;
	uint8_t *gue = (uint8_t *)(udp + 1);

	/* No checksum, over IPv6 by RFC 6935 and RFC 6936 section 5: the inner packet has its own. */
	*udp = (struct rte_udp_hdr){ .dst_port = RTE_BE16(SL_GUE_PORT) };
	gue[0] = 0; /* variant 0, no control message, no optional fields */
	gue[1] = proto;
	gue[2] = gue[3] = 0; /* no flags */
}

unsigned int sl_outer_build(uint8_t header[SL_OUTER_MAX], const struct sl_ip *src, const struct sl_ip *dst, enum sl_tunnel tunnel,
			    bool inner_v6)
{
	uint8_t inner = inner_v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	unsigned int len = sl_ip_header_len(dst);

	sl_edit_ip_header(header, src, dst, tunnel == SL_TUNNEL_GUE ? IPPROTO_UDP : inner, OUTER_TTL, 0);
	if (sl_ip_is_v4(dst)) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)header;

		ip->total_length = ip->fragment_offset = 0;
		ip->hdr_checksum = 0;
		ip->hdr_checksum = sl_checksum_ipv4_header(ip);
	}
	if (tunnel != SL_TUNNEL_GUE)
		return len;
	build_gue(header + len, inner);
	return len + SL_GUE_LEN;
}

bool sl_outer_add_fragment_header(struct rte_mbuf *m, uint32_t id_be)
{
	const uint8_t *old = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t *ip = (uint8_t *)rte_pktmbuf_prepend(m, RTE_IPV6_FRAG_HDR_SIZE);
	struct rte_ipv6_fragment_ext fragment = { .id = id_be };

	if (ip == NULL)
		return false;
	memmove(ip, old, sizeof(struct rte_ipv6_hdr));
	fragment.next_header = ((struct rte_ipv6_hdr *)ip)->proto;
	((struct rte_ipv6_hdr *)ip)->proto = IPPROTO_FRAGMENT;
	memcpy(ip + sizeof(struct rte_ipv6_hdr), &fragment, sizeof(fragment));
	return true;
}
