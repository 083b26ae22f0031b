/* SPDX-License-Identifier: BSD-3-Clause */
/* /sluice/ports and /sluice/port. */
#include "telemetry_internal.h"

#include <errno.h>
#include <string.h>

static int answer_ports(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	struct sl_tel_strings names;

	sl_tel_strings_open(&names, out);
	for (unsigned int i = 0; i < request->control->n_ports; i++)
		sl_tel_strings_add(&names, request->control->ports[i].facts.name);
	sl_tel_strings_close(&names, out, "ports");
	return 0;
}

static int find_port(const struct sl_control *control, const char *text, uint32_t *index)
{
	for (*index = 0; *index < control->n_ports; (*index)++)
		if (strcmp(control->ports[*index].facts.name, text) == 0)
			return 0;
	return control->n_ports == 0 ? -EINVAL : sl_tel_parse_u32(text, control->n_ports - 1, index);
}

static void add_statistics(const struct sl_port *port, struct sl_tel_node *out)
{
	struct sl_port_statistics s;

	sl_port_read_statistics(port, &s);
	sl_tel_u64(out, "device_rx_packets", s.rx_packets);
	sl_tel_u64(out, "device_rx_bytes", s.rx_bytes);
	sl_tel_u64(out, "device_tx_packets", s.tx_packets);
	sl_tel_u64(out, "device_tx_bytes", s.tx_bytes);
	sl_tel_u64(out, "device_rx_missed", s.rx_missed);
	sl_tel_u64(out, "device_rx_errors", s.rx_errors);
	sl_tel_u64(out, "device_rx_no_mbuf", s.rx_no_mbuf);
	sl_tel_u64(out, "device_tx_errors", s.tx_errors);
}

static void add_offloads(const struct sl_port *port, struct sl_tel_node *out)
{
	struct sl_tel_strings offloads;

	sl_tel_strings_open(&offloads, out);
	if (port->rx_checksum)
		sl_tel_strings_add(&offloads, "rx_ipv4_checksum");
	if (port->multi_segment)
		sl_tel_strings_add(&offloads, "tx_multi_segment");
	if (port->rss)
		sl_tel_strings_add(&offloads, "rss");
	if (port->multicast_filter)
		sl_tel_strings_add(&offloads, "multicast_filter");
	sl_tel_strings_close(&offloads, out, "offloads");
}

static void add_kinds(struct sl_tel_node *out, const char *key, unsigned int kinds)
{
	static const struct { uint8_t kind; const char *name; } names[] = {
		{ SL_HASHED_TCP4, "tcp4" }, { SL_HASHED_UDP4, "udp4" }, { SL_HASHED_TCP6, "tcp6" }, { SL_HASHED_UDP6, "udp6" },
	};
	struct sl_tel_strings strings;

	sl_tel_strings_open(&strings, out);
	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		if (kinds & names[i].kind)
			sl_tel_strings_add(&strings, names[i].name);
	sl_tel_strings_close(&strings, out, key);
}

static void add_steering(const struct sl_control *c, uint32_t index, struct sl_tel_node *out)
{
	const struct sl_port *port = &c->ports[index];
	unsigned int taken = 0, wrong = 0;
	uint64_t handed = 0;

	for (unsigned int i = 0; i < c->shared->n_workers; i++) {
		const struct sl_worker *w = c->shared->workers[i];
		taken |= __atomic_load_n(&w->hash_trusted[index], __ATOMIC_RELAXED);
		wrong |= __atomic_load_n(&w->hash_differs[index], __ATOMIC_RELAXED);
		handed += sl_tel_read(&w->handed_port[index]);
	}
	sl_tel_string(out, "steering", sl_steering_infos[port->steering].how);
	sl_tel_string(out, "steering_reason", sl_steering_infos[port->steering].why);
	add_kinds(out, "steered", port->steered);
	add_kinds(out, "device_hash", taken);
	add_kinds(out, "device_hash_wrong", wrong);
	sl_tel_u64(out, "handed_over_packets", handed);
}

static int answer_port(const struct sl_tel_request *request, struct sl_tel_node *out)
{
	const struct sl_control *c = request->control;
	uint64_t rx = 0, tx = 0;
	uint32_t index;

	if (find_port(c, sl_tel_param(request, 0), &index) != 0)
		return -EINVAL;
	const struct sl_port *port = &c->ports[index];
	for (unsigned int i = 0; i < c->shared->n_workers; i++) {
		rx += sl_tel_read(&c->shared->workers[i]->rx_port[index]);
		tx += sl_tel_read(&c->shared->workers[i]->tx_port[index]);
	}
	sl_tel_string(out, "name", port->facts.name);
	sl_tel_u64(out, "id", index);
	sl_tel_int(out, "ethdev_id", port->removed ? -1 : port->id);
	sl_tel_mac(out, "mac", port->facts.mac);
	sl_tel_u64(out, "mtu_bytes", port->facts.mtu);
	sl_tel_string(out, "driver", port->driver == NULL ? "" : port->driver);
	sl_tel_string(out, "netdev", port->netdev);
	sl_tel_string(out, "link", port->removed ? "removed" : port->link_up ? "up" : "down");
	sl_tel_int(out, "numa_node", port->numa_node);
	sl_tel_u64(out, "rx_queues", port->n_rx_queues);
	sl_tel_u64(out, "tx_queues", port->n_tx_queues);
	sl_tel_u64(out, "descriptors", port->descriptors);
	add_offloads(port, out);
	sl_tel_u64(out, "rx_packets", rx);
	sl_tel_u64(out, "tx_packets", tx);
	add_steering(c, index, out);
	add_statistics(port, out);
	return 0;
}

static const struct sl_tel_key ports_keys[] = {
	{ "ports", "array of the names of all ports, in the order of their ids" },
	{ NULL, NULL },
};

static const struct sl_tel_key port_keys[] = {
	{ "name", "device: PCI address or name of a virtual device" },
	{ "id", "number of the port in sluice" },
	{ "ethdev_id", "number of the port in DPDK, for /ethdev/ commands; -1: removed" },
	{ "mac", "Ethernet address" },
	{ "mtu_bytes", "largest IP packet" },
	{ "driver", "poll-mode driver" },
	{ "netdev", "kernel interface under a virtual device, empty where there is none" },
	{ "link", "up, down, or removed: its device was taken away while sluice ran" },
	{ "numa_node", "memory node the device is attached to, -1: unknown" },
	{ "rx_queues", "receive queues in use" },
	{ "tx_queues", "transmit queues in use" },
	{ "descriptors", "of each queue" },
	{ "offloads", "array of what the device does: rx_ipv4_checksum, tx_multi_segment, rss, multicast_filter" },
	{ "rx_packets", "packets workers received from it" },
	{ "tx_packets", "packets it accepted from workers" },
	{ "steering", "how received packets find the worker that has their flow: rss (they arrive there), ring (they are handed "
		      "over), none (there is one worker)" },
	{ "steering_reason", "why" },
	{ "steered", "array of the packets that rss steers: tcp4, udp4, tcp6, udp6" },
	{ "device_hash", "array of the packets whose dispatch hash workers take from the device, instead of computing it: seen to "
			 "be right" },
	{ "device_hash_wrong", "array of the packets with which the device delivered another hash: it is not used" },
	{ "handed_over_packets", "received packets that were another worker's" },
	{ "device_rx_packets", "packets received, as the device counts" },
	{ "device_rx_bytes", "their bytes" },
	{ "device_tx_packets", "packets sent, as the device counts" },
	{ "device_tx_bytes", "their bytes" },
	{ "device_rx_missed", "packets the device lost because a receive queue was full" },
	{ "device_rx_errors", "packets the device refused as damaged" },
	{ "device_rx_no_mbuf", "receptions that failed because no packet buffer was free" },
	{ "device_tx_errors", "packets the device accepted and did not send" },
	{ NULL, NULL },
};

const struct sl_tel_command sl_tel_port_commands[] = {
	{ .name = "/sluice/ports",
	  .params = "",
	  .help = "Names of all ports. No parameters",
	  .handler = answer_ports,
	  .keys = ports_keys },
	{ .name = "/sluice/port",
	  .params = "PORT",
	  .help = "One port: link, queues, offloads, packets, steering to workers, device counters. Parameters: name or id of the port",
	  .min_params = 1,
	  .max_params = 1,
	  .handler = answer_port,
	  .keys = port_keys },
	{ .name = NULL },
};
