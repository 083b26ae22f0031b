/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast groups in virtual time: what is reported of which group when things change and routers ask, and port filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet_builder.h"

#include "../../lib/control/listener.h"
#include "sluice/config/config.h"

#define MS 1000000ull
#define LINE_MAX_BYTES 65536

/*
 * One step of a case, then what was said in it: a line a frame, "MS INTERFACE WHAT", MS from the step's beginning. Reports are
 * "TYPE GROUP(SOURCE,..)" of each record, TYPE as in the RFCs: is-in, is-ex, to-in, to-ex, allow, block.
 */
enum kind { STOP, CONFIG, PAUSE, QUERY, LINK_UP, JAM, LEAVE };

struct step {
	enum kind kind;
	const char *text, *interface;	/* configuration, or group */
	unsigned int amount, delay_ms;	/* time, port or version */
	const char *said;
};

#define CONFIG_IS(json, ...) { CONFIG, .text = json, .said = "" __VA_ARGS__ }
#define PASS(ms, ...) { PAUSE, .amount = ms, .said = "" __VA_ARGS__ }
#define ASK(where, v, group, ms) { QUERY, .text = group, .interface = where, .amount = v, .delay_ms = ms, .said = "" }
#define UP(port) { LINK_UP, .amount = port, .said = "" }
#define JAMMED(on) { JAM, .amount = on, .said = "" }
#define LEAVE_ALL { LEAVE, .said = "" }
#define DONE { .kind = STOP }

struct lab {
	struct sl_listener *listener;
	struct sl_snapshot *s;
	uint64_t now_ns, begin_ns;
	bool jammed;
	unsigned int frames;
	char said[LINE_MAX_BYTES], json[LINE_MAX_BYTES];
	unsigned int filter_n[2]; /* UINT_MAX: none */
	uint8_t filter[2][512][6];
};

static unsigned int memory = UINT32_MAX; /* calls that still find some */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	if (memory == 0)
		return NULL;
	memory -= memory != UINT32_MAX;
	return __real_calloc(n, size);
}

static void say(struct lab *lab, const char *text)
{
	strncat(lab->said, text, sizeof(lab->said) - strlen(lab->said) - 1);
}

static void begin_line(struct lab *lab, const struct sl_interface *in)
{
	char head[64];

	snprintf(head, sizeof(head), "%llu %s", (unsigned long long)((lab->now_ns - lab->begin_ns) / MS),
		 in->name);
	say(lab, head);
	lab->frames++;
}

static void say_ip(struct lab *lab, const char *before, const struct sl_ip *ip)
{
	char text[SL_IP_STRLEN];

	say(lab, before);
	say(lab, sl_ip_format(ip, text));
}

static bool report(void *arg, const struct sl_interface *in, const struct sl_group_record *records, unsigned int n)
{
	static const char *const types[] = { "", " is-in", " is-ex", " to-in", " to-ex", " allow", " block" };
	struct lab *lab = arg;

	if (lab->jammed)
		return false;
	begin_line(lab, in);
	for (unsigned int i = 0; i < n; i++) {
		say(lab, types[records[i].type]);
		say_ip(lab, " ", &records[i].group);
		for (unsigned int j = 0; j < records[i].n_sources; j++)
			say_ip(lab, j == 0 ? "(" : ",", &records[i].sources[j]);
		say(lab, records[i].n_sources > 0 ? ")" : "");
	}
	say(lab, "\n");
	return true;
}

static bool report_membership(void *arg, const struct sl_interface *in, const struct sl_ip *group, enum sl_group_version version)
{
	struct lab *lab = arg;

	if (lab->jammed)
		return false;
	begin_line(lab, in);
	say_ip(lab, version == SL_GROUP_V1 ? " v1 " : " v2 ", group);
	say(lab, "\n");
	return true;
}

static bool report_leave(void *arg, const struct sl_interface *in, const struct sl_ip *group)
{
	struct lab *lab = arg;

	if (lab->jammed)
		return false;
	begin_line(lab, in);
	say_ip(lab, " leave ", group);
	say(lab, "\n");
	return true;
}

static void filter(void *arg, uint16_t port, const uint8_t (*macs)[6], unsigned int n)
{
	struct lab *lab = arg;

	assert_in_range(port, 0, 1);
	lab->filter_n[port] = n;
	memcpy(lab->filter[port], macs, 6 * (n < 512 ? n : 512));
}

static void filter_none(void *arg, uint16_t port)
{
	struct lab *lab = arg;

	assert_in_range(port, 0, 1);
	lab->filter_n[port] = UINT32_MAX;
}

static int lab_up(void **state)
{
	static const struct sl_listen_ops ops = { .report = report, .report_membership = report_membership,
						  .report_leave = report_leave, .filter = filter, .filter_none = filter_none };
	static struct lab lab;

	memset(&lab, 0, sizeof(lab));
	lab.now_ns = lab.begin_ns = 1000000 * MS;
	lab.listener = sl_listener_create(&ops, &lab);
	assert_non_null(lab.listener);
	*state = &lab;
	return 0;
}

static int lab_down(void **state)
{
	struct lab *lab = *state;

	sl_listener_destroy(lab->listener);
	sl_snapshot_destroy(lab->s);
	return 0;
}

#define WAN "{ 'name': 'wan', 'device': 'net_a', 'addresses': ['192.0.2.2/24'] }"
#define LAN "{ 'name': 'lan', 'device': 'net_b', 'addresses': ['10.1.0.2/16', '2001:db8::2/64'] }"
#define RELAY(name, interface, group, more) \
	"{ 'name': '" name "', 'in': { 'interface': '" interface "', 'group': '" group "', 'udp_port': 5000" more " }, " \
	"'out': [ { 'interface': 'wan', 'address': '192.0.2.9', 'udp_port': 6000 } ] }"
#define ON(interfaces, relays) "{ 'version': 1, 'interfaces': [" interfaces "], 'relays': [" relays "] }"

/* Apostrophes stand for quotation marks. */
static struct sl_snapshot *build(struct lab *lab, const char *text)
{
	static const struct sl_port_facts ports[2] = {
		{ .name = "net_a", .mac = { 2, 0, 0, 0, 0, 1 }, .mtu = 1500 },
		{ .name = "net_b", .mac = { 2, 0, 0, 0, 0, 2 }, .mtu = 1500 },
	};
	static const struct sl_usage usage;
	struct sl_problems problems;
	char *json = strdup(text);

	for (char *c = json; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse(json, strlen(json), &problems);
	struct sl_snapshot *next = config == NULL ? NULL : sl_snapshot_build(config, ports, 2, lab->s, &usage, &problems);
	sl_problems_print(&problems, stderr);
	assert_non_null(next);
	sl_config_destroy(config);
	sl_problems_fini(&problems);
	free(json);
	return next;
}

static int follow(struct lab *lab, struct sl_snapshot *next)
{
	int ret = sl_listener_follow(lab->listener, next, lab->now_ns);

	sl_snapshot_destroy(lab->s);
	lab->s = next;
	return ret;
}

static void configure(struct lab *lab, const char *text)
{
	assert_int_equal(follow(lab, build(lab, text)), 0);
}

static void wait_ms(struct lab *lab, unsigned int ms)
{
	uint64_t end_ns = lab->now_ns + ms * MS;

	for (;;) {
		uint64_t next_ns = sl_listener_run(lab->listener, lab->now_ns);
		assert_true(next_ns > lab->now_ns);
		if (next_ns > end_ns)
			break;
		lab->now_ns = next_ns;
	}
	lab->now_ns = end_ns;
}

static uint16_t interface_named(const struct lab *lab, const char *name)
{
	for (uint16_t i = 0; i < lab->s->n_interfaces; i++)
		if (strcmp(lab->s->interfaces[i].name, name) == 0)
			return i;
	fail_msg("no interface %s", name);
	return 0;
}

static void ask(struct lab *lab, const char *interface, enum sl_group_version version, const char *group, uint32_t delay_ms)
{
	struct sl_event event = { .type = SL_EVENT_GROUP_QUERY, .version = (uint8_t)version, .delay_ms = delay_ms,
				  .interface = interface_named(lab, interface) };

	assert_int_equal(sl_ip_parse(group, &event.ip), 0);
	sl_listener_query(lab->listener, &event, lab->now_ns);
}

static void run(struct lab *lab, const struct step *steps)
{
	for (const struct step *step = steps; step->kind != STOP; step++) {
		lab->said[0] = '\0';
		lab->begin_ns = lab->now_ns;
		if (step->kind == CONFIG)
			configure(lab, step->text);
		else if (step->kind == PAUSE)
			wait_ms(lab, step->amount);
		else if (step->kind == QUERY)
			ask(lab, step->interface, step->amount, step->text, step->delay_ms);
		else if (step->kind == LINK_UP)
			assert_int_equal(sl_listener_link_up(lab->listener, (uint16_t)step->amount, lab->now_ns), 0);
		else if (step->kind == JAM)
			lab->jammed = step->amount != 0;
		else if (step->kind == LEAVE)
			sl_listener_leave(lab->listener, lab->now_ns);
		if (strcmp(lab->said, step->said) != 0)
			fail_msg("step %u\n  expected\n%s  got\n%s", (unsigned int)(step - steps), step->said, lab->said);
	}
}

#define ONE RELAY("one", "wan", "239.1.1.1", "")
#define NODES "to-ex ff02::1:ff00:2" /* of lan's addresses: 2001:db8::2, fe80::ff:fe00:2 */

static const struct step joins[] = {
	CONFIG_IS(ON(WAN, "")),
	PASS(5000),
	CONFIG_IS(ON(WAN, ONE)),
	PASS(5000, "0 wan to-ex 239.1.1.1\n1000 wan to-ex 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, ONE)), /* nothing new, nothing said */
	PASS(5000),
	CONFIG_IS(ON(WAN, "")),
	PASS(500, "0 wan to-in 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, ONE)), /* before it was said twice */
	PASS(5000, "0 wan to-ex 239.1.1.1\n1000 wan to-ex 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, ONE ", " RELAY("more", "wan", "239.1.1.0/30", ""))),
	PASS(5000, "0 wan to-ex 239.1.1.0 to-ex 239.1.1.2 to-ex 239.1.1.3\n1000 wan to-ex 239.1.1.0 to-ex 239.1.1.2 to-ex 239.1.1.3\n"),
	CONFIG_IS(ON(WAN, RELAY("more", "wan", "239.1.1.0/30", ", 'join': false"))),
	PASS(5000, "0 wan to-in 239.1.1.0 to-in 239.1.1.1 to-in 239.1.1.2 to-in 239.1.1.3\n"
		   "1000 wan to-in 239.1.1.0 to-in 239.1.1.1 to-in 239.1.1.2 to-in 239.1.1.3\n"),
	ASK("wan", 3, "0.0.0.0", 10000),
	PASS(5000),
	DONE
};

/* Frames that cannot leave are not lost. */
static const struct step jammed[] = {
	JAMMED(true),
	CONFIG_IS(ON(WAN, ONE)),
	PASS(1205),
	JAMMED(false),
	PASS(5000, "5 wan to-ex 239.1.1.1\n1005 wan to-ex 239.1.1.1\n"),
	DONE
};

#define SSM(sources) RELAY("one", "wan", "239.1.1.1", ", 'sources': [" sources "]")

/* RFC 3376 section 5.1 */
static const struct step sources[] = {
	CONFIG_IS(ON(WAN, SSM("'192.0.2.7', '192.0.2.8'"))),
	PASS(5000, "0 wan allow 239.1.1.1(192.0.2.7,192.0.2.8)\n1000 wan allow 239.1.1.1(192.0.2.7,192.0.2.8)\n"),
	CONFIG_IS(ON(WAN, SSM("'192.0.2.8', '192.0.2.9'"))),
	PASS(500, "0 wan allow 239.1.1.1(192.0.2.8,192.0.2.9) block 239.1.1.1(192.0.2.7)\n"),
	CONFIG_IS(ON(WAN, SSM("'192.0.2.7'"))),
	PASS(5000, "0 wan allow 239.1.1.1(192.0.2.7) block 239.1.1.1(192.0.2.8,192.0.2.9)\n"
		   "1000 wan allow 239.1.1.1(192.0.2.7) block 239.1.1.1(192.0.2.8,192.0.2.9)\n"),
	CONFIG_IS(ON(WAN, SSM("'192.0.2.7'") ", " RELAY("two", "wan", "239.1.1.1", ", 'sources': ['192.0.2.1']"))), /* both */
	PASS(5000, "0 wan allow 239.1.1.1(192.0.2.1,192.0.2.7)\n1000 wan allow 239.1.1.1(192.0.2.1,192.0.2.7)\n"),
	CONFIG_IS(ON(WAN, SSM("'192.0.2.7'") ", " RELAY("two", "wan", "239.1.1.1", ""))), /* any */
	PASS(5000, "0 wan to-ex 239.1.1.1\n1000 wan to-ex 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, SSM("'192.0.2.7'"))),
	PASS(5000, "0 wan to-in 239.1.1.1(192.0.2.7)\n1000 wan to-in 239.1.1.1(192.0.2.7)\n"),
	ASK("wan", 3, "0.0.0.0", 400),
	PASS(5000, "200 wan is-in 239.1.1.1(192.0.2.7)\n"),
	CONFIG_IS(ON(WAN, "")),
	PASS(5000, "0 wan block 239.1.1.1(192.0.2.7)\n1000 wan block 239.1.1.1(192.0.2.7)\n"),
	DONE
};

static const struct step queries[] = {
	CONFIG_IS(ON(WAN ", " LAN, ONE ", " RELAY("two", "wan", "239.1.1.2", ""))),
	PASS(5000, "0 wan to-ex 239.1.1.1 to-ex 239.1.1.2\n0 lan " NODES "\n1000 wan to-ex 239.1.1.1 to-ex 239.1.1.2\n1000 lan " NODES "\n"),
	ASK("wan", 3, "0.0.0.0", 10000),
	PASS(200),
	ASK("wan", 3, "0.0.0.0", 10000), /* collected */
	PASS(5000, "300 wan is-ex 239.1.1.1 is-ex 239.1.1.2\n"),
	ASK("wan", 3, "239.1.1.2", 1000),
	PASS(5000, "500 wan is-ex 239.1.1.2\n"),
	ASK("wan", 3, "239.1.1.3", 1000), /* not ours */
	ASK("lan", 3, "0.0.0.0", 1000),	  /* no group there */
	ASK("wan", 3, "::", 1000),
	PASS(5000),
	ASK("lan", 3, "::", 100),
	PASS(5000, "50 lan is-ex ff02::1:ff00:2\n"),
	DONE
};

/* RFC 3376 section 7.2.1: until 260 s after its last query, an older router hears what it understands. */
static const struct step older[] = {
	CONFIG_IS(ON(WAN, ONE)),
	PASS(5000, "0 wan to-ex 239.1.1.1\n1000 wan to-ex 239.1.1.1\n"),
	ASK("wan", 2, "0.0.0.0", 10000),
	PASS(5000, "500 wan v2 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, RELAY("two", "wan", "239.1.1.2", ", 'sources': ['192.0.2.7']"))),
	PASS(5000, "0 wan leave 239.1.1.1\n0 wan v2 239.1.1.2\n1000 wan leave 239.1.1.1\n1000 wan v2 239.1.1.2\n"),
	ASK("wan", 1, "0.0.0.0", 10000),
	PASS(5000, "500 wan v1 239.1.1.2\n"),
	ASK("wan", 3, "0.0.0.0", 10000), /* they know no leave */
	CONFIG_IS(ON(WAN, ONE)),
	PASS(5000, "0 wan v1 239.1.1.1\n1000 wan v1 239.1.1.1\n"),
	PASS(255000),
	CONFIG_IS(ON(WAN, "")),
	PASS(5000, "0 wan to-in 239.1.1.1\n1000 wan to-in 239.1.1.1\n"),
	DONE
};

static const struct step older6[] = {
	CONFIG_IS(ON(LAN, "")),
	PASS(5000, "0 lan " NODES "\n1000 lan " NODES "\n"),
	ASK("lan", 2, "::", 100),
	PASS(5000, "50 lan v2 ff02::1:ff00:2\n"),
	DONE
};

/* The switch at the other end may be another one: it is told everything. */
static const struct step link_up[] = {
	CONFIG_IS(ON(WAN ", " LAN, SSM("'192.0.2.7'"))),
	PASS(5000, "0 wan allow 239.1.1.1(192.0.2.7)\n0 lan " NODES "\n1000 wan allow 239.1.1.1(192.0.2.7)\n1000 lan " NODES "\n"),
	UP(0),
	PASS(5000, "0 wan to-in 239.1.1.1(192.0.2.7)\n1000 wan to-in 239.1.1.1(192.0.2.7)\n"),
	UP(1),
	PASS(5000, "0 lan " NODES "\n1000 lan " NODES "\n"),
	/* another VLAN is another link */
	CONFIG_IS(ON("{ 'name': 'wan', 'device': 'net_a', 'vlan': 7, 'addresses': ['192.0.2.2/24'] }", SSM("'192.0.2.7'"))),
	PASS(5000, "0 wan allow 239.1.1.1(192.0.2.7)\n0 wan to-in 239.1.1.1\n0 lan to-in ff02::1:ff00:2\n"
		   "1000 wan allow 239.1.1.1(192.0.2.7)\n1000 wan to-in 239.1.1.1\n1000 lan to-in ff02::1:ff00:2\n"),
	DONE
};

#define TWO RELAY("two", "lan", "239.1.1.2", "")

/* Who goes says so on the link that was, as routers there understand it, whatever else changes meanwhile. */
static const struct step removed[] = {
	CONFIG_IS(ON(WAN ", " LAN, ONE ", " TWO)),
	PASS(5000, "0 wan to-ex 239.1.1.1\n0 lan to-ex 239.1.1.2\n0 lan " NODES "\n"
		   "1000 wan to-ex 239.1.1.1\n1000 lan to-ex 239.1.1.2\n1000 lan " NODES "\n"),
	ASK("lan", 3, "::", 1000),
	CONFIG_IS(ON(WAN, ONE)),
	PASS(300, "0 lan to-in 239.1.1.2\n0 lan to-in ff02::1:ff00:2\n"),
	CONFIG_IS(ON(WAN, "")),
	PASS(100, "0 wan to-in 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, "")),
	PASS(5000, "600 lan to-in 239.1.1.2\n600 lan to-in ff02::1:ff00:2\n900 wan to-in 239.1.1.1\n"),
	CONFIG_IS(ON(WAN, "")), /* that is over */
	PASS(5000),
	/* back before it was said twice */
	CONFIG_IS(ON(WAN ", " LAN, TWO)),
	PASS(5000, "0 lan to-ex 239.1.1.2\n0 lan " NODES "\n1000 lan to-ex 239.1.1.2\n1000 lan " NODES "\n"),
	CONFIG_IS(ON(WAN, "")),
	PASS(500, "0 lan to-in 239.1.1.2\n0 lan to-in ff02::1:ff00:2\n"),
	CONFIG_IS(ON(WAN ", " LAN, TWO)),
	PASS(5000, "0 lan to-ex 239.1.1.2\n0 lan " NODES "\n1000 lan to-ex 239.1.1.2\n1000 lan " NODES "\n"),
	/* to an IGMPv2 router; put off while frames cannot leave; and the end comes meanwhile */
	ASK("lan", 2, "0.0.0.0", 0),
	PASS(5000, "0 lan v2 239.1.1.2\n"),
	JAMMED(true),
	CONFIG_IS(ON(WAN, ONE)),
	PASS(95),
	JAMMED(false),
	PASS(500, "5 wan to-ex 239.1.1.1\n5 lan leave 239.1.1.2\n5 lan to-in ff02::1:ff00:2\n"),
	LEAVE_ALL,
	PASS(5000, "0 wan to-in 239.1.1.1\n0 lan leave 239.1.1.2\n0 lan to-in ff02::1:ff00:2\n"),
	DONE
};

/* At the end, whatever was still to be said. */
static const struct step leaves[] = {
	CONFIG_IS(ON(WAN ", " LAN, SSM("'192.0.2.7'") ", " RELAY("two", "wan", "239.1.1.2", ""))),
	PASS(500, "0 wan allow 239.1.1.1(192.0.2.7) to-ex 239.1.1.2\n0 lan " NODES "\n"),
	ASK("lan", 3, "::", 1000),
	LEAVE_ALL,
	PASS(5000, "0 wan to-in 239.1.1.1 to-in 239.1.1.2\n0 lan to-in ff02::1:ff00:2\n"),
	DONE
};

static const struct step leaves_older[] = {
	CONFIG_IS(ON(WAN, ONE)),
	ASK("wan", 2, "0.0.0.0", 10000),
	PASS(5000, "0 wan v2 239.1.1.1\n500 wan v2 239.1.1.1\n1000 wan v2 239.1.1.1\n"),
	LEAVE_ALL,
	PASS(5000, "0 wan leave 239.1.1.1\n"),
	DONE
};

static void run_all(void **state)
{
	static const struct step *const cases[] = { joins, jammed, sources, queries, older, older6, link_up, removed, leaves, leaves_older };

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printf("case %u\n", i);
		run(*state, cases[i]);
		lab_down(state); /* each begins with another one */
		lab_up(state);
	}
}

static bool is_heard(const struct lab *lab, unsigned int port, const char *mac)
{
	char text[18];

	for (unsigned int i = 0; i < lab->filter_n[port]; i++)
		if (strcmp(pkt_mac_text(lab->filter[port][i], text), mac) == 0)
			return true;
	return false;
}

/* What is not joined is heard all the same: the network sends it unasked. */
static void filters(void **state)
{
	struct lab *lab = *state;

	configure(lab, ON(WAN ", " LAN, ""));
	assert_int_equal(lab->filter_n[0], 0);
	assert_int_equal(lab->filter_n[1], 2); /* one group for both addresses, and all nodes */
	assert_true(is_heard(lab, 1, "33:33::01") && is_heard(lab, 1, "33:33:ff::02"));
	configure(lab, ON(WAN ", " LAN, ONE ", " RELAY("two", "lan", "ff15::2", "") ", "
				       RELAY("three", "wan", "239.2.2.0/24", ", 'join': false")));
	assert_int_equal(lab->filter_n[0], 258);
	assert_true(is_heard(lab, 0, "01::5e:00:00:01") || is_heard(lab, 0, "01:00:5e::01"));
	assert_true(is_heard(lab, 0, "01:00:5e:01:01:01") && is_heard(lab, 0, "01:00:5e:02:02:ff"));
	assert_int_equal(lab->filter_n[1], 3);
	assert_true(is_heard(lab, 1, "33:33::02"));
	/* one Ethernet address for 32 groups (RFC 1112 section 6.4) */
	configure(lab, ON(WAN ", " LAN, ONE ", " RELAY("two", "wan", "238.129.1.1", "")));
	assert_int_equal(lab->filter_n[0], 2);
	configure(lab, ON(WAN ", " LAN, RELAY("three", "wan", "239.2.0.0/16", ", 'join': false")));
	assert_int_equal(lab->filter_n[0], UINT32_MAX);
	lab->filter_n[0] = lab->filter_n[1] = 7;
	assert_int_equal(sl_listener_link_up(lab->listener, 1, lab->now_ns), 0);
	assert_int_equal(lab->filter_n[0], 7);
	assert_int_equal(lab->filter_n[1], 2);
}

/*
 * Memory runs out at each place in turn: the snapshot from before is gone all the same, what stays is answered for, and what is new
 * joined a second later.
 */
static void out_of_memory(void **state)
{
	struct lab *lab = *state;
	unsigned int failed = 0;

	for (unsigned int i = 0;; i++) {
		configure(lab, ON(WAN ", " LAN, RELAY("one", "wan", "239.1.1.1", "") ", " RELAY("two", "lan", "239.2.2.2", "")));
		wait_ms(lab, 10000);
		struct sl_snapshot *next = build(lab, ON(WAN, RELAY("one", "wan", "239.1.1.1", "") ", " RELAY("new", "wan", "239.3.3.3", "")));
		lab->said[0] = '\0';
		memory = i;
		int ret = follow(lab, next);
		if (ret == 0)
			break;
		assert_int_equal(sl_listener_link_up(lab->listener, 0, lab->now_ns), -1);
		sl_listener_run(lab->listener, lab->now_ns);
		memory = UINT32_MAX;
		failed++;
		assert_non_null(strstr(lab->said, "to-ex 239.1.1.1"));
		assert_null(strstr(lab->said, "to-ex 239.3.3.3"));
		assert_null(strstr(lab->said, "to-ex 239.2.2.2"));
		lab->said[0] = '\0';
		wait_ms(lab, 1000);
		assert_non_null(strstr(lab->said, "to-ex 239.3.3.3"));
		assert_int_equal(lab->filter_n[0], 3);
	}
	memory = UINT32_MAX;
	assert_true(failed >= 5);
}

/* Reports go in as many frames as the groups need, and those to older routers at a pace. */
static void many(void **state)
{
	struct lab *lab = *state;

	configure(lab, ON(WAN, RELAY("many", "wan", "239.1.0.0/24", "")));
	sl_listener_run(lab->listener, lab->now_ns);
	assert_int_equal(lab->frames, 2); /* 128 records in each: 180 would fit */
	wait_ms(lab, 5000);
	assert_int_equal(lab->frames, 4);
	lab->frames = 0;
	ask(lab, "wan", SL_GROUP_V2, "0.0.0.0", 0);
	for (unsigned int i = 1; i <= 4; i++) {
		sl_listener_run(lab->listener, lab->now_ns);
		assert_int_equal(lab->frames, 64 * i);
		lab->now_ns += 10 * MS;
	}
	assert_int_equal(sl_listener_run(lab->listener, lab->now_ns), UINT64_MAX);
	assert_int_equal(lab->frames, 256);
}

__attribute__((format(printf, 2, 3))) static void append(struct lab *lab, const char *format, ...)
{
	size_t used = strlen(lab->json);
	va_list args;

	va_start(args, format);
	vsnprintf(lab->json + used, sizeof(lab->json) - used, format, args);
	va_end(args);
}

/* More sources than a frame holds: the rest is added. */
static void many_sources(void **state)
{
	struct lab *lab = *state;
	unsigned int n = 0;

	append(lab, "{ 'version': 1, 'interfaces': [" WAN "], 'relays': [");
	for (unsigned int i = 0; i < 20; i++) {
		append(lab, "%s{ 'name': 'r%u', 'in': { 'interface': 'wan', 'group': '239.1.1.1', 'udp_port': %u, 'sources': [",
			      i == 0 ? "" : ", ", i, 5000 + i);
		for (unsigned int j = 0; j < 32; j++)
			append(lab, "%s'198.51.%u.%u'", j == 0 ? "" : ", ", 100 + i, j + 1);
		append(lab, "] }, 'out': [ { 'interface': 'wan', 'address': '192.0.2.9', 'udp_port': 6000 } ] }");
	}
	append(lab, "] }");
	configure(lab, ON(WAN, ONE));
	wait_ms(lab, 5000);
	lab->said[0] = '\0';
	lab->frames = 0;
	lab->begin_ns = lab->now_ns;
	configure(lab, lab->json);
	wait_ms(lab, 0);
	assert_int_equal(lab->frames, 2); /* 359 sources of 4 bytes in 1500 - 56 */
	assert_memory_equal(lab->said, "0 wan to-in 239.1.1.1(198.51.100.1,", 35);
	const char *rest = strchr(lab->said, '\n');
	assert_memory_equal(rest, "\n0 wan allow 239.1.1.1(198.51.111.8,", 36);
	for (const char *c = lab->said; *c != '\0'; c++)
		n += *c == ',';
	assert_int_equal(n, 640 - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(run_all, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(filters, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(out_of_memory, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(many, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(many_sources, lab_up, lab_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
