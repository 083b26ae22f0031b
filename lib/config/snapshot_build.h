/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a snapshot is compiled, step by step. Only lib/config/snapshot*.c include this.
 *
 * A step reports what is wrong with the configuration as problems and goes on, so that the user sees all of it; the
 * result is thrown away at the end. It returns -1 (and has reported why) when it cannot go on: no memory, no ids.
 */
#ifndef SLUICE_CONFIG_SNAPSHOT_BUILD_H
#define SLUICE_CONFIG_SNAPSHOT_BUILD_H

#include "sluice/base/hash.h"
#include "sluice/config/snapshot.h"

struct sl_build {
	const struct sl_config *config;
	const struct sl_port_facts *ports;
	unsigned int n_ports;
	const struct sl_snapshot *previous; /* NULL at start */
	const struct sl_usage *usage;	    /* NULL: keep no tombstones */
	struct sl_problems *problems;
	uint16_t interface_ids[SL_MAX_INTERFACES]; /* of config->interfaces[], from sl_build_interfaces */
	struct sl_snapshot *s;
};

/* The steps, in this order. */
int sl_build_interfaces(struct sl_build *b); /* ports, interfaces and their ids, VLAN maps, pairs, static neighbours */
int sl_build_services(struct sl_build *b);   /* services and backends, their ids, tombstones, the look-up by address */
int sl_build_dnat(struct sl_build *b);	     /* the look-up of dnat services by backend */
int sl_build_relays(struct sl_build *b);     /* relays and outputs, their ids, the look-up by datagram */
int sl_build_wide(struct sl_build *b);	     /* the look-up of services with ranges and prefixes */
int sl_build_locals(struct sl_build *b);     /* all addresses that are ours */
int sl_build_routes(struct sl_build *b);     /* connected prefixes, gateways, routes; the route epoch */

/* What sl_build_relays has allocated. */
void sl_relays_free(struct sl_relays *relays);

/* Zeroed memory for n objects; NULL, with a problem, when there is none. The caller hangs it into the snapshot. */
void *sl_build_alloc(struct sl_build *b, size_t n, size_t size);

/* Report that n bytes are not to be had. Returns -1. */
int sl_build_no_memory(struct sl_build *b, size_t n);

/* Interface whose connected prefix covers ip, the longest if there are several, or SL_ID_NONE. */
uint16_t sl_build_interface_covering(const struct sl_snapshot *s, const struct sl_ip *ip);

/* Longest JSON pointer used in problems, with its final 0. */
#define SL_POINTER_MAX 64

/* More than one port, or more than one address. */
static inline bool sl_service_is_wide(const struct sl_service *service)
{
	return service->port_span != 0 || service->vip_len != 128;
}

/* Addresses of a prefix are entered one by one up to here. */
#define SL_LISTED_LEN 120
static inline unsigned int sl_listed_addresses(const struct sl_service *service)
{
	return service->vip_len < SL_LISTED_LEN ? 0 : 1u << (128 - service->vip_len);
}

static inline uint32_t sl_wide_port(uint16_t port_be, uint8_t proto)
{
	return (uint32_t)proto << 16 | rte_be_to_cpu_16(port_be);
}

/* The dnat service with a range of ports of which (address, port) is a backend, or NULL. */
const struct sl_service *sl_snapshot_dnat_range(const struct sl_snapshot *s, const struct sl_ip *backend, uint32_t port);

/* Bits of a hash table that is at most half full with n entries. */
static inline uint8_t sl_table_bits(unsigned int n)
{
	uint8_t bits = 1;

	while ((1u << bits) < 2 * n)
		bits++;
	return bits;
}

/*
 * Hashes of the two look-up tables. The keys in the tables come from the configuration, and packets cannot lengthen a
 * probe, so constants do for the key.
 */
static inline uint32_t sl_local_hash(const struct sl_ip *ip)
{
	uint64_t address = sl_hash_mix(ip->q[0] ^ 0x9e3779b97f4a7c15, ip->q[1] ^ 0xd1b54a32d192ed03);

	return (uint32_t)sl_hash_mix(address, 0x8cb92ba72f3d8dd7);
}

static inline uint32_t sl_service_hash(const struct sl_ip *vip, uint16_t port_be, uint8_t proto)
{
	uint64_t address = sl_hash_mix(vip->q[0] ^ 0x9e3779b97f4a7c15, vip->q[1] ^ 0xd1b54a32d192ed03);
	uint64_t rest = (uint64_t)proto << 16 | port_be;

	return (uint32_t)sl_hash_mix(address ^ rest, 0x8cb92ba72f3d8dd7);
}

#endif
