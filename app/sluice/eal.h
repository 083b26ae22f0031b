/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment: start it from a setup, end it, and leave no files behind. */
#ifndef APP_SLUICE_EAL_H
#define APP_SLUICE_EAL_H

#include "setup.h"

struct eal {
	const struct machine *machine;
	struct eal_arguments arguments;
	char **argv; /* EAL's own copy of the pointers: it moves them about */
	char runtime[MACHINE_PATH_MAX]; /* directory of this file prefix */
	char file_prefix[64];
	bool hugepage_files; /* our memory is in files named after the prefix */
	bool pdump; /* dpdk-dumpcap may attach */
};

/* Returns 0, or -1 with a problem and nothing left behind. */
int eal_start(struct eal *eal, const struct setup *setup, struct sl_problems *problems);
void eal_stop(struct eal *eal);

#endif
