/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration as the user wrote it: passive data, checked, defaults filled in. Made by sl_config_load or
 * sl_config_parse, owned by the caller, freed by sl_config_destroy. Every array is heap memory with its count beside it.
 */
#ifndef SLUICE_CONFIG_CONFIG_H
#define SLUICE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sluice/base/ip.h"
#include "sluice/base/problem.h"
#include "sluice/config/health.h"
#include "sluice/config/relay.h"
#include "sluice/config/timeouts.h"

#define SL_NAME_MAX 64	    /* names of services, with final 0 */
#define SL_IFNAME_MAX 16    /* names of interfaces, with final 0 */
#define SL_DEVICE_NAME_MAX 64 /* as RTE_ETH_NAME_MAX_LEN */
#define SL_MAX_WORKERS 32
#define SL_MAX_PORTS 16
#define SL_MAX_INTERFACES 256
#define SL_MAX_SERVICES 1024
#define SL_MAX_BACKENDS 4096 /* of all services together */

enum sl_forwarding { SL_FORWARDING_DROP, SL_FORWARDING_ROUTE, SL_FORWARDING_PAIRS };
enum sl_mode { SL_MODE_FULL_NAT, SL_MODE_DNAT, SL_MODE_DSR, SL_MODE_IPIP, SL_MODE_GUE };
enum sl_scheduler {
	SL_SCHEDULER_ROUND_ROBIN,
	SL_SCHEDULER_WEIGHTED_ROUND_ROBIN,
	SL_SCHEDULER_LEAST_CONNECTIONS,
	SL_SCHEDULER_RANDOM_TWO,
	SL_SCHEDULER_LEAST_LATENCY,
	SL_SCHEDULER_SOURCE_HASH,
	SL_SCHEDULER_MAGLEV,
};
enum sl_affinity { SL_AFFINITY_NONE, SL_AFFINITY_SOURCE };
enum sl_udp_kind { SL_UDP_BIDIRECTIONAL, SL_UDP_ONE_WAY, SL_UDP_REQUEST_RESPONSE };
enum sl_exhaustion { SL_EXHAUSTION_DROP, SL_EXHAUSTION_RESET };
enum sl_proxy_protocol { SL_PROXY_PROTOCOL_OFF, SL_PROXY_PROTOCOL_V1, SL_PROXY_PROTOCOL_V2 }; /* off, or the version */
enum sl_unused_ports { SL_UNUSED_PORTS_DROP, SL_UNUSED_PORTS_REJECT };
enum sl_idle { SL_IDLE_SLEEP, SL_IDLE_POLL };

struct sl_config_dpdk {
	char *lcores;	   /* EAL --lcores; NULL: chosen from the CPUs this process may use */
	uint32_t memory_mb; /* 0: computed from the memory plan */
	char **vdevs;	   /* EAL --vdev arguments */
	unsigned int n_vdevs;
	bool hugepages;	   /* false: --no-huge */
	bool in_memory;	   /* --in-memory: hugepages without files */
	char *file_prefix; /* EAL --file-prefix; "sluice" by default */
	char **eal_args;   /* anything else, passed on as it is */
	unsigned int n_eal_args;
};

struct sl_config_device {
	char device[SL_DEVICE_NAME_MAX]; /* PCI address or vdev name */
	uint16_t rx_queues;		 /* 0: one a worker, as far as the device has them */
	uint16_t descriptors;
	uint32_t extra_buffers;
	uint16_t mtu;			 /* 0: what the device has */
};

struct sl_config_interface {
	char name[SL_IFNAME_MAX];
	char device[SL_DEVICE_NAME_MAX];
	uint16_t vlan; /* 0: untagged */
	uint16_t mtu;  /* 0: the device's */
	struct sl_prefix *addresses;
	unsigned int n_addresses;
	struct sl_ip *gateways; /* at most one of each family: default routes */
	unsigned int n_gateways;
	bool kernel;	     /* has a companion; so has one that health checks go by, see sl_config_needs_companion */
	uint32_t kernel_pps; /* of each worker */
};

struct sl_config_route {
	struct sl_prefix prefix;
	struct sl_ip via;
};

struct sl_config_neighbour {
	uint16_t interface; /* index into interfaces[] */
	struct sl_ip address;
	uint8_t mac[6];
};

/* Host order, both included. */
struct sl_port_range {
	uint16_t first, last;
};

struct sl_config_backend {
	struct sl_ip address;
	uint16_t port; /* host order; of a service with a range: the backend's port for the first of it */
	uint16_t weight;
	bool backup;
};

struct sl_config_service {
	char name[SL_NAME_MAX];
	union {
		struct sl_prefix prefix; /* of one address mostly */
		struct sl_ip address;	 /* its first */
	};
	union {
		struct sl_port_range ports;
		uint16_t port; /* the first; host order */
	};
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	enum sl_mode mode;
	uint16_t mss_clamp; /* 0: only to what the MTUs let through */
	enum sl_scheduler scheduler;
	uint32_t table_size;   /* of schedulers that hash: prime */
	uint32_t slow_start_s; /* 0: none */
	enum sl_affinity affinity;
	uint32_t affinity_timeout_s;
	uint8_t affinity_prefix_v4, affinity_prefix_v6;
	struct sl_ip *snat;
	unsigned int n_snat;
	struct sl_config_backend *backends;
	unsigned int n_backends;
	struct sl_config_health health;
	struct sl_config_passive passive;
	uint8_t min_healthy; /* per cent; 0: none */
	uint32_t timeout_s[SL_TIMEOUT_MAX]; /* the service's own, or the global ones */
	enum sl_proxy_protocol proxy_protocol;
	bool stateless;	      /* modes dsr, ipip, gue with a scheduler that hashes: no flows */
	bool tcp_pickup;      /* TCP: any segment with ACK may open a flow */
	enum sl_udp_kind udp_kind;
	uint8_t udp_replies; /* with SL_UDP_REQUEST_RESPONSE: to each request */
	enum sl_exhaustion on_exhaustion;
};

/* Ports behind the first. */
static inline unsigned int sl_port_span(const struct sl_config_service *service)
{
	return (unsigned int)(service->ports.last - service->ports.first);
}

struct json_t; /* of jansson */

struct sl_config {
	struct json_t *json; /* all of it as the file has it; never changed (sluice/config/edit.h makes others of it) */
	struct sl_config_dpdk dpdk;
	uint16_t workers;
	uint32_t max_flows;	 /* all workers together */
	uint32_t max_neighbours;
	uint32_t max_affinities; /* clients whose backend is remembered */
	uint32_t max_fragments;	 /* fragmented datagrams, all workers together */
	uint32_t max_relays, max_relay_outputs;
	enum sl_idle idle;
	uint32_t idle_sleep_us;	 /* longest sleep of an idle worker */
	uint32_t icmp_errors_pps; /* ICMP errors sent per second and worker */
	enum sl_unused_ports unused_ports;
	char *hash_seed;	  /* of schedulers that hash; NULL: none given */
	uint32_t timeout_s[SL_TIMEOUT_MAX]; /* of services that have none of their own */
	struct sl_config_device *devices;
	unsigned int n_devices;
	struct sl_config_interface *interfaces;
	unsigned int n_interfaces;
	struct sl_config_route *routes;
	unsigned int n_routes;
	struct sl_config_neighbour *neighbours;
	unsigned int n_neighbours;
	enum sl_forwarding forwarding;
	char (*pairs)[2][SL_DEVICE_NAME_MAX]; /* with SL_FORWARDING_PAIRS: devices joined port to port */
	unsigned int n_pairs;
	struct sl_config_service *services;
	unsigned int n_services;
	struct sl_config_relay *relays;
	unsigned int n_relays;
};
_Static_assert(sizeof(((struct sl_config_relay *)NULL)->name) == SL_NAME_MAX, "names are of one kind");

/*
 * Read and check a file. Returns NULL and at least one problem when anything is wrong; all problems are reported.
 * sl_config_parse does the same with text already in memory (length in bytes).
 */
struct sl_config *sl_config_load(const char *path, struct sl_problems *problems);
struct sl_config *sl_config_parse(const char *text, size_t length, struct sl_problems *problems);
/* The same with JSON read already, of which the configuration keeps a reference; `name` stands for it in problems. */
struct sl_config *sl_config_from_json(const char *name, struct json_t *json, struct sl_problems *problems);
void sl_config_destroy(struct sl_config *config);

/* Names of all devices that must be opened, in port order: first use in `devices`, `interfaces`, `forwarding`. */
unsigned int sl_config_device_names(const struct sl_config *config, const char *names[SL_MAX_PORTS]);

/* The `devices` entry of a device, or NULL where the user gave none. */
const struct sl_config_device *sl_config_device_find(const struct sl_config *config, const char *device);

/* What a running sluice cannot change: dpdk, workers, max_flows, devices. Adds a problem for each difference. */
void sl_config_check_reload(const struct sl_config *running, const struct sl_config *next, struct sl_problems *problems);

/*
 * Whether any address is IPv6: then flow tables have room for such. Tables that were made without it stay so, and
 * sl_config_refuse_ipv6 adds a problem for a configuration that would need it.
 */
bool sl_config_uses_ipv6(const struct sl_config *config);
void sl_config_refuse_ipv6(const struct sl_config *next, struct sl_problems *problems);

/*
 * The same with `proxy_protocol`: whether any service has it, so that workers have records of sequence translation, and the
 * refusal of a configuration that needs them where there are none.
 */
bool sl_config_uses_proxy_protocol(const struct sl_config *config);
void sl_config_refuse_proxy_protocol(const struct sl_config *next, struct sl_problems *problems);

const char *sl_mode_name(enum sl_mode mode);

/* Backends answer clients directly: only clients' packets pass. */
static inline bool sl_mode_is_one_way(enum sl_mode mode)
{
	return mode >= SL_MODE_DSR;
}

/* Packets travel in others. */
static inline bool sl_mode_is_tunnel(enum sl_mode mode)
{
	return mode == SL_MODE_IPIP || mode == SL_MODE_GUE;
}

const char *sl_scheduler_name(enum sl_scheduler scheduler);

/* It chooses by a table, from what packets say alone. */
static inline bool sl_scheduler_hashes(enum sl_scheduler scheduler)
{
	return scheduler == SL_SCHEDULER_SOURCE_HASH || scheduler == SL_SCHEDULER_MAGLEV;
}

const char *sl_affinity_name(enum sl_affinity affinity);
const char *sl_udp_kind_name(enum sl_udp_kind kind);
const char *sl_proxy_protocol_name(enum sl_proxy_protocol proxy_protocol);
const char *sl_exhaustion_name(enum sl_exhaustion exhaustion);
const char *sl_unused_ports_name(enum sl_unused_ports unused_ports);
const char *sl_forwarding_name(enum sl_forwarding forwarding);

#endif
