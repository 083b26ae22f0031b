/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP: a connection can be opened. UDP: a datagram is answered, with the bytes that are expected. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

/* Reset at the end instead of closed: neither side keeps a TIME_WAIT for each check. */
static void end_by_reset(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* What the kernel says at once is about this machine, but for a refusal or what it has just learnt from the link. */
static bool is_about_us(int error)
{
	return error != ECONNREFUSED && error != EHOSTUNREACH && error != ECONNRESET;
}

/* Connect a socket to the target. 0, or -errno and a text. */
static int open_socket(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, int type,
		       uint32_t events, char *text)
{
	struct sockaddr_storage address;
	unsigned int length = sl_probe_address(&target->ip, target->port, &address);

	probe->fd = sl_probe_socket(target, type, text);
	if (probe->fd < 0)
		return probe->fd;
	if (type == SOCK_STREAM)
		end_by_reset(probe->fd);
	if (connect(probe->fd, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS && is_about_us(errno)) {
		snprintf(text, SL_PROBE_TEXT_MAX, "cannot connect: %s", strerror(errno));
		return -errno;
	}
	int ret = sl_probe_watch(probes, probe->fd, events, SL_PROBE_OF, probe->id);
	if (ret != 0)
		snprintf(text, SL_PROBE_TEXT_MAX, "cannot watch a socket: %s", strerror(-ret));
	return ret;
}

static int error_of(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int sl_probe_tcp_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text)
{
	return open_socket(probes, probe, target, SOCK_STREAM, EPOLLOUT, text);
}

void sl_probe_tcp_look(struct sl_probes *probes, struct sl_probe *probe)
{
	int error = error_of(probe->fd);

	if (error == 0)
		sl_probe_end(probes, probe, true, "connected");
	else
		sl_probe_end(probes, probe, false, "%s", strerror(error));
}

int sl_probe_udp_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text)
{
	uint8_t data[SL_CHECK_DATA_MAX];
	int n = sl_unescape(target->health->send, data, sizeof(data));
	int ret = open_socket(probes, probe, target, SOCK_DGRAM, EPOLLIN, text);

	if (ret != 0)
		return ret;
	if (send(probe->fd, data, (size_t)n, 0) < 0 && is_about_us(errno)) {
		snprintf(text, SL_PROBE_TEXT_MAX, "cannot send: %s", strerror(errno));
		return -errno;
	}
	return 0;
}

void sl_probe_udp_look(struct sl_probes *probes, struct sl_probe *probe)
{
	uint8_t answer[65536], expected[SL_CHECK_DATA_MAX];
	ssize_t n = recv(probe->fd, answer, sizeof(answer), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		sl_probe_end(probes, probe, false, "%s", errno == ECONNREFUSED ? "port unreachable" : strerror(errno));
		return;
	}
	int wanted = probe->health->expect != NULL ? sl_unescape(probe->health->expect, expected, sizeof(expected)) : 0;
	if (wanted == 0 || memmem(answer, (size_t)n, expected, (size_t)wanted) != NULL)
		sl_probe_end(probes, probe, true, "answered");
	else
		sl_probe_end(probes, probe, false, "another answer than expected");
}
