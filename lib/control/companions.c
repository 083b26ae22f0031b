/* SPDX-License-Identifier: BSD-3-Clause */
#include "companions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "sluice/base/log.h"

#include "send.h"

#define TABLE 0x736c0000u /* of routes: and the interface id */
#define FRAMES_MAX 256	  /* in a turn, from each worker, and from each companion */

struct sl_companions {
	unsigned int n; /* of interfaces that have one */
	struct sl_companion *of[SL_MAX_INTERFACES];
	struct sl_companion *made[SL_MAX_INTERFACES]; /* for the snapshot that is about to be published */
	/* what the kernel is not to answer on interfaces below ports, by port id */
	char muted[SL_MAX_PORTS][sizeof(((struct sl_port *)0)->netdev)]; /* "": nothing there */
	struct sl_ip *addresses;
	unsigned int n_addresses;
	bool muting; /* the kernel does so; false also before what a killed sluice may have left is undone */
};

struct sl_companions *sl_companions_create(void)
{
	return calloc(1, sizeof(struct sl_companions));
}

static void unmute(struct sl_companions *all, unsigned int port)
{
	if (all->muted[port][0] != '\0')
		sl_netdev_unmute(all->muted[port]);
	all->muted[port][0] = '\0';
}

void sl_companions_destroy(struct sl_companions *all)
{
	if (all == NULL)
		return;
	for (unsigned int id = 0; id < SL_MAX_INTERFACES; id++)
		sl_companion_destroy(all->of[id]);
	for (unsigned int i = 0; i < SL_MAX_PORTS; i++)
		unmute(all, i);
	free(all->addresses);
	free(all);
}

const struct sl_companion *sl_companions_find(const struct sl_control *control, uint16_t interface)
{
	return control->companions != NULL ? control->companions->of[interface] : NULL;
}

/* ---- following the configuration ---- */

static void remove_companion(struct sl_companions *all, uint16_t id)
{
	all->n -= all->of[id] != NULL;
	sl_companion_destroy(all->of[id]); /* closed files leave the epoll by themselves */
	all->of[id] = NULL;
}

static bool wants(const struct sl_snapshot *s, uint16_t id)
{
	return id < s->n_interfaces && s->interfaces[id].name[0] != '\0' && s->interfaces[id].kernel;
}

/* Where the companion of this name is. An interface that moves to another device or VLAN gets another id, and keeps its companion. */
static uint16_t find_name(const struct sl_companions *all, const char *name)
{
	for (uint16_t id = 0; id < SL_MAX_INTERFACES; id++)
		if (all->of[id] != NULL && !sl_companion_is_gone(all->of[id]) && strcmp(sl_companion_name(all->of[id]), name) == 0)
			return id;
	return SL_ID_NONE;
}

static void where_of(const struct sl_config *config, const char *name, char where[64])
{
	unsigned int i = 0;

	while (i < config->n_interfaces && strcmp(config->interfaces[i].name, name) != 0)
		i++;
	snprintf(where, 64, "/interfaces/%u/kernel", i);
}

static int make_companion(struct sl_control *control, const struct sl_snapshot *next, uint16_t id, const struct sl_config *config,
			  struct sl_problems *problems)
{
	const struct sl_interface *interface = &next->interfaces[id];
	char where[64];

	where_of(config, interface->name, where);
	struct sl_companion *companion = sl_companion_create(interface->name, interface->mac, TABLE + id, where, problems);
	if (companion == NULL)
		return -1;
	struct epoll_event event = { .events = EPOLLIN, .data.fd = sl_companion_fd(companion) };
	if (epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, sl_companion_fd(companion), &event) != 0) {
		sl_problem_add(problems, where, NULL, "the control loop cannot watch its TAP: %s", strerror(errno));
		sl_companion_destroy(companion);
		return -1;
	}
	control->companions->made[id] = companion;
	return 0;
}

static void discard_made(struct sl_companions *all)
{
	for (unsigned int id = 0; id < SL_MAX_INTERFACES; id++) {
		sl_companion_destroy(all->made[id]);
		all->made[id] = NULL;
	}
}

int sl_companions_prepare(struct sl_control *control, const struct sl_snapshot *next, const struct sl_config *config,
			  struct sl_problems *problems)
{
	for (uint16_t id = 0; id < next->n_interfaces; id++) {
		if (!wants(next, id) || find_name(control->companions, next->interfaces[id].name) != SL_ID_NONE)
			continue;
		if (make_companion(control, next, id, config, problems) != 0) {
			discard_made(control->companions);
			return -1;
		}
	}
	return 0;
}

/* Those that are made, those that stay and those that move to their ids; the others go. */
static void rearrange(struct sl_companions *all, const struct sl_snapshot *s)
{
	struct sl_companion *of[SL_MAX_INTERFACES] = { NULL };

	for (uint16_t id = 0; id < s->n_interfaces; id++) {
		uint16_t from = wants(s, id) && all->made[id] == NULL ? find_name(all, s->interfaces[id].name) : SL_ID_NONE;
		of[id] = from != SL_ID_NONE ? all->of[from] : all->made[id];
		all->made[id] = NULL;
		if (from == SL_ID_NONE)
			continue;
		all->of[from] = NULL;
		if (from != id)
			sl_companion_move(of[id], s->interfaces[id].mac, TABLE + id);
	}
	for (uint16_t id = 0; id < SL_MAX_INTERFACES; id++)
		remove_companion(all, id);
	memcpy(all->of, of, sizeof(of));
	all->n = 0;
	for (uint16_t id = 0; id < SL_MAX_INTERFACES; id++)
		all->n += of[id] != NULL;
}

const struct sl_ip *sl_companions_source(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *ip)
{
	const struct sl_interface *in = &s->interfaces[interface];
	const struct sl_ip *any = NULL;

	for (unsigned int i = 0; i < in->n_addresses; i++) {
		const struct sl_ip *own = &in->addresses[i].ip;
		if (sl_ip_is_v4(own) != sl_ip_is_v4(ip) || sl_ip_is_link_local(own) ||
		    !sl_local_is_kernels(s, sl_snapshot_local(s, own), interface))
			continue;
		if (sl_prefix_covers(&in->addresses[i], ip))
			return own;
		any = any != NULL ? any : own;
	}
	return any;
}

/* An address of the interface that its companion has. */
static bool is_shared(const struct sl_snapshot *s, uint16_t id, const struct sl_prefix *address)
{
	const struct sl_local *local = sl_snapshot_local(s, &address->ip);

	return local != NULL && sl_local_is_kernels(s, local, id);
}

static void add_addresses(const struct sl_snapshot *s, uint16_t id, struct sl_companion_plan *plan)
{
	const struct sl_interface *in = &s->interfaces[id];

	for (unsigned int i = 0; i < in->n_addresses; i++) {
		const struct sl_prefix *address = &in->addresses[i];
		if (!is_shared(s, id, address))
			continue;
		plan->addresses[plan->n_addresses++] = *address;
		if (!sl_ip_is_link_local(&address->ip))
			plan->routes[plan->n_routes++] = (struct sl_companion_route){ .prefix = sl_prefix_network(address) };
	}
}

static void add_gateways(const struct sl_config *config, const char *name, struct sl_companion_plan *plan)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		const struct sl_config_interface *in = &config->interfaces[i];
		for (unsigned int j = 0; strcmp(in->name, name) == 0 && j < in->n_gateways; j++)
			plan->routes[plan->n_routes++] = (struct sl_companion_route){
				.prefix = { .ip = sl_ip_is_v4(&in->gateways[j]) ? sl_ip_from_v4(0) : (struct sl_ip){ .q = { 0 } },
					    .len = sl_ip_is_v4(&in->gateways[j]) ? 96 : 0 },
				.via = in->gateways[j],
			};
	}
}

static void add_routes(const struct sl_snapshot *s, const struct sl_config *config, uint16_t id, struct sl_companion_plan *plan)
{
	for (unsigned int i = 0; i < config->n_routes; i++) {
		const struct sl_nexthop *hop = sl_snapshot_route(s, &config->routes[i].via);
		if (hop != NULL && hop->interface == id)
			plan->routes[plan->n_routes++] = (struct sl_companion_route){ config->routes[i].prefix,
										      config->routes[i].via };
	}
}

static void apply(struct sl_control *control, const struct sl_config *config, uint16_t id)
{
	const struct sl_snapshot *s = control->snapshot;
	const struct sl_interface *in = &s->interfaces[id];
	struct sl_companion_plan plan = { .mtu = in->mtu };

	plan.addresses = calloc(in->n_addresses, sizeof(*plan.addresses));
	plan.routes = calloc(in->n_addresses + 2u + config->n_routes, sizeof(*plan.routes));
	if (plan.addresses == NULL || plan.routes == NULL) {
		sl_log_error("out of memory: companion %s stays as it is", in->name);
		free(plan.addresses);
		free(plan.routes);
		return;
	}
	add_addresses(s, id, &plan);
	add_gateways(config, in->name, &plan);
	add_routes(s, config, id, &plan);
	sl_companion_apply(control->companions->of[id], &plan);
}

/* Drivers that leave what they receive to the kernel, too. */
static bool only_copies(const struct sl_port *port)
{
	return port->netdev[0] != '\0' && strcmp(port->driver, "net_af_xdp") != 0;
}

/* Addresses of all companions. */
static int collect_addresses(const struct sl_companions *all, const struct sl_snapshot *s, struct sl_ip **addresses, unsigned int *n)
{
	unsigned int room = 0;

	for (uint16_t id = 0; id < s->n_interfaces; id++)
		room += all->of[id] != NULL ? s->interfaces[id].n_addresses : 0;
	*addresses = calloc(room + 1, sizeof(**addresses));
	*n = 0;
	if (*addresses == NULL)
		return -1;
	for (uint16_t id = 0; id < s->n_interfaces; id++)
		for (unsigned int i = 0; all->of[id] != NULL && i < s->interfaces[id].n_addresses; i++)
			if (is_shared(s, id, &s->interfaces[id].addresses[i]))
				(*addresses)[(*n)++] = s->interfaces[id].addresses[i].ip;
	return 0;
}

/* On all ports: the kernel answers on any interface for all of its addresses. What it refuses is tried again with the next snapshot. */
static void mute_ports(struct sl_control *control)
{
	struct sl_companions *all = control->companions;
	struct sl_ip *addresses;
	unsigned int n;

	if (collect_addresses(all, control->snapshot, &addresses, &n) != 0) {
		sl_log_error("out of memory: the kernel may answer for new addresses of companions");
		return;
	}
	bool same = all->muting && n == all->n_addresses && (n == 0 || memcmp(addresses, all->addresses, n * sizeof(*addresses)) == 0);
	free(all->addresses);
	all->addresses = addresses;
	all->n_addresses = n;
	all->muting = true;
	for (unsigned int i = 0; !same && i < control->n_ports; i++) {
		const struct sl_port *port = &control->ports[i];
		if (!only_copies(port))
			continue;
		memcpy(all->muted[i], port->netdev, sizeof(all->muted[i]));
		if (n > 0)
			all->muting &= sl_netdev_mute(port->netdev, addresses, n);
		else
			unmute(all, i);
	}
}

void sl_companions_follow(struct sl_control *control, const struct sl_config *config)
{
	struct sl_companions *all = control->companions;
	const struct sl_snapshot *s = control->snapshot;

	rearrange(all, s);
	mute_ports(control); /* before their addresses are known to the kernel */
	for (uint16_t id = 0; id < s->n_interfaces; id++)
		if (all->of[id] != NULL)
			apply(control, config, id);
	sl_companions_watch_links(control);
}

void sl_companions_watch_links(struct sl_control *control)
{
	const struct sl_snapshot *s = control->snapshot;

	for (uint16_t id = 0; control->companions->n > 0 && id < s->n_interfaces; id++)
		if (control->companions->of[id] != NULL)
			sl_companion_set_link(control->companions->of[id], control->ports[s->interfaces[id].port].link_up);
}

/* ---- frames ---- */

static unsigned int to_host(struct sl_control *control, struct rte_ring *ring)
{
	struct rte_mbuf *m[FRAMES_MAX];
	unsigned int n = rte_ring_sc_dequeue_burst(ring, (void **)m, FRAMES_MAX, NULL);

	for (unsigned int i = 0; i < n; i++) {
		bool taken = sl_companion_write(control->companions->of[m[i]->port], m[i]);
		control->count[taken ? SL_CONTROL_COUNT_COMPANION_TO_HOST : SL_CONTROL_COUNT_COMPANION_REFUSED]++;
	}
	return n;
}

/* Somebody has deleted the TAP: its file would report an error for ever. */
static void leave(struct sl_control *control, uint16_t id)
{
	sl_log_error("companion %s was deleted; remedy: reload the configuration, which makes it anew", control->snapshot->interfaces[id].name);
	remove_companion(control->companions, id);
}

static unsigned int from_host(struct sl_control *control, uint16_t id)
{
	const struct sl_interface *interface = &control->snapshot->interfaces[id];
	unsigned int n = 0;

	for (; n < FRAMES_MAX; n++) {
		bool lost;
		struct rte_mbuf *m = sl_companion_read(control->companions->of[id], control->pool, interface->vlan, &lost);
		if (m == NULL && !lost)
			break;
		bool given = m != NULL && sl_control_inject(control, interface->port, m);
		control->count[given ? SL_CONTROL_COUNT_COMPANION_FROM_HOST : SL_CONTROL_COUNT_COMPANION_LOST]++;
	}
	if (unlikely(sl_companion_is_gone(control->companions->of[id])))
		leave(control, id);
	return n;
}

uint64_t sl_companions_run(struct sl_control *control)
{
	const struct sl_snapshot *s = control->snapshot;
	unsigned int most = 0;

	for (unsigned int i = 0; i < control->shared->n_workers; i++) {
		unsigned int n = to_host(control, control->shared->workers[i]->punts_out);
		most = RTE_MAX(most, n);
	}
	for (uint16_t id = 0; control->companions->n > 0 && id < s->n_interfaces; id++) {
		unsigned int n = control->companions->of[id] != NULL ? from_host(control, id) : 0;
		most = RTE_MAX(most, n);
	}
	return most == FRAMES_MAX ? 0 : SL_NEVER;
}

bool sl_companions_pending(const struct sl_control *control)
{
	for (unsigned int i = 0; i < control->shared->n_workers; i++)
		if (!rte_ring_empty(control->shared->workers[i]->punts_out))
			return true;
	return false;
}
