/* SPDX-License-Identifier: BSD-3-Clause */
/* reload, config show, config diff, config save, and edits of whatever kind. */
#include "requests.h"

#include "sluice/base/log.h"
#include "sluice/config/edit.h"

#include "reload.h"

json_t *sl_call_reload(struct sl_call *call)
{
	char caller[SL_CALLER_MAX];

	sl_log_info("reload asked for by %s", sl_call_caller(call, caller));
	return sl_control_reload_file(call->control, sl_request_flag(&call->request, "discard_edits"), &call->problems);
}

json_t *sl_call_config_show(struct sl_call *call)
{
	return json_pack("{s:O}", "config", call->control->config->json);
}

json_t *sl_call_config_diff(struct sl_call *call)
{
	const struct sl_request_value *candidate = sl_request_value(&call->request, "config");
	struct sl_control *control = call->control;
	struct sl_config *next = candidate->given ? sl_config_from_json("candidate", candidate->json, &call->problems) :
						    sl_control_read_file(control, &call->problems);
	struct sl_problems problems;

	if (next == NULL)
		return NULL;
	sl_problems_init(&problems);
	sl_control_check_next(control, next, &problems);
	json_t *result = json_pack("{s:o, s:o, s:o}", "changes", sl_config_diff(control->config, next), "unsaved_edits",
				   sl_control_unsaved(control), "problems", sl_request_problems(&problems));
	sl_problems_fini(&problems);
	sl_config_destroy(next);
	return result;
}

/* A draft of the file; the disk may take its time. */
static struct sl_draft *write_draft(struct sl_control *control, const struct sl_config *config, struct sl_problems *problems)
{
	pthread_mutex_unlock(&control->lock);
	struct sl_draft *draft = sl_draft_create(config, control->config_path, problems);
	pthread_mutex_lock(&control->lock);
	return draft;
}

static int commit_draft(struct sl_control *control, struct sl_draft *draft, struct sl_problems *problems)
{
	pthread_mutex_unlock(&control->lock);
	int rc = sl_draft_commit(draft, problems);
	pthread_mutex_lock(&control->lock);
	return rc;
}

json_t *sl_call_config_save(struct sl_call *call)
{
	struct sl_control *control = call->control;
	struct sl_config *file = sl_control_read_file(control, &call->problems);
	bool overwrite = sl_request_flag(&call->request, "overwrite");
	char caller[SL_CALLER_MAX];
	json_t *changes = NULL;

	/* A file that cannot be read is not what sluice read. */
	if (!overwrite && (file == NULL || !json_equal(file->json, control->file))) {
		sl_problem_add(&call->problems, control->config_path,
			       "see what differs with sluicectl config diff; then sluicectl reload, or config save --overwrite",
			       "the file was changed since sluice read it");
		sl_config_destroy(file);
		return NULL;
	}
	if (file != NULL)
		changes = sl_config_diff(file, control->config);
	sl_config_destroy(file);
	sl_problems_fini(&call->problems); /* of the file that is overwritten */
	struct sl_draft *draft = write_draft(control, control->config, &call->problems);
	if (draft == NULL || commit_draft(control, draft, &call->problems) != 0) {
		json_decref(changes);
		return NULL;
	}
	sl_control_note_file(control, control->config);
	sl_log_info("configuration saved to %s, asked for by %s", control->config_path, sl_call_caller(call, caller));
	return json_pack("{s:s, s:o}", "path", control->config_path, "changes", changes != NULL ? changes : json_array());
}

/* ---- edits ---- */

/* The file with the same edit. */
struct edited_file {
	struct sl_draft *draft;
	struct sl_config *config; /* what the draft says */
	bool changed;		  /* by somebody else before, since sluice read it */
};

static int draft_edit(struct sl_call *call, const struct sl_edit *edit, struct edited_file *edited)
{
	struct sl_config *file = sl_control_read_file(call->control, &call->problems);

	edited->changed = file != NULL && !json_equal(file->json, call->control->file);
	edited->config = file != NULL ? sl_config_edit(file, edit, &call->problems) : NULL;
	sl_config_destroy(file);
	if (edited->config != NULL)
		edited->draft = write_draft(call->control, edited->config, &call->problems);
	if (edited->draft != NULL)
		return 0;
	sl_problem_add(&call->problems, call->control->config_path,
		       "mend the file, or leave --persist away: then the edit is good until the next reload",
		       "the edit cannot be made to the file");
	return -1;
}

/*
 * What somebody else wrote into the file was not loaded, and is not now: the file is still one that sluice has not read, so that
 * neither a reload nor a save takes the difference for edits of its own.
 */
static bool commit_edit(struct sl_call *call, const struct edited_file *edited)
{
	if (edited->draft == NULL || commit_draft(call->control, edited->draft, &call->problems) != 0)
		return false;
	if (!edited->changed)
		sl_control_note_file(call->control, edited->config);
	return true;
}

static void log_changes(const struct sl_call *call, const json_t *changes)
{
	char caller[SL_CALLER_MAX];
	json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		sl_log_info("edited by %s: %s %s", sl_call_caller(call, caller),
			    json_string_value(json_object_get(change, "change")),
			    json_string_value(json_object_get(change, "path")));
	}
}

static json_t *edited(struct sl_call *call, const struct sl_config *previous, bool persisted)
{
	struct sl_control *control = call->control;
	json_t *changes = sl_config_diff(previous, control->config);

	control->count[SL_CONTROL_COUNT_EDITS]++;
	log_changes(call, changes);
	json_t *result = json_pack("{s:o, s:I, s:b}", "changes", changes, "generation",
				   (json_int_t)control->snapshot->generation, "persisted", persisted);
	/* The edit is made, but the file could not be replaced at the last moment. */
	if (result != NULL && call->problems.count > 0)
		json_object_set_new(result, "problems", sl_request_problems(&call->problems));
	return result;
}

json_t *sl_call_edit(struct sl_call *call, const struct sl_edit *edit, bool persist)
{
	struct sl_control *control = call->control;
	struct edited_file file = { 0 };
	struct sl_config *previous = NULL;
	json_t *result = NULL;

	/* First of all what may fail without having changed anything. */
	struct sl_config *next = sl_config_edit(control->config, edit, &call->problems);
	if (next != NULL && (!persist || draft_edit(call, edit, &file) == 0))
		previous = sl_control_adopt(control, next, &call->problems);
	else
		sl_config_destroy(next);
	if (previous != NULL)
		result = edited(call, previous, commit_edit(call, &file));
	else
		sl_draft_discard(file.draft);
	sl_config_destroy(file.config);
	sl_config_destroy(previous);
	return result;
}
