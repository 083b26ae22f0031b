/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes with real sockets, on the loopback of a network namespace of the test's own: servers that answer well, badly, late or not
 * at all. Needs CAP_NET_ADMIN; skipped without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/control/probe.h"

#define TIMEOUT_MS 400	/* where none comes */
#define PATIENCE_MS 10000 /* for an answer that comes */

static struct {
	bool possible;
	struct sl_probes probes;
	unsigned int n, n_failed;	/* probes that have ended */
	struct sl_probe_result last;
	uint16_t last_id;
} test;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void on_end(void *arg, uint16_t id, const struct sl_probe_result *result)
{
	assert_ptr_equal(arg, &test);
	test.n++;
	test.n_failed += !result->passed;
	test.last = *result;
	test.last_id = id;
}

/* ---- servers ---- */

/* Answers each connection with the text, or each datagram; closes after it. NULL: never answers. */
struct server {
	int fd;
	uint16_t port;
	const char *answer;
	char request[1024];
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *server = arg;
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	int type, fd;

	getsockopt(server->fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) });
	if (type == SOCK_DGRAM) {
		while (recvfrom(server->fd, server->request, sizeof(server->request) - 1, 0, (struct sockaddr *)&from, &length) > 0)
			if (server->answer != NULL)
				sendto(server->fd, server->answer, strlen(server->answer), 0, (struct sockaddr *)&from, length);
		return NULL;
	}
	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		ssize_t n = recv(fd, server->request, sizeof(server->request) - 1, 0);
		server->request[n > 0 ? n : 0] = '\0';
		/* behind a PROXY header the request may come on its own */
		if (n > 0 && strncmp(server->request, "PROXY", 5) == 0 && strstr(server->request, "\r\n\r\n") == NULL) {
			ssize_t more = recv(fd, server->request + n, sizeof(server->request) - 1 - (size_t)n, 0);
			server->request[n + (more > 0 ? more : 0)] = '\0';
		}
		if (server->answer != NULL && send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL) > 0)
			shutdown(fd, SHUT_WR);
		if (server->answer == NULL) /* until the other side has had enough */
			while (recv(fd, &(char){ 0 }, 1, 0) > 0)
				;
		close(fd);
	}
	return NULL;
}

static void start(struct server *server, int type, const char *ip, const char *answer)
{
	struct sockaddr_storage address;
	struct sl_ip parsed;
	socklen_t length = sizeof(address);

	assert_int_equal(sl_ip_parse(ip, &parsed), 0);
	unsigned int n = sl_probe_address(&parsed, 0, &address);
	*server = (struct server){ .fd = socket(address.ss_family, type, 0), .answer = answer };
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, n), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(server->fd, 1024), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
	server->port = rte_be_to_cpu_16(((struct sockaddr_in *)&address)->sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
}

/* ---- asking ---- */

static struct sl_probe_target target(const struct sl_config_health *health, const char *ip, uint16_t port)
{
	struct sl_probe_target made = { .health = health, .port = port, .device = "lo", .device_index = (int)if_nametoindex("lo") };

	assert_int_equal(sl_ip_parse(ip, &made.ip), 0);
	made.source = made.ip;
	return made;
}

static void wait_for(unsigned int n)
{
	uint64_t end = now_ns() + 2 * PATIENCE_MS * UINT64_C(1000000);

	while (test.n < n && now_ns() < end) {
		struct pollfd fd = { .fd = test.probes.epoll_fd, .events = POLLIN };
		poll(&fd, 1, 5);
		sl_probes_run(&test.probes, now_ns());
	}
	assert_int_equal(test.n, n);
}

/* One probe: how it ends. */
static void ask(const struct sl_config_health *health, const char *ip, uint16_t port, bool passed, const char *text)
{
	struct sl_probe_target to = target(health, ip, port);
	char why[SL_PROBE_TEXT_MAX];

	test.n = 0;
	assert_int_equal(sl_probe_begin(&test.probes, 7, &to, now_ns(), why), 0);
	assert_int_equal(test.n, 0);
	wait_for(1);
	assert_int_equal(test.last_id, 7);
	assert_string_equal(test.last.text, text);
	assert_int_equal(test.last.passed, passed);
	assert_int_equal(test.probes.n_running, 0);
}

static uint16_t closed_port(int type, const char *ip)
{
	struct server server;

	start(&server, type, ip, NULL);
	stop(&server);
	return server.port;
}

static void tcp(void **state)
{
	struct sl_config_health health = { .type = SL_CHECK_TCP, .timeout_ms = PATIENCE_MS };
	struct server server;

	if (!test.possible)
		skip();
	for (unsigned int i = 0; i < 2; i++) {
		const char *ip = i == 0 ? "127.0.0.1" : "::1";
		start(&server, SOCK_STREAM, ip, NULL);
		ask(&health, ip, server.port, true, "connected");
		stop(&server);
		ask(&health, ip, server.port, false, "Connection refused");
	}
	/* about us, not about the backend: no route, no companion */
	struct sl_probe_target to = target(&health, "2001:db8::1", 80);
	char why[SL_PROBE_TEXT_MAX];
	assert_int_equal(sl_ip_parse("::1", &to.source), 0);
	assert_true(sl_probe_begin(&test.probes, 7, &to, now_ns(), why) < 0);
	assert_non_null(strstr(why, "cannot connect: "));
	to.device = "nowhere";
	assert_true(sl_probe_begin(&test.probes, 7, &to, now_ns(), why) < 0);
	assert_non_null(strstr(why, "cannot bind to the companion: "));
	assert_int_equal(test.probes.n_running, 0);
}

#define HTTP(status, body) "HTTP/1.1 " status "\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" body

static void http(void **state)
{
	static const struct {
		const char *answer, *status, *body;
		bool passed;
		const char *text;
	} rows[] = {
		{ HTTP("200 OK", "all is well"), "200-399", NULL, true, "HTTP status 200" },
		{ HTTP("200 OK", "all is well"), "200", "is well", true, "HTTP status 200" },
		{ HTTP("200 OK", "all is lost"), "200", "is well", false, "HTTP status 200, without the text in its body" },
		{ HTTP("200 OK", ""), "200", "is well", false, "HTTP status 200, without the text in its body" },
		{ HTTP("503 No", "is well"), "200-399", "is well", false, "HTTP status 503" },
		{ HTTP("302 There\r\nLocation: http://192.0.2.1/", ""), "200-399", NULL, true, "HTTP status 302" },
		{ HTTP("302 There\r\nLocation: http://192.0.2.1/", ""), "200-299", NULL, false, "HTTP status 302" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nis well and more", "200", "is well", true, "HTTP status 200" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\nis well", "200", "is well", false, "Transferred a partial file" },
		{ "SSH-2.0-other\r\n", "200-399", NULL, false, "Unsupported HTTP/1 subversion in response" },
		{ "", "200-399", NULL, false, "Server returned nothing (no headers, no data)" },
		{ NULL, "200-399", NULL, false, "no answer within 400 ms" },
	};
	struct sl_config_health health = { .type = SL_CHECK_HTTP, .path = "/a/../b?c=%20" };
	struct server server;

	if (!test.possible)
		skip();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *ip = i % 2 == 0 ? "127.0.0.1" : "::1";
		health.timeout_ms = rows[i].answer == NULL ? TIMEOUT_MS : PATIENCE_MS;
		health.status = (char *)(uintptr_t)rows[i].status;
		health.body = (char *)(uintptr_t)rows[i].body;
		health.host = i % 3 == 0 ? (char *)(uintptr_t)"web.test" : NULL;
		start(&server, SOCK_STREAM, ip, rows[i].answer);
		if (rows[i].answer != NULL && strncmp(rows[i].answer, "SSH", 3) == 0) {
			struct sl_probe_target to = target(&health, ip, server.port);
			test.n = 0;
			assert_int_equal(sl_probe_begin(&test.probes, 7, &to, now_ns(), (char[SL_PROBE_TEXT_MAX]){ 0 }), 0);
			wait_for(1);
			assert_false(test.last.passed); /* curl words it differently from version to version */
		} else {
			ask(&health, ip, server.port, rows[i].passed, rows[i].text);
		}
		char host[64];
		snprintf(host, sizeof(host), i % 3 == 0 ? "Host: web.test\r\n" : "Host: %s%s%s:%u\r\n", i % 2 ? "[" : "", ip,
			 i % 2 ? "]" : "", server.port);
		assert_non_null(strstr(server.request, "GET /a/../b?c=%20 HTTP/1.1\r\n"));
		assert_non_null(strstr(server.request, host));
		stop(&server);
	}
	health.timeout_ms = PATIENCE_MS;
	ask(&health, "127.0.0.1", closed_port(SOCK_STREAM, "127.0.0.1"), false, "Connection refused");
}

static void http_behind_proxy_header(void **state)
{
	struct sl_config_health health = { .type = SL_CHECK_HTTP, .timeout_ms = PATIENCE_MS, .path = "/", .status = "200" };
	const char *ips[] = { "127.0.0.1", "::1" };
	struct server server;

	if (!test.possible)
		skip();
	for (unsigned int i = 0; i < 2; i++) {
		char line[128];
		start(&server, SOCK_STREAM, ips[i], HTTP("200 OK", ""));
		struct sl_probe_target to = target(&health, ips[i], server.port);
		to.proxy_header = true;
		test.n = 0;
		assert_int_equal(sl_probe_begin(&test.probes, 7, &to, now_ns(), (char[SL_PROBE_TEXT_MAX]){ 0 }), 0);
		wait_for(1);
		assert_true(test.last.passed);
		snprintf(line, sizeof(line), "PROXY TCP%s %s %s ", i == 0 ? "4" : "6", ips[i], ips[i]);
		assert_memory_equal(server.request, line, strlen(line));
		assert_non_null(strstr(server.request, "\r\nGET / HTTP/1.1\r\n"));
		stop(&server);
	}
}

static void udp(void **state)
{
	static const struct {
		const char *answer, *expect;
		bool passed;
		const char *text;
	} rows[] = {
		{ "pong", NULL, true, "answered" },
		{ "a pong", "\\x70ong", true, "answered" },
		{ "a ping", "pong", false, "another answer than expected" },
		{ NULL, NULL, false, "no answer within 400 ms" },
	};
	struct sl_config_health health = { .type = SL_CHECK_UDP, .send = (char *)(uintptr_t)"pi\\x6eg" };
	struct server server;

	if (!test.possible)
		skip();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *ip = i % 2 == 0 ? "127.0.0.1" : "::1";
		health.timeout_ms = rows[i].answer == NULL ? TIMEOUT_MS : PATIENCE_MS;
		health.expect = (char *)(uintptr_t)rows[i].expect;
		start(&server, SOCK_DGRAM, ip, rows[i].answer);
		ask(&health, ip, server.port, rows[i].passed, rows[i].text);
		assert_string_equal(server.request, "ping");
		stop(&server);
	}
	health.timeout_ms = PATIENCE_MS;
	ask(&health, "127.0.0.1", closed_port(SOCK_DGRAM, "127.0.0.1"), false, "port unreachable");
}

static void icmp(void **state)
{
	struct sl_config_health health = { .type = SL_CHECK_ICMP, .timeout_ms = PATIENCE_MS };

	if (!test.possible)
		skip();
	ask(&health, "127.0.0.1", 0, true, "answered");
	ask(&health, "::1", 0, true, "answered");
	/* the answer to an earlier request is none to a later one */
	struct sl_probe_target to = target(&health, "127.0.0.1", 0);
	assert_int_equal(sl_probe_begin(&test.probes, 7, &to, now_ns(), (char[SL_PROBE_TEXT_MAX]){ 0 }), 0);
	sl_probe_cancel(&test.probes, 7);
	assert_int_equal(poll(&(struct pollfd){ .fd = test.probes.epoll_fd, .events = POLLIN }, 1, 50), 0); /* others ping, too */
	assert_int_equal(system("sysctl -q -w net.ipv4.icmp_echo_ignore_all=1 net.ipv6.icmp.echo_ignore_all=1"), 0);
	health.timeout_ms = TIMEOUT_MS;
	ask(&health, "127.0.0.1", 0, false, "no answer within 400 ms");
	ask(&health, "::1", 0, false, "no answer within 400 ms");
	assert_int_equal(system("sysctl -q -w net.ipv4.icmp_echo_ignore_all=0 net.ipv6.icmp.echo_ignore_all=0"), 0);
}

/* All at the same time; more than may be wait; a cancelled one tells nothing. */
static void many(void **state)
{
	struct sl_config_health health[4] = {
		{ .type = SL_CHECK_TCP, .timeout_ms = 5000 },
		{ .type = SL_CHECK_HTTP, .timeout_ms = 5000, .path = (char *)(uintptr_t)"/", .status = (char *)(uintptr_t)"200" },
		{ .type = SL_CHECK_UDP, .timeout_ms = 5000, .send = (char *)(uintptr_t)"ping" },
		{ .type = SL_CHECK_ICMP, .timeout_ms = 5000 },
	};
	struct server stream, datagram;
	char why[SL_PROBE_TEXT_MAX];

	if (!test.possible)
		skip();
	start(&stream, SOCK_STREAM, "127.0.0.1", HTTP("200 OK", ""));
	start(&datagram, SOCK_DGRAM, "127.0.0.1", "pong");
	test.n = 0;
	test.probes.most = 200;
	for (uint16_t id = 0; id < 201; id++) {
		struct sl_probe_target to = target(&health[id % 4], "127.0.0.1", id % 4 == 2 ? datagram.port : stream.port);
		assert_int_equal(sl_probe_begin(&test.probes, id, &to, now_ns(), why), id < 200 ? 0 : -EAGAIN);
	}
	assert_int_equal(test.probes.n_running, 200);
	for (uint16_t id = 0; id < 200; id += 7)
		sl_probe_cancel(&test.probes, id);
	wait_for(200 - 29);
	assert_true(test.last.passed);
	assert_int_equal(test.probes.n_running, 0);
	stop(&stream);
	stop(&datagram);
}

/* When control was busy elsewhere for longer than checks may take, answers that came meanwhile count, and those alone. */
static void late_look(void **state)
{
	struct sl_config_health health = { .type = SL_CHECK_TCP, .timeout_ms = 1000 };
	const unsigned int answered = 600;
	struct server stream, silent;
	char why[SL_PROBE_TEXT_MAX];

	if (!test.possible)
		skip();
	start(&stream, SOCK_STREAM, "127.0.0.1", NULL);
	start(&silent, SOCK_DGRAM, "127.0.0.1", NULL);
	test.n = test.n_failed = 0;
	test.probes.most = 1000;
	uint64_t begin_ns = now_ns(), turn_ns = begin_ns + UINT64_C(1100000000);
	for (uint16_t id = 0; id < answered; id++) {
		struct sl_probe_target to = target(&health, "127.0.0.1", stream.port);
		assert_int_equal(sl_probe_begin(&test.probes, id, &to, begin_ns, why), 0);
	}
	struct sl_config_health unanswered = { .type = SL_CHECK_UDP, .timeout_ms = 1000, .send = (char *)(uintptr_t)"ping" };
	struct sl_probe_target to = target(&unanswered, "127.0.0.1", silent.port);
	assert_int_equal(sl_probe_begin(&test.probes, (uint16_t)answered, &to, begin_ns, why), 0);
	while (test.n <= answered) {
		unsigned int before = test.n;
		sl_probes_run(&test.probes, turn_ns);
		assert_true(test.n > before);
	}
	assert_int_equal(test.n_failed, 1);
	assert_int_equal(test.last_id, answered);
	stop(&stream);
	stop(&silent);
}

static int set_up(void **state)
{
	test.possible = unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
	return test.possible ? sl_probes_init(&test.probes, on_end, &test) : 0;
}

static int tear_down(void **state)
{
	if (test.possible)
		sl_probes_fini(&test.probes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp), cmocka_unit_test(http), cmocka_unit_test(http_behind_proxy_header), cmocka_unit_test(udp), cmocka_unit_test(icmp), cmocka_unit_test(many),
		cmocka_unit_test(late_look),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
