/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What EAL is told: the file's `dpdk` section, then its `eal_args`, then the command line. The later one wins: an option
 * given there replaces what came before about the same thing (lcores, memory, kind of memory, file prefix, all vdevs).
 * Options that sluice has no opinion on are passed on in this order, behind sluice's own.
 *
 * Text is borrowed from the configuration and from argv; both live as long as the process needs them here.
 */
#ifndef APP_SLUICE_EAL_SETTINGS_H
#define APP_SLUICE_EAL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/base/problem.h"
#include "sluice/config/config.h"

#include "lcores.h"

#define EAL_ARGS_MAX 128

struct eal_setting {
	const char *value;
	const char *where; /* JSON pointer or option it came from */
};

struct eal_list {
	unsigned int n;
	const char *item[EAL_ARGS_MAX];
};

struct eal_settings {
	struct eal_setting lcores;
	unsigned int main_lcore; /* UINT_MAX: the lowest */
	uint32_t memory_mb;	 /* 0: from the memory plan */
	const char *memory_where;
	const char *socket_mem; /* instead of memory_mb */
	bool hugepages, in_memory;
	const char *hugepages_where;
	const char *file_prefix;
	struct eal_list vdevs;
	const char *vdevs_where;
	struct eal_list pci;	 /* -a, -b, --no-pci as given */
	bool pci_closed;	 /* -b or --no-pci: devices of the configuration are not added */
	struct eal_list rest;
	char lcores_text[1024];	 /* where sluice chose, or translated -c */
};

/* Returns 0, or -1 and problems. */
int eal_settings_init(struct eal_settings *settings, const struct sl_config *config, char *const *args, int n_args,
		      const struct lcores_cpus *cpus, struct sl_problems *problems);

/* EAL's argument vector; owned by the caller until eal_arguments_fini (after rte_eal_cleanup: EAL keeps pointers). */
struct eal_arguments {
	int argc;
	char **argv;
};

struct device_plans; /* device_plan.h: what drivers get where the user says nothing */

/*
 * Arguments for rte_eal_init. `node_mb`: MiB wanted on each of n_nodes NUMA nodes, used unless the user named an amount.
 */
void eal_arguments_build(struct eal_arguments *arguments, const struct eal_settings *settings, const struct sl_config *config,
			 const struct device_plans *devices, const uint32_t *node_mb, unsigned int n_nodes);
void eal_arguments_fini(struct eal_arguments *arguments);

/* "DDDD:BB:DD.F", the way PCI devices are named everywhere in DPDK. */
bool eal_is_pci_address(const char *device);

/* The vdev arguments ("NAME,KEY=VALUE...") of a device, or NULL. */
const char *eal_settings_vdev(const struct eal_settings *settings, const char *device);

/*
 * An Ethernet vdev that the configuration does not name: not given to EAL, because ports are numbered by DPDK in the order
 * it finds them, and a worker's tables have room for the configured ones only.
 */
bool eal_vdev_is_unused(const char *vdev, const struct sl_config *config);

#endif
