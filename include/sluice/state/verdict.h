/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways a packet leaves a stage other than by surviving. One place that drops, one that sends, one that makes packets:
 * whatever enters a worker is counted out by exactly one of these.
 */
#ifndef SLUICE_STATE_VERDICT_H
#define SLUICE_STATE_VERDICT_H

#include "sluice/state/worker.h"

/* Take packet i out of the burst: count the cause and free it. */
void sl_burst_drop(struct sl_worker *w, struct sl_burst *b, unsigned int i, enum sl_drop_cause cause);

/* Take packet i out of the burst: it has done its work here. */
void sl_burst_consume(struct sl_worker *w, struct sl_burst *b, unsigned int i);

/* Take packet i out of the burst, for the companion of the interface it came by, at the limited rate. */
void sl_burst_punt(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* Take packet i out of the burst and give it to the worker that owns it. */
void sl_burst_hand_over(struct sl_worker *w, struct sl_burst *b, unsigned int i, uint16_t owner);

/*
 * The same for a fragment that was handed to us as its datagram's owner: the second and last handover, to its flow's owner.
 * No packet carries a count: only the owner of a datagram, which is never the owner of the flow then, calls this.
 */
void sl_burst_hand_on(struct sl_worker *w, struct sl_burst *b, unsigned int i, uint16_t owner);

/* Take packet i out of the burst without counting: the caller now owns the mbuf and must pass it to one of the calls below. */
struct rte_mbuf *sl_burst_take(struct sl_burst *b, unsigned int i);

/* Drop a packet that is not in a burst. */
void sl_packet_drop(struct sl_worker *w, struct rte_mbuf *m, enum sl_drop_cause cause);

/* Hand the queued frames of one port to it, or to the worker that owns the port's queue. */
void sl_transmit_flush_port(struct sl_worker *w, uint16_t port);

/* The same as sl_transmit for a chain of buffers and a port that does not send chains. */
void sl_transmit_linear(struct sl_worker *w, struct rte_mbuf *m, uint16_t port);

/* Queue a complete frame for a port; sent in bulk by sl_transmit_flush. */
static inline void sl_transmit(struct sl_worker *w, struct rte_mbuf *m, uint16_t port)
{
	struct sl_tx_queue *q = &w->tx[port];

	if (unlikely(m->nb_segs > 1) && !w->shared->port_multi_segment[port]) {
		sl_transmit_linear(w, m, port);
		return;
	}
	q->m[q->n++] = m;
	if (unlikely(q->n == SL_TX_BURST))
		sl_transmit_flush_port(w, port);
}

/* Hand all queued frames to their ports, or to the workers that own the ports' queues. */
void sl_transmit_flush(struct sl_worker *w);

/*
 * Let go of ports whose devices have gone (one bit each): receive from them no more, drop what waits for them. Called at the
 * beginning of a turn, so control knows it done once every worker has been quiescent since it set shared->removed_ports.
 */
void sl_worker_let_go(struct sl_worker *w, uint32_t removed_ports);

/* Send frames that other workers and control queued here. Returns how many. */
unsigned int sl_transmit_rings(struct sl_worker *w);

/*
 * Send an IP packet (m starts at its IP header, room for an Ethernet header in front) to a next hop. Held while the next
 * hop is unresolved, dropped with a cause when it failed or too many wait.
 */
void sl_send_ip(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m, uint16_t interface,
		const struct sl_ip *next_hop);

/* The same with the neighbour entry already known. */
void sl_send_neighbour(struct sl_worker *w, struct rte_mbuf *m, uint16_t neighbour);

/* Try held packets again: send those whose next hop is known now, drop those that waited too long. */
void sl_hold_retry(struct sl_worker *w);

/* Drop all held packets. */
void sl_hold_drop_all(struct sl_worker *w, enum sl_drop_cause cause);

/* How many more packets may be held for an unresolved next hop. */
unsigned int sl_hold_room(const struct sl_worker *w, uint16_t interface, const struct sl_ip *next_hop);

/* n packets taken out of the burst end here, and what is made of them counts as created: the caller owns their mbufs. */
static inline void sl_packet_convert(struct sl_worker *w, unsigned int n)
{
	w->count[SL_COUNT_CONSUMED] += n;
}

/* And n packets were made of them in their own mbufs. */
static inline void sl_packet_reuse(struct sl_worker *w, unsigned int n)
{
	w->count[SL_COUNT_CREATED] += n;
}

/* Packet i, where some of its buffers are others' too, gets buffers of its own. False: none are free. */
bool sl_burst_own(struct sl_worker *w, struct sl_burst *b, unsigned int i);

/* n packets that were to be made here were not, for this cause: counted as created and dropped. */
void sl_packet_forgo(struct sl_worker *w, enum sl_drop_cause cause, unsigned int n);

/*
 * Empty buffers from the pool for headers of relayed copies, counted as created. Returns how many there were; the others are
 * counted as forgone, cause no_mbuf.
 */
unsigned int sl_header_create(struct sl_worker *w, struct rte_mbuf **headers, unsigned int n);

/* A copy of m's bytes in buffers of its own, counted as created; NULL when none are free, counted as forgone. */
struct rte_mbuf *sl_packet_copy(struct sl_worker *w, const struct rte_mbuf *m);

/* A chain whose first buffer is empty, without it. */
struct rte_mbuf *sl_payload_strip(struct rte_mbuf *m);

/* Give back n references to the buffers of a packet that was converted. */
void sl_payload_release(struct rte_mbuf *m, unsigned int n);

/* An empty mbuf for a packet made here, counted as created; NULL (counted) when none is free. */
struct rte_mbuf *sl_packet_create(struct sl_worker *w);

/*
 * Route and send an IP packet made here (from sl_packet_create, or a received packet turned around and taken out of the
 * burst): m starts at the IP header, checksums are complete.
 */
void sl_emit(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *m);

#endif
