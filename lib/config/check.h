/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks between keys share what they know of addresses. Private to lib/config. */
#ifndef LIB_CONFIG_CHECK_H
#define LIB_CONFIG_CHECK_H

#include "schema.h"

enum sl_own_kind { SL_OWN_INTERFACE, SL_OWN_SERVICE, SL_OWN_SNAT, SL_OWN_RELAY };

/* An address that is ours, and where it stands: interfaces/i/addresses/j, services/i, services/i/snat/j, input j of relays/i. */
struct sl_own {
	struct sl_ip ip;
	enum sl_own_kind kind;
	uint8_t len; /* of the prefix, of a service */
	unsigned int i, j;
};

struct sl_checker {
	const struct sl_config *config;
	struct sl_problems *problems;
	bool clean;	    /* everything could be read: absent means absent */
	struct sl_own *own; /* sorted by address, kind, i, j */
	unsigned int n_own;
	unsigned int n_prefixes; /* of those, with more than one address */
};

/* Returns -1 when memory runs out. */
int sl_own_collect(struct sl_checker *c);

/* The first place where the address is ours in the given way, or NULL. */
const struct sl_own *sl_own_find(const struct sl_checker *c, const struct sl_ip *ip, enum sl_own_kind kind);

/* JSON pointer of such a place. */
const char *sl_own_where(const struct sl_checker *c, char buf[SL_AT_MAX], const struct sl_own *own);
#define SL_OWN_AT(own) sl_own_where(c, (char[SL_AT_MAX]){ 0 }, own)

/* Prefix and address are of the same family, and the one covers the other. */
bool sl_covers(const struct sl_prefix *prefix, const struct sl_ip *ip);

/* The address is on link of the interface (IPv6 link-local: of any interface with an IPv6 address). */
bool sl_on_link(const struct sl_config_interface *interface, const struct sl_ip *ip);

/*
 * Report an address that cannot be another host's: one of ours, or the network or broadcast address of an interface.
 * True when it was reported.
 */
bool sl_refuse_not_host(struct sl_checker *c, const char *where, const struct sl_ip *ip);

/* Report an address that is the network or broadcast address of an interface (RFC 919, RFC 3021). */
bool sl_refuse_edge(struct sl_checker *c, const char *where, const struct sl_ip *ip);

/* check_route.c: addresses and gateways of interfaces, routes, static neighbours. */
void sl_check_interfaces(struct sl_checker *c);
void sl_check_routes(struct sl_checker *c);
void sl_check_neighbours(struct sl_checker *c);

/* check_service.c */
void sl_check_services(struct sl_checker *c);

/* check_one_way.c: of service i, that its mode lets it have what it asks for. */
void sl_check_one_way(struct sl_checker *c, unsigned int i);

/* check_relay.c; check_relay_loop.c */
void sl_check_relays(struct sl_checker *c);
void sl_check_relay_loops(struct sl_checker *c);

/* The first (n 0) or second input of relay i: where it stands; itself, NULL where there is none; what it is sent to. */
const char *sl_relay_input_where(char buf[SL_AT_MAX], const struct sl_config_relay *relay, unsigned int i, unsigned int n);
#define SL_INPUT_AT(relay, i, n) sl_relay_input_where((char[SL_AT_MAX]){ 0 }, relay, i, n)
const struct sl_config_relay_input *sl_relay_input(const struct sl_config_relay *relay, unsigned int n);
bool sl_relay_input_is_group(const struct sl_config_relay_input *in);
const struct sl_ip *sl_relay_input_ip(const struct sl_config_relay_input *in);

/* check_health.c: those of service i. */
void sl_check_health(struct sl_checker *c, unsigned int i);

#define SL_IP_TEXT(ip) sl_ip_format(ip, (char[SL_IP_STRLEN]){ 0 })
#define SL_PREFIX_TEXT(prefix) sl_prefix_format(prefix, (char[SL_IP_STRLEN]){ 0 })

/* What could not be read is left zero: checks skip it. */
static inline bool sl_ip_given(const struct sl_ip *ip)
{
	return !sl_ip_is_zero(ip);
}

static inline const char *sl_family(const struct sl_ip *ip)
{
	return sl_ip_is_v4(ip) ? "IPv4" : "IPv6";
}

#endif
