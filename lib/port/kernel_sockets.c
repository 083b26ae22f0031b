/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel could not put into the rings of net_af_packet and net_af_xdp. The driver of net_af_packet in DPDK 22.11 does not
 * ask for it, and that of net_af_xdp asks only for packets that found no buffer, so the others would be lost without a trace.
 *
 * The sockets are found among the files of this process. Packet sockets tell which interface they receive from. XDP sockets do
 * not: those of a device are the ones that were not there before its queues were set up. The kernel's count for a packet socket
 * begins anew each time it is read, so a driver that reads it, too, counts others; that of an XDP socket only grows.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

#define SOCKETS_MAX 64 /* of a device: a pair of queues has one */
#define OTHERS_MAX 1024 /* of other devices */

struct sl_kernel_sockets {
	bool xdp;
	int ifindex;
	unsigned int n, n_others;
	int fds[SOCKETS_MAX];
	int others[OTHERS_MAX]; /* XDP sockets that were there before */
	_Atomic uint64_t missed; /* of packet sockets */
	uint64_t forgotten;	 /* of XDP sockets: missed before the device was started */
};

static bool is_packet_socket(int fd, int ifindex)
{
	struct sockaddr_ll address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && size >= offsetof(struct sockaddr_ll, sll_addr) &&
	       address.sll_family == AF_PACKET && address.sll_ifindex == ifindex && address.sll_protocol == htons(ETH_P_ALL);
}

static bool is_xdp_socket(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_XDP;
}

/* Files of this process, at most `room` of them, for which the device's kind of socket is meant. */
static unsigned int collect(const struct sl_kernel_sockets *s, int *fds, unsigned int room)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	for (const struct dirent *entry; dir != NULL && n < room && (entry = readdir(dir)) != NULL;) {
		int fd = (int)strtol(entry->d_name, NULL, 10);
		bool known = entry->d_name[0] == '.';
		for (unsigned int i = 0; i < s->n_others; i++)
			known |= s->others[i] == fd;
		if (!known && (s->xdp ? is_xdp_socket(fd) : is_packet_socket(fd, s->ifindex)))
			fds[n++] = fd;
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

struct sl_kernel_sockets *sl_kernel_sockets_create(const char *driver, const char *netdev)
{
	bool packet = strcmp(driver, "net_af_packet") == 0, xdp = strcmp(driver, "net_af_xdp") == 0;
	struct sl_kernel_sockets *s = packet || xdp ? calloc(1, sizeof(*s)) : NULL;

	if (s == NULL)
		return NULL;
	s->ifindex = (int)if_nametoindex(netdev);
	s->xdp = xdp;
	if (xdp)
		s->n_others = collect(s, s->others, OTHERS_MAX);
	return s;
}

void sl_kernel_sockets_destroy(struct sl_kernel_sockets *s)
{
	free(s);
}

void sl_kernel_sockets_find(struct sl_kernel_sockets *s)
{
	if (s != NULL)
		s->n = collect(s, s->fds, SOCKETS_MAX);
}

void sl_kernel_sockets_forget(struct sl_kernel_sockets *s)
{
	if (s == NULL)
		return;
	s->forgotten = 0;
	s->forgotten = sl_kernel_sockets_missed(s);
	atomic_store(&s->missed, 0);
}

static uint64_t xdp_missed(const struct sl_kernel_sockets *s)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < s->n; i++) {
		struct xdp_statistics stats = { 0 };
		socklen_t size = sizeof(stats);
		if (getsockopt(s->fds[i], SOL_XDP, XDP_STATISTICS, &stats, &size) == 0)
			sum += stats.rx_ring_full; /* 0 before Linux 5.9 */
	}
	return sum - s->forgotten;
}

static uint64_t packet_missed(struct sl_kernel_sockets *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		struct tpacket_stats stats;
		socklen_t size = sizeof(stats);
		if (getsockopt(s->fds[i], SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
			atomic_fetch_add_explicit(&s->missed, stats.tp_drops, memory_order_relaxed);
	}
	return atomic_load_explicit(&s->missed, memory_order_relaxed);
}

uint64_t sl_kernel_sockets_missed(struct sl_kernel_sockets *s)
{
	if (s == NULL)
		return 0;
	return s->xdp ? xdp_missed(s) : packet_missed(s);
}
