/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole gateway in the memory of a test: workers, snapshot, tables, and ports that are rings, in virtual time. What fails in
 * here ends the test. The conservation law holds for each worker after every turn; at the end no packet is left anywhere.
 */
#ifndef SLUICE_TESTS_GOLDEN_GATEWAY_H
#define SLUICE_TESTS_GOLDEN_GATEWAY_H

#include "rss.h"

#include "sluice/config/config.h"
#include "sluice/config/snapshot.h"
#include "sluice/port/port.h"
#include "sluice/state/worker.h"

#define GATEWAY_OUT_MAX 512
#define GATEWAY_RSS_PORTS 2
#define GATEWAY_ANY_QUEUE UINT_MAX

struct gateway_port {
	struct sl_port port;
	struct rte_ring *rx[SL_MAX_WORKERS], *tx[SL_MAX_WORKERS];
	enum rss_device rss;
	struct rte_mbuf *out[GATEWAY_OUT_MAX]; /* frames that left, the caller's from next_out on */
	unsigned int n_out, next_out;
};

struct gateway {
	struct rte_mempool *pool, *headers;
	struct sl_config *config;
	struct sl_snapshot *snapshot;
	struct sl_shared shared;
	struct sl_neighbour_table neighbours;
	struct sl_dispatch dispatch;
	struct sl_affinity_table affinities;
	bool meddled; /* the test may have made flows of nobody's */
	struct gateway_port ports[SL_MAX_PORTS]; /* behind the real ones: what is punted to control */
	struct sl_port_facts facts[SL_MAX_PORTS];
	enum rss_device rss[GATEWAY_RSS_PORTS];
	unsigned int queues;
	uint64_t now_ns;
};

/* Once, before the first gateway. Returns 0, or not. */
int gateway_eal_init(const char *name);

/* config: JSON. queues: receive queues of each port, 0: as many as workers. rss: what the first ports do. */
void gateway_start(struct gateway *g, const char *config, unsigned int queues, const enum rss_device rss[GATEWAY_RSS_PORTS]);
void gateway_finish(struct gateway *g);

/* A frame arrives; it is looked at when the gateway settles. */
void gateway_receive(struct gateway *g, struct gateway_port *port, unsigned int queue, struct rte_mbuf *m);

/* Workers take turns until nothing moves; what left is in the ports' out[] then. */
void gateway_settle(struct gateway *g);

/* Virtual time passes, in steps of at most 100 ms. */
void gateway_pass(struct gateway *g, uint64_t ms);

/* What control does: publish another configuration; enter a neighbour, with its MAC address or, NULL, as one that does not answer. */
void gateway_reload(struct gateway *g, const char *config);
void gateway_resolve(struct gateway *g, uint16_t interface, const struct sl_ip *ip, const uint8_t mac[6]);

#endif
