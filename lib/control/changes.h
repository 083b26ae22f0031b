/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reload changed, in one line for the operator. */
#ifndef SLUICE_CONTROL_CHANGES_H
#define SLUICE_CONTROL_CHANGES_H

#include "sluice/config/snapshot.h"

/* "services: 3 (1 added, 0 removed, 0 draining); backends: ..." into text. `now` was built from `next`. */
void sl_changes_describe(const struct sl_config *before, const struct sl_config *next, const struct sl_snapshot *now,
			 char *text, size_t size);

#endif
