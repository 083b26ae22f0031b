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

/* Datagrams of one stream, one after the other in the burst. */
struct run {
	const struct sl_relay *relay; /* NULL: none takes them */
	struct sl_relay_stream stream;
	uint8_t input;
	uint8_t cause;		      /* why they are dropped, SL_DROP_MAX: they are not */
	uint8_t first, end;
	uint8_t next;		      /* run of the same relay, SL_BURST_MAX: none */
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
	if (sl_snapshot_is_local(s, &p->src))
		return SL_DROP_IP_SOURCE;
	if (in->rpf) {
		const struct sl_nexthop *hop = sl_snapshot_route(s, &p->src);
		if (hop == NULL || hop->interface != p->interface)
			return SL_DROP_RELAY_RPF;
	}
	return SL_DROP_MAX;
}

/* The relay of packet i and those behind it that are of the same stream. */
static void begin_run(const struct sl_snapshot *s, const struct sl_burst *b, unsigned int i, struct run *run)
{
	const struct sl_pkt *p = &b->p[i];

	run->relay = sl_relay_match(s, p, &run->input);
	run->first = (uint8_t)i;
	run->next = SL_BURST_MAX;
	if (run->relay == NULL)
		return;
	run->cause = (uint8_t)check_source(s, p, &run->relay->in[run->input]);
	sl_relay_stream_init(&run->stream, p);
}

/* ---- one datagram ---- */

/* Identifications are of this worker alone, and never the same twice in a row. Fragments of a datagram have the same. */
static __rte_noinline void set_id(struct sl_worker *w, struct sl_relay_datagram *d)
{
	const struct sl_pkt *p = d->p;
	struct sl_datagram *whole = NULL;
	unsigned int bits = w->ip_ids.worker_bits;

	if ((p->flags & SL_PKT_FRAGMENT) && p->fragment != SL_ID_NONE)
		whole = &w->fragments.datagrams[p->fragment];
	uint32_t n = whole != NULL && (whole->flags & SL_DATAGRAM_NUMBERED) ? whole->new_id_be : w->relays->next_id++;
	if (whole != NULL) {
		whole->new_id_be = n;
		whole->flags |= SL_DATAGRAM_NUMBERED;
	}
	sl_relay_set_id(d, (uint16_t)((uint32_t)w->id << (16 - bits) | (n & (0xffffu >> bits))),
			(uint32_t)((uint64_t)w->id << (32 - bits) | (n & (0xffffffffu >> bits))));
}

/* Statistics, and is it sent on? */
static bool passes(struct sl_worker *w, const struct sl_burst *b, unsigned int i, const struct run *run,
		   struct sl_relay_state *r)
{
	const struct sl_pkt *p = &b->p[i];
	bool fragment = unlikely((p->flags & SL_PKT_FRAGMENT) && p->fragment != SL_ID_NONE);
	uint64_t n = 0;

	if (unlikely(p->flags & SL_PKT_FRAGMENT_LATER)) {
		bool passed = fragment && !(w->fragments.datagrams[p->fragment].flags & SL_DATAGRAM_CONSUMED);
		sl_relay_follow_fragment(r, run->input, w->now_ns, p->l3_len, passed);
		return passed;
	}
	bool numbered = run->relay->sequence != SL_RELAY_SEQUENCE_NONE &&
			sl_relay_read_number(run->relay, b->m[i], p->l4 + 8u, &n);
	bool pass = sl_relay_follow(r, run->relay, run->input, w->now_ns, p->l3_len, numbered, n) == SL_RELAY_PASS;
	if (unlikely(fragment && !pass))
		w->fragments.datagrams[p->fragment].flags |= SL_DATAGRAM_CONSUMED;
	return pass;
}

static enum sl_drop_cause add(struct sl_worker *w, struct sl_burst *b, unsigned int i, const struct run *run,
			      struct relay_batch *batch)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_relay_datagram *d = &batch->d[batch->n];

	if (unlikely(!sl_relay_datagram_init(d, &run->stream, b->m[i], p)))
		return SL_DROP_FRAGMENT;
	if (unlikely(sl_relay_needs_id(d)))
		set_id(w, d);
	if (unlikely(sl_relay_looks_partial(d)) && sl_is_partial(w, b, i))
		return SL_DROP_PARTIAL_CHECKSUM;
	if (unlikely(b->m[i]->nb_segs > 1 || rte_mbuf_refcnt_read(b->m[i]) != 1) && !sl_burst_own(w, b, i)) /* its headers are taken off */
		return SL_DROP_NO_MBUF;
	batch->longest = RTE_MAX(batch->longest, (uint32_t)d->ip_payload);
	batch->has_fragments |= d->is_fragment;
	batch->has_unchecked |= d->checksum_mask == 0;
	batch->unused[batch->n] = 0;
	batch->m[batch->n++] = b->m[i];
	b->m[i] = NULL;
	return SL_DROP_MAX;
}

/* ---- the burst ---- */

/* Datagrams that need no look at each: no numbers, no second input, no fragments. */
static void relay_plain_run(struct sl_worker *w, struct sl_burst *b, const struct run *run, struct sl_relay_state *r,
			    struct relay_batch *batch)
{
	uint64_t bytes = 0;

	for (unsigned int i = run->first; i < run->end; i++) {
		bytes += b->p[i].l3_len;
		enum sl_drop_cause cause = add(w, b, i, run, batch);
		if (unlikely(cause != SL_DROP_MAX))
			sl_burst_drop(w, b, i, cause);
	}
	sl_relay_follow_plain(r, w->now_ns, run->end - run->first, bytes);
}

static void relay_run(struct sl_worker *w, struct sl_burst *b, const struct run *run, struct sl_relay_state *r,
		      struct relay_batch *batch)
{
	const struct sl_relay *relay = run->relay;

	if (likely(relay->n_inputs == 1 && relay->sequence == SL_RELAY_SEQUENCE_NONE && run->cause == SL_DROP_MAX &&
		   !(b->seen & SL_SEEN_FLAG(SL_PKT_FRAGMENT)))) {
		relay_plain_run(w, b, run, r, batch);
		return;
	}
	for (unsigned int i = run->first; i < run->end; i++) {
		enum sl_drop_cause cause = run->cause;
		if (likely(cause == SL_DROP_MAX)) {
			if (!passes(w, b, i, run, r)) {
				sl_burst_consume(w, b, i);
				continue;
			}
			cause = add(w, b, i, run, batch);
		}
		if (unlikely(cause != SL_DROP_MAX))
			sl_burst_drop(w, b, i, cause);
	}
}

static void relay_all(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, const struct run *runs,
		      unsigned int first)
{
	const struct sl_relay *relay = runs[first].relay;
	struct sl_relay_state *r = sl_relay_state(w, s, relay);
	struct relay_batch batch;

	batch.n = 0;
	batch.longest = 0;
	batch.has_fragments = batch.has_unchecked = false;
	batch.other_kind = RELAY_SUMS_NONE;
	for (unsigned int i = first; i < SL_BURST_MAX; i = runs[i].next)
		relay_run(w, b, &runs[i], r, &batch);
	if (batch.n == 0)
		return;
	b->gaps = true;
	sl_packet_convert(w, batch.n);
	relay_send(w, s, relay, &batch);
}

/* Chain the runs of each relay. Returns how many relays there are; their first runs in first[]. */
static unsigned int chain(struct sl_worker *w, struct run *runs, unsigned int n_runs, uint8_t first[SL_BURST_MAX])
{
	uint16_t *last = w->relays->last;
	unsigned int n = 0;

	for (unsigned int k = 0; k < n_runs; k++) {
		if (runs[k].relay == NULL)
			continue;
		uint16_t *at = &last[runs[k].relay->id];
		if (*at == SL_BURST_MAX)
			first[n++] = (uint8_t)k;
		else
			runs[*at].next = (uint8_t)k;
		*at = (uint16_t)k;
	}
	for (unsigned int i = 0; i < n; i++)
		last[runs[first[i]].relay->id] = SL_BURST_MAX;
	return n;
}

void sl_stage_relay(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	struct run runs[SL_BURST_MAX];
	uint8_t first[SL_BURST_MAX];
	unsigned int n_runs = 0;

	if (likely(s->relays.n == 0))
		return;
	if (!s->relays.has_unicast && !(b->seen & SL_SEEN_FLAG(SL_PKT_L2_MULTICAST)))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		if (i == 0 || unlikely(!same_stream(&b->p[i], &b->p[i - 1])))
			begin_run(s, b, i, &runs[n_runs++]);
		runs[n_runs - 1].end = (uint8_t)(i + 1);
	}
	unsigned int n = chain(w, runs, n_runs, first);
	for (unsigned int i = 0; i < n; i++)
		relay_all(w, s, b, runs, first[i]);
	sl_burst_compact(b);
}
