/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "sluice/packet/burst.h"
#include "sluice/packet/icmp.h"

#include "listener.h"

#define ROBUSTNESS 2		   /* reports after a change (RFC 3810 section 9.1) */
#define INTERVAL_NS 1000000000ull  /* between them (section 9.11) */
#define QUERY_DELAY_NS (500 * 1000 * 1000ull) /* collects queries that come together */
#define RESEND_NS (10 * 1000 * 1000ull)
#define REPORT_BYTES 20		   /* one group record */
#define REPORT_OVERHEAD 56	   /* IPv6 header, router alert option, report header */

/* The groups of one interface, sorted, and what is still to be said about them. */
struct membership {
	struct sl_ip *groups;
	unsigned int n;
	unsigned int reports; /* still to send */
	uint64_t due_ns;
};

struct sl_listener {
	struct sl_listen_ops ops;
	void *arg;
	const struct sl_snapshot *snapshot;
	struct membership *members; /* by interface id */
	unsigned int n_members;
};

struct sl_listener *sl_listener_create(const struct sl_listen_ops *ops, void *arg)
{
	struct sl_listener *l = calloc(1, sizeof(*l));

	if (l != NULL)
		*l = (struct sl_listener){ .ops = *ops, .arg = arg };
	return l;
}

static void members_free(struct membership *members, unsigned int n)
{
	for (unsigned int i = 0; members != NULL && i < n; i++)
		free(members[i].groups);
	free(members);
}

void sl_listener_destroy(struct sl_listener *l)
{
	if (l == NULL)
		return;
	members_free(l->members, l->n_members);
	free(l);
}

static int compare_ips(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sl_ip));
}

static unsigned int sort_unique(struct sl_ip *ips, unsigned int n)
{
	unsigned int kept = 0;

	qsort(ips, n, sizeof(*ips), compare_ips);
	for (unsigned int i = 0; i < n; i++)
		if (kept == 0 || !sl_ip_equal(&ips[kept - 1], &ips[i]))
			ips[kept++] = ips[i];
	return kept;
}

static bool has_ipv6(const struct sl_interface *interface)
{
	for (unsigned int i = 0; i < interface->n_addresses; i++)
		if (!sl_ip_is_v4(&interface->addresses[i].ip))
			return true;
	return false;
}

/* Addresses that are on no interface are answered on any, so all of them must hear the solicitations. */
static bool heard_on(const struct sl_local *local, uint16_t interface)
{
	return local->kinds != 0 && !sl_ip_is_v4(&local->ip) &&
	       (local->interface == interface || local->interface == SL_ID_NONE);
}

static int collect_groups(const struct sl_snapshot *s, uint16_t interface, struct membership *m)
{
	unsigned int n = 0;

	if (!has_ipv6(&s->interfaces[interface]))
		return 0;
	for (uint32_t i = 0; i < 1u << s->locals_bits; i++)
		n += heard_on(&s->locals[i], interface);
	m->groups = calloc(n + 1, sizeof(*m->groups));
	if (m->groups == NULL)
		return -1;
	for (uint32_t i = 0; i < 1u << s->locals_bits; i++)
		if (heard_on(&s->locals[i], interface))
			m->groups[m->n++] = sl_nd_solicited_node(&s->locals[i].ip);
	m->n = sort_unique(m->groups, m->n);
	return 0;
}

/* All groups of a port's interfaces together, as MAC addresses. */
static int set_filter(struct sl_listener *l, const struct sl_snapshot *s, const struct membership *members, uint16_t port)
{
	static const struct sl_ip all_nodes = { .b = { 0xff, 0x02, [15] = 1 } };
	unsigned int n = 0, total = 1;

	for (uint16_t i = 0; i < s->n_interfaces; i++)
		total += s->interfaces[i].port == port ? members[i].n : 0;
	struct sl_ip *groups = calloc(total, sizeof(*groups));
	uint8_t(*macs)[6] = calloc(total, sizeof(*macs));
	if (groups == NULL || macs == NULL) {
		free(groups);
		free(macs);
		return -1;
	}
	for (uint16_t i = 0; i < s->n_interfaces; i++) {
		if (s->interfaces[i].port != port || members[i].n == 0)
			continue;
		memcpy(groups + n, members[i].groups, members[i].n * sizeof(*groups));
		n += members[i].n;
	}
	if (n > 0)
		groups[n++] = all_nodes;
	n = sort_unique(groups, n);
	for (unsigned int i = 0; i < n; i++)
		sl_nd_group_mac(&groups[i], macs[i]);
	l->ops.filter(l->arg, port, (const uint8_t(*)[6])macs, n);
	free(groups);
	free(macs);
	return 0;
}

static void begin_reports(struct membership *m, uint64_t now_ns)
{
	if (m->n == 0)
		return;
	m->reports = ROBUSTNESS;
	m->due_ns = now_ns;
}

static bool same_groups(const struct membership *a, const struct membership *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->groups, b->groups, a->n * sizeof(*a->groups)) == 0);
}

/* What an interface has still to report goes on, unless its groups or its link are others now. */
static void carry_over(struct membership *m, const struct sl_listener *l, const struct sl_snapshot *next, uint16_t i,
		       uint64_t now_ns)
{
	if (i < l->n_members && same_groups(&l->members[i], m) &&
	    l->snapshot->interfaces[i].port == next->interfaces[i].port &&
	    l->snapshot->interfaces[i].vlan == next->interfaces[i].vlan) {
		m->reports = l->members[i].reports;
		m->due_ns = l->members[i].due_ns;
	} else {
		begin_reports(m, now_ns);
	}
}

int sl_listener_follow(struct sl_listener *l, const struct sl_snapshot *snapshot, uint64_t now_ns)
{
	unsigned int n = snapshot->n_interfaces;
	struct membership *members = calloc(n + 1, sizeof(*members));

	if (members == NULL)
		return -1;
	for (uint16_t i = 0; i < n; i++) {
		if (collect_groups(snapshot, i, &members[i]) != 0) {
			members_free(members, n);
			return -1;
		}
		carry_over(&members[i], l, snapshot, i, now_ns);
	}
	for (uint16_t port = 0; port < snapshot->n_ports; port++) {
		if (set_filter(l, snapshot, members, port) != 0) {
			members_free(members, n);
			return -1;
		}
	}
	members_free(l->members, l->n_members);
	l->members = members;
	l->n_members = n;
	l->snapshot = snapshot;
	return 0;
}

int sl_listener_link_up(struct sl_listener *l, uint16_t port, uint64_t now_ns)
{
	for (unsigned int i = 0; i < l->n_members; i++)
		if (l->snapshot->interfaces[i].port == port)
			begin_reports(&l->members[i], now_ns);
	return set_filter(l, l->snapshot, l->members, port);
}

void sl_listener_query(struct sl_listener *l, uint16_t interface, uint64_t now_ns)
{
	if (interface >= l->n_members || l->members[interface].n == 0 || l->members[interface].reports > 0)
		return;
	l->members[interface].reports = 1;
	l->members[interface].due_ns = now_ns + QUERY_DELAY_NS;
}

/* All groups of one interface, in as many frames as its MTU asks for. */
static bool report(struct sl_listener *l, uint16_t interface)
{
	const struct membership *m = &l->members[interface];
	uint16_t mtu = RTE_MAX(l->snapshot->interfaces[interface].mtu, 1280); /* IPv6 has no links below (RFC 8200) */
	unsigned int chunk = (mtu - REPORT_OVERHEAD) / REPORT_BYTES;

	for (unsigned int i = 0; i < m->n; i += chunk) {
		unsigned int n = m->n - i < chunk ? m->n - i : chunk;
		if (!l->ops.report(l->arg, interface, m->groups + i, n))
			return false;
	}
	return true;
}

uint64_t sl_listener_run(struct sl_listener *l, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;

	for (unsigned int i = 0; i < l->n_members; i++) {
		struct membership *m = &l->members[i];
		if (m->reports > 0 && m->due_ns <= now_ns) {
			bool sent = report(l, (uint16_t)i);
			m->reports -= sent;
			m->due_ns = now_ns + (sent ? INTERVAL_NS : RESEND_NS);
		}
		if (m->reports > 0 && m->due_ns < next_ns)
			next_ns = m->due_ns;
	}
	return next_ns;
}
