/* SPDX-License-Identifier: BSD-3-Clause */
/* The pre-flight but for NICs. Every test starts from a machine where all is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/capability.h>

#include "preflight_fixture.h"

static void test_all_well(void **state)
{
	struct fixture *f = *state;

	run(f, good, NULL, 0);
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

/* Companions of the host's stack: rights and the device for TAPs. */
static void test_companions(void **state)
{
	static const char config[] =
		"{\"version\":1,\"dpdk\":{\"vdevs\":[\"net_null0\"]},\"max_flows\":1024,"
		"\"interfaces\":[{\"name\":\"a\",\"device\":\"net_null0\",\"addresses\":[\"192.0.2.1/24\"],\"kernel\":true}]}";
	struct fixture *f = *state;

	f->machine.capabilities &= ~(UINT64_C(1) << CAP_NET_ADMIN);
	put(f, "dev/net/tun", "");
	run(f, config, NULL, 0);
	assert_only(&f->problems, "/interfaces", "need cap_net_admin", "run sluice as root");
}

static void test_companions_without_tun(void **state)
{
	struct fixture *f = *state;

	run(f, "{\"version\":1,\"dpdk\":{\"vdevs\":[\"net_null0\"]},\"max_flows\":1024,"
	    "\"interfaces\":[{\"name\":\"a\",\"device\":\"net_null0\",\"addresses\":[\"192.0.2.1/24\"],\"kernel\":true}]}", NULL, 0);
	assert_only(&f->problems, "/interfaces", "dev/net/tun, which is not there", "`modprobe tun`");
}

static void test_memlock(void **state)
{
	struct fixture *f = *state;

	f->machine.capabilities = 0;
	f->machine.memlock_bytes = 8 << 20;
	run(f, good_pci, NULL, 0);
	assert_only(&f->problems, "0000:01:00.0", "the limit is 8 MiB", "`ulimit -l unlimited`");
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
	static const struct CMUnitTest tests[] = {
		TEST(test_all_well),
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
		TEST(test_companions),
		TEST(test_companions_without_tun),
		TEST(test_memlock),
		TEST(test_started_twice_by_lock),
		TEST(test_started_twice_by_socket),
		TEST(test_stale_files_are_fine),
		TEST(test_all_at_once),
	};

	return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
