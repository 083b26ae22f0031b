/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP relays: a datagram to a relay's group or address ends here and leaves as often as the relay has outputs
 * (docs/relay.md). Fragments have walked through the fragments stage, so they come with their ports, in order, the first one
 * first, and share its fate.
 *
 * Drops: IP_SOURCE (it came back to us), RELAY_RPF, PARTIAL_CHECKSUM, FRAGMENT, NO_MBUF. Out: consumed, their copies created and sent,
 * or dropped as RELAY_LIMIT, RELAY_UNRESOLVED, RELAY_FAMILY, MTU, NO_MBUF. Survives: what no relay takes.
 */
#include "relay.h"

#include "sluice/packet/relay.h"

/* Which relay takes the datagrams of the burst. Most are of the same stream as the one before. */
struct hit {
	const struct sl_relay *relay; /* NULL: none */
	uint8_t input;
	uint8_t next;		      /* datagram of the same relay, SL_BURST_MAX: none */
	uint8_t cause;		      /* why it is dropped, SL_DROP_MAX: it is not */
};

const struct sl_relay *sl_relay_match(const struct sl_snapshot *s, const struct sl_pkt *p, uint8_t *input)
{
	const struct sl_relay *relay;

	if (p->kind != SL_PKT_UDP)
		return NULL;
	relay = sl_snapshot_relay(s, p->interface, &p->src, &p->dst, p->dport_be, input);
	if (relay == NULL)
		return NULL;
	/* a unicast address in a frame to all is not meant for us (RFC 1122 section 3.3.6) */
	bool to_group = (p->flags & SL_PKT_L2_MULTICAST) != 0;
	return relay->in[*input].multicast == to_group ? relay : NULL;
}

static bool same_stream(const struct sl_pkt *a, const struct sl_pkt *b)
{
	return a->dport_be == b->dport_be && a->interface == b->interface && a->kind == b->kind &&
	       ((a->flags ^ b->flags) & SL_PKT_L2_MULTICAST) == 0 && sl_ip_equal(&a->dst, &b->dst) &&
	       sl_ip_equal(&a->src, &b->src);
}

static enum sl_drop_cause check_source(const struct sl_snapshot *s, const struct sl_pkt *p, const struct sl_relay_input *in)
{
	/* A switch that sends our own copies back to us, or another's relay that does: each would be relayed again. */
	if (sl_snapshot_local(s, &p->src) != NULL)
		return SL_DROP_IP_SOURCE;
	if (in->rpf) {
		const struct sl_nexthop *hop = sl_snapshot_route(s, &p->src);
		if (hop == NULL || hop->interface != p->interface)
			return SL_DROP_RELAY_RPF;
	}
	return SL_DROP_MAX;
}

static void match(const struct sl_snapshot *s, const struct sl_burst *b, unsigned int i, struct hit *hits)
{
	const struct sl_pkt *p = &b->p[i];
	struct hit *hit = &hits[i];

	if (i > 0 && likely(same_stream(p, p - 1))) {
		*hit = hits[i - 1];
		return;
	}
	*hit = (struct hit){ .cause = SL_DROP_MAX };
	hit->relay = sl_relay_match(s, p, &hit->input);
	if (hit->relay != NULL)
		hit->cause = (uint8_t)check_source(s, p, &hit->relay->in[hit->input]);
}

/* ---- one datagram ---- */

/* Numbers for datagrams that may be fragments: of this worker alone, and never the same twice in a row. */
static void number(struct sl_worker *w, const struct sl_pkt *p, uint16_t *id, uint32_t *id6)
{
	struct sl_datagram *d = NULL;
	unsigned int bits = w->ip_ids.worker_bits;
	uint32_t n;

	if (unlikely((p->flags & SL_PKT_FRAGMENT) && p->fragment != SL_ID_NONE))
		d = &w->fragments.datagrams[p->fragment];
	n = d != NULL && (d->flags & SL_DATAGRAM_NUMBERED) ? d->new_id_be : w->relays->next_id++;
	if (d != NULL) {
		d->new_id_be = n;
		d->flags |= SL_DATAGRAM_NUMBERED;
	}
	*id = (uint16_t)((uint32_t)w->id << (16 - bits) | (n & (0xffffu >> bits)));
	*id6 = (uint32_t)((uint64_t)w->id << (32 - bits) | (n & (0xffffffffu >> bits)));
}

/* Statistics, and is it sent on? */
static bool passes(struct sl_worker *w, const struct sl_burst *b, unsigned int i, const struct hit *hit,
		   struct sl_relay_state *r)
{
	const struct sl_pkt *p = &b->p[i];
	bool fragment = unlikely((p->flags & SL_PKT_FRAGMENT) && p->fragment != SL_ID_NONE);
	uint64_t n = 0;

	if (unlikely(p->flags & SL_PKT_FRAGMENT_LATER)) {
		bool passed = fragment && !(w->fragments.datagrams[p->fragment].flags & SL_DATAGRAM_CONSUMED);
		sl_relay_follow_fragment(r, hit->input, w->now_ns, p->l3_len, passed);
		return passed;
	}
	bool numbered = hit->relay->sequence != SL_RELAY_SEQUENCE_NONE &&
			sl_relay_read_number(hit->relay, b->m[i], p->l4 + 8u, &n);
	bool pass = sl_relay_follow(r, hit->relay, hit->input, w->now_ns, p->l3_len, numbered, n) == SL_RELAY_PASS;
	if (unlikely(fragment && !pass))
		w->fragments.datagrams[p->fragment].flags |= SL_DATAGRAM_CONSUMED;
	return pass;
}

static enum sl_drop_cause add(struct sl_worker *w, struct sl_burst *b, unsigned int i, struct relay_batch *batch)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_relay_datagram *d = &batch->d[batch->n];
	uint32_t id6;
	uint16_t id;

	number(w, p, &id, &id6);
	if (unlikely(!sl_relay_datagram_init(d, b->m[i], p, id, id6)))
		return SL_DROP_FRAGMENT;
	if (unlikely(sl_relay_looks_partial(d)) && sl_is_partial(w, b, i))
		return SL_DROP_PARTIAL_CHECKSUM;
	if (unlikely(!sl_burst_own(w, b, i))) /* its headers are taken off */
		return SL_DROP_NO_MBUF;
	batch->longest = RTE_MAX(batch->longest, (uint32_t)d->ip_payload);
	batch->has_fragments |= d->is_fragment;
	batch->has_unchecked |= d->checksum_mask == 0;
	batch->unused[batch->n] = 0;
	batch->m[batch->n++] = sl_burst_convert(w, b, i);
	return SL_DROP_MAX;
}

/* ---- the burst ---- */

static void relay_one(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, const struct hit *hits,
		      unsigned int first)
{
	const struct sl_relay *relay = hits[first].relay;
	struct sl_relay_state *r = sl_relay_state(w, s, relay);
	struct relay_batch batch;

	batch.n = 0;
	batch.longest = 0;
	batch.has_fragments = batch.has_unchecked = false;
	batch.other_kind = RELAY_SUMS_NONE;
	for (unsigned int i = first; i < SL_BURST_MAX; i = hits[i].next) {
		enum sl_drop_cause cause = hits[i].cause;
		if (likely(cause == SL_DROP_MAX)) {
			if (!passes(w, b, i, &hits[i], r)) {
				sl_burst_consume(w, b, i);
				continue;
			}
			cause = add(w, b, i, &batch);
		}
		if (unlikely(cause != SL_DROP_MAX))
			sl_burst_drop(w, b, i, cause);
	}
	if (batch.n > 0)
		relay_send(w, s, relay, &batch);
}

/* Chain the datagrams of each relay, in their order. Returns how many relays there are; their first datagrams in first[]. */
static unsigned int chain(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b, struct hit *hits,
			  uint8_t first[SL_BURST_MAX])
{
	uint16_t *last = w->relays->last;
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->n; i++) {
		match(s, b, i, hits);
		hits[i].next = SL_BURST_MAX;
		if (hits[i].relay == NULL)
			continue;
		uint16_t *at = &last[hits[i].relay->id];
		if (*at == SL_BURST_MAX)
			first[n++] = (uint8_t)i;
		else
			hits[*at].next = (uint8_t)i;
		*at = (uint16_t)i;
	}
	for (unsigned int i = 0; i < n; i++)
		last[hits[first[i]].relay->id] = SL_BURST_MAX;
	return n;
}

void sl_stage_relay(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	struct hit hits[SL_BURST_MAX];
	uint8_t first[SL_BURST_MAX];

	if (likely(s->relays.n == 0))
		return;
	if (!s->relays.has_unicast && !(b->seen & SL_SEEN_FLAG(SL_PKT_L2_MULTICAST)))
		return;
	unsigned int n = chain(w, s, b, hits, first);
	for (unsigned int i = 0; i < n; i++)
		relay_one(w, s, b, hits, first[i]);
	sl_burst_compact(b);
}
