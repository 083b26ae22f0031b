/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket's transport: a Unix stream socket, mode 0600, one request a line and one reply a line. What stands in
 * the lines is the business of the callbacks.
 *
 * Life of a client: reading -> (a whole line) busy -> (sl_client_reply) writing -> reading. While it is busy or has not
 * taken its reply, nothing more is read from it, so it takes up at most one request and one reply. Nobody is waited for:
 * all sockets are non-blocking. A client that does not get on with a request it has begun, or with a reply it asked for,
 * is dropped after SL_SERVER_PATIENCE_NS; when all places are taken, the one that has been silent longest makes room.
 *
 * Belongs to the control thread; time is an argument.
 */
#ifndef SLUICE_CONTROL_SERVER_H
#define SLUICE_CONTROL_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sluice/base/problem.h"

#define SL_SERVER_CLIENTS 16
#define SL_SERVER_REQUEST_MAX ((16u << 20) + 4096) /* bytes of a line: a whole configuration file, and what is around it */
#define SL_SERVER_PATIENCE_NS (10 * 1000000000ull)

struct sl_server;
struct sl_client;

struct sl_server_ops {
	/* A line, without its end, NUL behind it; valid during the call. Answer with sl_client_reply, at once or later. */
	void (*request)(void *arg, struct sl_client *client, char *text, size_t length);
	/* A busy client has left: forget it. */
	void (*gone)(void *arg, struct sl_client *client);
	/* What is wrong with a request that never came whole, as a reply: heap memory, or NULL for none. */
	char *(*complaint)(void *arg, const char *what);
};

/*
 * Listen at path. What a killed process left there is replaced; where somebody listens it is refused. Returns NULL and a
 * problem on failure.
 */
struct sl_server *sl_server_create(const char *path, const struct sl_server_ops *ops, void *arg, struct sl_problems *problems);

/* Hang up on all clients and remove the socket, if it is still ours. NULL is accepted. */
void sl_server_destroy(struct sl_server *server);

/* Readable when sl_server_run has something to do. */
int sl_server_fd(const struct sl_server *server);

/* Accept, read, call back for at most one request of each client, write. Returns when to call again at the latest. */
uint64_t sl_server_run(struct sl_server *server, uint64_t now_ns);

/* The reply to the request that the client is busy with: one line without its end, heap memory, taken over. NULL: hang up. */
void sl_client_reply(struct sl_client *client, char *text);

/* Who it is. */
struct sl_client_peer {
	pid_t pid;
	uid_t uid;
};
struct sl_client_peer sl_client_peer(const struct sl_client *client);

#endif
