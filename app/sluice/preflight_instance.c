/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "Started twice". With files (ordinary hugepages) EAL holds a lock on RUNTIME/PREFIX/config; without them only its
 * telemetry socket tells, by its first message. What a killed process left is neither locked nor answering, and is fine:
 * EAL clears it away.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "preflight.h"

#define ANSWER_MS 500

static long lock_owner(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	long pid = 0;

	if (fd < 0)
		return 0;
	/* l_pid is 0 for a process of another pid namespace. */
	if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		pid = lock.l_pid > 0 ? lock.l_pid : -1;
	close(fd);
	return pid;
}

static long socket_owner(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_usec = ANSWER_MS * 1000 };
	char text[1024];
	long pid = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return 0;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		const char *key = strstr(text, "\"pid\":");
		pid = key != NULL ? strtol(key + 6, NULL, 10) : -1;
	}
	close(fd);
	return pid;
}

long preflight_prefix_owner(const struct machine *machine, const char *file_prefix)
{
	char path[MACHINE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/config", machine->runtime, file_prefix);
	long pid = lock_owner(path);
	if (pid != 0)
		return pid;
	snprintf(path, sizeof(path), "%s/%s/dpdk_telemetry.v2", machine->runtime, file_prefix);
	return socket_owner(path);
}

void preflight_instance(struct preflight *p)
{
	const char *prefix = p->settings->file_prefix;
	char name[64], remedy[256];

	if (prefix[0] == '\0' || strchr(prefix, '/') != NULL) {
		sl_problem_add(p->problems, "/dpdk/file_prefix", "choose a plain name", "\"%s\" cannot name files", prefix);
		return;
	}
	long pid = preflight_prefix_owner(p->machine, prefix);
	if (pid == 0)
		return;
	if (p->check_only) {
		p->running = pid;
		sl_problem_add(p->warnings, "/dpdk/file_prefix", "`kill -HUP` to it reloads the file",
			       "a sluice runs with \"%s\" (process %ld): checked as its next configuration", prefix, pid);
	} else if (pid > 0) {
		machine_process_name(p->machine, pid, name, sizeof(name));
		snprintf(remedy, sizeof(remedy), "stop it with `kill %ld`, or give this one another \"file_prefix\"", pid);
		sl_problem_add(p->problems, "/dpdk/file_prefix", remedy, "\"%s\" is in use by process %ld (%s)", prefix, pid,
			       name[0] != '\0' ? name : "unknown");
	} else {
		sl_problem_add(p->problems, "/dpdk/file_prefix", "stop the other one, or give this one another \"file_prefix\"",
			       "\"%s\" is in use by another process", prefix);
	}
}
