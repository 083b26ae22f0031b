/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP state of a flow as its idle time shows it: each state has a time of its own here. What is passed on is the same in
 * every state, so C() and S() are a segment of the client or the server that comes in and its translation that leaves.
 */
#include "lab.h"

#define TIMEOUTS "\"timeouts\": { \"tcp_opening_s\": 10, \"tcp_syn_recv_s\": 20, \"tcp_established_s\": 100, " \
	"\"tcp_half_closed_s\": 50, \"tcp_closing_s\": 30, \"tcp_time_wait_s\": 15, \"tcp_reset_s\": 5 }, "
#define CONFIG LAB_CONFIG_WITH(TIMEOUTS)

/* Flags, sequence number, acknowledgement (0 without A). */
#define C(f, s, a) \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, f, .seq = s, .ack = a)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 " f " seq " #s " ack " #a " win 65535 len 0 [csum ok]")
#define S(f, s, a) \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), f, .seq = s, .ack = a)), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 " f " seq " #s " ack " #a " win 65535 len 0 [csum ok]")
#define C6(f, s, a) \
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), TCP(1000, 80, f, .seq = s, .ack = a)), \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 tcp $1>8080 " f " seq " #s " ack " #a " win 65535 len 0 [csum ok]")
#define S6(f, s, a) \
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), TCP(8080, VAR(1), f, .seq = s, .ack = a)), \
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 tcp 80>1000 " f " seq " #s " ack " #a " win 65535 len 0 [csum ok]")

#define OPEN C("S", 100, 0), S("SA", 500, 101), C("A", 101, 501)
#define OPEN6 C6("S", 100, 0), S6("SA", 500, 101), C6("A", 101, 501)
#define SERVER_CLOSES S("FA", 501, 101), C("A", 101, 502), C("FA", 101, 502), S("A", 502, 102)
#define CLIENT_CLOSES C("FA", 101, 501), S("A", 501, 102), S("FA", 501, 102), C("A", 102, 502)

/* The flow ends after this long without a packet, and not before. */
#define EXPIRES(s) TIME(s * 1000 - 1000), COUNT(FLOWS_EXPIRED, 0), TIME(1500), COUNT(FLOWS_EXPIRED, 1)

#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, __VA_ARGS__, END }

/* ---- each state's idle time (RFC 7857 section 2.1: separately configurable) ---- */

CASE(syn_sent, C("S", 100, 0), EXPIRES(10));
CASE(syn_recv, C("S", 100, 0), S("SA", 500, 101), EXPIRES(20));
CASE(established, OPEN, EXPIRES(100));
CASE(half_closed_by_client, OPEN, C("FA", 101, 501), S("A", 501, 102), EXPIRES(50));
CASE(half_closed_by_server, OPEN, S("FA", 501, 101), C("A", 101, 502), EXPIRES(50));
CASE(last_ack, OPEN, C("FA", 101, 501), S("A", 501, 102), S("FA", 501, 102), EXPIRES(30));
CASE(time_wait_server, OPEN, SERVER_CLOSES, EXPIRES(15));
CASE(time_wait_client, OPEN, CLIENT_CLOSES, EXPIRES(15));
CASE(reset, OPEN, S("R", 501, 0), EXPIRES(5));
CASE(default_times, C("S", 100, 0), S("SA", 500, 101), EXPIRES(60));
CASE(default_times_closing, OPEN, C("FA", 101, 501), S("FA", 501, 102), EXPIRES(240));
CASE(default_times_reset, OPEN, C("R", 101, 0), EXPIRES(10));

/* ---- opening ---- */

CASE(repeated, C("S", 100, 0), TIME(8000), C("S", 100, 0), COUNT(FLOWS_CREATED, 0), TIME(8000), COUNT(FLOWS_EXPIRED, 0),
     S("SA", 500, 101), TIME(15000), S("SA", 500, 101), TIME(15000), COUNT(FLOWS_EXPIRED, 0), C("A", 101, 501), EXPIRES(100));
CASE(simultaneous_open, C("S", 100, 0), S("S", 500, 0), C("SA", 100, 501), S("SA", 500, 101), EXPIRES(100));
CASE(simultaneous_open_server_first, C("S", 100, 0), S("S", 500, 0), S("SA", 500, 101), C("SA", 100, 501), EXPIRES(100));
CASE(refused, C("S", 100, 0), S("RA", 0, 101), EXPIRES(5));
CASE(refused_tried_again, C("S", 100, 0), S("RA", 0, 101), C("S", 100, 0), COUNT(FLOWS_REUSED, 1), COUNT(FLOWS_CREATED, 1),
     S("SA", 500, 101), C("A", 101, 501), EXPIRES(100));
/* Without the server's number nobody can open a flow in the client's name. */
CASE(spoofed_ack, C("S", 100, 0), S("SA", 500, 101), C("A", 101, 4000000), EXPIRES(20));
CASE(spoofed_reset_opening, C("S", 100, 0), C("R", 5000000, 0), S("SA", 500, 101), C("R", 5000000, 0), C("A", 101, 501), EXPIRES(100));
/* The server still has an old connection: challenge, reset, and the SYN again (RFC 5961 section 4, RFC 9293 figure 9). */
CASE(old_connection_at_server, C("S", 100, 0), S("A", 77000, 4000000), C("R", 4000000, 0), C("S", 100, 0), COUNT(FLOWS_REUSED, 0),
     S("SA", 500, 101), C("A", 101, 501), EXPIRES(100));

/* ---- established ---- */

CASE(challenge_ack, OPEN, C("S", 9000000, 0), S("A", 501, 101), EXPIRES(100));
CASE(client_restarted, OPEN, C("S", 9000000, 0), S("A", 501, 101), C("R", 101, 0), C("S", 9000000, 0), COUNT(FLOWS_REUSED, 1),
     S("SA", 8000, 9000001), C("A", 9000001, 8001), EXPIRES(100));
/* Not in the window: no end, and no longer life (RFC 7857 sections 2.2, 8). */
CASE(reset_out_of_window, OPEN, TIME(50000), C("R", 100, 0), S("R", 4000000, 0), TIME(49000), COUNT(FLOWS_EXPIRED, 0), TIME(1500),
     COUNT(FLOWS_EXPIRED, 1));
CASE(reset_doubtful, OPEN, S("R", 901, 0), EXPIRES(30));
CASE(reset_doubtful_wrong, OPEN, S("R", 901, 0), C("A", 101, 501), EXPIRES(100));
CASE(reset_repeated, OPEN, S("R", 501, 0), TIME(3000), S("R", 501, 0), TIME(1000), COUNT(FLOWS_EXPIRED, 0), TIME(1500),
     COUNT(FLOWS_EXPIRED, 1));
CASE(reset_across_wrap, C("S", 4294967290, 0), S("SA", 4294967295, 4294967291), C("A", 4294967291, 0), S("R", 4294967295, 0),
     S("R", 70000, 0), TIME(40000), COUNT(FLOWS_EXPIRED, 0), S("R", 0, 0), EXPIRES(5));

/* ---- closing ---- */

CASE(half_closed_data, OPEN, C("FA", 101, 501), S("A", 501, 102), TIME(40000), S("A", 501, 102), TIME(40000),
     C("A", 102, 501), EXPIRES(50));
CASE(simultaneous_close, OPEN, C("FA", 101, 501), S("FA", 501, 101), C("A", 102, 502), TIME(20000), COUNT(FLOWS_EXPIRED, 0),
     S("A", 502, 102), EXPIRES(15));
CASE(simultaneous_close_server_first, OPEN, S("FA", 501, 101), C("FA", 101, 501), S("A", 502, 102), TIME(20000), COUNT(FLOWS_EXPIRED, 0),
     C("A", 102, 502), EXPIRES(15));
CASE(last_ack_lost, OPEN, CLIENT_CLOSES, TIME(10000), S("FA", 501, 102), TIME(10000), COUNT(FLOWS_EXPIRED, 0),
     C("A", 102, 502), EXPIRES(15));
CASE(not_the_last_ack, OPEN, C("FA", 101, 501), S("FA", 901, 102), C("A", 102, 601), EXPIRES(30));
CASE(fin_before_data, OPEN, C("FA", 201, 501), C("A", 101, 501), S("A", 501, 202), S("FA", 501, 202), C("A", 202, 502), EXPIRES(15));
CASE(reset_closing, OPEN, C("FA", 101, 501), C("R", 5000000, 0), S("A", 501, 102), S("R", 501, 0), EXPIRES(5));
CASE(reset_out_of_window_closing, OPEN, C("FA", 101, 501), S("R", 4000000, 0), C("R", 4000000, 0), EXPIRES(50));
CASE(reset_in_time_wait, OPEN, CLIENT_CLOSES, S("R", 502, 0), EXPIRES(15));

/* ---- the tuple again ---- */

CASE(reopened, OPEN, SERVER_CLOSES, C("S", 7000, 0), COUNT(FLOWS_REUSED, 1), COUNT(FLOWS_CREATED, 1), C("R", 102, 0),
     S("SA", 90000, 7001), C("A", 7001, 90001), EXPIRES(100));
CASE(reopened_before_last_ack, OPEN, S("FA", 501, 101), C("FA", 101, 502), C("S", 7000, 0), COUNT(FLOWS_CREATED, 0),
     S("SA", 90000, 7001), C("A", 7001, 90001), EXPIRES(100));

/* ---- IPv6: the same code behind another rewrite; one of each kind ---- */

CASE(established_v6, OPEN6, EXPIRES(100));
CASE(time_wait_v6, OPEN6, S6("FA", 501, 101), C6("FA", 101, 502), S6("A", 502, 102), C6("S", 7000, 0), COUNT(FLOWS_REUSED, 1),
     S6("SA", 90000, 7001), EXPIRES(20));
CASE(resets_v6, OPEN6, C6("R", 4000000, 0), TIME(50000), COUNT(FLOWS_EXPIRED, 0), C6("R", 101, 0), EXPIRES(5));

/* ---- first packet that is not a SYN (config key tcp_pickup) ---- */

#define FROM_CLIENT(f) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, f, .seq = 700, .ack = 900))

CASE(not_syn, FROM_CLIENT("A"), FROM_CLIENT("PA"), FROM_CLIENT("FA"), FROM_CLIENT("SA"), FROM_CLIENT("R"), FROM_CLIENT("RA"),
     DROPPED(TCP_NOT_SYN, 6), COUNT(FLOWS_CREATED, 0));

#define PICKUP "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " TIMEOUTS LAB_INTERFACES ", " \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4 ", \"tcp_pickup\": true") ", " \
	LAB_SERVICE("web6", "2001:db8:1::10", 80, "tcp", LAB_BACKENDS_V6 ", \"tcp_pickup\": true") "] }"

CASE(picked_up, C("A", 700, 900), COUNT(FLOWS_CREATED, 1), S("A", 900, 700), EXPIRES(100));
CASE(picked_up_v6, C6("A", 700, 900), COUNT(FLOWS_CREATED, 1), S6("A", 900, 700), EXPIRES(100));
CASE(picked_up_fin, C("FA", 700, 900), COUNT(FLOWS_CREATED, 1), EXPIRES(50));
CASE(picked_up_unknown_to_backend, C("A", 700, 900), S("R", 900, 0), EXPIRES(5));
CASE(picked_up_spoofed_reset, C("A", 700, 900), S("R", 5000000, 0), C("R", 5000000, 0), EXPIRES(100));
CASE(not_picked_up, FROM_CLIENT("SA"), FROM_CLIENT("R"), FROM_CLIENT("RA"), FROM_CLIENT("P"), DROPPED(TCP_NOT_SYN, 4),
     COUNT(FLOWS_CREATED, 0));
CASE(picked_up_and_syn, C("S", 100, 0), EXPIRES(10));

/* The backend knows the connection: it goes on, which is what the key is for. */
#define DNAT_PICKUP "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " TIMEOUTS LAB_INTERFACES ", " \
	"\"services\": [ { \"name\": \"web\", \"address\": \"192.0.2.10\", \"port\": 80, \"protocol\": \"tcp\", \"mode\": \"dnat\", " \
	"\"tcp_pickup\": true, \"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080 } ] } ] }"
CASE(picked_up_dnat, FROM_CLIENT("PA"),
     OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 tcp 1000>8080 PA seq 700 ack 900 win 65535 len 0 [csum ok]"),
     IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.100"), TCP(8080, 1000, "PA", .seq = 900, .ack = 700), PAYLOAD("and so on")),
     OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 PA seq 900 ack 700 win 65535 len 9 \"and so on\" [csum ok]"),
     EXPIRES(100));

static const struct golden_case cases[] = {
	{ "SYN_SENT", CONFIG, 0, syn_sent },
	{ "SYN_RECV", CONFIG, 0, syn_recv },
	{ "ESTABLISHED", CONFIG, 0, established },
	{ "half closed by the client", CONFIG, 0, half_closed_by_client },
	{ "half closed by the server", CONFIG, 0, half_closed_by_server },
	{ "LAST_ACK", CONFIG, 0, last_ack },
	{ "TIME_WAIT of the server", CONFIG, 0, time_wait_server },
	{ "TIME_WAIT of the client", CONFIG, 0, time_wait_client },
	{ "CLOSE", CONFIG, 0, reset },
	{ "default times, opening", LAB_CONFIG, 0, default_times },
	{ "default times, closing", LAB_CONFIG, 0, default_times_closing },
	{ "default times, reset", LAB_CONFIG, 0, default_times_reset },
	{ "SYN and SYN-ACK again", CONFIG, 0, repeated },
	{ "simultaneous open", CONFIG, 0, simultaneous_open },
	{ "simultaneous open, the server's answer first", CONFIG, 0, simultaneous_open_server_first },
	{ "simultaneous close, the server first", CONFIG, 0, simultaneous_close_server_first },
	{ "refused", CONFIG, 0, refused },
	{ "refused and tried again", CONFIG, 0, refused_tried_again },
	{ "spoofed ACK opens nothing", CONFIG, 0, spoofed_ack },
	{ "spoofed resets while opening", CONFIG, 0, spoofed_reset_opening },
	{ "old connection at the server", CONFIG, 0, old_connection_at_server },
	{ "challenge ACK", CONFIG, 0, challenge_ack },
	{ "client restarted", CONFIG, 0, client_restarted },
	{ "reset out of window", CONFIG, 0, reset_out_of_window },
	{ "doubtful reset", CONFIG, 0, reset_doubtful },
	{ "doubtful reset that was none", CONFIG, 0, reset_doubtful_wrong },
	{ "reset again", CONFIG, 0, reset_repeated },
	{ "resets across the wrap", CONFIG, 0, reset_across_wrap },
	{ "half closed, the other goes on", CONFIG, 0, half_closed_data },
	{ "simultaneous close", CONFIG, 0, simultaneous_close },
	{ "last ACK lost", CONFIG, 0, last_ack_lost },
	{ "an ACK that is not the last", CONFIG, 0, not_the_last_ack },
	{ "FIN before the last data", CONFIG, 0, fin_before_data },
	{ "reset while closing", CONFIG, 0, reset_closing },
	{ "reset out of window while closing", CONFIG, 0, reset_out_of_window_closing },
	{ "reset in TIME_WAIT", CONFIG, 0, reset_in_time_wait },
	{ "reopened from TIME_WAIT", CONFIG, 0, reopened },
	{ "reopened before the last ACK", CONFIG, 0, reopened_before_last_ack },
	{ "IPv6 established", CONFIG, 0, established_v6 },
	{ "IPv6 TIME_WAIT and reopening", CONFIG, 0, time_wait_v6 },
	{ "IPv6 resets", CONFIG, 0, resets_v6 },
	{ "first packet no SYN", CONFIG, 0, not_syn },
	{ "picked up", PICKUP, 0, picked_up },
	{ "IPv6 picked up", PICKUP, 0, picked_up_v6 },
	{ "picked up by a FIN", PICKUP, 0, picked_up_fin },
	{ "picked up, unknown to the backend", PICKUP, 0, picked_up_unknown_to_backend },
	{ "picked up, spoofed resets", PICKUP, 0, picked_up_spoofed_reset },
	{ "picked up in mode dnat", DNAT_PICKUP, 0, picked_up_dnat },
	{ "not picked up", PICKUP, 0, not_picked_up },
	{ "SYN where connections are picked up", PICKUP, 0, picked_up_and_syn },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "tcp-states", cases);
}
