/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life of a port: sl_port_open (found, configured, queues filled) -> sl_port_start -> sl_port_steer -> sl_port_close. A port is never
 * stopped and started again: net_af_packet closes its sockets for good when it stops, and no driver here needs it, because
 * all of them go on by themselves when a kernel interface under them went down and came up.
 */
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>

#include "sluice/base/log.h"

#include "internal.h"

/* Ethernet header and a VLAN tag, on top of the MTU. */
#define FRAME_OVERHEAD ((unsigned int)(RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN))
#define DRIVER_OVERHEAD 20u /* net_virtio has its own header in front of a frame: 12 bytes, 20 with the RSS hash */

uint16_t sl_port_data_room(uint16_t mtu)
{
	/* 2048 is what drivers expect for a plain 1500-byte MTU; larger ones in steps of a cache line. */
	unsigned int frame = RTE_MAX(2048u, RTE_ALIGN_CEIL(mtu + FRAME_OVERHEAD + DRIVER_OVERHEAD, RTE_CACHE_LINE_SIZE));

	return (uint16_t)RTE_MIN(frame + RTE_PKTMBUF_HEADROOM, (unsigned int)UINT16_MAX);
}

static int find(struct sl_port *port, const char *device, struct rte_eth_dev_info *info, struct sl_problems *problems)
{
	int ret = rte_eth_dev_get_port_by_name(device, &port->id);

	if (ret != 0) {
		sl_problem_add(problems, device, "check its name, its entry in \"vdevs\", or its binding with "
			       "`dpdk-devbind.py --status`; the lines above may say why its driver gave up",
			       "DPDK found no such device");
		return -1;
	}
	ret = rte_eth_dev_info_get(port->id, info);
	if (ret != 0) {
		sl_problem_add(problems, device, NULL, "the device does not describe itself: %s", rte_strerror(-ret));
		return -1;
	}
	snprintf(port->facts.name, sizeof(port->facts.name), "%s", device);
	port->driver = info->driver_name == NULL ? "unknown" : info->driver_name;
	port->numa_node = rte_eth_dev_socket_id(port->id);
	sl_port_netdev_name(info, port->netdev);
	return 0;
}

/*
 * The drivers above kernel interfaces have no multicast filter to set, and the interface's own passes only what the kernel
 * itself has joined. Without it IPv6 neighbours do not find us, and relays get no multicast.
 */
static void open_multicast(struct sl_port *port)
{
	if (port->netdev[0] == '\0')
		return;
	port->multicast_fd = sl_netdev_receive_multicast(port->netdev);
	if (port->multicast_fd < 0)
		sl_log_warning("%s: kernel interface %s may keep multicast from sluice: %s; remedy: `ip link set dev %s "
			       "allmulticast on`",
			       port->facts.name, port->netdev, rte_strerror(-port->multicast_fd), port->netdev);
}

/* The MTU of a kernel interface is its owner's to change: sluice only takes part of it. */
static int agree_kernel_mtu(struct sl_port *port, uint16_t wanted, struct sl_problems *problems)
{
	uint16_t mtu;
	int ret = sl_netdev_mtu(port->netdev, &mtu);

	if (ret != 0) {
		sl_problem_add(problems, port->facts.name, "check the name in `ip link`", "no kernel interface %s: %s",
			       port->netdev, rte_strerror(-ret));
		return -1;
	}
	if (wanted > mtu) {
		char remedy[96];
		snprintf(remedy, sizeof(remedy), "`ip link set dev %s mtu %u`", port->netdev, wanted);
		sl_problem_add(problems, port->facts.name, remedy, "MTU %u asked for, kernel interface %s has %u",
			       wanted, port->netdev, mtu);
		return -1;
	}
	port->facts.mtu = wanted != 0 ? wanted : mtu;
	return 0;
}

static int agree_device_mtu(struct sl_port *port, uint16_t wanted, struct sl_problems *problems)
{
	int ret = wanted == 0 ? 0 : rte_eth_dev_set_mtu(port->id, wanted);

	/* Purely virtual devices know no MTU: they carry whatever fits a packet buffer. */
	if (ret == -ENOTSUP) {
		port->facts.mtu = wanted;
		return 0;
	}
	if (ret == 0)
		ret = rte_eth_dev_get_mtu(port->id, &port->facts.mtu);
	if (ret != 0) {
		sl_problem_add(problems, port->facts.name, "choose another \"mtu\" for this device",
			       "the driver %s refuses MTU %u: %s", port->driver, wanted, rte_strerror(-ret));
		return -1;
	}
	return 0;
}

static int agree_mtu(struct sl_port *port, uint16_t wanted, struct rte_mempool *pool, struct sl_problems *problems)
{
	int ret = port->netdev[0] != '\0' ? agree_kernel_mtu(port, wanted, problems)
					  : agree_device_mtu(port, wanted, problems);
	unsigned int room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;

	if (ret != 0)
		return -1;
	if (port->facts.mtu + FRAME_OVERHEAD > room) {
		sl_problem_add(problems, port->facts.name, "state the device's \"mtu\" in \"devices\"",
			       "its MTU of %u does not fit the packet buffers of %u bytes", port->facts.mtu, room);
		return -1;
	}
	return 0;
}

static int read_mac(struct sl_port *port, struct sl_problems *problems)
{
	struct rte_ether_addr mac;
	int ret = rte_eth_macaddr_get(port->id, &mac);

	if (ret != 0) {
		sl_problem_add(problems, port->facts.name, NULL, "its MAC address cannot be read: %s", rte_strerror(-ret));
		return -1;
	}
	memcpy(port->facts.mac, mac.addr_bytes, sizeof(port->facts.mac));
	return 0;
}

int sl_port_open(struct sl_port *port, const char *device, const struct sl_port_options *options,
		 struct rte_mempool *pool, struct sl_problems *problems)
{
	struct rte_eth_dev_info info;

	memset(port, 0, sizeof(*port));
	port->multicast_fd = -1;
	port->id = RTE_MAX_ETHPORTS;
	if (find(port, device, &info, problems) != 0) {
		port->id = RTE_MAX_ETHPORTS;
		return -1;
	}
	port->kernel_sockets = sl_kernel_sockets_create(port->driver, port->netdev);
	if (sl_port_configure(port, options, &info, pool, problems) != 0 ||
	    agree_mtu(port, options->mtu, pool, problems) != 0 || read_mac(port, problems) != 0) {
		sl_port_close(port);
		return -1;
	}
	sl_kernel_sockets_find(port->kernel_sockets);
	open_multicast(port);
	return 0;
}

int sl_port_start(struct sl_port *port, struct sl_problems *problems)
{
	int ret = rte_eth_dev_start(port->id);

	if (ret != 0) {
		sl_problem_add(problems, port->facts.name, "the lines above may say why its driver gave up",
			       "the device does not start: %s", rte_strerror(-ret));
		return -1;
	}
	port->started = true;
	sl_kernel_sockets_forget(port->kernel_sockets);
	sl_port_watch_removal(port);
	sl_port_poll_link(port);
	return 0;
}

void sl_port_close(struct sl_port *port)
{
	if (port->id == RTE_MAX_ETHPORTS)
		return;
	sl_kernel_sockets_destroy(port->kernel_sockets);
	port->kernel_sockets = NULL;
	if (port->started) {
		sl_port_unwatch_removal(port);
		rte_eth_dev_stop(port->id);
	}
	rte_eth_dev_close(port->id);
	if (port->multicast_fd >= 0)
		close(port->multicast_fd);
	port->multicast_fd = -1;
	port->started = false;
	port->link_up = false;
	port->id = RTE_MAX_ETHPORTS;
}
