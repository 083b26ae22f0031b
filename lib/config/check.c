/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks that need more than one key. They run even after something could not be read, so that the user sees as
 * much as possible at once; a check that concludes from what is absent waits for a file that could be read completely.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "check.h"

/* EAL options that have a key of their own. */
static const struct {
	const char *option, *key;
} eal_keys[] = {
	{ "-l", "lcores" },
	{ "-c", "lcores" },
	{ "--lcores", "lcores" },
	{ "-m", "memory_mb" },
	{ "--vdev", "vdevs" },
	{ "--no-huge", "hugepages" },
	{ "--in-memory", "in_memory" },
	{ "--file-prefix", "file_prefix" },
};

static bool is_option(const char *argument, const char *option)
{
	size_t length = strlen(option);

	if (strncmp(argument, option, length) != 0)
		return false;
	return option[1] != '-' || argument[length] == '\0' || argument[length] == '=';
}

static void check_dpdk(struct sl_checker *c)
{
	const struct sl_config_dpdk *dpdk = &c->config->dpdk;

	if (dpdk->in_memory && !dpdk->hugepages)
		sl_problem_add(c->problems, "/dpdk/in_memory", "remove one of the two",
			       "in_memory needs hugepages, and \"hugepages\" is false");
	for (unsigned int i = 0; i < dpdk->n_vdevs; i++) {
		const char *vdev = dpdk->vdevs[i] != NULL ? dpdk->vdevs[i] : "";
		size_t length = strcspn(vdev, ",");

		if (vdev[0] == '-')
			sl_problem_add(c->problems, SL_AT("/dpdk/vdevs/%u", i), NULL,
				       "this is an option; give the device alone, as in \"net_af_packet0,iface=wan0\"");
		if (length >= SL_DEVICE_NAME_MAX)
			sl_problem_add(c->problems, SL_AT("/dpdk/vdevs/%u", i), NULL,
				       "the device name before the comma is longer than %u characters",
				       SL_DEVICE_NAME_MAX - 1);
		for (unsigned int k = 0; vdev[0] != '\0' && k < i; k++) {
			const char *other = dpdk->vdevs[k] != NULL ? dpdk->vdevs[k] : "";
			if (strcspn(other, ",") == length && strncmp(other, vdev, length) == 0)
				sl_problem_add(c->problems, SL_AT("/dpdk/vdevs/%u", i),
					       "number them: net_af_packet0, net_af_packet1",
					       "the same device name as /dpdk/vdevs/%u", k);
		}
	}
	for (unsigned int i = 0; i < dpdk->n_eal_args; i++) {
		const char *argument = dpdk->eal_args[i] != NULL ? dpdk->eal_args[i] : "";
		const char *where = SL_AT("/dpdk/eal_args/%u", i);

		if (strcmp(argument, "--") == 0)
			sl_problem_add(c->problems, where, "remove it", "-- would end EAL's arguments");
		for (size_t k = 0; k < RTE_DIM(eal_keys); k++) {
			if (is_option(argument, eal_keys[k].option))
				sl_problem_add(c->problems, where, "remove it, and use that key",
					       "%s has a key of its own: /dpdk/%s", eal_keys[k].option,
					       eal_keys[k].key);
		}
	}
}

static void check_devices(struct sl_checker *c)
{
	const struct sl_config *config = c->config;

	for (unsigned int i = 0; i < config->n_devices; i++) {
		const struct sl_config_device *device = &config->devices[i];

		const struct sl_config_device *first = sl_config_device_find(config, device->device);

		if (device->device[0] != '\0' && first != device)
			sl_problem_add(c->problems, SL_AT("/devices/%u/device", i), NULL,
				       "%s is given already at /devices/%u", device->device,
				       (unsigned int)(first - config->devices));
		/* the bound of a worker's receive queues (sluice/state/worker.h) */
		if (device->rx_queues > 4 * config->workers)
			sl_problem_add(c->problems, SL_AT("/devices/%u/rx_queues", i), "give fewer, or more workers",
				       "%u queues are more than 4 for each of %u workers", device->rx_queues,
				       config->workers);
	}
}

static bool has_ipv6(const struct sl_config_interface *interface)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		if (sl_ip_given(&interface->addresses[i].ip) && !sl_ip_is_v4(&interface->addresses[i].ip))
			return true;
	}
	return false;
}

static void check_mtu(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_interface *interface = &c->config->interfaces[i];
	const struct sl_config_device *device = sl_config_device_find(c->config, interface->device);
	uint16_t device_mtu = device != NULL ? device->mtu : 0;

	if (has_ipv6(interface) && interface->mtu != 0 && interface->mtu < 1280)
		sl_problem_add(c->problems, SL_AT("/interfaces/%u/mtu", i), NULL,
			       "%u is below 1280, which IPv6 needs (RFC 8200 section 5)", interface->mtu);
	if (has_ipv6(interface) && device_mtu != 0 && device_mtu < 1280)
		sl_problem_add(c->problems, SL_AT("/devices/%u/mtu", (unsigned int)(device - c->config->devices)), NULL,
			       "%u is below 1280, which the IPv6 address of interface %s needs (RFC 8200 section 5)",
			       device_mtu, interface->name);
	if (device_mtu != 0 && interface->mtu > device_mtu)
		sl_problem_add(c->problems, SL_AT("/interfaces/%u/mtu", i), NULL,
			       "%u is above the device's %u (/devices/%u/mtu)", interface->mtu, device_mtu,
			       (unsigned int)(device - c->config->devices));
}

/* Names are unique, and a frame belongs to one interface. */
static void check_interface_identity(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_interface *interface = &c->config->interfaces[i];

	for (unsigned int k = 0; k < i; k++) {
		const struct sl_config_interface *other = &c->config->interfaces[k];
		if (interface->name[0] != '\0' && strcmp(other->name, interface->name) == 0)
			sl_problem_add(c->problems, SL_AT("/interfaces/%u/name", i), NULL,
				       "%s is the name of /interfaces/%u already", interface->name, k);
		if (!c->clean || strcmp(other->device, interface->device) != 0 || other->vlan != interface->vlan)
			continue;
		if (interface->vlan != 0)
			sl_problem_add(c->problems, SL_AT("/interfaces/%u/vlan", i),
				       "put all addresses into one interface",
				       "VLAN %u of %s is /interfaces/%u already", interface->vlan, interface->device,
				       k);
		else
			sl_problem_add(c->problems, SL_AT("/interfaces/%u/device", i),
				       "put all addresses into one interface, or give this one a \"vlan\"",
				       "untagged frames of %s belong to /interfaces/%u already", interface->device, k);
	}
}

static void check_pairs(struct sl_checker *c)
{
	const struct sl_config *config = c->config;
	const struct {
		const char *name;
		unsigned int n;
	} layer3[] = {
		{ "interfaces", config->n_interfaces },
		{ "routes", config->n_routes },
		{ "neighbours", config->n_neighbours },
		{ "services", config->n_services },
		{ "relays", config->n_relays },
	};

	if (config->forwarding != SL_FORWARDING_PAIRS)
		return;
	for (size_t i = 0; i < RTE_DIM(layer3); i++) {
		if (layer3[i].n != 0)
			sl_problem_add(c->problems, SL_AT("/%s", layer3[i].name),
				       "remove it, or set \"forwarding\" to \"route\" or \"drop\"",
				       "not possible with forwarding pairs: port to port, nothing looks at layer 3");
	}
	for (unsigned int i = 0; i < 2 * config->n_pairs; i++) {
		const char *device = config->pairs[i / 2][i % 2];
		for (unsigned int k = 0; device[0] != '\0' && k < i; k++) {
			if (strcmp(config->pairs[k / 2][k % 2], device) != 0)
				continue;
			sl_problem_add(c->problems, SL_AT("/forwarding/pairs/%u/%u", i / 2, i % 2),
				       "a device is in one pair only, with another device",
				       "%s is given already at /forwarding/pairs/%u/%u", device, k / 2, k % 2);
			break;
		}
	}
}

/* True when the device is none of the SL_MAX_PORTS that can be opened; reported. */
static bool refuse_extra(struct sl_checker *c, const char *where, const char *device, const char *const *names)
{
	for (unsigned int i = 0; i < SL_MAX_PORTS; i++) {
		if (strcmp(names[i], device) == 0)
			return false;
	}
	sl_problem_add(c->problems, where, NULL, "%s is one device too many: sluice opens at most %u", device,
		       SL_MAX_PORTS);
	return true;
}

/* At least one device, and no more than sluice can open. */
static void check_device_count(struct sl_checker *c)
{
	const struct sl_config *config = c->config;
	const char *names[SL_MAX_PORTS];
	unsigned int n = sl_config_device_names(config, names);

	if (n == 0 && c->clean)
		sl_problem_add(c->problems, "/interfaces",
			       "add an interface with its \"device\" (config/examples/minimal.json)",
			       "no device is named anywhere");
	if (n < SL_MAX_PORTS || !c->clean)
		return;
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		if (refuse_extra(c, SL_AT("/interfaces/%u/device", i), config->interfaces[i].device, names))
			return;
	}
	for (unsigned int i = 0; i < 2 * config->n_pairs; i++) {
		if (refuse_extra(c, SL_AT("/forwarding/pairs/%u/%u", i / 2, i % 2), config->pairs[i / 2][i % 2], names))
			return;
	}
}

void sl_config_check(const struct sl_config *config, bool clean, struct sl_problems *problems)
{
	struct sl_checker c = { .config = config, .problems = problems, .clean = clean };

	if (sl_own_collect(&c) != 0) {
		sl_problem_add(problems, "", NULL, "out of memory");
		return;
	}
	check_dpdk(&c);
	check_devices(&c);
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		check_interface_identity(&c, i);
		check_mtu(&c, i);
	}
	check_device_count(&c);
	check_pairs(&c);
	sl_check_interfaces(&c);
	sl_check_routes(&c);
	sl_check_neighbours(&c);
	sl_check_services(&c);
	sl_check_relays(&c);
	free(c.own);
}
