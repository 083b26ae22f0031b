/* SPDX-License-Identifier: BSD-3-Clause */
/* Services without flows, and what does without one in any case: which backend it is, everybody can compute. */
#include "one_way.h"

#define STATELESS(name, mode, scheduler, address, port, protocol, more) \
	ONE_WAY(name, mode, scheduler, address, port, protocol, "\"stateless\": true, " more)
#define SERVICES STATELESS("web", "dsr", "maglev", "192.0.2.10", "80", "tcp", BACKENDS_V4) ", " \
	STATELESS("dns", "ipip", "maglev", "192.0.2.10", "53", "udp", BACKENDS_V4) ", " \
	STATELESS("web6", "gue", "source-hash", "2001:db8:1::10", "80", "tcp", BACKEND_V6) ", " \
	STATELESS("one", "ipip", "maglev", "192.0.2.10", "81", "tcp", "\"mss_clamp\": 1300, " BACKEND_V4) ", " \
	STATELESS("range", "dsr", "maglev", "192.0.2.16/28", "\"8000-8100\"", "udp", BACKEND_V4)
#define CONFIG(more) ONE_WAY_CONFIG(more, SERVICES)
#define WITH_FLOWS ONE_WAY_CONFIG("", ONE_WAY("web", "dsr", "maglev", "192.0.2.10", "80", "tcp", BACKENDS_V4))

/* Any packet, from its first or in the middle; the same flow, the same backend; a backend that goes takes only its own along. */
static const struct golden_step tables[] = {
	RESOLVED,
	IN_MANY("wan", 1000, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(UP(1000), 80, "A", .seq = 1, .ack = 1)),
	SENT("lan", ">02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp ", 500, .tolerance = 60), SENT("lan", ">02::b2 ", 500, .tolerance = 60),
	COUNT(FLOWS_CREATED, 0),
	IN_MANY("wan", 200, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(UP(1000), 53)),
	SENT("lan", "10.1.0.2>10.1.1.1 ", 100, .tolerance = 30), SENT("lan", "10.1.0.2>10.1.1.2 ", 100, .tolerance = 30),
	HEALTH("10.1.1.1", DOWN),
	IN_MANY("wan", 200, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(UP(1000), 53)),
	SENT("lan", "10.1.0.2>10.1.1.2 ", 200),
	HEALTH("10.1.1.2", DOWN),
	FROM_CLIENT(UDP(1000, 53)), DROPPED(NO_BACKEND, 1),
	END
};

static const struct golden_step packets[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"), NEIGHBOUR("wan", "2001:db8:1::100", "02::c1"),
	FROM_CLIENT(TCP(1000, 81, "S", .seq = 100, .options = "020405b4")), EVENT(RESOLVE, "lan", "10.1.1.1"), COUNT(HELD, 1),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 DF { ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>81 S seq 100 ack 0 "
	    "win 65535 opt 02040514 len 0 [csum ok] }"),
	NEIGHBOUR("lan", "2001:db8:2::1:1", "02::b1"),
	FROM_CLIENT6(TCP(1000, 80, "FA", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 flow $1 udp $2>6080 gue "
	    "{ ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 tcp 1000>80 FA seq 101 ack 501 win 65535 len 0 [csum ok] } [csum none]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.20", .df = 1), UDP(1000, 8050), PAYLOAD("a")),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.20 ttl 63 DF udp 1000>8050 len 1 \"a\" [csum ok]"),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501), FILL(1441)),
	SENT("wan", "icmp unreachable 4 mtu 1480 ", 1), DROPPED(MTU, 1),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501), FILL(1440)), SENT("lan", " len 1440 ", 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), TCP(1000, 81, "A", .seq = 101, .ack = 501)),
	SENT("wan", "time-exceeded", 1), DROPPED(TTL, 1),
	/* fragments: the later ones follow the first */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.20", .id = 8, .mf = 1), UDP(1000, 8050), FILL(96)),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.20 ttl 63 frag 8:0+ udp 1000>8050 len 96 #a1550405"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.20", .id = 8, .offset = 104, .proto = 17), PAYLOAD("tail")),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.20 ttl 63 frag 8:104 proto 17 len 4 \"tail\""),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(1000, 82, "S")),
	SENT("wan", " tcp 82>1000 RA ", 1), DROPPED(NO_SERVICE, 1), COUNT(FLOWS_CREATED, 0),
	END
};

/* About a reply: to the backend that sent it, without a flow; so with services that have flows, after another gateway has failed. */
#define ERROR(vport, port) IN("wan", CLIENT_ETH, IP4("192.0.2.77", "192.0.2.10"), ICMP(3, 4, .rest = 1400), \
	IP4("192.0.2.10", "192.0.2.100", .df = 1), TCP(vport, port, "A", .seq = 501, .ack = 101))
static const struct golden_step errors[] = {
	RESOLVED,
	ERROR(81, 1000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 id 1 { ip4 192.0.2.77>192.0.2.10 ttl 63 icmp unreachable 4 mtu 1400 "
	    "{ ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 81>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok] }"),
	COUNT(ICMP_ERRORS_STEERED, 1),
	ERROR(99, 1000), DROPPED(ICMP_NO_FLOW, 1),
	END
};

static const struct golden_step unknown[] = {
	RESOLVED,
	ERROR(80, 1000), SENT("lan", "192.0.2.77>192.0.2.10 ttl 63 icmp ", 1), COUNT(ICMP_ERRORS_STEERED, 1), COUNT(FLOWS_CREATED, 0),
	/* so do resets, which open no flow either */
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 9)), SENT("lan", " tcp 1000>80 R ", 1), COUNT(FLOWS_CREATED, 0),
	END
};

static const struct golden_step workers[] = {
	RESOLVED,
	IN_MANY("wan", 200, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), TCP(UP(1000), 81, "A", .seq = 1, .ack = 1)),
	SENT("lan", "10.1.0.2>10.1.1.1 ", 200), COUNT(FLOWS_CREATED, 0),
	END
};

/* What takes the long way stays behind what came before it, with flows and without. */
#define ORDER(more) ONE_WAY_CONFIG("", ONE_WAY("log", "ipip", "maglev", "192.0.2.10", "53", "udp", more BACKEND_V4) ", " \
	ONE_WAY("web", "ipip", "maglev", "192.0.2.10", "80", "tcp", more BACKEND_V4))
#define OUTER "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 "
static const struct golden_step order[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 100, .ack = 501)),
	OUT("lan", OUTER "DF { ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 A seq 100 ack 501 win 65535 len 0 [csum ok] }"),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("x")), FROM_CLIENT(TCP(1000, 80, "FA", .seq = 102, .ack = 501)),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 103, .ack = 502)),
	OUT("lan", OUTER "DF { ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 PA seq 101 ack 501 win 65535 len 1 \"x\" [csum ok] }"),
	OUT("lan", OUTER "DF { ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 FA seq 102 ack 501 win 65535 len 0 [csum ok] }"),
	OUT("lan", OUTER "DF { ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 A seq 103 ack 502 win 65535 len 0 [csum ok] }"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("1")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), FILL(1472)), /* too long for the tunnel, and may be cut */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("2")),
	OUT("lan", OUTER "{ ip4 192.0.2.100>192.0.2.10 ttl 63 udp 1000>53 len 1 \"1\" [csum ok] }"),
	OUT("lan", OUTER "{ ip4 192.0.2.100>192.0.2.10 ttl 63 frag 0:0+ udp 1000>53 len 1448 #33608735 }"),
	OUT("lan", OUTER "{ ip4 192.0.2.100>192.0.2.10 ttl 63 frag 0:1456 proto 17 len 24 #e2dbfd75 }"),
	OUT("lan", OUTER "{ ip4 192.0.2.100>192.0.2.10 ttl 63 udp 1000>53 len 1 \"2\" [csum ok] }"),
	END
};

/* A service that had flows has none from now on: those that there are go on where they are. */
#define TAKES_OVER STATELESS("web", "dsr", "maglev", "192.0.2.10", "80", "tcp", BACKENDS_V4)
static const struct golden_step takes_over_nat[] = {
	RESOLVED,
	OPENED,
	RELOAD(ONE_WAY_CONFIG("", TAKES_OVER)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 100)), SENT("lan", "192.0.2.100>192.0.2.10 ttl 63 DF tcp 1001>80 S ", 1), COUNT(FLOWS_CREATED, 0),
	END
};

/* As many flows at two backends in turn as the table would send to one or the other: each stays. */
static const struct golden_step takes_over_dsr[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)), OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 100)), OUT("lan", "eth 02::f1>02::b2 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1001>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1002, 80, "S", .seq = 100)), OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1002>80 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	RELOAD(ONE_WAY_CONFIG("", TAKES_OVER)),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 1)), OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1000>80 A seq 101 ack 1 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1001, 80, "A", .seq = 101, .ack = 1)), OUT("lan", "eth 02::f1>02::b2 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1001>80 A seq 101 ack 1 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1002, 80, "A", .seq = 101, .ack = 1)), OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 DF tcp 1002>80 A seq 101 ack 1 win 65535 len 0 [csum ok]"),
	END
};
#define HAD_FLOWS ONE_WAY_CONFIG("", ONE_WAY("web", "dsr", "round-robin", "192.0.2.10", "80", "tcp", BACKENDS_V4))

/* Nobody is there: a segment is reset, but no reset, and nothing that is not known to be a segment; nor what comes from ourselves. */
#define RESETS ONE_WAY_CONFIG("", STATELESS("web", "dsr", "maglev", "192.0.2.10", "80", "tcp", "\"on_exhaustion\": \"reset\", " BACKEND_V4))
static const struct golden_step resets[] = {
	RESOLVED,
	HEALTH("10.1.1.1", DOWN),
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>1000 RA seq 0 ack 101 win 0 len 0 [csum ok]"), DROPPED(NO_BACKEND, 1),
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 100)), DROPPED(NO_BACKEND, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .mf = 1, .id = 5), TCP(1000, 80, "A", .seq = 100, .ack = 7), FILL(20)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>1000 R seq 7 ack 0 win 0 len 0 [csum ok]"), DROPPED(NO_BACKEND, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .offset = 40, .proto = 6, .id = 5), FILL(40)), DROPPED(NO_BACKEND, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.10", "192.0.2.10"), TCP(80, 80, "A", .seq = 100)), DROPPED(IP_SOURCE, 1),
	END
};

static const struct golden_case cases[] = {
	{ "order", ORDER("\"stateless\": true, "), .steps = order },
	{ "order with flows", ORDER(""), .steps = order },
	{ "takes over from full NAT", LAB_CONFIG, .steps = takes_over_nat },
	{ "takes over from dsr", HAD_FLOWS, .steps = takes_over_dsr },
	{ "resets", RESETS, .steps = resets },
	{ "tables", CONFIG(""), .steps = tables },
	{ "packets", CONFIG(""), .steps = packets },
	{ "ICMP errors", CONFIG(""), .steps = errors },
	{ "unknown flows", WITH_FLOWS, .steps = unknown },
	{ "workers", CONFIG("\"workers\": 2, "), .queues = 2, .steps = workers },
	{ .name = NULL },
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "stateless", cases);
}
