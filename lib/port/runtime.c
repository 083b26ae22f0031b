/* SPDX-License-Identifier: BSD-3-Clause */
/* What control asks of a running port. */
#include <string.h>

#include <rte_errno.h>

#include "sluice/base/log.h"

#include "internal.h"

bool sl_port_poll_link(struct sl_port *port)
{
	bool up = false;

	if (port->removed)
		return false;
	if (port->netdev[0] != '\0') {
		/* One that is gone is down, but for a TAP, which works on when it is moved to another network namespace. */
		if (sl_netdev_running(port->netdev, &up) != 0)
			up = strcmp(port->driver, "net_tap") == 0;
	} else {
		struct rte_eth_link link;
		up = rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
	}
	bool changed = up != port->link_up;
	port->link_up = up;
	return changed;
}

void sl_port_set_multicast(struct sl_port *port, const uint8_t (*macs)[6], unsigned int n)
{
	_Static_assert(sizeof(struct rte_ether_addr) == 6, "an array of addresses is an array of six bytes each");
	if (port->removed)
		return;
	int ret = rte_eth_dev_set_mc_addr_list(port->id, (struct rte_ether_addr *)(uintptr_t)macs, n);

	if (ret != 0) {
		sl_port_set_all_multicast(port);
		return;
	}
	if (!port->multicast_filter)
		rte_eth_allmulticast_disable(port->id);
	port->multicast_filter = true;
}

/* A device with neither passes every group address anyway (net_ring), or has the kernel pass them (net_af_packet). */
void sl_port_set_all_multicast(struct sl_port *port)
{
	if (port->removed)
		return;
	rte_eth_allmulticast_enable(port->id);
	port->multicast_filter = false;
}

void sl_port_set_promiscuous(struct sl_port *port, bool on)
{
	if (on == port->promiscuous || port->removed)
		return;
	int ret = on ? rte_eth_promiscuous_enable(port->id) : rte_eth_promiscuous_disable(port->id);
	if (ret != 0 && ret != -ENOTSUP) /* a device without the switch receives everything */
		sl_log_warning("%s: promiscuous mode cannot be turned %s: %s%s", port->facts.name, on ? "on" : "off",
			       rte_strerror(-ret), on ? "; port pairs pass only frames that it accepts; start sluice anew" : "");
	port->promiscuous = on;
}

void sl_port_read_statistics(const struct sl_port *port, struct sl_port_statistics *out)
{
	struct rte_eth_stats stats;

	memset(out, 0, sizeof(*out));
	if (port->removed || rte_eth_stats_get(port->id, &stats) != 0)
		return;
	*out = (struct sl_port_statistics){
		.rx_packets = stats.ipackets,
		.tx_packets = stats.opackets,
		.rx_bytes = stats.ibytes,
		.tx_bytes = stats.obytes,
		.rx_missed = stats.imissed + sl_kernel_sockets_missed(port->kernel_sockets),
		.rx_errors = stats.ierrors,
		.rx_no_mbuf = stats.rx_nombuf,
		.tx_errors = stats.oerrors,
	};
}
