/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "preflight.h"

/* Drivers that DPDK works beside: the kernel keeps the device ("bifurcated"). */
static const char *const bifurcated[] = { "mlx4_core", "mlx5_core" };

static bool in(const char *name, const char *const *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

/* "01:00.0" without the domain: DPDK knows the device only by its full name. */
static bool short_pci_address(const char *device)
{
	char full[SL_DEVICE_NAME_MAX + 8];

	snprintf(full, sizeof(full), "0000:%s", device);
	return eal_is_pci_address(full);
}

void preflight_device_names(struct preflight *p)
{
	char remedy[192];

	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		if (d->vdev != NULL || d->pci)
			continue;
		if (short_pci_address(d->name)) {
			snprintf(remedy, sizeof(remedy), "write \"0000:%s\"", d->name);
			sl_problem_add(p->problems, d->where, remedy, "PCI address %s lacks its domain", d->name);
			continue;
		}
		snprintf(remedy, sizeof(remedy), "add \"%s,...\" to \"vdevs\" in \"dpdk\"", d->name);
		sl_problem_add(p->problems, d->where, remedy, "%s is neither a PCI address nor the name of a virtual device in %s",
			       d->name, p->settings->vdevs_where);
	}
	for (unsigned int i = 0; i < p->settings->vdevs.n; i++) {
		const char *vdev = p->settings->vdevs.item[i];
		if (eal_vdev_is_unused(vdev, p->config))
			sl_problem_add(p->warnings, p->settings->vdevs_where, NULL, "%.*s is used by no interface: left out",
				       (int)strcspn(vdev, ","), vdev);
	}
}

/* The entry of a directory that begins so, or "". */
static void find_entry(const char *path, const char *start, char *name, size_t size)
{
	DIR *dir = opendir(path);

	name[0] = '\0';
	for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.' && strncmp(e->d_name, start, strlen(start)) == 0)
			snprintf(name, size, "%.15s", e->d_name);
	if (dir != NULL)
		closedir(dir);
}

/* The kernel interface of a device that the kernel still drives, or "". */
static void kernel_interface(const struct machine *machine, const char *address, char *name, size_t size)
{
	char path[MACHINE_PATH_MAX], virtio[16];

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", machine->sys, address);
	find_entry(path, "virtio", virtio, sizeof(virtio)); /* a virtio NIC is a bus with one device */
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s/net", machine->sys, address, virtio);
	find_entry(path, "", name, size);
}

static void not_bound(struct preflight *p, const struct device_plan *d, const char *driver)
{
	char remedy[256], netdev[16], down[64] = "";

	kernel_interface(p->machine, d->name, netdev, sizeof(netdev));
	if (netdev[0] != '\0')
		snprintf(down, sizeof(down), "ip link set dev %s down && ", netdev);
	snprintf(remedy, sizeof(remedy), "`%smodprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci %s`", down, d->name);
	if (driver[0] == '\0')
		sl_problem_add(p->problems, d->name, remedy, "bound to no driver");
	else
		sl_problem_add(p->problems, d->name, remedy, "bound to the kernel driver %s%s%s%s", driver,
			       netdev[0] != '\0' ? " (interface " : "", netdev, netdev[0] != '\0' ? ")" : "");
	preflight_iommu(p, d); /* the remedy above would not help without */
}

static void check_uio(struct preflight *p, const struct device_plan *d, const char *driver)
{
	char remedy[160];

	if (!p->settings->hugepages) {
		snprintf(remedy, sizeof(remedy), "set \"hugepages\": true, or `dpdk-devbind.py --bind=vfio-pci %s`", d->name);
		sl_problem_add(p->problems, d->name, remedy, "%s needs memory with known physical addresses: hugepages", driver);
	}
	if (p->machine->euid != 0)
		sl_problem_add(p->problems, d->name, "run sluice as root (sudo)", "%s works for root only", driver);
}

void preflight_pci(struct preflight *p)
{
	char driver[64];

	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		if (!d->pci)
			continue;
		if (!machine_path_exists("%s/bus/pci/devices/%s", p->machine->sys, d->name)) {
			sl_problem_add(p->problems, d->where, "choose one that `dpdk-devbind.py --status-dev net` lists",
				       "there is no PCI device %s", d->name);
			continue;
		}
		if (machine_read_link(driver, sizeof(driver), "%s/bus/pci/devices/%s/driver", p->machine->sys, d->name) != 0)
			driver[0] = '\0';
		if (strcmp(driver, "vfio-pci") == 0)
			preflight_vfio(p, d);
		else if (strcmp(driver, "uio_pci_generic") == 0 || strcmp(driver, "igb_uio") == 0)
			check_uio(p, d, driver);
		else if (!in(driver, bifurcated, sizeof(bifurcated) / sizeof(bifurcated[0])))
			not_bound(p, d, driver);
	}
}

void preflight_numa(struct preflight *p)
{
	char remedy[128];

	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		for (unsigned int w = 0; w < p->config->workers && d->node >= 0 && p->settings->hugepages; w++) {
			if (p->plan->worker_node[w] == d->node)
				continue;
			snprintf(remedy, sizeof(remedy), "choose \"lcores\" from /sys/devices/system/node/node%d/cpulist", d->node);
			sl_problem_add(p->warnings, d->name, remedy, "is on NUMA node %d, worker %u runs on node %d: slower",
				       d->node, w, p->plan->worker_node[w]);
		}
	}
}
