/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors from routers between us and a tunnel's far end, sent to the outer source: they quote an outer packet. "Too big" says
 * the path's MTU, which the next long packet's sender is then told (RFC 2003 section 5.1, RFC 2473 section 8.1). Others are
 * counted, and end here: TCP tries again, and whether a backend is up is for health checks to say. Anybody can send such an
 * error, so it changes no more than that number, and that within bounds.
 */
#include <netinet/in.h>

#include "stages.h"

#include "sluice/packet/encapsulate.h"
#include "sluice/packet/quote.h"

#define ICMP_HEADER 8
#define UNREACHABLE_V4 3
#define NEEDS_FRAGMENTATION 4
#define TOO_BIG_V6 2

/* The quoted UDP header: the host's own datagrams are not for that port. */
static bool quotes_gue(const struct sl_burst *b, unsigned int i, uint32_t at)
{
	const struct sl_pkt *p = &b->p[i];
	struct rte_udp_hdr copy;
	const struct rte_udp_hdr *udp;

	if (at + sizeof(*udp) > (uint32_t)p->l3 + p->l3_len)
		return false;
	udp = rte_pktmbuf_read(b->m[i], at, sizeof(*udp), &copy);
	return udp != NULL && udp->dst_port == RTE_BE16(SL_GUE_PORT);
}

/* Where the quoted packet was going, if it looks like one of our tunnels': from the address that the error is for. */
static bool quotes_outer(const struct sl_burst *b, unsigned int i, struct sl_ip *far_end)
{
	const struct sl_pkt *p = &b->p[i];
	bool v6 = (p->flags & SL_PKT_V6) != 0;
	uint32_t at = p->l4 + ICMP_HEADER, len = v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint8_t copy[sizeof(struct rte_ipv6_hdr)], proto;
	struct sl_ip near_end;
	const uint8_t *ip;

	if (at + len > (uint32_t)p->l3 + p->l3_len)
		return false;
	ip = rte_pktmbuf_read(b->m[i], at, len, copy);
	if (ip == NULL || ip[0] >> 4 != (v6 ? 6 : 4))
		return false;
	if (v6) {
		const struct rte_ipv6_hdr *h = (const struct rte_ipv6_hdr *)ip;
		near_end = sl_ip_from_v6(&h->src_addr);
		*far_end = sl_ip_from_v6(&h->dst_addr);
		proto = h->proto;
	} else {
		const struct rte_ipv4_hdr *h = (const struct rte_ipv4_hdr *)ip;
		near_end = sl_ip_from_v4(h->src_addr);
		*far_end = sl_ip_from_v4(h->dst_addr);
		proto = h->next_proto_id;
	}
	if (!sl_ip_equal(&near_end, &p->dst))
		return false;
	return proto == IPPROTO_IPIP || proto == IPPROTO_IPV6 || proto == IPPROTO_FRAGMENT ||
	       (proto == IPPROTO_UDP && quotes_gue(b, i, at + len));
}

bool sl_tunnel_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	bool v6 = (p->flags & SL_PKT_V6) != 0;
	uint8_t type = (uint8_t)(p->sport_be >> 8), code = (uint8_t)p->sport_be;
	struct sl_ip far_end;
	uint32_t mtu;

	/* what merely passes through may have tunnels of its own */
	if (!s->has_tunnels || !sl_snapshot_is_local(s, &p->dst) || !sl_icmp_quotes(p) || !quotes_outer(b, i, &far_end))
		return false;
	w->count[SL_COUNT_TUNNEL_ERRORS]++;
	memcpy(&mtu, sl_burst_at(b, i, p->l4 + 4), sizeof(mtu));
	mtu = rte_be_to_cpu_32(mtu);
	if (!v6 && type == UNREACHABLE_V4 && code == NEEDS_FRAGMENTATION)
		w->count[SL_COUNT_PATH_MTUS_LEARNT] += sl_path_mtu_note(w, &far_end, mtu & 0xffff);
	else if (v6 && type == TOO_BIG_V6)
		w->count[SL_COUNT_PATH_MTUS_LEARNT] += sl_path_mtu_note(w, &far_end, RTE_MIN(mtu, (uint32_t)UINT16_MAX));
	sl_burst_consume(w, b, i);
	return true;
}
