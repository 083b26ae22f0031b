/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Deadlines of backends that drain: what flows are left then is ended, gradually, so that neither the other backends nor a
 * worker get all of it at once. A deadline belongs to a backend that is drained or disabled, or was removed (also with its
 * service); it ends with the backend, or when that is enabled or added again.
 */
#ifndef SLUICE_CONTROL_DRAINS_H
#define SLUICE_CONTROL_DRAINS_H

#include "control_internal.h"

struct sl_drains;

struct sl_drains *sl_drains_create(void);
void sl_drains_destroy(struct sl_drains *drains);

/* From deadline_ns on, end the flows of this backend. Replaces one that was set before. */
void sl_drains_set(struct sl_control *control, const struct sl_backend *backend, uint64_t deadline_ns);

/* Forget its deadline. Flows being ended already are no more. */
void sl_drains_clear(struct sl_control *control, const struct sl_backend *backend);

/* A snapshot was published: forget the deadlines of backends that have gone, or are back, as if each had been cleared. */
void sl_drains_follow(struct sl_control *control);

/* When the backend's deadline is, SL_NEVER: it has none. */
uint64_t sl_drains_deadline(const struct sl_control *control, const struct sl_backend *backend);

/* Milliseconds until then, 0: the flows it has left are being ended; -1: it has none. */
int64_t sl_drains_left_ms(const struct sl_control *control, const struct sl_backend *backend);

/* Begin to end the flows of those whose time has come. Returns when to call again. */
uint64_t sl_drains_run(struct sl_control *control, uint64_t now_ns);

#endif
