/* SPDX-License-Identifier: BSD-3-Clause */
/* Mode dnat: the client's address reaches the backend, replies come back through sluice and get the VIP as their source. */
#include "lab.h"

#define DNAT(name, address, port, protocol, backends) \
	"{ \"name\": \"" name "\", \"address\": \"" address "\", \"port\": " #port ", \"protocol\": \"" protocol "\", " \
	"\"mode\": \"dnat\", \"scheduler\": \"round-robin\", \"backends\": [ " backends " ] }"
#define BACKEND(address, port) "{ \"address\": \"" address "\", \"port\": " #port " }"
#define TWO_V4 BACKEND("10.1.1.1", 8080) ", " BACKEND("10.1.1.2", 8080)
#define TWO_V6 BACKEND("2001:db8:2::1:1", 8080) ", " BACKEND("2001:db8:2::1:2", 8080)
#define CONFIG(more, services) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " more \
	LAB_INTERFACES ", \"services\": [ " services " ] }"
#define SERVICES DNAT("web", "192.0.2.10", 80, "tcp", TWO_V4) ", " DNAT("dns", "192.0.2.10", 53, "udp", TWO_V4) ", " \
	DNAT("web6", "2001:db8:1::10", 80, "tcp", TWO_V6) ", " DNAT("dns6", "2001:db8:1::10", 53, "udp", TWO_V6)
#define PLAIN CONFIG("", SERVICES)
#define ROUTE CONFIG("\"forwarding\": \"route\", ", SERVICES)
#define TWO_WORKERS CONFIG("\"workers\": 2, ", SERVICES)

#define SYN_IN(queue) IN("wan" queue, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100))
#define SYN_OUT OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 tcp 1000>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]")
#define SYN_ACK_IN(queue) \
	IN("lan" queue, BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), TCP(8080, 1000, "SA", .seq = 500, .ack = 101))
#define SYN_ACK_OUT OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]")

static const struct golden_step tcp_v4[] = {
	RESOLVED,
	SYN_IN(""), SYN_OUT,
	SYN_ACK_IN(""), SYN_ACK_OUT,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 tcp 1000>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), TCP(8080, 1000, "PA", .seq = 501, .ack = 106), PAYLOAD("hello")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 PA seq 501 ack 106 win 65535 len 5 \"hello\" [csum ok]"),
	END
};

static const struct golden_step tcp_v6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 tcp 1000>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), TCP(8080, 1000, "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	END
};

static const struct golden_step udp_both[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53, .no_checksum = 1), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 udp 1000>8080 len 2 \"a?\" [csum none]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), UDP(8080, 1000), PAYLOAD("a!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 2 \"a!\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 udp 1000>8080 len 2 \"b?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), UDP(8080, 1000), PAYLOAD("b!")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"b!\" [csum ok]"),
	END
};

/* RFC 4787 REQ-8: what a backend sends unasked is no reply: it never leaves as the VIP, but goes the way of the forwarding policy. */
static const struct golden_step unsolicited_dropped[] = {
	RESOLVED,
	SYN_ACK_IN(""),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), UDP(8080, 1000), PAYLOAD("hi")),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), UDP(8080, 1000), PAYLOAD("hi")),
	DROPPED(NOT_FORWARDED, 3),
	SYN_IN(""), SYN_OUT,
	/* another port of the backend, another client, another backend */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), TCP(8081, 1000, "SA", .seq = 500, .ack = 101)),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.101"), TCP(8080, 1000, "SA", .seq = 500, .ack = 101)),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "192.0.2.100"), TCP(8080, 1000, "SA", .seq = 500, .ack = 101)),
	DROPPED(NOT_FORWARDED, 3),
	END
};

static const struct golden_step unsolicited_routed[] = {
	RESOLVED,
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), UDP(8080, 1000), PAYLOAD("hi")),
	OUT("wan", "eth 02::f0>02::c1 ip4 10.1.1.1>192.0.2.100 ttl 63 udp 8080>1000 len 2 \"hi\" [csum ok]"),
	/* may belong to a reply: nobody can tell before the first fragment */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100", .id = 7, .offset = 1480, .proto = 17), PAYLOAD("tail")),
	COUNT(HELD, 1),
	TIME(2200),
	DROPPED(FRAGMENT_TIMEOUT, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100", .id = 8, .offset = 104, .proto = 17), PAYLOAD("tail")),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100", .id = 8, .mf = 1), UDP(8080, 1000), FILL(96)),
	OUT("wan", "eth 02::f0>02::c1 ip4 10.1.1.1>192.0.2.100 ttl 63 frag 8:0+ udp 8080>1000 len 96 #a1550405"),
	OUT("wan", "eth 02::f0>02::c1 ip4 10.1.1.1>192.0.2.100 ttl 63 frag 8:104 proto 17 len 4 \"tail\""),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100", .id = 7, .offset = 1480, .proto = 47), PAYLOAD("tail")),
	OUT("wan", "eth 02::f0>02::c1 ip4 10.1.1.1>192.0.2.100 ttl 63 frag 7:1480 proto 47 len 4 \"tail\""),
	END
};

/* A reply in fragments, the last one first, leaves as the VIP. */
static const struct golden_step fragmented_reply[] = {
	RESOLVED,
	SYN_IN(""), SYN_OUT,
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100", .id = 9, .offset = 120, .proto = 6), PAYLOAD("tail")),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100", .id = 9, .mf = 1), TCP(8080, 1000, "A", .seq = 501, .ack = 101), FILL(100)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 frag $9:0+ tcp 80>1000 A seq 501 ack 101 win 65535 len 100 #feb36f65"),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 frag $9:120 proto 6 len 4 \"tail\""),
	END
};

/* The later fragments do not show that they are of UDP (RFC 8200 section 4.5): they wait, and never leave as the backend's. */
static const struct golden_step fragmented_reply_v6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 udp 1000>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), FRAG6(9, 80, 0, .proto = 60), PAYLOAD("tail")),
	COUNT(HELD, 1),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), FRAG6(9, 0, 1), DSTOPTS(), UDP(8080, 1000, .length = 76), FILL(64)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 frag $9:0+ dst udp 53>1000 len 64 #7b7d69c5"),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 frag $9:80 proto 60 len 4 \"tail\""),
	END
};

/* A client beside its backend would get the reply directly, from an address it knows nothing of. */
static const struct golden_step on_link[] = {
	RESOLVED,
	NEIGHBOUR("lan", "10.1.9.9", "02::99"),
	IN("lan", ETH("02::99", "02::f1"), IP4("10.1.9.9", "192.0.2.10"), TCP(1000, 80, "S")),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.10"), TCP(1000, 80, "S")),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::10"), UDP(1000, 53)),
	DROPPED(DNAT_ON_LINK, 3),
	COUNT(FLOWS_CREATED, 0),
	END
};

/* One-armed: the client is behind a router on the same link, so the reply comes by way of sluice, its default gateway. */
static const struct golden_step one_armed[] = {
	RESOLVED,
	NEIGHBOUR("wan", "192.0.2.1", "02::01"), NEIGHBOUR("wan", "192.0.2.50", "02::50"),
	IN("wan", ETH("02::01", "02::f0"), IP4("198.51.100.1", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("wan", "eth 02::f0>02::50 ip4 198.51.100.1>192.0.2.50 ttl 63 tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("wan", ETH("02::50", "02::f0"), IP4("192.0.2.50", "198.51.100.1"), TCP(80, 1000, "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::01 ip4 192.0.2.10>198.51.100.1 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	END
};
#define ONE_ARMED CONFIG("", DNAT("web", "192.0.2.10", 80, "tcp", BACKEND("192.0.2.50", 80)))

/*
 * The backend changes to another service while it has a flow of the removed one: that flow goes on, and the same client port
 * through the new service is refused until it has ended.
 */
#define FIRST CONFIG("", DNAT("old", "192.0.2.10", 80, "tcp", BACKEND("10.1.1.1", 8080)))
#define SECOND CONFIG("", DNAT("new", "192.0.2.11", 80, "tcp", BACKEND("10.1.1.1", 8080)))
static const struct golden_step tuple_in_use[] = {
	RESOLVED,
	SYN_IN(""), SYN_OUT,
	RELOAD(SECOND),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.11"), TCP(1000, 80, "S", .seq = 100)),
	DROPPED(TUPLE_IN_USE, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.11"), TCP(1001, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 tcp 1001>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	SYN_ACK_IN(""), SYN_ACK_OUT,
	END
};

/* From dnat to full-nat by reload: connections keep their mode, new ones have the new one. */
#define FULL CONFIG("", LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4))
static const struct golden_step mode_changes[] = {
	RESOLVED,
	SYN_IN(""), SYN_OUT,
	RELOAD(FULL),
	SYN_ACK_IN(""), SYN_ACK_OUT,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1001, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	END
};

/* Two workers: wherever packets arrive, both directions meet at one, also across a reload that only leaves a tombstone. */
static const struct golden_step two_workers[] = {
	RESOLVED,
	SYN_IN(".0"), SYN_IN(".1"), SYN_OUT, SYN_OUT,
	COUNT(HANDED_OUT, 1), COUNT(FLOWS_CREATED, 1),
	SYN_ACK_IN(".0"), SYN_ACK_IN(".1"), SYN_ACK_OUT, SYN_ACK_OUT,
	COUNT(HANDED_OUT, 1),
	IN("wan.0", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("b?")),
	IN("wan.1", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 udp 1000>8080 len 2 \"b?\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 udp 1000>8080 len 2 \"b?\" [csum ok]"),
	IN("lan.0", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), UDP(8080, 1000), PAYLOAD("b!")),
	IN("lan.1", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), UDP(8080, 1000), PAYLOAD("b!")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"b!\" [csum ok]"),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"b!\" [csum ok]"),
	COUNT(HANDED_OUT, 1),
	RELOAD(CONFIG("\"workers\": 2, ", DNAT("dns", "192.0.2.10", 53, "udp", TWO_V4))),
	SYN_ACK_IN(".0"), SYN_ACK_IN(".1"), SYN_ACK_OUT, SYN_ACK_OUT,
	COUNT(HANDED_OUT, 1),
	END
};

/*
 * Errors from the backends' side quote a packet of the client's own address; they reach the client from the VIP. The client's
 * routers are seen by the backend as they are.
 */
#define ERROR_IN(queue, type, code, from) \
	IN("lan" queue, BACKEND1_ETH, IP4(from, "192.0.2.100"), ICMP(type, code), IP4("192.0.2.100", "10.1.1.1"), TCP(1000, 8080, "S", .seq = 100))
#define ERROR_OUT(what) \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 icmp " what " { ip4 192.0.2.100>192.0.2.10 ttl 64 tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok] } [csum ok]")
static const struct golden_step errors[] = {
	RESOLVED,
	NEIGHBOUR("wan", "192.0.2.1", "02::01"),
	SYN_IN(""), SYN_OUT,
	ERROR_IN("", 3, 3, "10.1.1.1"), ERROR_OUT("unreachable 3"),
	ERROR_IN("", 11, 0, "10.1.9.9"), ERROR_OUT("time-exceeded 0"),
	COUNT(ICMP_ERRORS_TRANSLATED, 1),
	IN("wan", ETH("02::01", "02::f0"), IP4("198.51.100.7", "192.0.2.10"), ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100"), TCP(80, 1000, "SA", .seq = 500, .ack = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 198.51.100.7>10.1.1.1 ttl 63 icmp unreachable 1 { ip4 10.1.1.1>192.0.2.100 ttl 64 tcp 8080>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	/* about no packet of a flow, or broken on its way: not ours to translate */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), ICMP(3, 3), IP4("192.0.2.100", "10.1.1.1"), TCP(1001, 8080, "S", .seq = 100)),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), ICMP(3, 3, .bad_checksum = 1), IP4("192.0.2.100", "10.1.1.1"), TCP(1000, 8080, "S", .seq = 100)),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), ECHO(1, 1)),
	DROPPED(NOT_FORWARDED, 3),
	END
};

static const struct golden_step errors_v6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 udp 1000>8080 len 2 \"b?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:1::100"), ICMP(1, 4), IP6("2001:db8:1::100", "2001:db8:2::1:1"), UDP(1000, 8080), PAYLOAD("b?")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 icmp unreachable 4 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>53 len 2 \"b?\" [csum ok] } [csum ok]"),
	END
};

static const struct golden_step errors_two_workers[] = {
	RESOLVED,
	SYN_IN(".0"), SYN_OUT,
	ERROR_IN(".0", 3, 3, "10.1.1.1"), ERROR_IN(".1", 3, 3, "10.1.1.1"), ERROR_OUT("unreachable 3"), ERROR_OUT("unreachable 3"),
	COUNT(HANDED_OUT, 1),
	END
};

static const struct golden_case cases[] = {
	{ .name = "TCP over IPv4", .config = PLAIN, .steps = tcp_v4 },
	{ .name = "TCP over IPv6", .config = PLAIN, .steps = tcp_v6 },
	{ .name = "UDP", .config = PLAIN, .steps = udp_both },
	{ .name = "unsolicited packets, forwarding drop", .config = PLAIN, .steps = unsolicited_dropped },
	{ .name = "unsolicited packets, forwarding route", .config = ROUTE, .steps = unsolicited_routed },
	{ .name = "a reply in fragments", .config = PLAIN, .steps = fragmented_reply },
	{ .name = "an IPv6 reply in fragments", .config = ROUTE, .steps = fragmented_reply_v6 },
	{ .name = "client on link with its backend", .config = PLAIN, .steps = on_link },
	{ .name = "one-armed", .config = ONE_ARMED, .steps = one_armed },
	{ .name = "server-side tuple in use", .config = FIRST, .steps = tuple_in_use },
	{ .name = "the mode changes", .config = PLAIN, .steps = mode_changes },
	{ .name = "ICMP errors", .config = PLAIN, .steps = errors },
	{ .name = "ICMP errors, IPv6", .config = PLAIN, .steps = errors_v6 },
	{ .name = "ICMP errors, two workers", .config = TWO_WORKERS, .queues = 2, .steps = errors_two_workers },
	{ .name = "two workers", .config = TWO_WORKERS, .queues = 2, .steps = two_workers },
	{ .name = "two workers with RSS", .config = TWO_WORKERS, .queues = WAN_RSS(STEERS) | LAN_RSS(STEERS), .steps = two_workers },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "dnat", cases);
}
