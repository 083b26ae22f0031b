/* SPDX-License-Identifier: BSD-3-Clause */
/* New flows that cannot be had: dropped and counted, and by the service's policy their sender is told at once. */
#include "stages.h"

/* The service cannot take a flow now; not that the packet is no way to open one. */
static bool is_exhaustion(enum sl_drop_cause cause)
{
	return cause == SL_DROP_NO_BACKEND || cause == SL_DROP_SNAT_EXHAUSTED || cause == SL_DROP_FLOW_TABLE_FULL ||
	       cause == SL_DROP_DRAINING || cause == SL_DROP_TUPLE_IN_USE;
}

void sl_send_reset(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *out, int built)
{
	if (built != 0) {
		sl_packet_drop(w, out, SL_DROP_NO_MBUF);
		return;
	}
	w->count[SL_COUNT_RESETS_SENT]++;
	sl_emit(w, s, out);
}

void sl_refuse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
	       enum sl_drop_cause cause)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_service *service = &s->services[p->service];

	if (cause != SL_DROP_TCP_NOT_SYN) /* no new flow, but the rest of an old one */
		w->service[service->id].value[SL_FLOW_COUNT_FLOWS_REFUSED]++;
	if (service->on_exhaustion == SL_EXHAUSTION_RESET && is_exhaustion(cause)) {
		if (p->kind == SL_PKT_UDP) { /* RFC 5508 REQ-8 */
			sl_answer_error(w, s, b, i, SL_ICMP_PROHIBITED, 0);
		} else {
			struct rte_mbuf *out = sl_packet_create(w);
			if (out != NULL)
				sl_send_reset(w, s, out, sl_tcp_build_refusal(out, b->m[i], p));
		}
	}
	sl_burst_drop(w, b, i, cause);
}
