/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "sluice/config/companion.h"

#include "report.h"

static void print_companions(const struct sl_config *config, FILE *out)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		const struct sl_config_service *service = sl_config_checked_through(config, i);
		const char *name = config->interfaces[i].name;
		if (config->interfaces[i].kernel)
			fprintf(out, "  interface %s has a TAP in the host's stack, as \"kernel\" says\n", name);
		else if (service != NULL)
			fprintf(out, "  interface %s has a TAP in the host's stack, as \"health\" of service \"%s\" needs it\n", name,
				service->name);
	}
}

void report_start(const struct setup *setup, FILE *out)
{
	fprintf(out, "sluice %s: %u worker%s, lcores %s, %s\n", SLUICE_VERSION, setup->config->workers,
		setup->config->workers > 1 ? "s" : "", setup->settings.lcores.value,
		!setup->settings.hugepages ? "no hugepages" :
		setup->settings.in_memory ? "hugepages without files" : "hugepages");
	memory_plan_print(&setup->plan, setup->settings.memory_mb, out);
	print_companions(setup->config, out);
	fflush(out);
}

void report_ports(const struct gateway *g, FILE *out)
{
	fprintf(out, "  %-20s %-16s %-17s %5s %5s %5s %5s %4s  %s\n", "port", "driver", "mac", "mtu", "rx q", "tx q", "desc",
		"node", "offloads");
	for (unsigned int i = 0; i < g->n_ports; i++) {
		const struct sl_port *p = &g->ports[i];
		const uint8_t *mac = p->facts.mac;
		fprintf(out, "  %-20s %-16s %02x:%02x:%02x:%02x:%02x:%02x %5u %5u %5u %5u %4d  %s%s%s%s\n", p->facts.name,
			p->driver, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], p->facts.mtu, p->n_rx_queues,
			p->n_tx_queues, p->descriptors, p->numa_node, p->rx_checksum ? "rx-checksum " : "",
			p->multi_segment ? "multi-segment " : "", p->rss ? "rss" : "",
			p->rx_checksum || p->multi_segment || p->rss ? "" : "none");
	}
	for (unsigned int i = 0; i < g->n_ports && g->shared.n_workers > 1; i++)
		fprintf(out, "  %s: to their worker by %s: %s\n", g->ports[i].facts.name, sl_steering_infos[g->ports[i].steering].how,
			sl_steering_infos[g->ports[i].steering].why);
	fflush(out);
}

/* values[i] is worker i's; rows of zeroes are left out. */
static void print_row(const char *name, const uint64_t *values, unsigned int n, FILE *out)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < n; i++)
		total += values[i];
	if (total == 0)
		return;
	fprintf(out, "  %-28s %16" PRIu64, name, total);
	for (unsigned int i = 0; i < n && n > 1; i++)
		fprintf(out, " %16" PRIu64, values[i]);
	fputc('\n', out);
}

static void print_counters(const struct gateway *g, FILE *out)
{
	uint64_t values[SL_MAX_WORKERS];
	unsigned int n = g->shared.n_workers;
	char name[64];

	for (unsigned int c = 0; c < SL_COUNT_MAX; c++) {
		for (unsigned int i = 0; i < n; i++)
			values[i] = g->shared.workers[i]->count[c];
		print_row(sl_worker_counter_infos[c].name, values, n, out);
	}
	for (unsigned int c = 0; c < SL_DROP_MAX; c++) {
		for (unsigned int i = 0; i < n; i++)
			values[i] = g->shared.workers[i]->drops[c];
		snprintf(name, sizeof(name), "dropped: %s", sl_drop_infos[c].name);
		print_row(name, values, n, out);
	}
}

/* Device statistics stand beside what the workers counted: what only the device knows is lost there. */
static void print_ports(const struct gateway *g, FILE *out)
{
	for (unsigned int i = 0; i < g->n_ports; i++) {
		struct sl_port_statistics s;
		sl_port_read_statistics(&g->ports[i], &s);
		fprintf(out, "  port %-23s %16" PRIu64 " received %" PRIu64 " sent %" PRIu64 " missed %" PRIu64
			" without buffer %" PRIu64 " errors\n", g->ports[i].facts.name, s.rx_packets, s.tx_packets, s.rx_missed,
			s.rx_no_mbuf, s.rx_errors + s.tx_errors);
	}
}

int report_end(const struct gateway *g, FILE *out)
{
	int result = 0;

	fputs("sluice: final counters\n", out);
	print_counters(g, out);
	print_ports(g, out);
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		int64_t imbalance = sl_worker_imbalance(g->shared.workers[i]);
		if (imbalance == 0)
			continue;
		fprintf(out, "sluice: worker %u: %" PRId64 " packets unaccounted for: please report this\n", i, imbalance);
		result = -1;
	}
	if (result == 0)
		fputs("  every packet is accounted for\n", out);
	fflush(out);
	return result;
}
