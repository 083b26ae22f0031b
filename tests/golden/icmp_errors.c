/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors about packets of flows, in both directions: docs/rfc/rfc5508.md names the case of each requirement.
 *
 *	client 192.0.2.100 -- router 203.0.113.9 -- sluice -- router 10.1.7.7 -- backend 10.1.1.1
 */
#include "lab.h"

/* From the client's side to the VIP, about what we sent to the client; and the client itself. */
#define CLIENT_SIDE(type, code, ...) CLIENT_ETH, IP4("203.0.113.9", "192.0.2.10", .ttl = 60), ICMP(type, code, __VA_ARGS__)
#define CLIENT_SIDE6(type, code, ...) \
	CLIENT_ETH, IP6("2001:db8:f::9", "2001:db8:1::10", .ttl = 60), ICMP(type, code, __VA_ARGS__)
#define TO_CLIENT IP4("192.0.2.10", "192.0.2.100", .ttl = 50)
#define TO_CLIENT6 IP6("2001:db8:1::10", "2001:db8:1::100", .ttl = 50)
/* From the backend's side to the source-NAT address, about what we sent to the backend. */
#define BACKEND_SIDE(type, code, ...) \
	ETH("02::77", "02::f1"), IP4("10.1.7.7", "10.1.0.3", .ttl = 60), ICMP(type, code, __VA_ARGS__)
#define BACKEND_SIDE6(type, code, ...) \
	ETH("02::77", "02::f1"), IP6("2001:db8:2::7:7", "2001:db8:2::3", .ttl = 60), ICMP(type, code, __VA_ARGS__)
#define TO_BACKEND IP4("10.1.0.3", "10.1.1.1", .ttl = 50)
#define TO_BACKEND6 IP6("2001:db8:2::3", "2001:db8:2::1:1", .ttl = 50)

/* How the other end gets them. */
#define BACKEND_GETS "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 59 icmp "
#define BACKEND_GETS6 "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 59 icmp "
#define BY_BACKEND " { ip4 10.1.1.1>10.1.0.3 ttl 50 "
#define BY_BACKEND6 " { ip6 2001:db8:2::1:1>2001:db8:2::3 ttl 50 "
#define CLIENT_GETS "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 59 icmp "
#define CLIENT_GETS6 "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 59 icmp "
#define BY_CLIENT " { ip4 192.0.2.100>192.0.2.10 ttl 50 "
#define BY_CLIENT6 " { ip6 2001:db8:1::100>2001:db8:1::10 ttl 50 "

#define OPENED6 \
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1000, 80, "S", .seq = 100)), \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)), \
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]")
#define QUERY \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]")
#define QUERY6 \
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")), \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]")

#define DATA_TO_CLIENT TCP(80, 1000, "PA", .seq = 501, .ack = 101), PAYLOAD("hello")
#define DATA_BY_BACKEND "tcp 8080>$1 PA seq 501 ack 101 win 65535 len 5 \"hello\" [csum ok] } [csum ok]"
#define DATA_TO_BACKEND TCP(VAR(1), 8080, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")
#define DATA_BY_CLIENT "tcp 1000>80 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok] } [csum ok]"

/* Every kind, code, pointer and MTU as they came; from any router; the sender is the address known over there. */
static const struct golden_step to_backend_v4[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS "unreachable 1" BY_BACKEND DATA_BY_BACKEND),
	COUNT(ICMP_ERRORS_TRANSLATED, 1),
	IN("wan", CLIENT_SIDE(3, 4, .rest = 1300), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS "unreachable 4 mtu 1300" BY_BACKEND DATA_BY_BACKEND),
	IN("wan", CLIENT_SIDE(11, 0), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS "time-exceeded 0" BY_BACKEND DATA_BY_BACKEND),
	IN("wan", CLIENT_SIDE(12, 0, .rest = 1 << 24), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS "parameter 0 rest 16777216" BY_BACKEND DATA_BY_BACKEND),
	/* the client itself, with the DS field of its packet (RFC 5508 REQ-10e) */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0xc0, .ttl = 60), ICMP(3, 2), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 59 tos 0xc0 icmp unreachable 2" BY_BACKEND DATA_BY_BACKEND),
	END
};

static const struct golden_step to_client_v4[] = {
	RESOLVED,
	OPENED,
	IN("lan", BACKEND_SIDE(3, 0), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "unreachable 0" BY_CLIENT DATA_BY_CLIENT),
	COUNT(ICMP_ERRORS_TRANSLATED, 1),
	IN("lan", BACKEND_SIDE(3, 4, .rest = 1300), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "unreachable 4 mtu 1300" BY_CLIENT DATA_BY_CLIENT),
	IN("lan", BACKEND_SIDE(11, 1), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "time-exceeded 1" BY_CLIENT DATA_BY_CLIENT),
	IN("lan", BACKEND_SIDE(12, 0, .rest = 1 << 24), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "parameter 0 rest 16777216" BY_CLIENT DATA_BY_CLIENT),
	/* the backend itself */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .ttl = 60), ICMP(3, 10), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "unreachable 10" BY_CLIENT DATA_BY_CLIENT),
	END
};

static const struct golden_step to_backend_v6[] = {
	RESOLVED,
	OPENED6,
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT6, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS6 "unreachable 3" BY_BACKEND6 DATA_BY_BACKEND),
	IN("wan", CLIENT_SIDE6(2, 0, .rest = 1300), TO_CLIENT6, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS6 "too-big 0 mtu 1300" BY_BACKEND6 DATA_BY_BACKEND),
	IN("wan", CLIENT_SIDE6(3, 0), TO_CLIENT6, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS6 "time-exceeded 0" BY_BACKEND6 DATA_BY_BACKEND),
	IN("wan", CLIENT_SIDE6(4, 1, .rest = 6), TO_CLIENT6, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS6 "parameter 1 rest 6" BY_BACKEND6 DATA_BY_BACKEND),
	COUNT(ICMP_ERRORS_TRANSLATED, 1),
	END
};

static const struct golden_step to_client_v6[] = {
	RESOLVED,
	OPENED6,
	IN("lan", BACKEND_SIDE6(1, 0), TO_BACKEND6, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS6 "unreachable 0" BY_CLIENT6 DATA_BY_CLIENT),
	IN("lan", BACKEND_SIDE6(2, 0, .rest = 1300), TO_BACKEND6, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS6 "too-big 0 mtu 1300" BY_CLIENT6 DATA_BY_CLIENT),
	IN("lan", BACKEND_SIDE6(3, 0), TO_BACKEND6, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS6 "time-exceeded 0" BY_CLIENT6 DATA_BY_CLIENT),
	IN("lan", BACKEND_SIDE6(4, 1, .rest = 6), TO_BACKEND6, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS6 "parameter 1 rest 6" BY_CLIENT6 DATA_BY_CLIENT),
	COUNT(ICMP_ERRORS_TRANSLATED, 1),
	END
};

/* A UDP port that nobody listens on any more; a checksum of 0 stays. */
static const struct golden_step udp[] = {
	RESOLVED,
	QUERY,
	IN("lan", BACKEND_SIDE(3, 3), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?")),
	OUT("wan", CLIENT_GETS "unreachable 3" BY_CLIENT "udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	IN("lan", BACKEND_SIDE(3, 3), TO_BACKEND, UDP(VAR(1), 8080, .no_checksum = 1), PAYLOAD("a?")),
	OUT("wan", CLIENT_GETS "unreachable 3" BY_CLIENT "udp 1000>53 len 2 \"a?\" [csum none] } [csum ok]"),
	IN("wan", CLIENT_SIDE(3, 3), TO_CLIENT, UDP(53, 1000), PAYLOAD("a!")),
	OUT("lan", BACKEND_GETS "unreachable 3" BY_BACKEND "udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	END
};

static const struct golden_step udp_v6[] = {
	RESOLVED,
	QUERY6,
	IN("lan", BACKEND_SIDE6(1, 4), TO_BACKEND6, UDP(VAR(1), 8080), PAYLOAD("a?")),
	OUT("wan", CLIENT_GETS6 "unreachable 4" BY_CLIENT6 "udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	IN("wan", CLIENT_SIDE6(1, 4), TO_CLIENT6, UDP(53, 1000), PAYLOAD("a!")),
	OUT("lan", BACKEND_GETS6 "unreachable 4" BY_BACKEND6 "udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	END
};

/* Eight bytes of TCP are enough; seven are not. */
static const struct golden_step truncated[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(11, 0, .length = 28), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS "time-exceeded 0" BY_BACKEND "tcp 8080>$1 seq 501 short #811c9dc5 } [csum ok]"),
	IN("lan", BACKEND_SIDE(11, 0, .length = 28), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "time-exceeded 0" BY_CLIENT "tcp 1000>80 seq 101 short #811c9dc5 } [csum ok]"),
	IN("lan", BACKEND_SIDE(11, 0, .length = 40), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "time-exceeded 0" BY_CLIENT "tcp 1000>80 PA seq 101 ack 501 win 65535 len 0 } [csum ok]"),
	IN("lan", BACKEND_SIDE(11, 0, .length = 27), TO_BACKEND, DATA_TO_BACKEND),
	IN("lan", BACKEND_SIDE(11, 0, .length = 19), TO_BACKEND, DATA_TO_BACKEND),
	IN("lan", BACKEND_SIDE(11, 0), PAYLOAD("")),
	DROPPED(ICMP_QUOTE, 3),
	END
};

static const struct golden_step truncated_v6[] = {
	RESOLVED,
	OPENED6,
	IN("wan", CLIENT_SIDE6(3, 0, .length = 48), TO_CLIENT6, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS6 "time-exceeded 0" BY_BACKEND6 "tcp 8080>$1 seq 501 short #811c9dc5 } [csum ok]"),
	IN("lan", BACKEND_SIDE6(3, 0, .length = 48), TO_BACKEND6, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS6 "time-exceeded 0" BY_CLIENT6 "tcp 1000>80 seq 101 short #811c9dc5 } [csum ok]"),
	IN("lan", BACKEND_SIDE6(3, 0, .length = 47), TO_BACKEND6, DATA_TO_BACKEND),
	IN("lan", BACKEND_SIDE6(3, 0, .length = 39), TO_BACKEND6, DATA_TO_BACKEND),
	DROPPED(ICMP_QUOTE, 2),
	END
};

/* Options and extension headers of the quoted packet are walked past, in one segment or several. */
static const struct golden_step options[] = {
	RESOLVED,
	OPENED,
	IN("lan", BACKEND_SIDE(3, 1), IP4("10.1.0.3", "10.1.1.1", .ttl = 50, .options = "0101010101010101"), DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "unreachable 1 { ip4 192.0.2.100>192.0.2.10 ttl 50 opt 0101010101010101 " DATA_BY_CLIENT),
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT, DATA_TO_CLIENT, SPLIT(43, 9, 5)),
	OUT("lan", BACKEND_GETS "unreachable 1" BY_BACKEND DATA_BY_BACKEND),
	END
};

static const struct golden_step options_v6[] = {
	RESOLVED,
	OPENED6,
	IN("lan", BACKEND_SIDE6(1, 3), TO_BACKEND6, HOPOPTS(), DSTOPTS(), FRAG6(7, 0, 0), DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS6 "unreachable 3" BY_CLIENT6 "hbh dst frag 7:0 " DATA_BY_CLIENT),
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT6, DSTOPTS(), DATA_TO_CLIENT, SPLIT(60, 30, 30)),
	OUT("lan", BACKEND_GETS6 "unreachable 3" BY_BACKEND6 "dst " DATA_BY_BACKEND),
	END
};

/* An MPLS label stack (RFC 4950) behind 128 bytes of the original datagram passes as it is. */
#define MPLS "\x20\x00\x00\x00\x00\x08\x01\x01\x00\x01\x01\x01"
static const struct golden_step extensions[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(11, 0, .rest = 32 << 16),
	   IP4("192.0.2.10", "192.0.2.100", .ttl = 50, .length = 1500), TCP(80, 1000, "A", .seq = 501), FILL(88), BYTES(MPLS, 12)),
	OUT("lan", BACKEND_GETS "time-exceeded 0 rest 2097152" BY_BACKEND "tcp 8080>$1 A seq 501 ack 0 win 65535 len 100 #d8e66582 } [csum ok]"),
	END
};

/* The error's own checksum is verified, and that of the quoted header; that of the quoted layer 4 is not, and stays as wrong. */
static const struct golden_step checksums[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(3, 1, .bad_checksum = 1), TO_CLIENT, DATA_TO_CLIENT),
	IN("lan", BACKEND_SIDE(3, 1, .bad_checksum = 1), TO_BACKEND, DATA_TO_BACKEND),
	DROPPED(L4_CHECKSUM, 2),
	IN("lan", BACKEND_SIDE(3, 1), IP4("10.1.0.3", "10.1.1.1", .bad_checksum = 1), DATA_TO_BACKEND),
	DROPPED(ICMP_QUOTE, 1),
	IN("lan", BACKEND_SIDE(3, 1), TO_BACKEND, TCP(VAR(1), 8080, "A", .seq = 7, .bad_checksum = 1)),
	OUT("wan", CLIENT_GETS "unreachable 1" BY_CLIENT "tcp 1000>80 A seq 7 ack 0 win 65535 len 0 [csum BAD] } [csum ok]"),
	END
};

static const struct golden_step checksums_v6[] = {
	RESOLVED,
	OPENED6,
	IN("wan", CLIENT_SIDE6(1, 3, .bad_checksum = 1), TO_CLIENT6, DATA_TO_CLIENT),
	IN("lan", BACKEND_SIDE6(1, 3, .bad_checksum = 1), TO_BACKEND6, DATA_TO_BACKEND),
	DROPPED(L4_CHECKSUM, 2),
	IN("lan", BACKEND_SIDE6(1, 3), TO_BACKEND6, TCP(VAR(1), 8080, "A", .seq = 7, .bad_checksum = 1)),
	OUT("wan", CLIENT_GETS6 "unreachable 3" BY_CLIENT6 "tcp 1000>80 A seq 7 ack 0 win 65535 len 0 [csum BAD] } [csum ok]"),
	END
};

/* About packets that no flow here has sent. */
static const struct golden_step unknown[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT, TCP(80, 1001, "A")),
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT, UDP(80, 1000)),
	IN("wan", CLIENT_SIDE(3, 1), IP4("192.0.2.10", "192.0.2.101"), TCP(80, 1000, "A")),
	IN("lan", BACKEND_SIDE(3, 1), IP4("10.1.0.3", "10.1.1.2"), TCP(VAR(1), 8080, "A")),
	/* to the interface's own address */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), ICMP(3, 3), IP4("192.0.2.2", "192.0.2.100"), UDP(80, 1000)),
	DROPPED(ICMP_NO_FLOW, 5),
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT6, TCP(80, 1000, "A")),
	IN("lan", BACKEND_SIDE6(1, 3), TO_BACKEND6, TCP(VAR(1), 8080, "A")),
	DROPPED(ICMP_NO_FLOW, 2),
	COUNT(ICMP_ERRORS_TRANSLATED, 0),
	END
};

/* No quote of ours: from elsewhere, of the other family, with impossible lengths. */
static const struct golden_step malformed[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(3, 1), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A")),
	IN("wan", CLIENT_SIDE(3, 1), IP4("10.1.0.3", "10.1.1.1"), TCP(VAR(1), 8080, "A")),
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT6, TCP(80, 1000, "A")),
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT, TCP(80, 1000, "A")),
	IN("wan", CLIENT_SIDE(3, 1), IP4("192.0.2.10", "192.0.2.100", .version_ihl = 0x44), TCP(80, 1000, "A")),
	IN("wan", CLIENT_SIDE(3, 1), IP4("192.0.2.10", "192.0.2.100", .length = 24), TCP(80, 1000, "A")),
	IN("wan", CLIENT_SIDE6(1, 3), IP6("2001:db8:1::10", "2001:db8:1::100", .length = 4), TCP(80, 1000, "A")),
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT6, DSTOPTS(.length = 7), TCP(80, 1000, "A")),
	DROPPED(ICMP_QUOTE, 8),
	END
};

/* What is neither translated nor answered. */
static const struct golden_step others[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_SIDE(4, 0), TO_CLIENT, DATA_TO_CLIENT),
	IN("wan", CLIENT_SIDE(5, 1, .rest = 0x0a010101), TO_CLIENT, DATA_TO_CLIENT),
	IN("lan", BACKEND_SIDE(4, 0), TO_BACKEND, DATA_TO_BACKEND),
	IN("lan", BACKEND_SIDE(5, 1, .rest = 0x0a010101), TO_BACKEND, DATA_TO_BACKEND),
	IN("wan", CLIENT_SIDE(9, 0)),
	IN("wan", CLIENT_SIDE(17, 0)),
	IN("wan", CLIENT_SIDE6(100, 0), TO_CLIENT6, DATA_TO_CLIENT),
	IN("wan", CLIENT_SIDE6(0, 0), TO_CLIENT6, DATA_TO_CLIENT),
	DROPPED(ICMP, 8),
	/* about the answer to a ping, or what we never send */
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT, ECHO_REPLY(7, 1)),
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT6, ECHO_REPLY(7, 1)),
	IN("wan", CLIENT_SIDE6(1, 3), TO_CLIENT6, ROUTING(4, 1), DATA_TO_CLIENT),
	DROPPED(ICMP, 3),
	END
};

/* A first fragment has ports, a later one has not. Its number is ours, and not shown. */
static const struct golden_step fragments[] = {
	RESOLVED,
	QUERY,
	IN("lan", BACKEND_SIDE(11, 1), IP4("10.1.0.3", "10.1.1.1", .ttl = 50, .id = 9, .mf = 1), UDP(VAR(1), 8080, .length = 99), FILL(16)),
	OUT("wan", CLIENT_GETS "time-exceeded 1 { ip4 192.0.2.100>192.0.2.10 ttl 50 frag 0:0+ udp 1000>53 len 16 #850a3145 } [csum ok]"),
	IN("lan", BACKEND_SIDE(11, 1), IP4("10.1.0.3", "10.1.1.1", .id = 9, .offset = 24, .proto = 17), FILL(16)),
	IN("lan", BACKEND_SIDE(11, 1), IP4("10.1.0.3", "10.1.1.1", .id = 9, .offset = 24, .proto = 17), FILL(4)),
	IN("lan", BACKEND_SIDE6(3, 1), TO_BACKEND6, FRAG6(9, 24, 0, .proto = 17), FILL(16)),
	DROPPED(ICMP_FRAGMENT, 3),
	/* the error itself in pieces */
	IN("lan", ETH("02::77", "02::f1"), IP4("10.1.7.7", "10.1.0.3", .id = 5, .mf = 1), ICMP(3, 1), TO_BACKEND, TCP(VAR(1), 8080, "A")),
	DROPPED(FRAGMENT, 1),
	END
};

/* Errors do not keep a flow alive... */
static const struct golden_step no_refresh[] = {
	RESOLVED,
	QUERY,
	TIME(110000),
	IN("lan", BACKEND_SIDE(3, 1), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?")),
	OUT("wan", CLIENT_GETS "unreachable 1" BY_CLIENT "udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	IN("wan", CLIENT_SIDE(3, 1), TO_CLIENT, UDP(53, 1000), PAYLOAD("a!")),
	OUT("lan", BACKEND_GETS "unreachable 1" BY_BACKEND "udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	TIME(11000),
	COUNT(FLOWS_EXPIRED, 1),
	IN("lan", BACKEND_SIDE(3, 1), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?")),
	DROPPED(ICMP_NO_FLOW, 1),
	END
};

/* ...nor do they end one, hard errors included, nor change its timeouts. */
static const struct golden_step no_end[] = {
	RESOLVED,
	OPENED,
	IN("lan", BACKEND_SIDE(3, 3), TO_BACKEND, DATA_TO_BACKEND),
	OUT("wan", CLIENT_GETS "unreachable 3" BY_CLIENT DATA_BY_CLIENT),
	IN("wan", CLIENT_SIDE(3, 3), TO_CLIENT, DATA_TO_CLIENT),
	OUT("lan", BACKEND_GETS "unreachable 3" BY_BACKEND DATA_BY_BACKEND),
	TIME(300000),
	COUNT(FLOWS_EXPIRED, 0),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	END
};

/* An error is routed like any packet, and its own end is silent (RFC 1122 section 3.2.2). */
static const struct golden_step routed[] = {
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	QUERY,
	IN("lan", ETH("02::77", "02::f1"), IP4("10.1.7.7", "10.1.0.3", .ttl = 1), ICMP(3, 1), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?")),
	DROPPED(TTL, 1),
	COUNT(ICMP_ERRORS_SENT, 0),
	IN("lan", BACKEND_SIDE(3, 1), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?")),
	COUNT(HELD, 1),
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	OUT("wan", CLIENT_GETS "unreachable 1" BY_CLIENT "udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	END
};

/* The rate limit is for errors made here: one in a tenth of a second, or none at all. Translated ones have none. */
#define LATE IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1000, 53), PAYLOAD("a?"))
#define LATE_OUT \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp time-exceeded 0 { ip4 192.0.2.100>192.0.2.10 ttl 1 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]")
#define UNREACHABLE IN("lan", BACKEND_SIDE(3, 3), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?"))
#define UNREACHABLE_OUT OUT("wan", CLIENT_GETS "unreachable 3" BY_CLIENT "udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]")
#define PPS(n) LAB_CONFIG_WITH("\"icmp_errors_pps\": " #n ", ")

static const struct golden_step rate_limit[] = {
	RESOLVED,
	LATE, LATE, LATE,
	LATE_OUT,
	DROPPED(TTL, 3), COUNT(ICMP_ERRORS_SENT, 1), COUNT(ICMP_ERRORS_LIMITED, 2),
	TIME(200),
	LATE,
	LATE_OUT,
	DROPPED(TTL, 1),
	QUERY,
	UNREACHABLE, UNREACHABLE, UNREACHABLE,
	UNREACHABLE_OUT, UNREACHABLE_OUT, UNREACHABLE_OUT,
	COUNT(ICMP_ERRORS_TRANSLATED, 3), COUNT(ICMP_ERRORS_LIMITED, 0),
	RELOAD(PPS(0)),
	TIME(10000),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1001, 53), PAYLOAD("a?")),
	DROPPED(TTL, 1), COUNT(ICMP_ERRORS_LIMITED, 1),
	UNREACHABLE,
	UNREACHABLE_OUT,
	END
};

/* A backend is the client of its own VIP: errors find their way back as well (RFC 5508 REQ-7). */
static const struct golden_step hairpin[] = {
	RESOLVED,
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND_SIDE(3, 3), TO_BACKEND, UDP(VAR(1), 8080), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b2 ip4 192.0.2.10>10.1.1.2 ttl 59 icmp unreachable 3 { ip4 10.1.1.2>192.0.2.10 ttl 50 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "192.0.2.10", .ttl = 60), ICMP(3, 3), IP4("192.0.2.10", "10.1.1.2", .ttl = 50), UDP(53, 1000), PAYLOAD("a!")),
	OUT("lan", BACKEND_GETS "unreachable 3" BY_BACKEND "udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	END
};

/* Two workers: an error goes to the worker of the flow, whichever queue it came in by. */
static const struct golden_step workers[] = {
	RESOLVED,
	OPENED,
	IN("wan.0", CLIENT_SIDE(3, 1), TO_CLIENT, DATA_TO_CLIENT),
	IN("wan.1", CLIENT_SIDE(3, 1), TO_CLIENT, DATA_TO_CLIENT),
	COUNT(HANDED_OUT, 1), COUNT(HANDED_IN, 1), COUNT(ICMP_ERRORS_TRANSLATED, 2),
	OUT("lan", BACKEND_GETS "unreachable 1" BY_BACKEND DATA_BY_BACKEND),
	OUT("lan", BACKEND_GETS "unreachable 1" BY_BACKEND DATA_BY_BACKEND),
	IN("lan.0", BACKEND_SIDE(3, 1), TO_BACKEND, DATA_TO_BACKEND),
	IN("lan.1", BACKEND_SIDE(3, 1), TO_BACKEND, DATA_TO_BACKEND),
	COUNT(HANDED_OUT, 1), COUNT(HANDED_IN, 1), COUNT(ICMP_ERRORS_TRANSLATED, 2),
	OUT("wan", CLIENT_GETS "unreachable 1" BY_CLIENT DATA_BY_CLIENT),
	OUT("wan", CLIENT_GETS "unreachable 1" BY_CLIENT DATA_BY_CLIENT),
	/* nothing to go by: whoever has it drops it */
	IN("lan.0", BACKEND_SIDE(3, 1), TO_BACKEND, ECHO(7, 1)),
	IN("lan.1", BACKEND_SIDE(3, 1), TO_BACKEND, ECHO(7, 1)),
	DROPPED(ICMP, 2),
	COUNT(HANDED_OUT, 0),
	END
};

static const struct golden_step workers_v6[] = {
	RESOLVED,
	OPENED6,
	IN("wan.0", CLIENT_SIDE6(1, 3), TO_CLIENT6, DATA_TO_CLIENT),
	IN("wan.1", CLIENT_SIDE6(1, 3), TO_CLIENT6, DATA_TO_CLIENT),
	COUNT(HANDED_OUT, 1), COUNT(HANDED_IN, 1),
	OUT("lan", BACKEND_GETS6 "unreachable 3" BY_BACKEND6 DATA_BY_BACKEND),
	OUT("lan", BACKEND_GETS6 "unreachable 3" BY_BACKEND6 DATA_BY_BACKEND),
	IN("lan.0", BACKEND_SIDE6(1, 3), TO_BACKEND6, DATA_TO_BACKEND),
	IN("lan.1", BACKEND_SIDE6(1, 3), TO_BACKEND6, DATA_TO_BACKEND),
	COUNT(HANDED_OUT, 1), COUNT(HANDED_IN, 1),
	OUT("wan", CLIENT_GETS6 "unreachable 3" BY_CLIENT6 DATA_BY_CLIENT),
	OUT("wan", CLIENT_GETS6 "unreachable 3" BY_CLIENT6 DATA_BY_CLIENT),
	END
};

#define TWO LAB_CONFIG_WITH("\"workers\": 2, ")

static const struct golden_case cases[] = {
	{ "to the backend", LAB_CONFIG, 0, to_backend_v4 },
	{ "to the client", LAB_CONFIG, 0, to_client_v4 },
	{ "to the backend, IPv6", LAB_CONFIG, 0, to_backend_v6 },
	{ "to the client, IPv6", LAB_CONFIG, 0, to_client_v6 },
	{ "UDP", LAB_CONFIG, 0, udp },
	{ "UDP, IPv6", LAB_CONFIG, 0, udp_v6 },
	{ "truncated quotes", LAB_CONFIG, 0, truncated },
	{ "truncated quotes, IPv6", LAB_CONFIG, 0, truncated_v6 },
	{ "options in the quote", LAB_CONFIG, 0, options },
	{ "extension headers in the quote", LAB_CONFIG, 0, options_v6 },
	{ "ICMP extensions", LAB_CONFIG, 0, extensions },
	{ "checksums", LAB_CONFIG, 0, checksums },
	{ "checksums, IPv6", LAB_CONFIG, 0, checksums_v6 },
	{ "unknown flows", LAB_CONFIG, 0, unknown },
	{ "malformed quotes", LAB_CONFIG, 0, malformed },
	{ "other messages", LAB_CONFIG, 0, others },
	{ "quoted fragments", LAB_CONFIG, 0, fragments },
	{ "no flow is refreshed", LAB_CONFIG, 0, no_refresh },
	{ "no flow is ended", LAB_CONFIG, 0, no_end },
	{ "routing", LAB_CONFIG, 0, routed },
	{ "rate limit", PPS(10), 0, rate_limit },
	{ "hairpin", LAB_CONFIG, 0, hairpin },
	{ "two workers", TWO, 2, workers },
	{ "two workers, IPv6", TWO, 2, workers_v6 },
	{ "two workers with RSS", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), workers },
	{ "two workers with RSS, IPv6", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), workers_v6 },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "icmp_errors", cases);
}
