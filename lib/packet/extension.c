/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>

#include "extension.h"
#include "segment.h"

/* The chain is bounded: legitimate ones have one or two headers (RFC 8504 section 5.3 suggests 8). */
#define EXTENSIONS_MAX 8
#define EXTENSION_BYTES_MAX 256

bool sl_parse_fragment(struct sl_pkt *p, uint32_t offset, bool more, uint32_t payload)
{
	p->flags |= SL_PKT_FRAGMENT;
	if (offset != 0)
		p->flags |= SL_PKT_FRAGMENT_LATER;
	/*
	 * RFC 791 section 3.2, RFC 8200 section 4.5: only the last piece may be of odd size, the whole is 65535 at most
	 */
	return payload != 0 && (!more || payload % 8 == 0) && offset + payload <= UINT16_MAX;
}

/*
 * One extension header of `len` bytes at x. Sets *stop when what follows must not be looked at: a later fragment, or a
 * routing header that this packet has not worked off yet.
 */
static enum sl_drop_cause parse_extension(struct sl_pkt *p, uint8_t type, const uint8_t *x, uint32_t payload,
					  bool *stop)
{
	uint16_t field;

	switch (type) {
	case IPPROTO_ROUTING:
		if (x[2] == 0 && x[3] != 0) /* RFC 5095 section 3: worked off, it is a header like any other */
			return SL_DROP_SOURCE_ROUTED;
		if (x[3] != 0)
			*stop = true;
		return SL_PARSE_OK;
	case IPPROTO_FRAGMENT:
		memcpy(&field, x + 2, 2);
		field = rte_be_to_cpu_16(field);
		if ((field & 0xfff9) == 0) /* atomic: a whole packet (RFC 6946) */
			return SL_PARSE_OK;
		if (!sl_parse_fragment(p, field & 0xfff8, field & 1, payload))
			return SL_DROP_IP_HEADER;
		return SL_PARSE_OK;
	default:
		return SL_PARSE_OK;
	}
}

enum sl_drop_cause sl_parse_extensions(struct rte_mbuf *m, struct sl_pkt *p)
{
	const uint32_t start = p->l4, end = (uint32_t)p->l3 + p->l3_len;
	uint32_t offset = start;
	uint8_t next = p->proto;
	bool fragmented = false;

	for (unsigned int n = 0;; n++) {
		enum sl_drop_cause cause;
		bool stop = false;
		const uint8_t *x;
		uint32_t len;

		p->proto = next;
		p->l4 = (uint16_t)offset;
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_DSTOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_FRAGMENT)
			return SL_PARSE_OK;
		if (p->flags & SL_PKT_FRAGMENT_LATER)
			return SL_PARSE_OK;
		/* RFC 8200 section 4.1: hop-by-hop options come first or not at all; one fragment header, atomic or not */
		if (n == EXTENSIONS_MAX || (next == IPPROTO_HOPOPTS && n != 0) || (next == IPPROTO_FRAGMENT && fragmented) ||
		    end - offset < 8)
			return SL_DROP_IP_HEADER;
		fragmented |= next == IPPROTO_FRAGMENT;
		if (!sl_segment_contiguous(m, offset + 8))
			return SL_DROP_TRUNCATED;
		x = rte_pktmbuf_mtod_offset(m, const uint8_t *, offset);
		len = next == IPPROTO_FRAGMENT ? 8 : (x[1] + 1u) * 8;
		if (len > end - offset || offset + len - start > EXTENSION_BYTES_MAX)
			return SL_DROP_IP_HEADER;
		if (!sl_segment_contiguous(m, offset + len))
			return SL_DROP_TRUNCATED;
		cause = parse_extension(p, next, x, end - offset - len, &stop);
		if (cause != SL_PARSE_OK || stop)
			return cause;
		next = x[0];
		offset += len;
	}
}
