/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which backend a client has: for services whose clients keep theirs over many flows (config key affinity).
 *
 * One table for all workers, as the flows of a client may be at any of them: the one exception to the rule that workers share
 * nothing, and only new flows of such services come here. The other ways were to give all packets of a client to one worker,
 * which a NIC that spreads them by ports too would make two handovers out of three, or to choose by a hash of the client, which
 * is what scheduler source-hash does and does not keep anything when backends change.
 *
 * An entry is one word, changed by compare-and-swap: tag of the client and service, backend id, when it ends. Two clients
 * with the same tag in the same bucket (1 in 10^8 pairs) share a backend, no more. A bucket is a cache line of eight entries; a
 * new client takes one that is empty or over, or else the one that would end first. Everything is allocated at start.
 * Writers and readers: the workers.
 */
#ifndef SLUICE_STATE_AFFINITY_H
#define SLUICE_STATE_AFFINITY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SL_AFFINITY_TICK_SHIFT 10 /* entries count in 1024 ticks, 1.07 s */

struct sl_affinity_table {
	uint32_t bucket_mask;
	_Atomic uint64_t *words; /* eight for each bucket */
};

/* Room for `clients`, and as many again, so that few buckets are full before the table is. */
uint64_t sl_affinity_table_bytes(uint32_t clients);

/* Allocate on a NUMA node (-1: any). Returns 0, or -1 when memory runs out. */
int sl_affinity_table_init(struct sl_affinity_table *t, uint32_t clients, int numa_node);
void sl_affinity_table_fini(struct sl_affinity_table *t);

/* Backend of the client and service with this hash, or SL_ID_NONE. */
uint16_t sl_affinity_find(const struct sl_affinity_table *t, uint64_t hash, uint32_t now_tick);

/*
 * Enter a backend for so many ticks from now on. Where another worker has entered one since for the same client, other than
 * `instead_of` (what sl_affinity_find returned), that stays. Returns the one that is there then. *evicted: a client was forgotten
 * for it. The same backend again makes its entry last longer.
 */
uint16_t sl_affinity_set(struct sl_affinity_table *t, uint64_t hash, uint16_t backend, uint16_t instead_of, uint32_t now_tick,
			 uint32_t ticks, bool *evicted);

#endif
