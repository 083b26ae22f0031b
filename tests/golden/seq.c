/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence translation for the life of a flow, as an end has it that does not count as the other does: here the numbers of the client's bytes
 * read 1000 higher at the server, and those of the server's bytes 5000 higher at the client.
 */
#include "proxy.h"
#include "states.h"

static void translate(struct sl_worker *w, struct sl_snapshot *s)
{
	for (uint32_t i = 0; i < w->flows.capacity; i++) {
		struct sl_flow *f = &w->flows.flows[i];
		if (!(f->flags & SL_FLOW_LIVE) || (f->flags & SL_FLOW_SEQ))
			continue;
		w->seqs.records[i] = (struct sl_seq){ .space = { { 0, 1000, 1000 }, { 0, 5000, 5000 } } };
		f->flags = (uint8_t)((f->flags | SL_FLOW_SEQ) & ~SL_FLOW_STEADY_BOTH);
		f->ack[SL_CLIENT] += 5000; /* the record has the client's view */
	}
}

#define CONNECTED \
	RESOLVED, \
	FROM_CLIENT(TCP(1000, 84, "S", .seq = 100)), \
	TO_BACKEND("63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), \
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)), \
	TO_CLIENT("63 tcp 84>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"), \
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 101, .ack = 501)), \
	TO_BACKEND("63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"), \
	CALL(translate)

static const struct golden_step both_ways[] = {
	CONNECTED,
	FROM_CLIENT(TCP(1000, 84, "PA", .seq = 101, .ack = 5501), PAYLOAD("GET /")),
	TO_BACKEND("63 tcp $1>8080 PA seq 1101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "PA", .seq = 501, .ack = 1106), PAYLOAD("hello")),
	TO_CLIENT("63 tcp 84>1000 PA seq 5501 ack 106 win 65535 len 5 \"hello\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 506, .ack = 1106, .bad_checksum = 1)),
	TO_CLIENT("63 tcp 84>1000 A seq 5506 ack 106 win 65535 len 0 [csum BAD]"),
	/* keep-alive probes */
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 105, .ack = 5506)),
	TO_BACKEND("63 tcp $1>8080 A seq 1105 ack 506 win 65535 len 0 [csum ok]"),
	/* RST without ACK has no acknowledgement to translate, and counts with the right number only */
	FROM_CLIENT(TCP(1000, 84, "R", .seq = 5106)),
	TO_BACKEND("63 tcp $1>8080 R seq 6106 ack 0 win 65535 len 0 [csum ok]"),
	TIME(20000), COUNT(FLOWS_EXPIRED, 0),
	FROM_BACKEND(TCP(8080, VAR(1), "R", .seq = 506)),
	TO_CLIENT("63 tcp 84>1000 R seq 5506 ack 0 win 65535 len 0 [csum ok]"),
	TIME(12000), COUNT(FLOWS_EXPIRED, 1),
	END
};

/* Blocks of SACK and D-SACK, behind one NOP and behind two; options that are no list stay as they are. */
static const struct golden_step sack[] = {
	CONNECTED,
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 101, .ack = 5501, .options = "0101" "0512" "00001964" "000019c8" "00001a00" "00001aff")),
	TO_BACKEND("63 tcp $1>8080 A seq 1101 ack 501 win 65535 opt 0101" "0512" "000005dc" "00000640" "00000678" "00000777" " len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 1106, .options = "01" "050a" "0000044e" "00000450" "01")),
	TO_CLIENT("63 tcp 84>1000 A seq 5501 ack 106 win 65535 opt 01" "050a" "00000066" "00000068" "01" " len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 101, .ack = 5501, .options = "0507" "000019640001")),
	TO_BACKEND("63 tcp $1>8080 A seq 1101 ack 501 win 65535 opt 0507" "000019640001" " len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 101, .ack = 5501, .options = "01010120")),
	TO_BACKEND("63 tcp $1>8080 A seq 1101 ack 501 win 65535 opt 01010120 len 0 [csum ok]"),
	END
};

/* Inserted bytes as well: a block that has nothing but these is no news to their other end. */
static void translate_with_gap(struct sl_worker *w, struct sl_snapshot *s)
{
	translate(w, s);
	for (uint32_t i = 0; i < w->flows.capacity; i++)
		if (w->flows.flows[i].flags & SL_FLOW_SEQ)
			w->seqs.records[i].space[SL_CLIENT] = (struct sl_seq_space){ .first = 101, .before = 972, .after = 1000 };
}

static const struct golden_step gap[] = {
	CONNECTED,
	CALL(translate_with_gap),
	FROM_CLIENT(TCP(1000, 84, "PA", .seq = 101, .ack = 5501), PAYLOAD("GET /")),
	TO_BACKEND("63 tcp $1>8080 PA seq 1101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 1106, .options = "0101" "050a" "00000431" "00000442")),
	TO_CLIENT("63 tcp 84>1000 A seq 5501 ack 106 win 65535 opt 010101010101010101010101 len 0 [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 1090)),
	TO_CLIENT("63 tcp 84>1000 A seq 5501 ack 101 win 65535 len 0 [csum ok]"),
	FROM_CLIENT(TCP(1000, 84, "A", .seq = 100, .ack = 5501)),
	TO_BACKEND("63 tcp $1>8080 A seq 1072 ack 501 win 65535 len 0 [csum ok]"),
	END
};

/* The end that reads a quote knows the numbers that it sent, and what it acknowledged. */
static const struct golden_step quotes[] = {
	CONNECTED,
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), ICMP(3, 1), IP4("10.1.0.3", "10.1.1.1", .ttl = 63),
	   TCP(VAR(1), 8080, "PA", .seq = 1101, .ack = 501), PAYLOAD("GET /")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 icmp unreachable 1 "
		   "{ ip4 192.0.2.100>192.0.2.10 ttl 63 tcp 1000>84 PA seq 101 ack 5501 win 65535 len 5 \"GET /\" [csum ok] } [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), ICMP(3, 1, .length = 28), IP4("192.0.2.10", "192.0.2.100", .ttl = 63),
	   TCP(84, 1000, "A", .seq = 5501, .ack = 106)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 icmp unreachable 1 "
		   "{ ip4 10.1.1.1>10.1.0.3 ttl 63 tcp 8080>$1 seq 501 short #811c9dc5 } [csum ok]"),
	END
};

/* Resets of ours have the numbers that each end expects. */
static const struct golden_step shut[] = {
	CONNECTED,
	FROM_CLIENT(TCP(1000, 84, "PA", .seq = 101, .ack = 5501), PAYLOAD("GET /")),
	TO_BACKEND("63 tcp $1>8080 PA seq 1101 ack 501 win 65535 len 5 \"GET /\" [csum ok]"),
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 1106)),
	TO_CLIENT("63 tcp 84>1000 A seq 5501 ack 106 win 65535 len 0 [csum ok]"),
	CALL(golden_states_end_flows), TIME(1),
	TO_CLIENT("64 DF tcp 84>1000 RA seq 5501 ack 106 win 0 len 0 [csum ok]"),
	TO_BACKEND("64 DF tcp $1>8080 RA seq 1106 ack 501 win 0 len 0 [csum ok]"),
	END
};

/* First fragments have numbers, later ones none. */
static const struct golden_step fragments[] = {
	CONNECTED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7, .mf = 1), TCP(1000, 84, "A", .seq = 101, .ack = 5501), FILL(12)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7, .offset = 32, .proto = 6), FILL(16)),
	TO_BACKEND("63 frag 3:0+ tcp $1>8080 A seq 1101 ack 501 win 65535 len 12 #920a8435"),
	TO_BACKEND("63 frag 3:32 proto 6 len 16 #850a3145"),
	END
};

static const struct golden_case cases[] = {
	{ "both ways", PROXY_CONFIG, 0, both_ways },
	{ "SACK", PROXY_CONFIG, 0, sack },
	{ "gap", PROXY_CONFIG, 0, gap },
	{ "quotes", PROXY_CONFIG, 0, quotes },
	{ "shut", PROXY_CONFIG, 0, shut },
	{ "fragments", PROXY_CONFIG, 0, fragments },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "sequence translation", cases);
}
