/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot_build.h"

uint16_t sl_snapshot_vlan_interface(const struct sl_snapshot *s, uint16_t port, uint16_t vlan)
{
	const struct sl_port_map *map = &s->ports[port];
	unsigned int low = 0, high = map->n_vlans;
	while (low < high) {
		unsigned int middle = (low + high) / 2;
		if (map->vlans[middle].vlan < vlan)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->n_vlans && map->vlans[low].vlan == vlan ? map->vlans[low].interface : SL_ID_NONE;
}

const struct sl_local *sl_snapshot_local(const struct sl_snapshot *s, const struct sl_ip *ip)
{
	uint32_t mask = (1u << s->locals_bits) - 1;

	/* Ends at an empty slot: the table is at most half full. */
	for (uint32_t at = sl_local_hash(ip) & mask; s->locals[at].kinds != 0; at = (at + 1) & mask) {
		if (sl_ip_equal(&s->locals[at].ip, ip))
			return &s->locals[at];
	}
	return NULL;
}

const struct sl_service *sl_snapshot_service(const struct sl_snapshot *s, const struct sl_ip *vip, uint16_t port_be,
					     uint8_t proto)
{
	uint32_t mask = (1u << s->service_bits) - 1;
	uint32_t at = sl_service_hash(vip, port_be, proto) & mask;

	for (; s->service_slots[at] != SL_ID_NONE; at = (at + 1) & mask) {
		const struct sl_service *service = &s->services[s->service_slots[at]];
		if (service->port_be == port_be && service->proto == proto && sl_ip_equal(&service->vip, vip))
			return service;
	}
	return NULL;
}

const struct sl_nexthop *sl_snapshot_route(const struct sl_snapshot *s, const struct sl_ip *dst)
{
	if (sl_ip_is_link_local(dst))
		return NULL;

	uint32_t index = sl_lpm_lookup(s->routes, dst);
	return index == SL_LPM_NONE ? NULL : &s->nexthops[index];
}

const struct sl_ip *sl_interface_address(const struct sl_interface *interface, bool v4)
{
	const struct sl_ip *link_local = NULL;

	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct sl_ip *ip = &interface->addresses[i].ip;
		if (sl_ip_is_v4(ip) != v4)
			continue;
		if (!sl_ip_is_link_local(ip))
			return ip;
		if (link_local == NULL)
			link_local = ip;
	}
	return link_local;
}
