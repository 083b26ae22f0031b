/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "listener_groups.h"
#include "listener_internal.h"

#define ROBUSTNESS 2 /* reports of a change (RFC 3376 section 8.1, RFC 3810 section 9.1) */
#define ANSWER_NS (500 * 1000 * 1000ull) /* at most, after a query: collects those that come together */
#define AGAIN_NS (1000 * 1000 * 1000ull) /* when memory has run out */
#define OLD_ROUTER_NS (260 * 1000000000ull) /* an older router is there for so long after its query (sections 8.12, 9.12) */

struct sl_listener *sl_listener_create(const struct sl_listen_ops *ops, void *arg)
{
	struct sl_listener *l = calloc(1, sizeof(*l));

	if (l != NULL)
		*l = (struct sl_listener){ .ops = *ops, .arg = arg, .again_ns = SL_LISTENER_NEVER };
	return l;
}

static void member_fini(struct sl_membership *m)
{
	free(m->records);
	free(m->ips);
	free(m->left);
}

static void members_free(struct sl_membership *members, unsigned int n)
{
	for (unsigned int i = 0; members != NULL && i < n; i++)
		member_fini(&members[i]);
	free(members);
}

void sl_listener_destroy(struct sl_listener *l)
{
	if (l == NULL)
		return;
	members_free(l->members, l->n_members);
	free(l);
}

/* ---- following a snapshot ---- */

/* The sources of one group, from list[*i] on. */
static void set_sources(struct sl_membership *m, struct sl_listened_group *r, unsigned int *n_ips, const struct sl_wanted_groups *wanted,
			unsigned int *i)
{
	unsigned int first = *n_ips;

	r->group = wanted->list[*i].group;
	r->exclude = sl_ip_is_zero(&wanted->list[*i].source);
	for (; *i < wanted->n && sl_ip_equal(&wanted->list[*i].group, &r->group); (*i)++)
		if (!r->exclude)
			m->ips[(*n_ips)++] = wanted->list[*i].source;
	r->sources = m->ips + first;
	r->n_sources = *n_ips - first;
}

static int compare_ips(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sl_ip));
}

static void add_gone(struct sl_membership *m, struct sl_listened_group *r, unsigned int *n_ips, const struct sl_ip *ips, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (r->n_sources > 0 && bsearch(&ips[i], r->sources, r->n_sources, sizeof(*ips), compare_ips) != NULL)
			continue;
		m->ips[(*n_ips)++] = ips[i];
		r->n_gone++;
	}
}

/* From the state that routers know, or were being told (`old`, NULL: nothing yet), to the one in r. */
static void compare_with(struct sl_membership *m, struct sl_listened_group *r, unsigned int *n_ips, const struct sl_listened_group *old)
{
	static const struct sl_listened_group none;

	if (old == NULL)
		old = &none;
	bool same = old->exclude == r->exclude && old->n_sources == r->n_sources;
	for (unsigned int i = 0; same && i < r->n_sources; i++)
		same = sl_ip_equal(&old->sources[i], &r->sources[i]);
	r->asked = old->asked;
	r->changes = same ? old->changes : ROBUSTNESS;
	r->new_mode = (old->changes > 0 && old->new_mode) || old->exclude != r->exclude;
	r->gone = m->ips + *n_ips;
	if (r->changes == 0)
		return;
	if (old->changes > 0)
		add_gone(m, r, n_ips, old->gone, old->n_gone);
	add_gone(m, r, n_ips, old->sources, old->n_sources);
}

static unsigned int count_ips(const struct sl_membership *m)
{
	unsigned int n = 0;

	for (unsigned int i = 0; m != NULL && i < m->n; i++)
		n += m->records[i].n_sources + m->records[i].n_gone;
	return n;
}

/* Both lists are sorted by group. */
static void merge(struct sl_membership *m, const struct sl_wanted_groups *wanted, const struct sl_membership *old)
{
	unsigned int i = 0, j = 0, n_ips = 0, n_old = old != NULL ? old->n : 0;

	while (i < wanted->n || j < n_old) {
		struct sl_listened_group *r = &m->records[m->n];
		int order = j >= n_old ? -1 : i >= wanted->n ? 1 : memcmp(&wanted->list[i].group, &old->records[j].group, 16);

		if (order <= 0)
			set_sources(m, r, &n_ips, wanted, &i);
		else
			r->group = old->records[j].group;
		compare_with(m, r, &n_ips, order >= 0 ? &old->records[j] : NULL);
		j += order >= 0;
		m->n += sl_is_listened_to(r) || r->changes > 0;
		if (r == &m->records[m->n])
			memset(r, 0, sizeof(*r)); /* left, and that was said */
	}
}

/* What is new is said at once, the rest of what was being said in its time. */
static uint64_t change_due(const struct sl_membership *m, const struct sl_membership *old, uint64_t now_ns)
{
	uint64_t due_ns = SL_LISTENER_NEVER;

	for (unsigned int i = 0; i < m->n; i++) {
		if (m->records[i].changes == ROBUSTNESS)
			return now_ns;
		if (m->records[i].changes > 0)
			due_ns = old->rounds[SL_OCCASION_CHANGE].due_ns; /* it has some, too: nothing else leaves fewer to say */
	}
	return due_ns;
}

/* Fill an empty membership. Returns 0, or -1 when memory runs out. */
static int follow_one(struct sl_membership *m, const struct sl_snapshot *s, unsigned int member, const struct sl_membership *old,
		      uint64_t now_ns)
{
	struct sl_wanted_groups wanted;

	m->rounds[SL_OCCASION_CHANGE].due_ns = m->rounds[SL_OCCASION_ANSWER].due_ns = SL_LISTENER_NEVER;
	if (s->interfaces[member / 2].name[0] == '\0')
		return 0;
	if (sl_listener_collect(s, (uint16_t)(member / 2), sl_listener_is_v4(member), &wanted) != 0)
		return -1;
	m->records = calloc(wanted.n + (old != NULL ? old->n : 0) + 1, sizeof(*m->records));
	m->ips = calloc(wanted.n + count_ips(old) + 1, sizeof(*m->ips));
	if (m->records == NULL || m->ips == NULL) {
		free(wanted.list);
		return -1;
	}
	merge(m, &wanted, old);
	free(wanted.list);
	if (old != NULL) {
		memcpy(m->old_until_ns, old->old_until_ns, sizeof(m->old_until_ns));
		m->rounds[SL_OCCASION_ANSWER].due_ns = old->rounds[SL_OCCASION_ANSWER].due_ns;
	}
	m->rounds[SL_OCCASION_CHANGE].due_ns = change_due(m, old, now_ns);
	return 0;
}

static bool is_same_link(const struct sl_interface *a, const struct sl_interface *b)
{
	return a->name[0] != '\0' && b->name[0] != '\0' && a->port == b->port && a->vlan == b->vlan;
}

/* What was said on the same link before. */
static const struct sl_membership *find_old(const struct sl_listener *l, const struct sl_snapshot *next, unsigned int member)
{
	for (unsigned int i = member % 2; i < l->n_members; i += 2)
		if (is_same_link(sl_listener_interface(l, i), &next->interfaces[member / 2]))
			return &l->members[i];
	return NULL;
}

/* ---- links that no interface is on any more ---- */

static bool has_to_say(const struct sl_listened_group *r)
{
	return sl_is_listened_to(r) || r->changes > 0;
}

/* Routers on the link of this pair of memberships know groups, or would, and nobody will be there to answer them. */
static bool is_left(const struct sl_listener *l, const struct sl_snapshot *next, unsigned int pair)
{
	bool says = false;

	for (uint16_t i = 0; i < next->n_interfaces; i++)
		if (is_same_link(sl_listener_interface(l, pair), &next->interfaces[i]))
			return false;
	for (unsigned int i = pair; i < pair + 2; i++)
		for (unsigned int j = 0; j < l->members[i].n; j++)
			says |= has_to_say(&l->members[i].records[j]);
	return says;
}

static struct sl_left_link *copy_link(const struct sl_interface *in)
{
	const struct sl_ip *own = sl_interface_address(in, true);
	struct sl_left_link *left = calloc(1, sizeof(*left));

	if (left == NULL)
		return NULL;
	left->interface = *in;
	left->interface.addresses = &left->address;
	left->interface.n_addresses = own != NULL;
	if (own != NULL)
		left->address = (struct sl_prefix){ .ip = *own, .len = 128 };
	return left;
}

/* Fill an empty membership. Returns 0, or -1 when memory runs out. */
static int leave_link(const struct sl_listener *l, struct sl_membership *m, unsigned int member, uint64_t now_ns)
{
	const struct sl_membership *old = &l->members[member];

	m->rounds[SL_OCCASION_CHANGE].due_ns = m->rounds[SL_OCCASION_ANSWER].due_ns = SL_LISTENER_NEVER;
	m->left = copy_link(sl_listener_interface(l, member));
	m->records = calloc(old->n + 1, sizeof(*m->records));
	if (m->left == NULL || m->records == NULL)
		return -1;
	for (unsigned int i = 0; i < old->n; i++)
		if (has_to_say(&old->records[i]))
			m->records[m->n++] = (struct sl_listened_group){
				.group = old->records[i].group, .new_mode = true,
				.changes = old->left != NULL ? old->records[i].changes : ROBUSTNESS,
			};
	memcpy(m->old_until_ns, old->old_until_ns, sizeof(m->old_until_ns));
	m->rounds[SL_OCCASION_CHANGE].due_ns = change_due(m, old, now_ns);
	return 0;
}

/* Memory has run out: go on with the groups of interfaces that stay, and come back for what is new. */
static void keep_what_stays(struct sl_listener *l, const struct sl_snapshot *next)
{
	for (unsigned int i = 0; i < l->n_members; i++) {
		struct sl_membership *m = &l->members[i];
		if (m->left == NULL && i / 2 < next->n_interfaces &&
		    is_same_link(sl_listener_interface(l, i), &next->interfaces[i / 2]))
			continue;
		member_fini(m);
		*m = (struct sl_membership){ .rounds = { { .due_ns = SL_LISTENER_NEVER }, { .due_ns = SL_LISTENER_NEVER } } };
	}
	for (; l->n_members > 2u * next->n_interfaces; l->n_members--)
		member_fini(&l->members[l->n_members - 1]);
}

int sl_listener_follow(struct sl_listener *l, const struct sl_snapshot *snapshot, uint64_t now_ns)
{
	unsigned int n_present = 2u * snapshot->n_interfaces, n = n_present;
	struct sl_membership *members = calloc(n_present + l->n_members + 1, sizeof(*members));
	int ret = members == NULL ? -1 : 0;

	for (unsigned int i = 0; ret == 0 && i < n_present; i++)
		ret = follow_one(&members[i], snapshot, i, find_old(l, snapshot, i), now_ns);
	for (unsigned int i = 0; ret == 0 && i < l->n_members; i += 2)
		if (is_left(l, snapshot, i)) {
			ret = leave_link(l, &members[n], i, now_ns) == 0 ? leave_link(l, &members[n + 1], i + 1, now_ns) : -1;
			n += 2;
		}
	for (uint16_t port = 0; ret == 0 && port < snapshot->n_ports; port++)
		ret = sl_listener_filter(snapshot, port, &l->ops, l->arg);
	if (ret == 0) {
		members_free(l->members, l->n_members);
		l->members = members;
		l->n_members = n;
	} else {
		members_free(members, n);
		keep_what_stays(l, snapshot);
	}
	l->snapshot = snapshot;
	l->again_ns = ret == 0 ? SL_LISTENER_NEVER : now_ns + AGAIN_NS;
	return ret;
}

int sl_listener_link_up(struct sl_listener *l, uint16_t port, uint64_t now_ns)
{
	for (unsigned int i = 0; i < l->n_members; i++) {
		struct sl_membership *m = &l->members[i];
		if (sl_listener_interface(l, i)->port != port || m->n == 0)
			continue;
		for (unsigned int j = 0; j < m->n; j++) {
			m->records[j].new_mode = true;
			m->records[j].changes = ROBUSTNESS;
		}
		m->rounds[SL_OCCASION_CHANGE] = (struct sl_listener_round){ .due_ns = now_ns };
	}
	int ret = sl_listener_filter(l->snapshot, port, &l->ops, l->arg);
	if (ret != 0)
		l->again_ns = now_ns + AGAIN_NS;
	return ret;
}

/* TO_INCLUDE nothing is understood of either mode; said once, as nobody is there to say it again. */
void sl_listener_leave(struct sl_listener *l, uint64_t now_ns)
{
	l->again_ns = SL_LISTENER_NEVER;
	for (unsigned int i = 0; i < l->n_members; i++) {
		struct sl_membership *m = &l->members[i];
		for (unsigned int j = 0; j < m->n; j++)
			m->records[j] = (struct sl_listened_group){ .group = m->records[j].group, .new_mode = true, .changes = 1 };
		m->rounds[SL_OCCASION_ANSWER] = (struct sl_listener_round){ .due_ns = SL_LISTENER_NEVER };
		m->rounds[SL_OCCASION_CHANGE] = (struct sl_listener_round){ .due_ns = m->n > 0 ? now_ns : SL_LISTENER_NEVER };
	}
}

/* ---- queries ---- */

void sl_listener_query(struct sl_listener *l, const struct sl_event *query, uint64_t now_ns)
{
	bool v4 = sl_ip_is_v4(&query->ip);
	bool general = sl_ip_is_zero(&query->ip) || (v4 && sl_ip_v4_be(&query->ip) == 0);
	unsigned int member = 2u * query->interface + !v4;
	uint64_t delay_ns = query->delay_ms * 1000000ull / 2;

	if (member >= l->n_members || l->members[member].left != NULL)
		return;
	struct sl_membership *m = &l->members[member];
	if (query->version < SL_GROUP_V3)
		m->old_until_ns[query->version] = now_ns + OLD_ROUTER_NS;
	uint64_t due_ns = now_ns + RTE_MIN(delay_ns, ANSWER_NS);
	for (unsigned int i = 0; i < m->n; i++) {
		struct sl_listened_group *r = &m->records[i];
		if (!sl_is_listened_to(r) || (!general && !sl_ip_equal(&r->group, &query->ip)))
			continue;
		r->asked = true;
		m->rounds[SL_OCCASION_ANSWER].due_ns = RTE_MIN(m->rounds[SL_OCCASION_ANSWER].due_ns, due_ns);
	}
}
