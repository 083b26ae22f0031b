/* SPDX-License-Identifier: BSD-3-Clause */
/* Relays in telemetry: whose numbers are shown, states of inputs, pages of outputs; and alarms, in virtual time. */
#include "telemetry_fixture.h"

#define MS 1000000ull
#define S 1000000000ull

static struct sl_worker *owner(void)
{
	return t.shared.workers[1];
}

static struct sl_relay_state *record(void)
{
	return &owner()->relays->relays[3];
}

static struct sl_relay *relay(void)
{
	return &t.snapshot.relays.list[0];
}

/* The worker's clock is its own: at another time than control's. */
static int begin(void **state)
{
	memset(record(), 0, sizeof(*record()));
	record()->instance = 7;
	owner()->now_ns = 1000 * S;
	*relay() = (struct sl_relay){ .name = "feed", .instance = 7, .id = 3, .mode = SL_RELAY_REDUNDANT, .n_inputs = 2, .window = 512,
				      .sequence = SL_RELAY_SEQUENCE_RTP, .n_outputs = 256, .alarm_ns = 2 * S,
				      .outputs = relay()->outputs, .in = { relay()->in[0], relay()->in[1] } };
	sl_relay_alarms_destroy(t.control.relay_alarms);
	t.control.relay_alarms = sl_relay_alarms_create();
	t.control.count[SL_CONTROL_COUNT_RELAY_ALARMS] = 0;
	return 0;
}

static void test_numbers(void **state)
{
	struct sl_relay_state *r = record();
	json_t *reply;

	r->value[SL_RELAY_LOST] = 5;
	r->value[SL_RELAY_PACKETS] = 6;
	r->leg[0].value[SL_RELAY_INPUT_LOST] = 7;
	r->leg[1].value[SL_RELAY_INPUT_LOST] = 8;
	r->leg[0].rate_pps = 10;
	r->leg[1].rate_pps = 11;
	r->leg[0].last_ns = 999 * S;
	r->leg[1].last_ns = 1000 * S;
	r->leg[1].jitter_ns = 12;
	r->leg[0].gaps[3] = 13;
	r->leg[1].gaps[23] = 14;
	owner()->relays->outputs[0].instance = owner()->relays->outputs[255].instance = 7;
	owner()->relays->outputs[0].value[SL_RELAY_OUTPUT_PACKETS] = 15;
	owner()->relays->outputs[255].value[SL_RELAY_OUTPUT_PACKETS] = 16;
	owner()->relays->outputs[255].value[SL_RELAY_OUTPUT_LIMITED] = 17;
	owner()->relays->outputs[255].value[SL_RELAY_OUTPUT_SAMPLED_OUT] = 18;
	owner()->relays->outputs[1].instance = 6; /* another's, of before */
	owner()->relays->outputs[1].value[SL_RELAY_OUTPUT_PACKETS] = 19;

	reply = ask_with("/sluice/relays", "");
	const json_t *one = row(reply, "relays", 0);
	assert_string_equal(text(one, "name"), "feed");
	assert_string_equal(text(one, "mode"), "redundant");
	assert_string_equal(text(one, "state"), "receiving");
	assert_string_equal(text(one, "input"), "wan [ff05::1]:5001"); /* it brings more */
	assert_int_equal(number(one, "id"), 3);
	assert_int_equal(number(one, "worker"), 1);
	assert_int_equal(number(one, "rate_pps"), 11);
	assert_int_equal(number(one, "jitter_ns"), 12);
	assert_int_equal(number(one, "lost"), 5);
	assert_int_equal(number(one, "packets"), 6);
	assert_int_equal(number(one, "outputs"), 256);
	assert_int_equal(number(one, "output_packets"), 31);
	assert_int_equal(number(one, "output_drops"), 17);
	json_decref(reply);

	reply = ask_with("/sluice/relay", "3");
	assert_int_equal(number(reply, "lost"), 5);
	assert_int_equal(number(row(reply, "inputs", 0), "lost"), 7);
	assert_int_equal(number(row(reply, "inputs", 0), "last_ms_ago"), 1000);
	assert_int_equal(number(row(reply, "inputs", 1), "lost"), 8);
	assert_string_equal(text(row(reply, "inputs", 0), "input"), "wan 239.1.1.1:5001");
	json_decref(reply);

	reply = ask_with("/sluice/relay_intervals", "feed");
	assert_int_equal(json_object_size(json_object_get(reply, "intervals")), 24);
	assert_int_equal(number(row(reply, "intervals", 3), "below_us"), 8);
	assert_int_equal(number(row(reply, "intervals", 3), "first"), 13);
	assert_int_equal(number(row(reply, "intervals", 23), "below_us"), 0);
	assert_int_equal(number(row(reply, "intervals", 23), "second"), 14);
	json_decref(reply);
	assert_true(json_is_null(ask_with("/sluice/relay", "4")));
	assert_true(json_is_null(ask_with("/sluice/relay_outputs", "fee")));
}

/* All outputs, once each, over as many pages as they take. */
static void test_outputs(void **state)
{
	unsigned int n = 0, pages = 0;
	char params[32] = "feed";

	do {
		json_t *reply = ask_with("/sluice/relay_outputs", params);
		json_t *rows = json_object_get(reply, "outputs");
		for (unsigned int i = 0; i < json_object_size(rows); i++)
			assert_int_equal(number(row(reply, "outputs", i), "id"), n++);
		snprintf(params, sizeof(params), "feed,%s", text(reply, "next"));
		json_decref(reply);
		pages++;
	} while (params[5] != '\0' && pages < 100);
	assert_int_equal(n, 256);
	assert_in_range(pages, 2, 20);
}

static void states_are(const char *all, const char *first, const char *second)
{
	json_t *reply = ask_with("/sluice/relay", "feed");

	assert_string_equal(text(reply, "state"), all);
	assert_string_equal(text(row(reply, "inputs", 0), "state"), first);
	assert_string_equal(text(row(reply, "inputs", 1), "state"), second);
	json_decref(reply);
}

static void test_states(void **state)
{
	struct sl_relay_state *r = record();

	states_are("waiting", "waiting", "waiting");
	r->leg[0].last_ns = 1000 * S;
	states_are("degraded", "receiving", "waiting");
	r->leg[1].last_ns = 1000 * S - 1999 * MS;
	states_are("receiving", "receiving", "receiving");
	r->leg[1].last_ns -= 2 * MS;
	states_are("degraded", "receiving", "silent");
	relay()->alarm_ns = 0;
	r->leg[0].last_ns = 999 * S;
	states_are("silent", "silent", "silent");
	/* the rate of a stream that has ended is 0 */
	r->leg[0].rate_pps = 10;
	owner()->now_ns = 1002 * S;
	json_t *reply = ask_with("/sluice/relay", "feed");
	assert_int_equal(number(row(reply, "inputs", 0), "rate_pps"), 0);
	json_decref(reply);
	/* what was counted for another relay with this id is not this one's */
	relay()->instance = 8;
	states_are("waiting", "waiting", "waiting");
}

/* One step: both clocks go on by ms; then so many alarms have been raised, and `first`, `second` have one now. */
struct step {
	unsigned int ms;
	bool comes[2];
	unsigned int raised;
	bool first, second;
};

static void pass_time(const struct step *step, uint64_t ns)
{
	owner()->now_ns += ns;
	for (unsigned int k = 0; k < 2; k++)
		if (step->comes[k])
			record()->leg[k].last_ns = owner()->now_ns;
}

static void test_alarms(void **state)
{
	static const struct step steps[] = {
		{ 1999, { false, false }, 0, false, false },
		{ 1, { false, false }, 2, true, true }, /* nothing since the relay is there */
		{ 100, { true, false }, 2, false, true },
		{ 1900, { true, false }, 2, false, true },
		{ 100, { false, true }, 2, false, false },
		{ 1899, { false, true }, 2, false, false },
		{ 1, { false, true }, 3, true, false },
		{ 5000, { false, true }, 3, true, false },
		{ 100, { true, true }, 3, false, false },
	};
	uint64_t now_ns = 50 * S, next_ns = sl_relay_alarms_run(&t.control, now_ns);

	for (unsigned int i = 0; i < RTE_DIM(steps); i++) {
		uint64_t end_ns = now_ns + steps[i].ms * MS;
		while (next_ns <= end_ns) {
			pass_time(&steps[i], next_ns - now_ns);
			now_ns = next_ns;
			next_ns = sl_relay_alarms_run(&t.control, now_ns);
			assert_true(next_ns > now_ns);
		}
		pass_time(&steps[i], end_ns - now_ns);
		now_ns = end_ns;
		if (t.control.count[SL_CONTROL_COUNT_RELAY_ALARMS] != steps[i].raised ||
		    sl_relay_has_alarm(&t.control, relay(), 0) != steps[i].first ||
		    sl_relay_has_alarm(&t.control, relay(), 1) != steps[i].second)
			fail_msg("step %u: %llu alarms, first %d, second %d", i,
				 (unsigned long long)t.control.count[SL_CONTROL_COUNT_RELAY_ALARMS],
				 sl_relay_has_alarm(&t.control, relay(), 0), sl_relay_has_alarm(&t.control, relay(), 1));
	}
	/* another relay with its id starts anew, when a snapshot has it */
	relay()->instance = record()->instance = 9;
	record()->leg[0].last_ns = record()->leg[1].last_ns = 0;
	t.snapshot.generation++;
	next_ns = sl_relay_alarms_run(&t.control, now_ns);
	assert_int_equal(next_ns, now_ns + 2 * S);
	relay()->alarm_ns = 0;
	t.snapshot.generation++;
	assert_int_equal(sl_relay_alarms_run(&t.control, now_ns), SL_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_numbers, begin),
		cmocka_unit_test_setup(test_outputs, begin),
		cmocka_unit_test_setup(test_states, begin),
		cmocka_unit_test_setup(test_alarms, begin),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
