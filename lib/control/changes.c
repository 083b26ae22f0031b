/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "changes.h"

/* The identities of snapshot.h: a service by name, address, port and protocol; a backend by service, address and port. */
static const struct sl_config_service *service_in(const struct sl_config *c, const struct sl_config_service *like)
{
	for (unsigned int i = 0; i < c->n_services; i++) {
		const struct sl_config_service *s = &c->services[i];
		if (s->ports.first == like->ports.first && s->ports.last == like->ports.last && s->protocol == like->protocol &&
		    s->prefix.len == like->prefix.len && sl_ip_equal(&s->address, &like->address) &&
		    strcmp(s->name, like->name) == 0)
			return s;
	}
	return NULL;
}

static bool backend_in(const struct sl_config_service *s, const struct sl_config_backend *like)
{
	for (unsigned int i = 0; s != NULL && i < s->n_backends; i++)
		if (s->backends[i].port == like->port && sl_ip_equal(&s->backends[i].address, &like->address))
			return true;
	return false;
}

struct tally {
	unsigned int services, backends;
};

/* What `a` has and `b` has not. */
static struct tally only_in(const struct sl_config *a, const struct sl_config *b)
{
	struct tally t = { 0 };

	for (unsigned int i = 0; i < a->n_services; i++) {
		const struct sl_config_service *s = &a->services[i], *other = service_in(b, s);
		t.services += other == NULL;
		for (unsigned int j = 0; j < s->n_backends; j++)
			t.backends += !backend_in(other, &s->backends[j]);
	}
	return t;
}

static struct tally all_in(const struct sl_config *c)
{
	struct tally t = { .services = c->n_services };

	for (unsigned int i = 0; i < c->n_services; i++)
		t.backends += c->services[i].n_backends;
	return t;
}

static struct tally draining_in(const struct sl_snapshot *s)
{
	struct tally t = { 0 };

	for (unsigned int i = 0; i < s->n_services; i++) {
		t.services += s->services[i].draining;
		t.backends += s->services[i].n_draining;
	}
	return t;
}

void sl_changes_describe(const struct sl_config *before, const struct sl_config *next, const struct sl_snapshot *now,
			 char *text, size_t size)
{
	struct tally all = all_in(next), draining = draining_in(now);
	struct tally added = only_in(next, before), removed = only_in(before, next);

	snprintf(text, size,
		 "services: %u (%u added, %u removed, %u draining); backends: %u (%u added, %u removed, %u draining)",
		 all.services, added.services, removed.services, draining.services, all.backends, added.backends,
		 removed.backends, draining.backends);
}
