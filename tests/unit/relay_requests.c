/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests over the control socket: relays are added, changed and removed; what is refused, and what it leaves as it was. */
#include "../../lib/control/publish.h"
#include "../../lib/control/relays.h"
#include "../../lib/control/reload.h"
#include "requests_fixture.h"

#define IN(group) "\"in\": {\"interface\": \"wan\", \"group\": \"" group "\", \"udp_port\": 5000}"
#define OUT(address) "{\"interface\": \"wan\", \"address\": \"" address "\", \"udp_port\": 6000}"
#define RELAY(name, in, out, rest) "{\"name\": \"" name "\", " in ", \"out\": [" out "]" rest "}"
#define ADD(relay) ASK("relay add", "\"definition\": " relay)
#define CHANGE(name, keys) ASK("relay change", "\"relay\": \"" name "\", \"keys\": {" keys "}")
#define REMOVE(name) ASK("relay remove", "\"relay\": \"" name "\"")
#define FEED RELAY("feed", IN("239.1.1.1"), OUT("239.2.2.2") ", " OUT("192.0.2.150"), "")

static const struct sl_relay *relay(const struct lab *lab, const char *text)
{
	const struct sl_relay *found = sl_relay_find(lab->control, text);

	if (found == NULL)
		fail_msg("no relay %s", text);
	return found;
}

static const struct sl_relay_output *output(const struct lab *lab, const char *name, unsigned int i)
{
	assert_true(i < relay(lab, name)->n_outputs);
	return &relay(lab, name)->outputs[i];
}

/* ---- ids ---- */

static void test_ids(void **state)
{
	struct lab *lab = *state;

	json_t *r = result(lab, ADD(FEED));
	assert_string_equal(change(r, "changes"), "added relays/feed");
	assert_int_equal(json_integer_value(json_object_get(r, "generation")), lab->control->snapshot->generation);
	assert_int_equal(relay(lab, "feed")->id, 1);
	result(lab, ADD(RELAY("given", IN("239.1.1.2"), OUT("239.2.2.3"), ", \"id\": 7")));
	assert_int_equal(relay(lab, "given")->id, 7);
	result(lab, ADD(RELAY("second", IN("239.1.1.3"), OUT("239.2.2.4"), "")));
	assert_int_equal(relay(lab, "second")->id, 2);
	assert_ptr_equal(relay(lab, "7"), relay(lab, "given"));
	assert_null(sl_relay_find(lab->control, "3"));

	/* the other way round than they came: by id, by name */
	result(lab, REMOVE("1"));
	assert_null(sl_relay_find(lab->control, "feed"));
	assert_int_equal(relay(lab, "second")->id, 2);
	result(lab, REMOVE("second"));
	result(lab, REMOVE("7"));
	assert_int_equal(lab->control->snapshot->relays.n, 0);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EDITS], 6);
	assert_null(strstr(file_text(lab), "relays"));
}

/* ---- changes ---- */

static void test_change(void **state)
{
	struct lab *lab = *state;

	result(lab, ADD(FEED));
	uint32_t instance = relay(lab, "feed")->instance, group = output(lab, "feed", 0)->instance;
	uint16_t id = relay(lab, "feed")->id, group_id = output(lab, "feed", 0)->id, host_id = output(lab, "feed", 1)->id;

	json_t *r = result(lab, CHANGE("feed", "\"out\": [" OUT("192.0.2.151") ", " OUT("239.2.2.2") "]"));
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 2); /* one host less, one more */
	assert_int_equal(relay(lab, "feed")->instance, instance);
	assert_int_equal(relay(lab, "feed")->id, id);
	assert_int_equal(output(lab, "feed", 1)->id, group_id); /* its counters and limits are those of its id and instance */
	assert_int_equal(output(lab, "feed", 1)->instance, group);
	assert_int_not_equal(output(lab, "feed", 0)->instance, group);
	assert_true(output(lab, "feed", 0)->id != group_id && output(lab, "feed", 0)->id <= host_id + 1);

	/* by id, which may change; a key that goes has its default again */
	result(lab, CHANGE("1", "\"id\": 9, \"stream\": {\"sequence\": \"rtp\"}"));
	assert_int_equal(relay(lab, "feed")->id, 9);
	assert_int_equal(relay(lab, "feed")->sequence, SL_RELAY_SEQUENCE_RTP);
	result(lab, CHANGE("9", "\"id\": null, \"stream\": null"));
	assert_int_equal(relay(lab, "feed")->sequence, SL_RELAY_SEQUENCE_NONE);

	/* nothing is no change */
	r = result(lab, CHANGE("feed", "\"stream\": null"));
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
}

static void test_persist(void **state)
{
	struct lab *lab = *state;

	result(lab, ADD(RELAY("passing", IN("239.1.1.9"), OUT("239.2.2.9"), "")));
	result(lab, ASK("relay add", "\"persist\": true, \"definition\": " FEED));
	assert_non_null(strstr(file_text(lab), "\"feed\""));
	assert_null(strstr(file_text(lab), "\"passing\""));
	result(lab, ASK("relay change", "\"persist\": true, \"relay\": \"feed\", \"keys\": {\"id\": 12}"));
	assert_non_null(strstr(file_text(lab), "\"id\": 12"));
	result(lab, ASK("relay remove", "\"persist\": true, \"relay\": \"12\""));
	assert_null(strstr(file_text(lab), "\"feed\""));
	assert_non_null(sl_relay_find(lab->control, "passing"));
}

/* ---- what is refused ---- */

static const struct {
	const char *line, *expected;
} refused[] = {
	{ ADD(FEED), "/relays/1/name: feed is the name of /relays/0 already" },
	{ ADD(RELAY("b", IN("239.1.1.1"), OUT("239.2.2.3"), "")), "/relays/1/in: the same input as /relays/0/in" },
	{ ADD(RELAY("b", IN("239.1.1.2"), OUT("239.2.2.3"), ", \"id\": 1")), NULL }, /* 1 was only chosen: feed gives way */
	{ ADD(RELAY("c", IN("239.1.1.3"), OUT("239.2.2.3"), ", \"id\": 1")), "/relays/2/id: 1 is the id of /relays/1 already" },
	{ ADD(RELAY("c", IN("239.1.1.3"), OUT("239.2.2.3"), ", \"id\": 65")), "/relays/2/id: 65 is above max_relays, 64" },
	{ ADD(RELAY("c", IN("239.1.1.3"), OUT("239.2.2.3") ", " OUT("239.2.2.3"), "")),
	  "/relays/2/out/1: the same destination as /relays/2/out/0" },
	{ ADD(RELAY("c", IN("239.1.1.3"), OUT("10.9.9.9.9"), "")), "/relays/2/out/0/address: " },
	{ ADD(RELAY("c", IN("239.1.1.3"), "", "")), "/relays/2/out: " },
	{ ADD("{\"name\": \"c\", \"in\": {\"interface\": \"wan\", \"group\": \"239.1.1.3\"}, \"out\": [" OUT("239.2.2.3") "]}"),
	  "/relays/2/in/udp_port: missing; it must be given" },
	{ ADD(RELAY("c", IN("239.1.1.3"), OUT("239.2.2.3"), ", \"inn\": 1")), "/relays/2/inn: unknown key" },
	{ ADD(RELAY("c", "\"in\": {\"interface\": \"lan\", \"group\": \"239.1.1.3\", \"udp_port\": 5000}", OUT("239.2.2.3"), "")),
	  "/relays/2/in/interface: " },
	{ ADD("7"), "/arguments/definition: is not an object" },
	{ ASK("relay add", ""), "/arguments: \"definition\" is missing" },
	/* loops: by itself, through another one, through two */
	{ ADD(RELAY("c", IN("239.1.1.3"), "{\"interface\": \"wan\", \"address\": \"239.1.1.3\", \"udp_port\": 5000}", "")),
	  "/relays/2/out/0: a loop: c sends 239.1.1.3 port 5000 by wan, where it takes it" },
	{ ADD(RELAY("c", "\"in\": {\"interface\": \"wan\", \"group\": \"239.2.2.2\", \"udp_port\": 6000}",
		    "{\"interface\": \"wan\", \"address\": \"239.1.1.1\", \"udp_port\": 5000}", "")),
	  "/relays/0/out/0: a loop: feed sends 239.2.2.2 port 6000 by wan, where c takes it, c sends 239.1.1.1 port 5000 by wan, where "
	  "feed takes it" },
	{ CHANGE("feed", "\"out\": [{\"interface\": \"wan\", \"address\": \"239.1.1.2\", \"udp_port\": 5000}]"),
	  "/relays/0/out/0: feed sends 239.1.1.2 port 5000 by wan, where b takes it: sluice does not hear what it sends itself" },
	/* changes and removals */
	{ CHANGE("feet", "\"id\": 5"), "/relays: there is no relay \"feet\"" },
	{ CHANGE("33", "\"id\": 5"), "/relays: there is no relay \"33\"" },
	{ CHANGE("feed", "\"name\": \"b\""), "/relays/1/name: b is the name of /relays/0 already" },
	{ CHANGE("feed", "\"out\": null"), "/relays/0/out: " },
	{ CHANGE("feed", "\"out\": []"), "/relays/0/out: " },
	{ CHANGE("feed", "\"redundant\": {\"in\": {\"interface\": \"wan\", \"group\": \"239.1.1.2\", \"udp_port\": 5000}}"), "/relays/" },
	{ ASK("relay change", "\"relay\": \"feed\", \"keys\": [1]"), "/arguments/keys: is not an object" },
	{ ASK("relay change", "\"relay\": \"feed\""), "/arguments: \"keys\" is missing" },
	{ REMOVE("feet"), "/relays: there is no relay \"feet\"" },
	{ REMOVE("0"), "/relays: there is no relay \"0\"" },
	{ ASK("relay remove", ""), "/arguments: \"relay\" is missing" },
	{ ASK("relay remove", "\"relay\": 7"), "/arguments/relay: is not a name" },
};

static void test_refused(void **state)
{
	struct lab *lab = *state;
	unsigned int accepted = 1;

	result(lab, ADD(FEED));
	for (size_t i = 0; i < RTE_DIM(refused); i++) {
		const struct sl_snapshot *s = lab->control->snapshot;
		if (refused[i].expected == NULL) {
			result(lab, refused[i].line);
			accepted++;
			continue;
		}
		const char *text = problem(lab, refused[i].line);
		if (strncmp(text, refused[i].expected, strlen(refused[i].expected)) != 0)
			fail_msg("case %zu: %s", i, text);
		assert_ptr_equal(lab->control->snapshot, s);
	}
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EDITS], accepted);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_REQUESTS_REFUSED], RTE_DIM(refused) + 1 - accepted);
	assert_int_equal(lab->control->snapshot->relays.n, accepted);
}

/* ---- hosts are asked for before the first datagram comes ---- */

static uint32_t is_wanted(const struct lab *lab, const char *text)
{
	struct sl_ip ip;

	assert_int_equal(sl_ip_parse(text, &ip), 0);
	uint16_t index = sl_neighbour_lookup(&lab->neighbours, 0, &ip);
	return index == SL_ID_NONE ? 0 : atomic_load(&lab->neighbours.entries[index].wanted);
}

static void test_next_hops(void **state)
{
	struct lab *lab = *state;

	assert_false(is_wanted(lab, "192.0.2.150"));
	result(lab, ADD(FEED));
	assert_true(is_wanted(lab, "192.0.2.150"));
	assert_false(is_wanted(lab, "239.2.2.2"));
	result(lab, CHANGE("feed", "\"out\": [" OUT("192.0.2.151") ", " OUT("203.0.113.9") "]"));
	assert_true(is_wanted(lab, "192.0.2.151"));
	assert_false(is_wanted(lab, "192.0.2.150"));
	assert_false(is_wanted(lab, "203.0.113.9")); /* the gateway is, in any case */
	assert_true(is_wanted(lab, "192.0.2.1"));
	result(lab, REMOVE("feed"));
	assert_false(is_wanted(lab, "192.0.2.151"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_ids), TEST(test_change), TEST(test_persist), TEST(test_refused), TEST(test_next_hops) };

	test_eal_init("relay_requests");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
