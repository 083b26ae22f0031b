/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * /sluice/flows and /sluice/flow_list. The list asks one worker after the other for chunks of its table and stops at
 * the limit, at the size of a reply, or after a bounded time; "next" says where to go on: WORKER:RECORD:SKIP, the chunk
 * that starts at RECORD without its first SKIP matches. Flows that come and go between two pages may be missed or shown
 * twice.
 *
 * Workers answer without control's lock, which is taken only to read the names of services before and after.
 */
#include "flow_counts.h"
#include "flow_search.h"
#include "services.h"
#include "telemetry_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define LIMIT_DEFAULT 32
#define LIMIT_MAX 64
#define WORKER_TIMEOUT_MS 250
#define SEARCH_NS SL_NS_PER_S /* a filter that matches little makes the search long: the client goes on from next */

struct search {
	struct sl_flow_filter filter;
	uint32_t limit;
	struct sl_flow_cursor at;
	unsigned int n;
	struct {
		struct sl_flow_row row;
		struct sl_flow_cursor at;
	} found[LIMIT_MAX];
};

static int parse_protocol(const char *name, struct sl_flow_filter *filter)
{
	filter->by_proto = true;
	filter->proto = strcmp(name, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	return strcmp(name, "tcp") == 0 || strcmp(name, "udp") == 0 ? 0 : -EINVAL;
}

static int parse_option(const struct sl_control *control, const char *option, struct search *search)
{
	const char *value = strchr(option, '=');
	size_t length = value == NULL ? 0 : (size_t)(value++ - option);

	if (length == 7 && memcmp(option, "service", length) == 0)
		return sl_service_filter(control, value, &search->filter) > 0 ? 0 : -EINVAL;
	if (length == 6 && memcmp(option, "client", length) == 0) {
		search->filter.by_client = true;
		return sl_ip_parse(value, &search->filter.client);
	}
	if (length == 8 && memcmp(option, "protocol", length) == 0)
		return parse_protocol(value, &search->filter);
	if (length == 5 && memcmp(option, "limit", length) == 0)
		return sl_tel_parse_u32(value, LIMIT_MAX, &search->limit) == 0 && search->limit > 0 ? 0 : -EINVAL;
	if (length == 6 && memcmp(option, "cursor", length) == 0)
		return sl_flow_cursor_parse(value, &search->at);
	return -EINVAL;
}

static int parse_search(const struct sl_tel_request *request, struct search *search)
{
	int rc = sl_tel_lock(request->control);

	if (rc != 0)
		return rc;
	memset(search, 0, sizeof(*search));
	search->limit = LIMIT_DEFAULT;
	for (unsigned int i = 0; rc == 0 && i < request->params->n; i++)
		rc = parse_option(request->control, request->params->field[i], search);
	sl_tel_unlock(request->control);
	return rc == 0 ? 0 : -EINVAL;
}

/* As many rows as are wanted. */
static bool take_row(void *arg, const struct sl_flow_row *row, const struct sl_flow_cursor *at)
{
	struct search *search = arg;

	if (search->n == search->limit)
		return false;
	search->found[search->n].row = *row;
	search->found[search->n].at = *at;
	search->n++;
	return true;
}

static int run_search(const struct sl_shared *shared, struct search *search)
{
	uint64_t until = sl_control_now_ns() + SEARCH_NS;
	struct sl_flow_query q;

	while (search->at.worker < shared->n_workers && search->n < search->limit && sl_control_now_ns() < until) {
		q = (struct sl_flow_query){ .filter = search->filter, .start = search->at.record };
		if (sl_query_flows(shared->workers[search->at.worker], &q, WORKER_TIMEOUT_MS) != 0)
			return -ETIMEDOUT;
		sl_flow_cursor_take(&search->at, &q, take_row, search);
	}
	return 0;
}

static void put_number(void *out, const char *key, uint64_t value)
{
	sl_tel_u64(out, key, value);
}

static void put_text(void *out, const char *key, const char *value)
{
	sl_tel_string(out, key, value);
}

static struct sl_tel_node flow_row(const struct sl_snapshot *s, const struct sl_flow_row *f, uint32_t worker)
{
	static const struct sl_flow_sink sink = { put_number, put_text };
	struct sl_tel_node row = sl_tel_row_begin();

	sl_flow_row_describe(s, f, worker, &sink, &row);
	return row;
}

static int answer_flow_list(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	struct sl_tel_page page;
	struct search search;
	char next[SL_FLOW_CURSOR_TEXT];
	int rc;

	rc = parse_search(request, &search);
	if (rc == 0)
		rc = run_search(request->control->shared, &search);
	if (rc == 0)
		rc = sl_tel_lock(request->control);
	if (rc != 0)
		return rc;
	sl_tel_page_open(&page, out);
	for (unsigned int i = 0; i < search.n; i++) {
		struct sl_tel_node row =
		    flow_row(request->control->snapshot, &search.found[i].row, search.found[i].at.worker);
		if (!sl_tel_page_add(&page, &row)) {
			search.at = search.found[i].at;
			break;
		}
	}
	sl_tel_unlock(request->control);
	sl_tel_page_close(&page, out, "flows");
	sl_tel_string(out, "next", sl_flow_cursor_format(&search.at, request->control->shared->n_workers, next));
	return 0;
}

static int answer_flows(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_snapshot *s = request->control->snapshot;
	const struct sl_shared *shared = request->control->shared;
	uint64_t live = 0, capacity = 0;
	char text[SL_SERVICE_TEXT_MAX];
	struct sl_tel_page page;
	uint32_t i;

	if (sl_tel_parse_start(request, 0, &i) != 0)
		return -EINVAL;
	for (unsigned int w = 0; w < shared->n_workers; w++) {
		live += __atomic_load_n(&shared->workers[w]->flows.live, __ATOMIC_RELAXED);
		capacity += shared->workers[w]->flows.capacity;
	}
	sl_tel_u64(out, "live", live);
	sl_tel_u64(out, "capacity", capacity);
	sl_tel_u64(out, "created", sl_tel_sum_count(shared, SL_COUNT_FLOWS_CREATED));
	sl_tel_u64(out, "expired", sl_tel_sum_count(shared, SL_COUNT_FLOWS_EXPIRED));
	sl_tel_u64(out, "reused", sl_tel_sum_count(shared, SL_COUNT_FLOWS_REUSED));
	sl_tel_page_open(&page, out);
	for (; i < s->n_services; i++) {
		uint16_t id = s->services[i].id;
		struct sl_tel_node row = sl_tel_row_begin();
		sl_tel_string(&row, "name", sl_service_text(&s->services[i], text));
		sl_tel_u64(&row, "active", sl_flow_counts_service(request->control, id, SL_FLOW_COUNT_FLOWS_ACTIVE));
		sl_tel_u64(&row, "created", sl_flow_counts_service(request->control, id, SL_FLOW_COUNT_FLOWS_CREATED));
		sl_tel_u64(&row, "refused", sl_flow_counts_service(request->control, id, SL_FLOW_COUNT_FLOWS_REFUSED));
		if (!sl_tel_page_add(&page, &row))
			break;
	}
	sl_tel_page_close(&page, out, "services");
	sl_tel_next(out, i, s->n_services);
	return 0;
}

static const struct sl_tel_key flows_keys[] = {
	{ "live", "flows that exist now" },
	{ "capacity", "flows that can exist" },
	{ "created", "flows created since the start" },
	{ "expired", "flows ended by their idle time" },
	{ "reused", "flows in TIME_WAIT ended early because their tuple was needed again" },
	{ "next", "START of the next page of services, empty at the end" },
	{ NULL, NULL },
};

static const struct sl_tel_key flows_row_keys[] = {
	{ "name", "of the service; NAME#ID of a removed one" },
	{ "active", "its flows that exist now" },
	{ "created", "its flows created" },
	{ "refused", "its new flows that were refused" },
	{ NULL, NULL },
};

static const struct sl_tel_key flow_list_keys[] = {
	{ "next", "cursor of the next page, empty at the end; an empty page before that took a second to search" },
	{ NULL, NULL },
};

static const struct sl_tel_key flow_keys[] = {
	{ "worker", "that owns the flow" },
	{ "service", "NAME, or NAME#ID of a removed one" },
	{ "protocol", "tcp or udp" },
	{ "client", "address" },
	{ "client_port", "port" },
	{ "vip", "address the client talks to" },
	{ "vip_port", "port the client talks to" },
	{ "snat", "address the backend sees" },
	{ "snat_port", "port the backend sees" },
	{ "backend", "address" },
	{ "backend_port", "port" },
	{ "state", "of TCP; UDP: one_way, bidirectional or request_response" },
	{ "proxy_header", "PROXY protocol: waits (for the handshake's end), sent (and not acknowledged yet); else empty" },
	{ "idle_ms", "milliseconds since its last packet" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_flow_commands[] = {
	{ .name = "/sluice/flows",
	  .params = "[START]",
	  .help = "Flows in numbers, in all and by service. Parameters: START (optional) of the services",
	  .max_params = 1,
	  .handler = answer_flows,
	  .keys = flows_keys,
	  .rows = "services",
	  .row_keys = flows_row_keys },
	{ .name = "/sluice/flow_list",
	  .params = "[service=NAME][,client=ADDRESS][,protocol=tcp|udp][,limit=N][,cursor=NEXT]",
	  .help =
	      "Flows one by one. Parameters (all optional): service= (NAME or NAME#ID), client=, protocol=, limit= (at most 64), cursor=",
	  .max_params = 5,
	  .unlocked = true,
	  .handler = answer_flow_list,
	  .keys = flow_list_keys,
	  .rows = "flows",
	  .row_keys = flow_keys },
	{ .name = NULL },
};
