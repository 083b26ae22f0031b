/* SPDX-License-Identifier: BSD-3-Clause */
/* Out: transmitted unread by the partner port. Survives: what came in by a port without partner. */
#include "stages.h"

void sl_stage_pairs(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(s->forwarding != SL_FORWARDING_PAIRS))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		uint16_t partner = s->ports[b->m[i]->port].pair;
		if (partner != SL_ID_NONE)
			sl_transmit(w, sl_burst_take(b, i), partner);
	}
	sl_burst_compact(b);
}
