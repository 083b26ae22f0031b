/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_icmp.h>

#include "frame.h"
#include "sluice/packet/edit.h"

void *sl_frame_begin(struct rte_mbuf *out, const uint8_t dst[6], const uint8_t src[6], uint16_t vlan,
		     uint16_t ethertype, uint32_t len)
{
	uint32_t header = RTE_ETHER_HDR_LEN + (vlan != 0 ? RTE_VLAN_HLEN : 0);
	struct rte_ether_hdr *eth;

	if (header + len > UINT16_MAX)
		return NULL;
	eth = (struct rte_ether_hdr *)rte_pktmbuf_append(out, (uint16_t)(header + len));
	if (eth == NULL)
		return NULL;
	memset(eth, 0, header + len);
	memcpy(&eth->dst_addr, dst, RTE_ETHER_ADDR_LEN);
	memcpy(&eth->src_addr, src, RTE_ETHER_ADDR_LEN);
	eth->ether_type = rte_cpu_to_be_16(ethertype);
	if (vlan != 0) {
		struct rte_vlan_hdr *tag = (struct rte_vlan_hdr *)(eth + 1);

		tag->vlan_tci = rte_cpu_to_be_16(vlan);
		tag->eth_proto = eth->ether_type;
		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	}
	return (uint8_t *)eth + header;
}

void sl_frame_icmp6_checksum(struct rte_mbuf *out, const struct sl_ip *src, const struct sl_ip *dst, uint32_t len)
{
	uint32_t l4 = out->pkt_len - len;
	struct rte_icmp_hdr *icmp = rte_pktmbuf_mtod_offset(out, struct rte_icmp_hdr *, l4);

	icmp->icmp_cksum = sl_checksum_l4(out, l4, len, src, dst, IPPROTO_ICMPV6);
}
