/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From bytes to struct sl_pkt. Checks every length against the mbuf (multi-segment safe: the headers are pulled into the
 * first segment or the packet is refused) before anything else may look at the packet.
 */
#ifndef SLUICE_PACKET_PARSE_H
#define SLUICE_PACKET_PARSE_H

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "sluice/packet/burst.h"
#include "sluice/packet/drop.h"

#define SL_PARSE_OK SL_DROP_MAX

struct sl_frame {
	uint16_t vlan;	    /* 0: untagged or priority-tagged */
	uint16_t ethertype; /* host order */
};

/* Anything but an untagged frame with IP for this port's address. Otherwise as sl_parse_ethernet. */
enum sl_drop_cause sl_parse_ethernet_rare(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t mac[6],
					  struct sl_frame *frame);

/* A MAC address as a number, to compare it. */
static inline uint64_t sl_mac_bits(const void *mac)
{
	uint32_t head;
	uint16_t tail;

	memcpy(&head, mac, 4);
	memcpy(&tail, (const uint8_t *)mac + 4, 2);
	return (uint64_t)tail << 32 | head;
}

/* The fields of later stages: not known yet. */
static inline void sl_parse_begin(struct sl_pkt *p)
{
	p->unknown = UINT64_MAX;
	p->service = SL_ID_NONE;
	p->side = 0;
}
_Static_assert(SL_FLOW_NONE == UINT32_MAX && SL_ID_NONE == UINT16_MAX, "all ones are none");

/* SL_PKT_STEADY for a whole TCP or UDP packet, or 0. TCP flags of UDP are 0. */
static inline uint8_t sl_parse_steady(bool tcp, uint8_t tcp_flags, uint8_t ttl)
{
	uint8_t follow = tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_FIN_FLAG | RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG);
	bool steady = (follow == (tcp ? RTE_TCP_ACK_FLAG : 0)) & (ttl > 1);

	return (uint8_t)(steady * SL_PKT_STEADY);
}

/*
 * Ethernet and at most one 802.1Q tag (in the frame, or stripped by the NIC). Sets p->l3 and p->flags, and the fields
 * of later stages to "not known yet".
 * `mac` is the port's own address. Returns SL_PARSE_OK or the cause.
 */
static inline enum sl_drop_cause sl_parse_ethernet(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t mac[6],
						   struct sl_frame *frame)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	sl_parse_begin(p);
	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN ||
		     (m->ol_flags & (RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_QINQ_STRIPPED)) ||
		     sl_mac_bits(&eth->dst_addr) != sl_mac_bits(mac) ||
		     (eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) && eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV6))))
		return sl_parse_ethernet_rare(m, p, mac, frame);
	p->l3 = RTE_ETHER_HDR_LEN;
	p->flags = 0;
	frame->vlan = 0;
	frame->ethertype = rte_be_to_cpu_16(eth->ether_type);
	return SL_PARSE_OK;
}

/*
 * IPv4 (options walked) or IPv6 (extension headers walked), then TCP, UDP or ICMP. Fills all of p except interface and flow
 * fields; trims the link layer's padding. verify_checksum: the IPv4 header checksum was not verified by the port.
 */
enum sl_drop_cause sl_parse_ip(struct rte_mbuf *m, struct sl_pkt *p, uint16_t ethertype, bool verify_checksum);

/* ARP over Ethernet and IPv4 (RFC 826): lengths and types. */
enum sl_drop_cause sl_parse_arp(struct rte_mbuf *m, struct sl_pkt *p);

#endif
