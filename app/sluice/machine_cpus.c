/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which CPUs threads can be put on. The kernel's isolcpus= keeps processes away from CPUs unless they ask for them, so those
 * are not in the affinity we start with; taskset and systemd narrow the same affinity, on purpose.
 */
#include <stdlib.h>

#include "machine.h"

static void read_list(cpu_set_t *cpus, const char *path)
{
	unsigned int first, last;
	FILE *f = fopen(path, "re");

	CPU_ZERO(cpus);
	for (int n = 1; f != NULL && n > 0 && (n = fscanf(f, "%u-%u", &first, &last)) > 0; n = getc(f) == ',') {
		for (unsigned int cpu = first; cpu <= (n == 2 ? last : first) && cpu < CPU_SETSIZE; cpu++)
			CPU_SET(cpu, cpus);
	}
	if (f != NULL)
		fclose(f);
}

/* All that this process may ask for: the kernel takes away what the cpuset does not have. */
static void probe(const cpu_set_t *affinity, cpu_set_t *allowed)
{
	cpu_set_t all;

	*allowed = *affinity;
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &all);
	if (sched_setaffinity(0, sizeof(all), &all) != 0)
		return;
	sched_getaffinity(0, sizeof(*allowed), allowed);
	sched_setaffinity(0, sizeof(*affinity), affinity);
}

void machine_choose_cpus(struct machine *machine, const cpu_set_t *affinity, const cpu_set_t *allowed)
{
	char path[MACHINE_PATH_MAX];
	cpu_set_t isolated, both;

	snprintf(path, sizeof(path), "%s/devices/system/cpu/isolated", machine->sys);
	read_list(&isolated, path);
	CPU_AND(&machine->isolated, &isolated, allowed);
	CPU_OR(&both, affinity, &machine->isolated);
	machine->allowed = *allowed;
	machine->cpus = CPU_EQUAL(&both, allowed) ? *allowed : *affinity;
}

void machine_find_cpus(struct machine *machine)
{
	cpu_set_t affinity, allowed;

	CPU_ZERO(&affinity);
	sched_getaffinity(0, sizeof(affinity), &affinity);
	probe(&affinity, &allowed);
	machine_choose_cpus(machine, &affinity, &allowed);
}
