/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which relay feeds which. An output feeds an input when it sends to the input's group (or address) and port on the same
 * interface, from a source that the input takes. Either that is a loop, or a relay that waits for what sluice itself
 * sends, which never comes back to it; both are refused.
 *
 * Relays that feed each other by way of other machines are not seen here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

struct search {
	const struct sl_config *config;
	unsigned int *from; /* by relay: one before it on the way, UINT_MAX: not reached */
	unsigned int *by;   /* by relay: output of that one */
	unsigned int *queue;
};

static bool takes_source(const struct sl_config *config, const struct sl_config_relay_output *out,
			 const struct sl_config_relay_input *sender, const struct sl_config_relay_input *in)
{
	const struct sl_config_interface *interface = &config->interfaces[out->interface];

	if (in->n_sources == 0 || (out->keep_source && sender->n_sources == 0))
		return true;
	for (unsigned int i = 0; i < in->n_sources; i++) {
		for (unsigned int k = 0; out->keep_source && k < sender->n_sources; k++)
			if (sl_ip_equal(&in->sources[i], &sender->sources[k]))
				return true;
		if (!out->keep_source && sl_ip_given(&out->source) && sl_ip_equal(&in->sources[i], &out->source))
			return true;
		for (unsigned int k = 0; !out->keep_source && !sl_ip_given(&out->source) && k < interface->n_addresses; k++)
			if (sl_ip_equal(&in->sources[i], &interface->addresses[k].ip))
				return true;
	}
	return false;
}

static bool takes_destination(const struct sl_config_relay_output *out, const struct sl_config_relay_input *sender,
			      const struct sl_config_relay_input *in)
{
	if (!sl_ip_given(&out->address)) /* it keeps its group: the prefixes overlap */
		return sl_relay_input_is_group(in) &&
		       (sl_covers(&in->group, &sender->group.ip) || sl_covers(&sender->group, &in->group.ip));
	if (!sl_relay_input_is_group(in))
		return sl_ip_equal(&in->address, &out->address);
	return sl_covers(&in->group, &out->address);
}

/* Input of relay `to` that output `out` of relay `from` feeds; NULL: none. */
static const struct sl_config_relay_input *fed(const struct sl_config *config, unsigned int from, unsigned int out,
					       unsigned int to)
{
	const struct sl_config_relay_output *o = &config->relays[from].out[out];

	for (unsigned int n = 0; n < 2; n++) {
		const struct sl_config_relay_input *in = sl_relay_input(&config->relays[to], n);
		for (unsigned int m = 0; in != NULL && m < 2; m++) {
			const struct sl_config_relay_input *sender = sl_relay_input(&config->relays[from], m);
			uint16_t port;
			if (sender == NULL)
				continue;
			port = o->udp_port != 0 ? o->udp_port : sender->udp_port;
			if (o->interface == in->interface && port == in->udp_port && takes_destination(o, sender, in) &&
			    takes_source(config, o, sender, in))
				return in;
		}
	}
	return NULL;
}

/* The shortest way from relay `start` to relay `goal` over outputs that feed inputs. */
static bool find_way(struct search *s, unsigned int start, unsigned int goal)
{
	const struct sl_config *config = s->config;
	unsigned int head = 0, tail = 0;

	for (unsigned int i = 0; i < config->n_relays; i++)
		s->from[i] = UINT32_MAX;
	s->from[start] = start;
	for (s->queue[tail++] = start; head < tail; head++) {
		unsigned int at = s->queue[head];
		if (at == goal)
			return true;
		for (unsigned int j = 0; j < config->relays[at].n_out; j++) {
			for (unsigned int k = 0; k < config->n_relays; k++) {
				if (s->from[k] != UINT32_MAX || fed(config, at, j, k) == NULL)
					continue;
				s->from[k] = at;
				s->by[k] = j;
				s->queue[tail++] = k;
			}
		}
	}
	return false;
}

static void describe_step(FILE *out, const struct sl_config *config, unsigned int from, unsigned int output, unsigned int to)
{
	const struct sl_config_relay_output *o = &config->relays[from].out[output];
	const struct sl_config_relay_input *in = fed(config, from, output, to);
	const struct sl_ip *ip = sl_ip_given(&o->address) ? &o->address : sl_relay_input_ip(in);

	fprintf(out, "%s sends %s port %u by %s, where %s takes it", config->relays[from].name, SL_IP_TEXT(ip),
		o->udp_port != 0 ? o->udp_port : in->udp_port, config->interfaces[o->interface].name,
		to == from ? "it" : config->relays[to].name);
}

/* The way that find_way has found, backwards in `from`, told forwards. */
static void describe_way(FILE *out, struct search *s, unsigned int start, unsigned int goal)
{
	unsigned int n = 0;

	for (unsigned int at = goal; at != start; at = s->from[at])
		s->queue[n++] = at;
	while (n-- > 0) {
		fputs(", ", out);
		describe_step(out, s->config, s->from[s->queue[n]], s->by[s->queue[n]], s->queue[n]);
	}
}

static void report(struct sl_checker *c, struct search *s, unsigned int i, unsigned int j, unsigned int k)
{
	const char *where = SL_AT("/relays/%u/out/%u", i, j);
	char text[512];
	bool loop = find_way(s, k, i);
	unsigned int lowest = i; /* of the loop's relays: it is told there, and only there */

	for (unsigned int at = i; loop && at != k; at = s->from[at])
		lowest = s->from[at] < lowest ? s->from[at] : lowest;
	if (loop && lowest < i)
		return;
	FILE *out = fmemopen(text, sizeof(text), "w");
	if (out == NULL)
		return;
	describe_step(out, s->config, i, j, k);
	if (loop)
		describe_way(out, s, k, i);
	fclose(out);
	text[sizeof(text) - 1] = '\0';
	if (loop)
		sl_problem_add(c->problems, where, "change the group, the port or the interface of one of them",
			       "a loop: %s", text);
	else
		sl_problem_add(c->problems, where, "give the outputs of the second relay to the first one",
			       "%s: sluice does not hear what it sends itself", text);
}

void sl_check_relay_loops(struct sl_checker *c)
{
	unsigned int n = c->config->n_relays;
	struct search s = { .config = c->config };

	s.from = calloc(3 * (size_t)n + 1, sizeof(*s.from));
	if (s.from == NULL) {
		sl_problem_add(c->problems, "/relays", NULL, "out of memory");
		return;
	}
	s.by = s.from + n;
	s.queue = s.by + n;
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < c->config->relays[i].n_out; j++)
			for (unsigned int k = 0; k < n; k++)
				if (fed(c->config, i, j, k) != NULL)
					report(c, &s, i, j, k);
	free(s.from);
}
