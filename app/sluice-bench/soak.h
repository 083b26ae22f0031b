/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows opened and expired without end, by packets through the whole pipeline: does anything grow, get lost, wear out or slow
 * down? Half of the packets (--new-flow-ratio) open a flow, the others start the idle time of one of the last anew, so that flows
 * end in another order than they began. In the end all expire, and the table must be as it was at the start.
 */
#ifndef APP_SLUICE_BENCH_SOAK_H
#define APP_SLUICE_BENCH_SOAK_H

#include "traffic.h"

#define SOAK_ROWS_MAX 16

/* How things stand at one moment. */
struct soak_row {
	uint64_t opened, expired;
	uint32_t live;
	uint32_t free_records;
	uint32_t chained;	/* buckets in use beside the main ones */
	uint32_t longest_chain; /* of buckets, 1: none is chained */
	uint32_t entries[SL_FLOW_BUCKET_SLOTS + 1]; /* main buckets by the number of their entries */
	double scattered;	/* share of the free records whose next one lies in another 4 KiB */
	uint64_t heap_bytes;	/* allocated of DPDK's memory */
	uint64_t process_bytes; /* resident, hugepages included */
	double cycles;		/* per packet since the row before, driver included */
};

struct report_soak {
	unsigned int n_rows;
	struct soak_row rows[SOAK_ROWS_MAX]; /* at the start; at 1 %, 10 %, ... 100 %; when all have expired */
	uint64_t packets;
	char wrong[256]; /* what was found; empty: nothing */
};

/* Returns 0, or -1 with a line in s->wrong. Rows are reported as they come. */
int soak_run(struct report_soak *s, struct traffic *t);

#endif
