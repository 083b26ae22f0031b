/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of UDP services (config keys udp_kind and udp_replies): what passes, and when a flow is over. */
#include "lab.h"

#define KIND_CONFIG(kind) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"timeouts\": { \"udp_one_way_s\": 10, \"udp_bidirectional_s\": 100 }, " LAB_INTERFACES ", " \
	"\"services\": [" LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4 kind) ", " \
	LAB_SERVICE("dns6", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V6 kind) "] }"

#define BIDIRECTIONAL KIND_CONFIG(", \"udp_kind\": \"bidirectional\"")
#define ONE_WAY KIND_CONFIG(", \"udp_kind\": \"one-way\"")
#define ONE_REPLY KIND_CONFIG(", \"udp_kind\": \"request-response\"")
#define THREE_REPLIES KIND_CONFIG(", \"udp_kind\": \"request-response\", \"udp_replies\": 3")
#define HUNDRED_REPLIES KIND_CONFIG(", \"udp_kind\": \"request-response\", \"udp_replies\": 100")

/* A datagram of the client in, and out to a backend ($n is the source-NAT port); one of the backend, and out to the client. */
#define ASK_IN IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("?"))
#define ASK_OUT(b, n) OUT("lan", "eth 02::f1>02::b" b " ip4 10.1.0.3>10.1.1." b " ttl 63 udp $" n ">8080 len 1 \"?\" [csum ok]")
#define ANSWER_IN(b, n) IN("lan", ETH("02::b" b, "02::f1"), IP4("10.1.1." b, "10.1.0.3"), UDP(8080, VAR(n)), PAYLOAD("!"))
#define ANSWER_OUT OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 1 \"!\" [csum ok]")
#define ASK(b, n) ASK_IN, ASK_OUT(b, n)
#define ANSWER(b, n) ANSWER_IN(b, n), ANSWER_OUT

#define ASK6_IN IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("?"))
#define ASK6(b, n) ASK6_IN, \
	OUT("lan", "eth 02::f1>02::b" b " ip6 2001:db8:2::3>2001:db8:2::1:" b " ttl 63 udp $" n ">8080 len 1 \"?\" [csum ok]")
#define ANSWER6_IN(b, n) \
	IN("lan", ETH("02::b" b, "02::f1"), IP6("2001:db8:2::1:" b, "2001:db8:2::3"), UDP(8080, VAR(n)), PAYLOAD("!"))
#define ANSWER6(b, n) ANSWER6_IN(b, n), \
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 1 \"!\" [csum ok]")

#define EXPIRES(s) TIME(s * 1000 - 1000), COUNT(FLOWS_EXPIRED, 0), TIME(1500), COUNT(FLOWS_EXPIRED, 1)
#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, __VA_ARGS__, END }

/* ---- bidirectional: both directions keep it alive (RFC 4787 REQ-6) ---- */

CASE(bidirectional, ASK("1", "1"), COUNT(FLOWS_CREATED, 1), TIME(9000), ASK("1", "1"), TIME(9000), ANSWER("1", 1), TIME(90000),
     ANSWER("1", 1), TIME(90000), ASK("1", "1"), COUNT(FLOWS_CREATED, 0), EXPIRES(100));
CASE(unanswered, ASK("1", "1"), EXPIRES(10));

/* ---- one-way: nothing comes back, and what the backend sends keeps nothing alive ---- */

CASE(one_way, ASK("1", "1"), COUNT(FLOWS_CREATED, 1), TIME(5000), ANSWER_IN("1", 1), DROPPED(UDP_ONE_WAY, 1), COUNT(TX, 0),
     TIME(4000), COUNT(FLOWS_EXPIRED, 0), TIME(1500), COUNT(FLOWS_EXPIRED, 1), ANSWER_IN("1", 1), DROPPED(NO_SNAT_FLOW, 1));
CASE(one_way_goes_on, ASK("1", "1"), TIME(9000), ASK("1", "1"), TIME(9000), ASK("1", "1"), COUNT(FLOWS_CREATED, 0), EXPIRES(10));
CASE(one_way_v6, ASK6("1", "1"), ANSWER6_IN("1", 1), DROPPED(UDP_ONE_WAY, 1), EXPIRES(10));

/* ---- request-response ---- */

/* Over with the last reply; the next request is a new flow, to the next backend. */
CASE(one_reply, ASK("1", "1"), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1), ANSWER_IN("1", 1), DROPPED(NO_SNAT_FLOW, 1),
     ASK("2", "2"), COUNT(FLOWS_CREATED, 1), ANSWER("2", 2), COUNT(FLOWS_ANSWERED, 1), TIME(200000), COUNT(FLOWS_EXPIRED, 0));
CASE(one_reply_v6, ASK6("1", "1"), ANSWER6("1", 1), COUNT(FLOWS_ANSWERED, 1), ANSWER6_IN("1", 1), DROPPED(NO_SNAT_FLOW, 1),
     ASK6("2", "2"), COUNT(FLOWS_CREATED, 1));
CASE(three_replies, ASK("1", "1"), ANSWER("1", 1), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 0), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1),
     ANSWER_IN("1", 1), DROPPED(NO_SNAT_FLOW, 1));
CASE(no_reply, ASK("1", "1"), EXPIRES(10));
CASE(some_replies, ASK("1", "1"), ANSWER("1", 1), EXPIRES(10));
/* A resolver asks for A and AAAA from one port at once: both answers pass. */
CASE(two_requests, ASK("1", "1"), ASK("1", "1"), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 0), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1));
CASE(two_requests_one_burst, ASK_IN, ASK_IN, ASK_OUT("1", "1"), ASK_OUT("1", "1"), COUNT(FLOWS_CREATED, 1), ANSWER_IN("1", 1),
     ANSWER_IN("1", 1), ANSWER_OUT, ANSWER_OUT, COUNT(FLOWS_ANSWERED, 1));
/* One reply too many in the burst of the last one: as if it had come later. */
CASE(reply_too_many_one_burst, ASK("1", "1"), ANSWER_IN("1", 1), ANSWER_IN("1", 1), ANSWER_OUT, DROPPED(NO_SNAT_FLOW, 1),
     COUNT(FLOWS_ANSWERED, 1));
/* Flows of other clients in the same burst are not touched. */
#define OTHER_IN IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1001, 53), PAYLOAD("?"))
#define OTHER_OUT OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.3>10.1.1.2 ttl 63 udp $2>8080 len 1 \"?\" [csum ok]")
#define OTHER_ANSWER_IN IN("lan", BACKEND2_ETH, IP4("10.1.1.2", "10.1.0.3"), UDP(8080, VAR(2)), PAYLOAD("!"))
#define OTHER_ANSWER_OUT OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1001 len 1 \"!\" [csum ok]")
CASE(other_flows_one_burst, ASK_IN, OTHER_IN, ASK_OUT("1", "1"), OTHER_OUT, ANSWER_IN("1", 1), OTHER_ANSWER_IN, ANSWER_IN("1", 1),
     ANSWER_OUT, OTHER_ANSWER_OUT, DROPPED(NO_SNAT_FLOW, 1), COUNT(FLOWS_ANSWERED, 2));
/* The client's next request behind the last reply, in one burst (all comes in by one port here): the flow goes on. */
#define ASK_IN_BY_LAN IN("lan", ETH("02::c1", "02::f1"), IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("?"))
CASE(request_behind_reply, ASK("1", "1"), ANSWER_IN("1", 1), ASK_IN_BY_LAN, ANSWER_OUT, ASK_OUT("1", "1"), COUNT(FLOWS_ANSWERED, 0),
     COUNT(FLOWS_CREATED, 0), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1));
/* More requests than can be counted: the flow ends by its idle time, and no reply is lost. */
CASE(many_requests, ASK_IN, ASK_IN, ASK_IN, ASK_OUT("1", "1"), ASK_OUT("1", "1"), ASK_OUT("1", "1"), ANSWER("1", 1), EXPIRES(10));

/* A reply in fragments is no reason to end the flow before its rest; one in one piece still is. */
#define HEAD_IN IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .mf = 1), UDP(8080, VAR(1), .length = 88), FILL(40))
#define TAIL_IN IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .id = 5, .offset = 48, .proto = 17), FILL(40))
#define HEAD_OUT(n) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 frag $" n ":0+ udp 53>1000 len 40 #6cb31c15")
#define TAIL_OUT(n) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 frag $" n ":48 proto 17 len 40 #6cb31c15")
CASE(reply_in_fragments, ASK("1", "1"), HEAD_IN, HEAD_OUT("2"), TAIL_IN, TAIL_OUT("2"), COUNT(FLOWS_ANSWERED, 0), EXPIRES(10));
CASE(reply_in_fragments_one_burst, ASK("1", "1"), TAIL_IN, HEAD_IN, HEAD_OUT("2"), TAIL_OUT("2"), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1));
/* A request in fragments is one request. */
CASE(request_in_fragments,
     IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7, .mf = 1), UDP(1000, 53, .length = 88), FILL(40)),
     IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7, .offset = 48, .proto = 17), FILL(40)),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $2:0+ udp $1>8080 len 40 #6cb31c15"),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $2:48 proto 17 len 40 #6cb31c15"), ANSWER("1", 1),
     COUNT(FLOWS_ANSWERED, 1));

/* Reloaded with another kind: flows that exist keep theirs. */
CASE(reloaded, ASK("1", "1"), RELOAD(ONE_WAY), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1), ASK("2", "2"), ANSWER_IN("2", 2),
     DROPPED(UDP_ONE_WAY, 1));

/* A request that cannot be sent has not been answered. */
#define NARROW "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": 1400, \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ], " \
	"\"services\": [" LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4 ", \"udp_kind\": \"request-response\"") "] }"
static const struct golden_step request_dropped[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, 53), FILL(1440)),
	SENT("wan", "icmp unreachable 4 mtu 1400 ", 1), DROPPED(MTU, 1), COUNT(FLOWS_ANSWERED, 0), COUNT(FLOWS_CREATED, 1),
	ASK("1", "1"), ANSWER("1", 1), COUNT(FLOWS_ANSWERED, 1),
	END
};

static const struct golden_case cases[] = {
	{ "request dropped", NARROW, 0, request_dropped },
	{ "bidirectional", BIDIRECTIONAL, 0, bidirectional },
	{ "bidirectional without an answer", BIDIRECTIONAL, 0, unanswered },
	{ "one-way", ONE_WAY, 0, one_way },
	{ "one-way goes on", ONE_WAY, 0, one_way_goes_on },
	{ "one-way over IPv6", ONE_WAY, 0, one_way_v6 },
	{ "one reply", ONE_REPLY, 0, one_reply },
	{ "one reply over IPv6", ONE_REPLY, 0, one_reply_v6 },
	{ "three replies", THREE_REPLIES, 0, three_replies },
	{ "no reply", ONE_REPLY, 0, no_reply },
	{ "fewer replies than expected", THREE_REPLIES, 0, some_replies },
	{ "two requests", ONE_REPLY, 0, two_requests },
	{ "two requests in one burst", ONE_REPLY, 0, two_requests_one_burst },
	{ "one reply too many in one burst", ONE_REPLY, 0, reply_too_many_one_burst },
	{ "other flows in the burst", ONE_REPLY, 0, other_flows_one_burst },
	{ "request behind the last reply", ONE_REPLY, 0, request_behind_reply },
	{ "more requests than can be counted", HUNDRED_REPLIES, 0, many_requests },
	{ "reply in fragments", ONE_REPLY, 0, reply_in_fragments },
	{ "reply in fragments in one burst", ONE_REPLY, 0, reply_in_fragments_one_burst },
	{ "request in fragments", ONE_REPLY, 0, request_in_fragments },
	{ "reloaded with another kind", ONE_REPLY, 0, reloaded },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "udp-kinds", cases);
}
