/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "preflight.h"
#include "setup.h"

/* Near are the CPUs of the NUMA nodes that NICs of the configuration are attached to. */
static void find_cpus(const struct machine *machine, const struct sl_config *config, struct lcores_cpus *cpus)
{
	const char *names[SL_MAX_PORTS];
	unsigned int n = sl_config_device_names(config, names);

	*cpus = (struct lcores_cpus){ .usable = machine->cpus, .isolated = machine->isolated };
	for (unsigned int i = 0; i < n; i++) {
		int node = eal_is_pci_address(names[i]) ? machine_pci_node(machine, names[i]) : -1;
		for (unsigned int cpu = 0; node >= 0 && cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &machine->cpus) && machine_cpu_node(machine, cpu) == node)
				CPU_SET(cpu, &cpus->near);
	}
}

void setup_prepare(struct setup *s, const struct options *options)
{
	struct lcores_cpus cpus;

	memset(s, 0, sizeof(*s));
	s->options = options;
	sl_problems_init(&s->problems);
	sl_problems_init(&s->warnings);
	machine_init(&s->machine);
	s->config = sl_config_load(options->config_path, &s->problems);
	if (s->config == NULL)
		return;
	find_cpus(&s->machine, s->config, &cpus);
	if (eal_settings_init(&s->settings, s->config, options->eal, options->n_eal, &cpus, &s->problems) != 0)
		return;
	if (lcores_parse(s->settings.lcores.value, &s->lcores) != 0)
		s->lcores.n = 0;
	device_plans_build(&s->devices, s->config, &s->settings, &s->machine);
	memory_plan_build(&s->plan, s->config, &s->settings, &s->devices, &s->lcores, &s->machine);

	struct preflight preflight = {
		.config = s->config, .settings = &s->settings, .machine = &s->machine, .devices = &s->devices,
		.lcores = &s->lcores, .plan = &s->plan, .problems = &s->problems, .warnings = &s->warnings,
		.check_only = options->action == OPTIONS_CHECK,
	};
	preflight_run(&preflight);
}

void setup_fini(struct setup *s)
{
	sl_config_destroy(s->config);
	sl_problems_fini(&s->problems);
	sl_problems_fini(&s->warnings);
}

int setup_report(const struct setup *s)
{
	if (s->warnings.count > 0) {
		fprintf(stderr, "sluice: %u warning%s\n", s->warnings.count, s->warnings.count > 1 ? "s" : "");
		sl_problems_print(&s->warnings, stderr);
	}
	if (s->problems.count == 0)
		return 0;
	fprintf(stderr, "sluice: %s: %u problem%s to mend\n", s->options->config_path, s->problems.count,
		s->problems.count > 1 ? "s" : "");
	sl_problems_print(&s->problems, stderr);
	return -1;
}
