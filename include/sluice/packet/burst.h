/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A burst: up to 64 packets that walk the pipeline together, and what the stages learn about each. The metadata is
 * rewritten by parse for every burst, so nothing stale rides in the mbufs.
 *
 * A stage owns m[0..n) on entry. It leaves a packet where it is (survivor), or takes it out by exactly one of the calls
 * of sluice/state/verdict.h (drop, consume, hand over, output); taken slots are NULL until sl_burst_compact().
 */
#ifndef SLUICE_PACKET_BURST_H
#define SLUICE_PACKET_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/id.h"
#include "sluice/base/ip.h"

#define SL_BURST_MAX 64
#define SL_FLOW_NONE UINT32_MAX

enum sl_pkt_kind {
	SL_PKT_ARP,
	SL_PKT_TCP,
	SL_PKT_UDP,
	SL_PKT_ICMP,   /* ICMP over IPv4 or ICMPv6 over IPv6 */
	SL_PKT_OTHER,  /* IP, another protocol: only ever forwarded by layer 3 */
};

/* sl_pkt.flags */
#define SL_PKT_V6 0x01
#define SL_PKT_FRAGMENT 0x02	 /* any fragment; sport/dport are valid in a first one, and once its datagram is known */
#define SL_PKT_FRAGMENT_LATER 0x04 /* not the first fragment: no layer-4 header */
#define SL_PKT_FORWARD 0x08	 /* layer-3 forwarding: route it */
#define SL_PKT_L2_MULTICAST 0x20 /* Ethernet destination is a group address */
#define SL_PKT_STEADY 0x40	 /* a whole UDP packet, or TCP with no flag but ACK and PSH, with TTL to spare: nothing in it to follow */

struct sl_pkt {
	struct sl_ip src, dst;	/* mapped form for IPv4 */
	/* what later stages find out */
	union {
		struct {
			uint32_t flow;		/* flow index, SL_FLOW_NONE before and without */
			uint16_t out_interface; /* interface whose MTU it must be cut to on its way out, SL_ID_NONE: it fits */
			uint16_t neighbour;	/* next hop in the neighbour table, SL_ID_NONE until known */
		};
		uint64_t unknown; /* UINT64_MAX: none of these is known yet */
	};
	uint16_t service;	/* index in the snapshot's services, between classify and balance */
	uint8_t side;		/* side of the flow it came in on: enum sl_side */
	/* what parse found */
	uint8_t flags;		/* SL_PKT_* */
	uint8_t l3;		/* offset of the IP header (14, or 18 with a VLAN tag) */
	uint8_t kind;		/* enum sl_pkt_kind */
	uint8_t proto;		/* IP protocol of the layer-4 header */
	uint8_t tcp_flags;	/* RTE_TCP_*_FLAG of a TCP packet */
	uint16_t sport_be, dport_be; /* 0 where there are none; ICMP: type << 8 | code in sport_be (host order), id in dport_be */
	uint16_t l4;		/* offset of the layer-4 header from the start of the frame */
	uint16_t l3_len;	/* length of the IP packet: header, extensions and payload */
	uint16_t interface;	/* interface it came in on */
	uint16_t fragment;	/* of a fragment: its datagram in the worker's table, SL_ID_NONE where it is not followed */
};
_Static_assert(sizeof(struct sl_pkt) == 64, "one cache line of metadata per packet");

/*
 * sl_burst.seen: what at least one packet of the burst is, so that a stage for the rare ones need not look at every packet.
 * Bits are only ever added.
 */
#define SL_SEEN_KIND(kind) (1u << (kind))			/* enum sl_pkt_kind */
#define SL_SEEN_FLAG(flag) ((uint32_t)(flag) << 8)		/* SL_PKT_* */
#define SL_SEEN_TCP_FLAG(flag) ((uint32_t)(flag) << 16)		/* RTE_TCP_*_FLAG */
#define SL_SEEN_NO_FLOW (1u << 24)				/* sl_pkt.flow is SL_FLOW_NONE */

struct sl_burst {
	uint16_t n;
	bool handed_in;	/* packets another worker gave us: only fragments may be handed over again (sl_burst_hand_on) */
	bool gaps;	/* some m[] are NULL */
	uint16_t resumed; /* datagram whose held fragments these are, SL_ID_NONE for packets new to this worker */
	uint32_t seen;	/* SL_SEEN_*: parse sets it, later stages add to it */
	struct rte_mbuf *m[SL_BURST_MAX];
	uint64_t hash[SL_BURST_MAX]; /* of addresses, ports and protocol, by the worker's key */
	struct sl_pkt p[SL_BURST_MAX];
};

/* Close the gaps that taken packets left; order is kept. */
void sl_burst_compact(struct sl_burst *b);

/* Pointer to a header that parse has checked to lie in the first segment. */
static inline void *sl_burst_at(const struct sl_burst *b, unsigned int i, unsigned int offset)
{
	return rte_pktmbuf_mtod_offset(b->m[i], void *, offset);
}

#endif
