/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "segment.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/fragment.h"

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_COPIED 0x80

static void read_v4(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_fragment *f)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, p->l3);
	uint16_t field = rte_be_to_cpu_16(ip->fragment_offset);

	f->id_be = ip->packet_id;
	f->start = (uint16_t)((field & RTE_IPV4_HDR_OFFSET_MASK) * RTE_IPV4_HDR_OFFSET_UNITS);
	f->more = (field & RTE_IPV4_HDR_MF_FLAG) != 0;
	f->header = 0;
	f->end = (uint16_t)(f->start + p->l3 + p->l3_len - p->l4);
}

static void read_v6(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_fragment *f)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, p->l3);
	uint16_t at = (uint16_t)(p->l3 + sizeof(*ip)), field;
	uint8_t next = ip->proto;
	const uint8_t *x;

	/* parse has walked the same chain and found a fragment header in it */
	for (x = rte_pktmbuf_mtod_offset(m, const uint8_t *, at); next != IPPROTO_FRAGMENT;
	     x = rte_pktmbuf_mtod_offset(m, const uint8_t *, at)) {
		next = x[0];
		at = (uint16_t)(at + (x[1] + 1u) * 8);
	}
	memcpy(&field, x + 2, sizeof(field));
	memcpy(&f->id_be, x + 4, sizeof(f->id_be));
	field = rte_be_to_cpu_16(field);
	f->start = field & 0xfff8;
	f->more = field & 1;
	f->header = at;
	f->end = (uint16_t)(f->start + p->l3 + p->l3_len - (at + 8));
}

void sl_fragment_read(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_fragment *f)
{
	if (p->flags & SL_PKT_V6)
		read_v6(m, p, f);
	else
		read_v4(m, p, f);
}

/* ---- cutting ---- */

static bool is_v6(const void *ip)
{
	return *(const uint8_t *)ip >> 4 == 6;
}

/* All that stands in front of the payload. */
static uint32_t header_len(const void *ip)
{
	if (is_v6(ip))
		return sizeof(struct rte_ipv6_hdr) + RTE_IPV6_FRAG_HDR_SIZE;
	return (*(const uint8_t *)ip & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER;
}

uint32_t sl_fragment_piece_size(const struct rte_mbuf *m, uint16_t mtu, uint32_t *payload)
{
	uint32_t header = header_len(rte_pktmbuf_mtod(m, const void *));

	*payload = m->pkt_len - header;
	return (mtu - header) & ~7u;
}

/* Options with the copied flag, filled up with zeros (end of list) to whole words. Returns their length. */
static uint32_t copy_options(uint8_t *to, const uint8_t *from, const uint8_t *end)
{
	uint32_t n = 0, len;

	for (; from < end && from[0] != OPTION_END; from += len) {
		len = from[0] == OPTION_NOP ? 1 : from[1]; /* parse has checked the lengths */
		if (from[0] & OPTION_COPIED) {
			memcpy(to + n, from, len);
			n += len;
		}
	}
	for (; n % 4 != 0; n++)
		to[n] = OPTION_END;
	return n;
}

static void finish_header_v6(struct rte_ipv6_hdr *ip, uint32_t total, uint32_t start, bool last)
{
	uint8_t *at = (uint8_t *)(ip + 1) + 2;
	uint16_t field;

	memcpy(&field, at, sizeof(field));
	field = (uint16_t)(rte_be_to_cpu_16(field) + start); /* offsets are whole units, in the upper 13 bits */
	field = rte_cpu_to_be_16(last ? field : field | RTE_IPV6_EHDR_MF_MASK);
	memcpy(at, &field, sizeof(field));
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(total - sizeof(*ip)));
}

/* Length and fragment field of a piece that starts `start` bytes into the packet; the checksum of the new header. */
static void finish_header(void *header, uint32_t total, uint32_t start, bool last)
{
	struct rte_ipv4_hdr *ip = header;

	if (is_v6(header)) {
		finish_header_v6(header, total, start, last);
		return;
	}
	uint16_t field = rte_be_to_cpu_16(ip->fragment_offset);

	field = (uint16_t)(field + start / RTE_IPV4_HDR_OFFSET_UNITS);
	if (!last)
		field |= RTE_IPV4_HDR_MF_FLAG;
	ip->fragment_offset = rte_cpu_to_be_16(field);
	ip->total_length = rte_cpu_to_be_16((uint16_t)total);
	ip->hdr_checksum = sl_checksum_ipv4_header(ip);
}

/* The header of another piece of the same packet: its length. Of IPv4 options only what belongs into every fragment. */
static uint32_t copy_header(uint8_t *to, const uint8_t *from, uint32_t from_len)
{
	uint32_t len = sizeof(struct rte_ipv4_hdr);

	if (is_v6(from)) {
		memcpy(to, from, from_len);
		return from_len;
	}
	memcpy(to, from, len);
	if (unlikely(from_len > len))
		len += copy_options(to + len, from + len, from + from_len);
	to[0] = (uint8_t)(RTE_IPV4_HDR_IHL_MASK & (len / RTE_IPV4_IHL_MULTIPLIER)) | 0x40;
	return len;
}

int sl_fragment_copy(struct rte_mbuf *piece, const struct rte_mbuf *m, uint32_t start, uint32_t size)
{
	const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t from_len = header_len(from), payload = m->pkt_len - from_len;
	uint8_t header[60];
	const void *bytes;
	uint32_t len = copy_header(header, from, from_len);

	uint32_t left = RTE_MIN(size, payload - start);
	char *to = rte_pktmbuf_append(piece, (uint16_t)(len + left));
	if (to == NULL)
		return -1;
	memcpy(to, header, len);
	finish_header(to, len + left, start, start + left == payload);
	bytes = rte_pktmbuf_read(m, from_len + start, left, to + len);
	if (bytes != to + len)
		memcpy(to + len, bytes, left);
	return 0;
}

void sl_fragment_keep_first(struct rte_mbuf *m, uint32_t size)
{
	void *ip = rte_pktmbuf_mtod(m, void *);
	uint32_t total = header_len(ip) + size;

	sl_segment_trim(m, total);
	finish_header(ip, total, 0, false);
}
