/* SPDX-License-Identifier: BSD-3-Clause */
/* Between listener.c, which knows what is to be said, and listener_report.c, which says it. */
#ifndef SLUICE_CONTROL_LISTENER_INTERNAL_H
#define SLUICE_CONTROL_LISTENER_INTERNAL_H

#include "listener.h"

#define SL_LISTENER_NEVER UINT64_MAX

/*
 * A group of an interface. `gone` are sources that are wanted no more, of an INCLUDE that stays one: routers are told of
 * those that leave and of those that come (RFC 3376 section 5.1).
 */
struct sl_listened_group {
	struct sl_ip group;
	const struct sl_ip *sources, *gone; /* in struct sl_membership.ips; sources are sorted */
	unsigned int n_sources, n_gone;
	bool exclude;	  /* any source; otherwise only `sources`: none, when the group was left */
	bool new_mode;	  /* INCLUDE became EXCLUDE, or the reverse, or routers shall be told all */
	bool asked;	  /* by a router */
	uint8_t changes;  /* reports of a change, still to send */
};

enum sl_occasion { SL_OCCASION_CHANGE, SL_OCCASION_ANSWER, SL_OCCASIONS };

/* What is said on one occasion goes on over several turns: where it is, and when it goes on. */
struct sl_listener_round {
	uint64_t due_ns; /* SL_LISTENER_NEVER: nothing to say */
	unsigned int next; /* record */
	unsigned int source; /* of that record; the gone ones count on */
};

/* What an interface was that is no more, or on another link. */
struct sl_left_link {
	struct sl_interface interface;
	struct sl_prefix address; /* reports come from it */
};

/* The groups of one interface and address family, sorted. */
struct sl_membership {
	struct sl_left_link *left; /* NULL: the interface is there */
	struct sl_listened_group *records;
	struct sl_ip *ips;
	unsigned int n;
	struct sl_listener_round rounds[SL_OCCASIONS];
	uint64_t old_until_ns[SL_GROUP_V3]; /* [version]: routers of that version are about until then */
};

struct sl_listener {
	struct sl_listen_ops ops;
	void *arg;
	const struct sl_snapshot *snapshot;
	struct sl_membership *members; /* by interface id: IPv4's, IPv6's; then those of links that were left */
	unsigned int n_members;
	uint64_t again_ns; /* follow the snapshot again: memory had run out */
};

static inline bool sl_is_listened_to(const struct sl_listened_group *r)
{
	return r->exclude || r->n_sources > 0;
}

static inline const struct sl_interface *sl_listener_interface(const struct sl_listener *l, unsigned int member)
{
	const struct sl_left_link *left = l->members[member].left;

	return left != NULL ? &left->interface : &l->snapshot->interfaces[member / 2];
}

static inline bool sl_listener_is_v4(unsigned int member)
{
	return member % 2 == 0;
}

#endif
