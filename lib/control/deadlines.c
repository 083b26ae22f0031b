/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "deadlines.h"

int sl_deadlines_init(struct sl_deadlines *d, struct sl_neighbour_table *table)
{
	*d = (struct sl_deadlines){
		.table = table,
		.heap = calloc(table->capacity, sizeof(*d->heap)),
		.position = calloc(table->mask + 1, sizeof(*d->position)),
	};
	if (d->heap != NULL && d->position != NULL)
		return 0;
	sl_deadlines_fini(d);
	return -1;
}

void sl_deadlines_fini(struct sl_deadlines *d)
{
	free(d->heap);
	free(d->position);
	*d = (struct sl_deadlines){ 0 };
}

static uint64_t at(const struct sl_deadlines *d, uint32_t place)
{
	return d->table->entries[d->heap[place]].next_ns;
}

static void put(struct sl_deadlines *d, uint32_t place, uint16_t index)
{
	d->heap[place] = index;
	d->position[index] = place + 1;
}

/* Move the entry at `place` to where its deadline belongs. */
static void settle(struct sl_deadlines *d, uint32_t place)
{
	uint16_t index = d->heap[place];
	uint64_t ns = at(d, place);

	while (place > 0 && at(d, (place - 1) / 2) > ns) {
		put(d, place, d->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (uint32_t child; (child = 2 * place + 1) < d->n; place = child) {
		if (child + 1 < d->n && at(d, child + 1) < at(d, child))
			child++;
		if (at(d, child) >= ns)
			break;
		put(d, place, d->heap[child]);
	}
	put(d, place, index);
}

void sl_deadlines_set(struct sl_deadlines *d, uint16_t index, uint64_t ns)
{
	d->table->entries[index].next_ns = ns;
	if (d->position[index] == 0)
		put(d, d->n++, index);
	settle(d, d->position[index] - 1);
}

void sl_deadlines_clear(struct sl_deadlines *d, uint16_t index)
{
	uint32_t place = d->position[index];

	if (place-- == 0)
		return;
	d->position[index] = 0;
	if (place == --d->n)
		return;
	put(d, place, d->heap[d->n]);
	settle(d, place);
}

uint64_t sl_deadlines_next(const struct sl_deadlines *d)
{
	return d->n == 0 ? UINT64_MAX : at(d, 0);
}
