/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive and transmit bursts. The only calls of ethdev outside lib/port, and inline because they are per burst. */
#ifndef SLUICE_PORT_QUEUE_H
#define SLUICE_PORT_QUEUE_H

#include <rte_ethdev.h>

static inline uint16_t sl_port_receive(uint16_t port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	return rte_eth_rx_burst(port, queue, m, n);
}

/* Returns how many the port accepted; the rest is still the caller's. */
static inline uint16_t sl_port_send(uint16_t port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	return rte_eth_tx_burst(port, queue, m, n);
}

#endif
