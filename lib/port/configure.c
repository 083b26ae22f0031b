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

#define RSS_KEY_MAX 64 /* longest key of the drivers in DPDK: 52 bytes (i40e, ice) */
#define RETA_BUCKETS 128 /* SL_RETA_SIZE of the workers' dispatch */

/* The device's key length may exceed 40: our input is at most 36 bytes, so bytes after the 40th never matter. */
static void extend_key(uint8_t key[RSS_KEY_MAX], const uint8_t *from, unsigned int length)
{
	for (unsigned int i = 0; i < length; i++)
		key[i] = from[i % 40];
}

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

static void choose_offloads(struct sl_port *port, const struct sl_port_options *options,
			    const struct rte_eth_dev_info *info, struct rte_eth_conf *conf, uint8_t key[RSS_KEY_MAX])
{
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) {
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
		port->rx_checksum = true;
	}
	if (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) {
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
		port->multi_segment = true;
	}

	uint64_t fields = info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	unsigned int key_bytes = info->hash_key_size != 0 ? info->hash_key_size : 40;
	if (port->n_rx_queues > 1 && fields != 0 && info->reta_size > 0 && key_bytes >= 40 &&
	    key_bytes <= RSS_KEY_MAX && options->rss_key != NULL) {
		extend_key(key, options->rss_key, key_bytes);
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_key = key;
		conf->rx_adv_conf.rss_conf.rss_key_len = (uint8_t)key_bytes;
		conf->rx_adv_conf.rss_conf.rss_hf = fields;
		port->rss = true;
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
	uint8_t key[RSS_KEY_MAX];

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
	choose_offloads(port, options, info, &conf, key);

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

int sl_port_program_reta(const struct sl_port *port, uint16_t reta_size)
{
	struct rte_eth_rss_reta_entry64 reta[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];

	if (!port->rss || reta_size == 0 || reta_size > RTE_ETH_RSS_RETA_SIZE_512)
		return 0;
	memset(reta, 0, sizeof(reta));
	for (uint16_t j = 0; j < reta_size; j++) {
		struct rte_eth_rss_reta_entry64 *group = &reta[j / RTE_ETH_RETA_GROUP_SIZE];
		group->mask |= UINT64_C(1) << (j % RTE_ETH_RETA_GROUP_SIZE);
		group->reta[j % RTE_ETH_RETA_GROUP_SIZE] = (j % RETA_BUCKETS) % port->n_rx_queues;
	}
	return rte_eth_dev_rss_reta_update(port->id, reta, reta_size);
}
