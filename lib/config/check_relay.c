/* SPDX-License-Identifier: BSD-3-Clause */
/* Relays: each input has one relay, each output can be sent. Loops between them are in check_relay_loop.c. */
#include <netinet/in.h>
#include <string.h>

#include "sluice/config/companion.h"

#include "check.h"

/* ---- inputs ---- */

const char *sl_relay_input_where(char buf[SL_AT_MAX], const struct sl_config_relay *relay, unsigned int i, unsigned int n)
{
	const char *second = sl_config_relay_input_given(&relay->redundant.in) ? "redundant/in" : "failover/in";

	return sl_at(buf, "/relays/%u/%s", i, n == 0 ? "in" : second);
}

const struct sl_config_relay_input *sl_relay_input(const struct sl_config_relay *relay, unsigned int n)
{
	const struct sl_config_relay_input *second;
	unsigned int count = sl_config_relay_inputs(relay, &second);

	return n == 0 ? &relay->in : n < count ? second : NULL;
}

bool sl_relay_input_is_group(const struct sl_config_relay_input *in)
{
	return sl_ip_given(&in->group.ip);
}

const struct sl_ip *sl_relay_input_ip(const struct sl_config_relay_input *in)
{
	return sl_relay_input_is_group(in) ? &in->group.ip : &in->address;
}

static bool has_family(const struct sl_config_interface *interface, bool v4)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++)
		if (sl_ip_given(&interface->addresses[i].ip) && sl_ip_is_v4(&interface->addresses[i].ip) == v4)
			return true;
	return false;
}

/* RFC 4607 section 1: 232.0.0.0/8 and ff3x::/32. */
static bool is_source_specific(const struct sl_ip *group)
{
	if (sl_ip_is_v4(group))
		return group->b[12] == 232;
	return group->b[0] == 0xff && group->b[1] >> 4 == 3 && group->b[2] == 0 && group->b[3] == 0;
}

static void check_group(struct sl_checker *c, const char *where, const struct sl_config_relay_input *in)
{
	const struct sl_prefix *group = &in->group;
	bool v4 = sl_ip_is_v4(&group->ip);

	if (group->len < 128 && in->n_sources > 0)
		sl_problem_add(c->problems, where, "name the groups one by one, or leave \"sources\" out",
			       "a prefix of groups has no \"sources\"");
	if (group->len < 128 && in->join && 1ull << (128 - RTE_MAX(group->len, 128 - 32)) > SL_RELAY_JOINS_MAX)
		sl_problem_add(c->problems, where,
			       "name a smaller one, or set \"join\" to false and let the network send the groups unasked",
			       "%s has more than %u groups, which are too many to join one by one", SL_PREFIX_TEXT(group),
			       SL_RELAY_JOINS_MAX);
	if (group->len == 128 && in->n_sources == 0 && is_source_specific(&group->ip))
		sl_problem_add(c->problems, where, "name the senders in \"sources\"",
			       "%s is for source-specific multicast (RFC 4607), which needs to know the sources",
			       SL_IP_TEXT(&group->ip));
	if (!v4 && in->join && c->clean && !has_family(&c->config->interfaces[in->interface], false))
		sl_problem_add(c->problems, where, "give it one, or set \"join\" to false",
			       "interface %s has no IPv6 address, so it cannot join groups of IPv6",
			       c->config->interfaces[in->interface].name);
}

static void check_address(struct sl_checker *c, const char *where, const struct sl_config_relay_input *in)
{
	const struct sl_own *snat = sl_own_find(c, &in->address, SL_OWN_SNAT);

	if (sl_ip_is_link_local(&in->address)) {
		sl_problem_add(c->problems, where, "give a global or unique local address", "%s is link-local",
			       SL_IP_TEXT(&in->address));
		return;
	}
	if (sl_refuse_edge(c, where, &in->address))
		return;
	if (snat != NULL)
		sl_problem_add(c->problems, where, "give an address that is no snat address",
			       "%s is a snat address (%s): replies of backends come to it", SL_IP_TEXT(&in->address),
			       SL_OWN_AT(snat));
	for (unsigned int i = 0; i < c->config->n_services; i++) {
		const struct sl_config_service *service = &c->config->services[i];
		if (service->protocol == IPPROTO_UDP && service->port == in->udp_port &&
		    sl_ip_equal(&service->address, &in->address))
			sl_problem_add(c->problems, where, "give one of them another port or address",
				       "%s port %u udp belongs to /services/%u", SL_IP_TEXT(&in->address), in->udp_port, i);
	}
}

static void check_sources(struct sl_checker *c, const char *where, const struct sl_config_relay_input *in)
{
	for (unsigned int i = 0; i < in->n_sources; i++) {
		const char *at = SL_AT("%s/sources/%u", where, i);
		if (!sl_ip_given(&in->sources[i]))
			continue;
		if (sl_ip_is_v4(&in->sources[i]) != sl_ip_is_v4(sl_relay_input_ip(in)))
			sl_problem_add(c->problems, at, NULL, "%s is %s, and the stream is %s", SL_IP_TEXT(&in->sources[i]),
				       sl_family(&in->sources[i]), sl_family(sl_relay_input_ip(in)));
		for (unsigned int k = 0; k < i; k++)
			if (sl_ip_equal(&in->sources[k], &in->sources[i]))
				sl_problem_add(c->problems, at, NULL, "%s is given already at %s/sources/%u",
					       SL_IP_TEXT(&in->sources[i]), where, k);
	}
}

static bool share_source(const struct sl_config_relay_input *a, const struct sl_config_relay_input *b)
{
	if (a->n_sources == 0 || b->n_sources == 0)
		return a->n_sources == b->n_sources; /* (S,G) goes before (*,G) */
	for (unsigned int i = 0; i < a->n_sources; i++)
		for (unsigned int k = 0; k < b->n_sources; k++)
			if (sl_ip_equal(&a->sources[i], &b->sources[k]))
				return true;
	return false;
}

static bool same_input(const struct sl_config_relay_input *a, const struct sl_config_relay_input *b)
{
	return a->interface == b->interface && a->udp_port == b->udp_port && a->group.len == b->group.len &&
	       sl_ip_equal(sl_relay_input_ip(a), sl_relay_input_ip(b)) && share_source(a, b);
}

/* A datagram belongs to one input. */
static void check_shared(struct sl_checker *c, unsigned int i, unsigned int n)
{
	const struct sl_config_relay *relay = &c->config->relays[i];
	const struct sl_config_relay_input *in = sl_relay_input(relay, n);

	for (unsigned int k = 0; k <= i; k++) {
		const struct sl_config_relay *other = &c->config->relays[k];
		for (unsigned int m = 0; m < (k < i ? 2 : n); m++) {
			const struct sl_config_relay_input *first = sl_relay_input(other, m);
			if (first == NULL || !sl_ip_given(sl_relay_input_ip(first)) || !same_input(in, first))
				continue;
			sl_problem_add(c->problems, SL_INPUT_AT(relay, i, n), "put all outputs into one relay, or name other "
				       "\"sources\"", "the same input as %s", SL_INPUT_AT(other, k, m));
			return;
		}
	}
}

static void check_input(struct sl_checker *c, unsigned int i, unsigned int n)
{
	const struct sl_config_relay *relay = &c->config->relays[i];
	const struct sl_config_relay_input *in = sl_relay_input(relay, n);
	const char *where = SL_INPUT_AT(relay, i, n);
	bool group = sl_relay_input_is_group(in), address = sl_ip_given(&in->address);

	if (group == address) {
		if (c->clean || group)
			sl_problem_add(c->problems, where, NULL,
				       group ? "both \"group\" and \"address\" are given: one of them" :
					       "neither \"group\" nor \"address\" is given: one of them");
		return;
	}
	if (group)
		check_group(c, where, in);
	else
		check_address(c, where, in);
	check_sources(c, where, in);
	if (n == 1 && sl_ip_given(sl_relay_input_ip(&relay->in)) &&
	    sl_ip_is_v4(sl_relay_input_ip(&relay->in)) != sl_ip_is_v4(sl_relay_input_ip(in)))
		sl_problem_add(c->problems, where, "make two relays of them", "%s is %s, and the first input is %s",
			       SL_IP_TEXT(sl_relay_input_ip(in)), sl_family(sl_relay_input_ip(in)),
			       sl_family(sl_relay_input_ip(&relay->in)));
	if (c->clean)
		check_shared(c, i, n);
}

/* ---- outputs ---- */

/* NULL in a configuration without any, which is not clean. */
static const struct sl_config_interface *interface_of(const struct sl_config *config, const struct sl_config_relay_output *out)
{
	return config->n_interfaces > 0 ? &config->interfaces[out->interface] : NULL;
}

static void check_host(struct sl_checker *c, const char *where, const struct sl_config_relay_output *out)
{
	const struct sl_config *config = c->config;
	const struct sl_config_interface *interface = interface_of(config, out);

	if (sl_refuse_not_host(c, where, &out->address) || !c->clean)
		return;
	if (sl_ip_is_link_local(&out->address)) {
		if (!sl_on_link(interface, &out->address))
			sl_problem_add(c->problems, where, NULL, "interface %s has no IPv6 address", interface->name);
		return;
	}
	unsigned int by = sl_config_egress(config, &out->address);
	if (by == out->interface)
		return;
	if (by == config->n_interfaces)
		sl_problem_add(c->problems, where, "add an interface address whose prefix covers it, a route to it, or a "
			       "default gateway", "nothing leads to %s", SL_IP_TEXT(&out->address));
	else
		sl_problem_add(c->problems, where, "name that interface, or add a route",
			       "%s is reached by interface %s, not by %s", SL_IP_TEXT(&out->address),
			       config->interfaces[by].name, interface->name);
}

static void check_source(struct sl_checker *c, const char *where, const struct sl_config_relay_output *out, bool v4,
			 bool same_family)
{
	const struct sl_config_interface *interface = interface_of(c->config, out);
	bool given = sl_ip_given(&out->source);

	if (given && out->keep_source)
		sl_problem_add(c->problems, SL_AT("%s/source", where), "remove one of them",
			       "\"keep_source\" is true, so there is no other source");
	if (given && sl_ip_is_v4(&out->source) != v4)
		sl_problem_add(c->problems, SL_AT("%s/source", where), NULL, "%s is %s, and what it sends to is not",
			       SL_IP_TEXT(&out->source), sl_family(&out->source));
	if (out->keep_source && !same_family)
		sl_problem_add(c->problems, SL_AT("%s/keep_source", where), "give a \"source\"",
			       "the sender has no address of the family it sends to");
	if (!given && !out->keep_source && c->clean && !has_family(interface, v4))
		sl_problem_add(c->problems, SL_AT("%s/interface", where), "give it one, or give a \"source\"",
			       "interface %s has no %s address to send from", interface->name, v4 ? "IPv4" : "IPv6");
}

static void check_output(struct sl_checker *c, unsigned int i, unsigned int j)
{
	const struct sl_config_relay *relay = &c->config->relays[i];
	const struct sl_config_relay_output *out = &relay->out[j];
	const char *where = SL_AT("/relays/%u/out/%u", i, j);
	const struct sl_ip *in = sl_relay_input_ip(&relay->in);
	bool keeps = !sl_ip_given(&out->address);
	const struct sl_ip *to = keeps ? in : &out->address;

	for (unsigned int n = 0; keeps && c->clean && n < 2; n++) {
		const struct sl_config_relay_input *input = sl_relay_input(relay, n);
		if (input != NULL && !sl_relay_input_is_group(input))
			sl_problem_add(c->problems, SL_AT("%s/address", where), NULL,
				       "missing; it must be given, as %s is no group", SL_INPUT_AT(relay, i, n));
	}
	if (!sl_ip_given(to) || (keeps && !sl_relay_input_is_group(&relay->in)))
		return;
	bool v4 = sl_ip_is_v4(to);
	if (!keeps && !sl_ip_is_multicast(to))
		check_host(c, SL_AT("%s/address", where), out);
	check_source(c, where, out, v4, !sl_ip_given(in) || sl_ip_is_v4(in) == v4);
	if (!v4 && out->checksum == SL_RELAY_CHECKSUM_ZERO)
		sl_problem_add(c->problems, SL_AT("%s/checksum", where), "choose \"update\" or \"compute\"",
			       "UDP over IPv6 needs a checksum (RFC 8200 section 8.1)");
	for (unsigned int k = 0; c->clean && k < j; k++) {
		const struct sl_config_relay_output *other = &relay->out[k];
		if (other->interface == out->interface && other->udp_port == out->udp_port &&
		    sl_ip_equal(&other->address, &out->address)) {
			sl_problem_add(c->problems, where, NULL, "the same destination as /relays/%u/out/%u", i, k);
			break;
		}
	}
}

/* ---- relays ---- */

static void check_identity(struct sl_checker *c, unsigned int i)
{
	const struct sl_config *config = c->config;
	const struct sl_config_relay *relay = &config->relays[i];

	if (relay->id > config->max_relays)
		sl_problem_add(c->problems, SL_AT("/relays/%u/id", i), "give a smaller one, or raise max_relays",
			       "%u is above max_relays, %u", relay->id, config->max_relays);
	for (unsigned int k = 0; k < i; k++) {
		if (relay->name[0] != '\0' && strcmp(config->relays[k].name, relay->name) == 0)
			sl_problem_add(c->problems, SL_AT("/relays/%u/name", i), NULL,
				       "%s is the name of /relays/%u already", relay->name, k);
		if (relay->id != 0 && config->relays[k].id == relay->id)
			sl_problem_add(c->problems, SL_AT("/relays/%u/id", i), NULL, "%u is the id of /relays/%u already",
				       relay->id, k);
	}
}

static void check_second(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_relay *relay = &c->config->relays[i];
	bool redundant = sl_config_relay_input_given(&relay->redundant.in);

	if (redundant && sl_config_relay_input_given(&relay->failover.in))
		sl_problem_add(c->problems, SL_AT("/relays/%u/failover", i), "keep one of them",
			       "a relay is either \"redundant\" or has \"failover\"");
	if (redundant && c->clean && relay->stream.sequence == SL_RELAY_SEQUENCE_NONE)
		sl_problem_add(c->problems, SL_AT("/relays/%u/redundant", i),
			       "say in \"stream\" where the sequence number is",
			       "without a sequence number nobody can tell which datagrams are the same");
}

static void check_numbers(struct sl_checker *c)
{
	const struct sl_config *config = c->config;
	unsigned int outputs = 0, prefixes = 0;

	for (unsigned int i = 0; i < config->n_relays; i++) {
		outputs += config->relays[i].n_out;
		for (unsigned int n = 0; n < 2; n++) {
			const struct sl_config_relay_input *in = sl_relay_input(&config->relays[i], n);
			prefixes += in != NULL && sl_relay_input_is_group(in) && in->group.len < 128;
		}
	}
	if (config->n_relays > config->max_relays)
		sl_problem_add(c->problems, "/relays", "raise max_relays", "%u relays, and max_relays is %u", config->n_relays,
			       config->max_relays);
	if (outputs > config->max_relay_outputs)
		sl_problem_add(c->problems, "/relays", "raise max_relay_outputs",
			       "%u outputs in all relays together, and max_relay_outputs is %u", outputs,
			       config->max_relay_outputs);
	if (prefixes > SL_RELAY_PREFIXES_MAX)
		sl_problem_add(c->problems, "/relays", "name groups", "%u inputs are prefixes; there may be %u", prefixes,
			       SL_RELAY_PREFIXES_MAX);
}

void sl_check_relays(struct sl_checker *c)
{
	const struct sl_config *config = c->config;

	check_numbers(c);
	for (unsigned int i = 0; i < config->n_relays; i++) {
		check_identity(c, i);
		check_second(c, i);
		for (unsigned int n = 0; n < 2; n++)
			if (sl_relay_input(&config->relays[i], n) != NULL)
				check_input(c, i, n);
		for (unsigned int j = 0; j < config->relays[i].n_out; j++)
			check_output(c, i, j);
	}
	if (c->clean)
		sl_check_relay_loops(c);
}
