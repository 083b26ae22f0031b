/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration back into its file. The new text is complete and on the disk before it gets the file's name, so that
 * whoever reads the file, also after a crash, finds the old one or the new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader.h"
#include "sluice/config/edit.h"

#define COLUMNS 110 /* what fits stands on one line */
#define INDENT 2

struct sl_draft {
	char *path;	 /* of the file, no symbolic link */
	char *temporary; /* beside it */
};

/* What memory runs out for is not written, and must not become the file. */
struct text {
	FILE *out;
	bool failed;
};

static void write_value(struct text *to, const json_t *value, unsigned int indent, size_t used);

static void write_key(struct text *to, const char *key)
{
	json_t *name = json_string(key);

	to->failed |= json_dumpf(name, to->out, JSON_ENCODE_ANY) != 0;
	json_decref(name);
	fputs(": ", to->out);
}

static void write_members(struct text *to, const json_t *value, unsigned int indent)
{
	const char *before = "", *key;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member)
	{
		fprintf(to->out, "%s\n%*s", before, (int)indent, "");
		write_value(to, member, indent, indent);
		before = ",";
	}
	json_object_foreach((json_t *)value, key, member)
	{
		fprintf(to->out, "%s\n%*s", before, (int)indent, "");
		write_key(to, key);
		write_value(to, member, indent, indent + strlen(key) + 4);
		before = ",";
	}
}

/* `used`: columns of the line that are taken already. The outermost object is never put on one line. */
static void write_value(struct text *to, const json_t *value, unsigned int indent, size_t used)
{
	bool list = json_is_array(value);
	char *line = json_dumps(value, JSON_ENCODE_ANY);

	if (line == NULL) {
		to->failed = true;
	} else if (!(list || json_is_object(value)) || (indent > 0 && used + strlen(line) < COLUMNS)) {
		fputs(line, to->out);
	} else {
		fputc(list ? '[' : '{', to->out);
		write_members(to, value, indent + INDENT);
		fprintf(to->out, "\n%*s%c", (int)indent, "", list ? ']' : '}');
	}
	free(line);
}

char *sl_config_text(const struct sl_config *config)
{
	char *text = NULL;
	size_t size;
	struct text to = { .out = open_memstream(&text, &size) };

	if (to.out == NULL)
		return NULL;
	write_value(&to, config->json, 0, 0);
	fputc('\n', to.out);
	to.failed |= ferror(to.out) != 0;
	if (fclose(to.out) == 0 && !to.failed)
		return text;
	free(text);
	return NULL;
}

static void refuse(struct sl_problems *problems, const char *path, const char *what)
{
	const char *remedy = NULL;

	if (errno == EACCES || errno == EPERM)
		remedy = "let the user that runs sluice write its directory, or edit the file yourself";
	else if (errno == EROFS)
		remedy = "the file system is read-only for sluice: look at the unit's ReadWritePaths, or edit the file yourself";
	else if (errno == ENOSPC)
		remedy = "make room on that file system";
	sl_problem_add(problems, path, remedy, "%s: %s", what, strerror(errno));
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* Text, mode and owner of the draft, on the disk. */
static int fill(int fd, const struct sl_draft *draft, const char *text, struct sl_problems *problems)
{
	struct stat was, is;

	if (stat(draft->path, &was) != 0 || fstat(fd, &is) != 0) {
		refuse(problems, draft->path, "cannot read its mode and owner");
		return -1;
	}
	/* The owner first: a change of it takes bits of the mode away. */
	if ((was.st_uid != is.st_uid || was.st_gid != is.st_gid) && fchown(fd, was.st_uid, was.st_gid) != 0) {
		refuse(problems, draft->path, "cannot give the new file the owner of this one");
		return -1;
	}
	if (fchmod(fd, was.st_mode & 07777) != 0 || write_all(fd, text, strlen(text)) != 0 || fsync(fd) != 0) {
		refuse(problems, draft->temporary, "cannot write");
		return -1;
	}
	return 0;
}

struct sl_draft *sl_draft_create(const struct sl_config *config, const char *path, struct sl_problems *problems)
{
	struct sl_draft *draft = calloc(1, sizeof(*draft));
	char *text = sl_config_text(config), *copy = NULL, *base = NULL;
	int fd = -1;

	if (draft == NULL || text == NULL) {
		sl_problem_add(problems, path, NULL, "out of memory");
		goto fail;
	}
	draft->path = realpath(path, NULL);
	copy = draft->path != NULL ? strdup(draft->path) : NULL;
	base = copy != NULL ? strrchr(copy, '/') : NULL;
	if (base != NULL)
		*base++ = '\0';
	if (base == NULL || asprintf(&draft->temporary, "%s/.%s.XXXXXX", copy, base) < 0) {
		draft->temporary = NULL;
		refuse(problems, path, "cannot find it");
		goto fail;
	}
	fd = mkostemp(draft->temporary, O_CLOEXEC);
	if (fd < 0) {
		refuse(problems, path, "cannot write a new file beside it");
		free(draft->temporary);
		draft->temporary = NULL;
		goto fail;
	}
	int rc = fill(fd, draft, text, problems);
	close(fd);
	if (rc != 0)
		goto fail;
	free(copy);
	free(text);
	return draft;
fail:
	free(copy);
	free(text);
	sl_draft_discard(draft);
	return NULL;
}

int sl_draft_commit(struct sl_draft *draft, struct sl_problems *problems)
{
	if (rename(draft->temporary, draft->path) != 0) {
		refuse(problems, draft->path, "cannot replace it");
		sl_draft_discard(draft);
		return -1;
	}
	free(draft->temporary);
	draft->temporary = NULL;
	/* The name, too, must outlive a crash; where this fails, the old file does, which is as good. */
	int fd = open(dirname(draft->path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	sl_draft_discard(draft);
	return 0;
}

void sl_draft_discard(struct sl_draft *draft)
{
	if (draft == NULL)
		return;
	if (draft->temporary != NULL)
		unlink(draft->temporary);
	free(draft->temporary);
	free(draft->path);
	free(draft);
}
