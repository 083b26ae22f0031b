/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any line on the control socket either becomes a request with all its arguments in bounds, or is explained; nothing is
 * leaked, and the reply is one line of JSON with the id that was given.
 */
#include <string.h>

#include "fuzz.h"

#include "../../lib/control/request.h"

static void check_values(const struct sl_request *r)
{
	const struct sl_command *c = &sl_commands[r->command];

	for (unsigned int i = 0; c->arguments[i].name != NULL; i++) {
		const struct sl_argument *a = &c->arguments[i];
		const struct sl_request_value *v = sl_request_value(r, a->name);
		EXPECT(v == &r->values[i] && (v->given || !a->required));
		if (!v->given)
			continue;
		if (a->type == SL_ARGUMENT_NUMBER)
			EXPECT(v->number >= a->minimum && v->number <= a->maximum);
		if (a->type == SL_ARGUMENT_NAME)
			EXPECT(v->text[0] != '\0' && strchr(v->text, '\n') == NULL);
		if (a->type == SL_ARGUMENT_BACKEND)
			EXPECT(v->port != 0);
		if (a->type == SL_ARGUMENT_OBJECT)
			EXPECT(json_is_object(v->json));
	}
}

static void check_reply(const struct sl_request *r, char *text, const char *key)
{
	json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL, *id = json_object_get(r->json, "id");

	EXPECT(json != NULL && strchr(text, '\n') == NULL && json_object_get(json, key) != NULL);
	EXPECT(id == NULL || json_equal(json_object_get(json, "id"), id));
	json_decref(json);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sl_problems problems;
	struct sl_request request;

	sl_problems_init(&problems);
	int rc = sl_request_parse(&request, (const char *)data, size, &problems);
	EXPECT((rc != 0) == (problems.count != 0));
	if (rc == 0) {
		check_values(&request);
		check_reply(&request, sl_request_result(&request, json_object()), "result");
	} else {
		check_reply(&request, sl_request_error(&request, problems.list[0].what, &problems), "error");
	}
	sl_request_fini(&request);
	sl_problems_fini(&problems);
	return 0;
}
