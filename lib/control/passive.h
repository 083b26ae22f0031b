/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Passive checks: reads what workers count of new flows (sluice/state/latency.h) for the backends of services that have "passive",
 * and holds back those that do not answer (holdoff.h).
 */
#ifndef SLUICE_CONTROL_PASSIVE_H
#define SLUICE_CONTROL_PASSIVE_H

#include "control_internal.h"

struct sl_passive;

struct sl_passive *sl_passive_create(void);
void sl_passive_destroy(struct sl_passive *passive);

/* control->snapshot is of this configuration. */
void sl_passive_follow(struct sl_control *control, const struct sl_config *config);

/* Look at the counters. Returns when to call again. */
uint64_t sl_passive_run(struct sl_control *control, uint64_t now_ns);

/* The backend with this id is held back now. */
bool sl_passive_holds(const struct sl_control *control, uint16_t id);

struct sl_passive_view {
	int64_t hold_off_ms; /* -1: not held */
	uint64_t answered, refused, unanswered; /* since its checks began */
};
struct sl_passive_view sl_passive_view(const struct sl_control *control, const struct sl_backend *backend);

#endif
