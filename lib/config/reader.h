/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of reading one file: where we are in it, and what was wrong so far. Private to lib/config. */
#ifndef LIB_CONFIG_READER_H
#define LIB_CONFIG_READER_H

#include <jansson.h>

#include "schema.h"
#include "sluice/base/suggest.h"

struct sl_reader {
	struct sl_config *config;
	struct sl_problems *problems;
	size_t length; /* of path */
	char path[256]; /* JSON pointer of the value at hand: known keys and indices only, a few levels deep */
};

#define SL_SHOW_MAX 64

/* A value as the user wrote it, in ASCII, on one line, cut to fit. */
const char *sl_show(const json_t *value, char buf[SL_SHOW_MAX]);
#define SL_SHOW(value) sl_show(value, (char[SL_SHOW_MAX]){ 0 })

/* Add one step to the path; returns the length to go back to with sl_reader_leave. */
size_t sl_reader_enter_key(struct sl_reader *r, const char *name);
size_t sl_reader_enter_index(struct sl_reader *r, size_t index);
void sl_reader_leave(struct sl_reader *r, size_t length);

/* Read an object into the struct at base, which holds the defaults already. */
void sl_read_object(struct sl_reader *r, const struct sl_object *object, const json_t *value, char *base);

/* Read the value of one key into the struct at base. A value that is refused leaves the default. */
void sl_read_value(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *base);

/* Readers of single values, by type (value.c); `value` is a JSON string for those after sl_read_choice. */
void sl_read_uint(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_ports(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_bool(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_choice(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *base);
void sl_read_text(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_name(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_device(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_device_pair(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_address(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_addresses(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_interface_address(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_network(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_group(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_destination(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_mac(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);
void sl_read_interface(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field);

#endif
