/* SPDX-License-Identifier: BSD-3-Clause */
/* States of backends in golden cases: what lib/control/backends.c does, without its thread. */
#ifndef SLUICE_TESTS_GOLDEN_STATES_H
#define SLUICE_TESTS_GOLDEN_STATES_H

#include "golden.h"

#include "sluice/state/worker.h"

/* Fresh states for what is new in a snapshot that is about to be published. */
void golden_states_follow(struct sl_shared *shared, const struct sl_snapshot *next);

/* A step HEALTH, ADMIN or WEIGHT. Returns how many backends it was for. */
unsigned int golden_states_set(struct sl_shared *shared, struct sl_snapshot *s, const struct golden_step *step);

/* The gauges of flows that exist and of those that are open are what the flow table says. */
void golden_states_check(const struct sl_worker *w);

/* CALL: every flow is ended from outside, as when it is asked for on the control socket. */
void golden_states_end_flows(struct sl_worker *w, struct sl_snapshot *s);

/* Sums over all workers: of a counter, of the drops by a cause. */
uint64_t golden_states_count(const struct sl_shared *shared, unsigned int counter);
uint64_t golden_states_drops(const struct sl_shared *shared, unsigned int cause);

#endif
