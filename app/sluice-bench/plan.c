/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>

#include "plan.h"

#define DEVICES "\"dpdk\": { \"vdevs\": [ \"net_null0\", \"net_null1\" ] }"
#define INTERFACES                                                                                                  \
	"\"interfaces\": ["                                                                                         \
	" { \"name\": \"wan\", \"device\": \"net_null0\", \"addresses\": [ \"192.0.2.2/24\", \"2001:db8:1::2/64\" ]," \
	"   \"gateways\": [ \"192.0.2.1\", \"2001:db8:1::1\" ] },"                                                  \
	" { \"name\": \"lan\", \"device\": \"net_null1\", \"addresses\": [ \"10.1.0.2/16\", \"2001:db8:2::2/64\" ] } ]"

static const struct {
	const char *v4, *v6; /* the first one */
} first[] = {
	[PLAN_CLIENT] = { "198.18.0.0", "2001:2::" },
	[PLAN_DESTINATION] = { "10.2.0.0", "2001:db8:3::" },
	[PLAN_VIP] = { "192.0.2.10", "2001:db8:1::10" },
	[PLAN_ROUTER] = { "192.0.2.1", "2001:db8:1::1" },
	[PLAN_BACKEND] = { "10.1.1.1", "2001:db8:2::1:1" },
	[PLAN_SNAT] = { "10.1.2.1", "2001:db8:2::2:1" },
	[PLAN_GROUP] = { "239.1.1.1", "ff15::1:1" },
	[PLAN_COPY] = { "239.2.0.1", "ff15::2:1" },
};

void plan_init(struct plan *plan, bool ipv6)
{
	for (unsigned int i = 0; i < PLAN_KINDS; i++)
		if (sl_ip_parse(ipv6 ? first[i].v6 : first[i].v4, &plan->first[i]) != 0)
			abort(); /* a slip in the table above */
}

static void write_addresses(FILE *out, enum plan_host host, unsigned int n, bool ipv6, const char *format)
{
	struct plan plan;
	char text[SL_IP_STRLEN];

	plan_init(&plan, ipv6);
	for (unsigned int i = 0; i < n; i++) {
		struct sl_ip ip = plan_address(&plan, host, i);
		fputs(i > 0 ? ", " : " ", out);
		fprintf(out, format, sl_ip_format(&ip, text));
	}
}

char *plan_config_service(const struct plan_service *service)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	fprintf(out, "{ \"version\": 1, " DEVICES ", " INTERFACES ", \"unused_ports\": \"drop\", "
		"\"services\": [ { \"name\": \"bench\", \"address\": \"%s\", "
		"\"port\": %u, \"protocol\": \"%s\", \"mode\": \"%s\", \"scheduler\": \"%s\", \"stateless\": %s, "
		/* established flows outlive any run, however fast time has to pass for new ones */
		"\"timeouts\": { \"tcp_established_s\": 604800, \"udp_bidirectional_s\": 604800, \"tcp_opening_s\": %u, "
		"\"udp_one_way_s\": %u }, ",
		service->ipv6 ? first[PLAN_VIP].v6 : first[PLAN_VIP].v4, PLAN_SERVICE_PORT, service->tcp ? "tcp" : "udp",
		service->mode, service->one_way ? "maglev" : "round-robin", service->stateless ? "true" : "false",
		PLAN_FIRST_TIMEOUT_S, PLAN_FIRST_TIMEOUT_S);
	if (service->snat > 0) {
		fputs("\"snat\": [", out);
		write_addresses(out, PLAN_SNAT, service->snat, service->ipv6_behind, "\"%s\"");
		fputs(" ], ", out);
	}
	fputs("\"backends\": [", out);
	write_addresses(out, PLAN_BACKEND, PLAN_BACKENDS, service->ipv6_behind,
			service->one_way ? "{ \"address\": \"%s\" }" :
					   "{ \"address\": \"%s\", \"port\": " RTE_STR(PLAN_BACKEND_PORT) " }");
	fputs(" ] } ] }", out);
	return fclose(out) == 0 ? text : NULL;
}

char *plan_config_forward(void)
{
	char *text;
	int length = asprintf(&text, "{ \"version\": 1, " DEVICES ", " INTERFACES ", \"forwarding\": \"route\", \"routes\": ["
			      " { \"prefix\": \"10.2.0.0/15\", \"via\": \"%s\" }, { \"prefix\": \"2001:db8:3::/48\", \"via\": \"%s\" } ] }",
			      first[PLAN_BACKEND].v4, first[PLAN_BACKEND].v6);

	return length < 0 ? NULL : text;
}

char *plan_config_pairs(void)
{
	char *text;
	int length = asprintf(&text, "{ \"version\": 1, " DEVICES ", "
			      "\"forwarding\": { \"pairs\": [ [ \"net_null0\", \"net_null1\" ] ] } }");

	return length < 0 ? NULL : text;
}

char *plan_config_relay(bool ipv6, unsigned int fanout, unsigned int id)
{
	char *text = NULL, ip[SL_IP_STRLEN];
	size_t length;
	struct plan plan;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	plan_init(&plan, ipv6);
	fprintf(out, "{ \"version\": 1, " DEVICES ", " INTERFACES ", \"relays\": [ { \"name\": \"bench\", \"id\": %u, \"in\": { "
		"\"interface\": \"wan\", \"group\": \"%s\", \"udp_port\": %u }, \"out\": [", id,
		sl_ip_format(&plan.first[PLAN_GROUP], ip), PLAN_SERVICE_PORT);
	for (unsigned int i = 0; i < fanout; i++) {
		struct sl_ip to = i % 2 == 0 ? plan_address(&plan, PLAN_COPY, i) : plan_address(&plan, PLAN_BACKEND, i % PLAN_BACKENDS);
		fprintf(out, "%s { \"interface\": \"lan\", \"address\": \"%s\", \"udp_port\": %u, \"dscp\": 34 }", i > 0 ? "," : "",
			sl_ip_format(&to, ip), 6000 + i);
	}
	fputs(" ] } ] }", out);
	return fclose(out) == 0 ? text : NULL;
}
