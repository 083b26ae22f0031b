/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "report.h"

#define MIB 1048576.0

/* Rows as they come, since a soak takes minutes. */
void report_soak_row(const struct bench_options *o, const struct soak_row *row)
{
	if (o->json)
		return;
	if (row->opened == 0)
		printf("%12s %9s %9s | %8s %7s %9s | %9s %9s | %9s\n%12s %9s %9s | %8s %7s %9s | %9s %9s | %9s\n", "flows", "live",
		       "free", "chained", "longest", "scattered", "DPDK heap", "process", "cycles", "opened", "flows", "records",
		       "buckets", "chain", "free", "MiB", "MiB", "a packet");
	printf("%12" PRIu64 " %9u %9u | %8u %7u %8.1f%% | %9.2f %9.2f |", row->opened, row->live, row->free_records, row->chained,
	       row->longest_chain, row->scattered * 100, (double)row->heap_bytes / MIB, (double)row->process_bytes / MIB);
	printf(row->cycles > 0 ? " %9.1f\n" : "\n", row->cycles);
	fflush(stdout);
}

static json_t *json_row(const struct soak_row *row)
{
	json_t *entries = json_array();

	for (unsigned int i = 0; i <= SL_FLOW_BUCKET_SLOTS; i++)
		json_array_append_new(entries, json_integer(row->entries[i]));
	return json_pack("{s:I, s:I, s:i, s:i, s:i, s:i, s:f, s:I, s:I, s:f, s:o}", "flows_opened", (json_int_t)row->opened,
			 "flows_expired", (json_int_t)row->expired, "flows_live", (int)row->live, "free_records",
			 (int)row->free_records, "chained_buckets", (int)row->chained, "longest_chain", (int)row->longest_chain,
			 "free_records_scattered_ratio", row->scattered, "heap_bytes", (json_int_t)row->heap_bytes,
			 "process_bytes", (json_int_t)row->process_bytes, "cycles_per_packet", row->cycles,
			 "buckets_by_entries", entries);
}

static void text_entries(const char *when, const struct soak_row *row)
{
	printf("  %-36s", when);
	for (unsigned int i = 0; i <= SL_FLOW_BUCKET_SLOTS; i++)
		printf(" %8u", row->entries[i]);
	putchar('\n');
}

void report_soak(const struct gateway *g, const struct bench_options *o, const struct report_soak *s)
{
	const struct soak_row *early = &s->rows[1], *late = &s->rows[s->n_rows - 2];

	if (o->json) {
		json_t *object = report_json_common(g, o), *rows = json_array();
		for (unsigned int i = 0; i < s->n_rows; i++)
			json_array_append_new(rows, json_row(&s->rows[i]));
		json_object_set_new(object, "packets", json_integer((json_int_t)s->packets));
		json_object_set_new(object, "new_flow_ratio", json_real(o->new_flow_ratio));
		json_object_set_new(object, "rows", rows);
		json_object_set_new(object, "wrong", s->wrong[0] == '\0' ? json_null() : json_string(s->wrong));
		report_json_print(object);
		return;
	}
	printf("\n  %-36s", "main buckets with so many entries:");
	for (unsigned int i = 0; i <= SL_FLOW_BUCKET_SLOTS; i++)
		printf(" %8u", i);
	putchar('\n');
	text_entries("after the first hundredth", early);
	text_entries("when the last flow was opened", late);
	printf("\n  %s, ", bench_mode_name(o->mode));
	report_text_common(g, o);
	printf("  %g of %" PRIu64 " packets opened a flow; cycles of the TSC, with the driver's part, expiry included\n"
	       "  scattered: free records whose next one lies in another 4 KiB\n  %s%s\n", o->new_flow_ratio, s->packets,
	       s->wrong[0] == '\0' ? "in the end everything is as it was at the start" : "WRONG: ", s->wrong);
}
