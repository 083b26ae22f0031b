/* SPDX-License-Identifier: BSD-3-Clause */
/* How the backends of a service are checked: its keys "health" and "passive", and the small languages of their texts. */
#ifndef SLUICE_CONFIG_HEALTH_H
#define SLUICE_CONFIG_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sl_check_type { SL_CHECK_NONE, SL_CHECK_TCP, SL_CHECK_HTTP, SL_CHECK_UDP, SL_CHECK_ICMP };

#define SL_CHECK_DATA_MAX 1232 /* bytes of a datagram sent or expected: fits the smallest IPv6 MTU */

struct sl_config_health {
	enum sl_check_type type;
	uint16_t port; /* 0: the backend's */
	uint32_t interval_ms, timeout_ms;
	uint8_t rise, fall, jitter_percent;
	char *path, *host, *status, *body; /* HTTP; NULL: no host or body named */
	char *send, *expect;		   /* UDP; with escapes; NULL: anything is fine */
};

struct sl_config_passive {
	uint32_t failures; /* 0: no passive checks */
	uint32_t window_s, hold_off_s, hold_off_max_s;
};

const char *sl_check_name(enum sl_check_type type);

/* "200-299,301": a list of numbers and ranges in 100..599. True: it reads so. */
bool sl_status_list_is_good(const char *list);
bool sl_status_list_has(const char *list, long status);

/* Text with the escapes \xHH and \\ -> bytes. Returns their number, or -1: another escape, or more than there is room for. */
int sl_unescape(const char *text, uint8_t *out, size_t room);

#endif
