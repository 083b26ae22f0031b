/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work on the flows of all workers that the control thread does beside its other duties: a job walks the workers' tables
 * chunk by chunk (sluice/state/query.h), without ever waiting for one, and the loop is woken when a chunk has been answered.
 * A job that ends flows may do so gradually.
 *
 * Life: sl_flow_job_start -> chunk() after each answer -> end(), after which the job is gone; or sl_flow_job_cancel.
 */
#ifndef SLUICE_CONTROL_FLOW_JOBS_H
#define SLUICE_CONTROL_FLOW_JOBS_H

#include "flow_search.h"

struct sl_flow_job {
	/* set by whoever starts it; zero where not needed */
	struct sl_flow_query query; /* action, filter */
	struct sl_flow_cursor at;   /* where to begin */
	uint32_t per_step;	    /* flows to end in each SL_FLOW_STEP_NS; 0: as fast as workers do */
	void *arg;
	/*
	 * A chunk was answered: move job->at behind what was made use of. Returns whether to go on. NULL: sl_flow_cursor_advance.
	 */
	bool (*chunk)(struct sl_flow_job *job);
	/* It is over. `wrong`: why before its end, or NULL. The job, which was on the heap, is freed behind the call. */
	void (*end)(struct sl_flow_job *job, const char *wrong);

	/* It was cancelled, and is freed behind the call. NULL: nobody needs to know. */
	void (*cancelled)(struct sl_flow_job *job);

	/* kept by flow_jobs.c */
	struct sl_control *control;
	uint32_t n_ended, n_resets; /* so far */
	uint32_t left;		    /* of per_step */
	uint64_t step_ns;	    /* when the next step begins */
	uint64_t posted_ns;
	bool posted;		    /* the worker has the query */
	struct sl_flow_job *next;
};

#define SL_FLOW_STEP_NS (100 * 1000 * 1000ull)

/* Take the job over. */
void sl_flow_job_start(struct sl_control *control, struct sl_flow_job *job);

/* End it: cancelled() is called, end() is not. */
void sl_flow_job_cancel(struct sl_flow_job *job);

/* Do what can be done now. Returns when to call again. */
uint64_t sl_flow_jobs_run(struct sl_control *control, uint64_t now_ns);

/* An answer has come that sl_flow_jobs_run did not see yet. */
bool sl_flow_jobs_pending(const struct sl_control *control);

/* Cancel all. The workers do not run any more. */
void sl_flow_jobs_fini(struct sl_control *control);

#endif
