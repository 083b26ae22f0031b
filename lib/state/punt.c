/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is for the host's own stack goes to control by a ring, and from there to the interface's companion. Control is one thread
 * and a flood must not keep it busy: a token bucket for each interface, so that clients' packets on one take nothing from the
 * answers to health checks on another.
 */
#include <rte_ring.h>

#include "sluice/state/verdict.h"

#define BURST_PARTS 20 /* a twentieth of a second's packets may come at once */

static bool may_punt(struct sl_worker *w, const struct sl_snapshot *s, uint16_t interface)
{
	struct sl_token_bucket *bucket = &w->punts[interface];
	uint32_t pps = s->interfaces[interface].kernel_pps;

	if (unlikely(bucket->ns_per_token != sl_token_bucket_interval_ns(pps)))
		sl_token_bucket_init(bucket, pps, RTE_MAX(pps / BURST_PARTS, 1u));
	return sl_token_bucket_take(bucket, w->now_ns);
}

void sl_burst_punt(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	uint16_t interface = b->p[i].interface;

	if (!may_punt(w, s, interface)) {
		sl_burst_drop(w, b, i, SL_DROP_PUNT_LIMIT);
		return;
	}
	if (rte_ring_full(w->punts_out)) {
		sl_burst_drop(w, b, i, SL_DROP_PUNT_FULL);
		return;
	}
	struct rte_mbuf *m = sl_burst_take(b, i);
	m->port = interface;
	rte_ring_sp_enqueue(w->punts_out, m); /* there is room: nobody else puts anything there */
	w->count[SL_COUNT_PUNTED]++;
	w->count[SL_COUNT_CONSUMED]++;
	sl_worker_wake_control(w);
}
