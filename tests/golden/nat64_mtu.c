/* SPDX-License-Identifier: BSD-3-Clause */
/* What outgrows the way out between the families: cut where it may be, its sender told where not (RFC 7915 sections 4, 5). */
#include "lab.h"

#define CONFIG_MTU(wan, lan) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", " wan " }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", " lan " } ], " \
	"\"services\": [" LAB_SERVICE("dns46", "192.0.2.10", 53, "udp", LAB_BACKENDS_V6) "," \
	LAB_SERVICE("dns64", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web46", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V6) "] }"
#define WAN "\"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"]"
#define LAN "\"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"]"
#define CONFIG CONFIG_MTU(WAN, LAN)
/* IPv4 interfaces may take less than any IPv6 packet may have: here towards the backends, with clients and services on IPv6. */
#define TINY "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": 1000, \"addresses\": [\"10.1.0.2/16\"] } ], " \
	"\"services\": [" LAB_SERVICE("dns64", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V4) "] }"

#define CLIENT4(...) IP4("192.0.2.100", "192.0.2.10", __VA_ARGS__)
#define CLIENT6 IP6("2001:db8:1::100", "2001:db8:1::10")
#define TO_B1 "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 "
#define TO_B1_V4 "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 "

/* Up to the MTU a packet has no fragment header, whatever its DF. */
static const struct golden_step whole[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT4(.id = 7), UDP(1000, 53), FILL(1452)),
	OUT("lan", TO_B1 "udp $1>8080 len 1452 #6371db0d [csum ok]"),
	IN("wan", CLIENT_ETH, CLIENT4(.id = 7), UDP(1000, 53), FILL(1453)),
	OUT("lan", TO_B1 "frag $2:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $2:1448 proto 17 len 13 #216e7f9c"),
	COUNT(DATAGRAMS_CUT, 1), COUNT(CREATED, 1), COUNT(TX, 2),
	/* the next one has another number */
	IN("wan", CLIENT_ETH, CLIENT4(.id = 7, .tos = 0xb8, .options = "01010101"), UDP(1000, 53), FILL(1453), SPLIT(700, 30)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tos 0xb8 frag $3:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tos 0xb8 frag $3:1448 proto 17 len 13 #216e7f9c"),
	IN("wan", CLIENT_ETH, CLIENT4(), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", TO_B1 "tcp $4>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, CLIENT4(), TCP(1000, 80, "PA", .seq = 101, .ack = 501), FILL(1460)),
	OUT("lan", TO_B1 "frag $5:0+ tcp $4>8080 PA seq 101 ack 501 win 65535 len 1428 #45ec3c7d"),
	OUT("lan", TO_B1 "frag $5:1448 proto 6 len 32 #cc9d7dc5"),
	END
};

/* The checksum that IPv6 asks for covers all pieces. */
static const struct golden_step no_checksum[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT4(), UDP(1000, 53), FILL(1453)),
	OUT("lan", TO_B1 "frag $2:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $2:1448 proto 17 len 13 #216e7f9c"),
	IN("wan", CLIENT_ETH, CLIENT4(), UDP(1000, 53, .no_checksum = 1), FILL(1453)),
	OUT("lan", TO_B1 "frag $3:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $3:1448 proto 17 len 13 #216e7f9c"),
	END
};

/* A fragment grows by 28 bytes. What it is cut into continues its datagram: number and offsets, more to come or not. */
static const struct golden_step fragments[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT4(.id = 7, .mf = 1), UDP(1000, 53, .length = 1508), FILL(1472)),
	IN("wan", CLIENT_ETH, CLIENT4(.id = 7, .offset = 1480, .proto = 17), FILL(28)),
	OUT("lan", TO_B1 "frag $2:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $2:1448+ proto 17 len 32 #078eb985"),
	OUT("lan", TO_B1 "frag $2:1480 proto 17 len 28 #5ad5b375"),
	COUNT(DATAGRAMS_CUT, 1), COUNT(DATAGRAMS_FRAGMENTED, 1),
	/* the last one first: held, then translated behind the first */
	IN("wan", CLIENT_ETH, CLIENT4(.id = 8, .offset = 1480, .proto = 17), FILL(1480)),
	COUNT(HELD, 1),
	IN("wan", CLIENT_ETH, CLIENT4(.id = 8, .mf = 1), UDP(1000, 53, .length = 2960), FILL(1472)),
	OUT("lan", TO_B1 "frag $3:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $3:1448+ proto 17 len 32 #078eb985"),
	OUT("lan", TO_B1 "frag $3:1480+ proto 17 len 1448 #33608735"),
	OUT("lan", TO_B1 "frag $3:2928 proto 17 len 32 #e9ee8985"),
	COUNT(DATAGRAMS_CUT, 2),
	END
};

/* With DF nothing is cut, a fragment neither; what its sender is told leaves room for the fragment header. */
static const struct golden_step df[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT4(.df = 1, .mf = 1, .id = 7), UDP(1000, 53, .length = 1508), FILL(1472)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1472 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF frag 7:0+ udp 1000>53 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1),
	IN("wan", CLIENT_ETH, CLIENT4(.df = 1, .mf = 1, .id = 8), UDP(1000, 53, .length = 1508), FILL(1440)),
	OUT("lan", TO_B1 "frag $2:0+ udp $1>8080 len 1440 #d8c3bb05"),
	END
};

/* Cut before the next hop is known: the pieces wait in order. */
static const struct golden_step unresolved[] = {
	IN("wan", CLIENT_ETH, CLIENT4(), UDP(1000, 53), FILL(1472)),
	EVENT(RESOLVE, "lan", "2001:db8:2::1:1"), COUNT(HELD, 2),
	NEIGHBOUR("lan", "2001:db8:2::1:1", "02::b1"),
	OUT("lan", TO_B1 "frag $2:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $2:1448 proto 17 len 32 #078eb985"),
	END
};

/* A router behind takes less: the sender is told so much less that its fragments pass there, too (section 5.2). */
static const struct golden_step path_mtu[] = {
	RESOLVED,
	NEIGHBOUR("lan", "2001:db8:2::99", "02::99"),
	IN("wan", CLIENT_ETH, CLIENT4(), UDP(1000, 53), FILL(1472)),
	OUT("lan", TO_B1 "frag $2:0+ udp $1>8080 len 1440 #d8c3bb05"),
	OUT("lan", TO_B1 "frag $2:1448 proto 17 len 32 #078eb985"),
	IN("lan", ETH("02::99", "02::f1"), IP6("2001:db8:2::99", "2001:db8:2::3"), ICMP(2, 0, .rest = 1400),
	   IP6("2001:db8:2::3", "2001:db8:2::1:1"), FRAG6(1, 0, 1), UDP(VAR(1), 8080, .length = 1480), FILL(100)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 DF icmp unreachable 4 mtu 1372 { ip4 192.0.2.100>192.0.2.10 ttl 64 frag 0:0+ udp 1000>53 len 100 #feb36f65 } [csum ok]"),
	/* the other piece has no ports */
	IN("lan", ETH("02::99", "02::f1"), IP6("2001:db8:2::99", "2001:db8:2::3"), ICMP(2, 0, .rest = 1400),
	   IP6("2001:db8:2::3", "2001:db8:2::1:1"), FRAG6(1, 1448, 0, .proto = 17), FILL(32)),
	DROPPED(ICMP_FRAGMENT, 1),
	END
};

/* Answers of the backends: too long is only what IPv6 hosts must cut themselves. */
static const struct golden_step answers[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, CLIENT4(), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", TO_B1 "udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, VAR(1)), FILL(1452)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 DF udp 53>1000 len 1452 #6371db0d [csum ok]"),
	END
};

/* IPv6 hosts go down to 1280 bytes and no further, so what becomes of those is cut for an IPv4 link that takes less. */
static const struct golden_step tiny[] = {
	NEIGHBOUR("wan", "2001:db8:1::100", "02::c1"), NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	IN("wan", CLIENT_ETH, CLIENT6, UDP(1000, 53), FILL(1233)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp too-big 0 mtu 1280 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>53 len 1184 #006fe785 } [csum ok]"),
	DROPPED(MTU, 1),
	IN("wan", CLIENT_ETH, CLIENT6, UDP(1000, 53), FILL(1232)),
	OUT("lan", TO_B1_V4 "frag $2:0+ udp $1>8080 len 968 #fc86c655"),
	OUT("lan", TO_B1_V4 "frag $2:976 proto 17 len 264 #ecdb5575"),
	COUNT(DATAGRAMS_CUT, 1),
	/* fragments likewise */
	IN("wan", CLIENT_ETH, CLIENT6, FRAG6(9, 0, 1), UDP(1000, 53, .length = 1236), FILL(1224)),
	IN("wan", CLIENT_ETH, CLIENT6, FRAG6(9, 1232, 0, .proto = 17), PAYLOAD("tail")),
	OUT("lan", TO_B1_V4 "frag $3:0+ udp $1>8080 len 968 #fc86c655"),
	OUT("lan", TO_B1_V4 "frag $3:976+ proto 17 len 256 #58732f25"),
	OUT("lan", TO_B1_V4 "frag $3:1232 proto 17 len 4 \"tail\""),
	END
};

static const struct golden_case cases[] = {
	{ "NAT46, whole packets", CONFIG, 0, whole },
	{ "NAT46, no checksum", CONFIG, 0, no_checksum },
	{ "NAT46, fragments", CONFIG, 0, fragments },
	{ "NAT46, DF", CONFIG, 0, df },
	{ "NAT46, next hop not known yet", CONFIG, 0, unresolved },
	{ "NAT46, path MTU behind", CONFIG, 0, path_mtu },
	{ "NAT46, answers", CONFIG, 0, answers },
	{ "NAT64, below 1280", TINY, 0, tiny },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "nat64_mtu", cases);
}
