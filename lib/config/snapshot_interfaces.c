/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports, interfaces and what hangs on them. An interface whose device is unknown is compiled without a port: the
 * snapshot will be refused, but routes over it are not reported as wrong too.
 */
#include <stdlib.h>

#include "snapshot_build.h"

static uint16_t find_port(const struct sl_build *b, const char *device)
{
	for (unsigned int i = 0; i < b->n_ports; i++) {
		if (strcmp(b->ports[i].name, device) == 0)
			return (uint16_t)i;
	}
	return SL_ID_NONE;
}

static uint16_t find_port_or_report(struct sl_build *b, const char *device, const char *where)
{
	uint16_t port = find_port(b, device);

	if (port == SL_ID_NONE)
		sl_problem_add(b->problems, where,
			       "name an opened device; a running sluice opens no new ones: restart it",
			       "device \"%s\" is not open", device);
	return port;
}

/* ---- ids ---- */

static uint16_t previous_id(const struct sl_build *b, const struct sl_config_interface *c, uint16_t port)
{
	for (uint16_t id = 0; b->previous != NULL && id < b->previous->n_interfaces; id++) {
		const struct sl_interface *old = &b->previous->interfaces[id];
		if (strcmp(old->name, c->name) == 0 && old->port == port && old->vlan == c->vlan)
			return id;
	}
	return SL_ID_NONE;
}

/* The previous snapshot has an interface of this id. */
static bool is_carried(const struct sl_build *b, uint16_t id)
{
	return b->previous != NULL && id < b->previous->n_interfaces && b->previous->interfaces[id].name[0] != '\0';
}

/*
 * An id for a new interface: one that was free before, if there is any. What is known of a removed interface's
 * neighbours, packets held for them and messages about them have its id, and go only after the workers have changed over.
 */
static uint16_t free_id(const struct sl_build *b, const bool taken[SL_MAX_INTERFACES])
{
	uint16_t any = SL_ID_NONE;

	for (uint16_t id = 0; id < SL_MAX_INTERFACES; id++) {
		if (taken[id])
			continue;
		if (!is_carried(b, id))
			return id;
		if (any == SL_ID_NONE)
			any = id;
	}
	return any;
}

/* Fill b->interface_ids and s->n_interfaces. The caller has checked that there are enough ids. */
static void assign_ids(struct sl_build *b, const uint16_t *ports)
{
	const struct sl_config *config = b->config;
	bool taken[SL_MAX_INTERFACES] = { false };
	uint16_t end = 0;

	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		uint16_t id = previous_id(b, &config->interfaces[i], ports[i]);
		if (id != SL_ID_NONE && taken[id])
			id = SL_ID_NONE; /* the same interface twice: reported when it is mapped */
		b->interface_ids[i] = id;
		if (id != SL_ID_NONE)
			taken[id] = true;
	}
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		if (b->interface_ids[i] == SL_ID_NONE) {
			b->interface_ids[i] = free_id(b, taken);
			taken[b->interface_ids[i]] = true;
		}
		if (b->interface_ids[i] >= end)
			end = (uint16_t)(b->interface_ids[i] + 1);
	}
	b->s->n_interfaces = end;
}

/* ---- one interface ---- */

static void set_mtu(struct sl_build *b, struct sl_interface *interface, uint16_t mtu, const char *where)
{
	char remedy[256];

	if (interface->port == SL_ID_NONE)
		return;
	const struct sl_port_facts *port = &b->ports[interface->port];
	interface->mtu = mtu != 0 ? mtu : port->mtu;
	b->s->smallest_mtu = RTE_MIN(b->s->smallest_mtu, interface->mtu);
	if (interface->mtu <= port->mtu)
		return;
	snprintf(remedy, sizeof(remedy),
		 "lower it to %u, or set \"mtu\": %u for the device in \"devices\" (for a virtual device also: "
		 "ip link set dev KERNEL_INTERFACE mtu %u) and restart",
		 port->mtu, mtu, mtu);
	sl_problem_add(b->problems, where, remedy, "%u is more than the MTU of device \"%s\", %u", mtu, port->name,
		       port->mtu);
}

static bool has_address(const struct sl_interface *interface, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		if (sl_ip_equal(&interface->addresses[i].ip, ip))
			return true;
	}
	return false;
}

static int set_addresses(struct sl_build *b, struct sl_interface *interface, const struct sl_config_interface *c)
{
	bool v6 = false;

	interface->addresses = sl_build_alloc(b, c->n_addresses + 1, sizeof(*interface->addresses));
	if (interface->addresses == NULL)
		return -1;
	for (unsigned int i = 0; i < c->n_addresses; i++) {
		interface->addresses[i] = c->addresses[i];
		v6 |= !sl_ip_is_v4(&c->addresses[i].ip);
	}
	interface->n_addresses = c->n_addresses;

	struct sl_prefix link_local = { .ip = sl_ip_link_local(interface->mac), .len = 64 };
	if (v6 && !has_address(interface, &link_local.ip))
		interface->addresses[interface->n_addresses++] = link_local;
	return 0;
}

static int set_interface(struct sl_build *b, unsigned int index, uint16_t port)
{
	const struct sl_config_interface *c = &b->config->interfaces[index];
	struct sl_interface *interface = &b->s->interfaces[b->interface_ids[index]];
	char where[SL_POINTER_MAX];

	memcpy(interface->name, c->name, sizeof(interface->name));
	interface->port = port;
	interface->vlan = c->vlan;
	interface->kernel = c->kernel;
	interface->kernel_pps = c->kernel_pps;
	if (port != SL_ID_NONE)
		memcpy(interface->mac, b->ports[port].mac, sizeof(interface->mac));
	snprintf(where, sizeof(where), "/interfaces/%u/mtu", index);
	set_mtu(b, interface, c->mtu, where);
	return set_addresses(b, interface, c);
}

/* ---- (port, VLAN) -> interface ---- */

/* Insert in order of VLAN id; there is room. */
static void insert_vlan(struct sl_port_map *map, uint16_t vlan, uint16_t interface)
{
	unsigned int at = map->n_vlans++;

	for (; at > 0 && map->vlans[at - 1].vlan > vlan; at--)
		map->vlans[at] = map->vlans[at - 1];
	map->vlans[at].vlan = vlan;
	map->vlans[at].interface = interface;
}

static void map_interface(struct sl_build *b, unsigned int index)
{
	uint16_t id = b->interface_ids[index];
	const struct sl_interface *interface = &b->s->interfaces[id];

	if (interface->port == SL_ID_NONE)
		return;
	uint16_t other = sl_snapshot_interface(b->s, interface->port, interface->vlan);
	if (other != SL_ID_NONE) {
		char where[SL_POINTER_MAX];
		snprintf(where, sizeof(where), "/interfaces/%u/vlan", index);
		sl_problem_add(b->problems, where, "give each interface of a device a \"vlan\" of its own",
			       "interface \"%s\" has the same device and VLAN as \"%s\"", interface->name,
			       b->s->interfaces[other].name);
		return;
	}
	if (interface->vlan == 0)
		b->s->ports[interface->port].untagged = id;
	else
		insert_vlan(&b->s->ports[interface->port], interface->vlan, id);
}

static int init_ports(struct sl_build *b)
{
	for (unsigned int i = 0; i < b->n_ports; i++) {
		struct sl_port_map *map = &b->s->ports[i];
		map->untagged = map->pair = SL_ID_NONE;
		map->vlans = sl_build_alloc(b, b->config->n_interfaces, sizeof(*map->vlans));
		b->s->n_ports = (uint16_t)(i + 1);
		if (map->vlans == NULL)
			return -1;
	}
	return 0;
}

static void set_pairs(struct sl_build *b)
{
	for (unsigned int i = 0; i < b->config->n_pairs; i++) {
		char where[2][SL_POINTER_MAX];
		uint16_t port[2];

		for (unsigned int j = 0; j < 2; j++) {
			snprintf(where[j], sizeof(where[j]), "/forwarding/pairs/%u/%u", i, j);
			port[j] = find_port_or_report(b, b->config->pairs[i][j], where[j]);
		}
		for (unsigned int j = 0; j < 2; j++) {
			if (port[0] == SL_ID_NONE || port[1] == SL_ID_NONE)
				continue;
			struct sl_port_map *map = &b->s->ports[port[j]];
			if (map->pair != SL_ID_NONE || port[0] == port[1])
				sl_problem_add(b->problems, where[j], "name each device in one pair only",
					       "device \"%s\" is already in a pair", b->config->pairs[i][j]);
			map->pair = port[1 - j];
		}
	}
}

static int set_neighbours(struct sl_build *b)
{
	const struct sl_config *config = b->config;

	b->s->neighbours = sl_build_alloc(b, config->n_neighbours, sizeof(*b->s->neighbours));
	if (b->s->neighbours == NULL)
		return -1;
	for (unsigned int i = 0; i < config->n_neighbours; i++) {
		b->s->neighbours[i] = config->neighbours[i];
		b->s->neighbours[i].interface = b->interface_ids[config->neighbours[i].interface];
	}
	b->s->n_neighbours = config->n_neighbours;
	return 0;
}

int sl_build_interfaces(struct sl_build *b)
{
	const struct sl_config *config = b->config;
	uint16_t ports[SL_MAX_INTERFACES];

	if (config->n_interfaces > SL_MAX_INTERFACES) {
		sl_problem_add(b->problems, "/interfaces", NULL, "%u interfaces are more than %u", config->n_interfaces,
			       SL_MAX_INTERFACES);
		return -1;
	}
	if (init_ports(b) != 0)
		return -1;
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		char where[SL_POINTER_MAX];
		snprintf(where, sizeof(where), "/interfaces/%u/device", i);
		ports[i] = find_port_or_report(b, config->interfaces[i].device, where);
	}
	assign_ids(b, ports);
	b->s->interfaces = sl_build_alloc(b, b->s->n_interfaces, sizeof(*b->s->interfaces));
	if (b->s->interfaces == NULL) {
		b->s->n_interfaces = 0;
		return -1;
	}
	b->s->smallest_mtu = UINT16_MAX;
	for (unsigned int id = 0; id < b->s->n_interfaces; id++)
		b->s->interfaces[id].mtu = UINT16_MAX;
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		if (set_interface(b, i, ports[i]) != 0)
			return -1;
		map_interface(b, i);
	}
	set_pairs(b);
	return set_neighbours(b);
}
