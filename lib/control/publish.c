/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "sluice/base/log.h"

#include "announce.h"
#include "backends.h"
#include "companions.h"
#include "drains.h"
#include "flow_counts.h"
#include "health.h"
#include "listener.h"
#include "neighbours.h"
#include "passive.h"
#include "publish.h"

#define BURY_NS SL_NS_PER_S /* between looks at tombstones */
#define BURY_DOUBLED_MAX 6u /* times that a failed one doubles it */

/* A worker's gauge; it may be written meanwhile. */
static uint32_t active(const struct sl_flow_counters *c)
{
	return (uint32_t)__atomic_load_n(&c->value[SL_FLOW_COUNT_FLOWS_ACTIVE], __ATOMIC_RELAXED);
}

/*
 * Workers notice flows on removed source-NAT addresses when their wheels come to them, so nobody knows for a turn of the wheel
 * after the removal.
 */
static bool may_use_removed_snat(const struct sl_control *control, uint16_t service)
{
	bool used = sl_control_now_ns() - control->snat_removed_ns[service] <= SL_FLOW_VISIT_TICKS * (uint64_t)SL_TICK_NS;

	for (unsigned int i = 0; i < control->shared->n_workers; i++)
		used |= sl_worker_uses_removed_snat(control->shared->workers[i], service);
	return used;
}

static void sum_usage(const struct sl_control *control, struct sl_usage *usage)
{
	const struct sl_shared *shared = control->shared;
	const struct sl_snapshot *s = control->snapshot;

	*usage = (struct sl_usage){ .backends = shared->backends };
	for (unsigned int i = 0; s != NULL && i < s->n_services; i++)
		usage->removed_snat[s->services[i].id] = s->services[i].n_draining_snat > 0 &&
							 may_use_removed_snat(control, s->services[i].id);
	for (unsigned int i = 0; i < shared->n_workers; i++) {
		const struct sl_worker *w = shared->workers[i];
		for (unsigned int id = 0; id < SL_MAX_SERVICES; id++)
			usage->service_flows[id] += active(&w->service[id]);
		for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++)
			usage->backend_flows[id] += active(&w->backend[id]);
	}
}

/* Whatever takes new flows now may get one before the workers see the next snapshot: count that flow already. */
static void expect_flows(const struct sl_snapshot *s, struct sl_usage *usage)
{
	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		if (service->draining)
			continue;
		usage->service_flows[service->id]++;
		for (unsigned int j = 0; j < service->n_backends; j++)
			usage->backend_flows[service->backends[j].id]++;
	}
}

/* Source-NAT addresses that `next` is the first to keep for the sake of flows only. */
static void note_removed_snat(struct sl_control *control, const struct sl_snapshot *previous, const struct sl_snapshot *next)
{
	for (unsigned int i = 0; i < next->n_services; i++) {
		const struct sl_service *service = &next->services[i];
		const struct sl_service *old = previous != NULL ? sl_snapshot_service_by_id(previous, service->id) : NULL;
		for (unsigned int j = 0; old != NULL && j < old->n_snat; j++)
			for (unsigned int k = 0; k < service->n_draining_snat; k++)
				if (sl_ip_equal(&old->snat[j], &service->snat[service->n_snat + k]))
					control->snat_removed_ns[service->id] = sl_control_now_ns();
	}
}

/* What leads to each backend, unless a gateway. */
static unsigned int add_backend_hops(const struct sl_snapshot *s, struct sl_hop *hops)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		for (unsigned int j = 0; j < service->n_backends + service->n_draining; j++) {
			const struct sl_ip *ip = &service->backends[j].ip;
			const struct sl_nexthop *next = sl_snapshot_route(s, ip);
			if (next != NULL && sl_ip_is_zero(&next->via))
				hops[n++] = (struct sl_hop){ next->interface, *ip };
		}
	}
	return n;
}

static unsigned int add_relay_hops(const struct sl_snapshot *s, struct sl_hop *hops)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->relays.n; i++) {
		const struct sl_relay *relay = &s->relays.list[i];
		for (unsigned int j = 0; j < relay->n_outputs; j++) {
			if (relay->outputs[j].multicast)
				continue;
			struct sl_ip ip = sl_snapshot_relay_hop(s, &relay->outputs[j]);
			if (!sl_ip_is_zero(&ip))
				hops[n++] = (struct sl_hop){ relay->outputs[j].interface, ip };
		}
	}
	return n;
}

/* Next hops that the snapshot sends to: gateways of routes, and what leads to backends and the hosts of relays. */
static struct sl_hop *wanted_hops(const struct sl_snapshot *s, unsigned int *count)
{
	unsigned int n = s->n_nexthops;

	for (unsigned int i = 0; i < s->n_services; i++)
		n += s->services[i].n_backends + s->services[i].n_draining;
	for (unsigned int i = 0; i < s->relays.n; i++)
		n += s->relays.list[i].n_outputs;
	struct sl_hop *hops = calloc(n + 1, sizeof(*hops));
	*count = 0;
	if (hops == NULL)
		return NULL;
	for (unsigned int i = 0; i < s->n_nexthops; i++)
		if (!sl_ip_is_zero(&s->nexthops[i].via))
			hops[(*count)++] = (struct sl_hop){ s->nexthops[i].interface, s->nexthops[i].via };
	*count += add_backend_hops(s, hops + *count);
	*count += add_relay_hops(s, hops + *count);
	return hops;
}

/* The other parts of control learn of the new snapshot; `previous` (NULL: none) still exists. */
static void follow(struct sl_control *control, const struct sl_snapshot *previous)
{
	uint64_t now_ns = sl_control_now_ns();
	unsigned int n_hops;
	struct sl_hop *hops = wanted_hops(control->snapshot, &n_hops);

	if (hops == NULL)
		sl_log_warning("out of memory: next hops are resolved when packets need them, not ahead");
	sl_neighbours_configure(control->neighbours, control->snapshot, hops, n_hops, now_ns);
	free(hops);
	for (unsigned int i = 0; i < control->n_ports; i++)
		sl_port_set_promiscuous(&control->ports[i], control->snapshot->ports[i].pair != SL_ID_NONE);
	sl_announcer_follow(control->announcer, previous, control->snapshot, now_ns);
	if (sl_listener_follow(control->listener, control->snapshot, now_ns) != 0)
		sl_log_error("out of memory: new multicast groups are not joined yet, so IPv6 neighbours may not find us, and relays "
			     "lack their streams; it is tried again each second");
}

static struct sl_snapshot *build_next(const struct sl_control *control, const struct sl_config *config, struct sl_problems *problems)
{
	struct sl_port_facts facts[SL_MAX_PORTS];
	struct sl_usage usage;

	for (unsigned int i = 0; i < control->n_ports; i++)
		facts[i] = control->ports[i].facts;
	sum_usage(control, &usage);
	if (control->snapshot != NULL)
		expect_flows(control->snapshot, &usage);
	return sl_snapshot_build(config, facts, control->n_ports, control->snapshot, &usage, problems);
}

static bool has_snat(const struct sl_service *service, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < service->n_snat + service->n_draining_snat; i++)
		if (sl_ip_equal(&service->snat[i], ip))
			return true;
	return false;
}

static bool has_backend(const struct sl_service *service, uint16_t id)
{
	for (unsigned int i = 0; i < service->n_backends + service->n_draining; i++)
		if (service->backends[i].id == id)
			return true;
	return false;
}

/* Say which tombstones are gone. */
static void log_drained(const struct sl_snapshot *previous, const struct sl_snapshot *next)
{
	char ip[SL_IP_STRLEN];

	for (unsigned int i = 0; i < previous->n_services; i++) {
		const struct sl_service *service = &previous->services[i];
		const struct sl_service *now = sl_snapshot_service_by_id(next, service->id);
		if (now == NULL) {
			sl_log_info("service \"%s\" drained", service->name);
			continue;
		}
		bool snat_gone = false;
		for (unsigned int j = 0; j < service->n_draining_snat; j++)
			snat_gone |= !has_snat(now, &service->snat[service->n_snat + j]);
		if (snat_gone)
			sl_log_info("service \"%s\": removed snat addresses drained", service->name);
		for (unsigned int j = 0; j < service->n_draining; j++) {
			const struct sl_backend *b = &service->backends[service->n_backends + j];
			if (!has_backend(now, b->id))
				sl_log_info("service \"%s\": backend %s port %u drained", service->name,
					    sl_ip_format(&b->ip, ip), rte_be_to_cpu_16(b->port_be));
		}
	}
}

/* Exchange, wait for the workers, let the other parts follow, free the old one. */
static void exchange(struct sl_control *control, const struct sl_config *config, struct sl_snapshot *next)
{
	struct sl_snapshot *previous = control->snapshot;

	sl_flow_counts_begin(control, previous, next);
	sl_backends_follow(control, next);
	note_removed_snat(control, previous, next);
	atomic_store_explicit(&control->shared->snapshot, next, memory_order_release);
	control->snapshot = next;
	control->count[SL_CONTROL_COUNT_PUBLICATIONS]++;
	sl_shared_quiesce(control->shared);
	sl_drains_follow(control);
	sl_companions_follow(control, config);
	sl_passive_follow(control, config);
	sl_health_follow(control, config, sl_control_now_ns());
	sl_backends_settle(control, sl_control_now_ns());
	follow(control, previous);
	if (previous != NULL)
		log_drained(previous, next);
	sl_snapshot_destroy(previous);
}

int sl_control_publish(struct sl_control *control, const struct sl_config *config, struct sl_problems *problems)
{
	struct sl_snapshot *next = build_next(control, config, problems);

	if (next == NULL)
		return -1;
	if (sl_companions_prepare(control, next, config, problems) != 0) {
		sl_snapshot_destroy(next);
		return -1;
	}
	exchange(control, config, next);
	return 0;
}

static bool any_drained(const struct sl_snapshot *s, const struct sl_usage *usage)
{
	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		if ((service->draining && usage->service_flows[service->id] == 0) ||
		    (service->n_draining_snat > 0 && !usage->removed_snat[service->id]))
			return true;
		for (unsigned int j = 0; !service->draining && j < service->n_draining; j++)
			if (usage->backend_flows[service->backends[service->n_backends + j].id] == 0)
				return true;
	}
	return false;
}

uint64_t sl_control_bury(struct sl_control *control)
{
	struct sl_problems problems;
	struct sl_usage usage;

	sum_usage(control, &usage);
	if (!any_drained(control->snapshot, &usage))
		return BURY_NS;
	sl_problems_init(&problems);
	struct sl_snapshot *next = build_next(control, control->config, &problems);
	if (next != NULL) {
		control->bury_failures = 0;
		exchange(control, control->config, next); /* it wants no companion that was not there */
	} else {
		control->bury_failures += control->bury_failures < BURY_DOUBLED_MAX;
		sl_log_error("drained objects stay: %s", problems.n_listed > 0 ? problems.list[0].what : "out of memory");
	}
	sl_problems_fini(&problems);
	return BURY_NS << control->bury_failures;
}
