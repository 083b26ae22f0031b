/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may stand in a configuration file: one row for every key of every object. The parser, docs/config.md, the JSON
 * Schema and the reload check all walk these tables, so they cannot disagree. Private to lib/config.
 */
#ifndef LIB_CONFIG_SCHEMA_H
#define LIB_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sluice/config/config.h"

/* What a value is, and what it becomes in memory. */
enum sl_type {
	SL_TYPE_UINT,		   /* whole number -> unsigned integer of the field's size */
	SL_TYPE_PORTS,		   /* whole number, "FIRST-LAST" or "any" -> struct sl_port_range */
	SL_TYPE_BOOL,		   /* -> bool */
	SL_TYPE_CHOICE,		   /* one of a few words -> integer of the field's size; some may be an object */
	SL_TYPE_TEXT,		   /* -> char * on the heap */
	SL_TYPE_NAME,		   /* -> char[] in place */
	SL_TYPE_DEVICE,		   /* PCI address or vdev name -> char[] in place */
	SL_TYPE_DEVICE_PAIR,	   /* list of two devices -> char[2][] in place */
	SL_TYPE_ADDRESS,	   /* unicast address -> struct sl_ip */
	SL_TYPE_ADDRESSES,	   /* the same, or a prefix without host bits -> struct sl_prefix */
	SL_TYPE_INTERFACE_ADDRESS, /* unicast address with prefix length -> struct sl_prefix */
	SL_TYPE_NETWORK,	   /* prefix without host bits -> struct sl_prefix */
	SL_TYPE_GROUP,		   /* multicast address or prefix -> struct sl_prefix */
	SL_TYPE_DESTINATION,	   /* unicast or multicast address -> struct sl_ip */
	SL_TYPE_MAC,		   /* unicast MAC address -> uint8_t[6] */
	SL_TYPE_INTERFACE,	   /* name of an interface of this file -> index of uint16_t */
	SL_TYPE_OBJECT,		   /* -> struct in place */
	SL_TYPE_LIST,		   /* -> array on the heap, count beside it */
	SL_TYPE_MAX
};

struct sl_choice {
	const char *name;
	const char *help;
	uint32_t value;
};

/* Characters a text may be made of. */
struct sl_charset {
	const char *members;
	const char *words;   /* for messages and docs */
	const char *pattern; /* the same as a class of a regular expression */
};

struct sl_key {
	const char *name; /* NULL in the item row of a list */
	const char *unit;
	const char *help;
	enum sl_type type;
	bool required;
	bool identity;		/* need not be given, but tells entries of a list apart */
	bool restart;		/* a running sluice cannot change it */
	bool power_of_two;	/* UINT */
	uint32_t minimum;	/* UINT: value; TEXT, NAME, DEVICE: length; LIST: entries */
	uint32_t maximum;
	uint32_t value;		/* default of UINT, BOOL, CHOICE */
	const char *text;	/* default of TEXT; NULL: none */
	const char *words;	/* default in words, where the value itself says nothing */
	size_t offset, size;	/* of the field in the object's struct; in an item row: 0, and the size of an element */
	size_t count_offset;	/* LIST: of the unsigned int that counts the entries */
	const struct sl_charset *charset;
	const struct sl_choice *choices; /* CHOICE: ends with a row without name */
	const struct sl_object *object;	 /* OBJECT; CHOICE: the object that may stand instead of the word */
	uint32_t object_value;		 /* CHOICE: value when it is an object, whose keys belong to the outer struct */
	const struct sl_key *item;	 /* LIST: row of one entry */
	const char *only_key;		 /* may only be given while this CHOICE of the same object */
	const char *only_value;		 /* is this word */
};

struct sl_object {
	const char *title; /* heading in the docs: where the object stands */
	const char *help;
	const struct sl_key *keys;
	unsigned int n_keys;
};

extern const struct sl_object sl_config_schema; /* the whole file -> struct sl_config */
extern const struct sl_object sl_health_object;	/* schema_health.c -> struct sl_config_health */
extern const struct sl_object sl_passive_object; /* schema_health.c -> struct sl_config_passive */
extern const struct sl_choice sl_mode_choices[], sl_scheduler_choices[], sl_affinity_choices[], sl_forwarding_choices[],
	sl_udp_kind_choices[], sl_exhaustion_choices[], sl_proxy_protocol_choices[], sl_unused_ports_choices[],
	sl_relay_sequence_choices[], sl_relay_checksum_choices[];

/* The row of a key of an object, by name; NULL: it has none such. */
const struct sl_key *sl_schema_key(const struct sl_object *object, const char *name);

/* A number field of any size. */
uint32_t sl_field_get(const char *field, size_t size);
void sl_field_set(char *field, size_t size, uint32_t value);

/* Fill in the defaults of an object's keys, and of the objects in it. Returns -1 when memory runs out. */
int sl_object_defaults(const struct sl_object *object, char *base);

/* Free what an object's fields point to. */
void sl_object_fini(const struct sl_object *object, char *base);

/* Two values of a key are the same. */
bool sl_key_equal(const struct sl_key *key, const char *a, const char *b);

/*
 * The checks that need more than one key (check.c). `clean`: nothing was wrong so far, so what is absent is really
 * absent.
 */
void sl_config_check(const struct sl_config *config, bool clean, struct sl_problems *problems);

/* Text of a JSON pointer, for messages; buf is given by the caller, see SL_AT. */
#define SL_AT_MAX 96
const char *sl_at(char buf[SL_AT_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define SL_AT(...) sl_at((char[SL_AT_MAX]){ 0 }, __VA_ARGS__)

#endif
