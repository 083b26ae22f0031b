/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of fragmented datagrams against naive models (seed fixed): which bytes have come, what is held, who is oldest.
 * Identifications of several workers. Packets cut and put together again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ip.h>

#include "eal.h"
#include "packet_builder.h"

#include "sluice/packet/drop.h"
#include "sluice/packet/edit.h"
#include "sluice/state/fragment.h"
#include "sluice/state/ip_id.h"

static const struct sl_hash_key key = { { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93 } };

static unsigned int pick(unsigned int n)
{
	return (unsigned int)random() % n;
}

/* ---- bytes, in units of 8 ---- */

#define UNITS 48

struct bytes_model {
	bool come[UNITS + 1];
	unsigned int total; /* 0: not known */
};

static unsigned int runs(const struct bytes_model *m)
{
	unsigned int n = 0;
	for (unsigned int i = 0; i < UNITS; i++)
		n += m->come[i] && (i == 0 || !m->come[i - 1]);
	return n;
}

static enum sl_fragment_verdict model_cover(struct bytes_model *m, unsigned int start, unsigned int end, bool more)
{
	struct bytes_model next = *m;
	unsigned int known = 0, reached = 0;

	for (unsigned int i = 0; i < UNITS; i++)
		if (m->come[i])
			reached = i + 1;
	for (unsigned int i = start; i < end; i++) {
		known += m->come[i];
		next.come[i] = true;
	}
	if (more ? m->total != 0 && end >= m->total : m->total != 0 ? end != m->total : end < reached)
		return SL_FRAGMENT_OVERLAP;
	if (known == end - start)
		return SL_FRAGMENT_DUPLICATE;
	if (known > 0)
		return SL_FRAGMENT_OVERLAP;
	if (runs(&next) > SL_FRAGMENT_RANGES)
		return SL_FRAGMENT_SCATTERED;
	*m = next;
	if (!more)
		m->total = end;
	return SL_FRAGMENT_NEW;
}

static void test_bytes(void **state)
{
	unsigned int seen[4] = { 0 }, complete = 0;

	for (unsigned int round = 0; round < 20000; round++) {
		struct sl_datagram d = { .n_ranges = 0 };
		struct bytes_model m = { .total = 0 };
		unsigned int total = 1 + pick(UNITS), longest = round % 3 == 0 ? 1 : 1 + pick(8);

		for (unsigned int i = 0; i < 40; i++) {
			unsigned int start = round % 3 == 0 ? pick(UNITS / 2) * 2 : pick(total);
			unsigned int end = RTE_MIN(start + 1 + pick(longest), (unsigned int)UNITS);
			bool more = pick(100) == 0 ? pick(2) : end < total;
			struct sl_fragment f = { .start = (uint16_t)(8 * start), .end = (uint16_t)(8 * end), .more = more };
			enum sl_fragment_verdict verdict = model_cover(&m, start, end, more);

			seen[verdict]++;
			assert_int_equal(sl_fragment_cover(&d, &f), verdict);
			assert_int_equal(d.n_ranges, runs(&m));
			bool all = m.total != 0 && runs(&m) == 1 && m.come[0] && m.come[m.total - 1];
			assert_int_equal((d.flags & SL_DATAGRAM_COMPLETE) != 0, all);
			complete += all;
		}
	}
	for (unsigned int i = 0; i < RTE_DIM(seen); i++)
		assert_true(seen[i] > 1000);
	assert_true(complete > 1000);
}

/* ---- the table ---- */

#define CAPACITY 200
#define NAMES 400

struct name_model {
	uint16_t index; /* SL_ID_NONE: not there */
	bool settled;
	uint64_t order; /* when it came onto its list */
	uint32_t since;
	unsigned int n_held;
	uintptr_t held[SL_FRAGMENT_HELD_PER_DATAGRAM];
};

struct table_model {
	struct sl_fragment_table t;
	struct name_model names[NAMES];
	unsigned int live, n_held;
	uint64_t order;
	uint32_t now;
	uintptr_t packets;
};

static struct sl_fragment_key name(unsigned int n)
{
	return (struct sl_fragment_key){ .src = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + n % 5)),
					 .dst = sl_ip_from_v4(rte_cpu_to_be_32(0xc0000200)),
					 .id_be = n / 10, .proto = (uint8_t)(n / 5 % 2) };
}

/* Index of the oldest on a list; on either, the waiting one where both came in the same tick. */
static uint16_t model_oldest(const struct table_model *m, bool settled)
{
	const struct name_model *best = NULL;

	for (unsigned int n = 0; n < NAMES; n++)
		if (m->names[n].index != SL_ID_NONE && m->names[n].settled == settled &&
		    (best == NULL || m->names[n].order < best->order))
			best = &m->names[n];
	return best == NULL ? SL_ID_NONE : best->index;
}

static void check_oldest(const struct table_model *m)
{
	uint16_t waiting = model_oldest(m, false), settled = model_oldest(m, true), oldest = waiting;

	assert_int_equal(m->t.waiting.oldest, waiting);
	assert_int_equal(m->t.settled.oldest, settled);
	if (waiting == SL_ID_NONE ||
	    (settled != SL_ID_NONE && m->t.datagrams[settled].since < m->t.datagrams[waiting].since))
		oldest = settled;
	assert_int_equal(sl_fragment_oldest(&m->t), oldest);
	bool due = oldest != SL_ID_NONE && (uint64_t)(m->now - m->t.datagrams[oldest].since) >= SL_FRAGMENT_NS >> 20;
	assert_int_equal(sl_fragment_due(&m->t, m->now), due ? oldest : SL_ID_NONE);
}

static void add(struct table_model *m, struct name_model *n, const struct sl_fragment_key *k)
{
	uint16_t index = sl_fragment_add(&m->t, k, m->now);

	assert_int_equal(index == SL_ID_NONE, m->live == CAPACITY);
	if (index == SL_ID_NONE)
		return;
	*n = (struct name_model){ .index = index, .order = m->order++, .since = m->now };
	m->live++;
}

static void hold(struct table_model *m, struct name_model *n)
{
	uintptr_t packet = ++m->packets;
	bool full = n->n_held == SL_FRAGMENT_HELD_PER_DATAGRAM || m->n_held == SL_FRAGMENT_HELD_MAX;

	assert_int_equal(sl_fragment_hold(&m->t, n->index, (struct rte_mbuf *)packet), full ? -1 : 0);
	if (full)
		return;
	n->held[n->n_held++] = packet;
	m->n_held++;
}

static void unhold_all(struct table_model *m, struct name_model *n)
{
	for (unsigned int i = 0; i < n->n_held; i++)
		assert_ptr_equal(sl_fragment_unhold(&m->t, n->index), n->held[i]);
	assert_null(sl_fragment_unhold(&m->t, n->index));
	m->n_held -= n->n_held;
	n->n_held = 0;
}

static void settle(struct table_model *m, struct name_model *n)
{
	struct sl_pkt p = { .sport_be = 1, .dport_be = 2, .proto = 17 };

	if (pick(2) && !n->settled)
		sl_fragment_known(&m->t, n->index, &p, m->now);
	else if (!n->settled)
		sl_fragment_refuse(&m->t, n->index, SL_DROP_FRAGMENT, m->now);
	if (!n->settled)
		n->order = m->order++;
	n->settled = true;
}

static void test_table(void **state)
{
	struct table_model *m = calloc(1, sizeof(*m));

	assert_int_equal(sl_fragment_table_init(&m->t, CAPACITY, -1, &key), 0);
	for (unsigned int i = 0; i < NAMES; i++)
		m->names[i].index = SL_ID_NONE;
	for (unsigned int step = 0; step < 200000; step++) {
		unsigned int i = pick(NAMES), op = pick(step / 20000 % 2 ? 8 : 14);
		struct name_model *n = &m->names[i];
		struct sl_fragment_key k = name(i);

		m->now += pick(8) == 0;
		assert_int_equal(sl_fragment_find(&m->t, &k), n->index);
		if (n->index == SL_ID_NONE) {
			add(m, n, &k);
		} else if (op < 2) {
			settle(m, n);
		} else if (op < 4) {
			unhold_all(m, n);
			sl_fragment_remove(&m->t, n->index);
			n->index = SL_ID_NONE;
			m->live--;
		} else if (op == 4) {
			unhold_all(m, n);
		} else {
			for (unsigned int many = pick(20) == 0 ? 70 : 1; many > 0; many--)
				hold(m, n);
		}
		assert_int_equal(m->t.live, m->live);
		assert_int_equal(m->t.n_held, m->n_held);
		if (step % 16 == 0)
			check_oldest(m);
	}
	sl_fragment_table_fini(&m->t);
	free(m);
}

static void test_queue(void **state)
{
	struct sl_fragment_table t;
	uint16_t index[3];

	assert_int_equal(sl_fragment_table_init(&t, CAPACITY, -1, &key), 0);
	for (unsigned int i = 0; i < 3; i++) {
		struct sl_fragment_key k = name(i);
		index[i] = sl_fragment_add(&t, &k, 0);
	}
	sl_fragment_enqueue(&t, index[2]);
	sl_fragment_enqueue(&t, index[0]);
	sl_fragment_enqueue(&t, index[2]);
	assert_int_equal(sl_fragment_dequeue(&t), index[2]);
	sl_fragment_enqueue(&t, index[2]);
	assert_int_equal(sl_fragment_dequeue(&t), index[0]);
	assert_int_equal(sl_fragment_dequeue(&t), index[2]);
	assert_int_equal(sl_fragment_dequeue(&t), SL_ID_NONE);
	sl_fragment_table_fini(&t);
}

/* ---- identification ---- */

/* RFC 6864 section 4.1: no number twice, however many workers, until each has used up its part. */
static void test_identification(void **state)
{
	static struct sl_ip_ids ids;
	static bool used[65536];
	static const uint16_t workers[] = { 1, 2, 3, 32 };
	struct sl_siphash_key secret = { { 1, 2 } };
	struct sl_ip a = { .q = { 1, 2 } }, b = { .q = { 3, 4 } };

	for (unsigned int c = 0; c < RTE_DIM(workers); c++) {
		memset(used, 0, sizeof(used));
		for (uint16_t id = 0; id < workers[c]; id++) {
			sl_ip_ids_init(&ids, &secret, id, workers[c]);
			unsigned int part = 65536 >> ids.worker_bits;
			assert_true(part >= 65536u / workers[c] / 2);
			for (unsigned int i = 0; i < part; i++) {
				uint16_t number = sl_ip_id_v4(&ids, 1, 2, 17);
				assert_false(used[number]);
				used[number] = true;
			}
			uint32_t six = rte_be_to_cpu_32(sl_ip_id_v6(&ids, &a, &b));
			assert_int_equal((uint64_t)six >> (32 - ids.worker_bits), id);
		}
	}
}

/* ---- cutting ---- */

static struct rte_mempool *pool;

/* Offset of a piece in its datagram, its headers judged and measured. */
static uint32_t read_v4(const struct rte_ipv4_hdr *ip, uint32_t total, uint32_t *header, bool *more)
{
	uint16_t field = rte_be_to_cpu_16(ip->fragment_offset);

	assert_true(sl_checksum_ipv4_is_good(ip));
	assert_int_equal(rte_be_to_cpu_16(ip->total_length), total);
	assert_int_equal(ip->packet_id, rte_cpu_to_be_16(77));
	*header = (ip->version_ihl & 15) * 4u;
	*more = (field & RTE_IPV4_HDR_MF_FLAG) != 0;
	return (field & RTE_IPV4_HDR_OFFSET_MASK) * 8u;
}

static uint32_t read_v6(const struct rte_ipv6_hdr *ip, uint32_t total, uint32_t *header, bool *more)
{
	const uint8_t *x = (const uint8_t *)(ip + 1);

	assert_int_equal(rte_be_to_cpu_16(ip->payload_len), total - 40);
	assert_int_equal(ip->proto, IPPROTO_FRAGMENT);
	assert_memory_equal(x, ((uint8_t[2]){ 17, 0 }), 2);
	assert_memory_equal(x + 4, ((uint8_t[4]){ 0, 0, 0, 77 }), 4);
	*header = 48;
	*more = x[3] & 1;
	return (uint32_t)x[2] << 8 | (x[3] & 0xf8);
}

/* Put a piece where it belongs; returns its payload length. */
static uint32_t place(const struct rte_mbuf *piece, uint8_t *whole, uint32_t base, bool *more)
{
	const void *ip = rte_pktmbuf_mtod(piece, const void *);
	uint32_t header, at = *(const uint8_t *)ip >> 4 == 6 ? read_v6(ip, piece->pkt_len, &header, more) :
							       read_v4(ip, piece->pkt_len, &header, more);
	uint32_t length = piece->pkt_len - header;
	uint8_t *to = whole + at - base;
	const void *from = rte_pktmbuf_read(piece, header, length, to);
	if (from != to)
		memcpy(to, from, length);
	return length;
}

static void test_cutting(void **state)
{
	static uint8_t whole[2048];

	for (unsigned int round = 0; round < 2000; round++) {
		int length = 600 + (int)pick(900), segment = 80 + (int)pick(400), base = 8 * (int)pick(100);
		uint16_t mtu = (uint16_t)(576 + pick(500));
		bool last = pick(2), more;
		if (!last)
			length &= ~7;
		struct rte_mbuf *m = pick(3) == 0 ?
			pkt(pool, ETH("02::1", "02::2"), IP6("2001:db8::1", "2001:db8::2"),
			    FRAG6(77, base, !last, .proto = 17), FILL(length), SPLIT(segment)) :
			pkt(pool, ETH("02::1", "02::2"),
			    IP4("10.0.0.1", "10.0.0.2", .id = 77, .proto = 17, .mf = !last, .offset = base,
				.options = pick(2) ? "9404000007040400" : NULL),
			    FILL(length), SPLIT(segment));
		rte_pktmbuf_adj(m, 14);
		uint32_t payload, size = sl_fragment_piece_size(m, mtu, &payload), sum = 0;

		assert_int_equal(payload, length);

		for (uint32_t start = size; start < (uint32_t)length; start += size) {
			struct rte_mbuf *piece = rte_pktmbuf_alloc(pool);
			assert_int_equal(sl_fragment_copy(piece, m, start, size), 0);
			assert_true(piece->pkt_len <= mtu && piece->nb_segs == 1);
			sum += place(piece, whole, (uint32_t)base, &more);
			assert_int_equal(more, !last || start + size < (uint32_t)length);
			rte_pktmbuf_free(piece);
		}
		if (size < (uint32_t)length) {
			sl_fragment_keep_first(m, size);
			assert_true(m->pkt_len <= mtu);
			sum += place(m, whole, (uint32_t)base, &more);
			assert_true(more);
			assert_int_equal(sum, length);
			for (int i = 0; i < length; i++)
				assert_int_equal(whole[i], (uint8_t)(i * 7 + (i >> 8)));
		}
		rte_pktmbuf_free(m);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes), cmocka_unit_test(test_table),    cmocka_unit_test(test_queue),
		cmocka_unit_test(test_identification), cmocka_unit_test(test_cutting),
	};
	test_eal_init("unit-fragment");
	pool = test_pool_create();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
