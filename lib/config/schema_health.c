/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of a service's health checks. */
#include "schema_table.h"

static const struct sl_choice check_choices[] = {
	{ "tcp", "a connection can be opened; it is reset at once", SL_CHECK_TCP },
	{ "http", "GET of `path` over HTTP/1.1 is answered with a `status` that is fine, and with `body` in the answer", SL_CHECK_HTTP },
	{ "udp", "`send` is answered, with `expect` in the answer", SL_CHECK_UDP },
	{ "icmp", "an echo request is answered: tells of the machine, not of what runs on it", SL_CHECK_ICMP },
	{ .name = NULL },
};

static const struct sl_key health_keys[] = {
	{ .name = "type", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_health, type), .required = true, .choices = check_choices,
	  .help = "what is asked of a backend" },
	{ .name = "port", .type = SL_TYPE_UINT, FIELD(struct sl_config_health, port), .minimum = 1, .maximum = 65535,
	  .words = "the backend's", .help = "port that is asked; not with type `icmp`" },
	{ .name = "interval_ms", .type = SL_TYPE_UINT, FIELD(struct sl_config_health, interval_ms), .minimum = 100,
	  .maximum = 3600000, .value = 1000, .unit = "ms", .help = "from the beginning of one check to that of the next" },
	{ .name = "timeout_ms", .type = SL_TYPE_UINT, FIELD(struct sl_config_health, timeout_ms), .minimum = 10, .maximum = 60000,
	  .value = 1000, .unit = "ms", .help = "a check that takes longer has failed" },
	{ .name = "rise", .type = SL_TYPE_UINT, FIELD(struct sl_config_health, rise), .minimum = 1, .maximum = 100, .value = 2,
	  .help = "checks in a row that a backend which is down has to pass to be up" },
	{ .name = "fall", .type = SL_TYPE_UINT, FIELD(struct sl_config_health, fall), .minimum = 1, .maximum = 100, .value = 3,
	  .help = "checks in a row that a backend has to fail to be down" },
	{ .name = "jitter_percent", .type = SL_TYPE_UINT, FIELD(struct sl_config_health, jitter_percent), .maximum = 50, .value = 10,
	  .unit = "%", .help = "each interval is longer or shorter by chance, by so much at most, so that checks do not march in step" },
	{ .name = "path", .type = SL_TYPE_TEXT, FIELD(struct sl_config_health, path), .minimum = 1, .maximum = 1023, .text = "/",
	  .only_key = "type", .only_value = "http", .help = "path of the request, with its query, as it is sent; begins with /" },
	{ .name = "host", .type = SL_TYPE_TEXT, FIELD(struct sl_config_health, host), .minimum = 1, .maximum = 255,
	  .only_key = "type", .only_value = "http", .words = "the backend's address and port", .help = "Host header of the request" },
	{ .name = "status", .type = SL_TYPE_TEXT, FIELD(struct sl_config_health, status), .minimum = 3, .maximum = 255,
	  .text = "200-399", .only_key = "type", .only_value = "http",
	  .help = "status codes that are fine: numbers and ranges, as in `200,204,300-399`. Redirects are not followed" },
	{ .name = "body", .type = SL_TYPE_TEXT, FIELD(struct sl_config_health, body), .minimum = 1, .maximum = 255,
	  .only_key = "type", .only_value = "http", .words = "not looked at",
	  .help = "text that must be in the first 64 KiB of the answer's body" },
	{ .name = "send", .type = SL_TYPE_TEXT, FIELD(struct sl_config_health, send), .minimum = 1, .maximum = 4 * SL_CHECK_DATA_MAX,
	  .only_key = "type", .only_value = "udp", .words = "required with type `udp`",
	  .help = "datagram that is sent; `\\xHH` is a byte, `\\\\` a backslash (JSON wants each backslash doubled)" },
	{ .name = "expect", .type = SL_TYPE_TEXT, FIELD(struct sl_config_health, expect), .minimum = 1, .maximum = 4 * SL_CHECK_DATA_MAX,
	  .only_key = "type", .only_value = "udp", .words = "any answer is fine",
	  .help = "bytes that must be in the answer, written in the same way" },
};

const struct sl_object sl_health_object = {
	.title = "services/N/health", KEYS(health_keys),
	.help = "How sluice finds out by itself which backends work. Checks go by the companion of the interface that leads to the "
		"backend, which has one then in any case, from an address of it that is not used as `snat`. A backend that is down "
		"gets no new flows; see docs/health.md.",
};

static const struct sl_key passive_keys[] = {
	{ .name = "failures", .type = SL_TYPE_UINT, FIELD(struct sl_config_passive, failures), .required = true, .minimum = 1,
	  .maximum = 1000000, .help = "so many within `window_s`, and more than flows that were answered, put a backend on hold" },
	{ .name = "window_s", .type = SL_TYPE_UINT, FIELD(struct sl_config_passive, window_s), .minimum = 1, .maximum = 3600, .value = 10,
	  .unit = "s", .help = "failures and answers of so long count together" },
	{ .name = "hold_off_s", .type = SL_TYPE_UINT, FIELD(struct sl_config_passive, hold_off_s), .minimum = 1, .maximum = 3600,
	  .value = 10, .unit = "s", .help = "how long a backend is on hold the first time; the next time twice as long, and so on" },
	{ .name = "hold_off_max_s", .type = SL_TYPE_UINT, FIELD(struct sl_config_passive, hold_off_max_s), .minimum = 1,
	  .maximum = 86400, .value = 300, .unit = "s", .help = "and at most so long" },
};

const struct sl_object sl_passive_object = {
	.title = "services/N/passive", KEYS(passive_keys),
	.help = "Backends are judged by what becomes of new flows, too. A failure is a SYN that is refused or not answered, and a UDP "
		"flow that ends without a reply. A backend on hold is down, and tried again afterwards; see docs/health.md.",
};

const char *sl_check_name(enum sl_check_type type)
{
	return type == SL_CHECK_NONE ? "none" : check_choices[type - SL_CHECK_TCP].name;
}
