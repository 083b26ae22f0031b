/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "config_builder.h"

static void must(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "config_builder: bad or too much: %s\n", what);
		abort();
	}
}

static void set_text(char *to, size_t size, const char *text)
{
	must(strlen(text) < size, text);
	snprintf(to, size, "%s", text);
}

static struct sl_ip ip(const char *text)
{
	struct sl_ip value;

	must(sl_ip_parse(text, &value) == 0, text);
	return value;
}

static struct sl_prefix prefix(const char *text)
{
	struct sl_prefix value;

	must(sl_prefix_parse(text, &value) == 0, text);
	return value;
}

/* The next word of a list: copied to word, *list moved behind it. False at the end. */
static bool next_word(const char **list, char word[SL_IP_STRLEN])
{
	*list += strspn(*list, " ");
	size_t length = strcspn(*list, " ");

	must(length < SL_IP_STRLEN, *list);
	memcpy(word, *list, length);
	word[length] = '\0';
	*list += length;
	return length > 0;
}

struct config_builder *config_new(void)
{
	struct config_builder *c = calloc(1, sizeof(*c));

	must(c != NULL, "memory");
	c->config = (struct sl_config){
		.workers = 1,
		.max_flows = 1000,
		.max_neighbours = 256,
		.icmp_errors_pps = 100,
		.interfaces = c->interfaces,
		.routes = c->routes,
		.neighbours = c->neighbours,
		.pairs = c->pairs,
		.services = c->services,
	};
	return c;
}

void config_free(struct config_builder *c)
{
	free(c);
}

struct sl_config_interface *config_interface(struct config_builder *c, const char *name, const char *device,
					     uint16_t vlan, const char *addresses)
{
	unsigned int index = c->config.n_interfaces++;
	struct sl_config_interface *interface = &c->interfaces[index];
	char word[SL_IP_STRLEN];

	must(index <= SL_MAX_INTERFACES, name);
	set_text(interface->name, sizeof(interface->name), name);
	set_text(interface->device, sizeof(interface->device), device);
	interface->vlan = vlan;
	interface->addresses = c->addresses[index];
	interface->gateways = c->gateways[index];
	while (next_word(&addresses, word)) {
		must(interface->n_addresses < CONFIG_LIST_MAX, word);
		interface->addresses[interface->n_addresses++] = prefix(word);
	}
	return interface;
}

void config_gateway(struct config_builder *c, const char *gateway)
{
	must(c->config.n_interfaces > 0, "gateway before any interface");
	struct sl_config_interface *interface = &c->interfaces[c->config.n_interfaces - 1];

	must(interface->n_gateways < CONFIG_LIST_MAX, gateway);
	interface->gateways[interface->n_gateways++] = ip(gateway);
}

void config_route(struct config_builder *c, const char *to, const char *via)
{
	must(c->config.n_routes < sizeof(c->routes) / sizeof(c->routes[0]), to);
	c->routes[c->config.n_routes++] = (struct sl_config_route){ .prefix = prefix(to), .via = ip(via) };
}

void config_neighbour(struct config_builder *c, uint16_t interface, const char *address, const uint8_t mac[6])
{
	must(c->config.n_neighbours < sizeof(c->neighbours) / sizeof(c->neighbours[0]), address);
	struct sl_config_neighbour *neighbour = &c->neighbours[c->config.n_neighbours++];

	neighbour->interface = interface;
	neighbour->address = ip(address);
	memcpy(neighbour->mac, mac, sizeof(neighbour->mac));
}

void config_pair(struct config_builder *c, const char *device, const char *other)
{
	must(c->config.n_pairs < SL_MAX_PORTS, device);
	char(*pair)[SL_DEVICE_NAME_MAX] = c->pairs[c->config.n_pairs++];

	set_text(pair[0], SL_DEVICE_NAME_MAX, device);
	set_text(pair[1], SL_DEVICE_NAME_MAX, other);
	c->config.forwarding = SL_FORWARDING_PAIRS;
}

struct sl_config_service *config_service(struct config_builder *c, const char *name, const char *address, uint16_t port,
					 uint8_t protocol, const char *snat)
{
#define X(id, key, def, help) def,
	static const uint32_t defaults[] = { SL_TIMEOUTS(X) };
#undef X
	unsigned int index = c->config.n_services++;
	struct sl_config_service *service = &c->services[index];
	char word[SL_IP_STRLEN];

	must(index <= SL_MAX_SERVICES, name);
	set_text(service->name, sizeof(service->name), name);
	service->prefix = strchr(address, '/') != NULL ? prefix(address) : (struct sl_prefix){ .ip = ip(address), .len = 128 };
	service->ports = (struct sl_port_range){ port, port };
	service->protocol = protocol;
	service->snat = c->snat[index];
	while (next_word(&snat, word)) {
		must(service->n_snat < CONFIG_LIST_MAX, word);
		service->snat[service->n_snat++] = ip(word);
	}
	service->backends = &c->backends[c->n_backends];
	memcpy(service->timeout_s, defaults, sizeof(service->timeout_s));
	service->udp_replies = 1;
	return service;
}

void config_backend(struct config_builder *c, const char *address, uint16_t port, uint16_t weight)
{
	must(c->config.n_services > 0 && c->n_backends <= SL_MAX_BACKENDS, address);
	struct sl_config_service *service = &c->services[c->config.n_services - 1];

	c->backends[c->n_backends++] =
		(struct sl_config_backend){ .address = ip(address), .port = port, .weight = weight };
	service->n_backends++;
}
