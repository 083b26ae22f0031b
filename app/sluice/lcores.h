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

/* What to choose from. */
struct lcores_cpus {
	cpu_set_t usable;
	cpu_set_t near;	    /* those of the devices' NUMA nodes; empty: it does not matter, or is not known */
	cpu_set_t isolated; /* those that nothing else runs on */
};

/*
 * Choose for a main lcore, which is lcore 0, and `workers` workers, one CPU each, starting over where there are too few.
 * Workers get near ones first and isolated ones before others. The main lcore sleeps most of the time: it leaves those to them
 * where they need them, and sharing its CPU costs little. Writes an --lcores text.
 */
void lcores_choose(const struct lcores_cpus *cpus, unsigned int workers, char *text, size_t size);

/* The lcore of worker i (counting from 0) when `main_id` is the main lcore, or NULL when there are too few. */
const struct lcore *lcores_worker(const struct lcores *lcores, unsigned int main_id, unsigned int i);

#endif
