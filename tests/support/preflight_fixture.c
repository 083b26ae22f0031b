/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "preflight_fixture.h"

#define EVERYTHING UINT64_MAX

const char good[] =
	"{\"version\":1,\"dpdk\":{\"vdevs\":[\"net_af_packet0,iface=up0\"]},\"workers\":1,\"max_flows\":1024,"
	"\"interfaces\":[{\"name\":\"a\",\"device\":\"net_af_packet0\",\"addresses\":[\"192.0.2.1/24\"]}]}";
const char good_pci[] =
	"{\"version\":1,\"workers\":1,\"max_flows\":1024,"
	"\"interfaces\":[{\"name\":\"a\",\"device\":\"0000:01:00.0\",\"addresses\":[\"192.0.2.1/24\"]}]}";

/* up0 is fine, down0 is down, big0 has a large MTU, ours0 and other0 have an address. */
static int fake_netdev(const char *name, struct netdev_facts *facts)
{
	*facts = (struct netdev_facts){ .up = strcmp(name, "down0") != 0, .mtu = strcmp(name, "big0") == 0 ? 9000 : 1500 };
	if (strcmp(name, "ours0") == 0 || strcmp(name, "other0") == 0) {
		facts->n_addresses = 1;
		assert_int_equal(sl_ip_parse(name[1] == 'u' ? "192.0.2.1" : "203.0.113.9", &facts->addresses[0]), 0);
	}
	return strcmp(name, "none0") == 0 ? -1 : 0;
}

/* taken0 belongs to another sluice. */
static long fake_owner(const char *name)
{
	return strcmp(name, "taken0") == 0 ? 4711 : 0;
}

void put(const struct fixture *f, const char *path, const char *text)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	for (char *slash = full + strlen(f->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void put_link(const struct fixture *f, const char *path, const char *target)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	unlink(full); /* of an earlier call: writing would follow it */
	put(f, path, "");
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

void put_hugepages(const struct fixture *f, const char *total, const char *free_pages)
{
	put(f, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", total);
	put(f, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", free_pages);
}

int create_fixture(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	char mounts[160];

	snprintf(f->root, sizeof(f->root), "/tmp/preflight.XXXXXX");
	if (mkdtemp(f->root) == NULL)
		return -1;
	snprintf(f->sys, sizeof(f->sys), "%s/sys", f->root);
	snprintf(f->proc, sizeof(f->proc), "%s/proc", f->root);
	snprintf(f->dev, sizeof(f->dev), "%s/dev", f->root);
	snprintf(f->runtime, sizeof(f->runtime), "%s/run", f->root);
	f->machine = (struct machine){
		.sys = f->sys, .proc = f->proc, .dev = f->dev, .runtime = f->runtime, .capabilities = EVERYTHING,
		.memlock_bytes = UINT64_MAX, .netdev = fake_netdev, .netdev_owner = fake_owner,
	};
	CPU_ZERO(&f->machine.cpus);
	CPU_SET(0, &f->machine.cpus);
	CPU_SET(1, &f->machine.cpus);
	f->machine.allowed = f->machine.cpus;
	put_hugepages(f, "100", "100");
	snprintf(mounts, sizeof(mounts), "hugetlbfs %s/huge hugetlbfs rw,pagesize=2M 0 0\n", f->root);
	put(f, "proc/self/mounts", mounts);
	put(f, "huge/keep", "");
	put(f, "proc/meminfo", "MemTotal: 999999 kB\nMemAvailable: 500000 kB\n");
	put(f, "sys/devices/system/cpu/cpu2/online", "1");
	put(f, "sys/devices/system/node/node0/cpu0/online", "1");
	put(f, "sys/devices/system/node/node0/cpu1/online", "1");
	put(f, "sys/bus/pci/devices/0000:01:00.0/numa_node", "0");
	put_link(f, "sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/vfio-pci");
	put_link(f, "sys/bus/pci/devices/0000:01:00.0/iommu_group", "../../iommu_groups/7");
	put(f, "sys/bus/pci/iommu_groups/7/devices/0000:01:00.0", "");
	put(f, "sys/module/vfio_iommu_type1/refcnt", "0");
	put(f, "dev/vfio/7", "");
	sl_problems_init(&f->problems);
	sl_problems_init(&f->warnings);
	*state = f;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void remove_tree(const char *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int destroy_fixture(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->root);
	sl_config_destroy(f->config);
	sl_problems_fini(&f->problems);
	sl_problems_fini(&f->warnings);
	test_free(f);
	return 0;
}

void run(struct fixture *f, const char *json, char *const *args, int n_args)
{
	f->config = sl_config_parse(json, strlen(json), &f->problems);
	if (f->config == NULL)
		sl_problems_print(&f->problems, stderr);
	assert_non_null(f->config);
	eal_settings_init(&f->settings, f->config, args, n_args, &(struct lcores_cpus){ .usable = f->machine.cpus }, &f->problems);
	if (lcores_parse(f->settings.lcores.value, &f->lcores) != 0)
		f->lcores.n = 0;
	device_plans_build(&f->devices, f->config, &f->settings, &f->machine);
	memory_plan_build(&f->plan, f->config, &f->settings, &f->devices, &f->lcores, &f->machine);
	struct preflight preflight = {
		.config = f->config, .settings = &f->settings, .machine = &f->machine, .devices = &f->devices,
		.lcores = &f->lcores, .plan = &f->plan, .problems = &f->problems, .warnings = &f->warnings,
	};
	preflight_run(&preflight);
}

void assert_only(const struct sl_problems *list, const char *where, const char *what, const char *remedy)
{
	if (list->count != 1)
		sl_problems_print(list, stderr);
	assert_int_equal(list->count, 1);
	assert_string_equal(list->list[0].where, where);
	if (strstr(list->list[0].what, what) == NULL || strstr(list->list[0].remedy, remedy) == NULL)
		sl_problems_print(list, stderr);
	assert_non_null(strstr(list->list[0].what, what));
	assert_non_null(strstr(list->list[0].remedy, remedy));
}
