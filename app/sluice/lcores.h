/* SPDX-License-Identifier: BSD-3-Clause */
/* EAL's --lcores: which lcore runs on which CPUs. Read before EAL does, to plan and to check. */
#ifndef APP_SLUICE_LCORES_H
#define APP_SLUICE_LCORES_H

#include <sched.h>
#include <stddef.h>

#define LCORES_MAX 128

struct lcore {
	unsigned int id;
	cpu_set_t cpus;
};

/* In ascending order of id; the first is the main lcore, unless EAL's --main-lcore says otherwise. */
struct lcores {
	unsigned int n;
	struct lcore list[LCORES_MAX];
};

/*
 * Parse "0@0,1@1", "0-2", "(0,1)@(2-3)" and their mixtures (the syntax of EAL's --lcores, of which -l is a part).
 * Returns 0, or -1 when the text is not of that form.
 */
int lcores_parse(const char *text, struct lcores *lcores);

/*
 * Choose for a main lcore, which is lcore 0, and `workers` workers, one CPU each, starting over where there are too few. The
 * main lcore sleeps most of the time, so sharing its CPU costs little. Those of `cpus` that are also in `near` (the NUMA
 * nodes of the devices; NULL: it does not matter) go to workers first. Writes an --lcores text.
 */
void lcores_choose(const cpu_set_t *cpus, const cpu_set_t *near, unsigned int workers, char *text, size_t size);

/* The lcore of worker i (counting from 0) when `main_id` is the main lcore, or NULL when there are too few. */
const struct lcore *lcores_worker(const struct lcores *lcores, unsigned int main_id, unsigned int i);

#endif
