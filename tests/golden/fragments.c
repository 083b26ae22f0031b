/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments to services and source-NAT addresses, by virtual reassembly. docs/rfc/fragments.md says which row is tested where. */
#include "lab.h"

#define FRAME(...) IN(__VA_ARGS__) /* for arguments that are macros themselves */

/* A datagram of 8 + 192 bytes to the UDP service in three pieces: the UDP header and 72 bytes, 80, 40. */
#define V4(queue, ...) "wan" queue, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", __VA_ARGS__)
#define HEAD(queue, i) FRAME(V4(queue, .id = i, .mf = 1), UDP(1000, 53, .length = 200), FILL(72))
#define MIDDLE(queue, i) FRAME(V4(queue, .id = i, .mf = 1, .offset = 80, .proto = 17), FILL(80))
#define TAIL(queue, i) FRAME(V4(queue, .id = i, .offset = 160, .proto = 17), FILL(40))
/* As they leave: $1 is the source-NAT port, $n the identification. */
#define TO_B1 "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 "
#define HEAD_OUT(n) OUT("lan", TO_B1 "frag $" #n ":0+ udp $1>8080 len 72 #65d9df15")
#define MIDDLE_OUT(n) OUT("lan", TO_B1 "frag $" #n ":80+ proto 17 len 80 #2a117ac5")
#define TAIL_OUT(n) OUT("lan", TO_B1 "frag $" #n ":160 proto 17 len 40 #6cb31c15")

static const struct golden_step in_order[] = {
	RESOLVED,
	HEAD("", 7), MIDDLE("", 7), TAIL("", 7),
	HEAD_OUT(2), MIDDLE_OUT(2), TAIL_OUT(2),
	COUNT(FLOWS_CREATED, 1), COUNT(DATAGRAMS_FRAGMENTED, 1), COUNT(HELD, 0),
	/* complete and forgotten: its number may come again, and leaves as another */
	HEAD("", 7), HEAD_OUT(3), COUNT(DATAGRAMS_FRAGMENTED, 1),
	MIDDLE("", 7), MIDDLE_OUT(3),
	TAIL("", 7), TAIL_OUT(3), COUNT(DATAGRAMS_FRAGMENTED, 0),
	TIME(2500), COUNT(DATAGRAMS_INCOMPLETE, 0),
	END
};

/* What came before the first fragment follows it, in its order, and nothing that came later gets between. */
static const struct golden_step out_of_order[] = {
	RESOLVED,
	TAIL("", 7), COUNT(HELD, 1),
	HEAD("", 7), MIDDLE("", 7), HEAD_OUT(2), TAIL_OUT(2), MIDDLE_OUT(2), COUNT(HELD, -1),
	TAIL("", 8), MIDDLE("", 8), HEAD("", 8), HEAD_OUT(3), TAIL_OUT(3), MIDDLE_OUT(3),
	COUNT(FLOWS_CREATED, 0), COUNT(HELD, 0), COUNT(DATAGRAMS_FRAGMENTED, 1),
	MIDDLE("", 9), COUNT(HELD, 1),
	HEAD("", 9), HEAD_OUT(4), MIDDLE_OUT(4),
	TAIL("", 9), TAIL_OUT(4),
	TIME(2500), COUNT(DATAGRAMS_INCOMPLETE, 0),
	/* two datagrams in one burst */
	TAIL("", 7), HEAD("", 8), MIDDLE("", 7), HEAD("", 7), TAIL("", 8), MIDDLE("", 8),
	HEAD_OUT(5), HEAD_OUT(6), TAIL_OUT(5), MIDDLE_OUT(5), TAIL_OUT(6), MIDDLE_OUT(6),
	END
};

#define B1_REPLY(...) "lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", __VA_ARGS__)
#define TO_CLIENT "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 "

static const struct golden_step reply[] = {
	RESOLVED,
	FRAME(V4("", .id = 1), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", TO_B1 "udp $1>8080 len 2 \"a?\" [csum ok]"),
	FRAME(B1_REPLY(.id = 5, .offset = 48, .proto = 17), FILL(40)), COUNT(HELD, 1),
	FRAME(B1_REPLY(.id = 5, .mf = 1), UDP(8080, VAR(1), .length = 88), FILL(40)),
	OUT("wan", TO_CLIENT "frag $2:0+ udp 53>1000 len 40 #6cb31c15"),
	OUT("wan", TO_CLIENT "frag $2:48 proto 17 len 40 #6cb31c15"),
	/* it counts as an answer: the flow has the longer idle time */
	TIME(130000), COUNT(FLOWS_EXPIRED, 0),
	END
};

/* A later fragment has no TCP header: what lies in its place is not taken for flags (here those of a reset). */
static const struct golden_step tcp[] = {
	RESOLVED,
	OPENED,
	FRAME(V4("", .id = 7, .mf = 1), TCP(1000, 80, "PA", .seq = 101, .ack = 501), FILL(28)),
	FRAME(V4("", .id = 7, .offset = 48, .proto = 6), BYTES("\0\0\0\0\0\0\0\145\0\0\0\0\x50\4\0\0\0\0\0\0", 20)),
	OUT("lan", TO_B1 "frag $2:0+ tcp $1>8080 PA seq 101 ack 501 win 65535 len 28 #5ad5b375"),
	OUT("lan", TO_B1 "frag $2:48 proto 6 len 20 #d83f14c2"),
	FRAME(B1_REPLY(.df = 1), TCP(8080, VAR(1), "A", .seq = 501, .ack = 149)),
	OUT("wan", TO_CLIENT "DF tcp 80>1000 A seq 501 ack 149 win 65535 len 0 [csum ok]"),
	TIME(60000), COUNT(FLOWS_EXPIRED, 0),
	END
};

/* IPv6: the later fragments of a datagram whose extension headers are fragmented too do not show its protocol. */
#define V6(queue, ...) "wan" queue, CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), __VA_ARGS__
#define HEAD6(i) FRAME(V6("", FRAG6(i, 0, 1)), DSTOPTS(), UDP(1000, 53, .length = 120), FILL(64))
#define MIDDLE6(i) FRAME(V6("", HOPOPTS(), FRAG6(i, 80, 1, .proto = 60)), FILL(40))
#define TAIL6(i) FRAME(V6("", FRAG6(i, 120, 0, .proto = 60)), FILL(8))
#define TO_B1_V6 "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 "
#define HEAD6_OUT(n) OUT("lan", TO_B1_V6 "frag $" #n ":0+ dst udp $1>8080 len 64 #7b7d69c5")
#define MIDDLE6_OUT(n) OUT("lan", TO_B1_V6 "hbh frag $" #n ":80+ proto 60 len 40 #6cb31c15")
#define TAIL6_OUT(n) OUT("lan", TO_B1_V6 "frag $" #n ":120 proto 60 len 8 #e2db0715")

static const struct golden_step ipv6[] = {
	RESOLVED,
	HEAD6(100000), MIDDLE6(100000), TAIL6(100000), HEAD6_OUT(2), MIDDLE6_OUT(2), TAIL6_OUT(2),
	COUNT(FLOWS_CREATED, 1), COUNT(HELD, 0),
	TAIL6(100001), MIDDLE6(100001), COUNT(HELD, 2),
	HEAD6(100001), HEAD6_OUT(3), TAIL6_OUT(3), MIDDLE6_OUT(3),
	/* atomic fragments are whole packets, whatever else has their number (RFC 6946) */
	TAIL6(100002), COUNT(HELD, 1),
	FRAME(V6("", FRAG6(100002, 0, 0)), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", TO_B1_V6 "frag 100002:0 udp $1>8080 len 2 \"a?\" [csum ok]"), COUNT(HELD, 0),
	TIME(2500), DROPPED(FRAGMENT_TIMEOUT, 1),
	/* neither TCP nor UDP, as the first fragment shows at last */
	TAIL6(100003), COUNT(HELD, 1),
	FRAME(V6("", FRAG6(100003, 0, 1)), DSTOPTS(.proto = 47), FILL(72)), DROPPED(FRAGMENT, 1),
	FRAME(V6("", FRAG6(100003, 80, 1, .proto = 47)), FILL(72)), DROPPED(FRAGMENT, 1),
	TIME(2500), DROPPED(FRAGMENT_TIMEOUT, 1),
	END
};

/* RFC 6946: an atomic fragment goes the way of a whole packet from the first SYN on, both ways, and overlaps nothing. */
static const struct golden_step atomic[] = {
	RESOLVED,
	FRAME(V6("", FRAG6(9, 0, 0)), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", TO_B1_V6 "frag 9:0 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), COUNT(FLOWS_CREATED, 1),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), FRAG6(9, 0, 0), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 frag 9:0 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	FRAME(V6("", FRAG6(9, 0, 0)), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", TO_B1_V6 "frag 9:0 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	/* between the fragments of a datagram with its number, which it is no part of */
	HEAD6(9), FRAME(V6("", FRAG6(9, 0, 0)), UDP(1000, 53), PAYLOAD("a?")), MIDDLE6(9), TAIL6(9),
	OUT("lan", TO_B1_V6 "frag $3:0+ dst udp $2>8080 len 64 #7b7d69c5"),
	OUT("lan", TO_B1_V6 "frag 9:0 udp $2>8080 len 2 \"a?\" [csum ok]"), MIDDLE6_OUT(3), TAIL6_OUT(3),
	COUNT(DATAGRAMS_FRAGMENTED, 1), COUNT(HELD, 0),
	END
};

/* RFC 5722: the whole datagram goes, what was held and what comes later, and nobody is told. IPv4 alike. */
static const struct golden_step overlap[] = {
	RESOLVED,
	TAIL6(1), FRAME(V6("", FRAG6(1, 80, 1, .proto = 60)), FILL(48)), DROPPED(FRAGMENT_OVERLAP, 2), COUNT(HELD, 0),
	HEAD6(1), DROPPED(FRAGMENT_OVERLAP, 1),
	HEAD6(2), HEAD6_OUT(2),
	FRAME(V6("", FRAG6(2, 72, 1, .proto = 60)), FILL(48)), MIDDLE6(2), TAIL6(2), DROPPED(FRAGMENT_OVERLAP, 3),
	COUNT(ICMP_ERRORS_SENT, 0),
	/* behind the end, two ends */
	TAIL6(3), FRAME(V6("", FRAG6(3, 128, 1, .proto = 60)), FILL(8)), DROPPED(FRAGMENT_OVERLAP, 2),
	TAIL6(4), FRAME(V6("", FRAG6(4, 80, 0, .proto = 60)), FILL(8)), DROPPED(FRAGMENT_OVERLAP, 2),
	HEAD("", 7), OUT("lan", TO_B1 "frag $4:0+ udp $3>8080 len 72 #65d9df15"),
	FRAME(V4("", .id = 7, .mf = 1, .offset = 72, .proto = 17), FILL(80)), TAIL("", 7), DROPPED(FRAGMENT_OVERLAP, 2),
	TIME(2500), COUNT(DATAGRAMS_INCOMPLETE, 0),
	END
};

static const struct golden_step duplicates[] = {
	RESOLVED,
	HEAD("", 7), HEAD("", 7), HEAD_OUT(2), DROPPED(FRAGMENT_DUPLICATE, 1),
	MIDDLE("", 7), MIDDLE_OUT(2),
	MIDDLE("", 7), DROPPED(FRAGMENT_DUPLICATE, 1),
	/* cut differently, but nothing of it is new */
	FRAME(V4("", .id = 7, .mf = 1, .offset = 40, .proto = 17), FILL(80)), DROPPED(FRAGMENT_DUPLICATE, 1),
	TAIL("", 7), TAIL_OUT(2),
	/* behind the last one: nobody remembers the datagram, it waits for a first fragment that does not come */
	TAIL("", 7), COUNT(HELD, 1),
	TIME(2500), DROPPED(FRAGMENT_TIMEOUT, 1),
	END
};

static const struct golden_step timeout[] = {
	RESOLVED,
	TAIL("", 7), MIDDLE("", 7), COUNT(HELD, 2),
	TIME(1900), COUNT(HELD, 0),
	TIME(200), DROPPED(FRAGMENT_TIMEOUT, 2), COUNT(HELD, -2), COUNT(DATAGRAMS_INCOMPLETE, 1),
	/* the first fragment passes, but what it brought is not remembered for longer either */
	HEAD("", 7), HEAD_OUT(2),
	TIME(2100), COUNT(DATAGRAMS_INCOMPLETE, 1),
	TAIL("", 7), COUNT(HELD, 1),
	/* and what waits when sluice stops is counted out */
	END
};

/* RFC 1858, RFC 3128: nothing may come in the place of the TCP header. */
static const struct golden_step tiny[] = {
	RESOLVED,
	OPENED,
	FRAME(V4("", .id = 7, .mf = 1, .proto = 6), FILL(16)), DROPPED(L4_HEADER, 1),
	FRAME(V4("", .id = 8, .offset = 8, .proto = 6), FILL(40)), DROPPED(FRAGMENT_TINY, 1),
	FRAME(V4("", .id = 8, .offset = 16, .proto = 6), FILL(40)), DROPPED(FRAGMENT_TINY, 1),
	COUNT(DATAGRAMS_FRAGMENTED, 0),
	END
};

/* The later fragments of what is not let in. */
static const struct golden_step refused[] = {
	RESOLVED,
	FRAME(V4("", .id = 7, .mf = 1), UDP(1000, 54, .length = 200), FILL(72)), TAIL("", 7), DROPPED(NO_SERVICE, 2),
	FRAME(V4("", .id = 8, .mf = 1), TCP(1000, 80, "A"), FILL(28)),
	FRAME(V4("", .id = 8, .offset = 48, .proto = 6), FILL(40)), DROPPED(TCP_NOT_SYN, 1), DROPPED(FRAGMENT_NO_FLOW, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .mf = 1), UDP(8080, 5000, .length = 88), FILL(40)),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .offset = 48, .proto = 17), FILL(40)), DROPPED(NO_SNAT_FLOW, 2),
	/* no service can have these: not followed at all */
	FRAME(V4("", .id = 9, .mf = 1), ECHO(1, 1), FILL(96)), FRAME(V4("", .id = 9, .offset = 104, .proto = 1), FILL(8)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2", .id = 9, .offset = 104, .proto = 17), FILL(8)),
	DROPPED(FRAGMENT, 3), COUNT(DATAGRAMS_FRAGMENTED, 0), COUNT(HELD, 0),
	END
};

/* RFC 6864: two clients with one number, towards one backend; packets without DF count, others keep what they have. */
static const struct golden_step identification[] = {
	RESOLVED,
	HEAD("", 7), HEAD_OUT(2),
	FRAME(V4("", .id = 7), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", TO_B1 "id 2 udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10", .id = 7), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 id 1 udp $3>8080 len 2 \"a?\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.102", "192.0.2.10", .id = 7, .mf = 1), UDP(1000, 53, .length = 200), FILL(72)),
	OUT("lan", TO_B1 "frag 3:0+ udp $4>8080 len 72 #65d9df15"),
	FRAME(V4("", .id = 7, .df = 1), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", TO_B1 "id 7 DF udp $1>8080 len 2 \"a?\" [csum ok]"),
	MIDDLE("", 7), OUT("lan", TO_B1 "frag 1:80+ proto 17 len 80 #2a117ac5"),
	END
};

/* ---- floods: room for 128 datagrams ---- */

#define FEW LAB_CONFIG_WITH("\"max_fragments\": 128, \"unused_ports\": \"drop\", ")
#define X10(X, n) X(n), X(n + 1), X(n + 2), X(n + 3), X(n + 4), X(n + 5), X(n + 6), X(n + 7), X(n + 8), X(n + 9)
#define X100(X, n) X10(X, n), X10(X, n + 10), X10(X, n + 20), X10(X, n + 30), X10(X, n + 40), X10(X, n + 50), X10(X, n + 60), \
	X10(X, n + 70), X10(X, n + 80), X10(X, n + 90)
#define FLOOD_TAIL(n) TAIL("", n)
#define FLOOD_HEAD(n) FRAME(V4("", .id = n, .mf = 1), UDP(1000, 54, .length = 200), FILL(72))
#define WELL \
	FRAME(V4("", .id = 7), UDP(1001, 53), PAYLOAD("a?")), \
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $4>8080 len 2 \"a?\" [csum ok]")

/* The newest have their chance: a datagram in the midst of the flood passes in any order. */
static const struct golden_step last_only[] = {
	RESOLVED,
	X100(FLOOD_TAIL, 1000), X10(FLOOD_TAIL, 1100), X10(FLOOD_TAIL, 1110), X10(FLOOD_TAIL, 1120),
	DROPPED(FRAGMENT_LIMIT, 2), COUNT(HELD, 128), COUNT(DATAGRAMS_EVICTED, 2),
	TAIL("", 7), MIDDLE("", 7), DROPPED(FRAGMENT_LIMIT, 1),
	X10(FLOOD_TAIL, 1130), DROPPED(FRAGMENT_LIMIT, 10),
	HEAD("", 7), HEAD_OUT(2), TAIL_OUT(2), MIDDLE_OUT(2),
	WELL,
	TIME(2500), DROPPED(FRAGMENT_TIMEOUT, 127), COUNT(DATAGRAMS_INCOMPLETE, 127),
	END
};

static const struct golden_step first_only[] = {
	RESOLVED,
	X100(FLOOD_HEAD, 1000), X10(FLOOD_HEAD, 1100), X10(FLOOD_HEAD, 1110), X10(FLOOD_HEAD, 1120),
	DROPPED(NO_SERVICE, 130), COUNT(DATAGRAMS_EVICTED, 2), COUNT(HELD, 0),
	HEAD("", 7), X10(FLOOD_HEAD, 1130), MIDDLE("", 7), TAIL("", 7),
	HEAD_OUT(2), MIDDLE_OUT(2), TAIL_OUT(2), DROPPED(NO_SERVICE, 10), COUNT(DATAGRAMS_EVICTED, 11),
	WELL,
	/* the oldest, but this burst refers to it: the newcomer gives way */
	HEAD("", 7), OUT("lan", TO_B1 "frag $3:0+ udp $1>8080 len 72 #65d9df15"),
	X100(FLOOD_HEAD, 2000), X10(FLOOD_HEAD, 2100), X10(FLOOD_HEAD, 2110), FLOOD_HEAD(2120), FLOOD_HEAD(2121), FLOOD_HEAD(2122),
	FLOOD_HEAD(2123), FLOOD_HEAD(2124), FLOOD_HEAD(2125), FLOOD_HEAD(2126), DROPPED(NO_SERVICE, 127),
	MIDDLE("", 7), FLOOD_HEAD(2127), TAIL("", 7), OUT("lan", TO_B1 "frag $3:80+ proto 17 len 80 #2a117ac5"),
	OUT("lan", TO_B1 "frag $3:160 proto 17 len 40 #6cb31c15"), DROPPED(FRAGMENT_LIMIT, 1),
	TIME(2500), COUNT(DATAGRAMS_INCOMPLETE, 127),
	END
};

/* ---- two workers: whichever queue each fragment comes in by ---- */

#define TWO LAB_CONFIG_WITH("\"workers\": 2, ")
#define PIECES(port, i, q1, q2, q3, n) \
	IN("wan." #q1, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = i, .offset = 160, .proto = 17), FILL(40)), \
	COUNT(HELD, 1), \
	IN("wan." #q2, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = i, .mf = 1), UDP(port, 53, .length = 200), FILL(72)), \
	HEAD_OUT(n), TAIL_OUT(n), COUNT(HELD, -1), \
	IN("wan." #q3, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = i, .mf = 1, .offset = 80, .proto = 17), FILL(80)), \
	MIDDLE_OUT(n)
#define REPLY_PIECES(port, q1, q2, n) \
	IN("lan." #q1, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .mf = 1), UDP(8080, VAR(1), .length = 88), FILL(40)), \
	OUT("wan", TO_CLIENT "frag $" #n ":0+ udp 53>" #port " len 40 #6cb31c15"), \
	IN("lan." #q2, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .offset = 48, .proto = 17), FILL(40)), \
	OUT("wan", TO_CLIENT "frag $" #n ":48 proto 17 len 40 #6cb31c15")
/* By all queues. Port 1000 belongs to worker 0, 1001 to worker 1; number 6 to worker 0, 7 to worker 1. */
#define SPREAD(port, i) \
	RESOLVED, PIECES(port, i, 0, 0, 0, 2), PIECES(port, i, 1, 1, 1, 3), PIECES(port, i, 0, 1, 0, 4), PIECES(port, i, 1, 0, 1, 5), \
	REPLY_PIECES(port, 0, 0, 6), REPLY_PIECES(port, 1, 1, 7), REPLY_PIECES(port, 0, 1, 8), REPLY_PIECES(port, 1, 0, 9), \
	TIME(2500), COUNT(DATAGRAMS_INCOMPLETE, 0)
/* To the owner of the datagram and on to that of the flow: two handovers at most, none where both are the worker it came to. */
#define HANDOVERS(port, i, n, head, middle, tail) \
	IN("wan.0", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = i, .mf = 1), UDP(port, 53, .length = 200), FILL(72)), \
	HEAD_OUT(n), COUNT(HANDED_OUT, head), \
	MIDDLE(".0", i), MIDDLE_OUT(n), COUNT(HANDED_OUT, middle), \
	TAIL(".1", i), TAIL_OUT(n), COUNT(HANDED_OUT, tail)

static const struct golden_step spread_1[] = { SPREAD(1000, 6), END };
static const struct golden_step spread_2[] = { SPREAD(1000, 7), END };
static const struct golden_step spread_3[] = { SPREAD(1001, 6), END };
static const struct golden_step spread_4[] = { SPREAD(1001, 7), END };
static const struct golden_step handovers_1[] = { RESOLVED, HANDOVERS(1000, 6, 2, 0, 0, 1), HANDOVERS(1000, 7, 3, 2, 2, 1), END };
static const struct golden_step handovers_2[] = { RESOLVED, HANDOVERS(1001, 6, 2, 1, 1, 2), HANDOVERS(1001, 7, 3, 1, 1, 0), END };

static const struct golden_case cases[] = {
	{ "in order", LAB_CONFIG, 0, in_order },
	{ "out of order", LAB_CONFIG, 0, out_of_order },
	{ "reply", LAB_CONFIG, 0, reply },
	{ "TCP", LAB_CONFIG, 0, tcp },
	{ "IPv6 with extension headers", LAB_CONFIG, 0, ipv6 },
	{ "atomic fragments", LAB_CONFIG, 0, atomic },
	{ "overlap", LAB_CONFIG, 0, overlap },
	{ "duplicates", LAB_CONFIG, 0, duplicates },
	{ "timeout", LAB_CONFIG, 0, timeout },
	{ "tiny fragments", LAB_CONFIG, 0, tiny },
	{ "refused", LAB_CONFIG_WITH("\"unused_ports\": \"drop\", "), 0, refused },
	{ "identification", LAB_CONFIG, 0, identification },
	{ "flood of last fragments", FEW, 0, last_only },
	{ "flood of first fragments", FEW, 0, first_only },
	{ "two workers, 1", TWO, 2, spread_1 },
	{ "two workers, 2", TWO, 2, spread_2 },
	{ "two workers, 3", TWO, 2, spread_3 },
	{ "two workers, 4", TWO, 2, spread_4 },
	{ "two workers with RSS, 1", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), spread_1 },
	{ "two workers with RSS, 2", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), spread_2 },
	{ "two workers with RSS, 3", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), spread_3 },
	{ "two workers with RSS, 4", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), spread_4 },
	{ "handovers, one flow's owner", TWO, 2, handovers_1 },
	{ "handovers, the other's", TWO, 2, handovers_2 },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "fragments", cases);
}
