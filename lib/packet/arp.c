/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_arp.h>
#include <rte_ether.h>

#include "frame.h"
#include "sluice/packet/icmp.h"

void sl_arp_reply(struct rte_mbuf *m, const struct sl_pkt *p, const uint8_t our_mac[6])
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = rte_pktmbuf_mtod_offset(m, struct rte_arp_hdr *, p->l3);
	struct rte_arp_ipv4 *a = &arp->arp_data;
	uint32_t target = a->arp_tip;

	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	a->arp_tha = a->arp_sha;
	a->arp_tip = a->arp_sip;
	memcpy(&a->arp_sha, our_mac, RTE_ETHER_ADDR_LEN);
	a->arp_sip = target;
	eth->dst_addr = a->arp_tha;
	eth->src_addr = a->arp_sha;
	/*
	 * A tag that the NIC took off goes back in; it cannot fail, as a received frame has more headroom than a tag.
	 */
	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) && (m->vlan_tci & RTE_VLAN_ID_MASK) != 0)
		rte_vlan_insert(&m);
}

int sl_arp_build_request(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *sender,
			 const struct sl_ip *target, const uint8_t *unicast_mac)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct rte_arp_hdr *arp = sl_frame_begin(out, unicast_mac != NULL ? unicast_mac : broadcast, our_mac, vlan,
						 RTE_ETHER_TYPE_ARP, sizeof(*arp));

	if (arp == NULL)
		return -1;
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = sizeof(uint32_t);
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST);
	memcpy(&arp->arp_data.arp_sha, our_mac, RTE_ETHER_ADDR_LEN);
	arp->arp_data.arp_sip = sl_ip_v4_be(sender);
	arp->arp_data.arp_tip = sl_ip_v4_be(target); /* target hardware address stays 0: RFC 5227 section 1.1 */
	return 0;
}
