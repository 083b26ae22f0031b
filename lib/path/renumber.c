/* SPDX-License-Identifier: BSD-3-Clause */
/* Identifications of packets that are fragments, or may become some: sluice/state/ip_id.h says why they are ours. */
#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/fragment.h"

/* The datagram whose number the packet shares; NULL for a whole packet, and for a fragment that is not followed. */
static struct sl_datagram *datagram_of(struct sl_worker *w, const struct sl_pkt *p)
{
	if (!(p->flags & SL_PKT_FRAGMENT) || p->fragment == SL_ID_NONE)
		return NULL;
	return &w->fragments.datagrams[p->fragment];
}

static void renumber_v4(struct sl_worker *w, struct rte_mbuf *m, const struct sl_pkt *p, struct sl_datagram *d)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, p->l3);
	bool numbered = d != NULL && (d->flags & SL_DATAGRAM_NUMBERED);
	uint16_t id_be = numbered ? (uint16_t)d->new_id_be :
				    sl_ip_id_v4(&w->ip_ids, ip->src_addr, ip->dst_addr, ip->next_proto_id);

	if (d != NULL) {
		d->new_id_be = id_be;
		d->flags |= SL_DATAGRAM_NUMBERED;
	}
	sl_edit_id_v4(ip, id_be);
}

static void renumber_v6(struct sl_worker *w, struct rte_mbuf *m, const struct sl_pkt *p, struct sl_datagram *d)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, p->l3);
	bool numbered = d != NULL && (d->flags & SL_DATAGRAM_NUMBERED);
	struct sl_ip src = sl_ip_from_v6(&ip->src_addr), dst = sl_ip_from_v6(&ip->dst_addr);
	uint32_t id_be = numbered ? d->new_id_be : sl_ip_id_v6(&w->ip_ids, &src, &dst);
	struct sl_fragment f;

	if (d != NULL) {
		d->new_id_be = id_be;
		d->flags |= SL_DATAGRAM_NUMBERED;
	}
	sl_fragment_read(m, p, &f);
	sl_edit_id_v6(rte_pktmbuf_mtod_offset(m, void *, f.header), id_be);
}

void sl_renumber(struct sl_worker *w, struct rte_mbuf *m, const struct sl_pkt *p)
{
	struct sl_datagram *d = datagram_of(w, p);

	if (!(p->flags & SL_PKT_V6))
		renumber_v4(w, m, p, d);
	else
		renumber_v6(w, m, p, d);
}
