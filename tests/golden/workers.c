/* SPDX-License-Identifier: BSD-3-Clause */
/* Two workers: packets that arrive at the wrong one are handed to their owner; ports without a queue for each worker. */
#include "lab.h"

#define TWO LAB_CONFIG_WITH("\"workers\": 2, ")
#define SYN(queue) IN("wan." #queue, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100))
#define SYN_OUT OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]")
#define SYN_ACK(queue) \
	IN("lan." #queue, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101))
#define SYN_ACK_OUT OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]")

/* Whichever queue the packets arrive at, there is one flow, and both directions find it. */
static const struct golden_step any_queue[] = {
	RESOLVED,
	SYN(0), SYN_OUT,
	SYN(1), SYN_OUT,
	COUNT(FLOWS_CREATED, 0),
	SYN_ACK(0), SYN_ACK_OUT,
	SYN_ACK(1), SYN_ACK_OUT,
	END
};

/* Exactly one of the two queues leads to the owner. */
static const struct golden_step counted[] = {
	RESOLVED,
	SYN(0), SYN(1), SYN_OUT, SYN_OUT,
	COUNT(HANDED_OUT, 1), COUNT(HANDED_IN, 1), COUNT(FLOWS_CREATED, 1),
	SYN_ACK(0), SYN_ACK(1), SYN_ACK_OUT, SYN_ACK_OUT,
	COUNT(HANDED_OUT, 1), COUNT(HANDED_IN, 1),
	END
};

/* One queue for two workers (AF_XDP on veth): the second, whose flows these are, transmits through the first. */
static const struct golden_step one_queue[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1001, 53), PAYLOAD("q0")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1003, 53), PAYLOAD("q1")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1005, 53), PAYLOAD("q2")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1007, 53), PAYLOAD("q3")),
	COUNT(TX, 4), COUNT(HANDED_OUT, 8),
	COUNT(FLOWS_CREATED, 4),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"q0\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $2>8080 len 2 \"q1\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $3>8080 len 2 \"q2\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $4>8080 len 2 \"q3\" [csum ok]"),
	END
};

/* The same with three and four workers. */
static const struct golden_step any_of_three[] = {
	RESOLVED,
	SYN(2), SYN_OUT, SYN(1), SYN_OUT, SYN(0), SYN_OUT,
	COUNT(FLOWS_CREATED, 0),
	SYN_ACK(0), SYN_ACK(1), SYN_ACK(2), SYN_ACK_OUT, SYN_ACK_OUT, SYN_ACK_OUT,
	COUNT(HANDED_OUT, 2), COUNT(HANDED_IN, 2),
	END
};

static const struct golden_step any_of_four[] = {
	RESOLVED,
	SYN(3), SYN_OUT, SYN(2), SYN_OUT, SYN(1), SYN_OUT, SYN(0), SYN_OUT,
	COUNT(FLOWS_CREATED, 0),
	SYN_ACK(0), SYN_ACK(1), SYN_ACK(2), SYN_ACK(3), SYN_ACK_OUT, SYN_ACK_OUT, SYN_ACK_OUT, SYN_ACK_OUT,
	COUNT(HANDED_OUT, 3), COUNT(HANDED_IN, 3),
	END
};

#define MANY 2000 /* flows, all found again by their replies, whatever worker they are at */
#define ANY_PORT 64512
static const struct golden_step spread[] = {
	RESOLVED,
	IN_MANY("wan", MANY, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1000), 53)),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", MANY / 2, .tolerance = 4),
	SENT("lan", "ip4 10.1.0.3>10.1.1.2 ", MANY / 2, .tolerance = 4),
	COUNT(FLOWS_CREATED, MANY),
	IN_MANY("lan", ANY_PORT, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, UP(1024))),
	SENT("wan", "ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>", MANY / 2, .tolerance = 4),
	DROPPED_ABOUT(NO_SNAT_FLOW, ANY_PORT - MANY / 2, 4),
	END
};

#define DNS_BY(snat) LAB_SERVICE("dns", "192.0.2.10", 53, "udp", "\"snat\": [\"" snat "\"], \"backends\": [" \
				 "{ \"address\": \"10.1.1.1\", \"port\": 8080 } ]")
#define FOUR_WITH(services) "{ \"version\": 1, \"workers\": 4, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
			    LAB_INTERFACES ", \"services\": [" services "] }"
#define PORTS 64512
#define FLOWS 100
#define ALL_REPLIES \
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, UP(1024))), \
	SENT("wan", "02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>", FLOWS), \
	DROPPED(NO_SNAT_FLOW, PORTS - FLOWS)

/* A source-NAT address that was removed and became a VIP: replies of old flows still go to the worker that has the flow. */
static const struct golden_step both_kinds[] = {
	RESOLVED,
	IN_MANY("wan", FLOWS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1000), 53)),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", FLOWS),
	ALL_REPLIES,
	RELOAD(FOUR_WITH(DNS_BY("10.1.0.4") "," LAB_SERVICE("other", "10.1.0.3", 53, "udp", LAB_BACKENDS_V4_BY("10.1.0.5")))),
	ALL_REPLIES,
	IN("lan.2", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), UDP(7000, 53)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.5>10.1.1.1 ttl 63 udp $1>8080 len 0 [csum ok]"),
	IN("lan.3", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.5"), UDP(8080, VAR(1))),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp 53>7000 len 0 [csum ok]"),
	END
};

static const struct golden_case cases[] = {
	{ "any queue will do", TWO, 2, any_queue },
	{ "handovers are counted", TWO, 2, counted },
	{ "one queue for two workers", TWO, 1, one_queue },
	{ "a source-NAT address becomes a VIP", FOUR_WITH(DNS_BY("10.1.0.3")), 4, both_kinds },
	{ "any queue of three", LAB_CONFIG_WITH("\"workers\": 3, "), 3, any_of_three },
	{ "any queue of four", LAB_CONFIG_WITH("\"workers\": 4, "), 4, any_of_four },
	{ "flows of three workers", LAB_CONFIG_WITH("\"workers\": 3, "), 3, spread },
	{ "flows of four workers with two queues", LAB_CONFIG_WITH("\"workers\": 4, "), 2, spread },
	{ "flows of five workers with one queue", LAB_CONFIG_WITH("\"workers\": 5, "), 1, spread },
	{ "any queue will do, with RSS", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), any_queue },
	{ "handovers are counted, with RSS", TWO, WAN_RSS(STEERS) | LAN_RSS(STEERS), counted },
	{ "any queue of four, with RSS", LAB_CONFIG_WITH("\"workers\": 4, "), WAN_RSS(STEERS) | LAN_RSS(STEERS), any_of_four },
	{ "a source-NAT address becomes a VIP, with RSS", FOUR_WITH(DNS_BY("10.1.0.3")), WAN_RSS(STEERS) | LAN_RSS(STEERS), both_kinds },
	{ "flows of three workers, with RSS", LAB_CONFIG_WITH("\"workers\": 3, "), WAN_RSS(STEERS) | LAN_RSS(STEERS), spread },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "workers", cases);
}
