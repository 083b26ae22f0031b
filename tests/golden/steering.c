/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports with receive-side scaling: packets arrive at the worker that has their flow, replies too, because source-NAT ports are
 * chosen so. And ports that have none, or hash in their own way: then by the ring, with nothing wrong for anybody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab.h"

#include "sluice/config/snapshot.h"
#include "sluice/state/worker.h"

#define WAN 0
#define LAN 1
#define FLOWS 1000
#define PORTS 64512 /* all that source NAT may use: a reply to each, so that every flow gets one */

#define ONE_BACKEND(snat, backend) "\"snat\": [\"" snat "\"], \"backends\": [ { \"address\": \"" backend "\", \"port\": 8080 } ]"
#define SERVICES \
	LAB_SERVICE("dns", "192.0.2.10", 53, "udp", ONE_BACKEND("10.1.0.3", "10.1.1.1")) "," \
	LAB_SERVICE("web", "192.0.2.10", 80, "tcp", ONE_BACKEND("10.1.0.3", "10.1.1.1")) "," \
	LAB_SERVICE("dns6", "2001:db8:1::10", 53, "udp", ONE_BACKEND("2001:db8:2::3", "2001:db8:2::1:1")) "," \
	LAB_SERVICE("dns64", "2001:db8:1::64", 53, "udp", ONE_BACKEND("10.1.0.4", "10.1.1.1"))
#define CONFIG(workers) "{ \"version\": 1, \"workers\": " #workers ", \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
			LAB_INTERFACES ", \"services\": [" SERVICES "] }"

#define QUERIES \
	IN_MANY("wan", FLOWS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1000), 53)), \
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", FLOWS), COUNT(FLOWS_CREATED, FLOWS)
#define ANSWERS \
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, UP(1024))), \
	SENT("wan", "ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>", FLOWS), DROPPED(NO_SNAT_FLOW, PORTS - FLOWS)
#define QUERIES6 \
	IN_MANY("wan", FLOWS, CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(UP(1000), 53)), \
	SENT("lan", "ip6 2001:db8:2::3>2001:db8:2::1:1 ", FLOWS), COUNT(FLOWS_CREATED, FLOWS)
#define ANSWERS6 \
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, UP(1024))), \
	SENT("wan", "ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>", FLOWS), DROPPED(NO_SNAT_FLOW, PORTS - FLOWS)
#define QUERIES64 \
	IN_MANY("wan", FLOWS, CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::64"), UDP(UP(1000), 53)), \
	SENT("lan", "ip4 10.1.0.4>10.1.1.1 ", FLOWS), COUNT(FLOWS_CREATED, FLOWS)
#define ANSWERS64 \
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.4"), UDP(8080, UP(1024))), \
	SENT("wan", "ip6 2001:db8:1::64>2001:db8:1::100 ttl 63 udp 53>", FLOWS), DROPPED(NO_SNAT_FLOW, PORTS - FLOWS)
#define CONNECTIONS \
	IN_MANY("wan", FLOWS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(UP(1000), 80, "S", .seq = 100)), \
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", FLOWS), COUNT(FLOWS_CREATED, FLOWS)
#define ACCEPTED \
	IN_MANY("lan", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, UP(1024), "SA", .seq = 500, .ack = 101)), \
	SENT("wan", "ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>", FLOWS), DROPPED(NO_SNAT_FLOW, PORTS - FLOWS)

/* Each worker takes the hashes of all four kinds that the case has sent by both ports. */
static void hashes_are_taken(struct sl_worker *w, struct sl_snapshot *s)
{
	assert_int_equal(w->hash_trusted[WAN], SL_HASHED_UDP4 | SL_HASHED_UDP6 | SL_HASHED_TCP4);
	assert_int_equal(w->hash_trusted[LAN], SL_HASHED_UDP4 | SL_HASHED_UDP6 | SL_HASHED_TCP4);
	assert_int_equal(w->hash_differs[WAN] | w->hash_differs[LAN], 0);
	assert_int_equal(w->handed_port[WAN] + w->handed_port[LAN], 0);
}

static void no_hashes(struct sl_worker *w, struct sl_snapshot *s)
{
	for (unsigned int port = WAN; port <= LAN; port++)
		assert_int_equal(w->hash_trusted[port] | w->hash_differs[port], 0);
}

static void lan_hashes_differ(struct sl_worker *w, struct sl_snapshot *s)
{
	assert_int_equal(w->hash_trusted[WAN], SL_HASHED_UDP4);
	assert_int_equal(w->hash_trusted[LAN], 0);
	assert_int_equal(w->hash_differs[LAN], SL_HASHED_UDP4);
	assert_int_equal(w->handed_port[WAN], 0);
	assert_true(w->handed_port[LAN] > PORTS / 16); /* a quarter is its own, three quarters of the rest it receives */
}

static const struct golden_step both[] = {
	RESOLVED,
	QUERIES, COUNT(HANDED_OUT, 0), ANSWERS, COUNT(HANDED_OUT, 0),
	QUERIES6, COUNT(HANDED_OUT, 0), ANSWERS6, COUNT(HANDED_OUT, 0),
	QUERIES64, COUNT(HANDED_OUT, 0), ANSWERS64, COUNT(HANDED_OUT, 0),
	CONNECTIONS, COUNT(HANDED_OUT, 0), ACCEPTED, COUNT(HANDED_OUT, 0),
	CALL(hashes_are_taken),
	END
};

/* The hash is computed here, and is the same. */
static const struct golden_step silent[] = {
	RESOLVED,
	QUERIES, COUNT(HANDED_OUT, 0), ANSWERS, COUNT(HANDED_OUT, 0),
	CALL(no_hashes),
	END
};

/* Only one of the ports steers; every packet of the other one comes in by the first queue. */
static const struct golden_step lan_only[] = {
	RESOLVED,
	QUERIES, ANSWERS, COUNT(HANDED_OUT, 0),
	QUERIES6, ANSWERS6, COUNT(HANDED_OUT, 0),
	END
};

static const struct golden_step wan_only[] = {
	RESOLVED,
	QUERIES, COUNT(HANDED_OUT, 0), ANSWERS,
	QUERIES6, COUNT(HANDED_OUT, 0), ANSWERS6,
	END
};

static const struct golden_step other_hash[] = {
	RESOLVED,
	QUERIES, COUNT(HANDED_OUT, 0), ANSWERS,
	CALL(lan_hashes_differ),
	END
};

/*
 * What a device may hash otherwise than by addresses and ports of the outer header, by wherever it arrives: options, extension
 * headers, fragments. They reach the flow that the plain packets have, whose hashes are believed.
 */
#define PLAIN \
	IN_MANY("wan", 40, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("q")), \
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", 40)
#define PLAIN6 \
	IN_MANY("wan", 40, CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("q")), \
	SENT("lan", "ip6 2001:db8:2::3>2001:db8:2::1:1 ", 40)
#define ODD(queue, n) \
	IN("wan." #queue, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .options = "01010101"), UDP(1000, 53), PAYLOAD("o")), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 opt 01010101 udp $1>8080 len 1 \"o\" [csum ok]"), \
	IN("wan." #queue, CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), DSTOPTS(), UDP(1000, 53), PAYLOAD("o")), \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 dst udp $2>8080 len 1 \"o\" [csum ok]"), \
	IN("wan." #queue, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7 + queue, .mf = 1), UDP(1000, 53, .length = 16), FILL(0)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $" #n ":0+ udp $1>8080 len 0"), \
	IN("wan." #queue, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7 + queue, .offset = 8, .proto = 17), FILL(8)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $" #n ":8 proto 17 len 8 #e2db0715"), \
	COUNT(FLOWS_CREATED, 0)
static const struct golden_step odd_headers[] = {
	RESOLVED, PLAIN, PLAIN6,
	ODD(0, 3), ODD(1, 4), ODD(2, 5), ODD(3, 6),
	END
};

/* Whatever the table of a device says: a packet at the wrong worker is found out by the hash that came with it. */
static const struct golden_step misled[] = {
	RESOLVED,
	QUERIES, ANSWERS, COUNT(HANDED_OUT, 0),
	IN_MANY("wan.3", FLOWS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1000), 53)),
	SENT("lan", "ip4 10.1.0.3>10.1.1.1 ", FLOWS), COUNT(FLOWS_CREATED, 0),
	IN_MANY("lan.0", PORTS, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, UP(1024))),
	SENT("wan", "ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>", FLOWS), DROPPED(NO_SNAT_FLOW, PORTS - FLOWS),
	END
};

/*
 * The answer of a dnat backend goes to the client's address, whose hash says nothing about the flow: handed over, also once the
 * port's hashes are believed.
 */
#define WITH_DNAT "{ \"version\": 1, \"workers\": 4, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES \
	", \"services\": [" SERVICES ", { \"name\": \"dnat\", \"address\": \"192.0.2.11\", \"port\": 53, \"protocol\": \"udp\", " \
	"\"mode\": \"dnat\", \"backends\": [ { \"address\": \"10.1.1.2\", \"port\": 53 } ] } ] }"
static const struct golden_step dnat[] = {
	RESOLVED,
	QUERIES, ANSWERS, COUNT(HANDED_OUT, 0),
	IN_MANY("wan", FLOWS, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.11"), UDP(UP(1000), 53)),
	SENT("lan", "ip4 192.0.2.100>10.1.1.2 ", FLOWS), COUNT(FLOWS_CREATED, FLOWS), COUNT(HANDED_OUT, 0),
	IN_MANY("lan", FLOWS, BACKEND2_ETH, IP4("10.1.1.2", "192.0.2.100"), UDP(53, UP(1000))),
	SENT("wan", "ip4 192.0.2.11>192.0.2.100 ttl 63 udp 53>", FLOWS),
	END
};

static const struct golden_case cases[] = {
	{ "both ports steer", CONFIG(4), WAN_RSS(STEERS) | LAN_RSS(STEERS), both },
	{ "both ports steer, three workers", CONFIG(3), WAN_RSS(STEERS) | LAN_RSS(STEERS), both },
	{ "both ports steer, without telling the hash", CONFIG(4), WAN_RSS(SILENT) | LAN_RSS(SILENT), silent },
	{ "only the backends' port steers", CONFIG(4), LAN_RSS(STEERS), lan_only },
	{ "only the clients' port steers", CONFIG(4), WAN_RSS(STEERS), wan_only },
	{ "a port hashes in its own way", CONFIG(4), WAN_RSS(STEERS) | LAN_RSS(OTHER_HASH), other_hash },
	{ "options, extension headers, fragments", CONFIG(4), WAN_RSS(STEERS) | LAN_RSS(STEERS), odd_headers },
	{ "a port with another table", CONFIG(4), WAN_RSS(STEERS) | LAN_RSS(STEERS), misled },
	{ "beside a dnat service", WITH_DNAT, WAN_RSS(STEERS) | LAN_RSS(STEERS), dnat },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "steering", cases);
}
