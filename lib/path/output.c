/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that is left has a next hop in the neighbour table. Nothing survives. */
#include <string.h>

#include <rte_ether.h>

#include "stages.h"

#define VLAN_HEADER (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

/*
 * The new Ethernet header is as long as the old one and its next hop is known: it is written over the old one. The fields are
 * read one by one under the sequence lock, so they go from the entry to the frame through registers. False, and nothing was
 * done, when it is not so simple.
 */
static inline bool send_in_place(struct sl_worker *w, struct rte_mbuf *m, uint8_t l3, const struct sl_neighbour *e)
{
	uint32_t before = atomic_load_explicit(&e->sequence, memory_order_acquire);
	uint64_t addresses;
	uint32_t more, tag;
	uint16_t port = e->l2.port;
	bool simple = e->l2.usable && e->l2.header_len == l3;

	memcpy(&addresses, e->l2.header, 8);
	memcpy(&more, e->l2.header + 8, 4);
	memcpy(&tag, e->l2.header + 12, 4);
	atomic_thread_fence(memory_order_acquire);
	if (unlikely(!simple || (before & 1) || before != atomic_load_explicit(&e->sequence, memory_order_relaxed)))
		return false;

	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	rte_be16_t type = frame[l3] >> 4 == 4 ? RTE_BE16(RTE_ETHER_TYPE_IPV4) : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	memcpy(frame, &addresses, 8);
	memcpy(frame + 8, &more, 4);
	if (l3 == VLAN_HEADER)
		memcpy(frame + 12, &tag, 4);
	memcpy(frame + l3 - 2, &type, 2);
	sl_transmit(w, m, port);
	return true;
}

static inline void output(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
			  struct sl_neighbour *entries)
{
	struct rte_mbuf *m = b->m[i];
	const struct sl_pkt *p = &b->p[i];
	struct sl_neighbour *e = &entries[p->neighbour];

	if (unlikely(p->out_interface != SL_ID_NONE)) {
		sl_output_cut(w, s, b, i);
	} else if (unlikely(sl_neighbour_is_stale(e, w->now_tick)) || !send_in_place(w, m, p->l3, e)) {
		rte_pktmbuf_adj(m, p->l3);
		sl_send_neighbour(w, m, p->neighbour);
	}
}

void sl_output_packet(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	output(w, s, b, i, w->shared->neighbours->entries);
	b->m[i] = NULL;
	b->gaps = true;
}

void sl_stage_output(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	struct sl_neighbour *entries = w->shared->neighbours->entries;

	for (unsigned int i = 0; i < b->n; i++)
		output(w, s, b, i, entries);
	b->n = 0;
}
