/* SPDX-License-Identifier: BSD-3-Clause */
/* The next hop that a flow remembers goes, and nothing makes the flow believe that it is still there: not even numbers that come round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab.h"

#include "sluice/state/worker.h"

#define LAN 1 /* the second interface */

/* Control removes backend 1's entry, and so many more changes follow. */
static void forget(struct sl_worker *w, uint32_t changes)
{
	struct sl_neighbour_table *t = w->shared->neighbours;
	struct sl_ip ip = sl_ip_from_v4(RTE_BE32(0x0a010101));
	uint16_t index = sl_neighbour_lookup(t, LAN, &ip);

	assert_int_not_equal(index, SL_ID_NONE);
	sl_neighbour_remove(t, index);
	atomic_fetch_add(&t->epoch, changes - 1);
}

static void one_change(struct sl_worker *w, struct sl_snapshot *s)
{
	forget(w, 1);
}

static void changes_of_16_bits(struct sl_worker *w, struct sl_snapshot *s)
{
	forget(w, 1u << 16);
}

static void rest_of_the_way_round(struct sl_worker *w, struct sl_snapshot *s)
{
	atomic_fetch_add(&w->shared->neighbours->epoch, (1u << SL_EPOCH_BITS) - 1);
}

/* As many as there may be between two visits of the wheel, which are far fewer in truth. With the first and the last it is the whole way. */
static void nearly_half_way_round(struct sl_worker *w, struct sl_snapshot *s)
{
	atomic_fetch_add(&w->shared->neighbours->epoch, (1u << (SL_EPOCH_BITS - 1)) - 1);
}

static void one_more(struct sl_worker *w, struct sl_snapshot *s)
{
	atomic_fetch_add(&w->shared->neighbours->epoch, 1);
}

#define DATA IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501))
#define DATA_OUT OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]")
/* The stale number would lead to an entry that is nobody's, or somebody else's. */
#define LOOKED_UP_AGAIN DATA, EVENT(RESOLVE, "lan", "10.1.1.1"), COUNT(HELD, 1), NEIGHBOUR("lan", "10.1.1.1", "02::b1"), DATA_OUT

static const struct golden_step soon[] = { RESOLVED, OPENED, DATA, DATA_OUT, CALL(one_change), LOOKED_UP_AGAIN, DATA, DATA_OUT, END };
static const struct golden_step low_bits[] = { RESOLVED, OPENED, DATA, DATA_OUT, CALL(changes_of_16_bits), LOOKED_UP_AGAIN, END };

/* Eleven minutes without a packet: the wheel has passed, and even all the numbers there are lead to nothing wrong. */
#define QUIET TIME(SL_FLOW_VISIT_TICKS * 1050ll / 1000 + 1000)
static const struct golden_step whole_turn[] = {
	RESOLVED, OPENED, DATA, DATA_OUT, CALL(one_change), QUIET, CALL(rest_of_the_way_round), LOOKED_UP_AGAIN, END
};
static const struct golden_step in_two_parts[] = {
	RESOLVED, OPENED, DATA, DATA_OUT, CALL(one_change), QUIET, CALL(nearly_half_way_round), QUIET, CALL(nearly_half_way_round),
	QUIET, CALL(one_more), LOOKED_UP_AGAIN, END
};

/* The first packet after the change does not get as far as to a next hop, and the next one must not rely on it. */
static const struct golden_step goes_nowhere[] = {
	RESOLVED, OPENED, DATA, DATA_OUT, DATA, DATA_OUT, CALL(one_change),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	SENT("wan", "icmp time-exceeded", 1), DROPPED(TTL, 1),
	LOOKED_UP_AGAIN, END
};

static const struct golden_case cases[] = {
	{ "the first packet goes nowhere", LAB_CONFIG, 0, goes_nowhere },
	{ "one change", LAB_CONFIG, 0, soon },
	{ "changes that leave the low bits as they were", LAB_CONFIG, 0, low_bits },
	{ "a whole turn of the number", LAB_CONFIG, 0, whole_turn },
	{ "a whole turn in two parts", LAB_CONFIG, 0, in_two_parts },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "epochs", cases);
}
