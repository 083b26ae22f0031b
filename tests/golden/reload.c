/* SPDX-License-Identifier: BSD-3-Clause */
/* Reloads under traffic: what is removed drains, what stays is not disturbed. */
#include "lab.h"

#define ONE_BACKEND(n) "\"snat\": [\"10.1.0.3\"], \"backends\": [ { \"address\": \"10.1.1." #n "\", \"port\": 8080 } ]"
#define WEB(backends) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	LAB_SERVICE("web", "192.0.2.10", 80, "tcp", backends) "] }"
#define NO_SERVICES "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES " }"

#define DATA_GOES_ON \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "A", .seq = 501, .ack = 101)), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok]")
#define NEW_FLOW(port) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(port, 80, "S", .seq = 1))

static const struct golden_step backend_removed[] = {
	RESOLVED,
	OPENED,
	RELOAD(WEB(ONE_BACKEND(2))),
	DATA_GOES_ON,
	NEW_FLOW(2000), NEW_FLOW(2001),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 S seq 1 ack 0 win 65535 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $3>8080 S seq 1 ack 0 win 65535 len 0 [csum ok]"),
	/* the client's old port comes back after a reset: not to the removed backend */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
	NEW_FLOW(1000),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $4>8080 S seq 1 ack 0 win 65535 len 0 [csum ok]"),
	END
};

static const struct golden_step service_removed[] = {
	RESOLVED,
	OPENED,
	RELOAD(NO_SERVICES),
	DATA_GOES_ON,
	NEW_FLOW(2000),
	DROPPED(DRAINING, 1),
	/* the address is still ours while it drains */
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.10")),
	OUT("wan", "eth 02::f0>02::c1 arp reply 192.0.2.10 is-at 02::f0 to 192.0.2.100 (02::c1)"),
	/* and not after the last flow is gone and control has looked */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
	TIME(11000),
	RELOAD(NO_SERVICES),
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.10")),
	DROPPED(ARP, 1),
	END
};

static const struct golden_step nothing_changes[] = {
	RESOLVED,
	OPENED,
	RELOAD(LAB_CONFIG),
	DATA_GOES_ON,
	RELOAD(WEB(LAB_BACKENDS_V4)),
	DATA_GOES_ON,
	END
};

static const struct golden_step next_hop_changes[] = {
	RESOLVED,
	OPENED,
	NEIGHBOUR("lan", "10.1.1.1", "02::bb"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::bb ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	RELOAD("{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES
	       ", \"routes\": [ { \"prefix\": \"10.1.1.1/32\", \"via\": \"10.1.1.2\" } ], \"services\": ["
	       LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4) "] }"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	END
};

#define SNAT(address) "\"snat\": [\"" address "\"], \"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080 } ]"
#define ASKED_FOR(address) IN("lan", ETH("02::b1", "bcast"), ARP_REQUEST("02::b1", "10.1.1.1", address))

/* Flows of a source-NAT address that was removed from a service go on, new ones take the new address. */
static const struct golden_step snat_removed[] = {
	RESOLVED,
	OPENED,
	RELOAD(WEB(SNAT("10.1.0.4"))),
	DATA_GOES_ON,
	ASKED_FOR("10.1.0.3"),
	OUT("lan", "eth 02::f1>02::b1 arp reply 10.1.0.3 is-at 02::f1 to 10.1.1.1 (02::b1)"),
	NEW_FLOW(2000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.4>10.1.1.1 ttl 63 tcp $2>8080 S seq 1 ack 0 win 65535 len 0 [csum ok]"),
	/* for as long as they live */
	TIME(1500000),
	DATA_GOES_ON,
	TIME(1500000),
	COUNT(FLOWS_EXPIRED, 0),
	RELOAD(WEB(SNAT("10.1.0.4"))),
	DATA_GOES_ON,
	ASKED_FOR("10.1.0.3"),
	OUT("lan", "eth 02::f1>02::b1 arp reply 10.1.0.3 is-at 02::f1 to 10.1.1.1 (02::b1)"),
	/* a new connection of the same client does not inherit it */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
	NEW_FLOW(1000),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.4>10.1.1.1 ttl 63 tcp $3>8080 S seq 1 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.4"), TCP(8080, VAR(3), "SA", .seq = 500, .ack = 2)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 2 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 2, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.4>10.1.1.1 ttl 63 tcp $3>8080 A seq 2 ack 501 win 65535 len 0 [csum ok]"),
	/* and the address is nobody's some time after the last, though the service goes on */
	TIME(700000),
	RELOAD(WEB(SNAT("10.1.0.4"))),
	ASKED_FOR("10.1.0.3"),
	DROPPED(ARP, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 2, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.4>10.1.1.1 ttl 63 tcp $3>8080 A seq 2 ack 501 win 65535 len 0 [csum ok]"),
	END
};

#define SYN_TO_UNKNOWN IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100))

/* Packets that wait for their next hop do so through a reload, whether their service stays or goes. */
static const struct golden_step held_over_reload[] = {
	SYN_TO_UNKNOWN,
	EVENT(RESOLVE, "lan", "10.1.1.1"),
	COUNT(HELD, 1),
	RELOAD(WEB(ONE_BACKEND(2))),
	RELOAD(NO_SERVICES),
	COUNT(HELD, 0),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(HELD, -1),
	END
};

/* The interface they wait on goes: they are dropped in their time, and not sent by another that comes instead. */
static const struct golden_step held_interface_goes[] = {
	SYN_TO_UNKNOWN,
	EVENT(RESOLVE, "lan", "10.1.1.1"),
	RELOAD("{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": ["
	       "{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\"] },"
	       "{ \"name\": \"other\", \"device\": \"net_ring_lan\", \"vlan\": 7, \"addresses\": [\"10.1.0.2/16\"] } ] }"),
	NEIGHBOUR("other", "10.1.1.1", "02::bb"),
	TIME(3100),
	DROPPED(NEIGHBOUR_UNRESOLVED, 1),
	END
};

static const struct golden_case cases[] = {
	{ "a backend is removed", LAB_CONFIG, 0, backend_removed },
	{ "a service is removed", LAB_CONFIG, 0, service_removed },
	{ "a source-NAT address is removed", WEB(SNAT("10.1.0.3")), 0, snat_removed },
	{ "held packets stay", LAB_CONFIG, 0, held_over_reload },
	{ "held packets whose interface goes", LAB_CONFIG, 0, held_interface_goes },
	{ "nothing changes for a flow that stays", LAB_CONFIG, 0, nothing_changes },
	{ "the next hop changes", LAB_CONFIG, 0, next_hop_changes },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "reload", cases);
}
