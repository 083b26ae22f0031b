/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one place that sends. Frames gather per port and leave in bulk; a worker without a transmit queue of its own on a
 * port passes them to the worker that has one.
 */
#include "sluice/port/queue.h"
#include "sluice/state/verdict.h"

#define SEND_TRIES 4 /* a full queue is asked again this often before the rest is dropped */

static void send_own_queue(struct sl_worker *w, struct sl_tx_queue *q, uint16_t port)
{
	uint16_t sent = 0;
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < q->n; i++)
		bytes += q->m[i]->pkt_len; /* before sending: sent mbufs are the driver's */
	for (unsigned int tries = 0; sent < q->n && tries < SEND_TRIES; tries++)
		sent += sl_port_send(port, q->queue, &q->m[sent], q->n - sent);
	for (uint16_t i = sent; i < q->n; i++) {
		bytes -= q->m[i]->pkt_len;
		sl_packet_drop(w, q->m[i], SL_DROP_TX_FULL);
	}
	w->count[SL_COUNT_TX] += sent;
	w->count[SL_COUNT_TX_BYTES] += bytes;
	w->tx_port[port] += sent;
}

static void send_by_owner(struct sl_worker *w, struct sl_tx_queue *q, uint16_t port)
{
	struct rte_ring *ring = w->shared->workers[q->owner]->transmit_in[w->id];

	for (uint16_t i = 0; i < q->n; i++)
		q->m[i]->port = port;
	unsigned int passed = rte_ring_sp_enqueue_burst(ring, (void **)q->m, q->n, NULL);
	w->count[SL_COUNT_HANDED_OUT] += passed;
	for (unsigned int i = passed; i < q->n; i++)
		sl_packet_drop(w, q->m[i], SL_DROP_TX_RING_FULL);
}

static void drop_queued(struct sl_worker *w, struct sl_tx_queue *q)
{
	for (uint16_t i = 0; i < q->n; i++)
		sl_packet_drop(w, q->m[i], SL_DROP_PORT_REMOVED);
}

void sl_transmit_flush_port(struct sl_worker *w, uint16_t port)
{
	struct sl_tx_queue *q = &w->tx[port];

	if (q->has_queue)
		send_own_queue(w, q, port);
	else if (unlikely(q->removed))
		drop_queued(w, q);
	else
		send_by_owner(w, q, port);
	q->n = 0;
}

void sl_worker_let_go(struct sl_worker *w, uint32_t removed_ports)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < w->n_rx_queues; i++)
		if ((removed_ports >> w->rx_queues[i].port & 1) == 0)
			w->rx_queues[kept++] = w->rx_queues[i];
	w->n_rx_queues = kept;
	for (uint16_t port = 0; port < w->shared->n_ports; port++) {
		if ((removed_ports >> port & 1) == 0)
			continue;
		w->tx[port].has_queue = false;
		w->tx[port].removed = true;
		sl_transmit_flush_port(w, port);
	}
	w->removed_ports = removed_ports;
}

/* The packet in one buffer, or NULL, and it was dropped: a device that cannot send chains would send the first part alone. */
static __rte_noinline struct rte_mbuf *linearise(struct sl_worker *w, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	w->count[SL_COUNT_LINEARISED]++;
	if (RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 && rte_pktmbuf_linearize(m) == 0)
		return m;
	copy = rte_pktmbuf_copy(m, w->pool, 0, UINT32_MAX);
	if (copy != NULL && copy->nb_segs == 1) {
		rte_pktmbuf_free(m);
		return copy;
	}
	sl_packet_drop(w, m, copy == NULL ? SL_DROP_NO_MBUF : SL_DROP_TX_SEGMENTS);
	rte_pktmbuf_free(copy);
	return NULL;
}

void sl_transmit_linear(struct sl_worker *w, struct rte_mbuf *m, uint16_t port)
{
	m = linearise(w, m);
	if (m != NULL)
		sl_transmit(w, m, port);
}

void sl_transmit_flush(struct sl_worker *w)
{
	for (uint16_t port = 0; port < w->shared->n_ports; port++)
		if (w->tx[port].n > 0)
			sl_transmit_flush_port(w, port);
}

static unsigned int transmit_ring(struct sl_worker *w, struct rte_ring *ring, enum sl_worker_counter counter)
{
	struct rte_mbuf *m[SL_TX_BURST];
	unsigned int n = rte_ring_sc_dequeue_burst(ring, (void **)m, SL_TX_BURST, NULL);

	w->count[counter] += n;
	for (unsigned int i = 0; i < n; i++)
		sl_transmit(w, m[i], m[i]->port);
	return n;
}

unsigned int sl_transmit_rings(struct sl_worker *w)
{
	unsigned int n = transmit_ring(w, w->transmit_in[SL_MAX_WORKERS], SL_COUNT_INJECTED);

	for (uint16_t from = 0; from < w->shared->n_workers; from++)
		if (from != w->id)
			n += transmit_ring(w, w->transmit_in[from], SL_COUNT_HANDED_IN);
	return n;
}
