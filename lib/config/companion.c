/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/config/companion.h"

#include "check.h"

/* Length of the longest prefix with which interface i leads to the address, -1: it does not. */
static int lead(const struct sl_config *config, unsigned int i, const struct sl_ip *ip)
{
	const struct sl_config_interface *interface = &config->interfaces[i];
	int best = -1;

	for (unsigned int j = 0; j < interface->n_addresses; j++)
		if (sl_covers(&interface->addresses[j], ip) && interface->addresses[j].len > best)
			best = interface->addresses[j].len;
	for (unsigned int j = 0; best < 0 && j < interface->n_gateways; j++)
		if (sl_ip_is_v4(&interface->gateways[j]) == sl_ip_is_v4(ip))
			best = sl_ip_is_v4(ip) ? 96 : 0;
	return best;
}

static unsigned int on_link_of(const struct sl_config *config, const struct sl_ip *ip)
{
	unsigned int i = 0;

	while (i < config->n_interfaces && !sl_on_link(&config->interfaces[i], ip))
		i++;
	return i;
}

unsigned int sl_config_egress(const struct sl_config *config, const struct sl_ip *ip)
{
	unsigned int found = config->n_interfaces;
	int best = -1;

	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		int length = lead(config, i, ip);
		if (length <= best)
			continue;
		best = length;
		found = i;
	}
	for (unsigned int i = 0; i < config->n_routes; i++) {
		const struct sl_config_route *route = &config->routes[i];
		if (!sl_covers(&route->prefix, ip) || route->prefix.len <= best)
			continue;
		best = route->prefix.len;
		found = on_link_of(config, &route->via);
	}
	return found;
}

const struct sl_config_service *sl_config_checked_through(const struct sl_config *config, unsigned int i)
{
	for (unsigned int k = 0; k < config->n_services; k++) {
		const struct sl_config_service *service = &config->services[k];
		if (service->health.type == SL_CHECK_NONE)
			continue;
		for (unsigned int j = 0; j < service->n_backends; j++)
			if (sl_config_egress(config, &service->backends[j].address) == i)
				return service;
	}
	return NULL;
}

bool sl_config_has_companions(const struct sl_config *config)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++)
		if (config->interfaces[i].kernel)
			return true;
	for (unsigned int i = 0; i < config->n_services; i++)
		if (config->services[i].health.type != SL_CHECK_NONE)
			return true;
	return false;
}
