/* SPDX-License-Identifier: BSD-3-Clause */
/* Health checks: texts that read as they should, and a way to each backend that the host's own sockets can take. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "sluice/config/companion.h"

#include "check.h"

static const struct sl_config_health *health_of(const struct sl_checker *c, unsigned int i)
{
	return &c->config->services[i].health;
}

/* Visible ASCII; `space`: with spaces. What a header or request line cannot hold would change its meaning. */
static bool is_visible(const char *text, bool space)
{
	for (; *text != '\0'; text++)
		if (*text < (space ? ' ' : '!') || *text > '~')
			return false;
	return true;
}

static void check_http(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_health *health = health_of(c, i);

	if (health->path != NULL && (health->path[0] != '/' || !is_visible(health->path, false)))
		sl_problem_add(c->problems, SL_AT("/services/%u/health/path", i), "escape what a URL cannot hold: %20 is a space",
			       "a path begins with / and has visible ASCII characters only");
	if (health->host != NULL && !is_visible(health->host, false))
		sl_problem_add(c->problems, SL_AT("/services/%u/health/host", i), NULL,
			       "a Host header has visible ASCII characters only");
	if (health->status != NULL && !sl_status_list_is_good(health->status))
		sl_problem_add(c->problems, SL_AT("/services/%u/health/status", i), "write it like 200,204,300-399",
			       "not a list of status codes and ranges in 100..599");
}

static void check_escapes(struct sl_checker *c, const char *where, const char *text)
{
	uint8_t bytes[SL_CHECK_DATA_MAX];

	if (text != NULL && sl_unescape(text, bytes, sizeof(bytes)) < 0)
		sl_problem_add(c->problems, where, "write bytes as \\\\xHH and a backslash as \\\\\\\\ in the file",
			       "it has another escape than \\xHH and \\\\, or is longer than %u bytes", SL_CHECK_DATA_MAX);
}

static void check_udp(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_health *health = health_of(c, i);

	if (c->clean && health->send == NULL)
		sl_problem_add(c->problems, SL_AT("/services/%u/health/send", i), "give a datagram that the backend answers",
			       "a check of type udp needs something to send");
	check_escapes(c, SL_AT("/services/%u/health/send", i), health->send);
	check_escapes(c, SL_AT("/services/%u/health/expect", i), health->expect);
}

/* An address that the host's sockets can have there. */
static bool has_source(const struct sl_checker *c, const struct sl_config_interface *interface, const struct sl_ip *backend)
{
	for (unsigned int j = 0; j < interface->n_addresses; j++) {
		const struct sl_ip *own = &interface->addresses[j].ip;
		if (sl_ip_given(own) && sl_ip_is_v4(own) == sl_ip_is_v4(backend) && !sl_ip_is_link_local(own) &&
		    sl_own_find(c, own, SL_OWN_SNAT) == NULL)
			return true;
	}
	return false;
}

static void check_ways(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];

	for (unsigned int j = 0; c->clean && j < service->n_backends; j++) {
		const struct sl_ip *ip = &service->backends[j].address;
		unsigned int k = sl_config_egress(c->config, ip);
		if (k == c->config->n_interfaces || has_source(c, &c->config->interfaces[k], ip))
			continue; /* that nothing leads there is said elsewhere */
		sl_problem_add(c->problems, SL_AT("/services/%u/health", i),
			       "give the interface one more address, or use another as \"snat\"",
			       "checks of %s would come from interface %s, which has no %s address that is not used as snat",
			       SL_IP_TEXT(ip), c->config->interfaces[k].name, sl_family(ip));
		return;
	}
}

/* Answers must come back through sluice to be seen. */
static void check_passive(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_config_passive *passive = &service->passive;

	if (passive->failures == 0)
		return;
	if (passive->hold_off_max_s < passive->hold_off_s)
		sl_problem_add(c->problems, SL_AT("/services/%u/passive/hold_off_max_s", i), NULL, "%u is less than hold_off_s, %u",
			       passive->hold_off_max_s, passive->hold_off_s);
	if (service->protocol == IPPROTO_UDP && service->udp_kind == SL_UDP_ONE_WAY)
		sl_problem_add(c->problems, SL_AT("/services/%u/passive", i), "remove it, or check actively by \"health\"",
			       "with \"udp_kind\" \"one-way\" nobody expects replies, so their absence says nothing");
	if (sl_mode_is_one_way(service->mode))
		sl_problem_add(c->problems, SL_AT("/services/%u/passive", i), "remove it, or check actively by \"health\"",
			       "in mode %s replies do not pass sluice, so it cannot see whether there are any", sl_mode_name(service->mode));
}

void sl_check_health(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_config_health *health = health_of(c, i);

	check_passive(c, i);
	if (c->clean && service->min_healthy != 0 && health->type == SL_CHECK_NONE && service->passive.failures == 0)
		sl_problem_add(c->problems, SL_AT("/services/%u/min_healthy", i), "add \"health\" or \"passive\", or remove it",
			       "nothing finds out which backends are well");
	if (health->type == SL_CHECK_NONE)
		return;
	if (health->type == SL_CHECK_HTTP)
		check_http(c, i);
	if (health->type == SL_CHECK_UDP)
		check_udp(c, i);
	if (health->type == SL_CHECK_ICMP && health->port != 0)
		sl_problem_add(c->problems, SL_AT("/services/%u/health/port", i), "remove it", "ICMP has no ports");
	if (c->clean && health->type != SL_CHECK_ICMP && health->port == 0 && sl_port_span(service) > 0)
		sl_problem_add(c->problems, SL_AT("/services/%u/health/port", i), NULL,
			       "a service with several ports has to say which of them is checked");
	if (service->n_backends != 0)
		check_ways(c, i);
}
