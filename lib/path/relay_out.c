/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of a relay's datagrams: output by output, all datagrams of the burst for each. lib/path/relay.h says how. */
#include "relay.h"

#include "sluice/packet/group.h"
#include "sluice/packet/relay.h"

/* What is in the way of an output in this burst. */
enum way {
	WAY_OPEN,
	WAY_UNKNOWN, /* the next hop is being asked for: a few copies may wait for it */
	WAY_CLOSED,  /* it does not answer */
};

/* ---- the next hop ---- */

/* Bring the template's Ethernet destination up to date. */
static enum way find_way(struct sl_worker *w, struct sl_relay_output_state *o)
{
	struct sl_neighbour_table *table = w->shared->neighbours;
	struct sl_l2 l2;

	if (o->multicast)
		return WAY_OPEN;
	if (unlikely(o->neighbour == SL_ID_NONE || o->epoch != w->epoch)) {
		o->neighbour = sl_neighbour_lookup(table, o->interface, &o->hop);
		o->epoch = w->epoch;
		if (o->neighbour == SL_ID_NONE)
			return sl_ip_is_zero(&o->hop) ? WAY_CLOSED : WAY_UNKNOWN;
	}
	struct sl_neighbour *e = &table->entries[o->neighbour];
	if (unlikely(sl_neighbour_is_stale(e, w->now_tick)))
		atomic_store_explicit(&e->used_tick, w->now_tick, memory_order_relaxed);
	sl_neighbour_read(table, o->neighbour, &l2);
	memcpy(o->t.bytes, l2.header, 6);
	return likely(l2.usable) ? WAY_OPEN : l2.failed ? WAY_CLOSED : WAY_UNKNOWN;
}

/* ---- which datagrams ---- */

static void forgo(struct sl_worker *w, struct sl_relay_output_state *o, enum sl_relay_output_counter counter,
		  enum sl_drop_cause cause, unsigned int n)
{
	o->value[counter] += n;
	sl_packet_forgo(w, cause, n);
}

/* Fragments of a datagram are sampled together: by its number, as theirs may be in different bursts. */
static bool is_sampled(struct sl_relay_output_state *o, const struct sl_relay_datagram *d)
{
	if (o->sample == 1)
		return true;
	if (d->is_fragment)
		return (d->v6 ? rte_be_to_cpu_32(d->id6_be) : rte_be_to_cpu_16(d->id_be)) % o->sample == 0;
	if (--o->to_sample > 0)
		return false;
	o->to_sample = o->sample;
	return true;
}

static void send_pieces(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_output_state *o,
			struct relay_batch *b, unsigned int i);

/* Everything that may keep a copy from being made. True: make one. */
static bool wants(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_output_state *o, struct relay_batch *b,
		  unsigned int i)
{
	const struct sl_relay_datagram *d = &b->d[i];
	uint32_t l3_len = sl_relay_l3_len(&o->t, d);

	if (!is_sampled(o, d)) {
		o->value[SL_RELAY_OUTPUT_SAMPLED_OUT]++;
		return false;
	}
	if (d->v6 != o->t.v6 && d->is_fragment) {
		forgo(w, o, SL_RELAY_OUTPUT_NOT_COPIED, SL_DROP_RELAY_FAMILY, 1);
		return false;
	}
	if (o->has_limit && !sl_relay_within_limit(o, w->now_ns, l3_len)) {
		forgo(w, o, SL_RELAY_OUTPUT_LIMITED, SL_DROP_RELAY_LIMIT, 1);
		return false;
	}
	if (l3_len > o->mtu) {
		if (o->t.v6 || (d->fragment_be & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
			forgo(w, o, SL_RELAY_OUTPUT_TOO_LARGE, SL_DROP_MTU, 1);
		else
			send_pieces(w, s, o, b, i);
		return false;
	}
	return true;
}

/* Numbers of the datagrams that get a copy, into chosen. Returns how many. */
static unsigned int choose(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_output_state *o,
			   struct relay_batch *b, uint8_t chosen[SL_BURST_MAX])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->n; i++) {
		if (wants(w, s, o, b, i))
			chosen[n++] = (uint8_t)i;
		else
			b->unused[i]++;
	}
	return n;
}

/* No datagram of the batch needs a closer look. */
static bool all_are_plain(const struct sl_relay_output_state *o, const struct relay_batch *b)
{
	return o->sample == 1 && !o->has_limit && !b->has_fragments &&
	       b->longest + (o->t.v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr)) <= o->mtu;
}

/* ---- one copy ---- */

static void count(struct sl_relay_output_state *o, uint64_t packets, uint64_t bytes)
{
	o->value[SL_RELAY_OUTPUT_PACKETS] += packets;
	o->value[SL_RELAY_OUTPUT_BYTES] += bytes;
}

/* The header of datagram i in buffer h, and the payload behind it. */
static inline void build(struct rte_mbuf *h, struct relay_batch *b, unsigned int i, const struct sl_relay_template *t)
{
	struct rte_mbuf *m = b->m[i];
	unsigned int length = sl_relay_header_len(t, &b->d[i]);

	sl_relay_write((uint8_t *)h->buf_addr + SL_RELAY_HEADROOM, t, &b->d[i]);
	h->data_off = SL_RELAY_HEADROOM;
	h->data_len = (uint16_t)length;
	h->ol_flags = 0;
	h->pkt_len = length + m->pkt_len;
	h->nb_segs = (uint16_t)(1 + m->nb_segs);
	h->next = m;
	if (unlikely(m->pkt_len == 0)) { /* no payload to share */
		h->next = NULL;
		h->nb_segs = 1;
		b->unused[i]++;
	}
}

/* The new header in front of m, which is payload alone. False: no room. */
static inline bool prepend(struct rte_mbuf *m, const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	char *to = rte_pktmbuf_prepend(m, (uint16_t)sl_relay_header_len(t, d));

	if (unlikely(to == NULL))
		return false;
	sl_relay_write((uint8_t *)to, t, d);
	return true;
}

/* A copy in buffers of its own, complete; NULL: it was forgone or dropped. */
static struct rte_mbuf *copy_whole(struct sl_worker *w, struct sl_relay_output_state *o, struct relay_batch *b,
				   unsigned int i)
{
	struct rte_mbuf *copy = sl_packet_copy(w, b->m[i]);

	if (copy == NULL) {
		o->value[SL_RELAY_OUTPUT_NO_BUFFER]++;
		return NULL;
	}
	if (likely(prepend(copy, &o->t, &b->d[i])))
		return copy;
	sl_packet_drop(w, copy, SL_DROP_NO_MBUF);
	o->value[SL_RELAY_OUTPUT_NO_BUFFER]++;
	return NULL;
}

/* Too large for the way out: cut (RFC 791 section 2.3). */
static void send_pieces(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_output_state *o,
			struct relay_batch *b, unsigned int i)
{
	struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX], *copy = copy_whole(w, o, b, i);
	unsigned int l3 = o->t.l3, n;

	if (copy == NULL)
		return;
	count(o, 1, sl_relay_l3_len(&o->t, &b->d[i]));
	rte_pktmbuf_adj(copy, (uint16_t)l3);
	n = sl_cut(w, copy, o->mtu, pieces);
	for (unsigned int k = 0; k < n; k++) {
		if (!o->multicast) {
			sl_send_ip(w, s, pieces[k], o->interface, &o->hop);
			continue;
		}
		char *to = rte_pktmbuf_prepend(pieces[k], (uint16_t)l3);
		if (to == NULL) {
			sl_packet_drop(w, pieces[k], SL_DROP_NO_MBUF);
			continue;
		}
		memcpy(to, o->t.bytes, l3);
		if (o->t.keep & SL_RELAY_KEEP_ADDRESS)
			sl_group_mac(&b->d[i].p->dst, (uint8_t *)to);
		sl_transmit(w, pieces[k], o->port);
	}
}

/* ---- one output ---- */

/* The next hop is not known (yet): as many copies as may wait for it do, the others are dropped. */
static void send_held(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_output_state *o,
		      struct relay_batch *b, const uint8_t *chosen, unsigned int n, enum way way)
{
	unsigned int room = way == WAY_CLOSED ? 0 : sl_hold_room(w, o->interface, &o->hop);

	for (unsigned int k = 0; k < n; k++) {
		unsigned int i = chosen[k];
		struct rte_mbuf *h = NULL;
		b->unused[i]++;
		if (room == 0) {
			forgo(w, o, SL_RELAY_OUTPUT_UNRESOLVED, SL_DROP_RELAY_UNRESOLVED, 1);
			continue;
		}
		room--;
		h = copy_whole(w, o, b, i);
		if (h == NULL)
			continue;
		count(o, 1, sl_relay_l3_len(&o->t, &b->d[i]));
		rte_pktmbuf_adj(h, o->t.l3);
		sl_send_ip(w, s, h, o->interface, &o->hop);
	}
}

static void send_shared(struct sl_worker *w, struct sl_relay_output_state *o, struct relay_batch *b, const uint8_t *chosen,
			unsigned int n)
{
	struct rte_mbuf *h[SL_BURST_MAX];
	unsigned int got = sl_header_create(w, h, n);
	uint64_t bytes = 0;

	for (unsigned int k = 0; k < got; k++) {
		unsigned int i = chosen[k];
		build(h[k], b, i, &o->t);
		bytes += sl_relay_l3_len(&o->t, &b->d[i]);
		sl_transmit(w, h[k], o->port);
	}
	for (unsigned int k = got; k < n; k++)
		b->unused[chosen[k]]++;
	o->value[SL_RELAY_OUTPUT_NO_BUFFER] += n - got;
	count(o, got, bytes);
}

static void send_copied(struct sl_worker *w, struct sl_relay_output_state *o, struct relay_batch *b, const uint8_t *chosen,
			unsigned int n)
{
	for (unsigned int k = 0; k < n; k++) {
		struct rte_mbuf *copy = copy_whole(w, o, b, chosen[k]);
		if (copy == NULL)
			continue;
		w->count[SL_COUNT_LINEARISED]++;
		count(o, 1, sl_relay_l3_len(&o->t, &b->d[chosen[k]]));
		sl_transmit(w, copy, o->port);
	}
}

/* The only output: datagrams keep their buffers. */
static void send_in_place(struct sl_worker *w, struct sl_relay_output_state *o, struct relay_batch *b, const uint8_t *chosen,
			  unsigned int n)
{
	uint64_t packets = 0, bytes = 0;

	sl_packet_reuse(w, n);
	for (unsigned int k = 0; k < n; k++) {
		unsigned int i = chosen[k];
		if (unlikely(!prepend(b->m[i], &o->t, &b->d[i]))) {
			sl_packet_drop(w, b->m[i], SL_DROP_NO_MBUF);
			continue;
		}
		packets++;
		bytes += sl_relay_l3_len(&o->t, &b->d[i]);
		sl_transmit(w, b->m[i], o->port);
	}
	count(o, packets, bytes);
	o->value[SL_RELAY_OUTPUT_NO_BUFFER] += n - packets;
}

typedef void send_function(struct sl_worker *w, struct sl_relay_output_state *o, struct relay_batch *b, const uint8_t *chosen,
			   unsigned int n);

/* Exchange the checksums as they came and those that were computed. */
static void exchange_sums(struct relay_batch *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		uint16_t rest_sum = b->d[i].rest_sum, mask = b->d[i].checksum_mask;
		b->d[i].rest_sum = b->other[i].rest_sum;
		b->d[i].checksum_mask = b->other[i].mask;
		b->other[i].rest_sum = rest_sum;
		b->other[i].mask = mask;
	}
}

static __rte_noinline void compute_sums(struct relay_batch *b, enum relay_sums kind)
{
	if (b->other_kind == kind)
		return;
	b->other_kind = kind;
	for (unsigned int i = 0; i < b->n; i++) {
		const struct sl_relay_datagram *d = &b->d[i];
		b->other[i].rest_sum = d->rest_sum;
		b->other[i].mask = d->checksum_mask;
		if (d->is_fragment || (kind == RELAY_SUMS_UNCHECKED && d->checksum_mask != 0))
			continue;
		b->other[i].rest_sum = sl_relay_compute_rest(d, b->m[i]);
		b->other[i].mask = 0xffff;
	}
}

/* RFC 8200 section 8.1: what came by IPv4 without a checksum gets one for IPv6. */
static enum relay_sums sums_for(const struct sl_relay_output_state *o, const struct relay_batch *b)
{
	if (unlikely(o->compute))
		return RELAY_SUMS_ALL;
	return unlikely(b->has_unchecked && o->t.v6) ? RELAY_SUMS_UNCHECKED : RELAY_SUMS_NONE;
}

static void send_output(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_output_state *o,
			struct relay_batch *b, send_function *send)
{
	static const uint8_t all[SL_BURST_MAX] = {
		0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
		44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	};
	enum way way = find_way(w, o);
	enum relay_sums sums = sums_for(o, b);
	uint8_t some[SL_BURST_MAX];
	const uint8_t *chosen = all;
	unsigned int n = b->n;

	if (unlikely(sums != RELAY_SUMS_NONE)) {
		compute_sums(b, sums);
		exchange_sums(b);
	}
	if (unlikely(!all_are_plain(o, b))) {
		n = choose(w, s, o, b, some);
		chosen = some;
	}
	if (likely(way == WAY_OPEN))
		send(w, o, b, chosen, n);
	else
		send_held(w, s, o, b, chosen, n, way);
	if (unlikely(sums != RELAY_SUMS_NONE))
		exchange_sums(b);
}

static bool shares(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_relay_output *output)
{
	return w->shared->port_multi_segment[s->interfaces[output->interface].port];
}

/* Take the headers off. */
static void bare(struct relay_batch *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		rte_pktmbuf_adj(b->m[i], b->d[i].payload);
		if (unlikely(b->m[i]->data_len == 0 && b->m[i]->nb_segs > 1))
			b->m[i] = sl_payload_strip(b->m[i]);
	}
}

static void release_unused(struct relay_batch *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		if (unlikely(b->unused[i] > 0))
			sl_payload_release(b->m[i], b->unused[i]);
}

void relay_send(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_relay *relay, struct relay_batch *b)
{
	unsigned int sharing = 0;

	bare(b);
	if (relay->n_outputs == 1) {
		send_output(w, s, sl_relay_output_state(w, s, &relay->outputs[0]), b, send_in_place);
		release_unused(b);
		return;
	}
	for (unsigned int j = 0; j < relay->n_outputs; j++) {
		if (likely(shares(w, s, &relay->outputs[j])))
			sharing++;
		else
			send_output(w, s, sl_relay_output_state(w, s, &relay->outputs[j]), b, send_copied);
	}
	for (unsigned int i = 0; i < b->n; i++) {
		b->unused[i] = sharing == 0; /* our own reference becomes that of one of the copies */
		if (likely(sharing > 1))
			rte_pktmbuf_refcnt_update(b->m[i], (int16_t)(sharing - 1));
	}
	for (unsigned int j = 0; j < relay->n_outputs && sharing > 0; j++)
		if (likely(shares(w, s, &relay->outputs[j])))
			send_output(w, s, sl_relay_output_state(w, s, &relay->outputs[j]), b, send_shared);
	release_unused(b);
}
