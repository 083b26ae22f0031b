/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The entries of a neighbour table that control must look at again, ordered by their next_ns: a binary heap that knows
 * where each entry sits, so that one can be moved or taken out. Writes next_ns and nothing else of an entry.
 */
#ifndef SLUICE_CONTROL_DEADLINES_H
#define SLUICE_CONTROL_DEADLINES_H

#include "sluice/state/neighbour.h"

struct sl_deadlines {
	struct sl_neighbour_table *table;
	uint32_t n;
	uint16_t *heap;	    /* indices of entries, earliest first */
	uint32_t *position; /* by index: place in heap + 1, 0 where it is not in */
};

/* Returns 0, or -1 when memory runs out. */
int sl_deadlines_init(struct sl_deadlines *d, struct sl_neighbour_table *table);
void sl_deadlines_fini(struct sl_deadlines *d);

/* Put the entry in, or move it. */
void sl_deadlines_set(struct sl_deadlines *d, uint16_t index, uint64_t ns);

/* Take the entry out, where it is in. */
void sl_deadlines_clear(struct sl_deadlines *d, uint16_t index);

/* The earliest deadline, UINT64_MAX when there is none. */
uint64_t sl_deadlines_next(const struct sl_deadlines *d);

#endif
