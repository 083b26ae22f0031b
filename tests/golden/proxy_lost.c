/* SPDX-License-Identifier: BSD-3-Clause */
/* PROXY headers that are lost, late, refused, cut short by resets, or not wanted any more; servers that speak first. */
#include "proxy.h"
#include "states.h"

#define GET \
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")), \
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]")

/* ---- lost ---- */

/* By the clock: 200 ms, then twice as long each time, until it is acknowledged; the client's data is never held back. */
static const struct golden_step by_the_clock[] = {
	RESOLVED,
	HEADER_SENT,
	GET,
	TIME(197), COUNT(PROXY_HEADERS_REPEATED, 0),
	TIME(4), TO_BACKEND("64 DF " HEADER), COUNT(PROXY_HEADERS_REPEATED, 1),
	TIME(396), COUNT(PROXY_HEADERS_REPEATED, 0),
	TIME(8), TO_BACKEND("64 DF " HEADER),
	TIME(790), COUNT(PROXY_HEADERS_REPEATED, 0),
	TIME(20), TO_BACKEND("64 DF " HEADER),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 106)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 106 win 65535 len 0 [csum ok]"),
	TIME(200000),
	COUNT(PROXY_HEADERS_REPEATED, 0),
	CALL(assert_ordinary),
	END
};

/* Several of several flows, each in its own time; one ends while it waits. */
static const struct golden_step several[] = {
	RESOLVED,
	HEADER_SENT,
	TIME(100),
	V6_CLIENT(TCP(1000, 80, "S", .seq = 100)),
	V6_TO_BACKEND("63 tcp $2>8080 S seq 48 ack 0 win 65535 len 0 [csum ok]"),
	V6_BACKEND(TCP(8080, VAR(2), "SA", .seq = 500, .ack = 49)),
	V6_TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 65483 len 0 [csum ok]"),
	V6_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	V6_TO_BACKEND("64 tcp $2>8080 PA seq 49 ack 501 win 65535 len 52 #426c4677 [csum ok]"),
	TIME(101), TO_BACKEND("64 DF " HEADER),
	TIME(100), V6_TO_BACKEND("64 tcp $2>8080 PA seq 49 ack 501 win 65535 len 52 #426c4677 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 101)), /* exactly what the server expects */
	TO_BACKEND("63 tcp $1>8080 R seq 73 ack 0 win 65535 len 0 [csum ok]"),
	TIME(310),
	COUNT(PROXY_HEADERS_REPEATED, 0),
	TIME(100), V6_TO_BACKEND("64 tcp $2>8080 PA seq 49 ack 501 win 65535 len 52 #426c4677 [csum ok]"),
	V6_BACKEND(TCP(8080, VAR(2), "A", .seq = 501, .ack = 101)),
	V6_TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok]"),
	TIME(20000),
	COUNT(FLOWS_EXPIRED, 1),
	CALL(assert_ordinary),
	END
};

/*
 * The backend lacks the header and has what is behind it: at once. The client learns nothing of SACK blocks at the edge of what is
 * acknowledged.
 */
static const struct golden_step by_its_acks[] = {
	RESOLVED,
	HEADER_SENT,
	GET,
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 73, .options = "0101050a000000650000006a")), /* 101 to 106 */
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65507 opt 010101010101010101010101 len 0 [csum ok]"),
	COUNT(PROXY_HEADERS_REPEATED, 0), /* under 10 ms: it may only be late */
	TIME(12),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 73, .options = "0101050a000000650000006a")),
	TO_BACKEND("64 DF " HEADER),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65507 opt 010101010101010101010101 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 73, .bad_checksum = 1)), /* not believed */
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum BAD]"),
	TIME(12),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 106, .bad_checksum = 1)), /* neither is that */
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 106 win 65535 len 0 [csum BAD]"),
	TIME(190),
	TO_BACKEND("64 DF " HEADER),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 106)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 106 win 65535 len 0 [csum ok]"),
	CALL(assert_ordinary),
	END
};

/* It has not even had the client's ACK. */
static const struct golden_step by_its_syn_ack[] = {
	RESOLVED,
	HEADER_SENT,
	TIME(50),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 73)),
	TO_BACKEND("64 DF " HEADER),
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 65507 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	HEADER_ACKNOWLEDGED,
	CALL(assert_ordinary),
	END
};

/* Retransmissions of the SYN, and of the SYN+ACK before the client's ACK, are what they were. */
static const struct golden_step handshake_again[] = {
	RESOLVED,
	SYN, SYN,
	SYN_ACK, SYN_ACK,
	COUNT(PROXY_HEADERS_SENT, 0),
	SYN,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF " HEADER),
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)), /* a duplicate that was late */
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 len 0 [csum ok]"),
	HEADER_ACKNOWLEDGED,
	CALL(assert_ordinary),
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)), /* later still: the backend's challenge ACK is an ordinary one */
	TO_BACKEND("63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 101)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok]"),
	END
};

/* A client that starts anew before it has had an answer. */
static const struct golden_step another_syn[] = {
	RESOLVED,
	SYN,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 7000)),
	TO_BACKEND("63 tcp $1>8080 S seq 6972 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 6973)),
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 7001 win 65507 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 7001, .ack = 501)),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 6973 ack 501 win 65535 len 28 #32383d48 [csum ok]"),
	END
};

/* Never acknowledged: both ends are told, with the numbers that they expect. */
static const struct golden_step given_up[] = {
	RESOLVED,
	HEADER_SENT,
	TIME(102000),
	SENT("lan", " PA seq 73 ", 8),
	TIME(1000),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>1000 RA seq 501 ack 101 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 73 ack 501 win 0 len 0 [csum ok]"),
	COUNT(PROXY_HEADERS_GIVEN_UP, 1),
	COUNT(FLOWS_SHUT, 1),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_CLIENT("64 DF tcp 80>1000 R seq 501 ack 0 win 0 len 0 [csum ok]"),
	DROPPED(FLOW_SHUT, 1),
	TIME(12000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* The flow's own time is over first. */
#define SHORT "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	LAB_SERVICE("web", "192.0.2.10", 80, "tcp", "\"proxy_protocol\": \"v2\", \"timeouts\": { \"tcp_established_s\": 5 }, " LAB_BACKENDS_V4) "] }"
static const struct golden_step expired[] = {
	RESOLVED,
	HEADER_SENT,
	TIME(6000),
	SENT("lan", " PA seq 73 ", 4),
	COUNT(FLOWS_EXPIRED, 1),
	CALL(assert_ordinary),
	TIME(20000),
	END
};

/* ---- the server's side ---- */

/* It speaks first, and announces a scaled window before it has had the header. */
static const struct golden_step server_first[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100, .options = "01030307")),
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 opt 01030307 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 73, .options = "01030304")),
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 65507 opt 01030304 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF " HEADER),
	TIME(20),
	FROM_BACKEND(TCP(8080, VAR(1), "PA", .seq = 501, .ack = 73, .window = 500), PAYLOAD("220 hello")),
	TO_CLIENT("63 tcp 80>1000 PA seq 501 ack 101 win 498 len 9 \"220 hello\" [csum ok]"),
	COUNT(PROXY_HEADERS_REPEATED, 0),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 510)),
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 510 win 65535 len 0 [csum ok]"),
	TIME(181),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 73 ack 510 win 65535 len 28 #32383d48 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 510, .ack = 101, .window = 498)),
	TO_CLIENT("63 tcp 80>1000 A seq 510 ack 101 win 498 len 0 [csum ok]"),
	CALL(assert_ordinary),
	END
};

/* Before the client's ACK (Fast Open): that is still what the header waits for. */
static const struct golden_step server_before_ack[] = {
	RESOLVED,
	SYN, SYN_ACK,
	FROM_BACKEND(TCP(8080, VAR(1), "PA", .seq = 501, .ack = 73), PAYLOAD("220 hello")),
	TO_CLIENT("63 tcp 80>1000 PA seq 501 ack 101 win 65507 len 9 \"220 hello\" [csum ok]"),
	TIME(1000),
	COUNT(PROXY_HEADERS_SENT, 0),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 510)),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 73 ack 510 win 65535 len 28 #32383d48 [csum ok]"),
	END
};

/* A window that has no room but for the header. */
static const struct golden_step no_window[] = {
	RESOLVED,
	SYN,
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 73, .window = 20)),
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 0 len 0 [csum ok]"),
	END
};

/* It closes before it has had the header, which it still gets. */
static const struct golden_step server_closes[] = {
	RESOLVED,
	HEADER_SENT,
	FROM_BACKEND(TCP(8080, VAR(1), "FA", .seq = 501, .ack = 73)),
	TO_CLIENT("63 tcp 80>1000 FA seq 501 ack 101 win 65507 len 0 [csum ok]"),
	TIME(201),
	TO_BACKEND("64 DF " HEADER), /* with what the client has acknowledged */
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 502)),
	TO_BACKEND("63 tcp $1>8080 FA seq 101 ack 502 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 502, .ack = 102)),
	TO_CLIENT("63 tcp 80>1000 A seq 502 ack 102 win 65535 len 0 [csum ok]"),
	TIME(61000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

static const struct golden_step refused[] = {
	RESOLVED,
	SYN,
	FROM_BACKEND(TCP(8080, VAR(1), "RA", .seq = 0, .ack = 73, .window = PKT_ZERO)),
	TO_CLIENT("63 tcp 80>1000 RA seq 0 ack 101 win 0 len 0 [csum ok]"),
	TIME(12000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* It does not know the protocol, and says so. */
static const struct golden_step header_refused[] = {
	RESOLVED,
	HEADER_SENT,
	TIME(20),
	FROM_BACKEND(TCP(8080, VAR(1), "RA", .seq = 501, .ack = 73)), /* no reason to send it again */
	TO_CLIENT("63 tcp 80>1000 RA seq 501 ack 101 win 65535 len 0 [csum ok]"),
	TIME(12000),
	COUNT(PROXY_HEADERS_REPEATED, 0),
	COUNT(FLOWS_EXPIRED, 1),
	CALL(assert_ordinary),
	END
};

/* ---- the client's side ---- */

/* Half of the header has come: a reset is for what the server expects next. Anything but the first byte's number is the client's. */
static const struct golden_step client_resets[] = {
	RESOLVED,
	HEADER_SENT,
	TIME(12),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 90)),
	TO_BACKEND("64 DF " HEADER),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65524 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 106)),
	TO_BACKEND("63 tcp $1>8080 R seq 106 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "RA", .seq = 101, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 RA seq 90 ack 501 win 65535 len 0 [csum ok]"),
	TIME(20000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* A keep-alive probe has the number in front of the next byte, which is the SYN's. */
static const struct golden_step keep_alive[] = {
	RESOLVED,
	HEADER_SENT,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 100, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 A seq 72 ack 501 win 65535 len 0 [csum ok]"),
	HEADER_ACKNOWLEDGED,
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 100, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 A seq 100 ack 501 win 65535 len 0 [csum ok]"),
	END
};

/* The same tuple again after TIME_WAIT: another header. The backend has closed, and is told nothing it does not expect. */
static const struct golden_step reopened[] = {
	RESOLVED,
	HEADER_SENT,
	HEADER_ACKNOWLEDGED,
	FROM_BACKEND(TCP(8080, VAR(1), "FA", .seq = 501, .ack = 101)),
	TO_CLIENT("63 tcp 80>1000 FA seq 501 ack 101 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 502)),
	TO_BACKEND("63 tcp $1>8080 FA seq 101 ack 502 win 65535 len 0 [csum ok]"),
	/* its last ACK is lost, or not: the client starts anew */
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 9000)),
	TO_BACKEND("63 tcp $1>8080 S seq 8972 ack 0 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 502, .ack = 102)), /* late, of the old connection: neither end takes it for one of the new */
	TO_CLIENT("63 tcp 80>1000 A seq 502 ack 130 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 70000, .ack = 8973)),
	TO_CLIENT("63 tcp 80>1000 SA seq 70000 ack 9001 win 65507 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 9001, .ack = 70001)),
	TO_BACKEND("64 DF tcp $1>8080 PA seq 8973 ack 70001 win 65535 len 28 #32383d48 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "R", .seq = 70001)),
	TO_CLIENT("63 tcp 80>1000 R seq 70001 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 20000)),
	TO_BACKEND("63 tcp $1>8080 S seq 19972 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_REUSED, 1),
	TIME(1000), /* the header of the connection before is not sent again */
	COUNT(PROXY_HEADERS_REPEATED, 0),
	END
};

/* ---- from outside ---- */

/* Routers quote the packet that we sent; the end that reads it knows the number that it sent. */
static const struct golden_step icmp_error[] = {
	RESOLVED,
	SYN,
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), ICMP(3, 3, .length = 28), IP4("10.1.0.3", "10.1.1.1", .ttl = 63),
	   TCP(VAR(1), 8080, "S", .seq = 72)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 icmp unreachable 3 "
		   "{ ip4 192.0.2.100>192.0.2.10 ttl 63 tcp 1000>80 seq 100 short #811c9dc5 } [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), ICMP(3, 3), IP4("10.1.0.3", "10.1.1.1", .ttl = 63), TCP(VAR(1), 8080, "S", .seq = 72)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 icmp unreachable 3 "
		   "{ ip4 192.0.2.100>192.0.2.10 ttl 63 tcp 1000>80 S seq 100 ack 0 win 65535 len 0 [csum ok] } [csum ok]"),
	SYN_ACK,
	/* the acknowledgement in it is a number that fits two of the backend's: the later one */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .ttl = 63),
	   TCP(80, 1000, "SA", .seq = 500, .ack = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 icmp unreachable 1 "
		   "{ ip4 10.1.1.1>10.1.0.3 ttl 63 tcp 8080>$1 SA seq 500 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	END
};

static const struct golden_step shut[] = {
	RESOLVED,
	HEADER_SENT,
	CALL(golden_states_end_flows), TIME(1),
	TO_CLIENT("64 DF tcp 80>1000 RA seq 501 ack 101 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 73 ack 501 win 0 len 0 [csum ok]"),
	TIME(1000),
	COUNT(PROXY_HEADERS_REPEATED, 0),
	TIME(12000),
	COUNT(FLOWS_EXPIRED, 1),
	CALL(assert_ordinary),
	END
};

/* Switched off and on while running: a connection has what it had at its SYN. */
static const struct golden_step reloaded[] = {
	RESOLVED,
	SYN, SYN_ACK,
	RELOAD(PROXY_CONFIG_WITH("")),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("64 DF " HEADER),
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	RELOAD(PROXY_CONFIG),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), TCP(8080, VAR(2), "SA", .seq = 500, .ack = 101)),
	TO_CLIENT("63 tcp 80>1001 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1001, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	END
};

/* ---- no buffers ---- */

static struct rte_mempool *pool;

static void take_pool(struct sl_worker *w, struct sl_snapshot *s)
{
	pool = w->pool;
	w->pool = rte_mempool_lookup("none");
	if (w->pool == NULL)
		w->pool = rte_pktmbuf_pool_create("none", 1, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(w->pool);
	assert_non_null(rte_pktmbuf_alloc(w->pool));
}

static void give_pool_back(struct sl_worker *w, struct sl_snapshot *s)
{
	w->pool = pool;
}

/* The client's ACK goes on alone, and the header when the clock says so. */
static const struct golden_step no_buffer[] = {
	RESOLVED,
	SYN, SYN_ACK,
	CALL(take_pool),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	COUNT(NO_MBUF_CREATED, 1),
	CALL(give_pool_back),
	TIME(201),
	TO_BACKEND("64 DF " HEADER),
	END
};

static const struct golden_case cases[] = {
	{ "lost, by the clock", PROXY_CONFIG, 0, by_the_clock },
	{ "lost, several flows", PROXY_CONFIG, 0, several },
	{ "lost, by the backend's ACKs", PROXY_CONFIG, 0, by_its_acks },
	{ "lost, by the backend's SYN+ACK", PROXY_CONFIG, 0, by_its_syn_ack },
	{ "handshake again", PROXY_CONFIG, 0, handshake_again },
	{ "another SYN", PROXY_CONFIG, 0, another_syn },
	{ "given up", PROXY_CONFIG, 0, given_up },
	{ "expired", SHORT, 0, expired },
	{ "server speaks first", PROXY_CONFIG, 0, server_first },
	{ "server speaks before the ACK", PROXY_CONFIG, 0, server_before_ack },
	{ "no window", PROXY_CONFIG, 0, no_window },
	{ "server closes", PROXY_CONFIG, 0, server_closes },
	{ "connection refused", PROXY_CONFIG, 0, refused },
	{ "header refused", PROXY_CONFIG, 0, header_refused },
	{ "client resets", PROXY_CONFIG, 0, client_resets },
	{ "keep-alive", PROXY_CONFIG, 0, keep_alive },
	{ "reopened", PROXY_CONFIG, 0, reopened },
	{ "ICMP error", PROXY_CONFIG, 0, icmp_error },
	{ "shut by an operator", PROXY_CONFIG, 0, shut },
	{ "reloaded", PROXY_CONFIG, 0, reloaded },
	{ "no packet buffer", PROXY_CONFIG, 0, no_buffer },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "proxy headers lost", cases);
}
