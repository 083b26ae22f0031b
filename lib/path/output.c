/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that is left has a next hop in the neighbour table. Nothing survives. */
#include "stages.h"

void sl_stage_output(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		struct rte_mbuf *m = b->m[i];
		if (unlikely(b->p[i].out_interface != SL_ID_NONE)) {
			sl_output_cut(w, s, b, i);
			continue;
		}
		rte_pktmbuf_adj(m, b->p[i].l3);
		sl_send_neighbour(w, m, b->p[i].neighbour);
	}
	b->n = 0;
}
