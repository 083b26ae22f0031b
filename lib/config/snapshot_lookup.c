/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <rte_common.h>

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

/* The address is in a prefix whose addresses are not in the table each. */
static __rte_noinline const struct sl_local *wide_local(const struct sl_snapshot *s, const struct sl_ip *ip)
{
	uint32_t group = sl_lpm_lookup(s->wide.prefixes, ip);

	return group == SL_LPM_NONE || s->wide.groups[group].local.kinds == 0 ? NULL : &s->wide.groups[group].local;
}

const struct sl_local *sl_snapshot_local(const struct sl_snapshot *s, const struct sl_ip *ip)
{
	uint32_t mask = (1u << s->locals_bits) - 1;

	/* Ends at an empty slot: the table is at most half full. */
	for (uint32_t at = sl_local_hash(ip) & mask; s->locals[at].kinds != 0; at = (at + 1) & mask) {
		if (sl_ip_equal(&s->locals[at].ip, ip))
			return &s->locals[at];
	}
	return unlikely(s->wide.prefixes != NULL) ? wide_local(s, ip) : NULL;
}

/* The range that has the port, or NULL. */
static const struct sl_wide_range *find_range(const struct sl_wide_range *ranges, uint32_t n, uint32_t port)
{
	uint32_t low = 0;

	while (low < n) {
		uint32_t middle = low + (n - low) / 2;
		if (ranges[middle].last < port)
			low = middle + 1;
		else if (ranges[middle].first > port)
			n = middle;
		else
			return &ranges[middle];
	}
	return NULL;
}

/* From the longest prefix on; a draining service only if no prefix has another. */
static __rte_noinline const struct sl_service *wide_service(const struct sl_snapshot *s, const struct sl_ip *vip, uint32_t port,
							    const struct sl_service *otherwise)
{
	const struct sl_wide_group *group;

	for (uint32_t g = sl_lpm_lookup(s->wide.prefixes, vip); g != SL_LPM_NONE; g = group->parent) {
		group = &s->wide.groups[g];
		const struct sl_wide_range *range = find_range(s->wide.ranges + group->ranges, group->n_ranges, port);
		if (range == NULL)
			continue;
		const struct sl_service *service = &s->services[range->service];
		if (!service->draining)
			return service;
		if (otherwise == NULL)
			otherwise = service;
	}
	return otherwise;
}

const struct sl_service *sl_snapshot_service(const struct sl_snapshot *s, const struct sl_ip *vip, uint16_t port_be,
					     uint8_t proto)
{
	uint32_t mask = (1u << s->service_bits) - 1;
	uint32_t at = sl_service_hash(vip, port_be, proto) & mask;

	for (; s->service_slots[at] != SL_ID_NONE; at = (at + 1) & mask) {
		const struct sl_service *service = &s->services[s->service_slots[at]];
		if (service->port_be != port_be || service->proto != proto || !sl_ip_equal(&service->vip, vip))
			continue;
		if (unlikely(service->draining) && s->wide.prefixes != NULL)
			return wide_service(s, vip, sl_wide_port(port_be, proto), service);
		return service;
	}
	return unlikely(s->wide.prefixes != NULL) ? wide_service(s, vip, sl_wide_port(port_be, proto), NULL) : NULL;
}

const struct sl_service *sl_snapshot_dnat_range(const struct sl_snapshot *s, const struct sl_ip *backend, uint32_t port)
{
	unsigned int low = 0, high = s->n_dnat_ranges;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		const struct sl_dnat_range *range = &s->dnat_ranges[middle];
		int order = memcmp(&range->ip, backend, sizeof(*backend));
		if (order < 0 || (order == 0 && range->ports.last < port))
			low = middle + 1;
		else if (order > 0 || range->ports.first > port)
			high = middle;
		else
			return &s->services[range->ports.service];
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

struct sl_ip sl_snapshot_relay_hop(const struct sl_snapshot *s, const struct sl_relay_output *output)
{
	const struct sl_nexthop *hop = sl_snapshot_route(s, &output->ip);

	if (sl_ip_is_link_local(&output->ip))
		return output->ip;
	if (hop == NULL || hop->interface != output->interface)
		return (struct sl_ip){ 0 };
	return sl_ip_is_zero(&hop->via) ? output->ip : hop->via;
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
