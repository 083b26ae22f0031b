/* SPDX-License-Identifier: BSD-3-Clause */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "gateway.h"

#define MIB (UINT64_C(1) << 20)

static uint64_t free_hugepage_bytes(unsigned int size_kb)
{
	char path[96];
	unsigned long long pages = 0;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages", size_kb);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * size_kb * 1024;
}

static uint32_t last_cpu(void)
{
	cpu_set_t set;
	uint32_t last = 0;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (uint32_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			last = i;
	return last;
}

/*
 * With the ordinary scheduling policy, whatever `chrt` asked for: EAL waits for its threads in sleeps so short that a task of
 * SCHED_FIFO never gives way to them if they have only its CPU. They keep that policy, too, and do not disturb the measurement.
 */
static int start(int n_args, char **args)
{
	struct sched_param ours = { 0 }, ordinary = { 0 };
	int policy = sched_getscheduler(0);

	sched_getparam(0, &ours);
	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	int result = rte_eal_init(n_args, args);
	sched_setscheduler(0, policy, &ours);
	return result;
}

int bench_eal_start(const struct bench_options *o, uint64_t bytes, bool *hugepages)
{
	/* Without files: nothing is left behind, and nothing collides with a sluice that runs. */
	bool enough = free_hugepage_bytes(2048) >= bytes || free_hugepage_bytes(1048576) >= bytes;
	char lcores[32], megabytes[32], prefix[64];

	*hugepages = o->pages != BENCH_PAGES_SMALL && enough;
	if (o->pages == BENCH_PAGES_HUGE && !enough) {
		fprintf(stderr, "sluice-bench: --huge needs %llu MiB of free hugepages; remedy: echo %llu > "
			"/proc/sys/vm/nr_hugepages\n", (unsigned long long)(bytes / MIB + 1), (unsigned long long)(bytes / MIB / 2 + 64));
		return -1;
	}
	snprintf(lcores, sizeof(lcores), "0@%u", o->cpu == UINT32_MAX ? last_cpu() : o->cpu);
	snprintf(megabytes, sizeof(megabytes), "%llu", (unsigned long long)(bytes / MIB + 1));
	snprintf(prefix, sizeof(prefix), "sluice-bench-%d", (int)getpid());
	char *args[] = { "sluice-bench", "--lcores", lcores, "--no-pci", "--no-telemetry", "--no-shconf", "--file-prefix", prefix,
			 "--log-level=lib.*:error", "--log-level=bus.*:error", "--log-level=pmd.*:error",
			 "--vdev=net_null0,no-rx=1", "--vdev=net_null1,no-rx=1", "-m", megabytes,
			 *hugepages ? "--in-memory" : "--no-huge" };
	if (start((int)RTE_DIM(args), args) < 0) {
		fprintf(stderr, "sluice-bench: DPDK did not start: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

void bench_eal_stop(void)
{
	char runtime[256];

	snprintf(runtime, sizeof(runtime), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	rmdir(runtime);
}
