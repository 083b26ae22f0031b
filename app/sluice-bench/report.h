/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_REPORT_H
#define APP_SLUICE_BENCH_REPORT_H

#include <jansson.h>

#include "measure.h"
#include "soak.h"

/* Upper bounds in nanoseconds of the histogram of `expiry`; the last row is everything above. */
#define REPORT_BOUNDS_NS { 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000 }
#define REPORT_ROWS 11

struct report_expiry {
	uint64_t steps, flows;
	uint64_t interrupted; /* steps in which another process had the CPU: in none of the figures */
	uint64_t histogram[REPORT_ROWS];
	uint64_t pauses[REPORT_ROWS]; /* as many, meant to last the median: the longer ones tell what the machine itself adds */
	double mean_ns, p50_ns, p99_ns, p999_ns, max_ns;
	double cycles_per_flow;
	double longest_pause_ns;
};

struct report_flow_table {
	struct measure_range cycles;
	uint64_t lookups;
};

void report_pipeline(const struct gateway *g, const struct bench_options *o, const struct measure *m);
void report_expiry(const struct gateway *g, const struct bench_options *o, const struct report_expiry *e);
void report_flow_table(const struct gateway *g, const struct bench_options *o, const struct report_flow_table *f);
void report_soak_row(const struct bench_options *o, const struct soak_row *row);
void report_soak(const struct gateway *g, const struct bench_options *o, const struct report_soak *s);

/* What every kind of result says about its circumstances. */
json_t *report_json_common(const struct gateway *g, const struct bench_options *o);
void report_text_common(const struct gateway *g, const struct bench_options *o);
void report_json_print(json_t *object); /* and gives it up */

#endif
