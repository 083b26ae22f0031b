/* SPDX-License-Identifier: BSD-3-Clause */
/* Command line of sluice-bench. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../app/sluice-bench/options.h"

#define ARGS_MAX 16

/* Parse a line; *said is what went to err, for free(). */
static int parse(struct bench_options *o, const char *line, char **said)
{
	char *copy = strdup(line), *argv[ARGS_MAX], *save;
	int argc = 0;
	size_t length;
	FILE *err = open_memstream(said, &length);

	assert_non_null(err);
	for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert_true(argc < ARGS_MAX);
		argv[argc++] = word;
	}
	int result = bench_options_parse(o, argc, argv, err);
	fclose(err);
	free(copy);
	return result;
}

static struct bench_options good(const char *line)
{
	struct bench_options o;
	char *said;

	if (parse(&o, line, &said) != 0)
		fail_msg("%s: %s", line, said);
	assert_string_equal(said, "");
	free(said);
	return o;
}

static void defaults(void **state)
{
	struct bench_options o = good("sluice-bench pipeline");

	assert_int_equal(o.command, BENCH_PIPELINE);
	assert_int_equal(o.mode, BENCH_FULL_NAT);
	assert_int_equal(o.pages, BENCH_PAGES_BEST);
	assert_int_equal(o.flows, 1000);
	assert_int_equal(o.packets, 1000000);
	assert_int_equal(o.size, 64);
	assert_int_equal(o.cpu, UINT32_MAX);
	assert_true(o.repetitions > 1);
	assert_int_equal(o.workers, 1);
	assert_false(o.ipv6 || o.tcp || o.cold || o.json);
	assert_true(o.new_flow_ratio == 0);
	assert_int_equal(o.fanout, 1);
	o = good("sluice-bench pipeline --mode relay --fanout 64 --size 1400 --ipv6 --no-chains");
	assert_int_equal(o.mode, BENCH_RELAY);
	assert_int_equal(o.fanout, 64);
	assert_true(o.no_chains);
	o = good("sluice-bench soak");
	assert_int_equal(o.flows, 100000);
	assert_int_equal(o.total, 0);
	assert_int_equal(o.seconds, 0);
	assert_true(o.new_flow_ratio == 0.5);
}

static void every_option(void **state)
{
	struct bench_options o = good("sluice-bench pipeline --mode full-nat --flows 8000000 --size 1500 --ipv6 --protocol tcp "
				      "--new-flow-ratio 0.25 --packets 5000 --json");

	assert_int_equal(o.flows, 8000000);
	assert_int_equal(o.size, 1500);
	assert_int_equal(o.packets, 5000);
	assert_true(o.ipv6 && o.tcp && o.json);
	assert_true(o.new_flow_ratio == 0.25);
	o = good("sluice-bench flow-table --ipv6 --ipv4 --protocol udp --cold --repetitions 3 --cpu 1 --huge --workers 32");
	assert_int_equal(o.workers, 32);
	assert_int_equal(o.command, BENCH_FLOW_TABLE);
	assert_int_equal(o.repetitions, 3);
	assert_int_equal(o.cpu, 1);
	assert_int_equal(o.pages, BENCH_PAGES_HUGE);
	assert_true(o.cold && !o.ipv6 && !o.tcp);
	assert_int_equal(good("sluice-bench expiry --no-huge").pages, BENCH_PAGES_SMALL);
	o = good("sluice-bench soak --total 300000000 --seconds 60 --flows 5 --new-flow-ratio 1");
	assert_int_equal(o.command, BENCH_SOAK);
	assert_int_equal(o.total, 300000000);
	assert_int_equal(o.seconds, 60);
	assert_int_equal(o.flows, 5);
	assert_true(o.new_flow_ratio == 1);
	assert_int_equal(good("sluice-bench pipeline --mode dnat --new-flow-ratio 0.1").mode, BENCH_DNAT);
	assert_int_equal(good("sluice-bench pipeline --mode forward").mode, BENCH_FORWARD);
	assert_int_equal(good("sluice-bench pipeline --mode gue --new-flow-ratio 0.1").mode, BENCH_GUE);
	assert_true(good("sluice-bench pipeline --mode dsr --stateless").stateless);
	assert_int_equal(good("sluice-bench pipeline --mode pairs").mode, BENCH_PAIRS);
	assert_int_equal(good("sluice-bench pipeline --mode drop").mode, BENCH_DROP);
	assert_int_equal(good("sluice-bench --help").command, BENCH_HELP);
	assert_int_equal(good("sluice-bench pipeline --help").command, BENCH_HELP);
}

static void families(void **state)
{
	static const struct {
		const char *line;
		bool ipv6, ipv6_behind;
	} rows[] = {
		{ "sluice-bench pipeline --mode full-nat", false, false },
		{ "sluice-bench pipeline --mode dnat --ipv6", true, true },
		{ "sluice-bench pipeline --mode nat64", true, false },
		{ "sluice-bench pipeline --mode nat64 --ipv6", true, false },
		{ "sluice-bench pipeline --mode nat46", false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_options o = good(rows[i].line);
		assert_int_equal(o.ipv6, rows[i].ipv6);
		assert_int_equal(bench_options_ipv6_behind(&o), rows[i].ipv6_behind);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "sluice-bench", "command is missing" },
		{ "sluice-bench sprint", "no command \"sprint\"" },
		{ "sluice-bench pipeline --fast", "unknown option --fast" },
		{ "sluice-bench pipeline --flows", "--flows needs a value" },
		{ "sluice-bench pipeline --flows 0", "--flows: \"0\" is not a number in 1.." },
		{ "sluice-bench pipeline --flows -1", "--flows: \"-1\"" },
		{ "sluice-bench pipeline --flows 1k", "--flows: \"1k\"" },
		{ "sluice-bench pipeline --packets 99999999999999999999999", "--packets:" },
		{ "sluice-bench pipeline --mode tunnel", "no mode \"tunnel\"" },
		{ "sluice-bench pipeline --protocol icmp", "neither udp nor tcp" },
		{ "sluice-bench pipeline --new-flow-ratio 1.5", "--new-flow-ratio: \"1.5\" is not a number in 0..1" },
		{ "sluice-bench pipeline --new-flow-ratio nan", "--new-flow-ratio:" },
		{ "sluice-bench pipeline --mode drop --new-flow-ratio 1", "belongs to" },
		{ "sluice-bench expiry --new-flow-ratio 1", "belongs to" },
		{ "sluice-bench pipeline --ipv6 --protocol tcp", "--size: the headers alone take 74 bytes" },
		{ "sluice-bench pipeline --workers 33", "--workers: \"33\" is not a number in 1..32" },
		{ "sluice-bench pipeline --rss", "--rss belongs to --workers 2 or more" },
		{ "sluice-bench pipeline --mode nat46 --ipv6", "clients of nat46 are IPv4" },
		{ "sluice-bench pipeline --mode relay --protocol tcp", "relays are for UDP" },
		{ "sluice-bench pipeline --fanout 4", "belong to \"--mode relay\"" },
		{ "sluice-bench pipeline --mode relay --fanout 257", "--fanout: \"257\" is not a number in 1..256" },
		{ "sluice-bench expiry --mode relay", "is for \"pipeline\" alone" },
		{ "sluice-bench expiry --mode pairs", "--mode: \"pairs\" is for \"pipeline\" alone" },
		{ "sluice-bench flow-table --mode drop", "--mode: \"drop\" is for" },
		{ "sluice-bench soak --mode forward", "--mode: \"forward\" is for" },
		{ "sluice-bench pipeline --total 5", "belong to \"soak\"" },
		{ "sluice-bench expiry --seconds 5", "belong to \"soak\"" },
	};
	struct bench_options o;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *said;
		int result = parse(&o, rows[i].line, &said);
		if (result != -1 || strstr(said, rows[i].says) == NULL)
			fail_msg("%s: %d \"%s\"", rows[i].line, result, said);
		assert_true(strchr(said, '\n') == said + strlen(said) - 1); /* one line */
		free(said);
	}
}

static void header_bytes(void **state)
{
	struct bench_options o = good("sluice-bench pipeline");

	assert_int_equal(bench_options_header_bytes(&o), 42);
	o = good("sluice-bench pipeline --ipv6 --size 62");
	assert_int_equal(bench_options_header_bytes(&o), 62);
	o = good("sluice-bench pipeline --ipv6 --protocol tcp --size 74");
	assert_int_equal(bench_options_header_bytes(&o), 74);
	assert_int_equal(bench_options_header_bytes((o = good("sluice-bench pipeline --mode nat46"), &o)), 62);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(families),
		cmocka_unit_test(refused),
		cmocka_unit_test(header_bytes),
	};
	return cmocka_run_group_tests_name("sluice-bench options", tests, NULL, NULL);
}
