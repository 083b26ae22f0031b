/* SPDX-License-Identifier: BSD-3-Clause */
/* A runtime directory with sockets of the test's own, where sluicectl looks for sluice's, and what it printed. */
#ifndef SLUICE_TESTS_SLUICECTL_FIXTURE_H
#define SLUICE_TESTS_SLUICECTL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../app/sluicectl/sluicectl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct {
	char directory[64];
	char socket[128];
	int listener;
	pthread_t thread;
} server;

/* Listen at this name; `serve` is a thread that accepts until that fails. */
static int server_start(int type, const char *name, void *(*serve)(void *))
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[80];

	snprintf(server.directory, sizeof(server.directory), "/tmp/unit_sluicectl_XXXXXX");
	assert_non_null(mkdtemp(server.directory));
	setenv("RUNTIME_DIRECTORY", server.directory, 1);
	snprintf(path, sizeof(path), "%s/dpdk", server.directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/dpdk/sluice", server.directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", path, name);
	snprintf(server.socket, sizeof(server.socket), "%s", address.sun_path);
	server.listener = socket(AF_UNIX, type, 0);
	assert_int_equal(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server.listener, 4), 0);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static int server_stop(void **state)
{
	static const char *const left[] = { "dpdk/sluice", "dpdk", "" };
	char path[128];

	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
	remove(server.socket);
	for (size_t i = 0; i < COUNT(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", server.directory, left[i]);
		remove(path);
	}
	return 0;
}

/* What one run printed, until the next one. */
static struct {
	char *out, *err;
} printed;

static int run(const char *line)
{
	char copy[256], *argv[16] = { "sluicectl" }, *rest = copy;
	size_t out_size, err_size;
	int argc = 1, rc;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word; (word = strsep(&rest, " ")) != NULL && argc < 15;)
		if (*word != '\0')
			argv[argc++] = word;
	free(printed.out);
	free(printed.err);
	FILE *out = open_memstream(&printed.out, &out_size), *err = open_memstream(&printed.err, &err_size);
	rc = ctl_run(argc, argv, out, err);
	fclose(out);
	fclose(err);
	return rc;
}

static void must_show(const char *text)
{
	if (strstr(printed.out, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s%s", text, printed.out, printed.err);
}

static inline void must_complain(const char *text)
{
	if (strstr(printed.err, text) == NULL)
		fail_msg("\"%s\" is not in:\n%s", text, printed.err);
	assert_string_equal(printed.out, "");
}

static int free_printed(void **state)
{
	free(printed.out);
	free(printed.err);
	printed.out = printed.err = NULL;
	return 0;
}

#endif
