/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of `relays`. */
#include "schema_table.h"

#define LIMIT_MAX 1000000000u

const struct sl_choice sl_relay_sequence_choices[] = {
	{ "none", "the stream has none, or nobody needs to know", SL_RELAY_SEQUENCE_NONE },
	{ "rtp", "the 16 bits of an RTP header that begins at `offset`", SL_RELAY_SEQUENCE_RTP },
	{ "u32", "32 bits at `offset`, most significant byte first", SL_RELAY_SEQUENCE_U32 },
	{ "u64", "64 bits, likewise", SL_RELAY_SEQUENCE_U64 },
	{ "u32-le", "32 bits, least significant byte first", SL_RELAY_SEQUENCE_U32_LE },
	{ "u64-le", "64 bits, likewise", SL_RELAY_SEQUENCE_U64_LE },
	{ .name = NULL },
};

const struct sl_choice sl_relay_checksum_choices[] = {
	{ "update", "by what the new header changes: a datagram that came corrupt stays detectable", SL_RELAY_CHECKSUM_UPDATE },
	{ "compute", "anew, over the whole payload; fragments are updated", SL_RELAY_CHECKSUM_COMPUTE },
	{ "none", "0, which says that there is none; not with IPv6", SL_RELAY_CHECKSUM_ZERO },
	{ .name = NULL },
};

static const struct sl_key input_keys[] = {
	{ .name = "interface", .type = SL_TYPE_INTERFACE, FIELD(struct sl_config_relay_input, interface), .required = true,
	  .help = "where the datagrams come in" },
	{ .name = "group", .type = SL_TYPE_GROUP, FIELD(struct sl_config_relay_input, group), .words = "`address` is given",
	  .help = "multicast group they are sent to, or a prefix of groups. A datagram goes to one relay: the one that "
		  "names its group and source, else its group, else the longest prefix" },
	{ .name = "address", .type = SL_TYPE_ADDRESS, FIELD(struct sl_config_relay_input, address), .words = "`group` is given",
	  .help = "unicast address they are sent to; sluice answers for it" },
	{ .name = "udp_port", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_input, udp_port), .required = true,
	  .minimum = 1, .maximum = 65535, .help = "UDP port they are sent to" },
	{ .name = "sources", .type = SL_TYPE_LIST, ARRAY(struct sl_config_relay_input, sources),
	  .maximum = SL_RELAY_SOURCES_MAX, .item = &sl_ip_item,
	  .help = "only datagrams from these (source-specific multicast, RFC 4607); none: from any" },
	{ .name = "join", .type = SL_TYPE_BOOL, FIELD(struct sl_config_relay_input, join), .value = true,
	  .help = "false: the network sends the group unasked, so it is not joined with IGMP or MLD. Prefixes of more than "
		  "256 groups cannot be joined" },
	{ .name = "rpf", .type = SL_TYPE_BOOL, FIELD(struct sl_config_relay_input, rpf), .value = false,
	  .help = "true: drop datagrams whose source is not routed by this interface (reverse path check), cause `relay_rpf`" },
};

static const struct sl_object input_object = {
	.title = "relays/N/in", KEYS(input_keys),
	.help = "Where a stream comes from. Either `group` or `address` is given.",
};

static const struct sl_key redundant_keys[] = {
	{ .name = "in", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_relay_redundant, in), .object = &input_object,
	  .required = true, .help = "the second input" },
	{ .name = "window", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_redundant, window), .minimum = 64,
	  .maximum = SL_RELAY_WINDOW_MAX, .value = 1024, .unit = "datagrams",
	  .help = "how far one input may be behind the other. What comes later is not sent, and counted" },
};
static const struct sl_object redundant_object = {
	.title = "relays/N/redundant", KEYS(redundant_keys),
	.help = "The same stream by two ways, in the manner of SMPTE 2022-7: whichever copy of a datagram comes first is sent, the "
		"other one ends here. Copies are known by their sequence number, so `stream` says where that is. Nothing is held "
		"back, so what only the later input brought comes as late as that.",
};

static const struct sl_key failover_keys[] = {
	{ .name = "in", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_relay_failover, in), .object = &input_object,
	  .required = true, .help = "the backup input" },
	{ .name = "silence_ms", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_failover, silence_ms), .minimum = 1,
	  .maximum = 3600000, .value = 500, .unit = "ms",
	  .help = "after so long without a datagram of the first input, those of the backup are sent; when the first has been "
		  "back for as long, its own again" },
};
static const struct sl_object failover_object = {
	.title = "relays/N/failover", KEYS(failover_keys),
	.help = "A second input that is only sent on while the first one is silent.",
};

static const struct sl_key stream_keys[] = {
	{ .name = "sequence", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_relay_stream, sequence),
	  .value = SL_RELAY_SEQUENCE_NONE, .choices = sl_relay_sequence_choices,
	  .help = "number that each datagram of the stream has, one more than the one before: lost, duplicate and reordered "
		  "datagrams are counted by it" },
	{ .name = "offset", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_stream, offset), .maximum = 9000, .value = 0,
	  .unit = "bytes", .help = "where it is in the UDP payload" },
	{ .name = "alarm_ms", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_stream, alarm_ms), .minimum = 10,
	  .maximum = 86400000, .unit = "ms", .words = "no alarm",
	  .help = "log and show an alarm when an input has brought nothing for so long" },
};
static const struct sl_object stream_object = {
	.title = "relays/N/stream", KEYS(stream_keys), .help = "What is known of the datagrams.",
};

static const struct sl_key output_keys[] = {
	{ .name = "interface", .type = SL_TYPE_INTERFACE, FIELD(struct sl_config_relay_output, interface), .required = true,
	  .help = "where the copies leave" },
	{ .name = "address", .type = SL_TYPE_DESTINATION, .identity = true, FIELD(struct sl_config_relay_output, address),
	  .words = "the group as it came",
	  .help = "multicast group or host they are sent to; a host must be reached by this interface. May be of the other "
		  "address family than the input" },
	{ .name = "udp_port", .type = SL_TYPE_UINT, .identity = true, FIELD(struct sl_config_relay_output, udp_port), .minimum = 1,
	  .maximum = 65535, .words = "as it came", .help = "destination port" },
	{ .name = "source", .type = SL_TYPE_ADDRESS, FIELD(struct sl_config_relay_output, source),
	  .words = "the interface's own address",
	  .help = "source address. The source port stays as it came" },
	{ .name = "keep_source", .type = SL_TYPE_BOOL, FIELD(struct sl_config_relay_output, keep_source), .value = false,
	  .help = "true: the sender's address stays, as with a multicast router. Receivers and routers must accept it there" },
	{ .name = "ttl", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_output, ttl), .minimum = 1, .maximum = 255,
	  .value = 64, .help = "TTL or hop limit. A relay ends the datagram that came in, so its TTL does not matter" },
	{ .name = "dscp", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_output, dscp), .maximum = 63,
	  .value = SL_RELAY_DSCP_KEEP, .words = "as it came", .help = "differentiated services code point; ECN stays" },
	{ .name = "checksum", .type = SL_TYPE_CHOICE, FIELD(struct sl_config_relay_output, checksum),
	  .value = SL_RELAY_CHECKSUM_UPDATE, .choices = sl_relay_checksum_choices, .help = "UDP checksum of the copies" },
	{ .name = "max_pps", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_output, max_pps), .minimum = 1,
	  .maximum = LIMIT_MAX, .unit = "packets/s", .words = "no limit",
	  .help = "what is above is dropped, cause `relay_limit`; 10 ms' worth may come at once, 64 packets at least" },
	{ .name = "max_kbps", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_output, max_kbps), .minimum = 1,
	  .maximum = LIMIT_MAX, .unit = "kbit/s", .words = "no limit",
	  .help = "the same in bits of IP packets; 10 ms' worth may come at once, 64 KiB at least" },
	{ .name = "sample", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay_output, sample), .minimum = 1,
	  .maximum = 1000000, .value = 1, .help = "send one datagram in so many" },
};
static const struct sl_object output_object = {
	.title = "relays/N/out/N", KEYS(output_keys), .help = "One copy of each datagram.",
};
static const struct sl_key output_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_relay_output), .object = &output_object,
};

static const struct sl_key relay_keys[] = {
	{ .name = "name", .type = SL_TYPE_NAME, FIELD(struct sl_config_relay, name), .required = true, .minimum = 1,
	  .maximum = SL_NAME_MAX - 1, .charset = &sl_name_charset, .help = "how telemetry and messages call it" },
	{ .name = "id", .type = SL_TYPE_UINT, FIELD(struct sl_config_relay, id), .minimum = 1, .maximum = SL_MAX_RELAYS - 1,
	  .words = "chosen by sluice, and kept over reloads",
	  .help = "number of the relay, at most `max_relays`; with several workers, what has the same remainder divided by "
		  "their number is handled by the same one" },
	{ .name = "in", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_relay, in), .object = &input_object, .required = true,
	  .help = "where the stream comes from" },
	{ .name = "redundant", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_relay, redundant), .object = &redundant_object,
	  .help = "second input that brings the same: what one loses, the other has" },
	{ .name = "failover", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_relay, failover), .object = &failover_object,
	  .help = "second input for when the first is silent" },
	{ .name = "stream", .type = SL_TYPE_OBJECT, FIELD(struct sl_config_relay, stream), .object = &stream_object,
	  .help = "what is known of the datagrams" },
	{ .name = "out", .type = SL_TYPE_LIST, ARRAY(struct sl_config_relay, out), .required = true, .minimum = 1,
	  .maximum = SL_RELAY_FANOUT_MAX, .item = &output_item, .help = "where they go" },
};
static const struct sl_object relay_object = {
	.title = "relays/N", KEYS(relay_keys),
	.help = "A UDP stream that comes in once and leaves many times.",
};
const struct sl_key sl_relay_item = {
	.type = SL_TYPE_OBJECT, .size = sizeof(struct sl_config_relay), .object = &relay_object,
};
