/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets larger than the MTU of the way out: IPv4 without DF is cut (RFC 791 section 2.3, RFC 4787 REQ-13a), for NAT
 * and layer-3 forwarding alike, and so is what NAT46 makes of it (RFC 7915 section 4); here and nowhere else.
 *
 * Pieces are copies in packet buffers of their own, in one segment each: no device needs to send chains, nothing large
 * stays in memory until the last piece has left, and a copy of an MTU costs little beside the packet that it makes.
 * (rte_ip_frag would chain a header to an indirect buffer of the original, which needs two more pools and multi-segment
 * devices; as a second choice it copies too.)
 */
#include <rte_ip.h>

#include "stages.h"

#include "sluice/packet/translate.h"

bool sl_may_cut(struct sl_burst *b, unsigned int i, uint16_t interface)
{
	struct sl_pkt *p = &b->p[i];
	const struct rte_ipv4_hdr *ip = sl_burst_at(b, i, p->l3);

	if ((p->flags & SL_PKT_V6) || (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		return false;
	p->out_interface = interface;
	return true;
}

bool sl_may_cut_translated(struct sl_burst *b, unsigned int i, uint16_t interface)
{
	if (!sl_translate_may_cut(b->m[i], &b->p[i]))
		return false;
	b->p[i].out_interface = interface;
	return true;
}

unsigned int sl_cut(struct sl_worker *w, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX])
{
	uint32_t payload, size = sl_fragment_piece_size(m, mtu, &payload);
	unsigned int n = 0;

	pieces[n++] = m;
	if (payload <= size)
		return n; /* it fits */
	for (uint32_t start = size; start < payload; start += size) {
		struct rte_mbuf *piece = sl_packet_create(w);
		if (piece != NULL)
			pieces[n++] = piece;
		if (piece == NULL || sl_fragment_copy(piece, m, start, size) != 0) {
			while (n > 0)
				sl_packet_drop(w, pieces[--n], SL_DROP_NO_MBUF);
			return 0;
		}
	}
	sl_fragment_keep_first(m, size);
	w->count[SL_COUNT_DATAGRAMS_CUT]++;
	return n;
}

void sl_output_cut(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX];
	const struct sl_pkt *p = &b->p[i];
	struct rte_mbuf *m = sl_burst_take(b, i);

	rte_pktmbuf_adj(m, p->l3);
	unsigned int n = sl_cut(w, m, s->interfaces[p->out_interface].mtu, pieces);
	for (unsigned int k = 0; k < n; k++)
		sl_send_neighbour(w, pieces[k], p->neighbour);
}

void sl_output_unresolved(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
			  uint16_t interface, const struct sl_ip *next_hop)
{
	struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX];
	const struct sl_pkt *p = &b->p[i];
	unsigned int n = 1;

	pieces[0] = sl_burst_take(b, i);
	rte_pktmbuf_adj(pieces[0], p->l3);
	if (p->out_interface != SL_ID_NONE)
		n = sl_cut(w, pieces[0], s->interfaces[interface].mtu, pieces);
	for (unsigned int k = 0; k < n; k++)
		sl_send_ip(w, s, pieces[k], interface, next_hop);
}
