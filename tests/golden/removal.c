/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's device is taken away: the rest goes on, and what would leave by it is dropped by that name. */
#include "lab.h"

#include "sluice/state/worker.h"

#define TWO_WORKERS LAB_CONFIG_WITH("\"workers\": 2, ")

static void remove_lan(struct sl_worker *w, struct sl_snapshot *s)
{
	atomic_store(&w->shared->removed_ports, 1u << 1);
}

static void not_polled(struct sl_worker *w, struct sl_snapshot *s)
{
	for (unsigned int i = 0; i < w->n_rx_queues; i++)
		if (w->rx_queues[i].port == 1)
			w->count[SL_COUNT_RX]++; /* breaks the conservation law, so the case fails */
}

#define SECOND_SEGMENT IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501))
#define PING IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), ECHO(7, 1), PAYLOAD("ping"))
#define PONG OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 icmp echo-reply id 7 seq 1 len 4 \"ping\" [csum ok]")

static const struct golden_step flows[] = {
	RESOLVED,
	OPENED,
	CALL(remove_lan),
	SECOND_SEGMENT, DROPPED(PORT_REMOVED, 1),
	CALL(not_polled),
	/* a new flow, to either backend */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1001, 53), PAYLOAD("b?")),
	DROPPED(PORT_REMOVED, 2),
	/* control found out that nobody answers there */
	NEIGHBOUR("lan", "10.1.1.1", "failed"),
	SECOND_SEGMENT, DROPPED(PORT_REMOVED, 1),
	PING, PONG,
	END
};

static const struct golden_step unresolved[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	/* waits for ARP when the port goes */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	EVENT(RESOLVE, "lan", "10.1.1.1"),
	COUNT(HELD, 1),
	CALL(remove_lan),
	/* and one that comes afterwards does not wait */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1001, 53), PAYLOAD("b?")),
	DROPPED(PORT_REMOVED, 1),
	TIME(3100),
	DROPPED(PORT_REMOVED, 1),
	COUNT(HELD, -1),
	END
};

static const struct golden_case cases[] = {
	{ "flows over a port that goes", LAB_CONFIG, 0, flows },
	{ "flows over a port that goes, two workers", TWO_WORKERS, 0, flows },
	{ "flows over a port that goes, two workers and one queue", TWO_WORKERS, 1, flows },
	{ "packets that wait for a neighbour", LAB_CONFIG, 0, unresolved },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "removal", cases);
}
