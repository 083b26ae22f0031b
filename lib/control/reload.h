/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration of a running sluice and its file.
 *
 * What runs (control->config) began as what the file said when it was read last (control->file), and edits have changed it
 * since. A reload takes the file as it is now, all of it or nothing, whether it comes by SIGHUP or by the control socket, and
 * edits that the file does not have are lost by it: SIGHUP, which machines send, does so and logs each; the command, which
 * people type, names them and does nothing unless it was told to.
 *
 * Call everything here with the lock; what waits for a disk lets go of it meanwhile.
 */
#ifndef SLUICE_CONTROL_RELOAD_H
#define SLUICE_CONTROL_RELOAD_H

#include <jansson.h>

#include "control_internal.h"

/* SIGHUP: read the file again and run with it, or log why not and change nothing. */
void sl_control_reload(struct sl_control *control);

/*
 * The same by command. Returns { changes, lost_edits, generation }, or NULL with problems; they include edits that would be
 * lost, unless `discard_edits`.
 */
json_t *sl_control_reload_file(struct sl_control *control, bool discard_edits, struct sl_problems *problems);

/*
 * Run with another configuration, which is taken over, also on failure. Returns the one before, which is the caller's to destroy
 * now, or NULL with problems and nothing changed.
 */
struct sl_config *sl_control_adopt(struct sl_control *control, struct sl_config *next, struct sl_problems *problems);

/* What a reload of `next` would be refused for. */
void sl_control_check_next(const struct sl_control *control, const struct sl_config *next, struct sl_problems *problems);

/* The file as it is now, or NULL with problems. Lets go of the lock. */
struct sl_config *sl_control_read_file(struct sl_control *control, struct sl_problems *problems);

/* The file says what `config` says: it has just been read, or written. */
void sl_control_note_file(struct sl_control *control, const struct sl_config *config);

/* What edits have changed since the file was read (sl_config_diff), or NULL when memory runs out. */
json_t *sl_control_unsaved(const struct sl_control *control);

#endif
