/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drops: FRAGMENT, to one of our addresses or from a dnat backend, where it may be a reply that must not leave untranslated.
 * Survives: whole packets, and fragments that are only forwarded by layer 3.
 */
#include "stages.h"

static bool belongs_to_nat(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	return sl_snapshot_local(s, &p->dst) != NULL || sl_snapshot_dnat(s, &p->src, 0, p->proto) != NULL;
}

void sl_stage_fragments(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		if (unlikely(b->p[i].flags & SL_PKT_FRAGMENT) && belongs_to_nat(s, &b->p[i]))
			sl_burst_drop(w, b, i, SL_DROP_FRAGMENT);
	sl_burst_compact(b);
}
