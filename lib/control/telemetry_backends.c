/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/backends, /sluice/backend. */
#include "backends.h"
#include "drains.h"
#include "flow_counts.h"
#include "health.h"
#include "passive.h"
#include "services.h"
#include "telemetry_internal.h"

#include <errno.h>
#include <string.h>

/* Mean of what the workers have measured, which write it at the same time; 0: none has. */
static uint64_t latency_us(const struct sl_control *control, const struct sl_backend *backend)
{
	uint64_t sum_ns = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; i < control->shared->n_workers; i++) {
		const struct sl_latency *l = &control->shared->workers[i]->latency[backend->id];
		uint32_t ns = __atomic_load_n(&l->ns, __ATOMIC_RELAXED);
		if (ns == 0 || __atomic_load_n(&l->generation, __ATOMIC_RELAXED) != backend->generation)
			continue;
		sum_ns += ns;
		n++;
	}
	return n == 0 ? 0 : (sum_ns / n + 999) / 1000;
}

static void add_check(const struct sl_control *control, const struct sl_backend *backend, struct sl_tel_node *out)
{
	struct sl_health_view view = sl_health_view(control, backend);

	sl_tel_string(out, "check", sl_check_name(view.type));
	sl_tel_string(out, "check_result", view.result);
	sl_tel_int(out, "check_ms_ago", view.ended_ns == 0 ? -1 : (int64_t)((sl_control_now_ns() - view.ended_ns) / 1000000));
	sl_tel_u64(out, "checks_passed", view.passed);
	sl_tel_u64(out, "checks_failed", view.failed);
	struct sl_passive_view passive = sl_passive_view(control, backend);
	sl_tel_int(out, "hold_off_ms", passive.hold_off_ms);
	sl_tel_u64(out, "flows_answered", passive.answered);
	sl_tel_u64(out, "flows_declined", passive.refused);
	sl_tel_u64(out, "flows_unanswered", passive.unanswered);
}

static void add_state(const struct sl_control *control, const struct sl_service *service, unsigned int i, struct sl_tel_node *out)
{
	const struct sl_backend *backend = &service->backends[i];
	const struct sl_backend_note *note = sl_backends_note(control, backend);
	struct sl_backend_state state = sl_backends_state(control, backend);
	bool removed = service->draining || i >= service->n_backends;
	uint32_t effective = removed ? 0 : sl_backends_effective_weight(service, backend);

	sl_tel_u64(out, "weight", sl_backend_weight(backend, &state));
	sl_tel_u64(out, "weight_configured", backend->weight);
	sl_tel_u64(out, "weight_effective_milli", effective * UINT64_C(1000) / SL_RAMP_FULL);
	sl_tel_string(out, "backup", backend->backup ? "yes" : "no");
	sl_tel_string(out, "state", removed ? "removed" : sl_admin_name(state.admin));
	sl_tel_string(out, "health", sl_health_name(state.health));
	sl_tel_string(out, "reason", note->reason);
	sl_tel_u64(out, "changed_ms_ago", (sl_control_now_ns() - note->since_ns) / 1000000);
	sl_tel_int(out, "deadline_ms", sl_drains_left_ms(control, backend));
	sl_tel_u64(out, "latency_us", latency_us(control, backend));
	add_check(control, backend, out);
}

static void add_counters(const struct sl_control *control, uint16_t id, struct sl_tel_node *out)
{
	for (unsigned int i = 0; i < SL_FLOW_COUNT_MAX; i++)
		sl_tel_u64(out, sl_flow_counter_infos[i].name, sl_flow_counts_backend(control, id, i));
}

static void add_backend(const struct sl_service *service, unsigned int i, const struct sl_control *control,
			struct sl_tel_node *out)
{
	const struct sl_backend *backend = &service->backends[i];
	char text[SL_SERVICE_TEXT_MAX];

	sl_tel_string(out, "service", sl_service_text(service, text));
	sl_tel_u64(out, "id", backend->id);
	sl_tel_ip(out, "address", &backend->ip);
	sl_tel_u64(out, "port", rte_be_to_cpu_16(backend->port_be));
	add_state(control, service, i, out);
	add_counters(control, backend->id, out);
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
		only = sl_service_find(c, sl_tel_param(request, 0));
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
	const struct sl_service *service = sl_service_find(request->control, sl_tel_param(request, 0));
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

static const struct sl_tel_key backends_keys[] = {
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key backend_keys[] = {
	{ "service", "it belongs to: NAME, or NAME#ID of a removed one" },
	{ "id", "number that stays the same over reloads" },
	{ "address", "of the server" },
	{ "port", "of the server" },
	{ "weight", "share of new flows: the file's, or the one given at run time" },
	{ "weight_configured", "the file's" },
	{ "weight_effective_milli", "thousandths of a weight that it has now: less while it starts slowly, 0 if it takes no flows" },
	{ "backup", "yes: it takes flows only while none of the others does; else no" },
	{ "state", "enabled, draining, disabled, or removed: no longer in the configuration, but still has flows" },
	{ "health", "up, down or unknown" },
	{ "reason", "of the last change of weight, state or health" },
	{ "changed_ms_ago", "when that was" },
	{ "deadline_ms", "milliseconds until the flows it has left are ended, 0: they are being ended, -1: they are not" },
	{ "latency_us", "moving average of its answering time as the workers see it; 0: not measured yet" },
	{ "check", "how it is checked: tcp, http, udp, icmp or none" },
	{ "check_result", "of the last check, empty before" },
	{ "check_ms_ago", "when that was; -1: never" },
	{ "checks_passed", "checks it has passed since they began, or began anew with other settings" },
	{ "checks_failed", "checks it has failed since then" },
	{ "hold_off_ms", "milliseconds that passive checks hold it back for, still; -1: they do not" },
	{ "flows_answered", "new flows it has answered since its passive checks began; 0 without" },
	{ "flows_declined", "connections it has refused by a reset since then" },
	{ "flows_unanswered", "SYNs that were repeated after half a second or more since then, and flows that ended without any answer" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_backend_commands[] = {
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
