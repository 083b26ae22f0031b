/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/services, /sluice/service, /sluice/backends, /sluice/backend. */
#include "flow_counts.h"
#include "telemetry_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int answer_services(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_snapshot *s = request->control->snapshot;
	struct sl_tel_strings names;
	uint32_t i;

	if (sl_tel_parse_start(request, 0, &i) != 0)
		return -EINVAL;
	sl_tel_strings_open(&names, out);
	while (i < s->n_services && sl_tel_strings_add(&names, s->services[i].name))
		i++;
	sl_tel_strings_close(&names, out, "services");
	sl_tel_next(out, i, s->n_services);
	return 0;
}

static void add_service_counters(const struct sl_control *control, uint16_t id, struct sl_tel_node *out)
{
	for (unsigned int i = 0; i < SL_FLOW_COUNT_MAX; i++)
		sl_tel_u64(out, sl_flow_counter_infos[i].name, sl_flow_counts_service(control, id, i));
}

static void add_backend_counters(const struct sl_control *control, uint16_t id, struct sl_tel_node *out)
{
	for (unsigned int i = 0; i < SL_FLOW_COUNT_MAX; i++)
		sl_tel_u64(out, sl_flow_counter_infos[i].name, sl_flow_counts_backend(control, id, i));
}

static void add_timeouts(const struct sl_service *service, struct sl_tel_node *out)
{
#define X(id, key, def, text)                                                                                          \
	sl_tel_u64(out, #key,                                                                                          \
		   (service->timeout_ticks[SL_TIMEOUT_##id] * (uint64_t)SL_TICK_NS + SL_NS_PER_S / 2) / SL_NS_PER_S);
	SL_TIMEOUTS(X)
#undef X
}

static int answer_service(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_service *service = sl_tel_find_service(request->control, sl_tel_param(request, 0));
	struct sl_tel_strings snat;
	char text[SL_IP_STRLEN];

	if (service == NULL)
		return -EINVAL;
	bool tcp = service->proto == IPPROTO_TCP;
	sl_tel_string(out, "name", service->name);
	sl_tel_u64(out, "id", service->id);
	sl_tel_ip(out, "address", &service->vip);
	sl_tel_u64(out, "port", rte_be_to_cpu_16(service->port_be));
	sl_tel_string(out, "protocol", sl_tel_protocol_name(service->proto));
	sl_tel_string(out, "mode", sl_mode_name(service->mode));
	sl_tel_string(out, "scheduler", sl_scheduler_name(service->scheduler));
	sl_tel_string(out, "on_exhaustion", sl_exhaustion_name(service->on_exhaustion));
	sl_tel_string(out, "tcp_pickup", tcp && service->tcp_pickup ? "on" : "off");
	sl_tel_string(out, "udp_kind", tcp ? "" : sl_udp_kind_name(service->udp_kind));
	sl_tel_string(out, "state", service->draining ? "draining" : "active");
	sl_tel_u64(out, "backends", service->n_backends);
	sl_tel_u64(out, "draining_backends", service->n_draining);
	add_timeouts(service, out);
	add_service_counters(request->control, service->id, out);
	sl_tel_u64(out, "snat_addresses", service->n_snat);
	sl_tel_u64(out, "draining_snat_addresses", service->n_draining_snat);
	sl_tel_strings_open(&snat, out);
	for (unsigned int i = 0; i < service->n_snat; i++)
		if (!sl_tel_strings_add(&snat, sl_ip_format(&service->snat[i], text)))
			break;
	sl_tel_strings_close(&snat, out, "snat");
	return 0;
}

static void add_backend(const struct sl_service *service, unsigned int i, const struct sl_control *control,
			struct sl_tel_node *out)
{
	const struct sl_backend *backend = &service->backends[i];

	sl_tel_string(out, "service", service->name);
	sl_tel_u64(out, "id", backend->id);
	sl_tel_ip(out, "address", &backend->ip);
	sl_tel_u64(out, "port", rte_be_to_cpu_16(backend->port_be));
	sl_tel_u64(out, "weight", backend->weight);
	sl_tel_string(out, "state", service->draining || i >= service->n_backends ? "draining" : "active");
	add_backend_counters(control, backend->id, out);
}

/* The backends of one service, or of all, are one list; START counts in it. */
static int answer_backends(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_control *c = request->control;
	const struct sl_service *only = NULL;
	struct sl_tel_page page;
	uint32_t start, n = 0, next = UINT32_MAX;

	if (sl_tel_parse_start(request, 1, &start) != 0)
		return -EINVAL;
	if (*sl_tel_param(request, 0) != '\0') {
		only = sl_tel_find_service(c, sl_tel_param(request, 0));
		if (only == NULL)
			return -EINVAL;
	}
	sl_tel_page_open(&page, out);
	for (unsigned int s = 0; s < c->snapshot->n_services; s++) {
		const struct sl_service *service = &c->snapshot->services[s];
		if (only != NULL && service != only)
			continue;
		unsigned int count = service->n_backends + service->n_draining;
		for (unsigned int i = 0; i < count; i++, n++) {
			if (n < start || next != UINT32_MAX)
				continue;
			struct sl_tel_node row = sl_tel_row_begin();
			add_backend(service, i, c, &row);
			if (!sl_tel_page_add(&page, &row))
				next = n;
		}
	}
	sl_tel_page_close(&page, out, "backends");
	sl_tel_next(out, next, n);
	return 0;
}

static int answer_backend(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_service *service = sl_tel_find_service(request->control, sl_tel_param(request, 0));
	struct sl_ip ip;
	uint32_t port;

	if (service == NULL || sl_ip_parse(sl_tel_param(request, 1), &ip) != 0 ||
	    sl_tel_parse_u32(sl_tel_param(request, 2), UINT16_MAX, &port) != 0)
		return -EINVAL;
	for (unsigned int i = 0; i < service->n_backends + service->n_draining; i++) {
		const struct sl_backend *backend = &service->backends[i];
		if (!sl_ip_equal(&backend->ip, &ip) || backend->port_be != rte_cpu_to_be_16((uint16_t)port))
			continue;
		add_backend(service, i, request->control, out);
		return 0;
	}
	return -EINVAL;
}

static const struct sl_tel_key services_keys[] = {
	{ "services", "array of names" },
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key service_keys[] = {
	{ "name", "of the service" },
	{ "id", "number that stays the same over reloads" },
	{ "address", "VIP" },
	{ "port", "of the VIP" },
	{ "protocol", "tcp or udp" },
	{ "mode", "how packets are forwarded" },
	{ "scheduler", "how a new flow's backend is chosen" },
	{ "on_exhaustion", "what a new flow that cannot be had gets: drop or reset" },
	{ "tcp_pickup", "TCP: on when any segment with ACK may open a flow, else off" },
	{ "udp_kind", "bidirectional, one-way or request-response; empty for TCP" },
	{ "state", "active, or draining: removed, but still has flows" },
	{ "backends", "backends in the configuration" },
	{ "draining_backends", "removed backends that still have flows" },
#define X(id, key, def, text) { #key, text },
	SL_TIMEOUTS(X)
#undef X
	{ "snat_addresses", "number of source-NAT addresses" },
	{ "draining_snat_addresses", "removed source-NAT addresses that flows may still use" },
	{ "snat", "array of them" },
	{ NULL, NULL },
};

static const struct sl_tel_key backends_keys[] = {
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key backend_keys[] = {
	{ "service", "it belongs to" },
	{ "id", "number that stays the same over reloads" },
	{ "address", "of the server" },
	{ "port", "of the server" },
	{ "weight", "share of new flows; 0 gets none" },
	{ "state", "active, or draining: removed, but still has flows" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_service_commands[] = {
	{ .name = "/sluice/services",
	  .params = "[START]",
	  .help = "Names of all services. Parameters: START (optional), as the last reply's next",
	  .max_params = 1,
	  .handler = answer_services,
	  .keys = services_keys },
	{ .name = "/sluice/service",
	  .params = "NAME",
	  .help = "One service: settings and counters. Parameters: name of the service",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_service,
	  .keys = service_keys,
	  .counters = SL_TEL_FLOW_COUNTERS },
	{ .name = "/sluice/backends",
	  .params = "[SERVICE][,START]",
	  .help = "Backends with their counters. Parameters: SERVICE (optional, empty: all), START (optional)",
	  .max_params = 2,
	  .handler = answer_backends,
	  .keys = backends_keys,
	  .rows = "backends",
	  .row_keys = backend_keys,
	  .row_counters = SL_TEL_FLOW_COUNTERS },
	{ .name = "/sluice/backend",
	  .params = "SERVICE,ADDRESS,PORT",
	  .help = "One backend with its counters. Parameters: name of the service, address, port",
	  .min_params = 3,
	  .max_params = 3,
	  .handler = answer_backend,
	  .keys = backend_keys,
	  .counters = SL_TEL_FLOW_COUNTERS },
	{ .name = NULL },
};
