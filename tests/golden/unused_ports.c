/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP and UDP to addresses of ours, ports of nobody's: refused as a host would (config key unused_ports). */
#include "lab.h"

#define DROP LAB_CONFIG_WITH("\"unused_ports\": \"drop\", ")
#define FEW LAB_CONFIG_WITH("\"icmp_errors_pps\": 10, ") /* one at a time */
#define NONE LAB_CONFIG_WITH("\"icmp_errors_pps\": 0, ")
#define TWO LAB_CONFIG_WITH("\"workers\": 2, ")

#define V4 IP4("192.0.2.100", "192.0.2.10")
#define V6 IP6("2001:db8:1::100", "2001:db8:1::10")
#define FRAME(...) IN("wan", CLIENT_ETH, __VA_ARGS__)
#define UNREACHABLE(from, quote) \
	OUT("wan", "eth 02::f0>02::c1 ip4 " from ">192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 3 { " quote " } [csum ok]")
#define UNREACHABLE6(from, to, quote) \
	OUT("wan", "eth 02::f0>02::c1 ip6 " from ">" to " ttl 64 icmp unreachable 4 { " quote " } [csum ok]")
#define RESET(text) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 81>1000 " text " win 0 len 0 [csum ok]")
#define RESET6(text) OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 64 tcp 81>1000 " text " win 0 len 0 [csum ok]")

/* RFC 1122 section 4.1.3.1, RFC 4443 section 3.1: from the address that was asked. */
static const struct golden_step udp[] = {
	RESOLVED,
	FRAME(V4, UDP(1000, 33434), PAYLOAD("probe")),
	UNREACHABLE("192.0.2.10", "ip4 192.0.2.100>192.0.2.10 ttl 64 udp 1000>33434 len 5 \"probe\" [csum ok]"),
	DROPPED(NO_SERVICE, 1), COUNT(ICMP_ERRORS_SENT, 1),
	FRAME(V6, UDP(1000, 33434), PAYLOAD("probe")),
	UNREACHABLE6("2001:db8:1::10", "2001:db8:1::100", "ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>33434 len 5 \"probe\" [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	/* a port of TCP's is none of UDP's; a host's last hop counts no TTL; an address of an interface, a datagram without checksum */
	FRAME(IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1000, 80)),
	UNREACHABLE("192.0.2.10", "ip4 192.0.2.100>192.0.2.10 ttl 1 udp 1000>80 len 0 [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	FRAME(IP4("192.0.2.100", "192.0.2.2"), UDP(1000, 53, .no_checksum = 1)),
	UNREACHABLE("192.0.2.2", "ip4 192.0.2.100>192.0.2.2 ttl 64 udp 1000>53 len 0 [csum none]"),
	DROPPED(NO_SERVICE, 1),
	FRAME(V4, UDP(1000, 54), FILL(600), SPLIT(50, 300)),
	UNREACHABLE("192.0.2.10", "ip4 192.0.2.100>192.0.2.10 ttl 64 udp 1000>54 len 520 #d0b9cf6d"),
	DROPPED(NO_SERVICE, 1),
	/* of a datagram in fragments the first has the ports */
	FRAME(IP4("192.0.2.100", "192.0.2.10", .id = 7, .mf = 1), UDP(1000, 54, .length = 84), FILL(72)),
	FRAME(IP4("192.0.2.100", "192.0.2.10", .id = 7, .offset = 80, .proto = 17), PAYLOAD("tail")),
	UNREACHABLE("192.0.2.10", "ip4 192.0.2.100>192.0.2.10 ttl 64 frag 7:0+ udp 1000>54 len 72 #65d9df15"),
	DROPPED(NO_SERVICE, 2),
	END
};

/* RFC 9293 section 3.10.7.1: what the sender expects, or an ACK of all that it sent. */
static const struct golden_step tcp[] = {
	RESOLVED,
	FRAME(V4, TCP(1000, 81, "S", .seq = 4294967295)), RESET("RA seq 0 ack 0"),
	DROPPED(NO_SERVICE, 1), COUNT(RESETS_SENT, 1), COUNT(CREATED, 1),
	FRAME(V6, TCP(1000, 81, "S", .seq = 100)), RESET6("RA seq 0 ack 101"), DROPPED(NO_SERVICE, 1),
	FRAME(V4, TCP(1000, 81, "PA", .seq = 100, .ack = 700), PAYLOAD("hello")), RESET("R seq 700 ack 0"), DROPPED(NO_SERVICE, 1),
	FRAME(V4, TCP(1000, 81, "FA", .seq = 100, .ack = 700)), RESET("R seq 700 ack 0"), DROPPED(NO_SERVICE, 1),
	FRAME(V4, TCP(1000, 81, "SA", .seq = 100, .ack = 700)), RESET("R seq 700 ack 0"), DROPPED(NO_SERVICE, 1),
	FRAME(V4, TCP(1000, 81, "S", .seq = 100), PAYLOAD("early")), RESET("RA seq 0 ack 106"), DROPPED(NO_SERVICE, 1),
	/* no reset to a reset, nor to a fragment */
	FRAME(V4, TCP(1000, 81, "R", .seq = 100)), FRAME(V4, TCP(1000, 81, "RA", .seq = 100, .ack = 700)),
	FRAME(IP4("192.0.2.100", "192.0.2.10", .id = 8, .mf = 1), TCP(1000, 81, "A"), FILL(28)),
	DROPPED(NO_SERVICE, 3), COUNT(CREATED, 0),
	END
};

/* What is corrupted, goes to all, or comes from ourselves or nobody; and a source-NAT address, which is nobody's host (RFC 5382 REQ-4). */
static const struct golden_step silence[] = {
	RESOLVED,
	FRAME(V4, TCP(1000, 81, "S", .bad_checksum = 1)), FRAME(V6, UDP(1000, 54, .bad_checksum = 1), PAYLOAD("odd")),
	FRAME(V4, UDP(1000, 54, .partial_checksum = 1)), DROPPED(NO_SERVICE, 3), COUNT(REJECTS_LIMITED, 0),
	FRAME(IP4("192.0.2.2", "192.0.2.10"), UDP(1000, 54)), FRAME(IP6("2001:db8:1::10", "2001:db8:1::10"), TCP(81, 81, "S")),
	DROPPED(NO_SERVICE, 2), COUNT(CREATED, 0),
	FRAME(IP4("240.0.0.1", "192.0.2.10"), UDP(1000, 54)), DROPPED(NO_SERVICE, 1), COUNT(CREATED, 0),
	IN("wan", ETH("02::c1", "bcast"), V4, UDP(1000, 54)), DROPPED(MULTICAST, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, 5000, "S")), DROPPED(NO_SNAT_FLOW, 1),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, 5000)), DROPPED(NO_SNAT_FLOW, 1),
	END
};

/* A neighbour's link-local address is no route's. */
static const struct golden_step link_local[] = {
	NEIGHBOUR("wan", "fe80::c1", "02::c1"), NEIGHBOUR("lan", "fe80::c1", "02::77"),
	FRAME(IP6("fe80::c1", "2001:db8:1::2"), UDP(1000, 54), PAYLOAD("?")),
	UNREACHABLE6("2001:db8:1::2", "fe80::c1", "ip6 fe80::c1>2001:db8:1::2 ttl 64 udp 1000>54 len 1 \"?\" [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	FRAME(IP6("fe80::c1", "2001:db8:1::10"), TCP(1000, 81, "S")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>fe80::c1 ttl 64 tcp 81>1000 RA seq 0 ack 1 win 0 len 0 [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	END
};

/* Bounded, and apart from the errors that path MTU discovery and traceroute live on. */
static const struct golden_step limited[] = {
	RESOLVED,
	IN_MANY("wan", 20, CLIENT_ETH, V4, UDP(UP(1000), 54)), SENT("wan", "unreachable 3", 1),
	DROPPED(NO_SERVICE, 20), COUNT(REJECTS_LIMITED, 19), COUNT(ICMP_ERRORS_LIMITED, 0),
	FRAME(IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1000, 53)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp time-exceeded 0 { ip4 192.0.2.100>192.0.2.10 ttl 1 udp 1000>53 len 0 [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	FRAME(V4, TCP(1000, 81, "S")), DROPPED(NO_SERVICE, 1), COUNT(REJECTS_LIMITED, 1),
	TIME(100),
	FRAME(V4, TCP(1000, 81, "S")), RESET("RA seq 0 ack 1"), DROPPED(NO_SERVICE, 1), COUNT(REJECTS_LIMITED, 0),
	END
};

static const struct golden_step none[] = {
	RESOLVED,
	FRAME(V4, TCP(1000, 81, "S")), FRAME(V6, UDP(1000, 54)), DROPPED(NO_SERVICE, 2), COUNT(REJECTS_LIMITED, 2),
	END
};

static const struct golden_step dropped[] = {
	RESOLVED,
	FRAME(V4, TCP(1000, 81, "S")), FRAME(V6, TCP(1000, 81, "S")), FRAME(V4, UDP(1000, 54)), FRAME(V6, UDP(1000, 54)),
	DROPPED(NO_SERVICE, 4), COUNT(REJECTS_LIMITED, 0), COUNT(CREATED, 0),
	/* a reload brings the other policy */
	RELOAD(LAB_CONFIG),
	FRAME(V4, TCP(1000, 81, "S")), RESET("RA seq 0 ack 1"), DROPPED(NO_SERVICE, 1),
	END
};

static const struct golden_step two_workers[] = {
	RESOLVED,
	IN("wan.0", CLIENT_ETH, V4, TCP(1000, 81, "S")), IN("wan.1", CLIENT_ETH, V4, TCP(1000, 81, "S")),
	RESET("RA seq 0 ack 1"), RESET("RA seq 0 ack 1"), DROPPED(NO_SERVICE, 2), COUNT(HANDED_OUT, 1),
	END
};

static const struct golden_case cases[] = {
	{ "UDP", LAB_CONFIG, 0, udp },
	{ "TCP", LAB_CONFIG, 0, tcp },
	{ "silence", LAB_CONFIG, 0, silence },
	{ "link-local clients", LAB_CONFIG, 0, link_local },
	{ "rate limit", FEW, 0, limited },
	{ "no errors at all", NONE, 0, none },
	{ "drop", DROP, 0, dropped },
	{ "two workers", TWO, 2, two_workers },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "unused_ports", cases);
}
