/* SPDX-License-Identifier: BSD-3-Clause */
/* Idle times after which a flow ends. One row each: configuration key, docs and the state machine come from it. */
#ifndef SLUICE_CONFIG_TIMEOUTS_H
#define SLUICE_CONFIG_TIMEOUTS_H

#include <stdint.h>

/* X(identifier, configuration key, default in seconds, help) */
#define SL_TIMEOUTS(X)                                                                                                    \
	X(TCP_OPENING, tcp_opening_s, 60, "TCP after the client's SYN (RFC 7857 section 2.1 allows less than 240)")         \
	X(TCP_SYN_RECV, tcp_syn_recv_s, 60,                                                                                \
	  "TCP after the backend's SYN-ACK, until the client acknowledges it (as `tcp_opening_s`)")                        \
	X(TCP_ESTABLISHED, tcp_established_s, 7440, "established TCP (RFC 5382 REQ-5: at least 2 h 4 min)")               \
	X(TCP_HALF_CLOSED, tcp_half_closed_s, 7440,                                                                        \
	  "TCP after one side's FIN, while the other may go on (still established in RFC 5382: at least 2 h 4 min)")       \
	X(TCP_CLOSING, tcp_closing_s, 240,                                                                                 \
	  "TCP after both FINs, or after a RST that may be one (RFC 5382 REQ-5: at least 4 min)")                          \
	X(TCP_TIME_WAIT, tcp_time_wait_s, 60,                                                                              \
	  "TCP after both FINs are acknowledged; the end that closed first keeps its own TIME_WAIT (RFC 5382 REQ-5: 4 min)") \
	X(TCP_RESET, tcp_reset_s, 10, "TCP after a RST that its receiver must accept (RFC 7857 section 2.2: 4 min)")       \
	X(UDP_ONE_WAY, udp_one_way_s, 120,                                                                                 \
	  "UDP without any reply yet, and all of a one-way or request-response service (RFC 4787 REQ-5: at least 120)")    \
	X(UDP_BIDIRECTIONAL, udp_bidirectional_s, 300, "UDP with replies (RFC 4787 REQ-5c: 300 or more)")

enum sl_timeout {
#define X(id, key, def, help) SL_TIMEOUT_##id,
	SL_TIMEOUTS(X)
#undef X
	SL_TIMEOUT_MAX
};

#endif
