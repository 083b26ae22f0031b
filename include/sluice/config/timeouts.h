/* SPDX-License-Identifier: BSD-3-Clause */
/* Idle times after which a flow ends. One row each: configuration key, docs and the state machine come from it. */
#ifndef SLUICE_CONFIG_TIMEOUTS_H
#define SLUICE_CONFIG_TIMEOUTS_H

#include <stdint.h>

/* X(identifier, configuration key, default in seconds, help) */
#define SL_TIMEOUTS(X)                                                                                                 \
	X(TCP_OPENING, tcp_opening_s, 60, "TCP before both SYNs are acknowledged (RFC 7857 section 2.1 allows < 240)") \
	X(TCP_ESTABLISHED, tcp_established_s, 7440, "established TCP (RFC 5382 REQ-5: at least 2 h 4 min)")            \
	X(TCP_CLOSING, tcp_closing_s, 240, "TCP after the first FIN (RFC 5382 REQ-5: 4 min)")                          \
	X(TCP_TIME_WAIT, tcp_time_wait_s, 60, "TCP after both FINs are acknowledged")                                  \
	X(TCP_RESET, tcp_reset_s, 10, "TCP after a RST")                                                               \
	X(UDP_ONE_WAY, udp_one_way_s, 30, "UDP without any reply yet")                                                 \
	X(UDP_BIDIRECTIONAL, udp_bidirectional_s, 300, "UDP with replies (RFC 4787 REQ-5: default 300)")

enum sl_timeout {
#define X(id, key, def, help) SL_TIMEOUT_##id,
	SL_TIMEOUTS(X)
#undef X
	SL_TIMEOUT_MAX
};

#endif
