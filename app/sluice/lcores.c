/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcores.h"

/* A number below `limit`, or -1; *p moves behind it. */
static long number(const char **p, long limit)
{
	char *end;

	if (**p < '0' || **p > '9')
		return -1;
	long value = strtol(*p, &end, 10);
	*p = end;
	return value < limit ? value : -1;
}

static int range(const char **p, cpu_set_t *set)
{
	long first = number(p, CPU_SETSIZE), last = first;

	if (first < 0)
		return -1;
	if (**p == '-') {
		(*p)++;
		last = number(p, CPU_SETSIZE);
		if (last < first)
			return -1;
	}
	for (long i = first; i <= last; i++)
		CPU_SET((size_t)i, set);
	return 0;
}

/* A range, or a list of ranges in parentheses. */
static int group(const char **p, cpu_set_t *set, bool *parentheses)
{
	CPU_ZERO(set);
	*parentheses = **p == '(';
	if (!*parentheses)
		return range(p, set);
	do {
		(*p)++;
		if (range(p, set) != 0)
			return -1;
	} while (**p == ',');
	if (**p != ')')
		return -1;
	(*p)++;
	return 0;
}

static int item(const char **p, cpu_set_t cpus_of[LCORES_MAX], bool present[LCORES_MAX])
{
	cpu_set_t ids, cpus;
	bool parentheses, unused, own_cpu = false;

	if (group(p, &ids, &parentheses) != 0)
		return -1;
	if (**p == '@') {
		(*p)++;
		if (group(p, &cpus, &unused) != 0)
			return -1;
	} else if (parentheses) {
		cpus = ids; /* "(0,6)" means (0,6)@(0,6) */
	} else {
		own_cpu = true; /* "0-2" means 0@0,1@1,2@2 */
	}
	for (unsigned int id = 0; id < CPU_SETSIZE; id++) {
		if (!CPU_ISSET(id, &ids))
			continue;
		if (id >= LCORES_MAX || present[id])
			return -1;
		present[id] = true;
		if (own_cpu) {
			CPU_ZERO(&cpus_of[id]);
			CPU_SET(id, &cpus_of[id]);
		} else {
			cpus_of[id] = cpus;
		}
	}
	return 0;
}

int lcores_parse(const char *text, struct lcores *lcores)
{
	cpu_set_t cpus_of[LCORES_MAX];
	bool present[LCORES_MAX] = { false };
	const char *p = text;

	for (;;) {
		if (item(&p, cpus_of, present) != 0)
			return -1;
		if (*p == '\0')
			break;
		if (*p++ != ',')
			return -1;
	}
	lcores->n = 0;
	for (unsigned int id = 0; id < LCORES_MAX; id++)
		if (present[id])
			lcores->list[lcores->n++] = (struct lcore){ id, cpus_of[id] };
	return 0;
}

/* 3: near and isolated, 2: near, 1: isolated, 0: neither. Memory far away costs more than an interruption. */
static unsigned int worth(const struct lcores_cpus *cpus, unsigned int cpu)
{
	return 2 * (CPU_ISSET(cpu, &cpus->near) != 0) + (CPU_ISSET(cpu, &cpus->isolated) != 0);
}

/* The index in the list, best first, of the main lcore's CPU. Workers take the best of the others. */
static unsigned int choose_main(const struct lcores_cpus *cpus, const unsigned int *list, unsigned int n, unsigned int workers)
{
	unsigned int last = workers < n ? workers : n - 1, first = last;

	while (first > 0 && worth(cpus, list[first - 1]) == worth(cpus, list[last])) /* all the same: the first of them */
		first--;
	for (unsigned int i = last; i < n && CPU_ISSET(list[first], &cpus->isolated); i++)
		if (!CPU_ISSET(list[i], &cpus->isolated))
			first = i;
	return first;
}

void lcores_choose(const struct lcores_cpus *cpus, unsigned int workers, char *text, size_t size)
{
	unsigned int list[CPU_SETSIZE], n = 0;

	for (unsigned int wanted = 4; wanted-- > 0;)
		for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &cpus->usable) && worth(cpus, cpu) == wanted)
				list[n++] = cpu;
	if (n == 0)
		list[n++] = 0;
	unsigned int first = choose_main(cpus, list, n, workers);
	size_t used = (size_t)snprintf(text, size, "0@%u", list[first]);
	for (unsigned int i = 1; i <= workers && used < size; i++) {
		unsigned int k = i <= first ? i - 1 : i;
		used += (size_t)snprintf(text + used, size - used, ",%u@%u", i, list[k % n]);
	}
}

const struct lcore *lcores_worker(const struct lcores *lcores, unsigned int main_id, unsigned int i)
{
	for (unsigned int k = 0; k < lcores->n; k++)
		if (lcores->list[k].id != main_id && i-- == 0)
			return &lcores->list[k];
	return NULL;
}
