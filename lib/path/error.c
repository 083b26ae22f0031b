/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors of our own, at a limited rate (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f)). */
#include "stages.h"

void sl_answer(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *out, const struct sl_pkt *p)
{
	if (unlikely(sl_ip_is_link_local(&p->src)))
		sl_send_ip(w, s, out, p->interface, &p->src);
	else
		sl_emit(w, s, out);
}

void sl_send_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		   enum sl_icmp_error error, uint16_t mtu, const struct sl_ip *src)
{
	struct rte_mbuf *out = sl_packet_create(w);

	if (out == NULL)
		return;
	if (sl_icmp_build_error(out, b->m[i], &b->p[i], error, mtu, src) != 0) {
		sl_packet_drop(w, out, SL_DROP_NO_MBUF);
		return;
	}
	w->count[SL_COUNT_ICMP_ERRORS_SENT]++;
	sl_answer(w, s, out, &b->p[i]);
}

void sl_answer_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		     enum sl_icmp_error error, uint16_t mtu)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_ip *src = sl_interface_address(&s->interfaces[p->interface], !(p->flags & SL_PKT_V6));

	if (src == NULL || !sl_icmp_may_answer(b->m[i], p))
		return;
	if (!sl_token_bucket_take(&w->icmp_errors, w->now_ns)) {
		w->count[SL_COUNT_ICMP_ERRORS_LIMITED]++;
		return;
	}
	sl_send_error(w, s, b, i, error, mtu, src);
}
