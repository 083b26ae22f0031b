/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decides for packets without a flow. Sets p->service for a new flow, SL_PKT_FORWARD for layer-3 forwarding and for
 * ICMP errors about flows, which it translates. Drops: NO_SERVICE, NO_SNAT_FLOW, PROTOCOL, MULTICAST, NOT_FORWARDED,
 * and errors as ICMP, ICMP_QUOTE, ICMP_FRAGMENT, ICMP_NO_FLOW. What it would drop of packets to an address that is the host's,
 * too, is punted.
 */
#include "stages.h"

static enum sl_drop_cause classify_local(const struct sl_snapshot *s, struct sl_pkt *p, const struct sl_local *local)
{
	const struct sl_service *service;

	if (p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP)
		return SL_DROP_PROTOCOL;
	service = sl_snapshot_service(s, &p->dst, p->dport_be, p->proto);
	if (service != NULL) {
		p->service = (uint16_t)(service - s->services);
		return SL_DROP_MAX;
	}
	return SL_LOCAL_IS(local, SL_LOCAL_SNAT) ? SL_DROP_NO_SNAT_FLOW : SL_DROP_NO_SERVICE;
}

static bool is_v4_link_local(const struct sl_ip *ip)
{
	return (sl_ip_v4_be(ip) & RTE_BE32(0xffff0000)) == RTE_BE32(0xa9fe0000);
}

/* Must not leave its link (RFC 4291 section 2.5.6, RFC 3927 section 2.7), or comes from nobody (RFC 4291 section 2.5.2). */
static bool stays_on_link(const struct sl_pkt *p)
{
	if (p->flags & SL_PKT_V6)
		return sl_ip_is_link_local(&p->src) || sl_ip_is_link_local(&p->dst) || sl_ip_is_zero(&p->src);
	return is_v4_link_local(&p->src) || is_v4_link_local(&p->dst);
}

static bool is_limited_broadcast(const struct sl_ip *ip)
{
	return sl_ip_v4_be(ip) == UINT32_MAX && sl_ip_is_v4(ip);
}

static enum sl_drop_cause classify(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_local *local = sl_snapshot_local(s, &p->dst);

	if ((p->flags & SL_PKT_L2_MULTICAST) || sl_ip_is_multicast(&p->dst))
		return SL_DROP_MULTICAST; /* also unicast IP in a broadcast frame: RFC 1122 section 3.3.6 */
	if (local != NULL && unlikely(p->kind == SL_PKT_ICMP))
		return sl_translate_error(w, s, b, i);
	if (unlikely(p->kind == SL_PKT_ICMP) && sl_is_dnat_error(s, p) && sl_icmp_is_intact(b, i) &&
	    sl_translate_error(w, s, b, i) == SL_DROP_MAX)
		return SL_DROP_MAX;
	if (local != NULL)
		return classify_local(s, p, local);
	if (is_limited_broadcast(&p->dst)) /* RFC 1812 section 5.3.5.1 */
		return SL_DROP_MULTICAST;
	if (s->forwarding != SL_FORWARDING_ROUTE || stays_on_link(p))
		return SL_DROP_NOT_FORWARDED;
	p->flags |= SL_PKT_FORWARD;
	return SL_DROP_MAX;
}

void sl_stage_classify(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & SL_SEEN_NO_FLOW)))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		if (likely(b->p[i].flow != SL_FLOW_NONE))
			continue;
		enum sl_drop_cause cause = classify(w, s, b, i);
		if (cause != SL_DROP_MAX && sl_is_kernels(s, &b->p[i])) {
			sl_burst_punt(w, s, b, i);
			continue;
		}
		if (cause == SL_DROP_NO_SERVICE)
			sl_reject(w, s, b, i);
		if (cause != SL_DROP_MAX)
			sl_burst_drop(w, b, i, cause);
		b->seen |= SL_SEEN_FLAG(b->p[i].flags);
	}
	sl_burst_compact(b);
}
