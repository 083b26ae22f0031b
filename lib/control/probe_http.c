/* SPDX-License-Identifier: BSD-3-Clause */
/* A request over HTTP/1.1 by curl's multi interface: it says which sockets to watch, and when it wants to be called. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

#include "probe.h"

#define BODY_MAX (64u * 1024)
#define NS_PER_MS 1000000ull

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct sl_probes *probes = arg;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);

	if (what == CURL_POLL_REMOVE)
		epoll_ctl(probes->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	else
		sl_probe_watch(probes, fd, events, SL_PROBE_CURL, (uint32_t)fd);
	return 0;
}

/* Called by curl from within the calls below; the time is that of the last of them. */
static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct sl_probes *probes = arg;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t now_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
	probes->curl_ns = ms < 0 ? UINT64_MAX : now_ns + (uint64_t)ms * NS_PER_MS;
	return 0;
}

static int open_multi(struct sl_probes *probes)
{
	if (probes->multi != NULL)
		return 0;
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
		return -ENOMEM;
	probes->multi = curl_multi_init();
	if (probes->multi == NULL)
		return -ENOMEM;
	curl_multi_setopt(probes->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(probes->multi, CURLMOPT_SOCKETDATA, probes);
	curl_multi_setopt(probes->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(probes->multi, CURLMOPT_TIMERDATA, probes);
	return 0;
}

/* curl connects a socket that is bound already; it closes it, too. */
static curl_socket_t give_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct sl_probe *probe = arg;
	int fd = probe->fd;

	probe->fd = -1;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct sl_probe *probe = arg;
	size_t room = BODY_MAX - probe->body_length, take = RTE_MIN(n, room);

	if (probe->body != NULL) {
		memcpy(probe->body + probe->body_length, data, take);
		probe->body_length += (unsigned int)take;
	}
	return n; /* what is behind is read, but not looked at */
}

static void set_url(struct sl_probe *probe, const struct sl_probe_target *target)
{
	char url[1200], ip[SL_IP_STRLEN];
	bool v4 = sl_ip_is_v4(&target->ip);

	snprintf(url, sizeof(url), "http://%s%s%s:%u%s", v4 ? "" : "[", sl_ip_format(&target->ip, ip), v4 ? "" : "]", target->port,
		 target->health->path);
	curl_easy_setopt(probe->easy, CURLOPT_URL, url);
	curl_easy_setopt(probe->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(probe->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(probe->easy, CURLOPT_PROTOCOLS_STR, "http");
}

static int set_options(struct sl_probe *probe, const struct sl_probe_target *target)
{
	char host[300];

	set_url(probe, target);
	curl_easy_setopt(probe->easy, CURLOPT_PRIVATE, probe);
	curl_easy_setopt(probe->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(probe->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(probe->easy, CURLOPT_USERAGENT, "sluice-health");
	curl_easy_setopt(probe->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(probe->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(probe->easy, CURLOPT_HTTP09_ALLOWED, 0L);
	/* Version 1: who takes version 2 takes it as well, and tells them apart by the first byte. */
	curl_easy_setopt(probe->easy, CURLOPT_HAPROXYPROTOCOL, (long)target->proxy_header);
	curl_easy_setopt(probe->easy, CURLOPT_OPENSOCKETFUNCTION, give_socket);
	curl_easy_setopt(probe->easy, CURLOPT_OPENSOCKETDATA, probe);
	curl_easy_setopt(probe->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(probe->easy, CURLOPT_WRITEDATA, probe);
	if (target->health->body != NULL && (probe->body = malloc(BODY_MAX)) == NULL)
		return -ENOMEM;
	probe->headers = curl_slist_append(NULL, "Connection: close");
	if (probe->headers != NULL && target->health->host != NULL) {
		snprintf(host, sizeof(host), "Host: %s", target->health->host);
		if (curl_slist_append(probe->headers, host) == NULL)
			return -ENOMEM;
	}
	curl_easy_setopt(probe->easy, CURLOPT_HTTPHEADER, probe->headers);
	return probe->headers == NULL ? -ENOMEM : 0;
}

int sl_probe_http_begin(struct sl_probes *probes, struct sl_probe *probe, const struct sl_probe_target *target, char *text)
{
	snprintf(text, SL_PROBE_TEXT_MAX, "out of memory");
	if (open_multi(probes) != 0)
		return -ENOMEM;
	probe->fd = sl_probe_socket(target, SOCK_STREAM, text);
	if (probe->fd < 0)
		return probe->fd;
	snprintf(text, SL_PROBE_TEXT_MAX, "out of memory");
	probe->easy = curl_easy_init();
	if (probe->easy == NULL || set_options(probe, target) != 0)
		return -ENOMEM;
	return curl_multi_add_handle(probes->multi, probe->easy) == CURLM_OK ? 0 : -ENOMEM;
}

static void judge(struct sl_probes *probes, struct sl_probe *probe, CURLcode code)
{
	const struct sl_config_health *health = probe->health;
	long status = 0, error = 0;

	curl_easy_getinfo(probe->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(probe->easy, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_COULDNT_CONNECT && error != 0)
		sl_probe_end(probes, probe, false, "%s", strerror((int)error));
	else if (code != CURLE_OK)
		sl_probe_end(probes, probe, false, "%s", curl_easy_strerror(code));
	else if (!sl_status_list_has(health->status, status))
		sl_probe_end(probes, probe, false, "HTTP status %ld", status);
	else if (health->body != NULL && memmem(probe->body, probe->body_length, health->body, strlen(health->body)) == NULL)
		sl_probe_end(probes, probe, false, "HTTP status %ld, without the text in its body", status);
	else
		sl_probe_end(probes, probe, true, "HTTP status %ld", status);
}

static void look_at_ends(struct sl_probes *probes)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(probes->multi, &left)) != NULL) {
		char *probe = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &probe);
		judge(probes, (struct sl_probe *)(void *)probe, message->data.result);
	}
}

void sl_probe_http_look(struct sl_probes *probes, int fd, uint32_t events)
{
	int flags = (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		    (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
	int running;

	curl_multi_socket_action(probes->multi, fd, flags, &running);
	look_at_ends(probes);
}

void sl_probe_http_run(struct sl_probes *probes, uint64_t now_ns)
{
	int running;

	if (probes->multi == NULL || now_ns < probes->curl_ns)
		return;
	probes->curl_ns = UINT64_MAX;
	curl_multi_socket_action(probes->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_at_ends(probes);
}

void sl_probe_http_clear(struct sl_probes *probes, struct sl_probe *probe)
{
	curl_multi_remove_handle(probes->multi, probe->easy);
	curl_easy_cleanup(probe->easy);
	curl_slist_free_all(probe->headers);
	free(probe->body);
}

void sl_probe_http_fini(struct sl_probes *probes)
{
	if (probes->multi == NULL)
		return;
	curl_multi_cleanup(probes->multi);
	curl_global_cleanup();
}
