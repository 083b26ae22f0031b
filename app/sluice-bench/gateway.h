/* SPDX-License-Identifier: BSD-3-Clause */
/* One worker with its snapshot and neighbours on two net_null ports: a sluice without network and control thread. */
#ifndef APP_SLUICE_BENCH_GATEWAY_H
#define APP_SLUICE_BENCH_GATEWAY_H

#include "sluice/port/port.h"
#include "sluice/state/worker.h"

#include "options.h"

#define BENCH_RING 1024 /* packets that have been received and wait: as many as a port's descriptors by default */
#define BENCH_BURST SL_BURST_MAX
#define BENCH_FANOUT_MAX 256

struct gateway {
	struct rte_mempool *pool, *headers;
	struct sl_port ports[2];
	struct sl_config *config;
	struct sl_snapshot *snapshot;
	struct sl_neighbour_table neighbours;
	struct sl_shared shared;
	struct sl_dispatch dispatch; /* with several workers */
	struct sl_worker *worker; /* the one that is measured; the others only are there */
	uint64_t now_ns; /* virtual */
	uint32_t capacity; /* of its flow table */
	uint64_t table_bytes; /* that the table takes */
	bool hugepages;
};

/* Start DPDK and set everything up. Returns 0, or -1 after saying on stderr what is wrong. */
int gateway_init(struct gateway *g, const struct bench_options *o);
void gateway_fini(struct gateway *g);

/* Let time pass. */
void gateway_advance(struct gateway *g, uint64_t ns);

/* Packets dropped so far. */
uint64_t gateway_drops(const struct gateway *g);
void gateway_print_drops(const struct gateway *g, FILE *out);

/* Start DPDK with `bytes` of memory for us. Returns 0 and whether in hugepages, or -1 after a line on stderr. */
int bench_eal_start(const struct bench_options *o, uint64_t bytes, bool *hugepages);
void bench_eal_stop(void);

#endif
