/* SPDX-License-Identifier: MIT */
/*
 * Edits of the guest's environment. What the caller gave stays as it is, order and oddities
 * included (entries without '=', a name twice), until an option names it.
 */
#include "cli/env.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static bool same_name(const char *entry, const char *name, size_t len)
{
	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

static const char *find(char *const *list, const char *name, size_t len)
{
	for (; *list; list++)
		if (same_name(*list, name, len))
			return *list;
	return NULL;
}

/* Keeps the entries that `keep` wants. */
static void filter(struct env *e, bool (*keep)(const char *entry, const char *arg), const char *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->count; i++)
		if (keep(e->list[i], arg))
			e->list[kept++] = e->list[i];
	e->count = kept;
	e->list[kept] = NULL;
}

static int append(struct env *e, const char *entry, struct fail *fail)
{
	char **list = talloc_realloc(e->ctx, e->list, char *, e->count + 2);

	if (!list)
		return fail_errno(fail, ENOMEM, "environment");
	e->list = list;
	list[e->count++] = (char *)entry;
	list[e->count] = NULL;
	return 0;
}

/* What was done, for an environment that is not here. */
static int record(struct env *e, char kind, const char *text, struct fail *fail)
{
	const char **edits = talloc_realloc(e->ctx, e->edits, const char *, e->edit_count + 2);
	char *edit = talloc_asprintf(e->ctx, "%c%s", kind, text);

	if (!edits || !edit)
		return fail_errno(fail, ENOMEM, "environment");
	e->edits = edits;
	edits[e->edit_count++] = edit;
	edits[e->edit_count] = NULL;
	return 0;
}

int env_init(struct env *e, void *ctx, char *const *caller, struct fail *fail)
{
	*e = (struct env){ .ctx = ctx, .caller = caller };
	while (caller[e->count])
		e->count++;
	e->list = talloc_memdup(ctx, caller, (e->count + 1) * sizeof(*caller));
	e->edits = talloc_zero_array(ctx, const char *, 1);
	return e->list && e->edits ? 0 : fail_errno(fail, ENOMEM, "environment");
}

static bool other_name(const char *entry, const char *set)
{
	return !same_name(entry, set, strcspn(set, "="));
}

/* The name means itself in a pattern. */
static char *quote_glob(void *ctx, const char *name)
{
	char *quoted = talloc_zero_size(ctx, strlen(name) * 2 + 1), *out = quoted;

	for (; out && *name; name++) {
		if (strchr("*?[\\", *name))
			*out++ = '\\';
		*out++ = *name;
	}
	return quoted;
}

/*
 * docker run --help's reference: "If no = is provided and that variable isn't exported in your
 * local environment, the variable is unset in the container." What an image says goes, too.
 */
static int unset_name(struct env *e, const char *name, struct fail *fail)
{
	const char *glob = quote_glob(e->ctx, name);

	return glob ? env_unset(e, glob, fail) : fail_errno(fail, ENOMEM, "--env");
}

int env_set(struct env *e, const char *word, struct fail *fail)
{
	size_t len = strcspn(word, "=");
	const char *entry = word;

	if (len == 0)
		return fail_set(fail, "--env '%s': a variable needs a name: NAME=VALUE", word);
	e->home_asked |= len == 4 && strncmp(word, "HOME", 4) == 0;
	if (word[len] == '\0')
		entry = find(e->caller, word, len);
	if (!entry)
		return unset_name(e, word, fail);
	entry = talloc_strdup(e->ctx, entry);
	if (!entry)
		return fail_errno(fail, ENOMEM, "--env");
	filter(e, other_name, entry);
	return append(e, entry, fail) < 0 ? -1 : record(e, '+', entry, fail);
}

static int set_line(struct env *e, char *line, struct fail *fail)
{
	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	return env_set(e, line, fail);
}

int env_set_file(struct env *e, const char *path, struct fail *fail)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!f)
		return fail_errno(fail, errno, "--env-file %s", path);
	errno = 0;
	while (r == 0 && getline(&line, &size, f) >= 0)
		r = set_line(e, line, fail);
	if (r == 0 && ferror(f))
		r = fail_errno(fail, errno, "--env-file %s", path);
	free(line);
	fclose(f);
	return r;
}

static bool not_matched(const char *entry, const char *glob)
{
	size_t len = strcspn(entry, "=");
	char *name = strndup(entry, len);
	bool matched = name && fnmatch(glob, name, 0) == 0;

	free(name);
	return !matched;
}

int env_unset(struct env *e, const char *glob, struct fail *fail)
{
	filter(e, not_matched, glob);
	return record(e, '-', glob, fail);
}

int env_clear(struct env *e, struct fail *fail)
{
	e->count = 0;
	e->list[0] = NULL;
	return record(e, '!', "", fail);
}
