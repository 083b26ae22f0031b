/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes to the configuration of a running sluice. A configuration is never changed in memory: an edit makes another one
 * out of its JSON, which goes through the same reader and the same checks as a file. So whatever an edit may bring about,
 * a file can say too, and both are published in the same way.
 */
#ifndef SLUICE_CONFIG_EDIT_H
#define SLUICE_CONFIG_EDIT_H

#include "sluice/config/config.h"

enum sl_edit_kind {
	SL_EDIT_SERVICE_ADD,
	SL_EDIT_SERVICE_REMOVE,
	SL_EDIT_BACKEND_ADD,
	SL_EDIT_BACKEND_REMOVE,
	SL_EDIT_BACKEND_WEIGHT,
	SL_EDIT_RELAY_ADD,
	SL_EDIT_RELAY_CHANGE,
	SL_EDIT_RELAY_REMOVE,
};

struct sl_edit {
	enum sl_edit_kind kind;
	const char *service;  /* name; with SERVICE_REMOVE and BACKEND_* */
	struct sl_ip ip;      /* of the backend, with BACKEND_* */
	uint16_t port;
	uint16_t weight;      /* with BACKEND_WEIGHT */
	/*
	 * With SERVICE_ADD the service, with BACKEND_ADD the backend, with RELAY_ADD the relay, as a file would have it. With
	 * RELAY_CHANGE the keys that the relay has then; those that are null it has no longer.
	 */
	struct json_t *value;
	const char *relay; /* name; with RELAY_CHANGE and RELAY_REMOVE */
};

/* The configuration after an edit, or NULL and problems, whose pointers are those of the edited configuration. */
struct sl_config *sl_config_edit(const struct sl_config *config, const struct sl_edit *edit, struct sl_problems *problems);

/* Is there what the edit is about? Returns 0, or -1 with the problem that sl_config_edit would have. */
int sl_config_edit_check(const struct sl_config *config, const struct sl_edit *edit, struct sl_problems *problems);

/*
 * What is different in `to`: a JSON array with one object for each difference, or NULL when memory runs out.
 *	change	"added", "removed" or "changed"
 *	path	the place by names, as in services/web/backends/10.1.1.1:8080/weight: the same in both
 *	where	the place as a JSON pointer, in `to`, or for what was removed in `from`
 *	from, to	the values; one is missing where the key is not given
 *	restart	true where a running sluice cannot follow
 * Entries of lists are paired by name, or where they have none by what they must have; their order says nothing.
 */
struct json_t *sl_config_diff(const struct sl_config *from, const struct sl_config *to);

/* The configuration as text, in the manner of config/examples. On the heap; NULL when memory runs out. */
char *sl_config_text(const struct sl_config *config);

/*
 * A configuration on its way into the file: written and synced beside it under another name, with its mode and owner. The
 * file itself is touched by sl_draft_commit alone, and then all at once. A symbolic link stays one.
 */
struct sl_draft;
struct sl_draft *sl_draft_create(const struct sl_config *config, const char *path, struct sl_problems *problems);
/* Returns 0, or -1 with a problem and the file as it was. Frees the draft. */
int sl_draft_commit(struct sl_draft *draft, struct sl_problems *problems);
/* Take it away and free it; NULL is accepted. */
void sl_draft_discard(struct sl_draft *draft);

#endif
