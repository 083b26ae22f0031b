/* SPDX-License-Identifier: BSD-3-Clause */
/* IGMP and MLD differ in their IP headers, type numbers and the size of an address: the rest is written once. */
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "frame.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/group.h"
#include "sluice/packet/icmp.h"

#define IGMP_QUERY 0x11
#define IGMP_REPORT_V1 0x12
#define IGMP_REPORT_V2 0x16
#define IGMP_LEAVE 0x17
#define IGMP_REPORT_V3 0x22
#define MLD_QUERY 130
#define MLD_REPORT_V1 131
#define MLD_DONE 132
#define MLD_REPORT_V2 143

#define INTERNETWORK_CONTROL 0xc0 /* type of service (RFC 3376 section 4) */

/* Version 3: RFC 3376 section 4.2, RFC 3810 section 5.2. Addresses follow a record's head: the group, then the sources. */
struct report {
	uint8_t type, reserved;
	uint16_t checksum, reserved2, n_records;
} __rte_packed;
struct record {
	uint8_t type, aux_len;
	uint16_t n_sources;
} __rte_packed;
/* Everything else: RFC 2236 section 2 (IGMP has no delay_ms: its code is in tenths of a second), RFC 2710 section 3. */
struct igmp {
	uint8_t type, code;
	uint16_t checksum;
	uint8_t group[4];
} __rte_packed;
struct mld {
	uint8_t type, code;
	uint16_t checksum, delay_ms, reserved;
	uint8_t group[16];
} __rte_packed;
_Static_assert(sizeof(struct report) == 8 && sizeof(struct record) == 4, "wire formats");
_Static_assert(sizeof(struct igmp) == 8 && sizeof(struct mld) == 24, "wire formats");

static const struct sl_ip all_routers4 = { .b = { [10] = 0xff, 0xff, 224, 0, 0, 2 } };
static const struct sl_ip all_routers6 = { .b = { 0xff, 0x02, [15] = 2 } };
static const struct sl_ip report_routers4 = { .b = { [10] = 0xff, 0xff, 224, 0, 0, 22 } };
static const struct sl_ip report_routers6 = { .b = { 0xff, 0x02, [15] = 0x16 } };

void sl_group_mac(const struct sl_ip *group, uint8_t mac[6])
{
	if (sl_ip_is_v4(group))
		memcpy(mac, (uint8_t[6]){ 0x01, 0x00, 0x5e, group->b[13] & 0x7f, group->b[14], group->b[15] }, 6);
	else
		sl_nd_group_mac(group, mac);
}

/* ---- what we say ---- */

static void *begin_igmp(struct rte_mbuf *out, const uint8_t mac[6], const uint8_t our_mac[6], uint16_t vlan,
			const struct sl_ip *src, const struct sl_ip *dst, uint16_t len)
{
	static const uint8_t router_alert[4] = { 148, 4, 0, 0 }; /* RFC 2113 */
	struct rte_ipv4_hdr *ip = sl_frame_begin(out, mac, our_mac, vlan, RTE_ETHER_TYPE_IPV4,
						 (uint32_t)(sizeof(*ip) + sizeof(router_alert)) + len);

	if (ip == NULL)
		return NULL;
	sl_edit_ip_header(ip, src, dst, IPPROTO_IGMP, 1, (uint16_t)(sizeof(router_alert) + len));
	memcpy(ip + 1, router_alert, sizeof(router_alert));
	ip->version_ihl += sizeof(router_alert) / RTE_IPV4_IHL_MULTIPLIER;
	ip->type_of_service = INTERNETWORK_CONTROL;
	ip->hdr_checksum = sl_checksum_ipv4_header(ip);
	return (uint8_t *)(ip + 1) + sizeof(router_alert);
}

static void *begin_mld(struct rte_mbuf *out, const uint8_t mac[6], const uint8_t our_mac[6], uint16_t vlan,
		       const struct sl_ip *src, const struct sl_ip *dst, uint16_t len)
{
	/* hop-by-hop header: next header, its length, router alert for MLD (RFC 2711), PadN */
	static const uint8_t router_alert[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	struct rte_ipv6_hdr *ip = sl_frame_begin(out, mac, our_mac, vlan, RTE_ETHER_TYPE_IPV6,
						 (uint32_t)(sizeof(*ip) + sizeof(router_alert)) + len);

	if (ip == NULL)
		return NULL;
	sl_edit_ip_header(ip, src, dst, IPPROTO_HOPOPTS, 1, (uint16_t)(sizeof(router_alert) + len));
	memcpy(ip + 1, router_alert, sizeof(router_alert));
	return (uint8_t *)(ip + 1) + sizeof(router_alert);
}

/* Room for a zeroed message of `len` bytes behind its headers, or NULL. */
static void *begin(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
		   const struct sl_ip *dst, uint32_t len)
{
	uint8_t mac[6];

	if (len > UINT16_MAX - 100) /* its headers fit, whatever they are */
		return NULL;
	sl_group_mac(dst, mac);
	return sl_ip_is_v4(dst) ? begin_igmp(out, mac, our_mac, vlan, src, dst, (uint16_t)len) :
				  begin_mld(out, mac, our_mac, vlan, src, dst, (uint16_t)len);
}

static void finish(struct rte_mbuf *out, const struct sl_ip *src, const struct sl_ip *dst, uint32_t len)
{
	uint32_t at = out->pkt_len - len;

	if (sl_ip_is_v4(dst)) /* its checksum is where ICMP has it, too */
		rte_pktmbuf_mtod_offset(out, struct rte_icmp_hdr *, at)->icmp_cksum = sl_checksum_icmp(out, at, len);
	else
		sl_frame_icmp6_checksum(out, src, dst, len);
}

static uint8_t *write_address(uint8_t *at, const struct sl_ip *ip, bool v4)
{
	unsigned int len = v4 ? 4 : 16;

	memcpy(at, ip->b + 16 - len, len);
	return at + len;
}

int sl_group_build_report(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			  const struct sl_group_record *records, unsigned int n)
{
	bool v4 = sl_ip_is_v4(&records[0].group);
	const struct sl_ip *dst = v4 ? &report_routers4 : &report_routers6;
	uint32_t len = sizeof(struct report);
	struct report *report;

	for (unsigned int i = 0; i < n; i++)
		len += sl_group_record_bytes(v4, records[i].n_sources);
	report = begin(out, our_mac, vlan, src, dst, len);
	if (report == NULL)
		return -1;
	report->type = v4 ? IGMP_REPORT_V3 : MLD_REPORT_V2;
	report->n_records = rte_cpu_to_be_16((uint16_t)n);
	uint8_t *at = (uint8_t *)(report + 1);
	for (unsigned int i = 0; i < n; i++) {
		struct record head = { .type = records[i].type, .n_sources = rte_cpu_to_be_16(records[i].n_sources) };
		memcpy(at, &head, sizeof(head));
		at = write_address(at + sizeof(head), &records[i].group, v4);
		for (unsigned int j = 0; j < records[i].n_sources; j++)
			at = write_address(at, &records[i].sources[j], v4);
	}
	finish(out, src, dst, len);
	return 0;
}

/* A message of version 1 or 2 about a group: nothing but its type. */
static int build_simple(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			const struct sl_ip *dst, const struct sl_ip *group, uint8_t type)
{
	bool v4 = sl_ip_is_v4(group);
	uint32_t len = v4 ? sizeof(struct igmp) : sizeof(struct mld);
	uint8_t *message = begin(out, our_mac, vlan, src, dst, len);

	if (message == NULL)
		return -1;
	message[0] = type;
	write_address(message + (v4 ? offsetof(struct igmp, group) : offsetof(struct mld, group)), group, v4);
	finish(out, src, dst, len);
	return 0;
}

int sl_group_build_membership(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			      const struct sl_ip *group, enum sl_group_version version)
{
	uint8_t type = !sl_ip_is_v4(group) ? MLD_REPORT_V1 : version == SL_GROUP_V1 ? IGMP_REPORT_V1 : IGMP_REPORT_V2;

	return build_simple(out, our_mac, vlan, src, group, group, type);
}

int sl_group_build_leave(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			 const struct sl_ip *group)
{
	bool v4 = sl_ip_is_v4(group);

	return build_simple(out, our_mac, vlan, src, v4 ? &all_routers4 : &all_routers6, group, v4 ? IGMP_LEAVE : MLD_DONE);
}

/* ---- what routers ask ---- */

/* Large times are floating-point numbers of 3 exponent bits, behind a 1 at the top (RFC 3376 section 4.1.1, RFC 3810 section 5.1.3). */
static uint32_t unpack_time(uint32_t code, unsigned int bits)
{
	uint32_t mantissa_bits = bits - 4;

	if (!(code >> (bits - 1)))
		return code;
	uint32_t mantissa = (code & ((1u << mantissa_bits) - 1)) | 1u << mantissa_bits;
	return mantissa << (((code >> mantissa_bits) & 7) + 3);
}

static int parse_igmp(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_group_query *query)
{
	unsigned int len = p->l3 + p->l3_len - p->l4;
	const struct igmp *igmp;
	struct igmp buf;

	igmp = len < sizeof(buf) ? NULL : rte_pktmbuf_read(m, p->l4, sizeof(buf), &buf);
	/* from its own link, so with a TTL of 1; switches that ask in a router's stead have no address and send from 0.0.0.0 */
	if (igmp == NULL || igmp->type != IGMP_QUERY ||
	    rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, p->l3)->time_to_live != 1)
		return -1;
	if (len > sizeof(*igmp) && len < 12) /* RFC 3376 section 7.1 */
		return -1;
	*query = (struct sl_group_query){ .version = len > sizeof(*igmp) ? SL_GROUP_V3 :
						     igmp->code != 0	 ? SL_GROUP_V2 :
									   SL_GROUP_V1 };
	query->delay_ms = query->version == SL_GROUP_V1 ? 10000 :
			  query->version == SL_GROUP_V2 ? igmp->code * 100u :
							  unpack_time(igmp->code, 8) * 100;
	uint32_t group;
	memcpy(&group, igmp->group, sizeof(group));
	query->group = sl_ip_from_v4(group);
	return 0;
}

static int parse_mld(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_group_query *query)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, p->l3);
	unsigned int len = p->l3 + p->l3_len - p->l4;
	const struct mld *mld;
	struct mld buf;

	mld = len < sizeof(buf) ? NULL : rte_pktmbuf_read(m, p->l4, sizeof(buf), &buf);
	/* link-local source, hop limit 1, router alert, whose hop-by-hop header we look for */
	if (mld == NULL || mld->type != MLD_QUERY || !sl_ip_is_link_local(&p->src) || ip->hop_limits != 1 ||
	    ip->proto != IPPROTO_HOPOPTS)
		return -1;
	if (len > sizeof(*mld) && len < 28) /* RFC 3810 section 8.1 */
		return -1;
	query->version = len > sizeof(*mld) ? SL_GROUP_V3 : SL_GROUP_V2;
	query->delay_ms = rte_be_to_cpu_16(mld->delay_ms);
	if (query->version == SL_GROUP_V3)
		query->delay_ms = unpack_time(query->delay_ms, 16);
	memcpy(&query->group, mld->group, sizeof(query->group));
	return 0;
}

int sl_group_parse_query(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_group_query *query)
{
	return p->flags & SL_PKT_V6 ? parse_mld(m, p, query) : parse_igmp(m, p, query);
}
