/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets, as a NIC would bring them. Two steps, since a NIC does the first on its own:
 *
 *	arrive	writes BENCH_RING frames into mbufs. Not timed. Flows are picked at random; what is known of a flow is four bytes
 *		and is read past the caches, so that the generator's own misses are no part of the result. In a soak they are
 *		new ones and some of the last opened, so that idle times begin anew here and there.
 *	receive	fills in the mbufs of a burst as a driver's receive function does. Timed, measured alone and subtracted.
 *
 * Frames of a ring are written one after the other and then received, so when its turn has come a packet lies in the level 2
 * cache: 192 bytes for each mbuf and header, 1024 of them. Option --cold: in memory, as devices leave it that cannot write into
 * the cache.
 */
#ifndef APP_SLUICE_BENCH_TRAFFIC_H
#define APP_SLUICE_BENCH_TRAFFIC_H

#include "gateway.h"
#include "plan.h"

/* Where a flow came out: what replies are addressed to. */
struct traffic_flow {
	uint16_t port_be;
	uint8_t snat, backend;
};

struct traffic {
	struct gateway *gateway;
	const struct bench_options *options;
	struct plan plan[2];	  /* by address family: [1] is IPv6 */
	struct traffic_flow *flows; /* option flows of them */
	uint64_t random;
	uint64_t next_new;	  /* number of the next flow that is opened */
	uint32_t new_flow_q32;	  /* ratio * 2^32 */
	struct rte_mbuf *ring[BENCH_RING];
	uint8_t side[BENCH_RING]; /* enum sl_side */
};

int traffic_init(struct traffic *t, struct gateway *g, const struct bench_options *o);
void traffic_fini(struct traffic *t);

/*
 * Open all flows by real packets: TCP handshake, or UDP query and answer, unless nothing will be sent on them.
 * Returns 0, or -1 after a line on stderr.
 */
int traffic_establish(struct traffic *t);

/* Virtual time for a burst so that about `flows` live while some are opened: one each timeout / flows. */
uint64_t traffic_burst_ns(const struct bench_options *o);

/* Let a ring of packets arrive. */
void traffic_arrive(struct traffic *t);

/* Tuple of a packet of an established flow picked at random. */
void traffic_pick(struct traffic *t, struct sl_tuple *k);

/* Receive the burst that starts at ring[first]. */
void traffic_receive(const struct traffic *t, unsigned int first, struct sl_burst *b);

/* Receive it and take it all the way, as a worker's turn does, with ns gone by since the one before. */
void traffic_walk(const struct traffic *t, unsigned int first, uint64_t ns);

#endif
