/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Golden cases: a configuration and a script of packets in, packets out and counter changes, run through the real pipeline on
 * in-memory ports (net_ring) in virtual time.
 *
 *	IN("wan", ETH(...), IP4(...), TCP(...))	a frame arrives; those in a row arrive in one burst
 *	IN_MANY("wan", 10000, ...)		so many frames, in bursts of 64; a port or identification written UP(n) counts up from n
 *	OUT("lan", "eth ... ")			the next frame that leaves this port reads so (tests/support/packet_builder.h)
 *	OUT("host", "eth ... ")			the next one that was punted reads so
 *	SENT("lan", ">10.1.1.1 ", 5000)	so many frames with this in their text left this port, in whatever order; right
 *						behind the action. `.tolerance`: how many more or less are fine
 *	DROPPED(ttl, 1)				so many more packets were dropped for this cause
 *	DROPPED_ABOUT(ttl, 100, 4)		the same, 4 more or less
 *	COUNT(flows_created, 1)			a worker counter, summed over workers, has grown so much
 *	EVENT(RESOLVE, "lan", "10.1.1.9")	the control thread was told this next
 *	TIME(ms)				virtual time passes, in steps of at most 100 ms
 *	NEIGHBOUR("lan", "10.1.1.9", "02::19")	control has resolved this ("failed" as MAC: nobody answered; "asked": not yet)
 *	RELOAD(json)				a new configuration is published
 *	HEALTH("10.1.1.9", DOWN)		control says so of this backend, in every service that has it
 *	ADMIN("10.1.1.9", DISABLED)		the same: enabled, draining, disabled
 *	WEIGHT("10.1.1.9", 5)			the same: a weight given at run time
 *	CALL(function)				for what no packet can bring about: function(worker, snapshot) for each worker
 *	NO_CHAINS("lan")			from here on, this port sends no chained buffers
 *
 * A port to which the case gives receive-side scaling (WAN_RSS, LAN_RSS) chooses the queue of a frame for which none is named.
 *
 * In an OUT line $1 to $9 stand for a number: the first time it is remembered, later it must be the same. As a port in IN it is
 * written VAR(1). An IPv4 identification (" id N") may be left out: packets without DF get one from sluice. After each step
 * that looks at results, everything that was not asked for is an error: frames that left unasked, drops that were not
 * named. The conservation law is asserted for every worker after every step.
 */
#ifndef SLUICE_TESTS_GOLDEN_H
#define SLUICE_TESTS_GOLDEN_H

#include "rss.h"
#include "support/packet_builder.h"

#include "sluice/config/schedule.h"
#include "sluice/packet/drop.h"
#include "sluice/state/counters.h"
#include "sluice/state/event.h"

#define VAR(n) (-1000 - (n))
#define UP(n) (-100000 - (n))

enum golden_kind { GOLDEN_END, GOLDEN_IN, GOLDEN_IN_MANY, GOLDEN_OUT, GOLDEN_SENT, GOLDEN_DROPPED, GOLDEN_COUNT, GOLDEN_EVENT,
		   GOLDEN_TIME, GOLDEN_NEIGHBOUR, GOLDEN_RELOAD, GOLDEN_HEALTH, GOLDEN_ADMIN, GOLDEN_WEIGHT, GOLDEN_CALL, GOLDEN_NO_CHAINS };

struct sl_worker;
struct sl_snapshot;

struct golden_step {
	enum golden_kind kind;
	int line;
	const char *port; /* device "net_ring_PORT" of the configuration; "wan.1": its rx queue 1 */
	const char *text, *mac;
	const struct pkt_layer *layers;
	int number; /* cause, counter or event type; state or weight of a backend */
	int64_t amount, tolerance;
	void (*call)(struct sl_worker *w, struct sl_snapshot *s);
};

struct golden_case {
	const char *name;
	const char *config;
	unsigned int queues; /* of each port; 0: one a worker; with ... | WAN_RSS(STEERS) | LAN_RSS(STEERS) */
	const struct golden_step *steps;
};

/* Receive-side scaling of the first two ports: RSS_... of rss.h. */
#define WAN_RSS(kind) ((unsigned int)RSS_##kind << 8)
#define LAN_RSS(kind) ((unsigned int)RSS_##kind << 12)

#define IN(p, ...) { .kind = GOLDEN_IN, .line = __LINE__, .port = p, \
		     .layers = (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } } }
#define IN_MANY(p, n, ...) { .kind = GOLDEN_IN_MANY, .line = __LINE__, .port = p, .amount = n, \
			     .layers = (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } } }
#define SENT(p, t, n, ...) { .kind = GOLDEN_SENT, .line = __LINE__, .port = p, .text = t, .amount = n, __VA_ARGS__ }
#define OUT(p, t) { .kind = GOLDEN_OUT, .line = __LINE__, .port = p, .text = t }
#define DROPPED(cause, n) { .kind = GOLDEN_DROPPED, .line = __LINE__, .number = SL_DROP_##cause, .amount = n }
#define DROPPED_ABOUT(cause, n, t) \
	{ .kind = GOLDEN_DROPPED, .line = __LINE__, .number = SL_DROP_##cause, .amount = n, .tolerance = t }
#define COUNT(counter, n) { .kind = GOLDEN_COUNT, .line = __LINE__, .number = SL_COUNT_##counter, .amount = n }
#define EVENT(type, interface, ip) { .kind = GOLDEN_EVENT, .line = __LINE__, .number = SL_EVENT_##type, .port = interface, .text = ip }
#define TIME(ms) { .kind = GOLDEN_TIME, .line = __LINE__, .amount = ms }
#define NEIGHBOUR(interface, ip, m) { .kind = GOLDEN_NEIGHBOUR, .line = __LINE__, .port = interface, .text = ip, .mac = m }
#define NO_CHAINS(p) { .kind = GOLDEN_NO_CHAINS, .line = __LINE__, .port = p }
#define RELOAD(json) { .kind = GOLDEN_RELOAD, .line = __LINE__, .text = json }
#define HEALTH(ip, h) { .kind = GOLDEN_HEALTH, .line = __LINE__, .text = ip, .number = SL_HEALTH_##h }
#define ADMIN(ip, a) { .kind = GOLDEN_ADMIN, .line = __LINE__, .text = ip, .number = SL_ADMIN_##a }
#define WEIGHT(ip, w) { .kind = GOLDEN_WEIGHT, .line = __LINE__, .text = ip, .number = w }
#define CALL(function) { .kind = GOLDEN_CALL, .line = __LINE__, .call = function }

#define END { .kind = GOLDEN_END, .line = __LINE__ }

/* The scripts of one file: a table of cases, ended by one without a name. Call from main(); returns its exit status. */
int golden_main(int argc, char **argv, const char *name, const struct golden_case *cases);

#endif
