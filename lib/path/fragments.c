/* SPDX-License-Identifier: BSD-3-Clause */
/* Drops: FRAGMENT, to one of our addresses. Survives: whole packets, and fragments that are only forwarded by layer 3. */
#include "stages.h"

void sl_stage_fragments(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & SL_SEEN_FLAG(SL_PKT_FRAGMENT))))
		return;
	for (unsigned int i = 0; i < b->n; i++)
		if (unlikely(b->p[i].flags & SL_PKT_FRAGMENT) && sl_snapshot_local(s, &b->p[i].dst) != NULL)
			sl_burst_drop(w, b, i, SL_DROP_FRAGMENT);
	sl_burst_compact(b);
}
