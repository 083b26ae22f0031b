/* SPDX-License-Identifier: BSD-3-Clause */
/* What the stages stateless and steer share: sending a packet on as it is, by the worker's delivery for the backend. */
#ifndef SLUICE_PATH_STEER_H
#define SLUICE_PATH_STEER_H

#include "stages.h"

static inline bool sl_delivery_is_current(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_delivery *d)
{
	return (((uint32_t)d->epoch ^ w->epoch) | (d->generation ^ (uint32_t)s->generation)) == 0 && d->neighbour != SL_ID_NONE;
}

/* Nothing in the packet to answer or to follow, nothing to look up, and it fits. */
static inline bool sl_steer_is_plain(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p,
				     const struct sl_delivery *d)
{
	return (p->flags & ~(uint32_t)SL_PKT_V6) == SL_PKT_STEADY && sl_delivery_is_current(w, s, d) &&
	       (p->l3_len <= d->sure_len || sl_delivery_fits(w, s, d, p->l3_len));
}

/* An outer header goes where no device has written, and no cache has anything: start loading that. */
static inline void sl_steer_prefetch(const struct rte_mbuf *m)
{
	__builtin_prefetch(rte_pktmbuf_mtod(m, const uint8_t *) - SL_OUTER_MAX, 1);
}

/* Put m, its IP packet of len bytes at l3, into the delivery's outer packet, which there is. False: no room in front. */
bool sl_steer_encapsulate(struct sl_worker *w, struct rte_mbuf *m, unsigned int l3, const struct sl_delivery *d, uint32_t len,
			  uint64_t hash);

/* The same if there is one. */
static inline bool sl_steer_push(struct sl_worker *w, struct rte_mbuf *m, unsigned int l3, const struct sl_delivery *d, uint32_t len,
				 uint64_t hash)
{
	return d->header_len == 0 || likely(sl_steer_encapsulate(w, m, l3, d, len, hash));
}

/* Plain packet i towards a backend of a service (ids): it stays in the burst with its next hop, or is dropped as NO_MBUF. */
static inline void sl_steer_plain(struct sl_worker *w, struct sl_burst *b, unsigned int i, uint16_t service, uint16_t backend,
				  const struct sl_delivery *d)
{
	struct sl_pkt *p = &b->p[i];

	p->neighbour = d->neighbour;
	sl_edit_decrement_ttl(b->m[i], p);
	if (likely(sl_steer_push(w, b->m[i], p->l3, d, p->l3_len, b->hash[i])))
		sl_count_packet(w, service, backend, p);
	else
		sl_burst_drop(w, b, i, SL_DROP_NO_MBUF);
}

/*
 * Packet i, of no flow, towards a backend of a service, whatever it is: stays in the burst with its next hop, or is taken out of it.
 * in_front: bits of the packets that wait in the burst to be sent before it.
 */
void sl_steer_service(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		      const struct sl_service *service, const struct sl_target *target, uint64_t in_front);

/* Send those packets of the burst, which has some, whose bits are set, as far as they are still there: usually all. */
void sl_steer_send(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, uint64_t steered);

#endif
