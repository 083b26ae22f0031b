/* SPDX-License-Identifier: BSD-3-Clause */
/* ports, workers, drops, neighbours. */
#include "sluicectl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/packet/drop.h"

/* One reply to "COMMAND,0", "COMMAND,1", ... each. */
static json_t *ask_each(struct ctl_client *client, FILE *err, const char *command, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = ctl_ask(client, err, "%s,%zu", command, i);
		if (one == NULL) {
			json_decref(all);
			return NULL;
		}
		json_array_append_new(all, one);
	}
	return all;
}

json_t *ctl_ask_ports(struct ctl_client *client, FILE *err)
{
	json_t *names = ctl_ask(client, err, "/sluice/ports"), *ports = NULL;

	if (names != NULL)
		ports = ask_each(client, err, "/sluice/port", json_array_size(json_object_get(names, "ports")));
	json_decref(names);
	return ports;
}

json_t *ctl_ask_workers(struct ctl_client *client, FILE *err)
{
	json_t *list = ctl_ask(client, err, "/sluice/workers"), *workers = NULL;

	if (list != NULL)
		workers = ask_each(client, err, "/sluice/worker", json_object_size(json_object_get(list, "workers")));
	json_decref(list);
	return workers;
}

json_t *ctl_gather_ports(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object();

	ctl_put(&value, "ports", ctl_ask_ports(client, err));
	return value;
}

/* What keeps packets from arriving at their worker is worth the room. */
static void add_steering(struct ctl_table *t, const json_t *port)
{
	if (strcmp(ctl_text(port, "steering"), "ring") == 0)
		ctl_table_add(t, "ring: %s", ctl_text(port, "steering_reason"));
	else
		ctl_table_add(t, "%s", ctl_text(port, "steering"));
}

void ctl_render_ports(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "port",	  "netdev",	"driver",      "link",	      "mac",
					      ">mtu",	  ">queues",	">rx packets", ">tx packets", ">rx missed",
					      ">no mbuf", ">tx errors", ">handed over", "offloads", "steering" };
	struct ctl_table t;
	size_t i;
	json_t *port;

	ctl_table_init(&t, titles, 15);
	json_array_foreach(json_object_get(value, "ports"), i, port) {
		ctl_table_add(&t, "%s", ctl_text(port, "name"));
		ctl_table_add(&t, "%s", ctl_text(port, "netdev"));
		ctl_table_add(&t, "%s", ctl_text(port, "driver"));
		ctl_table_add(&t, "%s", ctl_text(port, "link"));
		ctl_table_add(&t, "%s", ctl_text(port, "mac"));
		ctl_table_add(&t, "%d", (int)ctl_number(port, "mtu_bytes"));
		ctl_table_add(&t, "%d/%d", (int)ctl_number(port, "rx_queues"), (int)ctl_number(port, "tx_queues"));
		ctl_table_add_count(&t, ctl_number(port, "rx_packets"));
		ctl_table_add_count(&t, ctl_number(port, "tx_packets"));
		ctl_table_add_count(&t, ctl_number(port, "device_rx_missed"));
		ctl_table_add_count(&t, ctl_number(port, "device_rx_no_mbuf"));
		ctl_table_add_count(&t, ctl_number(port, "device_tx_errors"));
		ctl_table_add_count(&t, ctl_number(port, "handed_over_packets"));
		ctl_table_add_joined(&t, json_object_get(port, "offloads"));
		add_steering(&t, port);
	}
	ctl_table_finish(&t, out);
}

json_t *ctl_gather_workers(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object();

	ctl_put(&value, "workers", ctl_ask_workers(client, err));
	return value;
}

void ctl_render_workers(const json_t *value, FILE *out)
{
	static const char *const titles[] = { ">worker",     ">lcore",	    ">cpu",	    ">node",  ">memory",
					      ">busy",	     ">rx packets", ">tx packets",  ">handed over", ">held",
					      ">drops",	     ">flows",	    ">unaccounted", "receives" };
	struct ctl_table t;
	size_t i;
	json_t *w;

	ctl_table_init(&t, titles, 14);
	json_array_foreach(json_object_get(value, "workers"), i, w) {
		double total = (double)ctl_number(w, "total_cycles");
		ctl_table_add(&t, "%d", (int)ctl_number(w, "id"));
		ctl_table_add(&t, "%d", (int)ctl_number(w, "lcore"));
		ctl_table_add(&t, "%d", (int)ctl_number(w, "cpu"));
		ctl_table_add(&t, "%d", (int)ctl_number(w, "numa_node"));
		ctl_table_add(&t, "%d", (int)ctl_number(w, "memory_node"));
		ctl_table_add(&t, "%.1f %%", total > 0 ? 100 * (double)ctl_number(w, "busy_cycles") / total : 0);
		ctl_table_add_count(&t, ctl_number(w, "rx_packets"));
		ctl_table_add_count(&t, ctl_number(w, "tx_packets"));
		ctl_table_add_count(&t, ctl_number(w, "handed_out_packets"));
		ctl_table_add_count(&t, ctl_number(w, "held_packets"));
		ctl_table_add_count(&t, ctl_number(w, "drops"));
		ctl_table_add_count(&t, ctl_number(w, "flows_live"));
		ctl_table_add_count(&t, ctl_number(w, "imbalance_packets"));
		ctl_table_add_joined(&t, json_object_get(w, "rx_queues"));
	}
	ctl_table_finish(&t, out);
}

json_t *ctl_gather_drops(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object();

	ctl_put(&value, "drops",
		options->worker == NULL ? ctl_ask(client, err, "/sluice/drops") :
					  ctl_ask(client, err, "/sluice/drops_worker,%s", options->worker));
	if (value != NULL && options->worker == NULL) /* the user looks for lost packets, whoever lost them */
		ctl_put(&value, "devices", ctl_ask(client, err, "/sluice/conservation"));
	return value;
}

struct drop {
	const char *name;
	json_int_t packets;
};

static int most_first(const void *a, const void *b)
{
	const struct drop *x = a, *y = b;

	return x->packets == y->packets ? strcmp(x->name, y->name) : x->packets < y->packets ? 1 : -1;
}

/* Empty for a cause that only a newer sluice knows. */
static const char *drop_help(const char *name)
{
	for (unsigned int i = 0; i < SL_DROP_MAX; i++)
		if (strcmp(sl_drop_infos[i].name, name) == 0)
			return sl_drop_infos[i].help;
	return "";
}

void ctl_render_drops(const json_t *value, FILE *out)
{
	static const char *const titles[] = { ">packets", "cause", "meaning" };
	json_t *causes = json_object_get(value, "drops");
	struct drop *drops = calloc(json_object_size(causes) + 1, sizeof(*drops));
	struct ctl_table t;
	size_t n = 0;
	const char *name;
	json_t *packets;

	json_object_foreach(causes, name, packets)
		if (drops != NULL && json_integer_value(packets) != 0 && strcmp(name, "total") != 0)
			drops[n++] = (struct drop){ name, json_integer_value(packets) };
	if (n == 0)
		fputs("no drops\n", out);
	else
		qsort(drops, n, sizeof(*drops), most_first);
	ctl_table_init(&t, titles, 3);
	for (size_t i = 0; i < n; i++) {
		ctl_table_add_count(&t, drops[i].packets);
		ctl_table_add(&t, "%s", drops[i].name);
		ctl_table_add(&t, "%s", drop_help(drops[i].name));
	}
	if (n > 0) {
		ctl_table_add_count(&t, ctl_number(causes, "total"));
		ctl_table_add(&t, "total");
		ctl_table_finish(&t, out);
	}
	free(drops);
	if (ctl_device_losses(json_object_get(value, "devices")) > 0) {
		fputc('\n', out);
		ctl_render_device_losses(json_object_get(value, "devices"), out);
		fputs("sluicectl ports: which of them\n", out);
	}
}

json_t *ctl_gather_neighbours(struct ctl_client *client, const struct ctl_options *options, FILE *err)
{
	json_t *value = json_object();

	ctl_put(&value, "neighbours", ctl_ask_pages(client, err, "/sluice/neighbours,", "neighbours", SIZE_MAX, NULL));
	return value;
}

void ctl_render_neighbours(const json_t *value, FILE *out)
{
	static const char *const titles[] = { "interface", "address", "mac", "state", ">confirmed", "needed" };
	char text[CTL_TEXT_MAX];
	struct ctl_table t;
	size_t i;
	json_t *e;

	ctl_table_init(&t, titles, 6);
	json_array_foreach(json_object_get(value, "neighbours"), i, e) {
		json_int_t ago = ctl_number(e, "confirmed_ms_ago");
		ctl_table_add(&t, "%s", ctl_text(e, "interface"));
		ctl_table_add(&t, "%s", ctl_text(e, "address"));
		ctl_table_add(&t, "%s", ctl_text(e, "mac"));
		ctl_table_add(&t, "%s", ctl_text(e, "state"));
		ctl_table_add(&t, "%s%s", ago < 0 ? "never" : ctl_format_time(text, ago), ago < 0 ? "" : " ago");
		ctl_table_add(&t, "%s", ctl_number(e, "wanted") != 0 ? "configuration" : "");
	}
	ctl_table_finish(&t, out);
}
