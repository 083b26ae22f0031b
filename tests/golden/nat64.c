/* SPDX-License-Identifier: BSD-3-Clause */
/* Full-NAT between the families (RFC 7915): an IPv6 VIP with IPv4 backends (NAT64), an IPv4 VIP with IPv6 backends (NAT46). */
#include "lab.h"

#define SERVICES "\"services\": [" LAB_SERVICE("web64", "2001:db8:1::10", 80, "tcp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("dns64", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web46", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V6) "," \
	LAB_SERVICE("dns46", "192.0.2.10", 53, "udp", LAB_BACKENDS_V6) "]"
#define CONFIG_WITH(rest) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " rest \
	LAB_INTERFACES ", " SERVICES " }"
#define CONFIG CONFIG_WITH("")

static const struct golden_step tcp64[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .tos = 0xb8, .flow = 5), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tos 0xb8 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 77, .df = 1), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), DSTOPTS(), TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	IN("lan", BACKEND1_ETH, VLAN(0), IP4("10.1.1.1", "10.1.0.3", .options = "01010101"), TCP(8080, VAR(1), "PA", .seq = 501, .ack = 106), PAYLOAD("hello"), SPLIT(70)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 PA seq 501 ack 106 win 65535 len 5 \"hello\" [csum ok]"),
	END
};

static const struct golden_step tcp46[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0x28, .id = 9, .df = 1), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tos 0x28 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	END
};

static const struct golden_step udp[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	/* RFC 7915 section 4.5: IPv6 knows no UDP without checksum */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, VAR(1), .no_checksum = 1), PAYLOAD("a!")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"a!\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53, .no_checksum = 1), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"b?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, VAR(2)), PAYLOAD("b!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 2 \"b!\" [csum ok]"),
	COUNT(FLOWS_CREATED, 0),
	END
};

/* The hop ends here: told in the sender's own family (RFC 7915 sections 4.1, 5.1). */
static const struct golden_step ttl[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .ttl = 2), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 1 udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .ttl = 1), UDP(8080, VAR(1)), PAYLOAD("a!")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 tos 0xc0 DF icmp time-exceeded 0 { ip4 10.1.1.1>10.1.0.3 ttl 1 udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .ttl = 1), UDP(1000, 53), PAYLOAD("a?")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp time-exceeded 0 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 1 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	END
};

/* The header grows or shrinks by 20 bytes, and what the sender is told about the MTU accounts for it (sections 4, 5). */
static const struct golden_step mtu46[] = {
	RESOLVED,
	/* 1480 bytes become 1500, and 1481 too many */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, 53), FILL(1452)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $1>8080 len 1452 #6371db0d [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, 53), FILL(1453)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1480 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF udp 1000>53 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1),
	END
};

#define NARROW "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": 1400, \"addresses\": [\"10.1.0.2/16\"] } ], " \
	"\"services\": [" LAB_SERVICE("dns64", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V4) "] }"

static const struct golden_step mtu64[] = {
	NEIGHBOUR("wan", "2001:db8:1::100", "02::c1"), NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	/* 1420 bytes become 1400; above 1260 DF is set */
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), FILL(1372)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 DF udp $1>8080 len 1372 #986fb5ed [csum ok]"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), FILL(1373)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp too-big 0 mtu 1420 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>53 len 1184 #006fe785 } [csum ok]"),
	DROPPED(MTU, 1),
	END
};

/* An atomic fragment is whole, and DF stays clear (section 5.1.1), so it needs a number as other such packets do. */
static const struct golden_step atomic[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), FRAG6(0x10203, 0, 0), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 id $2 udp $1>8080 len 2 \"a?\" [csum ok]"),
	END
};

/* Fragments keep their offsets; all of a datagram get one new number (sections 4.1, 5.1.1; RFC 6864 section 5.3). */
static const struct golden_step fragments[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), FRAG6(0x10203, 80, 0, .proto = 17), PAYLOAD("tail")),
	COUNT(HELD, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), FRAG6(0x10203, 0, 1), UDP(1000, 53, .length = 84), FILL(72)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $2:0+ udp $1>8080 len 72 #65d9df15"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $2:80 proto 17 len 4 \"tail\""),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .mf = 1), UDP(8080, VAR(1), .length = 84), FILL(72)),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .offset = 80, .proto = 17), PAYLOAD("tail")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 frag $3:0+ udp 53>1000 len 72 #65d9df15"),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 frag $3:80 proto 17 len 4 \"tail\""),
	COUNT(DATAGRAMS_FRAGMENTED, 1),
	/* what falls away must not be among the bytes that the offsets count */
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), FRAG6(9, 0, 1), DSTOPTS(), UDP(1000, 53, .length = 84), FILL(64)),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), FRAG6(9, 80, 0, .proto = 60), PAYLOAD("tail")),
	DROPPED(FRAGMENT, 2),
	/* without a checksum over the whole there is none for IPv6 (section 4.5) */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 6, .mf = 1), UDP(8080, VAR(1), .length = 84, .no_checksum = 1), FILL(72)),
	DROPPED(L4_CHECKSUM, 1),
	END
};

/* The next hop is not known yet: held as translated. */
static const struct golden_step held[] = {
	NEIGHBOUR("wan", "2001:db8:1::100", "02::c1"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	EVENT(RESOLVE, "lan", "10.1.1.1"),
	COUNT(HELD, 1),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	END
};

/* Replies on IPv4 arrive at either worker; the two never use the same identification. */
static const struct golden_step two_workers[] = {
	RESOLVED,
	IN("wan.0", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1001, 80, "S", .seq = 100)),
	IN("wan.1", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1001, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 id 32769 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 id 32770 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(HANDED_OUT, 1), COUNT(FLOWS_CREATED, 1),
	IN("lan.0", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	IN("lan.1", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1001 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1001 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	COUNT(HANDED_OUT, 1),
	END
};

/* A service changes the family of its backends: its connections stay where they are. */
static const struct golden_step reload[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	RELOAD("{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": ["
	       LAB_SERVICE("web46", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4) "] }"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1001, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	END
};

/* Errors from routers on either side reach the other end in its own family, about the packet it sent (sections 4.2, 5.2). */
static const struct golden_step errors64[] = {
	RESOLVED,
	NEIGHBOUR("lan", "10.1.9.9", "02::99"), NEIGHBOUR("wan", "2001:db8:1::1", "02::01"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", ETH("02::99", "02::f1"), IP4("10.1.9.9", "10.1.0.3"), ICMP(3, 4, .rest = 1400), IP4("10.1.0.3", "10.1.1.1", .ttl = 62), UDP(VAR(1), 8080), PAYLOAD("a?")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 icmp too-big 0 mtu 1420 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 62 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), ICMP(3, 3), IP4("10.1.0.3", "10.1.1.1"), UDP(VAR(1), 8080), PAYLOAD("a?")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 icmp unreachable 4 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	COUNT(ICMP_ERRORS_TRANSLATED, 1),
	/* from a router before the client, about an answer */
	IN("wan", ETH("02::01", "02::f0"), IP6("2001:db8:7::7", "2001:db8:1::10"), ICMP(3, 0), IP6("2001:db8:1::10", "2001:db8:1::100"), UDP(53, 1000), PAYLOAD("a!")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 DF icmp time-exceeded 0 { ip4 10.1.1.1>10.1.0.3 ttl 64 DF udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	/* precedence cutoff is nothing to IPv6 */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), ICMP(3, 14), IP4("10.1.0.3", "10.1.1.1"), UDP(VAR(1), 8080), PAYLOAD("a?")),
	DROPPED(ICMP_FAMILY, 1),
	END
};

static const struct golden_step errors46[] = {
	RESOLVED,
	NEIGHBOUR("lan", "2001:db8:2::99", "02::99"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", ETH("02::99", "02::f1"), IP6("2001:db8:2::99", "2001:db8:2::3"), ICMP(2, 0, .rest = 1400), IP6("2001:db8:2::3", "2001:db8:2::1:1"), TCP(VAR(1), 8080, "S", .seq = 100)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 DF icmp unreachable 4 mtu 1380 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok] } [csum ok]"),
	IN("lan", ETH("02::99", "02::f1"), IP6("2001:db8:2::99", "2001:db8:2::3"), ICMP(1, 3, .bad_checksum = 1), IP6("2001:db8:2::3", "2001:db8:2::1:1"), TCP(VAR(1), 8080, "S", .seq = 100)),
	DROPPED(L4_CHECKSUM, 1),
	END
};

static const struct golden_case cases[] = {
	{ "TCP, NAT64", CONFIG, 0, tcp64 },
	{ "TCP, NAT46", CONFIG, 0, tcp46 },
	{ "UDP, both ways", CONFIG, 0, udp },
	{ "TTL", CONFIG, 0, ttl },
	{ "MTU, NAT46", CONFIG, 0, mtu46 },
	{ "MTU, NAT64", NARROW, 0, mtu64 },
	{ "atomic fragment", CONFIG, 0, atomic },
	{ "fragments", CONFIG, 0, fragments },
	{ "ICMP errors, NAT64", CONFIG, 0, errors64 },
	{ "ICMP errors, NAT46", CONFIG, 0, errors46 },
	{ "held for the next hop", CONFIG, 0, held },
	{ "two workers", CONFIG_WITH("\"workers\": 2, "), 2, two_workers },
	{ "two workers with RSS", CONFIG_WITH("\"workers\": 2, "), WAN_RSS(STEERS) | LAN_RSS(STEERS), two_workers },
	{ "reload to the other family", CONFIG, 0, reload },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "nat64", cases);
}
