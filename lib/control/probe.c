/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

#include "sluice/config/config.h"

#define MOST 2048      /* at a time */
#define EVENTS_MAX 256 /* in a turn */
#define GRACE_NS (1000 * 1000 * 1000ull) /* for answers that nobody has looked at; no more, as others can keep us busy with theirs */

/* Half the files the process may open, and it may as many as it can be given. */
static unsigned int most_at_a_time(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return MOST / 8;
	if (files.rlim_cur < 4 * MOST && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = RTE_MIN(files.rlim_max, (rlim_t)(4 * MOST));
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			getrlimit(RLIMIT_NOFILE, &files);
	}
	return (unsigned int)RTE_MIN(files.rlim_cur / 2, (rlim_t)MOST);
}

int sl_probes_init(struct sl_probes *probes, void (*ended)(void *arg, uint16_t id, const struct sl_probe_result *result), void *arg)
{
	*probes = (struct sl_probes){ .epoll_fd = -1, .raw_fd = { -1, -1 }, .next_ns = UINT64_MAX, .curl_ns = UINT64_MAX,
				      .ended = ended, .arg = arg, .most = most_at_a_time() };
	probes->of = calloc(SL_MAX_BACKENDS, sizeof(*probes->of));
	if (probes->of == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < SL_MAX_BACKENDS; i++)
		probes->of[i].fd = -1;
	if (getentropy(&probes->token, sizeof(probes->token)) != 0)
		return -errno;
	probes->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (probes->epoll_fd < 0)
		return -errno;
	sl_probe_icmp_open(probes);
	return 0;
}

static void give_back(struct sl_probes *probes, struct sl_probe *probe)
{
	if (probe->easy != NULL)
		sl_probe_http_clear(probes, probe);
	if (probe->token != 0)
		sl_probe_icmp_clear(probes);
	if (probe->fd >= 0)
		close(probe->fd);
	probes->n_running -= probe->running;
	*probe = (struct sl_probe){ .fd = -1 };
}

void sl_probes_fini(struct sl_probes *probes)
{
	for (unsigned int i = 0; probes->of != NULL && i < SL_MAX_BACKENDS; i++)
		give_back(probes, &probes->of[i]);
	sl_probe_http_fini(probes);
	for (unsigned int i = 0; i < 2; i++)
		if (probes->raw_fd[i] >= 0)
			close(probes->raw_fd[i]);
	if (probes->epoll_fd >= 0)
		close(probes->epoll_fd);
	free(probes->of);
}

void sl_probe_end(struct sl_probes *probes, struct sl_probe *probe, bool passed, const char *fmt, ...)
{
	struct sl_probe_result result = { .passed = passed };
	uint16_t id = probe->id;
	va_list args;

	va_start(args, fmt);
	vsnprintf(result.text, sizeof(result.text), fmt, args);
	va_end(args);
	give_back(probes, probe);
	probes->ended(probes->arg, id, &result);
}

void sl_probe_cancel(struct sl_probes *probes, uint16_t id)
{
	if (probes->of[id].running)
		give_back(probes, &probes->of[id]);
}

unsigned int sl_probe_address(const struct sl_ip *ip, uint16_t port, void *address)
{
	struct sockaddr_in *v4 = address;
	struct sockaddr_in6 *v6 = address;

	memset(address, 0, sizeof(struct sockaddr_storage));
	if (sl_ip_is_v4(ip)) {
		v4->sin_family = AF_INET;
		v4->sin_port = rte_cpu_to_be_16(port);
		v4->sin_addr.s_addr = sl_ip_v4_be(ip);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = rte_cpu_to_be_16(port);
	memcpy(&v6->sin6_addr, ip->b, 16);
	return sizeof(*v6);
}

int sl_probe_watch(struct sl_probes *probes, int fd, uint32_t events, enum sl_probe_source source, uint32_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = (uint64_t)source << 32 | data };

	if (epoll_ctl(probes->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return errno == EEXIST && epoll_ctl(probes->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : -errno;
}

static int refuse(int fd, const char *what, char text[SL_PROBE_TEXT_MAX])
{
	int error = errno;

	snprintf(text, SL_PROBE_TEXT_MAX, "%s: %s", what, strerror(error));
	if (fd >= 0)
		close(fd);
	return -error;
}

int sl_probe_socket(const struct sl_probe_target *target, int type, char text[SL_PROBE_TEXT_MAX])
{
	struct sockaddr_storage source;
	unsigned int length = sl_probe_address(&target->source, 0, &source);
	int fd = socket(source.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return refuse(fd, "no socket", text);
	/* Before the address: a bound socket needs CAP_NET_RAW for it. */
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, target->device, (socklen_t)strlen(target->device) + 1) != 0)
		return refuse(fd, "cannot bind to the companion", text);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)); /* the port is chosen when the target is known */
	if (bind(fd, (const struct sockaddr *)&source, length) != 0)
		return refuse(fd, "cannot bind to the interface's address", text);
	return fd;
}

static int begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text)
{
	switch (target->health->type) {
	case SL_CHECK_TCP:
		return sl_probe_tcp_begin(probes, probe, target, text);
	case SL_CHECK_HTTP:
		return sl_probe_http_begin(probes, probe, target, text);
	case SL_CHECK_UDP:
		return sl_probe_udp_begin(probes, probe, target, text);
	case SL_CHECK_ICMP:
		return sl_probe_icmp_begin(probes, probe, target, text);
	case SL_CHECK_NONE:
		break;
	}
	return -EINVAL;
}

int sl_probe_begin(struct sl_probes *probes, uint16_t id, const struct sl_probe_target *target, uint64_t now_ns,
		   char text[SL_PROBE_TEXT_MAX])
{
	struct sl_probe *probe = &probes->of[id];

	if (probes->n_running >= probes->most)
		return -EAGAIN;
	*probe = (struct sl_probe){ .running = true, .id = id, .type = (uint8_t)target->health->type, .fd = -1, .health = target->health,
				    .ip = target->ip, .deadline_ns = now_ns + target->health->timeout_ms * UINT64_C(1000000) };
	probes->n_running++;
	int ret = begin(probes, probe, target, text);
	if (ret != 0) {
		give_back(probes, probe);
		return ret == -EAGAIN ? -EBUSY : ret;
	}
	probes->next_ns = RTE_MIN(probes->next_ns, probe->deadline_ns);
	return 0;
}

static void look(struct sl_probes *probes, const struct epoll_event *event)
{
	uint32_t data = (uint32_t)event->data.u64;
	struct sl_probe *probe = &probes->of[data % SL_MAX_BACKENDS];

	switch ((enum sl_probe_source)(event->data.u64 >> 32)) {
	case SL_PROBE_OF: /* one that has ended since is none; none begins before all events were looked at */
		if (probe->running && probe->type == SL_CHECK_TCP)
			sl_probe_tcp_look(probes, probe);
		else if (probe->running)
			sl_probe_udp_look(probes, probe);
		break;
	case SL_PROBE_RAW:
		sl_probe_icmp_look(probes, (int)data);
		break;
	case SL_PROBE_CURL:
		sl_probe_http_look(probes, (int)data, event->events);
		break;
	}
}

static void expire(struct sl_probes *probes, uint64_t now_ns)
{
	probes->next_ns = UINT64_MAX;
	for (unsigned int i = 0; i < SL_MAX_BACKENDS; i++) {
		struct sl_probe *probe = &probes->of[i];
		if (!probe->running)
			continue;
		if (now_ns >= probe->deadline_ns)
			sl_probe_end(probes, probe, false, "no answer within %u ms", probe->health->timeout_ms);
		else
			probes->next_ns = RTE_MIN(probes->next_ns, probe->deadline_ns);
	}
}

uint64_t sl_probes_run(struct sl_probes *probes, uint64_t now_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int n = probes->n_running > 0 ? epoll_wait(probes->epoll_fd, events, EVENTS_MAX, 0) : 0;

	probes->more = n == EVENTS_MAX;
	for (int i = 0; i < n; i++)
		look(probes, &events[i]);
	sl_probe_http_run(probes, now_ns);
	/* An answer that waits is one, however late this turn is. */
	uint64_t late_ns = probes->more ? GRACE_NS : 0;
	if (now_ns >= probes->next_ns + late_ns)
		expire(probes, now_ns - late_ns);
	if (probes->more)
		return now_ns;
	return RTE_MIN(probes->next_ns, probes->curl_ns);
}
