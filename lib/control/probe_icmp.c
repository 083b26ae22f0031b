/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo requests by one raw socket of each family, opened before capabilities are dropped. The socket is nobody's in particular:
 * each request says by which interface and from which address it goes, and each answer brings back the id of the
 * backend and a token, so that no other answer, late, spoofed or to somebody else's ping, is taken for it.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <linux/icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "sluice/config/config.h"

#define ANSWERS_MAX 256

#include "probe.h"

struct echo {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t identifier, sequence;
	uint64_t token;
	uint32_t id; /* of the backend */
} __attribute__((packed));

void sl_probe_icmp_open(struct sl_probes *probes)
{
	struct icmp_filter only_replies = { .data = ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter only_replies6;

	ICMP6_FILTER_SETBLOCKALL(&only_replies6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only_replies6);
	probes->raw_fd[0] = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	probes->raw_fd[1] = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	if (probes->raw_fd[0] >= 0)
		setsockopt(probes->raw_fd[0], SOL_RAW, ICMP_FILTER, &only_replies, sizeof(only_replies));
	if (probes->raw_fd[1] >= 0)
		setsockopt(probes->raw_fd[1], IPPROTO_ICMPV6, ICMP6_FILTER, &only_replies6, sizeof(only_replies6));
}

/* From the first request under way to the last, or somebody else's pings would keep control awake. */
static void watch(struct sl_probes *probes)
{
	for (unsigned int i = 0; probes->n_icmp == 0 && i < 2; i++)
		if (probes->raw_fd[i] >= 0)
			sl_probe_watch(probes, probes->raw_fd[i], EPOLLIN, SL_PROBE_RAW, (uint32_t)probes->raw_fd[i]);
	probes->n_icmp++;
}

void sl_probe_icmp_clear(struct sl_probes *probes)
{
	probes->n_icmp--;
	for (unsigned int i = 0; probes->n_icmp == 0 && i < 2; i++)
		if (probes->raw_fd[i] >= 0)
			epoll_ctl(probes->epoll_fd, EPOLL_CTL_DEL, probes->raw_fd[i], NULL);
}

/* RFC 1071; ICMPv6's is the kernel's to make. */
static uint16_t checksum(const struct echo *echo)
{
	uint16_t words[sizeof(*echo) / 2];
	uint32_t sum = 0;

	memcpy(words, echo, sizeof(words));
	for (unsigned int i = 0; i < sizeof(words) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}
_Static_assert(sizeof(struct echo) % 2 == 0, "whole words");

/* By which interface and from which address. Returns the length of the control message. */
static size_t choose_way(const struct sl_probe_target *target, struct msghdr *message)
{
	struct cmsghdr *c = message->msg_control;
	struct in_pktinfo v4 = { .ipi_ifindex = target->device_index, .ipi_spec_dst.s_addr = sl_ip_v4_be(&target->source) };
	struct in6_pktinfo v6 = { .ipi6_ifindex = (unsigned int)target->device_index };
	bool is_v4 = sl_ip_is_v4(&target->ip);
	size_t length = is_v4 ? sizeof(v4) : sizeof(v6);

	memcpy(&v6.ipi6_addr, target->source.b, 16);
	c->cmsg_len = CMSG_LEN(length);
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	memcpy(CMSG_DATA(c), is_v4 ? (void *)&v4 : (void *)&v6, length);
	return CMSG_SPACE(length);
}

int sl_probe_icmp_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text)
{
	bool v4 = sl_ip_is_v4(&target->ip);
	struct echo echo = { .type = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST, .identifier = (uint16_t)probes->token, .id = probe->id };
	struct iovec part = { &echo, sizeof(echo) };
	struct sockaddr_storage address;
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] __attribute__((aligned(8))) = { 0 };
	struct msghdr message = { .msg_name = &address, .msg_iov = &part, .msg_iovlen = 1, .msg_control = control };
	int fd = probes->raw_fd[!v4];

	if (fd < 0) {
		snprintf(text, SL_PROBE_TEXT_MAX, "sluice started without the right to open raw sockets (CAP_NET_RAW)");
		return -EPERM;
	}
	probe->token = ++probes->token | UINT64_C(1) << 63; /* never 0, which is none */
	watch(probes);
	echo.token = probe->token;
	echo.sequence = (uint16_t)probe->token;
	if (v4)
		echo.checksum = checksum(&echo);
	message.msg_namelen = sl_probe_address(&target->ip, 0, &address);
	message.msg_controllen = choose_way(target, &message);
	if (sendmsg(fd, &message, 0) == (ssize_t)sizeof(echo))
		return 0;
	snprintf(text, SL_PROBE_TEXT_MAX, "cannot send an echo request: %s", strerror(errno));
	return -errno;
}

static void take_answer(struct sl_probes *probes, const struct sockaddr_storage *from, const struct echo *echo)
{
	struct sl_probe *probe = &probes->of[echo->id % SL_MAX_BACKENDS];
	struct sl_ip ip = from->ss_family == AF_INET ?
				  sl_ip_from_v4(((const struct sockaddr_in *)from)->sin_addr.s_addr) :
				  sl_ip_from_v6(((const struct sockaddr_in6 *)from)->sin6_addr.s6_addr);

	if (echo->id < SL_MAX_BACKENDS && probe->running && probe->type == SL_CHECK_ICMP && probe->token == echo->token &&
	    sl_ip_equal(&ip, &probe->ip))
		sl_probe_end(probes, probe, true, "answered");
}

void sl_probe_icmp_look(struct sl_probes *probes, int fd)
{
	struct sockaddr_storage from;
	socklen_t length;
	uint8_t packet[256]; /* IP header with options, and ours */
	ssize_t n;

	/* Anybody's answers come here: no more of them in a turn than leaves time for the rest. */
	for (unsigned int i = 0; i < ANSWERS_MAX; i++) {
		length = sizeof(from);
		n = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &length);
		if (n < 0)
			return;
		size_t header = from.ss_family == AF_INET ? 4u * (packet[0] & 0xf) : 0;
		struct echo echo;
		if ((size_t)n < header + sizeof(echo))
			continue;
		memcpy(&echo, packet + header, sizeof(echo));
		take_answer(probes, &from, &echo);
	}
	probes->more = true;
}
