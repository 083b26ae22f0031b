/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual devices over a kernel interface: net_af_packet, net_af_xdp, net_pcap with iface=. */
#include <inttypes.h>
#include <string.h>

#include <rte_mbuf.h>

#include "sluice/port/port.h"

#include "preflight.h"

#define AF_XDP_ELEMENT_MAX 4096	 /* a packet buffer must fit a page, its header included */
#define AF_PACKET_FRAME_HEADER 32u /* of framesz: the kernel's frame header before the packet */
#define FRAME_OVERHEAD 18u	 /* Ethernet header and a VLAN tag */

static bool driver_is(const struct device_plan *d, const char *driver)
{
	return strcmp(d->driver, driver) == 0;
}

static bool configured(const struct sl_config *config, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++)
		for (unsigned int k = 0; k < config->interfaces[i].n_addresses; k++)
			if (sl_ip_equal(&config->interfaces[i].addresses[k].ip, ip))
				return true;
	for (unsigned int i = 0; i < config->n_services; i++) {
		const struct sl_config_service *service = &config->services[i];
		if (sl_ip_is_v4(&service->address) == sl_ip_is_v4(ip) && sl_prefix_covers(&service->prefix, ip))
			return true;
		for (unsigned int k = 0; k < service->n_snat; k++)
			if (sl_ip_equal(&service->snat[k], ip))
				return true;
	}
	return false;
}

/* The kernel still sees every frame: with an address of ours it answers too, and resets the connections. */
static void check_addresses(struct preflight *p, const struct device_plan *d)
{
	char remedy[64], text[SL_IP_STRLEN];

	snprintf(remedy, sizeof(remedy), "`ip addr flush dev %s`", d->netdev);
	for (unsigned int i = 0; i < d->netdev_facts.n_addresses; i++) {
		const struct sl_ip *ip = &d->netdev_facts.addresses[i];
		sl_ip_format(ip, text);
		if (configured(p->config, ip))
			sl_problem_add(p->problems, d->name, remedy, "the kernel has sluice's address %s on %s and would answer too",
				       text, d->netdev);
		else
			sl_problem_add(p->warnings, d->name, remedy, "the kernel has address %s on %s and answers for it", text,
				       d->netdev);
	}
}

static void check_mtu(struct preflight *p, const struct device_plan *d)
{
	char remedy[160];

	if (d->config != NULL && d->config->mtu > d->netdev_facts.mtu) {
		snprintf(remedy, sizeof(remedy), "`ip link set dev %s mtu %u`", d->netdev, d->config->mtu);
		sl_problem_add(p->problems, d->name, remedy, "MTU %u asked for, kernel interface %s has %u", d->config->mtu,
			       d->netdev, d->netdev_facts.mtu);
	}
	if (d->framesz > 0 && d->mtu + FRAME_OVERHEAD + AF_PACKET_FRAME_HEADER > d->framesz) {
		uint32_t frame = 2048;
		while (frame < d->mtu + FRAME_OVERHEAD + AF_PACKET_FRAME_HEADER)
			frame *= 2;
		snprintf(remedy, sizeof(remedy), "add \"framesz=%" PRIu32 ",blocksz=%" PRIu32 "\" to its entry in \"vdevs\", or "
			 "lower its \"mtu\" to %" PRIu32, frame, frame * 4,
			 d->framesz - FRAME_OVERHEAD - AF_PACKET_FRAME_HEADER);
		sl_problem_add(p->problems, d->name, remedy, "packets of MTU %u do not fit its frames of %" PRIu32 " bytes",
			       d->mtu, d->framesz);
	}
}

static void check_owner(struct preflight *p, const struct device_plan *d)
{
	long pid = p->machine->netdev_owner(d->netdev);
	char name[64], remedy[64];

	if (pid == 0 || pid == p->running)
		return;
	machine_process_name(p->machine, pid, name, sizeof(name));
	snprintf(remedy, sizeof(remedy), pid > 0 ? "stop it with `kill %ld`" : "stop the other sluice", pid);
	sl_problem_add(p->problems, d->name, remedy, "kernel interface %s is in use by process %ld (%s)", d->netdev, pid,
		       name[0] != '\0' ? name : "unknown");
}

void preflight_netdevs(struct preflight *p)
{
	char remedy[96];

	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		bool needs = driver_is(d, "net_af_packet") || driver_is(d, "net_af_xdp");
		if (d->vdev == NULL)
			continue;
		if (needs && d->netdev[0] == '\0') {
			snprintf(remedy, sizeof(remedy), "write \"%s,iface=IF\" with a name from `ip link`", d->name);
			sl_problem_add(p->problems, p->settings->vdevs_where, remedy, "%s names no kernel interface", d->name);
		}
		if (d->netdev[0] == '\0')
			continue;
		if (!d->netdev_found) {
			sl_problem_add(p->problems, d->name, "choose a name from `ip link`, or start sluice in its namespace with "
				       "`ip netns exec NAME`", "there is no kernel interface %s in this network namespace",
				       d->netdev);
			continue;
		}
		if (!d->netdev_facts.up) {
			snprintf(remedy, sizeof(remedy), "`ip link set dev %s up`", d->netdev);
			sl_problem_add(p->problems, d->name, remedy, "kernel interface %s is down", d->netdev);
		}
		check_owner(p, d);
		check_mtu(p, d);
		if (!driver_is(d, "net_af_xdp"))
			check_addresses(p, d);
	}
}

void preflight_buffers(struct preflight *p)
{
	uint32_t overhead = p->plan->mbuf_bytes - p->plan->data_room;

	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		if (!driver_is(d, "net_af_xdp") || p->plan->mbuf_bytes <= AF_XDP_ELEMENT_MAX)
			continue;
		char remedy[160];
		snprintf(remedy, sizeof(remedy), "lower the MTU (and framesz) of all devices to at most %u",
			 (AF_XDP_ELEMENT_MAX - overhead - RTE_PKTMBUF_HEADROOM - FRAME_OVERHEAD) / 100 * 100);
		sl_problem_add(p->problems, d->name, remedy,
			       "net_af_xdp takes packet buffers of at most %u bytes, this configuration needs %" PRIu32,
			       AF_XDP_ELEMENT_MAX, p->plan->mbuf_bytes);
	}
}
