/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network that is simulated.
 *
 *	clients 198.18.0.0/15, 2001:2::/48			backends 10.1.1.1.., 2001:db8:2::1:1.. port 8080
 *	   |  behind a router				   |  (forward: destinations 10.2.0.0/15, 2001:db8:3::/48 behind the first)
 *	 wan 192.0.2.2/24, 2001:db8:1::2/64   sluice   lan 10.1.0.2/16, 2001:db8:2::2/64
 *
 *	relay: group 239.1.1.1, ff15::1:1 to groups 239.2.0.1.., ff15::2:1.. and to backends
 *	VIP 192.0.2.10, 2001:db8:1::10, port 53; source-NAT 10.1.2.1.., 2001:db8:2::2:1..
 */
#ifndef APP_SLUICE_BENCH_PLAN_H
#define APP_SLUICE_BENCH_PLAN_H

#include <rte_byteorder.h>

#include "sluice/base/ip.h"

#define PLAN_WAN 0 /* ports and interfaces */
#define PLAN_LAN 1

#define PLAN_BACKENDS 16
#define PLAN_SNAT_MAX 64
#define PLAN_SERVICE_PORT 53
#define PLAN_CLOSED_PORT 54 /* of the VIP: no service */
#define PLAN_BACKEND_PORT 8080
#define PLAN_FIRST_TIMEOUT_S 30 /* of a flow that had one packet */
#define PLAN_HOSTS (1u << 17) /* client and destination addresses */

enum plan_host { PLAN_CLIENT, PLAN_DESTINATION, PLAN_VIP, PLAN_ROUTER, PLAN_BACKEND, PLAN_SNAT, PLAN_GROUP, PLAN_COPY, PLAN_KINDS };

struct plan {
	struct sl_ip first[PLAN_KINDS]; /* the others follow it */
};

void plan_init(struct plan *plan, bool ipv6);

static inline struct sl_ip plan_address(const struct plan *plan, enum plan_host host, uint32_t n)
{
	struct sl_ip ip = plan->first[host];

	ip.w_be[3] = rte_cpu_to_be_32(rte_be_to_cpu_32(ip.w_be[3]) + n);
	return ip;
}

/* The number of an address made by plan_address. */
static inline uint32_t plan_number(const struct plan *plan, enum plan_host host, const struct sl_ip *ip)
{
	return rte_be_to_cpu_32(ip->w_be[3]) - rte_be_to_cpu_32(plan->first[host].w_be[3]);
}

struct plan_service {
	bool ipv6, ipv6_behind; /* client and VIP; backends and source-NAT addresses */
	bool tcp;
	unsigned int snat; /* number of addresses of mode full-nat */
	const char *mode;  /* of the configuration */
	bool one_way;	   /* such a mode: scheduler maglev, and backends have the service's port */
	bool stateless;
};

/* The configuration as JSON, for free(). */
char *plan_config_service(const struct plan_service *service);
char *plan_config_forward(void);
char *plan_config_pairs(void);
char *plan_config_relay(bool ipv6, unsigned int fanout, unsigned int id);

#endif
