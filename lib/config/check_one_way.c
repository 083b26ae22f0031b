/* SPDX-License-Identifier: BSD-3-Clause */
/* Services of modes dsr, ipip and gue: only clients' packets pass by, so nothing may depend on the backends'. */
#include "check.h"

static bool on_any_link(const struct sl_config *config, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++)
		if (sl_on_link(&config->interfaces[i], ip))
			return true;
	return false;
}

static void check_stateless(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	const char *where = SL_AT("/services/%u/stateless", i);

	if (!service->stateless)
		return;
	if (!sl_mode_is_one_way(service->mode))
		sl_problem_add(c->problems, where, "remove it, or set \"mode\" to \"dsr\", \"ipip\" or \"gue\"",
			       "mode %s translates, and must remember what for", sl_mode_name(service->mode));
	if (!sl_scheduler_hashes(service->scheduler))
		sl_problem_add(c->problems, where, "remove it, or set \"scheduler\" to \"maglev\" or \"source-hash\"",
			       "scheduler %s does not choose the same backend again", sl_scheduler_name(service->scheduler));
	if (service->affinity != SL_AFFINITY_NONE)
		sl_problem_add(c->problems, where, "remove \"affinity\"; scheduler source-hash keeps clients together",
			       "nothing is remembered of a client either");
}

void sl_check_one_way(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	const char *mode = sl_mode_name(service->mode);

	check_stateless(c, i);
	if (!sl_mode_is_one_way(service->mode))
		return;
	if (service->scheduler == SL_SCHEDULER_LEAST_LATENCY)
		sl_problem_add(c->problems, SL_AT("/services/%u/scheduler", i), "choose least-connections, maglev or random-two",
			       "scheduler least-latency needs replies to measure, and in mode %s they do not pass by", mode);
	if (service->udp_kind == SL_UDP_REQUEST_RESPONSE)
		sl_problem_add(c->problems, SL_AT("/services/%u/udp_kind", i), "choose bidirectional or one-way",
			       "replies cannot be counted, because in mode %s they do not pass by", mode);
	if (service->proxy_protocol != SL_PROXY_PROTOCOL_OFF)
		sl_problem_add(c->problems, SL_AT("/services/%u/proxy_protocol", i), "remove it, or set \"mode\" to \"full-nat\" or \"dnat\"",
			       "replies' sequence numbers would have to be changed, and in mode %s they do not pass by; the backends see the "
			       "client's address anyway", mode);
	for (unsigned int j = 0; service->mode == SL_MODE_DSR && j < service->n_backends; j++) {
		const struct sl_ip *ip = &service->backends[j].address;
		if (sl_ip_given(ip) && c->clean && !on_any_link(c->config, ip))
			sl_problem_add(c->problems, SL_AT("/services/%u/backends/%u/address", i, j),
				       "give an address on link of an interface, or set \"mode\" to \"ipip\" or \"gue\"",
				       "%s is behind a router, and mode dsr reaches its backends by their MAC address", SL_IP_TEXT(ip));
	}
}
