/* SPDX-License-Identifier: BSD-3-Clause */
/* Chained buffers, jumbo frames, and VLANs of one port. */
#include "lab.h"

#define JUMBO "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"devices\": [ { \"device\": \"net_ring_wan\", \"mtu\": 9000 }, { \"device\": \"net_ring_lan\", \"mtu\": 9000 } ], " \
	LAB_INTERFACES ", " LAB_SERVICES " }"

#define QUERY IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("split over three segments"), SPLIT(20, 30))
#define QUERY_OUT OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 25 \"split over three segments\" [csum ok]")

static const struct golden_step linearised[] = {
	RESOLVED,
	QUERY, QUERY_OUT,
	COUNT(LINEARISED, 0),
	NO_CHAINS("lan"),
	QUERY, QUERY_OUT,
	COUNT(LINEARISED, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), FILL(1452), SPLIT(100, 1, 700)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 1452 #6371db0d [csum ok]"),
	COUNT(LINEARISED, 1),
	/* in one piece already */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), FILL(1472)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 1472 #2cd9efc5 [csum ok]"),
	COUNT(LINEARISED, 0),
	END
};

/* 9000 bytes in buffers of 2048 pass every stage; a port without chains has no buffer that holds them, and it is said so. */
static const struct golden_step jumbo[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100, .options = "02042300")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 opt 02042300 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101, .options = "02042300")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 opt 02042300 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(1000, 80, "A", .seq = 101, .ack = 501), FILL(8960)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 DF tcp $1>8080 A seq 101 ack 501 win 65535 len 8960 #e07658c5 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(1000, 80, "A", .seq = 101, .ack = 501), FILL(8961)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 9000 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF tcp 1000>80 A seq 101 ack 501 win 65535 len 508 #c1bc5fed } [csum ok]"),
	DROPPED(MTU, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), FILL(8952)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 8952 #b753d09d [csum ok]"),
	NO_CHAINS("lan"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), FILL(8952)),
	DROPPED(TX_SEGMENTS, 1),
	END
};

/* Client in VLAN 10, backends in VLAN 20 of the same port. */
#define ONE_PORT "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_trunk\"] }, \"interfaces\": [" \
	"{ \"name\": \"clients\", \"device\": \"net_ring_trunk\", \"vlan\": 10, \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"servers\", \"device\": \"net_ring_trunk\", \"vlan\": 20, \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ], " \
	LAB_SERVICES " }"
#define SERVER_ETH ETH("02::b1", "02::f0")

static const struct golden_step vlans[] = {
	NEIGHBOUR("clients", "192.0.2.100", "02::c1"), NEIGHBOUR("clients", "2001:db8:1::100", "02::c1"),
	NEIGHBOUR("servers", "10.1.1.1", "02::b1"), NEIGHBOUR("servers", "2001:db8:2::1:1", "02::b1"),
	IN("trunk", CLIENT_ETH, VLAN(10), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("trunk", "eth 02::f0>02::b1 vlan 20 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("trunk", SERVER_ETH, VLAN(20), IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("trunk", "eth 02::f0>02::c1 vlan 10 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	IN("trunk", CLIENT_ETH, VLAN(10), IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("trunk", "eth 02::f0>02::b1 vlan 20 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"),
	IN("trunk", SERVER_ETH, VLAN(20), IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, VAR(2)), PAYLOAD("a!")),
	OUT("trunk", "eth 02::f0>02::c1 vlan 10 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"a!\" [csum ok]"),
	/* untagged, and another VLAN: nobody's */
	IN("trunk", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1001, 80, "S")),
	IN("trunk", CLIENT_ETH, VLAN(30), IP4("192.0.2.100", "192.0.2.10"), TCP(1001, 80, "S")),
	DROPPED(VLAN, 2),
	END
};

static const struct golden_case cases[] = {
	{ "chains for a port that cannot send them", LAB_CONFIG, 0, linearised },
	{ "jumbo frames", JUMBO, 0, jumbo },
	{ "VLANs of one port", ONE_PORT, 0, vlans },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "buffers", cases);
}
