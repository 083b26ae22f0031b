/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "sluice/base/log.h"
#include "sluice/packet/burst.h"

#include "deadlines.h"
#include "neighbours.h"

#define SECOND_NS 1000000000ull
#define RETRANSMIT_NS SECOND_NS	      /* RFC 4861 RETRANS_TIMER; RFC 1122 section 2.3.2.1 asks for no more than 1/s */
#define SOLICITS 3		      /* RFC 4861 MAX_UNICAST_SOLICIT and MAX_MULTICAST_SOLICIT */
#define REACHABLE_NS (30 * SECOND_NS) /* RFC 4861 REACHABLE_TIME */
#define DELAY_NS (5 * SECOND_NS)      /* RFC 4861 DELAY_FIRST_PROBE_TIME: how long a stale one is used unconfirmed */
#define RETRY_NS (5 * SECOND_NS)
#define IDLE_NS (600 * SECOND_NS)
#define FAILED_IDLE_NS (60 * SECOND_NS)
#define RESEND_NS (10 * 1000 * 1000ull)	    /* after a frame that could not be sent */
#define EVICT_IDLE_NS (10 * SECOND_NS)	    /* an entry used later than that is not evicted */
#define EVICT_UNUSED_NS SECOND_NS	    /* nor one that had no chance to be used yet */
#define EVICT_BATCH 64			    /* unused ones go together: a scan of the table for each would cost too much */
#define FULL_PAUSE_NS (100 * 1000 * 1000ull) /* no look for victims again before */
#define FULL_LOG_NS (60 * SECOND_NS)

/* When a worker last sent to an entry, in control's time: workers' ticks may have another origin. */
struct use {
	uint32_t tick; /* the entry's used_tick, last seen */
	uint64_t ns;   /* when it had changed, or the entry was made or asked for */
};

struct sl_neighbours {
	struct sl_neighbour_table *table;
	const struct sl_snapshot *snapshot;
	struct sl_neighbours_ops ops;
	void *arg;
	struct sl_deadlines deadlines;
	struct use *uses; /* by index */
	bool freed;	  /* an index was freed since the last quiescent state */
	uint64_t full_until_ns, full_logged_ns;
};

struct sl_neighbours *sl_neighbours_create(struct sl_neighbour_table *table, const struct sl_neighbours_ops *ops,
					   void *arg)
{
	struct sl_neighbours *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	*n = (struct sl_neighbours){ .table = table, .ops = *ops, .arg = arg };
	n->uses = calloc(table->mask + 1, sizeof(*n->uses));
	if (n->uses == NULL || sl_deadlines_init(&n->deadlines, table) != 0) {
		sl_neighbours_destroy(n);
		return NULL;
	}
	return n;
}

void sl_neighbours_destroy(struct sl_neighbours *n)
{
	if (n == NULL)
		return;
	sl_deadlines_fini(&n->deadlines);
	free(n->uses);
	free(n);
}

/* May there be a station with this address on the link of this interface? */
static bool acceptable(const struct sl_neighbours *n, uint16_t interface, const struct sl_ip *ip)
{
	bool v4 = sl_ip_is_v4(ip), on_link = false;

	if (n->snapshot == NULL || interface >= n->snapshot->n_interfaces)
		return false;
	if (sl_ip_is_zero(ip) || sl_ip_is_multicast(ip) || n->ops.ours(n->arg, ip))
		return false;
	const struct sl_interface *in = &n->snapshot->interfaces[interface];
	for (unsigned int i = 0; i < in->n_addresses; i++) {
		const struct sl_prefix *p = &in->addresses[i];
		if (sl_ip_is_v4(&p->ip) != v4)
			continue;
		if (!sl_prefix_covers(p, ip) && !sl_ip_is_link_local(ip))
			continue;
		if (sl_prefix_has_edge(p, ip))
			return false;
		on_link = true;
	}
	return on_link;
}

static struct sl_l2 l2_header(const struct sl_neighbours *n, uint16_t interface, const uint8_t mac[6])
{
	const struct sl_interface *in = &n->snapshot->interfaces[interface];
	struct sl_l2 l2 = {
		.port = in->port,
		.mtu = in->mtu,
		.interface = interface,
		.header_len = in->vlan == 0 ? 14 : 18,
		.usable = true,
	};

	memcpy(l2.header, mac, 6);
	memcpy(l2.header + 6, in->mac, 6);
	if (in->vlan != 0) {
		l2.header[12] = 0x81;
		l2.header[14] = (uint8_t)(in->vlan >> 8);
		l2.header[15] = (uint8_t)in->vlan;
	}
	return l2;
}

/* Notice what workers did with the entry since the last look. */
static void look_at_use(struct sl_neighbours *n, uint16_t index, uint64_t now_ns)
{
	struct use *use = &n->uses[index];
	uint32_t tick = atomic_load_explicit(&n->table->entries[index].used_tick, memory_order_relaxed);

	if (tick == use->tick)
		return;
	use->tick = tick;
	use->ns = now_ns;
}

static void remove_entry(struct sl_neighbours *n, uint16_t index)
{
	sl_deadlines_clear(&n->deadlines, index);
	sl_neighbour_remove(n->table, index);
	n->freed = true;
}

/* Make room: entries that nobody ever used or that do not answer, else the one idle for longest. */
static bool evict(struct sl_neighbours *n, uint64_t now_ns)
{
	uint16_t victims[EVICT_BATCH], oldest = SL_ID_NONE;
	unsigned int n_victims = 0;

	for (uint32_t i = 0; i < n->deadlines.n && n_victims < EVICT_BATCH; i++) {
		uint16_t index = n->deadlines.heap[i];
		const struct sl_neighbour *e = &n->table->entries[index];
		const struct use *use = &n->uses[index];
		if (e->wanted != 0 || e->state == SL_NEIGHBOUR_INCOMPLETE)
			continue;
		look_at_use(n, index, now_ns);
		uint64_t idle_ns = now_ns - use->ns;
		if ((e->state == SL_NEIGHBOUR_FAILED || use->tick == 0) && idle_ns >= EVICT_UNUSED_NS)
			victims[n_victims++] = index;
		else if (idle_ns >= EVICT_IDLE_NS && (oldest == SL_ID_NONE || use->ns < n->uses[oldest].ns))
			oldest = index;
	}
	if (n_victims == 0 && oldest != SL_ID_NONE)
		victims[n_victims++] = oldest;
	for (unsigned int i = 0; i < n_victims; i++) {
		remove_entry(n, victims[i]);
		n->ops.full(n->arg, true);
	}
	return n_victims > 0;
}

static bool make_room(struct sl_neighbours *n, uint64_t now_ns)
{
	if (n->table->used < n->table->capacity)
		return true;
	if (now_ns >= n->full_until_ns && evict(n, now_ns))
		return true;
	if (now_ns >= n->full_until_ns)
		n->full_until_ns = now_ns + FULL_PAUSE_NS;
	n->ops.full(n->arg, false);
	if (n->full_logged_ns == 0 || now_ns - n->full_logged_ns >= FULL_LOG_NS) {
		sl_log_warning("neighbour table is full (%u entries in use): next hops are refused; raise max_neighbours",
			       n->table->capacity);
		n->full_logged_ns = now_ns;
	}
	return false;
}

/* Find the entry or make one, INCOMPLETE and about to be asked for. SL_ID_NONE: no room, or no such station can be. */
static uint16_t find_or_add(struct sl_neighbours *n, uint16_t interface, const struct sl_ip *ip, uint64_t now_ns)
{
	uint16_t index = sl_neighbour_lookup(n->table, interface, ip);

	if (index != SL_ID_NONE)
		return index;
	if (!acceptable(n, interface, ip) || !make_room(n, now_ns))
		return SL_ID_NONE;
	if (n->freed)
		n->ops.quiesce(n->arg);
	n->freed = false;
	index = sl_neighbour_add(n->table, interface, ip);
	n->uses[index] = (struct use){ .ns = now_ns };
	sl_deadlines_set(&n->deadlines, index, now_ns);
	return index;
}

static void log_hop(const struct sl_neighbours *n, const struct sl_neighbour *e, const char *what)
{
	char ip[SL_IP_STRLEN];
	const char *interface = n->snapshot->interfaces[e->interface].name;

	if (e->wanted != 0)
		sl_log_info("next hop %s on %s %s", sl_ip_format(&e->ip, ip), interface, what);
}

/* The station told us its MAC address. */
static void confirm(struct sl_neighbours *n, uint16_t index, const uint8_t mac[6], bool gossip, uint64_t now_ns)
{
	struct sl_neighbour *e = &n->table->entries[index];
	bool changed = e->l2.usable && memcmp(e->l2.header, mac, 6) != 0;
	struct sl_l2 l2 = l2_header(n, e->interface, mac);

	if (e->state == SL_NEIGHBOUR_STATIC)
		return;
	if (changed)
		log_hop(n, e, "changed its MAC address");
	else if (e->state == SL_NEIGHBOUR_FAILED)
		log_hop(n, e, "answers");
	if (changed || e->state != SL_NEIGHBOUR_REACHABLE)
		sl_neighbour_write(n->table, index, SL_NEIGHBOUR_REACHABLE, &l2);
	e->probes = 0;
	e->confirmed_ns = now_ns;
	/* A new address that nobody asked for is believed at once, but asked for soon (RFC 4861 section 7.2.5: STALE). */
	sl_deadlines_set(&n->deadlines, index, now_ns + (changed && gossip ? DELAY_NS : REACHABLE_NS));
}

static bool is_station(const uint8_t mac[6])
{
	return (mac[0] & 1) == 0 && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/* RFC 4861 section 7.2.5 for an advertisement without the override flag. */
static void confirm_hint(struct sl_neighbours *n, uint16_t index, const uint8_t mac[6], uint64_t now_ns)
{
	const struct sl_neighbour *e = &n->table->entries[index];
	uint8_t known[6];

	memcpy(known, e->l2.header, sizeof(known));
	if (!e->l2.usable && is_station(mac))
		confirm(n, index, mac, false, now_ns);
	else if (e->l2.usable && (!is_station(mac) || memcmp(known, mac, sizeof(known)) == 0))
		confirm(n, index, known, false, now_ns);
	else if (e->state == SL_NEIGHBOUR_REACHABLE)
		sl_deadlines_set(&n->deadlines, index, now_ns + DELAY_NS);
}

void sl_neighbours_event(struct sl_neighbours *n, const struct sl_event *event, uint64_t now_ns)
{
	uint16_t index;

	switch (event->type) {
	case SL_EVENT_RESOLVE:
		index = find_or_add(n, event->interface, &event->ip, now_ns);
		if (index != SL_ID_NONE)
			n->uses[index].ns = now_ns;
		break;
	case SL_EVENT_NEIGHBOUR:
		if (!is_station(event->mac))
			break;
		index = find_or_add(n, event->interface, &event->ip, now_ns);
		if (index != SL_ID_NONE)
			confirm(n, index, event->mac, false, now_ns);
		break;
	case SL_EVENT_NEIGHBOUR_GOSSIP:
		index = sl_neighbour_lookup(n->table, event->interface, &event->ip);
		if (index != SL_ID_NONE && is_station(event->mac))
			confirm(n, index, event->mac, true, now_ns);
		break;
	case SL_EVENT_NEIGHBOUR_HINT:
		index = sl_neighbour_lookup(n->table, event->interface, &event->ip);
		if (index != SL_ID_NONE)
			confirm_hint(n, index, event->mac, now_ns);
		break;
	}
}

static void ask(struct sl_neighbours *n, uint16_t index, const uint8_t *mac, uint64_t interval_ns, uint64_t now_ns)
{
	struct sl_neighbour *e = &n->table->entries[index];
	bool sent = n->ops.solicit(n->arg, e->interface, &e->ip, mac);

	if (sent && e->probes < UINT8_MAX)
		e->probes++;
	sl_deadlines_set(&n->deadlines, index, now_ns + (sent ? interval_ns : RESEND_NS));
}

static void fail(struct sl_neighbours *n, uint16_t index, uint64_t now_ns)
{
	struct sl_neighbour *e = &n->table->entries[index];
	struct sl_l2 l2 = e->l2;

	l2.usable = false;
	l2.failed = true;
	sl_neighbour_write(n->table, index, SL_NEIGHBOUR_FAILED, &l2);
	log_hop(n, e, sl_ip_is_v4(&e->ip) ? "does not answer ARP" : "does not answer neighbour solicitations");
	sl_deadlines_set(&n->deadlines, index, now_ns + RETRY_NS);
}

static void reachable_due(struct sl_neighbours *n, uint16_t index, uint64_t now_ns)
{
	struct sl_neighbour *e = &n->table->entries[index];
	uint64_t used_ns = n->uses[index].ns;

	if (e->wanted != 0 || used_ns > e->confirmed_ns) {
		struct sl_l2 l2 = e->l2;
		sl_neighbour_write(n->table, index, SL_NEIGHBOUR_PROBE, &l2);
		ask(n, index, e->l2.header, RETRANSMIT_NS, now_ns);
	} else if (now_ns - used_ns >= IDLE_NS) {
		remove_entry(n, index);
	} else {
		sl_deadlines_set(&n->deadlines, index, now_ns + DELAY_NS);
	}
}

static void failed_due(struct sl_neighbours *n, uint16_t index, uint64_t now_ns)
{
	uint64_t idle_ns = now_ns - n->uses[index].ns;

	if (n->table->entries[index].wanted != 0 || idle_ns <= RETRY_NS)
		ask(n, index, NULL, RETRY_NS, now_ns);
	else if (idle_ns >= FAILED_IDLE_NS)
		remove_entry(n, index);
	else
		sl_deadlines_set(&n->deadlines, index, now_ns + RETRY_NS);
}

static void due(struct sl_neighbours *n, uint16_t index, uint64_t now_ns)
{
	struct sl_neighbour *e = &n->table->entries[index];

	look_at_use(n, index, now_ns);
	switch ((enum sl_neighbour_state)e->state) {
	case SL_NEIGHBOUR_INCOMPLETE:
		if (e->probes < SOLICITS)
			ask(n, index, NULL, RETRANSMIT_NS, now_ns);
		else
			fail(n, index, now_ns);
		break;
	case SL_NEIGHBOUR_REACHABLE:
		reachable_due(n, index, now_ns);
		break;
	case SL_NEIGHBOUR_PROBE:
		if (e->probes < 2 * SOLICITS)
			ask(n, index, e->probes < SOLICITS ? e->l2.header : NULL, RETRANSMIT_NS, now_ns);
		else
			fail(n, index, now_ns);
		break;
	case SL_NEIGHBOUR_FAILED:
		failed_due(n, index, now_ns);
		break;
	case SL_NEIGHBOUR_FREE:
	case SL_NEIGHBOUR_STATIC:
		sl_deadlines_clear(&n->deadlines, index);
		break;
	}
}

uint64_t sl_neighbours_run(struct sl_neighbours *n, uint64_t now_ns)
{
	while (sl_deadlines_next(&n->deadlines) <= now_ns)
		due(n, n->deadlines.heap[0], now_ns);
	return sl_deadlines_next(&n->deadlines);
}

static bool is_static(const struct sl_snapshot *s, const struct sl_neighbour *e)
{
	for (unsigned int i = 0; i < s->n_neighbours; i++)
		if (s->neighbours[i].interface == e->interface && sl_ip_equal(&s->neighbours[i].address, &e->ip))
			return true;
	return false;
}

/* Keep, rewrite or remove an entry under a new snapshot. */
static void revise(struct sl_neighbours *n, uint16_t index)
{
	struct sl_neighbour *e = &n->table->entries[index];

	e->wanted = 0;
	if (!acceptable(n, e->interface, &e->ip) ||
	    (e->state == SL_NEIGHBOUR_STATIC && !is_static(n->snapshot, e))) {
		remove_entry(n, index);
		return;
	}
	if (!e->l2.usable)
		return;
	/* Another port or VLAN is another link: what was learned on the old one means nothing there. */
	struct sl_l2 l2 = l2_header(n, e->interface, e->l2.header);
	if (l2.port != e->l2.port || memcmp(l2.header + 12, e->l2.header + 12, 6) != 0)
		remove_entry(n, index);
	else if (l2.mtu != e->l2.mtu || memcmp(l2.header + 6, e->l2.header + 6, 6) != 0)
		sl_neighbour_write(n->table, index, (enum sl_neighbour_state)e->state, &l2);
}

void sl_neighbours_configure(struct sl_neighbours *n, const struct sl_snapshot *snapshot, const struct sl_hop *wanted,
			     unsigned int n_wanted, uint64_t now_ns)
{
	n->snapshot = snapshot;
	for (uint32_t i = 0; i <= n->table->mask; i++)
		if (n->table->entries[i].state != SL_NEIGHBOUR_FREE)
			revise(n, (uint16_t)i);

	/* Before room is made for new ones: that takes what nobody wants. */
	for (unsigned int i = 0; i < n_wanted; i++) {
		uint16_t index = sl_neighbour_lookup(n->table, wanted[i].interface, &wanted[i].ip);
		if (index != SL_ID_NONE)
			n->table->entries[index].wanted = 1;
	}

	for (unsigned int i = 0; i < snapshot->n_neighbours; i++) {
		const struct sl_config_neighbour *s = &snapshot->neighbours[i];
		uint16_t index = find_or_add(n, s->interface, &s->address, now_ns);
		if (index == SL_ID_NONE)
			continue;
		struct sl_l2 l2 = l2_header(n, s->interface, s->mac);
		sl_neighbour_write(n->table, index, SL_NEIGHBOUR_STATIC, &l2);
		sl_deadlines_clear(&n->deadlines, index);
	}

	for (unsigned int i = 0; i < n_wanted; i++) {
		uint16_t index = find_or_add(n, wanted[i].interface, &wanted[i].ip, now_ns);
		if (index == SL_ID_NONE)
			continue;
		n->table->entries[index].wanted = 1;
		if (n->table->entries[index].state == SL_NEIGHBOUR_FAILED)
			sl_deadlines_set(&n->deadlines, index, now_ns);
	}
}
