/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests over the control socket: edits, the file, states of backends. */
#include <netinet/in.h>
#include <sys/stat.h>

#include "../../lib/control/backends.h"
#include "../../lib/control/publish.h"
#include "../../lib/control/reload.h"
#include "requests_fixture.h"

/* ---- edits ---- */

static void test_edits(void **state)
{
	struct lab *lab = *state;
	uint16_t id = web(lab)->id, first = web(lab)->backends[0].id;

	json_t *r = result(lab, ASK("backend add", ON(B3) ", \"weight\": 1"));
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B3);
	assert_true(json_is_false(json_object_get(r, "persisted")));
	assert_int_equal(json_integer_value(json_object_get(r, "generation")), lab->control->snapshot->generation);
	assert_int_equal(web(lab)->n_backends, 3);
	assert_int_equal(web(lab)->id, id);
	assert_int_equal(web(lab)->backends[0].id, first);
	assert_null(strstr(file_text(lab), "192.0.2.103"));

	r = result(lab, ASK("backend remove", ON(B1)));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B1);
	assert_int_equal(web(lab)->n_backends, 2);
	assert_int_equal(web(lab)->n_draining, 1); /* for a publication at least */
	result(lab, ASK("service add", "\"definition\": {\"name\": \"dns\", \"address\": \"192.0.2.10\", \"port\": 53, \"protocol\": \"udp\", "
					"\"snat\": [\"192.0.2.3\"], \"backends\": [{\"address\": \"192.0.2.101\", \"port\": 53}]}"));
	assert_int_equal(lab->control->config->n_services, 2);
	result(lab, ASK("service remove", "\"service\": \"web\""));
	assert_int_equal(lab->control->config->n_services, 1);
	assert_true(web(lab)->draining);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EDITS], 4);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS], 0);
}

static void test_refused_edits(void **state)
{
	struct lab *lab = *state;
	const struct sl_snapshot *s = lab->control->snapshot;
	const struct sl_config *config = lab->control->config;

	REFUSED(lab, ASK("backend add", ON(B1)), "/services/0/backends/0: service \"web\" has backend 192.0.2.101 port 8080 already");
	REFUSED(lab, ASK("backend add", "\"service\": \"web\", \"backend\": \"192.0.2.2:80\""), "/services/0/backends/2/address: 192.0.2.2 is");
	REFUSED(lab, ASK("backend add", ON(B3) ", \"definition\": {\"wieght\": 2}"), "/services/0/backends/2/wieght: unknown key");
	REFUSED(lab, ASK("backend add", "\"service\": \"webb\", \"backend\": \"192.0.2.104:80\""), "/services: there is no service \"webb\"");
	REFUSED(lab, ASK("backend remove", ON(B3)), "/services/0/backends: service \"web\" has no backend 192.0.2.103 port 8080");
	REFUSED(lab, ASK("backend drain", ON(B3)), "/services/0/backends: service \"web\" has no backend 192.0.2.103 port 8080");
	REFUSED(lab, ASK("service remove", "\"service\": \"dns\""), "/services: there is no service \"dns\"");
	/* the workers' tables were made for IPv4 only */
	REFUSED(lab, ASK("service add", "\"definition\": {\"name\": \"six\", \"address\": \"2001:db8::1\", \"port\": 80, \"protocol\": \"tcp\", "
					"\"snat\": [\"192.0.2.3\"], \"backends\": [{\"address\": \"192.0.2.101\", \"port\": 80}]}"),
		"/services/1/address: 2001:db8::1 is IPv6, and sluice was started without any");
	REFUSED(lab, "nonsense", ": not a JSON object");
	assert_ptr_equal(lab->control->snapshot, s);
	assert_ptr_equal(lab->control->config, config);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_REQUESTS_REFUSED], 9);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_EDITS], 0);
}

static void test_persist(void **state)
{
	struct lab *lab = *state;
	struct stat before, after;

	result(lab, ASK("backend add", ON(B3)));
	assert_int_equal(chmod(lab->path, 0640), 0);
	assert_int_equal(stat(lab->path, &before), 0);
	json_t *r = result(lab, ASK("backend weight", ON(B2) ", \"weight\": 7, \"persist\": true"));
	assert_true(json_is_true(json_object_get(r, "persisted")));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 7);
	assert_int_equal(stat(lab->path, &after), 0);
	assert_true(after.st_mode == before.st_mode && after.st_uid == before.st_uid && after.st_ino != before.st_ino);
	assert_non_null(strstr(file_text(lab), "\"weight\": 7"));
	assert_null(strstr(file_text(lab), "192.0.2.103")); /* the edit before was not meant for the file */
	assert_int_equal(lab->control->config->services[0].backends[1].weight, 7);
	assert_int_equal(lab->control->config->services[0].n_backends, 3);

	/* what the file cannot have is not done at all */
	REFUSED(lab, ASK("backend remove", ON(B3) ", \"persist\": true"), "/services/0/backends: service \"web\" has no backend 192.0.2.103");
	assert_int_equal(lab->control->config->services[0].n_backends, 3);
	write_file(lab, "{");
	REFUSED(lab, ASK("backend remove", ON(B1) ", \"persist\": true"), "/tmp/");
	assert_int_equal(lab->control->config->services[0].n_backends, 3);
	assert_string_equal(file_text(lab), "{");
	REFUSED(lab, ASK("backend weight", ON(B2) ", \"weight\": \"default\", \"persist\": true"), "/arguments/weight: the file has");
}

/* What somebody has written into the file by hand stays unread, and is not lost, when an edit is written there, too. */
static void test_persist_beside_hand_edit(void **state)
{
	struct lab *lab = *state;

	write_file(lab, HEAD WEB(BACKEND(1) ", " BACKEND(2) ", " BACKEND(3)) TAIL);
	json_t *r = result(lab, ASK("backend weight", ON(B2) ", \"weight\": 7, \"persist\": true"));
	assert_true(json_is_true(json_object_get(r, "persisted")));
	REFUSED(lab, ASK("config save", ""), "/tmp/");
	assert_non_null(strstr(file_text(lab), "192.0.2.103"));
	r = result(lab, ASK("reload", ""));
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B3);
	assert_int_equal(web(lab)->n_backends, 3);
	assert_int_equal(lab->control->config->services[0].backends[1].weight, 7);
	result(lab, ASK("backend weight", ON(B2) ", \"weight\": 6, \"persist\": true"));
	assert_int_equal(json_array_size(json_object_get(result(lab, ASK("config save", "")), "changes")), 0);
}

static void test_save(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(json_array_size(json_object_get(result(lab, ASK("config save", "")), "changes")), 0);
	result(lab, ASK("backend add", ON(B3)));
	json_t *r = result(lab, ASK("config save", ""));
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B3);
	assert_non_null(strstr(file_text(lab), "192.0.2.103"));
	/* now that the file has it, a reload loses nothing */
	r = result(lab, ASK("reload", ""));
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	assert_int_equal(web(lab)->n_backends, 3);

	write_file(lab, ONE_BACKEND);
	REFUSED(lab, ASK("config save", ""), "/tmp/");
	write_file(lab, "{ broken");
	REFUSED(lab, ASK("config save", ""), "/tmp/");
	result(lab, ASK("config save", "\"overwrite\": true"));
	assert_non_null(strstr(file_text(lab), "192.0.2.103"));
}

/* ---- reload ---- */

static void test_diff_and_reload(void **state)
{
	struct lab *lab = *state;

	json_t *r = result(lab, ASK("config diff", ""));
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	write_file(lab, ONE_BACKEND);
	r = result(lab, ASK("config diff", ""));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B2);
	assert_int_equal(json_array_size(json_object_get(r, "unsaved_edits")), 0);
	assert_int_equal(web(lab)->n_backends, 2);
	r = result(lab, ASK("reload", ""));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B2);
	assert_int_equal(json_array_size(json_object_get(r, "lost_edits")), 0);
	assert_int_equal(web(lab)->n_backends, 1);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS], 1);

	/* another file than sluice's own, and one that only a restart could follow */
	r = result(lab, "{\"command\": \"config diff\", \"arguments\": {\"config\": " TWO_BACKENDS "}}");
	assert_string_equal(change(r, "changes"), "added services/web/backends/" B2);
	write_file(lab, "{\"version\": 1, \"workers\": 3, \"interfaces\": [{\"name\": \"wan\", \"device\": \"net_ring0\", "
			"\"addresses\": [\"192.0.2.2/24\"], \"gateways\": [\"192.0.2.1\"]}], \"services\": [" WEB(BACKEND(1)) "]}");
	r = result(lab, ASK("config diff", ""));
	assert_string_equal(change(r, "changes"), "changed workers");
	assert_int_equal(json_array_size(json_object_get(r, "problems")), 1);
	REFUSED(lab, ASK("reload", ""), "/workers: changed from 2 to 3; it needs a restart");
	write_file(lab, HEAD WEB("{\"address\": \"192.0.2.101\", \"port\": 80000}") TAIL);
	REFUSED(lab, ASK("config diff", ""), "/services/0/backends/0/port: 80000 is not in 1..65535");
	REFUSED(lab, ASK("reload", ""), "/services/0/backends/0/port: 80000 is not in 1..65535");
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS_REFUSED], 2);
	assert_int_equal(web(lab)->n_backends, 1);
}

static void test_lost_edits(void **state)
{
	struct lab *lab = *state;

	result(lab, ASK("backend add", ON(B3)));
	json_t *r = result(lab, ASK("config diff", ""));
	assert_string_equal(change(r, "unsaved_edits"), "added services/web/backends/" B3);
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B3);
	REFUSED(lab, ASK("reload", ""), "/services/0/backends/2: an edit would be lost that the file does not have: added services/web/backends/" B3);
	assert_int_equal(lab->control->count[SL_CONTROL_COUNT_RELOADS_REFUSED], 0);
	assert_int_equal(web(lab)->n_backends, 3);

	/* somebody has written the same into the file, and more: nothing is lost */
	write_file(lab, HEAD WEB(BACKEND(1) ", " BACKEND(3)) TAIL);
	r = result(lab, ASK("reload", ""));
	assert_string_equal(change(r, "changes"), "removed services/web/backends/" B2);
	assert_int_equal(web(lab)->n_backends, 2);

	result(lab, ASK("backend add", ON(B2)));
	r = result(lab, ASK("reload", "\"discard_edits\": true"));
	assert_string_equal(change(r, "lost_edits"), "added services/web/backends/" B2);
	assert_int_equal(web(lab)->n_backends, 2);
	/* SIGHUP does not ask */
	result(lab, ASK("backend add", ON(B2)));
	sl_control_reload(lab->control);
	assert_true(lab->control->reload.ok);
	assert_int_equal(web(lab)->n_backends, 2);
	r = result(lab, ASK("config diff", ""));
	assert_int_equal(json_array_size(json_object_get(r, "unsaved_edits")), 0);
	r = result(lab, ASK("config show", ""));
	assert_true(json_equal(json_object_get(r, "config"), lab->control->config->json));
}

/* ---- states ---- */

static void test_states(void **state)
{
	struct lab *lab = *state;

	json_t *r = result(lab, ASK("backend drain", ON(B1)));
	assert_string_equal(state_of(r), "draining");
	assert_int_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);
	assert_null(json_object_get(r, "deadline_ms"));
	assert_int_equal(json_integer_value(json_object_get(r, "backends_in_use")), 1);
	/* a reload leaves it, and is lost by none: it is no edit */
	r = result(lab, ASK("reload", ""));
	assert_int_equal(json_array_size(json_object_get(r, "lost_edits")), 0);
	assert_int_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);
	assert_string_equal(state_of(result(lab, ASK("backend disable", ON(B1)))), "disabled");
	assert_string_equal(state_of(result(lab, ASK("backend enable", ON(B1)))), "enabled");
	assert_int_not_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);

	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": 0"));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 0);
	assert_int_equal(sl_backends_effective_weight(web(lab), &web(lab)->backends[0]), 0);
	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": 5"));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 5);
	/* the same number into the file: from there on it is the file's */
	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": 1, \"persist\": true"));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 1);
	r = result(lab, ASK("backend weight", ON(B1) ", \"weight\": \"default\""));
	assert_int_equal(json_integer_value(json_object_get(r, "weight")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_persist, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_persist_beside_hand_edit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_save, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_diff_and_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
	};

	test_eal_init("requests");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
