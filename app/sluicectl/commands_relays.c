/* SPDX-License-Identifier: BSD-3-Clause */
/* relay list, relay top. */
#include "sluicectl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static json_t *ask_relay(struct ctl_client *client, const char *name, FILE *err)
{
	json_t *relay = ctl_ask(client, err, "/sluice/relay,%s", name), *inputs = json_array(), *value;
	const char *key;
	char command[256];

	if (relay == NULL) {
		json_decref(inputs);
		return NULL;
	}
	json_object_foreach(json_object_get(relay, "inputs"), key, value)
		json_array_append(inputs, value);
	ctl_put(&relay, "inputs", inputs);
	snprintf(command, sizeof(command), "/sluice/relay_outputs,%s,", name);
	ctl_put(&relay, "output_list", ctl_ask_pages(client, err, command, "outputs", SIZE_MAX, NULL));
	return relay;
}

json_t *ctl_gather_relays(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object(), *relay;

	if (options->argument == NULL) {
		ctl_put(&value, "relays", ctl_ask_pages(client, err, "/sluice/relays,", "relays", SIZE_MAX, NULL));
		return value;
	}
	relay = ask_relay(client, options->argument, err);
	ctl_put(&value, "relays", relay != NULL ? json_pack("[o]", relay) : NULL);
	return value;
}

static void add_rates(struct ctl_table *t, const json_t *object)
{
	char text[CTL_TEXT_MAX];

	ctl_table_add(t, "%s", ctl_format_rate(text, (double)ctl_number(object, "rate_pps")));
	ctl_table_add(t, "%.3f", (double)ctl_number(object, "rate_bps") / 1e6);
	ctl_table_add(t, "%.3f", (double)ctl_number(object, "jitter_ns") / 1e6);
}

static void render_list(const json_t *relays, FILE *out)
{
	static const char *const titles[] = { "relay",	  ">id",       "input",	    "mode",	"state",   ">rate",
					      ">Mbit/s",  ">jitter ms", ">packets", ">lost",	">outputs", ">sent",
					      ">dropped" };
	struct ctl_table t;
	size_t i;
	json_t *r;

	ctl_table_init(&t, titles, 13);
	json_array_foreach(relays, i, r) {
		ctl_table_add(&t, "%s", ctl_text(r, "name"));
		ctl_table_add(&t, "%d", (int)ctl_number(r, "id"));
		ctl_table_add(&t, "%s", ctl_text(r, "input"));
		ctl_table_add(&t, "%s", ctl_text(r, "mode"));
		ctl_table_add(&t, "%s", ctl_text(r, "state"));
		add_rates(&t, r);
		ctl_table_add_count(&t, ctl_number(r, "packets"));
		ctl_table_add_count(&t, ctl_number(r, "lost"));
		ctl_table_add_count(&t, ctl_number(r, "outputs"));
		ctl_table_add_count(&t, ctl_number(r, "output_packets"));
		ctl_table_add_count(&t, ctl_number(r, "output_drops"));
	}
	ctl_table_finish(&t, out);
}

static void render_inputs(const json_t *inputs, FILE *out)
{
	static const char *const titles[] = { "input", "state",	 ">last",      ">rate",	     ">Mbit/s",	  ">jitter ms",
					      ">packets", ">lost", ">duplicates", ">reordered", ">restarts" };
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *in;

	ctl_table_init(&t, titles, 11);
	json_array_foreach(inputs, i, in) {
		json_int_t last_ms = ctl_number(in, "last_ms_ago");
		ctl_table_add(&t, "%s", ctl_text(in, "input"));
		ctl_table_add(&t, "%s", ctl_text(in, "state"));
		ctl_table_add(&t, "%s", last_ms < 0 ? "never" : ctl_format_time(text, last_ms));
		add_rates(&t, in);
		ctl_table_add_count(&t, ctl_number(in, "packets"));
		ctl_table_add_count(&t, ctl_number(in, "lost"));
		ctl_table_add_count(&t, ctl_number(in, "duplicates"));
		ctl_table_add_count(&t, ctl_number(in, "reordered"));
		ctl_table_add_count(&t, ctl_number(in, "restarts"));
	}
	ctl_table_finish(&t, out);
}

static void render_outputs(const json_t *outputs, FILE *out)
{
	static const char *const titles[] = { "output",	    "address",	   ">port",    ">packets",   ">bytes",	  ">sampled out",
					      ">limited", ">unresolved", ">too large", ">no buffer", ">not copied" };
	static const char *const causes[] = { "sampled_out", "limited", "unresolved", "too_large", "no_buffer", "not_copied" };
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *o;

	ctl_table_init(&t, titles, 11);
	json_array_foreach(outputs, i, o) {
		const char *address = ctl_text(o, "address");
		ctl_table_add(&t, "%s", ctl_text(o, "interface"));
		ctl_table_add(&t, "%s", *address != '\0' ? address : "(as it came)");
		if (ctl_number(o, "udp_port") != 0)
			ctl_table_add(&t, "%d", (int)ctl_number(o, "udp_port"));
		else
			ctl_table_add(&t, "%s", "");
		ctl_table_add_count(&t, ctl_number(o, "packets"));
		ctl_table_add(&t, "%s", ctl_format_bytes(text, ctl_number(o, "bytes")));
		for (size_t k = 0; k < sizeof(causes) / sizeof(causes[0]); k++)
			ctl_table_add_count(&t, ctl_number(o, causes[k]));
	}
	ctl_table_finish(&t, out);
}

void ctl_render_relays(const json_t *value, FILE *out)
{
	const json_t *relays = json_object_get(value, "relays"), *r = json_array_get(relays, 0);
	char sent[CTL_TEXT_MAX];

	if (json_object_get(r, "output_list") == NULL) {
		render_list(relays, out);
		return;
	}
	fprintf(out, "relay %s (id %d): %s, %s, worker %d, %s datagrams sent on", ctl_text(r, "name"), (int)ctl_number(r, "id"),
		ctl_text(r, "mode"), ctl_text(r, "state"), (int)ctl_number(r, "worker"),
		ctl_format_count(sent, ctl_number(r, "packets")));
	if (strcmp(ctl_text(r, "mode"), "redundant") == 0)
		fprintf(out, ", %d lost by both inputs, %d too late", (int)ctl_number(r, "lost"), (int)ctl_number(r, "late"));
	if (strcmp(ctl_text(r, "mode"), "failover") == 0)
		fprintf(out, ", by input %d, %d changes", (int)ctl_number(r, "main_input") + 1, (int)ctl_number(r, "switches"));
	fputs("\n\n", out);
	render_inputs(json_object_get(r, "inputs"), out);
	fputc('\n', out);
	render_outputs(json_object_get(r, "output_list"), out);
}

static int by_rate(const void *a, const void *b)
{
	json_int_t x = ctl_number(*(json_t *const *)a, "rate_pps"), y = ctl_number(*(json_t *const *)b, "rate_pps");

	return x < y ? 1 : x > y ? -1 : strcmp(ctl_text(*(json_t *const *)a, "name"), ctl_text(*(json_t *const *)b, "name"));
}

/* The same, sorted. */
json_t *ctl_gather_relay_top(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = ctl_gather_relays(client, options, err), *relays = json_object_get(value, "relays");
	size_t n = json_array_size(relays), i;
	json_t **sorted = calloc(n + 1, sizeof(*sorted)), *r, *list = json_array();

	json_array_foreach(relays, i, r)
		if (sorted != NULL)
			sorted[i] = r;
	if (sorted != NULL)
		qsort(sorted, n, sizeof(*sorted), by_rate);
	for (i = 0; sorted != NULL && i < n; i++)
		json_array_append(list, sorted[i]);
	free(sorted);
	if (value == NULL) {
		json_decref(list);
		return NULL;
	}
	ctl_put(&value, "relays", list);
	return value;
}

void ctl_render_relay_top(const json_t *value, FILE *out)
{
	render_list(json_object_get(value, "relays"), out);
}
