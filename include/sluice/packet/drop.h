/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a packet was dropped. Each cause is declared here once; the enum, the telemetry name, docs/telemetry.md and the
 * golden tests come from this table.
 */
#ifndef SLUICE_PACKET_DROP_H
#define SLUICE_PACKET_DROP_H

/* X(identifier, telemetry name, help) */
#define SL_DROP_CAUSES(X)                                                                                              \
	X(TRUNCATED, truncated, "frame or header shorter than its own length fields say")                              \
	X(ETHERTYPE, ethertype, "neither IPv4, IPv6 nor ARP")                                                          \
	X(NOT_OUR_MAC, not_our_mac, "unicast frame for another station")                                               \
	X(VLAN, vlan, "no interface is configured for this VLAN on this port")                                         \
	X(IP_HEADER, ip_header, "malformed IPv4 or IPv6 header or extension header")                                   \
	X(IP_CHECKSUM, ip_checksum, "IPv4 header checksum is wrong")                                                   \
	X(IP_SOURCE, ip_source, "source is multicast, broadcast, loopback, unspecified, or us where we would answer")         \
	X(SOURCE_ROUTED, source_routed, "IPv4 source route option or IPv6 routing header type 0 that is not worked off (RFC 7126, RFC 5095)") \
	X(L4_HEADER, l4_header, "malformed TCP, UDP or ICMP header")                                                   \
	X(L4_CHECKSUM, l4_checksum, "ICMP, ND or UDP-over-IPv6 checksum is wrong or missing")                          \
	X(PARTIAL_CHECKSUM, partial_checksum, "sender left the TCP/UDP checksum to an offload that never ran")         \
	X(TCP_FLAGS, tcp_flags, "impossible TCP flags: none, SYN+FIN, SYN+RST, FIN without ACK")                       \
	X(TCP_NOT_SYN, tcp_not_syn, "TCP packet of an unknown flow that does not open one")                            \
	X(FLOW_ENDED, flow_ended, "its flow ended while it waited in the same burst")                                  \
	X(FLOW_SHUT, flow_shut, "TCP packet of a flow that was ended by an operator or a drain's deadline; answered with a reset") \
	X(UDP_ONE_WAY, udp_one_way, "what a backend of a one-way UDP service sent")                                   \
	X(FRAGMENT, fragment, "fragment to one of our addresses that carries neither TCP nor UDP for a service")       \
	X(FRAGMENT_TINY, fragment_tiny, "TCP fragment that begins inside the TCP header (RFC 1858, RFC 3128)")         \
	X(FRAGMENT_OVERLAP, fragment_overlap, "fragment of a datagram whose fragments overlap (RFC 5722)")             \
	X(FRAGMENT_DUPLICATE, fragment_duplicate, "fragment whose bytes have all come before")                         \
	X(FRAGMENT_TIMEOUT, fragment_timeout, "fragment that waited in vain for the first one of its datagram")        \
	X(FRAGMENT_LIMIT, fragment_limit, "fragment that there was no room to hold or follow; see max_fragments")      \
	X(FRAGMENT_NO_FLOW, fragment_no_flow, "later fragment of a datagram whose first one opened no flow")           \
	X(PROTOCOL, protocol, "protocol to one of our addresses that sluice does not handle")                          \
	X(NO_SERVICE, no_service, "TCP or UDP to one of our addresses where no service listens; see unused_ports")     \
	X(NOT_FORWARDED, not_forwarded, "not for us, and forwarding is \"drop\" or it must stay on its link")                   \
	X(MULTICAST, multicast, "multicast or broadcast that nothing here listens to")                                 \
	X(ARP, arp, "malformed or irrelevant ARP")                                                                     \
	X(ND, nd, "malformed or irrelevant neighbour discovery or MLD message (RFC 4861 section 7)")                   \
	X(ICMP, icmp, "ICMP message that sluice neither answers nor relates to a flow")                                \
	X(ICMP_QUOTE, icmp_quote, "ICMP error whose quote is malformed, too short or of a packet we did not send")         \
	X(ICMP_FRAGMENT, icmp_fragment, "ICMP error about a later fragment, which has no ports to find its flow by")   \
	X(ICMP_FAMILY, icmp_family, "ICMP error that the other address family has no counterpart for (RFC 7915)")      \
	X(ICMP_NO_FLOW, icmp_no_flow, "ICMP error about a packet of no flow that exists here")                         \
	X(TTL, ttl, "TTL or hop limit expired here")                                                                   \
	X(NO_ROUTE, no_route, "no route to the destination")                                                           \
	X(MTU, mtu, "larger than the outgoing interface's MTU")                                                        \
	X(NO_BACKEND, no_backend, "the service has no backend that takes new flows")                                   \
	X(DRAINING, draining, "new flow to a service that was removed and only drains")                                \
	X(FLOW_TABLE_FULL, flow_table_full, "no free flow record; raise max_flows")                                    \
	X(SNAT_EXHAUSTED, snat_exhausted, "no free source-NAT port towards the backend; add a snat address")           \
	X(TUPLE_IN_USE, tuple_in_use, "the client's port has a flow to the backend already, by another dnat service")  \
	X(DNAT_ON_LINK, dnat_on_link, "client on link with its dnat backend, whose replies would not come back; use full-nat") \
	X(NO_SNAT_FLOW, no_snat_flow, "packet to a source-NAT address that belongs to no flow")                        \
	X(RELAY_RPF, relay_rpf, "datagram of a relay whose source is not routed by the interface it came in on")       \
	X(RELAY_LIMIT, relay_limit, "copy of a relayed datagram above its output's max_pps or max_kbps")               \
	X(RELAY_UNRESOLVED, relay_unresolved, "copy of a relayed datagram whose next hop does not answer ARP or neighbour discovery") \
	X(RELAY_FAMILY, relay_family, "copy of a relayed fragment that the other address family cannot have")          \
	X(NEIGHBOUR_UNRESOLVED, neighbour_unresolved, "next hop does not answer ARP or neighbour discovery")           \
	X(NEIGHBOUR_QUEUE, neighbour_queue, "too many packets wait for one unresolved next hop, or for too many of them") \
	X(HANDOVER_FULL, handover_full, "ring to the owning worker is full")                                           \
	X(OWNER_LOOP, owner_loop, "handed over once already and still not at its owner")                               \
	X(TX_FULL, tx_full, "transmit queue of the port is full")                                                      \
	X(TX_RING_FULL, tx_ring_full, "ring to the worker that owns the port's transmit queue is full")                \
	X(TX_SEGMENTS, tx_segments, "too long for one packet buffer, and the port sends no chained ones")              \
	X(PORT_REMOVED, port_removed, "the port's device was taken away while sluice ran")                             \
	X(PUNT_LIMIT, punt_limit, "for the host's own stack, above the rate of the interface's companion; see kernel_pps") \
	X(PUNT_FULL, punt_full, "for the host's own stack, and the ring to control was full")                          \
	X(NO_MBUF, no_mbuf, "no free packet buffer to hold a reply or copy")                                           \
	X(SHUTDOWN, shutdown, "still held when sluice stopped")

enum sl_drop_cause {
#define X(id, name, help) SL_DROP_##id,
	SL_DROP_CAUSES(X)
#undef X
	SL_DROP_MAX
};

struct sl_drop_info {
	const char *name;
	const char *help;
};
extern const struct sl_drop_info sl_drop_infos[SL_DROP_MAX];

#endif
