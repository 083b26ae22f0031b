/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "claims.h"

static socklen_t claim_address(struct sockaddr_un *address, const char *netdev)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* sun_path[0] stays 0: the abstract name space */
	int length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "sluice/interface/%s", netdev);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

long claims_owner(const char *netdev)
{
	struct sockaddr_un address;
	struct ucred owner = { .pid = 0 };
	socklen_t length = claim_address(&address, netdev), size = sizeof(owner);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	long pid = 0;

	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)&address, length) == 0) {
		bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) == 0 && owner.pid > 0;
		pid = known ? owner.pid : -1; /* pid 0: of another pid namespace */
	}
	close(fd);
	return pid;
}

static int claim(const char *netdev)
{
	struct sockaddr_un address;
	socklen_t length = claim_address(&address, netdev);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, length) != 0 || listen(fd, 16) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int claims_take(struct claims *claims, const struct device_plans *devices, struct sl_problems *problems)
{
	claims->n = 0;
	for (unsigned int i = 0; i < devices->n; i++) {
		const struct device_plan *d = &devices->list[i];
		if (d->vdev == NULL || d->netdev[0] == '\0')
			continue;
		int fd = claim(d->netdev);
		if (fd < 0) {
			sl_problem_add(problems, d->name, "start sluice again", "kernel interface %s cannot be claimed: %s",
				       d->netdev, strerror(errno));
			claims_release(claims);
			return -1;
		}
		claims->fds[claims->n++] = fd;
	}
	return 0;
}

void claims_release(struct claims *claims)
{
	while (claims->n > 0)
		close(claims->fds[--claims->n]);
}
