/* SPDX-License-Identifier: BSD-3-Clause */
/* The pre-flight of NICs: drivers, IOMMU, groups, and memory on the NUMA node of each. Every test starts from a machine where all is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "preflight_fixture.h"

static void test_all_well_pci(void **state)
{
	struct fixture *f = *state;

	run(f, good_pci, NULL, 0);
	sl_problems_print(&f->problems, stderr);
	assert_int_equal(f->problems.count, 0);
	assert_int_equal(f->warnings.count, 0);
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
	remove_tree(path);
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "0000:01:00.0", "without its IOMMU driver", "`modprobe vfio_iommu_type1`");
}

/* vfio's mode without an IOMMU makes groups, too, of a kind of its own. */
static void test_vfio_noiommu(void **state)
{
	struct fixture *f = *state;
	char path[256];

	snprintf(path, sizeof(path), "%s/module/vfio_iommu_type1", f->sys);
	remove_tree(path);
	put(f, "dev/vfio/noiommu-7", "");
	run(f, good_pci, NULL, 0);
	assert_int_equal(f->problems.count, 0);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_all_well_pci),
		TEST(test_pci_drivers),
		TEST(test_pci_virtio),
		TEST(test_vfio_group),
		TEST(test_vfio_without_type1),
		TEST(test_vfio_noiommu),
		TEST(test_pci_bifurcated),
		TEST(test_pci_missing),
		TEST(test_pci_no_iommu),
		TEST(test_uio_without_hugepages),
		TEST(test_numa),
		TEST(test_numa_hugepages),
		TEST(test_numa_hugepages_there),
	};

	return cmocka_run_group_tests_name("preflight_pci", tests, NULL, NULL);
}
