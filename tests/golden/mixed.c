/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Full bursts in which every packet is of another kind than the one before: stages leave gaps everywhere, hand over, hold and
 * create, and each packet is still counted out exactly once (asserted after every turn).
 */
#include "one_way.h"

#define V4 IP4("192.0.2.100", "192.0.2.10")
#define V6 IP6("2001:db8:1::100", "2001:db8:1::10")

/* 16 packets; those with the port open flows. */
#define MIX(port) \
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.10")), \
	IN("wan", CLIENT_ETH, V4, TCP(port, 80, "S", .seq = 100)), \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "198.51.100.1"), UDP(port, 53)), \
	IN("wan", CLIENT_ETH, V6, ECHO(7, 1)), \
	IN("wan", CLIENT_ETH, V4, UDP(port, 53), PAYLOAD("in three segments"), SPLIT(15, 30)), \
	IN("wan", ETH("02::c1", "02::77"), V4, UDP(port, 53)), \
	IN("wan", CLIENT_ETH, V4, TCP(port, 80, "S", .seq = 100)), \
	IN("wan", CLIENT_ETH, V6, TCP(port, 80, "A", .seq = 100)), \
	IN("wan", CLIENT_ETH, V6, UDP(port, 53)), \
	IN("wan", ETH("02::c1", "02::f0", .type = 0x88b5), FILL(50)), \
	IN("wan", CLIENT_ETH, V4, ECHO(7, 1)), \
	IN("wan", CLIENT_ETH, V4, UDP(port, 53), CUT(30)), \
	IN("wan", ETH("02::c1", "33:33:ff:00:00:10"), IP6("2001:db8:1::100", "ff02::1:ff00:10", .ttl = 255), \
	   NS("2001:db8:1::10", .mac = "02::c1")), \
	IN("wan", CLIENT_ETH, V4, TCP(port, 80, "SF")), \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1 + port, 53)), \
	IN("wan", CLIENT_ETH, V4, UDP(port, 81))

#define BURST(port) MIX(port), MIX(port + 10), MIX(port + 20), MIX(port + 30)
#define OTHERS \
	SENT("wan", "arp reply", 4), SENT("wan", "icmp echo-reply", 8), SENT("wan", "icmp na", 4), \
	SENT("wan", "time-exceeded", 4), SENT("wan", "icmp unreachable 3", 4), \
	DROPPED(NOT_FORWARDED, 4), DROPPED(NOT_OUR_MAC, 4), DROPPED(TCP_NOT_SYN, 4), DROPPED(ETHERTYPE, 4), \
	DROPPED(TRUNCATED, 4), DROPPED(TCP_FLAGS, 4), DROPPED(TTL, 4), DROPPED(NO_SERVICE, 4)

static const struct golden_step mixed[] = {
	RESOLVED,
	BURST(1000),
	SENT("lan", "8080 S seq 100", 8), SENT("lan", "udp", 8), OTHERS,
	COUNT(FLOWS_CREATED, 12), COUNT(HELD, 0),
	/* the same again: now they all have flows */
	BURST(1000),
	SENT("lan", "8080 S seq 100", 8), SENT("lan", "udp", 8), OTHERS,
	COUNT(FLOWS_CREATED, 0),
	END
};

/* No next hop of the backends is known: what would go there is held, and in the end it goes or is dropped. */
static const struct golden_step mixed_held[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"), NEIGHBOUR("wan", "2001:db8:1::100", "02::c1"),
	BURST(1000),
	OTHERS,
	COUNT(FLOWS_CREATED, 12), COUNT(HELD, 16),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", 6, .tolerance = 6),
	TIME(3100),
	DROPPED_ABOUT(NEIGHBOUR_UNRESOLVED, 10, 6),
	END
};

/* One burst has packets of full NAT, of one-way flows, of services without flows, and those that find no room or nobody. */
#define MODES ONE_WAY_CONFIG("", \
	ONE_WAY("nat", "full-nat", "round-robin", "192.0.2.10", "53", "udp", "\"snat\": [\"10.1.0.3\"], " BACKEND_V4) ", " \
	ONE_WAY("dsr", "dsr", "round-robin", "192.0.2.10", "54", "udp", BACKEND_V4) ", " \
	ONE_WAY("ipip", "ipip", "round-robin", "192.0.2.10", "55", "udp", BACKEND_V4) ", " \
	ONE_WAY("free", "gue", "maglev", "192.0.2.10", "56", "udp", "\"stateless\": true, " BACKEND_V4) ", " \
	ONE_WAY("free2", "dsr", "maglev", "192.0.2.10", "57", "udp", "\"stateless\": true, " BACKEND_V4))
#define EACH_MODE(port, more) \
	IN("wan", CLIENT_ETH, V4, UDP(port, 53)), IN("wan", CLIENT_ETH, V4, UDP(port, 54)), IN("wan", CLIENT_ETH, V4, UDP(port, 55)), \
	IN("wan", CLIENT_ETH, V4, UDP(port, 56)), IN("wan", CLIENT_ETH, V4, UDP(port, 57)), more
#define NO_TTL(port) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1000, port))

static const struct golden_step modes[] = {
	RESOLVED,
	EACH_MODE(1000, NO_TTL(54)), EACH_MODE(1001, NO_TTL(56)), EACH_MODE(1002, NO_TTL(57)), EACH_MODE(1003, NO_TTL(53)),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", 4), SENT("lan", "ip4 10.1.0.2>10.1.1.1 ", 8), SENT("lan", "ip4 192.0.2.100>192.0.2.10 ttl 63 udp ", 8),
	SENT("wan", "time-exceeded", 4), DROPPED(TTL, 4),
	COUNT(FLOWS_CREATED, 12),
	/* all of one-way flows, and all of none */
	IN_MANY("wan", 128, CLIENT_ETH, V4, UDP(1000, 54)), SENT("lan", "ip4 192.0.2.100>192.0.2.10 ttl 63 udp 1000>54 ", 128),
	IN_MANY("wan", 128, CLIENT_ETH, V4, UDP(1000, 57)), SENT("lan", "ip4 192.0.2.100>192.0.2.10 ttl 63 udp 1000>57 ", 128),
	COUNT(FLOWS_CREATED, 0),
	END
};

static const struct golden_case cases[] = {
	{ "one worker", LAB_CONFIG, 0, mixed },
	{ "two workers", LAB_CONFIG_WITH("\"workers\": 2, "), 2, mixed },
	{ "three workers, one queue", LAB_CONFIG_WITH("\"workers\": 3, "), 1, mixed },
	{ "held", LAB_CONFIG, 0, mixed_held },
	{ "all modes", MODES, 0, modes },
	{ "held, three workers", LAB_CONFIG_WITH("\"workers\": 3, "), 3, mixed_held },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "mixed", cases);
}
