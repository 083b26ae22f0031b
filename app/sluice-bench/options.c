/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FLOWS_MAX 50000000u /* what 64 source-NAT addresses and 16 backends carry with room to spare */

static const char *const modes[] = {
	[BENCH_FULL_NAT] = "full-nat",
	[BENCH_DNAT] = "dnat",
	[BENCH_NAT64] = "nat64",
	[BENCH_NAT46] = "nat46",
	[BENCH_FORWARD] = "forward",
	[BENCH_PAIRS] = "pairs",
	[BENCH_DROP] = "drop",
	[BENCH_DSR] = "dsr",
	[BENCH_IPIP] = "ipip",
	[BENCH_GUE] = "gue",
	[BENCH_RELAY] = "relay",
};

static const struct {
	const char *name;
	enum bench_command command;
} commands[] = {
	{ "pipeline", BENCH_PIPELINE },
	{ "expiry", BENCH_EXPIRY },
	{ "flow-table", BENCH_FLOW_TABLE },
	{ "schedulers", BENCH_SCHEDULERS },
	{ "soak", BENCH_SOAK },
	{ "--help", BENCH_HELP },
};

const char *bench_command_name(enum bench_command command)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].command == command)
			return commands[i].name;
	return "";
}

const char *bench_mode_name(enum bench_mode mode)
{
	return modes[mode];
}

bool bench_mode_has_flows(enum bench_mode mode)
{
	return mode == BENCH_FULL_NAT || mode == BENCH_DNAT || mode == BENCH_NAT64 || mode == BENCH_NAT46 ||
	       bench_mode_is_one_way(mode);
}

bool bench_mode_is_one_way(enum bench_mode mode)
{
	return mode == BENCH_DSR || mode == BENCH_IPIP || mode == BENCH_GUE;
}

bool bench_options_ipv6_behind(const struct bench_options *o)
{
	return o->mode == BENCH_NAT46 || (o->ipv6 && o->mode != BENCH_NAT64);
}

void bench_options_print_help(FILE *out)
{
	fputs("sluice-bench - what the packet path costs, measured in memory: no NIC, no network\n"
	      "\n"
	      "usage: sluice-bench pipeline [options]    cycles per packet, in total and for each stage\n"
	      "       sluice-bench expiry [options]      how long a housekeeping step holds packets while all flows expire\n"
	      "       sluice-bench flow-table [options]  cycles per look-up in the flow table alone\n"
	      "       sluice-bench schedulers [options]  cycles to choose a backend, for each scheduler with 3, 100 and 1000 backends\n"
	      "       sluice-bench soak [options]        open and expire flows without end: does anything grow or slow down?\n"
	      "\n"
	      "  --mode MODE          full-nat (default), dnat, nat64 and nat46 (full-nat with backends of the other family),\n"
	      "                       forward, pairs, drop, relay (UDP multicast to --fanout outputs, groups and hosts in turn)\n"
	      "                       dsr, ipip, gue (what clients send, scheduler maglev)\n"
	      "  --stateless          with dsr, ipip or gue: no flows\n"
	      "  --fanout N           outputs of the relay (default 1)\n"
	      "  --no-chains          the relay's port sends no chained buffers: payloads are copied, not shared\n"
	      "  --flows N            live flows, each as likely as the next (default 1000, soak 100000; forward: destinations)\n"
	      "  --new-flow-ratio R   0..1: share of packets that open a flow; the flow's expiry is part of the cost. Time runs so\n"
	      "                       fast that as many flows expire as are opened, and about N of them live (soak: 0.5)\n"
	      "  --ipv4, --ipv6       addresses (default IPv4)\n"
	      "  --protocol P         udp (default), tcp\n"
	      "  --size BYTES         frame without FCS (default 64)\n"
	      "  --packets N          packets of one repetition (default 1000000)\n"
	      "  --repetitions N      the median is reported (default 9)\n"
	      "  --cold               packets lie in memory when they arrive; otherwise in the level 2 cache\n"
	      "  --workers N          workers share nothing, so one of N is measured. From two on it has to find out who owns a\n"
	      "                       packet; all are its own (default 1)\n"
	      "  --rss                with --workers: the device delivers the hash that tells\n"
	      "  --total N            soak: flows that are opened and expire (default 100000000)\n"
	      "  --seconds N          soak: stop after so long\n"
	      "  --cpu N              run there (default: the last CPU this process may use)\n"
	      "  --huge, --no-huge    insist on hugepages, or do without (default: hugepages if enough are free)\n"
	      "  --json               one JSON object\n"
	      "\n"
	      "exit status: 0 measured; 1 packets went astray, so the figures mean nothing, or the soak found something; 2 it could\n"
	      "not start.\n",
	      out);
}

static int wrong(FILE *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int wrong(FILE *err, const char *fmt, ...)
{
	va_list args;

	fputs("sluice-bench: ", err);
	va_start(args, fmt);
	vfprintf(err, fmt, args);
	va_end(args);
	fputs("; see sluice-bench --help\n", err);
	return -1;
}

static int parse_number(const char *name, const char *text, uint64_t minimum, uint64_t maximum, uint64_t *value, FILE *err)
{
	char *end;

	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || *value < minimum || *value > maximum)
		return wrong(err, "%s: \"%s\" is not a number in %llu..%llu", name, text, (unsigned long long)minimum,
			     (unsigned long long)maximum);
	return 0;
}

static int parse_u32(const char *name, const char *text, uint32_t minimum, uint32_t maximum, uint32_t *value, FILE *err)
{
	uint64_t wide = 0;
	int result = parse_number(name, text, minimum, maximum, &wide, err);

	*value = (uint32_t)wide;
	return result;
}

static int parse_mode(struct bench_options *o, const char *text, FILE *err)
{
	for (size_t i = 0; i < COUNT(modes); i++) {
		if (strcmp(text, modes[i]) == 0) {
			o->mode = (enum bench_mode)i;
			return 0;
		}
	}
	return wrong(err, "--mode: there is no mode \"%s\"", text);
}

static int parse_protocol(struct bench_options *o, const char *text, FILE *err)
{
	o->tcp = strcmp(text, "tcp") == 0;
	return o->tcp || strcmp(text, "udp") == 0 ? 0 : wrong(err, "--protocol: \"%s\" is neither udp nor tcp", text);
}

static int parse_ratio(struct bench_options *o, const char *text, FILE *err)
{
	char *end;

	o->new_flow_ratio = strtod(text, &end);
	if (end == text || *end != '\0' || !(o->new_flow_ratio >= 0 && o->new_flow_ratio <= 1))
		return wrong(err, "--new-flow-ratio: \"%s\" is not a number in 0..1", text);
	return 0;
}

static bool parse_flag(struct bench_options *o, const char *name)
{
	if (strcmp(name, "--ipv4") == 0)
		o->ipv6 = false;
	else if (strcmp(name, "--ipv6") == 0)
		o->ipv6 = true;
	else if (strcmp(name, "--cold") == 0)
		o->cold = true;
	else if (strcmp(name, "--huge") == 0)
		o->pages = BENCH_PAGES_HUGE;
	else if (strcmp(name, "--no-huge") == 0)
		o->pages = BENCH_PAGES_SMALL;
	else if (strcmp(name, "--rss") == 0)
		o->rss = true;
	else if (strcmp(name, "--stateless") == 0)
		o->stateless = true;
	else if (strcmp(name, "--no-chains") == 0)
		o->no_chains = true;
	else if (strcmp(name, "--json") == 0)
		o->json = true;
	else
		return false;
	return true;
}

static int parse_valued(struct bench_options *o, const char *name, const char *value, FILE *err)
{
	if (strcmp(name, "--mode") == 0)
		return parse_mode(o, value, err);
	if (strcmp(name, "--protocol") == 0)
		return parse_protocol(o, value, err);
	if (strcmp(name, "--new-flow-ratio") == 0)
		return parse_ratio(o, value, err);
	if (strcmp(name, "--flows") == 0)
		return parse_u32(name, value, 1, FLOWS_MAX, &o->flows, err);
	if (strcmp(name, "--size") == 0)
		return parse_u32(name, value, 60, 1514, &o->size, err);
	if (strcmp(name, "--packets") == 0)
		return parse_number(name, value, 1024, UINT32_MAX, &o->packets, err);
	if (strcmp(name, "--repetitions") == 0)
		return parse_u32(name, value, 1, 99, &o->repetitions, err);
	if (strcmp(name, "--cpu") == 0)
		return parse_u32(name, value, 0, 1023, &o->cpu, err);
	if (strcmp(name, "--workers") == 0)
		return parse_u32(name, value, 1, 32, &o->workers, err);
	if (strcmp(name, "--fanout") == 0)
		return parse_u32(name, value, 1, 256, &o->fanout, err);
	if (strcmp(name, "--total") == 0)
		return parse_number(name, value, 1, UINT32_MAX, &o->total, err);
	return parse_u32(name, value, 1, 1000000, &o->seconds, err); /* --seconds */
}

static bool takes_value(const char *name)
{
	static const char *const names[] = { "--mode", "--protocol", "--new-flow-ratio", "--flows", "--size", "--packets",
					     "--repetitions", "--cpu", "--workers", "--total", "--seconds", "--fanout" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

uint32_t bench_options_header_bytes(const struct bench_options *o)
{
	return 14 + (o->ipv6 || bench_options_ipv6_behind(o) ? 40 : 20) + (o->tcp ? 20 : 8);
}

static int check(const struct bench_options *o, FILE *err)
{
	if (o->size < bench_options_header_bytes(o))
		return wrong(err, "--size: the headers alone take %u bytes", bench_options_header_bytes(o));
	if (o->tcp && o->mode == BENCH_RELAY)
		return wrong(err, "--protocol: relays are for UDP");
	if ((o->fanout > 1 || o->no_chains) && o->mode != BENCH_RELAY)
		return wrong(err, "--fanout and --no-chains belong to \"--mode relay\"");
	if (o->stateless && (!bench_mode_is_one_way(o->mode) || o->command != BENCH_PIPELINE || o->new_flow_ratio > 0))
		return wrong(err, "--stateless belongs to \"pipeline\" with \"--mode dsr\", \"ipip\" or \"gue\" and has no new flows");
	if (o->ipv6 && o->mode == BENCH_NAT46)
		return wrong(err, "--ipv6: clients of nat46 are IPv4");
	if (o->command != BENCH_PIPELINE && !bench_mode_has_flows(o->mode))
		return wrong(err, "--mode: \"%s\" is for \"pipeline\" alone", bench_mode_name(o->mode));
	bool opens = (o->command == BENCH_PIPELINE || o->command == BENCH_SOAK) && bench_mode_has_flows(o->mode);
	if (o->new_flow_ratio > 0 && !opens)
		return wrong(err, "--new-flow-ratio belongs to \"pipeline\" and \"soak\", and to modes with flows");
	if ((o->total > 0 || o->seconds > 0) && o->command != BENCH_SOAK)
		return wrong(err, "--total and --seconds belong to \"soak\"");
	if (o->rss && o->workers == 1)
		return wrong(err, "--rss belongs to --workers 2 or more");
	return 0;
}

/* What depends on other options. */
static void set_defaults(struct bench_options *o)
{
	if (o->mode == BENCH_NAT64)
		o->ipv6 = true;
	if (o->flows == 0)
		o->flows = o->command == BENCH_SOAK ? 100000 : 1000;
	if (o->command == BENCH_SOAK && o->new_flow_ratio == 0)
		o->new_flow_ratio = 0.5;
}

static int parse_command(struct bench_options *o, const char *name, FILE *err)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			o->command = commands[i].command;
			return 0;
		}
	}
	return wrong(err, "there is no command \"%s\"", name);
}

int bench_options_parse(struct bench_options *o, int argc, char **argv, FILE *err)
{
	*o = (struct bench_options){ .packets = 1000000, .repetitions = 9, .size = 64, .cpu = UINT32_MAX, .workers = 1,
				     .fanout = 1 };
	if (argc < 2)
		return wrong(err, "a command is missing");
	if (parse_command(o, argv[1], err) != 0)
		return -1;
	for (int i = 2; i < argc; i++) {
		const char *name = argv[i];
		if (strcmp(name, "--help") == 0) {
			o->command = BENCH_HELP;
			return 0;
		}
		if (parse_flag(o, name))
			continue;
		if (!takes_value(name))
			return wrong(err, "unknown option %s", name);
		if (++i == argc)
			return wrong(err, "%s needs a value", name);
		if (parse_valued(o, name, argv[i], err) != 0)
			return -1;
	}
	set_defaults(o);
	return check(o, err);
}
