/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket's transport: real sockets, virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../lib/control/server.h"

#define S 1000000000ull
#define NEVER UINT64_MAX

/* What the callbacks saw. Requests "later" are answered by the test, "big N" by so many bytes, "bye" by hanging up; others by
 * themselves. */
static struct {
	char path[64];
	struct sl_server *server;
	uint64_t now_ns;
	unsigned int requests, gone;
	char last[64];
	size_t last_length;
	struct sl_client *later;
} t;

static void request(void *arg, struct sl_client *client, char *text, size_t length)
{
	assert_ptr_equal(arg, &t);
	assert_int_equal(strlen(text), length);
	t.requests++;
	snprintf(t.last, sizeof(t.last), "%s", text);
	t.last_length = length;
	if (strcmp(text, "later") == 0) {
		t.later = client;
	} else if (strncmp(text, "big ", 4) == 0) {
		size_t n = strtoul(text + 4, NULL, 10);
		char *reply = malloc(n + 1);
		memset(reply, 'x', n);
		reply[n] = '\0';
		sl_client_reply(client, reply);
	} else if (strcmp(text, "bye") == 0) {
		sl_client_reply(client, NULL);
	} else {
		sl_client_reply(client, strdup(text));
	}
}

static void gone(void *arg, struct sl_client *client)
{
	assert_ptr_equal(client, t.later);
	t.later = NULL;
	t.gone++;
}

static char *complaint(void *arg, const char *what)
{
	return strdup(what);
}

static const struct sl_server_ops ops = { .request = request, .gone = gone, .complaint = complaint };

static struct sl_server *create(struct sl_problems *problems)
{
	return sl_server_create(t.path, &ops, &t, problems);
}

static int set_up(void **state)
{
	struct sl_problems problems;

	memset(&t, 0, sizeof(t));
	t.now_ns = 1000 * S;
	snprintf(t.path, sizeof(t.path), "/tmp/sluice-test-server-%d", (int)getpid());
	sl_problems_init(&problems);
	t.server = create(&problems);
	assert_non_null(t.server);
	assert_int_equal(problems.count, 0);
	return 0;
}

static int tear_down(void **state)
{
	sl_server_destroy(t.server);
	assert_int_equal(access(t.path, F_OK), -1);
	return 0;
}

static uint64_t run(void)
{
	return sl_server_run(t.server, t.now_ns);
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", t.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	run();
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What has come, NULL when nothing has, "" when the server has hung up. */
static const char *hear(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n < 0 && errno == ECONNRESET)
		n = 0;
	if (n < 0) {
		assert_int_equal(errno, EAGAIN);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void test_request(void **state)
{
	int fd = connect_client();

	assert_true(run() == NEVER);
	say(fd, "hello\n");
	run();
	assert_string_equal(hear(fd), "hello\n");
	/* in pieces, with blank lines, and two at once: one for each turn, the second one without waiting for anything */
	say(fd, "\n \r\n\thel");
	assert_true(run() == t.now_ns + SL_SERVER_PATIENCE_NS);
	assert_null(hear(fd));
	say(fd, "lo\nagain\nand again\nrest");
	assert_true(run() == t.now_ns);
	assert_string_equal(hear(fd), "\thello\n");
	assert_true(run() == t.now_ns);
	assert_string_equal(hear(fd), "again\n");
	run();
	assert_string_equal(hear(fd), "and again\n");
	/* the last line needs no end when nothing can follow */
	shutdown(fd, SHUT_WR);
	run();
	run();
	assert_string_equal(hear(fd), "rest\n");
	assert_string_equal(hear(fd), "");
	close(fd);
}

static void test_mode_and_peer(void **state)
{
	struct stat status;
	int fd = connect_client();

	assert_int_equal(stat(t.path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0600);
	say(fd, "later\n");
	run();
	assert_non_null(t.later);
	assert_int_equal(sl_client_peer(t.later).pid, getpid());
	assert_int_equal(sl_client_peer(t.later).uid, getuid());
	sl_client_reply(t.later, strdup("done"));
	assert_string_equal(hear(fd), "done\n");
	close(fd);
}

/* What a client sends while it is busy waits; who leaves while busy is reported once. */
static void test_busy(void **state)
{
	int fd = connect_client();

	say(fd, "later\nnext\n");
	run();
	assert_int_equal(t.requests, 1);
	t.now_ns += 100 * S; /* nobody is impatient with us */
	assert_true(run() == NEVER);
	sl_client_reply(t.later, strdup("at last"));
	assert_true(run() == NEVER || t.requests == 2);
	run();
	assert_string_equal(hear(fd), "at last\nnext\n");
	say(fd, "later\n");
	run();
	close(fd);
	run();
	assert_int_equal(t.gone, 1);
	assert_null(t.later);
	/* one that only ends its own side still gets its reply */
	fd = connect_client();
	say(fd, "later\n");
	shutdown(fd, SHUT_WR);
	run();
	run();
	assert_int_equal(t.gone, 1);
	sl_client_reply(t.later, strdup("bye"));
	run();
	assert_string_equal(hear(fd), "bye\n");
	assert_string_equal(hear(fd), "");
	close(fd);
}

static void test_hang_up(void **state)
{
	int fd = connect_client();

	say(fd, "bye\nmore\n");
	run();
	run();
	assert_int_equal(t.requests, 1);
	assert_string_equal(hear(fd), "");
	close(fd);
	fd = connect_client();
	close(fd);
	run();
	run();
	assert_int_equal(t.requests, 1);
}

/* A line as long as can be is taken, one byte more is not. */
static void test_length(void **state)
{
	char *text = malloc(SL_SERVER_REQUEST_MAX + 2);

	memset(text, 'a', SL_SERVER_REQUEST_MAX + 1);
	for (unsigned int extra = 0; extra < 2; extra++) {
		int fd = connect_client();
		size_t length = SL_SERVER_REQUEST_MAX + extra, sent = 0;
		text[length] = '\n';
		while (sent < length + 1) {
			ssize_t n = send(fd, text + sent, length + 1 - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN)
				break; /* it has hung up */
			sent += n > 0 ? (size_t)n : 0;
			run();
		}
		for (unsigned int i = 0; i < 3; i++)
			run();
		assert_int_equal(t.requests, 1);
		assert_int_equal(t.last_length, SL_SERVER_REQUEST_MAX);
		if (extra == 1)
			assert_string_equal(hear(fd), "the request is longer than 16 MiB; remedy: write it into the configuration file, then reload\n");
		close(fd);
		run();
		text[length] = 'a';
	}
	free(text);
}

/* A reply larger than the socket's buffer goes as the client takes it; a client that does not is dropped. */
static void test_slow_reader(void **state)
{
	size_t got = 0, size = 8u << 20;
	char buffer[65536];
	int fd = connect_client(), other = connect_client();

	say(fd, "big 8388608\nsecond\n");
	assert_true(run() == t.now_ns + SL_SERVER_PATIENCE_NS);
	say(other, "quick\n"); /* nobody waits for the slow one */
	run();
	assert_string_equal(hear(other), "quick\n");
	for (unsigned int i = 0; i < 10000 && got < size + 1; i++) {
		t.now_ns += 9 * S;
		size_t left = size + 1 - got;
		ssize_t n = recv(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer), MSG_DONTWAIT);
		got += n > 0 ? (size_t)n : 0;
		run();
	}
	run();
	assert_int_equal(got, size + 1);
	assert_true(buffer[0] == 'x' || buffer[0] == '\n');
	assert_string_equal(hear(fd), "second\n");

	say(fd, "big 8388608\n");
	run();
	t.now_ns += SL_SERVER_PATIENCE_NS - 1;
	run();
	t.now_ns += 1;
	run();
	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		got++;
	assert_string_equal(hear(fd), "");
	close(fd);
	close(other);
}

static void test_slow_writer(void **state)
{
	int fd = connect_client();

	say(fd, "half a requ");
	assert_true(run() == t.now_ns + SL_SERVER_PATIENCE_NS);
	t.now_ns += SL_SERVER_PATIENCE_NS - 1;
	say(fd, "e"); /* a letter now and then does not help */
	run();
	t.now_ns += 1;
	run();
	assert_string_equal(hear(fd), "the end of the request did not come\n");
	assert_string_equal(hear(fd), "");
	assert_int_equal(t.requests, 0);
	close(fd);
}

/* When all places are taken, who has been silent longest goes, but never one that is at work. */
static void test_crowd(void **state)
{
	int fd[SL_SERVER_CLIENTS + 2];

	for (unsigned int i = 0; i < SL_SERVER_CLIENTS; i++) {
		fd[i] = connect_client();
		run();
		t.now_ns += S;
	}
	say(fd[0], "still here\n");
	run();
	assert_string_equal(hear(fd[0]), "still here\n");
	say(fd[2], "half");
	run();
	fd[SL_SERVER_CLIENTS] = connect_client();
	run();
	assert_string_equal(hear(fd[1]), "");
	assert_null(hear(fd[0]));
	fd[SL_SERVER_CLIENTS + 1] = connect_client();
	run();
	assert_string_equal(hear(fd[3]), "");
	say(fd[SL_SERVER_CLIENTS + 1], "hello\n");
	run();
	assert_string_equal(hear(fd[SL_SERVER_CLIENTS + 1]), "hello\n");
	say(fd[2], " and half\n");
	run();
	assert_string_equal(hear(fd[2]), "half and half\n");
	/* all at work: the newcomer has to try again */
	for (unsigned int i = 0; i < SL_SERVER_CLIENTS + 2; i++)
		if (i != 1 && i != 3)
			say(fd[i], "half");
	run();
	int late = connect_client();
	run();
	assert_non_null(strstr(hear(late), "all places are taken by requests under way; try again"));
	assert_string_equal(hear(late), "");
	close(late);
	for (unsigned int i = 0; i < SL_SERVER_CLIENTS + 2; i++)
		close(fd[i]);
}

/* A socket that a killed process left is replaced; one where somebody listens is not touched. */
static void test_stale_and_live(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sl_problems problems;
	struct stat before, after;

	sl_problems_init(&problems);
	assert_int_equal(stat(t.path, &before), 0);
	assert_null(create(&problems));
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.list[0].what, "another process listens"));
	assert_int_equal(stat(t.path, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	sl_problems_fini(&problems);

	sl_server_destroy(t.server);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", t.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* the name stays, nobody listens */
	t.server = create(&problems);
	assert_non_null(t.server);

	/* one that was replaced meanwhile is another's: it stays when we go */
	char old[sizeof(t.path) + 4];
	snprintf(old, sizeof(old), "%s-old", t.path);
	assert_int_equal(rename(t.path, old), 0);
	struct sl_server *second = create(&problems);
	assert_non_null(second);
	sl_server_destroy(t.server);
	assert_int_equal(access(t.path, F_OK), 0);
	unlink(old);
	t.server = second;
	assert_int_equal(problems.count, 0);
	sl_problems_fini(&problems);
}

static void test_bad_paths(void **state)
{
	char path[200];
	struct sl_problems problems;

	sl_problems_init(&problems);
	assert_null(sl_server_create("/nonexistent/directory/socket", &ops, &t, &problems));
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_null(sl_server_create(path, &ops, &t, &problems));
	assert_int_equal(problems.count, 2);
	assert_non_null(strstr(problems.list[0].remedy, "create its directory"));
	assert_non_null(strstr(problems.list[1].remedy, "file_prefix"));
	sl_problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mode_and_peer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_crowd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stale_and_live, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_paths, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
