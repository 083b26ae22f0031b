/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_SCHEDULERS_H
#define APP_SLUICE_BENCH_SCHEDULERS_H

#include "traffic.h"

/* What each scheduler takes to choose a backend, and control to lay out a schedule. Returns 0, or -1 after a line on stderr. */
int schedulers_run(struct traffic *t);

#endif
