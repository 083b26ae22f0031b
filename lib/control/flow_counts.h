/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of services and backends. Workers count by id and never begin again at 0; an id that goes to another object is
 * counted from what it stood at then.
 */
#ifndef SLUICE_CONTROL_FLOW_COUNTS_H
#define SLUICE_CONTROL_FLOW_COUNTS_H

#include "control_internal.h"

/* What each id stood at when its present object got it. */
struct sl_flow_counts {
	struct sl_flow_counters service[SL_MAX_SERVICES], backend[SL_MAX_BACKENDS];
};

/* Before `next` is published: objects that are not in `previous` (NULL: none) begin at 0. No worker counts for them yet. */
void sl_flow_counts_begin(struct sl_control *control, const struct sl_snapshot *previous, const struct sl_snapshot *next);

/* Summed over the workers, since the object exists. */
uint64_t sl_flow_counts_service(const struct sl_control *control, uint16_t id, enum sl_flow_counter counter);
uint64_t sl_flow_counts_backend(const struct sl_control *control, uint16_t id, enum sl_flow_counter counter);

#endif
