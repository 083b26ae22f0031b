/* SPDX-License-Identifier: BSD-3-Clause */
/* What workers count of new flows for passive checks: answered, refused, not answered; each once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab.h"

#include "sluice/state/worker.h"

#define SERVICE(name, port, protocol, rest) \
	LAB_SERVICE(name, "192.0.2.10", port, protocol, "\"snat\": [\"10.1.0.3\"], \"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080 } ]" rest)
#define CONFIG \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"timeouts\": { \"tcp_opening_s\": 5, \"udp_one_way_s\": 5, \"udp_bidirectional_s\": 5 }, " LAB_INTERFACES ", \"services\": [" \
	SERVICE("web", 80, "tcp", "") "," SERVICE("dns", 53, "udp", "") "," \
	SERVICE("one-way", 514, "udp", ", \"udp_kind\": \"one-way\"") "," \
	SERVICE("rr", 54, "udp", ", \"udp_kind\": \"request-response\"") "] }"

/* Of all backends together. */
static struct {
	uint32_t answered, refused, unanswered;
} before;

static void expect(struct sl_worker *w, uint32_t answered, uint32_t refused, uint32_t unanswered)
{
	uint32_t a = 0, r = 0, u = 0;

	for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++) {
		a += w->latency[id].answered;
		r += w->latency[id].refused;
		u += w->latency[id].unanswered;
	}
	assert_int_equal(a - before.answered, answered);
	assert_int_equal(r - before.refused, refused);
	assert_int_equal(u - before.unanswered, unanswered);
	before.answered = a;
	before.refused = r;
	before.unanswered = u;
}

static void nothing(struct sl_worker *w, struct sl_snapshot *s)
{
	expect(w, 0, 0, 0);
}

static void one_answered(struct sl_worker *w, struct sl_snapshot *s)
{
	expect(w, 1, 0, 0);
}

static void one_refused(struct sl_worker *w, struct sl_snapshot *s)
{
	expect(w, 0, 1, 0);
}

static void one_unanswered(struct sl_worker *w, struct sl_snapshot *s)
{
	expect(w, 0, 0, 1);
}

static void begin(struct sl_worker *w, struct sl_snapshot *s)
{
	memset(&before, 0, sizeof(before));
}

#define SYN(n) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $" #n ">8080 S seq 100 ack 0 win 65535 len 0 [csum ok]")
#define FROM(n, flags, ...) IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(n), flags, __VA_ARGS__)), SENT("wan", "tcp 80>1000", 1)
#define ASK(port, n) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, port), PAYLOAD("?")), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $" #n ">8080 len 1 \"?\" [csum ok]")
#define ANSWER(n) IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, VAR(n)), PAYLOAD("!")), SENT("wan", "udp", 1)

#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, CALL(begin), __VA_ARGS__, END }

CASE(answered, SYN(1), CALL(nothing), FROM(1, "SA", .seq = 500, .ack = 101), CALL(one_answered),
     /* repeated, and what comes later, counts no more */
     FROM(1, "SA", .seq = 500, .ack = 101), CALL(nothing), TIME(10000), CALL(nothing));
CASE(refused, SYN(1), FROM(1, "RA", .seq = 0, .ack = 101), CALL(one_refused), FROM(1, "RA", .seq = 0, .ack = 101), TIME(15000), CALL(nothing));
/* a reset later on is an end like others, and one of the client's says nothing of the backend */
CASE(reset_later, SYN(1), FROM(1, "SA", .seq = 500, .ack = 101), CALL(one_answered), FROM(1, "RA", .seq = 501, .ack = 101), CALL(nothing),
     TIME(15000), CALL(nothing));
CASE(client_gives_up, SYN(1), IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)), SENT("lan", " R ", 1),
     TIME(15000), CALL(nothing));
CASE(unanswered, SYN(1), TIME(4900), CALL(nothing), TIME(300), COUNT(FLOWS_EXPIRED, 1), CALL(one_unanswered));
/* a client repeats its SYN after a second; sent twice at once it says nothing */
CASE(repeated, SYN(1), SYN(1), CALL(nothing), TIME(400), SYN(1), CALL(nothing), TIME(600), SYN(1), CALL(one_unanswered), TIME(1000), SYN(1),
     CALL(one_unanswered), FROM(1, "SA", .seq = 500, .ack = 101), CALL(one_answered));

CASE(udp_answered, ASK(53, 1), CALL(nothing), ANSWER(1), CALL(one_answered), ANSWER(1), ASK(53, 1), CALL(nothing), TIME(6000), CALL(nothing));
CASE(udp_unanswered, ASK(53, 1), ASK(53, 1), TIME(6000), COUNT(FLOWS_EXPIRED, 1), CALL(one_unanswered));
CASE(udp_one_way, ASK(514, 1), TIME(6000), COUNT(FLOWS_EXPIRED, 1), CALL(nothing));
CASE(udp_request_response, ASK(54, 1), ANSWER(1), COUNT(FLOWS_ANSWERED, 1), CALL(one_answered), ASK(54, 2), TIME(6000), COUNT(FLOWS_EXPIRED, 1),
     CALL(one_unanswered));

static const struct golden_case cases[] = {
	{ "answered", CONFIG, 0, answered },
	{ "refused", CONFIG, 0, refused },
	{ "reset later", CONFIG, 0, reset_later },
	{ "client gives up", CONFIG, 0, client_gives_up },
	{ "unanswered", CONFIG, 0, unanswered },
	{ "repeated", CONFIG, 0, repeated },
	{ "UDP answered", CONFIG, 0, udp_answered },
	{ "UDP unanswered", CONFIG, 0, udp_unanswered },
	{ "UDP one-way", CONFIG, 0, udp_one_way },
	{ "UDP request-response", CONFIG, 0, udp_request_response },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "passive", cases);
}
