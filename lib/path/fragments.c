/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments to services, relays and source-NAT addresses and from dnat backends, by virtual reassembly
 * (sluice/state/fragment.h): the first one brings the ports, the others get them from the table and walk on like any
 * packet of the flow; those that come before it are held, and walk again, in their order, right after the burst that brought it.
 *
 * Two workers may be concerned (docs/architecture.md, "Who owns a packet"). The datagram's owner, by its addresses and
 * identification, sees all fragments and orders them. It hands them on to the owner of their flow, if that is another,
 * the first one first, where the same code follows them again for their ports. Nobody else hands fragments on: two
 * handovers at most.
 *
 * Drops: FRAGMENT, FRAGMENT_TINY, FRAGMENT_OVERLAP, FRAGMENT_DUPLICATE, FRAGMENT_LIMIT. Out: held, handed over.
 * Survives: whole packets, fragments with ports, and fragments that are only forwarded by layer 3.
 */
#include <netinet/in.h>

#include <rte_tcp.h>

#include "stages.h"

#include "sluice/packet/fragment.h"
#include "sluice/path/pipeline.h"

#define EXPIRE_BUDGET SL_BURST_MAX /* datagrams a turn: as many as a burst brings */

/* An IPv6 datagram may have further headers in its fragments, and then only the first one shows what is behind them. */
static bool hides_protocol(const struct sl_pkt *p)
{
	return (p->flags & SL_PKT_V6) && (p->flags & SL_PKT_FRAGMENT_LATER) &&
	       (p->proto == IPPROTO_DSTOPTS || p->proto == IPPROTO_ROUTING);
}

/*
 * To a service, relay or source-NAT address, or from a dnat backend, where it may be a reply. Only TCP and UDP have services.
 */
static bool may_be_followed(const struct sl_snapshot *s, const struct sl_pkt *p, const struct sl_local *local)
{
	bool hidden = hides_protocol(p);

	if (p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP && !hidden)
		return false;
	if (local != NULL)
		return SL_LOCAL_IS(local, SL_LOCAL_VIP) || SL_LOCAL_IS(local, SL_LOCAL_SNAT) ||
		       SL_LOCAL_IS(local, SL_LOCAL_RELAY);
	if (p->flags & SL_PKT_L2_MULTICAST)
		return p->kind == SL_PKT_UDP && sl_snapshot_relay_listens(s, p->interface, &p->dst);
	if (unlikely(hidden))
		return sl_snapshot_dnat(s, &p->src, 0, IPPROTO_TCP) != NULL ||
		       sl_snapshot_dnat(s, &p->src, 0, IPPROTO_UDP) != NULL;
	return sl_snapshot_dnat(s, &p->src, 0, p->proto) != NULL;
}

uint16_t sl_fragment_owner(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b,
			   unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_local *local = sl_snapshot_local(s, &p->dst);
	struct sl_fragment f;

	if (!may_be_followed(s, p, local))
		return w->id;
	sl_fragment_read(b->m[i], p, &f);
	return sl_dispatch_to(w, &p->src, (uint16_t)f.id_be, &p->dst, (uint16_t)(f.id_be >> 16));
}

/* ---- datagrams that end ---- */

static void drop_held(struct sl_worker *w, uint16_t index, enum sl_drop_cause cause)
{
	struct rte_mbuf *m;

	while ((m = sl_fragment_unhold(&w->fragments, index)) != NULL) {
		w->count[SL_COUNT_HELD]--;
		sl_packet_drop(w, m, cause);
	}
}

static void evict(struct sl_worker *w, uint16_t index)
{
	drop_held(w, index, SL_DROP_FRAGMENT_LIMIT);
	sl_fragment_remove(&w->fragments, index);
	w->count[SL_COUNT_DATAGRAMS_EVICTED]++;
}

void sl_fragments_expire(struct sl_worker *w)
{
	struct sl_fragment_table *t = &w->fragments;

	for (unsigned int i = 0; i < EXPIRE_BUDGET; i++) {
		uint16_t index = sl_fragment_due(t, w->now_tick);
		if (index == SL_ID_NONE)
			return;
		if (t->datagrams[index].refused == SL_DROP_MAX)
			w->count[SL_COUNT_DATAGRAMS_INCOMPLETE]++;
		drop_held(w, index, SL_DROP_FRAGMENT_TIMEOUT);
		sl_fragment_remove(t, index);
	}
}

/* No further fragment of this datagram gets through, nor do those that wait. */
static enum sl_drop_cause refuse(struct sl_worker *w, uint16_t index, enum sl_drop_cause cause)
{
	drop_held(w, index, cause);
	sl_fragment_refuse(&w->fragments, index, (uint8_t)cause, w->now_tick);
	return cause;
}

/* ---- each fragment ---- */

/* Datagrams that this burst refers to stay; SL_ID_NONE then. */
static uint16_t add(struct sl_worker *w, const struct sl_fragment_key *key)
{
	struct sl_fragment_table *t = &w->fragments;
	uint16_t index = sl_fragment_add(t, key, w->now_tick);

	if (unlikely(index == SL_ID_NONE)) {
		uint16_t oldest = sl_fragment_oldest(t);
		if (t->datagrams[oldest].round == t->round)
			return SL_ID_NONE;
		evict(w, oldest);
		index = sl_fragment_add(t, key, w->now_tick);
	}
	w->count[SL_COUNT_DATAGRAMS_FRAGMENTED]++;
	return index;
}

static uint16_t find_or_add(struct sl_worker *w, const struct sl_pkt *p, const struct sl_fragment *f)
{
	struct sl_fragment_key key = {
		.src = p->src, .dst = p->dst, .id_be = f->id_be, .proto = p->flags & SL_PKT_V6 ? 0 : p->proto,
	};
	uint16_t index = sl_fragment_find(&w->fragments, &key);

	return index != SL_ID_NONE ? index : add(w, &key);
}

/* Takes the fragment out of the burst, unless too many wait already. */
static bool hold(struct sl_worker *w, struct sl_burst *b, unsigned int i, uint16_t index)
{
	struct sl_fragment_table *t = &w->fragments;

	if (t->n_held == SL_FRAGMENT_HELD_MAX) {
		uint16_t oldest = t->waiting.oldest;
		if (oldest == SL_ID_NONE || t->datagrams[oldest].round == t->round)
			return false;
		evict(w, oldest);
	}
	if (sl_fragment_hold(t, index, b->m[i]) != 0)
		return false;
	sl_burst_take(b, i);
	w->count[SL_COUNT_HELD]++;
	return true;
}

/* Ports from the datagram; on to the flow's owner, if that is another worker. */
static void proceed(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		    uint16_t index)
{
	const struct sl_datagram *d = &w->fragments.datagrams[index];
	struct sl_pkt *p = &b->p[i];

	p->fragment = index;
	p->sport_be = d->sport_be;
	p->dport_be = d->dport_be;
	p->proto = d->proto;
	p->kind = d->proto == IPPROTO_TCP ? SL_PKT_TCP : SL_PKT_UDP;
	sl_burst_hash(w, b, i);
	if (w->shared->n_workers == 1)
		return;
	uint16_t owner = sl_owner(w, s, p);
	if (owner == w->id)
		return;
	if (sl_fragment_owner(w, s, b, i) == w->id)
		sl_burst_hand_on(w, b, i, owner);
	else
		sl_burst_hand_over(w, b, i, owner);
}

/* What the table says to the bytes of the fragment. */
static enum sl_drop_cause judge(struct sl_worker *w, uint16_t index, const struct sl_fragment *f)
{
	struct sl_datagram *d = &w->fragments.datagrams[index];

	if (d->refused != SL_DROP_MAX)
		return d->refused;
	switch (sl_fragment_cover(d, f)) {
	case SL_FRAGMENT_DUPLICATE:
		return SL_DROP_FRAGMENT_DUPLICATE;
	case SL_FRAGMENT_OVERLAP:
		/*
		 * RFC 5722 section 4: the whole datagram, in silence. With IPv4 too: nobody overlaps fragments in good
		 * faith, and which bytes win depends on the receiver (RFC 791 section 3.2, RFC 3128).
		 */
		return refuse(w, index, SL_DROP_FRAGMENT_OVERLAP);
	case SL_FRAGMENT_SCATTERED:
		return SL_DROP_FRAGMENT_LIMIT;
	case SL_FRAGMENT_NEW:
		break;
	}
	return SL_DROP_MAX;
}

static enum sl_drop_cause follow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_fragment_table *t = &w->fragments;
	struct sl_pkt *p = &b->p[i];
	bool later = (p->flags & SL_PKT_FRAGMENT_LATER) != 0;
	struct sl_fragment f;

	sl_fragment_read(b->m[i], p, &f);
	/* RFC 1858 section 3.2.2, RFC 3128: it would overwrite what the first fragment was judged by */
	if (p->proto == IPPROTO_TCP && later && f.start < sizeof(struct rte_tcp_hdr))
		return SL_DROP_FRAGMENT_TINY;
	uint16_t index = find_or_add(w, p, &f);
	if (index == SL_ID_NONE)
		return SL_DROP_FRAGMENT_LIMIT;
	struct sl_datagram *d = &t->datagrams[index];
	d->round = t->round;
	t->touched = true;
	enum sl_drop_cause cause = judge(w, index, &f);
	if (cause != SL_DROP_MAX)
		return cause;
	if (!later)
		sl_fragment_known(t, index, p, w->now_tick);

	bool known = (d->flags & SL_DATAGRAM_KNOWN) != 0;
	/* Not ahead of those that wait; where there is no room to wait, out of order is better than not at all. */
	bool waits = later && (!known || d->n_held > 0) && hold(w, b, i, index);
	if (!known)
		return waits ? SL_DROP_MAX : SL_DROP_FRAGMENT_LIMIT;
	if (!waits)
		proceed(w, s, b, i, index);
	if (d->n_held > 0 || (d->flags & SL_DATAGRAM_COMPLETE))
		sl_fragment_enqueue(t, index);
	return SL_DROP_MAX;
}

static void handle(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_local *local = sl_snapshot_local(s, &p->dst);
	enum sl_drop_cause cause;

	p->fragment = SL_ID_NONE;
	if (!may_be_followed(s, p, local)) {
		if (local == NULL)
			return;
		if (sl_is_kernels(s, p)) { /* it puts them together itself */
			sl_burst_punt(w, s, b, i);
			return;
		}
		cause = SL_DROP_FRAGMENT;
	} else if (b->resumed != SL_ID_NONE) {
		proceed(w, s, b, i, b->resumed);
		return;
	} else {
		cause = follow(w, s, b, i);
	}
	if (cause != SL_DROP_MAX)
		sl_burst_drop(w, b, i, cause);
}

void sl_stage_fragments(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & SL_SEEN_FLAG(SL_PKT_FRAGMENT))))
		return;
	for (unsigned int i = 0; i < b->n; i++)
		if (unlikely(b->p[i].flags & SL_PKT_FRAGMENT))
			handle(w, s, b, i);
	sl_burst_compact(b);
}

/* ---- after the burst ---- */

static void resume(struct sl_worker *w, const struct sl_snapshot *s, uint16_t index)
{
	struct sl_burst *b = &w->burst;
	struct rte_mbuf *m;

	for (b->n = 0; (m = sl_fragment_unhold(&w->fragments, index)) != NULL; b->n++)
		b->m[b->n] = m;
	w->count[SL_COUNT_HELD] -= b->n;
	b->handed_in = true; /* where they came in is behind them */
	b->resumed = index;
	b->gaps = false;
	sl_pipeline(w, s, b);
}
_Static_assert(SL_FRAGMENT_HELD_PER_DATAGRAM <= SL_BURST_MAX, "a datagram's held fragments fit in one burst");

void sl_fragments_settle(struct sl_worker *w, const struct sl_snapshot *s)
{
	struct sl_fragment_table *t = &w->fragments;
	uint16_t index;

	while ((index = sl_fragment_dequeue(t)) != SL_ID_NONE) {
		if (t->datagrams[index].n_held > 0)
			resume(w, s, index);
		if (t->datagrams[index].flags & SL_DATAGRAM_COMPLETE)
			sl_fragment_remove(t, index);
	}
	t->touched = false;
	t->round++;
}
