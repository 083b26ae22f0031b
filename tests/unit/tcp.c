/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP states, walked by scripts of segments as a capture would show them: who, flags, sequence number, acknowledgement,
 * bytes of data. Numbers count from the initial ones of each side, and every script runs with several of these, so
 * that the numbers wrap at every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_tcp.h>

#include "sluice/state/tcp.h"

struct step {
	enum { END, CLIENT, SERVER } from;
	const char *flags;
	uint32_t seq, ack, len;
};

/* The last argument, bytes of data, may be left out. */
#define C(f, s, a, ...) { .from = CLIENT, .flags = f, .seq = s, .ack = a, .len = 0 + __VA_ARGS__ + 0 }
#define S(f, s, a, ...) { .from = SERVER, .flags = f, .seq = s, .ack = a, .len = 0 + __VA_ARGS__ + 0 }
#define SYN C("S", 0, 0)
#define SYN_ACK S("SA", 0, 1)
#define OPEN SYN, SYN_ACK, C("A", 1, 1)
#define SERVER_CLOSES S("FA", 1, 1), C("A", 1, 2)
#define CLIENT_CLOSES C("FA", 1, 1), S("A", 1, 2)
#define TIME_WAIT_S OPEN, SERVER_CLOSES, C("FA", 1, 2), S("A", 2, 2)
#define TIME_WAIT_C OPEN, CLIENT_CLOSES, S("FA", 1, 2), C("A", 2, 2)

static const struct script {
	const char *name;
	enum sl_tcp_state end;
	struct step steps[12];
} scripts[] = {
	/* opening */
	{ "handshake", SL_TCP_ESTABLISHED, { OPEN } },
	{ "repeated SYN", SL_TCP_SYN_SENT, { SYN, SYN } },
	{ "repeated SYN-ACK", SL_TCP_SYN_RECV, { SYN, SYN_ACK, SYN_ACK } },
	{ "repeated SYN and SYN-ACK", SL_TCP_ESTABLISHED, { SYN, SYN, SYN_ACK, SYN, SYN_ACK, C("A", 1, 1), SYN_ACK } },
	{ "another SYN before the answer", SL_TCP_ESTABLISHED, { SYN, C("S", 9000, 0), S("SA", 0, 9001), C("A", 9001, 1) } },
	{ "answer to the earlier of two SYNs", SL_TCP_SYN_SENT, { SYN, C("S", 900000, 0), SYN_ACK } },
	{ "simultaneous open", SL_TCP_ESTABLISHED, { SYN, S("S", 0, 0), C("SA", 0, 1), S("SA", 0, 1) } },
	{ "simultaneous open, the server's answer first", SL_TCP_ESTABLISHED, { SYN, S("S", 0, 0), S("SA", 0, 1), C("SA", 0, 1) } },
	{ "simultaneous open, plain ACKs", SL_TCP_ESTABLISHED, { SYN, S("S", 0, 0), C("A", 1, 1), S("A", 1, 1) } },
	{ "ECN set-up", SL_TCP_ESTABLISHED, { C("SEW", 0, 0), S("SAE", 0, 1), C("A", 1, 1) } },
	{ "handshake ends with data", SL_TCP_ESTABLISHED, { SYN, SYN_ACK, C("PA", 1, 1, 100) } },
	{ "handshake ends with FIN", SL_TCP_FIN_CLIENT, { SYN, SYN_ACK, C("FA", 1, 1) } },
	{ "Fast Open: data in both SYNs' wake", SL_TCP_ESTABLISHED, { C("S", 0, 0, 300), S("SA", 0, 301), S("PA", 1, 301, 900) } },
	{ "server speaks first, client's ACK late", SL_TCP_ESTABLISHED, { SYN, SYN_ACK, S("PA", 1, 1, 50), C("A", 1, 51) } },
	{ "spoofed ACK does not open", SL_TCP_SYN_RECV, { SYN, SYN_ACK, C("A", 1, 1000000) } },
	{ "spoofed FIN does not open", SL_TCP_SYN_RECV, { SYN, SYN_ACK, C("FA", 1, 0x80000000) } },
	{ "segment without ACK does not open", SL_TCP_SYN_RECV, { SYN, SYN_ACK, C("P", 1, 1, 5) } },
	{ "server's challenge ACK does not open", SL_TCP_SYN_RECV, { SYN, SYN_ACK, C("A", 70000, 4000000), S("A", 1, 1) } },
	{ "SYN-ACK to another SYN does not open", SL_TCP_SYN_SENT, { SYN, S("SA", 0, 1000000) } },
	{ "challenge ACK of an old connection", SL_TCP_SYN_SENT, { SYN, S("A", 77, 4000000), C("R", 4000000, 0) } },
	{ "old connection at the server, then opened", SL_TCP_ESTABLISHED,
	  { SYN, S("A", 77, 4000000), C("R", 4000000, 0), SYN, SYN_ACK, C("A", 1, 1) } },

	/* refused and reset while opening */
	{ "refused", SL_TCP_CLOSE, { SYN, S("RA", 0x12345678, 1) } },
	{ "refused, tried again", SL_TCP_ESTABLISHED, { SYN, S("RA", 0, 1), OPEN } },
	{ "RST without ACK in SYN_SENT", SL_TCP_SYN_SENT, { SYN, S("R", 0, 0) } },
	{ "RST with a wrong ACK in SYN_SENT", SL_TCP_SYN_SENT, { SYN, S("RA", 0, 1000000) } },
	{ "client gives up in SYN_SENT", SL_TCP_CLOSE, { SYN, C("R", 1, 0) } },
	{ "client's RST out of window in SYN_SENT", SL_TCP_SYN_SENT, { SYN, C("R", 1000000, 0) } },
	{ "client rejects the SYN-ACK", SL_TCP_CLOSE, { SYN, SYN_ACK, C("R", 1, 0) } },
	{ "server gives up in SYN_RECV", SL_TCP_CLOSE, { SYN, SYN_ACK, S("R", 1, 0) } },
	{ "server gone when the SYN comes again", SL_TCP_CLOSE, { SYN, SYN_ACK, SYN, S("RA", 0x12345678, 1) } },
	{ "client's RST out of window in SYN_RECV", SL_TCP_SYN_RECV, { SYN, SYN_ACK, C("R", 1000000, 0) } },
	{ "server's RST out of window in SYN_RECV", SL_TCP_SYN_RECV, { SYN, SYN_ACK, S("R", 1000000, 0) } },
	{ "RST in window in SYN_RECV", SL_TCP_SYN_RECV, { SYN, SYN_ACK, C("R", 500, 0) } },

	/* established */
	{ "SYN in an open connection: challenge ACK", SL_TCP_ESTABLISHED, { OPEN, C("S", 5000000, 0), S("A", 1, 1) } },
	{ "client restarted: challenge, exact RST", SL_TCP_CLOSE, { OPEN, C("S", 5000000, 0), S("A", 1, 1), C("R", 1, 0) } },
	{ "client restarted and came back", SL_TCP_ESTABLISHED,
	  { OPEN, C("S", 5000000, 0), S("A", 1, 1), C("R", 1, 0), C("S", 5000000, 0), S("SA", 900, 5000001), C("A", 5000001, 901) } },
	{ "late SYN-ACK", SL_TCP_ESTABLISHED, { OPEN, C("PA", 1, 1, 10), SYN_ACK, C("A", 11, 1) } },
	{ "exact RST of the server", SL_TCP_CLOSE, { OPEN, S("R", 1, 0) } },
	{ "exact RST of the client after data", SL_TCP_CLOSE, { OPEN, C("PA", 1, 1, 100), S("A", 1, 101), C("RA", 101, 1) } },
	{ "RST behind", SL_TCP_ESTABLISHED, { OPEN, C("PA", 1, 1, 100), S("A", 1, 101), C("R", 100, 0) } },
	{ "RST a window ahead", SL_TCP_TRANS, { OPEN, C("R", 1 + 65535, 0) } },
	{ "RST more than a window ahead", SL_TCP_ESTABLISHED, { OPEN, C("R", 2 + 65535, 0) } },
	{ "RST half the space away", SL_TCP_ESTABLISHED, { OPEN, S("R", 0x80000000, 0) } },
	{ "RST behind data under way", SL_TCP_TRANS, { OPEN, S("PA", 1, 1, 700), S("R", 701, 0) } },
	{ "in-window RST that the client did not take", SL_TCP_ESTABLISHED, { OPEN, S("R", 701, 0), C("A", 1, 1) } },
	{ "in-window RST, then the exact one", SL_TCP_CLOSE, { OPEN, S("R", 701, 0), S("R", 1, 0) } },
	{ "in-window RST twice", SL_TCP_TRANS, { OPEN, S("R", 701, 0), S("R", 701, 0) } },
	{ "in-window RST, then a FIN", SL_TCP_FIN_SERVER, { OPEN, S("R", 701, 0), S("FA", 1, 1) } },
	{ "in-window RST was real, client comes again", SL_TCP_ESTABLISHED,
	  { OPEN, S("R", 701, 0), C("S", 9000000, 0), S("SA", 900, 9000001), C("A", 9000001, 901) } },

	/* closing */
	{ "client closes first", SL_TCP_TIME_WAIT_CLIENT, { TIME_WAIT_C } },
	{ "server closes first", SL_TCP_TIME_WAIT_SERVER, { TIME_WAIT_S } },
	{ "FINs in three segments", SL_TCP_TIME_WAIT_SERVER, { OPEN, S("FA", 1, 1), C("FA", 1, 2), S("A", 2, 2) } },
	{ "half closed, data goes on", SL_TCP_FIN_CLIENT,
	  { OPEN, CLIENT_CLOSES, S("PA", 1, 2, 1000), C("A", 2, 1001), S("PA", 1001, 2, 1000), C("A", 2, 2001) } },
	{ "half closed to the end", SL_TCP_TIME_WAIT_CLIENT,
	  { OPEN, CLIENT_CLOSES, S("PA", 1, 2, 1000), C("A", 2, 1001), S("FA", 1001, 2), C("A", 2, 1002) } },
	{ "simultaneous close", SL_TCP_TIME_WAIT_SERVER, { OPEN, C("FA", 1, 1), S("FA", 1, 1), C("A", 2, 2), S("A", 2, 2) } },
	{ "simultaneous close, server's first", SL_TCP_TIME_WAIT_SERVER,
	  { OPEN, S("FA", 1, 1), C("FA", 1, 1), C("A", 2, 2), S("A", 2, 2) } },
	{ "simultaneous close, the client's ACK missing", SL_TCP_CLOSING_LAST_ACK, { OPEN, C("FA", 1, 1), S("FA", 1, 1), S("A", 2, 2) } },
	{ "simultaneous close, the server's ACK missing", SL_TCP_LAST_ACK_SERVER, { OPEN, C("FA", 1, 1), S("FA", 1, 1), C("A", 2, 2) } },
	{ "simultaneous close, both ACKs missing", SL_TCP_CLOSING, { OPEN, S("FA", 1, 1), C("FA", 1, 1), S("A", 2, 1), C("A", 2, 1) } },
	{ "simultaneous close, the server acknowledges first", SL_TCP_TIME_WAIT_SERVER,
	  { OPEN, S("FA", 1, 1), C("FA", 1, 1), S("A", 2, 2), C("A", 2, 2) } },
	{ "simultaneous close, FINs again with their ACKs", SL_TCP_TIME_WAIT_SERVER,
	  { OPEN, C("FA", 1, 1), S("FA", 1, 1), S("FA", 1, 2), C("FA", 1, 2) } },
	{ "simultaneous close, the server's last data on its way", SL_TCP_TIME_WAIT_SERVER,
	  { OPEN, C("FA", 1, 1), S("FA", 1001, 1), S("A", 1002, 2), C("A", 2, 1), S("PA", 1, 2, 1000), C("A", 2, 1002) } },
	{ "last ACK missing", SL_TCP_LAST_ACK_CLIENT, { OPEN, CLIENT_CLOSES, S("FA", 1, 2) } },
	{ "last ACK lost, FIN again, ACK again", SL_TCP_TIME_WAIT_CLIENT, { TIME_WAIT_C, S("FA", 1, 2), C("A", 2, 2) } },
	{ "FIN again before its ACK", SL_TCP_TIME_WAIT_SERVER,
	  { OPEN, S("FA", 1, 1), S("FA", 1, 1), C("A", 1, 2), C("FA", 1, 2), C("FA", 1, 2), S("A", 2, 2) } },
	{ "second closer's ACK is not the last", SL_TCP_LAST_ACK_CLIENT, { OPEN, CLIENT_CLOSES, S("FA", 1, 2), S("A", 2, 2) } },
	{ "ACK of data only is not the last", SL_TCP_LAST_ACK_CLIENT,
	  { OPEN, CLIENT_CLOSES, S("PA", 1, 2, 1000), S("FA", 1001, 2), C("A", 2, 500) } },
	{ "data and FIN in one", SL_TCP_TIME_WAIT_CLIENT,
	  { OPEN, C("FPA", 1, 1, 50), S("A", 1, 52), S("FPA", 1, 52, 900), C("A", 52, 902) } },
	{ "FIN overtakes the last data", SL_TCP_FIN_CLIENT, { OPEN, C("FA", 101, 1), C("PA", 1, 1, 100), S("A", 1, 102) } },
	{ "data before the FIN lost and sent again", SL_TCP_TIME_WAIT_SERVER,
	  { OPEN, S("FA", 1001, 1), C("A", 1, 1), S("PA", 1, 1, 1000), C("A", 1, 1002), C("FA", 1, 1002), S("A", 1002, 2) } },
	{ "late data in TIME_WAIT", SL_TCP_TIME_WAIT_SERVER, { TIME_WAIT_S, C("A", 1, 2), S("PA", 1, 1, 1) } },

	/* resets while closing and after */
	{ "exact RST half closed", SL_TCP_CLOSE, { OPEN, CLIENT_CLOSES, S("R", 1, 0) } },
	{ "client fully closed: RST from behind its FIN", SL_TCP_CLOSE, { OPEN, CLIENT_CLOSES, S("PA", 1, 2, 9), C("R", 2, 0) } },
	{ "RST out of window half closed", SL_TCP_FIN_CLIENT, { OPEN, CLIENT_CLOSES, S("R", 1000000, 0) } },
	{ "RST out of window half closed by the server", SL_TCP_FIN_SERVER, { OPEN, SERVER_CLOSES, C("R", 1000000, 0) } },
	{ "in-window RST half closed", SL_TCP_TRANS, { OPEN, SERVER_CLOSES, C("R", 501, 0) } },
	{ "exact RST before the last ACK", SL_TCP_CLOSE, { OPEN, CLIENT_CLOSES, S("FA", 1, 2), C("R", 2, 0) } },
	{ "RST out of window before the last ACK", SL_TCP_LAST_ACK_CLIENT, { OPEN, CLIENT_CLOSES, S("FA", 1, 2), C("R", 99999, 0) } },
	{ "exact RST in a simultaneous close", SL_TCP_CLOSE, { OPEN, C("FA", 1, 1), S("FA", 1, 1), C("R", 2, 0) } },
	{ "RST out of window in a simultaneous close", SL_TCP_CLOSING, { OPEN, C("FA", 1, 1), S("FA", 1, 1), S("R", 1, 0), C("R", 99999, 0) } },
	{ "RST in TIME_WAIT does not shorten it", SL_TCP_TIME_WAIT_CLIENT, { TIME_WAIT_C, S("R", 2, 0) } },
	{ "RST after a RST", SL_TCP_CLOSE, { OPEN, S("R", 1, 0), S("R", 1, 0), C("A", 1, 1) } },

	/* the tuple again */
	{ "reopened from TIME_WAIT of the server", SL_TCP_ESTABLISHED,
	  { TIME_WAIT_S, C("S", 7000, 0), S("SA", 90000, 7001), C("A", 7001, 90001) } },
	{ "reopened from TIME_WAIT of the client", SL_TCP_SYN_SENT, { TIME_WAIT_C, C("S", 7000, 0) } },
	{ "reopened, a RST of the old connection", SL_TCP_SYN_SENT, { TIME_WAIT_S, C("S", 7000000, 0), C("R", 2, 0), S("R", 2, 0) } },
	{ "reopened, refused", SL_TCP_CLOSE, { TIME_WAIT_S, C("S", 7000, 0), S("RA", 0, 7001) } },
	{ "reopened before we saw the ACKs of a simultaneous close", SL_TCP_ESTABLISHED,
	  { OPEN, C("FA", 1, 1), S("FA", 1, 1), C("S", 7000, 0), S("SA", 90000, 7001), C("A", 7001, 90001) } },
	{ "reopened before we saw the last ACK", SL_TCP_ESTABLISHED,
	  { OPEN, SERVER_CLOSES, C("FA", 1, 2), C("S", 7000, 0), S("SA", 90000, 7001), C("A", 7001, 90001) } },
};

static uint8_t flags_of(const char *text)
{
	static const char letters[] = "FSRPAUEW"; /* bit 0 to 7 */
	uint8_t flags = 0;

	for (; *text != '\0'; text++)
		flags |= (uint8_t)(1 << (strchr(letters, *text) - letters));
	return flags;
}

static void run_script(const struct script *script, uint32_t client_isn, uint32_t server_isn)
{
	struct sl_flow f = { .state = SL_TCP_NONE };

	for (const struct step *step = script->steps; step->from != END; step++) {
		unsigned int side = step->from == CLIENT ? SL_CLIENT : SL_SERVER;
		struct sl_tcp_segment segment = {
			.flags = flags_of(step->flags),
			.len = step->len,
			.seq = step->seq + (side == SL_CLIENT ? client_isn : server_isn),
			.ack = step->ack + (side == SL_CLIENT ? server_isn : client_isn),
		};
		if (!(segment.flags & RTE_TCP_ACK_FLAG))
			segment.ack = 0;
		uint8_t before = f.state;
		bool changed = sl_tcp_follow(&f, side, &segment);
		assert_int_equal(changed, f.state != before);
	}
	if (f.state != script->end)
		fail_msg("%s (initial numbers %#x, %#x): ends in %s, not %s", script->name, client_isn, server_isn,
			 sl_tcp_state_name(f.state), sl_tcp_state_name(script->end));
}

static void test_scripts(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(scripts); i++) {
		run_script(&scripts[i], 0x1b2c3d4e, 0x90807060);
		for (uint32_t wrap = 0; wrap <= 4; wrap++) {
			run_script(&scripts[i], 0u - wrap, 0x90807060);
			run_script(&scripts[i], 0x1b2c3d4e, 0u - wrap);
			run_script(&scripts[i], 0u - wrap, 0u - 500 - wrap);
		}
	}
}

/* Whatever the event: established ends only by FIN or RST, TIME_WAIT only by a client's SYN, nothing leads back to NONE. */
static void test_whole_table(void **state)
{
	for (unsigned int s = SL_TCP_SYN_SENT; s < SL_TCP_STATE_MAX; s++) {
		for (unsigned int side = SL_CLIENT; side <= SL_SERVER; side++) {
			for (unsigned int e = 0; e < SL_TCP_EVENT_MAX; e++) {
				enum sl_tcp_state next = sl_tcp_next(s, side, e);
				assert_int_not_equal(next, SL_TCP_NONE);
				if (s == SL_TCP_ESTABLISHED && e <= SL_TCP_EVENT_LAST_ACK)
					assert_int_equal(next, SL_TCP_ESTABLISHED);
				if ((s == SL_TCP_TIME_WAIT_CLIENT || s == SL_TCP_TIME_WAIT_SERVER) &&
				    !(side == SL_CLIENT && e == SL_TCP_EVENT_SYN))
					assert_int_equal(next, s);
				if (next == SL_TCP_CLOSE && s != SL_TCP_CLOSE)
					assert_int_equal(e, SL_TCP_EVENT_RST);
				if (e == SL_TCP_EVENT_DOUBTFUL_RST)
					assert_true(next == s || next == SL_TCP_TRANS);
			}
		}
	}
}

/*
 * A reset whose number its receiver would not take changes no state, whichever it is, whoever sends it, and however far off it is.
 * Within 65535 of what is expected it may raise doubt, no more. (RFC 5961 section 3.2; SYN_SENT has its own rule: "refused" above.)
 */
static void test_stray_resets(void **state)
{
	static const uint32_t expected[2] = { 0xfffffff0, 700 };

	for (unsigned int s = SL_TCP_SYN_RECV; s < SL_TCP_STATE_MAX; s++) {
		for (unsigned int side = SL_CLIENT; side <= SL_SERVER; side++) {
			for (uint64_t off = 1; off < 1ull << 32; off = off < 70000 ? off + 1 : off + 999983) {
				struct sl_flow f = { .state = (uint8_t)s, .ack = { expected[0], expected[1] } };
				struct sl_tcp_segment reset = { .seq = expected[!side] + (uint32_t)off, .flags = RTE_TCP_RST_FLAG };

				bool changed = sl_tcp_follow(&f, side, &reset);
				assert_int_equal(changed, f.state != s);
				if (off > 65535)
					assert_int_equal(f.state, s);
				else
					assert_true(f.state == s || f.state == SL_TCP_TRANS);
				assert_int_equal(f.ack[0], expected[0]);
				assert_int_equal(f.ack[1], expected[1]);
			}
		}
	}
}

/* Picked up in the middle: established at once, and resets are judged by the numbers of that segment. */
static void test_pick_up(void **state)
{
	struct sl_tcp_segment ack = { .seq = 5000, .ack = 0xfffffff0, .flags = RTE_TCP_ACK_FLAG };
	struct sl_tcp_segment reset = { .seq = 0xffffffef, .flags = RTE_TCP_RST_FLAG };
	struct sl_flow f = { 0 };

	sl_tcp_pick_up(&f, &ack);
	assert_int_equal(f.state, SL_TCP_ESTABLISHED);
	assert_false(sl_tcp_follow(&f, SL_CLIENT, &ack));
	assert_false(sl_tcp_follow(&f, SL_SERVER, &reset));
	reset.seq++;
	assert_true(sl_tcp_follow(&f, SL_SERVER, &reset));
	assert_int_equal(f.state, SL_TCP_CLOSE);

	sl_tcp_pick_up(&f, &ack);
	reset.seq = 5000;
	assert_true(sl_tcp_follow(&f, SL_CLIENT, &reset));
	assert_int_equal(f.state, SL_TCP_CLOSE);
}

static void test_timeouts(void **state)
{
	assert_int_equal(sl_tcp_timeout(SL_TCP_SYN_SENT), SL_TIMEOUT_TCP_OPENING);
	assert_int_equal(sl_tcp_timeout(SL_TCP_SYN_RECV), SL_TIMEOUT_TCP_SYN_RECV);
	assert_int_equal(sl_tcp_timeout(SL_TCP_ESTABLISHED), SL_TIMEOUT_TCP_ESTABLISHED);
	assert_int_equal(sl_tcp_timeout(SL_TCP_FIN_SERVER), SL_TIMEOUT_TCP_HALF_CLOSED);
	assert_int_equal(sl_tcp_timeout(SL_TCP_LAST_ACK_CLIENT), SL_TIMEOUT_TCP_CLOSING);
	assert_int_equal(sl_tcp_timeout(SL_TCP_TRANS), SL_TIMEOUT_TCP_CLOSING);
	assert_int_equal(sl_tcp_timeout(SL_TCP_TIME_WAIT_SERVER), SL_TIMEOUT_TCP_TIME_WAIT);
	assert_int_equal(sl_tcp_timeout(SL_TCP_CLOSE), SL_TIMEOUT_TCP_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_whole_table),
		cmocka_unit_test(test_stray_resets),
		cmocka_unit_test(test_pick_up),
		cmocka_unit_test(test_timeouts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
