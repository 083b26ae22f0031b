/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel could not put into the rings of net_af_packet. The driver of DPDK 22.11 does not ask for it, so such packets
 * would be lost without a trace. Its sockets are found among the files of this process: packet sockets that receive from the
 * kernel interface. The kernel's count begins anew each time it is read, so a driver that reads it, too, counts others.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

#define SOCKETS_MAX 64 /* a pair of queues has one */

struct sl_packet_sockets {
	unsigned int n;
	int fds[SOCKETS_MAX];
	_Atomic uint64_t missed;
};

static bool receives_from(int fd, int ifindex)
{
	struct sockaddr_ll address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && size >= offsetof(struct sockaddr_ll, sll_addr) &&
	       address.sll_family == AF_PACKET && address.sll_ifindex == ifindex && address.sll_protocol == htons(ETH_P_ALL);
}

struct sl_packet_sockets *sl_packet_sockets_find(const char *netdev)
{
	int ifindex = (int)if_nametoindex(netdev);
	DIR *dir = ifindex != 0 ? opendir("/proc/self/fd") : NULL;
	struct sl_packet_sockets *s = dir != NULL ? calloc(1, sizeof(*s)) : NULL;
	struct dirent *entry;

	while (s != NULL && s->n < SOCKETS_MAX && (entry = readdir(dir)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);
		if (entry->d_name[0] != '.' && receives_from(fd, ifindex))
			s->fds[s->n++] = fd;
	}
	if (dir != NULL)
		closedir(dir);
	sl_packet_sockets_missed(s); /* what came before us was not for us */
	if (s != NULL)
		atomic_store(&s->missed, 0);
	return s;
}

void sl_packet_sockets_destroy(struct sl_packet_sockets *s)
{
	free(s);
}

uint64_t sl_packet_sockets_missed(struct sl_packet_sockets *s)
{
	struct tpacket_stats stats;

	if (s == NULL)
		return 0;
	for (unsigned int i = 0; i < s->n; i++) {
		socklen_t size = sizeof(stats);
		if (getsockopt(s->fds[i], SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
			atomic_fetch_add_explicit(&s->missed, stats.tp_drops, memory_order_relaxed);
	}
	return atomic_load_explicit(&s->missed, memory_order_relaxed);
}
