/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses and gateways of interfaces, routes and static neighbours have to fit each other. */
#include "check.h"

/* The remedy for a next hop that no interface reaches. */
#define NEXT_HOP_REMEDY "give an address inside a prefix of the interface, or correct the prefix length"

static void check_address(struct sl_checker *c, unsigned int i, unsigned int j)
{
	const struct sl_prefix *address = &c->config->interfaces[i].addresses[j];
	const struct sl_own *first = sl_own_find(c, &address->ip, SL_OWN_INTERFACE);
	const char *where = SL_AT("/interfaces/%u/addresses/%u", i, j);

	if (!sl_ip_given(&address->ip))
		return;
	if (first->i != i || first->j != j) {
		sl_problem_add(c->problems, where, NULL, "%s is given already at %s", SL_IP_TEXT(&address->ip),
			       SL_OWN_AT(first));
		return;
	}
	if (sl_refuse_edge(c, where, &address->ip))
		return;
	for (unsigned int k = 0; k < i; k++) {
		const struct sl_config_interface *other = &c->config->interfaces[k];
		for (unsigned int l = 0; l < other->n_addresses; l++) {
			const struct sl_prefix *prefix = &other->addresses[l];
			if (!sl_ip_given(&prefix->ip) ||
			    (!sl_covers(prefix, &address->ip) && !sl_covers(address, &prefix->ip)))
				continue;
			sl_problem_add(c->problems, where, "give each interface prefixes of its own",
				       "%s overlaps %s of another interface (/interfaces/%u/addresses/%u)",
				       SL_PREFIX_TEXT(address), SL_PREFIX_TEXT(prefix), k, l);
			return;
		}
	}
}

static void check_gateway(struct sl_checker *c, unsigned int i, unsigned int j)
{
	const struct sl_config_interface *interface = &c->config->interfaces[i];
	const struct sl_ip *gateway = &interface->gateways[j];
	const char *where = SL_AT("/interfaces/%u/gateways/%u", i, j);

	if (sl_refuse_not_host(c, where, gateway) || !c->clean || sl_on_link(interface, gateway))
		return;
	sl_problem_add(c->problems, where, NEXT_HOP_REMEDY, "gateway %s is not on link of interface %s",
		       SL_IP_TEXT(gateway), interface->name);
}

void sl_check_interfaces(struct sl_checker *c)
{
	char first[2][SL_AT_MAX] = { "", "" }; /* where the default gateway of IPv6, of IPv4 stands */

	for (unsigned int i = 0; i < c->config->n_interfaces; i++) {
		const struct sl_config_interface *interface = &c->config->interfaces[i];
		for (unsigned int j = 0; j < interface->n_addresses; j++)
			check_address(c, i, j);
		for (unsigned int j = 0; j < interface->n_gateways; j++) {
			const struct sl_ip *gateway = &interface->gateways[j];
			const char *where = SL_AT("/interfaces/%u/gateways/%u", i, j);
			char *first_of_family = first[sl_ip_is_v4(gateway)];

			if (!sl_ip_given(gateway))
				continue;
			if (first_of_family[0] != '\0')
				sl_problem_add(c->problems, where, "keep one; use \"routes\" for the rest",
					       "a second %s default gateway; the first is %s", sl_family(gateway),
					       first_of_family);
			else
				sl_at(first_of_family, "%s", where);
			check_gateway(c, i, j);
		}
	}
}

static bool on_link_somewhere(const struct sl_config *config, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		if (sl_on_link(&config->interfaces[i], ip))
			return true;
	}
	return false;
}

static void check_via(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_route *route = &c->config->routes[i];
	const char *where = SL_AT("/routes/%u/via", i);

	if (!sl_ip_given(&route->via))
		return;
	if (c->clean && sl_ip_is_v4(&route->via) != sl_ip_is_v4(&route->prefix.ip))
		sl_problem_add(c->problems, where, NULL, "%s is %s, and the prefix %s is %s", SL_IP_TEXT(&route->via),
			       sl_family(&route->via), SL_PREFIX_TEXT(&route->prefix), sl_family(&route->prefix.ip));
	else if (sl_ip_is_link_local(&route->via))
		sl_problem_add(c->problems, where, "give the next hop's global address",
			       "link-local %s does not say on which interface", SL_IP_TEXT(&route->via));
	else if (!sl_refuse_not_host(c, where, &route->via) && c->clean && !on_link_somewhere(c->config, &route->via))
		sl_problem_add(c->problems, where, NEXT_HOP_REMEDY, "next hop %s is not on link of any interface",
			       SL_IP_TEXT(&route->via));
}

/* A prefix that is routed already, by an earlier route, an interface or a gateway: one of them would win silently. */
static void check_prefix(struct sl_checker *c, unsigned int i)
{
	const struct sl_config *config = c->config;
	const struct sl_prefix *prefix = &config->routes[i].prefix;
	bool v4 = sl_ip_is_v4(&prefix->ip), is_default = prefix->len == (v4 ? 96 : 0);
	const char *where = SL_AT("/routes/%u/prefix", i);

	for (unsigned int k = 0; k < i; k++) {
		const struct sl_prefix *other = &config->routes[k].prefix;
		if (other->len != prefix->len || !sl_ip_equal(&other->ip, &prefix->ip))
			continue;
		sl_problem_add(c->problems, where, NULL, "%s is given already at /routes/%u", SL_PREFIX_TEXT(prefix),
			       k);
		return;
	}
	for (unsigned int k = 0; k < config->n_interfaces; k++) {
		const struct sl_config_interface *interface = &config->interfaces[k];
		for (unsigned int l = 0; l < interface->n_addresses; l++) {
			if (interface->addresses[l].len != prefix->len ||
			    !sl_covers(prefix, &interface->addresses[l].ip))
				continue;
			sl_problem_add(c->problems, where, "remove the route", "%s is on link of interface %s",
				       SL_PREFIX_TEXT(prefix), interface->name);
			return;
		}
		for (unsigned int l = 0; is_default && l < interface->n_gateways; l++) {
			if (sl_ip_is_v4(&interface->gateways[l]) == v4)
				sl_problem_add(c->problems, where, "keep the gateway or the route",
					       "a second %s default route; /interfaces/%u/gateways/%u is the first",
					       sl_family(&prefix->ip), k, l);
		}
	}
}

void sl_check_routes(struct sl_checker *c)
{
	for (unsigned int i = 0; i < c->config->n_routes; i++) {
		/* ::/0 and a prefix that could not be read look the same */
		if (c->clean)
			check_prefix(c, i);
		check_via(c, i);
	}
}

void sl_check_neighbours(struct sl_checker *c)
{
	const struct sl_config *config = c->config;

	if (config->n_neighbours > config->max_neighbours)
		sl_problem_add(c->problems, "/neighbours", "raise max_neighbours",
			       "%u entries, and max_neighbours is %u", config->n_neighbours, config->max_neighbours);
	for (unsigned int i = 0; c->clean && i < config->n_neighbours; i++) {
		const struct sl_config_neighbour *neighbour = &config->neighbours[i];
		const struct sl_config_interface *interface = &config->interfaces[neighbour->interface];
		const char *where = SL_AT("/neighbours/%u/address", i);

		if (!sl_refuse_not_host(c, where, &neighbour->address) && !sl_on_link(interface, &neighbour->address))
			sl_problem_add(c->problems, where, NEXT_HOP_REMEDY, "%s is not on link of interface %s",
				       SL_IP_TEXT(&neighbour->address), interface->name);
		for (unsigned int k = 0; k < i; k++) {
			const struct sl_config_neighbour *other = &config->neighbours[k];
			if (other->interface != neighbour->interface ||
			    !sl_ip_equal(&other->address, &neighbour->address))
				continue;
			sl_problem_add(c->problems, where, NULL,
				       "%s on interface %s is given already at /neighbours/%u",
				       SL_IP_TEXT(&neighbour->address), interface->name, k);
			break;
		}
	}
}
