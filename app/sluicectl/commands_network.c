/* SPDX-License-Identifier: BSD-3-Clause */
/* routes, interfaces, conflicts, conservation. */
#include "sluicectl.h"

#include <stdint.h>
#include <string.h>

json_t *ctl_gather_routes(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object();

	ctl_put(&value, "routes", ctl_ask_pages(client, err, "/sluice/routes,", "routes", SIZE_MAX, NULL));
	return value;
}

void ctl_render_routes(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "prefix", "via", "interface", "origin" };
	struct ctl_table t;
	size_t i;
	json_t *r;

	ctl_table_init(&t, titles, 4);
	json_array_foreach(json_object_get(value, "routes"), i, r) {
		const char *via = ctl_text(r, "via");
		ctl_table_add(&t, "%s", ctl_text(r, "prefix"));
		ctl_table_add(&t, "%s", *via != '\0' ? via : "on link");
		ctl_table_add(&t, "%s", ctl_text(r, "interface"));
		ctl_table_add(&t, "%s", ctl_text(r, "origin"));
	}
	ctl_table_finish(&t, out);
}

json_t *ctl_gather_interfaces(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *names = ctl_ask_pages(client, err, "/sluice/interfaces,", "interfaces", SIZE_MAX, NULL);
	json_t *list = names != NULL ? json_array() : NULL, *value = json_object(), *name;
	size_t i;

	json_array_foreach(names, i, name) {
		json_t *one = ctl_ask(client, err, "/sluice/interface,%s", json_string_value(name));
		if (one == NULL) {
			json_decref(list);
			list = NULL;
			break;
		}
		json_array_append_new(list, one);
	}
	json_decref(names);
	ctl_put(&value, "interfaces", list);
	return value;
}

void ctl_render_interfaces(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "interface", "port", ">vlan", ">mtu", "mac", "companion", "addresses" };
	struct ctl_table t;
	size_t i;
	json_t *e;

	ctl_table_init(&t, titles, 7);
	json_array_foreach(json_object_get(value, "interfaces"), i, e) {
		json_int_t vlan = ctl_number(e, "vlan");
		ctl_table_add(&t, "%s", ctl_text(e, "name"));
		ctl_table_add(&t, "%s", ctl_text(e, "port"));
		ctl_table_add(&t, "%.0d", (int)vlan);
		ctl_table_add(&t, "%d", (int)ctl_number(e, "mtu_bytes"));
		ctl_table_add(&t, "%s", ctl_text(e, "mac"));
		ctl_table_add(&t, "%s", ctl_text(e, "companion"));
		ctl_table_add_joined(&t, json_object_get(e, "addresses"));
	}
	ctl_table_finish(&t, out);
}

json_t *ctl_gather_conflicts(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = ctl_ask(client, err, "/sluice/conflicts"), *list = json_array(), *row;
	const char *key;

	if (value == NULL) {
		json_decref(list);
		return NULL;
	}
	json_object_foreach(json_object_get(value, "conflicts"), key, row)
		json_array_append(list, row);
	json_decref(value);
	return json_pack("{s:o}", "conflicts", list);
}

void ctl_render_conflicts(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "interface", "address", "also used by", ">times", ">first", ">last" };
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *c;

	if (json_array_size(json_object_get(value, "conflicts")) == 0) {
		fputs("no other station has been seen to use one of our addresses\n", out);
		return;
	}
	ctl_table_init(&t, titles, 6);
	json_array_foreach(json_object_get(value, "conflicts"), i, c) {
		ctl_table_add(&t, "%s", ctl_text(c, "interface"));
		ctl_table_add(&t, "%s", ctl_text(c, "address"));
		ctl_table_add(&t, "%s", ctl_text(c, "mac"));
		ctl_table_add_count(&t, ctl_number(c, "count"));
		ctl_table_add(&t, "%s ago", ctl_format_time(text, ctl_number(c, "first_seen_ms_ago")));
		ctl_table_add(&t, "%s ago", ctl_format_time(text, ctl_number(c, "last_seen_ms_ago")));
	}
	ctl_table_finish(&t, out);
}

json_t *ctl_gather_conservation(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	return ctl_ask(client, err, "/sluice/conservation");
}

static const char *const device_losses[] = { "device_rx_missed", "device_rx_errors", "device_rx_no_mbuf", "device_tx_errors" };

json_int_t ctl_device_losses(const json_t *counters)
{
	json_int_t sum = 0;

	for (size_t i = 0; i < 4; i++)
		sum += ctl_number(counters, device_losses[i]);
	return sum;
}

void ctl_render_device_losses(const json_t *counters, FILE *out)
{
	char text[CTL_TEXT_MAX];

	fputs("lost by devices before or after:", out);
	for (size_t i = 0; i < 4; i++)
		fprintf(out, "%s %s %s", i == 0 ? "" : ",", device_losses[i] + strlen("device_"),
			ctl_format_count(text, ctl_number(counters, device_losses[i])));
	fputc('\n', out);
}

/* Two columns that must come to the same sum, and below what never came as far as the law. */
void ctl_render_conservation(const json_t *value, FILE *out)
{
	static const char *const in[] = { "rx_packets", "injected_packets", "created_packets", "handed_in_packets" };
	static const char *const to[] = { "tx_packets", "handed_out_packets", "consumed_packets", "drops", "held_packets" };
	static const char *const titles[] = { "came", ">packets", "went", ">packets" };
	json_int_t came = 0, went = 0, imbalance = ctl_number(value, "imbalance_packets");
	char text[CTL_TEXT_MAX];
	struct ctl_table t;

	ctl_table_init(&t, titles, 4);
	for (size_t i = 0; i < 5; i++) {
		ctl_table_add(&t, "%s", i < 4 ? in[i] : "");
		ctl_table_add(&t, "%s", i < 4 ? ctl_format_count(text, ctl_number(value, in[i])) : "");
		ctl_table_add(&t, "%s", to[i]);
		ctl_table_add_count(&t, ctl_number(value, to[i]));
		came += i < 4 ? ctl_number(value, in[i]) : 0;
		went += ctl_number(value, to[i]);
	}
	ctl_table_add(&t, "sum");
	ctl_table_add_count(&t, came);
	ctl_table_add(&t, "sum");
	ctl_table_add_count(&t, went);
	ctl_table_finish(&t, out);
	if (imbalance == 0)
		fputs("\nno packet was lost without a cause\n\n", out);
	else
		fprintf(out, "\n%s packets are in a worker's hands, or were lost without a cause if this number stays\n\n",
			ctl_format_count(text, imbalance));
	ctl_render_device_losses(value, out);
}
