/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the decoder: fields and transport headers (packet_text_l4.c) for the network headers (packet_text.c), and back. */
#ifndef SLUICE_TESTS_PACKET_TEXT_H
#define SLUICE_TESTS_PACKET_TEXT_H

#include "packet_builder.h"

struct text {
	char *buf;
	size_t used;
};

/* A packet or a part of one; `cut`: there was more of it. */
struct span {
	const uint8_t *at;
	uint32_t length;
	bool cut;
};

/* What a transport checksum needs to know of the network layer; whole: neither fragment nor cut. */
struct network {
	bool v6, whole;
	const uint8_t *addresses;
};

void say(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void say_mac(struct text *t, const uint8_t *mac);
void say_ip(struct text *t, bool v6, const uint8_t *at);
void say_data(struct text *t, struct span s);
void say_hex(struct text *t, const uint8_t *at, uint32_t length);
void say_short(struct text *t, struct span s);

uint32_t get16(const uint8_t *at);
uint32_t get32(const uint8_t *at);
struct span skip(struct span s, uint32_t n);

/* later: a fragment without its transport header. */
void text_transport(struct text *t, const struct network *net, uint8_t proto, bool later, struct span s);

/* By EtherType. */
void text_network(struct text *t, uint16_t type, struct span s);

#endif
