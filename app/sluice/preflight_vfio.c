/* SPDX-License-Identifier: BSD-3-Clause */
/* What vfio-pci wants before it hands over a device: an IOMMU, a group that is all ours, its modules, permission. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "preflight.h"

bool preflight_iommu(struct preflight *p, const struct device_plan *d)
{
	char remedy[256];

	if (machine_path_exists("%s/bus/pci/devices/%s/iommu_group", p->machine->sys, d->name))
		return true;
	snprintf(remedy, sizeof(remedy), "switch the IOMMU on (BIOS, and intel_iommu=on or amd_iommu=on on the kernel line), or "
		 "`modprobe uio_pci_generic && dpdk-devbind.py --bind=uio_pci_generic %s`", d->name);
	sl_problem_add(p->problems, d->name, remedy, "vfio-pci cannot use it: it has no IOMMU group");
	return false;
}

/* A group is what the IOMMU cannot keep apart: the kernel lends it as a whole or not at all. */
static void check_others(struct preflight *p, const struct device_plan *d, const char *group)
{
	char path[MACHINE_PATH_MAX], driver[64], remedy[384];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/iommu_group/devices", p->machine->sys, d->name);
	DIR *dir = opendir(path);
	for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, d->name) == 0 ||
		    machine_read_link(driver, sizeof(driver), "%s/bus/pci/devices/%s/driver", p->machine->sys, e->d_name) != 0 ||
		    strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "pci-stub") == 0 || strcmp(driver, "pcieport") == 0)
			continue;
		snprintf(remedy, sizeof(remedy), "`dpdk-devbind.py --bind=vfio-pci %s`, or put one of them into another slot",
			 e->d_name);
		sl_problem_add(p->problems, d->name, remedy, "%s is in its IOMMU group %s and bound to %s", e->d_name, group,
			       driver);
	}
	if (dir != NULL)
		closedir(dir);
}

static void check_permission(struct preflight *p, const struct device_plan *d, const char *file)
{
	char path[MACHINE_PATH_MAX], remedy[MACHINE_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/vfio/%s", p->machine->dev, file);
	if (access(path, F_OK) != 0 || access(path, R_OK | W_OK) == 0)
		return;
	snprintf(remedy, sizeof(remedy), "run sluice as root, or `chown $USER %s` as root", path);
	sl_problem_add(p->problems, d->name, remedy, "no permission for %s", path);
}

void preflight_vfio(struct preflight *p, const struct device_plan *d)
{
	char group[32];

	if (!preflight_iommu(p, d) ||
	    machine_read_link(group, sizeof(group), "%s/bus/pci/devices/%s/iommu_group", p->machine->sys, d->name) != 0)
		return;
	if (machine_path_exists("%s/vfio/noiommu-%s", p->machine->dev, group)) /* the kernel was told to do without */
		return;
	check_others(p, d, group);
	if (!machine_path_exists("%s/module/vfio_iommu_type1", p->machine->sys))
		sl_problem_add(p->problems, d->name, "`modprobe vfio_iommu_type1`", "vfio-pci is loaded without its IOMMU driver");
	check_permission(p, d, "vfio");
	check_permission(p, d, group);
}
