/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways out of a burst, and the making of packets: see sluice/state/verdict.h. */
#include <rte_ip.h>

#include "sluice/state/verdict.h"

void sl_packet_drop(struct sl_worker *w, struct rte_mbuf *m, enum sl_drop_cause cause)
{
	w->drops[cause]++;
	rte_pktmbuf_free(m);
}

struct rte_mbuf *sl_burst_take(struct sl_burst *b, unsigned int i)
{
	struct rte_mbuf *m = b->m[i];

	b->m[i] = NULL;
	b->gaps = true;
	return m;
}

void sl_burst_drop(struct sl_worker *w, struct sl_burst *b, unsigned int i, enum sl_drop_cause cause)
{
	sl_packet_drop(w, sl_burst_take(b, i), cause);
}

void sl_burst_consume(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	w->count[SL_COUNT_CONSUMED]++;
	rte_pktmbuf_free(sl_burst_take(b, i));
}

void sl_burst_hand_over(struct sl_worker *w, struct sl_burst *b, unsigned int i, uint16_t owner)
{
	if (b->handed_in)
		sl_burst_drop(w, b, i, SL_DROP_OWNER_LOOP);
	else
		sl_burst_hand_on(w, b, i, owner);
}

void sl_burst_hand_on(struct sl_worker *w, struct sl_burst *b, unsigned int i, uint16_t owner)
{
	uint16_t port = b->m[i]->port; /* once it is in the ring, it is the owner's */

	if (rte_ring_sp_enqueue(w->shared->workers[owner]->handover_in[w->id], b->m[i]) != 0) {
		sl_burst_drop(w, b, i, SL_DROP_HANDOVER_FULL);
		return;
	}
	w->count[SL_COUNT_HANDED_OUT]++;
	w->handed_port[port] += !b->handed_in;
	sl_burst_take(b, i);
}

struct rte_mbuf *sl_packet_create(struct sl_worker *w)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

	if (m == NULL)
		w->count[SL_COUNT_NO_MBUF_CREATED]++;
	else
		w->count[SL_COUNT_CREATED]++;
	return m;
}

bool sl_burst_own(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	struct rte_mbuf *m = b->m[i], *copy;

	while (m != NULL && likely(rte_mbuf_refcnt_read(m) == 1))
		m = m->next;
	if (likely(m == NULL))
		return true;
	copy = rte_pktmbuf_copy(b->m[i], w->pool, 0, UINT32_MAX);
	if (copy == NULL)
		return false;
	rte_pktmbuf_free(b->m[i]);
	b->m[i] = copy;
	return true;
}

void sl_packet_forgo(struct sl_worker *w, enum sl_drop_cause cause, unsigned int n)
{
	w->count[SL_COUNT_CREATED] += n;
	w->drops[cause] += n;
}

unsigned int sl_header_create(struct sl_worker *w, struct rte_mbuf **headers, unsigned int n)
{
	struct rte_mempool *pool = w->relays->headers;
	unsigned int got = n;

	if (unlikely(rte_mempool_get_bulk(pool, (void **)headers, n) != 0)) {
		for (got = 0; got < n && rte_mempool_get(pool, (void **)&headers[got]) == 0; got++)
			;
		sl_packet_forgo(w, SL_DROP_NO_MBUF, n - got);
	}
	w->count[SL_COUNT_CREATED] += got;
	return got;
}

struct rte_mbuf *sl_packet_copy(struct sl_worker *w, const struct rte_mbuf *m)
{
	/* DPDK copies nothing where there is nothing */
	struct rte_mbuf *copy = m->pkt_len == 0 ? rte_pktmbuf_alloc(w->pool) : rte_pktmbuf_copy(m, w->pool, 0, UINT32_MAX);

	if (copy == NULL)
		sl_packet_forgo(w, SL_DROP_NO_MBUF, 1);
	else
		w->count[SL_COUNT_CREATED]++;
	return copy;
}

struct rte_mbuf *sl_payload_strip(struct rte_mbuf *m)
{
	struct rte_mbuf *next = m->next;

	next->pkt_len = m->pkt_len;
	next->nb_segs = (uint16_t)(m->nb_segs - 1);
	m->next = NULL;
	m->nb_segs = 1;
	rte_pktmbuf_free(m);
	return next;
}

void sl_payload_release(struct rte_mbuf *m, unsigned int n)
{
	for (; n > 0; n--)
		rte_pktmbuf_free(m);
}

void sl_emit(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip4 = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const struct rte_ipv6_hdr *ip6 = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	struct sl_ip dst = (ip4->version_ihl >> 4) == 4 ? sl_ip_from_v4(ip4->dst_addr) : sl_ip_from_v6(&ip6->dst_addr);
	const struct sl_nexthop *hop = sl_snapshot_route(s, &dst);

	if (hop == NULL)
		sl_packet_drop(w, m, SL_DROP_NO_ROUTE);
	else
		sl_send_ip(w, s, m, hop->interface, sl_ip_is_zero(&hop->via) ? &dst : &hop->via);
}
