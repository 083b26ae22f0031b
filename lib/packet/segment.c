/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "segment.h"

bool sl_segment_pull(struct rte_mbuf *m, uint32_t len)
{
	if (m->pkt_len < len || !RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1 ||
	    rte_pktmbuf_tailroom(m) < len - m->data_len)
		return false;
	while (m->data_len < len) {
		struct rte_mbuf *next = m->next;
		uint16_t take;

		if (next == NULL || rte_mbuf_refcnt_read(next) != 1)
			return false;
		take = (uint16_t)RTE_MIN(len - m->data_len, next->data_len);
		memcpy(rte_pktmbuf_mtod_offset(m, void *, m->data_len), rte_pktmbuf_mtod(next, void *), take);
		m->data_len += take;
		next->data_off += take;
		next->data_len -= take;
		if (next->data_len == 0) {
			m->next = next->next;
			m->nb_segs--;
			rte_pktmbuf_free_seg(next);
		}
	}
	return true;
}

void sl_segment_trim(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *last = m;
	uint16_t segments = 1;
	uint32_t left = len;

	while (left > last->data_len) {
		left -= last->data_len;
		last = last->next;
		segments++;
	}
	for (struct rte_mbuf *s = last->next, *next; s != NULL; s = next) {
		next = s->next;
		rte_pktmbuf_free_seg(s);
	}
	last->next = NULL;
	last->data_len = (uint16_t)left;
	m->nb_segs = segments;
	m->pkt_len = len;
}
