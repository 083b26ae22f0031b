/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's telemetry socket: SEQPACKET, one packet a command and one a reply. The server speaks first: {"version", "pid",
 * "max_output_len"}. A reply is {"COMMAND": value}, null where the parameters were wrong.
 */
#include "sluicectl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define HELLO_MAX 1024
#define COMMAND_MAX 1024
#define REPLY_MAX_LIMIT (16 * 1024 * 1024)
#define TIMEOUT_S 15

struct ctl_client {
	int fd;
	size_t size;
	char *buffer;
};

bool ctl_socket_path(const char *file_prefix, const char *name, char *path, size_t size)
{
	const char *directory = getenv("RUNTIME_DIRECTORY");

	if (directory == NULL || *directory == '\0')
		directory = getuid() == 0 ? "/var/run" : getenv("XDG_RUNTIME_DIR");
	if (directory == NULL)
		directory = "/tmp";
	return (size_t)snprintf(path, size, "%s/dpdk/%s/%s", directory, file_prefix, name) < size;
}

void ctl_explain_connect(const char *path, const char *file_prefix, int error, FILE *err)
{
	if (error == EACCES || error == EPERM)
		fprintf(err,
			"sluicectl: %s: no permission; remedy: run sluicectl as the user that runs sluice (sudo)\n",
			path);
	else if (error == ENOENT || error == ECONNREFUSED)
		fprintf(err,
			"sluicectl: sluice is not running with file prefix \"%s\" (no answer at %s); remedy: start it, "
			"or name its prefix with --file-prefix\n",
			file_prefix, path);
	else
		fprintf(err, "sluicectl: %s: %s\n", path, strerror(error));
}

static json_t *receive(struct ctl_client *client)
{
	ssize_t n = recv(client->fd, client->buffer, client->size, 0);

	return n <= 0 ? NULL : json_loadb(client->buffer, (size_t)n, 0, NULL);
}

/* The greeting says how long replies may be. */
static int read_hello(struct ctl_client *client)
{
	json_t *hello = receive(client);
	json_int_t size = ctl_number(hello, "max_output_len");
	char *larger = NULL;

	json_decref(hello);
	if (size >= HELLO_MAX && size <= REPLY_MAX_LIMIT)
		larger = realloc(client->buffer, (size_t)size);
	if (larger == NULL)
		return -1;
	client->buffer = larger;
	client->size = (size_t)size;
	return 0;
}

struct ctl_client *ctl_connect(const char *file_prefix, FILE *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct ctl_client *client;

	if (!ctl_socket_path(file_prefix, "dpdk_telemetry.v2", address.sun_path, sizeof(address.sun_path))) {
		fprintf(err, "sluicectl: file prefix \"%s\" is too long for a socket's path\n", file_prefix);
		return NULL;
	}
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return NULL;
	client->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	client->size = HELLO_MAX;
	client->buffer = malloc(client->size);
	if (client->fd >= 0)
		setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (client->buffer == NULL || connect(client->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		ctl_explain_connect(address.sun_path, file_prefix, errno, err);
	} else if (read_hello(client) != 0) {
		fprintf(err,
			"sluicectl: %s: answers, but not as DPDK telemetry; it has ten clients already, or is no DPDK "
			"process\n",
			address.sun_path);
	} else {
		return client;
	}
	ctl_disconnect(client);
	return NULL;
}

void ctl_disconnect(struct ctl_client *client)
{
	if (client == NULL)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client->buffer);
	free(client);
}

static json_t *ask(struct ctl_client *client, FILE *err, const char *command)
{
	json_t *reply = NULL, *value;

	if (send(client->fd, command, strlen(command), MSG_NOSIGNAL) > 0)
		reply = receive(client);
	if (reply == NULL) {
		fprintf(err, "sluicectl: no answer to %s: sluice has stopped, or is stuck\n", command);
		return NULL;
	}
	value = json_incref(json_object_iter_value(json_object_iter(reply)));
	json_decref(reply);
	if (value == NULL || json_is_null(value)) {
		fprintf(err, "sluicectl: sluice knows nothing of %s\n", command);
		json_decref(value);
		return NULL;
	}
	return value;
}

json_t *ctl_ask(struct ctl_client *client, FILE *err, const char *fmt, ...)
{
	char command[COMMAND_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return ask(client, err, command);
}

/* Append entries (rows "0", "1", ... or an array) up to the limit. Returns how many there were. */
static size_t append(json_t *all, const json_t *entries, unsigned long limit)
{
	size_t n = json_is_array(entries) ? json_array_size(entries) : json_object_size(entries);
	char key[24];

	for (size_t i = 0; i < n && json_array_size(all) < limit; i++) {
		snprintf(key, sizeof(key), "%zu", i);
		json_array_append(all,
				  json_is_array(entries) ? json_array_get(entries, i) : json_object_get(entries, key));
	}
	return n;
}

json_t *ctl_ask_pages(struct ctl_client *client, FILE *err, const char *command, const char *list, unsigned long limit,
		      bool *more)
{
	json_t *all = json_array();
	char next[64] = "";
	bool rest;

	do {
		json_t *page = ctl_ask(client, err, "%s%s", command, next);
		if (page == NULL) {
			json_decref(all);
			return NULL;
		}
		size_t before = json_array_size(all), n = append(all, json_object_get(page, list), limit);
		bool cut = json_array_size(all) < before + n;
		bool stands = strcmp(next, ctl_text(page, "next")) == 0;
		snprintf(next, sizeof(next), "%s", ctl_text(page, "next"));
		json_decref(page);
		rest = cut || next[0] != '\0';
		if (cut || stands) /* a server that does not move on would be asked for ever */
			break;
	} while (next[0] != '\0' && json_array_size(all) < limit);
	if (more != NULL)
		*more = rest;
	return all;
}

void ctl_put(json_t **object, const char *key, json_t *value)
{
	if (*object == NULL || value == NULL) {
		json_decref(value);
		json_decref(*object);
		*object = NULL;
		return;
	}
	json_object_set_new(*object, key, value);
}

json_int_t ctl_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *ctl_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}
