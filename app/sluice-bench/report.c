/* SPDX-License-Identifier: BSD-3-Clause */
/* Results, for people or as one JSON object. */
#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>
#include <rte_version.h>

#include "report.h"

#define HASH "two keyed 64x64 bit multiplications (three for IPv6), 16-bit signatures"
#define CHECKSUMS "L4 checksums are updated, not verified; IPv4 header checksums are verified and updated"

static const uint64_t bounds_ns[] = REPORT_BOUNDS_NS;
_Static_assert(RTE_DIM(bounds_ns) == REPORT_ROWS - 1, "one row more than bounds");

static double bytes_per_flow(const struct gateway *g)
{
	return (double)g->table_bytes / g->capacity;
}

/* What every kind of result says about its circumstances. */
json_t *report_json_common(const struct gateway *g, const struct bench_options *o)
{
	const char *mode = o->command == BENCH_PIPELINE ? bench_mode_name(o->mode) : bench_command_name(o->command);

	return json_pack("{s:s, s:I, s:s, s:i, s:i, s:i, s:b, s:s, s:s, s:I, s:f, s:I, s:s, s:i, s:b}", "mode", mode, "flows",
			 (json_int_t)o->flows, "protocol", o->tcp ? "tcp" : "udp", "ip_version", o->ipv6 ? 6 : 4,
			 "ip_version_behind", bench_options_ipv6_behind(o) ? 6 : 4, "size_bytes", (int)o->size, "hugepages",
			 g->hugepages, "dpdk_version", rte_version(), "sluice_version", SLUICE_VERSION, "tsc_hz",
			 (json_int_t)g->shared.tsc_hz, "bytes_per_flow", bytes_per_flow(g), "table_capacity_flows",
			 (json_int_t)g->capacity, "hash", HASH, "workers", (int)o->workers, "rss",
			 o->rss);
}

void report_json_print(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(5));
	putchar('\n');
	json_decref(object);
}

void report_text_common(const struct gateway *g, const struct bench_options *o)
{
	printf("%u flows, %s over IPv%d, %s, %s, TSC %.3f GHz\n", o->flows, o->tcp ? "TCP" : "UDP", o->ipv6 ? 6 : 4,
	       g->hugepages ? "hugepages" : "no hugepages", rte_version(), (double)g->shared.tsc_hz / 1e9);
	if (o->workers > 1)
		printf("  one of %u workers: who owns a packet is %s\n", o->workers, o->rss ? "told by the device's hash" :
										     "computed for each");
}

static double ns(const struct gateway *g, double cycles)
{
	return cycles * 1e9 / (double)g->shared.tsc_hz;
}

/* ---- pipeline ---- */

static void json_pipeline(const struct gateway *g, const struct bench_options *o, const struct measure *m)
{
	json_t *object = report_json_common(g, o), *stages = json_array();

	for (unsigned int i = 0; i < m->n_stages; i++)
		json_array_append_new(stages, json_pack("{s:s, s:f}", "name", m->stages[i].name, "cycles_per_packet",
							m->stages[i].cycles));
	json_t *results = json_pack("{s:I, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:s, s:s}", "packets",
				    (json_int_t)m->packets, "repetitions", (int)o->repetitions, "new_flow_ratio",
				    o->new_flow_ratio, "cycles_per_packet", m->net.median, "cycles_per_packet_min", m->net.min,
				    "cycles_per_packet_max", m->net.max, "ns_per_packet", ns(g, m->net.median), "mpps",
				    1e3 / ns(g, m->net.median), "receive_cycles_per_packet_subtracted", m->receive,
				    "transmit_cycles_per_packet_subtracted", m->transmit, "interrupted_ratio", m->interrupted,
				    "stages", stages, "checksums", CHECKSUMS, "packet_data", o->cold ? "memory" : "level 2 cache");
	json_object_update(object, results);
	json_decref(results);
	if (o->mode == BENCH_RELAY) {
		json_object_set_new(object, "fanout", json_integer(o->fanout));
		json_object_set_new(object, "cycles_per_output", json_real(m->net.median / o->fanout));
		json_object_set_new(object, "outputs_mpps", json_real(1e3 * o->fanout / ns(g, m->net.median)));
		json_object_set_new(object, "payload", json_string(o->no_chains && o->fanout > 1 ? "copied" : "shared"));
	}
	report_json_print(object);
}

void report_pipeline(const struct gateway *g, const struct bench_options *o, const struct measure *m)
{
	double sum = 0;

	if (o->json) {
		json_pipeline(g, o, m);
		return;
	}
	printf("%s, %u-byte frames, ", bench_mode_name(o->mode), o->size);
	if (o->new_flow_ratio > 0)
		printf("%g of the packets open a flow, ", o->new_flow_ratio);
	report_text_common(g, o);
	printf("\n  %-30s %8.1f cycles  (%.1f to %.1f in %u repetitions of %" PRIu64 " packets)\n", "a packet costs", m->net.median,
	       m->net.min, m->net.max, o->repetitions, m->packets);
	printf("  %-30s %8.1f ns\n  %-30s %8.2f Mpps on one core\n  %-30s %8.1f bytes\n\n", "", ns(g, m->net.median), "",
	       1e3 / ns(g, m->net.median), "a flow takes", bytes_per_flow(g));
	if (o->mode == BENCH_RELAY)
		printf("  %-30s %8.1f cycles, %u outputs\n\n", "an output costs", m->net.median / o->fanout, o->fanout);
	for (unsigned int i = 0; i < m->n_stages; i++) {
		printf("    %-28s %8.1f cycles\n", m->stages[i].name, m->stages[i].cycles);
		sum += m->stages[i].cycles;
	}
	printf("    %-28s %8.1f cycles, timed one by one\n\n", "sum", sum);
	printf("  not in these figures: %.1f cycles to fill in received mbufs, %.1f for net_null to free sent ones\n", m->receive,
	       m->transmit);
	printf("  interrupted by the machine and left out: %.2g %% of the time slices\n", m->interrupted * 100);
	printf("  packets lie in %s when they are received; cycles are of the TSC\n  flow hash: %s\n  %s\n",
	       o->cold ? "memory" : "the level 2 cache", HASH, CHECKSUMS);
}

/* ---- expiry ---- */

static void json_expiry(const struct gateway *g, const struct bench_options *o, const struct report_expiry *e)
{
	json_t *object = report_json_common(g, o), *rows = json_array();

	for (unsigned int i = 0; i < REPORT_ROWS; i++)
		json_array_append_new(rows, json_pack("{s:o, s:I, s:I}", "up_to_ns", i < RTE_DIM(bounds_ns) ?
						      json_integer((json_int_t)bounds_ns[i]) : json_null(), "steps",
						      (json_int_t)e->histogram[i], "pauses", (json_int_t)e->pauses[i]));
	json_t *results = json_pack("{s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "steps", (json_int_t)e->steps,
				    "steps_interrupted", (json_int_t)e->interrupted,
				    "flows_expired", (json_int_t)e->flows, "cycles_per_flow", e->cycles_per_flow, "mean_ns",
				    e->mean_ns, "median_ns", e->p50_ns, "p99_ns", e->p99_ns, "p99_9_ns", e->p999_ns, "max_ns",
				    e->max_ns, "longest_pause_ns", e->longest_pause_ns, "histogram", rows);
	json_object_update(object, results);
	json_decref(results);
	report_json_print(object);
}

void report_expiry(const struct gateway *g, const struct bench_options *o, const struct report_expiry *e)
{
	if (o->json) {
		json_expiry(g, o, e);
		return;
	}
	printf("expiry of ");
	report_text_common(g, o);
	printf("\n  %" PRIu64 " housekeeping steps ended %" PRIu64 " flows: %.1f cycles a flow\n\n  %15s %12s %12s\n", e->steps,
	       e->flows, e->cycles_per_flow, "took", "steps", "pauses");
	for (unsigned int i = 0; i < REPORT_ROWS; i++) {
		if (i < RTE_DIM(bounds_ns))
			printf("  up to %6.1f us", (double)bounds_ns[i] / 1e3);
		else
			printf("  %15s", "longer");
		printf(" %12" PRIu64 " %12" PRIu64 "\n", e->histogram[i], e->pauses[i]);
	}
	printf("\n  mean %.2f us, median %.2f, 99 %% %.2f, 99.9 %% %.2f, longest %.2f\n", e->mean_ns / 1e3, e->p50_ns / 1e3,
	       e->p99_ns / 1e3, e->p999_ns / 1e3, e->max_ns / 1e3);
	printf("  %" PRIu64 " more steps were interrupted by another process and left out\n", e->interrupted);
	printf("  pauses: as many, each as long as the median step if nothing comes between, the longest %.2f us; what is above is\n"
	       "  what the machine itself adds\n", e->longest_pause_ns / 1e3);
}

/* ---- flow table ---- */

void report_flow_table(const struct gateway *g, const struct bench_options *o, const struct report_flow_table *f)
{
	if (o->json) {
		json_t *object = report_json_common(g, o);
		json_t *results = json_pack("{s:I, s:i, s:f, s:f, s:f}", "lookups", (json_int_t)f->lookups, "repetitions",
					    (int)o->repetitions, "cycles_per_lookup", f->cycles.median, "cycles_per_lookup_min",
					    f->cycles.min, "cycles_per_lookup_max", f->cycles.max);
		json_object_update(object, results);
		json_decref(results);
		report_json_print(object);
		return;
	}
	printf("flow table, ");
	report_text_common(g, o);
	printf("\n  a look-up costs %.1f cycles (%.1f to %.1f in %u repetitions of %" PRIu64 "), %.1f ns; hash included, in bursts of %d\n"
	       "  a flow takes %.1f bytes\n", f->cycles.median, f->cycles.min, f->cycles.max, o->repetitions, f->lookups,
	       ns(g, f->cycles.median), BENCH_BURST, bytes_per_flow(g));
}
