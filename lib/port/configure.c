/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sluice asks of a device, and what it makes of the answer.
 *
 * Asked where offered: IPv4 header checksum on receive, chained mbufs on transmit, RSS over addresses and ports.
 * Never asked: VLAN stripping (parse reads tags), promiscuous mode, and fast free of mbufs: its condition, that all mbufs
 * of a queue come from one pool and are referenced once, does not hold here (a pool per NUMA node, clones for relays).
 */
#include <string.h>

#include "internal.h"

static void choose_queues(struct sl_port *port, const struct sl_port_options *options,
			  const struct rte_eth_dev_info *info)
{
	uint16_t wanted = options->rx_queues != 0 ? options->rx_queues : options->workers;

	port->n_rx_queues = RTE_MIN(wanted, info->max_rx_queues);
	/* The kernel spreads over all sockets of net_af_packet from the start: a queue left alone would lose its share. */
	if (strcmp(port->driver, "net_af_packet") == 0)
		port->n_rx_queues = info->max_rx_queues;
	port->n_tx_queues = RTE_MIN(options->workers, info->max_tx_queues);
}

static void choose_offloads(struct sl_port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) {
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
		port->rx_checksum = true;
	}
	if (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) {
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
		port->multi_segment = true;
	}
}

static int setup_queues(struct sl_port *port, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf,
			uint16_t tx_descriptors, struct rte_mempool *pool, struct sl_problems *problems)
{
	const char *name = port->facts.name;
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	unsigned int socket = port->numa_node < 0 ? (unsigned int)SOCKET_ID_ANY : (unsigned int)port->numa_node;

	rx.offloads = conf->rxmode.offloads;
	tx.offloads = conf->txmode.offloads;
	for (uint16_t q = 0; q < port->n_rx_queues; q++) {
		int ret = rte_eth_rx_queue_setup(port->id, q, port->descriptors, socket, &rx, pool);
		if (ret != 0) {
			sl_problem_add(problems, name, "lower this device's \"descriptors\" or its MTU (net_af_packet: "
				       "its framesz)", "receive queue %u with %u descriptors and %u-byte packet buffers "
				       "cannot be set up: %s", q, port->descriptors, rte_pktmbuf_data_room_size(pool),
				       rte_strerror(-ret));
			return -1;
		}
	}
	for (uint16_t q = 0; q < port->n_tx_queues; q++) {
		int ret = rte_eth_tx_queue_setup(port->id, q, tx_descriptors, socket, &tx);
		if (ret != 0) {
			sl_problem_add(problems, name, "lower this device's \"descriptors\"",
				       "transmit queue %u with %u descriptors cannot be set up: %s", q, tx_descriptors,
				       rte_strerror(-ret));
			return -1;
		}
	}
	return 0;
}

int sl_port_configure(struct sl_port *port, const struct sl_port_options *options,
		      const struct rte_eth_dev_info *info, struct rte_mempool *pool, struct sl_problems *problems)
{
	struct rte_eth_conf conf = { 0 };
	uint8_t key[SL_RSS_KEY_MAX];

	port->max_rx_queues = info->max_rx_queues;
	if (options->rx_queues > info->max_rx_queues) {
		char remedy[64];
		snprintf(remedy, sizeof(remedy), "set \"rx_queues\" of this device to at most %u", info->max_rx_queues);
		sl_problem_add(problems, port->facts.name, remedy, "%u receive queues asked for, the device has %u",
			       options->rx_queues, info->max_rx_queues);
		return -1;
	}
	choose_queues(port, options, info);
	if (port->n_rx_queues == 0 || port->n_tx_queues == 0) {
		sl_problem_add(problems, port->facts.name, "give the device at least one queue in each direction",
			       "the device has %u receive and %u transmit queues", info->max_rx_queues,
			       info->max_tx_queues);
		return -1;
	}
	choose_offloads(port, info, &conf);
	sl_port_choose_rss(port, info, &conf, key);

	uint16_t rx_descriptors = options->descriptors, tx_descriptors = options->descriptors;
	int ret = rte_eth_dev_configure(port->id, port->n_rx_queues, port->n_tx_queues, &conf);
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_descriptors, &tx_descriptors);
	if (ret != 0) {
		sl_problem_add(problems, port->facts.name, "lower this device's \"rx_queues\" or \"descriptors\"",
			       "the driver %s refuses %u receive and %u transmit queues: %s", port->driver,
			       port->n_rx_queues, port->n_tx_queues, rte_strerror(-ret));
		return -1;
	}
	port->descriptors = rx_descriptors;
	return setup_queues(port, info, &conf, tx_descriptors, pool, problems);
}
