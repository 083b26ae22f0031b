/* SPDX-License-Identifier: BSD-3-Clause */
/* relay add, change and remove. */
#include "requests.h"

#include "sluice/config/edit.h"

#include "relays.h"

/* The relay is known by its name in the configuration; by its id, perhaps a generated one, only in the snapshot. */
static json_t *edit(struct sl_call *call, enum sl_edit_kind kind, struct json_t *value)
{
	struct sl_edit edit = { .kind = kind, .value = value };
	char name[SL_REQUEST_NAME_MAX];

	if (kind != SL_EDIT_RELAY_ADD) {
		const char *text = sl_request_value(&call->request, "relay")->text;
		const struct sl_relay *relay = sl_relay_find(call->control, text);
		snprintf(name, sizeof(name), "%s", relay != NULL ? relay->name : text);
		edit.relay = name; /* a copy: the snapshot goes */
	}
	return sl_call_edit(call, &edit, sl_request_flag(&call->request, "persist"));
}

json_t *sl_call_relay_add(struct sl_call *call)
{
	return edit(call, SL_EDIT_RELAY_ADD, sl_request_value(&call->request, "definition")->json);
}

json_t *sl_call_relay_change(struct sl_call *call)
{
	return edit(call, SL_EDIT_RELAY_CHANGE, sl_request_value(&call->request, "keys")->json);
}

json_t *sl_call_relay_remove(struct sl_call *call)
{
	return edit(call, SL_EDIT_RELAY_REMOVE, NULL);
}
