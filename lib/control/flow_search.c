/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_search.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "sluice/state/seq.h"
#include "sluice/state/tcp.h"

#include "services.h"
#include "telemetry_internal.h"

int sl_flow_cursor_parse(const char *text, struct sl_flow_cursor *c)
{
	char copy[SL_FLOW_CURSOR_TEXT];
	char *part[3];
	char *rest = copy;

	*c = (struct sl_flow_cursor){ 0 };
	if (*text == '\0') /* from the beginning */
		return 0;
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	snprintf(copy, sizeof(copy), "%s", text);
	for (unsigned int i = 0; i < 3; i++) {
		part[i] = strsep(&rest, ":");
		if (part[i] == NULL)
			return -EINVAL;
	}
	if (rest != NULL || sl_tel_parse_u32(part[0], SL_MAX_WORKERS, &c->worker) != 0 ||
	    sl_tel_parse_u32(part[1], UINT32_MAX, &c->record) != 0)
		return -EINVAL;
	return sl_tel_parse_u32(part[2], SL_QUERY_ROWS, &c->skip);
}

const char *sl_flow_cursor_format(const struct sl_flow_cursor *c, unsigned int n_workers, char text[SL_FLOW_CURSOR_TEXT])
{
	text[0] = '\0';
	if (c->worker < n_workers)
		snprintf(text, SL_FLOW_CURSOR_TEXT, "%u:%u:%u", c->worker, c->record, c->skip);
	return text;
}

void sl_flow_cursor_advance(struct sl_flow_cursor *c, const struct sl_flow_query *q)
{
	c->skip = 0;
	c->record = q->next;
	if (q->next == SL_FLOW_NONE) {
		c->worker++;
		c->record = 0;
	}
}

void sl_flow_cursor_take(struct sl_flow_cursor *c, const struct sl_flow_query *q, sl_flow_take *take, void *arg)
{
	for (; c->skip < q->n_rows; c->skip++)
		if (!take(arg, &q->rows[c->skip], c))
			return;
	sl_flow_cursor_advance(c, q);
}

static void put_end(const struct sl_flow_sink *sink, void *out, const char *key, const char *port_key, const struct sl_ip *ip,
		    uint16_t port_be)
{
	char text[SL_IP_STRLEN];

	sink->text(out, key, sl_ip_format(ip, text));
	sink->number(out, port_key, rte_be_to_cpu_16(port_be));
}

void sl_flow_row_describe(const struct sl_snapshot *s, const struct sl_flow_row *f, uint32_t worker,
			  const struct sl_flow_sink *sink, void *out)
{
	const struct sl_service *service = sl_snapshot_service_by_id(s, f->service);
	char name[SL_SERVICE_TEXT_MAX];
	const char *state = f->state != 0 ? "bidirectional" : "one_way";

	if (f->client.proto == IPPROTO_TCP)
		state = f->state < SL_TCP_STATE_MAX ? sl_tcp_state_name(f->state) : "";
	else if (f->udp_kind == SL_UDP_REQUEST_RESPONSE)
		state = "request_response";
	sink->number(out, "worker", worker);
	sink->text(out, "service", service == NULL ? "" : sl_service_text(service, name));
	sink->text(out, "protocol", sl_tel_protocol_name(f->client.proto));
	put_end(sink, out, "client", "client_port", &f->client.peer, f->client.peer_port_be);
	put_end(sink, out, "vip", "vip_port", &f->client.self, f->client.self_port_be);
	put_end(sink, out, "snat", "snat_port", &f->server.self, f->server.self_port_be);
	put_end(sink, out, "backend", "backend_port", &f->server.peer, f->server.peer_port_be);
	sink->text(out, "state", state);
	sink->text(out, "proxy_header", f->proxy_stage == SL_PROXY_OPENING ? "waits" : f->proxy_stage == SL_PROXY_SENT ? "sent" : "");
	sink->number(out, "idle_ms", f->idle_ms);
}
