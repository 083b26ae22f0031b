/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include <stdio.h>
#include <string.h>

#include "sluice/base/log.h"
#include "sluice/config/edit.h"

#include "changes.h"
#include "publish.h"

#define LOGGED_MAX 20u /* problems of a refused file */

void sl_control_check_next(const struct sl_control *control, const struct sl_config *next, struct sl_problems *problems)
{
	sl_config_check_reload(control->config, next, problems);
	if (control->shared->workers[0]->flows.flows6 == NULL)
		sl_config_refuse_ipv6(next, problems);
	if (control->shared->workers[0]->seqs.records == NULL)
		sl_config_refuse_proxy_protocol(next, problems);
}

struct sl_config *sl_control_adopt(struct sl_control *control, struct sl_config *next, struct sl_problems *problems)
{
	struct sl_config *previous = control->config;
	unsigned int before = problems->count;

	sl_control_check_next(control, next, problems);
	if (problems->count != before || sl_control_publish(control, next, problems) != 0) {
		sl_config_destroy(next);
		return NULL;
	}
	control->config = next;
	return previous;
}

struct sl_config *sl_control_read_file(struct sl_control *control, struct sl_problems *problems)
{
	pthread_mutex_unlock(&control->lock);
	struct sl_config *config = sl_config_load(control->config_path, problems);
	pthread_mutex_lock(&control->lock);
	return config;
}

void sl_control_note_file(struct sl_control *control, const struct sl_config *config)
{
	json_incref(config->json);
	json_decref(control->file);
	control->file = config->json;
}

json_t *sl_control_unsaved(const struct sl_control *control)
{
	struct sl_problems problems;
	json_t *diff = NULL;

	if (json_equal(control->file, control->config->json))
		return json_array();
	sl_problems_init(&problems);
	struct sl_config *file = sl_config_from_json(control->config_path, control->file, &problems);
	if (file != NULL)
		diff = sl_config_diff(file, control->config);
	sl_config_destroy(file);
	sl_problems_fini(&problems);
	return diff;
}

static bool same_difference(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "path"), json_object_get(b, "path")) &&
	       json_equal(json_object_get(a, "change"), json_object_get(b, "change"));
}

/* Edits since the file was read that `next` does not have either. NULL when memory runs out. */
static json_t *lost_edits(const struct sl_control *control, const struct sl_config *next)
{
	json_t *edits = sl_control_unsaved(control), *against = NULL, *lost = NULL, *edit, *difference;
	size_t i, k;

	if (json_array_size(edits) == 0)
		return edits;
	against = sl_config_diff(next, control->config);
	lost = against != NULL ? json_array() : NULL;
	json_array_foreach(edits, i, edit)
	{
		json_array_foreach(against, k, difference)
		{
			if (same_difference(edit, difference)) {
				json_array_append(lost, edit);
				break;
			}
		}
	}
	json_decref(against);
	json_decref(edits);
	return lost;
}

/* "added services/web/backends/10.1.1.4:8080" */
static const char *edit_text(const json_t *edit, char text[SL_MESSAGE_MAX])
{
	snprintf(text, SL_MESSAGE_MAX, "%s %s", json_string_value(json_object_get(edit, "change")),
		 json_string_value(json_object_get(edit, "path")));
	return text;
}

static void refuse_lost(const json_t *lost, struct sl_problems *problems)
{
	char text[SL_MESSAGE_MAX];
	json_t *edit;
	size_t i;

	json_array_foreach(lost, i, edit)
	{
		sl_problem_add(problems, json_string_value(json_object_get(edit, "where")),
			       "sluicectl config save writes it to the file, sluicectl reload --discard-edits drops it",
			       "an edit would be lost that the file does not have: %s", edit_text(edit, text));
	}
}

static void log_lost(const json_t *lost)
{
	char text[SL_MESSAGE_MAX];
	json_t *edit;
	size_t i;

	json_array_foreach(lost, i, edit)
	{
		sl_log_warning("reload: an edit is lost that the file does not have: %s", edit_text(edit, text));
	}
}

/* A hostile or garbled file has many, and each line takes time that packets wait for. */
static void note_refused(struct sl_control *control, const struct sl_problems *problems)
{
	struct sl_reload_status *status = &control->reload;
	const struct sl_problem *first = &problems->list[0];

	for (unsigned int i = 0; i < RTE_MIN(problems->n_listed, LOGGED_MAX); i++) {
		const struct sl_problem *p = &problems->list[i];
		sl_log_error("%s%s%s%s%s", p->where, p->where[0] != '\0' ? ": " : "", p->what,
			     p->remedy != NULL ? "; remedy: " : "", p->remedy != NULL ? p->remedy : "");
	}
	if (problems->count > LOGGED_MAX)
		sl_log_error("and %u more; remedy: `sluice --check --config %s` shows them", problems->count - LOGGED_MAX,
			     control->config_path);
	sl_log_error("reload refused: %u problem%s; the running configuration stays", problems->count,
		     problems->count == 1 ? "" : "s");
	control->count[SL_CONTROL_COUNT_RELOADS_REFUSED]++;
	*status = (struct sl_reload_status){ .when = time(NULL), .n_problems = problems->count };
	snprintf(status->message, sizeof(status->message), "%s%s%s", first->where, first->where[0] != '\0' ? ": " : "",
		 first->what);
}

/* Run with what the file has. Takes next over, and `lost`, the edits that it undoes. */
static json_t *take_file(struct sl_control *control, struct sl_config *next, json_t *lost, struct sl_problems *problems)
{
	struct sl_reload_status status = { .ok = true, .when = time(NULL) };
	struct sl_config *previous = sl_control_adopt(control, next, problems);

	if (previous == NULL) {
		json_decref(lost);
		return NULL;
	}
	sl_control_note_file(control, control->config);
	sl_changes_describe(previous, control->config, control->snapshot, status.message, sizeof(status.message));
	control->reload = status;
	control->count[SL_CONTROL_COUNT_RELOADS]++;
	sl_log_info("reloaded: %s", status.message);
	log_lost(lost);
	json_t *changes = sl_config_diff(previous, control->config);
	sl_config_destroy(previous);
	return json_pack("{s:o, s:o, s:I}", "changes", changes, "lost_edits", lost, "generation",
			 (json_int_t)control->snapshot->generation);
}

json_t *sl_control_reload_file(struct sl_control *control, bool discard_edits, struct sl_problems *problems)
{
	struct sl_config *next = sl_control_read_file(control, problems);
	json_t *lost = next != NULL ? lost_edits(control, next) : NULL, *result = NULL;

	if (next != NULL && lost != NULL && !discard_edits && json_array_size(lost) > 0) {
		refuse_lost(lost, problems);
		json_decref(lost);
		sl_config_destroy(next);
		return NULL;
	}
	if (next != NULL)
		result = take_file(control, next, lost, problems);
	if (result == NULL && problems->count > 0)
		note_refused(control, problems);
	return result;
}

void sl_control_reload(struct sl_control *control)
{
	struct sl_problems problems;

	sl_problems_init(&problems);
	json_decref(sl_control_reload_file(control, true, &problems));
	sl_problems_fini(&problems);
}
