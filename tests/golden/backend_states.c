/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of the flows that a backend has, when its state changes. */
#include "lab.h"

#define ASK_IN(port) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(port, 53), PAYLOAD("?"))
#define ASK_OUT(b, n) OUT("lan", "eth 02::f1>02::b" b " ip4 10.1.0.3>10.1.1." b " ttl 63 udp $" #n ">8080 len 1 \"?\" [csum ok]")
#define ASK(port, b, n) ASK_IN(port), ASK_OUT(b, n)
#define ANSWER_IN(b, n) IN("lan", ETH("02::b" b, "02::f1"), IP4("10.1.1." b, "10.1.0.3"), UDP(8080, VAR(n)), PAYLOAD("!"))
#define ANSWER(port, b, n) ANSWER_IN(b, n), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>" #port " len 1 \"!\" [csum ok]")
#define ASK6(port, b, n) IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(port, 53), PAYLOAD("?")), \
	OUT("lan", "eth 02::f1>02::b" b " ip6 2001:db8:2::3>2001:db8:2::1:" b " ttl 63 udp $" #n ">8080 len 1 \"?\" [csum ok]")

#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, __VA_ARGS__, END }

/* A UDP flow goes on elsewhere, with the first datagram of a burst; what the lost backend still says has no flow any more. */
CASE(moves, ASK(1000, "1", 1), ANSWER(1000, "1", 1), HEALTH("10.1.1.1", DOWN),
     ASK_IN(1000), ASK_IN(1000), ANSWER_IN("1", 1), ASK_OUT("2", 2), ASK_OUT("2", 2), COUNT(FLOWS_MOVED, 1), COUNT(FLOWS_CREATED, 1),
     DROPPED(NO_SNAT_FLOW, 1),
     ANSWER(1000, "2", 2),
     /* and stays there when the other one is back */
     HEALTH("10.1.1.1", UP), ASK(1000, "2", 2), COUNT(FLOWS_MOVED, 0));
CASE(moves_v6, ASK6(1000, "1", 1), HEALTH("2001:db8:2::1:1", DOWN), ASK6(1000, "2", 2), COUNT(FLOWS_MOVED, 1));
CASE(moves_when_disabled, ASK(1000, "1", 1), ADMIN("10.1.1.1", DISABLED), ASK(1000, "2", 2), COUNT(FLOWS_MOVED, 1));

/* In one burst with the datagram that takes the flow away: the flow has ended. */
CASE(answers_late, ASK(1000, "1", 1), HEALTH("10.1.1.1", DOWN), ASK_IN(1000),
     IN("wan", CLIENT_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, VAR(1)), PAYLOAD("!")), ASK_OUT("2", 2), DROPPED(FLOW_ENDED, 1));

/* An answer that is still under way passes, and does not keep the flow where it is. */
CASE(answers_pass, ASK(1000, "1", 1), HEALTH("10.1.1.1", DOWN), ANSWER(1000, "1", 1), ANSWER(1000, "1", 1), ASK(1000, "2", 2),
     COUNT(FLOWS_MOVED, 1));

/* Draining, or without weight: flows live on. */
CASE(drains, ASK(1000, "1", 1), ADMIN("10.1.1.1", DRAINING), ASK(1000, "1", 1), ANSWER(1000, "1", 1), ASK(1001, "2", 2));
CASE(weight_0, ASK(1000, "1", 1), WEIGHT("10.1.1.1", 0), ASK(1000, "1", 1), ASK(1001, "2", 2), ASK(1002, "2", 3));

/* Nowhere to go: it stays, and leaves when there is. */
CASE(no_other, ASK(1000, "1", 1), HEALTH("10.1.1.2", DOWN), HEALTH("10.1.1.1", DOWN), ASK(1000, "1", 1),
     ASK_IN(1001), DROPPED(NO_BACKEND, 1), HEALTH("10.1.1.2", UP), ASK(1000, "2", 2), COUNT(FLOWS_MOVED, 1));

/* A TCP connection means nothing to another backend: its ends notice for themselves. A new one on its tuple goes elsewhere. */
CASE(tcp_stays, OPENED, HEALTH("10.1.1.1", DOWN),
     IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
     IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 7)),
     OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 S seq 7 ack 0 win 65535 len 0 [csum ok]"));

/* The same in modes in which the backend sees the client, or the VIP. */
#define MODE(mode, backends) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	"{ \"name\": \"dns\", \"address\": \"192.0.2.10\", \"port\": 53, \"protocol\": \"udp\", \"mode\": \"" mode "\", " \
	"\"scheduler\": \"round-robin\", \"backends\": [" backends "] } ] }"
#define DNAT MODE("dnat", "{ \"address\": \"10.1.1.1\", \"port\": 8080 }, { \"address\": \"10.1.1.2\", \"port\": 8080 }")
#define DSR MODE("dsr", "{ \"address\": \"10.1.1.1\" }, { \"address\": \"10.1.1.2\" }")
#define ASK_DNAT(b) ASK_IN(1000), OUT("lan", "eth 02::f1>02::b" b " ip4 192.0.2.100>10.1.1." b " ttl 63 udp 1000>8080 len 1 \"?\" [csum ok]")
#define ASK_DSR(b) ASK_IN(1000), OUT("lan", "eth 02::f1>02::b" b " ip4 192.0.2.100>192.0.2.10 ttl 63 udp 1000>53 len 1 \"?\" [csum ok]")
#define NEIGHBOURS NEIGHBOUR("wan", "192.0.2.100", "02::c1"), NEIGHBOUR("lan", "10.1.1.1", "02::b1"), NEIGHBOUR("lan", "10.1.1.2", "02::b2")
static const struct golden_step moves_dnat[] = {
	NEIGHBOURS, ASK_DNAT("1"), HEALTH("10.1.1.1", DOWN), ASK_DNAT("2"), COUNT(FLOWS_MOVED, 1),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "192.0.2.100"), UDP(8080, 1000), PAYLOAD("!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 1 \"!\" [csum ok]"), ASK_DNAT("2"), END
};
static const struct golden_step moves_dsr[] = { NEIGHBOURS, ASK_DSR("1"), HEALTH("10.1.1.1", DOWN), ASK_DSR("2"), COUNT(FLOWS_MOVED, 1), ASK_DSR("2"),
						END };

/*
 * min_healthy 50 of two: one that is up is enough. When both are down, health is not believed any more: both take flows, and what
 * flows they have stay; when one is well again the other's flows move.
 */
#define CHECKED(name, port, protocol) \
	LAB_SERVICE(name, "192.0.2.10", port, protocol, LAB_BACKENDS_V4 ", \"health\": { \"type\": \"icmp\" }, \"min_healthy\": 50")
#define PANIC "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	CHECKED("web", 80, "tcp") "," CHECKED("dns", 53, "udp") "] }"
static const struct golden_step panic[] = {
	NEIGHBOURS, ASK(1000, "1", 1), HEALTH("10.1.1.1", DOWN), ASK(1000, "2", 2), ASK(1001, "2", 3), COUNT(FLOWS_MOVED, 0),
	HEALTH("10.1.1.2", DOWN), ASK(1000, "2", 2), ASK(1001, "2", 3), COUNT(FLOWS_CREATED, 0), ASK(1002, "1", 4), ASK(1003, "2", 5),
	HEALTH("10.1.1.1", UP), ASK(1003, "1", 6), COUNT(FLOWS_MOVED, 1), ASK(1002, "1", 4), ASK(1004, "1", 7), ASK(1005, "1", 8), END
};

static const struct golden_case cases[] = {
	{ "UDP flow moves", LAB_CONFIG, 0, moves },
	{ "UDP flow moves, IPv6", LAB_CONFIG, 0, moves_v6 },
	{ "UDP flow moves from a disabled one", LAB_CONFIG, 0, moves_when_disabled },
	{ "answers pass", LAB_CONFIG, 0, answers_pass },
	{ "answers late", LAB_CONFIG, 0, answers_late },
	{ "drains", LAB_CONFIG, 0, drains },
	{ "weight 0", LAB_CONFIG, 0, weight_0 },
	{ "no other", LAB_CONFIG, 0, no_other },
	{ "TCP stays", LAB_CONFIG, 0, tcp_stays },
	{ "UDP flow moves in mode dnat", DNAT, 0, moves_dnat },
	{ "UDP flow moves in mode dsr", DSR, 0, moves_dsr },
	{ "panic", PANIC, 0, panic },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "backend_states", cases);
}
