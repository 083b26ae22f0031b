/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server.h"

#define FIRST_BUFFER 4096u
#define KEPT_BUFFER (64u * 1024) /* between requests */
#define BACKLOG SL_SERVER_CLIENTS
#define NEVER UINT64_MAX

enum state { FREE, READING, BUSY, WRITING };

struct sl_client {
	struct sl_server *server;
	enum state state;
	int fd;
	bool ended;	   /* it sends no more, but may still want its reply */
	bool last;	   /* hang up once the reply is gone */
	char *in;	   /* what it sent and nobody has handled yet */
	size_t in_size, in_used;
	char *out;	   /* the reply, with its line end */
	size_t out_length, out_sent;
	uint64_t since_ns; /* of the state, or of the last bytes that went over; reading, of the first byte of a line */
	uint32_t watched;  /* epoll events asked for */
	struct sl_client_peer peer;
};

struct sl_server {
	const struct sl_server_ops *ops;
	void *arg;
	char *path;
	dev_t device; /* of our socket, so that another's is not removed */
	ino_t inode;
	int fd, epoll_fd;
	uint64_t now_ns;
	struct sl_client clients[SL_SERVER_CLIENTS];
};

/* ---- the socket ---- */

/* Does anybody listen there? */
static bool is_live(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* A full backlog (EAGAIN) is somebody's, too. */
	bool live = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return live;
}

static void refuse(struct sl_problems *problems, const char *path)
{
	const char *remedy = NULL;

	if (errno == ENOENT)
		remedy = "create its directory";
	else if (errno == EACCES || errno == EPERM)
		remedy = "let this user write its directory";
	sl_problem_add(problems, path, remedy, "cannot make the control socket: %s", strerror(errno));
}

/*
 * Under a name of its own until it is listening and closed to others, so that nobody ever meets it half-way; then in place of
 * what is there, which the caller has found to be nobody's.
 */
static int listen_at(struct sl_server *server, const struct sockaddr_un *address)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	struct stat status;

	if ((size_t)snprintf(own.sun_path, sizeof(own.sun_path), "%s.%d", address->sun_path, (int)getpid()) >=
	    sizeof(own.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return -1;
	unlink(own.sun_path);
	if (bind(server->fd, (const struct sockaddr *)&own, sizeof(own)) != 0)
		return -1;
	if (chmod(own.sun_path, 0600) != 0 || listen(server->fd, BACKLOG) != 0 || stat(own.sun_path, &status) != 0 ||
	    rename(own.sun_path, address->sun_path) != 0) {
		int saved = errno;
		unlink(own.sun_path);
		errno = saved;
		return -1;
	}
	server->device = status.st_dev;
	server->inode = status.st_ino;
	return 0;
}

static int watch_listener(struct sl_server *server)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return server->epoll_fd < 0 ? -1 : epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->fd, &event);
}

struct sl_server *sl_server_create(const char *path, const struct sl_server_ops *ops, void *arg, struct sl_problems *problems)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct sl_server *server;

	if (strlen(path) >= sizeof(address.sun_path)) {
		sl_problem_add(problems, path, "choose a shorter \"file_prefix\"", "too long for the path of a socket");
		return NULL;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (is_live(&address)) {
		sl_problem_add(problems, path, "stop the other sluice, or give this one another \"file_prefix\"",
			       "another process listens at this control socket");
		return NULL;
	}
	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		sl_problem_add(problems, path, NULL, "out of memory");
		return NULL;
	}
	*server = (struct sl_server){ .ops = ops, .arg = arg, .fd = -1, .epoll_fd = -1 };
	if (listen_at(server, &address) != 0) {
		refuse(problems, path);
	} else {
		server->path = strdup(path);
		if (server->path != NULL && watch_listener(server) == 0)
			return server;
		refuse(problems, path);
	}
	sl_server_destroy(server);
	return NULL;
}

static void hang_up(struct sl_client *client)
{
	if (client->state == BUSY)
		client->server->ops->gone(client->server->arg, client);
	close(client->fd);
	free(client->in);
	free(client->out);
	*client = (struct sl_client){ .state = FREE };
}

void sl_server_destroy(struct sl_server *server)
{
	struct stat status;

	if (server == NULL)
		return;
	for (unsigned int i = 0; i < SL_SERVER_CLIENTS; i++)
		if (server->clients[i].state != FREE)
			hang_up(&server->clients[i]);
	if (server->path != NULL && stat(server->path, &status) == 0 && status.st_dev == server->device &&
	    status.st_ino == server->inode)
		unlink(server->path);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	if (server->fd >= 0)
		close(server->fd);
	free(server->path);
	free(server);
}

int sl_server_fd(const struct sl_server *server)
{
	return server->epoll_fd;
}

struct sl_client_peer sl_client_peer(const struct sl_client *client)
{
	return client->peer;
}

/* ---- clients ---- */

/* Wait for what its state needs. What a busy one sends waits in its socket; that it hangs up is always told. */
static void watch(struct sl_client *client)
{
	uint32_t events = client->state == WRITING ? EPOLLOUT : client->state == READING && !client->ended ? EPOLLIN : 0;
	struct epoll_event event = { .events = events, .data.ptr = client };

	if (events == client->watched)
		return;
	client->watched = events;
	epoll_ctl(client->server->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

/* A place for a new client: a free one, or that of who has been silent longest between two requests. */
static struct sl_client *find_place(struct sl_server *server)
{
	struct sl_client *idle = NULL;

	for (unsigned int i = 0; i < SL_SERVER_CLIENTS; i++) {
		struct sl_client *client = &server->clients[i];
		if (client->state == FREE)
			return client;
		if (client->state == READING && client->in_used == 0 && (idle == NULL || client->since_ns < idle->since_ns))
			idle = client;
	}
	if (idle != NULL)
		hang_up(idle);
	return idle;
}

/* No place for it: say so and hang up. */
static void turn_away(struct sl_server *server, int fd)
{
	char text[512], *complaint = server->ops->complaint(server->arg, "all places are taken by requests under way; try again");
	int n = complaint != NULL ? snprintf(text, sizeof(text), "%s\n", complaint) : 0;

	if (n > 0 && n < (int)sizeof(text))
		send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT); /* a new socket has room for it */
	free(complaint);
	close(fd);
}

static void accept_clients(struct sl_server *server)
{
	struct ucred credentials = { 0 };
	socklen_t length = sizeof(credentials);
	int fd;

	while ((fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct sl_client *client = find_place(server);
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

		if (client == NULL || epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
			turn_away(server, fd); /* all others are at work */
			continue;
		}
		*client = (struct sl_client){ .server = server, .state = READING, .fd = fd, .since_ns = server->now_ns,
					      .watched = EPOLLIN };
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0)
			client->peer = (struct sl_client_peer){ credentials.pid, credentials.uid };
	}
}

static void write_out(struct sl_client *client)
{
	while (client->out_sent < client->out_length) {
		ssize_t n = send(client->fd, client->out + client->out_sent, client->out_length - client->out_sent,
				 MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			hang_up(client);
			return;
		}
		client->out_sent += (size_t)n;
		client->since_ns = client->server->now_ns;
	}
	free(client->out);
	client->out = NULL;
	client->state = READING;
	if (client->last || (client->ended && client->in_used == 0))
		hang_up(client);
}

void sl_client_reply(struct sl_client *client, char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;
	char *line = text != NULL ? realloc(text, length + 2) : NULL;

	client->state = WRITING;
	client->since_ns = client->server->now_ns;
	if (line == NULL) {
		free(text);
		hang_up(client);
		return;
	}
	memcpy(line + length, "\n", 2);
	client->out = line;
	client->out_length = length + 1;
	client->out_sent = 0;
	write_out(client);
	if (client->state != FREE)
		watch(client);
}

/* Say what is wrong and hang up. */
static void complain(struct sl_client *client, const char *what)
{
	client->last = true;
	client->in_used = 0;
	sl_client_reply(client, client->server->ops->complaint(client->server->arg, what));
}

static int make_room(struct sl_client *client)
{
	size_t size = client->in_size == 0 ? FIRST_BUFFER : 2 * client->in_size;

	if (client->in_used + 1 < client->in_size) /* one is for the NUL behind a last line without end */
		return 0;
	char *larger = realloc(client->in, size);
	if (larger == NULL)
		return -1;
	client->in = larger;
	client->in_size = size;
	return 0;
}

/* As far as a line may be long, or its end. */
static void read_in(struct sl_client *client)
{
	while (client->in_used <= SL_SERVER_REQUEST_MAX) {
		if (make_room(client) != 0) {
			hang_up(client);
			return;
		}
		size_t room = client->in_size - client->in_used - 1;
		ssize_t n = recv(client->fd, client->in + client->in_used, room, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			hang_up(client);
			return;
		}
		if (n < 0)
			return;
		if (n == 0) {
			client->ended = true;
			return;
		}
		if (client->in_used == 0)
			client->since_ns = client->server->now_ns;
		bool whole = memchr(client->in + client->in_used, '\n', (size_t)n) != NULL;
		client->in_used += (size_t)n;
		if (whole)
			return;
	}
}

/* The end of the first line; that of the last one may be the end of all. NULL: it is not here yet. */
static char *find_end(const struct sl_client *client)
{
	char *end = client->in_used == 0 ? NULL : memchr(client->in, '\n', client->in_used);

	return end == NULL && client->ended && client->in_used > 0 ? client->in + client->in_used : end;
}

static bool is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

/* Take the first whole line out of the buffer. NULL: memory ran out. */
static char *take_line(struct sl_client *client, const char *end, size_t *length)
{
	size_t used;
	char *line;

	*length = (size_t)(end - client->in);
	used = *length + (end < client->in + client->in_used);
	line = malloc(*length + 1);
	if (line == NULL)
		return NULL;
	memcpy(line, client->in, *length);
	line[*length] = '\0';
	client->in_used -= used;
	memmove(client->in, client->in + used, client->in_used);
	if (client->in_used == 0 && client->in_size > KEPT_BUFFER) {
		free(client->in); /* others are small, as a rule */
		client->in = NULL;
		client->in_size = 0;
	}
	return line;
}

/* Give the first line that is not blank to whoever answers, if it is here as a whole. */
static void handle(struct sl_client *client)
{
	const char *end;
	size_t length;

	while (client->state == READING && (end = find_end(client)) != NULL &&
	       end - client->in <= (ptrdiff_t)SL_SERVER_REQUEST_MAX) {
		char *line = take_line(client, end, &length);
		if (line == NULL) {
			hang_up(client);
			return;
		}
		if (!is_blank(line, length)) {
			client->state = BUSY;
			client->server->ops->request(client->server->arg, client, line, length);
			free(line);
			return;
		}
		free(line);
	}
	if (client->in_used > SL_SERVER_REQUEST_MAX)
		complain(client, "the request is longer than 16 MiB; remedy: write it into the configuration file, then reload");
	else if (client->ended && client->in_used == 0)
		hang_up(client);
}

static void serve(struct sl_client *client, uint32_t events)
{
	if (client->state == READING && !client->ended && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		read_in(client);
	else if (client->state == WRITING && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)))
		write_out(client);
	else if (client->state == BUSY && (events & (EPOLLHUP | EPOLLERR)))
		hang_up(client);
}

static void take_events(struct sl_server *server)
{
	struct epoll_event events[SL_SERVER_CLIENTS + 1];
	int n = epoll_wait(server->epoll_fd, events, SL_SERVER_CLIENTS + 1, 0);
	bool knocking = false;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == NULL)
			knocking = true;
		else
			serve(events[i].data.ptr, events[i].events);
	}
	if (knocking) /* last: a place that gets free now must not be given away while an event for it is in the list */
		accept_clients(server);
}

/* Until when the client may stay as it is. */
static uint64_t patience(const struct sl_client *client)
{
	bool waited_for = client->state == WRITING || (client->state == READING && client->in_used > 0);

	return waited_for ? client->since_ns + SL_SERVER_PATIENCE_NS : NEVER;
}

uint64_t sl_server_run(struct sl_server *server, uint64_t now_ns)
{
	uint64_t next_ns = NEVER;

	server->now_ns = now_ns;
	take_events(server);
	for (unsigned int i = 0; i < SL_SERVER_CLIENTS; i++) {
		struct sl_client *client = &server->clients[i];
		if (client->state == READING)
			handle(client);
		if (client->state == WRITING && now_ns >= patience(client))
			write_out(client); /* there may be room long before the socket says so */
		if (client->state != FREE && now_ns >= patience(client)) {
			if (client->state == READING)
				complain(client, "the end of the request did not come");
			else
				hang_up(client);
		}
		if (client->state == FREE)
			continue;
		watch(client);
		/* What came with the request just answered is next; the others have had their turn. */
		uint64_t at_ns = client->state == READING && find_end(client) != NULL ? now_ns : patience(client);
		next_ns = at_ns < next_ns ? at_ns : next_ns;
	}
	return next_ns;
}
