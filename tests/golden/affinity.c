/* SPDX-License-Identifier: BSD-3-Clause */
/* Services whose clients keep their backends (config keys affinity...). */
#include "lab.h"

#define BACKEND(n) "{ \"address\": \"10.1.1." #n "\", \"port\": 8080 }"
#define BACKEND6(n) "{ \"address\": \"2001:db8:2::1:" #n "\", \"port\": 8080 }"
#define CONFIG(workers, keys) \
	"{ \"version\": 1, \"workers\": " #workers ", \"max_affinities\": 1024, " \
	"\"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [ " \
	SERVICE("dns", "192.0.2.10", "10.1.0.3", keys, BACKEND(1) "," BACKEND(2) "," BACKEND(3)) "," \
	SERVICE("dns6", "2001:db8:1::10", "2001:db8:2::3", keys, BACKEND6(1) "," BACKEND6(2)) "] }"
#define SERVICE(name, address, snat, keys, backends) \
	"{ \"name\": \"" name "\", \"address\": \"" address "\", \"port\": 53, \"protocol\": \"udp\", \"scheduler\": \"round-robin\", " \
	"\"affinity\": \"source\", " keys " \"snat\": [\"" snat "\"], \"backends\": [" backends "] }"

#define THREE NEIGHBOUR("lan", "10.1.1.3", "02::b3")
#define FLOWS(client, port, n) IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2." #client, "192.0.2.10"), UDP(UP(port), 53))
#define FLOWS6(client, port, n) IN_MANY("wan", n, CLIENT_ETH, IP6("2001:db8:1:" client, "2001:db8:1::10"), UDP(UP(port), 53))
#define TO(n, flows, ...) SENT("lan", ">10.1.1." #n " ", flows, __VA_ARGS__)
#define TO6(n, flows) SENT("lan", ">2001:db8:2::1:" #n " ", flows)

#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, THREE, __VA_ARGS__, END }

/* The scheduler chooses for a client, and not for its later flows. */
CASE(keeps, FLOWS(101, 1, 10), TO(1, 10), COUNT(AFFINITY_KEPT, 9), FLOWS(102, 1, 10), TO(2, 10), FLOWS(103, 1, 10), TO(3, 10),
     FLOWS(101, 100, 10), TO(1, 10), COUNT(AFFINITY_KEPT, 10), FLOWS(104, 1, 1), TO(1, 1));

/* So long after the last new flow, and no longer. */
CASE(timeout, FLOWS(101, 1, 1), TO(1, 1), TIME(9900), FLOWS(101, 2, 1), TO(1, 1), TIME(9900), FLOWS(101, 3, 1), TO(1, 1),
     FLOWS(102, 1, 1), TO(2, 1), TIME(13000), FLOWS(101, 4, 1), TO(3, 1), COUNT(AFFINITY_KEPT, 0));

/* A backend that takes no new flows loses its clients, and they keep the next one they get. */
CASE(leaves, FLOWS(101, 1, 5), TO(1, 5), ADMIN("10.1.1.1", DRAINING), FLOWS(101, 10, 5), TO(3, 5), COUNT(AFFINITY_KEPT, 4),
     ADMIN("10.1.1.1", ENABLED), FLOWS(101, 20, 5), TO(3, 5));
CASE(reload, FLOWS(101, 1, 5), TO(1, 5), RELOAD(CONFIG(1, "\"slow_start_s\": 1,")), FLOWS(101, 10, 5), TO(1, 5));

/* Addresses with a prefix in common are one client. */
CASE(prefix, FLOWS(96, 1, 5), TO(1, 5), FLOWS(103, 1, 5), TO(1, 5), FLOWS(104, 1, 5), TO(2, 5), FLOWS(95, 1, 5), TO(3, 5));
CASE(prefix_v6, FLOWS6(":101", 1, 5), TO6(1, 5), FLOWS6(":102", 1, 5), TO6(1, 5), FLOWS6("1::1", 1, 5), TO6(2, 5),
     FLOWS6(":8000:0:0:1", 9, 5), TO6(1, 5));

/* Its flows may be at any worker. */
CASE(four_workers, FLOWS(101, 1, 100), TO(1, 100), COUNT(AFFINITY_KEPT, 99));

static const struct golden_case cases[] = {
	{ "keeps", CONFIG(1, ""), 0, keeps },
	{ "timeout", CONFIG(1, "\"affinity_timeout_s\": 10,"), 0, timeout },
	{ "leaves", CONFIG(1, ""), 0, leaves },
	{ "reload", CONFIG(1, ""), 0, reload },
	{ "prefix", CONFIG(1, "\"affinity_prefix_v4\": 29,"), 0, prefix },
	{ "prefix, IPv6", CONFIG(1, ""), 0, prefix_v6 },
	{ "four workers", CONFIG(4, ""), 4, four_workers },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "affinity", cases);
}
