/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/packet/burst.h"

void sl_burst_compact(struct sl_burst *b)
{
	unsigned int to = 0;

	if (!b->gaps)
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		if (b->m[i] == NULL)
			continue;
		if (to != i) {
			b->m[to] = b->m[i];
			b->p[to] = b->p[i];
			b->hash[to] = b->hash[i];
		}
		to++;
	}
	b->n = (uint16_t)to;
	b->gaps = false;
}
