/* SPDX-License-Identifier: BSD-3-Clause */
/* Services: no two alike, and every backend one that packets can reach and come back from. */
#include <netinet/in.h>
#include <stdio.h>

#include "sluice/base/maglev.h"
#include "sluice/config/companion.h"

#include "check.h"

static bool reachable(const struct sl_config *config, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < config->n_routes; i++)
		if (sl_covers(&config->routes[i].prefix, ip))
			return true; /* also by a gateway that is on no link: that is said of the route, once */
	return sl_config_egress(config, ip) < config->n_interfaces;
}

#define SL_VIP_TEXT(service) \
	((service)->prefix.len == 128 ? SL_IP_TEXT(&(service)->address) : SL_PREFIX_TEXT(&(service)->prefix))

/* The first or last address of the network is in the prefix. */
static bool has_edge(const struct sl_prefix *network, const struct sl_prefix *prefix)
{
	uint32_t hosts = network->len >= 128 ? 0 : UINT32_MAX >> (network->len - 96), address = sl_ip_v4_be(&network->ip);
	struct sl_ip low = sl_ip_from_v4(address & ~rte_cpu_to_be_32(hosts)), high = sl_ip_from_v4(address | rte_cpu_to_be_32(hosts));

	return sl_covers(prefix, &low) || sl_covers(prefix, &high);
}

/* True when it was reported. */
static bool refuse_link_local(struct sl_checker *c, const char *where, const struct sl_ip *ip)
{
	if (!sl_ip_is_link_local(ip))
		return false;
	sl_problem_add(c->problems, where, "give a global or unique local address", "%s is link-local", SL_IP_TEXT(ip));
	return true;
}

static bool is_same_prefix(const struct sl_prefix *a, const struct sl_prefix *b)
{
	return a->len == b->len && sl_ip_equal(&a->ip, &b->ip);
}

/* The same addresses, and ports of which neither all of one are the other's. True when it was reported. */
static bool refuse_overlap(struct sl_checker *c, unsigned int i, unsigned int k)
{
	const struct sl_config_service *service = &c->config->services[i], *other = &c->config->services[k];
	const struct sl_port_range *a = &service->ports, *b = &other->ports;
	const char *where = SL_AT("/services/%u/address", i), *protocol = service->protocol == IPPROTO_TCP ? "tcp" : "udp";
	bool same = a->first == b->first && a->last == b->last;

	if (other->protocol != service->protocol || !is_same_prefix(&other->prefix, &service->prefix) || a->last < b->first ||
	    b->last < a->first)
		return false;
	if (!same && ((a->first >= b->first && a->last <= b->last) || (b->first >= a->first && b->last <= a->last)))
		return false;
	if (same && a->first == a->last)
		sl_problem_add(c->problems, where, "give it another address or port, or join the two",
			       "%s port %u %s belongs to /services/%u already", SL_VIP_TEXT(service), a->first, protocol, k);
	else
		sl_problem_add(c->problems, SL_AT("/services/%u/port", i), "let the ranges lie apart, or one within the other",
			       "ports %u-%u %s of %s overlap with %u-%u of /services/%u", a->first, a->last, protocol,
			       SL_VIP_TEXT(service), b->first, b->last, k);
	return true;
}

/* Of a whole network on link, or with the network's edges; of more addresses than can be answered. True when it was reported. */
static bool refuse_prefix(struct sl_checker *c, unsigned int i)
{
	const struct sl_prefix *prefix = &c->config->services[i].prefix;
	const char *where = SL_AT("/services/%u/address", i);

	for (unsigned int k = 0; prefix->len < 128 && k < c->config->n_interfaces; k++) {
		const struct sl_config_interface *interface = &c->config->interfaces[k];
		for (unsigned int j = 0; j < interface->n_addresses; j++) {
			const struct sl_prefix *on_link = &interface->addresses[j];
			bool edges = sl_ip_is_v4(&prefix->ip) && sl_ip_is_v4(&on_link->ip) && on_link->len <= 96 + 30 &&
				     has_edge(on_link, prefix);
			if (!sl_ip_given(&on_link->ip) || (!sl_covers(prefix, &on_link->ip) && !sl_covers(on_link, &prefix->ip)))
				continue;
			if (prefix->len > on_link->len && prefix->len >= 128 - 8 && !edges)
				continue;
			sl_problem_add(c->problems, where,
				       "give at most 256 addresses, without network and broadcast address, or a prefix that is "
				       "routed to sluice",
				       "%s %s %s of interface \"%s\" (/interfaces/%u/addresses/%u)", SL_PREFIX_TEXT(prefix),
				       prefix->len <= on_link->len ? "is all of" : edges ? "has the network or broadcast address of" :
				       "is too much of", SL_PREFIX_TEXT(on_link), interface->name, k, j);
			return true;
		}
	}
	return false;
}

static void check_identity(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	const char *where = SL_AT("/services/%u/address", i);

	for (unsigned int k = 0; service->name[0] != '\0' && k < i; k++) {
		if (strcmp(c->config->services[k].name, service->name) != 0)
			continue;
		sl_problem_add(c->problems, SL_AT("/services/%u/name", i), NULL,
			       "%s is the name of /services/%u already", service->name, k);
		break;
	}
	if (!sl_ip_given(&service->address) || refuse_link_local(c, where, &service->address) || refuse_prefix(c, i) ||
	    (service->prefix.len == 128 && sl_refuse_edge(c, where, &service->address)))
		return;
	for (unsigned int k = 0; service->port != 0 && service->protocol != 0 && k < i; k++)
		if (refuse_overlap(c, i, k))
			break;
}

static void check_snat(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];

	if (service->mode == SL_MODE_DNAT && sl_ip_given(&service->address) && service->prefix.len != 128)
		sl_problem_add(c->problems, SL_AT("/services/%u/address", i),
			       "make a service for each address, or set \"mode\" to \"full-nat\"",
			       "mode dnat has one address: the reply of a backend does not tell which was asked");
	if (service->mode != SL_MODE_FULL_NAT && service->n_snat != 0)
		sl_problem_add(c->problems, SL_AT("/services/%u/snat", i),
			       "remove it, or set \"mode\" to \"full-nat\"",
			       "mode %s keeps the client's address, so it has no source address to choose",
			       sl_mode_name(service->mode));
	if (c->clean && service->mode == SL_MODE_FULL_NAT && service->n_snat == 0)
		sl_problem_add(c->problems, SL_AT("/services/%u/snat", i),
			       "add \"snat\": [ADDRESS] with an address that backends send back to sluice, such as an "
			       "interface's own",
			       "mode full-nat needs a source address towards the backends");
	for (unsigned int j = 0; j < service->n_snat; j++) {
		const struct sl_ip *snat = &service->snat[j];
		const char *where = SL_AT("/services/%u/snat/%u", i, j);
		const struct sl_own *vip = sl_own_find(c, snat, SL_OWN_SERVICE);

		if (!sl_ip_given(snat) || refuse_link_local(c, where, snat) || sl_refuse_edge(c, where, snat))
			continue;
		if (sl_ip_given(&service->snat[0]) && sl_ip_is_v4(snat) != sl_ip_is_v4(&service->snat[0]))
			sl_problem_add(c->problems, where, "give all of them the family of the backends",
				       "%s is %s, and /services/%u/snat/0 is %s", SL_IP_TEXT(snat), sl_family(snat), i,
				       sl_family(&service->snat[0]));
		if (vip != NULL)
			sl_problem_add(c->problems, where, "give an address that no service has",
				       "%s is a service's address (%s)", SL_IP_TEXT(snat), SL_OWN_AT(vip));
		for (unsigned int k = 0; k < j; k++) {
			if (!sl_ip_equal(&service->snat[k], snat))
				continue;
			sl_problem_add(c->problems, where, NULL, "%s is given already at /services/%u/snat/%u",
				       SL_IP_TEXT(snat), i, k);
			break;
		}
	}
}

/*
 * A backend's family is that of the addresses it answers to: the source-NAT addresses in mode full-nat, the clients', and so
 * the service's, in modes dnat and dsr. A tunnel may be of either. True when it was reported.
 */
static bool refuse_family(struct sl_checker *c, unsigned int i, const char *where, const struct sl_ip *backend)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_ip *snat = service->n_snat != 0 ? &service->snat[0] : NULL;

	if (sl_mode_is_tunnel(service->mode))
		return false;
	if (service->mode != SL_MODE_FULL_NAT) {
		if (!sl_ip_given(&service->address) || sl_ip_is_v4(backend) == sl_ip_is_v4(&service->address))
			return false;
		sl_problem_add(c->problems, where, "give backends of that family, or set \"mode\" to \"full-nat\"",
			       "%s is %s, and the service's address is %s: mode %s does not translate between them",
			       SL_IP_TEXT(backend), sl_family(backend), sl_family(&service->address),
			       sl_mode_name(service->mode));
		return true;
	}
	if (snat == NULL || !sl_ip_given(snat) || sl_ip_is_link_local(snat) || sl_ip_is_v4(backend) == sl_ip_is_v4(snat))
		return false;
	sl_problem_add(c->problems, where, "give backends and snat addresses of one family",
		       "%s is %s, and the snat address it would see, %s, is %s", SL_IP_TEXT(backend), sl_family(backend),
		       SL_IP_TEXT(snat), sl_family(snat));
	return true;
}

/*
 * The reply of a dnat backend goes to the client's own address, so only the backend's address and port tell which service it
 * belongs to: they are in one dnat service only.
 */
static void check_dnat_backend(struct sl_checker *c, unsigned int i, unsigned int j)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_config_backend *backend = &service->backends[j];

	for (unsigned int k = 0; k < i; k++) {
		const struct sl_config_service *other = &c->config->services[k];
		if (other->mode != SL_MODE_DNAT || other->protocol != service->protocol)
			continue;
		for (unsigned int l = 0; l < other->n_backends; l++) {
			if (other->backends[l].port > backend->port + sl_port_span(service) ||
			    backend->port > other->backends[l].port + sl_port_span(other) ||
			    !sl_ip_equal(&other->backends[l].address, &backend->address))
				continue;
			sl_problem_add(c->problems, SL_AT("/services/%u/backends/%u/address", i, j),
				       "let it listen on one port for each service, or set one's \"mode\" to \"full-nat\"",
				       "%s port %u is a backend of the dnat service /services/%u already: its replies "
				       "would not tell which of the two they belong to",
				       SL_IP_TEXT(&backend->address), backend->port, k);
			return;
		}
	}
}

/* Where the ports of a range go. */
static void check_backend_ports(struct sl_checker *c, unsigned int i, unsigned int j)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_config_backend *backend = &service->backends[j];
	const char *where = SL_AT("/services/%u/backends/%u/port", i, j);

	if (backend->port == service->port || service->port == 0)
		return;
	if (sl_mode_is_one_way(service->mode))
		sl_problem_add(c->problems, where, "remove it, or set \"mode\" to \"full-nat\" or \"dnat\"",
			       "mode %s changes no ports: the backend gets what was sent to port %u there", sl_mode_name(service->mode),
			       service->port);
	else if (sl_port_span(service) == 0)
		return;
	else if (service->mode == SL_MODE_DNAT)
		sl_problem_add(c->problems, where, "remove it, or set \"mode\" to \"full-nat\"",
			       "mode dnat does not change ports of a range, because the reply must tell which it was");
	else if (backend->port + sl_port_span(service) > UINT16_MAX)
		sl_problem_add(c->problems, where, "give the port for the first of the range, or none to keep them as they are",
			       "%u and the %u ports behind it, as the service has, go beyond 65535", backend->port,
			       sl_port_span(service));
}

static void check_backend(struct sl_checker *c, unsigned int i, unsigned int j)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_config_backend *backend = &service->backends[j];
	const char *where = SL_AT("/services/%u/backends/%u/address", i, j);

	if (!sl_ip_given(&backend->address))
		return;
	for (unsigned int k = 0; backend->port != 0 && k < j; k++) {
		const struct sl_config_backend *other = &service->backends[k];
		if (other->port != backend->port || !sl_ip_equal(&other->address, &backend->address))
			continue;
		sl_problem_add(c->problems, where, "raise that one's weight instead",
			       "%s port %u is given already at /services/%u/backends/%u", SL_IP_TEXT(&backend->address),
			       backend->port, i, k);
		break;
	}
	if (refuse_link_local(c, where, &backend->address) || sl_refuse_not_host(c, where, &backend->address))
		return;
	if (service->mode == SL_MODE_DNAT && backend->port != 0)
		check_dnat_backend(c, i, j);
	check_backend_ports(c, i, j);
	if (!refuse_family(c, i, where, &backend->address) && c->clean && !reachable(c->config, &backend->address))
		sl_problem_add(c->problems, where,
			       "add an interface address whose prefix covers it, a route to it, or a default gateway",
			       "nothing leads to %s", SL_IP_TEXT(&backend->address));
}

static void check_weights(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	uint16_t common = 0;
	unsigned int n_backup = 0;

	for (unsigned int j = 0; j < service->n_backends; j++)
		n_backup += service->backends[j].backup;
	if (n_backup != 0 && n_backup == service->n_backends)
		sl_problem_add(c->problems, SL_AT("/services/%u/backends", i), "remove \"backup\" from one",
			       "every one is a backup, so there is none that it could stand in for");
	for (unsigned int j = 0; j < service->n_backends; j++) {
		uint16_t weight = service->backends[j].weight;
		if (weight != 0 && common != 0 && weight != common && service->scheduler == SL_SCHEDULER_ROUND_ROBIN) {
			sl_problem_add(c->problems, SL_AT("/services/%u/backends/%u/weight", i, j),
				       "set \"scheduler\" to \"weighted-round-robin\", or give all the same weight",
				       "scheduler round-robin takes no notice of weights, and they differ");
			return;
		}
		common = weight != 0 ? weight : common;
	}
	if (common == 0 && service->n_backends != 0)
		sl_problem_add(c->problems, SL_AT("/services/%u/backends", i), "give one a weight of at least 1",
			       "every weight is 0, so no backend would get a flow");
}

/* Next prime above n. */
static uint32_t prime_above(uint32_t n)
{
	do
		n++;
	while (!sl_is_prime(n));
	return n;
}

static void check_scheduler(struct sl_checker *c, unsigned int i)
{
	const struct sl_config_service *service = &c->config->services[i];
	const struct sl_key *key = sl_schema_key(sl_schema_key(&sl_config_schema, "services")->item->object, "table_size");
	char remedy[64];

	if (service->table_size != 0 && !sl_is_prime(service->table_size)) {
		snprintf(remedy, sizeof(remedy), "the next one is %u", prime_above(service->table_size));
		sl_problem_add(c->problems, SL_AT("/services/%u/table_size", i), remedy, "%u is not a prime",
			       service->table_size);
	} else if (c->clean && service->table_size != key->value && !sl_scheduler_hashes(service->scheduler)) {
		sl_problem_add(c->problems, SL_AT("/services/%u/table_size", i), "remove it",
			       "only schedulers source-hash and maglev have a table, and this is %s",
			       sl_scheduler_name(service->scheduler));
	}
	if (service->scheduler == SL_SCHEDULER_LEAST_LATENCY && service->udp_kind == SL_UDP_ONE_WAY)
		sl_problem_add(c->problems, SL_AT("/services/%u/scheduler", i), "choose least-connections or random-two",
			       "scheduler least-latency needs replies to measure, and with \"udp_kind\" \"one-way\" there "
			       "are none");
}

void sl_check_services(struct sl_checker *c)
{
	const struct sl_config *config = c->config;
	unsigned int total = 0;

	for (unsigned int i = 0; i < config->n_services; i++) {
		check_identity(c, i);
		check_snat(c, i);
		for (unsigned int j = 0; j < config->services[i].n_backends; j++)
			check_backend(c, i, j);
		check_weights(c, i);
		check_scheduler(c, i);
		sl_check_health(c, i);
		sl_check_one_way(c, i);
		if (config->services[i].mss_clamp != 0 && config->services[i].protocol == IPPROTO_UDP)
			sl_problem_add(c->problems, SL_AT("/services/%u/mss_clamp", i), "remove it",
				       "it limits the segments of TCP, and the protocol is udp");
		if (total <= SL_MAX_BACKENDS && total + config->services[i].n_backends > SL_MAX_BACKENDS)
			sl_problem_add(c->problems, SL_AT("/services/%u/backends", i), NULL,
				       "more than %u backends in all services together", SL_MAX_BACKENDS);
		total += config->services[i].n_backends;
	}
}
