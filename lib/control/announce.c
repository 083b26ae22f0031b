/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "sluice/base/log.h"
#include "sluice/packet/burst.h"

#include "announce.h"

#define INTERVAL_NS 1000000000ull
#define ANNOUNCEMENTS 3
#define WINDOW_NS (10 * 1000 * 1000ull)
#define WINDOW_FRAMES 64 /* a few thousand VIPs must not overrun the link's queues */

struct item {
	struct sl_ip ip;
	uint16_t interface;
	uint8_t announcements; /* still to send */
	bool probe;	       /* still to send, ahead of them */
	uint64_t due_ns;
};

struct sl_announcer {
	struct sl_announce_ops ops;
	void *arg;
	struct item *items;
	unsigned int n, size;
	uint64_t window_ns;    /* when the present one ends */
	unsigned int budget;   /* frames that may go in it */
};

struct sl_announcer *sl_announcer_create(const struct sl_announce_ops *ops, void *arg)
{
	struct sl_announcer *a = calloc(1, sizeof(*a));

	if (a != NULL)
		*a = (struct sl_announcer){ .ops = *ops, .arg = arg };
	return a;
}

void sl_announcer_destroy(struct sl_announcer *a)
{
	if (a == NULL)
		return;
	free(a->items);
	free(a);
}

static struct item *find(struct sl_announcer *a, uint16_t interface, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (a->items[i].interface == interface && sl_ip_equal(&a->items[i].ip, ip))
			return &a->items[i];
	return NULL;
}

int sl_announcer_add(struct sl_announcer *a, uint16_t interface, const struct sl_ip *ip, uint64_t now_ns)
{
	struct item *item = find(a, interface, ip);

	if (item == NULL && a->n == a->size) {
		unsigned int size = a->size == 0 ? 64 : 2 * a->size;
		struct item *items = realloc(a->items, size * sizeof(*items));
		if (items == NULL)
			return -1;
		a->items = items;
		a->size = size;
	}
	if (item == NULL)
		item = &a->items[a->n++];
	*item = (struct item){
		.ip = *ip, .interface = interface, .announcements = ANNOUNCEMENTS, .probe = true, .due_ns = now_ns
	};
	return 0;
}

static bool announced_by(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *ip)
{
	const struct sl_local *local = sl_snapshot_local(s, ip);
	return local != NULL && local->interface == interface;
}

/* Which of the snapshot's addresses to begin with. */
struct choice {
	const struct sl_snapshot *known; /* not those it announces already; NULL: all */
	uint16_t port;			 /* only those on this port; SL_ID_NONE: any */
};

static void add_chosen(struct sl_announcer *a, const struct sl_snapshot *s, const struct choice *choice, uint64_t now_ns)
{
	bool failed = false;

	for (uint32_t i = 0; i < 1u << s->locals_bits; i++) {
		const struct sl_local *local = &s->locals[i];
		if (local->kinds == 0 || local->interface == SL_ID_NONE)
			continue;
		if (choice->port != SL_ID_NONE && s->interfaces[local->interface].port != choice->port)
			continue;
		if (choice->known != NULL && announced_by(choice->known, local->interface, &local->ip))
			continue;
		failed |= sl_announcer_add(a, local->interface, &local->ip, now_ns) != 0;
	}
	if (failed)
		sl_log_warning("out of memory: some addresses are not announced; neighbours learn them when they ask");
}

void sl_announcer_follow(struct sl_announcer *a, const struct sl_snapshot *previous, const struct sl_snapshot *next,
			 uint64_t now_ns)
{
	struct choice new_ones = { .known = previous, .port = SL_ID_NONE };
	unsigned int kept = 0;

	if (previous != NULL && previous->route_epoch != next->route_epoch)
		new_ones.known = NULL;
	for (unsigned int i = 0; i < a->n; i++)
		if (announced_by(next, a->items[i].interface, &a->items[i].ip))
			a->items[kept++] = a->items[i];
	a->n = kept;
	add_chosen(a, next, &new_ones, now_ns);
}

void sl_announcer_link_up(struct sl_announcer *a, const struct sl_snapshot *snapshot, uint16_t port, uint64_t now_ns)
{
	struct choice on_port = { .port = port };

	add_chosen(a, snapshot, &on_port, now_ns);
}

/* Send one frame of the item. False: it could not be sent. */
static bool send_one(struct sl_announcer *a, struct item *item, uint64_t now_ns)
{
	if (item->probe) {
		if (!a->ops.probe(a->arg, item->interface, &item->ip))
			return false;
		item->probe = false; /* the first announcement follows at once */
		return true;
	}
	if (!a->ops.announce(a->arg, item->interface, &item->ip))
		return false;
	item->announcements--;
	item->due_ns = now_ns + INTERVAL_NS;
	return true;
}

uint64_t sl_announcer_run(struct sl_announcer *a, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;
	unsigned int kept = 0;

	if (now_ns >= a->window_ns) {
		a->window_ns = now_ns + WINDOW_NS;
		a->budget = WINDOW_FRAMES;
	}
	for (unsigned int i = 0; i < a->n; i++) {
		struct item item = a->items[i];
		while (item.announcements > 0 && item.due_ns <= now_ns && a->budget > 0) {
			if (send_one(a, &item, now_ns))
				a->budget--;
			else
				a->budget = 0; /* the rest would not go either */
		}
		if (item.announcements == 0)
			continue;
		a->items[kept++] = item;
		uint64_t at_ns = item.due_ns <= now_ns ? a->window_ns : item.due_ns;
		next_ns = at_ns < next_ns ? at_ns : next_ns;
	}
	a->n = kept;
	return next_ns;
}
