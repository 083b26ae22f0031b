/* SPDX-License-Identifier: BSD-3-Clause */
/* "forwarding": route and pairs, VLAN interfaces. */
#include "golden.h"

#define VDEVS "\"dpdk\": { \"vdevs\": [\"net_ring_a\", \"net_ring_b\"] }"
#define ROUTER "{ \"version\": 1, " VDEVS ", \"forwarding\": \"route\", \"interfaces\": [" \
	"{ \"name\": \"a\", \"device\": \"net_ring_a\", \"addresses\": [\"10.0.1.1/24\", \"2001:db8:a::1/64\"] }," \
	"{ \"name\": \"b\", \"device\": \"net_ring_b\", \"addresses\": [\"10.0.2.1/24\", \"2001:db8:b::1/64\"], \"mtu\": 1400 }," \
	"{ \"name\": \"b7\", \"device\": \"net_ring_b\", \"vlan\": 7, \"addresses\": [\"10.0.7.1/24\"] } ], " \
	"\"routes\": [ { \"prefix\": \"10.9.0.0/16\", \"via\": \"10.0.2.9\" } ] }"
#define PAIRS "{ \"version\": 1, " VDEVS ", \"forwarding\": { \"pairs\": [ [\"net_ring_a\", \"net_ring_b\"] ] } }"

#define KNOWN NEIGHBOUR("a", "10.0.1.5", "02::a5"), NEIGHBOUR("b", "10.0.2.5", "02::b5"), NEIGHBOUR("b", "10.0.2.9", "02::b9"), \
	NEIGHBOUR("a", "2001:db8:a::5", "02::a5"), NEIGHBOUR("b", "2001:db8:b::5", "02::b5"), NEIGHBOUR("b7", "10.0.7.5", "02::75")
#define A_ETH ETH("02::a5", "02::f0")

static const struct golden_step route[] = {
	KNOWN,
	IN("a", A_ETH, IP4("10.0.1.5", "10.0.2.5"), UDP(1, 2), PAYLOAD("on link")),
	OUT("b", "eth 02::f1>02::b5 ip4 10.0.1.5>10.0.2.5 ttl 63 udp 1>2 len 7 \"on link\" [csum ok]"),
	IN("a", A_ETH, IP4("10.0.1.5", "10.9.8.7"), TCP(1, 2, "A")),
	OUT("b", "eth 02::f1>02::b9 ip4 10.0.1.5>10.9.8.7 ttl 63 tcp 1>2 A seq 0 ack 0 win 65535 len 0 [csum ok]"),
	IN("a", A_ETH, IP6("2001:db8:a::5", "2001:db8:b::5"), ECHO(1, 1)),
	OUT("b", "eth 02::f1>02::b5 ip6 2001:db8:a::5>2001:db8:b::5 ttl 63 icmp echo id 1 seq 1 len 0 [csum ok]"),
	IN("a", A_ETH, IP4("10.0.1.5", "10.0.2.5", .proto = 47), PAYLOAD("gre")),
	OUT("b", "eth 02::f1>02::b5 ip4 10.0.1.5>10.0.2.5 ttl 63 proto 47 len 3 \"gre\""),
	/* fragments pass as they are */
	IN("a", A_ETH, IP4("10.0.1.5", "10.0.2.5", .id = 5, .offset = 800, .proto = 17), PAYLOAD("tail")),
	OUT("b", "eth 02::f1>02::b5 ip4 10.0.1.5>10.0.2.5 ttl 63 frag 5:800 proto 17 len 4 \"tail\""),
	END
};

/* What must stay on its link (RFC 3927 section 2.7, RFC 4291 section 2.5.6) or comes from nobody (section 2.5.2), and broadcasts. */
static const struct golden_step stays_on_link[] = {
	KNOWN,
	IN("a", A_ETH, IP6("fe80::5", "2001:db8:b::5"), UDP(1, 2)),
	DROPPED(NOT_FORWARDED, 1),
	IN("a", A_ETH, IP6("2001:db8:a::5", "fe80::5"), UDP(1, 2)),
	DROPPED(NOT_FORWARDED, 1),
	IN("a", A_ETH, IP6("::", "2001:db8:b::5"), ECHO(1, 1)),
	DROPPED(NOT_FORWARDED, 1),
	IN("a", A_ETH, IP4("169.254.1.5", "10.0.2.5"), UDP(1, 2)),
	DROPPED(NOT_FORWARDED, 1),
	IN("a", A_ETH, IP4("10.0.1.5", "169.254.1.5"), UDP(1, 2)),
	DROPPED(NOT_FORWARDED, 1),
	IN("a", A_ETH, IP4("10.0.1.5", "255.255.255.255"), UDP(1, 2)),
	DROPPED(MULTICAST, 1),
	END
};

static const struct golden_step route_vlan[] = {
	KNOWN,
	IN("a", A_ETH, IP4("10.0.1.5", "10.0.7.5"), UDP(1, 2)),
	OUT("b", "eth 02::f1>02::75 vlan 7 ip4 10.0.1.5>10.0.7.5 ttl 63 udp 1>2 len 0 [csum ok]"),
	IN("b", ETH("02::75", "02::f1"), VLAN(7), IP4("10.0.7.5", "10.0.1.5"), UDP(2, 1)),
	OUT("a", "eth 02::f0>02::a5 ip4 10.0.7.5>10.0.1.5 ttl 63 udp 2>1 len 0 [csum ok]"),
	IN("b", ETH("02::75", "bcast"), VLAN(7), ARP_REQUEST("02::75", "10.0.7.5", "10.0.7.1")),
	OUT("b", "eth 02::f1>02::75 vlan 7 arp reply 10.0.7.1 is-at 02::f1 to 10.0.7.5 (02::75)"),
	END
};

static const struct golden_step route_errors[] = {
	KNOWN,
	IN("a", A_ETH, IP4("10.0.1.5", "10.0.2.5", .ttl = 1), UDP(1, 2)),
	OUT("a", "eth 02::f0>02::a5 ip4 10.0.1.1>10.0.1.5 ttl 64 tos 0xc0 DF icmp time-exceeded 0 { ip4 10.0.1.5>10.0.2.5 ttl 1 udp 1>2 len 0 [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	IN("a", A_ETH, IP4("10.0.1.5", "172.16.0.1"), UDP(1, 2)),
	OUT("a", "eth 02::f0>02::a5 ip4 10.0.1.1>10.0.1.5 ttl 64 tos 0xc0 DF icmp unreachable 0 { ip4 10.0.1.5>172.16.0.1 ttl 64 udp 1>2 len 0 [csum ok] } [csum ok]"),
	DROPPED(NO_ROUTE, 1),
	IN("a", A_ETH, IP6("2001:db8:a::5", "2001:db8:b::5"), FILL(1400)),
	OUT("a", "eth 02::f0>02::a5 ip6 2001:db8:a::1>2001:db8:a::5 ttl 64 icmp too-big 0 mtu 1400 { ip6 2001:db8:a::5>2001:db8:b::5 ttl 64 proto 59 len 1192 #20653155 } [csum ok]"),
	DROPPED(MTU, 1),
	/* no errors about errors, and not about what was sent to everybody */
	IN("a", A_ETH, IP4("10.0.1.5", "10.0.2.5", .ttl = 1), ICMP(3, 1), IP4("10.0.2.5", "10.0.1.5"), UDP(2, 1)),
	DROPPED(TTL, 1),
	COUNT(ICMP_ERRORS_SENT, 0),
	END
};

/* Everything goes through, unread: foreign MACs, strange types, both ways. */
static const struct golden_step pairs[] = {
	IN("a", ETH("02::a5", "02::b5"), IP4("10.0.1.5", "10.0.2.5", .ttl = 1), UDP(1, 2)),
	OUT("b", "eth 02::a5>02::b5 ip4 10.0.1.5>10.0.2.5 ttl 1 udp 1>2 len 0 [csum ok]"),
	IN("b", ETH("02::b5", "bcast"), ARP_REQUEST("02::b5", "10.0.2.5", "10.0.1.5")),
	OUT("a", "eth 02::b5>bcast arp request who-has 10.0.1.5 tell 10.0.2.5 (02::b5)"),
	COUNT(TX, 1),
	END
};

static const struct golden_case cases[] = {
	{ "what stays on its link", ROUTER, 0, stays_on_link },
	{ "route", ROUTER, 0, route },
	{ "route between VLANs", ROUTER, 0, route_vlan },
	{ "route, ICMP errors", ROUTER, 0, route_errors },
	{ "pairs", PAIRS, 0, pairs },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "forward", cases);
}
