/* SPDX-License-Identifier: BSD-3-Clause */
/* Full-NAT of TCP and UDP: addresses, ports, checksums and TTL both ways; life and end of flows. */
#include "lab.h"

static const struct golden_step tcp_v4[] = {
	RESOLVED,
	OPENED,
	COUNT(FLOWS_CREATED, 0),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("GET /")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "PA", .seq = 501, .ack = 106), PAYLOAD("hello")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 PA seq 501 ack 106 win 65535 len 5 \"hello\" [csum ok]"),
	END
};

static const struct golden_step tcp_v6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	END
};

/* Two queries of two clients in one burst go to the two backends in turn; answers find their way. */
static const struct golden_step udp[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1001, 53), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $2>8080 len 2 \"b?\" [csum ok]"),
	COUNT(FLOWS_CREATED, 2),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), UDP(8080, VAR(2)), PAYLOAD("b!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1001 len 2 \"b!\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, VAR(1), .no_checksum = 1), PAYLOAD("a!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 2 \"a!\" [csum none]"),
	END
};

static const struct golden_step udp_v6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, VAR(1)), PAYLOAD("a!")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"a!\" [csum ok]"),
	END
};

/* A SYN and its retransmission in one burst make one flow. */
static const struct golden_step same_burst[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_CREATED, 1),
	END
};

/* A corrupted packet stays detectably corrupted: checksums are updated, not made anew. */
static const struct golden_step corruption_survives[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501, .bad_checksum = 1)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum BAD]"),
	END
};

#define FIN_BY_SERVER \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "FA", .seq = 501, .ack = 101)), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 FA seq 501 ack 101 win 65535 len 0 [csum ok]"), \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "FA", .seq = 101, .ack = 502)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 FA seq 101 ack 502 win 65535 len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "A", .seq = 502, .ack = 102)), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 A seq 502 ack 102 win 65535 len 0 [csum ok]")

/* Closed connections are gone after TIME_WAIT, not before. */
static const struct golden_step time_wait_expires[] = {
	RESOLVED,
	OPENED,
	FIN_BY_SERVER,
	TIME(59000),
	COUNT(FLOWS_EXPIRED, 0),
	TIME(1500),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* The same client port again while the flow is in TIME_WAIT: the same backend and tuple, a new connection. */
static const struct golden_step reopened[] = {
	RESOLVED,
	OPENED,
	FIN_BY_SERVER,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 9000)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 9000 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_REUSED, 1),
	COUNT(FLOWS_CREATED, 1),
	END
};

/* A reset with the exact sequence number ends the flow; any other is passed on and changes nothing. */
static const struct golden_step resets[] = {
	RESOLVED,
	OPENED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 7777)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 7777 ack 0 win 65535 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	TIME(20000),
	COUNT(FLOWS_EXPIRED, 0),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
	TIME(11000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* One-way UDP ends after 120 s without a reply; a reply makes it 300 s. */
static const struct golden_step udp_timeouts[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1001, 53), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $2>8080 len 2 \"b?\" [csum ok]"),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), UDP(8080, VAR(2)), PAYLOAD("b!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1001 len 2 \"b!\" [csum ok]"),
	TIME(119000),
	COUNT(FLOWS_EXPIRED, 0),
	TIME(2000),
	COUNT(FLOWS_EXPIRED, 1),
	TIME(178000),
	COUNT(FLOWS_EXPIRED, 0),
	TIME(2000),
	COUNT(FLOWS_EXPIRED, 1),
	END
};

/* A service's own times beside those of all others (RFC 4787 REQ-5b). */
#define OWN_TIMES "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"timeouts\": { \"udp_one_way_s\": 30, \"tcp_opening_s\": 20 }, " \
	LAB_INTERFACES ", \"services\": [" LAB_SERVICE("dns", "192.0.2.10", 53, "udp", "\"timeouts\": { \"udp_one_way_s\": 10 }, " LAB_BACKENDS_V4) "," \
	LAB_SERVICE("ntp", "192.0.2.10", 123, "udp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web", "192.0.2.10", 80, "tcp", "\"timeouts\": { \"tcp_opening_s\": 40 }, " LAB_BACKENDS_V4) "] }"
static const struct golden_step own_times[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 123), PAYLOAD("b?")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $2>8080 len 2 \"b?\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $3>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	TIME(9500), COUNT(FLOWS_EXPIRED, 0), TIME(1000), COUNT(FLOWS_EXPIRED, 1),
	TIME(19000), COUNT(FLOWS_EXPIRED, 0), TIME(1000), COUNT(FLOWS_EXPIRED, 1),
	TIME(9000), COUNT(FLOWS_EXPIRED, 0), TIME(1000), COUNT(FLOWS_EXPIRED, 1),
	END
};

/* Options, VLAN priority tags, DSCP and multi-segment packets pass unharmed. */
static const struct golden_step odd_shapes[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0xb8, .id = 77, .df = 1, .options = "01010101"),
	   TCP(1000, 80, "S", .seq = 100, .options = "020405b4")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tos 0xb8 id 77 DF opt 01010101 tcp $1>8080 S seq 100 ack 0 win 65535 opt 020405b4 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, VLAN(0, .prio = 5), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("split over three segments"), SPLIT(20, 30)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $2>8080 len 25 \"split over three segments\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), DSTOPTS(), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 dst udp $3>8080 len 2 \"a?\" [csum ok]"),
	END
};

#define WEIGHTED "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [ " \
	"{ \"name\": \"dns\", \"address\": \"192.0.2.10\", \"port\": 53, \"protocol\": \"udp\", \"mode\": \"full-nat\", " \
	"\"scheduler\": \"weighted-round-robin\", \"snat\": [\"10.1.0.3\"], \"backends\": [ " \
	"{ \"address\": \"10.1.1.1\", \"port\": 8080, \"weight\": 2 }, { \"address\": \"10.1.1.2\", \"port\": 8080, \"weight\": 1 }, " \
	"{ \"address\": \"10.1.1.3\", \"port\": 8080, \"weight\": 0 } ] } ] }"
#define QUERY(port) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(port, 53))

static const struct golden_step weighted[] = {
	RESOLVED,
	QUERY(1001), QUERY(1002), QUERY(1003), QUERY(1004), QUERY(1005), QUERY(1006),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $2>8080 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $3>8080 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $4>8080 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $5>8080 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $6>8080 len 0 [csum ok]"),
	END
};

static const struct golden_case cases[] = {
	{ "TCP over IPv4", LAB_CONFIG, 0, tcp_v4 },
	{ "TCP over IPv6", LAB_CONFIG, 0, tcp_v6 },
	{ "UDP over IPv4", LAB_CONFIG, 0, udp },
	{ "UDP over IPv6", LAB_CONFIG, 0, udp_v6 },
	{ "SYN and its retransmission in one burst", LAB_CONFIG, 0, same_burst },
	{ "corruption survives translation", LAB_CONFIG, 0, corruption_survives },
	{ "TIME_WAIT expires", LAB_CONFIG, 0, time_wait_expires },
	{ "reopened from TIME_WAIT", LAB_CONFIG, 0, reopened },
	{ "resets", LAB_CONFIG, 0, resets },
	{ "UDP timeouts", LAB_CONFIG, 0, udp_timeouts },
	{ "a service's own timeouts", OWN_TIMES, 0, own_times },
	{ "odd shapes", LAB_CONFIG, 0, odd_shapes },
	{ "weights", WEIGHTED, 0, weighted },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "full-nat", cases);
}
