/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest-prefix match over few routes: immutable path-compressed binary tries in one array, one root a family (a
 * default route of IPv6 is none for IPv4, though addresses are in mapped form). rte_lpm would cost 64 MiB a table
 * (docs/decisions).
 */
#ifndef SLUICE_BASE_LPM_H
#define SLUICE_BASE_LPM_H

#include <stdbool.h>
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

/* Both were built from the same routes, given in the same order. */
bool sl_lpm_equal(const struct sl_lpm *a, const struct sl_lpm *b);

#endif
