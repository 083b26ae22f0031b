/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arbitrary packets through parse, ND, the ICMP error builder and the rewriting of quotes, then through every edit, with
 * what parse promised checked on the way. Memory behind each segment is poisoned, so that AddressSanitizer sees a read
 * past the data.
 *
 * Input: a template number, a mode byte, three segment sizes, the number of patches, patches (offset, value), then raw bytes
 * that replace the end of the template. Template 0 is empty: only the raw bytes.
 */
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#include <sanitizer/asan_interface.h>

#include "eal.h"
#include "fuzz.h"
#include "packet_builder.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/group.h"
#include "sluice/packet/icmp.h"
#include "sluice/packet/parse.h"
#include "sluice/packet/plain.h"
#include "sluice/packet/quote.h"
#include "sluice/packet/tcp.h"

#define MODE_NO_ROOM 0x01   /* no tailroom in any segment: headers cannot be pulled */
#define MODE_STRIPPED 0x02  /* the NIC took the tag off */
#define MODE_NO_VERIFY 0x04 /* the port verified the header checksum */
#define FRAME_MAX 1600

#define L(...) (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } }
#define E ETH("02::01", "02::fe")
#define I4 IP4("192.0.2.1", "192.0.2.10")
#define I6 IP6("2001:db8::1", "2001:db8::10", .ttl = 255)

static const struct pkt_layer *const templates[] = {
	L(FILL(0)),
	L(E, I4, TCP(1, 2, "S", .options = "020405b401010402"), PAD(6)),
	L(E, I4, UDP(1, 2), FILL(20)),
	L(E, VLAN(5), IP4("192.0.2.1", "192.0.2.10", .options = "0101940400000000"), UDP(1, 2), FILL(40)),
	L(E, I4, ECHO(1, 2), FILL(33)),
	L(E, I4, ICMP(3, 4, .rest = 1400), I4, TCP(1, 2, "A")),
	L(E, I4, ICMP(11, 0, .rest = 32 << 16), IP4("192.0.2.10", "192.0.2.1", .options = "01010101"), UDP(1, 2), FILL(120)),
	L(E, I6, ICMP(2, 0, .rest = 1300), IP6("2001:db8::10", "2001:db8::1"), DSTOPTS(), FRAG6(1, 0, 1), TCP(1, 2, "A"), FILL(24)),
	L(E, IP4("192.0.2.1", "192.0.2.10", .mf = 1, .id = 7), UDP(1, 2, .length = 99), FILL(16)),
	L(E, I6, TCP(1, 2, "S"), FILL(3)),
	L(E, I6, HOPOPTS(), DSTOPTS(), ROUTING(4, 0), FRAG6(1, 0, 0), UDP(1, 2), FILL(1300)),
	L(E, I6, FRAG6(1, 0, 1), UDP(1, 2, .length = 99), FILL(16)),
	L(E, I6, NS("fe80::1", .mac = "02::01")),
	L(E, VLAN(7), I6, NA("fe80::1", .flags = "SO", .mac = "02::01")),
	L(E, I6, ECHO(1, 2), FILL(10)),
	L(E, ARP_REQUEST("02::01", "192.0.2.1", "192.0.2.10"), PAD(18)),
};

static struct rte_mempool *pool;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	test_eal_init("fuzz-parse");
	pool = test_pool_create();
	return 0;
}

/* Patch the template and cut it into segments. Uses up the input's head. */
static struct rte_mbuf *build(const uint8_t *data, size_t size, uint8_t mode)
{
	struct rte_mbuf *flat = pkt_build(pool, templates[data[0] % RTE_DIM(templates)]), *m;
	const int split[PKT_SPLITS] = { data[2], data[3], data[4] };
	uint8_t frame[FRAME_MAX] = { 0 };
	uint32_t length = flat->pkt_len;
	size_t patches = data[5] % 8, at = 6;

	memcpy(frame, rte_pktmbuf_mtod(flat, void *), length);
	rte_pktmbuf_free(flat);
	for (; patches > 0 && at + 2 <= size && length > 0; patches--, at += 2)
		frame[data[at] % length] = data[at + 1];
	if (at < size) {
		size_t raw = RTE_MIN(size - at, (size_t)FRAME_MAX);

		length = RTE_MAX(length, (uint32_t)raw);
		memcpy(frame + length - raw, data + at, raw);
	}
	m = pkt_from_bytes(pool, frame, length, split);
	if (mode & MODE_STRIPPED) {
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m->vlan_tci = 42;
	}
	return m;
}

/* The segments of a packet, whatever parse does to their chain. */
struct fence {
	struct rte_mbuf *segment[PKT_SPLITS + 1];
	uint16_t buf_len[PKT_SPLITS + 1];
	unsigned int n;
};

/* Poison the room behind the data: always of the last segment, of all where nothing may be pulled. */
static void fence_up(struct fence *f, struct rte_mbuf *m, uint8_t mode)
{
	f->n = 0;
	for (struct rte_mbuf *s = m; s != NULL; s = s->next) {
		f->segment[f->n] = s;
		f->buf_len[f->n++] = s->buf_len;
		if (s->next != NULL && !(mode & MODE_NO_ROOM))
			continue;
		ASAN_POISON_MEMORY_REGION(rte_pktmbuf_mtod_offset(s, void *, s->data_len), rte_pktmbuf_tailroom(s));
		if (mode & MODE_NO_ROOM)
			s->buf_len = (uint16_t)(s->data_off + s->data_len);
	}
}

static void fence_down(struct fence *f)
{
	for (unsigned int i = 0; i < f->n; i++) {
		f->segment[i]->buf_len = f->buf_len[i];
		ASAN_UNPOISON_MEMORY_REGION(f->segment[i]->buf_addr, f->buf_len[i]);
	}
}

static void check_error(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	struct rte_mbuf *out = rte_pktmbuf_alloc(pool);
	bool v6 = (p->flags & SL_PKT_V6) != 0;
	uint32_t ip_len = v6 ? 40 : 20;

	EXPECT(sl_icmp_build_error(out, m, p, SL_ICMP_TOO_BIG, 1400, &p->dst) == 0);
	EXPECT(out->pkt_len <= (v6 ? 1280 : 576) && out->pkt_len >= ip_len + 8);
	if (v6)
		EXPECT(sl_checksum_l4(out, ip_len, out->pkt_len - ip_len, &p->dst, &p->src, IPPROTO_ICMPV6) == 0);
	else
		EXPECT(sl_checksum_icmp(out, ip_len, out->pkt_len - ip_len) == 0);
	rte_pktmbuf_free(out);
}

/* Edits keep a good checksum good and a bad one bad. */
static void check_edits(struct rte_mbuf *m, const struct sl_pkt *p)
{
	static const struct sl_ip to = { .b = { 0x20, 1, 0xd, 0xb8, [15] = 0x99 } };
	bool v6 = (p->flags & SL_PKT_V6) != 0, nat = p->kind == SL_PKT_TCP || p->kind == SL_PKT_UDP;
	struct sl_ip new_src = v6 ? to : sl_ip_from_v4(RTE_BE32(0x0a000001));
	uint32_t len = p->l3_len - (p->l4 - p->l3);
	uint16_t before, delta = sl_checksum_delta(&p->src, &new_src, 8);
	struct sl_rewrite_v4 v4 = { sl_ip_v4_be(&new_src), sl_ip_v4_be(&p->dst), p->sport_be, p->dport_be, delta, delta };
	struct sl_rewrite_v6 six = { &new_src, &p->dst, p->sport_be, p->dport_be, delta };

	if (!nat) {
		sl_edit_decrement_ttl(m, p);
		return;
	}
	before = sl_checksum_l4(m, p->l4, len, &p->src, &p->dst, p->proto);
	if (v6)
		sl_edit_rewrite_v6(m, p, &six);
	else
		sl_edit_rewrite_v4(m, p, &v4);
	if (p->flags & SL_PKT_FRAGMENT)
		return;
	if (p->proto == IPPROTO_UDP && rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, p->l4)->dgram_cksum == 0)
		return;
	EXPECT((before == 0) == (sl_checksum_l4(m, p->l4, len, &new_src, &p->dst, p->proto) == 0));
}

/* Every option blanked, then the data cut off: the same of the checksum, and lengths that fit. */
static void check_tcp_edits(struct rte_mbuf *m, struct sl_pkt p)
{
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, p.l4);
	uint32_t len = p.l3_len - (p.l4 - p.l3), header = (tcp->data_off >> 4) * 4u;
	bool good = sl_checksum_l4(m, p.l4, len, &p.src, &p.dst, p.proto) == 0;
	uint8_t *option;

	for (unsigned int kind = SL_TCP_OPTION_MSS; kind <= UINT8_MAX; kind++) {
		while ((option = sl_tcp_option(tcp, (uint8_t)kind)) != NULL) {
			EXPECT(option >= (uint8_t *)(tcp + 1) && option + option[1] <= (uint8_t *)tcp + header);
			sl_edit_tcp_blank(tcp, option);
		}
	}
	EXPECT(good == (sl_checksum_l4(m, p.l4, len, &p.src, &p.dst, p.proto) == 0));
	sl_edit_tcp_trim(m, &p);
	EXPECT(m->pkt_len == p.l4 + header && p.l3 + p.l3_len == m->pkt_len && sl_tcp_data_len(m, &p) == 0);
	EXPECT(good == (sl_checksum_l4(m, p.l4, header, &p.src, &p.dst, p.proto) == 0));
}

/* A rewrite of addresses and ports to others, and back again: good checksums stay good, bad ones bad. */
static void check_quote(struct rte_mbuf *m, const struct sl_pkt *p)
{
	static const struct sl_ip v6 = { .b = { 0x20, 1, 0xd, 0xb8, [15] = 0x99 } };
	struct sl_ip other = p->flags & SL_PKT_V6 ? v6 : sl_ip_from_v4(RTE_BE32(0x0a000001));
	uint32_t len = p->l3_len - (p->l4 - p->l3);
	struct sl_quote q, again;
	uint16_t before, after;

	if (sl_quote_parse(m, p, &q) != SL_PARSE_OK)
		return;
	struct sl_quote_rewrite to = { other, q.dst, RTE_BE16(7), RTE_BE16(8), q.dst, other };
	EXPECT(q.l3 == p->l4 + 8u && q.l4 > q.l3 && q.l4 + 8 <= m->data_len && sl_ip_equal(&q.src, &p->dst));
	before = p->flags & SL_PKT_V6 ? sl_checksum_l4(m, p->l4, len, &p->src, &p->dst, p->proto) :
					sl_checksum_icmp(m, p->l4, len);
	sl_quote_rewrite(m, p, &q, &to);
	after = p->flags & SL_PKT_V6 ? sl_checksum_l4(m, p->l4, len, &to.outer_src, &to.outer_dst, p->proto) :
				       sl_checksum_icmp(m, p->l4, len);
	EXPECT((before == 0) == (after == 0));
	struct sl_quote_numbers numbers = { 0x12345678, 0xffff0000 };
	if (q.proto == IPPROTO_TCP) {
		sl_quote_set_numbers(m, p, &q, &numbers);
		EXPECT(sl_quote_numbers(m, &q).seq == numbers.seq && (!q.has_checksum || sl_quote_numbers(m, &q).ack == numbers.ack));
	}
	after = p->flags & SL_PKT_V6 ? sl_checksum_l4(m, p->l4, len, &to.outer_src, &to.outer_dst, p->proto) :
				       sl_checksum_icmp(m, p->l4, len);
	EXPECT((before == 0) == (after == 0));
	struct sl_pkt rewritten = *p;
	rewritten.src = to.outer_src;
	rewritten.dst = to.outer_dst;
	EXPECT(sl_quote_parse(m, &rewritten, &again) == SL_PARSE_OK);
	EXPECT(again.l4 == q.l4 && again.sport_be == RTE_BE16(7) && again.dport_be == RTE_BE16(8));
	EXPECT(sl_ip_equal(&again.src, &other) && sl_ip_equal(&again.dst, &q.dst));
	to = (struct sl_quote_rewrite){ q.src, q.dst, q.sport_be, q.dport_be, p->src, p->dst };
	sl_quote_rewrite(m, &rewritten, &again, &to);
	EXPECT(sl_quote_parse(m, p, &again) == SL_PARSE_OK);
}

/* Questions of multicast routers. */
static void check_group(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	struct sl_group_query query;

	if ((p->flags & SL_PKT_FRAGMENT) || p->proto != (p->flags & SL_PKT_V6 ? IPPROTO_ICMPV6 : IPPROTO_IGMP))
		return;
	if (sl_group_parse_query(m, p, &query) == 0)
		EXPECT(query.version >= SL_GROUP_V1 && query.version <= SL_GROUP_V3 &&
		       sl_ip_is_v4(&query.group) == !(p->flags & SL_PKT_V6));
}

static void check_ip(struct rte_mbuf *m, struct sl_pkt *p)
{
	static const uint8_t least[] = { [SL_PKT_ARP] = 0, [SL_PKT_TCP] = 20, [SL_PKT_UDP] = 8, [SL_PKT_ICMP] = 8,
					 [SL_PKT_OTHER] = 0 };
	struct sl_nd_message msg;
	bool later = (p->flags & SL_PKT_FRAGMENT_LATER) != 0;

	EXPECT(m->pkt_len == (uint32_t)p->l3 + p->l3_len);
	EXPECT(p->l4 <= m->pkt_len && p->l4 > p->l3);
	EXPECT(p->kind <= SL_PKT_OTHER);
	EXPECT(later || p->l4 + least[p->kind] <= m->data_len);
	EXPECT(!later || (p->flags & SL_PKT_FRAGMENT));
	EXPECT(((p->flags & SL_PKT_V6) != 0) != sl_ip_is_v4(&p->src) && ((p->flags & SL_PKT_V6) != 0) != sl_ip_is_v4(&p->dst));
	sl_nd_parse(m, p, &msg);
	if (sl_icmp_quotes(p))
		check_quote(m, p);
	if (sl_icmp_may_answer(m, p))
		check_error(m, p);
	if (p->kind == SL_PKT_ICMP && !later && (p->sport_be == 0x0800 || p->sport_be == 0x8000))
		sl_icmp_echo_reply(m, p);
	check_group(m, p);
	check_edits(m, p);
	if (p->kind == SL_PKT_TCP && !(p->flags & SL_PKT_FRAGMENT))
		check_tcp_edits(m, *p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[8] = { 2, 0, 0, 0, 0, 0xfe };
	struct sl_frame frame;
	char text[PKT_TEXT_MAX];
	struct rte_mbuf *m;
	struct fence f;
	struct sl_pkt p, plain_p;

	if (size < 6)
		return -1;
	m = build(data, size, data[1]);
	pkt_text(m, text);
	fence_up(&f, m, data[1]);
	memset(&plain_p, 0xa5, sizeof(plain_p));
	memset(&p, 0xa5, sizeof(p));
	bool plain = sl_parse_plain(m, &plain_p, mac) || sl_parse_plain_group(m, &plain_p);
	if (sl_parse_ethernet(m, &p, mac, &frame) != SL_PARSE_OK) {
		EXPECT(!plain);
	} else {
		bool verify = !(data[1] & MODE_NO_VERIFY);

		if (frame.ethertype == RTE_ETHER_TYPE_ARP) {
			if (sl_parse_arp(m, &p) == SL_PARSE_OK)
				sl_arp_reply(m, &p, mac);
		} else if (sl_parse_ip(m, &p, frame.ethertype, verify) == SL_PARSE_OK) {
			EXPECT(!plain || memcmp(&p, &plain_p, sizeof(p)) == 0);
			check_ip(m, &p);
		} else {
			EXPECT(!plain);
		}
	}
	fence_down(&f);
	rte_pktmbuf_free(m);
	EXPECT(rte_mempool_in_use_count(pool) == 0);
	return 0;
}
