/* SPDX-License-Identifier: BSD-3-Clause */
/* Which backend gets a new flow: shares of thousands of flows. */
#include "lab.h"

#define BACKEND(n, weight) "{ \"address\": \"10.1.1." #n "\", \"port\": 8080, \"weight\": " #weight " }"
#define CONFIG(workers, scheduler, backends) \
	"{ \"version\": 1, \"workers\": " #workers ", \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	LAB_INTERFACES ", \"services\": [ { \"name\": \"dns\", \"address\": \"192.0.2.10\", \"port\": 53, \"protocol\": \"udp\", " \
	"\"scheduler\": \"" scheduler "\", \"snat\": [\"10.1.0.3\"], \"backends\": [" backends "] } ] }"
#define WEIGHTED(workers, backends) CONFIG(workers, "weighted-round-robin", backends)

#define THREE NEIGHBOUR("lan", "10.1.1.3", "02::b3")
#define FLOWS(n) IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53))
#define MORE_FLOWS(n) IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10"), UDP(UP(1024), 53))
#define TO(n, flows, ...) SENT("lan", ">10.1.1." #n " ", flows, __VA_ARGS__)

static const struct golden_step equal[] = { RESOLVED, THREE, FLOWS(9999), TO(1, 3333), TO(2, 3333), TO(3, 3333), END };

static const struct golden_step weighted[] = { RESOLVED, THREE, FLOWS(10000), TO(1, 5000), TO(2, 3000), TO(3, 2000), END };

/* Already a few flows come close to the weights, and a backend of weight 0 gets none. */
static const struct golden_step few[] = {
	RESOLVED, THREE,
	FLOWS(10), TO(1, 5, .tolerance = 1), TO(2, 3, .tolerance = 1), TO(3, 2, .tolerance = 1),
	RELOAD(WEIGHTED(1, BACKEND(1, 0) "," BACKEND(2, 1) "," BACKEND(3, 0))),
	MORE_FLOWS(10), TO(2, 10),
	END
};

/* Each worker schedules for itself. */
static const struct golden_step four_workers[] = {
	RESOLVED, THREE,
	FLOWS(10000), TO(1, 5000, .tolerance = 50), TO(2, 3000, .tolerance = 30), TO(3, 2000, .tolerance = 20),
	END
};

/* New weights count at once: what the old ones had promised is forgotten. */
static const struct golden_step new_weights[] = {
	RESOLVED,
	FLOWS(500), TO(1, 500, .tolerance = 1), TO(2, 0, .tolerance = 1),
	RELOAD(WEIGHTED(1, BACKEND(1, 1) "," BACKEND(2, 1))),
	MORE_FLOWS(100), TO(1, 50), TO(2, 50),
	END
};

static const struct golden_case cases[] = {
	{ "round robin", CONFIG(1, "round-robin", BACKEND(1, 1) "," BACKEND(2, 1) "," BACKEND(3, 1)), 0, equal },
	{ "equal weights", WEIGHTED(1, BACKEND(1, 7) "," BACKEND(2, 7) "," BACKEND(3, 7)), 0, equal },
	{ "weights", WEIGHTED(1, BACKEND(1, 5) "," BACKEND(2, 3) "," BACKEND(3, 2)), 0, weighted },
	{ "large weights", WEIGHTED(1, BACKEND(1, 1000) "," BACKEND(2, 600) "," BACKEND(3, 400)), 0, weighted },
	{ "few flows", WEIGHTED(1, BACKEND(1, 5) "," BACKEND(2, 3) "," BACKEND(3, 2)), 0, few },
	{ "four workers", WEIGHTED(4, BACKEND(1, 5) "," BACKEND(2, 3) "," BACKEND(3, 2)), 4, four_workers },
	{ "new weights", WEIGHTED(1, BACKEND(1, 1000) "," BACKEND(2, 1)), 0, new_weights },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "schedule", cases);
}
