/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/base/dispatch.h"

void sl_dispatch_init(struct sl_dispatch *d, uint16_t n_workers, uint16_t reta_size)
{
	uint16_t n = 0;

	sl_toeplitz_init(&d->toeplitz, sl_rss_key);
	d->n_workers = n_workers;
	for (unsigned int hash = 0; hash < SL_DISPATCH_ENTRIES; hash++)
		d->worker[hash] = (uint8_t)(hash % reta_size % n_workers);
	for (unsigned int worker = 0; worker < n_workers; worker++) {
		d->first[worker] = n;
		for (unsigned int hash = 0; hash < SL_DISPATCH_ENTRIES; hash++)
			if (d->worker[hash] == worker)
				d->entries[n++] = (uint8_t)hash;
	}
	d->first[n_workers] = n;
	for (unsigned int low = 0; low < 256; low++) {
		d->low_byte[0][d->toeplitz.table[SL_TOEPLITZ_PORT_V4 + 1][low]] = (uint8_t)low;
		d->low_byte[1][d->toeplitz.table[SL_TOEPLITZ_PORT_V6 + 1][low]] = (uint8_t)low;
	}
}
