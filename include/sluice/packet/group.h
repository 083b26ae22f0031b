/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What hosts and routers tell each other about multicast groups: IGMPv1 (RFC 1112), IGMPv2 (RFC 2236), IGMPv3 (RFC 3376) with
 * IPv4, MLDv1 (RFC 2710), MLDv2 (RFC 3810) with IPv6. MLDv1 says what IGMPv2 does, MLDv2 what IGMPv3 does, so both go by the
 * numbers of IGMP here.
 */
#ifndef SLUICE_PACKET_GROUP_H
#define SLUICE_PACKET_GROUP_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/ip.h"
#include "sluice/packet/burst.h"

#define SL_GROUP_REPORT_OVERHEAD 56 /* at most, of a report: IP header, router alert, report header */

enum sl_group_version { SL_GROUP_V1 = 1, SL_GROUP_V2, SL_GROUP_V3 };

/* As on the wire (RFC 3376 section 4.2.12, RFC 3810 section 5.2.12). */
enum sl_group_record_type {
	SL_GROUP_IS_INCLUDE = 1,
	SL_GROUP_IS_EXCLUDE,
	SL_GROUP_TO_INCLUDE,
	SL_GROUP_TO_EXCLUDE,
	SL_GROUP_ALLOW,
	SL_GROUP_BLOCK,
};

struct sl_group_record {
	struct sl_ip group;
	uint8_t type;	    /* enum sl_group_record_type */
	uint16_t n_sources;
	const struct sl_ip *sources;
};

/* What a record takes of a report. */
static inline uint32_t sl_group_record_bytes(bool v4, unsigned int n_sources)
{
	return 4 + (v4 ? 4u : 16u) * (1 + n_sources);
}

/*
 * Whole frames, written to an empty mbuf with Ethernet header (and tag when vlan != 0). src is our IPv4 address or 0.0.0.0,
 * our link-local IPv6 address or ::. Return 0, or -1 when out has no room.
 */
/* A report of version 3: n > 0 records, whose groups are all of src's family. */
int sl_group_build_report(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			  const struct sl_group_record *records, unsigned int n);
/* A report of version 1 or 2 that we listen to the group. There is no IPv6 of version 1. */
int sl_group_build_membership(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			      const struct sl_ip *group, enum sl_group_version version);
/* The word of version 2 that we do no longer: leave group, or done. */
int sl_group_build_leave(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			 const struct sl_ip *group);

struct sl_group_query {
	uint8_t version;   /* enum sl_group_version */
	uint32_t delay_ms; /* answers are spread over so much time */
	struct sl_ip group; /* 0.0.0.0 or ::: all groups */
};

/*
 * Read a router's question, which is an IGMP or ICMPv6 message of a whole packet with a correct checksum. Returns 0, or -1 when
 * it must be ignored (RFC 3376 section 4, RFC 3810 sections 5.1.14, 6.2).
 */
int sl_group_parse_query(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_group_query *query);

/* The Ethernet address of a group (RFC 1112 section 6.4, RFC 2464 section 7). */
void sl_group_mac(const struct sl_ip *group, uint8_t mac[6]);

#endif
