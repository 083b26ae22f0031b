/* SPDX-License-Identifier: BSD-3-Clause */
/* Scheduler least-latency: answering times are taken from the packets that pass. */
#include "lab.h"

#define SERVICE(name, port, protocol, rest) \
	"{ \"name\": \"" name "\", \"address\": \"192.0.2.10\", \"port\": " #port ", \"protocol\": \"" protocol "\", " \
	"\"scheduler\": \"least-latency\", " LAB_BACKENDS_V4 rest " }"
#define CONFIG \
	"{ \"version\": 1, \"max_flows\": 16384, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", " \
	"\"services\": [" SERVICE("web", 80, "tcp", "") "," SERVICE("dns", 53, "udp", "") "," \
	SERVICE("ntp", 123, "udp", ", \"udp_kind\": \"request-response\"") "] }"

/* A client's SYN goes to backend b; its answer, and where that comes out. $n is the source-NAT port. */
#define SYN(port) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(port, 80, "S", .seq = 100))
#define SYN_TO(port, b, n) SYN(port), \
	OUT("lan", "eth 02::f1>02::b" b " ip4 10.1.0.3>10.1.1." b " ttl 63 tcp $" #n ">8080 S seq 100 ack 0 win 65535 len 0 [csum ok]")
#define ANSWER(port, b, n, flags) \
	IN("lan", ETH("02::b" b, "02::f1"), IP4("10.1.1." b, "10.1.0.3"), TCP(8080, VAR(n), flags, .seq = 500, .ack = 101)), \
	SENT("wan", "tcp 80>" #port " " flags " ", 1)

#define ASK(port, b, n) \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(port, 53), PAYLOAD("?")), \
	OUT("lan", "eth 02::f1>02::b" b " ip4 10.1.0.3>10.1.1." b " ttl 63 udp $" #n ">8080 len 1 \"?\" [csum ok]")
#define REPLY(b, n) \
	IN("lan", ETH("02::b" b, "02::f1"), IP4("10.1.1." b, "10.1.0.3"), UDP(8080, VAR(n)), PAYLOAD("!")), SENT("wan", "\"!\"", 1)

#define SYNS(client, n) IN_MANY("wan", n, CLIENT_ETH, IP4("192.0.2." #client, "192.0.2.10"), TCP(UP(1024), 80, "S", .seq = 1))
#define TO(n, flows, ...) SENT("lan", ">10.1.1." #n " ", flows, __VA_ARGS__)

#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, __VA_ARGS__, END }

/* Each is asked once; then one that answers in 10 ms gets ten times the flows of one that takes 100. */
CASE(shares, SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(10), ANSWER(1, "1", 1, "SA"), TIME(90), ANSWER(2, "2", 2, "SA"),
     SYNS(101, 1098), TO(1, 999, .tolerance = 2), TO(2, 99, .tolerance = 2));

/* Who has not answered yet is taken for slow, though it has as few flows. */
CASE(no_answer, SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(1), ANSWER(2, "2", 2, "SA"), SYNS(101, 100), TO(2, 100));

/* One slow answer counts at once; many quick ones take their time to outweigh it. */
CASE(peak, SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(1), ANSWER(1, "1", 1, "SA"), ANSWER(2, "2", 2, "SA"),
     SYN_TO(3, "1", 3), TIME(1000), ANSWER(3, "1", 3, "SA"),
     SYNS(101, 100), TO(2, 100),
     /* ten half-lives: the 1000 ms are 1 now, and the flows that nobody answered are gone */
     TIME(70000), SYN_TO(4, "2", 4), TIME(1), ANSWER(4, "2", 4, "SA"),
     SYNS(102, 100), TO(1, 50, .tolerance = 10), TO(2, 50, .tolerance = 10));

/* A refusal and a repeated SYN are slow answers. */
CASE(refused, SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(1), ANSWER(1, "1", 1, "RA"), TIME(99), ANSWER(2, "2", 2, "SA"),
     SYNS(101, 6), TO(2, 6));
CASE(repeated, SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(1), ANSWER(1, "1", 1, "SA"), ANSWER(2, "2", 2, "SA"),
     SYN_TO(3, "1", 3), TIME(1000), SYN(3), SENT("lan", ">10.1.1.1 ", 1), SYNS(101, 100), TO(2, 100),
     /* and the answer to the repeated one, 1500 ms after the first, makes it no better */
     TIME(500), ANSWER(3, "1", 3, "SA"), SYNS(102, 100), TO(2, 100));

CASE(repeated_counts_from_the_first, SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(1000), SYN(1), SENT("lan", ">10.1.1.1 ", 1), TIME(500),
     ANSWER(1, "1", 1, "SA"), ANSWER(2, "2", 2, "SA"), SYNS(101, 100), TO(1, 50, .tolerance = 1), TO(2, 50, .tolerance = 1));

/* UDP: to the first reply; what follows it says nothing. Request-response: to the one that ends the flow. */
CASE(udp, ASK(1, "1", 1), ASK(2, "2", 2), TIME(1), REPLY("2", 2), TIME(99), REPLY("1", 1), TIME(5000), REPLY("2", 2),
     IN_MANY("wan", 50, CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10"), UDP(UP(1024), 53)), TO(2, 50));
#define ASK_TIME(port, b, n) \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(port, 123), PAYLOAD("?")), \
	OUT("lan", "eth 02::f1>02::b" b " ip4 10.1.0.3>10.1.1." b " ttl 63 udp $" #n ">8080 len 1 \"?\" [csum ok]")
CASE(request_response, ASK_TIME(1, "1", 1), ASK_TIME(2, "2", 2), TIME(1), REPLY("2", 2), TIME(99), REPLY("1", 1),
     IN_MANY("wan", 50, CLIENT_ETH, IP4("192.0.2.101", "192.0.2.10"), UDP(UP(1024), 123)), TO(2, 50));

/* A weight of three is worth three times the time. */
CASE(weight, WEIGHT("10.1.1.1", 3), SYN_TO(1, "1", 1), SYN_TO(2, "2", 2), TIME(30), ANSWER(1, "1", 1, "SA"),
     TIME(1), ANSWER(2, "2", 2, "SA"), WEIGHT("10.1.1.2", 3), SYNS(101, 200), TO(1, 101, .tolerance = 5), TO(2, 99, .tolerance = 5));

static const struct golden_case cases[] = {
	{ "shares", CONFIG, 0, shares },
	{ "no answer", CONFIG, 0, no_answer },
	{ "peak", CONFIG, 0, peak },
	{ "refused", CONFIG, 0, refused },
	{ "repeated SYN", CONFIG, 0, repeated },
	{ "repeated SYN counts from the first", CONFIG, 0, repeated_counts_from_the_first },
	{ "UDP", CONFIG, 0, udp },
	{ "request-response", CONFIG, 0, request_response },
	{ "weight", CONFIG, 0, weight },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "latency", cases);
}
