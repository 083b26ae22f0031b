/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "preflight.h"

#define MIB (UINT64_C(1) << 20)

static const uint64_t sizes_kb[] = { 2048, 1048576, 524288 }; /* x86: 2 MiB, 1 GiB; arm64 also 512 MiB */
#define N_SIZES (sizeof(sizes_kb) / sizeof(sizes_kb[0]))

uint32_t preflight_memory_mb(const struct preflight *p)
{
	return p->settings->memory_mb != 0 ? p->settings->memory_mb : memory_plan_total_mb(p->plan);
}

/* Room below what the plan needs is a problem wherever the memory then comes from. */
static void check_amount(struct preflight *p)
{
	uint32_t need = memory_plan_total_mb(p->plan);
	char remedy[128];

	if (p->settings->memory_mb == 0 || p->settings->memory_mb >= need)
		return;
	snprintf(remedy, sizeof(remedy), "raise it to %u, leave it out, or lower \"max_flows\" or \"descriptors\"", need);
	sl_problem_add(p->problems, p->settings->memory_where, remedy, "%u MiB are too few: this configuration needs %u MiB",
		       p->settings->memory_mb, need);
}

/* Bytes in the files that a killed process of this prefix left; EAL removes them first, so they count as free. */
static uint64_t stale_bytes(const char *directory, const char *file_prefix)
{
	char start[128], path[MACHINE_PATH_MAX];
	uint64_t bytes = 0;
	DIR *dir = opendir(directory);

	snprintf(start, sizeof(start), "%smap_", file_prefix);
	for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		struct stat st;
		if (strncmp(e->d_name, start, strlen(start)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		if (stat(path, &st) == 0)
			bytes += (uint64_t)st.st_blocks * 512;
	}
	if (dir != NULL)
		closedir(dir);
	return bytes;
}

struct pages {
	uint64_t page_kb;
	int64_t total, free;
	bool usable; /* mounted, or no mount needed */
	char mount[256];
	uint64_t stale;
};

static bool read_pages(struct preflight *p, uint64_t page_kb, struct pages *pages)
{
	const char *sys = p->machine->sys;

	*pages = (struct pages){ .page_kb = page_kb };
	if (machine_read_number(&pages->total, "%s/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages", sys,
				page_kb) != 0 ||
	    machine_read_number(&pages->free, "%s/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/free_hugepages", sys,
				page_kb) != 0)
		return false;
	pages->usable = machine_hugetlbfs(p->machine, page_kb, pages->mount, sizeof(pages->mount)) == 0;
	if (pages->usable)
		pages->stale = stale_bytes(pages->mount, p->settings->file_prefix);
	pages->usable |= p->settings->in_memory;
	return true;
}

/* Pages of all sizes count; more are asked for of the first. */
static void check_nodes(struct preflight *p, uint64_t page_kb)
{
	for (unsigned int node = 0; node < p->plan->n_nodes && p->plan->n_nodes > 1; node++) {
		uint64_t need = (uint64_t)memory_plan_node_mb(p->plan, node) * MIB, have = 0;
		for (unsigned int i = 0; i < N_SIZES; i++) {
			int64_t pages = 0;
			machine_read_number(&pages, "%s/devices/system/node/node%u/hugepages/hugepages-%" PRIu64
					    "kB/free_hugepages", p->machine->sys, node, sizes_kb[i]);
			have += (uint64_t)pages * sizes_kb[i] * 1024;
		}
		if (have >= need || !machine_path_exists("%s/devices/system/node/node%u/hugepages", p->machine->sys, node))
			continue;
		char path[MACHINE_PATH_MAX], remedy[MACHINE_PATH_MAX + 64];
		int64_t total = 0;
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
			 node, page_kb);
		machine_read_number(&total, "%s%s", p->machine->sys, path + strlen("/sys"));
		snprintf(remedy, sizeof(remedy), "`echo %" PRIu64 " > %s`",
			 (uint64_t)total + (need - have + page_kb * 1024 - 1) / (page_kb * 1024), path);
		sl_problem_add(p->problems, "hugepages", remedy, "NUMA node %u needs %" PRIu64 " MiB of hugepages and has %" PRIu64
			       " MiB free", node, need / MIB, have / MIB);
	}
}

static void too_few(struct preflight *p, const struct pages *pages, uint64_t need, uint64_t have)
{
	/* Who has to raise the number of hugepages anyway is told one that leaves room for a capture. */
	uint64_t page = pages->page_kb * 1024, missing = (need + p->plan->later_bytes - have + page - 1) / page;
	char remedy[256];

	snprintf(remedy, sizeof(remedy), "`sysctl -w vm.nr_hugepages=%" PRIu64 "`, or set \"hugepages\": false in \"dpdk\"",
		 (uint64_t)pages->total + missing);
	sl_problem_add(p->problems, "hugepages", remedy,
		       "%" PRIu64 " MiB needed, %" PRIu64 " MiB free (%" PRId64 " free pages of %" PRIu64 " kB)", need / MIB,
		       have / MIB, pages->free, pages->page_kb);
}

void preflight_hugepages(struct preflight *p)
{
	uint64_t need = (uint64_t)preflight_memory_mb(p) * MIB, have = 0;
	struct pages first = { 0 }, pages;
	bool mounted = false;

	if (!p->settings->hugepages)
		return;
	check_amount(p);
	if (p->running != 0)
		return;
	for (unsigned int i = 0; i < N_SIZES; i++) {
		if (!read_pages(p, sizes_kb[i], &pages))
			continue;
		if (first.page_kb == 0)
			first = pages;
		if (pages.usable)
			have += (uint64_t)pages.free * pages.page_kb * 1024 + pages.stale;
		mounted |= pages.usable;
	}
	if (first.page_kb == 0) {
		sl_problem_add(p->problems, "hugepages", "set \"hugepages\": false in \"dpdk\"", "this kernel has none");
		return;
	}
	if (!mounted)
		sl_problem_add(p->problems, "hugepages", "`mkdir -p /dev/hugepages && mount -t hugetlbfs hugetlbfs "
			       "/dev/hugepages`, or set \"in_memory\" or \"hugepages\": false in \"dpdk\"",
			       "no hugetlbfs is mounted");
	/* Before a mount nothing counts as usable; tell the second thing that is wrong at once all the same. */
	if (!mounted)
		have = (uint64_t)first.free * first.page_kb * 1024;
	if (have < need)
		too_few(p, &first, need, have);
	else
		check_nodes(p, first.page_kb);
}

void preflight_plain_memory(struct preflight *p)
{
	uint64_t need = (uint64_t)preflight_memory_mb(p) * MIB, have = machine_memory_available(p->machine);
	char remedy[128];

	if (p->settings->hugepages || p->running != 0)
		return;
	check_amount(p);
	if (have >= need)
		return;
	snprintf(remedy, sizeof(remedy), "free some, or lower \"max_flows\" (%u) or \"descriptors\"", p->config->max_flows);
	sl_problem_add(p->problems, "memory", remedy, "%" PRIu64 " MiB needed, %" PRIu64 " MiB available", need / MIB,
		       have / MIB);
}
