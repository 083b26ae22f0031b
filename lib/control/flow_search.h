/* SPDX-License-Identifier: BSD-3-Clause */
/* What listings of flows have in common, on the telemetry socket and on the control socket: where they are, and what a row says. */
#ifndef SLUICE_CONTROL_FLOW_SEARCH_H
#define SLUICE_CONTROL_FLOW_SEARCH_H

#include "control_internal.h"

#include "sluice/state/query.h"

/* The chunk of `worker` that starts at `record`, without its first `skip` rows. */
struct sl_flow_cursor {
	uint32_t worker, record, skip;
};
#define SL_FLOW_CURSOR_TEXT 40

/* "WORKER:RECORD:SKIP", "" for the beginning. Returns 0 or -EINVAL. */
int sl_flow_cursor_parse(const char *text, struct sl_flow_cursor *cursor);

/* The same the other way, "" behind the last worker. */
const char *sl_flow_cursor_format(const struct sl_flow_cursor *cursor, unsigned int n_workers,
				  char text[SL_FLOW_CURSOR_TEXT]);

/* Behind the answered chunk: the worker's next one, or the next worker's first. */
void sl_flow_cursor_advance(struct sl_flow_cursor *cursor, const struct sl_flow_query *q);

/* Give the rows of an answered chunk to `take` for as long as it wants more; the cursor moves behind the last one taken. */
typedef bool sl_flow_take(void *arg, const struct sl_flow_row *row, const struct sl_flow_cursor *at);
void sl_flow_cursor_take(struct sl_flow_cursor *cursor, const struct sl_flow_query *q, sl_flow_take *take, void *arg);

/* Where the values of a row go. */
struct sl_flow_sink {
	void (*number)(void *out, const char *key, uint64_t value);
	void (*text)(void *out, const char *key, const char *value);
};

/* A row in keys and values, to `out` by way of the sink. With control's lock, for the names. */
void sl_flow_row_describe(const struct sl_snapshot *s, const struct sl_flow_row *f, uint32_t worker,
			  const struct sl_flow_sink *sink, void *out);

#endif
