/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP resets: packet in, line of text out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/packet/tcp.h"

#define E ETH("02::01", "02::fe")
#define I4 IP4("192.0.2.1", "192.0.2.10")
#define I6 IP6("2001:db8::1", "2001:db8::10")
#define R4 "ip4 192.0.2.10>192.0.2.1 ttl 64 DF tcp 80>1000 "
#define R6 "ip6 2001:db8::10>2001:db8::1 ttl 64 tcp 80>1000 "
#define REST " win 0 len 0 [csum ok]"

static struct rte_mempool *pool;
/* RFC 9293 section 3.10.7.1: everything in sequence space is acknowledged, or the acknowledged number is taken. */
static void refusals(void **state)
{
	static const struct {
		struct pkt_layer layers[8];
		const char *expect;
		uint32_t data;
	} cases[] = {
		{ { E, I4, TCP(1000, 80, "S", .seq = 100) }, R4 "RA seq 0 ack 101" REST, 0 },
		{ { E, I4, TCP(1000, 80, "S", .seq = 0xffffffff) }, R4 "RA seq 0 ack 0" REST, 0 },
		{ { E, I4, TCP(1000, 80, "S", .seq = 100, .options = "020405b4"), PAYLOAD("12345") }, R4 "RA seq 0 ack 106" REST, 5 },
		{ { E, I4, TCP(1000, 80, "S", .seq = 100), PAYLOAD("1"), PAD(5) }, R4 "RA seq 0 ack 102" REST, 1 },
		{ { E, I4, TCP(1000, 80, "P", .seq = 100), PAYLOAD("12") }, R4 "RA seq 0 ack 102" REST, 2 },
		{ { E, I4, TCP(1000, 80, "A", .seq = 100, .ack = 9000), PAYLOAD("12") }, R4 "R seq 9000 ack 0" REST, 2 },
		{ { E, I4, TCP(1000, 80, "FA", .seq = 100, .ack = 9000) }, R4 "R seq 9000 ack 0" REST, 0 },
		{ { E, IP4("192.0.2.1", "192.0.2.10", .options = "01010101"), TCP(1000, 80, "S", .seq = 1), FILL(3000), SPLIT(70, 900) },
		  R4 "RA seq 0 ack 3002" REST, 3000 },
		{ { E, I6, TCP(1000, 80, "S", .seq = 100) }, R6 "RA seq 0 ack 101" REST, 0 },
		{ { E, I6, DSTOPTS(), TCP(1000, 80, "S", .seq = 100), PAYLOAD("123") }, R6 "RA seq 0 ack 104" REST, 3 },
		{ { E, I6, TCP(1000, 80, "A", .seq = 100, .ack = 9000) }, R6 "R seq 9000 ack 0" REST, 0 },
	};
	char text[PKT_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers), *out = rte_pktmbuf_alloc(pool);
		struct sl_pkt p = pkt_parsed(m);

		assert_int_equal(sl_tcp_data_len(m, &p), cases[i].data);
		assert_int_equal(sl_tcp_build_refusal(out, m, &p), 0);
		assert_string_equal(pkt_text_ip(out, text), cases[i].expect);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(out);
	}
}

static void no_room(void **state)
{
	struct rte_mbuf *m = pkt(pool, E, I6, TCP(1000, 80, "S")), *out = rte_pktmbuf_alloc(pool);
	struct sl_pkt p = pkt_parsed(m);

	assert_non_null(rte_pktmbuf_append(out, (uint16_t)(rte_pktmbuf_tailroom(out) - 59)));
	assert_int_equal(sl_tcp_build_refusal(out, m, &p), -1);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(out);
}

static int set_up(void **state)
{
	test_eal_init("reset");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
