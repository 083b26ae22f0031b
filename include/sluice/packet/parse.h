/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From bytes to struct sl_pkt. Checks every length against the mbuf (multi-segment safe: the headers are pulled into the
 * first segment or the packet is refused) before anything else may look at the packet.
 */
#ifndef SLUICE_PACKET_PARSE_H
#define SLUICE_PACKET_PARSE_H

#include <rte_mbuf.h>

#include "sluice/packet/burst.h"
#include "sluice/packet/drop.h"

#define SL_PARSE_OK SL_DROP_MAX

struct sl_frame {
	uint16_t vlan;	    /* 0: untagged or priority-tagged */
	uint16_t ethertype; /* host order */
};

/*
 * Ethernet and at most one 802.1Q tag (in the frame, or stripped by the NIC). Sets p->l3 and SL_PKT_L2_MULTICAST.
 * `mac` is the port's own address. Returns SL_PARSE_OK or the cause.
 */
enum sl_drop_cause sl_parse_ethernet(struct rte_mbuf *m, struct sl_pkt *p, const uint8_t mac[6], struct sl_frame *frame);

/*
 * IPv4 (options walked) or IPv6 (extension headers walked), then TCP, UDP or ICMP. Fills all of p except interface and flow
 * fields; trims the link layer's padding. verify_checksum: the IPv4 header checksum was not verified by the port.
 */
enum sl_drop_cause sl_parse_ip(struct rte_mbuf *m, struct sl_pkt *p, uint16_t ethertype, bool verify_checksum);

/* ARP over Ethernet and IPv4 (RFC 826): lengths and types. */
enum sl_drop_cause sl_parse_arp(struct rte_mbuf *m, struct sl_pkt *p);

#endif
