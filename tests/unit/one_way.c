/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows of which one side is seen: in the table, and what segments make of their TCP state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <rte_eal.h>
#include <rte_tcp.h>

#include "sluice/packet/burst.h"
#include "sluice/state/tcp.h"

#define S RTE_TCP_SYN_FLAG
#define A RTE_TCP_ACK_FLAG
#define F RTE_TCP_FIN_FLAG
#define R RTE_TCP_RST_FLAG

static void test_states(void **state)
{
	static const struct { enum sl_tcp_state from; uint8_t flags; enum sl_tcp_state to; } cases[] = {
		{ SL_TCP_NONE, S, SL_TCP_SYN_SENT },
		{ SL_TCP_SYN_SENT, S, SL_TCP_SYN_SENT },
		{ SL_TCP_SYN_SENT, A, SL_TCP_ESTABLISHED },
		{ SL_TCP_SYN_SENT, F | A, SL_TCP_TIME_WAIT_CLIENT },
		{ SL_TCP_SYN_SENT, R, SL_TCP_TRANS },
		{ SL_TCP_SYN_SENT, S | A, SL_TCP_SYN_SENT },
		{ SL_TCP_ESTABLISHED, S, SL_TCP_ESTABLISHED },
		{ SL_TCP_ESTABLISHED, A, SL_TCP_ESTABLISHED },
		{ SL_TCP_ESTABLISHED, F | A, SL_TCP_TIME_WAIT_CLIENT },
		{ SL_TCP_ESTABLISHED, R, SL_TCP_TRANS },
		{ SL_TCP_ESTABLISHED, R | A, SL_TCP_TRANS },
		{ SL_TCP_TRANS, A, SL_TCP_ESTABLISHED },
		{ SL_TCP_TRANS, S, SL_TCP_SYN_SENT },
		{ SL_TCP_TRANS, R, SL_TCP_TRANS },
		{ SL_TCP_TRANS, F | A, SL_TCP_TIME_WAIT_CLIENT },
		{ SL_TCP_TIME_WAIT_CLIENT, A, SL_TCP_TIME_WAIT_CLIENT },
		{ SL_TCP_TIME_WAIT_CLIENT, F | A, SL_TCP_TIME_WAIT_CLIENT },
		{ SL_TCP_TIME_WAIT_CLIENT, R, SL_TCP_TIME_WAIT_CLIENT },
		{ SL_TCP_TIME_WAIT_CLIENT, S, SL_TCP_SYN_SENT },
		{ SL_TCP_CLOSE, S, SL_TCP_SYN_SENT },
		{ SL_TCP_CLOSE, A, SL_TCP_CLOSE },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sl_flow f = { .state = cases[i].from };
		struct sl_tcp_segment segment = { .seq = 10, .ack = 77, .flags = cases[i].flags };
		bool changed = sl_tcp_follow_one_way(&f, &segment);
		assert_int_equal(f.state, cases[i].to);
		assert_int_equal(changed, cases[i].from != cases[i].to);
		/* what the client expects next, for a reset to it */
		assert_int_equal(f.ack[SL_CLIENT], (cases[i].flags & (A | R)) == A ? 77 : 0);
	}
}

#define CAPACITY 1000

static struct sl_tuple tuple(unsigned int n, bool v6)
{
	struct sl_tuple k = { .proto = IPPROTO_TCP, .peer_port_be = (uint16_t)n, .self_port_be = 80, .v6 = v6 };

	k.peer = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + n / 50));
	k.self = sl_ip_from_v4(7);
	if (v6)
		k.peer.b[0] = k.self.b[0] = 0x20;
	return k;
}

/* All may have the same server side, which nothing finds; room and records come back. */
static void fill_and_empty(bool v6_client, bool v6_server)
{
	static const struct sl_hash_key key = { { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93 } };
	struct sl_tuple server = tuple(9999, v6_server);
	struct sl_flow_table t;
	uint8_t side;

	assert_int_equal(sl_flow_table_init(&t, CAPACITY, true, -1, &key, 0), 0);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int n = 0; n < CAPACITY; n++) {
			struct sl_tuple client = tuple(n, v6_client), read;
			uint32_t flow = sl_flow_create_one_way(&t, &client, &server, 0, 100);
			assert_int_not_equal(flow, SL_FLOW_NONE);
			assert_int_equal(sl_flow_lookup(&t, &client, sl_flow_hash(&t, &client), &side), flow);
			assert_int_equal(side, SL_CLIENT);
			sl_flow_tuple(&t, flow, SL_SERVER, &read);
			assert_true(sl_ip_equal(&read.peer, &server.peer));
			assert_int_equal(read.peer_port_be, server.peer_port_be);
		}
		assert_int_equal(sl_flow_create_one_way(&t, &server, &server, 0, 100), SL_FLOW_NONE);
		assert_int_equal(sl_flow_lookup(&t, &server, sl_flow_hash(&t, &server), &side), SL_FLOW_NONE);
		for (unsigned int n = 0; n < CAPACITY; n++) {
			struct sl_tuple client = tuple(n, v6_client);
			uint32_t flow = sl_flow_lookup(&t, &client, sl_flow_hash(&t, &client), &side);
			sl_flow_prefetch_entries(&t, flow);
			sl_flow_destroy(&t, flow);
			assert_int_equal(sl_flow_lookup(&t, &client, sl_flow_hash(&t, &client), &side), SL_FLOW_NONE);
		}
		assert_int_equal(t.live, 0);
	}
	/* an ordinary flow whose server side a one-way flow shares is found, and outlives it */
	struct sl_tuple client = tuple(1, v6_client), other = tuple(2, v6_client);
	uint32_t both = sl_flow_create(&t, &client, &server, 0, 100), one = sl_flow_create_one_way(&t, &other, &server, 0, 100);
	assert_int_equal(sl_flow_lookup(&t, &server, sl_flow_hash(&t, &server), &side), both);
	sl_flow_destroy(&t, one);
	assert_int_equal(sl_flow_lookup(&t, &server, sl_flow_hash(&t, &server), &side), both);
	sl_flow_table_fini(&t);
}

static void test_table(void **state)
{
	for (unsigned int families = 0; families < 4; families++)
		fill_and_empty(families & 1, families >> 1);
}

static int start_eal(void **state)
{
	char *args[] = { "test", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry", "--no-shconf",
			 "--file-prefix=unit-one-way", "-l", "0", "--log-level=lib.eal:error" };
	return rte_eal_init(sizeof(args) / sizeof(args[0]), args) < 0;
}

static int stop_eal(void **state)
{
	return rte_eal_cleanup();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_states), cmocka_unit_test(test_table) };

	return cmocka_run_group_tests(tests, start_eal, stop_eal);
}
