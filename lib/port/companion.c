/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames go by read and write on the TAP's file, one call each, and without the kernel's offloads: what is read is complete, with
 * its checksums. The TAP disappears with its file, however sluice ends, and with it addresses and routes; only rules stay behind
 * after a crash, of a table that is empty then, and are taken over by the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "sluice/base/log.h"
#include "sluice/port/companion.h"

#include "netlink.h"
#include "sysctl.h"

#define SEGMENTS_MAX 16
#define MACS_LEN (2 * RTE_ETHER_ADDR_LEN)

struct sl_companion {
	char name[IFNAMSIZ];
	int fd, index;
	uint32_t table;
	bool link, gone;
	struct sl_companion_plan plan; /* as it was applied */
	bool refused; /* not all of it: there may be less, or as much of an earlier one as the plan has, too */
};

/* ---- life ---- */

static int ask(unsigned long request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	int ret = ioctl(fd, request, ifr) == 0 ? 0 : -errno;
	close(fd);
	return ret;
}

static struct ifreq about(const struct sl_companion *c)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, c->name, sizeof(ifr.ifr_name));
	return ifr;
}

static int set_mac(const struct sl_companion *c, const uint8_t mac[6])
{
	struct ifreq ifr = about(c);

	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr.ifr_hwaddr.sa_data, mac, 6);
	return ask(SIOCSIFHWADDR, &ifr);
}

static int open_tap(struct sl_companion *c, const uint8_t mac[6])
{
	struct ifreq ifr = about(c);
	int ret;

	c->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0)
		return -errno;
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL); /* all 16 bits are flags */
	if (ioctl(c->fd, TUNSETIFF, &ifr) != 0)
		return -errno;
	c->index = (int)if_nametoindex(c->name);
	ret = set_mac(c, mac);
	sl_companion_set_link(c, false);
	return ret;
}

static const char *remedy_of(int error)
{
	switch (error) {
	case -EBUSY:
	case -EINVAL:
	case -EEXIST:
		return "the host has an interface of this name: give sluice's another \"name\"";
	case -EPERM:
	case -EACCES:
		return "start sluice with CAP_NET_ADMIN (as root); one that has dropped it must be started anew";
	case -ENOENT:
	case -ENODEV:
		return "`modprobe tun`";
	default:
		return NULL;
	}
}

struct sl_companion *sl_companion_create(const char *name, const uint8_t mac[6], uint32_t table, const char *where,
					 struct sl_problems *problems)
{
	struct sl_companion *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		sl_problem_add(problems, where, NULL, "out of memory");
		return NULL;
	}
	*c = (struct sl_companion){ .fd = -1, .table = table, .link = true };
	snprintf(c->name, sizeof(c->name), "%s", name);
	int ret = open_tap(c, mac);
	if (ret == 0)
		return c;
	sl_problem_add(problems, where, remedy_of(ret), "no TAP \"%s\" for the host's stack: %s", name, rte_strerror(-ret));
	sl_companion_destroy(c);
	return NULL;
}

static bool same_address(const struct sl_prefix *a, const struct sl_prefix *b)
{
	return a->len == b->len && sl_ip_equal(&a->ip, &b->ip);
}

static bool has_address(const struct sl_companion_plan *plan, const struct sl_prefix *address)
{
	for (unsigned int i = 0; i < plan->n_addresses; i++)
		if (same_address(&plan->addresses[i], address))
			return true;
	return false;
}

static bool has_route(const struct sl_companion_plan *plan, const struct sl_companion_route *route)
{
	for (unsigned int i = 0; i < plan->n_routes; i++)
		if (same_address(&plan->routes[i].prefix, &route->prefix) && sl_ip_equal(&plan->routes[i].via, &route->via))
			return true;
	return false;
}

/* Returns whether there is nothing to complain about. */
static bool complain(const struct sl_companion *c, int ret, const char *what, const struct sl_prefix *prefix)
{
	char text[SL_IP_STRLEN];

	if (ret != 0)
		sl_log_error("companion %s: the host refuses %s %s: %s", c->name, what, sl_prefix_format(prefix, text),
			     rte_strerror(-ret));
	return ret == 0;
}

/* Change what differs between two plans: remove, then add. False: the host has refused some of it. */
static bool change(struct sl_companion *c, int netlink, const struct sl_companion_plan *from, const struct sl_companion_plan *to,
		   bool add)
{
	const struct sl_companion_plan *has = add ? to : from, *other = add ? from : to;
	bool done = true;

	for (unsigned int i = 0; i < has->n_addresses; i++) {
		if (!(add && c->refused) && has_address(other, &has->addresses[i]))
			continue;
		done &= complain(c, sl_netlink_address(netlink, add, c->index, &has->addresses[i]), "address", &has->addresses[i]);
		if (!sl_ip_is_link_local(&has->addresses[i].ip))
			done &= complain(c, sl_netlink_rule(netlink, add, c->table, &has->addresses[i].ip), "a rule for",
					 &has->addresses[i]);
	}
	/* Those that stay are given again: the kernel takes all of them away with a family's last address. */
	for (unsigned int i = 0; i < has->n_routes; i++)
		if (add || !has_route(other, &has->routes[i]))
			done &= complain(c, sl_netlink_route(netlink, add, c->index, c->table, &has->routes[i].prefix,
							     &has->routes[i].via), "route", &has->routes[i].prefix);
	return done;
}

static bool set_mtu(const struct sl_companion *c, uint16_t mtu)
{
	struct ifreq ifr = about(c);

	ifr.ifr_mtu = mtu;
	int ret = ask(SIOCSIFMTU, &ifr);
	if (ret != 0)
		sl_log_error("companion %s: the host refuses MTU %u: %s", c->name, mtu, rte_strerror(-ret));
	return ret == 0;
}

static int change_flags(const struct sl_companion *c, short on, short off)
{
	struct ifreq ifr = about(c);
	int ret = ask(SIOCGIFFLAGS, &ifr);

	ifr.ifr_flags = (short)((ifr.ifr_flags | on) & ~off);
	return ret != 0 ? ret : ask(SIOCSIFFLAGS, &ifr);
}

static bool bring_up(const struct sl_companion *c)
{
	int ret = change_flags(c, IFF_UP, 0);

	if (ret != 0)
		sl_log_error("companion %s cannot be brought up: %s", c->name, rte_strerror(-ret));
	return ret == 0;
}

/* What addresses and routes there are is the configuration's to say; a companion without IPv6 keeps silent about it. */
static void quieten(const struct sl_companion *c, const struct sl_companion_plan *plan)
{
	static const char *const off[] = { "accept_ra", "router_solicitations", "dad_transmits", "accept_redirects" };
	bool v6 = false;

	for (unsigned int i = 0; i < plan->n_addresses; i++)
		v6 |= !sl_ip_is_v4(&plan->addresses[i].ip);
	sl_sysctl_write("ipv4", c->name, "promote_secondaries", "1"); /* or the others of a network go with its first address */
	for (unsigned int i = 0; i < RTE_DIM(off); i++)
		sl_sysctl_write("ipv6", c->name, off[i], "0");
	sl_sysctl_write("ipv6", c->name, "addr_gen_mode", "1"); /* none: the link-local address is in the plan */
	sl_sysctl_write("ipv6", c->name, "disable_ipv6", v6 ? "0" : "1");
}

static void free_plan(struct sl_companion_plan *plan)
{
	free(plan->addresses);
	free(plan->routes);
	*plan = (struct sl_companion_plan){ 0 };
}

/* What may be left of the plan before is in this one, too, to be removed next time. */
static void keep(struct sl_companion *c, const struct sl_companion_plan *before)
{
	struct sl_companion_plan *plan = &c->plan;
	struct sl_prefix *addresses = realloc(plan->addresses, (plan->n_addresses + before->n_addresses + 1) * sizeof(*addresses));
	struct sl_companion_route *routes = realloc(plan->routes, (plan->n_routes + before->n_routes + 1) * sizeof(*routes));

	if (addresses != NULL)
		plan->addresses = addresses;
	if (routes != NULL)
		plan->routes = routes;
	if (addresses == NULL || routes == NULL) {
		sl_log_error("out of memory: companion %s may keep addresses and routes it had", c->name);
		return;
	}
	for (unsigned int i = 0; i < before->n_addresses; i++)
		if (!has_address(plan, &before->addresses[i]))
			addresses[plan->n_addresses++] = before->addresses[i];
	for (unsigned int i = 0; i < before->n_routes; i++)
		if (!has_route(plan, &before->routes[i]))
			routes[plan->n_routes++] = before->routes[i];
}

void sl_companion_apply(struct sl_companion *c, const struct sl_companion_plan *plan)
{
	struct sl_companion_plan before = c->plan, next = *plan;
	int netlink = sl_netlink_open();

	if (netlink < 0) {
		sl_log_error("companion %s: no netlink socket: %s", c->name, rte_strerror(-netlink));
		c->refused = true;
		free_plan(&next);
		return;
	}
	quieten(c, &next);
	bool done = (!c->refused && next.mtu == before.mtu) || set_mtu(c, next.mtu);
	done &= change(c, netlink, &before, &next, false);
	done &= bring_up(c);
	done &= change(c, netlink, &before, &next, true);
	close(netlink);
	c->plan = next;
	c->refused = !done;
	if (!done)
		keep(c, &before);
	free_plan(&before);
}

static void withdraw(struct sl_companion *c)
{
	static const struct sl_companion_plan nothing;
	int netlink = c->plan.n_addresses > 0 ? sl_netlink_open() : -1;

	if (netlink >= 0) {
		change(c, netlink, &c->plan, &nothing, false);
		close(netlink);
	}
	free_plan(&c->plan);
}

void sl_companion_move(struct sl_companion *c, const uint8_t mac[6], uint32_t table)
{
	withdraw(c);
	c->table = table;
	int ret = change_flags(c, 0, IFF_UP); /* the kernel forgets its neighbours */
	if (ret == 0)
		ret = set_mac(c, mac);
	if (ret != 0)
		sl_log_error("companion %s: the host refuses its new MAC address: %s", c->name, rte_strerror(-ret));
}

void sl_companion_destroy(struct sl_companion *c)
{
	if (c == NULL)
		return;
	withdraw(c);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

void sl_companion_set_link(struct sl_companion *c, bool up)
{
	int carrier = up;

	if (up == c->link)
		return;
	c->link = up;
	ioctl(c->fd, TUNSETCARRIER, &carrier); /* kernels before 5.0 cannot, and have it up always */
}

const char *sl_companion_name(const struct sl_companion *c)
{
	return c->name;
}

bool sl_companion_link(const struct sl_companion *c)
{
	return c->link;
}

bool sl_companion_is_gone(const struct sl_companion *c)
{
	return c->gone;
}

int sl_companion_index(const struct sl_companion *c)
{
	return c->index;
}

int sl_companion_fd(const struct sl_companion *c)
{
	return c->fd;
}

/* ---- frames ---- */

/* Into nothing. The file would stay readable otherwise, and whoever waits for it come back at once. */
static bool discard(struct sl_companion *c)
{
	uint8_t start;
	ssize_t n = read(c->fd, &start, sizeof(start));

	c->gone = n < 0 && errno == EBADFD;
	return n > 0;
}

struct rte_mbuf *sl_companion_read(struct sl_companion *c, struct rte_mempool *pool, uint16_t vlan, bool *lost)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	unsigned int tag = vlan != 0 ? RTE_VLAN_HLEN : 0;

	*lost = m == NULL && discard(c);
	if (m == NULL)
		return NULL;
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	ssize_t n = read(c->fd, frame + tag, rte_pktmbuf_tailroom(m) - tag);
	if (n < RTE_ETHER_HDR_LEN) {
		c->gone = n < 0 && errno == EBADFD;
		rte_pktmbuf_free(m);
		return NULL;
	}
	if (tag != 0) {
		memmove(frame, frame + tag, MACS_LEN);
		frame[MACS_LEN] = 0x81;
		frame[MACS_LEN + 1] = 0;
		frame[MACS_LEN + 2] = (uint8_t)(vlan >> 8);
		frame[MACS_LEN + 3] = (uint8_t)vlan;
	}
	m->data_len = (uint16_t)(n + tag);
	m->pkt_len = m->data_len;
	return m;
}

static bool is_tagged(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	return m->data_len >= MACS_LEN + RTE_VLAN_HLEN && ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN);
}

bool sl_companion_write(struct sl_companion *c, struct rte_mbuf *m)
{
	struct iovec parts[SEGMENTS_MAX + 1];
	int n = 0;
	bool taken = false;

	if (c != NULL && m->nb_segs <= SEGMENTS_MAX && m->data_len > MACS_LEN) {
		unsigned int rest = MACS_LEN + (is_tagged(m) ? RTE_VLAN_HLEN : 0);
		parts[n++] = (struct iovec){ rte_pktmbuf_mtod(m, void *), MACS_LEN };
		parts[n++] = (struct iovec){ rte_pktmbuf_mtod_offset(m, void *, rest), m->data_len - rest };
		for (const struct rte_mbuf *next = m->next; next != NULL; next = next->next)
			parts[n++] = (struct iovec){ rte_pktmbuf_mtod(next, void *), next->data_len };
		taken = writev(c->fd, parts, n) > 0;
	}
	rte_pktmbuf_free(m);
	return taken;
}
