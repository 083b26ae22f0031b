/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_bitops.h>
#include <rte_common.h>

#include "sluice/state/ip_id.h"

void sl_ip_ids_init(struct sl_ip_ids *ids, const struct sl_siphash_key *secret, uint16_t worker, uint16_t n_workers)
{
	uint32_t n = RTE_DIM(ids->next);

	ids->key = sl_siphash(secret, &n, sizeof(n)) | 1;
	ids->worker_bits = (uint8_t)rte_log2_u32(n_workers); /* rounded up */
	ids->worker = worker;
	for (uint32_t i = 0; i < n; i++)
		ids->next[i] = (uint32_t)sl_siphash(secret, &i, sizeof(i));
}
