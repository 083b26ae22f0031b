/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/relays, /sluice/relay, /sluice/relay_outputs, /sluice/relay_intervals. */
#include "relays.h"
#include "telemetry_internal.h"

#include <errno.h>

#define SILENT_NS SL_NS_PER_S /* an input without an alarm of its own */
#define RATE_NS (3 * SL_NS_PER_S) /* after that, the rate of the last whole second says nothing */

static const char *mode_name(uint8_t mode)
{
	static const char *const names[] = { [SL_RELAY_SINGLE] = "single", [SL_RELAY_REDUNDANT] = "redundant",
					     [SL_RELAY_FAILOVER] = "failover" };
	return names[mode];
}

/* ---- inputs ---- */

static const char *input_state(const struct sl_control *control, const struct sl_relay *relay, unsigned int input)
{
	uint64_t silent_ns = sl_relay_silent_ns(control, relay, input);

	if (sl_relay_has_alarm(control, relay, input))
		return "alarm";
	if (silent_ns == SL_NEVER)
		return "waiting";
	return silent_ns < (relay->alarm_ns != 0 ? relay->alarm_ns : SILENT_NS) ? "receiving" : "silent";
}

static uint64_t rate(const struct sl_control *control, const struct sl_relay *relay, unsigned int input, const uint64_t *of)
{
	return sl_relay_silent_ns(control, relay, input) < RATE_NS ? sl_tel_read(of) : 0;
}

/* The input that is sent on, or of two that are merged the one that brings more. */
static unsigned int main_input(const struct sl_control *control, const struct sl_relay *relay)
{
	const struct sl_relay_state *r = sl_relay_record(control, relay);

	if (relay->mode == SL_RELAY_REDUNDANT)
		return rate(control, relay, 1, &r->leg[1].rate_pps) > rate(control, relay, 0, &r->leg[0].rate_pps);
	return relay->mode == SL_RELAY_FAILOVER ? __atomic_load_n(&r->active, __ATOMIC_RELAXED) : 0;
}

/* "receiving" as long as anything is; else what is worst. */
static const char *relay_state(const struct sl_control *control, const struct sl_relay *relay)
{
	const char *state = input_state(control, relay, 0), *other;

	if (relay->n_inputs == 1)
		return state;
	other = input_state(control, relay, 1);
	if (*state == *other)
		return state;
	return *state == 'r' || *other == 'r' ? "degraded" : *state == 'a' || *other == 'a' ? "alarm" : "silent";
}

static void add_rates(const struct sl_control *control, const struct sl_relay *relay, unsigned int input,
		      struct sl_tel_node *out)
{
	const struct sl_relay_leg *leg = &sl_relay_record(control, relay)->leg[input];

	sl_tel_u64(out, "rate_pps", rate(control, relay, input, &leg->rate_pps));
	sl_tel_u64(out, "rate_bps", rate(control, relay, input, &leg->rate_bps));
	sl_tel_u64(out, "interval_ns", sl_tel_read(&leg->gap_ns));
	sl_tel_u64(out, "jitter_ns", sl_tel_read(&leg->jitter_ns));
}

static void add_input(const struct sl_control *control, const struct sl_relay *relay, unsigned int input,
		      struct sl_tel_node *out)
{
	const struct sl_relay_leg *leg = &sl_relay_record(control, relay)->leg[input];
	uint64_t silent_ns = sl_relay_silent_ns(control, relay, input);
	const struct sl_relay_input *in = &relay->in[input];
	char text[SL_RELAY_INPUT_TEXT];

	sl_tel_string(out, "input", sl_relay_input_text(control->snapshot, in, text));
	sl_tel_u64(out, "sources", in->n_sources);
	sl_tel_string(out, "joined", in->multicast && in->join ? "yes" : "no");
	sl_tel_string(out, "state", input_state(control, relay, input));
	sl_tel_int(out, "last_ms_ago", silent_ns == SL_NEVER ? -1 : (int64_t)(silent_ns / 1000000));
	add_rates(control, relay, input, out);
	for (unsigned int i = 0; i < SL_RELAY_INPUT_COUNT_MAX; i++)
		sl_tel_u64(out, sl_relay_input_counter_infos[i].name, sl_tel_read(&leg->value[i]));
}

/* ---- lists ---- */

static void add_outputs_sum(const struct sl_control *control, const struct sl_relay *relay, struct sl_tel_node *out)
{
	static const enum sl_relay_output_counter lost[] = { SL_RELAY_OUTPUT_LIMITED,	SL_RELAY_OUTPUT_UNRESOLVED,
							     SL_RELAY_OUTPUT_TOO_LARGE, SL_RELAY_OUTPUT_NO_BUFFER,
							     SL_RELAY_OUTPUT_NOT_COPIED };
	uint64_t packets = 0, drops = 0;

	for (unsigned int i = 0; i < relay->n_outputs; i++) {
		const struct sl_relay_output_state *o = sl_relay_output_record(control, relay, &relay->outputs[i]);
		packets += sl_tel_read(&o->value[SL_RELAY_OUTPUT_PACKETS]);
		for (unsigned int k = 0; k < RTE_DIM(lost); k++)
			drops += sl_tel_read(&o->value[lost[k]]);
	}
	sl_tel_u64(out, "outputs", relay->n_outputs);
	sl_tel_u64(out, "output_packets", packets);
	sl_tel_u64(out, "output_drops", drops);
}

static void add_relay(const struct sl_control *control, const struct sl_relay *relay, struct sl_tel_node *out)
{
	sl_tel_string(out, "name", relay->name);
	sl_tel_u64(out, "id", relay->id);
	sl_tel_u64(out, "worker", sl_relay_owner(control, relay)->id);
	sl_tel_string(out, "mode", mode_name(relay->mode));
	sl_tel_string(out, "state", relay_state(control, relay));
	sl_tel_u64(out, "main_input", main_input(control, relay));
}

static int answer_relays(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_control *c = request->control;
	const struct sl_relays *relays = &c->snapshot->relays;
	struct sl_tel_page page;
	uint32_t at;

	if (sl_tel_parse_start(request, 0, &at) != 0)
		return -EINVAL;
	sl_tel_page_open(&page, out);
	for (; at < relays->n; at++) {
		const struct sl_relay *relay = &relays->list[at];
		const struct sl_relay_state *r = sl_relay_record(c, relay);
		unsigned int input = main_input(c, relay);
		const struct sl_relay_leg *leg = &r->leg[input];
		bool merged = relay->mode == SL_RELAY_REDUNDANT;
		char text[SL_RELAY_INPUT_TEXT];

		struct sl_tel_node row = sl_tel_row_begin();
		add_relay(c, relay, &row);
		sl_tel_string(&row, "input", sl_relay_input_text(c->snapshot, &relay->in[input], text));
		add_rates(c, relay, input, &row);
		sl_tel_u64(&row, "packets", sl_tel_read(&r->value[SL_RELAY_PACKETS]));
		sl_tel_u64(&row, "bytes", sl_tel_read(&r->value[SL_RELAY_BYTES]));
		sl_tel_u64(&row, "lost", sl_tel_read(merged ? &r->value[SL_RELAY_LOST] : &leg->value[SL_RELAY_INPUT_LOST]));
		sl_tel_u64(&row, "reordered", sl_tel_read(&leg->value[SL_RELAY_INPUT_REORDERED]));
		add_outputs_sum(c, relay, &row);
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "relays");
	sl_tel_next(out, at, relays->n);
	return 0;
}

static int answer_relay(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_relay *relay = sl_relay_find(request->control, sl_tel_param(request, 0));
	struct sl_tel_page page;

	if (relay == NULL)
		return -EINVAL;
	const struct sl_relay_state *r = sl_relay_record(request->control, relay);
	add_relay(request->control, relay, out);
	sl_tel_string(out, "sequence", sl_relay_sequence_name(relay->sequence));
	sl_tel_u64(out, "offset_bytes", relay->offset);
	sl_tel_u64(out, "window", relay->mode == SL_RELAY_REDUNDANT ? relay->window : 0);
	sl_tel_u64(out, "silence_ms", relay->mode == SL_RELAY_FAILOVER ? relay->silence_ns / 1000000 : 0);
	sl_tel_u64(out, "alarm_ms", relay->alarm_ns / 1000000);
	sl_tel_u64(out, "outputs", relay->n_outputs);
	for (unsigned int i = 0; i < SL_RELAY_COUNT_MAX; i++)
		sl_tel_u64(out, sl_relay_counter_infos[i].name, sl_tel_read(&r->value[i]));
	sl_tel_page_open(&page, out);
	for (unsigned int i = 0; i < relay->n_inputs; i++) {
		struct sl_tel_node row = sl_tel_row_begin();
		add_input(request->control, relay, i, &row);
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "inputs");
	return 0;
}

static void add_output(const struct sl_control *control, const struct sl_relay *relay, const struct sl_relay_output *output,
		       struct sl_tel_node *out)
{
	const struct sl_relay_output_state *o = sl_relay_output_record(control, relay, output);

	sl_tel_u64(out, "id", output->id);
	sl_tel_string(out, "interface", control->snapshot->interfaces[output->interface].name);
	if (sl_ip_is_zero(&output->ip))
		sl_tel_string(out, "address", "");
	else
		sl_tel_ip(out, "address", &output->ip);
	sl_tel_u64(out, "udp_port", rte_be_to_cpu_16(output->port_be));
	for (unsigned int i = 0; i < SL_RELAY_OUTPUT_COUNT_MAX; i++)
		sl_tel_u64(out, sl_relay_output_counter_infos[i].name, sl_tel_read(&o->value[i]));
}

static int answer_outputs(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_relay *relay = sl_relay_find(request->control, sl_tel_param(request, 0));
	struct sl_tel_page page;
	uint32_t at;

	if (relay == NULL || sl_tel_parse_start(request, 1, &at) != 0)
		return -EINVAL;
	sl_tel_page_open(&page, out);
	for (; at < relay->n_outputs; at++) {
		struct sl_tel_node row = sl_tel_row_begin();
		add_output(request->control, relay, &relay->outputs[at], &row);
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "outputs");
	sl_tel_next(out, at, relay->n_outputs);
	return 0;
}

/* Row i of the histogram is of times below 2^i microseconds, and the last one of all that are longer. */
static int answer_intervals(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_relay *relay = sl_relay_find(request->control, sl_tel_param(request, 0));
	struct sl_tel_page page;

	if (relay == NULL)
		return -EINVAL;
	const struct sl_relay_state *r = sl_relay_record(request->control, relay);
	sl_tel_page_open(&page, out);
	for (unsigned int i = 0; i < SL_RELAY_GAP_ROWS; i++) {
		struct sl_tel_node row = sl_tel_row_begin();
		sl_tel_u64(&row, "below_us", i + 1 < SL_RELAY_GAP_ROWS ? UINT64_C(1) << i : 0);
		sl_tel_u64(&row, "first", sl_tel_read(&r->leg[0].gaps[i]));
		sl_tel_u64(&row, "second", sl_tel_read(&r->leg[1].gaps[i]));
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "intervals");
	return 0;
}

/* ---- the tables ---- */

#define RELAY_KEYS                                                                                                      \
	{ "name", "of the relay" }, { "id", "number that stays the same over reloads" },                                \
	{ "worker", "id of the worker that handles it" }, { "mode", "single, redundant or failover" },                  \
	{ "state", "receiving; waiting: nothing has come yet; silent: nothing for 1 s, or for alarm_ms; alarm: an alarm was "  \
		   "raised for that; degraded: one of two inputs is not receiving" },                                   \
	{ "main_input", "0 or 1: the input that is sent on; of two that are merged the one that brings more" }
#define RATE_KEYS                                                                                                       \
	{ "rate_pps", "datagrams per second, of the last whole second" }, { "rate_bps", "bits per second, IP header included" }, \
	{ "interval_ns", "mean time between datagrams, smoothed" },                                                     \
	{ "jitter_ns", "mean deviation from it, smoothed (RFC 3550 section 6.4.1)" }

static const struct sl_tel_key next_keys[] = {
	{ "next", "START of the next page, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key relays_row_keys[] = {
	RELAY_KEYS,
	{ "input", "INTERFACE ADDRESS:PORT of the main input" },
	RATE_KEYS,
	{ "packets", "datagrams and fragments that were sent on" },
	{ "bytes", "their bytes" },
	{ "lost", "sequence numbers that have not come; of two merged inputs, by neither" },
	{ "reordered", "datagrams of the main input that came behind one with a higher number" },
	{ "outputs", "number of outputs" },
	{ "output_packets", "copies sent, all outputs together" },
	{ "output_drops", "copies dropped, whatever the cause; those sampled out are not" },
	{ NULL, NULL },
};

static const struct sl_tel_key relay_keys[] = {
	RELAY_KEYS,
	{ "sequence", "kind of sequence number its datagrams have" },
	{ "offset_bytes", "where, in the UDP payload" },
	{ "window", "redundant: datagrams that one input may be behind the other" },
	{ "silence_ms", "failover: after which the second input is sent on" },
	{ "alarm_ms", "silence of an input that raises an alarm, 0: none does" },
	{ "outputs", "number of outputs" },
	{ NULL, NULL },
};

static const struct sl_tel_key input_keys[] = {
	{ "input", "INTERFACE ADDRESS:PORT" },
	{ "sources", "number of senders it is limited to, 0: any" },
	{ "joined", "yes: by IGMP or MLD" },
	{ "state", "receiving, waiting, silent or alarm, as of a relay" },
	{ "last_ms_ago", "milliseconds since the last datagram, -1: none has come" },
	RATE_KEYS,
	{ NULL, NULL },
};

static const struct sl_tel_key output_keys[] = {
	{ "id", "number that stays the same over reloads" },
	{ "interface", "it leaves by" },
	{ "address", "destination, empty: as it came" },
	{ "udp_port", "destination, 0: as it came" },
	{ NULL, NULL },
};

static const struct sl_tel_key interval_keys[] = {
	{ "below_us", "times below so many microseconds, and not below half of it; 0: all that are longer" },
	{ "first", "how often that was the time between two datagrams of the first input" },
	{ "second", "and of the second one" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_relay_commands[] = {
	{ .name = "/sluice/relays",
	  .params = "[START]",
	  .help = "All relays with state, rate and counters. Parameters: START (optional), as the last reply's next",
	  .max_params = 1,
	  .handler = answer_relays,
	  .keys = next_keys,
	  .rows = "relays",
	  .row_keys = relays_row_keys },
	{ .name = "/sluice/relay",
	  .params = "RELAY",
	  .help = "One relay: settings, counters, and its inputs. Parameters: name or id of the relay",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_relay,
	  .keys = relay_keys,
	  .counters = SL_TEL_RELAY_COUNTERS,
	  .rows = "inputs",
	  .row_keys = input_keys,
	  .row_counters = SL_TEL_RELAY_INPUT_COUNTERS },
	{ .name = "/sluice/relay_outputs",
	  .params = "RELAY[,START]",
	  .help = "Outputs of a relay. Parameters: name or id of the relay, START (optional) as the last reply's next",
	  .min_params = 1,
	  .max_params = 2,
	  .handler = answer_outputs,
	  .keys = next_keys,
	  .rows = "outputs",
	  .row_keys = output_keys,
	  .row_counters = SL_TEL_RELAY_OUTPUT_COUNTERS },
	{ .name = "/sluice/relay_intervals",
	  .params = "RELAY",
	  .help = "Histogram of the times between datagrams of a relay's inputs. Parameters: name or id of the relay",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_intervals,
	  .rows = "intervals",
	  .row_keys = interval_keys },
	{ .name = NULL },
};
