/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "sluice/packet/icmp.h"

#include "listener_groups.h"

/* What is collected, and for whom. Once memory has run out, list is NULL and the rest is only counted. */
struct collector {
	const struct sl_snapshot *s;
	uint16_t interface;
	bool v4;
	struct sl_wanted_groups *wanted;
	unsigned int room;
};

static void add(struct collector *c, const struct sl_ip *group, const struct sl_ip *source)
{
	struct sl_wanted_group *to = c->wanted->list;

	if (sl_ip_is_v4(group) != c->v4)
		return;
	if (c->wanted->n < c->room)
		to[c->wanted->n] = (struct sl_wanted_group){ .group = *group };
	if (c->wanted->n < c->room && source != NULL)
		to[c->wanted->n].source = *source;
	c->wanted->n++;
}

static bool has_ipv6(const struct sl_interface *interface)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++)
		if (!sl_ip_is_v4(&interface->addresses[i].ip))
			return true;
	return false;
}

/* Addresses that are on no interface are answered on any, so all of them must hear the solicitations. */
static bool heard_on(const struct sl_local *local, uint16_t interface)
{
	return local->kinds != 0 && !sl_ip_is_v4(&local->ip) &&
	       (local->interface == interface || local->interface == SL_ID_NONE);
}

static void add_solicited_nodes(struct collector *c)
{
	if (c->v4 || !has_ipv6(&c->s->interfaces[c->interface]))
		return;
	for (uint32_t i = 0; i < 1u << c->s->locals_bits; i++) {
		if (!heard_on(&c->s->locals[i], c->interface))
			continue;
		struct sl_ip group = sl_nd_solicited_node(&c->s->locals[i].ip);
		add(c, &group, NULL);
	}
}

static uint32_t groups_of(const struct sl_prefix *prefix)
{
	return prefix->len + 31 > 128 ? 1u << (128 - prefix->len) : UINT32_MAX;
}

static void add_input(struct collector *c, const struct sl_relay_input *in)
{
	for (unsigned int i = 0; i < in->n_sources; i++)
		add(c, &in->group.ip, &in->sources[i]);
	for (uint32_t i = 0; in->n_sources == 0 && i < groups_of(&in->group); i++) {
		struct sl_ip group = in->group.ip;
		group.w_be[3] = rte_cpu_to_be_32(rte_be_to_cpu_32(group.w_be[3]) + i);
		add(c, &group, NULL);
	}
}

static const struct sl_relay_input *input_at(const struct sl_snapshot *s, uint16_t interface, unsigned int relay, unsigned int i)
{
	const struct sl_relay *r = &s->relays.list[relay];

	return i < r->n_inputs && r->in[i].multicast && r->in[i].interface == interface ? &r->in[i] : NULL;
}

/* Inputs that are joined, or those that are not, unless they have more groups than a filter could name. */
static void add_relays(struct collector *c, bool joined)
{
	for (unsigned int i = 0; i < 2u * c->s->relays.n; i++) {
		const struct sl_relay_input *in = input_at(c->s, c->interface, i / 2, i % 2);
		if (in != NULL && in->join == joined && groups_of(&in->group) <= SL_RELAY_JOINS_MAX)
			add_input(c, in);
	}
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sl_wanted_group));
}

static void sort(struct sl_wanted_groups *wanted)
{
	unsigned int kept = 0;

	qsort(wanted->list, wanted->n, sizeof(*wanted->list), compare);
	for (unsigned int i = 0; i < wanted->n; i++)
		if (kept == 0 || compare(&wanted->list[kept - 1], &wanted->list[i]) != 0)
			wanted->list[kept++] = wanted->list[i];
	wanted->n = kept;
}

/* Counted first, so that there is room, then again to fill it. */
static int collect(struct collector *c, void (*fill)(struct collector *c))
{
	c->wanted->n = c->room = 0;
	fill(c);
	c->room = c->wanted->n;
	c->wanted->list = calloc(c->room + 1, sizeof(*c->wanted->list));
	if (c->wanted->list == NULL)
		return -1;
	c->wanted->n = 0;
	fill(c);
	sort(c->wanted);
	return 0;
}

static void add_joined(struct collector *c)
{
	add_solicited_nodes(c);
	add_relays(c, true);
}

int sl_listener_collect(const struct sl_snapshot *s, uint16_t interface, bool v4, struct sl_wanted_groups *wanted)
{
	struct collector c = { .s = s, .interface = interface, .v4 = v4, .wanted = wanted };

	return collect(&c, add_joined);
}

/* ---- the filter of a port ---- */

static void add_heard(struct collector *c)
{
	/* where routers ask, and with IPv6 what neighbours tell all */
	static const struct sl_ip all4 = { .b = { [10] = 0xff, 0xff, 224, 0, 0, 1 } };
	static const struct sl_ip all6 = { .b = { 0xff, 0x02, [15] = 1 } };
	unsigned int n = c->wanted->n;

	add_joined(c);
	add_relays(c, false);
	if (c->wanted->n > n)
		add(c, c->v4 ? &all4 : &all6, NULL);
}

/* All interfaces of port c->interface, both families. */
static void add_port(struct collector *c)
{
	uint16_t port = c->interface;

	for (uint16_t i = 0; i < c->s->n_interfaces; i++) {
		if (c->s->interfaces[i].name[0] == '\0' || c->s->interfaces[i].port != port)
			continue;
		c->interface = i;
		c->v4 = true;
		add_heard(c);
		c->v4 = false;
		add_heard(c);
	}
	c->interface = port;
}

/* Some input has more groups than a filter could name. */
static bool hears_too_many(const struct sl_snapshot *s, uint16_t port)
{
	for (unsigned int i = 0; i < s->relays.n; i++)
		for (unsigned int j = 0; j < s->relays.list[i].n_inputs; j++) {
			const struct sl_relay_input *in = &s->relays.list[i].in[j];
			if (in->multicast && s->interfaces[in->interface].port == port &&
			    groups_of(&in->group) > SL_RELAY_JOINS_MAX)
				return true;
		}
	return false;
}

static int compare_macs(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

int sl_listener_filter(const struct sl_snapshot *s, uint16_t port, const struct sl_listen_ops *ops, void *arg)
{
	struct sl_wanted_groups wanted;
	struct collector c = { .s = s, .interface = port, .wanted = &wanted };
	unsigned int n = 0;

	if (hears_too_many(s, port)) {
		ops->filter_none(arg, port);
		return 0;
	}
	if (collect(&c, add_port) != 0)
		return -1;
	uint8_t(*macs)[6] = calloc(wanted.n + 1, sizeof(*macs));
	if (macs == NULL) {
		free(wanted.list);
		return -1;
	}
	for (unsigned int i = 0; i < wanted.n; i++)
		sl_group_mac(&wanted.list[i].group, macs[i]);
	qsort(macs, wanted.n, sizeof(*macs), compare_macs);
	for (unsigned int i = 0; i < wanted.n; i++)
		if (n == 0 || compare_macs(macs[n - 1], macs[i]) != 0)
			memmove(macs[n++], macs[i], sizeof(*macs));
	ops->filter(arg, port, (const uint8_t(*)[6])macs, n);
	free(wanted.list);
	free(macs);
	return 0;
}
