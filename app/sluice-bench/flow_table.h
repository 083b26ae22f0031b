/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_FLOW_TABLE_H
#define APP_SLUICE_BENCH_FLOW_TABLE_H

#include "report.h"

/* Look up established flows in bursts as the flow stage does, with nothing around it. */
int flow_table_measure(struct report_flow_table *f, struct traffic *t);

#endif
