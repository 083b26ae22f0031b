/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker knows of the relays it owns: statistics of their inputs, which input is sent on, templates and limits of
 * their outputs. By relay and output id, allocated at start; a record belongs to the object whose instance it names, and
 * begins anew when a snapshot has another one there. One writer, the worker; telemetry and control read with relaxed loads.
 */
#ifndef SLUICE_STATE_RELAY_H
#define SLUICE_STATE_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "sluice/base/sequence.h"
#include "sluice/base/token_bucket.h"
#include "sluice/config/snapshot.h"
#include "sluice/packet/relay.h"
#include "sluice/state/counters.h"

/* X(identifier, telemetry name, help) */
#define SL_RELAY_INPUT_COUNTERS(X)                                                                                       \
	X(PACKETS, packets, "datagrams that came in, and fragments of such")                                             \
	X(BYTES, bytes, "their bytes, IP header included")                                                               \
	X(LOST, lost, "sequence numbers that have not come")                                                             \
	X(GAPS, gaps, "times some were missing, however many")                                                           \
	X(DUPLICATES, duplicates, "datagrams whose number had come before")                                              \
	X(REORDERED, reordered, "datagrams that came behind one with a higher number")                                   \
	X(ASTRAY, astray, "datagrams whose number was far from those before, and not believed")                          \
	X(RESTARTS, restarts, "times the numbers began anew")                                                            \
	X(UNNUMBERED, unnumbered, "datagrams too short to have a number")

enum sl_relay_input_counter {
#define X(id, name, help) SL_RELAY_INPUT_##id,
	SL_RELAY_INPUT_COUNTERS(X)
#undef X
	SL_RELAY_INPUT_COUNT_MAX
};

#define SL_RELAY_COUNTERS(X)                                                                                             \
	X(PACKETS, packets, "datagrams and fragments that were sent on")                                                 \
	X(BYTES, bytes, "their bytes as they came in, IP header included")                                               \
	X(DUPLICATES, duplicates, "redundant: datagrams the other input had brought already")                            \
	X(LATE, late, "redundant: datagrams that came too late for the window")                                          \
	X(LOST, lost, "redundant: sequence numbers that neither input has brought")                                      \
	X(STANDBY, standby, "failover: datagrams of the input that is not sent on")                                      \
	X(SWITCHES, switches, "failover: changes from one input to the other")

enum sl_relay_counter {
#define X(id, name, help) SL_RELAY_##id,
	SL_RELAY_COUNTERS(X)
#undef X
	SL_RELAY_COUNT_MAX
};

#define SL_RELAY_OUTPUT_COUNTERS(X)                                                                                      \
	X(PACKETS, packets, "copies given to the port, or held while the next hop is asked for")                         \
	X(BYTES, bytes, "their bytes, IP header included")                                                               \
	X(SAMPLED_OUT, sampled_out, "datagrams not copied because of `sample`")                                          \
	X(LIMITED, limited, "copies dropped because of `max_pps` or `max_kbps`")                                         \
	X(UNRESOLVED, unresolved, "copies dropped because the next hop does not answer")                                 \
	X(TOO_LARGE, too_large, "copies dropped because they do not fit the interface's MTU")                            \
	X(NO_BUFFER, no_buffer, "copies dropped because no packet buffer was free")                                      \
	X(NOT_COPIED, not_copied, "copies dropped because the other address family cannot have them: fragments")

enum sl_relay_output_counter {
#define X(id, name, help) SL_RELAY_OUTPUT_##id,
	SL_RELAY_OUTPUT_COUNTERS(X)
#undef X
	SL_RELAY_OUTPUT_COUNT_MAX
};

extern const struct sl_counter_info sl_relay_input_counter_infos[SL_RELAY_INPUT_COUNT_MAX];
extern const struct sl_counter_info sl_relay_counter_infos[SL_RELAY_COUNT_MAX];
extern const struct sl_counter_info sl_relay_output_counter_infos[SL_RELAY_OUTPUT_COUNT_MAX];

#define SL_RELAY_SEEN_BITS 1024	    /* numbers of one input that are told apart */
#define SL_RELAY_SILENCE_NS 1000000000ull /* after that any number is believed */
#define SL_RELAY_GAP_ROWS 24	    /* of the histogram: row i counts times between datagrams below 2^i microseconds */

/* One input. Times are those of the worker's turns: what comes in one burst comes at the same time. */
struct sl_relay_leg {
	uint64_t value[SL_RELAY_INPUT_COUNT_MAX];
	uint64_t last_ns;	/* 0: nothing has come yet */
	uint64_t gap_ns;	/* mean time between datagrams, smoothed over 16 */
	uint64_t jitter_ns;	/* mean deviation from it (RFC 3550 section 6.4.1, with the mean instead of the sender's clock) */
	uint64_t gaps[SL_RELAY_GAP_ROWS];
	uint64_t since_ns, since_packets, since_bytes; /* where the present second began */
	uint64_t rate_pps, rate_bps; /* of the last whole second */
	struct sl_sequence sequence;
	uint64_t seen[SL_RELAY_SEEN_BITS / 64];
};

struct sl_relay_state {
	uint32_t instance;	/* 0: no relay's yet */
	uint32_t generation;	/* snapshot that it was brought up to */
	uint8_t active;		/* failover: the input that is sent on */
	uint8_t sequence;	/* what `merged` and the inputs' numbers were set up for */
	uint16_t offset, window;
	uint64_t since_ns;	/* when the record began */
	uint64_t back_since_ns; /* failover: since when the first input has been there again without silence; 0: it has not */
	uint64_t passed_ns;	/* redundant: when a datagram was last sent on */
	uint64_t value[SL_RELAY_COUNT_MAX];
	struct sl_relay_leg leg[2];
	struct sl_sequence merged;
	uint64_t seen[SL_RELAY_WINDOW_MAX / 64];
};

struct sl_relay_output_state {
	struct sl_relay_template t;
	uint32_t instance;
	uint32_t generation;	/* snapshot that the template is of */
	uint16_t port;
	uint16_t mtu;
	uint16_t interface;
	uint16_t neighbour;	/* of a unicast output, while `epoch` is the worker's; SL_ID_NONE: look it up */
	uint32_t epoch;
	bool multicast;
	bool has_limit;
	bool compute;		/* the UDP checksum anew */
	uint32_t sample, to_sample;	/* datagrams until the next one that is copied */
	struct sl_ip hop;	/* of a unicast output: next hop */
	struct sl_token_bucket pps, bps;
	uint64_t ns_per_byte_q16;
	uint64_t value[SL_RELAY_OUTPUT_COUNT_MAX];
};

struct sl_relay_table {
	struct rte_mempool *headers; /* of copies: the rest of a copy is the datagram itself */
	uint16_t max_relays;
	uint16_t max_outputs;
	uint32_t next_id;	     /* identification of datagrams that may be fragments */
	uint16_t *last;		     /* the relay stage's, by relay id: SL_BURST_MAX between two bursts */
	struct sl_relay_state *relays;		/* by id: max_relays + 1 */
	struct sl_relay_output_state *outputs;	/* by id */
};

/* Room of a copy's header buffer: some before it for drivers and held packets' headers, then the longest header. */
#define SL_RELAY_HEADROOM 64
#define SL_RELAY_HEADER_ROOM (SL_RELAY_HEADROOM + 128)

struct sl_worker;

/*
 * Give a worker its tables, on a NUMA node (-1: any), and the pool for headers, whose buffers have SL_RELAY_HEADER_ROOM bytes.
 * Returns 0, or -1 when memory runs out. sl_worker_destroy takes them back, but not the pool.
 */
int sl_relay_attach(struct sl_worker *w, uint16_t max_relays, uint16_t max_outputs, struct rte_mempool *headers,
		    int numa_node);
void sl_relay_detach(struct sl_worker *w);
uint64_t sl_relay_table_bytes(uint16_t max_relays, uint16_t max_outputs);

/* The worker's record of a relay and of an output, brought up to this snapshot. */
struct sl_relay_state *sl_relay_state(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_relay *relay);
struct sl_relay_output_state *sl_relay_output_state(struct sl_worker *w, const struct sl_snapshot *s,
						    const struct sl_relay_output *output);

/* The sequence number of a datagram; false: it is too short to have one. payload: offset of the UDP payload in the frame. */
bool sl_relay_read_number(const struct sl_relay *relay, const struct rte_mbuf *m, uint32_t payload, uint64_t *number);

enum sl_relay_verdict {
	SL_RELAY_PASS,	  /* send it on */
	SL_RELAY_CONSUME, /* it has done its work here */
};

/*
 * A datagram came in on an input: statistics, and whether it is sent on. numbered: it has sequence number `number`.
 * bytes: of its IP packet.
 */
enum sl_relay_verdict sl_relay_follow(struct sl_relay_state *r, const struct sl_relay *relay, unsigned int input,
				      uint64_t now_ns, uint32_t bytes, bool numbered, uint64_t number);

/*
 * The same for n datagrams without numbers that came at the same time on the only input of a relay: all are sent on. bytes: of all
 * their IP packets.
 */
void sl_relay_follow_plain(struct sl_relay_state *r, uint64_t now_ns, unsigned int n, uint64_t bytes);

/* A later fragment came in, whose first one was sent on or not. */
void sl_relay_follow_fragment(struct sl_relay_state *r, unsigned int input, uint64_t now_ns, uint32_t bytes, bool passed);

/* Does one more copy of so many bytes keep the limits of the output? Takes it from them. */
static inline bool sl_relay_within_limit(struct sl_relay_output_state *o, uint64_t now_ns, uint32_t bytes)
{
	if (o->pps.ns_per_token != 0 && !sl_token_bucket_take(&o->pps, now_ns))
		return false;
	return o->ns_per_byte_q16 == 0 || sl_token_bucket_take_ns(&o->bps, now_ns, bytes * o->ns_per_byte_q16 >> 16);
}

#endif
