/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The states of backends at run time: the one place that changes them. A change is checked, written into shared->backends,
 * and the schedule of that backend's service compiled and exchanged; nothing else of the snapshot is touched. What an operator
 * changes counts for the next new flow when the call returns; changes of health are collected until sl_backends_settle, as a
 * network that fails brings a thousand at once, and each exchange waits for all workers. Each change is logged once, with its reason.
 *
 * A backend is named by its id, and must be in the configuration: what was removed from it drains anyway.
 */
#ifndef SLUICE_CONTROL_BACKENDS_H
#define SLUICE_CONTROL_BACKENDS_H

#include "control_internal.h"

#define SL_REASON_MAX 128 /* of the text, with its final 0 */

/* What is known of a state beside what workers need: by backend id. */
struct sl_backend_note {
	char reason[SL_REASON_MAX]; /* of its last change */
	uint64_t since_ns;	    /* when that was, sl_control_now_ns() */
	uint64_t ramp_start_ns;	    /* when its slow start began, while state.ramp is less than SL_RAMP_FULL */
	bool unsettled;		    /* its health has changed, */
	uint8_t health_was;	    /* from this one, which the schedule still goes by */
};

/* The state of a backend of the snapshot, and what is noted about it; valid under the lock. */
struct sl_backend_state sl_backends_state(const struct sl_control *control, const struct sl_backend *backend);
const struct sl_backend_note *sl_backends_note(const struct sl_control *control, const struct sl_backend *backend);

/* Weight in its service's schedule, SL_RAMP_FULL to one of the file; 0: it takes no new flows. */
uint32_t sl_backends_effective_weight(const struct sl_service *service, const struct sl_backend *backend);

/* Id of a service's backend in the configuration, or SL_ID_NONE. */
uint16_t sl_backends_find(const struct sl_control *control, const char *service, const struct sl_ip *ip, uint16_t port);

/*
 * Each returns 0, also where it was so already (then nothing is logged, and the reason stays), or -1 with a problem and
 * nothing changed. `reason` is for the log and the operator: who asked, or what was seen. Call with the lock; and
 * sl_backends_settle after changes of health, before the lock is given back.
 */
int sl_backends_set_weight(struct sl_control *control, uint16_t id, uint16_t weight, const char *reason,
			   struct sl_problems *problems); /* SL_WEIGHT_CONFIGURED: that of the file again */
int sl_backends_set_admin(struct sl_control *control, uint16_t id, enum sl_admin admin, const char *reason,
			  struct sl_problems *problems);
int sl_backends_set_health(struct sl_control *control, uint16_t id, enum sl_health health, const char *reason,
			   struct sl_problems *problems);

/*
 * The next snapshot is about to be published in place of control->snapshot: backends that are new in it get fresh states. No
 * worker looks at these yet, as no flow has their ids. Those that were removed, and are back before their last flow ended, too:
 * what an operator said of them was about the ones that went.
 */
void sl_backends_follow(struct sl_control *control, struct sl_snapshot *next);

/* Lay out schedules by what has changed, and have all workers go by them. What memory is short for is tried again by run. */
void sl_backends_settle(struct sl_control *control, uint64_t now_ns);

/* Give those that start slowly what is due of their weight, and settle. Returns when more will be due. Call with the lock. */
uint64_t sl_backends_run(struct sl_control *control, uint64_t now_ns);

#endif
