/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A struct sl_config written down in a test, in the order of the file: an interface and its gateways, a service and its
 * backends. Addresses are text, lists are separated by spaces. Everything lives in the builder, so never give its
 * config to sl_config_destroy. A mistake in a test's own text aborts.
 */
#ifndef SLUICE_TESTS_CONFIG_BUILDER_H
#define SLUICE_TESTS_CONFIG_BUILDER_H

#include "sluice/config/config.h"

#define CONFIG_LIST_MAX 16 /* addresses, gateways, source-NAT addresses of one object */

struct config_builder {
	struct sl_config config;
	struct sl_config_interface interfaces[SL_MAX_INTERFACES + 1];
	struct sl_prefix addresses[SL_MAX_INTERFACES + 1][CONFIG_LIST_MAX];
	struct sl_ip gateways[SL_MAX_INTERFACES + 1][CONFIG_LIST_MAX];
	struct sl_config_route routes[64];
	struct sl_config_neighbour neighbours[64];
	char pairs[SL_MAX_PORTS][2][SL_DEVICE_NAME_MAX];
	struct sl_config_service services[SL_MAX_SERVICES + 1];
	struct sl_ip snat[SL_MAX_SERVICES + 1][CONFIG_LIST_MAX];
	struct sl_config_backend backends[SL_MAX_BACKENDS + 1];
	unsigned int n_backends;
};

/* Empty, with the defaults of the file format. */
struct config_builder *config_new(void);
void config_free(struct config_builder *c);

/* vlan 0: untagged. mtu: set it in the returned interface. */
struct sl_config_interface *config_interface(struct config_builder *c, const char *name, const char *device,
					     uint16_t vlan, const char *addresses);
void config_gateway(struct config_builder *c, const char *gateway); /* of the last interface */
void config_route(struct config_builder *c, const char *prefix, const char *via);
void config_neighbour(struct config_builder *c, uint16_t interface, const char *address, const uint8_t mac[6]);
void config_pair(struct config_builder *c, const char *device, const char *other);

/* Full NAT, round robin, default timeouts. The address may be a prefix; a range of ports: set it in the returned service. */
struct sl_config_service *config_service(struct config_builder *c, const char *name, const char *address, uint16_t port,
					 uint8_t protocol, const char *snat);
void config_backend(struct config_builder *c, const char *address, uint16_t port, uint16_t weight); /* of the last service */

#endif
