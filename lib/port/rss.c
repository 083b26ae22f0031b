/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling that leads packets to the worker that has their flow (sluice/base/dispatch.h): our key, hash over
 * addresses and ports, and a redirection table in which each entry names a queue of the worker that the workers' own table
 * names. The driver is asked for all of it and then for what it has, because some take a table and keep another.
 *
 * Nothing depends on it but how many packets are handed over: workers look at every packet. Whether the device also delivers
 * the hash, and the right one, they find out from the packets (lib/path/owner.c).
 */
#include <string.h>

#include "internal.h"

#define RETA_MAX 2048 /* ice */

const struct sl_steering_info sl_steering_infos[SL_STEERING_MAX] = {
#define X(id, how, why) { how, why },
	SL_STEERINGS(X)
#undef X
};

static const struct {
	uint64_t field;
	uint8_t kind;
} hashed[] = {
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, SL_HASHED_TCP4 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, SL_HASHED_TCP6 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, SL_HASHED_UDP4 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, SL_HASHED_UDP6 },
};

/* The device's key may be longer than ours: of 36 bytes of input no bit sees those behind our 40. */
static unsigned int fill_key(const struct rte_eth_dev_info *info, uint8_t key[SL_RSS_KEY_MAX])
{
	unsigned int length = info->hash_key_size != 0 ? info->hash_key_size : SL_TOEPLITZ_KEY_BYTES;

	for (unsigned int i = 0; i < SL_RSS_KEY_MAX; i++)
		key[i] = sl_rss_key[i % SL_TOEPLITZ_KEY_BYTES];
	return length >= SL_TOEPLITZ_KEY_BYTES && length <= SL_RSS_KEY_MAX ? length : 0;
}

static uint64_t fields_of(const struct rte_eth_dev_info *info)
{
	return info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
}

void sl_port_choose_rss(struct sl_port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf,
			uint8_t key[SL_RSS_KEY_MAX])
{
	unsigned int key_bytes = fill_key(info, key);

	if (port->n_rx_queues == 1 || fields_of(info) == 0 || key_bytes == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
	conf->rx_adv_conf.rss_conf.rss_key = key;
	conf->rx_adv_conf.rss_conf.rss_key_len = (uint8_t)key_bytes;
	conf->rx_adv_conf.rss_conf.rss_hf = fields_of(info);
	port->rss = true;
	if (rte_is_power_of_2(info->reta_size) && info->reta_size >= SL_DISPATCH_RETA_MIN && info->reta_size <= RETA_MAX)
		port->reta_size = info->reta_size;
}

uint16_t sl_port_common_reta(const struct sl_port *ports, unsigned int n)
{
	uint16_t size = SL_DISPATCH_ENTRIES;

	for (unsigned int i = 0; i < n; i++)
		if (ports[i].reta_size != 0)
			size = RTE_MIN(size, ports[i].reta_size);
	return size;
}

/* Does the device hash with our key? Which packets, goes to port->steered. */
static bool has_key(struct sl_port *port, const uint8_t *wanted)
{
	uint8_t key[SL_RSS_KEY_MAX] = { 0 };
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = sizeof(key) };

	if (rte_eth_dev_rss_hash_conf_get(port->id, &conf) != 0 || memcmp(key, wanted, SL_TOEPLITZ_KEY_BYTES) != 0)
		return false;
	port->steered = 0;
	for (unsigned int i = 0; i < RTE_DIM(hashed); i++)
		if (conf.rss_hf & hashed[i].field)
			port->steered |= hashed[i].kind;
	return true;
}

/* Most drivers have it from the configuration; some want to be told. */
static bool program_key(struct sl_port *port, const struct rte_eth_dev_info *info)
{
	uint8_t key[SL_RSS_KEY_MAX];
	unsigned int key_bytes = fill_key(info, key);
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = (uint8_t)key_bytes, .rss_hf = fields_of(info) };

	return has_key(port, key) || (rte_eth_dev_rss_hash_update(port->id, &conf) == 0 && has_key(port, key));
}

/*
 * Queue q is worker q % n_workers' (app/sluice/gateway_workers.c). A worker with several gets them in turn; one without is
 * reached by another's.
 */
static uint16_t queue_of(const struct sl_port *port, const struct sl_dispatch *dispatch, uint16_t entry)
{
	uint16_t n = dispatch->n_workers, worker = dispatch->worker[entry % SL_DISPATCH_ENTRIES];

	if (worker >= port->n_rx_queues)
		return worker % port->n_rx_queues;
	uint16_t queues = (uint16_t)((port->n_rx_queues - 1 - worker) / n + 1);
	return (uint16_t)(worker + entry / n % queues * n);
}

static bool program_table(const struct sl_port *port, const struct sl_dispatch *dispatch)
{
	struct rte_eth_rss_reta_entry64 wanted[RETA_MAX / RTE_ETH_RETA_GROUP_SIZE] = { 0 }, has[RTE_DIM(wanted)] = { 0 };

	for (uint16_t i = 0; i < port->reta_size; i++)
		wanted[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = queue_of(port, dispatch, i);
	for (uint16_t i = 0; i < port->reta_size / RTE_ETH_RETA_GROUP_SIZE; i++)
		wanted[i].mask = has[i].mask = UINT64_MAX;
	if (rte_eth_dev_rss_reta_update(port->id, wanted, port->reta_size) != 0 ||
	    rte_eth_dev_rss_reta_query(port->id, has, port->reta_size) != 0)
		return false;
	for (uint16_t i = 0; i < port->reta_size / RTE_ETH_RETA_GROUP_SIZE; i++)
		if (memcmp(has[i].reta, wanted[i].reta, sizeof(has[i].reta)) != 0)
			return false;
	return true;
}

static enum sl_steering steer(struct sl_port *port, const struct sl_dispatch *dispatch)
{
	struct rte_eth_dev_info info;

	if (dispatch == NULL)
		return SL_STEERING_NONE;
	if (port->n_rx_queues == 1)
		return SL_STEERING_FEW_QUEUES;
	if (rte_eth_dev_info_get(port->id, &info) != 0 || fields_of(&info) == 0)
		return SL_STEERING_NO_RSS;
	if (!port->rss || !program_key(port, &info))
		return SL_STEERING_OTHER_KEY;
	if (port->steered == 0)
		return SL_STEERING_NO_RSS;
	if (port->reta_size == 0)
		return SL_STEERING_NO_TABLE;
	if (!program_table(port, dispatch))
		return SL_STEERING_OTHER_TABLE;
	return port->n_rx_queues < dispatch->n_workers ? SL_STEERING_FEW_QUEUES : SL_STEERING_RSS;
}

void sl_port_steer(struct sl_port *port, const struct sl_dispatch *dispatch)
{
	port->steering = steer(port, dispatch);
	if (port->steering != SL_STEERING_RSS)
		port->steered = 0;
}
