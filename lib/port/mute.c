/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet and net_pcap see what a kernel interface receives, and so does the kernel: it would answer ARP for a companion's
 * addresses, which are local to it, and reset connections whose sockets belong to the TAP. A small program where the interface's
 * frames enter the kernel's stack drops them: behind the packet sockets, and before anything that answers. It is classic BPF with
 * direct verdicts: that needs no action modules, and no rights beyond CAP_NET_ADMIN. It outlives a process that is killed; the next
 * one finds it by its preference.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_errno.h>

#include "sluice/base/log.h"
#include "sluice/port/companion.h"

#include "netlink.h"

#define FIXED 20 /* instructions beside those of the addresses */
#define EACH_V4 2
#define EACH_V6 9

/* Offsets in a frame. The kernel has taken a VLAN's tag out of it before. */
#define TYPE 12
#define ARP_TARGET 38
#define V4_TO 30
#define V6_NEXT 20
#define V6_TO 38
#define ICMP_TYPE 54
#define ND_TARGET 62

#define ICMP6 58
#define SOLICITATION 135
#define ADVERTISEMENT 136

struct program {
	struct sock_filter *list;
	uint16_t n;
};

static void put(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	p->list[p->n++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(struct program *p, uint16_t size, uint32_t offset)
{
	put(p, BPF_LD | BPF_ABS | size, offset, 0, 0);
}

/* Go `yes` instructions on if it is this, otherwise `no`. */
static void compare(struct program *p, uint32_t value, uint8_t yes, uint8_t no)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

static void end(struct program *p, int verdict)
{
	put(p, BPF_RET | BPF_K, (uint32_t)verdict, 0, 0);
}

/* Drop if the accumulator is one of the IPv4 addresses. */
static void match_v4(struct program *p, const struct sl_ip *addresses, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!sl_ip_is_v4(&addresses[i]))
			continue;
		compare(p, rte_be_to_cpu_32(addresses[i].w_be[3]), 0, 1);
		end(p, TC_ACT_SHOT);
	}
	end(p, TC_ACT_UNSPEC);
}

/* Drop if what the index register points to is one of the IPv6 addresses. */
static void match_v6(struct program *p, const struct sl_ip *addresses, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (sl_ip_is_v4(&addresses[i]))
			continue;
		for (unsigned int word = 4; word-- > 0;) { /* the last one differs most */
			put(p, BPF_LD | BPF_IND | BPF_W, word * 4, 0, 0);
			compare(p, rte_be_to_cpu_32(addresses[i].w_be[word]), 0, (uint8_t)(1 + 2 * word));
		}
		end(p, TC_ACT_SHOT);
	}
	end(p, TC_ACT_UNSPEC);
}

static void write_program(struct program *p, const struct sl_ip *addresses, unsigned int n, unsigned int n_v4)
{
	load(p, BPF_H, TYPE);
	compare(p, ETH_P_ARP, 0, 2);
	load(p, BPF_W, ARP_TARGET);
	put(p, BPF_JMP | BPF_JA, 3, 0, 0);
	compare(p, ETH_P_IP, 1, 0);
	put(p, BPF_JMP | BPF_JA, 2 + n_v4 * EACH_V4, 0, 0);
	load(p, BPF_W, V4_TO);
	match_v4(p, addresses, n);

	compare(p, ETH_P_IPV6, 1, 0);
	end(p, TC_ACT_UNSPEC);
	load(p, BPF_B, V6_NEXT);
	compare(p, ICMP6, 0, 6);
	load(p, BPF_B, ICMP_TYPE);
	compare(p, ADVERTISEMENT, 0, 1); /* answers what the kernel has asked by the link-local address, which both may have */
	end(p, TC_ACT_UNSPEC);
	compare(p, SOLICITATION, 0, 2); /* it goes to a group */
	put(p, BPF_LDX | BPF_IMM, ND_TARGET, 0, 0);
	put(p, BPF_JMP | BPF_JA, 1, 0, 0);
	put(p, BPF_LDX | BPF_IMM, V6_TO, 0, 0);
	match_v6(p, addresses, n);
}

static int mute(int fd, const char *name, const struct sl_ip *addresses, unsigned int n)
{
	struct program p = { 0 };
	unsigned int n_v4 = 0;

	for (unsigned int i = 0; i < n; i++)
		n_v4 += sl_ip_is_v4(&addresses[i]);
	unsigned int room = FIXED + n_v4 * EACH_V4 + (n - n_v4) * EACH_V6;
	if (room > BPF_MAXINSNS)
		return -E2BIG;
	p.list = calloc(room, sizeof(*p.list));
	if (p.list == NULL)
		return -ENOMEM;
	write_program(&p, addresses, n, n_v4);
	int ret = sl_netlink_ingress(fd, (int)if_nametoindex(name), p.list, p.n);
	free(p.list);
	return ret;
}

bool sl_netdev_mute(const char *name, const struct sl_ip *addresses, unsigned int n)
{
	int fd = sl_netlink_open(), ret = fd < 0 ? fd : mute(fd, name, addresses, n);

	if (ret != 0)
		sl_log_warning("%s: the kernel cannot be told to leave packets for companions to sluice, so it answers them, too: %s%s", name,
			       rte_strerror(-ret), ret == -ENOENT ? "; remedy: `modprobe -a sch_ingress cls_bpf`, then reload" : "");
	if (fd >= 0)
		close(fd);
	return ret == 0;
}

void sl_netdev_unmute(const char *name)
{
	int fd = sl_netlink_open(), index = (int)if_nametoindex(name);
	int ret = fd < 0 || index == 0 ? 0 : sl_netlink_ingress_remove(fd, index);

	if (ret != 0 && ret != -EPERM) /* who may not, has not done it either */
		sl_log_warning("%s: the kernel goes on to ignore packets for companions there: %s; remedy: tc qdisc del dev %s clsact", name,
			       rte_strerror(-ret), name);
	if (fd >= 0)
		close(fd);
}
