/* SPDX-License-Identifier: BSD-3-Clause */
/* Building of ICMP (RFC 792), ICMPv6 (RFC 4443), ARP (RFC 826) and ND (RFC 4861) messages. */
#ifndef SLUICE_PACKET_ICMP_H
#define SLUICE_PACKET_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/ip.h"
#include "sluice/packet/burst.h"

enum sl_icmp_error {
	SL_ICMP_TTL_EXCEEDED,	  /* 11/0, ICMPv6 3/0 */
	SL_ICMP_NO_ROUTE,	  /* 3/0, ICMPv6 1/0 */
	SL_ICMP_HOST_UNREACHABLE, /* 3/1, ICMPv6 1/3 */
	SL_ICMP_PORT_UNREACHABLE, /* 3/3, ICMPv6 1/4 */
	SL_ICMP_PROHIBITED,	  /* 3/13, ICMPv6 1/1 */
	SL_ICMP_TOO_BIG,	  /* 3/4 with MTU, ICMPv6 2/0 */
};

/* May an error be sent about this packet at all (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e))? */
bool sl_icmp_may_answer(const struct rte_mbuf *m, const struct sl_pkt *p);

/*
 * Write the error about packet (m, p) into `out`, which is empty: IP header from `src` to the packet's source, ICMP header and
 * as much of the packet as the RFCs allow (IPv4: 576 bytes in all, RFC 1812; IPv6: 1280). mtu only for SL_ICMP_TOO_BIG.
 * Returns 0, or -1 when out has no room.
 */
int sl_icmp_build_error(struct rte_mbuf *out, const struct rte_mbuf *m, const struct sl_pkt *p, enum sl_icmp_error error,
			uint16_t mtu, const struct sl_ip *src);

/* Turn an echo request into its reply in place: addresses swapped, TTL 64, checksums updated. Ethernet header untouched. */
void sl_icmp_echo_reply(struct rte_mbuf *m, const struct sl_pkt *p);

/* Turn an ARP request for `our_mac`'s address into its reply in place, Ethernet header included. */
void sl_arp_reply(struct rte_mbuf *m, const struct sl_pkt *p, const uint8_t our_mac[6]);

/*
 * Whole frames, written to an empty mbuf with Ethernet header (and tag when vlan != 0). Return 0, or -1 when out has no room.
 * sender zero in sl_arp_build_request makes an ARP probe (RFC 5227); sender == target an announcement.
 */
int sl_arp_build_request(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *sender,
			 const struct sl_ip *target, const uint8_t *unicast_mac);
/* Source :: makes a duplicate address detection probe (RFC 4862). unicast_mac NULL: to the solicited-node group. */
int sl_nd_build_solicitation(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			     const struct sl_ip *target, const uint8_t *unicast_mac);
/* To `dst` (ff02::1 for unsolicited ones), override flag set. */
int sl_nd_build_advertisement(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *target,
			      const struct sl_ip *dst, const uint8_t dst_mac[6], bool solicited);

/* ff02::1:ffXX:XXXX of an IPv6 address, and the Ethernet address of an IPv6 group. */
struct sl_ip sl_nd_solicited_node(const struct sl_ip *ip);
void sl_nd_group_mac(const struct sl_ip *group, uint8_t mac[6]);

/* Link-local address made from a MAC address (RFC 4291 appendix A). */
struct sl_ip sl_nd_link_local(const uint8_t mac[6]);

/* What a received neighbour solicitation or advertisement says. */
struct sl_nd_message {
	bool solicitation; /* else advertisement */
	bool solicited, override; /* flags of an advertisement */
	bool has_mac;	  /* source or target link-layer address option */
	uint8_t mac[6];
	struct sl_ip target;
};
/* Check (RFC 4861 sections 7.1.1, 7.1.2, checksum included) and read. Returns 0, or -1 when it must be ignored. */
int sl_nd_parse(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_nd_message *msg);

#endif
