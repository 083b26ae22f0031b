/* SPDX-License-Identifier: BSD-3-Clause */
/* Which backend gets a new flow. */
#ifndef SLUICE_PATH_PICK_H
#define SLUICE_PATH_PICK_H

#include "sluice/state/worker.h"

/* Backend for a new flow of the service by the client's tuple, or NULL when none takes one. */
const struct sl_target *sl_pick_target(struct sl_worker *w, const struct sl_service *service, const struct sl_tuple *client);

#endif
