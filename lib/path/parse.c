/* SPDX-License-Identifier: BSD-3-Clause */
/* Drops: whatever sluice/packet/parse.h refuses, VLAN, ETHERTYPE, IP_SOURCE. Survives: well-formed ARP and IP on an interface of ours. */
#include <rte_ether.h>
#include <rte_prefetch.h>

#include "stages.h"

#include "sluice/packet/parse.h"

#define PREFETCH_AHEAD 16 /* covers a load from memory; many more at a time wait for each other */

static enum sl_drop_cause parse(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m, struct sl_pkt *p)
{
	const struct sl_shared *shared = w->shared;
	struct sl_frame frame;

	p->service = SL_ID_NONE;
	enum sl_drop_cause cause = sl_parse_ethernet(m, p, shared->port_mac[m->port], &frame);
	if (unlikely(cause != SL_PARSE_OK))
		return cause;
	p->interface = sl_snapshot_interface(s, m->port, frame.vlan);
	if (unlikely(p->interface == SL_ID_NONE))
		return SL_DROP_VLAN;
	if (unlikely(frame.ethertype == RTE_ETHER_TYPE_ARP))
		return sl_parse_arp(m, p);
	if (unlikely(frame.ethertype != RTE_ETHER_TYPE_IPV4 && frame.ethertype != RTE_ETHER_TYPE_IPV6))
		return SL_DROP_ETHERTYPE;

	uint64_t known = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	if (unlikely(known == RTE_MBUF_F_RX_IP_CKSUM_BAD) && frame.ethertype == RTE_ETHER_TYPE_IPV4)
		return SL_DROP_IP_CHECKSUM;
	return sl_parse_ip(m, p, frame.ethertype,
			   !(shared->port_rx_checksum[m->port] && known == RTE_MBUF_F_RX_IP_CKSUM_GOOD));
}

void sl_stage_parse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	uint32_t seen = 0;

	for (unsigned int i = 0; i < b->n && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->m[i], void *));
	for (unsigned int i = 0; i < b->n; i++) {
		if (i + PREFETCH_AHEAD < b->n)
			rte_prefetch0(rte_pktmbuf_mtod(b->m[i + PREFETCH_AHEAD], void *));
		enum sl_drop_cause cause = parse(w, s, b->m[i], &b->p[i]);
		if (unlikely(cause != SL_PARSE_OK))
			sl_burst_drop(w, b, i, cause);
		seen |= SL_SEEN_KIND(b->p[i].kind) | SL_SEEN_FLAG(b->p[i].flags) | SL_SEEN_TCP_FLAG(b->p[i].tcp_flags);
	}
	b->seen = seen;
	sl_burst_compact(b);
}
