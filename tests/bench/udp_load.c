/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP load for scripts/bench: datagrams that come back from an echo server, at a rate or as many as may be under way.
 *
 *   udp_load echo PORT
 *   udp_load send ADDRESS PORT [--rate PPS | --window N] [--seconds S] [--size BYTES] [--flows N] [--wait S]
 *
 * Each datagram carries its number and the moment at which it was due, not the one at which it left, so that a sender that was held
 * up does not hide what waited (coordinated omission). Result: one line of JSON. Its own limit is what it reports without a
 * gateway between: on one core shared with the echo server about 150,000 round trips a second.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define ROOM 9000
#define FLOWS_MAX 4096
#define HEADERS 42	     /* Ethernet, IPv4, UDP: --size is that of the frame */
#define LATE_NS 200000000ULL /* closed loop: a place in the window is given up */
#define SUB 32		     /* buckets of the histogram for each power of two: 3 % wide */

struct stamp {
	uint64_t number, due_ns;
};

struct load {
	int epoll, sockets[FLOWS_MAX];
	unsigned int flows, size, window;
	double rate, seconds, wait; /* seconds after the last that has come back: what has not by then is lost */
	uint64_t sent, received, reordered, highest, not_taken;
	uint64_t histogram[64 * SUB];
	uint64_t max_ns;
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	struct sockaddr_storage from[BATCH];
	char rooms[BATCH][ROOM];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "udp_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void prepare(struct load *l, size_t length, bool with_from)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		l->pieces[i] = (struct iovec){ l->rooms[i], length };
		l->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &l->pieces[i], .msg_iovlen = 1 };
		if (with_from) {
			l->messages[i].msg_hdr.msg_name = &l->from[i];
			l->messages[i].msg_hdr.msg_namelen = sizeof(l->from[i]);
		}
	}
}

static void large_buffers(int fd)
{
	int bytes = 8 << 20;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static _Noreturn void echo(struct load *l, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE }, *at;

	if (getaddrinfo(NULL, port, &hints, &at) != 0)
		die(port);
	int fd = socket(at->ai_family, SOCK_DGRAM, 0), off = 0;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) < 0)
		die("bind");
	large_buffers(fd);
	for (;;) {
		prepare(l, ROOM, true);
		int n = recvmmsg(fd, l->messages, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			l->pieces[i].iov_len = l->messages[i].msg_len;
		for (int done = 0, more; done < n; done += more) {
			more = sendmmsg(fd, l->messages + done, (unsigned int)(n - done), 0);
			if (more <= 0)
				break;
		}
	}
}

static void count(struct load *l, uint64_t ns)
{
	unsigned int power = ns < SUB ? 0 : 63 - (unsigned int)__builtin_clzll(ns) - 4;
	uint64_t sub = ns < SUB ? ns : (ns >> (power - 1)) - SUB;

	l->histogram[power * SUB + sub]++;
	if (ns > l->max_ns)
		l->max_ns = ns;
}

static double quantile_us(const struct load *l, double q)
{
	uint64_t seen = 0, want = (uint64_t)ceil(q * (double)l->received);

	for (unsigned int i = 0; i < 64 * SUB; i++) {
		seen += l->histogram[i];
		if (seen >= want && seen > 0) {
			unsigned int power = i / SUB, sub = i % SUB;
			double low = power == 0 ? sub : ldexp(SUB + sub, (int)power - 1);
			return low / 1000;
		}
	}
	return 0;
}

static void receive(struct load *l, int timeout_ms)
{
	struct epoll_event events[BATCH];
	int n = epoll_wait(l->epoll, events, BATCH, timeout_ms);

	for (int i = 0; i < n; i++) {
		prepare(l, ROOM, false);
		int got = recvmmsg(events[i].data.fd, l->messages, BATCH, MSG_DONTWAIT, NULL);
		uint64_t now = now_ns();
		for (int j = 0; j < got; j++) {
			struct stamp stamp;
			memcpy(&stamp, l->rooms[j], sizeof(stamp));
			count(l, now - stamp.due_ns);
			l->received++;
			l->reordered += stamp.number < l->highest && l->flows == 1;
			if (stamp.number > l->highest)
				l->highest = stamp.number;
		}
	}
}

/* So many more, each with the moment it was due; batches go to the flows in turn. */
static void send_some(struct load *l, uint64_t want, uint64_t begin_ns)
{
	while (want > 0) {
		unsigned int n = want < BATCH ? (unsigned int)want : BATCH;
		int fd = l->sockets[l->sent / BATCH % l->flows];
		prepare(l, l->size - HEADERS, false);
		for (unsigned int i = 0; i < n; i++) {
			uint64_t number = l->sent + i;
			uint64_t due = l->rate > 0 ? begin_ns + (uint64_t)((double)number * 1e9 / l->rate) : now_ns();
			struct stamp stamp = { number, due };
			memcpy(l->rooms[i], &stamp, sizeof(stamp));
		}
		int sent = sendmmsg(fd, l->messages, n, MSG_DONTWAIT);
		if (sent <= 0) {
			l->not_taken++; /* no room in the kernel, or an ICMP error */
			return;
		}
		l->sent += (uint64_t)sent;
		want -= (uint64_t)sent;
	}
}

static void run(struct load *l)
{
	uint64_t begin = now_ns(), end = begin + (uint64_t)(l->seconds * 1e9), now, lost = 0, stirred = begin, before = 0;

	while ((now = now_ns()) < end) {
		uint64_t want;
		if (l->rate > 0) {
			uint64_t due = (uint64_t)((double)(now - begin) * l->rate / 1e9);
			want = due > l->sent ? due - l->sent : 0;
			want = want > BATCH ? BATCH : want; /* look for answers in between */
		} else {
			if (l->received != before) {
				before = l->received;
				stirred = now;
			} else if (now - stirred > LATE_NS) {
				lost = l->sent - l->received;
				stirred = now;
			}
			uint64_t under_way = l->sent - l->received - lost;
			want = under_way < l->window ? l->window - under_way : 0;
		}
		send_some(l, want, begin);
		receive(l, 0);
	}
	double took = (double)(now - begin) / 1e9;
	uint64_t in_time = l->received;
	for (uint64_t last = now_ns(), seen = l->received; l->received < l->sent && now_ns() - last < l->wait * 1e9;) {
		receive(l, 10);
		if (l->received != seen) {
			seen = l->received;
			last = now_ns();
		}
	}
	printf("{\"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"lost\": %" PRId64 ", \"reordered\": %" PRIu64
	       ", \"not_taken\": %" PRIu64 ", \"seconds\": %.3f, \"sent_pps\": %.0f, \"received_pps\": %.0f, \"p50_us\": %.1f, \"p90_us\": %.1f, "
	       "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f}\n",
	       l->sent, l->received, (int64_t)(l->sent - l->received), l->reordered, l->not_taken, took, (double)l->sent / took,
	       (double)in_time / took, quantile_us(l, .5), quantile_us(l, .9), quantile_us(l, .99), quantile_us(l, .999),
	       (double)l->max_ns / 1000);
}

static void connect_all(struct load *l, const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *to;

	if (getaddrinfo(address, port, &hints, &to) != 0)
		die(address);
	l->epoll = epoll_create1(0);
	for (unsigned int i = 0; i < l->flows; i++) {
		int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
		if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0)
			die(address);
		large_buffers(fd);
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event);
		l->sockets[i] = fd;
	}
	freeaddrinfo(to);
}

static int usage(void)
{
	fprintf(stderr, "usage: udp_load echo PORT\n       udp_load send ADDRESS PORT [--rate PPS | --window N] [--seconds S] "
			"[--size BYTES] [--flows N] [--wait S]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct load *l = calloc(1, sizeof(*l));

	if (l == NULL)
		die("memory");
	if (argc == 3 && strcmp(argv[1], "echo") == 0)
		echo(l, argv[2]);
	if (argc < 4 || strcmp(argv[1], "send") != 0)
		return usage();
	l->flows = 1;
	l->size = 64;
	l->window = 256;
	l->seconds = 1;
	l->wait = 0.3;
	for (int i = 4; i < argc; i += 2) {
		char *end = NULL;
		double value = i + 1 < argc ? strtod(argv[i + 1], &end) : 0;
		if (value <= 0 || *end != '\0')
			return usage();
		if (strcmp(argv[i], "--rate") == 0)
			l->rate = value;
		else if (strcmp(argv[i], "--window") == 0)
			l->window = (unsigned int)value;
		else if (strcmp(argv[i], "--seconds") == 0)
			l->seconds = value;
		else if (strcmp(argv[i], "--wait") == 0)
			l->wait = value;
		else if (strcmp(argv[i], "--size") == 0)
			l->size = (unsigned int)value;
		else if (strcmp(argv[i], "--flows") == 0)
			l->flows = (unsigned int)value;
		else
			return usage();
	}
	if (l->size < HEADERS + sizeof(struct stamp) || l->size > ROOM || l->flows > FLOWS_MAX)
		return usage();
	connect_all(l, argv[2], argv[3]);
	run(l);
	free(l);
	return 0;
}
