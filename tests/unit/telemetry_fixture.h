/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the tests of telemetry: a real DPDK telemetry socket in a directory of the test's own, a control with two workers
 * made by hand, and in place of ethdev, the clock and running workers, functions that say what the test wants.
 */
#ifndef TESTS_UNIT_TELEMETRY_FIXTURE_H
#define TESTS_UNIT_TELEMETRY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../lib/control/backends.h"
#include "../../lib/control/drains.h"
#include "../../lib/control/flow_counts.h"
#include "../../lib/control/relays.h"
#include "../../lib/control/telemetry_internal.h"

#include <rte_eal.h>

#include "sluice/control/telemetry.h"
#include "sluice/state/query.h"
#include "sluice/state/tcp.h"

#define REPLY_MAX (16 * 1024)
#define SOCKET_MAX (64 * 1024) /* more than DPDK may send, to see it if it did */
#define PREFIX "unit_telemetry"

/* ---- what telemetry calls ---- */

static struct {
	uint32_t flows[2];	      /* live flows each worker tells of */
	bool stuck;		      /* workers do not answer */
	struct sl_flow_filter filter; /* the last one asked for */
	int64_t imbalance[2];
} fake;

uint64_t __wrap_sl_control_now_ns(void);
uint64_t __wrap_sl_control_now_ns(void)
{
	return 3600 * SL_NS_PER_S;
}

void __wrap_sl_port_read_statistics(const struct sl_port *port, struct sl_port_statistics *out);
void __wrap_sl_port_read_statistics(const struct sl_port *port, struct sl_port_statistics *out)
{
	*out = (struct sl_port_statistics){
		.rx_packets = 1000, .tx_packets = 900, .rx_missed = 7 + port->id, .tx_errors = 3
	};
}

int64_t __wrap_sl_worker_imbalance(const struct sl_worker *w);
int64_t __wrap_sl_worker_imbalance(const struct sl_worker *w)
{
	return fake.imbalance[w->id];
}

/* Record r holds client 2001:db8::r; a chunk is 64 records. */
int __wrap_sl_query_flows(struct sl_worker *w, struct sl_flow_query *q, unsigned int timeout_ms);
int __wrap_sl_query_flows(struct sl_worker *w, struct sl_flow_query *q, unsigned int timeout_ms)
{
	uint32_t r = q->start, end = fake.flows[w->id];

	fake.filter = q->filter;
	q->n_rows = 0;
	if (fake.stuck)
		return -1;
	for (; r < end && q->n_rows < SL_QUERY_ROWS; r++) {
		struct sl_flow_row *row = &q->rows[q->n_rows++];
		*row = (struct sl_flow_row){ .service = 1, .state = SL_TCP_ESTABLISHED, .idle_ms = UINT32_MAX };
		memset(&row->client, 0xee, sizeof(row->client));
		row->client.proto = IPPROTO_TCP;
		row->server = row->client;
		row->client.peer.w_be[0] = rte_cpu_to_be_32(0x20010db8);
		row->client.peer.w_be[3] = rte_cpu_to_be_32(w->id << 16 | r);
	}
	q->next = r < end ? r : SL_FLOW_NONE;
	return 0;
}

const struct sl_nexthop *__wrap_sl_snapshot_route(const struct sl_snapshot *s, const struct sl_ip *dst);
const struct sl_nexthop *__wrap_sl_snapshot_route(const struct sl_snapshot *s, const struct sl_ip *dst)
{
	static const struct sl_nexthop hop = { .interface = 0 };
	return &hop;
}

/* ---- the control under test ---- */

static struct {
	struct sl_control control;
	struct sl_flow_counts counts;
	struct sl_backend_note notes[SL_MAX_BACKENDS];
	struct sl_shared shared;
	struct sl_snapshot snapshot;
	struct sl_config config;
	struct sl_port ports[2];
	struct sl_neighbour_table neighbours;
	int socket;
	char directory[64];
} t;

static struct sl_ip ip(const char *text)
{
	struct sl_ip address;

	assert_int_equal(sl_ip_parse(text, &address), 0);
	return address;
}

static struct sl_prefix prefix(const char *text)
{
	struct sl_prefix p;

	assert_int_equal(sl_prefix_parse(text, &p), 0);
	return p;
}

static void *table(size_t n, size_t size)
{
	void *p = calloc(n, size);

	assert_non_null(p);
	return p;
}

static void make_ports(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		t.ports[i] = (struct sl_port){ .id = (uint16_t)i,
					       .driver = "net_null",
					       .numa_node = -1,
					       .n_rx_queues = 1,
					       .n_tx_queues = 1,
					       .descriptors = 512,
					       .rss = i == 0,
					       .link_up = i == 0 };
		snprintf(t.ports[i].facts.name, sizeof(t.ports[i].facts.name), "net_null%u", i);
		t.ports[i].facts.mtu = 1500;
		t.ports[i].facts.mac[5] = (uint8_t)(0x10 + i);
	}
	t.control.ports = t.ports;
	t.control.n_ports = 2;
}

static void make_config(void)
{
	struct sl_config_interface *interface = table(1, sizeof(*interface));

	snprintf(interface->name, sizeof(interface->name), "wan");
	interface->addresses = table(2, sizeof(struct sl_prefix));
	interface->addresses[0] = prefix("192.0.2.77/28");
	interface->addresses[1] = prefix("2001:db8::77/64");
	interface->n_addresses = 2;
	interface->gateways = table(2, sizeof(struct sl_ip));
	interface->gateways[0] = ip("192.0.2.65");
	interface->gateways[1] = ip("2001:db8::1");
	interface->n_gateways = 2;
	t.config = (struct sl_config){ .workers = 2, .max_flows = 1000, .interfaces = interface, .n_interfaces = 1 };
	t.config.routes = table(1, sizeof(struct sl_config_route));
	t.config.routes[0] = (struct sl_config_route){ prefix("10.9.0.0/16"), ip("192.0.2.66") };
	t.config.n_routes = 1;
	t.control.config = &t.config;

	t.snapshot.interfaces = table(1, sizeof(struct sl_interface));
	t.snapshot.n_interfaces = 1;
	snprintf(t.snapshot.interfaces[0].name, SL_IFNAME_MAX, "wan");
	t.snapshot.interfaces[0].addresses = interface->addresses;
	t.snapshot.interfaces[0].n_addresses = 2;
}

/* n services with `each` backends: names as long as they may be, ids equal to indices. */
static void make_services(unsigned int n, unsigned int each)
{
	struct sl_backend *backends = table(n * each, sizeof(*backends));

	t.snapshot.services = table(n, sizeof(struct sl_service));
	t.snapshot.n_services = (uint16_t)n;
	memset(t.snapshot.service_by_id, 0xff, sizeof(t.snapshot.service_by_id));
	for (unsigned int i = 0; i < n; i++) {
		struct sl_service *s = &t.snapshot.services[i];
		snprintf(s->name, sizeof(s->name), "service_%055u", i);
		s->id = (uint16_t)i;
		s->vip = ip("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
		s->port_be = rte_cpu_to_be_16(443);
		s->proto = i % 2 == 0 ? IPPROTO_TCP : IPPROTO_UDP;
		s->n_backends = (uint16_t)each;
		s->backends = &backends[i * each];
		s->timeout_ticks[SL_TIMEOUT_UDP_ONE_WAY] = (uint32_t)(30 * SL_NS_PER_S / SL_TICK_NS);
		t.snapshot.service_by_id[i] = (uint16_t)i;
		for (unsigned int k = 0; k < each; k++) {
			s->backends[k].id = (uint16_t)(i * each + k);
			s->backends[k].ip = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + i * each + k));
			s->backends[k].port_be = rte_cpu_to_be_16(8080);
			s->backends[k].weight = 1;
		}
	}
}

static void free_services(void)
{
	free(t.snapshot.services[0].backends);
	free(t.snapshot.services);
}

static void make_workers(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct sl_worker *w = table(1, sizeof(*w));
		w->id = (uint16_t)i;
		w->lcore = 0;
		w->flows.capacity = 500;
		w->n_rx_queues = 1;
		t.shared.workers[i] = w;
	}
	t.shared.n_workers = 2;
	t.shared.neighbours = &t.neighbours;
	t.control.shared = &t.shared;
	t.control.counts = &t.counts;
	t.control.backend_notes = t.notes;
	t.control.drains = sl_drains_create();
}

/* One relay, of worker 1: two inputs that are merged, 256 outputs. */
static void make_relay(void)
{
	struct sl_relay *r = table(1, sizeof(*r));

	*r = (struct sl_relay){ .name = "feed", .instance = 7, .id = 3, .mode = SL_RELAY_REDUNDANT, .n_inputs = 2, .window = 512,
				.sequence = SL_RELAY_SEQUENCE_RTP, .n_outputs = 256, .alarm_ns = 2 * SL_NS_PER_S };
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(sl_prefix_parse(i == 0 ? "239.1.1.1/32" : "ff05::1/128", &r->in[i].group), 0);
		r->in[i].port_be = rte_cpu_to_be_16(5001);
		r->in[i].multicast = r->in[i].join = true;
	}
	r->outputs = table(r->n_outputs, sizeof(*r->outputs));
	for (unsigned int i = 0; i < r->n_outputs; i++)
		r->outputs[i] = (struct sl_relay_output){ .instance = 7, .id = (uint16_t)i, .port_be = rte_cpu_to_be_16(6001),
							  .ip = ip("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff") };
	t.snapshot.relays = (struct sl_relays){ .n = 1, .list = r };
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(sl_relay_attach(t.shared.workers[i], 8, 256, NULL, -1), 0);
	t.control.relay_alarms = sl_relay_alarms_create();
	assert_non_null(t.control.relay_alarms);
}

static void free_relay(void)
{
	for (unsigned int i = 0; i < 2; i++)
		sl_relay_detach(t.shared.workers[i]);
	free(t.snapshot.relays.list[0].outputs);
	free(t.snapshot.relays.list);
	sl_relay_alarms_destroy(t.control.relay_alarms);
}

static int connect_to_dpdk(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char hello[1024];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dpdk/" PREFIX "/dpdk_telemetry.v2", t.directory);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(recv(fd, hello, sizeof(hello), 0) > 0);
	return fd;
}

/* DPDK removes its socket in a handler of its own at exit, registered later and so run before this one. */
static void remove_directory(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/dpdk/" PREFIX, t.directory);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/dpdk", t.directory);
	rmdir(path);
	rmdir(t.directory);
}

static int set_up(void **state)
{
	const char *args[] = { "test",
			       "--no-huge",
			       "-m",
			       "128",
			       "--no-pci",
			       "--no-shconf",
			       ("--file-prefix=" PREFIX),
			       "-l",
			       "0",
			       "--log-level=lib.eal:error",
			       "--log-level=lib.telemetry:error" };

	snprintf(t.directory, sizeof(t.directory), "/tmp/unit_telemetry_XXXXXX");
	assert_non_null(mkdtemp(t.directory));
	atexit(remove_directory);
	setenv("RUNTIME_DIRECTORY", t.directory, 1);
	assert_true(rte_eal_init(RTE_DIM(args), (char **)args) > 0);

	pthread_mutex_init(&t.control.lock, NULL);
	t.control.snapshot = &t.snapshot;
	t.control.config_path = (char *)"/etc/sluice.json";
	make_ports();
	make_config();
	make_workers();
	make_services(2, 2);
	make_relay();
	t.neighbours.entries = table(4096, sizeof(struct sl_neighbour));
	t.neighbours.mask = 4095;
	assert_int_equal(sl_telemetry_start(&t.control), 0);
	t.socket = connect_to_dpdk();
	return 0;
}

static int tear_down(void **state)
{
	sl_telemetry_stop();
	close(t.socket);
	free_services();
	free_relay();
	for (unsigned int i = 0; i < 2; i++)
		free(t.shared.workers[i]);
	free(t.neighbours.entries);
	free(t.config.interfaces[0].addresses);
	free(t.config.interfaces[0].gateways);
	free(t.config.interfaces);
	free(t.config.routes);
	free(t.snapshot.interfaces);
	sl_drains_destroy(t.control.drains);
	return rte_eal_cleanup();
}

/* ---- asking ---- */

/* Reply to a command of `length` bytes, without the envelope; JSON null for null. */
static inline json_t *ask_bytes(const char *command, size_t length)
{
	static char reply[SOCKET_MAX];
	json_error_t error;
	ssize_t n;

	assert_int_equal(send(t.socket, command, length, 0), (ssize_t)length);
	n = recv(t.socket, reply, sizeof(reply), 0);
	assert_in_range(n, 1, REPLY_MAX);
	json_t *envelope = json_loadb(reply, (size_t)n, 0, &error);
	if (envelope == NULL)
		fail_msg("%.*s: not JSON: %s: %.*s", (int)length, command, error.text, (int)n, reply);
	assert_int_equal(json_object_size(envelope), 1);
	json_t *value = json_incref(json_object_iter_value(json_object_iter(envelope)));
	json_decref(envelope);
	return value;
}

static inline json_t *ask(const char *command)
{
	return ask_bytes(command, strlen(command));
}

static inline json_t *ask_with(const char *command, const char *params)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s%s", command, *params == '\0' ? "" : ",", params);
	return ask(text);
}

static inline uint64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s is not a number", key);
	return (uint64_t)json_integer_value(value);
}

static inline const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	if (value == NULL)
		fail_msg("%s is not a string", key);
	return value == NULL ? "" : value;
}

static inline const json_t *row(const json_t *reply, const char *list, unsigned int i)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", i);
	return json_object_get(json_object_get(reply, list), key);
}

static inline void add_neighbour(const char *address, uint8_t state)
{
	uint16_t i = sl_neighbour_add(&t.neighbours, 0, (struct sl_ip[]){ ip(address) });
	struct sl_l2 l2 = { .usable = state == SL_NEIGHBOUR_REACHABLE, .header = { 2, 0, 0, 0, 0, 0x42 } };

	assert_int_not_equal(i, SL_ID_NONE);
	sl_neighbour_write(&t.neighbours, i, state, &l2);
}

#endif
