/* SPDX-License-Identifier: BSD-3-Clause */
/* Services with a range of ports, and with a prefix of addresses. */
#include "lab.h"

#define SERVICE(name, address, port, protocol, mode, rest) \
	"{ \"name\": \"" name "\", \"address\": \"" address "\", \"port\": " port ", \"protocol\": \"" protocol "\", " \
	"\"mode\": \"" mode "\", \"scheduler\": \"round-robin\", " rest " }"
#define CONFIG(more, services) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " more \
	LAB_INTERFACES ", \"services\": [ " services " ] }"
#define SNAT "\"snat\": [\"10.1.0.3\"], "
#define ONE(port) "\"backends\": [ { \"address\": \"10.1.1.1\"" port " } ]"

#define RANGES CONFIG("", \
	SERVICE("kept", "192.0.2.10", "\"8000-8100\"", "tcp", "full-nat", SNAT ONE("")) ", " \
	SERVICE("moved", "192.0.2.10", "\"7000-7100\"", "tcp", "full-nat", SNAT ONE(", \"port\": 9000")) ", " \
	SERVICE("web", "192.0.2.10", "80", "tcp", "full-nat", SNAT ONE("")) ", " \
	SERVICE("inner", "192.0.2.10", "8050", "tcp", "full-nat", SNAT ONE(", \"port\": 50")) ", " \
	SERVICE("all", "192.0.2.10", "\"any\"", "udp", "full-nat", SNAT ONE("")))

#define SYN(address, port) IN("wan", CLIENT_ETH, IP4("192.0.2.100", address), TCP(1000, port, "S", .seq = 100))
#define SYN_OUT(ports) OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp " ports " S seq 100 ack 0 win 65535 len 0 [csum ok]")

static const struct golden_step ranges[] = {
	RESOLVED,
	SYN("192.0.2.10", 8000), SYN_OUT("$1>8000"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8000, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 8000>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	SYN("192.0.2.10", 8100), SYN_OUT("$2>8100"),
	SYN("192.0.2.10", 8050), SYN_OUT("$3>50"),
	SYN("192.0.2.10", 7000), SYN_OUT("$4>9000"),
	SYN("192.0.2.10", 7003), SYN_OUT("$5>9003"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(9003, VAR(5), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 7003>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	SYN("192.0.2.10", 80), SYN_OUT("$6>80"),
	/* on either side of the ranges: nobody's */
	SYN("192.0.2.10", 7999),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 7999>1000 RA seq 0 ack 101 win 0 len 0 [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	SYN("192.0.2.10", 8101),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 8101>1000 RA seq 0 ack 101 win 0 len 0 [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 1), PAYLOAD("a")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $7>1 len 1 \"a\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 65535), PAYLOAD("b")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $8>65535 len 1 \"b\" [csum ok]"),
	END
};

#define PREFIXES CONFIG("", \
	SERVICE("near", "192.0.2.16/28", "80", "tcp", "full-nat", SNAT ONE("")) ", " \
	SERVICE("one", "192.0.2.18", "80", "tcp", "full-nat", SNAT ONE(", \"port\": 8080")) ", " \
	SERVICE("far", "2001:db8:9::/64", "\"any\"", "tcp", "full-nat", "\"snat\": [\"2001:db8:2::3\"], " \
		"\"backends\": [ { \"address\": \"2001:db8:2::1:1\" } ]"))

/* Each address is answered for, and replies come from the one that was asked. */
static const struct golden_step prefixes[] = {
	RESOLVED,
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.31")),
	OUT("wan", "eth 02::f0>02::c1 arp reply 192.0.2.31 is-at 02::f0 to 192.0.2.100 (02::c1)"),
	EVENT(NEIGHBOUR, "wan", "192.0.2.100"),
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.32")),
	DROPPED(ARP, 1),
	SYN("192.0.2.16", 80), SYN_OUT("$1>80"),
	SYN("192.0.2.31", 80), SYN_OUT("$2>80"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(80, VAR(2), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.31>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	SYN("192.0.2.18", 80), SYN_OUT("$3>8080"),
	SYN("192.0.2.32", 80),
	DROPPED(NOT_FORWARDED, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:9::1234:5678"), TCP(1000, 443, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $4>443 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(443, VAR(4), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:9::1234:5678>2001:db8:1::100 ttl 63 tcp 443>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	END
};

#define DNAT CONFIG("\"workers\": 2, ", SERVICE("kept", "192.0.2.10", "\"8000-8100\"", "tcp", "dnat", ONE("")))

/* The owner of a reply is computed from its port: with any other, half of the flows would not be found. */
static const struct golden_step dnat[] = {
	RESOLVED,
	IN_MANY("wan", 64, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(UP(1000), 8000, "S", .seq = 100)),
	SENT("lan", "192.0.2.100>10.1.1.1 ", 64),
	IN_MANY("wan", 64, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(UP(1000), 8077, "S", .seq = 100)),
	SENT("lan", "192.0.2.100>10.1.1.1 ", 64), COUNT(FLOWS_CREATED, 64),
	IN_MANY("lan", 64, BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), TCP(8000, UP(1000), "SA", .seq = 500, .ack = 101)),
	SENT("wan", "192.0.2.10>192.0.2.100 ", 64),
	IN_MANY("lan", 64, BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), TCP(8077, UP(1000), "SA", .seq = 500, .ack = 101)),
	SENT("wan", "192.0.2.10>192.0.2.100 ", 64),
	END
};

static const struct golden_case cases[] = {
	{ "ranges", RANGES, .steps = ranges },
	{ "prefixes", PREFIXES, .steps = prefixes },
	{ "dnat", DNAT, .steps = dnat },
	{ .name = NULL },
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "port_ranges", cases);
}
