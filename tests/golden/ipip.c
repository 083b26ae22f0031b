/* SPDX-License-Identifier: BSD-3-Clause */
/* Mode ipip, each family in each: the inner packet is the client's, but for the TTL. */
#include "one_way.h"

#define SERVICES ONE_WAY("4in4", "ipip", "round-robin", "192.0.2.10", "80", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("4in6", "ipip", "round-robin", "192.0.2.10", "81", "tcp", BACKENDS_V6) ", " \
	ONE_WAY("6in4", "ipip", "round-robin", "2001:db8:1::10", "80", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("6in6", "ipip", "round-robin", "2001:db8:1::10", "81", "tcp", BACKENDS_V6) ", " \
	ONE_WAY("dns", "ipip", "round-robin", "192.0.2.10", "53", "udp", BACKENDS_V4)
#define CONFIG ONE_WAY_CONFIG("", SERVICES)
#define ROUTED ONE_WAY_CONFIG("\"routes\": [ { \"prefix\": \"10.9.0.0/16\", \"via\": \"10.1.1.1\" } ], ", \
	ONE_WAY("far", "ipip", "round-robin", "192.0.2.10", "80", "tcp", "\"backends\": [ " BACKEND("10.9.0.7") " ]"))

#define IN4(outer, inner) OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 " outer "{ " inner " }")
#define IN6(outer, inner) OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 " outer "{ " inner " }")
#define V4(rest) "ip4 192.0.2.100>192.0.2.10 ttl 63 " rest
#define V6(rest) "ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 " rest
#define SYN_TEXT(port) "tcp 1000>" port " S seq 100 ack 0 win 65535 len 0 [csum ok]"
#define ACK_TEXT(port) "tcp 1000>" port " A seq 101 ack 501 win 65535 len 0 [csum ok]"

static const struct golden_step in4[] = {
	RESOLVED,
	SYN, IN4("DF ", V4("DF " SYN_TEXT("80"))), COUNT(FLOWS_CREATED, 1),
	ACK, IN4("DF ", V4("DF " ACK_TEXT("80"))),
	ACK, IN4("DF ", V4("DF " ACK_TEXT("80"))),
	SYN6, IN4("DF ", V6(SYN_TEXT("80"))), COUNT(FLOWS_CREATED, 1),
	FROM_CLIENT6(TCP(1000, 80, "A", .seq = 101, .ack = 501)), IN4("DF ", V6(ACK_TEXT("80"))),
	FROM_CLIENT6(TCP(1000, 80, "A", .seq = 101, .ack = 501)), IN4("DF ", V6(ACK_TEXT("80"))),
	END
};

static const struct golden_step in6[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 81, "S", .seq = 100)), IN6("flow $1 ", V4("DF " SYN_TEXT("81"))), COUNT(FLOWS_CREATED, 1),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $1 ", V4("DF " ACK_TEXT("81"))),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $1 ", V4("DF " ACK_TEXT("81"))),
	FROM_CLIENT6(TCP(1000, 81, "S", .seq = 100)), IN6("flow $2 ", V6(SYN_TEXT("81"))), COUNT(FLOWS_CREATED, 1),
	FROM_CLIENT6(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $2 ", V6(ACK_TEXT("81"))),
	FROM_CLIENT6(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $2 ", V6(ACK_TEXT("81"))),
	END
};

/* DS and ECN are copied (RFC 6040), DF too, and set over IPv6; without DF the outer packet has a number of ours. Twice: the short way. */
static const struct golden_step ds_ecn_df[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0xb9, .id = 77), UDP(1000, 53), PAYLOAD("a")),
	IN4("tos 0xb9 id 1 ", V4("tos 0xb9 id 77 udp 1000>53 len 1 \"a\" [csum ok]")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0x03, .id = 78), UDP(1000, 53), PAYLOAD("b")),
	IN4("tos 0x03 id 2 ", V4("tos 0x03 id 78 udp 1000>53 len 1 \"b\" [csum ok]")),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .tos = 0x2e, .flow = 9), TCP(1000, 80, "S", .seq = 100)),
	IN4("tos 0x2e DF ", V6("tos 0x2e flow 9 " SYN_TEXT("80"))),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0xfe), TCP(1000, 81, "S", .seq = 100)),
	IN6("tos 0xfe flow $1 ", V4("tos 0xfe " SYN_TEXT("81"))),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .tos = 0x01), TCP(1000, 81, "S", .seq = 100)),
	IN6("tos 0x01 flow $2 ", V6("tos 0x01 " SYN_TEXT("81"))),
	END
};

/* Fragments travel each in a packet of their own. */
static const struct golden_step fragments[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 8, .offset = 104, .proto = 17), PAYLOAD("tail")), COUNT(HELD, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 8, .mf = 1), UDP(1000, 53), FILL(96)),
	IN4("", V4("frag 8:0+ udp 1000>53 len 96 #a1550405")),
	IN4("", V4("frag 8:104 proto 17 len 4 \"tail\"")),
	END
};

/* A backend behind a router: the router's MAC address, and first it has to be asked for. */
static const struct golden_step routed[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	SYN, EVENT(RESOLVE, "lan", "10.1.1.1"), COUNT(HELD, 1),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.9.0.7 ttl 64 DF { " V4("DF " SYN_TEXT("80")) " }"),
	ACK, OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.9.0.7 ttl 64 DF { " V4("DF " ACK_TEXT("80")) " }"),
	END
};

/* A router on the way of the reply: to the backend, through the tunnel. */
static const struct golden_step errors[] = {
	RESOLVED,
	SYN, IN4("DF ", V4("DF " SYN_TEXT("80"))),
	IN("wan", CLIENT_ETH, IP4("192.0.2.77", "192.0.2.10"), ICMP(3, 4, .rest = 1400),
	   IP4("192.0.2.10", "192.0.2.100", .df = 1), TCP(80, 1000, "A", .seq = 501, .ack = 101)),
	IN4("id 1 ", "ip4 192.0.2.77>192.0.2.10 ttl 63 icmp unreachable 4 mtu 1400 "
	    "{ ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	COUNT(ICMP_ERRORS_STEERED, 1),
	FROM_CLIENT6(TCP(1000, 81, "S", .seq = 100)), IN6("flow $1 ", V6(SYN_TEXT("81"))),
	IN("wan", CLIENT_ETH, IP6("2001:db8:7::7", "2001:db8:1::10"), ICMP(2, 0, .rest = 1400),
	   IP6("2001:db8:1::10", "2001:db8:1::100"), TCP(81, 1000, "A", .seq = 501, .ack = 101)),
	IN6("flow $2 ", "ip6 2001:db8:7::7>2001:db8:1::10 ttl 63 icmp too-big 0 mtu 1400 "
	    "{ ip6 2001:db8:1::10>2001:db8:1::100 ttl 64 tcp 81>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	END
};

/* The interface's address changes, and with it the outer source. */
#define OTHER_ADDRESS "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [ " \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\"] }, " \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"addresses\": [\"10.1.0.9/16\"] } ], \"services\": [ " \
	ONE_WAY("4in4", "ipip", "round-robin", "192.0.2.10", "80", "tcp", BACKENDS_V4) " ] }"
static const struct golden_step source[] = {
	RESOLVED,
	SYN, IN4("DF ", V4("DF " SYN_TEXT("80"))), ACK, IN4("DF ", V4("DF " ACK_TEXT("80"))),
	RELOAD(OTHER_ADDRESS),
	ACK, OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.9>10.1.1.1 ttl 64 DF { " V4("DF " ACK_TEXT("80")) " }"),
	END
};

/* The id of a backend that is gone becomes another one's, and nothing else changes. */
#define BACKENDS(list) ONE_WAY_CONFIG("", ONE_WAY("4in4", "ipip", "round-robin", "192.0.2.10", "80", "tcp", "\"backends\": [ " list " ]"))
static const struct golden_step same_id[] = {
	RESOLVED, NEIGHBOUR("lan", "10.1.1.3", "02::b3"),
	SYN, IN4("DF ", V4("DF " SYN_TEXT("80"))), TIME(61000), COUNT(FLOWS_EXPIRED, 1),
	RELOAD(BACKENDS(BACKEND("10.1.1.2"))),
	RELOAD(BACKENDS("{ \"address\": \"10.1.1.2\", \"weight\": 0 }, { \"address\": \"10.1.1.3\" }")),
	SYN, OUT("lan", "eth 02::f1>02::b3 ip4 10.1.0.2>10.1.1.3 ttl 64 DF { " V4("DF " SYN_TEXT("80")) " }"),
	END
};

/* From a VLAN into a tunnel without, and the other way round: the Ethernet headers have different lengths. */
#define VLANS(wan, lan) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [ " \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", " wan "\"addresses\": [\"192.0.2.2/24\"] }, " \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", " lan "\"addresses\": [\"10.1.0.2/16\"] } ], \"services\": [ " \
	ONE_WAY("4in4", "ipip", "round-robin", "192.0.2.10", "80", "tcp", BACKENDS_V4) " ] }"
#define TAGGED(...) IN("wan", CLIENT_ETH, VLAN(7), IP4("192.0.2.100", "192.0.2.10", .df = 1), __VA_ARGS__)
static const struct golden_step from_vlan[] = {
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	TAGGED(TCP(1000, 80, "S", .seq = 100)), IN4("DF ", V4("DF " SYN_TEXT("80"))),
	TAGGED(TCP(1000, 80, "A", .seq = 101, .ack = 501)), IN4("DF ", V4("DF " ACK_TEXT("80"))),
	TAGGED(TCP(1000, 80, "A", .seq = 101, .ack = 501)), IN4("DF ", V4("DF " ACK_TEXT("80"))),
	END
};
#define INTO(inner) OUT("lan", "eth 02::f1>02::b1 vlan 9 ip4 10.1.0.2>10.1.1.1 ttl 64 DF { " inner " }")
static const struct golden_step into_vlan[] = {
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	SYN, INTO(V4("DF " SYN_TEXT("80"))), ACK, INTO(V4("DF " ACK_TEXT("80"))), ACK, INTO(V4("DF " ACK_TEXT("80"))),
	END
};

static const struct golden_case cases[] = {
	{ "over IPv4", CONFIG, .steps = in4 },
	{ "over IPv6", CONFIG, .steps = in6 },
	{ "DS, ECN and DF", CONFIG, .steps = ds_ecn_df },
	{ "fragments", CONFIG, .steps = fragments },
	{ "routed", ROUTED, .steps = routed },
	{ "ICMP errors", CONFIG, .steps = errors },
	{ "another source", CONFIG, .steps = source },
	{ "an id again", BACKENDS(BACKEND("10.1.1.1")), .steps = same_id },
	{ "from a VLAN", VLANS("\"vlan\": 7, ", ""), .steps = from_vlan },
	{ "into a VLAN", VLANS("", "\"vlan\": 9, "), .steps = into_vlan },
	{ .name = NULL },
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "ipip", cases);
}
