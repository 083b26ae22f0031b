/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PROXY headers: where they go, what becomes of the numbers around them, and what happens when they are lost, refused or not
 * wanted. What is in them: tests/unit/proxy.c; here a header shows as its length and hash. The header of version 2 for IPv4 has 28
 * bytes: a client's SYN 100 leaves as 72, the header is 73 to 100, the client's first byte 101.
 */
#include "proxy.h"

/* ---- it goes where it should ---- */

static const struct golden_step v2[] = {
	RESOLVED,
	SYN, SYN_ACK,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF " HEADER),
	COUNT(PROXY_HEADERS_SENT, 1),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 101)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "PA", .seq = 501, .ack = 106), PAYLOAD("hello")),
	TO_CLIENT("63 tcp 80>1000 PA seq 501 ack 106 win 65535 len 5 \"hello\" [csum ok]"),
	TIME(60000), /* nothing is sent again */
	COUNT(PROXY_HEADERS_REPEATED, 0),
	CALL(assert_ordinary),
	END
};

static const struct golden_step v1[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 81, "S", .seq = 100)),
	TO_BACKEND("63 tcp $1>8080 S seq 57 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 58)),
	TO_CLIENT("63 tcp 81>1000 SA seq 500 ack 101 win 65492 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 58 ack 501 win 65535 len 43 #c95ae02f [csum ok]"),
	END
};

static const struct golden_step v2_ipv6[] = {
	RESOLVED,
	V6_CLIENT(TCP(1000, 80, "S", .seq = 100)),
	V6_TO_BACKEND("63 tcp $1>8080 S seq 48 ack 0 win 65535 len 0 [csum ok]"),
	V6_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 49)),
	V6_TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 65483 len 0 [csum ok]"),
	V6_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	V6_TO_BACKEND("64 tcp $1>8080 PA seq 49 ack 501 win 65535 len 52 #426c4677 [csum ok]"),
	V6_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 101)),
	V6_TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok]"),
	CALL(assert_ordinary),
	END
};

static const struct golden_step v1_ipv6[] = {
	RESOLVED,
	V6_CLIENT(TCP(1000, 81, "S", .seq = 100)),
	V6_TO_BACKEND("63 tcp $1>8080 S seq 49 ack 0 win 65535 len 0 [csum ok]"),
	V6_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 50)),
	V6_TO_CLIENT("63 tcp 81>1000 SA seq 500 ack 101 win 65484 len 0 [csum ok]"),
	V6_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501)),
	V6_TO_BACKEND("64 tcp $1>8080 PA seq 50 ack 501 win 65535 len 51 #e1bd5541 [csum ok]"),
	END
};

/* The header has the addresses that the client knows, whatever the backend's family. */
static const struct golden_step nat64[] = {
	RESOLVED,
	V6_CLIENT(TCP(1000, 82, "S", .seq = 100)),
	TO_BACKEND("63 tcp $1>8080 S seq 48 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 49)),
	V6_TO_CLIENT("63 tcp 82>1000 SA seq 500 ack 101 win 65483 len 0 [csum ok]"),
	V6_CLIENT(TCP(1000, 82, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 49 ack 501 win 65535 len 52 #446c499d [csum ok]"),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	END
};

static const struct golden_step nat46[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 82, "S", .seq = 100)),
	V6_TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 len 0 [csum ok]"),
	V6_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 73)),
	TO_CLIENT("63 tcp 82>1000 SA seq 500 ack 101 win 65507 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 82, "A", .seq = 101, .ack = 501)),
	V6_TO_BACKEND("64 tcp $1>8080 PA seq 73 ack 501 win 65535 len 28 #3438406e [csum ok]"),
	END
};

static const struct golden_step dnat[] = {
	NEIGHBOUR("wan", "192.0.2.1", "02::c1"), NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	IN("wan", CLIENT_ETH, IP4("198.51.100.7", "192.0.2.10"), TCP(1000, 83, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 198.51.100.7>10.1.1.1 ttl 63 tcp 1000>8083 S seq 72 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "198.51.100.7"), TCP(8083, 1000, "SA", .seq = 500, .ack = 73)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>198.51.100.7 ttl 63 tcp 83>1000 SA seq 500 ack 101 win 65507 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("198.51.100.7", "192.0.2.10"), TCP(1000, 83, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip4 198.51.100.7>10.1.1.1 ttl 64 DF tcp 1000>8083 PA seq 73 ack 501 win 65535 len 28 #6014f0b1 [csum ok]"),
	END
};

/* A service without it, and UDP, beside one with it. */
static const struct golden_step others[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 84, "S", .seq = 100)),
	TO_BACKEND("63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	TO_CLIENT("63 tcp 84>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	END
};

/* ---- how the handshake ends ---- */

/* The ACK was lost: data completes it. In one burst with its successor, too. */
static const struct golden_step data_first[] = {
	RESOLVED,
	SYN, SYN_ACK,
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 106, .ack = 501), PAYLOAD(" HTTP")),
	TO_BACKEND("64 DF " HEADER),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	TO_BACKEND("63 tcp $1>8080 PA seq 106 ack 501 win 65535 len 5 \" HTTP\" [csum ok]"),
	COUNT(PROXY_HEADERS_SENT, 1),
	END
};

/* A FIN without any data. */
static const struct golden_step fin_first[] = {
	RESOLVED,
	SYN, SYN_ACK,
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF " HEADER),
	TO_BACKEND("63 tcp $1>8080 FA seq 101 ack 501 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "FA", .seq = 501, .ack = 102)),
	TO_CLIENT("63 tcp 80>1000 FA seq 501 ack 102 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 102, .ack = 502)),
	TO_BACKEND("63 tcp $1>8080 A seq 102 ack 502 win 65535 len 0 [csum ok]"),
	TIME(61000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* Whoever has not seen the SYN+ACK, or whose segment is corrupted, gets no header out of us. */
static const struct golden_step not_completed[] = {
	RESOLVED,
	SYN,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)), /* before there is one */
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	SYN_ACK,
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 400000), PAYLOAD("GET /")),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 400000 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501, .bad_checksum = 1)),
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum BAD]"),
	COUNT(PROXY_HEADERS_SENT, 0),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF " HEADER),
	COUNT(PROXY_HEADERS_SENT, 1),
	END
};

/* Bytes of a SYN would lie where the header must; MPTCP would not survive the header. */
static const struct golden_step syn_with_data[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100, .options = "020405b4" "1e0c00810102030405060708"), PAYLOAD("GET /index")),
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 opt 020405b4010101010101010101010101 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100), FILL(901), SPLIT(60, 200, 300)),
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 len 0 [csum ok]"),
	SYN_ACK,
	V6_CLIENT(TCP(1000, 80, "S", .seq = 100), PAYLOAD("odd")),
	V6_TO_BACKEND("63 tcp $2>8080 S seq 48 ack 0 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7, .mf = 1), TCP(1001, 80, "S", .seq = 100), FILL(20)),
	DROPPED(FRAGMENT, 1),
	/* it would have been cut, had its data not gone */
	FROM_CLIENT(TCP(1002, 82, "S", .seq = 100), FILL(1460)),
	V6_TO_BACKEND("63 tcp $4>8080 S seq 72 ack 0 win 65535 len 0 [csum ok]"),
	END
};

/* Corrupted SYNs stay so, whatever is done to them. */
static const struct golden_step corrupted_syn[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100, .options = "1e0c00810102030405060708", .bad_checksum = 1), PAYLOAD("GET /index")),
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 opt 010101010101010101010101 len 0 [csum BAD]"),
	END
};

/* The client's SYN answers a SYN; its next segment carries the header. */
static const struct golden_step simultaneous[] = {
	RESOLVED,
	SYN,
	FROM_BACKEND(TCP(8080, VAR(1), "S", .seq = 500)),
	TO_CLIENT("63 tcp 80>1000 S seq 500 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "SA", .seq = 100, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 SA seq 72 ack 501 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 73)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65507 len 0 [csum ok]"),
	COUNT(PROXY_HEADERS_SENT, 0),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	TO_BACKEND("64 DF " HEADER),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	END
};

/* The segment of the header has timestamps and window of the client's last one. */
#define TIMESTAMPS(value, echo) "0101080a" value echo
static const struct golden_step timestamps[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100, .options = TIMESTAMPS("00000001", "00000000"))),
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 opt 0101080a0000000100000000 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 73, .options = TIMESTAMPS("000000aa", "00000001"))),
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 65507 opt 0101080a000000aa00000001 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501, .window = 300, .options = TIMESTAMPS("00000002", "000000aa"))),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 73 ack 501 win 300 opt 0101080a00000002000000aa len 28 #32383d48 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501, .window = 301, .options = TIMESTAMPS("00000003", "000000aa")), PAYLOAD("x")),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 501 win 301 opt 0101080a00000003000000aa len 1 \"x\" [csum ok]"),
	TIME(201),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 73 ack 501 win 301 opt 0101080a00000003000000aa len 28 #32383d48 [csum ok]"),
	END
};

/* ---- numbers that wrap ---- */

static const struct golden_step wraps_within_header[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 10)),
	TO_BACKEND("63 tcp $1>8080 S seq 4294967278 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 4294967295, .ack = 4294967279)),
	TO_CLIENT("63 tcp 80>1000 SA seq 4294967295 ack 11 win 65507 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 11, .ack = 0)),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 4294967279 ack 0 win 65535 len 28 #32383d48 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 0, .ack = 3)), /* 20 of 28 bytes */
	TO_CLIENT("63 tcp 80>1000 A seq 0 ack 11 win 65527 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 0, .ack = 11)),
	TO_CLIENT("63 tcp 80>1000 A seq 0 ack 11 win 65535 len 0 [csum ok]"),
	CALL(assert_ordinary),
	END
};

static const struct golden_step wraps_at_first_byte[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 4294967295)),
	TO_BACKEND("63 tcp $1>8080 S seq 4294967267 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 4294967268)),
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 0 win 65507 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 0, .ack = 501), PAYLOAD("x")),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 4294967268 ack 501 win 65535 len 28 #32383d48 [csum ok]"),
	TO_BACKEND("63 tcp $1>8080 PA seq 0 ack 501 win 65535 len 1 \"x\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 1)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 1 win 65535 len 0 [csum ok]"),
	CALL(assert_ordinary),
	END
};

static const struct golden_case cases[] = {
	{ "version 2", PROXY_CONFIG, 0, v2 },
	{ "version 1", PROXY_CONFIG, 0, v1 },
	{ "version 2, IPv6", PROXY_CONFIG, 0, v2_ipv6 },
	{ "version 1, IPv6", PROXY_CONFIG, 0, v1_ipv6 },
	{ "IPv6 client, IPv4 backend", PROXY_CONFIG, 0, nat64 },
	{ "IPv4 client, IPv6 backend", PROXY_CONFIG, 0, nat46 },
	{ "mode dnat", PROXY_CONFIG, 0, dnat },
	{ "a service without", PROXY_CONFIG, 0, others },
	{ "data completes the handshake", PROXY_CONFIG, 0, data_first },
	{ "FIN completes the handshake", PROXY_CONFIG, 0, fin_first },
	{ "handshake not completed", PROXY_CONFIG, 0, not_completed },
	{ "SYN with data and MPTCP", PROXY_CONFIG, 0, syn_with_data },
	{ "SYN with data, corrupted", PROXY_CONFIG, 0, corrupted_syn },
	{ "simultaneous open", PROXY_CONFIG, 0, simultaneous },
	{ "timestamps", PROXY_CONFIG, 0, timestamps },
	{ "numbers wrap within the header", PROXY_CONFIG, 0, wraps_within_header },
	{ "numbers wrap at the first byte", PROXY_CONFIG, 0, wraps_at_first_byte },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "proxy", cases);
}
