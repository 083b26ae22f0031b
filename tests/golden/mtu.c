/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets larger than the MTU of the way out: cut where IPv4 allows it, whether NAT or layer-3 forwarding sends them. */
#include "lab.h"

/* lan takes 1400 bytes */
#define NARROW(rest) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": 1400, \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ], " \
	rest " }"
#define SERVICES "\"services\": [" LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4) ", " \
	LAB_SERVICE("dns6", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V6) "]"
#define NAT NARROW(SERVICES)
#define NARROW_WAN "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"mtu\": 1400, \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ], " SERVICES " }"
#define ROUTE NARROW("\"forwarding\": \"route\"")
#define TO_B1 "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 "
#define CLIENT_V4(...) IP4("192.0.2.100", "192.0.2.10", __VA_ARGS__)
#define CLIENT_V6 IP6("2001:db8:1::100", "2001:db8:1::10")

static const struct golden_step nat[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7), UDP(1000, 53), FILL(1372)),
	OUT("lan", TO_B1 "id $2 udp $1>8080 len 1372 #986fb5ed [csum ok]"),
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7), UDP(1000, 53), FILL(1400)),
	OUT("lan", TO_B1 "frag $3:0+ udp $1>8080 len 1368 #aeb78ed5"),
	OUT("lan", TO_B1 "frag $3:1376 proto 17 len 32 #352864c5"),
	COUNT(DATAGRAMS_CUT, 1), COUNT(CREATED, 1), COUNT(TX, 2),
	/* options: both in the first piece, only the one with the copied flag (RFC 791 section 3.1) in the other */
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7, .options = "0704040094040000"), UDP(1000, 53), FILL(1400), SPLIT(900)),
	OUT("lan", TO_B1 "frag $4:0+ opt 0704040094040000 udp $1>8080 len 1360 #2e42e4a5"),
	OUT("lan", TO_B1 "frag $4:1368 opt 94040000 proto 17 len 40 #2cf2f9f5"),
	/* a fragment is cut once more */
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7, .mf = 1), UDP(1000, 53, .length = 1416), FILL(1400)),
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7, .offset = 1408, .proto = 17), FILL(8)),
	OUT("lan", TO_B1 "frag $5:0+ udp $1>8080 len 1368 #aeb78ed5"),
	OUT("lan", TO_B1 "frag $5:1376+ proto 17 len 32 #352864c5"),
	OUT("lan", TO_B1 "frag $5:1408 proto 17 len 8 #e2db0715"),
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7, .df = 1), UDP(1000, 53), FILL(1400)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1400 "
		   "{ ip4 192.0.2.100>192.0.2.10 ttl 64 id 7 DF udp 1000>53 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1), COUNT(DATAGRAMS_CUT, 0),
	END
};

/* IPv6 is never cut (RFC 8200 section 5): its sender is told, about a first fragment as about a whole packet. */
static const struct golden_step nat_v6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT_V6, UDP(1000, 53), FILL(1352)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $1>8080 len 1352 #c9466ab5 [csum ok]"),
	IN("wan", CLIENT_ETH, CLIENT_V6, UDP(1000, 53), FILL(1353)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp too-big 0 mtu 1400 "
		   "{ ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>53 len 1184 #006fe785 } [csum ok]"),
	DROPPED(MTU, 1), COUNT(ICMP_ERRORS_SENT, 1),
	IN("wan", CLIENT_ETH, CLIENT_V6, FRAG6(7, 0, 1), UDP(1000, 53, .length = 2000), FILL(1400)),
	IN("wan", CLIENT_ETH, CLIENT_V6, FRAG6(7, 1408, 0, .proto = 17), FILL(592)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp too-big 0 mtu 1400 "
		   "{ ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 frag 7:0+ udp 1000>53 len 1176 #9fe47595 } [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 frag $3:1408 proto 17 len 592 #4d9915b5"),
	DROPPED(MTU, 1),
	END
};

/* The same on the way back, where the clients' side takes less; backends are told by the address that they know. */
static const struct golden_step answers[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT_V4(.df = 1), UDP(1000, 53), FILL(1372)),
	OUT("lan", TO_B1 "DF udp $1>8080 len 1372 #986fb5ed [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 7), UDP(8080, VAR(1)), FILL(1400)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 frag $3:0+ udp 53>1000 len 1368 #aeb78ed5"),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 frag $3:1376 proto 17 len 32 #352864c5"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .df = 1), UDP(8080, VAR(1)), FILL(1400)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1400 "
		   "{ ip4 10.1.1.1>10.1.0.3 ttl 64 DF udp 8080>$1 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1),
	IN("wan", CLIENT_ETH, CLIENT_V6, UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, VAR(2)), FILL(1353)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 icmp too-big 0 mtu 1400 "
		   "{ ip6 2001:db8:2::1:1>2001:db8:2::3 ttl 64 udp 8080>$2 len 1184 #006fe785 } [csum ok]"),
	DROPPED(MTU, 1),
	END
};

/* Cut before the next hop is known: the pieces wait like other packets, in order. */
static const struct golden_step unresolved[] = {
	IN("wan", CLIENT_ETH, CLIENT_V4(.id = 7), UDP(1000, 53), FILL(1400)),
	EVENT(RESOLVE, "lan", "10.1.1.1"), COUNT(HELD, 2),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	OUT("lan", TO_B1 "frag $3:0+ udp $1>8080 len 1368 #aeb78ed5"),
	OUT("lan", TO_B1 "frag $3:1376 proto 17 len 32 #352864c5"),
	END
};

/* A router changes no identification. */
static const struct golden_step route[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "10.1.1.1", .id = 7), UDP(1000, 53), FILL(1400)),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 frag 7:0+ udp 1000>53 len 1368 #aeb78ed5"),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 frag 7:1376 proto 17 len 32 #352864c5"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "10.1.1.1", .id = 7, .offset = 4000, .mf = 1, .proto = 47), FILL(1400)),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 frag 7:4000+ proto 47 len 1376 #529cd985"),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 frag 7:5376+ proto 47 len 24 #54a192d5"),
	/* IPv6 routers never fragment (RFC 8200 section 5) */
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:2::1:1"), FRAG6(1, 0, 1), UDP(1000, 53), FILL(1400)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp too-big 0 mtu 1400 "
		   "{ ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 64 frag 1:0+ udp 1000>53 len 1176 #9fe47595 } [csum ok]"),
	DROPPED(MTU, 1),
	END
};

static const struct golden_case cases[] = {
	{ "NAT", NAT, 0, nat },
	{ "NAT, IPv6", NAT, 0, nat_v6 },
	{ "NAT, answers", NARROW_WAN, 0, answers },
	{ "next hop not known yet", NAT, 0, unresolved },
	{ "route", ROUTE, 0, route },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "mtu", cases);
}
