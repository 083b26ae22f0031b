/* SPDX-License-Identifier: BSD-3-Clause */
/* What the checks know of addresses: which are ours, what is on link, what no host can have. */
#include <stdlib.h>

#include <rte_byteorder.h>

#include "check.h"

static int compare_own(const void *a, const void *b)
{
	const struct sl_own *x = a, *y = b;
	int order = memcmp(&x->ip, &y->ip, sizeof(x->ip));

	if (order != 0)
		return order;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->i != y->i)
		return x->i < y->i ? -1 : 1;
	return x->j == y->j ? 0 : x->j < y->j ? -1 : 1;
}

static void add_own(struct sl_checker *c, const struct sl_ip *ip, enum sl_own_kind kind, unsigned int i, unsigned int j)
{
	uint8_t len = kind == SL_OWN_SERVICE ? c->config->services[i].prefix.len : 128;

	if (!sl_ip_given(ip))
		return;
	c->own[c->n_own++] = (struct sl_own){ .ip = *ip, .kind = kind, .len = len, .i = i, .j = j };
	c->n_prefixes += len < 128;
}

int sl_own_collect(struct sl_checker *c)
{
	const struct sl_config *config = c->config;
	size_t n = 1; /* never nothing: calloc(0) may be NULL */

	for (unsigned int i = 0; i < config->n_interfaces; i++)
		n += config->interfaces[i].n_addresses;
	for (unsigned int i = 0; i < config->n_services; i++)
		n += 1 + config->services[i].n_snat;
	n += 2ul * config->n_relays;
	c->own = calloc(n, sizeof(*c->own));
	c->n_own = 0;
	if (c->own == NULL)
		return -1;

	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		const struct sl_config_interface *interface = &config->interfaces[i];
		for (unsigned int j = 0; j < interface->n_addresses; j++)
			add_own(c, &interface->addresses[j].ip, SL_OWN_INTERFACE, i, j);
	}
	for (unsigned int i = 0; i < config->n_services; i++) {
		const struct sl_config_service *service = &config->services[i];
		add_own(c, &service->address, SL_OWN_SERVICE, i, 0);
		for (unsigned int j = 0; j < service->n_snat; j++)
			add_own(c, &service->snat[j], SL_OWN_SNAT, i, j);
	}
	for (unsigned int i = 0; i < config->n_relays; i++) {
		for (unsigned int j = 0; j < 2; j++) {
			const struct sl_config_relay_input *in = sl_relay_input(&config->relays[i], j);
			if (in != NULL)
				add_own(c, &in->address, SL_OWN_RELAY, i, j);
		}
	}
	qsort(c->own, c->n_own, sizeof(*c->own), compare_own);
	return 0;
}

/* Prefixes are few, and mostly none. */
static const struct sl_own *find_prefix(const struct sl_checker *c, const struct sl_ip *ip)
{
	for (unsigned int k = 0; c->n_prefixes > 0 && k < c->n_own; k++) {
		const struct sl_prefix prefix = { .ip = c->own[k].ip, .len = c->own[k].len };
		if (prefix.len < 128 && sl_covers(&prefix, ip))
			return &c->own[k];
	}
	return NULL;
}

const struct sl_own *sl_own_find(const struct sl_checker *c, const struct sl_ip *ip, enum sl_own_kind kind)
{
	const struct sl_own key = { .ip = *ip, .kind = kind };
	unsigned int low = 0, high = c->n_own;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		if (compare_own(&c->own[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct sl_own *found = &c->own[low];
	if (low < c->n_own && found->kind == kind && sl_ip_equal(&found->ip, ip))
		return found;
	return kind == SL_OWN_SERVICE ? find_prefix(c, ip) : NULL;
}

const char *sl_own_where(const struct sl_checker *c, char buf[SL_AT_MAX], const struct sl_own *own)
{
	if (own->kind == SL_OWN_RELAY)
		return sl_relay_input_where(buf, &c->config->relays[own->i], own->i, own->j);
	if (own->kind == SL_OWN_INTERFACE)
		return sl_at(buf, "/interfaces/%u/addresses/%u", own->i, own->j);
	if (own->kind == SL_OWN_SERVICE)
		return sl_at(buf, "/services/%u/address", own->i);
	return sl_at(buf, "/services/%u/snat/%u", own->i, own->j);
}

bool sl_covers(const struct sl_prefix *prefix, const struct sl_ip *ip)
{
	/* In mapped form ::/0 would cover IPv4 too. */
	return sl_ip_is_v4(&prefix->ip) == sl_ip_is_v4(ip) && sl_prefix_covers(prefix, ip);
}

bool sl_on_link(const struct sl_config_interface *interface, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct sl_prefix *address = &interface->addresses[i];
		if (!sl_ip_given(&address->ip))
			continue;
		if (sl_covers(address, ip) || (sl_ip_is_link_local(ip) && !sl_ip_is_v4(&address->ip)))
			return true;
	}
	return false;
}

bool sl_refuse_edge(struct sl_checker *c, const char *where, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < c->config->n_interfaces; i++) {
		const struct sl_config_interface *interface = &c->config->interfaces[i];
		for (unsigned int j = 0; j < interface->n_addresses; j++) {
			const struct sl_prefix *prefix = &interface->addresses[j];
			if (!sl_prefix_has_edge(prefix, ip))
				continue;
			struct sl_prefix network = sl_prefix_network(prefix);
			sl_problem_add(c->problems, where, NULL,
				       "%s is the %s address of %s (/interfaces/%u/addresses/%u)", SL_IP_TEXT(ip),
				       sl_ip_equal(ip, &network.ip) ? "network" : "broadcast", SL_PREFIX_TEXT(prefix), i, j);
			return true;
		}
	}
	return false;
}

bool sl_refuse_not_host(struct sl_checker *c, const char *where, const struct sl_ip *ip)
{
	static const char *const what[] = {
		[SL_OWN_INTERFACE] = "an interface's own address",
		[SL_OWN_SERVICE] = "a service's address",
		[SL_OWN_SNAT] = "a snat address",
		[SL_OWN_RELAY] = "a relay's input",
	};

	for (enum sl_own_kind kind = SL_OWN_INTERFACE; kind <= SL_OWN_RELAY; kind++) {
		const struct sl_own *own = sl_own_find(c, ip, kind);
		if (own == NULL)
			continue;
		sl_problem_add(c->problems, where, NULL, "%s is sluice itself: %s (%s)", SL_IP_TEXT(ip), what[kind],
			       SL_OWN_AT(own));
		return true;
	}
	return sl_refuse_edge(c, where, ip);
}
