/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Differences between DPDK 22.11, 23.11 and 24.11: the newer names, made from what the older releases have. The only
 * file that looks at RTE_VERSION. Include it before any DPDK header: the lcore usage callback is experimental where it
 * exists.
 */
#ifndef SLUICE_BASE_DPDK_COMPAT_H
#define SLUICE_BASE_DPDK_COMPAT_H

#ifndef ALLOW_EXPERIMENTAL_API
#define ALLOW_EXPERIMENTAL_API
#endif

#include <stdint.h>

#include <rte_lcore.h>
#include <rte_telemetry.h>
#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)

/* rte_tel_data_add_dict_u64 was renamed in 23.03. */
static inline int rte_tel_data_add_dict_uint(struct rte_tel_data *d, const char *name, uint64_t value)
{
	return rte_tel_data_add_dict_u64(d, name, value);
}

/* Busy cycles in /eal/lcore/info came in 23.03; before, there is nobody to tell. */
struct rte_lcore_usage {
	uint64_t total_cycles;
	uint64_t busy_cycles;
};

typedef int (*rte_lcore_usage_cb)(unsigned int lcore_id, struct rte_lcore_usage *usage);

static inline void rte_lcore_register_usage_cb(rte_lcore_usage_cb cb)
{
	(void)cb;
}

#endif

#endif
