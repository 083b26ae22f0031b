/* SPDX-License-Identifier: BSD-3-Clause */
/* Which addresses are ours: of interfaces, services, source NAT and relays, those of tombstones included. */
#include "snapshot_build.h"

uint16_t sl_build_interface_covering(const struct sl_snapshot *s, const struct sl_ip *ip)
{
	uint16_t best = SL_ID_NONE;
	int best_len = -1;

	for (uint16_t id = 0; id < s->n_interfaces; id++) {
		const struct sl_interface *interface = &s->interfaces[id];
		for (unsigned int i = 0; i < interface->n_addresses; i++) {
			const struct sl_prefix *prefix = &interface->addresses[i];
			/* As in the routes: ::/0 does not cover IPv4. */
			if (sl_ip_is_v4(&prefix->ip) == sl_ip_is_v4(ip) && sl_prefix_covers(prefix, ip) &&
			    prefix->len > best_len) {
				best = id;
				best_len = prefix->len;
			}
		}
	}
	return best;
}

/* The entry of an address, new (kinds 0) if it was not there. */
static struct sl_local *entry(struct sl_snapshot *s, const struct sl_ip *ip)
{
	uint32_t mask = (1u << s->locals_bits) - 1;
	uint32_t at = sl_local_hash(ip) & mask;

	while (s->locals[at].kinds != 0 && !sl_ip_equal(&s->locals[at].ip, ip))
		at = (at + 1) & mask;
	unsigned int bit = sl_locals_filter_bit(ip);
	s->locals_filter[bit / 64] |= UINT64_C(1) << (bit % 64);
	s->locals[at].ip = *ip;
	return &s->locals[at];
}

static void add_interface(struct sl_build *b, unsigned int index)
{
	uint16_t id = b->interface_ids[index];
	const struct sl_interface *interface = &b->s->interfaces[id];

	for (unsigned int i = 0; i < interface->n_addresses; i++) {
		const struct sl_ip *ip = &interface->addresses[i].ip;
		struct sl_local *local = entry(b->s, ip);

		if (local->kinds == 0 || local->interface == id) {
			local->interface = id;
		} else if (sl_ip_is_link_local(ip)) {
			local->interface = SL_ID_NONE; /* each link has its own fe80::/10 */
		} else {
			char where[SL_POINTER_MAX], text[SL_IP_STRLEN];
			snprintf(where, sizeof(where), "/interfaces/%u/addresses/%u", index, i);
			sl_problem_add(b->problems, where, "give each interface an address of its own",
				       "%s is also an address of interface \"%s\"", sl_ip_format(ip, text),
				       b->s->interfaces[local->interface].name);
		}
		local->kinds |= 1u << SL_LOCAL_INTERFACE;
	}
}

static void add_service_address(struct sl_snapshot *s, const struct sl_ip *ip, enum sl_local_kind kind)
{
	struct sl_local *local = entry(s, ip);

	if (local->kinds == 0)
		local->interface = sl_build_interface_covering(s, ip);
	local->kinds |= (uint8_t)(1u << kind);
}

int sl_build_locals(struct sl_build *b)
{
	struct sl_snapshot *s = b->s;
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_interfaces; i++)
		n += s->interfaces[i].n_addresses;
	for (unsigned int i = 0; i < s->n_services; i++)
		n += sl_listed_addresses(&s->services[i]) + s->services[i].n_snat + s->services[i].n_draining_snat;
	n += 2u * s->relays.n;
	s->locals_bits = sl_table_bits(n);
	s->locals = sl_build_alloc(b, (size_t)1 << s->locals_bits, sizeof(*s->locals));
	if (s->locals == NULL)
		return -1;

	for (unsigned int i = 0; i < b->config->n_interfaces; i++)
		add_interface(b, i);
	for (unsigned int i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		for (unsigned int j = 0; j < sl_listed_addresses(service); j++) {
			struct sl_ip vip = service->vip;
			vip.b[15] |= (uint8_t)j;
			add_service_address(s, &vip, SL_LOCAL_VIP);
		}
		for (unsigned int j = 0; j < service->n_snat + service->n_draining_snat; j++)
			add_service_address(s, &service->snat[j], SL_LOCAL_SNAT);
	}
	for (unsigned int i = 0; i < s->relays.n; i++)
		for (unsigned int k = 0; k < s->relays.list[i].n_inputs; k++)
			if (!s->relays.list[i].in[k].multicast)
				add_service_address(s, &s->relays.list[i].in[k].group.ip, SL_LOCAL_RELAY);
	return 0;
}
