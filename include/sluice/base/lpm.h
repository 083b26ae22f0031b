/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest-prefix match over few routes: an immutable path-compressed binary trie in one array, both families in one
 * tree (addresses in mapped form). rte_lpm would cost 64 MiB a table (docs/decisions).
 */
#ifndef SLUICE_BASE_LPM_H
#define SLUICE_BASE_LPM_H

#include <stdint.h>

#include "sluice/base/ip.h"

#define SL_LPM_NONE UINT32_MAX

struct sl_lpm_route {
	struct sl_prefix prefix;
	uint32_t value; /* not SL_LPM_NONE */
};

struct sl_lpm;

/* Build from n routes in any order; of equal prefixes the last one wins. NULL when memory runs out. */
struct sl_lpm *sl_lpm_create(const struct sl_lpm_route *routes, unsigned int n);
void sl_lpm_destroy(struct sl_lpm *lpm);

/* Value of the longest prefix that covers ip, or SL_LPM_NONE. */
uint32_t sl_lpm_lookup(const struct sl_lpm *lpm, const struct sl_ip *ip);

#endif
