/* SPDX-License-Identifier: BSD-3-Clause */
/* Relays as the user wrote them: a part of struct sl_config (sluice/config/config.h), under the same rules. */
#ifndef SLUICE_CONFIG_RELAY_H
#define SLUICE_CONFIG_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/base/ip.h"

#define SL_MAX_RELAYS 1024	    /* ids are 1 to 1023 */
#define SL_MAX_RELAY_OUTPUTS 16384  /* of all relays together */
#define SL_RELAY_FANOUT_MAX 256	    /* outputs of one relay */
#define SL_RELAY_SOURCES_MAX 32	    /* of one input */
#define SL_RELAY_PREFIXES_MAX 64    /* inputs that are prefixes, in all */
#define SL_RELAY_JOINS_MAX 256	    /* groups of one prefix that are joined one by one */
#define SL_RELAY_WINDOW_MAX 8192    /* datagrams two redundant inputs may be apart */
#define SL_RELAY_DSCP_KEEP UINT8_MAX

/* Where a stream has its sequence number, and how wide it is. */
enum sl_relay_sequence {
	SL_RELAY_SEQUENCE_NONE,
	SL_RELAY_SEQUENCE_RTP,	  /* 16 bits, 2 bytes behind the beginning of the RTP header (RFC 3550 section 5.1) */
	SL_RELAY_SEQUENCE_U32,
	SL_RELAY_SEQUENCE_U64,
	SL_RELAY_SEQUENCE_U32_LE, /* least significant byte first */
	SL_RELAY_SEQUENCE_U64_LE,
};

/* What becomes of the UDP checksum. */
enum sl_relay_checksum {
	SL_RELAY_CHECKSUM_UPDATE,  /* by the difference that the new header makes: what was corrupt stays detectable */
	SL_RELAY_CHECKSUM_COMPUTE, /* anew over the payload; of fragments, as with update */
	SL_RELAY_CHECKSUM_ZERO,	   /* none (RFC 768), with IPv4 only */
};

struct sl_config_relay_input {
	uint16_t interface;	/* index into interfaces[] */
	struct sl_prefix group; /* multicast; zero: `address` is given */
	struct sl_ip address;	/* unicast, one of sluice's own */
	uint16_t udp_port;	/* host order; 0: there is no such input */
	struct sl_ip *sources;	/* none: any */
	unsigned int n_sources;
	bool join;
	bool rpf;
};

struct sl_config_relay_output {
	uint16_t interface;
	struct sl_ip address;	/* zero: where the datagram was sent to */
	uint16_t udp_port;	/* host order; 0: as it came */
	struct sl_ip source;	/* zero: the interface's, or with keep_source the sender's */
	bool keep_source;
	uint8_t ttl;
	uint8_t dscp;		/* SL_RELAY_DSCP_KEEP: as it came */
	enum sl_relay_checksum checksum;
	uint32_t max_pps;	/* 0: no limit */
	uint32_t max_kbps;	/* of IP packets; 0: no limit */
	uint32_t sample;	/* one in so many */
};

struct sl_config_relay_stream {
	enum sl_relay_sequence sequence;
	uint16_t offset;	/* of the sequence number, or of the RTP header, in the UDP payload */
	uint32_t alarm_ms;	/* 0: no alarm */
};

struct sl_config_relay_redundant {
	struct sl_config_relay_input in;
	uint32_t window; /* datagrams */
};

struct sl_config_relay_failover {
	struct sl_config_relay_input in;
	uint32_t silence_ms;
};

struct sl_config_relay {
	char name[64];	 /* as SL_NAME_MAX */
	uint16_t id;	 /* 0: generated */
	struct sl_config_relay_input in;
	struct sl_config_relay_redundant redundant;
	struct sl_config_relay_failover failover;
	struct sl_config_relay_stream stream;
	struct sl_config_relay_output *out;
	unsigned int n_out;
};

/* Which inputs a relay has besides its first. */
static inline bool sl_config_relay_input_given(const struct sl_config_relay_input *in)
{
	return in->udp_port != 0;
}

/* Number of inputs; the second one, where there is one, goes to *second. */
static inline unsigned int sl_config_relay_inputs(const struct sl_config_relay *relay,
						  const struct sl_config_relay_input **second)
{
	*second = sl_config_relay_input_given(&relay->redundant.in) ? &relay->redundant.in :
		  sl_config_relay_input_given(&relay->failover.in)  ? &relay->failover.in :
								      NULL;
	return *second == NULL ? 1 : 2;
}

const char *sl_relay_sequence_name(enum sl_relay_sequence sequence);

#endif
