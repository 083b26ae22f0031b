/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_byteorder.h>

#include "netlink.h"

#define ROOM 256
#define RULE_PRIORITY 1900u /* behind the host's own addresses (0), before its main table (32766) */
#define PROTOCOL 115	    /* who made a route or rule, as `ip route` shows it: none of the numbers in use */
#define PREFERENCE 0x736cu  /* of the program among an interface's filters, by which it is found again after a crash */

struct request {
	struct nlmsghdr header;
	char room[ROOM];
};

int sl_netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* A request with its fixed part, which is returned. */
static void *begin(struct request *request, uint16_t type, bool add, size_t fixed)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = NLMSG_LENGTH((uint32_t)fixed);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
	return NLMSG_DATA(&request->header);
}

static void append(struct request *request, uint16_t type, const void *data, size_t length)
{
	struct rtattr *attribute = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(length);
	if (length > 0) /* none: what it has comes behind it */
		memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_LENGTH(length);
}

static void append_ip(struct request *request, uint16_t type, const struct sl_ip *ip)
{
	if (sl_ip_is_v4(ip))
		append(request, type, &ip->w_be[3], 4);
	else
		append(request, type, ip->b, 16);
}

static int ask(int fd, const struct request *request)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char quote[1024];
	} answer;
	ssize_t n;

	if (sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	do
		n = recv(fd, &answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || answer.header.nlmsg_type != NLMSG_ERROR)
		return n < 0 ? -errno : -EPROTO;
	return answer.error.error;
}

/* Adding what is there, and removing what is not, is done already. */
static int change(int fd, const struct request *request, bool add)
{
	int ret = ask(fd, request);

	if (add ? ret == -EEXIST : ret == -EADDRNOTAVAIL || ret == -ESRCH || ret == -ENOENT || ret == -ENODEV)
		return 0;
	return ret;
}

static uint8_t family_of(const struct sl_ip *ip)
{
	return sl_ip_is_v4(ip) ? AF_INET : AF_INET6;
}

/* Length in the prefix's own family. */
static uint8_t length_of(const struct sl_prefix *prefix)
{
	return sl_ip_is_v4(&prefix->ip) ? prefix->len - 96 : prefix->len;
}

int sl_netlink_address(int fd, bool add, int index, const struct sl_prefix *address)
{
	struct request request;
	struct ifaddrmsg *m = begin(&request, add ? RTM_NEWADDR : RTM_DELADDR, add, sizeof(*m));

	m->ifa_family = family_of(&address->ip);
	m->ifa_prefixlen = length_of(address);
	m->ifa_flags = IFA_F_PERMANENT;
	if (!sl_ip_is_v4(&address->ip)) /* who has the address on the link is seen already (announce.h) */
		m->ifa_flags |= IFA_F_NODAD;
	m->ifa_scope = sl_ip_is_link_local(&address->ip) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	m->ifa_index = (uint32_t)index;
	append_ip(&request, IFA_LOCAL, &address->ip);
	append_ip(&request, IFA_ADDRESS, &address->ip);
	return change(fd, &request, add);
}

int sl_netlink_route(int fd, bool add, int index, uint32_t table, const struct sl_prefix *prefix, const struct sl_ip *via)
{
	struct request request;
	struct rtmsg *m = begin(&request, add ? RTM_NEWROUTE : RTM_DELROUTE, add, sizeof(*m));
	uint32_t interface = (uint32_t)index;
	bool on_link = sl_ip_is_zero(via);

	m->rtm_family = family_of(&prefix->ip);
	m->rtm_dst_len = length_of(prefix);
	m->rtm_protocol = PROTOCOL;
	m->rtm_scope = on_link && m->rtm_family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	m->rtm_type = RTN_UNICAST;
	m->rtm_flags = on_link ? 0 : RTNH_F_ONLINK; /* the configuration has been checked: it is */
	append_ip(&request, RTA_DST, &prefix->ip);
	append(&request, RTA_TABLE, &table, sizeof(table));
	append(&request, RTA_OIF, &interface, sizeof(interface));
	if (!on_link)
		append_ip(&request, RTA_GATEWAY, via);
	return change(fd, &request, add);
}

int sl_netlink_rule(int fd, bool add, uint32_t table, const struct sl_ip *from)
{
	struct request request;
	struct fib_rule_hdr *m = begin(&request, add ? RTM_NEWRULE : RTM_DELRULE, add, sizeof(*m));
	uint32_t priority = RULE_PRIORITY;
	uint8_t protocol = PROTOCOL;

	m->family = family_of(from);
	m->src_len = m->family == AF_INET ? 32 : 128;
	m->action = FR_ACT_TO_TBL;
	append_ip(&request, FRA_SRC, from);
	append(&request, FRA_TABLE, &table, sizeof(table));
	append(&request, FRA_PRIORITY, &priority, sizeof(priority));
	append(&request, FRA_PROTOCOL, &protocol, sizeof(protocol));
	return change(fd, &request, add);
}

/* ---- what an interface receives ---- */

/* An interface's point for filters of what it receives or sends. A qdisc "ingress" of others' does, too: it has the same handle. */
static struct tcmsg *begin_tc(struct request *request, uint16_t type, bool add, int index, uint32_t parent)
{
	struct tcmsg *m = begin(request, type, add, sizeof(*m));

	m->tcm_family = AF_UNSPEC;
	m->tcm_ifindex = index;
	m->tcm_parent = parent;
	return m;
}

static int change_clsact(int fd, bool add, int index)
{
	struct request request;
	struct tcmsg *m = begin_tc(&request, add ? RTM_NEWQDISC : RTM_DELQDISC, add, index, TC_H_CLSACT);

	m->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	if (add)
		append(&request, TCA_KIND, "clsact", sizeof("clsact"));
	return change(fd, &request, add);
}

static void name_program(struct tcmsg *m)
{
	m->tcm_info = TC_H_MAKE(PREFERENCE << 16, RTE_BE16(ETH_P_ALL));
}

int sl_netlink_ingress(int fd, int index, const struct sock_filter *program, uint16_t n)
{
	uint32_t flags = TCA_BPF_FLAG_ACT_DIRECT;
	size_t bytes = n * sizeof(*program);
	int ret = change_clsact(fd, true, index);

	if (ret != 0)
		return ret;
	struct request *request = malloc(sizeof(*request) + bytes);
	if (request == NULL)
		return -ENOMEM;
	struct tcmsg *m = begin_tc(request, RTM_NEWTFILTER, true, index, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS));
	name_program(m);
	m->tcm_handle = 1;
	request->header.nlmsg_flags &= (uint16_t)~NLM_F_EXCL; /* exchanged at once */
	append(request, TCA_KIND, "bpf", sizeof("bpf"));
	struct rtattr *options = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
	append(request, TCA_OPTIONS, NULL, 0);
	append(request, TCA_BPF_OPS_LEN, &n, sizeof(n));
	append(request, TCA_BPF_OPS, program, bytes);
	append(request, TCA_BPF_FLAGS, &flags, sizeof(flags));
	options->rta_len = (uint16_t)((char *)request + request->header.nlmsg_len - (char *)options);
	ret = ask(fd, request);
	free(request);
	return ret;
}

/* Number of filters that are left, or -errno. */
static int count_filters(int fd, int index, uint32_t parent)
{
	struct request request;
	char answers[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	int count = 0;

	begin_tc(&request, RTM_GETTFILTER, false, index, parent);
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = recv(fd, answers, sizeof(answers), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPROTO;
		size_t left = (size_t)n;
		for (const struct nlmsghdr *h = (void *)answers; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return count;
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			count += h->nlmsg_type == RTM_NEWTFILTER;
		}
	}
}

int sl_netlink_ingress_remove(int fd, int index)
{
	struct request request;
	uint32_t in = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), out = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);

	name_program(begin_tc(&request, RTM_DELTFILTER, false, index, in));
	int ret = ask(fd, &request);
	if (ret != 0) /* none, and no place for any */
		return ret == -ENOENT || ret == -EINVAL || ret == -ENODEV ? 0 : ret;
	if (count_filters(fd, index, in) == 0 && count_filters(fd, index, out) == 0)
		return change_clsact(fd, false, index);
	return 0;
}
