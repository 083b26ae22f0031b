/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables. Order matters twice: it is the order of the docs, and `interfaces` is read before what refers to it. */
#include <assert.h>
#include <string.h>

#include <rte_common.h>

#include "sluice/config/schedule.h"

#include "schema_table.h"

#define STATICS_MAX 4096     /* routes, and neighbours, in a file */
#define NEIGHBOURS_MAX 16384 /* half the slots of the neighbour table (sluice/state/neighbour.h) */
#define TIMEOUT_MAX_S 604800 /* a week */

const struct sl_charset sl_name_charset = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-", "A-Z a-z 0-9 _ . -", "[A-Za-z0-9_.-]"
};
static const struct sl_charset device_charset = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-", "A-Z a-z 0-9 _ . : -", "[A-Za-z0-9_.:-]"
};
static const struct sl_charset lcores_charset = { "0123456789,@()-", "0-9 , @ ( ) -", "[0-9,@()-]" };

const struct sl_choice sl_mode_choices[] = {
	{ "full-nat", "both addresses are rewritten: backends see a `snat` address and answer through sluice",
	  SL_MODE_FULL_NAT },
	{ "dnat", "only the destination is rewritten: backends see the client and must route their answers back through "
	  "sluice", SL_MODE_DNAT },
	{ "dsr", "direct server return: only the MAC address is new. Backends are on link with sluice, have the service's address "
	  "themselves without answering ARP or ND for it, and answer clients directly", SL_MODE_DSR },
	{ "ipip", "direct server return through a tunnel: packets reach the backend in an IP packet of their own (protocol 4 or 41), over "
	  "IPv4 or IPv6, whichever the backend's address is. It takes them out, and is like with `dsr` otherwise", SL_MODE_IPIP },
	{ "gue", "the same through UDP port 6080 (Generic UDP Encapsulation, variant 0, as Linux's `ip fou add port 6080 gue` takes it), "
	  "with source ports that let routers spread flows", SL_MODE_GUE },
	{ .name = NULL },
};

const struct sl_choice sl_scheduler_choices[] = {
	{ "round-robin", "each backend in turn; the weights that are not 0 must all be the same",
	  SL_SCHEDULER_ROUND_ROBIN },
	{ "weighted-round-robin", "in turn, as often as the backend's weight says",
	  SL_SCHEDULER_WEIGHTED_ROUND_ROBIN },
	{ "least-connections", "the one with the fewest open flows for its weight, by each worker's own count",
	  SL_SCHEDULER_LEAST_CONNECTIONS },
	{ "random-two", "of two that chance picks by weight, the one with fewer open flows for its weight", SL_SCHEDULER_RANDOM_TWO },
	{ "least-latency", "the one with the least product of answering time and open flows for its weight. The time is taken "
	  "from the traffic itself: from SYN to SYN+ACK, or from the first datagram to its reply; it rises at once "
	  "with a slow answer and halves every 7 s", SL_SCHEDULER_LEAST_LATENCY },
	{ "source-hash", "by the client's address: the same client, the same backend, while that takes flows. Shares "
	  "follow the weights if there are many clients", SL_SCHEDULER_SOURCE_HASH },
	{ "maglev", "by addresses and ports of the flow, so that gateways with the same configuration choose the same; when "
	  "a backend goes or comes, hardly any flow of the others would change its place", SL_SCHEDULER_MAGLEV },
	{ .name = NULL },
};

const struct sl_choice sl_affinity_choices[] = {
	{ "none", "each new flow is scheduled anew", SL_AFFINITY_NONE },
	{ "source", "new flows of a client go to the backend of its last one, while that takes new flows; the scheduler chooses "
	  "for clients without", SL_AFFINITY_SOURCE },
	{ .name = NULL },
};

const struct sl_choice sl_udp_kind_choices[] = {
	{ "bidirectional", "both ends send as they like; a flow ends by its idle time", SL_UDP_BIDIRECTIONAL },
	{ "one-way", "only clients send, as with syslog; what a backend sends is dropped, cause `udp_one_way`",
	  SL_UDP_ONE_WAY },
	{ "request-response", "a flow ends, and its `snat` port is free, once each datagram of the client has had "
	  "`udp_replies` replies", SL_UDP_REQUEST_RESPONSE },
	{ .name = NULL },
};

const struct sl_choice sl_proxy_protocol_choices[] = {
	{ "off", "none", SL_PROXY_PROTOCOL_OFF },
	{ "v1", "a line of text", SL_PROXY_PROTOCOL_V1 },
	{ "v2", "binary: shorter, and quicker to read", SL_PROXY_PROTOCOL_V2 },
	{ .name = NULL },
};

const struct sl_choice sl_exhaustion_choices[] = {
	{ "drop", "it is only dropped; the client tries again in a while", SL_EXHAUSTION_DROP },
	{ "reset", "the client is told at once: TCP by a RST, UDP by ICMP 3/13 or ICMPv6 1/1 at the rate of "
	  "`icmp_errors_pps`", SL_EXHAUSTION_RESET },
	{ .name = NULL },
};

const struct sl_choice sl_unused_ports_choices[] = {
	{ "reject", "it is refused as a host would: TCP by a RST, UDP by ICMP 3/3 or ICMPv6 1/4. Clients fail at once, and "
	  "traceroute ends", SL_UNUSED_PORTS_REJECT },
	{ "drop", "it is only dropped: clients wait, and scans learn nothing", SL_UNUSED_PORTS_DROP },
	{ .name = NULL },
};

/* Port to port forwarding needs to know the pairs, so it is written as an object and not among these words. */
const struct sl_choice sl_forwarding_choices[] = {
	{ "drop", "it is dropped, and counted", SL_FORWARDING_DROP },
	{ "route", "layer-3 forwarding by `routes` and `gateways`", SL_FORWARDING_ROUTE },
	{ .name = NULL },
};

static const struct sl_choice idle_choices[] = {
	{ "sleep", "sleep for `idle_sleep_us` at most; an idle sluice costs a few per cent of a core", SL_IDLE_SLEEP },
	{ "poll", "never sleep: lowest latency, every worker's core is always fully busy", SL_IDLE_POLL },
	{ .name = NULL },
};

static const struct sl_key vdev_item = {
	.type = SL_TYPE_TEXT, .size = sizeof(char *), .minimum = 1, .maximum = 1024,
	.help = "virtual device with its arguments, as EAL's --vdev takes it",
};
static const struct sl_key eal_arg_item = {
	.type = SL_TYPE_TEXT, .size = sizeof(char *), .minimum = 1, .maximum = 1024,
	.help = "one word of EAL's command line",
};

static const struct sl_key dpdk_keys[] = {
	{ .name = "lcores", .type = SL_TYPE_TEXT, FIELD(struct sl_config_dpdk, lcores), .minimum = 1, .maximum = 1024,
	  .charset = &lcores_charset, .words = "chosen from the CPUs this process may use",
	  .help = "EAL's --lcores: which lcore runs on which CPU, as in `0@0,1@1`; the first is the control thread, "
		  "the others are workers" },
	{ .name = "memory_mb", .type = SL_TYPE_UINT, FIELD(struct sl_config_dpdk, memory_mb), .minimum = 64,
	  .maximum = 1048576, .unit = "MiB", .words = "what the configuration needs",
	  .help = "memory to take from the system at start" },
	{ .name = "vdevs", .type = SL_TYPE_LIST, ARRAY(struct sl_config_dpdk, vdevs), .maximum = SL_MAX_PORTS,
	  .item = &vdev_item,
	  .help = "virtual devices to create, as in `net_af_packet0,iface=wan0`; the name before the comma is the "
		  "device" },
	{ .name = "hugepages", .type = SL_TYPE_BOOL, FIELD(struct sl_config_dpdk, hugepages), .value = true,
	  .help = "false: ordinary pages, for machines where no hugepages can be had (EAL's --no-huge)" },
	{ .name = "in_memory", .type = SL_TYPE_BOOL, FIELD(struct sl_config_dpdk, in_memory), .value = false,
	  .help = "true: hugepages without files, nothing is left behind after a crash, and no secondary process "
		  "such as dpdk-dumpcap can attach (EAL's --in-memory); needs hugepages" },
	{ .name = "file_prefix", .type = SL_TYPE_TEXT, FIELD(struct sl_config_dpdk, file_prefix), .minimum = 1,
	  .maximum = 63, .charset = &sl_name_charset, .text = "sluice",
	  .help = "name of this instance's files and telemetry socket; two instances on a machine need different "
		  "ones" },
	{ .name = "eal_args", .type = SL_TYPE_LIST, ARRAY(struct sl_config_dpdk, eal_args), .maximum = 64,
	  .item = &eal_arg_item,
	  .help = "further EAL arguments, passed on as they are, for what has no key of its own" },
};
static const struct sl_object dpdk_object = {
	.title = "dpdk", KEYS(dpdk_keys),
	.help = "How DPDK's environment layer (EAL) starts. EAL options on sluice's command line come on top of these.",
};

#define X(id, key, def, help_)                                                                                    \
	{ .name = #key, .type = SL_TYPE_UINT, .offset = SL_TIMEOUT_##id * sizeof(uint32_t), .size = sizeof(uint32_t), \
	  .minimum = 1, .maximum = TIMEOUT_MAX_S, .unit = "s", .value = (def), .help = help_ },
static const struct sl_key timeout_keys[] = { SL_TIMEOUTS(X) };
#undef X
static const struct sl_object timeouts_object = {
	.title = "timeouts", KEYS(timeout_keys),
	.help = "Idle times after which a flow ends, for every service that does not say otherwise.",
};

/* The same for one service: 0, which nobody can write, means "as in the global timeouts" until the file is read. */
#define X(id, key, def, help_)                                                                                    \
	{ .name = #key, .type = SL_TYPE_UINT, .offset = SL_TIMEOUT_##id * sizeof(uint32_t), .size = sizeof(uint32_t), \
	  .minimum = 1, .maximum = TIMEOUT_MAX_S, .unit = "s", .words = "as in `/timeouts`", .help = help_ },
static const struct sl_key service_timeout_keys[] = { SL_TIMEOUTS(X) };
#undef X
static const struct sl_object service_timeouts_object = {
	.title = "services/N/timeouts", KEYS(service_timeout_keys), .help = "Idle times of this service's flows.",
};

static const struct sl_key device_keys[] = {
	{ .name = "device", .type = SL_TYPE_DEVICE, FIELD(struct sl_config_device, device), .required = true,
	  .minimum = 1, .maximum = SL_DEVICE_NAME_MAX - 1, .charset = &device_charset,
	  .help = "PCI address in full (`0000:01:00.0`) or the name of a virtual device (`net_af_packet0`)" },
	{ .name = "rx_queues", .type = SL_TYPE_UINT, FIELD(struct sl_config_device, rx_queues), .minimum = 1,
	  .maximum = SL_MAX_WORKERS, .words = "one a worker, as far as the device has them",
	  .help = "receive queues; at most 4 a worker" },
	{ .name = "descriptors", .type = SL_TYPE_UINT, FIELD(struct sl_config_device, descriptors), .minimum = 64,
	  .maximum = 4096, .power_of_two = true, .words = "2048 with net_af_xdp, else 1024",
	  .help = "size of each receive and transmit queue" },
	{ .name = "extra_buffers", .type = SL_TYPE_UINT, FIELD(struct sl_config_device, extra_buffers), .maximum = 1 << 24,
	  .help = "packet buffers that the driver keeps beside its queues: net_pcap with infinite_rx=1 has one for each packet "
		  "of its file" },
	{ .name = "mtu", .type = SL_TYPE_UINT, FIELD(struct sl_config_device, mtu), .minimum = 576, .maximum = 9216,
	  .unit = "bytes", .words = "what the device has",
	  .help = "largest IP packet; at least 1280 where an interface of the device has an IPv6 address (RFC 8200)" },
};
static const struct sl_object device_object = {
	.title = "devices/N", KEYS(device_keys),
	.help = "Tuning of a device. A device needs no entry here: naming it in an interface or a pair opens it.",
};
static const struct sl_key device_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_device), .object = &device_object,
};

static const struct sl_key address_item = {
	.type = SL_TYPE_INTERFACE_ADDRESS, .size = sizeof(struct sl_prefix), .help = "address with its prefix length",
};
const struct sl_key sl_ip_item = { .type = SL_TYPE_ADDRESS, .size = sizeof(struct sl_ip), .help = "address" };

static const struct sl_key interface_keys[] = {
	{ .name = "name", .type = SL_TYPE_NAME, FIELD(struct sl_config_interface, name), .required = true, .minimum = 1,
	  .maximum = SL_IFNAME_MAX - 1, .charset = &sl_name_charset,
	  .help = "how the rest of the file and telemetry call it" },
	{ .name = "device", .type = SL_TYPE_DEVICE, FIELD(struct sl_config_interface, device), .required = true,
	  .minimum = 1, .maximum = SL_DEVICE_NAME_MAX - 1, .charset = &device_charset,
	  .help = "PCI address in full (`0000:01:00.0`) or the name of a virtual device (`net_af_packet0`)" },
	{ .name = "vlan", .type = SL_TYPE_UINT, FIELD(struct sl_config_interface, vlan), .minimum = 1, .maximum = 4094,
	  .words = "untagged", .help = "802.1Q VLAN id of the interface's frames" },
	{ .name = "mtu", .type = SL_TYPE_UINT, FIELD(struct sl_config_interface, mtu), .minimum = 576, .maximum = 9216,
	  .unit = "bytes", .words = "the device's",
	  .help = "largest IP packet; not above the device's, at least 1280 with an IPv6 address (RFC 8200)" },
	{ .name = "addresses", .type = SL_TYPE_LIST, ARRAY(struct sl_config_interface, addresses), .required = true,
	  .minimum = 1, .maximum = 32, .item = &address_item,
	  .help = "sluice's own addresses here; the prefix length says what is on link" },
	{ .name = "gateways", .type = SL_TYPE_LIST, ARRAY(struct sl_config_interface, gateways), .maximum = 2,
	  .item = &sl_ip_item,
	  .help = "default gateways, one of each address family; each on link of this interface, or link-local" },
	{ .name = "kernel", .type = SL_TYPE_BOOL, FIELD(struct sl_config_interface, kernel), .value = false,
	  .help = "true: the host's own stack has the interface, too, as a TAP of its name (its companion) with its addresses but "
		  "those used as `snat`. What is for these and nothing here claims goes to it, so that ssh, a BGP daemon or "
		  "traceroute work on a port that is bound to DPDK" },
	{ .name = "kernel_pps", .type = SL_TYPE_UINT, FIELD(struct sl_config_interface, kernel_pps), .minimum = 100,
	  .maximum = 1000000, .value = 10000, .unit = "packets/s",
	  .help = "packets given to the interface's companion, by each worker, beside those that answer health checks; what is above is "
		  "dropped as `punt_limit`" },
};
static const struct sl_object interface_object = {
	.title = "interfaces/N", KEYS(interface_keys),
	.help = "A layer-3 interface: a device, or one VLAN of it, with addresses. Prefixes of different interfaces "
		"do not overlap.",
};
static const struct sl_key interface_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_interface), .object = &interface_object,
};

static const struct sl_key route_keys[] = {
	{ .name = "prefix", .type = SL_TYPE_NETWORK, FIELD(struct sl_config_route, prefix), .required = true,
	  .help = "destinations" },
	{ .name = "via", .type = SL_TYPE_ADDRESS, FIELD(struct sl_config_route, via), .required = true,
	  .help = "next hop, on link of an interface" },
};
static const struct sl_object route_object = {
	.title = "routes/N", KEYS(route_keys),
	.help = "A static route; the longest prefix wins. Prefixes of interfaces need none, `gateways` are the "
		"default routes.",
};
static const struct sl_key route_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_route), .object = &route_object,
};

static const struct sl_key neighbour_keys[] = {
	{ .name = "interface", .type = SL_TYPE_INTERFACE, FIELD(struct sl_config_neighbour, interface),
	  .required = true, .help = "name of the interface it is on" },
	{ .name = "address", .type = SL_TYPE_ADDRESS, FIELD(struct sl_config_neighbour, address), .required = true,
	  .help = "its IP address, on link of the interface" },
	{ .name = "mac", .type = SL_TYPE_MAC, FIELD(struct sl_config_neighbour, mac), .required = true,
	  .help = "its MAC address, as in `02:00:00:00:01:09`" },
};
static const struct sl_object neighbour_object = {
	.title = "neighbours/N", KEYS(neighbour_keys),
	.help = "A static ARP or ND entry, for hosts that do not answer. Others are found by themselves.",
};
static const struct sl_key neighbour_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_neighbour), .object = &neighbour_object,
};

static const struct sl_key pair_item = {
	.type = SL_TYPE_DEVICE_PAIR, .size = sizeof(((struct sl_config *)NULL)->pairs[0]), .minimum = 1,
	.maximum = SL_DEVICE_NAME_MAX - 1, .charset = &device_charset, .help = "two devices",
};
static const struct sl_key forwarding_keys[] = {
	{ .name = "pairs", .type = SL_TYPE_LIST, ARRAY(struct sl_config, pairs), .required = true, .minimum = 1,
	  .maximum = SL_MAX_PORTS / 2, .item = &pair_item,
	  .help = "pairs of devices; what comes in on one leaves by the other, unchanged" },
};
static const struct sl_object forwarding_object = {
	.title = "forwarding", KEYS(forwarding_keys),
	.help = "Port to port forwarding in the manner of testpmd, as in `{ \"pairs\": [ [ \"0000:01:00.0\", "
		"\"0000:01:00.1\" ] ] }`. "
		"Nothing looks at layer 3, so such a file has no interfaces, routes, neighbours or services, and a "
		"device is in one pair only.",
};

static const struct sl_key backend_keys[] = {
	{ .name = "address", .type = SL_TYPE_ADDRESS, FIELD(struct sl_config_backend, address), .required = true,
	  .help = "not one of sluice's own. In mode `full-nat` of the family of `snat`, which may be the other one than the "
		  "service's: packets are translated then (RFC 7915). In mode `dnat` of the service's family" },
	{ .name = "port", .type = SL_TYPE_UINT, FIELD(struct sl_config_backend, port), .identity = true, .minimum = 1,
	  .maximum = 65535, .words = "the service's",
	  .help = "TCP or UDP port. Where the service has a range: the backend's port for the first of it; the others "
		  "follow, so that with 8000-8100 and 9000, packets to 8003 go to 9003. In mode `dnat` a range is kept as it is" },
	{ .name = "weight", .type = SL_TYPE_UINT, FIELD(struct sl_config_backend, weight), .maximum = SL_WEIGHT_MAX,
	  .value = 1, .help = "share of new flows; 0: only the flows it has already" },
	{ .name = "backup", .type = SL_TYPE_BOOL, FIELD(struct sl_config_backend, backup), .value = false,
	  .help = "true: it gets new flows only while none of the others takes any" },
};
static const struct sl_object backend_object = {
	.title = "services/N/backends/N", KEYS(backend_keys), .help = "One real server of a service.",
};
static const struct sl_key backend_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_backend), .object = &backend_object,
};

static const struct sl_choice protocol_choices[] = {
	{ "tcp", "", 6 }, /* IPPROTO_TCP */
	{ "udp", "", 17 }, /* IPPROTO_UDP */
	{ .name = NULL },
};

static const struct sl_key service_keys[] = {
	{ .name = "name", .type = SL_TYPE_NAME, FIELD(struct sl_config_service, name), .required = true, .minimum = 1,
	  .maximum = SL_NAME_MAX - 1, .charset = &sl_name_charset, .help = "how telemetry and messages call it" },
	{ .name = "address", .type = SL_TYPE_ADDRESSES, FIELD(struct sl_config_service, prefix), .required = true,
	  .help = "virtual address clients connect to, or a prefix like `192.0.2.0/28` of such; sluice answers for them. A prefix with "
		  "more than 256 addresses must be routed to sluice, and so lie outside its interfaces' prefixes. Not in mode `dnat`" },
	{ .name = "port", .type = SL_TYPE_PORTS, FIELD(struct sl_config_service, ports), .required = true, .minimum = 1,
	  .maximum = 65535, .help = "TCP or UDP port clients connect to, a range like `\"8000-8100\"`, or `\"any\"`" },
	{ .name = "protocol", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, protocol), .required = true,
	  .choices = protocol_choices, .help = "protocol" },
	{ .name = "mode", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, mode), .value = SL_MODE_FULL_NAT,
	  .choices = sl_mode_choices, .help = "how packets reach the backends" },
	{ .name = "snat", .type = SL_TYPE_LIST, ARRAY(struct sl_config_service, snat), .maximum = 64, .item = &sl_ip_item,
	  .help = "source addresses towards the backends, which must send their replies for them to sluice; one at "
		  "least in mode `full-nat`, none in mode `dnat`. An interface's own address may serve, a service's "
		  "address not" },
	{ .name = "mss_clamp", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, mss_clamp), .minimum = 536,
	  .maximum = 65495, .unit = "bytes", .words = "what the MTUs of both interfaces let through",
	  .help = "largest TCP segment that the ends may announce to each other (MSS option of SYN and SYN+ACK, both ways). "
		  "It is never raised, and lowered to what the MTUs let through in any case: name a number where the path "
		  "is narrower than the interfaces, as behind a tunnel" },
	{ .name = "scheduler", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, scheduler),
	  .value = SL_SCHEDULER_WEIGHTED_ROUND_ROBIN, .choices = sl_scheduler_choices,
	  .help = "which backend gets a new flow" },
	{ .name = "affinity", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, affinity), .value = SL_AFFINITY_NONE,
	  .choices = sl_affinity_choices, .help = "whether a client keeps its backend from flow to flow" },
	{ .name = "affinity_timeout_s", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, affinity_timeout_s), .minimum = 1,
	  .maximum = TIMEOUT_MAX_S, .unit = "s", .value = 300, .only_key = "affinity", .only_value = "source",
	  .help = "how long after its last new flow a client keeps its backend" },
	{ .name = "affinity_prefix_v4", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, affinity_prefix_v4), .minimum = 1,
	  .maximum = 32, .unit = "bits", .value = 32, .only_key = "affinity", .only_value = "source",
	  .help = "IPv4 addresses with these first bits in common are one client" },
	{ .name = "affinity_prefix_v6", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, affinity_prefix_v6), .minimum = 1,
	  .maximum = 128, .unit = "bits", .value = 64, .only_key = "affinity", .only_value = "source",
	  .help = "the same for IPv6, where a host changes its address within 64 bits as it likes" },
	{ .name = "table_size", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, table_size), .minimum = 251,
	  .maximum = 655373, .value = 65537,
	  .help = "slots of the table that schedulers `source-hash` and `maglev` look backends up in, 2 bytes each: a prime, "
		  "100 times the number of backends or more, so that shares keep to the weights within 1 %" },
	{ .name = "slow_start_s", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, slow_start_s), .maximum = 3600,
	  .value = 0, .unit = "s",
	  .help = "a backend that comes up again, is enabled or is added to a running service starts with a sixteenth of its "
		  "weight and has all of it after this time; 0: at once" },
	{ .name = "backends", .type = SL_TYPE_LIST, ARRAY(struct sl_config_service, backends), .required = true,
	  .minimum = 1, .maximum = SL_MAX_BACKENDS, .item = &backend_item,
	  .help = "real servers; at most 4096 in all services together" },
	{ .name = "health", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_service, health), .object = &sl_health_object,
	  .help = "how backends are checked; without it they are not, and taken for up" },
	{ .name = "passive", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_service, passive), .object = &sl_passive_object,
	  .help = "whether backends are judged by the traffic, too; without it they are not" },
	{ .name = "min_healthy", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, min_healthy), .maximum = 100, .value = 0,
	  .unit = "%",
	  .help = "when fewer of the enabled backends are up, backup backends take flows with them, and when that is not enough all enabled "
		  "ones do, whatever their health: a check that condemns so many is more likely wrong than right. 0: backends that are down "
		  "never take flows" },
	{ .name = "timeouts", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_service, timeout_s),
	  .object = &service_timeouts_object, .help = "idle times of this service's flows" },
	{ .name = "proxy_protocol", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, proxy_protocol),
	  .value = SL_PROXY_PROTOCOL_OFF, .choices = sl_proxy_protocol_choices, .only_key = "protocol", .only_value = "tcp",
	  .help = "header in front of each connection's first byte that tells the backend the addresses and ports of client and "
		  "service (PROXY protocol). The backends must expect it: `proxy_protocol` behind nginx's `listen`, `accept-proxy` "
		  "behind HAProxy's `bind`. A running sluice takes it up only if a service had it at the start" },
	{ .name = "stateless", .type = SL_TYPE_BOOL, FIELD(struct sl_config_service, stateless), .value = false,
	  .help = "true: no flows are recorded, each packet goes where the table of `source-hash` or `maglev` says. Takes no memory and less "
		  "time, and a flood of new flows costs nothing; but when backends come, go, drain or change their weight, some "
		  "connections end. Only in modes `dsr`, `ipip` and `gue`" },
	{ .name = "tcp_pickup", .type = SL_TYPE_BOOL, FIELD(struct sl_config_service, tcp_pickup), .value = false,
	  .only_key = "protocol", .only_value = "tcp",
	  .help = "true: any segment with ACK opens a flow, and not just a SYN, so that connections go on that sluice "
		  "does not know, such as those from before its restart. The backend must be the one they had: with one "
		  "backend, or a scheduler that hashes. In mode `full-nat` it sees a new source port, so all it can do is "
		  "reset, which at least tells the client. In modes `dsr`, `ipip` and `gue` with a scheduler that hashes it "
		  "is always so. Segments with ACK can be spoofed, so flows may be made that nobody wanted" },
	{ .name = "udp_kind", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, udp_kind),
	  .value = SL_UDP_BIDIRECTIONAL, .choices = sl_udp_kind_choices, .only_key = "protocol", .only_value = "udp",
	  .help = "who sends, and when a flow is over" },
	{ .name = "udp_replies", .type = SL_TYPE_UINT, FIELD(struct sl_config_service, udp_replies), .minimum = 1,
	  .maximum = 100, .value = 1, .only_key = "udp_kind", .only_value = "request-response",
	  .help = "replies to each datagram of the client" },
	{ .name = "on_exhaustion", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_service, on_exhaustion),
	  .value = SL_EXHAUSTION_DROP, .choices = sl_exhaustion_choices,
	  .help = "what happens to a new flow that cannot be had: no backend takes it, no `snat` port or flow record is "
		  "free, in mode `dnat` the client's port is in use towards the backend, or the service was removed and only "
		  "drains" },
};
static_assert(SL_MAX_BACKENDS == 4096, "the help of `backends` says so");
static const struct sl_object service_object = {
	.title = "services/N", KEYS(service_keys),
	.help = "A virtual address and port, and what to do with it. One service for each address, port and protocol; of several with "
		"prefixes or ranges, the most specific address and then the smallest range goes first.",
};
static const struct sl_key service_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_service), .object = &service_object,
};

static const struct sl_key top_keys[] = {
	{ .name = "version", .type = SL_TYPE_UINT, .required = true, .minimum = 1, .maximum = 1,
	  .help = "version of this format" },
	{ .name = "dpdk", .type = SL_TYPE_OBJECT, FIELD(struct sl_config, dpdk), .object = &dpdk_object,
	  .restart = true, .help = "how DPDK's environment layer (EAL) starts" },
	{ .name = "workers", .type = SL_TYPE_UINT, FIELD(struct sl_config, workers), .minimum = 1,
	  .maximum = SL_MAX_WORKERS, .value = 1, .restart = true, .help = "threads that move packets, an lcore each" },
	{ .name = "max_flows", .type = SL_TYPE_UINT, FIELD(struct sl_config, max_flows), .minimum = 1024,
	  .maximum = 100000000, .value = 65536, .restart = true,
	  .help = "flows tracked at the same time, all workers together; memory for them is taken at start" },
	{ .name = "max_neighbours", .type = SL_TYPE_UINT, FIELD(struct sl_config, max_neighbours), .minimum = 16,
	  .maximum = NEIGHBOURS_MAX, .value = 4096, .restart = true, .help = "ARP and ND entries" },
	{ .name = "max_fragments", .type = SL_TYPE_UINT, FIELD(struct sl_config, max_fragments), .minimum = 128,
	  .maximum = 65534, .value = 4096, .restart = true,
	  .help = "datagrams that may be coming in fragments at the same time, all workers together; with several "
		  "workers some count twice. The oldest makes room for the newest" },
	{ .name = "max_affinities", .type = SL_TYPE_UINT, FIELD(struct sl_config, max_affinities), .minimum = 1024,
	  .maximum = 100000000, .value = 65536, .restart = true,
	  .help = "clients of services with `affinity` whose backend is remembered at the same time; the one that would be "
		  "forgotten next makes room for a new one" },
	{ .name = "max_relays", .type = SL_TYPE_UINT, FIELD(struct sl_config, max_relays), .maximum = SL_MAX_RELAYS - 1,
	  .value = 64, .restart = true,
	  .help = "relays there may be, by the file and at run time; memory for their statistics is taken at start" },
	{ .name = "max_relay_outputs", .type = SL_TYPE_UINT, FIELD(struct sl_config, max_relay_outputs),
	  .maximum = SL_MAX_RELAY_OUTPUTS, .value = 1024, .restart = true,
	  .help = "outputs there may be, of all relays together" },
	{ .name = "idle", .type = SL_TYPE_CHOICE, FIELD(struct sl_config, idle), .choices = idle_choices,
	  .value = SL_IDLE_SLEEP, .restart = true, .help = "what a worker does when there are no packets" },
	{ .name = "idle_sleep_us", .type = SL_TYPE_UINT, FIELD(struct sl_config, idle_sleep_us), .minimum = 1,
	  .maximum = 10000, .value = 500, .unit = "us", .restart = true,
	  .help = "longest sleep of an idle worker: how long the first packet after a pause may wait" },
	{ .name = "icmp_errors_pps", .type = SL_TYPE_UINT, FIELD(struct sl_config, icmp_errors_pps), .maximum = 1000000,
	  .value = 1000, .unit = "packets/s",
	  .help = "ICMP errors sent, by each worker; 0: none. As many packets to unused ports are answered, too" },
	{ .name = "unused_ports", .type = SL_TYPE_CHOICE, FIELD(struct sl_config, unused_ports),
	  .choices = sl_unused_ports_choices, .value = SL_UNUSED_PORTS_REJECT,
	  .help = "what happens to TCP and UDP to a service's address, or an interface's, where no service has the port" },
	{ .name = "hash_seed", .type = SL_TYPE_TEXT, FIELD(struct sl_config, hash_seed), .minimum = 1, .maximum = 255,
	  .words = "one that everybody knows",
	  .help = "any text; the choices of schedulers `source-hash` and `maglev` depend on it. The same in all gateways that "
		  "share a service's address; a secret one, or clients can aim their flows at one backend" },
	{ .name = "timeouts", .type = SL_TYPE_OBJECT, FIELD(struct sl_config, timeout_s), .object = &timeouts_object,
	  .help = "idle times after which a flow ends; services may have their own" },
	{ .name = "devices", .type = SL_TYPE_LIST, ARRAY(struct sl_config, devices), .maximum = SL_MAX_PORTS,
	  .item = &device_item, .restart = true, .help = "tuning of devices" },
	{ .name = "interfaces", .type = SL_TYPE_LIST, ARRAY(struct sl_config, interfaces), .maximum = SL_MAX_INTERFACES,
	  .item = &interface_item, .help = "layer-3 interfaces" },
	{ .name = "routes", .type = SL_TYPE_LIST, ARRAY(struct sl_config, routes), .maximum = STATICS_MAX,
	  .item = &route_item, .help = "static routes" },
	{ .name = "neighbours", .type = SL_TYPE_LIST, ARRAY(struct sl_config, neighbours), .maximum = STATICS_MAX,
	  .item = &neighbour_item, .help = "static ARP and ND entries" },
	{ .name = "forwarding", .type = SL_TYPE_CHOICE, FIELD(struct sl_config, forwarding),
	  .choices = sl_forwarding_choices, .value = SL_FORWARDING_DROP, .object = &forwarding_object,
	  .object_value = SL_FORWARDING_PAIRS, .help = "what happens to a packet that no service claims" },
	{ .name = "services", .type = SL_TYPE_LIST, ARRAY(struct sl_config, services), .maximum = SL_MAX_SERVICES,
	  .item = &service_item, .help = "what sluice balances" },
	{ .name = "relays", .type = SL_TYPE_LIST, ARRAY(struct sl_config, relays), .maximum = SL_MAX_RELAYS - 1,
	  .item = &sl_relay_item, .help = "UDP streams that sluice replicates" },
};

const struct sl_object sl_config_schema = {
	.title = "The file", KEYS(top_keys), .help = "One JSON object.",
};

const struct sl_key *sl_schema_key(const struct sl_object *object, const char *name)
{
	for (unsigned int i = 0; i < object->n_keys; i++)
		if (strcmp(object->keys[i].name, name) == 0)
			return &object->keys[i];
	return NULL;
}
