/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <netinet/in.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_thash.h>

#include "sluice/base/toeplitz.h"

#include "rss.h"

#define TABLE 128

static uint32_t word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Addresses and ports of TCP and UDP right behind the IP header, otherwise addresses; no hash for what is not IP. */
static bool hash_frame(const struct rte_mbuf *m, uint32_t *hash)
{
	_Alignas(4) uint8_t key[SL_TOEPLITZ_KEY_BYTES];
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, RTE_ETHER_HDR_LEN);
	uint32_t input[9], n = 0;
	bool v6, ports;

	if (ip[-2] == 0x81 && ip[-1] == 0)
		ip += RTE_VLAN_HLEN;
	v6 = ip[-2] == 0x86 && ip[-1] == 0xdd;
	if (!v6 && (ip[-2] != 8 || ip[-1] != 0))
		return false;
	for (unsigned int i = 0; i < (v6 ? 8 : 2); i++)
		input[n++] = word(ip + (v6 ? 8 : 12) + 4 * i);
	uint8_t proto = v6 ? ip[6] : ip[9];
	ports = (proto == IPPROTO_TCP || proto == IPPROTO_UDP) && (v6 || (word(ip + 4) & 0x3fff) == 0);
	if (ports)
		input[n++] = word(ip + (v6 ? 40 : 4 * (ip[0] & 15)));
	memcpy(key, sl_rss_key, sizeof(key));
	*hash = rte_softrss(input, n, key);
	return true;
}

unsigned int rss_receive(enum rss_device device, struct rte_mbuf *m, unsigned int n_queues)
{
	uint32_t hash;

	if (device == RSS_NONE || !hash_frame(m, &hash))
		return 0;
	if (device == RSS_OTHER_HASH)
		hash = hash * 0x9e3779b1u >> 16;
	if (device != RSS_SILENT) {
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = hash;
	}
	return hash % TABLE % n_queues;
}
