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

void lcores_choose(const cpu_set_t *cpus, const cpu_set_t *near, unsigned int workers, char *text, size_t size)
{
	unsigned int list[CPU_SETSIZE], n = 0, n_near = 0;
	size_t used = 0;

	for (unsigned int wanted = 0; wanted < 2; wanted++) {
		for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, cpus) && (near != NULL && CPU_ISSET(cpu, near)) == (wanted == 0))
				list[n++] = cpu;
		if (wanted == 0)
			n_near = n;
	}
	if (n == 0)
		list[n++] = 0;
	/* Where the near ones are only enough for the workers, the main lcore goes elsewhere: behind them. */
	unsigned int first = n_near > 0 && n_near <= workers && n > n_near ? n_near : 0;
	used = (size_t)snprintf(text, size, "0@%u", list[first]);
	for (unsigned int i = 1; i <= workers && used < size; i++) {
		unsigned int k = first == 0 ? i : i <= first ? i - 1 : i;
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
