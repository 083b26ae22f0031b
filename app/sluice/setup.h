/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything that is decided before DPDK starts: configuration, EAL settings, plans, and the verdict of the pre-flight. */
#ifndef APP_SLUICE_SETUP_H
#define APP_SLUICE_SETUP_H

#include "memory_plan.h"
#include "options.h"

struct setup {
	const struct options *options;
	struct sl_config *config; /* NULL once control has taken it over */
	struct machine machine;
	struct eal_settings settings;
	struct lcores lcores;
	struct device_plans devices;
	struct memory_plan plan;
	struct sl_problems problems, warnings;
};

/*
 * Read the configuration and check it against the machine. What is wrong is in setup->problems. Always call
 * setup_fini afterwards.
 */
void setup_prepare(struct setup *setup, const struct options *options);
void setup_fini(struct setup *setup);

/* Problems and warnings on stderr; -1 when there are problems. */
int setup_report(const struct setup *setup);

#endif
