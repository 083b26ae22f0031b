/* SPDX-License-Identifier: BSD-3-Clause */
/* Drops: whatever sluice/packet/parse.h refuses, VLAN, ETHERTYPE, IP_SOURCE. Survives: well-formed ARP and IP on an interface of ours. */
#include <rte_ether.h>
#include <rte_prefetch.h>

#include "stages.h"

#include "sluice/packet/plain.h"

#define PREFETCH_AHEAD 16 /* covers a load from memory; many more at a time wait for each other */

/* The port has not verified the IPv4 header's checksum. */
static inline bool must_verify(const struct sl_shared *shared, const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_GOOD || !shared->port_rx_checksum[m->port];
}

/* Whatever is not plain. */
static __rte_noinline enum sl_drop_cause parse(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m,
					       struct sl_pkt *p)
{
	struct sl_frame frame;

	if (s->relays.n > 0 && p->interface != SL_ID_NONE && sl_parse_plain_group(m, p))
		return SL_PARSE_OK;
	enum sl_drop_cause cause = sl_parse_ethernet(m, p, w->shared->port_mac[m->port], &frame);

	if (cause != SL_PARSE_OK)
		return cause;
	p->interface = sl_snapshot_interface(s, m->port, frame.vlan);
	if (p->interface == SL_ID_NONE)
		return SL_DROP_VLAN;
	if (frame.ethertype == RTE_ETHER_TYPE_ARP)
		return sl_parse_arp(m, p);
	if (frame.ethertype != RTE_ETHER_TYPE_IPV4 && frame.ethertype != RTE_ETHER_TYPE_IPV6)
		return SL_DROP_ETHERTYPE;
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD && frame.ethertype == RTE_ETHER_TYPE_IPV4)
		return SL_DROP_IP_CHECKSUM;
	return sl_parse_ip(m, p, frame.ethertype, must_verify(w->shared, m));
}

/* Returns the SL_SEEN_* of the packet; plain ones have nothing for which a stage must look at the burst but a SYN. */
static inline uint32_t parse_one(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct rte_mbuf *m = b->m[i];
	struct sl_pkt *p = &b->p[i];

	p->interface = sl_snapshot_interface(s, m->port, 0);
	if (likely(p->interface != SL_ID_NONE && sl_parse_plain(m, p, w->shared->port_mac[m->port]))) {
		sl_burst_hash(w, b, i);
		return SL_SEEN_TCP_FLAG(p->tcp_flags);
	}
	enum sl_drop_cause cause = parse(w, s, m, p);
	if (cause != SL_PARSE_OK) {
		sl_burst_drop(w, b, i, cause);
		return 0;
	}
	sl_burst_hash(w, b, i); /* also what has no ports: to leave it out would cost the others more */
	return SL_SEEN_KIND(p->kind) | SL_SEEN_FLAG(p->flags) | SL_SEEN_TCP_FLAG(p->tcp_flags);
}

void sl_stage_parse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	unsigned int n = b->n;
	uint32_t seen = 0;

	for (unsigned int i = 0; i < RTE_MIN(n, (unsigned int)PREFETCH_AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->m[i], void *));
	for (unsigned int i = 0; i < n; i++) {
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(b->m[i + PREFETCH_AHEAD], void *));
		seen |= parse_one(w, s, b, i);
	}
	b->seen = seen;
	sl_burst_compact(b);
}
