/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/services, /sluice/service. */
#include "flow_counts.h"
#include "services.h"
#include "telemetry_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int answer_services(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_snapshot *s = request->control->snapshot;
	struct sl_tel_strings names;
	char text[SL_SERVICE_TEXT_MAX];
	uint32_t i;

	if (sl_tel_parse_start(request, 0, &i) != 0)
		return -EINVAL;
	sl_tel_strings_open(&names, out);
	while (i < s->n_services && sl_tel_strings_add(&names, sl_service_text(&s->services[i], text)))
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
	const struct sl_service *service = sl_service_find(request->control, sl_tel_param(request, 0));
	struct sl_tel_strings snat;
	char text[SL_IP_STRLEN], name[SL_SERVICE_TEXT_MAX];

	if (service == NULL)
		return -EINVAL;
	bool tcp = service->proto == IPPROTO_TCP;
	sl_tel_string(out, "name", sl_service_text(service, name));
	sl_tel_u64(out, "id", service->id);
	const struct sl_prefix vips = { .ip = service->vip, .len = service->vip_len };
	sl_tel_string(out, "address", vips.len == 128 ? sl_ip_format(&vips.ip, text) : sl_prefix_format(&vips, text));
	sl_tel_u64(out, "port", rte_be_to_cpu_16(service->port_be));
	sl_tel_u64(out, "last_port", rte_be_to_cpu_16(service->port_be) + service->port_span);
	sl_tel_string(out, "protocol", sl_tel_protocol_name(service->proto));
	sl_tel_string(out, "mode", sl_mode_name(service->mode));
	sl_tel_string(out, "scheduler", sl_scheduler_name(service->scheduler));
	sl_tel_string(out, "affinity", sl_affinity_name(service->affinity));
	sl_tel_string(out, "on_exhaustion", sl_exhaustion_name(service->on_exhaustion));
	sl_tel_string(out, "tcp_pickup", tcp && service->tcp_pickup ? "on" : "off");
	sl_tel_string(out, "proxy_protocol", sl_proxy_protocol_name(service->proxy_protocol));
	sl_tel_string(out, "udp_kind", tcp ? "" : sl_udp_kind_name(service->udp_kind));
	sl_tel_string(out, "state", service->draining ? "draining" : "active");
	const struct sl_schedule *schedule = sl_service_schedule(service);
	sl_tel_u64(out, "backends", service->n_backends);
	sl_tel_u64(out, "backends_in_use", schedule != NULL ? schedule->n_targets : 0);
	sl_tel_string(out, "backend_group", sl_group_name(schedule != NULL ? schedule->group : SL_GROUP_NONE));
	sl_tel_u64(out, "slow_start_s", service->slow_start_s);
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

static const struct sl_tel_key services_keys[] = {
	{ "services", "array of names; NAME#ID of those that were removed, but still have flows" },
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key service_keys[] = {
	{ "name", "of the service; NAME#ID when it drains" },
	{ "id", "number that stays the same over reloads" },
	{ "address", "VIP, or the prefix of VIPs" },
	{ "port", "of the VIP; the first of a range" },
	{ "last_port", "the last of a range; otherwise the same" },
	{ "protocol", "tcp or udp" },
	{ "mode", "how packets are forwarded" },
	{ "scheduler", "how a new flow's backend is chosen" },
	{ "affinity", "whether a client keeps its backend: source or none" },
	{ "on_exhaustion", "what a new flow that cannot be had gets: drop or reset" },
	{ "tcp_pickup", "TCP: on when any segment with ACK may open a flow, else off" },
	{ "proxy_protocol", "header in front of a connection's first byte: v1, v2 or off" },
	{ "udp_kind", "bidirectional, one-way or request-response; empty for TCP" },
	{ "state", "active, or draining: removed, but still has flows" },
	{ "backends", "backends in the configuration" },
	{ "backends_in_use", "those of them that take new flows" },
	{ "backend_group", "which these are: primary; backup, as too few others are well; panic, whatever their health; none" },
	{ "slow_start_s", "time in which a backend that comes back gets its whole weight" },
	{ "draining_backends", "removed backends that still have flows" },
#define X(id, key, def, text) { #key, text },
	SL_TIMEOUTS(X)
#undef X
	{ "snat_addresses", "number of source-NAT addresses" },
	{ "draining_snat_addresses", "removed source-NAT addresses that flows may still use" },
	{ "snat", "array of them" },
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
	  .help = "One service: settings and counters. Parameters: name of the service, or NAME#ID",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_service,
	  .keys = service_keys,
	  .counters = SL_TEL_FLOW_COUNTERS },
	{ .name = NULL },
};
