/* SPDX-License-Identifier: BSD-3-Clause */
/* The TCP state table, walked by scripts of events as a capture would show them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_tcp.h>

#include "sluice/state/tcp.h"

#define C 0
#define S 1

struct step {
	unsigned int side;
	enum sl_tcp_event event;
};

#define SYN SL_TCP_EVENT_SYN
#define SYN_ACK SL_TCP_EVENT_SYN_ACK
#define ACK SL_TCP_EVENT_ACK
#define FIN SL_TCP_EVENT_FIN
#define RST SL_TCP_EVENT_RST
#define OPEN { C, SYN }, { S, SYN_ACK }, { C, ACK }
#define END { 0, SL_TCP_EVENT_MAX }

static const struct {
	const char *name;
	struct step steps[12];
	enum sl_tcp_state end;
} scripts[] = {
	{ "handshake", { OPEN, END }, SL_TCP_ESTABLISHED },
	{ "repeated SYN", { { C, SYN }, { C, SYN }, END }, SL_TCP_SYN_SENT },
	{ "repeated SYN-ACK", { { C, SYN }, { S, SYN_ACK }, { S, SYN_ACK }, END }, SL_TCP_SYN_RECV },
	{ "simultaneous open", { { C, SYN }, { S, SYN }, { C, SYN_ACK }, END }, SL_TCP_ESTABLISHED },
	{ "refused", { { C, SYN }, { S, RST }, END }, SL_TCP_CLOSE },
	{ "refused, tried again", { { C, SYN }, { S, RST }, { C, SYN }, END }, SL_TCP_SYN_SENT },
	{ "client closes first", { OPEN, { C, FIN }, { S, ACK }, { S, FIN }, { C, ACK }, END }, SL_TCP_TIME_WAIT_CLIENT },
	{ "server closes first", { OPEN, { S, FIN }, { C, FIN }, { S, ACK }, END }, SL_TCP_TIME_WAIT_SERVER },
	{ "half closed, data goes on", { OPEN, { C, FIN }, { S, ACK }, { S, ACK }, { C, ACK }, END }, SL_TCP_FIN_CLIENT },
	{ "last ACK missing", { OPEN, { C, FIN }, { S, FIN }, END }, SL_TCP_LAST_ACK_CLIENT },
	{ "second closer's ACK is not the last", { OPEN, { C, FIN }, { S, FIN }, { S, ACK }, END }, SL_TCP_LAST_ACK_CLIENT },
	{ "reset while open", { OPEN, { S, RST }, END }, SL_TCP_CLOSE },
	{ "reset in TIME_WAIT does not shorten it", { OPEN, { C, FIN }, { S, FIN }, { C, ACK }, { S, RST }, END }, SL_TCP_TIME_WAIT_CLIENT },
	{ "reopened from TIME_WAIT", { OPEN, { S, FIN }, { C, FIN }, { S, ACK }, { C, SYN }, END }, SL_TCP_SYN_SENT },
	{ "SYN in an open connection changes nothing", { OPEN, { C, SYN }, END }, SL_TCP_ESTABLISHED },
	{ "server speaks first", { { C, SYN }, { S, SYN_ACK }, { S, ACK }, { C, ACK }, END }, SL_TCP_ESTABLISHED },
};

static void test_scripts(void **state)
{
	for (unsigned int i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		enum sl_tcp_state now = SL_TCP_NONE;
		for (const struct step *step = scripts[i].steps; step->event != SL_TCP_EVENT_MAX; step++)
			now = sl_tcp_next(now, step->side, step->event);
		if (now != scripts[i].end)
			fail_msg("%s: ends in %s, not %s", scripts[i].name, sl_tcp_state_name(now),
				 sl_tcp_state_name(scripts[i].end));
	}
}

/* Nothing but a reset or a FIN ends an established connection, and no event leads to NONE. */
static void test_whole_table(void **state)
{
	for (unsigned int s = SL_TCP_SYN_SENT; s < SL_TCP_STATE_MAX; s++)
		for (unsigned int side = C; side <= S; side++)
			for (unsigned int e = 0; e < SL_TCP_EVENT_MAX; e++) {
				enum sl_tcp_state next = sl_tcp_next(s, side, e);
				assert_int_not_equal(next, SL_TCP_NONE);
				if (s == SL_TCP_ESTABLISHED && e != FIN && e != RST)
					assert_int_equal(next, SL_TCP_ESTABLISHED);
			}
}

static void test_events(void **state)
{
	static const struct {
		uint8_t flags;
		enum sl_tcp_event event;
	} cases[] = {
		{ RTE_TCP_SYN_FLAG, SYN },
		{ RTE_TCP_SYN_FLAG | RTE_TCP_ECE_FLAG | RTE_TCP_CWR_FLAG, SYN },
		{ RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG, SYN_ACK },
		{ RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG, ACK },
		{ RTE_TCP_FIN_FLAG | RTE_TCP_ACK_FLAG, FIN },
		{ RTE_TCP_RST_FLAG, RST },
		{ RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG, RST },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sl_tcp_event(cases[i].flags), cases[i].event);
}

static void test_timeouts(void **state)
{
	assert_int_equal(sl_tcp_timeout(SL_TCP_SYN_RECV), SL_TIMEOUT_TCP_OPENING);
	assert_int_equal(sl_tcp_timeout(SL_TCP_ESTABLISHED), SL_TIMEOUT_TCP_ESTABLISHED);
	assert_int_equal(sl_tcp_timeout(SL_TCP_FIN_SERVER), SL_TIMEOUT_TCP_CLOSING);
	assert_int_equal(sl_tcp_timeout(SL_TCP_TIME_WAIT_SERVER), SL_TIMEOUT_TCP_TIME_WAIT);
	assert_int_equal(sl_tcp_timeout(SL_TCP_CLOSE), SL_TIMEOUT_TCP_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_whole_table),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_timeouts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
