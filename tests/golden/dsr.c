/* SPDX-License-Identifier: BSD-3-Clause */
/* Mode dsr: packets reach the backend as they are, but for the MAC address and the TTL; it answers the client directly. */
#include "one_way.h"

#define SERVICES ONE_WAY("web", "dsr", "round-robin", "192.0.2.10", "80", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("dns", "dsr", "round-robin", "192.0.2.10", "53", "udp", BACKENDS_V4) ", " \
	ONE_WAY("web6", "dsr", "round-robin", "2001:db8:1::10", "80", "tcp", BACKENDS_V6) ", " \
	ONE_WAY("log", "dsr", "round-robin", "192.0.2.10", "514", "udp", "\"udp_kind\": \"one-way\", " BACKEND_V4) ", " \
	ONE_WAY("range", "dsr", "round-robin", "192.0.2.16/28", "\"any\"", "tcp", "\"mss_clamp\": 1300, " BACKEND_V4)
#define CONFIG ONE_WAY_CONFIG("", SERVICES)
#define MAGLEV(more) ONE_WAY_CONFIG(more, ONE_WAY("web", "dsr", "maglev", "192.0.2.10", "80", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("dns", "dsr", "maglev", "192.0.2.10", "53", "udp", BACKENDS_V4))

#define TO1(rest) OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 " rest)
#define TO2(rest) OUT("lan", "eth 02::f1>02::b2 ip4 192.0.2.100>192.0.2.10 ttl 63 " rest)
#define SYN_TO1 TO1("DF tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]")
#define ACK_TO1 TO1("DF tcp 1000>80 A seq 101 ack 501 win 65535 len 0 [csum ok]")

static const struct golden_step tcp[] = {
	RESOLVED,
	SYN, SYN_TO1, COUNT(FLOWS_CREATED, 1),
	ACK, ACK_TO1,
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	TO1("DF tcp 1000>80 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	/* options, ECN, a wrong checksum: all as it came */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0xb9, .id = 77),
	   TCP(1000, 80, "PA", .seq = 106, .ack = 501, .options = "0101080a0000000100000002", .bad_checksum = 1), PAYLOAD("x")),
	TO1("tos 0xb9 id 77 tcp 1000>80 PA seq 106 ack 501 win 65535 opt 0101080a0000000100000002 len 1 \"x\" [csum BAD]"),
	/* another flow */
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 7)), TO2("DF tcp 1001>80 S seq 7 ack 0 win 65535 len 0 [csum ok]"), COUNT(FLOWS_CREATED, 1),
	END
};

static const struct golden_step tcp_v6[] = {
	RESOLVED,
	SYN6, OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT6(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 tcp 1000>80 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	FROM_CLIENT6(TCP(1000, 80, "A", .seq = 101, .ack = 502)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 tcp 1000>80 A seq 101 ack 502 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_CREATED, 0),
	END
};

/* Replies do not pass by, so a flow has the time of one with replies, but for one-way services. */
static const struct golden_step udp[] = {
	RESOLVED,
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("a?")), TO1("DF udp 1000>53 len 2 \"a?\" [csum ok]"),
	FROM_CLIENT(UDP(1000, 514), PAYLOAD("log")), TO1("DF udp 1000>514 len 3 \"log\" [csum ok]"), COUNT(FLOWS_CREATED, 1),
	TIME(119000), COUNT(FLOWS_EXPIRED, 0),
	TIME(2000), COUNT(FLOWS_EXPIRED, 1),
	TIME(178000), COUNT(FLOWS_EXPIRED, 0),
	TIME(3000), COUNT(FLOWS_EXPIRED, 1),
	/* both fragments to one backend, and its way back is none of ours */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 8, .mf = 1), UDP(1000, 53), FILL(96)),
	TO2("frag 8:0+ udp 1000>53 len 96 #a1550405"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 8, .offset = 104, .proto = 17), PAYLOAD("tail")),
	TO2("frag 8:104 proto 17 len 4 \"tail\""),
	IN("lan", BACKEND2_ETH, IP4("192.0.2.10", "192.0.2.100"), UDP(53, 1000), PAYLOAD("a!")), DROPPED(NOT_FORWARDED, 1),
	END
};

/* Every state that one side shows, by how long the flow lives in it. */
static const struct golden_step states[] = {
	RESOLVED,
	SYN, SYN_TO1, TIME(59000), COUNT(FLOWS_EXPIRED, 0), TIME(2000), COUNT(FLOWS_EXPIRED, 1),
	SYN, TO2("DF tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	ACK, TO2("DF tcp 1000>80 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	TIME(7000000), COUNT(FLOWS_EXPIRED, 0),
	/* a reset may be forged: the next segment shows it */
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 9)), TO2("DF tcp 1000>80 R seq 9 ack 0 win 65535 len 0 [csum ok]"),
	TIME(200000), ACK, TO2("DF tcp 1000>80 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	TIME(1000000), COUNT(FLOWS_EXPIRED, 0),
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 101)), TO2("DF tcp 1000>80 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
	TIME(238000), COUNT(FLOWS_EXPIRED, 0), TIME(4000), COUNT(FLOWS_EXPIRED, 1),
	/* closed, and still fetching: what is acknowledged keeps it */
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)), SYN_TO1, ACK, ACK_TO1,
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 501)), TO1("DF tcp 1000>80 FA seq 101 ack 501 win 65535 len 0 [csum ok]"),
	TIME(50000), FROM_CLIENT(TCP(1000, 80, "A", .seq = 102, .ack = 600)),
	TO1("DF tcp 1000>80 A seq 102 ack 600 win 65535 len 0 [csum ok]"),
	TIME(50000), COUNT(FLOWS_EXPIRED, 0),
	/* a SYN then is another connection, to any backend that takes some */
	SYN, SYN_TO1, COUNT(FLOWS_REUSED, 1), COUNT(FLOWS_CREATED, 1),
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 501)), TO1("DF tcp 1000>80 FA seq 101 ack 501 win 65535 len 0 [csum ok]"),
	ADMIN("10.1.1.1", DRAINING),
	SYN, TO2("DF tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"), COUNT(FLOWS_REUSED, 1), COUNT(FLOWS_CREATED, 1),
	TIME(61000), COUNT(FLOWS_EXPIRED, 1),
	END
};

/* What no flow is known of: by turns nobody knows the backend, by maglev everybody does. */
static const struct golden_step no_pick_up[] = {
	RESOLVED, ACK, DROPPED(TCP_NOT_SYN, 1), END
};

static const struct golden_step pick_up[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 5, .ack = 501)), SENT("lan", " tcp 1000>80 ", 1), COUNT(FLOWS_CREATED, 1),
	FROM_CLIENT(TCP(1001, 80, "FA", .seq = 5, .ack = 501)), SENT("lan", " tcp 1001>80 ", 1), COUNT(FLOWS_CREATED, 1),
	TIME(61000), COUNT(FLOWS_EXPIRED, 1),
	END
};

static const struct golden_step any_port[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.31", .df = 1), TCP(1000, 4321, "S", .seq = 100, .options = "020405b4")),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.31 ttl 63 DF tcp 1000>4321 S seq 100 ack 0 win 65535 opt 02040514 len 0 [csum ok]"),
	END
};

/* A router between backend and client, about a reply: the backend is to hear of it, and nobody else. */
#define ERROR(port) IN("wan", CLIENT_ETH, IP4("192.0.2.77", "192.0.2.10"), ICMP(3, 4, .rest = 1400), \
	IP4("192.0.2.10", "192.0.2.100", .df = 1), TCP(80, port, "A", .seq = 501, .ack = 101), FILL(20))
#define ERROR_TEXT(port) "192.0.2.77>192.0.2.10 ttl 63 icmp unreachable 4 mtu 1400 " \
	"{ ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>" port " A seq 501 ack 101 win 65535 len 20 #d5510405 [csum ok] } [csum ok]"
static const struct golden_step errors[] = {
	RESOLVED,
	ERROR(1000), DROPPED(ICMP_NO_FLOW, 1),
	SYN, SYN_TO1,
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 7)), TO2("DF tcp 1001>80 S seq 7 ack 0 win 65535 len 0 [csum ok]"),
	ERROR(1000), OUT("lan", "eth 02::f1>02::b1 ip4 " ERROR_TEXT("1000")), COUNT(ICMP_ERRORS_STEERED, 1),
	ERROR(1001), OUT("lan", "eth 02::f1>02::b2 ip4 " ERROR_TEXT("1001")),
	/* it keeps nothing alive */
	TIME(50000), ERROR(1000), OUT("lan", "eth 02::f1>02::b1 ip4 " ERROR_TEXT("1000")),
	TIME(11000), COUNT(FLOWS_EXPIRED, 2),
	SYN6, OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:7::7", "2001:db8:1::10"), ICMP(2, 0, .rest = 1400),
	   IP6("2001:db8:1::10", "2001:db8:1::100"), TCP(80, 1000, "A", .seq = 501, .ack = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:7::7>2001:db8:1::10 ttl 63 icmp too-big 0 mtu 1400 "
	    "{ ip6 2001:db8:1::10>2001:db8:1::100 ttl 64 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	END
};

static const struct golden_step ttl[] = {
	RESOLVED,
	SYN, SYN_TO1,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp time-exceeded 0 "
	    "{ ip4 192.0.2.100>192.0.2.10 ttl 1 tcp 1000>80 A seq 101 ack 501 win 65535 len 0 [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	END
};

/* The first packet waits for its next hop; a next hop that changes is followed. */
static const struct golden_step next_hops[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	SYN, EVENT(RESOLVE, "lan", "10.1.1.1"), COUNT(HELD, 1),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"), SYN_TO1,
	ACK, ACK_TO1,
	NEIGHBOUR("lan", "10.1.1.1", "02::b9"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 502)),
	OUT("lan", "eth 02::f1>02::b9 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 A seq 101 ack 502 win 65535 len 0 [csum ok]"),
	END
};

/* UDP leaves a backend that is down, TCP stays. */
static const struct golden_step down[] = {
	RESOLVED,
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("a")), TO1("DF udp 1000>53 len 1 \"a\" [csum ok]"),
	SYN, SYN_TO1, ACK, ACK_TO1,
	HEALTH("10.1.1.1", DOWN),
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("b")), TO2("DF udp 1000>53 len 1 \"b\" [csum ok]"), COUNT(FLOWS_MOVED, 1),
	ACK, ACK_TO1,
	END
};

/* A removed backend keeps its connections, and nothing of the service's does the next one get. */
static const struct golden_step reload[] = {
	RESOLVED,
	SYN, SYN_TO1, ACK, ACK_TO1,
	RELOAD(ONE_WAY_CONFIG("", ONE_WAY("web", "dsr", "round-robin", "192.0.2.10", "80", "tcp", "\"backends\": [ " BACKEND("10.1.1.2") " ]"))),
	ACK, ACK_TO1,
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 7)), TO2("DF tcp 1001>80 S seq 7 ack 0 win 65535 len 0 [csum ok]"),
	RELOAD(ONE_WAY_CONFIG("", ONE_WAY("other", "dsr", "round-robin", "192.0.2.11", "80", "tcp", BACKEND_V4))),
	ACK, ACK_TO1,
	FROM_CLIENT(TCP(1001, 80, "A", .seq = 8, .ack = 1)), TO2("DF tcp 1001>80 A seq 8 ack 1 win 65535 len 0 [csum ok]"),
	END
};

/* Workers are chosen by the client's packets alone; both pick the same backend. */
static const struct golden_step workers[] = {
	RESOLVED,
	IN_MANY("wan", 200, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(UP(1000), 80, "S", .seq = 100)),
	SENT("lan", "192.0.2.100>192.0.2.10 ", 200), COUNT(FLOWS_CREATED, 200),
	IN_MANY("wan", 200, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(UP(1000), 80, "A", .seq = 101, .ack = 501)),
	SENT("lan", "192.0.2.100>192.0.2.10 ", 200), COUNT(FLOWS_CREATED, 0),
	END
};

static const struct golden_case cases[] = {
	{ "TCP", CONFIG, .steps = tcp },
	{ "TCP over IPv6", CONFIG, .steps = tcp_v6 },
	{ "UDP", CONFIG, .steps = udp },
	{ "states", CONFIG, .steps = states },
	{ "no pick-up", CONFIG, .steps = no_pick_up },
	{ "pick-up", MAGLEV(""), .steps = pick_up },
	{ "any port of a prefix, MSS", CONFIG, .steps = any_port },
	{ "ICMP errors", CONFIG, .steps = errors },
	{ "TTL", CONFIG, .steps = ttl },
	{ "next hops", CONFIG, .steps = next_hops },
	{ "a backend is down", CONFIG, .steps = down },
	{ "reload", CONFIG, .steps = reload },
	{ "workers", MAGLEV("\"workers\": 2, "), .queues = 2, .steps = workers },
	{ .name = NULL },
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "dsr", cases);
}
