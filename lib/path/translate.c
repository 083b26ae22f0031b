/* SPDX-License-Identifier: BSD-3-Clause */
/* What few packets of a flow need: NAT64 and NAT46 (RFC 7915), and the segment size in SYNs. */
#include <rte_tcp.h>

#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/fragment.h"
#include "sluice/packet/translate.h"

/*
 * Extension headers fall away, and with those that an IPv6 datagram has in its fragments, bytes that the offsets count: such
 * a datagram cannot be put together again.
 */
static bool has_fragmented_extensions(const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_fragment f;

	if ((p->flags & (SL_PKT_FRAGMENT | SL_PKT_V6)) != (SL_PKT_FRAGMENT | SL_PKT_V6))
		return false;
	sl_fragment_read(b->m[i], p, &f);
	return *(const uint8_t *)sl_burst_at(b, i, f.header) != p->proto;
}

enum sl_drop_cause sl_translate_flow_packet(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_flow *f = &w->flows.flows[p->flow];
	uint16_t invert = p->side == SL_CLIENT ? 0 : 0xffff;
	struct sl_tuple out;

	if (unlikely(has_fragmented_extensions(b, i)))
		return SL_DROP_FRAGMENT;
	sl_flow_tuple(&w->flows, p->flow, !p->side, &out);
	struct sl_translation to = {
		.src = &out.self, .dst = &out.peer,
		.sport_be = out.self_port_be, .dport_be = out.peer_port_be,
		.l4_delta = f->l4_delta ^ invert,
		.to_be_cut = p->out_interface != SL_ID_NONE,
	};
	enum sl_drop_cause cause = sl_translate(b->m[i], p, &to);
	if (cause != SL_TRANSLATE_OK)
		return cause;
	/* RFC 7915 sections 4.1 and 5.1.1 keep the sender's number; but many senders share our address (RFC 6864 section 5.3) */
	if (!out.v6 || (p->flags & SL_PKT_FRAGMENT))
		sl_renumber(w, b->m[i], p);
	return SL_DROP_MAX;
}

/* Largest TCP payload in an IP packet of the MTU. */
static uint16_t segment_of(uint16_t mtu, bool v6)
{
	unsigned int headers = (v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr)) + sizeof(struct rte_tcp_hdr);

	return (uint16_t)(mtu - headers); /* no link has an MTU below 68 (RFC 791 section 3.2) */
}

void sl_clamp_mss(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i, uint16_t out_mtu)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_flow *f = &w->flows.flows[p->flow];
	const struct sl_service *service = sl_snapshot_service_by_id(s, f->service);
	uint16_t in = segment_of(s->interfaces[p->interface].mtu, (f->flags >> p->side) & 1);
	uint16_t out = segment_of(out_mtu, (f->flags >> !p->side) & 1);
	uint16_t mss = RTE_MIN(in, out);

	if (service != NULL)
		mss = RTE_MIN(mss, service->mss_clamp);
	sl_edit_clamp_mss(b->m[i], p, mss);
}
