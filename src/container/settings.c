/* SPDX-License-Identifier: MIT */
/* container.json, and how docker puts command and environment together. */
#include "container/settings.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

/* ---- lists ---- */

static size_t count_of(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

const char **settings_list(void *ctx, const char *const *list)
{
	size_t n = count_of(list);
	const char **copy = talloc_zero_array(ctx, const char *, n + 1);

	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = talloc_strdup(copy, list[i]);
		if (!copy[i])
			return NULL;
	}
	return copy;
}

int settings_add(void *ctx, const char ***list, const char *word)
{
	size_t n = count_of(*list);
	const char **more = talloc_realloc(ctx, *list, const char *, n + 2);

	if (!more)
		return -ENOMEM;
	*list = more;
	more[n + 1] = NULL;
	more[n] = talloc_strdup(more, word);
	return more[n] ? 0 : -ENOMEM;
}

/* ---- container.json ---- */

enum member_kind { TEXT, LIST, FLAG };

static const struct member {
	const char *key;
	enum member_kind kind;
	size_t offset;
} members[] = {
#define MEMBER(kind, name) { #name, kind, offsetof(struct settings, name) }
	MEMBER(TEXT, image), MEMBER(TEXT, image_name), MEMBER(TEXT, created),
	MEMBER(LIST, entrypoint),  MEMBER(LIST, cmd),	   MEMBER(LIST, env),
	MEMBER(TEXT, workdir),	   MEMBER(TEXT, user),	   MEMBER(LIST, volumes),
	MEMBER(LIST, binds),	   MEMBER(TEXT, hostname), MEMBER(TEXT, stop_signal),
	MEMBER(FLAG, terminal),
	MEMBER(FLAG, interactive),	   MEMBER(FLAG, remove),
	MEMBER(FLAG, read_only),
#undef MEMBER
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static void *place_of(const struct settings *s, const struct member *m)
{
	return (char *)(uintptr_t)s + m->offset;
}

struct settings *settings_new(void *ctx)
{
	struct settings *s = talloc_zero(ctx, struct settings);

	for (size_t i = 0; s && i < MEMBERS; i++) {
		const char ***list = place_of(s, &members[i]);

		if (members[i].kind == LIST && !(*list = talloc_zero_array(s, const char *, 1))) {
			talloc_free(s);
			return NULL;
		}
	}
	return s;
}

/* JSON is UTF-8 alone: other words cannot be kept, and there is no text. */
static json_t *write_list(const char *const *list)
{
	json_t *array = json_array();

	for (; array && *list; list++)
		if (json_array_append_new(array, json_string(*list)) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *write_member(const struct settings *s, const struct member *m)
{
	void *place = place_of(s, m);

	if (m->kind == FLAG)
		return json_boolean(*(bool *)place);
	if (m->kind == LIST)
		return write_list(*(const char ***)place);
	return *(char **)place ? json_string(*(char **)place) : json_null();
}

char *settings_write(void *ctx, const struct settings *s)
{
	json_t *object = json_object();
	char *text = NULL, *copy = NULL;
	int r = 0;

	for (size_t i = 0; i < MEMBERS && r == 0; i++)
		r = json_object_set_new(object, members[i].key, write_member(s, &members[i]));
	if (r == 0)
		text = json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	json_decref(object);
	if (text)
		copy = talloc_asprintf(ctx, "%s\n", text);
	free(text);
	return copy;
}

static int read_list(struct settings *s, const struct member *m, const json_t *value)
{
	json_t *word;
	size_t i;
	int r = json_is_array(value) ? 0 : -EBADMSG;

	json_array_foreach(value, i, word)
		r = r < 0 ? r : !json_is_string(word) ? -EBADMSG
			  : settings_add(s, place_of(s, m), json_string_value(word));
	return r;
}

static int read_member(struct settings *s, const struct member *m, const json_t *value)
{
	char **text = place_of(s, m);

	if (!value || json_is_null(value))
		return 0;
	if (m->kind == LIST)
		return read_list(s, m, value);
	if (m->kind == FLAG) {
		*(bool *)place_of(s, m) = json_is_true(value);
		return json_is_boolean(value) ? 0 : -EBADMSG;
	}
	if (!json_is_string(value))
		return -EBADMSG;
	*text = talloc_strdup(s, json_string_value(value));
	return *text ? 0 : -ENOMEM;
}

int settings_read(void *ctx, const char *text, size_t len, struct settings **ret,
		  struct fail *fail)
{
	struct settings *s = settings_new(ctx);
	json_error_t error;
	json_t *object = json_loadb(text, len, 0, &error);
	int r = s ? 0 : -ENOMEM;

	if (!json_is_object(object)) {
		r = -EBADMSG;
		fail_set(fail, "container.json, line %d: %s", object ? 1 : error.line,
			 object ? "no object" : error.text);
	}
	for (size_t i = 0; r == 0 && i < MEMBERS; i++) {
		r = read_member(s, &members[i], json_object_get(object, members[i].key));
		if (r < 0)
			fail_set(fail, "container.json: '%s' makes no sense", members[i].key);
	}
	json_decref(object);
	*ret = s;
	return r;
}

/* ---- the command ---- */

int settings_command(struct settings *s, const char *entrypoint, char *const *words)
{
	const char *list[] = { entrypoint && *entrypoint ? entrypoint : NULL, NULL };
	static const char *const none[] = { NULL };

	if (entrypoint) {
		s->entrypoint = settings_list(s, list);
		s->cmd = settings_list(s, none);
	}
	if (words && *words)
		s->cmd = settings_list(s, (const char *const *)words);
	return s->entrypoint && s->cmd ? 0 : -ENOMEM;
}

char **settings_argv(void *ctx, const struct settings *s)
{
	size_t n = count_of(s->entrypoint), m = count_of(s->cmd);
	char **argv = talloc_zero_array(ctx, char *, n + m + 1);

	for (size_t i = 0; argv && i < n + m; i++)
		argv[i] = (char *)(uintptr_t)(i < n ? s->entrypoint[i] : s->cmd[i - n]);
	return argv;
}

/* ---- the environment ---- */

static bool same_name(const char *entry, const char *name, size_t len)
{
	return strncmp(entry, name, len) == 0 && (entry[len] == '=' || entry[len] == '\0');
}

const char *settings_variable(const char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env; env++)
		if (same_name(*env, name, len))
			return (*env)[len] ? *env + len + 1 : "";
	return NULL;
}

static bool matches(const char *entry, const char *glob)
{
	char *name = strndup(entry, strcspn(entry, "="));
	bool matched = name && fnmatch(glob, name, 0) == 0;

	free(name);
	return matched;
}

/* In the place of the first of that name; others of it go. `list` has room. */
static void set_variable(const char **list, const char *entry)
{
	size_t kept = 0, len = strcspn(entry, "=");
	bool placed = false;

	for (const char **p = list; *p; p++) {
		bool same = same_name(*p, entry, len);

		if (!same || !placed)
			list[kept++] = same ? entry : *p;
		placed |= same;
	}
	if (!placed)
		list[kept++] = entry;
	list[kept] = NULL;
}

static void remove_variables(const char **list, const char *glob)
{
	size_t kept = 0;

	for (const char **p = list; *p; p++)
		if (!matches(*p, glob))
			list[kept++] = *p;
	list[kept] = NULL;
}

const char **settings_edit_env(void *ctx, const char *const *env, const char *const *edits)
{
	size_t n = count_of(env);
	const char **list = talloc_zero_array(ctx, const char *, n + count_of(edits) + 1);

	if (!list)
		return NULL;
	for (size_t i = 0; i < n; i++)
		list[i] = env[i];
	for (; *edits; edits++) {
		if (**edits == '!')
			list[0] = NULL;
		else if (**edits == '-')
			remove_variables(list, *edits + 1);
		else
			set_variable(list, *edits + 1);
	}
	return list;
}

/* ---- signals ---- */

int settings_signal(const char *word)
{
	const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
	char *end;
	long n = strtol(word, &end, 10);

	if (end != word && !*end)
		return n > 0 && n <= SIGRTMAX ? (int)n : 0;
	for (int sig = 1; sig < SIGRTMIN; sig++) {
		const char *abbreviation = sigabbrev_np(sig);

		if (abbreviation && strcasecmp(name, abbreviation) == 0)
			return sig;
	}
	if (strncasecmp(name, "RTMIN", 5) != 0)
		return 0;
	n = name[5] == '+' ? strtol(name + 6, &end, 10) : 0;
	if (name[5] && (name[5] != '+' || end == name + 6 || *end))
		return 0;
	return n >= 0 && SIGRTMIN + n <= SIGRTMAX ? (int)(SIGRTMIN + n) : 0;
}
