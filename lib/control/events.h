/* SPDX-License-Identifier: BSD-3-Clause */
/* What workers tell control, and what control remembers of it. */
#ifndef SLUICE_CONTROL_EVENTS_H
#define SLUICE_CONTROL_EVENTS_H

#include "control_internal.h"

/* Read the workers' event rings, a bounded number of messages from each, and act on them. */
void sl_control_drain_events(struct sl_control *control, uint64_t now_ns);

/* A worker has told something that was not read yet. */
bool sl_control_events_pending(const struct sl_control *control);

/* Act on one message. */
void sl_control_event(struct sl_control *control, const struct sl_event *event, uint64_t now_ns);

#endif
