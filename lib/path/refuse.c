/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that get no flow, and what their sender is told. New flows that cannot be had: dropped and counted, and by the service's
 * policy (on_exhaustion) refused at once. Packets to ports of ours without service: by the policy unused_ports refused as the
 * host would whose address it is, at a limited rate.
 */
#include <rte_udp.h>

#include "stages.h"

#include "sluice/packet/edit.h"

/* The service cannot take a flow now; not that the packet is no way to open one. */
static bool is_exhaustion(enum sl_drop_cause cause)
{
	return cause == SL_DROP_NO_BACKEND || cause == SL_DROP_SNAT_EXHAUSTED || cause == SL_DROP_FLOW_TABLE_FULL ||
	       cause == SL_DROP_DRAINING || cause == SL_DROP_TUPLE_IN_USE;
}

/* `built`: what sl_tcp_build_* returned. False: it had no room. */
static bool is_sendable(struct sl_worker *w, struct rte_mbuf *out, int built)
{
	if (built != 0) {
		sl_packet_drop(w, out, SL_DROP_NO_MBUF);
		return false;
	}
	w->count[SL_COUNT_RESETS_SENT]++;
	return true;
}

bool sl_send_reset(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tcp_reset *reset)
{
	struct rte_mbuf *out = sl_packet_create(w);

	if (out == NULL || !is_sendable(w, out, sl_tcp_build_reset(out, reset)))
		return false;
	sl_emit(w, s, out);
	return true;
}

void sl_reset_sender(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct rte_mbuf *out = sl_packet_create(w);

	if (out != NULL && is_sendable(w, out, sl_tcp_build_refusal(out, b->m[i], &b->p[i])))
		sl_answer(w, s, out, &b->p[i]);
}

/* A host answers no reset (RFC 9293 section 3.10.7.1), and a later fragment does not say what it belongs to. */
static bool may_be_reset(const struct sl_pkt *p)
{
	return !(p->flags & SL_PKT_FRAGMENT_LATER) && !(p->tcp_flags & RTE_TCP_RST_FLAG);
}

void sl_refuse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
	       enum sl_drop_cause cause)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_service *service = &s->services[p->service];

	if (cause != SL_DROP_TCP_NOT_SYN) /* no new flow, but the rest of an old one */
		w->service[service->id].value[SL_FLOW_COUNT_FLOWS_REFUSED]++;
	if (service->on_exhaustion == SL_EXHAUSTION_RESET && is_exhaustion(cause)) {
		if (p->kind == SL_PKT_UDP) /* RFC 5508 REQ-8 */
			sl_answer_error(w, s, b, i, SL_ICMP_PROHIBITED, 0);
		else if (may_be_reset(p))
			sl_reset_sender(w, s, b, i);
	}
	sl_burst_drop(w, b, i, cause);
}

/* TCP only when it is whole; an answer to ourselves would come back. */
static bool may_be_rejected(const struct sl_snapshot *s, const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	if (p->kind == SL_PKT_TCP && ((p->flags & SL_PKT_FRAGMENT) || !may_be_reset(p)))
		return false;
	return sl_icmp_may_answer(b->m[i], p) && !sl_snapshot_is_local(s, &p->src);
}

bool sl_is_intact(const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct rte_udp_hdr *udp = sl_burst_at(b, i, p->l4);
	uint32_t len = (uint32_t)p->l3 + p->l3_len - p->l4;

	if (p->flags & SL_PKT_FRAGMENT)
		return true;
	if (p->kind == SL_PKT_UDP && udp->dgram_cksum == 0)
		return true;
	if (p->kind == SL_PKT_UDP)
		len = rte_be_to_cpu_16(udp->dgram_len);
	return sl_checksum_l4(b->m[i], p->l4, len, &p->src, &p->dst, p->proto) == 0;
}

void sl_reject(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	if (s->unused_ports != SL_UNUSED_PORTS_REJECT || !may_be_rejected(s, b, i))
		return;
	if (!sl_token_bucket_take(&w->rejects, w->now_ns)) {
		w->count[SL_COUNT_REJECTS_LIMITED]++;
		return;
	}
	if (!sl_is_intact(b, i)) /* may be somebody else's (RFC 1122 sections 4.1.3.4, 4.2.2.7) */
		return;
	if (p->kind == SL_PKT_UDP) /* RFC 1122 section 4.1.3.1, RFC 4443 section 3.1 */
		sl_send_error(w, s, b, i, SL_ICMP_PORT_UNREACHABLE, 0, &p->dst);
	else
		sl_reset_sender(w, s, b, i);
}
