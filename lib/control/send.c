/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/packet/icmp.h"

#include "control_internal.h"
#include "send.h"

static const struct sl_ip unspecified; /* :: and, where an IPv4 address is asked for, 0.0.0.0 */

static const struct sl_interface *interface_of(const struct sl_control *control, uint16_t interface)
{
	return &control->snapshot->interfaces[interface];
}

/* Worker 0 counts what it takes as injected, so nothing may get lost between here and there. */
bool sl_control_inject(struct sl_control *control, uint16_t port, struct rte_mbuf *m)
{
	struct rte_ring *ring = control->shared->workers[0]->transmit_in[SL_MAX_WORKERS];

	m->port = port;
	if (!control->ports[port].removed && rte_ring_sp_enqueue(ring, m) == 0)
		return true;
	rte_pktmbuf_free(m);
	return control->ports[port].removed; /* as good as sent: nobody answers */
}

static bool give(struct sl_control *control, uint16_t port, struct rte_mbuf *m, int built)
{
	bool given = built == 0 && sl_control_inject(control, port, m);

	if (built != 0)
		rte_pktmbuf_free(m);
	control->count[given && !control->ports[port].removed ? SL_CONTROL_COUNT_FRAMES_SENT : SL_CONTROL_COUNT_FRAMES_NOT_SENT]++;
	return given;
}

bool sl_control_frames_pending(const struct sl_control *control)
{
	return rte_ring_empty(control->shared->workers[0]->transmit_in[SL_MAX_WORKERS]) == 0;
}

static struct rte_mbuf *empty_frame(struct sl_control *control)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(control->pool);

	if (m == NULL)
		control->count[SL_CONTROL_COUNT_FRAMES_NOT_SENT]++;
	return m;
}

/* Our address to ask from: one that shares a prefix with the target, since hosts may answer no others. */
static const struct sl_ip *source_for(const struct sl_interface *interface, const struct sl_ip *target)
{
	bool v4 = sl_ip_is_v4(target);

	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct sl_prefix *p = &interface->addresses[i];
		if (sl_ip_is_v4(&p->ip) == v4 && sl_prefix_covers(p, target))
			return &p->ip;
	}
	return sl_interface_address(interface, v4);
}

bool sl_control_solicit(void *arg, uint16_t interface, const struct sl_ip *ip, const uint8_t *mac)
{
	struct sl_control *control = arg;
	const struct sl_interface *in = interface_of(control, interface);
	const struct sl_ip *source = source_for(in, ip);
	struct rte_mbuf *m = empty_frame(control);

	if (m == NULL)
		return false;
	if (source == NULL)
		source = &unspecified;
	return give(control, in->port, m,
		    sl_ip_is_v4(ip) ? sl_arp_build_request(m, in->mac, in->vlan, source, ip, mac) :
				      sl_nd_build_solicitation(m, in->mac, in->vlan, source, ip, mac));
}

bool sl_control_probe(void *arg, uint16_t interface, const struct sl_ip *ip)
{
	struct sl_control *control = arg;
	const struct sl_interface *in = interface_of(control, interface);
	struct rte_mbuf *m = empty_frame(control);

	if (m == NULL)
		return false;
	return give(control, in->port, m,
		    sl_ip_is_v4(ip) ? sl_arp_build_request(m, in->mac, in->vlan, &unspecified, ip, NULL) :
				      sl_nd_build_solicitation(m, in->mac, in->vlan, &unspecified, ip, NULL));
}

bool sl_control_announce(void *arg, uint16_t interface, const struct sl_ip *ip)
{
	static const struct sl_ip all_nodes = { .b = { 0xff, 0x02, [15] = 1 } };
	static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct sl_control *control = arg;
	const struct sl_interface *in = interface_of(control, interface);
	struct rte_mbuf *m = empty_frame(control);

	if (m == NULL)
		return false;
	return give(control, in->port, m,
		    sl_ip_is_v4(ip) ? sl_arp_build_request(m, in->mac, in->vlan, ip, ip, NULL) :
				      sl_nd_build_advertisement(m, in->mac, in->vlan, ip, &all_nodes, all_nodes_mac,
								false));
}

/* From whom reports of a group come: RFC 3376 section 4.2.13, RFC 3810 section 5.2.13. */
static struct sl_ip reporter(const struct sl_interface *in, const struct sl_ip *group)
{
	const struct sl_ip *own = sl_interface_address(in, true);

	if (!sl_ip_is_v4(group))
		return sl_nd_link_local(in->mac);
	return own != NULL ? *own : unspecified;
}

bool sl_control_report(void *arg, const struct sl_interface *in, const struct sl_group_record *records, unsigned int n)
{
	struct sl_control *control = arg;
	struct sl_ip source = reporter(in, &records[0].group);
	struct rte_mbuf *m = empty_frame(control);

	if (m == NULL)
		return false;
	return give(control, in->port, m, sl_group_build_report(m, in->mac, in->vlan, &source, records, n));
}

bool sl_control_report_membership(void *arg, const struct sl_interface *in, const struct sl_ip *group, enum sl_group_version version)
{
	struct sl_control *control = arg;
	struct sl_ip source = reporter(in, group);
	struct rte_mbuf *m = empty_frame(control);

	if (m == NULL)
		return false;
	return give(control, in->port, m, sl_group_build_membership(m, in->mac, in->vlan, &source, group, version));
}

bool sl_control_report_leave(void *arg, const struct sl_interface *in, const struct sl_ip *group)
{
	struct sl_control *control = arg;
	struct sl_ip source = reporter(in, group);
	struct rte_mbuf *m = empty_frame(control);

	if (m == NULL)
		return false;
	return give(control, in->port, m, sl_group_build_leave(m, in->mac, in->vlan, &source, group));
}
