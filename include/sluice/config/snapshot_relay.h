/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Relays in a snapshot (sluice/config/snapshot.h), immutable like the rest of it.
 *
 * Ids are stable: a relay keeps its own over reloads as long as it has the same name and the file gives it no other; so does
 * an output with the same interface, address and port of the same relay. What workers know by id belongs to the object whose
 * `instance` they noted with it; where that differs, another one has the id now and begins anew.
 */
#ifndef SLUICE_CONFIG_SNAPSHOT_RELAY_H
#define SLUICE_CONFIG_SNAPSHOT_RELAY_H

#include "sluice/base/id.h"
#include "sluice/config/relay.h"

enum sl_relay_mode { SL_RELAY_SINGLE, SL_RELAY_REDUNDANT, SL_RELAY_FAILOVER };

struct sl_relay_input {
	struct sl_prefix group; /* group or prefix of groups, or a unicast address of ours; one address: len 128 */
	uint16_t port_be;
	uint16_t interface;
	uint16_t n_sources;	/* 0: any */
	bool multicast, join, rpf;
	struct sl_ip *sources;
};

struct sl_relay_output {
	uint32_t instance;
	uint16_t id;
	uint16_t interface;
	struct sl_ip ip;     /* zero: as it came */
	struct sl_ip source; /* unless keep_source */
	uint16_t port_be;    /* 0: as it came */
	bool v6;
	bool multicast;
	bool keep_source;
	uint8_t ttl;
	uint8_t dscp;	     /* SL_RELAY_DSCP_KEEP: as it came */
	uint8_t checksum;    /* enum sl_relay_checksum */
	uint32_t max_pps, max_kbps; /* 0: no limit */
	uint32_t sample;     /* one in so many */
};

struct sl_relay {
	char name[64];
	uint32_t instance;
	uint16_t id;
	uint8_t mode;	     /* enum sl_relay_mode */
	uint8_t sequence;    /* enum sl_relay_sequence */
	uint8_t n_inputs;
	bool v6;	     /* family of the inputs */
	uint16_t offset;     /* of the sequence number in the UDP payload */
	uint16_t window;     /* SL_RELAY_REDUNDANT: datagrams the inputs may be apart */
	uint16_t n_outputs;
	uint64_t silence_ns; /* SL_RELAY_FAILOVER */
	uint64_t alarm_ns;   /* 0: no alarm */
	struct sl_relay_input in[2];
	struct sl_relay_output *outputs;
};

/* Which relay gets what was sent from src (zero: from anybody) to dst, port (0: to any, `relay` means nothing then). */
struct sl_relay_slot {
	struct sl_ip src, dst;
	uint16_t port_be;
	uint16_t interface;
	uint16_t relay; /* index in relays; SL_ID_NONE: empty slot */
	uint8_t input;
};

struct sl_relay_prefix {
	struct sl_prefix group;
	uint16_t port_be;
	uint16_t interface;
	uint16_t relay;
	uint8_t input;
};

struct sl_relays {
	uint16_t n;
	uint16_t n_prefixes;
	bool has_unicast; /* some input is a unicast address */
	bool has_sources; /* some input names its sources */
	uint8_t slot_bits;
	struct sl_relay *list;
	struct sl_relay_slot *slots; /* hash table of 1 << slot_bits slots, linear probing; NULL without relays */
	struct sl_relay_prefix *prefixes; /* longest first */
};

struct sl_snapshot;

/*
 * The relay that a datagram belongs to: (source, group) before group, before the longest prefix. NULL: none. Which of its
 * inputs it is goes to *input.
 */
const struct sl_relay *sl_snapshot_relay(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *src,
					 const struct sl_ip *dst, uint16_t port_be, uint8_t *input);

/* The next hop of a unicast output; zero where no route leads by its interface. */
struct sl_ip sl_snapshot_relay_hop(const struct sl_snapshot *s, const struct sl_relay_output *output);

/* Some relay takes datagrams to this address on the interface, by whatever port. */
bool sl_snapshot_relay_listens(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *dst);

#endif
