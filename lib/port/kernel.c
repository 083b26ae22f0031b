/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel interface under net_af_packet, net_af_xdp and net_pcap. Their drivers know less than the kernel does: none
 * reports the interface's MTU, and net_af_xdp and net_pcap say "link up" whatever happens. So MTU and link are read by
 * ioctl on a socket, which belongs to the network namespace of the process (a /sys mounted earlier may show another).
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_devargs.h>

#include "internal.h"

static const char *const kernel_drivers[] = { "net_af_packet", "net_af_xdp", "net_pcap" };

static bool driver_uses_kernel(const char *driver)
{
	for (unsigned int i = 0; i < RTE_DIM(kernel_drivers); i++)
		if (driver != NULL && strcmp(driver, kernel_drivers[i]) == 0)
			return true;
	return false;
}

void sl_port_netdev_name(const struct rte_eth_dev_info *info, char name[16])
{
	static const char key[] = "iface=";
	const struct rte_devargs *devargs = info->device == NULL ? NULL : rte_dev_devargs(info->device);

	name[0] = '\0';
	if (devargs == NULL || devargs->args == NULL || !driver_uses_kernel(info->driver_name))
		return;
	for (const char *item = devargs->args; item != NULL; item = strchr(item, ',')) {
		item += *item == ',';
		if (strncmp(item, key, sizeof(key) - 1) != 0)
			continue;
		const char *value = item + sizeof(key) - 1;
		size_t length = strcspn(value, ",");
		if (length > 0 && length < IFNAMSIZ) {
			memcpy(name, value, length);
			name[length] = '\0';
		}
		return;
	}
}

static int query(unsigned long request, const char *name, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memset(ifr, 0, sizeof(*ifr));
	memcpy(ifr->ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	int ret = ioctl(fd, request, ifr) == 0 ? 0 : -errno;
	close(fd);
	return ret;
}

int sl_netdev_mtu(const char *name, uint16_t *mtu)
{
	struct ifreq ifr;
	int ret = query(SIOCGIFMTU, name, &ifr);

	if (ret == 0)
		*mtu = (uint16_t)RTE_MIN(ifr.ifr_mtu, UINT16_MAX); /* loopback has 65536 */
	return ret;
}

int sl_netdev_running(const char *name, bool *running)
{
	struct ifreq ifr;
	int ret = query(SIOCGIFFLAGS, name, &ifr);

	if (ret == 0)
		*running = (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	return ret;
}

int sl_netdev_receive_multicast(const char *name)
{
	struct packet_mreq all = { .mr_ifindex = (int)if_nametoindex(name), .mr_type = PACKET_MR_ALLMULTI };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* of no protocol: it receives nothing itself */

	if (fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) == 0)
		return fd;
	int ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}
