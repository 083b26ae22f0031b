/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_EXPIRY_H
#define APP_SLUICE_BENCH_EXPIRY_H

#include "report.h"

/* Let all established flows become due at once and time the housekeeping steps until the last is gone. */
int expiry_measure(struct report_expiry *e, struct traffic *t);

#endif
