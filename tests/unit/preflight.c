/* SPDX-License-Identifier: BSD-3-Clause */
/* The pre-flight against a machine made of files in a temporary directory. Every test starts from one where all is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../app/sluice/preflight.h"

#define EVERYTHING UINT64_MAX

struct fixture {
	char root[32], sys[48], proc[48], dev[48], runtime[48];
	struct machine machine;
	struct sl_config *config;
	struct eal_settings settings;
	struct lcores lcores;
	struct device_plans devices;
	struct memory_plan plan;
	struct sl_problems problems, warnings;
};

static const char good[] =
	"{\"version\":1,\"dpdk\":{\"vdevs\":[\"net_af_packet0,iface=up0\"]},\"workers\":1,\"max_flows\":1024,"
	"\"interfaces\":[{\"name\":\"a\",\"device\":\"net_af_packet0\",\"addresses\":[\"192.0.2.1/24\"]}]}";
static const char good_pci[] =
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

static void put(const struct fixture *f, const char *path, const char *text)
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

static void put_link(const struct fixture *f, const char *path, const char *target)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	unlink(full); /* of an earlier call: writing would follow it */
	put(f, path, "");
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

static void put_hugepages(const struct fixture *f, const char *total, const char *free_pages)
{
	put(f, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", total);
	put(f, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", free_pages);
}

static int create_fixture(void **state)
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

static int destroy_fixture(void **state)
{
	struct fixture *f = *state;

	nftw(f->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	sl_config_destroy(f->config);
	sl_problems_fini(&f->problems);
	sl_problems_fini(&f->warnings);
	test_free(f);
	return 0;
}

static void run(struct fixture *f, const char *json, char *const *args, int n_args)
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

/* One problem or warning whose text and remedy contain these. */
static void assert_only(const struct sl_problems *list, const char *where, const char *what, const char *remedy)
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

#define ARGS(...) ((char *const[]){ __VA_ARGS__ })

static void test_all_well(void **state)
{
	struct fixture *f = *state;

	run(f, good, NULL, 0);
	sl_problems_print(&f->problems, stderr);
	assert_int_equal(f->problems.count, 0);
	assert_int_equal(f->warnings.count, 0);
}

static void test_all_well_pci(void **state)
{
	struct fixture *f = *state;

	run(f, good_pci, NULL, 0);
	sl_problems_print(&f->problems, stderr);
	assert_int_equal(f->problems.count, 0);
	assert_int_equal(f->warnings.count, 0);
}

static void test_hugepages_missing(void **state)
{
	struct fixture *f = *state;
	char remedy[64];

	put_hugepages(f, "5", "2");
	run(f, good, NULL, 0);
	unsigned int mb = memory_plan_total_mb(&f->plan) + 12; /* for a capture */
	snprintf(remedy, sizeof(remedy), "`sysctl -w vm.nr_hugepages=%u`", 5 + (mb + 1) / 2 - 2);
	assert_only(&f->problems, "hugepages", "2 free pages of 2048 kB", remedy);
}

static void test_hugepages_not_mounted(void **state)
{
	struct fixture *f = *state;

	put(f, "proc/self/mounts", "proc /proc proc rw 0 0\n");
	run(f, good, NULL, 0);
	assert_only(&f->problems, "hugepages", "no hugetlbfs is mounted", "mount -t hugetlbfs");
}

static void test_in_memory_needs_no_mount(void **state)
{
	struct fixture *f = *state;

	put(f, "proc/self/mounts", "proc /proc proc rw 0 0\n");
	run(f, good, ARGS("--in-memory"), 1);
	assert_int_equal(f->problems.count, 0);
}

static void test_no_huge(void **state)
{
	struct fixture *f = *state;

	put_hugepages(f, "0", "0");
	put(f, "proc/meminfo", "MemAvailable: 2048 kB\n");
	run(f, good, ARGS("--no-huge"), 1);
	assert_only(&f->problems, "memory", "2 MiB available", "max_flows");
}

static void test_too_little_asked(void **state)
{
	struct fixture *f = *state;

	run(f, good, ARGS("-m", "8"), 2);
	assert_only(&f->problems, "-m", "8 MiB are too few", "raise it to");
}

static void test_lcores(void **state)
{
	static const struct {
		const char *lcores, *what, *remedy;
	} rows[] = {
		{ "0@0,1@5", "lcore 1: the machine has no CPU 5", "use CPUs 0-1" },
		{ "0@0,1@2", "lcore 1: this process may not run on CPU 2", "use CPUs 0-1" },
		{ "0@0", "1 lcores are too few for 1 workers", "\"0@0,1@1\"" },
		{ "zero", "\"zero\" is not a list of lcores", "0@0,1@1" },
	};
	void *one = NULL;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(create_fixture(&one), 0);
		struct fixture *f = one;
		run(f, good, ARGS("--lcores", (char *)(uintptr_t)rows[i].lcores), 2);
		assert_only(&f->problems, "--lcores", rows[i].what, rows[i].remedy);
		destroy_fixture(&one);
	}
}

static cpu_set_t cpu_set(unsigned int mask)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned int cpu = 0; cpu < 32; cpu++)
		if (mask >> cpu & 1)
			CPU_SET(cpu, &set);
	return set;
}

/* Isolated CPUs are not in the affinity that processes start with; one that somebody narrowed stays as it is. */
static void test_isolated_cpus(void **state)
{
	static const struct { const char *file; unsigned int affinity, allowed, cpus, isolated; } rows[] = {
		{ "", 0xf, 0xf, 0xf, 0 }, { "2-3", 0x3, 0xf, 0xf, 0xc }, { "1,3-4", 0x5, 0xf, 0xf, 0xa },
		{ "2-3", 0x1, 0xf, 0x1, 0xc }, { "2-3", 0x3, 0x7, 0x7, 0x4 }, { "2-3", 0x4, 0xf, 0x4, 0xc },
	};
	struct fixture *f = *state;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cpu_set_t affinity = cpu_set(rows[i].affinity), allowed = cpu_set(rows[i].allowed);
		cpu_set_t cpus = cpu_set(rows[i].cpus), isolated = cpu_set(rows[i].isolated);
		put(f, "sys/devices/system/cpu/isolated", rows[i].file);
		machine_choose_cpus(&f->machine, &affinity, &allowed);
		assert_true(CPU_EQUAL(&f->machine.cpus, &cpus));
		assert_true(CPU_EQUAL(&f->machine.allowed, &allowed));
		assert_true(CPU_EQUAL(&f->machine.isolated, &isolated));
	}
	f->machine.cpus = f->machine.isolated = cpu_set(1); /* "lcores" may name others */
	f->machine.allowed = cpu_set(7);
	run(f, good, ARGS("--lcores", "0@0,1@2"), 2);
	assert_int_equal(f->problems.count, 0);
}

static void test_netdevs(void **state)
{
	static const struct {
		const char *vdev, *where, *what, *remedy;
		bool warning;
	} rows[] = {
		{ "net_af_packet0,iface=taken0", "net_af_packet0", "taken0 is in use by process 4711", "kill 4711", false },
		{ "net_af_packet0,iface=none0", "net_af_packet0", "no kernel interface none0", "ip netns exec", false },
		{ "net_af_packet0,iface=down0", "net_af_packet0", "down0 is down", "`ip link set dev down0 up`", false },
		{ "net_af_packet0,iface=ours0", "net_af_packet0", "192.0.2.1", "`ip addr flush dev ours0`", false },
		{ "net_af_packet0,iface=other0", "net_af_packet0", "203.0.113.9", "`ip addr flush dev other0`", true },
		{ "net_af_packet0,iface=big0", "net_af_packet0", "MTU 9000 do not fit its frames of 2048", "framesz=16384", false },
		{ "net_af_packet0,qpairs=1", "--vdev", "names no kernel interface", "net_af_packet0,iface=IF", false },
		{ "net_af_packet1,iface=up0", "/interfaces/0/device", "neither a PCI address nor", "add \"net_af_packet0,", false },
	};
	void *one = NULL;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(create_fixture(&one), 0);
		struct fixture *f = one;
		run(f, good, ARGS("--vdev", (char *)(uintptr_t)rows[i].vdev), 2);
		assert_only(rows[i].warning ? &f->warnings : &f->problems, rows[i].where, rows[i].what, rows[i].remedy);
		if (rows[i].warning)
			assert_int_equal(f->problems.count, 0);
		destroy_fixture(&one);
	}
}

static void test_mtu_asked(void **state)
{
	struct fixture *f = *state;

	run(f, "{\"version\":1,\"dpdk\":{\"vdevs\":[\"net_af_packet0,iface=up0,framesz=4096\"]},"
	    "\"devices\":[{\"device\":\"net_af_packet0\",\"mtu\":2000}],"
	    "\"interfaces\":[{\"name\":\"a\",\"device\":\"net_af_packet0\",\"addresses\":[\"192.0.2.1/24\"]}]}", NULL, 0);
	assert_only(&f->problems, "net_af_packet0", "MTU 2000 asked for, kernel interface up0 has 1500",
		    "`ip link set dev up0 mtu 2000`");
}

static void test_af_xdp_buffers(void **state)
{
	struct fixture *f = *state;

	run(f, "{\"version\":1,\"dpdk\":{\"vdevs\":[\"net_af_xdp0,iface=big0\"]},\"max_flows\":1024,"
	    "\"interfaces\":[{\"name\":\"a\",\"device\":\"net_af_xdp0\",\"addresses\":[\"192.0.2.1/24\"]}]}", NULL, 0);
	assert_only(&f->problems, "net_af_xdp0", "at most 4096 bytes", "lower the MTU");
}

static void test_rights(void **state)
{
	struct fixture *f = *state;

	f->machine.capabilities = 0;
	run(f, good, NULL, 0);
	assert_only(&f->problems, "net_af_packet0", "net_af_packet needs cap_net_raw", "run sluice as root");
}

static void test_memlock(void **state)
{
	struct fixture *f = *state;

	f->machine.capabilities = 0;
	f->machine.memlock_bytes = 8 << 20;
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "0000:01:00.0", "the limit is 8 MiB", "`ulimit -l unlimited`");
}

static void test_pci_drivers(void **state)
{
	struct fixture *f = *state;

	put_link(f, "sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/ixgbe");
	put(f, "sys/bus/pci/devices/0000:01:00.0/net/eth7/mtu", "1500");
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "0000:01:00.0", "bound to the kernel driver ixgbe (interface eth7)",
		    "`ip link set dev eth7 down && modprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci 0000:01:00.0`");
}

static void test_pci_virtio(void **state)
{
	struct fixture *f = *state;

	put_link(f, "sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/virtio-pci");
	put(f, "sys/bus/pci/devices/0000:01:00.0/virtio3/net/ens5/mtu", "1500");
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "0000:01:00.0", "bound to the kernel driver virtio-pci (interface ens5)",
		    "`ip link set dev ens5 down && ");
}

static void test_vfio_group(void **state)
{
	static const struct { const char *other; bool fine; } rows[] = {
		{ NULL, true }, { "../../drivers/pcieport", true }, { "../../drivers/vfio-pci", true },
		{ "../../drivers/pci-stub", true }, { "../../drivers/igb", false },
	};
	void *one = NULL;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(create_fixture(&one), 0);
		struct fixture *f = one;
		put(f, "sys/bus/pci/iommu_groups/7/devices/0000:01:00.1", "");
		if (rows[i].other != NULL)
			put_link(f, "sys/bus/pci/devices/0000:01:00.1/driver", rows[i].other);
		run(f, good_pci, NULL, 0);
		if (rows[i].fine)
			assert_int_equal(f->problems.count, 0);
		else
			assert_only(&f->problems, "0000:01:00.0", "0000:01:00.1 is in its IOMMU group 7 and bound to igb",
				    "--bind=vfio-pci 0000:01:00.1");
		destroy_fixture(&one);
	}
}

static void test_vfio_without_type1(void **state)
{
	struct fixture *f = *state;
	char path[256];

	snprintf(path, sizeof(path), "%s/module/vfio_iommu_type1", f->sys);
	assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "0000:01:00.0", "without its IOMMU driver", "`modprobe vfio_iommu_type1`");
}

static void test_pci_bifurcated(void **state)
{
	struct fixture *f = *state;

	put_link(f, "sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/mlx5_core");
	run(f, good_pci, NULL, 0);
	assert_int_equal(f->problems.count, 0);
}

static void test_pci_missing(void **state)
{
	struct fixture *f = *state;

	run(f, "{\"version\":1,\"interfaces\":[{\"name\":\"a\",\"device\":\"0000:02:00.0\",\"addresses\":[\"192.0.2.1/24\"]}]}",
	    NULL, 0);
	assert_only(&f->problems, "/interfaces/0/device", "there is no PCI device 0000:02:00.0", "dpdk-devbind.py");
}

/* Said while the NIC is bound to vfio-pci, and before, because it cannot be. */
static void test_pci_no_iommu(void **state)
{
	static const char *const drivers[] = { "../../drivers/vfio-pci", "../../drivers/igb" };
	void *one = NULL;
	char path[256];

	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(create_fixture(&one), 0);
		struct fixture *f = one;
		put_link(f, "sys/bus/pci/devices/0000:01:00.0/driver", drivers[i]);
		snprintf(path, sizeof(path), "%s/bus/pci/devices/0000:01:00.0/iommu_group", f->sys);
		unlink(path);
		run(f, good_pci, NULL, 0);
		assert_int_equal(f->problems.count, i + 1);
		assert_string_equal(f->problems.list[i].where, "0000:01:00.0");
		assert_non_null(strstr(f->problems.list[i].what, "no IOMMU group"));
		assert_non_null(strstr(f->problems.list[i].remedy, "intel_iommu=on"));
		assert_non_null(strstr(f->problems.list[i].remedy, "uio_pci_generic"));
		destroy_fixture(&one);
	}
}

static void test_uio_without_hugepages(void **state)
{
	struct fixture *f = *state;

	put_link(f, "sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/uio_pci_generic");
	run(f, good_pci, ARGS("--no-huge"), 1);
	assert_only(&f->problems, "0000:01:00.0", "hugepages", "--bind=vfio-pci 0000:01:00.0");
}

static void test_numa(void **state)
{
	struct fixture *f = *state;

	put(f, "sys/bus/pci/devices/0000:01:00.0/numa_node", "1");
	put(f, "sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages", "99");
	put(f, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "99");
	run(f, good_pci, NULL, 0);
	assert_int_equal(f->problems.count, 0);
	assert_only(&f->warnings, "0000:01:00.0", "is on NUMA node 1, worker 0 runs on node 0", "node1/cpulist");
}

static void test_numa_hugepages(void **state)
{
	struct fixture *f = *state;

	put(f, "sys/bus/pci/devices/0000:01:00.0/numa_node", "1");
	put(f, "sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages", "0");
	put(f, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "100");
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "hugepages", "NUMA node 1 needs", "/sys/devices/system/node/node1/hugepages");
}

/* The number in the remedy is that of all pages of the node, those in use too; larger pages count. */
static void test_numa_hugepages_there(void **state)
{
	static const struct { const char *large; bool enough; } rows[] = { { "0", false }, { "1", true } };
	void *one = NULL;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char remedy[64];
		assert_int_equal(create_fixture(&one), 0);
		struct fixture *f = one;
		put(f, "sys/bus/pci/devices/0000:01:00.0/numa_node", "1");
		put(f, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "100");
		put(f, "sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages", "2");
		put(f, "sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "50");
		put(f, "sys/devices/system/node/node1/hugepages/hugepages-1048576kB/free_hugepages", rows[i].large);
		run(f, good_pci, NULL, 0);
		snprintf(remedy, sizeof(remedy), "`echo %u > ", 50 + (memory_plan_node_mb(&f->plan, 1) - 4 + 1) / 2);
		if (!rows[i].enough)
			assert_only(&f->problems, "hugepages", "NUMA node 1 needs", remedy);
		else
			assert_int_equal(f->problems.count, 0);
		destroy_fixture(&one);
	}
}

static void test_started_twice_by_lock(void **state)
{
	struct fixture *f = *state;
	char path[256], what[64];
	int ready[2], done[2];

	put(f, "run/sluice/config", "x");
	snprintf(path, sizeof(path), "%s/sluice/config", f->runtime);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
		char c = 'x';
		int fd = open(path, O_RDWR);
		close(done[1]);
		if (fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], &c, 1) != 1)
			_exit(1);
		_exit(read(done[0], &c, 1) != 0); /* until the parent closes its end */
	}
	char c;
	assert_int_equal(read(ready[0], &c, 1), 1);
	run(f, good, NULL, 0);
	close(done[1]);
	int status;
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(done[0]);
	close(ready[0]);
	close(ready[1]);
	snprintf(what, sizeof(what), "\"sluice\" is in use by process %d", pid);
	assert_only(&f->problems, "/dpdk/file_prefix", what, "`kill ");
}

static void test_started_twice_by_socket(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	put(f, "run/sluice/x", "");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sluice/dpdk_telemetry.v2", f->runtime);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	/* It accepts and says nothing: somebody is there all the same. */
	run(f, good, NULL, 0);
	close(fd);
	assert_only(&f->problems, "/dpdk/file_prefix", "is in use by another process", "file_prefix");
}

static void test_stale_files_are_fine(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	put(f, "run/sluice/config", "x");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sluice/dpdk_telemetry.v2", f->runtime);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* the file stays, as after kill -9 */
	run(f, good, NULL, 0);
	assert_int_equal(f->problems.count, 0);
}

static void test_all_at_once(void **state)
{
	struct fixture *f = *state;

	put_hugepages(f, "0", "0");
	f->machine.capabilities = 0;
	run(f, good, ARGS("--lcores", "0@0,1@5", "--vdev", "net_af_packet0,iface=none0"), 4);
	assert_int_equal(f->problems.count, 4);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, create_fixture, destroy_fixture)
	static const struct CMUnitTest tests[] = {
		TEST(test_all_well),
		TEST(test_all_well_pci),
		TEST(test_hugepages_missing),
		TEST(test_hugepages_not_mounted),
		TEST(test_in_memory_needs_no_mount),
		TEST(test_no_huge),
		TEST(test_too_little_asked),
		cmocka_unit_test(test_lcores),
		TEST(test_isolated_cpus),
		cmocka_unit_test(test_netdevs),
		TEST(test_mtu_asked),
		TEST(test_af_xdp_buffers),
		TEST(test_rights),
		TEST(test_memlock),
		TEST(test_pci_drivers),
		TEST(test_pci_bifurcated),
		TEST(test_pci_missing),
		TEST(test_pci_virtio),
		TEST(test_vfio_group),
		TEST(test_vfio_without_type1),
		TEST(test_pci_no_iommu),
		TEST(test_uio_without_hugepages),
		TEST(test_numa),
		TEST(test_numa_hugepages),
		TEST(test_numa_hugepages_there),
		TEST(test_started_twice_by_lock),
		TEST(test_started_twice_by_socket),
		TEST(test_stale_files_are_fine),
		TEST(test_all_at_once),
	};

	return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
