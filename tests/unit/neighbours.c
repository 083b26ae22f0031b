/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's ARP and ND cache in virtual time: what it asks, when, and what workers find in the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <rte_eal.h>

#include "sluice/packet/burst.h"

#include "../../lib/control/neighbours.h"

#define S 1000000000ull
#define NONE UINT64_MAX

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa }, mac_b[6] = { 2, 0, 0, 0, 0, 0xb };

/* Two interfaces: 0 untagged on port 0 with 10.0.0.2/24, 1 VLAN 100 on port 1 with 10.1.0.2/16 and fe80::2/64. */
struct lab {
	struct sl_neighbour_table table;
	struct sl_prefix addresses[3];
	struct sl_interface interfaces[2];
	struct sl_config_neighbour statics[1];
	struct sl_snapshot snapshot;
	struct sl_neighbours *n;
	uint64_t now_ns;
	/* what the callbacks saw */
	unsigned int asked, unicasts, quiesced, evicted, refused;
	bool jammed; /* frames cannot be sent */
	struct sl_ip last_ip;
};

static struct sl_ip ip(const char *text)
{
	struct sl_ip address;
	assert_int_equal(sl_ip_parse(text, &address), 0);
	return address;
}

static bool solicit(void *arg, uint16_t interface, const struct sl_ip *address, const uint8_t *mac)
{
	struct lab *lab = arg;

	if (lab->jammed)
		return false;
	lab->asked++;
	lab->unicasts += mac != NULL;
	lab->last_ip = *address;
	return true;
}

static bool ours(void *arg, const struct sl_ip *address)
{
	const struct lab *lab = arg;

	for (unsigned int i = 0; i < RTE_DIM(lab->addresses); i++)
		if (sl_ip_equal(&lab->addresses[i].ip, address))
			return true;
	return false;
}

static void quiesce(void *arg)
{
	((struct lab *)arg)->quiesced++;
}

static void full(void *arg, bool evicted)
{
	struct lab *lab = arg;

	lab->evicted += evicted;
	lab->refused += !evicted;
}

static void lab_up(struct lab *lab, uint32_t capacity)
{
	static const struct sl_neighbours_ops ops = {
		.solicit = solicit, .ours = ours, .quiesce = quiesce, .full = full
	};

	memset(lab, 0, sizeof(*lab));
	assert_int_equal(sl_prefix_parse("10.0.0.2/24", &lab->addresses[0]), 0);
	assert_int_equal(sl_prefix_parse("10.1.0.2/16", &lab->addresses[1]), 0);
	assert_int_equal(sl_prefix_parse("fe80::2/64", &lab->addresses[2]), 0);
	lab->interfaces[0] = (struct sl_interface){
		.name = "wan", .port = 0, .mtu = 1500, .mac = { 2, 0, 0, 0, 1, 0 }, .addresses = &lab->addresses[0], .n_addresses = 1
	};
	lab->interfaces[1] = (struct sl_interface){
		.name = "lan", .port = 1, .vlan = 100, .mtu = 9000, .mac = { 2, 0, 0, 0, 1, 1 },
		.addresses = &lab->addresses[1], .n_addresses = 2
	};
	lab->snapshot = (struct sl_snapshot){
		.n_ports = 2, .n_interfaces = 2, .interfaces = lab->interfaces, .neighbours = lab->statics
	};
	lab->now_ns = 1000 * S;
	assert_int_equal(sl_neighbour_table_init(&lab->table, capacity), 0);
	lab->n = sl_neighbours_create(&lab->table, &ops, lab);
	assert_non_null(lab->n);
	sl_neighbours_configure(lab->n, &lab->snapshot, NULL, 0, lab->now_ns);
}

static void lab_down(struct lab *lab)
{
	sl_neighbours_destroy(lab->n);
	sl_neighbour_table_fini(&lab->table);
}

static void tell(struct lab *lab, enum sl_event_type type, uint16_t interface, const char *address, const uint8_t *mac)
{
	struct sl_event event = { .type = (uint8_t)type, .interface = interface, .ip = ip(address) };

	if (mac != NULL)
		memcpy(event.mac, mac, 6);
	sl_neighbours_event(lab->n, &event, lab->now_ns);
	sl_neighbours_run(lab->n, lab->now_ns);
}

/* Let time pass, the way the loop does it: from deadline to deadline. */
static void pass(struct lab *lab, uint64_t ns)
{
	uint64_t end_ns = lab->now_ns + ns, next_ns;

	while ((next_ns = sl_neighbours_run(lab->n, lab->now_ns)) <= end_ns) {
		assert_true(next_ns > lab->now_ns);
		lab->now_ns = next_ns;
	}
	lab->now_ns = end_ns;
}

static int state_of(struct lab *lab, uint16_t interface, const char *address)
{
	struct sl_ip a = ip(address);
	uint16_t index = sl_neighbour_lookup(&lab->table, interface, &a);

	return index == SL_ID_NONE ? SL_NEIGHBOUR_FREE : lab->table.entries[index].state;
}

static struct sl_l2 l2_of(struct lab *lab, uint16_t interface, const char *address)
{
	struct sl_ip a = ip(address);
	struct sl_l2 l2;
	uint16_t index = sl_neighbour_lookup(&lab->table, interface, &a);

	assert_int_not_equal(index, SL_ID_NONE);
	sl_neighbour_read(&lab->table, index, &l2);
	return l2;
}

/* A worker sends to the entry. */
static void use(struct lab *lab, uint16_t interface, const char *address)
{
	struct sl_ip a = ip(address);
	uint16_t index = sl_neighbour_lookup(&lab->table, interface, &a);

	assert_int_not_equal(index, SL_ID_NONE);
	atomic_fetch_add(&lab->table.entries[index].used_tick, 1);
}

static void want(struct lab *lab, uint16_t interface, const char *address)
{
	struct sl_hop hop = { interface, ip(address) };

	sl_neighbours_configure(lab->n, &lab->snapshot, &hop, 1, lab->now_ns);
	sl_neighbours_run(lab->n, lab->now_ns);
}

static void test_resolve(void **state)
{
	static const uint8_t untagged[14] = { 2, 0, 0, 0, 0, 0xa, 2, 0, 0, 0, 1, 0 };
	static const uint8_t tagged[18] = { 2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 1, 1, 0x81, 0, 0, 100 };
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.9", NULL);
	assert_int_equal(lab.asked, 1);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_INCOMPLETE);
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.9", NULL); /* more packets wait: no more requests */
	assert_int_equal(lab.asked, 1);

	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", mac_a);
	struct sl_l2 l2 = l2_of(&lab, 0, "10.0.0.9");
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_REACHABLE);
	assert_true(l2.usable && !l2.failed);
	assert_int_equal(l2.header_len, 14);
	assert_int_equal(l2.mtu, 1500);
	assert_memory_equal(l2.header, untagged, sizeof(untagged));

	tell(&lab, SL_EVENT_NEIGHBOUR, 1, "fe80::b", mac_b); /* asked us for our address */
	l2 = l2_of(&lab, 1, "fe80::b");
	assert_int_equal(l2.port, 1);
	assert_int_equal(l2.header_len, 18);
	assert_memory_equal(l2.header, tagged, sizeof(tagged));
	assert_int_equal(lab.asked, 1);
	lab_down(&lab);
}

static void test_refused_addresses(void **state)
{
	static const struct {
		uint16_t interface;
		const char *ip;
	} refused[] = {
		{ 0, "10.0.0.2" }, { 0, "10.0.1.9" }, { 0, "10.0.0.0" },    { 0, "10.0.0.255" }, { 0, "224.0.0.1" },
		{ 0, "0.0.0.0" },  { 0, "fe80::9" },  { 1, "10.1.255.255" }, { 1, "2001:db8::1" }, { 1, "ff02::1" },
		{ 1, "::" },	   { 1, "10.0.0.9" }, { 2, "10.0.0.9" },	   { 0, "10.1.0.2" },
	};
	struct lab lab;

	lab_up(&lab, 8);
	for (unsigned int i = 0; i < RTE_DIM(refused); i++) {
		tell(&lab, SL_EVENT_RESOLVE, refused[i].interface, refused[i].ip, NULL);
		tell(&lab, SL_EVENT_NEIGHBOUR, refused[i].interface, refused[i].ip, mac_a);
		assert_int_equal(lab.table.used, 0);
	}
	static const uint8_t group[6] = { 1, 0, 0, 0, 0, 1 }, zero[6];
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", group);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", zero);
	assert_int_equal(lab.table.used, 0);
	assert_int_equal(lab.asked, 0);
	lab_down(&lab);
}

static void test_no_answer(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.9", NULL);
	pass(&lab, 2 * S);
	assert_int_equal(lab.asked, 3);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_INCOMPLETE);
	pass(&lab, S);
	assert_int_equal(lab.asked, 3);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_FAILED);
	assert_true(l2_of(&lab, 0, "10.0.0.9").failed);

	/* Nobody asks: no more requests, and forgotten after a minute. Packets that ask again bring one every 5 s. */
	pass(&lab, 20 * S);
	assert_int_equal(lab.asked, 3);
	for (unsigned int i = 0; i < 20; i++) {
		tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.9", NULL);
		pass(&lab, S);
	}
	assert_in_range(lab.asked, 3 + 4, 3 + 5);
	pass(&lab, 70 * S);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_FREE);
	assert_int_equal(sl_neighbours_run(lab.n, lab.now_ns), NONE);
	lab_down(&lab);
}

static void test_wanted_comes_back(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	want(&lab, 0, "10.0.0.1");
	assert_int_equal(lab.asked, 1);
	pass(&lab, 3 * S);
	assert_int_equal(state_of(&lab, 0, "10.0.0.1"), SL_NEIGHBOUR_FAILED);
	pass(&lab, 1000 * S);
	assert_int_equal(lab.asked, 3 + 200);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.1", mac_a);
	assert_true(l2_of(&lab, 0, "10.0.0.1").usable);
	assert_false(l2_of(&lab, 0, "10.0.0.1").failed);
	/* Kept resolved without traffic: confirmed by a unicast request every 30 s. */
	lab.asked = 0;
	for (unsigned int i = 0; i < 10; i++) {
		pass(&lab, 30 * S);
		assert_int_equal(state_of(&lab, 0, "10.0.0.1"), SL_NEIGHBOUR_PROBE);
		assert_true(l2_of(&lab, 0, "10.0.0.1").usable);
		tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.1", mac_a);
	}
	assert_int_equal(lab.unicasts, 10);
	assert_int_equal(lab.asked, 10);
	lab_down(&lab);
}

static void test_probe_goes_multicast_then_fails(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", mac_a);
	use(&lab, 0, "10.0.0.9");
	pass(&lab, 30 * S + 3 * S);
	assert_int_equal(lab.unicasts, 3);
	assert_int_equal(lab.asked, 4);
	assert_true(l2_of(&lab, 0, "10.0.0.9").usable);
	pass(&lab, 3 * S);
	assert_int_equal(lab.asked, 6);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_FAILED);
	assert_false(l2_of(&lab, 0, "10.0.0.9").usable);
	lab_down(&lab);
}

static void test_idle_is_forgotten(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", mac_a);
	pass(&lab, 599 * S);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_REACHABLE);
	assert_int_equal(lab.asked, 0);
	uint32_t epoch = atomic_load(&lab.table.epoch);
	pass(&lab, 7 * S);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_FREE);
	assert_int_not_equal(atomic_load(&lab.table.epoch), epoch);
	/* The index may mean something else only after a quiescent state. */
	assert_int_equal(lab.quiesced, 0);
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.8", NULL);
	assert_int_equal(lab.quiesced, 1);
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.7", NULL);
	assert_int_equal(lab.quiesced, 1);
	/* One that is used after a long rest is confirmed within 5 s. */
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.6", mac_a);
	pass(&lab, 300 * S);
	lab.unicasts = 0;
	use(&lab, 0, "10.0.0.6");
	pass(&lab, 5 * S);
	assert_int_equal(lab.unicasts, 1);
	lab_down(&lab);
}

static void test_gossip(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_NEIGHBOUR_GOSSIP, 0, "10.0.0.9", mac_a);
	assert_int_equal(lab.table.used, 0);
	want(&lab, 0, "10.0.0.9");
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", mac_a);
	lab.asked = 0;
	tell(&lab, SL_EVENT_NEIGHBOUR_GOSSIP, 0, "10.0.0.9", mac_b); /* failover: believed at once, asked for soon */
	assert_memory_equal(l2_of(&lab, 0, "10.0.0.9").header, mac_b, 6);
	pass(&lab, 5 * S);
	assert_int_equal(lab.unicasts, 1);
	lab_down(&lab);
}

/* RFC 4861 section 7.2.5: without the override flag an advertisement fills in, confirms, or raises doubt, and replaces nothing. */
static void test_hint(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_NEIGHBOUR_HINT, 1, "fe80::9", mac_a); /* of nobody we know */
	assert_int_equal(state_of(&lab, 1, "fe80::9"), SL_NEIGHBOUR_FREE);
	tell(&lab, SL_EVENT_RESOLVE, 1, "fe80::9", NULL);
	tell(&lab, SL_EVENT_NEIGHBOUR_HINT, 1, "fe80::9", NULL);
	assert_int_equal(state_of(&lab, 1, "fe80::9"), SL_NEIGHBOUR_INCOMPLETE);
	tell(&lab, SL_EVENT_NEIGHBOUR_HINT, 1, "fe80::9", mac_a);
	assert_int_equal(state_of(&lab, 1, "fe80::9"), SL_NEIGHBOUR_REACHABLE);
	tell(&lab, SL_EVENT_NEIGHBOUR_HINT, 1, "fe80::9", mac_b);
	assert_memory_equal(l2_of(&lab, 1, "fe80::9").header, mac_a, 6);
	use(&lab, 1, "fe80::9");
	pass(&lab, 6 * S);
	assert_int_equal(state_of(&lab, 1, "fe80::9"), SL_NEIGHBOUR_PROBE);
	tell(&lab, SL_EVENT_NEIGHBOUR_HINT, 1, "fe80::9", NULL);
	assert_int_equal(state_of(&lab, 1, "fe80::9"), SL_NEIGHBOUR_REACHABLE);
	assert_memory_equal(l2_of(&lab, 1, "fe80::9").header, mac_a, 6);
	lab_down(&lab);
}

static void test_jammed(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	lab.jammed = true;
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.9", NULL);
	pass(&lab, 10 * S); /* a request that did not leave is no unanswered one */
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_INCOMPLETE);
	lab.jammed = false;
	pass(&lab, S / 100);
	assert_int_equal(lab.asked, 1);
	lab_down(&lab);
}

static void test_static(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	lab.statics[0] = (struct sl_config_neighbour){ .interface = 1, .address = ip("10.1.1.9"), .mac = { 2, 9 } };
	lab.snapshot.n_neighbours = 1;
	want(&lab, 1, "10.1.1.9");
	assert_int_equal(state_of(&lab, 1, "10.1.1.9"), SL_NEIGHBOUR_STATIC);
	assert_true(l2_of(&lab, 1, "10.1.1.9").usable);
	tell(&lab, SL_EVENT_NEIGHBOUR, 1, "10.1.1.9", mac_b);
	tell(&lab, SL_EVENT_NEIGHBOUR_GOSSIP, 1, "10.1.1.9", mac_b);
	assert_int_equal(l2_of(&lab, 1, "10.1.1.9").header[1], 9);
	assert_int_equal(sl_neighbours_run(lab.n, lab.now_ns), NONE);
	assert_int_equal(lab.asked, 0);
	/* No longer in the configuration but wanted: asked for like any other. */
	lab.snapshot.n_neighbours = 0;
	want(&lab, 1, "10.1.1.9");
	assert_int_equal(state_of(&lab, 1, "10.1.1.9"), SL_NEIGHBOUR_INCOMPLETE);
	assert_int_equal(lab.asked, 1);
	lab_down(&lab);
}

static void test_interface_changes(void **state)
{
	struct lab lab;

	lab_up(&lab, 8);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.9", mac_a);
	tell(&lab, SL_EVENT_NEIGHBOUR, 1, "10.1.0.9", mac_b);
	/* Another MTU and MAC address of ours: rewritten. Another VLAN: another link, forgotten. */
	lab.interfaces[0].mtu = 1400;
	lab.interfaces[0].mac[5] = 0x77;
	lab.interfaces[1].vlan = 200;
	sl_neighbours_configure(lab.n, &lab.snapshot, NULL, 0, lab.now_ns);
	assert_int_equal(l2_of(&lab, 0, "10.0.0.9").mtu, 1400);
	assert_int_equal(l2_of(&lab, 0, "10.0.0.9").header[11], 0x77);
	assert_memory_equal(l2_of(&lab, 0, "10.0.0.9").header, mac_a, 6);
	assert_int_equal(state_of(&lab, 1, "10.1.0.9"), SL_NEIGHBOUR_FREE);
	lab.snapshot.n_interfaces = 0;
	sl_neighbours_configure(lab.n, &lab.snapshot, NULL, 0, lab.now_ns);
	assert_int_equal(lab.table.used, 0);
	assert_int_equal(sl_neighbours_run(lab.n, lab.now_ns), NONE);
	lab_down(&lab);
}

static void test_full_table(void **state)
{
	struct lab lab;

	lab_up(&lab, 3);
	want(&lab, 0, "10.0.0.1");
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.3", mac_a);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.4", mac_a);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.5", mac_a); /* all of them are too young to go */
	assert_int_equal(lab.refused, 1);
	use(&lab, 0, "10.0.0.3");
	use(&lab, 0, "10.0.0.4");
	pass(&lab, 31 * S);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.3", mac_a);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.4", mac_a);
	pass(&lab, 15 * S);
	use(&lab, 0, "10.0.0.3");
	tell(&lab, SL_EVENT_RESOLVE, 0, "10.0.0.6", NULL); /* 10.0.0.4 is idle for longest; the wanted one stays */
	assert_int_equal(lab.evicted, 1);
	assert_int_equal(state_of(&lab, 0, "10.0.0.4"), SL_NEIGHBOUR_FREE);
	assert_int_not_equal(state_of(&lab, 0, "10.0.0.1"), SL_NEIGHBOUR_FREE);
	assert_int_not_equal(state_of(&lab, 0, "10.0.0.3"), SL_NEIGHBOUR_FREE);
	assert_int_equal(lab.quiesced, 1);
	lab_down(&lab);
}

/* A reload that wants another next hop does not forget one for it that is wanted, too, only because it comes later in the list. */
static void test_full_table_on_reload(void **state)
{
	struct lab lab;
	const struct sl_hop before[] = { { 0, ip("10.0.0.1") }, { 0, ip("10.0.0.9") } };
	const struct sl_hop after[] = { { 0, ip("10.0.0.7") }, { 0, ip("10.0.0.1") }, { 0, ip("10.0.0.9") } };

	lab_up(&lab, 3);
	sl_neighbours_configure(lab.n, &lab.snapshot, before, 2, lab.now_ns);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.1", mac_a);
	pass(&lab, 10 * S);
	tell(&lab, SL_EVENT_NEIGHBOUR, 0, "10.0.0.3", mac_a);
	pass(&lab, 2 * S);
	assert_int_equal(lab.table.used, 3);
	sl_neighbours_configure(lab.n, &lab.snapshot, after, 3, lab.now_ns);
	assert_int_equal(lab.evicted, 1);
	assert_int_equal(state_of(&lab, 0, "10.0.0.3"), SL_NEIGHBOUR_FREE);
	assert_int_equal(state_of(&lab, 0, "10.0.0.1"), SL_NEIGHBOUR_REACHABLE);
	assert_int_equal(state_of(&lab, 0, "10.0.0.9"), SL_NEIGHBOUR_FAILED);
	assert_int_not_equal(state_of(&lab, 0, "10.0.0.7"), SL_NEIGHBOUR_FREE);
	lab_down(&lab);
}

static void test_many(void **state)
{
	enum { N = 5000 };
	struct lab lab;
	char address[SL_IP_STRLEN];

	lab_up(&lab, N);
	for (unsigned int i = 0; i < N; i++) {
		snprintf(address, sizeof(address), "10.1.%u.%u", 1 + i / 200, 1 + i % 200);
		lab.now_ns += S / 1000;
		tell(&lab, SL_EVENT_RESOLVE, 1, address, NULL);
	}
	assert_int_equal(lab.table.used, N);
	pass(&lab, 200 * S);
	assert_int_equal(lab.asked, 3 * N); /* three each: no packet asked again */
	assert_int_equal(lab.table.used, 0);
	lab_down(&lab);
}

int main(void)
{
	char *eal[] = { "test", "--no-huge", "-m", "128", "--no-pci", "--no-telemetry", "--no-shconf",
			"--file-prefix=neighbours-of-test", "-l", "0", "--log-level=lib.eal:error" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_refused_addresses),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_wanted_comes_back),
		cmocka_unit_test(test_probe_goes_multicast_then_fails),
		cmocka_unit_test(test_idle_is_forgotten),
		cmocka_unit_test(test_gossip),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_jammed),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_interface_changes),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_full_table_on_reload),
		cmocka_unit_test(test_many),
	};

	if (rte_eal_init(RTE_DIM(eal), eal) < 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return failed;
}
