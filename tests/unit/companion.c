/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TAP of an interface, in a network namespace of the test's own: its settings follow the plan, and frames pass with their VLAN
 * tags put on and taken off. Needs CAP_NET_ADMIN and /dev/net/tun; skipped without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "eal.h"

#include "sluice/port/companion.h"

#define TABLE 0x736c0007u

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xf0 };

static struct {
	bool possible;
	struct rte_mempool *pool;
	struct sl_companion *companion;
	int host; /* packet socket on it */
} test;

static struct sl_prefix prefix(const char *text)
{
	struct sl_prefix p;

	assert_int_equal(sl_prefix_parse(text, &p), 0);
	return p;
}

/* A plan of addresses, and routes "PREFIX VIA" or "PREFIX"; both end with NULL. */
static struct sl_companion_plan plan(uint16_t mtu, const char *const *addresses, const char *const *routes)
{
	struct sl_companion_plan made = { .mtu = mtu };

	made.addresses = calloc(8, sizeof(*made.addresses));
	made.routes = calloc(8, sizeof(*made.routes));
	while (addresses[made.n_addresses] != NULL) {
		made.addresses[made.n_addresses] = prefix(addresses[made.n_addresses]);
		made.n_addresses++;
	}
	while (routes[made.n_routes] != NULL) {
		char to[64] = "", via[64] = "";
		assert_true(sscanf(routes[made.n_routes], "%63s %63s", to, via) >= 1);
		made.routes[made.n_routes].prefix = prefix(to);
		if (via[0] != '\0')
			assert_int_equal(sl_ip_parse(via, &made.routes[made.n_routes].via), 0);
		made.n_routes++;
	}
	return made;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })

/* What `ip` prints has the text. */
static bool shows(const char *command, const char *text)
{
	char out[8192];
	FILE *f = popen(command, "r");

	assert_non_null(f);
	size_t n = fread(out, 1, sizeof(out) - 1, f);
	pclose(f);
	out[n] = '\0';
	bool found = strstr(out, text) != NULL;
	if (!found)
		print_message("%s has no \"%s\":\n%s", command, text, out);
	return found;
}

static int set_up(void **state)
{
	struct sl_problems problems;

	test.host = -1;
	test.possible = unshare(CLONE_NEWNET) == 0 && access("/dev/net/tun", R_OK | W_OK) == 0;
	if (!test.possible)
		return 0;
	test.pool = test_pool_create();
	sl_problems_init(&problems);
	test.companion = sl_companion_create("wan", mac, TABLE, "/interfaces/0/kernel", &problems);
	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	return test.pool == NULL || test.companion == NULL;
}

static void settings_follow_the_plan(void **state)
{
	if (!test.possible)
		skip();
	struct sl_companion_plan first = plan(1400, LIST("192.0.2.2/24", "192.0.2.3/24", "2001:db8:1::2/64", "fe80::2/64"),
					      LIST("192.0.2.0/24", "0.0.0.0/0 192.0.2.1", "::/0 fe80::1"));
	sl_companion_apply(test.companion, &first);
	sl_companion_set_link(test.companion, true);
	assert_true(shows("ip link show dev wan", "mtu 1400"));
	assert_true(shows("ip link show dev wan", "link/ether 02:00:00:00:00:f0"));
	assert_true(shows("ip link show dev wan", ",UP,LOWER_UP"));
	assert_true(shows("ip -o addr show dev wan", "192.0.2.3/24"));
	assert_true(shows("ip -o addr show dev wan", "inet6 2001:db8:1::2/64"));
	assert_true(shows("ip -4 rule", "from 192.0.2.2 lookup 1936457735"));
	assert_true(shows("ip -6 rule", "from 2001:db8:1::2 lookup 1936457735"));
	assert_true(shows("ip -4 route show table 1936457735", "default via 192.0.2.1 dev wan"));
	assert_true(shows("ip -4 route get 198.51.100.1 from 192.0.2.2", "via 192.0.2.1 dev wan"));
	assert_true(shows("ip -6 route get 2001:db8:99::1 from 2001:db8:1::2", "via fe80::1 dev wan"));

	/* one address and a route go, another route comes */
	struct sl_companion_plan second = plan(1500, LIST("192.0.2.3/24"), LIST("192.0.2.0/24", "198.51.100.0/24 192.0.2.9"));
	sl_companion_apply(test.companion, &second);
	assert_true(shows("ip link show dev wan", "mtu 1500"));
	assert_false(shows("ip -o addr show dev wan", "192.0.2.2"));
	assert_true(shows("ip -o addr show dev wan", "192.0.2.3/24"));
	assert_false(shows("ip -o addr show dev wan", "inet6"));
	assert_false(shows("ip -4 rule", "192.0.2.2"));
	assert_false(shows("ip -4 route show table 1936457735", "default"));
	assert_true(shows("ip -4 route get 198.51.100.1 from 192.0.2.3", "via 192.0.2.9 dev wan"));
	sl_companion_set_link(test.companion, false);
	assert_true(shows("ip link show dev wan", "NO-CARRIER"));
	sl_companion_set_link(test.companion, true);
}

/* What the host has refused is there when the same plan comes again and nothing is in its way any more. */
static void refused_is_tried_again(void **state)
{
	struct rlimit files, none;

	if (!test.possible)
		skip();
	/* no IPv6 on a link with so small an MTU */
	struct sl_companion_plan small = plan(1000, LIST("192.0.2.3/24", "2001:db8:1::2/64"), LIST("192.0.2.0/24"));
	sl_companion_apply(test.companion, &small);
	assert_false(shows("ip -o addr show dev wan", "2001:db8:1::2/64"));
	struct sl_companion_plan same = plan(1500, LIST("192.0.2.3/24", "2001:db8:1::2/64"), LIST("192.0.2.0/24"));
	sl_companion_apply(test.companion, &same);
	assert_true(shows("ip -o addr show dev wan", "2001:db8:1::2/64"));
	assert_true(shows("ip -6 rule", "from 2001:db8:1::2 lookup 1936457735"));

	/* no socket to ask by: neither what goes nor what comes */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	none = (struct rlimit){ 0, files.rlim_max };
	for (unsigned int i = 0; i < 2; i++) {
		struct sl_companion_plan other = plan(1500, LIST("192.0.2.3/24", "192.0.2.4/24"), LIST("192.0.2.0/24"));
		assert_int_equal(setrlimit(RLIMIT_NOFILE, i == 0 ? &none : &files), 0);
		sl_companion_apply(test.companion, &other);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
		assert_int_equal(shows("ip -o addr show dev wan", "192.0.2.4/24"), i == 1);
		assert_int_equal(shows("ip -o addr show dev wan", "2001:db8:1::2/64"), i == 0);
	}
	struct sl_companion_plan last = plan(1500, LIST("192.0.2.3/24"), LIST("192.0.2.0/24"));
	sl_companion_apply(test.companion, &last);
	assert_false(shows("ip -4 rule", "192.0.2.4"));
	assert_false(sl_netdev_mute("nosuch0", &(struct sl_ip){ 0 }, 1));
}

static struct rte_mbuf *frame(const char *type_and_data, size_t n)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 0xf0, 2, 0, 0, 0, 0, 0xc1 };
	struct rte_mbuf *m = rte_pktmbuf_alloc(test.pool);

	memcpy(rte_pktmbuf_append(m, sizeof(macs)), macs, sizeof(macs));
	memcpy(rte_pktmbuf_append(m, (uint16_t)n), type_and_data, n);
	return m;
}

/* The next frame of an experimental ethertype (RFC 9542) that the host's side sees. */
static void host_sees(const char *type_and_data, size_t n)
{
	char got[128];
	ssize_t length;

	do
		length = recv(test.host, got, sizeof(got), 0);
	while (length >= 14 && got[12] != '\x88');
	assert_int_equal(length, (ssize_t)n + 12);
	assert_memory_equal(got + 12, type_and_data, n);
}

/* The next frame of that ethertype that the host sends, with the tag if VLAN is not 0; NULL: none. It has words of its own to say. */
static struct rte_mbuf *own_word(uint16_t vlan)
{
	struct rte_mbuf *m;
	bool lost;

	while ((m = sl_companion_read(test.companion, test.pool, vlan, &lost)) != NULL) {
		const uint8_t *type = rte_pktmbuf_mtod_offset(m, const uint8_t *, vlan != 0 ? 16 : 12);
		if (type[0] == 0x88 && type[1] == 0xb5)
			break;
		rte_pktmbuf_free(m);
	}
	return m;
}

static void frames_pass(void **state)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_halen = 6 };
	struct timeval patience = { .tv_sec = 20 };

	if (!test.possible)
		skip();
	address.sll_ifindex = sl_companion_index(test.companion);
	test.host = socket(AF_PACKET, SOCK_RAW, htons(0x88b5));
	assert_int_equal(bind(test.host, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(test.host, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));

	assert_true(sl_companion_write(test.companion, frame("\x88\xb5plain", 7)));
	host_sees("\x88\xb5plain", 7);
	assert_true(sl_companion_write(test.companion, frame("\x81\x00\x00\x07\x88\xb5tag", 9)));
	host_sees("\x88\xb5tag", 5);
	/* in two buffers */
	struct rte_mbuf *m = frame("\x88\xb5one ", 6);
	struct rte_mbuf *next = rte_pktmbuf_alloc(test.pool);
	memcpy(rte_pktmbuf_append(next, 3), "two", 3);
	assert_int_equal(rte_pktmbuf_chain(m, next), 0);
	assert_true(sl_companion_write(test.companion, m));
	host_sees("\x88\xb5one two", 9);
	assert_false(sl_companion_write(NULL, frame("\x88\xb5nobody", 8)));

	static const char out[] = "\x02\0\0\0\0\xc1\x02\0\0\0\0\xf0\x88\xb5hello";
	for (unsigned int vlan = 0; vlan < 1000; vlan += 999) {
		assert_int_equal(send(test.host, out, sizeof(out) - 1, 0), sizeof(out) - 1);
		m = own_word((uint16_t)vlan);
		assert_non_null(m);
		const char *got = rte_pktmbuf_mtod(m, const char *);
		assert_int_equal(m->pkt_len, sizeof(out) - 1 + (vlan != 0 ? 4 : 0));
		assert_memory_equal(got, out, 12);
		if (vlan != 0)
			assert_memory_equal(got + 12, "\x81\x00\x03\xe7\x88\xb5hello", 11);
		else
			assert_memory_equal(got + 12, "\x88\xb5hello", 7);
		rte_pktmbuf_free(m);
	}
	assert_null(own_word(0));
	assert_int_equal(rte_mempool_in_use_count(test.pool), 0);
}

static void a_name_that_is_taken(void **state)
{
	struct sl_problems problems;

	if (!test.possible)
		skip();
	sl_problems_init(&problems);
	assert_null(sl_companion_create("lo", mac, TABLE, "/interfaces/1/kernel", &problems));
	assert_null(sl_companion_create("wan", mac, TABLE, "/interfaces/1/kernel", &problems));
	assert_int_equal(problems.count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_string_equal(problems.list[i].where, "/interfaces/1/kernel");
		assert_string_equal(problems.list[i].remedy, "the host has an interface of this name: give sluice's another \"name\"");
	}
	sl_problems_fini(&problems);
}

#define FILTERS "tc filter show dev under0 ingress"

/* Does the host answer on under0 for an address of under0 or of lo, to who has not asked before? */
static bool pinged(const char *address, const char *patience_s)
{
	char command[256];

	snprintf(command, sizeof(command), "peer=sluice-mute-%d; ip -n $peer neigh flush dev under1; "
		 "ip netns exec $peer ping -n -q -c 1 -W %s %s >/dev/null", (int)getpid(), patience_s, address);
	return system(command) == 0;
}

static bool answers(const char *address)
{
	return pinged(address, "10");
}

static bool is_silent(const char *address)
{
	return !pinged(address, "0.3");
}

static void run(const char *commands)
{
	char line[1024];

	snprintf(line, sizeof(line), "set -e; peer=sluice-mute-%d; %s", (int)getpid(), commands);
	assert_int_equal(system(line), 0);
}

/*
 * The kernel interface under a virtual device keeps silent about addresses of companions, and about nothing else. Others' filters
 * stay; what a killed process has left is taken over, and gone at the end.
 */
static void muted(void **state)
{
	if (!test.possible)
		skip();
	run("ip netns add $peer; ip link add under0 type veth peer name under1 netns $peer;"
	    "ip link set lo up; ip link set under0 up; ip -n $peer link set under1 up;"
	    "ip addr add 198.51.100.2/24 dev under0; ip addr add 2001:db8:3::2/64 dev under0 nodad;"
	    "ip addr add 203.0.113.1/32 dev lo; ip addr add 203.0.113.2/32 dev lo; ip addr add 2001:db8:4::1/128 dev lo nodad;"
	    "ip -n $peer addr add 198.51.100.1/24 dev under1; ip -n $peer addr add 2001:db8:3::1/64 dev under1 nodad;"
	    "ip -n $peer route add 203.0.113.0/24 dev under1; ip -n $peer route add 2001:db8:4::/64 via 2001:db8:3::2");
	const struct sl_ip addresses[] = { prefix("203.0.113.1/32").ip, prefix("2001:db8:4::1/128").ip, prefix("203.0.113.2/32").ip };
	static const char *const own[] = { "198.51.100.2", "2001:db8:3::2" };

	for (unsigned int i = 0; i < 2; i++)
		assert_true(answers(own[i]));
	assert_true(answers("203.0.113.1"));
	assert_true(answers("203.0.113.2"));
	assert_true(answers("2001:db8:4::1"));

	for (unsigned int killed = 0; killed < 2; killed++) { /* the second one finds what the first has set */
		sl_netdev_mute("under0", addresses, 2);
		for (unsigned int i = 0; i < 2; i++)
			assert_true(answers(own[i]));
		assert_true(is_silent("203.0.113.1"));
		assert_true(is_silent("2001:db8:4::1"));
		assert_true(answers("203.0.113.2"));
	}
	sl_netdev_mute("under0", &addresses[1], 2);
	assert_true(answers("203.0.113.1"));
	assert_true(is_silent("203.0.113.2"));
	assert_true(shows("ip addr show dev under0", "2001:db8:3::2/64"));

	run("tc filter add dev under0 egress pref 7 protocol all bpf bytecode '1,6 0 0 4294967295,' direct-action");
	sl_netdev_unmute("under0");
	assert_false(shows(FILTERS, "bpf"));
	assert_true(shows("tc filter show dev under0 egress", "pref 7"));
	assert_true(answers("203.0.113.2"));
	assert_true(answers("2001:db8:4::1"));
	run("tc filter del dev under0 egress pref 7");
	sl_netdev_mute("under0", addresses, 1);
	sl_netdev_unmute("under0");
	sl_netdev_unmute("under0");
	assert_false(shows("tc qdisc show dev under0", "clsact"));
}

static int remove_peer(void **state)
{
	if (test.possible)
		run("ip netns del $peer 2>/dev/null || true");
	return 0;
}

static void nothing_is_left(void **state)
{
	if (!test.possible)
		skip();
	sl_companion_destroy(test.companion);
	assert_false(shows("ip link", "wan"));
	assert_false(shows("ip -4 rule", "192.0.2.3"));
	close(test.host);
}

static void deleted(void **state)
{
	struct sl_problems problems;
	bool lost;

	if (!test.possible)
		skip();
	sl_problems_init(&problems);
	struct sl_companion *companion = sl_companion_create("gone", mac, TABLE, "/interfaces/0/kernel", &problems);
	assert_non_null(companion);
	assert_null(sl_companion_read(companion, test.pool, 0, &lost));
	assert_false(sl_companion_is_gone(companion));
	assert_int_equal(system("ip link del gone"), 0);
	assert_null(sl_companion_read(companion, test.pool, 0, &lost));
	assert_true(sl_companion_is_gone(companion));
	sl_companion_destroy(companion);
	sl_problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_follow_the_plan),
		cmocka_unit_test(refused_is_tried_again),
		cmocka_unit_test(frames_pass),
		cmocka_unit_test(a_name_that_is_taken),
		cmocka_unit_test_teardown(muted, remove_peer),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(deleted),
	};

	test_eal_init("companion");
	return cmocka_run_group_tests(tests, set_up, NULL);
}
