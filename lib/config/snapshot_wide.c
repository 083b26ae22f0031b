/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The look-up of services with a range of ports or a prefix of addresses, for what is not in the table of single ones. A trie
 * leads from an address to the group of the longest prefix that a service has, a group's ranges to the service, and where no
 * range has the port, the group of the next shorter prefix is looked at. Ranges of services at one prefix lie apart or within
 * each other (lib/config/check_service.c); they are cut here so that each port is in one, that of the smallest.
 */
#include <stdlib.h>

#include "snapshot_build.h"

/* Both lists are as long as there are services. */
struct wide_build {
	struct sl_build *b;
	uint16_t *order; /* wide services by group, within it the ones that give way first */
	unsigned int n;
	struct sl_prefix *prefixes; /* of the groups */
	unsigned int n_groups, n_ranges;
};

static struct sl_prefix prefix_of(const struct sl_service *service)
{
	return (struct sl_prefix){ .ip = service->vip, .len = service->vip_len };
}

static bool same_prefix(const struct sl_prefix *a, const struct sl_prefix *b)
{
	return a->len == b->len && sl_ip_equal(&a->ip, &b->ip);
}

static int compare_prefixes(const struct sl_service *a, const struct sl_service *b)
{
	int order = memcmp(&a->vip, &b->vip, sizeof(a->vip));

	return order != 0 ? order : (int)a->vip_len - (int)b->vip_len;
}

/* Shorter prefixes before those that they cover; at one prefix tombstones, then large ranges, then small ones. */
static int compare(const void *x, const void *y, void *services)
{
	const struct sl_service *a = (const struct sl_service *)services + *(const uint16_t *)x;
	const struct sl_service *b = (const struct sl_service *)services + *(const uint16_t *)y;
	int order = compare_prefixes(a, b);

	if (order != 0)
		return order;
	if (a->draining != b->draining)
		return a->draining ? -1 : 1;
	return (int)b->port_span - (int)a->port_span;
}

/* Put a range over those that are there already: they keep what lies on either side of it. Returns their new number. */
static unsigned int lay_over(struct sl_wide_range *ranges, unsigned int n, struct sl_wide_range top)
{
	unsigned int kept = 0;
	struct sl_wide_range behind = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		struct sl_wide_range r = ranges[i];
		if (r.first <= top.last && r.last > top.last && r.first < top.first) { /* in two, and only one can be */
			behind = (struct sl_wide_range){ .first = top.last + 1, .last = r.last, .service = r.service };
			r.last = top.first - 1;
		} else if (r.first < top.first && r.last >= top.first) {
			r.last = top.first - 1;
		} else if (r.first <= top.last && r.last > top.last) {
			r.first = top.last + 1;
		} else if (r.first >= top.first && r.last <= top.last) {
			continue;
		}
		ranges[kept++] = r;
	}
	ranges[kept++] = top;
	if (behind.last != 0)
		ranges[kept++] = behind;
	return kept;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct sl_wide_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* A group of the services from order[at] on. Returns how many they are. */
static unsigned int add_group(struct wide_build *wb, unsigned int at)
{
	struct sl_snapshot *s = wb->b->s;
	const struct sl_service *first = &s->services[wb->order[at]];
	struct sl_prefix prefix = prefix_of(first);
	struct sl_wide_group *group = &s->wide.groups[wb->n_groups];
	unsigned int n = 0;

	*group = (struct sl_wide_group){ .ranges = wb->n_ranges, .parent = SL_LPM_NONE };
	for (; at + n < wb->n; n++) {
		const struct sl_service *service = &s->services[wb->order[at + n]];
		struct sl_prefix own = prefix_of(service);
		if (!same_prefix(&own, &prefix))
			break;
		uint32_t port = sl_wide_port(service->port_be, service->proto);
		group->n_ranges = lay_over(s->wide.ranges + group->ranges, group->n_ranges,
					   (struct sl_wide_range){ .first = port, .last = port + service->port_span,
								   .service = wb->order[at + n] });
	}
	qsort(s->wide.ranges + group->ranges, group->n_ranges, sizeof(*s->wide.ranges), compare_ranges);
	/* The last one before it that covers it is the longest: such come in the order of their lengths. */
	for (unsigned int i = wb->n_groups; i-- > 0 && group->parent == SL_LPM_NONE;)
		if (sl_ip_is_v4(&wb->prefixes[i].ip) == sl_ip_is_v4(&prefix.ip) && sl_prefix_covers(&wb->prefixes[i], &prefix.ip))
			group->parent = i;
	if (sl_listed_addresses(first) == 0)
		group->local = (struct sl_local){ .ip = prefix.ip, .kinds = 1u << SL_LOCAL_VIP,
						  .interface = sl_build_interface_covering(s, &prefix.ip) };
	wb->n_ranges += group->n_ranges;
	wb->prefixes[wb->n_groups++] = prefix;
	return n;
}

static int build_groups(struct wide_build *wb)
{
	struct sl_snapshot *s = wb->b->s;
	struct sl_lpm_route *routes = sl_build_alloc(wb->b, wb->n, sizeof(*routes));

	if (routes == NULL)
		return -1;
	for (unsigned int at = 0; at < wb->n;)
		at += add_group(wb, at);
	for (unsigned int i = 0; i < wb->n_groups; i++)
		routes[i] = (struct sl_lpm_route){ .prefix = wb->prefixes[i], .value = i };
	s->wide.prefixes = sl_lpm_create(routes, wb->n_groups);
	free(routes);
	return s->wide.prefixes != NULL ? 0 : sl_build_no_memory(wb->b, wb->n_groups * sizeof(*routes));
}

/* Addresses of interfaces and such that a prefix covers are VIPs too. */
static void mark_locals(struct sl_snapshot *s)
{
	for (uint32_t at = 0; at < 1u << s->locals_bits; at++) {
		struct sl_local *local = &s->locals[at];
		if (local->kinds != 0 && sl_lpm_lookup(s->wide.prefixes, &local->ip) != SL_LPM_NONE)
			local->kinds |= 1u << SL_LOCAL_VIP;
	}
}

int sl_build_wide(struct sl_build *b)
{
	struct sl_snapshot *s = b->s;
	struct wide_build wb = { .b = b };
	int rc = -1;

	for (unsigned int i = 0; i < s->n_services; i++)
		wb.n += sl_service_is_wide(&s->services[i]);
	if (wb.n == 0)
		return 0;
	wb.order = sl_build_alloc(b, wb.n, sizeof(*wb.order));
	wb.prefixes = sl_build_alloc(b, wb.n, sizeof(*wb.prefixes));
	s->wide.groups = sl_build_alloc(b, wb.n, sizeof(*s->wide.groups));
	s->wide.ranges = sl_build_alloc(b, 2u * wb.n, sizeof(*s->wide.ranges)); /* each adds itself and cuts one in two */
	if (wb.order != NULL && wb.prefixes != NULL && s->wide.groups != NULL && s->wide.ranges != NULL) {
		unsigned int n = 0;
		for (uint16_t i = 0; i < s->n_services; i++)
			if (sl_service_is_wide(&s->services[i]))
				wb.order[n++] = i;
		qsort_r(wb.order, n, sizeof(*wb.order), compare, s->services);
		rc = build_groups(&wb);
	}
	if (rc == 0) {
		mark_locals(s);
		memset(s->locals_filter, 0xff, sizeof(s->locals_filter)); /* a prefix has addresses with any bit */
	}
	free(wb.order);
	free(wb.prefixes);
	return rc;
}
