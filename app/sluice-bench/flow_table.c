/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>

#include "flow_table.h"

#define KEYS 1024 /* made before they are timed: fit the level 2 cache */

static uint32_t lookup_burst(const struct sl_flow_table *t, const struct sl_tuple *keys)
{
	uint64_t hash[BENCH_BURST];
	uint32_t entry[BENCH_BURST], found = 0;
	uint8_t side;

	for (unsigned int i = 0; i < BENCH_BURST; i++) {
		hash[i] = sl_flow_hash(t, &keys[i]);
		sl_flow_prefetch_bucket(t, hash[i]);
	}
	for (unsigned int i = 0; i < BENCH_BURST; i++)
		entry[i] = sl_flow_candidate(t, hash[i], keys[i].v6);
	for (unsigned int i = 0; i < BENCH_BURST; i++)
		found += (entry[i] != SL_FLOW_NONE && sl_flow_is(t, entry[i], &keys[i])) ||
			 sl_flow_lookup(t, &keys[i], hash[i], &side) != SL_FLOW_NONE;
	return found;
}

int flow_table_measure(struct report_flow_table *f, struct traffic *t)
{
	const struct bench_options *o = t->options;
	const struct sl_flow_table *table = &t->gateway->worker->flows;
	struct sl_tuple keys[KEYS];
	double cycles[99];

	*f = (struct report_flow_table){ .lookups = (o->packets + KEYS - 1) / KEYS * KEYS };
	for (unsigned int repetition = 0; repetition < o->repetitions; repetition++) {
		uint64_t sum = 0, found = 0;
		for (uint64_t done = 0; done < f->lookups; done += KEYS) {
			for (unsigned int i = 0; i < KEYS; i++)
				traffic_pick(t, &keys[i]);
			uint64_t start = rte_rdtsc_precise();
			for (unsigned int i = 0; i < KEYS; i += BENCH_BURST)
				found += lookup_burst(table, &keys[i]);
			sum += rte_rdtsc_precise() - start;
		}
		cycles[repetition] = (double)sum / (double)f->lookups;
		if (found != f->lookups) {
			fprintf(stderr, "sluice-bench: flows were lost\n");
			return -1;
		}
	}
	f->cycles = measure_range(cycles, o->repetitions);
	return 0;
}
