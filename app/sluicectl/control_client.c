/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice's control socket: a stream, one request a line and one reply a line. */
#include "sluicectl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLY_MAX (64u << 20)
#define TIMEOUT_S 60

static int connect_to(const char *file_prefix, FILE *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int fd;

	if (!ctl_socket_path(file_prefix, SL_CONTROL_SOCKET, address.sun_path, sizeof(address.sun_path))) {
		fprintf(err, "sluicectl: file prefix \"%s\" is too long for a socket's path\n", file_prefix);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	}
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	ctl_explain_connect(address.sun_path, file_prefix, errno, err);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Who hangs up meanwhile may have said why: that is no failure of this. */
static int send_line(int fd, const char *text)
{
	size_t length = strlen(text);

	for (size_t sent = 0; sent <= length;) {
		bool end = sent == length;
		ssize_t n = send(fd, end ? "\n" : text + sent, end ? 1 : length - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n <= 0)
			return -1;
		sent += (size_t)n;
	}
	return 0;
}

/* The reply, or NULL. */
static json_t *receive_line(int fd)
{
	char *text = NULL;
	size_t used = 0, size = 0;
	json_t *reply = NULL;

	for (;;) {
		if (used == size) {
			size = size == 0 ? 4096 : 2 * size;
			char *larger = size > REPLY_MAX ? NULL : realloc(text, size);
			if (larger == NULL)
				break;
			text = larger;
		}
		ssize_t n = recv(fd, text + used, size - used, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
		if (text[used - 1] == '\n') {
			reply = json_loadb(text, used - 1, 0, NULL);
			break;
		}
	}
	free(text);
	return reply;
}

size_t ctl_print_problems(const json_t *problems, const char *before, FILE *out)
{
	json_t *p;
	size_t i;

	json_array_foreach(problems, i, p)
	{
		const char *where = ctl_text(p, "where"), *remedy = ctl_text(p, "remedy");
		bool ours = strncmp(where, "/arguments", 10) == 0 || *where == '\0';
		fprintf(out, "%s%s%s%s%s%s\n", before, ours ? "" : where, ours ? "" : ": ", ctl_text(p, "what"),
			*remedy != '\0' ? "; remedy: " : "", remedy);
	}
	return json_array_size(problems);
}

/* Ending millions of flows takes as long as it takes, and stops when who asked for it hangs up. */
static void wait_for_ever(int fd)
{
	struct timeval none = { 0 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
}

/* One request and its result, or NULL after a message. */
static json_t *ask(int fd, const struct sl_command *command, json_t *arguments, FILE *err)
{
	json_t *request = json_pack("{s:s, s:O}", "command", command->name, "arguments", arguments), *reply = NULL;
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;

	if (text != NULL && send_line(fd, text) == 0)
		reply = receive_line(fd);
	free(text);
	json_decref(request);
	json_t *result = json_incref(json_object_get(reply, "result")), *error = json_object_get(reply, "error");
	if (error != NULL && ctl_print_problems(json_object_get(error, "problems"), "sluicectl: ", err) == 0)
		fprintf(err, "sluicectl: %s\n", ctl_text(error, "message"));
	else if (error == NULL && result == NULL)
		fputs("sluicectl: no answer: sluice has stopped, is stuck, or has too many clients\n", err);
	json_decref(reply);
	return result;
}

/* Flows come in pieces; all of them as if they were one. */
static json_t *ask_flows(int fd, const struct sl_command *command, json_t *arguments, unsigned long limit, FILE *err)
{
	json_t *all = json_array();
	bool more = true;

	while (more && json_array_size(all) < limit) {
		size_t left = limit - json_array_size(all);
		json_object_set_new(arguments, "limit", json_integer(left < SL_FLOW_LIST_MAX ? (json_int_t)left : SL_FLOW_LIST_MAX));
		json_t *piece = ask(fd, command, arguments, err);
		if (piece == NULL) {
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, json_object_get(piece, "flows"));
		json_object_set(arguments, "cursor", json_object_get(piece, "next"));
		more = ctl_text(piece, "next")[0] != '\0';
		json_decref(piece);
	}
	return json_pack("{s:o, s:b}", "flows", all, "more", more);
}

json_t *ctl_ask_control(const struct ctl_request *request, const char *file_prefix, FILE *err)
{
	int fd = connect_to(file_prefix, err);
	json_t *result;

	if (fd < 0)
		return NULL;
	if (request->command == &sl_commands[SL_COMMAND_FLOW_KILL])
		wait_for_ever(fd);
	if (request->command == &sl_commands[SL_COMMAND_FLOW_LIST])
		result = ask_flows(fd, request->command, request->arguments, request->limit, err);
	else
		result = ask(fd, request->command, request->arguments, err);
	close(fd);
	return result;
}
