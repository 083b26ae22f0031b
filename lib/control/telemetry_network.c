/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/interfaces, /sluice/interface, /sluice/neighbours, /sluice/neighbour, /sluice/routes. */
#include "companions.h"
#include "telemetry_internal.h"

#include <errno.h>
#include <string.h>

static int answer_interfaces(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_snapshot *s = request->control->snapshot;
	struct sl_tel_strings names;
	uint32_t i;

	if (sl_tel_parse_start(request, 0, &i) != 0)
		return -EINVAL;
	sl_tel_strings_open(&names, out);
	for (; i < s->n_interfaces; i++) /* an id may have no interface now */
		if (s->interfaces[i].name[0] != '\0' && !sl_tel_strings_add(&names, s->interfaces[i].name))
			break;
	sl_tel_strings_close(&names, out, "interfaces");
	sl_tel_next(out, i, s->n_interfaces);
	return 0;
}

static int find_interface(const struct sl_snapshot *s, const char *name, uint16_t *id)
{
	for (*id = 0; *id < s->n_interfaces; (*id)++)
		if (name[0] != '\0' && strcmp(s->interfaces[*id].name, name) == 0)
			return 0;
	return -EINVAL;
}

static const char *interface_name(const struct sl_snapshot *s, uint16_t id)
{
	return id < s->n_interfaces ? s->interfaces[id].name : "";
}

static int answer_interface(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_snapshot *s = request->control->snapshot;
	struct sl_tel_strings addresses;
	char text[SL_IP_STRLEN];
	uint16_t id;

	if (find_interface(s, sl_tel_param(request, 0), &id) != 0)
		return -EINVAL;
	const struct sl_interface *interface = &s->interfaces[id];
	sl_tel_string(out, "name", interface->name);
	sl_tel_u64(out, "id", id);
	sl_tel_string(out, "port", sl_tel_port_name(request->control, interface->port));
	sl_tel_u64(out, "vlan", interface->vlan);
	sl_tel_u64(out, "mtu_bytes", interface->mtu);
	sl_tel_mac(out, "mac", interface->mac);
	sl_tel_strings_open(&addresses, out);
	for (unsigned int i = 0; i < interface->n_addresses; i++)
		if (!sl_tel_strings_add(&addresses, sl_prefix_format(&interface->addresses[i], text)))
			break;
	sl_tel_strings_close(&addresses, out, "addresses");
	const struct sl_companion *companion = sl_companions_find(request->control, id);
	sl_tel_string(out, "companion", companion == NULL ? "none" : sl_companion_link(companion) ? "up" : "down");
	sl_tel_u64(out, "kernel_pps", interface->kernel_pps);
	return 0;
}

static const char *neighbour_state_name(uint8_t state)
{
	static const char *const names[] = {
		[SL_NEIGHBOUR_FREE] = "free",		[SL_NEIGHBOUR_INCOMPLETE] = "incomplete",
		[SL_NEIGHBOUR_REACHABLE] = "reachable", [SL_NEIGHBOUR_PROBE] = "probe",
		[SL_NEIGHBOUR_FAILED] = "failed",	[SL_NEIGHBOUR_STATIC] = "static",
	};
	return state < RTE_DIM(names) ? names[state] : "";
}

/* The entries are stable here: their only writer is the control thread, whose lock we hold. */
static void add_neighbour(const struct sl_control *c, const struct sl_neighbour *e, struct sl_tel_node *out)
{
	uint64_t now = sl_control_now_ns();

	sl_tel_string(out, "interface", interface_name(c->snapshot, e->interface));
	sl_tel_ip(out, "address", &e->ip);
	if (e->l2.usable)
		sl_tel_mac(out, "mac", e->l2.header);
	else
		sl_tel_string(out, "mac", "");
	sl_tel_string(out, "state", neighbour_state_name(e->state));
	sl_tel_int(out, "confirmed_ms_ago", e->confirmed_ns == 0 ? -1 : (int64_t)((now - e->confirmed_ns) / 1000000));
	sl_tel_u64(out, "unanswered_probes", e->probes);
	sl_tel_u64(out, "wanted", e->wanted != 0);
}

static int answer_neighbours(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_neighbour_table *t = request->control->shared->neighbours;
	uint32_t slots = t == NULL ? 0 : t->mask + 1, i;
	struct sl_tel_page page;

	if (sl_tel_parse_start(request, 0, &i) != 0)
		return -EINVAL;
	sl_tel_page_open(&page, out);
	for (; i < slots; i++) {
		if (t->entries[i].state == SL_NEIGHBOUR_FREE)
			continue;
		struct sl_tel_node row = sl_tel_row_begin();
		add_neighbour(request->control, &t->entries[i], &row);
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "neighbours");
	sl_tel_u64(out, "used", t == NULL ? 0 : t->used);
	sl_tel_u64(out, "capacity", t == NULL ? 0 : t->capacity);
	sl_tel_next(out, i, slots);
	return 0;
}

static int answer_neighbour(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_control *c = request->control;
	uint16_t interface, index;
	struct sl_ip ip;

	if (find_interface(c->snapshot, sl_tel_param(request, 0), &interface) != 0 ||
	    sl_ip_parse(sl_tel_param(request, 1), &ip) != 0 || c->shared->neighbours == NULL)
		return -EINVAL;
	index = sl_neighbour_lookup(c->shared->neighbours, interface, &ip);
	if (index == SL_ID_NONE)
		return -EINVAL;
	add_neighbour(c, &c->shared->neighbours->entries[index], out);
	return 0;
}

struct route {
	const char *origin;
	struct sl_prefix prefix;
	struct sl_ip via; /* zero: on link */
	const char *interface;
};

static const char *route_interface(const struct sl_snapshot *s, const struct sl_ip *via)
{
	const struct sl_nexthop *hop = sl_snapshot_route(s, via);

	return hop == NULL ? "" : interface_name(s, hop->interface);
}

/* The i-th route: what interfaces are connected to, their gateways, the configuration's. False behind the last one. */
static bool route_at(const struct sl_control *c, uint32_t i, struct route *route)
{
	const struct sl_config *config = c->config;

	for (unsigned int k = 0; k < config->n_interfaces; k++) {
		const struct sl_config_interface *interface = &config->interfaces[k];
		route->interface = interface->name;
		if (i < interface->n_addresses) {
			route->origin = "connected";
			route->prefix = sl_prefix_network(&interface->addresses[i]);
			route->via = (struct sl_ip){ 0 };
			return true;
		}
		i -= interface->n_addresses;
		if (i < interface->n_gateways) {
			route->origin = "gateway";
			route->via = interface->gateways[i];
			route->prefix = (struct sl_prefix){ 0 };
			if (sl_ip_is_v4(&route->via))
				route->prefix = (struct sl_prefix){ .ip = sl_ip_from_v4(0), .len = 96 };
			return true;
		}
		i -= interface->n_gateways;
	}
	if (i >= config->n_routes)
		return false;
	route->origin = "static";
	route->prefix = sl_prefix_network(&config->routes[i].prefix);
	route->via = config->routes[i].via;
	route->interface = route_interface(c->snapshot, &route->via);
	return true;
}

static int answer_routes(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	char text[SL_IP_STRLEN];
	struct sl_tel_page page;
	struct route route;
	bool more;
	uint32_t i;

	if (sl_tel_parse_start(request, 0, &i) != 0)
		return -EINVAL;
	sl_tel_page_open(&page, out);
	for (; (more = route_at(request->control, i, &route)); i++) {
		struct sl_tel_node row = sl_tel_row_begin();
		sl_tel_string(&row, "prefix", sl_prefix_format(&route.prefix, text));
		sl_tel_string(&row, "via", sl_ip_is_zero(&route.via) ? "" : sl_ip_format(&route.via, text));
		sl_tel_string(&row, "interface", route.interface);
		sl_tel_string(&row, "origin", route.origin);
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "routes");
	sl_tel_next(out, i, more ? UINT32_MAX : i);
	return 0;
}

static const struct sl_tel_key next_key[] = {
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key interfaces_keys[] = {
	{ "interfaces", "array of names" },
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key interface_keys[] = {
	{ "name", "of the interface" },
	{ "id", "number of the interface" },
	{ "port", "device it is on" },
	{ "vlan", "VLAN id, 0: untagged" },
	{ "mtu_bytes", "largest IP packet" },
	{ "mac", "Ethernet address" },
	{ "addresses", "array of ADDRESS/LENGTH" },
	{ "companion", "link state of its TAP in the host's stack, up or down; none: it has no TAP" },
	{ "kernel_pps", "packets a second each worker may give the TAP" },
	{ NULL, NULL },
};

static const struct sl_tel_key neighbours_keys[] = {
	{ "used", "next hops known or asked for, on all pages" },
	{ "capacity", "next hops the table can hold" },
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key neighbour_keys[] = {
	{ "interface", "it is reached by" },
	{ "address", "of the next hop" },
	{ "mac", "Ethernet address, empty while it is not known" },
	{ "state", "incomplete, reachable, probe, failed or static" },
	{ "confirmed_ms_ago", "milliseconds since it last answered, -1: never" },
	{ "unanswered_probes", "requests since then" },
	{ "wanted", "1: gateway or backend of the configuration, kept resolved" },
	{ NULL, NULL },
};

static const struct sl_tel_key route_keys[] = {
	{ "prefix", "destinations" },
	{ "via", "next hop, empty: on link" },
	{ "interface", "packets leave by" },
	{ "origin", "connected (address of an interface), gateway (default route of an interface) or static" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_network_commands[] = {
	{ .name = "/sluice/interfaces",
	  .params = "[START]",
	  .help = "Names of all interfaces. Parameters: START (optional), as the last reply's next",
	  .max_params = 1,
	  .handler = answer_interfaces,
	  .keys = interfaces_keys },
	{ .name = "/sluice/interface",
	  .params = "NAME",
	  .help = "One interface: port, VLAN, addresses. Parameters: name of the interface",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_interface,
	  .keys = interface_keys },
	{ .name = "/sluice/neighbours",
	  .params = "[START]",
	  .help = "Next hops with their Ethernet addresses. Parameters: START (optional), as the last reply's next",
	  .max_params = 1,
	  .handler = answer_neighbours,
	  .keys = neighbours_keys,
	  .rows = "neighbours",
	  .row_keys = neighbour_keys },
	{ .name = "/sluice/neighbour",
	  .params = "INTERFACE,ADDRESS",
	  .help = "One next hop. Parameters: name of the interface, address",
	  .min_params = 2,
	  .max_params = 2,
	  .handler = answer_neighbour,
	  .keys = neighbour_keys },
	{ .name = "/sluice/routes",
	  .params = "[START]",
	  .help = "Routes: connected, gateways, static. Parameters: START (optional), as the last reply's next",
	  .max_params = 1,
	  .handler = answer_routes,
	  .keys = next_key,
	  .rows = "routes",
	  .row_keys = route_keys },
	{ .name = NULL },
};
