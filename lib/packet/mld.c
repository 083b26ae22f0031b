/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "frame.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/icmp.h"

#define MLD2_REPORT 143
#define CHANGE_TO_EXCLUDE_MODE 4

/* Wire formats of RFC 3810 section 5.2. */
struct mld_report {
	uint8_t type, reserved;
	uint16_t checksum, reserved2, n_records;
};
struct mld_record {
	uint8_t type, aux_len;
	uint16_t n_sources;
	uint8_t group[16];
};
_Static_assert(sizeof(struct mld_report) == 8 && sizeof(struct mld_record) == 20, "wire formats");

int sl_mld_build_report(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			const struct sl_ip *groups, unsigned int n)
{
	/* hop-by-hop header: next header, its length, router alert for MLD (RFC 2711), PadN */
	static const uint8_t router_alert[8] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	static const struct sl_ip routers = { .b = { 0xff, 0x02, [15] = 0x16 } };
	uint32_t len = sizeof(struct mld_report) + n * sizeof(struct mld_record);
	uint32_t payload = sizeof(router_alert) + len;
	struct mld_report *report;
	struct mld_record *record;
	struct rte_ipv6_hdr *ip;
	uint8_t group_mac[6];

	if (n > UINT16_MAX / sizeof(*record))
		return -1;
	sl_nd_group_mac(&routers, group_mac);
	ip = sl_frame_begin(out, group_mac, our_mac, vlan, RTE_ETHER_TYPE_IPV6, sizeof(*ip) + payload);
	if (ip == NULL)
		return -1;
	sl_edit_ip_header(ip, src, &routers, IPPROTO_HOPOPTS, 1, (uint16_t)payload);
	memcpy(ip + 1, router_alert, sizeof(router_alert));
	report = (struct mld_report *)((uint8_t *)(ip + 1) + sizeof(router_alert));
	report->type = MLD2_REPORT;
	report->n_records = rte_cpu_to_be_16((uint16_t)n);
	record = (struct mld_record *)(report + 1);
	for (unsigned int i = 0; i < n; i++) {
		record[i].type = CHANGE_TO_EXCLUDE_MODE;
		memcpy(record[i].group, &groups[i], sizeof(record[i].group));
	}
	sl_frame_icmp6_checksum(out, src, &routers, len);
	return 0;
}
