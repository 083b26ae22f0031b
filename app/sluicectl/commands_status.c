/* SPDX-License-Identifier: BSD-3-Clause */
/* status: the first look. */
#include "sluicectl.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#define SAMPLE_MS 500 /* between the two readings that make a rate */

static void add_rates(json_t *ports, const json_t *before, double seconds)
{
	size_t i;
	json_t *port;

	json_array_foreach(ports, i, port) {
		const json_t *old = json_array_get(before, i);
		double rx = (double)(ctl_number(port, "rx_packets") - ctl_number(old, "rx_packets"));
		double tx = (double)(ctl_number(port, "tx_packets") - ctl_number(old, "tx_packets"));
		json_object_set_new(port, "rx_packets_per_s", json_integer((json_int_t)(rx / seconds)));
		json_object_set_new(port, "tx_packets_per_s", json_integer((json_int_t)(tx / seconds)));
	}
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

json_t *ctl_gather_status(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	const struct timespec pause = { .tv_nsec = SAMPLE_MS * 1000000 };
	double start = seconds_now();
	json_t *before = ctl_ask_ports(client, err), *value = json_object();

	if (before == NULL) {
		json_decref(value);
		return NULL;
	}
	nanosleep(&pause, NULL);
	json_t *ports = ctl_ask_ports(client, err);
	add_rates(ports, before, seconds_now() - start);
	json_decref(before);
	ctl_put(&value, "ports", ports);
	if (value != NULL)
		ctl_put(&value, "info", ctl_ask(client, err, "/sluice/info"));
	if (value != NULL)
		ctl_put(&value, "workers", ctl_ask_workers(client, err));
	if (value != NULL)
		ctl_put(&value, "services", ctl_ask_pages(client, err, "/sluice/flows,", "services", SIZE_MAX, NULL));
	if (value != NULL)
		ctl_put(&value, "flows", ctl_ask(client, err, "/sluice/flows"));
	if (value != NULL)
		ctl_put(&value, "drops", ctl_ask(client, err, "/sluice/drops"));
	return value;
}

static void render_info(const json_t *info, FILE *out)
{
	char text[CTL_TEXT_MAX];

	fprintf(out, "sluice %s on %s, up %s\n", ctl_text(info, "version"), ctl_text(info, "dpdk_version"),
		ctl_format_time(text, ctl_number(info, "uptime_s") * 1000));
	fprintf(out, "configuration %s, generation %" JSON_INTEGER_FORMAT ", last reload %s\n",
		ctl_text(info, "config_path"), ctl_number(info, "generation"), ctl_text(info, "last_reload"));
	if (strcmp(ctl_text(info, "last_reload"), "refused") == 0) {
		size_t i;
		json_t *piece;
		fputs("  ", out);
		json_array_foreach(json_object_get(info, "last_reload_message"), i, piece)
			fputs(json_string_value(piece), out);
		fputc('\n', out);
	}
}

static void render_ports(const json_t *ports, FILE *out)
{
	static const char *const titles[] = { "port", "link", ">rx packets", ">tx packets", ">rx rate", ">tx rate" };
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *port;

	ctl_table_init(&t, titles, 6);
	json_array_foreach(ports, i, port) {
		ctl_table_add(&t, "%s", ctl_text(port, "name"));
		ctl_table_add(&t, "%s", ctl_text(port, "link"));
		ctl_table_add_count(&t, ctl_number(port, "rx_packets"));
		ctl_table_add_count(&t, ctl_number(port, "tx_packets"));
		ctl_table_add(&t, "%s", ctl_format_rate(text, (double)ctl_number(port, "rx_packets_per_s")));
		ctl_table_add(&t, "%s", ctl_format_rate(text, (double)ctl_number(port, "tx_packets_per_s")));
	}
	ctl_table_finish(&t, out);
}

static void render_services(const json_t *services, FILE *out)
{
	static const char *const titles[] = { "service", ">flows", ">created", ">refused" };
	struct ctl_table t;
	size_t i;
	json_t *service;

	ctl_table_init(&t, titles, 4);
	json_array_foreach(services, i, service) {
		ctl_table_add(&t, "%s", ctl_text(service, "name"));
		ctl_table_add_count(&t, ctl_number(service, "active"));
		ctl_table_add_count(&t, ctl_number(service, "created"));
		ctl_table_add_count(&t, ctl_number(service, "refused"));
	}
	ctl_table_finish(&t, out);
}

static json_int_t lost_by_devices(const json_t *ports)
{
	json_int_t sum = 0;
	size_t i;
	json_t *port;

	json_array_foreach(ports, i, port)
		sum += ctl_device_losses(port);
	return sum;
}

void ctl_render_status(const json_t *value, FILE *out)
{
	const json_t *flows = json_object_get(value, "flows");
	char a[CTL_TEXT_MAX], b[CTL_TEXT_MAX];

	render_info(json_object_get(value, "info"), out);
	fprintf(out, "flows: %s of %s", ctl_format_count(a, ctl_number(flows, "live")),
		ctl_format_count(b, ctl_number(flows, "capacity")));
	fprintf(out, ", %s created, %s expired\n", ctl_format_count(a, ctl_number(flows, "created")),
		ctl_format_count(b, ctl_number(flows, "expired")));
	fprintf(out, "drops: %s packets (sluicectl drops), ", ctl_format_count(a, ctl_number(json_object_get(value, "drops"), "total")));
	fprintf(out, "%s more lost by devices (sluicectl ports)\n\n", ctl_format_count(a, lost_by_devices(json_object_get(value, "ports"))));
	render_ports(json_object_get(value, "ports"), out);
	fputc('\n', out);
	ctl_render_workers(value, out);
	if (json_array_size(json_object_get(value, "services")) == 0)
		return;
	fputc('\n', out);
	render_services(json_object_get(value, "services"), out);
}
