/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a configuration to the snapshot that workers read. What a configuration removes is a tombstone for at least one
 * publication, because a worker can still make a flow to it until it has seen the new snapshot; it is dropped by
 * sl_control_bury once its flows are gone.
 */
#ifndef SLUICE_CONTROL_PUBLISH_H
#define SLUICE_CONTROL_PUBLISH_H

#include "control_internal.h"

/*
 * Build, exchange, wait for the workers, let the other parts follow, free the old one. Returns 0, or -1 with problems and
 * the running snapshot untouched. Call with the lock.
 */
int sl_control_publish(struct sl_control *control, const struct sl_config *config, struct sl_problems *problems);

/* Drop tombstones without flows. Returns after how many nanoseconds to call again while there are any. Call with the lock. */
uint64_t sl_control_bury(struct sl_control *control);

#endif
