/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The compiled configuration that workers read. Built by the control thread, immutable once published but for the pointer
 * to each service's schedule (schedule.h), freed after every worker has passed a quiescent state (RCU). Workers keep ids,
 * never pointers, beyond one burst.
 *
 * Ids of services and backends are stable: an object that two configurations share (a service by name, address, port,
 * protocol and mode; a backend by its service, address and port) keeps its id, so its flows and counters go on. What a new
 * configuration removes stays as a draining tombstone while it has flows. An id is free for another object once nothing
 * carries it: no tombstone, no flow in `usage`, and not the previous snapshot, which workers still read.
 *
 * Interface ids are stable too: an interface with the same name, port and VLAN keeps its id. Ids of removed interfaces
 * go to new ones of a later configuration, and until then interfaces[] has empty slots (name[0] == 0).
 */
#ifndef SLUICE_CONFIG_SNAPSHOT_H
#define SLUICE_CONFIG_SNAPSHOT_H

#include <stdatomic.h>

#include "sluice/base/id.h"
#include "sluice/base/lpm.h"
#include "sluice/config/config.h"
#include "sluice/config/schedule.h"
#include "sluice/config/snapshot_relay.h"

/* What the snapshot needs to know of an opened port. */
struct sl_port_facts {
	char name[SL_DEVICE_NAME_MAX];
	uint8_t mac[6];
	uint16_t mtu;
};

struct sl_interface {
	char name[SL_IFNAME_MAX]; /* empty: no interface has this id now */
	uint16_t port;
	uint16_t vlan; /* 0: untagged */
	uint16_t mtu;  /* UINT16_MAX where no interface has this id: what leads there is dropped for that, not for its length */
	uint8_t mac[6];
	bool kernel;	     /* has a companion */
	uint32_t kernel_pps; /* packets a second each worker may give it */
	struct sl_prefix *addresses; /* with IPv6, the link-local one made from the MAC address comes last */
	unsigned int n_addresses;
};

enum sl_local_kind {
	SL_LOCAL_NONE,	    /* not one of ours */
	SL_LOCAL_INTERFACE, /* an interface's own address */
	SL_LOCAL_VIP,	    /* a service's address */
	SL_LOCAL_SNAT,	    /* a source-NAT address */
	SL_LOCAL_RELAY,	    /* what a relay's senders send to */
};

/* One of our addresses. An address that is several things at once (an interface's own used as VIP or snat) has one bit each. */
struct sl_local {
	struct sl_ip ip;
	uint8_t kinds;	    /* 1 << enum sl_local_kind; 0: empty slot */
	/*
	 * Where it is announced and answered: the interface it belongs to, or for a VIP or source-NAT address the one
	 * whose prefix covers it. SL_ID_NONE: on any, since no prefix covers it, or since several interfaces have it (a
	 * link-local address, when VLANs of one port share its MAC address).
	 */
	uint16_t interface;
};
#define SL_LOCAL_IS(local, kind) (((local)->kinds & (1u << (kind))) != 0)

struct sl_nexthop {
	struct sl_ip via;   /* zero: the destination is on link */
	uint16_t interface;
};

struct sl_backend {
	struct sl_ip ip;
	uint16_t port_be;
	uint16_t weight; /* 0: takes no new flows */
	uint16_t id;
	bool backup;	     /* takes flows when the others cannot */
	uint32_t generation; /* of the snapshot that gave it its id: tells it from an earlier one with the same id */
};

struct sl_service {
	char name[SL_NAME_MAX];
	struct sl_ip vip;   /* the first */
	uint8_t vip_len;    /* of the prefix of all of them: 128 is one address */
	uint16_t port_be;   /* the first */
	uint16_t port_span; /* so many more behind it */
	uint16_t id;
	uint8_t proto;
	uint8_t mode;	   /* enum sl_mode */
	uint16_t mss_clamp; /* configured limit of TCP's maximum segment size, or UINT16_MAX */
	uint8_t scheduler; /* enum sl_scheduler */
	bool draining;	   /* removed: only its existing flows live on */
	uint16_t n_backends; /* that take part in scheduling: in the configuration */
	uint16_t n_draining; /* removed backends that still have flows, behind the others in backends[] */
	uint16_t n_snat;
	uint16_t n_draining_snat; /* removed ones that flows may still use, behind the others in snat[] */
	uint32_t generation; /* of the snapshot */
	uint8_t affinity;    /* enum sl_affinity */
	uint8_t affinity_prefix[2]; /* bits of the mapped form that make a client, IPv4 and IPv6 */
	uint32_t affinity_ticks;
	uint32_t table_size; /* of schedulers that hash */
	struct sl_hash_key hash_key;
	uint32_t slow_start_s;
	uint8_t min_healthy; /* per cent of the enabled backends; with fewer, backup ones help, then health is ignored */
	struct sl_backend *backends;
	_Atomic(struct sl_schedule *) schedule; /* control: exchanged when a state changes; NULL: draining, no new flows */
	struct sl_ip *snat;
	uint32_t timeout_ticks[SL_TIMEOUT_MAX]; /* SL_TICK_NS each */
	bool tcp_pickup;
	uint8_t proxy_protocol; /* enum sl_proxy_protocol */
	bool stateless;	       /* no flows: its packets go where the schedule's table says */
	uint8_t udp_kind;      /* enum sl_udp_kind */
	uint8_t udp_replies;
	uint8_t on_exhaustion; /* enum sl_exhaustion */
};

/*
 * Services with a range of ports or a prefix of addresses, which the exact look-up does not find. The ranges of a group lie apart,
 * sorted.
 */
struct sl_wide_range {
	uint32_t first, last; /* protocol << 16 | port */
	uint16_t service;     /* index in services */
};

struct sl_wide_group {
	uint32_t ranges, n_ranges; /* in sl_wide.ranges */
	uint32_t parent;	   /* group of the next shorter prefix that covers this one, SL_LPM_NONE: none */
	struct sl_local local;	   /* of addresses that are in no other table; kinds 0: they are */
};

struct sl_wide {
	struct sl_lpm *prefixes; /* -> index in groups */
	struct sl_wide_group *groups;
	struct sl_wide_range *ranges;
};

/* Backends of dnat services with a range of ports, sorted by address and range, which lie apart. */
struct sl_dnat_range {
	struct sl_ip ip;
	struct sl_wide_range ports;
};

/* Whose replies come from there: a backend of a dnat service, by address, port (0: any) and protocol. */
struct sl_dnat_backend {
	struct sl_ip ip;
	uint16_t port_be;
	uint16_t service; /* index in services; SL_ID_NONE: empty slot */
	uint8_t proto;
};

#define SL_TICK_NS (1u << 20) /* workers' coarse clock: 1.048576 ms, so a tick is a shift away from nanoseconds */

struct sl_port_map {
	uint16_t untagged; /* interface id, or SL_ID_NONE */
	uint16_t pair;	   /* port it is joined to by forwarding "pairs", or SL_ID_NONE */
	uint16_t n_vlans;
	struct { uint16_t vlan, interface; } *vlans; /* sorted by vlan */
};

struct sl_snapshot {
	uint64_t generation; /* counts publications from 1 */
	uint16_t route_epoch; /* differs whenever interfaces or routes do: cached next hops are looked up again; never 0 */
	uint8_t forwarding;   /* enum sl_forwarding */
	uint8_t unused_ports; /* enum sl_unused_ports */
	bool has_tunnels;     /* a service of mode ipip or gue */
	bool has_stateless;   /* a service without flows */
	bool has_draining;    /* a service that is there only for the flows it still has */
	uint32_t icmp_errors_pps;

	uint16_t n_ports, n_interfaces, n_services; /* n_interfaces: highest id + 1, empty slots included */
	struct sl_port_map ports[SL_MAX_PORTS];
	struct sl_interface *interfaces; /* index is the interface id */
	uint16_t smallest_mtu;		 /* of all interfaces: what is not longer fits every way out */
	struct sl_service *services;	 /* draining ones too */
	uint16_t service_by_id[SL_MAX_SERVICES]; /* id -> index in services, or SL_ID_NONE */

	struct sl_local *locals; /* hash table of 1 << locals_bits slots, linear probing */
	uint64_t locals_filter[4]; /* a bit that is 0: no address with this sl_locals_filter_bit is in there or in `wide` */
	uint16_t *service_slots; /* hash table (vip, port, proto) -> index in services, SL_ID_NONE where empty */
	struct sl_dnat_backend *dnat_slots; /* hash table of 1 << dnat_bits slots, linear probing; NULL without dnat services */
	uint8_t locals_bits, service_bits, dnat_bits;
	struct sl_wide wide; /* prefixes NULL: there are only single addresses and ports */
	struct sl_dnat_range *dnat_ranges;
	unsigned int n_dnat_ranges;

	struct sl_relays relays;

	struct sl_lpm *routes; /* -> index in nexthops */
	struct sl_nexthop *nexthops;
	unsigned int n_nexthops;
	struct sl_config_neighbour *neighbours; /* static ones; `interface` is the interface id */
	unsigned int n_neighbours;
};

/* What the running sluice knows: flows that live on each service and backend id, summed over the workers; states. */
struct sl_usage {
	uint32_t service_flows[SL_MAX_SERVICES];
	uint32_t backend_flows[SL_MAX_BACKENDS];
	bool removed_snat[SL_MAX_SERVICES]; /* some may use source-NAT addresses that were removed from the service */
	const struct sl_backend_state *backends; /* by id, or NULL */
};

/*
 * Compile a configuration for the opened ports. `previous` (NULL at start) gives the stable ids and, with `usage`, the
 * tombstones to keep. Returns NULL and at least one problem on failure. `previous` is not changed, but schedules that stay
 * the same belong to both then: call it from the thread that destroys snapshots.
 */
struct sl_snapshot *sl_snapshot_build(const struct sl_config *config, const struct sl_port_facts *ports,
				      unsigned int n_ports, const struct sl_snapshot *previous,
				      const struct sl_usage *usage, struct sl_problems *problems);
void sl_snapshot_destroy(struct sl_snapshot *snapshot);

/* True while the snapshot carries tombstones: rebuild it once their flows are gone. */
bool sl_snapshot_has_tombstones(const struct sl_snapshot *snapshot);

/*
 * Compile a service's schedule anew and exchange it, while workers may be reading. Returns the one that was there, to be
 * released once they have passed a quiescent state (it may be the same as now); NULL when memory runs out, and then nothing
 * has changed. Not for a draining service.
 */
struct sl_schedule *sl_snapshot_reschedule(struct sl_snapshot *snapshot, uint16_t service,
					   const struct sl_backend_state *states);

/* ---- Look-ups for the packet path: no allocation, no side effect ---- */

/* Interface of a tagged frame by port and VLAN id, or SL_ID_NONE. */
uint16_t sl_snapshot_vlan_interface(const struct sl_snapshot *s, uint16_t port, uint16_t vlan);

/* Interface of a frame by port and VLAN id (0: untagged), or SL_ID_NONE. */
static inline uint16_t sl_snapshot_interface(const struct sl_snapshot *s, uint16_t port, uint16_t vlan)
{
	if (port >= s->n_ports)
		return SL_ID_NONE;
	return vlan == 0 ? s->ports[port].untagged : sl_snapshot_vlan_interface(s, port, vlan);
}

/* Our own address is the host's too, where it has a companion: packets to it that nothing claims are for that. */
static inline bool sl_local_is_kernels(const struct sl_snapshot *s, const struct sl_local *local, uint16_t interface)
{
	return s->interfaces[interface].kernel && SL_LOCAL_IS(local, SL_LOCAL_INTERFACE) && !SL_LOCAL_IS(local, SL_LOCAL_SNAT);
}

/* Our own address, or NULL. */
const struct sl_local *sl_snapshot_local(const struct sl_snapshot *s, const struct sl_ip *ip);

static inline unsigned int sl_locals_filter_bit(const struct sl_ip *ip)
{
	return (ip->w_be[3] * 0x9e3779b1u) >> 24;
}

/* The same question, answered by a glance for nearly all addresses that are not ours. */
static inline bool sl_snapshot_is_local(const struct sl_snapshot *s, const struct sl_ip *ip)
{
	unsigned int bit = sl_locals_filter_bit(ip);

	return ((s->locals_filter[bit / 64] >> (bit % 64)) & 1) != 0 && sl_snapshot_local(s, ip) != NULL;
}

/*
 * Service that listens on (address, port, protocol), or NULL: of several the one with the longest prefix, and then the smallest
 * range. A draining one is found as long as no other has its place: it takes no new flows.
 */
const struct sl_service *sl_snapshot_service(const struct sl_snapshot *s, const struct sl_ip *vip, uint16_t port_be,
					     uint8_t proto);

/*
 * The dnat service of which (address, port, protocol) is a backend, or NULL; port 0: of which the address is one with any port. A
 * configured service goes before a draining one. Without dnat services it costs one test.
 */
const struct sl_service *sl_snapshot_dnat_lookup(const struct sl_snapshot *s, const struct sl_ip *backend, uint16_t port_be,
						 uint8_t proto);
static inline const struct sl_service *sl_snapshot_dnat(const struct sl_snapshot *s, const struct sl_ip *backend,
							uint16_t port_be, uint8_t proto)
{
	return s->dnat_slots == NULL ? NULL : sl_snapshot_dnat_lookup(s, backend, port_be, proto);
}

/*
 * Next hop of the longest prefix that covers the destination, or NULL. Always NULL for fe80::/10: such an address means
 * nothing without its interface, so who sends there names the interface.
 */
const struct sl_nexthop *sl_snapshot_route(const struct sl_snapshot *s, const struct sl_ip *dst);

/* What an interface takes, which a next hop of an older snapshot may name; not the neighbour's own, which is set only when it has answered. */
static inline uint16_t sl_snapshot_mtu(const struct sl_snapshot *s, uint16_t interface)
{
	return interface < s->n_interfaces ? s->interfaces[interface].mtu : UINT16_MAX;
}

/* An address of the interface in the given family to send from (IPv6: a global one before a link-local one), or NULL. */
const struct sl_ip *sl_interface_address(const struct sl_interface *interface, bool v4);

/* What a service gives new flows to, for as long as the caller holds the snapshot; NULL when it is draining. */
static inline const struct sl_schedule *sl_service_schedule(const struct sl_service *service)
{
	return atomic_load_explicit(&service->schedule, memory_order_acquire);
}

static inline const struct sl_service *sl_snapshot_service_by_id(const struct sl_snapshot *s, uint16_t id)
{
	uint16_t index = id < SL_MAX_SERVICES ? s->service_by_id[id] : UINT16_MAX;
	return index == UINT16_MAX ? NULL : &s->services[index];
}

#endif
