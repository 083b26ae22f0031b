/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When what becomes of new flows says that a backend is not well, and for how long it is then spared: no clock, no counters. The
 * first time it is held for hold_off_s, each next time twice as long up to hold_off_max_s; once it has done without for as
 * long as it was held last, it begins at the first again.
 */
#ifndef SLUICE_CONTROL_HOLDOFF_H
#define SLUICE_CONTROL_HOLDOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/config/health.h"

/* Zeroed: nothing is known, not held. */
struct sl_holdoff {
	uint64_t window_ns; /* when the present window began */
	uint32_t answered, failed; /* in it */
	uint64_t until_ns;  /* held until then; 0: not held */
	uint64_t held_ns;   /* when it was held last; 0: never */
	uint64_t back_ns;   /* when that was over */
	uint32_t seconds;   /* how long it was held last; 0: the next time is the first */
};

/* What has become of flows since the last time. */
struct sl_evidence {
	uint32_t answered, refused, unanswered;
};

enum sl_holdoff_change { SL_HOLDOFF_SAME, SL_HOLDOFF_HELD, SL_HOLDOFF_BACK };

/*
 * Take the evidence in. opening_ns: how long a flow may wait for its first answer; for so long after the backend was held, flows from
 * before may end unanswered, which says nothing new.
 */
enum sl_holdoff_change sl_holdoff_update(struct sl_holdoff *h, const struct sl_config_passive *config,
					 const struct sl_evidence *evidence, uint64_t opening_ns, uint64_t now_ns);

#endif
