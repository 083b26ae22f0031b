/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_OPTIONS_H
#define APP_SLUICE_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum bench_command { BENCH_HELP, BENCH_PIPELINE, BENCH_EXPIRY, BENCH_FLOW_TABLE };

enum bench_mode {
	BENCH_FULL_NAT, /* established flows of a service, both directions; --new-flow-ratio: some packets open a flow */
	BENCH_FORWARD,	/* layer-3 forwarding, both directions */
	BENCH_PAIRS,	/* port to port, unread */
	BENCH_DROP,	/* packets to a port of the VIP where no service listens */
};

enum bench_pages { BENCH_PAGES_BEST, BENCH_PAGES_HUGE, BENCH_PAGES_SMALL };

struct bench_options {
	enum bench_command command;
	enum bench_mode mode;
	enum bench_pages pages;
	uint32_t flows;
	uint64_t packets; /* of one repetition */
	uint32_t repetitions;
	uint32_t size;	  /* of a frame, in bytes without FCS */
	uint32_t cpu;	  /* UINT32_MAX: the last one this process may use */
	double new_flow_ratio;
	bool ipv6, tcp;
	bool cold;	  /* packets lie in memory when they are received, not in the cache */
	bool json;
};

/* Returns 0, or -1 after one line on err that says what is wrong. */
int bench_options_parse(struct bench_options *o, int argc, char **argv, FILE *err);

/* Bytes of all headers of a frame: the smallest --size. */
uint32_t bench_options_header_bytes(const struct bench_options *o);

const char *bench_mode_name(enum bench_mode mode);

void bench_options_print_help(FILE *out);

#endif
