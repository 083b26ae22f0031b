/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_SLUICE_BENCH_OPTIONS_H
#define APP_SLUICE_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum bench_command { BENCH_HELP, BENCH_PIPELINE, BENCH_EXPIRY, BENCH_FLOW_TABLE, BENCH_SCHEDULERS, BENCH_SOAK };

enum bench_mode {
	BENCH_FULL_NAT, /* established flows of a service, both directions; --new-flow-ratio: some packets open a flow */
	BENCH_DNAT,	/* the same in mode dnat */
	BENCH_NAT64,	/* full-nat, clients over IPv6 and backends over IPv4 */
	BENCH_NAT46,	/* and the reverse */
	BENCH_FORWARD,	/* layer-3 forwarding, both directions */
	BENCH_PAIRS,	/* port to port, unread */
	BENCH_DROP,	/* packets to a port of the VIP where no service listens */
	BENCH_DSR,	/* what clients send, scheduler maglev: backends answer them directly */
	BENCH_IPIP,
	BENCH_GUE,
	BENCH_RELAY,	/* datagrams of one multicast stream, each of which leaves `fanout` times */
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
	uint32_t workers; /* one of which is measured */
	uint32_t fanout;  /* outputs of a relay */
	double new_flow_ratio;
	uint64_t total;	  /* flows of a soak */
	uint32_t seconds; /* and its longest duration; 0: none */
	bool rss;	  /* devices deliver the dispatch hash */
	bool ipv6;	  /* between client and sluice */
	bool tcp;
	bool cold;	  /* packets lie in memory when they are received, not in the cache */
	bool stateless;	  /* dsr, ipip, gue: without flows */
	bool no_chains;	  /* relay: the port sends no chained buffers, so that payloads are copied */
	bool json;
};

/* Returns 0, or -1 after one line on err that says what is wrong. */
int bench_options_parse(struct bench_options *o, int argc, char **argv, FILE *err);

/* Bytes of all headers of a frame: the smallest --size. */
uint32_t bench_options_header_bytes(const struct bench_options *o);

const char *bench_command_name(enum bench_command command);
const char *bench_mode_name(enum bench_mode mode);

/* Packets belong to flows, which end when they are idle. */
bool bench_mode_has_flows(enum bench_mode mode);

/* Only clients' packets pass by. */
bool bench_mode_is_one_way(enum bench_mode mode);

/* Frames between sluice and the backends are IPv6. */
bool bench_options_ipv6_behind(const struct bench_options *o);

void bench_options_print_help(FILE *out);

#endif
