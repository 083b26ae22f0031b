/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include <rte_ring_elem.h>

#include "sluice/base/log.h"

#include "events.h"
#include "listener.h"
#include "neighbours.h"

#define DRAIN_MAX SL_EVENT_RING_SIZE /* from one worker in one turn */
#define CONFLICT_LOG_NS (10 * SL_NS_PER_S) /* between new conflicts, once the list is full */

static const char *interface_name(const struct sl_control *control, uint16_t interface)
{
	return interface < control->snapshot->n_interfaces ? control->snapshot->interfaces[interface].name : "?";
}

/* Two of our ports on one link hear each other: that is no conflict. */
static bool is_our_mac(const struct sl_control *control, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < control->n_ports; i++)
		if (memcmp(control->ports[i].facts.mac, mac, 6) == 0)
			return true;
	return false;
}

static struct sl_conflict *find_conflict(struct sl_control *control, const struct sl_event *event)
{
	for (unsigned int i = 0; i < control->n_conflicts; i++) {
		struct sl_conflict *c = &control->conflicts[i];
		if (sl_ip_equal(&c->ip, &event->ip) && memcmp(c->mac, event->mac, 6) == 0)
			return c;
	}
	return NULL;
}

static void log_conflict(const struct sl_conflict *c)
{
	char ip[SL_IP_STRLEN];
	const uint8_t *m = c->mac;

	sl_log_error("address %s on %s is also used by %02x:%02x:%02x:%02x:%02x:%02x, so its packets may go there; remedy: "
		     "take it from that station, or give sluice another address in the configuration and reload",
		     sl_ip_format(&c->ip, ip), c->interface, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void conflict(struct sl_control *control, const struct sl_event *event, uint64_t now_ns)
{
	struct sl_conflict *c = find_conflict(control, event);
	bool full = control->n_conflicts == SL_CONFLICTS_MAX;

	if (is_our_mac(control, event->mac))
		return;
	control->count[SL_CONTROL_COUNT_CONFLICTS]++;
	if (c != NULL) {
		c->count++;
		c->last_ns = now_ns;
		return;
	}
	/* A station that makes up a new MAC address each time must not fill the log. */
	bool quiet = full && now_ns - control->conflicts[SL_CONFLICTS_MAX - 1].first_ns < CONFLICT_LOG_NS;
	if (quiet)
		return;
	if (full)
		memmove(control->conflicts, control->conflicts + 1, (SL_CONFLICTS_MAX - 1) * sizeof(*c));
	else
		control->n_conflicts++;
	c = &control->conflicts[control->n_conflicts - 1];
	*c = (struct sl_conflict){ .ip = event->ip, .first_ns = now_ns, .last_ns = now_ns, .count = 1 };
	memcpy(c->mac, event->mac, 6);
	snprintf(c->interface, sizeof(c->interface), "%s", interface_name(control, event->interface));
	log_conflict(c);
}

static void partial_checksum(struct sl_control *control, uint16_t port)
{
	if (port >= control->n_ports || (control->partial_checksum_ports & 1ull << port))
		return;
	control->partial_checksum_ports |= 1ull << port;
	const char *netdev = control->ports[port].netdev;
	sl_log_error("%s%s%s: packets arrive with unfinished TCP or UDP checksums, which receivers behind sluice would "
		     "refuse; their sender leaves them to an offload that a virtual link does not have; remedy: ethtool -K "
		     "IF tx off, where IF is the interface at the other end of the veth pair or link",
		     control->ports[port].facts.name, netdev[0] != '\0' ? ", interface " : "", netdev);
}

void sl_control_event(struct sl_control *control, const struct sl_event *event, uint64_t now_ns)
{
	control->count[SL_CONTROL_COUNT_EVENTS]++;
	switch ((enum sl_event_type)event->type) {
	case SL_EVENT_RESOLVE:
	case SL_EVENT_NEIGHBOUR:
	case SL_EVENT_NEIGHBOUR_GOSSIP:
	case SL_EVENT_NEIGHBOUR_HINT:
		sl_neighbours_event(control->neighbours, event, now_ns);
		break;
	case SL_EVENT_CONFLICT:
		conflict(control, event, now_ns);
		break;
	case SL_EVENT_GROUP_QUERY:
		control->count[SL_CONTROL_COUNT_GROUP_QUERIES]++;
		sl_listener_query(control->listener, event, now_ns);
		break;
	case SL_EVENT_PARTIAL_CHECKSUM:
		partial_checksum(control, event->port);
		break;
	}
}

void sl_control_drain_events(struct sl_control *control, uint64_t now_ns)
{
	for (unsigned int i = 0; i < control->shared->n_workers; i++) {
		struct rte_ring *ring = control->shared->workers[i]->events;
		struct sl_event event;
		for (unsigned int n = 0; n < DRAIN_MAX; n++) {
			if (rte_ring_sc_dequeue_elem(ring, &event, sizeof(event)) != 0)
				break;
			sl_control_event(control, &event, now_ns);
		}
	}
}

bool sl_control_events_pending(const struct sl_control *control)
{
	for (unsigned int i = 0; i < control->shared->n_workers; i++)
		if (!rte_ring_empty(control->shared->workers[i]->events))
			return true;
	return false;
}
