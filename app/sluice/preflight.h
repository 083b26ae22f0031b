/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pre-flight: everything that can be known to fail before a device is opened, found at every start and by --check.
 * One check is one function of preflight_*.c and one row of the table in preflight.c; it adds problems (sluice will not
 * start) and warnings (it will, but the operator should know). Nothing here changes the machine.
 */
#ifndef APP_SLUICE_PREFLIGHT_H
#define APP_SLUICE_PREFLIGHT_H

#include "memory_plan.h"

struct preflight {
	const struct sl_config *config;
	const struct eal_settings *settings;
	const struct machine *machine;
	const struct device_plans *devices;
	const struct lcores *lcores; /* n = 0: could not be parsed */
	const struct memory_plan *plan;
	struct sl_problems *problems, *warnings;
	bool check_only; /* --check: a sluice that runs with this prefix is no obstacle, the file may be meant for its reload */
	long running;	 /* then its pid (-1: hidden from us): memory and interfaces that it has are not missing */
};

void preflight_run(struct preflight *preflight);

void preflight_instance(struct preflight *p);
void preflight_lcores(struct preflight *p);
void preflight_hugepages(struct preflight *p);
void preflight_plain_memory(struct preflight *p);
void preflight_device_names(struct preflight *p);
void preflight_pci(struct preflight *p);
void preflight_numa(struct preflight *p);
void preflight_netdevs(struct preflight *p);
void preflight_buffers(struct preflight *p);
void preflight_rights(struct preflight *p);

/* preflight_vfio.c: of a device bound to vfio-pci; and of one that could be: has it an IOMMU group (else a problem is added)? */
void preflight_vfio(struct preflight *p, const struct device_plan *d);
bool preflight_iommu(struct preflight *p, const struct device_plan *d);

/* MiB that EAL will be asked for: the user's amount or the plan's. */
uint32_t preflight_memory_mb(const struct preflight *p);

/* Pid of the process that uses this file prefix now, 0 when none does (-1: one does, its pid is hidden from us). */
long preflight_prefix_owner(const struct machine *machine, const char *file_prefix);

#endif
