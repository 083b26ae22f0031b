/* SPDX-License-Identifier: BSD-3-Clause */
/* Which backend gets a new flow: shares of thousands of flows. */
#include "lab.h"

#define BACKEND(n, weight) "{ \"address\": \"10.1.1." #n "\", \"port\": 8080, \"weight\": " #weight " }"
#define CONFIG(workers, scheduler, backends) \
	"{ \"version\": 1, \"workers\": " #workers ", \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	LAB_INTERFACES ", \"services\": [ { \"name\": \"dns\", \"address\": \"192.0.2.10\", \"port\": 53, \"protocol\": \"udp\", " \
	"\"scheduler\": \"" scheduler "\", \"snat\": [\"10.1.0.3\"], \"backends\": [" backends "] } ] }"
#define WEIGHTED(workers, backends) CONFIG(workers, "weighted-round-robin", backends)

#define BACKUP(n) "{ \"address\": \"10.1.1." #n "\", \"port\": 8080, \"backup\": true }"
#define ONE_ONE_TWO BACKEND(1, 1) "," BACKEND(2, 1) "," BACKEND(3, 2)
#define ENDED_CONFIG \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [ " \
	"{ \"name\": \"web\", \"address\": \"192.0.2.10\", \"port\": 80, \"protocol\": \"tcp\", " \
	"\"scheduler\": \"least-connections\", " LAB_BACKENDS_V4 " } ] }"
#define THREE NEIGHBOUR("lan", "10.1.1.3", "02::b3")
#define FLOWS(n) IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(UP(1024), 53))
#define MORE_FLOWS(n) IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10"), UDP(UP(1024), 53))
#define FLOWS_OF(client, n) FLOWS_FROM(1024, client, n)
#define FLOWS_FROM(port, client, n) \
	IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2." #client, "192.0.2.10"), UDP(UP(port), 53))
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

/* What the states of backends say counts for the next flow; the shares of the others stay exact. */
static const struct golden_step states[] = {
	RESOLVED, THREE,
	FLOWS(6), TO(1, 2), TO(2, 2), TO(3, 2),
	HEALTH("10.1.1.2", DOWN),
	MORE_FLOWS(6), TO(1, 3), TO(3, 3),
	HEALTH("10.1.1.2", UP), ADMIN("10.1.1.1", DRAINING), ADMIN("10.1.1.3", DISABLED),
	FLOWS_OF(102, 6), TO(2, 6),
	ADMIN("10.1.1.1", ENABLED), ADMIN("10.1.1.3", ENABLED), WEIGHT("10.1.1.1", 0),
	FLOWS_OF(103, 6), TO(2, 3), TO(3, 3),
	WEIGHT("10.1.1.1", 2),
	FLOWS_OF(104, 8), TO(1, 4), TO(2, 2), TO(3, 2),
	HEALTH("10.1.1.1", DOWN), HEALTH("10.1.1.2", DOWN), HEALTH("10.1.1.3", DOWN),
	FLOWS_OF(105, 1), DROPPED(NO_BACKEND, 1),
	/* a reload keeps what was said at run time, but for a weight that the file changes */
	HEALTH("10.1.1.3", UP), HEALTH("10.1.1.1", UP),
	RELOAD(WEIGHTED(1, BACKEND(1, 1) "," BACKEND(2, 1) "," BACKEND(3, 2))),
	FLOWS_OF(106, 8), TO(1, 4), TO(3, 4),
	RELOAD(WEIGHTED(1, BACKEND(1, 3) "," BACKEND(2, 1) "," BACKEND(3, 1))),
	FLOWS_OF(107, 8), TO(1, 6), TO(3, 2),
	END
};

/* The backup stands in while no other takes flows. */
static const struct golden_step backup[] = {
	RESOLVED, THREE,
	FLOWS(6), TO(1, 3), TO(2, 3),
	HEALTH("10.1.1.1", DOWN),
	MORE_FLOWS(6), TO(2, 6),
	ADMIN("10.1.1.2", DRAINING),
	FLOWS_OF(102, 6), TO(3, 6),
	HEALTH("10.1.1.1", UP),
	FLOWS_OF(103, 6), TO(1, 6),
	END
};

/*
 * Least connections: those who have fewer get the next ones, by weight. Backend 2 comes in when the others have 20 and 40;
 * the flows of a backend count, and not how often it was chosen.
 */
static const struct golden_step least_connections[] = {
	RESOLVED, THREE, ADMIN("10.1.1.2", DRAINING),
	FLOWS(60), TO(1, 20), TO(3, 40),
	ADMIN("10.1.1.2", ENABLED),
	MORE_FLOWS(20), TO(2, 20),
	FLOWS_OF(102, 40), TO(1, 10), TO(2, 10), TO(3, 20),
	END
};
static const struct golden_step least_connections_of_four[] = {
	RESOLVED, THREE,
	FLOWS(10000), TO(1, 2500, .tolerance = 4), TO(2, 2500, .tolerance = 4), TO(3, 5000, .tolerance = 4),
	END
};

/* Connections that have ended are flows for a while, and count no more. */
#define SYN(port, b, n) \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(port, 80, "S", .seq = 100)), \
	OUT("lan", "eth 02::f1>02::b" b " ip4 10.1.0.3>10.1.1." b " ttl 63 tcp $" #n ">8080 S seq 100 ack 0 win 65535 len 0 [csum ok]")
#define REFUSED(port, b, n) \
	IN("lan", ETH("02::b" b, "02::f1"), IP4("10.1.1." b, "10.1.0.3"), TCP(8080, VAR(n), "RA", .seq = 0, .ack = 101)), \
	SENT("wan", "tcp 80>" #port " RA ", 1)
static const struct golden_step ended_connections[] = {
	RESOLVED,
	SYN(1, "1", 1), SYN(2, "2", 2), SYN(3, "1", 3), SYN(4, "2", 4),
	REFUSED(2, "2", 2), REFUSED(4, "2", 4),
	SYN(5, "2", 5), SYN(6, "2", 6), SYN(7, "1", 7),
	/* one that begins again on its old tuple counts again */
	REFUSED(5, "2", 5), SYN(5, "2", 5), SYN(8, "2", 8), SYN(9, "1", 9),
	END
};

/* Of two by chance the one with fewer flows: nearly even, where chance alone would be 100 off. One or two backends do as well. */
static const struct golden_step random_two[] = {
	RESOLVED, THREE,
	FLOWS(10000), TO(1, 2500, .tolerance = 5), TO(2, 2500, .tolerance = 5), TO(3, 5000, .tolerance = 5),
	ADMIN("10.1.1.3", DRAINING),
	MORE_FLOWS(100), TO(1, 50, .tolerance = 4), TO(2, 50, .tolerance = 4),
	ADMIN("10.1.1.2", DRAINING),
	FLOWS_OF(102, 10), TO(1, 10),
	END
};

/* Source hash: a client has one backend, from any port; another one only when that takes no flows, and it again after. */
static const struct golden_step source_hash[] = {
	RESOLVED, THREE,
	FLOWS(100), TO(1, 100),
	MORE_FLOWS(100), TO(3, 100),
	FLOWS_OF(107, 100), TO(2, 100),
	HEALTH("10.1.1.1", DOWN),
	FLOWS_FROM(2000, 100, 100), TO(2, 100),
	FLOWS_FROM(2000, 107, 100), TO(2, 100),
	HEALTH("10.1.1.1", UP),
	FLOWS_FROM(3000, 100, 100), TO(1, 100),
	END
};

/* Maglev: flows are spread by weight; four workers choose as one does, and so does a gateway that lists backends otherwise. */
#define MAGLEV_SHARES TO(1, 2558), TO(2, 2464), TO(3, 4978)
static const struct golden_step maglev[] = { RESOLVED, THREE, FLOWS(10000), MAGLEV_SHARES, END };

static const struct golden_case cases[] = {
	{ "round robin", CONFIG(1, "round-robin", BACKEND(1, 1) "," BACKEND(2, 1) "," BACKEND(3, 1)), 0, equal },
	{ "equal weights", WEIGHTED(1, BACKEND(1, 7) "," BACKEND(2, 7) "," BACKEND(3, 7)), 0, equal },
	{ "weights", WEIGHTED(1, BACKEND(1, 5) "," BACKEND(2, 3) "," BACKEND(3, 2)), 0, weighted },
	{ "large weights", WEIGHTED(1, BACKEND(1, 1000) "," BACKEND(2, 600) "," BACKEND(3, 400)), 0, weighted },
	{ "few flows", WEIGHTED(1, BACKEND(1, 5) "," BACKEND(2, 3) "," BACKEND(3, 2)), 0, few },
	{ "four workers", WEIGHTED(4, BACKEND(1, 5) "," BACKEND(2, 3) "," BACKEND(3, 2)), 4, four_workers },
	{ "states", WEIGHTED(1, BACKEND(1, 1) "," BACKEND(2, 1) "," BACKEND(3, 1)), 0, states },
	{ "backup", CONFIG(1, "round-robin", BACKEND(1, 1) "," BACKEND(2, 1) "," BACKUP(3)), 0, backup },
	{ "least connections", CONFIG(1, "least-connections", ONE_ONE_TWO), 0, least_connections },
	{ "least connections, four workers", CONFIG(4, "least-connections", ONE_ONE_TWO), 4, least_connections_of_four },
	{ "ended connections", ENDED_CONFIG, 0, ended_connections },
	{ "random two", CONFIG(1, "random-two", ONE_ONE_TWO), 0, random_two },
	{ "source hash", CONFIG(1, "source-hash", ONE_ONE_TWO), 0, source_hash },
	{ "source hash, four workers", CONFIG(4, "source-hash", ONE_ONE_TWO), 4, source_hash },
	{ "maglev", CONFIG(1, "maglev", ONE_ONE_TWO), 0, maglev },
	{ "maglev, four workers, other order", CONFIG(4, "maglev", BACKEND(3, 2) "," BACKEND(1, 1) "," BACKEND(2, 1)), 4, maglev },
	{ "new weights", WEIGHTED(1, BACKEND(1, 1000) "," BACKEND(2, 1)), 0, new_weights },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "schedule", cases);
}
