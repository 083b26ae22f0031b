/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports: what is due, into frames, at a pace. */
#include "listener_internal.h"

#define INTERVAL_NS 1000000000ull /* between reports of a change (RFC 3376 section 8.11, RFC 3810 section 9.11) */
#define RESEND_NS (10 * 1000 * 1000ull)
#define FRAMES_MAX 64		  /* in one turn */
#define RECORDS_MAX 128		  /* in a frame */

/* What the routers on this link understand. */
static enum sl_group_version version_of(const struct sl_membership *m, uint64_t now_ns)
{
	return now_ns < m->old_until_ns[SL_GROUP_V1] ? SL_GROUP_V1 :
	       now_ns < m->old_until_ns[SL_GROUP_V2] ? SL_GROUP_V2 :
						       SL_GROUP_V3;
}

/* ---- saying it ---- */

struct turn {
	struct sl_listener *l;
	unsigned int member;
	unsigned int frames; /* that may still be sent */
	uint64_t now_ns;
};

static bool is_due(const struct sl_listened_group *r, enum sl_occasion occasion)
{
	return occasion == SL_OCCASION_ANSWER ? r->asked : r->changes > 0;
}

static void said(struct sl_listened_group *r, enum sl_occasion occasion)
{
	if (occasion == SL_OCCASION_ANSWER)
		r->asked = false;
	else
		r->changes--;
}

/* The type of what is said of sources from number `source` on: the rest of a list that a frame could not hold is added to it. */
static enum sl_group_record_type type_of(const struct sl_listened_group *r, enum sl_occasion occasion, unsigned int source)
{
	if (occasion == SL_OCCASION_ANSWER)
		return r->exclude ? SL_GROUP_IS_EXCLUDE : SL_GROUP_IS_INCLUDE;
	if (r->new_mode && source == 0)
		return r->exclude ? SL_GROUP_TO_EXCLUDE : SL_GROUP_TO_INCLUDE;
	return source < r->n_sources ? SL_GROUP_ALLOW : SL_GROUP_BLOCK;
}

struct frame {
	struct sl_group_record records[RECORDS_MAX];
	unsigned int n;
	uint32_t room; /* left */
	bool v4;
};

/* Write what r has to say from its source number *source on. False: the frame is full, and *source behind what it holds. */
static bool describe(struct frame *f, const struct sl_listened_group *r, enum sl_occasion occasion, unsigned int *source)
{
	unsigned int total = r->n_sources + (occasion == SL_OCCASION_CHANGE && !r->new_mode ? r->n_gone : 0);
	uint32_t head = sl_group_record_bytes(f->v4, 0), each = sl_group_record_bytes(f->v4, 1) - head;

	do {
		bool gone = *source >= r->n_sources && total > r->n_sources;
		unsigned int left = (gone ? total : r->n_sources) - *source;
		if (f->n == RECORDS_MAX || f->room < head || (left > 0 && f->room < head + each))
			return false;
		unsigned int take = RTE_MIN(left, (f->room - head) / each);
		f->records[f->n++] = (struct sl_group_record){
			.group = r->group,
			.type = (uint8_t)type_of(r, occasion, *source),
			.n_sources = (uint16_t)take,
			.sources = gone ? r->gone + (*source - r->n_sources) : r->sources + *source,
		};
		f->room -= head + each * take;
		*source += take;
	} while (*source < total);
	return true;
}

/* As many records as a frame takes, from the round's place on. */
static bool report(struct turn *t, struct sl_membership *m, enum sl_occasion occasion)
{
	uint16_t mtu = sl_listener_interface(t->l, t->member)->mtu;
	struct frame f = { .v4 = sl_listener_is_v4(t->member) };
	struct sl_listener_round *round = &m->rounds[occasion];
	unsigned int next = round->next, source = round->source;

	f.room = RTE_MAX(mtu, f.v4 ? 576 : 1280) - SL_GROUP_REPORT_OVERHEAD; /* every host takes so much (RFC 791, RFC 8200) */
	for (; next < m->n; next++) {
		if (!is_due(&m->records[next], occasion))
			continue;
		if (!describe(&f, &m->records[next], occasion, &source))
			break;
		source = 0;
	}
	if (f.n > 0 && !t->l->ops.report(t->l->arg, sl_listener_interface(t->l, t->member), f.records, f.n))
		return false;
	t->frames -= f.n > 0;
	for (; round->next < next; round->next++)
		if (is_due(&m->records[round->next], occasion))
			said(&m->records[round->next], occasion);
	round->source = source;
	return true;
}

/* One group, to older routers. */
static bool report_old(struct turn *t, struct sl_membership *m, enum sl_occasion occasion, enum sl_group_version version)
{
	struct sl_listened_group *r = &m->records[m->rounds[occasion].next];
	const struct sl_listen_ops *ops = &t->l->ops;
	const struct sl_interface *in = sl_listener_interface(t->l, t->member);
	bool sent = true;

	if (is_due(r, occasion)) {
		if (sl_is_listened_to(r))
			sent = ops->report_membership(t->l->arg, in, &r->group, version);
		else if (version == SL_GROUP_V2)
			sent = ops->report_leave(t->l->arg, in, &r->group);
		if (!sent)
			return false;
		t->frames--;
		said(r, occasion);
	}
	m->rounds[occasion].next++;
	m->rounds[occasion].source = 0;
	return true;
}

/* Go on with a round, as far as this turn may. */
static void run_round(struct turn *t, struct sl_membership *m, enum sl_occasion occasion)
{
	struct sl_listener_round *round = &m->rounds[occasion];
	enum sl_group_version version = version_of(m, t->now_ns);
	bool left = false;

	if (round->due_ns > t->now_ns)
		return;
	while (round->next < m->n) {
		bool sent = t->frames > 0 && (version == SL_GROUP_V3 ? report(t, m, occasion) :
								       report_old(t, m, occasion, version));
		if (!sent) {
			round->due_ns = t->now_ns + RESEND_NS;
			return;
		}
	}
	for (unsigned int i = 0; i < m->n; i++)
		left |= is_due(&m->records[i], occasion);
	*round = (struct sl_listener_round){ .due_ns = left ? t->now_ns + INTERVAL_NS : SL_LISTENER_NEVER };
}

uint64_t sl_listener_run(struct sl_listener *l, uint64_t now_ns)
{
	struct turn t = { .l = l, .frames = FRAMES_MAX, .now_ns = now_ns };

	if (now_ns >= l->again_ns)
		sl_listener_follow(l, l->snapshot, now_ns);
	uint64_t next_ns = l->again_ns;
	for (t.member = 0; t.member < l->n_members; t.member++) {
		struct sl_membership *m = &l->members[t.member];
		for (enum sl_occasion o = 0; o < SL_OCCASIONS; o++) {
			run_round(&t, m, o);
			next_ns = RTE_MIN(next_ns, m->rounds[o].due_ns);
		}
	}
	return next_ns;
}
