/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <string.h>

#include "preflight.h"

/* "0-3,8" of a set. */
static const char *format_cpus(const cpu_set_t *cpus, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < CPU_SETSIZE && used < size; i++) {
		unsigned int last = i;
		if (!CPU_ISSET(i, cpus))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
			last++;
		used += (size_t)snprintf(text + used, size - used, last > i ? "%s%u-%u" : "%s%u", used > 0 ? "," : "", i, last);
		i = last;
	}
	return text;
}

static void check_cpus(struct preflight *p)
{
	char allowed[256], remedy[320];

	format_cpus(&p->machine->allowed, allowed, sizeof(allowed));
	snprintf(remedy, sizeof(remedy), "use CPUs %s, or leave \"lcores\" out and let sluice choose", allowed);
	for (unsigned int i = 0; i < p->lcores->n; i++) {
		const struct lcore *lcore = &p->lcores->list[i];
		for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (!CPU_ISSET(cpu, &lcore->cpus) || CPU_ISSET(cpu, &p->machine->allowed))
				continue;
			bool online = machine_path_exists("%s/devices/system/cpu/cpu%u", p->machine->sys, cpu);
			sl_problem_add(p->problems, p->settings->lcores.where, remedy, "lcore %u: %s CPU %u", lcore->id,
				       online ? "this process may not run on" : "the machine has no", cpu);
		}
	}
}

void preflight_lcores(struct preflight *p)
{
	const struct eal_settings *s = p->settings;
	unsigned int workers = p->config->workers;
	const char *where = s->lcores.where;

	if (p->lcores->n == 0) {
		sl_problem_add(p->problems, where, "write it like \"0@0,1@1\": lcore 0 on CPU 0, lcore 1 on CPU 1",
			       "\"%s\" is not a list of lcores", s->lcores.value);
		return;
	}
	if (s->main_lcore != UINT_MAX) {
		bool found = false;
		for (unsigned int i = 0; i < p->lcores->n; i++)
			found |= p->lcores->list[i].id == s->main_lcore;
		if (!found)
			sl_problem_add(p->problems, "--main-lcore", NULL, "lcore %u is not one of %s", s->main_lcore,
				       s->lcores.value);
	}
	if (p->lcores->n < workers + 1) {
		char remedy[1100], example[1024];
		lcores_choose(&(struct lcores_cpus){ .usable = p->machine->cpus }, workers, example, sizeof(example));
		snprintf(remedy, sizeof(remedy), "\"%s\", or set \"workers\" to %u", example,
			 p->lcores->n > 1 ? p->lcores->n - 1 : 1);
		sl_problem_add(p->problems, where, remedy,
			       "%u lcores are too few for %u workers and the control thread", p->lcores->n, workers);
	}
	check_cpus(p);
}
