/* SPDX-License-Identifier: BSD-3-Clause */
/* A client of the control socket of a real control state, and what it asks: requests.c, flow_requests.c. */
#ifndef SLUICE_TEST_REQUESTS_FIXTURE_H
#define SLUICE_TEST_REQUESTS_FIXTURE_H

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "../../lib/control/requests.h"
#include "control_fixture.h"

#define B1 "192.0.2.101:8080"
#define B2 "192.0.2.102:8080"
#define B3 "192.0.2.103:8080"
#define ASK(command, arguments) "{\"command\": \"" command "\", \"arguments\": {" arguments "}}"
#define ON(backend) "\"service\": \"web\", \"backend\": \"" backend "\""

static int client = -1;

static inline void connect_client(struct lab *lab)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	client = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", lab->socket_path);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	sl_server_run(lab->control->server, sl_control_now_ns());
}

static inline int set_up(void **state)
{
	int rc = lab_up(state);

	pthread_mutex_lock(&((struct lab *)*state)->control->lock); /* as the loop does while it works */
	connect_client(*state);
	return rc;
}

static inline int tear_down(void **state)
{
	close(client);
	pthread_mutex_unlock(&((struct lab *)*state)->control->lock);
	return lab_down(state);
}

static inline void say(struct lab *lab, const char *line)
{
	assert_int_equal(send(client, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	assert_int_equal(send(client, "\n", 1, MSG_NOSIGNAL), 1);
	sl_server_run(lab->control->server, sl_control_now_ns());
}

/* The reply that is there, or NULL. */
static inline json_t *hear(void)
{
	static char text[1 << 20];
	ssize_t n = recv(client, text, sizeof(text), MSG_DONTWAIT);

	return n <= 0 ? NULL : json_loadb(text, (size_t)n, 0, NULL);
}

/* "result": {...} or "error": {...}, which must be there; a borrowed reference, good until the next one. */
static inline json_t *ask(struct lab *lab, const char *line, const char *key)
{
	static json_t *reply;

	say(lab, line);
	json_decref(reply);
	reply = hear();
	json_t *value = json_object_get(reply, key);
	if (value == NULL) {
		char *text = json_dumps(reply, JSON_ENCODE_ANY);
		fail_msg("%s: %s", line, text);
	}
	return value;
}

static inline json_t *result(struct lab *lab, const char *line)
{
	return ask(lab, line, "result");
}

/* The text of the first problem: "where: what". */
static inline const char *problem(struct lab *lab, const char *line)
{
	static char text[512];
	json_t *first = json_array_get(json_object_get(ask(lab, line, "error"), "problems"), 0);

	snprintf(text, sizeof(text), "%s: %s", json_string_value(json_object_get(first, "where")),
		 json_string_value(json_object_get(first, "what")));
	return text;
}

#define REFUSED(lab, line, expected) \
	do { \
		const char *text_ = problem(lab, line); \
		if (strncmp(text_, expected, strlen(expected)) != 0) \
			fail_msg("%s", text_); \
	} while (0)

/* "added services/web/backends/192.0.2.103:8080" of the only change. */
static inline const char *change(const json_t *value, const char *key)
{
	static char text[256];
	const json_t *list = json_object_get(value, key), *one = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	snprintf(text, sizeof(text), "%s %s", json_string_value(json_object_get(one, "change")),
		 json_string_value(json_object_get(one, "path")));
	return text;
}

static inline const char *file_text(struct lab *lab)
{
	static char text[8192];
	FILE *f = fopen(lab->path, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static inline const char *state_of(const json_t *r)
{
	return json_string_value(json_object_get(r, "state"));
}

#endif
