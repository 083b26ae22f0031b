/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes: networks of the interfaces, default routes to their gateways, and configured ones. They are collected, sorted
 * by prefix and checked for contradictions, so equal configurations give equal tries in whatever order they were
 * written.
 */
#include <stdlib.h>

#include "snapshot_build.h"

enum source { CONNECTED, GATEWAY, ROUTE };

struct route {
	struct sl_prefix prefix; /* host bits are zero */
	struct sl_nexthop nexthop;
	enum source source;
	unsigned int i, j; /* where it stands in the configuration */
};

struct list {
	struct route *routes;
	unsigned int n;
};

static const char *pointer(const struct route *r, char buf[SL_POINTER_MAX])
{
	switch (r->source) {
	case CONNECTED:
		snprintf(buf, SL_POINTER_MAX, "/interfaces/%u/addresses/%u", r->i, r->j);
		break;
	case GATEWAY:
		snprintf(buf, SL_POINTER_MAX, "/interfaces/%u/gateways/%u", r->i, r->j);
		break;
	case ROUTE:
		snprintf(buf, SL_POINTER_MAX, "/routes/%u", r->i);
		break;
	}
	return buf;
}

/* ---- collect ---- */

static void add_connected(struct sl_build *b, struct list *list, unsigned int i)
{
	const struct sl_config_interface *c = &b->config->interfaces[i];

	for (unsigned int j = 0; j < c->n_addresses; j++) {
		/* fe80::/10 is on every link: never routed */
		if (sl_ip_is_link_local(&c->addresses[j].ip))
			continue;
		list->routes[list->n++] = (struct route){
			.prefix = sl_prefix_network(&c->addresses[j]), .nexthop = { .interface = b->interface_ids[i] },
			.source = CONNECTED, .i = i, .j = j,
		};
	}
}

/* An on-link next hop of the interface? A link-local one is, where the interface speaks IPv6. */
static bool on_link(const struct sl_interface *interface, const struct sl_ip *via)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct sl_prefix *prefix = &interface->addresses[i];
		if (sl_ip_is_v4(&prefix->ip) == sl_ip_is_v4(via) &&
		    (sl_prefix_covers(prefix, via) || sl_ip_is_link_local(via)))
			return true;
	}
	return false;
}

static bool is_ours(struct sl_build *b, const struct sl_ip *via, const char *where)
{
	char text[SL_IP_STRLEN];

	if (sl_snapshot_local(b->s, via) == NULL)
		return false;
	sl_problem_add(b->problems, where, "name the address of the router",
		       "next hop %s is an address of sluice itself", sl_ip_format(via, text));
	return true;
}

static void add_gateways(struct sl_build *b, struct list *list, unsigned int i)
{
	const struct sl_config_interface *c = &b->config->interfaces[i];
	const struct sl_interface *interface = &b->s->interfaces[b->interface_ids[i]];

	for (unsigned int j = 0; j < c->n_gateways; j++) {
		const struct sl_ip *via = &c->gateways[j];
		struct sl_prefix everything = sl_ip_is_v4(via) ? (struct sl_prefix){ sl_ip_from_v4(0), 96 } :
								 (struct sl_prefix){ .len = 0 };
		struct route r = {
			.prefix = everything, .nexthop = { *via, b->interface_ids[i] },
			.source = GATEWAY, .i = i, .j = j,
		};
		char where[SL_POINTER_MAX], text[SL_IP_STRLEN];

		if (is_ours(b, via, pointer(&r, where)))
			continue;
		if (!on_link(interface, via))
			sl_problem_add(b->problems, where,
				       "correct it, or add an address of its network to the interface's \"addresses\"",
				       "gateway %s is in no network of interface \"%s\"", sl_ip_format(via, text),
				       c->name);
		else
			list->routes[list->n++] = r;
	}
}

static void add_route(struct sl_build *b, struct list *list, unsigned int i)
{
	const struct sl_config_route *c = &b->config->routes[i];
	uint16_t interface = sl_build_interface_covering(b->s, &c->via);
	char where[SL_POINTER_MAX], text[SL_IP_STRLEN], prefix[SL_IP_STRLEN];

	snprintf(where, sizeof(where), "/routes/%u/via", i);
	sl_ip_format(&c->via, text);
	if (sl_ip_is_v4(&c->prefix.ip) != sl_ip_is_v4(&c->via))
		sl_problem_add(b->problems, where, "name a next hop of the prefix's own address family",
			       "next hop %s cannot lead to %s", text, sl_prefix_format(&c->prefix, prefix));
	else if (is_ours(b, &c->via, where))
		return;
	else if (sl_ip_is_link_local(&c->via))
		sl_problem_add(b->problems, where, "name the router by an address in a network of an interface",
			       "next hop %s is link-local, which does not say by which interface it is reached", text);
	else if (interface == SL_ID_NONE)
		sl_problem_add(b->problems, where,
			       "correct it, or add an address of its network to an interface's \"addresses\"",
			       "next hop %s is in no network of any interface", text);
	else
		list->routes[list->n++] = (struct route){
			.prefix = sl_prefix_network(&c->prefix), .nexthop = { c->via, interface }, .source = ROUTE, .i = i,
		};
}

static int collect(struct sl_build *b, struct list *list)
{
	const struct sl_config *config = b->config;
	size_t room = config->n_routes;

	for (unsigned int i = 0; i < config->n_interfaces; i++)
		room += (size_t)config->interfaces[i].n_addresses + config->interfaces[i].n_gateways;
	list->n = 0;
	list->routes = sl_build_alloc(b, room, sizeof(*list->routes));
	if (list->routes == NULL)
		return -1;
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		add_connected(b, list, i);
		add_gateways(b, list, i);
	}
	for (unsigned int i = 0; i < config->n_routes; i++)
		add_route(b, list, i);
	return 0;
}

/* ---- compile ---- */

static int compare_prefixes(const struct route *a, const struct route *b)
{
	int order = memcmp(a->prefix.ip.b, b->prefix.ip.b, sizeof(a->prefix.ip.b));

	return order != 0 ? order : a->prefix.len - b->prefix.len;
}

static int compare_routes(const void *left, const void *right)
{
	const struct route *a = left, *b = right;
	int order = compare_prefixes(a, b);

	if (order != 0)
		return order;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->i != b->i)
		return a->i < b->i ? -1 : 1;
	return a->j < b->j ? -1 : 1;
}

static bool same_nexthop(const struct sl_nexthop *a, const struct sl_nexthop *b)
{
	return a->interface == b->interface && sl_ip_equal(&a->via, &b->via);
}

/* Leave one of each prefix; two that lead to different places contradict each other. */
static void unite_duplicates(struct sl_build *b, struct list *list)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct route *r = &list->routes[i], *kept = n > 0 ? &list->routes[n - 1] : NULL;
		if (kept == NULL || compare_prefixes(kept, r) != 0) {
			list->routes[n++] = *r;
			continue;
		}
		if (same_nexthop(&kept->nexthop, &r->nexthop))
			continue;
		char where[SL_POINTER_MAX], other[SL_POINTER_MAX], text[SL_IP_STRLEN];
		sl_problem_add(b->problems, pointer(r, where), "leave one of the two",
			       "%s is routed here and differently by %s", sl_prefix_format(&r->prefix, text),
			       pointer(kept, other));
	}
	list->n = n;
}

static uint32_t nexthop_index(struct sl_snapshot *s, const struct sl_nexthop *nexthop)
{
	uint32_t i = 0;

	while (i < s->n_nexthops && !same_nexthop(&s->nexthops[i], nexthop))
		i++;
	if (i == s->n_nexthops)
		s->nexthops[s->n_nexthops++] = *nexthop;
	return i;
}

static int compile(struct sl_build *b, const struct list *list)
{
	struct sl_snapshot *s = b->s;
	struct sl_lpm_route *routes = sl_build_alloc(b, list->n, sizeof(*routes));

	s->nexthops = sl_build_alloc(b, list->n, sizeof(*s->nexthops));
	if (routes == NULL || s->nexthops == NULL) {
		free(routes);
		return -1;
	}
	for (unsigned int i = 0; i < list->n; i++) {
		routes[i].prefix = list->routes[i].prefix;
		routes[i].value = nexthop_index(s, &list->routes[i].nexthop);
	}
	s->routes = sl_lpm_create(routes, list->n);
	free(routes);
	if (s->routes == NULL) {
		sl_problem_add(b->problems, "/routes", "free memory on this machine or remove routes",
			       "out of memory: %u routes", list->n);
		return -1;
	}
	return 0;
}

/* ---- route epoch ---- */

static bool same_interface(const struct sl_interface *a, const struct sl_interface *b)
{
	if (strcmp(a->name, b->name) != 0 || a->port != b->port || a->vlan != b->vlan || a->mtu != b->mtu ||
	    memcmp(a->mac, b->mac, sizeof(a->mac)) != 0 || a->n_addresses != b->n_addresses)
		return false;
	for (unsigned int i = 0; i < a->n_addresses; i++) {
		if (a->addresses[i].len != b->addresses[i].len ||
		    !sl_ip_equal(&a->addresses[i].ip, &b->addresses[i].ip))
			return false;
	}
	return true;
}

static bool same_routing(const struct sl_snapshot *a, const struct sl_snapshot *b)
{
	if (a->n_interfaces != b->n_interfaces || a->n_nexthops != b->n_nexthops)
		return false;
	for (unsigned int i = 0; i < a->n_interfaces; i++) {
		if (!same_interface(&a->interfaces[i], &b->interfaces[i]))
			return false;
	}
	for (unsigned int i = 0; i < a->n_nexthops; i++) {
		if (!same_nexthop(&a->nexthops[i], &b->nexthops[i]))
			return false;
	}
	return sl_lpm_equal(a->routes, b->routes);
}

static uint16_t route_epoch(const struct sl_snapshot *previous, const struct sl_snapshot *s)
{
	if (previous == NULL)
		return 1;
	if (same_routing(previous, s))
		return previous->route_epoch;
	return previous->route_epoch == UINT16_MAX ? 1 : (uint16_t)(previous->route_epoch + 1);
}

int sl_build_routes(struct sl_build *b)
{
	struct list list;

	if (collect(b, &list) != 0)
		return -1;
	qsort(list.routes, list.n, sizeof(*list.routes), compare_routes);
	unite_duplicates(b, &list);

	int result = compile(b, &list);
	free(list.routes);
	if (result == 0)
		b->s->route_epoch = route_epoch(b->previous, b->s);
	return result;
}
