/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "snapshot_build.h"

int sl_build_no_memory(struct sl_build *b, size_t n)
{
	sl_problem_add(b->problems, "", "free memory on this machine or make the configuration smaller",
		       "out of memory: %zu bytes for the compiled configuration", n);
	return -1;
}

void *sl_build_alloc(struct sl_build *b, size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size);

	if (p == NULL)
		sl_build_no_memory(b, n * size);
	return p;
}

/* Packets a second that answer the checks of one backend, rounded up; HTTP's are of a body that is read in full. */
static uint32_t answers_pps(const struct sl_config_health *health)
{
	static const uint32_t packets[] = { [SL_CHECK_TCP] = 4, [SL_CHECK_HTTP] = 64, [SL_CHECK_UDP] = 4, [SL_CHECK_ICMP] = 2 };

	return (packets[health->type] * 1000 + health->interval_ms - 1) / health->interval_ms;
}

/*
 * Backends are checked by the host's own sockets, so the interfaces that lead to them have companions, whose rate has room for the
 * answers: what the limit drops must not look like a backend that is down.
 */
static void set_companions(struct sl_build *b)
{
	for (unsigned int i = 0; i < b->config->n_services; i++) {
		const struct sl_config_service *service = &b->config->services[i];
		for (unsigned int j = 0; service->health.type != SL_CHECK_NONE && j < service->n_backends; j++) {
			const struct sl_nexthop *hop = sl_snapshot_route(b->s, &service->backends[j].address);
			if (hop == NULL)
				continue;
			b->s->interfaces[hop->interface].kernel = true;
			b->s->interfaces[hop->interface].kernel_pps += answers_pps(&service->health);
		}
	}
}

static int build(struct sl_build *b)
{
	b->s->generation = b->previous != NULL ? b->previous->generation + 1 : 1;
	b->s->forwarding = (uint8_t)b->config->forwarding;
	b->s->unused_ports = (uint8_t)b->config->unused_ports;
	b->s->icmp_errors_pps = b->config->icmp_errors_pps;
	if (sl_build_interfaces(b) != 0 || sl_build_services(b) != 0 || sl_build_dnat(b) != 0 ||
	    sl_build_relays(b) != 0 || sl_build_locals(b) != 0 || sl_build_wide(b) != 0)
		return -1;
	if (sl_build_routes(b) != 0)
		return -1;
	set_companions(b);
	return 0;
}

struct sl_snapshot *sl_snapshot_build(const struct sl_config *config, const struct sl_port_facts *ports,
				      unsigned int n_ports, const struct sl_snapshot *previous,
				      const struct sl_usage *usage, struct sl_problems *problems)
{
	struct sl_build b = {
		.config = config,
		.ports = ports,
		.n_ports = n_ports,
		.previous = previous,
		.usage = usage,
		.problems = problems,
	};
	unsigned int before = problems->count;

	b.s = sl_build_alloc(&b, 1, sizeof(*b.s));
	if (b.s == NULL)
		return NULL;
	if (build(&b) != 0 || problems->count != before) {
		sl_snapshot_destroy(b.s);
		return NULL;
	}
	return b.s;
}

void sl_snapshot_destroy(struct sl_snapshot *s)
{
	if (s == NULL)
		return;
	for (unsigned int i = 0; i < s->n_ports; i++)
		free(s->ports[i].vlans);
	for (unsigned int i = 0; i < s->n_interfaces; i++)
		free(s->interfaces[i].addresses);
	for (unsigned int i = 0; i < s->n_services; i++) {
		free(s->services[i].backends);
		free(s->services[i].snat);
		sl_schedule_release(atomic_load(&s->services[i].schedule));
	}
	sl_relays_free(&s->relays);
	free(s->interfaces);
	free(s->services);
	free(s->locals);
	free(s->service_slots);
	free(s->dnat_slots);
	free(s->dnat_ranges);
	free(s->wide.groups);
	free(s->wide.ranges);
	sl_lpm_destroy(s->wide.prefixes);
	free(s->nexthops);
	free(s->neighbours);
	sl_lpm_destroy(s->routes);
	free(s);
}

struct sl_schedule *sl_snapshot_reschedule(struct sl_snapshot *s, uint16_t index, const struct sl_backend_state *states)
{
	struct sl_service *service = &s->services[index];
	struct sl_schedule *old = atomic_load(&service->schedule);
	struct sl_schedule *next = sl_schedule_build(service, states, old);

	if (next == NULL)
		return NULL;
	atomic_store_explicit(&service->schedule, next, memory_order_release);
	return old;
}

bool sl_snapshot_has_tombstones(const struct sl_snapshot *s)
{
	for (unsigned int i = 0; i < s->n_services; i++) {
		if (s->services[i].draining || s->services[i].n_draining > 0 || s->services[i].n_draining_snat > 0)
			return true;
	}
	return false;
}
