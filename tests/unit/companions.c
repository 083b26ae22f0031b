/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Companions while configurations come and go, in a network namespace of the test's own: which TAPs the host has, with which
 * addresses and tables. Needs CAP_NET_ADMIN and /dev/net/tun; skipped without.
 */
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>

#include "../../lib/control/companions.h"
#include "../../lib/control/reload.h"
#include "control_fixture.h"

#define INTERFACE(name, vlan, address, kernel) \
	"{\"name\": \"" name "\", \"device\": \"net_ring0\", \"vlan\": " vlan ", \"kernel\": " kernel ", \"addresses\": [\"" address "\"]}"
#define CONFIG(interfaces) "{\"version\": 1, \"workers\": 2, \"interfaces\": [" interfaces "]}"

/* What the host has after a reload. */
#define MAX_TAPS 4
struct expected {
	const char *name, *address;
	unsigned int vlan;
	bool remade; /* not the TAP that was there before */
};

static const struct step {
	const char *what, *config;
	bool refused;
	struct expected taps[MAX_TAPS];
} steps[] = {
	{ "two companions", CONFIG(INTERFACE("a", "1", "192.0.2.2/24", "true") "," INTERFACE("b", "2", "198.51.100.2/24", "true")), false,
	  { { "a", "192.0.2.2/24", 1, true }, { "b", "198.51.100.2/24", 2, true } } },
	{ "to another VLAN", CONFIG(INTERFACE("a", "3", "192.0.2.2/24", "true") "," INTERFACE("b", "2", "198.51.100.2/24", "true")), false,
	  { { "a", "192.0.2.2/24", 3, false }, { "b", "198.51.100.2/24", 2, false } } },
	{ "with another address", CONFIG(INTERFACE("a", "1", "203.0.113.2/24", "true") "," INTERFACE("b", "2", "198.51.100.2/24", "true")), false,
	  { { "a", "203.0.113.2/24", 1, false }, { "b", "198.51.100.2/24", 2, false } } },
	{ "they change places", CONFIG(INTERFACE("a", "2", "203.0.113.2/24", "true") "," INTERFACE("b", "1", "198.51.100.2/24", "true")), false,
	  { { "a", "203.0.113.2/24", 2, false }, { "b", "198.51.100.2/24", 1, false } } },
	{ "and addresses", CONFIG(INTERFACE("a", "1", "198.51.100.2/24", "true") "," INTERFACE("b", "2", "203.0.113.2/24", "true")), false,
	  { { "a", "198.51.100.2/24", 1, false }, { "b", "203.0.113.2/24", 2, false } } },
	/* "lo" is taken, which is found out after a move and a new one: nothing of it is done */
	{ "refused", CONFIG(INTERFACE("new", "4", "192.0.2.5/24", "true") "," INTERFACE("a", "5", "198.51.100.2/24", "true") ","
			    INTERFACE("lo", "6", "192.0.2.9/24", "true")), true,
	  { { "a", "198.51.100.2/24", 1, false }, { "b", "203.0.113.2/24", 2, false } } },
	{ "one has none any more", CONFIG(INTERFACE("a", "1", "198.51.100.2/24", "true") "," INTERFACE("b", "2", "203.0.113.2/24", "false")), false,
	  { { "a", "198.51.100.2/24", 1, false } } },
	{ "another name", CONFIG(INTERFACE("c", "1", "198.51.100.2/24", "true")), false, { { "c", "198.51.100.2/24", 1, true } } },
	{ "none", CONFIG(INTERFACE("c", "1", "198.51.100.2/24", "false")), false, { { .name = NULL } } },
};

static const char *const names[] = { "a", "b", "c", "new" };

static bool possible;

/* What `ip` prints, one line. */
static const char *output(char text[1024], const char *command, const char *argument)
{
	char line[256];

	snprintf(line, sizeof(line), command, argument);
	FILE *f = popen(line, "r");
	assert_non_null(f);
	text[fread(text, 1, 1023, f)] = '\0';
	pclose(f);
	return text;
}

static uint16_t id_of(const struct lab *lab, const char *name)
{
	const struct sl_snapshot *s = lab->control->snapshot;

	for (uint16_t id = 0; id < s->n_interfaces; id++)
		if (strcmp(s->interfaces[id].name, name) == 0)
			return id;
	return SL_ID_NONE;
}

static void reload(struct lab *lab, const char *config)
{
	write_file(lab, config);
	pthread_mutex_lock(&lab->control->lock);
	sl_control_reload(lab->control);
	pthread_mutex_unlock(&lab->control->lock);
}

static void check_tap(const struct lab *lab, const struct expected *tap, unsigned int before)
{
	unsigned int index = if_nametoindex(tap->name);
	uint16_t id = id_of(lab, tap->name);
	char text[1024], want[64];

	assert_int_not_equal(index, 0);
	assert_int_equal(index != before, tap->remade);
	assert_int_equal(lab->control->snapshot->interfaces[id].vlan, tap->vlan);
	assert_int_equal(sl_companion_index(sl_companions_find(lab->control, id)), index);
	snprintf(want, sizeof(want), "inet %s ", tap->address);
	assert_non_null(strstr(output(text, "ip -4 -o address show dev %s", tap->name), want));
	assert_ptr_equal(strstr(strstr(text, "inet ") + 1, "inet "), NULL);

	/* what comes from its address leaves by it, by the table of its id */
	char ip[32];
	snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(tap->address, "/"), tap->address);
	snprintf(want, sizeof(want), "lookup %u ", 0x736c0000u + id);
	assert_non_null(strstr(output(text, "ip -4 rule show from %s", ip), want));
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text)); /* and no other */
	snprintf(want, sizeof(want), " dev %s ", tap->name);
	snprintf(ip, sizeof(ip), "%u", 0x736c0000u + id);
	assert_non_null(strstr(output(text, "ip -4 route show table %s", ip), want));
}

static void follow_the_configuration(void **state)
{
	struct lab *lab = *state;
	unsigned int before[RTE_DIM(names)] = { 0 };

	if (!possible)
		skip();
	for (unsigned int i = 0; i < RTE_DIM(steps); i++) {
		const struct step *step = &steps[i];
		unsigned int n = 0;

		print_message("%s\n", step->what);
		reload(lab, step->config);
		assert_int_equal(lab->control->reload.ok, !step->refused);
		for (unsigned int k = 0; k < RTE_DIM(names); k++) {
			const struct expected *tap = step->taps;
			while (tap < step->taps + MAX_TAPS && tap->name != NULL && strcmp(tap->name, names[k]) != 0)
				tap++;
			bool wanted = tap < step->taps + MAX_TAPS && tap->name != NULL;
			if (wanted)
				check_tap(lab, tap, before[k]);
			else
				assert_int_equal(if_nametoindex(names[k]), 0);
			n += wanted;
			before[k] = if_nametoindex(names[k]);
		}
		if (n == 0) {
			char text[1024];
			assert_string_equal(output(text, "ip -4 rule show pref 1900%s", ""), "");
		}
	}
}

/* Without a buffer for a frame of the host's it is lost and counted, and does not keep the control loop awake. */
static void no_buffer(void **state)
{
	struct lab *lab = *state;
	struct sl_control *control = lab->control;
	static const uint8_t frame[60] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = RTE_BE16(0x88b5), .sll_halen = 6 };
	struct rte_mbuf *taken[4096];
	unsigned int n = 0;

	if (!possible)
		skip();
	reload(lab, CONFIG(INTERFACE("a", "1", "192.0.2.2/24", "true")));
	assert_true(control->reload.ok);
	int tap = sl_companion_fd(sl_companions_find(control, id_of(lab, "a")));
	struct pollfd readable = { .fd = tap, .events = POLLIN };
	int host = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(host >= 0);
	to.sll_ifindex = (int)if_nametoindex("a");
	lab->port.link_up = true;
	sl_companions_watch_links(control);

	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(lab->pool)) != NULL)
		n++;
	assert_true(n < RTE_DIM(taken));
	for (unsigned int i = 0; i < 3; i++) {
		/* the kernel takes note of a link's carrier when it has time to, and what is sent before is gone without an error */
		for (unsigned int tries = 0; tries == 0 || (poll(&readable, 1, 100) == 0 && tries < 100); tries++)
			assert_int_equal(sendto(host, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)),
					 sizeof(frame));
		sl_companions_run(control);
		assert_int_equal(poll(&readable, 1, 0), 0);
		assert_true(control->count[SL_CONTROL_COUNT_COMPANION_LOST] > i);
		assert_int_equal(control->count[SL_CONTROL_COUNT_COMPANION_FROM_HOST], 0);
	}
	rte_pktmbuf_free_bulk(taken, n);
	assert_int_equal(sendto(host, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(frame));
	assert_int_equal(poll(&readable, 1, 10000), 1);
	sl_companions_run(control);
	assert_int_equal(control->count[SL_CONTROL_COUNT_COMPANION_FROM_HOST], 1);
	close(host);
}

static int start(void **state)
{
	possible = unshare(CLONE_NEWNET) == 0 && access("/dev/net/tun", R_OK | W_OK) == 0;
	return lab_up(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_buffer, start, lab_down),
		cmocka_unit_test_setup_teardown(follow_the_configuration, start, lab_down),
	};

	test_eal_init("companions");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
