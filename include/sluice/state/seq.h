/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence translation of TCP flows: the cold side record of those whose two ends count bytes differently, and the PROXY
 * headers that wait for their acknowledgement. Why and how: docs/decisions/0018-sequence-translation.md.
 *
 * A record has the number of its flow and means something while that has SL_FLOW_SEQ. The worker that owns the flow is the only
 * one that writes. Allocated at start, where the configuration needs it, or not at all.
 */
#ifndef SLUICE_STATE_SEQ_H
#define SLUICE_STATE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The numbers of one side's bytes, and how they read on the other side: `before` is added to those in front of byte `first`,
 * `after` to it and those behind. Where the two differ, bytes of ours lie between. Modulo 2^32, as TCP counts.
 */
struct sl_seq_space {
	uint32_t first, before, after;
};

/* a is in front of b (RFC 9293 section 3.4) */
static inline bool sl_seq_is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* The side's own number -> as the other side reads it. */
static inline uint32_t sl_seq_forth(const struct sl_seq_space *space, uint32_t n)
{
	return n + (sl_seq_is_before(n, space->first) ? space->before : space->after);
}

/* And back. What the side has not sent, and that is behind its SYN, counts as its first byte. */
static inline uint32_t sl_seq_back(const struct sl_seq_space *space, uint32_t n)
{
	uint32_t behind = n - space->after, in_front = n - space->before;

	if (!sl_seq_is_before(behind, space->first))
		return behind;
	return sl_seq_is_before(space->first, in_front) ? space->first : in_front;
}

/* Of a PROXY header. */
enum sl_proxy_stage {
	SL_PROXY_OVER,	  /* acknowledged, or the flow is over; or there is none */
	SL_PROXY_OPENING, /* the client has not completed the handshake */
	SL_PROXY_SENT,	  /* not acknowledged yet: on a list */
};

/* How often a header is sent before its connection is given up, and the time to wait after the first time. It doubles. */
#define SL_PROXY_TRIES 9
#define SL_PROXY_WAIT_NS (200 * 1000 * 1000ull)

struct sl_seq {
	struct sl_seq_space space[2]; /* by side: of the bytes that it sends */
	/* the PROXY header: it ends in front of space[SL_CLIENT].first */
	uint32_t acked;		   /* what the server expects next, as it counts */
	uint32_t sent_tick;	   /* when it was sent last */
	uint32_t ack;		   /* of the client's last segment, as the client counts */
	uint32_t timestamps_be[2]; /* the same: value and echo */
	uint16_t window_be;	   /* the same */
	uint8_t stage;		   /* enum sl_proxy_stage */
	uint8_t version;	   /* of the header: 1 or 2 */
	uint8_t tries;		   /* how often it was sent, but for repetitions at once */
	uint8_t list;		   /* with SENT: the one it is on, tries - 1 */
	uint8_t server_scale;	   /* shift of the windows that the server announces, but for its SYN's */
	bool has_timestamps;
	uint32_t next, prev; /* on the list, or UINT32_MAX */
};
_Static_assert(sizeof(struct sl_seq) <= 64, "one cache line");

struct sl_seq_table {
	struct sl_seq *records; /* NULL: no service needs them */
	uint32_t sent;		/* headers on the lists */
	struct {
		uint32_t head, tail;
	} list[SL_PROXY_TRIES]; /* in the order of sent_tick */
};

uint64_t sl_seq_table_bytes(uint32_t capacity);

/* For so many flows, on a NUMA node (-1: any). Returns 0, or -1 when memory runs out. A table of zeros is one without records. */
int sl_seq_table_init(struct sl_seq_table *t, uint32_t capacity, int numa_node);
void sl_seq_table_fini(struct sl_seq_table *t);

/* The flow's header has just been sent: stage SENT, on the list of its tries, at least 1. */
void sl_seq_sent(struct sl_seq_table *t, uint32_t flow, uint32_t now_tick);

/* It waits no more: stage OVER. Nothing happens unless its stage is SENT. */
void sl_seq_over(struct sl_seq_table *t, uint32_t flow);

/* A flow whose header has waited long enough for its tries, or SL_FLOW_NONE. It stays where it is. */
uint32_t sl_seq_due(const struct sl_seq_table *t, uint32_t now_tick);

#endif
