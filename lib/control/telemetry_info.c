/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/info, /sluice/config, /sluice/control, /sluice/conflicts: the process and what it runs. */
#include "telemetry_internal.h"

#include <string.h>

#include <rte_malloc.h>
#include <rte_mempool.h>

/* Text that may be longer than a string of a reply: in pieces. */
static void add_text(struct sl_tel_node *out, const char *name, const char *text)
{
	struct sl_tel_strings pieces;
	char piece[RTE_TEL_MAX_STRING_LEN];
	size_t length = strlen(text);

	sl_tel_strings_open(&pieces, out);
	for (size_t at = 0; at < length; at += sizeof(piece) - 1) {
		snprintf(piece, sizeof(piece), "%s", text + at);
		sl_tel_strings_add(&pieces, piece);
	}
	sl_tel_strings_close(&pieces, out, name);
}

static void add_memory(struct sl_tel_node *out, const struct rte_mempool *pool)
{
	struct rte_malloc_socket_stats stats;
	uint64_t total = 0, used = 0;

	for (int node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		if (rte_malloc_get_socket_stats(node, &stats) != 0)
			continue;
		total += stats.heap_totalsz_bytes;
		used += stats.heap_allocsz_bytes;
	}
	sl_tel_u64(out, "heap_bytes", total);
	sl_tel_u64(out, "heap_used_bytes", used);
	sl_tel_u64(out, "mbufs", pool == NULL ? 0 : pool->size);
	sl_tel_u64(out, "mbufs_in_use", pool == NULL ? 0 : rte_mempool_in_use_count(pool));
}

static int answer_info(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_control *c = request->control;

	sl_tel_string(out, "version", SLUICE_VERSION);
	sl_tel_string(out, "dpdk_version", rte_version());
	sl_tel_u64(out, "start_time_unix_s", (uint64_t)c->start_time);
	sl_tel_u64(out, "uptime_s", (sl_control_now_ns() - c->start_ns) / SL_NS_PER_S);
	sl_tel_u64(out, "workers", c->shared->n_workers);
	sl_tel_u64(out, "ports", c->n_ports);
	sl_tel_u64(out, "tsc_hz", c->shared->tsc_hz);
	sl_tel_string(out, "config_path", c->config_path == NULL ? "" : c->config_path);
	sl_tel_u64(out, "generation", c->snapshot->generation);
	sl_tel_u64(out, "reloads", c->count[SL_CONTROL_COUNT_RELOADS]);
	sl_tel_u64(out, "reloads_refused", c->count[SL_CONTROL_COUNT_RELOADS_REFUSED]);
	sl_tel_string(out, "last_reload", c->reload.ok ? "accepted" : "refused");
	sl_tel_u64(out, "last_reload_time_unix_s", (uint64_t)c->reload.when);
	sl_tel_u64(out, "last_reload_problems", c->reload.n_problems);
	add_text(out, "last_reload_message", c->reload.message);
	add_memory(out, c->pool);
	return 0;
}

static void add_dpdk(const struct sl_config_dpdk *dpdk, struct sl_tel_node *out)
{
	struct sl_tel_strings vdevs;

	sl_tel_string(out, "lcores", dpdk->lcores == NULL ? "" : dpdk->lcores);
	sl_tel_u64(out, "memory_mib", dpdk->memory_mb);
	sl_tel_u64(out, "hugepages", dpdk->hugepages);
	sl_tel_string(out, "file_prefix", dpdk->file_prefix == NULL ? "" : dpdk->file_prefix);
	sl_tel_strings_open(&vdevs, out);
	for (unsigned int i = 0; i < dpdk->n_vdevs; i++)
		if (!sl_tel_strings_add(&vdevs, dpdk->vdevs[i]))
			break;
	sl_tel_strings_close(&vdevs, out, "vdevs");
}

static void add_pairs(const struct sl_config *config, struct sl_tel_node *out)
{
	struct sl_tel_strings pairs;
	char text[2 * SL_DEVICE_NAME_MAX];

	sl_tel_strings_open(&pairs, out);
	for (unsigned int i = 0; i < config->n_pairs; i++) {
		snprintf(text, sizeof(text), "%s %s", config->pairs[i][0], config->pairs[i][1]);
		if (!sl_tel_strings_add(&pairs, text))
			break;
	}
	sl_tel_strings_close(&pairs, out, "pairs");
}

static int answer_config(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_config *config = request->control->config;
	unsigned int backends = 0;

	for (unsigned int i = 0; i < config->n_services; i++)
		backends += config->services[i].n_backends;
	sl_tel_string(out, "forwarding", sl_forwarding_name(config->forwarding));
	sl_tel_string(out, "idle", config->idle == SL_IDLE_POLL ? "poll" : "sleep");
	sl_tel_u64(out, "idle_sleep_us", config->idle_sleep_us);
	sl_tel_u64(out, "workers", config->workers);
	sl_tel_u64(out, "max_flows", config->max_flows);
	sl_tel_u64(out, "max_neighbours", config->max_neighbours);
	sl_tel_u64(out, "max_fragments", config->max_fragments);
	sl_tel_u64(out, "max_affinities", config->max_affinities);
	sl_tel_u64(out, "max_relays", config->max_relays);
	sl_tel_u64(out, "max_relay_outputs", config->max_relay_outputs);
	sl_tel_u64(out, "icmp_errors_pps", config->icmp_errors_pps);
	sl_tel_string(out, "unused_ports", sl_unused_ports_name(config->unused_ports));
	sl_tel_u64(out, "interfaces", config->n_interfaces);
	sl_tel_u64(out, "static_routes", config->n_routes);
	sl_tel_u64(out, "static_neighbours", config->n_neighbours);
	sl_tel_u64(out, "services", config->n_services);
	sl_tel_u64(out, "relays", config->n_relays);
	sl_tel_u64(out, "backends", backends);
	add_dpdk(&config->dpdk, out);
	add_pairs(config, out);
	return 0;
}

static int answer_control(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	for (unsigned int i = 0; i < SL_CONTROL_COUNT_MAX; i++)
		sl_tel_u64(out, sl_control_counter_infos[i].name, request->control->count[i]);
	return 0;
}

static int answer_conflicts(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_control *c = request->control;
	uint64_t now = sl_control_now_ns();
	struct sl_tel_page page;

	sl_tel_page_open(&page, out);
	for (unsigned int i = 0; i < c->n_conflicts; i++) {
		const struct sl_conflict *conflict = &c->conflicts[i];
		struct sl_tel_node row = sl_tel_row_begin();
		sl_tel_string(&row, "interface", conflict->interface);
		sl_tel_ip(&row, "address", &conflict->ip);
		sl_tel_mac(&row, "mac", conflict->mac);
		sl_tel_u64(&row, "count", conflict->count);
		sl_tel_u64(&row, "first_seen_ms_ago", (now - conflict->first_ns) / 1000000);
		sl_tel_u64(&row, "last_seen_ms_ago", (now - conflict->last_ns) / 1000000);
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "conflicts");
	return 0;
}

static const struct sl_tel_key info_keys[] = {
	{ "version", "of sluice" },
	{ "dpdk_version", "of the DPDK it runs on" },
	{ "start_time_unix_s", "wall clock at the start, seconds since 1970" },
	{ "uptime_s", "seconds since the start" },
	{ "workers", "number of workers; their ids count from 0" },
	{ "ports", "number of ports" },
	{ "tsc_hz", "TSC cycles per second, the unit of busy_cycles and total_cycles" },
	{ "config_path", "file the configuration was read from, as given" },
	{ "generation", "publications of a configuration so far" },
	{ "reloads", "reloads that succeeded" },
	{ "reloads_refused", "reloads refused because of problems in the file" },
	{ "last_reload", "accepted or refused; the start counts as one" },
	{ "last_reload_time_unix_s", "when that was, seconds since 1970" },
	{ "last_reload_problems", "problems found by it" },
	{ "last_reload_message",
	  "array of strings that make one text when joined: what changed, or the first problem" },
	{ "heap_bytes", "memory DPDK has reserved, in all" },
	{ "heap_used_bytes", "of it, what is allocated: packet buffers, flow tables, rings" },
	{ "mbufs", "packet buffers in the pool" },
	{ "mbufs_in_use", "of them, taken: in queues of devices, in caches, held" },
	{ NULL, NULL },
};

static const struct sl_tel_key config_keys[] = {
	{ "forwarding", "drop, route or pairs" },
	{ "idle", "sleep or poll" },
	{ "idle_sleep_us", "longest sleep of an idle worker" },
	{ "workers", "number of workers" },
	{ "max_flows", "flows of all workers together" },
	{ "max_neighbours", "next hops that can be known at once" },
	{ "max_fragments", "fragmented datagrams that can be followed at once" },
	{ "max_affinities", "clients of services with affinity that can be remembered at once" },
	{ "max_relays", "relays there may be" },
	{ "max_relay_outputs", "outputs there may be, of all relays" },
	{ "icmp_errors_pps", "ICMP errors sent per second and worker, at most" },
	{ "unused_ports", "what TCP and UDP to ports without service get: reject or drop" },
	{ "interfaces", "number of interfaces" },
	{ "static_routes", "number of routes in the configuration" },
	{ "static_neighbours", "number of neighbours in the configuration" },
	{ "services", "number of services" },
	{ "relays", "number of relays" },
	{ "backends", "number of backends of all services" },
	{ "lcores", "EAL --lcores of the configuration, empty: chosen" },
	{ "memory_mib", "memory of the configuration, 0: computed" },
	{ "hugepages", "1, or 0: ordinary pages" },
	{ "file_prefix", "EAL --file-prefix" },
	{ "vdevs", "array of the EAL --vdev arguments" },
	{ "pairs", "array of \"DEVICE DEVICE\", with forwarding pairs" },
	{ NULL, NULL },
};

static const struct sl_tel_key conflict_row_keys[] = {
	{ "interface", "where it was seen" },
	{ "address", "our address" },
	{ "mac", "of the station that claims it" },
	{ "count", "times" },
	{ "first_seen_ms_ago", "milliseconds since the first time" },
	{ "last_seen_ms_ago", "milliseconds since the last time" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_info_commands[] = {
	{ .name = "/sluice/info",
	  .params = "",
	  .help = "Versions, uptime, last reload and memory. No parameters",
	  .handler = answer_info,
	  .keys = info_keys },
	{ .name = "/sluice/config",
	  .params = "",
	  .help = "The running configuration in short. No parameters",
	  .handler = answer_config,
	  .keys = config_keys },
	{ .name = "/sluice/control",
	  .params = "",
	  .help = "Counters of the control thread. No parameters",
	  .handler = answer_control,
	  .counters = SL_TEL_CONTROL_COUNTERS },
	{ .name = "/sluice/conflicts",
	  .params = "",
	  .help = "Stations that claim an address of ours, the latest 16. No parameters",
	  .handler = answer_conflicts,
	  .rows = "conflicts",
	  .row_keys = conflict_row_keys },
	{ .name = NULL },
};
