/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_eal_cleanup leaves files: the runtime directory, the description of the memory, hugepage files. Another EAL with the
 * same prefix would clear them away at its start, but until then they hold hugepages, so they are removed here.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_pdump.h>

#include "sluice/base/log.h"

#include "eal.h"
#include "preflight.h"

static void remove_files(const char *directory, const char *start)
{
	char path[MACHINE_PATH_MAX + NAME_MAX + 2];
	DIR *dir = opendir(directory);

	for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (e->d_type == DT_DIR || strncmp(e->d_name, start, strlen(start)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
}

/* EAL chooses among the mounts, or --huge-dir does; the prefix makes the names ours wherever they are. */
static void remove_hugepage_files(const char *directory, void *arg)
{
	const struct eal *eal = arg;
	char start[80];

	snprintf(start, sizeof(start), "%smap_", eal->file_prefix);
	remove_files(directory, start);
}

static void remove_all(struct eal *eal)
{
	char parent[MACHINE_PATH_MAX], *slash;

	if (eal->hugepage_files)
		machine_each_hugetlbfs(eal->machine, remove_hugepage_files, eal);
	remove_files(eal->runtime, "");
	rmdir(eal->runtime);
	/* The directory above goes only when no other prefix is in it. */
	snprintf(parent, sizeof(parent), "%s", eal->runtime);
	slash = strrchr(parent, '/');
	if (slash != NULL) {
		*slash = '\0';
		rmdir(parent);
	}
}

static void note_files(struct eal *eal, const struct setup *setup)
{
	snprintf(eal->file_prefix, sizeof(eal->file_prefix), "%s", setup->settings.file_prefix);
	snprintf(eal->runtime, sizeof(eal->runtime), "%s/%s", setup->machine.runtime, eal->file_prefix);
	eal->machine = &setup->machine;
	eal->hugepage_files = setup->settings.hugepages && !setup->settings.in_memory;
}

static void release(struct eal *eal)
{
	free(eal->argv);
	eal_arguments_fini(&eal->arguments);
}

int eal_start(struct eal *eal, const struct setup *setup, struct sl_problems *problems)
{
	uint32_t node_mb[MACHINE_NODES_MAX];

	memset(eal, 0, sizeof(*eal));
	note_files(eal, setup);
	for (unsigned int i = 0; i < setup->plan.n_nodes; i++)
		node_mb[i] = memory_plan_node_mb(&setup->plan, i);
	eal_arguments_build(&eal->arguments, &setup->settings, setup->config, &setup->devices, node_mb, setup->plan.n_nodes);
	eal->argv = malloc(((size_t)eal->arguments.argc + 1) * sizeof(*eal->argv));
	if (eal->argv == NULL) {
		sl_problem_add(problems, "", NULL, "out of memory");
		release(eal);
		return -1;
	}
	memcpy(eal->argv, eal->arguments.argv, ((size_t)eal->arguments.argc + 1) * sizeof(*eal->argv));
	if (rte_eal_init(eal->arguments.argc, eal->argv) < 0) {
		sl_problem_add(problems, "DPDK", "read its own lines above; `sluice --log-level=lib.eal:debug -- --config FILE` "
			       "makes it say more", "it did not start: %s", rte_strerror(rte_errno));
		/* Files of another process that won a race for this prefix are not ours to remove. */
		if (preflight_prefix_owner(&setup->machine, eal->file_prefix) == 0)
			remove_all(eal);
		release(eal);
		return -1;
	}
	/* Capture by dpdk-dumpcap, a second process, needs memory in files. */
	if (eal->hugepage_files) {
		eal->pdump = rte_pdump_init() == 0;
		if (!eal->pdump)
			sl_log_warning("packet capture is off: %s", rte_strerror(rte_errno));
	}
	return 0;
}

void eal_stop(struct eal *eal)
{
	if (eal->pdump)
		rte_pdump_uninit();
	rte_eal_cleanup();
	remove_all(eal);
	release(eal);
}
