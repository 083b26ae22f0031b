/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet path. Only pipeline.c knows the order of the stages. */
#ifndef SLUICE_PATH_PIPELINE_H
#define SLUICE_PATH_PIPELINE_H

#include "sluice/state/verdict.h"

/* Walk one burst through all stages; every packet has left it on return. w->now and w->epoch are set. */
void sl_pipeline(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);

/* The stages of sl_pipeline in their order, *n of them, for those who time them one by one. */
struct sl_stage {
	const char *name;
	void (*run)(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
};
const struct sl_stage *sl_pipeline_stages(unsigned int *n);

/* One turn of a worker: receive from every queue and ring, run the pipeline, transmit, keep house. Returns packets moved. */
unsigned int sl_worker_turn(struct sl_worker *w, const struct sl_snapshot *s);

/* Timers, held packets, listings: bounded work. Called by sl_worker_turn. */
void sl_worker_housekeeping(struct sl_worker *w, const struct sl_snapshot *s);

/* Until shared->stop: turns, RCU, idle back-off. The lcore's main function; arg is the struct sl_worker. */
int sl_worker_loop(void *arg);

#endif
