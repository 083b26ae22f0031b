/* SPDX-License-Identifier: BSD-3-Clause */
/* What sluice tells its operator at start and at the end. */
#ifndef APP_SLUICE_REPORT_H
#define APP_SLUICE_REPORT_H

#include "gateway.h"

/* Version and memory plan, before DPDK starts. */
void report_start(const struct setup *setup, FILE *out);

/* The ports as they came out of the negotiation. */
void report_ports(const struct gateway *g, FILE *out);

/*
 * Non-zero counters and drops of all workers, and the conservation law. Returns 0, or -1 when a packet was lost without a
 * cause.
 */
int report_end(const struct gateway *g, FILE *out);

#endif
