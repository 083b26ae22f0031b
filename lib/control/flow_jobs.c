/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_jobs.h"

#include <stdlib.h>

#define WORKER_TIMEOUT_NS (2 * SL_NS_PER_S)
#define AGAIN_NS (1000 * 1000ull) /* a worker that is busy with telemetry's query */

static struct sl_worker *worker_of(const struct sl_flow_job *job)
{
	return job->control->shared->workers[job->at.worker];
}

static bool is_through(const struct sl_flow_job *job)
{
	return job->at.worker >= job->control->shared->n_workers;
}

void sl_flow_job_start(struct sl_control *control, struct sl_flow_job *job)
{
	struct sl_flow_job **last = &control->flow_jobs;

	job->control = control;
	job->query.wake = true;
	while (*last != NULL)
		last = &(*last)->next;
	*last = job;
}

/* What the worker's answer has of flows that were ended. */
static void count_ended(struct sl_flow_job *job)
{
	job->n_ended += job->query.n_ended;
	job->n_resets += job->query.n_resets;
}

static void remove_job(struct sl_flow_job *job)
{
	struct sl_flow_job **at = &job->control->flow_jobs;

	if (job->posted) {
		sl_query_cancel(worker_of(job));
		count_ended(job); /* it may have been answered at the last moment */
	}
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
}

void sl_flow_job_cancel(struct sl_flow_job *job)
{
	remove_job(job);
	if (job->cancelled != NULL)
		job->cancelled(job);
	free(job);
}

static void finish(struct sl_flow_job *job, const char *wrong)
{
	remove_job(job);
	job->end(job, wrong);
	free(job);
}

/* The worker's answer. Returns whether the job goes on. */
static bool take_answer(struct sl_flow_job *job)
{
	job->posted = false;
	count_ended(job);
	job->left -= RTE_MIN(job->left, job->query.n_ended);
	if (job->chunk != NULL)
		return job->chunk(job) && !is_through(job);
	sl_flow_cursor_advance(&job->at, &job->query);
	return !is_through(job);
}

static void begin_step(struct sl_flow_job *job, uint64_t now_ns)
{
	if (job->per_step == 0) {
		job->left = SL_QUERY_ENDS;
	} else if (now_ns >= job->step_ns) {
		job->left = job->per_step;
		job->step_ns = now_ns + SL_FLOW_STEP_NS;
	}
}

/* As far as it goes without waiting. Returns when to look again; the job may be gone. */
static uint64_t run_job(struct sl_flow_job *job, uint64_t now_ns)
{
	if (job->posted) {
		if (!sl_query_done(worker_of(job))) {
			if (now_ns < job->posted_ns + WORKER_TIMEOUT_NS)
				return job->posted_ns + WORKER_TIMEOUT_NS;
			finish(job, "a worker does not answer");
			return SL_NEVER;
		}
		if (!take_answer(job)) {
			finish(job, NULL);
			return SL_NEVER;
		}
	}
	if (is_through(job)) {
		finish(job, NULL);
		return SL_NEVER;
	}
	begin_step(job, now_ns);
	if (job->left == 0)
		return job->step_ns;
	job->query.start = job->at.record;
	job->query.limit = job->left;
	job->query.n_ended = job->query.n_resets = 0;
	if (!sl_query_post(worker_of(job), &job->query))
		return now_ns + AGAIN_NS;
	job->posted = true;
	job->posted_ns = now_ns;
	return now_ns + WORKER_TIMEOUT_NS;
}

uint64_t sl_flow_jobs_run(struct sl_control *control, uint64_t now_ns)
{
	uint64_t next_ns = SL_NEVER;

	for (struct sl_flow_job *job = control->flow_jobs, *next; job != NULL; job = next) {
		next = job->next; /* jobs started meanwhile come behind */
		uint64_t at_ns = run_job(job, now_ns);
		next_ns = RTE_MIN(next_ns, at_ns);
	}
	return next_ns;
}

bool sl_flow_jobs_pending(const struct sl_control *control)
{
	for (const struct sl_flow_job *job = control->flow_jobs; job != NULL; job = job->next)
		if (job->posted && sl_query_is_answered(worker_of(job)))
			return true;
	return false;
}

void sl_flow_jobs_fini(struct sl_control *control)
{
	while (control->flow_jobs != NULL)
		sl_flow_job_cancel(control->flow_jobs);
}
