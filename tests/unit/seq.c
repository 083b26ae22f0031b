/* SPDX-License-Identifier: BSD-3-Clause */
/* Sequence numbers forth and back, the lists of headers that wait, and edits of TCP headers against complete sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/config/snapshot.h"
#include "sluice/packet/edit.h"
#include "sluice/state/seq.h"

static struct rte_mempool *pool;
/* ---- numbers ---- */

static void numbers(void **state)
{
	static const struct {
		struct sl_seq_space space;
		uint32_t own, other;
		bool inserted; /* `other` is a number of ours: only the way back means something */
	} cases[] = {
		/* a header of 28 bytes in front of byte 101 */
		{ { 101, -28u, 0 }, 100, 72, false },
		{ { 101, -28u, 0 }, 99, 71, false },
		{ { 101, -28u, 0 }, 101, 73, true },
		{ { 101, -28u, 0 }, 101, 74, true },
		{ { 101, -28u, 0 }, 101, 100, true },
		{ { 101, -28u, 0 }, 101, 101, false },
		{ { 101, -28u, 0 }, 0x7fffffff, 0x7fffffff, false },
		/* the same around the wrap */
		{ { 0, -28u, 0 }, 0xffffffff, 0xffffffe3, false },
		{ { 0, -28u, 0 }, 0, 0xffffffe4, true },
		{ { 0, -28u, 0 }, 0, 0xffffffff, true },
		{ { 0, -28u, 0 }, 0, 0, false },
		{ { 10, -28u, 0 }, 9, 0xffffffed, false },
		{ { 10, -28u, 0 }, 10, 5, true },
		/* the other end counts from elsewhere, with a header and without */
		{ { 101, 4000000000u, 4000000000u }, 500, 4000000500u, false },
		{ { 101, 4000000000u, 4000000000u }, 1000000000, 705032704, false },
		{ { 101, 972, 1000 }, 100, 1072, false },
		{ { 101, 972, 1000 }, 101, 1073, true },
		{ { 101, 972, 1000 }, 101, 1100, true },
		{ { 101, 972, 1000 }, 101, 1101, false },
		{ { 101, 972, 1000 }, 5000, 6000, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!cases[i].inserted)
			assert_int_equal(sl_seq_forth(&cases[i].space, cases[i].own), cases[i].other);
		assert_int_equal(sl_seq_back(&cases[i].space, cases[i].other), cases[i].own);
	}
}

/* Wherever the client's numbers begin: there and back again, and nothing of the header comes back as anything but its end. */
static void numbers_at_random(void **state)
{
	srand(1);
	for (unsigned int n = 0; n < 200000; n++) {
		uint32_t first = (uint32_t)rand() * 2u + (n & 1), header = 16 + (uint32_t)rand() % 92, after = n % 3 == 0 ? (uint32_t)rand() : 0;
		struct sl_seq_space space = { first, after - header, after };
		uint32_t own = first + (uint32_t)(rand() % 200000) - 100000;

		assert_int_equal(sl_seq_back(&space, sl_seq_forth(&space, own)), own);
		assert_int_equal(sl_seq_back(&space, first + after - 1 - (uint32_t)rand() % header), first);
	}
}

/* ---- headers that wait ---- */

#define FLOWS 300

static void lists(void **state)
{
	struct sl_seq_table t;
	uint32_t now = UINT32_MAX - 40000; /* ticks wrap as well */
	bool waits[FLOWS] = { false };
	uint32_t due_at[FLOWS] = { 0 };

	assert_int_equal(sl_seq_table_init(&t, FLOWS, -1), 0);
	srand(2);
	for (unsigned int n = 0; n < 20000; n++, now += (uint32_t)rand() % 20) {
		uint32_t flow = (uint32_t)rand() % FLOWS, due;

		while ((due = sl_seq_due(&t, now)) != UINT32_MAX) {
			assert_true(waits[due] && (int32_t)(now - due_at[due]) >= 0);
			waits[due] = t.records[due].tries < SL_PROXY_TRIES;
			if (waits[due]) {
				t.records[due].tries++;
				sl_seq_sent(&t, due, now);
				due_at[due] = now + (uint32_t)((SL_PROXY_WAIT_NS << (t.records[due].tries - 1)) / SL_TICK_NS);
			} else {
				sl_seq_over(&t, due);
			}
		}
		for (unsigned int i = 0; i < FLOWS; i++)
			assert_true(!waits[i] || (int32_t)(now - due_at[i]) < 0);
		if (rand() % 8 == 0) {
			sl_seq_over(&t, flow);
			waits[flow] = false;
		} else {
			if (!waits[flow])
				t.records[flow] = (struct sl_seq){ .stage = SL_PROXY_OPENING, .tries = 1 };
			sl_seq_sent(&t, flow, now);
			waits[flow] = true;
			due_at[flow] = now + (uint32_t)((SL_PROXY_WAIT_NS << (t.records[flow].tries - 1)) / SL_TICK_NS);
		}
		unsigned int count = 0;
		for (unsigned int i = 0; i < FLOWS; i++)
			count += waits[i];
		assert_int_equal(t.sent, count);
	}
	for (uint32_t i = 0; i < FLOWS; i++)
		sl_seq_over(&t, i);
	assert_int_equal(t.sent, 0);
	for (unsigned int i = 0; i < SL_PROXY_TRIES; i++)
		assert_true(t.list[i].head == UINT32_MAX && t.list[i].tail == UINT32_MAX);
	sl_seq_table_fini(&t);
}

/* ---- edits ---- */

#define E ETH("02::01", "02::fe")

static void trims(void **state)
{
	static const struct {
		struct pkt_layer layers[8];
		const char *expect;
	} cases[] = {
		{ { E, IP4("192.0.2.1", "192.0.2.10"), TCP(1000, 80, "S", .seq = 1), PAYLOAD("12345") },
		  "ip4 192.0.2.1>192.0.2.10 ttl 64 tcp 1000>80 S seq 1 ack 0 win 65535 len 0 [csum ok]" },
		{ { E, IP4("192.0.2.1", "192.0.2.10", .options = "01010101"), TCP(1000, 80, "S", .seq = 1, .options = "020405b4"), FILL(1400) },
		  "ip4 192.0.2.1>192.0.2.10 ttl 64 opt 01010101 tcp 1000>80 S seq 1 ack 0 win 65535 opt 020405b4 len 0 [csum ok]" },
		{ { E, IP4("192.0.2.1", "192.0.2.10"), TCP(1000, 80, "S", .seq = 1), FILL(3001), SPLIT(60, 801, 900) },
		  "ip4 192.0.2.1>192.0.2.10 ttl 64 tcp 1000>80 S seq 1 ack 0 win 65535 len 0 [csum ok]" },
		{ { E, IP6("2001:db8::1", "2001:db8::10"), DSTOPTS(), TCP(1000, 80, "S", .seq = 1), FILL(999) },
		  "ip6 2001:db8::1>2001:db8::10 ttl 64 dst tcp 1000>80 S seq 1 ack 0 win 65535 len 0 [csum ok]" },
		{ { E, IP4("192.0.2.1", "192.0.2.10"), TCP(1000, 80, "S", .seq = 1, .bad_checksum = 1), PAYLOAD("12345") },
		  "ip4 192.0.2.1>192.0.2.10 ttl 64 tcp 1000>80 S seq 1 ack 0 win 65535 len 0 [csum BAD]" },
	};
	char text[PKT_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);

		sl_edit_tcp_trim(m, &p);
		assert_int_equal(p.l3 + p.l3_len, m->pkt_len);
		assert_int_equal(m->nb_segs, 1);
		assert_string_equal(strstr(pkt_text(m, text), "ip"), cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

/* Any bytes of any place of a header: its checksum stays right, and a wrong one wrong. */
static void edits(void **state)
{
	char text[PKT_TEXT_MAX];

	srand(3);
	for (unsigned int n = 0; n < 20000; n++) {
		struct rte_mbuf *m = pkt(pool, E, IP4("192.0.2.1", "192.0.2.10"),
					 TCP(1000, 80, "A", .options = "0101050a1122334455667788", .bad_checksum = n & 1), PAYLOAD("abc"));
		struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, 34);
		uint8_t *at = (uint8_t *)tcp + 20 + rand() % 12, bytes[12];

		for (unsigned int i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(rand() % 4 == 0 ? 0xff : rand());
		sl_edit_tcp(tcp, at, bytes, (unsigned int)((uint8_t *)tcp + 32 - at));
		assert_non_null(strstr(pkt_text(m, text), n & 1 ? "[csum BAD]" : "[csum ok]"));
		rte_pktmbuf_free(m);
	}
}

static void options(void **state)
{
	static const struct {
		const char *options;
		uint8_t kind;
		int at; /* in the options; -1: none */
	} cases[] = {
		{ "020405b4", SL_TCP_OPTION_MSS, 0 },
		{ "020405b4", SL_TCP_OPTION_SACK, -1 },
		{ "0101080a0000000100000002", SL_TCP_OPTION_TIMESTAMPS, 2 },
		{ "0303070101010101", SL_TCP_OPTION_SCALE, 0 },
		{ "0003030700000000", SL_TCP_OPTION_SCALE, -1 }, /* behind the end of the list */
		{ "0101010105020000", SL_TCP_OPTION_SACK, 4 },
		{ "0101010101010105", SL_TCP_OPTION_SACK, -1 }, /* without a length */
		{ "0101010101050a00", SL_TCP_OPTION_SACK, -1 }, /* longer than the header */
		{ "0501000001010101", SL_TCP_OPTION_SACK, -1 }, /* shorter than itself */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rte_mbuf *m = pkt(pool, E, IP4("192.0.2.1", "192.0.2.10"), TCP(1000, 80, "A", .options = cases[i].options));
		struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, 34);
		uint8_t *found = sl_tcp_option(tcp, cases[i].kind);

		assert_ptr_equal(found, cases[i].at < 0 ? NULL : (uint8_t *)(tcp + 1) + cases[i].at);
		rte_pktmbuf_free(m);
	}
}

static int start(void **state)
{
	test_eal_init("seq");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(numbers_at_random), cmocka_unit_test(lists),
		cmocka_unit_test(trims), cmocka_unit_test(edits), cmocka_unit_test(options),
	};
	return cmocka_run_group_tests_name("seq", tests, start, NULL);
}
