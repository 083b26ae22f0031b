/* SPDX-License-Identifier: BSD-3-Clause */
/* Which backend gets a new flow. */
#ifndef SLUICE_PATH_PICK_H
#define SLUICE_PATH_PICK_H

#include "sluice/state/worker.h"

/* Backend for a new flow of the service by the client's tuple, or NULL when none takes one. */
const struct sl_target *sl_pick_target(struct sl_worker *w, const struct sl_service *service, const struct sl_tuple *client);

/* The load of a backend has changed (open flows, answering time): put it in its place among the others of its service. */
void sl_rank_again(struct sl_worker *w, const struct sl_snapshot *s, uint16_t service_id, uint16_t backend);
static inline void sl_rank_changed(struct sl_worker *w, const struct sl_snapshot *s, uint16_t service_id, uint16_t backend)
{
	if (unlikely(w->ranking[service_id].serial != 0))
		sl_rank_again(w, s, service_id, backend);
}

#endif
