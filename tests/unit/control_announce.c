/* SPDX-License-Identifier: BSD-3-Clause */
/* Announcements in virtual time: what is said about which address, when, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "sluice/packet/burst.h"

#include "../../lib/control/announce.h"
#include "../support/config_builder.h"

#define S 1000000000ull
#define NONE UINT64_MAX

struct lab {
	struct config_builder *config;
	struct sl_snapshot *s;
	struct sl_announcer *announcer;
	uint64_t now_ns;
	bool jammed;
	unsigned int probes, announcements, most_in_tick; /* seen so far */
	unsigned int last_was_probe_of_vip, vip_announcements;
	struct sl_ip vip;
};

static bool probe(void *arg, uint16_t interface, const struct sl_ip *ip)
{
	struct lab *lab = arg;

	lab->probes += !lab->jammed;
	lab->last_was_probe_of_vip = sl_ip_equal(ip, &lab->vip);
	return !lab->jammed;
}

static bool announce(void *arg, uint16_t interface, const struct sl_ip *ip)
{
	struct lab *lab = arg;

	if (lab->jammed)
		return false;
	/* the probe goes ahead of the first announcement */
	if (sl_ip_equal(ip, &lab->vip) && lab->vip_announcements++ == 0)
		assert_true(lab->last_was_probe_of_vip);
	lab->announcements++;
	return true;
}

static struct sl_ip ip(const char *text)
{
	struct sl_ip address;
	assert_int_equal(sl_ip_parse(text, &address), 0);
	return address;
}

static struct sl_snapshot *build(struct lab *lab, const struct sl_snapshot *previous)
{
	static const struct sl_port_facts ports[2] = {
		{ .name = "port0", .mac = { 2, 0, 0, 0, 0, 1 }, .mtu = 1500 },
		{ .name = "port1", .mac = { 2, 0, 0, 0, 0, 2 }, .mtu = 1500 },
	};
	static const struct sl_usage usage;
	struct sl_problems problems;

	sl_problems_init(&problems);
	struct sl_snapshot *s = sl_snapshot_build(&lab->config->config, ports, 2, previous, &usage, &problems);
	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	assert_non_null(s);
	return s;
}

/* Follow the configuration as it stands now. */
static void publish(struct lab *lab)
{
	struct sl_snapshot *next = build(lab, lab->s);

	sl_announcer_follow(lab->announcer, lab->s, next, lab->now_ns);
	sl_snapshot_destroy(lab->s);
	lab->s = next;
}

/* An empty configuration again, with the two interfaces that most cases want. */
static void configure(struct lab *lab)
{
	config_free(lab->config);
	lab->config = config_new();
	config_interface(lab->config, "wan", "port0", 0, "192.0.2.2/24 2001:db8::2/64");
	config_interface(lab->config, "lan", "port1", 0, "10.1.0.2/16");
}

static int lab_up(void **state)
{
	static const struct sl_announce_ops announce_ops = { .probe = probe, .announce = announce };
	static struct lab lab;

	memset(&lab, 0, sizeof(lab));
	lab.now_ns = 1000 * S;
	lab.vip = ip("192.0.2.10");
	lab.announcer = sl_announcer_create(&announce_ops, &lab);
	configure(&lab);
	*state = &lab;
	return 0;
}

static int lab_down(void **state)
{
	struct lab *lab = *state;

	sl_announcer_destroy(lab->announcer);
	sl_snapshot_destroy(lab->s);
	config_free(lab->config);
	return 0;
}

static void pass(struct lab *lab, uint64_t ns)
{
	uint64_t end_ns = lab->now_ns + ns;

	for (;;) {
		unsigned int before = lab->probes + lab->announcements;
		uint64_t next_ns = sl_announcer_run(lab->announcer, lab->now_ns);
		unsigned int sent = lab->probes + lab->announcements - before;
		lab->most_in_tick = sent > lab->most_in_tick ? sent : lab->most_in_tick;
		assert_true(next_ns > lab->now_ns);
		if (next_ns > end_ns)
			break;
		lab->now_ns = next_ns;
	}
	lab->now_ns = end_ns;
}

static void test_start(void **state)
{
	struct lab *lab = *state;

	config_service(lab->config, "web", "192.0.2.10", 80, IPPROTO_TCP, "10.1.0.3");
	config_backend(lab->config, "10.1.1.1", 80, 1);
	config_service(lab->config, "far", "203.0.113.1", 80, IPPROTO_TCP, "10.1.0.3"); /* on no interface */
	config_backend(lab->config, "10.1.1.1", 80, 1);
	publish(lab);
	/* 192.0.2.2, 2001:db8::2, fe80::..., 192.0.2.10, 10.1.0.2, 10.1.0.3 */
	pass(lab, 0);
	assert_int_equal(lab->probes, 6);
	assert_int_equal(lab->announcements, 6);
	pass(lab, S - 1);
	assert_int_equal(lab->announcements, 6);
	pass(lab, 10 * S);
	assert_int_equal(lab->probes, 6);
	assert_int_equal(lab->announcements, 18);
	assert_int_equal(lab->vip_announcements, 3);
	assert_int_equal(sl_announcer_run(lab->announcer, lab->now_ns), NONE);
}

static void test_reload(void **state)
{
	struct lab *lab = *state;

	publish(lab);
	pass(lab, 10 * S);
	lab->announcements = 0;
	publish(lab); /* nothing new, nothing said */
	pass(lab, 10 * S);
	assert_int_equal(lab->announcements, 0);
	config_service(lab->config, "web", "192.0.2.10", 80, IPPROTO_TCP, "10.1.0.2");
	config_backend(lab->config, "10.1.1.1", 80, 1);
	publish(lab);
	pass(lab, S / 2);
	assert_int_equal(lab->vip_announcements, 1);
	assert_int_equal(lab->announcements, 1);
	configure(lab); /* gone before its second announcement */
	publish(lab);
	pass(lab, 10 * S);
	assert_int_equal(lab->vip_announcements, 1);
}

static void test_link_up(void **state)
{
	struct lab *lab = *state;

	publish(lab);
	pass(lab, 10 * S);
	lab->announcements = lab->probes = 0;
	sl_announcer_link_up(lab->announcer, lab->s, 0, lab->now_ns);
	pass(lab, 10 * S);
	assert_int_equal(lab->probes, 3);
	assert_int_equal(lab->announcements, 9);
}

static void test_pace(void **state)
{
	struct lab *lab = *state;
	char address[SL_IP_STRLEN];

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "10.1.%u.%u", 100 + i / 200, 1 + i % 200);
		config_service(lab->config, "vip", address, 80, IPPROTO_TCP, "10.1.0.3");
		snprintf(lab->config->services[i].name, SL_NAME_MAX, "vip%u", i);
	}
	publish(lab);
	pass(lab, 10 * S);
	assert_int_equal(lab->most_in_tick, 64);
	assert_int_equal(lab->probes, 1005);
	assert_int_equal(lab->announcements, 3 * 1005);

	/* Frames that cannot leave are not lost. */
	lab->jammed = true;
	sl_announcer_link_up(lab->announcer, lab->s, 0, lab->now_ns);
	pass(lab, S);
	lab->jammed = false;
	lab->announcements = 0;
	pass(lab, 10 * S);
	assert_int_equal(lab->announcements, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_start, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_reload, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_link_up, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_pace, lab_up, lab_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
