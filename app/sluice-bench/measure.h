/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_MEASURE_H
#define APP_SLUICE_BENCH_MEASURE_H

#include "traffic.h"

#define MEASURE_STAGES_MAX 24

struct measure_range {
	double median, min, max;
};

struct measure_stage {
	const char *name;
	double cycles; /* median */
};

/* TSC cycles per packet. */
struct measure {
	struct measure_range net; /* pipeline, transmit queues, clock and housekeeping; without receive and transmit below */
	double receive;		  /* filling in mbufs, as a driver does; not part of net */
	double transmit;	  /* net_null's transmit function, which frees the mbufs; not part of net */
	double interrupted;	  /* share of the rings that something else interrupted: left out */
	unsigned int n_stages;
	struct measure_stage stages[MEASURE_STAGES_MAX]; /* from a run of their own, the timer's cost subtracted */
	uint64_t packets;	  /* of one repetition, rounded to whole rings */
};

/* Returns 0, or -1 after a line on stderr when packets went astray. */
int measure_pipeline(struct measure *m, struct traffic *t);

/* Has another process had this CPU since the last call? *switches is the caller's to keep. */
bool measure_interrupted(long *switches);

/* Sorts values. */
struct measure_range measure_range(double *values, unsigned int n);

#endif
