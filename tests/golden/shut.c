/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows that are ended from outside: resets to both ends with the numbers they expect, UDP goes on at another backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab.h"

#include "sluice/path/pipeline.h"

/* ---- what control does ---- */

/* Ask for flows to be ended until all have been looked at; how many were. */
static unsigned int shut(struct sl_worker *w, struct sl_snapshot *s, const struct sl_flow_filter *filter, uint32_t limit)
{
	struct sl_flow_query q = { .action = SL_QUERY_END, .filter = *filter, .limit = limit };
	unsigned int ended = 0;

	do {
		assert_true(sl_query_post(w, &q));
		assert_false(sl_query_post(w, &q)); /* one at a time */
		sl_worker_housekeeping(w, s);
		assert_true(sl_query_done(w));
		assert_true(q.n_ended <= limit && q.n_ended <= SL_QUERY_ENDS && q.n_resets <= q.n_ended);
		ended += q.n_ended;
		q.start = q.next;
	} while (q.next != SL_FLOW_NONE);
	return ended;
}

static void shut_all(struct sl_worker *w, struct sl_snapshot *s)
{
	shut(w, s, &(struct sl_flow_filter){ 0 }, SL_QUERY_ENDS);
}

/* Flows of the first backend of the service on port 53. */
static void shut_first_dns_backend(struct sl_worker *w, struct sl_snapshot *s)
{
	struct sl_flow_filter filter = { .by_backend = true };

	for (unsigned int i = 0; i < s->n_services; i++)
		if (s->services[i].port_be == RTE_BE16(53) && sl_ip_is_v4(&s->services[i].vip))
			sl_flow_set_add(filter.backends, s->services[i].backends[0].id);
	shut(w, s, &filter, 1);
}

static void shut_client_port_1000(struct sl_worker *w, struct sl_snapshot *s)
{
	struct sl_flow_filter filter = { .by_client = true, .by_client_port = true, .by_proto = true, .proto = 6,
					 .client_port_be = RTE_BE16(1000) };

	assert_int_equal(sl_ip_parse("192.0.2.100", &filter.client), 0);
	assert_int_equal(shut(w, s, &filter, 5), 1);
	assert_int_equal(shut(w, s, &filter, 5), 0); /* what was shut is not shut again */
}

static void list_and_shut_many(struct sl_worker *w, struct sl_snapshot *s)
{
	struct sl_flow_query q = { .action = SL_QUERY_LIST };
	unsigned int listed = 0;

	do {
		assert_int_equal(sl_query_post(w, &q), true);
		sl_worker_housekeeping(w, s);
		assert_true(sl_query_done(w));
		listed += q.n_rows;
		q.start = q.next;
	} while (q.next != SL_FLOW_NONE);
	assert_int_equal(listed, 100);
	assert_int_equal(shut(w, s, &(struct sl_flow_filter){ 0 }, 7), 100);
}

static void query_taken_back(struct sl_worker *w, struct sl_snapshot *s)
{
	struct sl_flow_query q = { .action = SL_QUERY_END, .limit = 16 };

	assert_true(sl_query_post(w, &q));
	assert_false(sl_query_is_answered(w));
	sl_query_cancel(w);
	sl_worker_housekeeping(w, s);
	assert_false(sl_query_is_answered(w));
	assert_true(sl_query_post(w, &q));
	sl_query_cancel(w);
}

/* ---- packets ---- */

#define FROM_CLIENT(...) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), __VA_ARGS__)
#define FROM_BACKEND(...) IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), __VA_ARGS__)
#define TO_CLIENT(text) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl " text)
#define TO_BACKEND(text) OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl " text)

/* Sent, and the answers seen, when the worker's next turn has come. */
#define SHUT(function) CALL(function), TIME(1)

static const struct golden_step established[] = {
	RESOLVED,
	OPENED,
	FROM_BACKEND(TCP(8080, VAR(1), "PA", .seq = 501, .ack = 101), PAYLOAD("hello")),
	TO_CLIENT("63 tcp 80>1000 PA seq 501 ack 101 win 65535 len 5 \"hello\" [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "PA", .seq = 101, .ack = 506), PAYLOAD("GET /")),
	TO_BACKEND("63 tcp $1>8080 PA seq 101 ack 506 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 506, .ack = 106)),
	TO_CLIENT("63 tcp 80>1000 A seq 506 ack 106 win 65535 len 0 [csum ok]"),
	SHUT(shut_all),
	TO_CLIENT("64 DF tcp 80>1000 RA seq 506 ack 106 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 106 ack 506 win 0 len 0 [csum ok]"),
	/* once, however often it is asked for */
	SHUT(shut_all),
	/* and gone when the time of a reset flow is over, though its ends go on trying */
	TIME(9000),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 106, .ack = 506)),
	TO_CLIENT("64 DF tcp 80>1000 R seq 506 ack 0 win 0 len 0 [csum ok]"),
	DROPPED(FLOW_SHUT, 1),
	TIME(1500),
	COUNT(FLOWS_EXPIRED, 1),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 106, .ack = 506)),
	DROPPED(TCP_NOT_SYN, 1),
	END
};

/*
 * What was on its way when the flow was shut: the reset's number is too low for an end that had more than it had
 * acknowledged, and is made up for by the answer to its next packet.
 */
static const struct golden_step data_under_way[] = {
	RESOLVED,
	OPENED,
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 101), FILL(1000)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 A seq 501 ack 101 win 65535 len 1000 #0d1082d5 [csum ok]"),
	SHUT(shut_all),
	TO_CLIENT("64 DF tcp 80>1000 RA seq 501 ack 101 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 101 ack 501 win 0 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 1501)),
	TO_CLIENT("64 DF tcp 80>1000 R seq 1501 ack 0 win 0 len 0 [csum ok]"),
	COUNT(RESETS_SENT, 1),
	DROPPED(FLOW_SHUT, 1),
	FROM_BACKEND(TCP(8080, VAR(1), "PA", .seq = 1501, .ack = 101), FILL(10)),
	TO_BACKEND("64 DF tcp $1>8080 R seq 101 ack 0 win 0 len 0 [csum ok]"),
	DROPPED(FLOW_SHUT, 1),
	/* no reset answers a reset */
	FROM_CLIENT(TCP(1000, 80, "R", .seq = 101)),
	DROPPED(FLOW_SHUT, 1),
	/* a new connection from the same port has nothing to do with it */
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 7000)),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 S seq 7000 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(FLOWS_REUSED, 1),
	END
};

/* Half open: the client takes a reset by its acknowledgement, the backend, which may have the SYN, by its number. */
static const struct golden_step opening[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)),
	TO_BACKEND("63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	SHUT(shut_all),
	TO_CLIENT("64 DF tcp 80>1000 RA seq 0 ack 101 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 R seq 101 ack 0 win 0 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	TO_BACKEND("64 DF tcp $1>8080 R seq 101 ack 0 win 0 len 0 [csum ok]"),
	DROPPED(FLOW_SHUT, 1),
	END
};

/* Both ends have closed: nobody needs to be told. */
static const struct golden_step closed[] = {
	RESOLVED,
	OPENED,
	FROM_BACKEND(TCP(8080, VAR(1), "FA", .seq = 501, .ack = 101)),
	TO_CLIENT("63 tcp 80>1000 FA seq 501 ack 101 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 502)),
	TO_BACKEND("63 tcp $1>8080 FA seq 101 ack 502 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 502, .ack = 102)),
	TO_CLIENT("63 tcp 80>1000 A seq 502 ack 102 win 65535 len 0 [csum ok]"),
	CALL(shut_all),
	COUNT(FLOWS_SHUT, 1),
	COUNT(RESETS_SENT, 0),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 102, .ack = 502)),
	DROPPED(TCP_NOT_SYN, 1),
	END
};

/* Half closed: a FIN counts in what its receiver expects. */
static const struct golden_step half_closed[] = {
	RESOLVED,
	OPENED,
	FROM_CLIENT(TCP(1000, 80, "FA", .seq = 101, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 FA seq 101 ack 501 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 102)),
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 102 win 65535 len 0 [csum ok]"),
	SHUT(shut_all),
	TO_CLIENT("64 DF tcp 80>1000 RA seq 501 ack 102 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 102 ack 501 win 0 len 0 [csum ok]"),
	END
};

static const struct golden_step ipv6[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	SHUT(shut_all),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 64 tcp 80>1000 RA seq 501 ack 101 win 0 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 64 tcp $1>8080 RA seq 101 ack 501 win 0 len 0 [csum ok]"),
	END
};

/* By filter: others are not touched. */
static const struct golden_step one_of_two[] = {
	RESOLVED,
	OPENED,
	FROM_CLIENT(TCP(1001, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 tcp $2>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $3>8080 len 2 \"a?\" [csum ok]"),
	SHUT(shut_client_port_1000),
	TO_CLIENT("64 DF tcp 80>1000 RA seq 501 ack 101 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 101 ack 501 win 0 len 0 [csum ok]"),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), TCP(8080, VAR(2), "SA", .seq = 500, .ack = 101)),
	TO_CLIENT("63 tcp 80>1001 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	FROM_BACKEND(UDP(8080, VAR(3)), PAYLOAD("a!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 2 \"a!\" [csum ok]"),
	END
};

/* A UDP flow whose backend takes no new ones and is told to let go: the client's next datagram goes to another. */
#define DNS_CONFIG(weight) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	LAB_SERVICE("dns", "192.0.2.10", 53, "udp", "\"snat\": [\"10.1.0.3\"], \"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080, " \
		    "\"weight\": " #weight " }, { \"address\": \"10.1.1.2\", \"port\": 8080 } ]") "] }"

static const struct golden_step udp_goes_on_elsewhere[] = {
	RESOLVED,
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	FROM_CLIENT(UDP(1001, 53), PAYLOAD("b?")),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $2>8080 len 2 \"b?\" [csum ok]"),
	RELOAD(DNS_CONFIG(0)),
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	CALL(shut_first_dns_backend),
	COUNT(FLOWS_SHUT, 1),
	FROM_CLIENT(UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $3>8080 len 2 \"a?\" [csum ok]"),
	COUNT(FLOWS_CREATED, 1),
	IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), UDP(8080, VAR(2)), PAYLOAD("b!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1001 len 2 \"b!\" [csum ok]"),
	/* the old backend's late answer has nobody to go to */
	FROM_BACKEND(UDP(8080, VAR(1)), PAYLOAD("a!")),
	DROPPED(NO_SNAT_FLOW, 1),
	END
};

/* In bounded chunks, all of them. */
static const struct golden_step many[] = {
	RESOLVED,
	IN_MANY("wan", 100, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(UP(2000), 80, "S", .seq = 100)),
	SENT("lan", "tcp", 100),
	SHUT(list_and_shut_many),
	SENT("lan", " R seq 101", 100),
	SENT("wan", " RA seq 0 ack 101", 100),
	END
};

static const struct golden_step taken_back[] = {
	RESOLVED,
	OPENED,
	CALL(query_taken_back),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	END
};

static const struct golden_case cases[] = {
	{ "an established connection", LAB_CONFIG, 0, established },
	{ "data is under way", LAB_CONFIG, 0, data_under_way },
	{ "a connection that opens", LAB_CONFIG, 0, opening },
	{ "a connection that is over", LAB_CONFIG, 0, closed },
	{ "a half-closed connection", LAB_CONFIG, 0, half_closed },
	{ "IPv6", LAB_CONFIG, 0, ipv6 },
	{ "one flow of several", LAB_CONFIG, 0, one_of_two },
	{ "UDP goes on at another backend", DNS_CONFIG(1), 0, udp_goes_on_elsewhere },
	{ "many in chunks", LAB_CONFIG, 0, many },
	{ "a query that is taken back", LAB_CONFIG, 0, taken_back },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "shut", cases);
}
