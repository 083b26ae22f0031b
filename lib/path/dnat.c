/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mode dnat: the client's address and port go on to the backend, so the server side of a flow is (backend -> client), and the
 * backend's replies must be routed back through sluice.
 */
#include "stages.h"

/*
 * Client and backend reach each other without a router: the backend would answer the client directly, and not as the VIP. (A
 * backend as client of its own service is such a case; it needs full-nat, RFC 4787 REQ-9.)
 */
static bool replies_pass_by(const struct sl_snapshot *s, const struct sl_ip *client, const struct sl_ip *backend)
{
	const struct sl_nexthop *to_client = sl_snapshot_route(s, client), *to_backend = sl_snapshot_route(s, backend);

	return to_client != NULL && to_backend != NULL && to_client->interface == to_backend->interface &&
	       sl_ip_is_zero(&to_client->via) && sl_ip_is_zero(&to_backend->via);
}

enum sl_drop_cause sl_dnat_tuple(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tuple *client,
				 struct sl_tuple *server)
{
	uint8_t side;

	if (replies_pass_by(s, &client->peer, &server->peer))
		return SL_DROP_DNAT_ON_LINK;
	server->self = client->peer;
	server->self_port_be = client->peer_port_be;
	if (sl_flow_lookup(&w->flows, server, sl_flow_hash(&w->flows, server), &side) != SL_FLOW_NONE)
		return SL_DROP_TUPLE_IN_USE;
	return SL_DROP_MAX;
}
