/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source-NAT addresses and ports: exhaustion, reuse of what has ended, sharing and pairing. One worker has the 64512 ports
 * from 1024 of each address towards each backend; the cases use them up with real packets.
 */
#include "lab.h"

#define PORTS 64512

#define BACKEND(address) "{ \"address\": \"" address "\", \"port\": 8080 }"
#define SNAT_CONFIG(services) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"max_flows\": 262144, \"timeouts\": { \"tcp_opening_s\": 300, \"tcp_closing_s\": 300, \"tcp_reset_s\": 300 }, " \
	LAB_INTERFACES ", \"services\": [" services "] }"
#define WEB LAB_SERVICE("web", "192.0.2.10", 80, "tcp", "\"snat\": [\"10.1.0.3\"], \"backends\": [" BACKEND("10.1.1.1") "]")
#define DNS(snat, backend) LAB_SERVICE("dns", "192.0.2.10", 53, "udp", "\"snat\": [" snat "], \"backends\": [" BACKEND(backend) "]")
#define ONE_BACKEND SNAT_CONFIG(WEB)

#define SYN_OF(client, port, seqno) IN("wan", CLIENT_ETH, IP4(client, "192.0.2.10"), TCP(port, 80, "S", .seq = seqno))
#define ALL_SYNS \
	IN_MANY("wan", PORTS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(UP(1024), 80, "S", .seq = 100)), \
	SENT("lan", "02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp ", PORTS)
#define ALL_OF_CLIENT(what, ...) \
	IN_MANY("wan", PORTS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(UP(1024), 80, what, __VA_ARGS__)), \
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ttl 63 tcp ", PORTS)
#define ALL_OF_SERVER(what, ...) \
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, UP(1024), what, __VA_ARGS__)), \
	SENT("wan", "ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>", PORTS)

/* Every port serves one connection, none serves two, and then new ones are refused and nothing is taken from anybody. */
static const struct golden_step exhausted[] = {
	RESOLVED,
	ALL_SYNS,
	COUNT(FLOWS_CREATED, PORTS),
	SYN_OF("192.0.2.101", 5000, 1),
	DROPPED(SNAT_EXHAUSTED, 1),
	COUNT(FLOWS_CREATED, 0),
	ALL_OF_SERVER("SA", .seq = 500, .ack = 101),
	ALL_OF_CLIENT("A", .seq = 101, .ack = 501),
	SYN_OF("192.0.2.101", 5000, 1),
	DROPPED(SNAT_EXHAUSTED, 1),
	COUNT(FLOWS_REUSED, 0),
	END
};

/* Connections that have ended make room: the backend, which keeps TIME_WAIT, is told by a reset that it takes. */
static const struct golden_step time_wait_reused[] = {
	RESOLVED,
	NEIGHBOUR("wan", "192.0.2.101", "02::c2"),
	ALL_SYNS,
	ALL_OF_SERVER("SA", .seq = 500, .ack = 101),
	ALL_OF_CLIENT("A", .seq = 101, .ack = 501),
	ALL_OF_SERVER("FA", .seq = 501, .ack = 101),
	ALL_OF_CLIENT("FA", .seq = 101, .ack = 502),
	ALL_OF_SERVER("A", .seq = 502, .ack = 102),
	SYN_OF("192.0.2.101", 5000, 9000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 64 DF tcp $1>8080 R seq 102 ack 0 win 0 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 9000 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_REUSED, 1),
	COUNT(FLOWS_CREATED, 1),
	COUNT(CREATED, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 700, .ack = 9001)),
	OUT("wan", "eth 02::f0>02::c2 ip4 192.0.2.10>192.0.2.101 ttl 63 tcp 80>5000 SA seq 700 ack 9001 win 65535 len 0 [csum ok]"),
	/* the next one takes the next port */
	SYN_OF("192.0.2.101", 5001, 9000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 64 DF tcp $2>8080 R seq 102 ack 0 win 0 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $2>8080 S seq 9000 ack 0 win 65535 len 0 [csum ok]"),
	END
};

/* So do connections that the backend refused; a reset about nothing does it no harm. */
static const struct golden_step refused_reused[] = {
	RESOLVED,
	ALL_SYNS,
	ALL_OF_SERVER("RA", .seq = PKT_ZERO, .ack = 101),
	SYN_OF("192.0.2.101", 5000, 9000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 64 DF tcp $1>8080 R seq 101 ack 0 win 0 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 9000 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_REUSED, 1),
	END
};

/* And those that a client's reset ended. Should it have got lost on the way to the backend, it comes again. */
static const struct golden_step reset_reused[] = {
	RESOLVED,
	ALL_SYNS,
	ALL_OF_SERVER("SA", .seq = 500, .ack = 101),
	ALL_OF_CLIENT("A", .seq = 101, .ack = 501),
	ALL_OF_CLIENT("R", .seq = 101),
	SYN_OF("192.0.2.101", 5000, 9000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 64 DF tcp $1>8080 R seq 101 ack 0 win 0 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 9000 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_REUSED, 1),
	END
};

#define QUERY(client, port) IN("wan", CLIENT_ETH, IP4(client, "192.0.2.10"), UDP(port, 53))

/* An address that is used up towards one backend and protocol has all its ports for another; two services may share it. */
static const struct golden_step shared[] = {
	RESOLVED,
	ALL_SYNS,
	SYN_OF("192.0.2.101", 5000, 1),
	DROPPED(SNAT_EXHAUSTED, 1),
	IN_MANY("wan", 1000, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp ", 1000),
	RELOAD(SNAT_CONFIG(WEB ", " DNS("\"10.1.0.3\"", "10.1.1.2"))),
	IN_MANY("wan", 1000, CLIENT_ETH, IP4("192.0.2.102", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp ", 1000),
	END
};

/* One address carries more flows than there are ports: each port serves both backends at once (RFC 7857 section 3). */
static const struct golden_step every_port_twice[] = {
	RESOLVED,
	IN_MANY("wan", PORTS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp ", PORTS / 2),
	SENT("lan", "02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp ", PORTS / 2),
	IN_MANY("wan", PORTS, CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp ", PORTS / 2),
	SENT("lan", "02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp ", PORTS / 2),
	COUNT(FLOWS_CREATED, PORTS),
	IN_MANY("wan", 2, CLIENT_ETH, IP4("192.0.2.102", "192.0.2.10"), UDP(UP(1024), 53)),
	DROPPED(SNAT_EXHAUSTED, 2),
	/* every answer finds the one flow that it belongs to */
	NEIGHBOUR("wan", "192.0.2.101", "02::c2"),
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, UP(1024))),
	SENT("wan", "02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>", PORTS / 2),
	SENT("wan", "02::f0>02::c2 ip4 192.0.2.10>192.0.2.101 ttl 63 udp 53>", PORTS / 2),
	END
};

/* All flows of a client go by one address, and clients spread over the addresses (RFC 4787 REQ-2). */
static const struct golden_step paired[] = {
	RESOLVED,
	QUERY("192.0.2.100", 1000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 0 [csum ok]"),
	IN_MANY("wan", 500, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1", 500),
	IN_MANY("wan", 500, CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "ip4 10.1.0.5>10.1.1.1", 500),
	IN_MANY("wan", 500, CLIENT_ETH, IP4("192.0.2.102", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1", 500),
	IN_MANY("wan", 500, CLIENT_ETH, IP4("192.0.2.111", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "ip4 10.1.0.4>10.1.1.1", 500),
	END
};

/* The last record is given out, then flows are refused until one has ended; those that live are not disturbed. */
static const struct golden_step table_full[] = {
	RESOLVED,
	IN_MANY("wan", 1100, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp ", 1024),
	DROPPED(FLOW_TABLE_FULL, 76),
	COUNT(FLOWS_CREATED, 1024),
	TIME(20000),
	IN_MANY("wan", 1023, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53)),
	SENT("lan", "02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp ", 1023),
	QUERY("192.0.2.101", 1000),
	DROPPED(FLOW_TABLE_FULL, 1),
	TIME(12000),
	COUNT(FLOWS_EXPIRED, 1),
	QUERY("192.0.2.101", 1000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 0 [csum ok]"),
	QUERY("192.0.2.102", 1000),
	DROPPED(FLOW_TABLE_FULL, 1),
	END
};

static const struct golden_case cases[] = {
	{ "exhausted", ONE_BACKEND, 0, exhausted },
	{ "TIME_WAIT is reused", ONE_BACKEND, 0, time_wait_reused },
	{ "a refused connection's port is reused", ONE_BACKEND, 0, refused_reused },
	{ "a reset connection's port is reused", ONE_BACKEND, 0, reset_reused },
	{ "shared by services", SNAT_CONFIG(WEB ", " DNS("\"10.1.0.3\"", "10.1.1.1")), 0, shared },
	{ "one address, two backends", SNAT_CONFIG(LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4)), 0, every_port_twice },
	{ "paired per client", SNAT_CONFIG(DNS("\"10.1.0.3\", \"10.1.0.4\", \"10.1.0.5\"", "10.1.1.1")), 0, paired },
	{ "paired per client, two workers", "{ \"version\": 1, \"workers\": 2, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, "
	  LAB_INTERFACES ", \"services\": [" DNS("\"10.1.0.3\", \"10.1.0.4\", \"10.1.0.5\"", "10.1.1.1") "] }", 1, paired },
	{ "flow table full", "{ \"version\": 1, \"max_flows\": 1024, \"timeouts\": { \"udp_one_way_s\": 30 }, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, "
	  LAB_INTERFACES ", \"services\": [" DNS("\"10.1.0.3\"", "10.1.1.1") "] }", 0, table_full },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "snat", cases);
}
