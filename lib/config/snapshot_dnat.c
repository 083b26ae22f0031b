/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replies of a dnat service go from the backend to the client's own address: only the backend's address and port tell whose
 * they are. The configuration has such a pair in one dnat service only (lib/config/check_service.c); a tombstone that lost
 * its backend to another service is found by its flows alone.
 */
#include <stdlib.h>

#include "snapshot_build.h"

static void add(struct sl_snapshot *s, uint16_t service, const struct sl_ip *ip, uint16_t port_be)
{
	uint8_t proto = s->services[service].proto;
	uint32_t mask = (1u << s->dnat_bits) - 1;
	uint32_t at = sl_service_hash(ip, port_be, proto) & mask;

	for (; s->dnat_slots[at].service != SL_ID_NONE; at = (at + 1) & mask) {
		const struct sl_dnat_backend *slot = &s->dnat_slots[at];
		if (slot->port_be == port_be && slot->proto == proto && sl_ip_equal(&slot->ip, ip))
			return;
	}
	s->dnat_slots[at] = (struct sl_dnat_backend){ .ip = *ip, .port_be = port_be, .service = service, .proto = proto };
}

static int compare_ranges(const void *a, const void *b)
{
	const struct sl_dnat_range *x = a, *y = b;
	int order = memcmp(&x->ip, &y->ip, sizeof(x->ip));

	return order != 0 ? order : x->ports.first < y->ports.first ? -1 : x->ports.first > y->ports.first;
}

/* Tombstones come last, and get what nobody else has. */
static void add_range(struct sl_snapshot *s, uint16_t index, const struct sl_backend *backend)
{
	const struct sl_service *service = &s->services[index];
	uint32_t first = sl_wide_port(backend->port_be, service->proto), last = first + service->port_span;

	for (unsigned int i = 0; i < s->n_dnat_ranges; i++) {
		const struct sl_dnat_range *other = &s->dnat_ranges[i];
		if (other->ports.first <= last && other->ports.last >= first && sl_ip_equal(&other->ip, &backend->ip))
			return;
	}
	s->dnat_ranges[s->n_dnat_ranges++] =
		(struct sl_dnat_range){ .ip = backend->ip, .ports = { .first = first, .last = last, .service = index } };
}

static int build_ranges(struct sl_build *b)
{
	struct sl_snapshot *s = b->s;
	size_t n = 0;

	for (unsigned int i = 0; i < s->n_services; i++)
		if (s->services[i].mode == SL_MODE_DNAT && s->services[i].port_span != 0)
			n += (size_t)s->services[i].n_backends + s->services[i].n_draining;
	if (n == 0)
		return 0;
	s->dnat_ranges = sl_build_alloc(b, n, sizeof(*s->dnat_ranges));
	if (s->dnat_ranges == NULL)
		return -1;
	for (uint16_t i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		if (service->mode != SL_MODE_DNAT || service->port_span == 0)
			continue;
		for (unsigned int j = 0; j < service->n_backends + service->n_draining; j++)
			add_range(s, i, &service->backends[j]);
	}
	qsort(s->dnat_ranges, s->n_dnat_ranges, sizeof(*s->dnat_ranges), compare_ranges);
	return 0;
}

int sl_build_dnat(struct sl_build *b)
{
	struct sl_snapshot *s = b->s;
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_services; i++)
		if (s->services[i].mode == SL_MODE_DNAT)
			n += 2u * (s->services[i].n_backends + s->services[i].n_draining);
	if (n == 0)
		return 0;
	s->dnat_bits = sl_table_bits(n);
	s->dnat_slots = sl_build_alloc(b, (size_t)1 << s->dnat_bits, sizeof(*s->dnat_slots));
	if (s->dnat_slots == NULL)
		return -1;
	for (uint32_t at = 0; at < 1u << s->dnat_bits; at++)
		s->dnat_slots[at].service = SL_ID_NONE;
	/* Tombstones stand behind the configured services, and come second here too. */
	for (uint16_t i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		for (unsigned int j = 0; service->mode == SL_MODE_DNAT && j < service->n_backends + service->n_draining; j++) {
			add(s, i, &service->backends[j].ip, service->backends[j].port_be);
			add(s, i, &service->backends[j].ip, 0);
		}
	}
	return build_ranges(b);
}

const struct sl_service *sl_snapshot_dnat_lookup(const struct sl_snapshot *s, const struct sl_ip *backend, uint16_t port_be,
						 uint8_t proto)
{
	uint32_t mask = (1u << s->dnat_bits) - 1;
	uint32_t at = sl_service_hash(backend, port_be, proto) & mask;

	for (; s->dnat_slots[at].service != SL_ID_NONE; at = (at + 1) & mask) {
		const struct sl_dnat_backend *slot = &s->dnat_slots[at];
		if (slot->port_be == port_be && slot->proto == proto && sl_ip_equal(&slot->ip, backend))
			return &s->services[slot->service];
	}
	return s->n_dnat_ranges == 0 ? NULL : sl_snapshot_dnat_range(s, backend, sl_wide_port(port_be, proto));
}
