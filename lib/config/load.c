/* SPDX-License-Identifier: BSD-3-Clause */
/* From a file or a text to a checked struct sl_config: JSON first, then the tables, then the checks between keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "reader.h"

#define FILE_MAX (16u << 20)

/* What jansson says, and what to do about it, where it is a mistake that people make. */
static const struct {
	const char *text, *remedy;
} syntax_remedies[] = {
	{ "string or '}' expected near '}'", "remove the comma before it" },
	{ "unexpected token near ']'", "remove the comma before it, or give the missing value" },
	{ "near '/'", "JSON has no comments: remove it" },
	{ "near '#'", "JSON has no comments: remove it" },
	{ "near '''", "JSON strings stand in double quotes" },
	{ "premature end of input", "close what is open: a string, a list or an object" },
	{ "NULL character", "remove \\u0000 from the string" },
	{ "\\u0000 is not allowed", "remove \\u0000 from the string" },
};

static void report_syntax(const char *name, json_error_t *error, struct sl_problems *problems)
{
	const char *remedy = NULL;
	char where[512];

	for (size_t i = 0; i < RTE_DIM(syntax_remedies) && remedy == NULL; i++) {
		if (strstr(error->text, syntax_remedies[i].text) != NULL)
			remedy = syntax_remedies[i].remedy;
	}
	/* It quotes the file, which may hold anything. */
	for (char *c = error->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	snprintf(where, sizeof(where), "%s:%d:%d", name, error->line, error->column);
	if (json_error_code(error) == json_error_duplicate_key)
		sl_problem_add(problems, where, "remove one of them", "%s", error->text);
	else
		sl_problem_add(problems, where, remedy, "not JSON: %s", error->text);
}

/* The services that have no timeouts of their own get the global ones. */
static void inherit_timeouts(struct sl_config *config)
{
	for (unsigned int i = 0; i < config->n_services; i++) {
		for (unsigned int t = 0; t < SL_TIMEOUT_MAX; t++) {
			if (config->services[i].timeout_s[t] == 0)
				config->services[i].timeout_s[t] = config->timeout_s[t];
		}
	}
}

/* Backends without a port of their own get the service's. */
static void inherit_ports(struct sl_config *config)
{
	for (unsigned int i = 0; i < config->n_services; i++) {
		struct sl_config_service *service = &config->services[i];
		for (unsigned int j = 0; j < service->n_backends; j++)
			if (service->backends[j].port == 0)
				service->backends[j].port = service->port;
	}
}

struct sl_config *sl_config_from_json(const char *name, json_t *json, struct sl_problems *problems)
{
	struct sl_config *config = calloc(1, sizeof(*config));
	unsigned int before = problems->count;

	if (config != NULL)
		config->json = json_incref(json);
	if (!json_is_object(json)) {
		sl_problem_add(problems, name, NULL, "the file holds a list; it must hold one object, { ... }");
	} else if (config == NULL || sl_object_defaults(&sl_config_schema, (char *)config) != 0) {
		sl_problem_add(problems, name, NULL, "out of memory");
	} else {
		struct sl_reader reader = { .config = config, .problems = problems };
		sl_read_object(&reader, &sl_config_schema, json, (char *)config);
		inherit_timeouts(config);
		inherit_ports(config);
		sl_config_check(config, problems->count == before, problems);
	}
	if (problems->count == before)
		return config;
	sl_config_destroy(config);
	return NULL;
}

static struct sl_config *parse(const char *name, const char *text, size_t length, struct sl_problems *problems)
{
	json_error_t error;
	size_t blank = 0;

	while (blank < length && memchr(" \t\r\n", text[blank], 4) != NULL)
		blank++;
	if (blank == length) {
		sl_problem_add(problems, name, "start from one of config/examples", "the configuration is empty");
		return NULL;
	}
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL) {
		report_syntax(name, &error, problems);
		return NULL;
	}
	struct sl_config *config = sl_config_from_json(name, root, problems);
	json_decref(root);
	return config;
}

struct sl_config *sl_config_parse(const char *text, size_t length, struct sl_problems *problems)
{
	return parse("configuration", text, length, problems);
}

/* Returns the whole file, or NULL and a problem. */
static char *read_file(const char *path, size_t *length, struct sl_problems *problems)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0) {
		const char *remedy = NULL;
		if (errno == ENOENT)
			remedy = "give an existing file with --config FILE";
		else if (errno == EACCES)
			remedy = "make it readable for this user";
		sl_problem_add(problems, path, remedy, "cannot open: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	char *text = NULL;
	if (S_ISDIR(status.st_mode))
		sl_problem_add(problems, path, "give a file in it", "this is a directory");
	else if ((text = malloc(FILE_MAX + 1)) == NULL)
		sl_problem_add(problems, path, NULL, "out of memory");

	/* One byte more than allowed, so that too much is noticed; also right for pipes. */
	ssize_t n = 1;
	for (*length = 0; text != NULL && n != 0 && *length <= FILE_MAX; *length += (size_t)n) {
		n = read(fd, text + *length, FILE_MAX + 1 - *length);
		if (n < 0) {
			sl_problem_add(problems, path, NULL, "cannot read: %s", strerror(errno));
			break;
		}
	}
	close(fd);
	if (text != NULL && n >= 0 && *length > FILE_MAX)
		sl_problem_add(problems, path, NULL, "larger than %u MiB; this is not a configuration", FILE_MAX >> 20);
	if (text == NULL || n < 0 || *length > FILE_MAX) {
		free(text);
		return NULL;
	}
	return text;
}

struct sl_config *sl_config_load(const char *path, struct sl_problems *problems)
{
	size_t length;
	char *text = read_file(path, &length, problems);

	if (text == NULL)
		return NULL;
	struct sl_config *config = parse(path, text, length, problems);
	free(text);
	return config;
}

void sl_config_destroy(struct sl_config *config)
{
	if (config == NULL)
		return;
	sl_object_fini(&sl_config_schema, (char *)config);
	json_decref(config->json);
	free(config);
}
