/* SPDX-License-Identifier: BSD-3-Clause */
/* services, backends and flows. */
#include "sluicectl.h"

#include <stdint.h>
#include <string.h>

/* One service with its backends. */
static json_t *ask_service(struct ctl_client *client, const char *name, FILE *err)
{
	json_t *service = ctl_ask(client, err, "/sluice/service,%s", name);
	char command[256];

	snprintf(command, sizeof(command), "/sluice/backends,%s,", name);
	if (service != NULL)
		ctl_put(&service, "backend_list", ctl_ask_pages(client, err, command, "backends", SIZE_MAX, NULL));
	return service;
}

json_t *ctl_gather_services(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *names = NULL, *list = json_array(), *value = json_object();
	size_t i;
	json_t *name;

	if (options->argument != NULL)
		names = json_pack("[s]", options->argument);
	else
		names = ctl_ask_pages(client, err, "/sluice/services,", "services", SIZE_MAX, NULL);
	json_array_foreach(names, i, name) {
		json_t *service = ask_service(client, json_string_value(name), err);
		if (service == NULL) {
			json_decref(list);
			list = NULL;
			break;
		}
		json_array_append_new(list, service);
	}
	if (names == NULL) {
		json_decref(list);
		list = NULL;
	}
	json_decref(names);
	ctl_put(&value, "services", list);
	return value;
}

/* "192.0.2.1:80", "[2001:db8::1]:80" */
static void add_end(struct ctl_table *t, const char *address, json_int_t port)
{
	bool v6 = strchr(address, ':') != NULL;

	ctl_table_add(t, "%s%s%s:%d", v6 ? "[" : "", address, v6 ? "]" : "", (int)port);
}

/* "192.0.2.0/28:8000-8100" */
static void add_vip(struct ctl_table *t, const json_t *service)
{
	const char *address = ctl_text(service, "address");
	json_int_t first = ctl_number(service, "port"), last = ctl_number(service, "last_port");
	bool v6 = strchr(address, ':') != NULL;

	if (last > first)
		ctl_table_add(t, "%s%s%s:%d-%d", v6 ? "[" : "", address, v6 ? "]" : "", (int)first, (int)last);
	else
		add_end(t, address, first);
}

static void add_flow_counters(struct ctl_table *t, const json_t *object)
{
	char text[CTL_TEXT_MAX];

	ctl_table_add_count(t, ctl_number(object, "flows_active"));
	ctl_table_add_count(t, ctl_number(object, "flows_created"));
	ctl_table_add_count(t, ctl_number(object, "flows_refused"));
	ctl_table_add_count(t, ctl_number(object, "client_packets"));
	ctl_table_add(t, "%s", ctl_format_bytes(text, ctl_number(object, "client_bytes")));
	ctl_table_add_count(t, ctl_number(object, "server_packets"));
	ctl_table_add(t, "%s", ctl_format_bytes(text, ctl_number(object, "server_bytes")));
}

void ctl_render_services(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "service",	 "address", "protocol",	       ">weight",
					      "state",		 ">flows",  ">created",	       ">refused",
					      ">client packets", ">bytes",  ">server packets", ">bytes" };
	struct ctl_table t;
	size_t i, k;
	json_t *service, *backend;

	ctl_table_init(&t, titles, 12);
	json_array_foreach(json_object_get(value, "services"), i, service) {
		ctl_table_add(&t, "%s", ctl_text(service, "name"));
		add_vip(&t, service);
		ctl_table_add(&t, "%s", ctl_text(service, "protocol"));
		ctl_table_add(&t, "%s", "");
		ctl_table_add(&t, "%s", ctl_text(service, "state"));
		add_flow_counters(&t, service);
		json_array_foreach(json_object_get(service, "backend_list"), k, backend) {
			ctl_table_add(&t, "%s", "  backend");
			add_end(&t, ctl_text(backend, "address"), ctl_number(backend, "port"));
			ctl_table_add(&t, "%s", "");
			ctl_table_add(&t, "%d", (int)ctl_number(backend, "weight"));
			ctl_table_add(&t, "%s", ctl_text(backend, "state"));
			add_flow_counters(&t, backend);
		}
	}
	ctl_table_finish(&t, out);
}

json_t *ctl_gather_backends(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object();
	char command[256];

	snprintf(command, sizeof(command), "/sluice/backends,%s,", options->argument != NULL ? options->argument : "");
	ctl_put(&value, "backends", ctl_ask_pages(client, err, command, "backends", SIZE_MAX, NULL));
	return value;
}

/* "enabled, up": what was never looked at has no health to show. */
static void add_state(struct ctl_table *t, const json_t *backend)
{
	const json_t *deadline_ms = json_object_get(backend, "deadline_ms");
	const char *health = ctl_text(backend, "health");
	bool known = strcmp(health, "unknown") != 0;
	char text[CTL_TEXT_MAX], deadline[CTL_TEXT_MAX + 16] = "";

	if (deadline_ms != NULL && json_integer_value(deadline_ms) >= 0)
		snprintf(deadline, sizeof(deadline), ", ends in %s", ctl_format_time(text, json_integer_value(deadline_ms)));
	ctl_table_add(t, "%s%s%s%s%s", ctl_text(backend, "state"), deadline, known ? ", " : "", known ? health : "",
		      strcmp(ctl_text(backend, "backup"), "yes") == 0 ? ", backup" : "");
}

/* "http: HTTP status 200" */
static void add_check(struct ctl_table *t, const json_t *backend)
{
	const char *check = ctl_text(backend, "check");
	bool checked = *check != '\0' && strcmp(check, "none") != 0;

	ctl_table_add(t, "%s%s%s", checked ? check : "", checked ? ": " : "", checked ? ctl_text(backend, "check_result") : "");
}

void ctl_render_backends(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "service", "backend", ">weight", ">effective", "state", ">for", ">open", ">flows",
					      ">created", ">latency", "last check", "reason" };
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *b;

	ctl_table_init(&t, titles, 12);
	json_array_foreach(json_object_get(value, "backends"), i, b) {
		ctl_table_add(&t, "%s", ctl_text(b, "service"));
		add_end(&t, ctl_text(b, "address"), ctl_number(b, "port"));
		ctl_table_add(&t, "%d", (int)ctl_number(b, "weight"));
		ctl_table_add(&t, "%.2f", (double)ctl_number(b, "weight_effective_milli") / 1000);
		add_state(&t, b);
		ctl_table_add(&t, "%s", ctl_format_time(text, ctl_number(b, "changed_ms_ago")));
		ctl_table_add_count(&t, ctl_number(b, "flows_open"));
		ctl_table_add_count(&t, ctl_number(b, "flows_active"));
		ctl_table_add_count(&t, ctl_number(b, "flows_created"));
		if (ctl_number(b, "latency_us") > 0)
			ctl_table_add(&t, "%.3f ms", (double)ctl_number(b, "latency_us") / 1000);
		else
			ctl_table_add(&t, "%s", "");
		add_check(&t, b);
		ctl_table_add(&t, "%s", ctl_text(b, "reason"));
	}
	ctl_table_finish(&t, out);
}

void ctl_render_flows(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "service", "protocol", "client", "vip",	 "snat",
					      "backend", "state",    ">idle",  ">worker" };
	static const char *const ends[][2] = { { "client", "client_port" },
					       { "vip", "vip_port" },
					       { "snat", "snat_port" },
					       { "backend", "backend_port" } };
	const json_t *flows = json_object_get(value, "flows");
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *f;

	ctl_table_init(&t, titles, 9);
	json_array_foreach(flows, i, f) {
		ctl_table_add(&t, "%s", ctl_text(f, "service"));
		ctl_table_add(&t, "%s", ctl_text(f, "protocol"));
		for (size_t e = 0; e < 4; e++)
			add_end(&t, ctl_text(f, ends[e][0]), ctl_number(f, ends[e][1]));
		const char *header = ctl_text(f, "proxy_header");
		ctl_table_add(&t, "%s%s%s", ctl_text(f, "state"), header[0] != '\0' ? ", header " : "", header);
		ctl_table_add(&t, "%s", ctl_format_time(text, ctl_number(f, "idle_ms")));
		ctl_table_add(&t, "%d", (int)ctl_number(f, "worker"));
	}
	ctl_table_finish(&t, out);
	if (json_is_true(json_object_get(value, "more")))
		fprintf(out, "and more: the first %zu are shown; see --limit\n", json_array_size(flows));
}
