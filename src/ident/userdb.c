/* SPDX-License-Identifier: MIT */
/*
 * Lines of passwd(5) and group(5): fields between colons. A line with too few of them, or with ids
 * that are no numbers, is passed over, as every libc does.
 */
#include "ident/userdb.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

enum { FIELDS_MAX = 7, MEMBERS = 3, HOME = 5, SHELL = 6 };

/* A piece of a text. */
struct piece {
	const char *s;
	size_t len;
};

struct line {
	struct piece field[FIELDS_MAX];
	unsigned count;
	uint32_t id; /* field 2 */
};

static bool same(struct piece p, const char *word)
{
	return strlen(word) == p.len && memcmp(p.s, word, p.len) == 0;
}

/* Up to `end` or the next separator; *at moves behind that, to NULL at the end. */
static struct piece take(const char **at, const char *end, char separator)
{
	const char *found = memchr(*at, separator, (size_t)(end - *at));
	const struct piece p = { *at, (size_t)((found ? found : end) - *at) };

	*at = found ? found + 1 : NULL;
	return p;
}

static bool parse_id(struct piece p, uint32_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p.len; i++) {
		if (p.s[i] < '0' || p.s[i] > '9' || n > UINT32_MAX)
			return false;
		n = n * 10 + (uint64_t)(p.s[i] - '0');
	}
	*ret = (uint32_t)n;
	return p.len > 0 && n < UINT32_MAX;
}

int userdb_number(const char *word, uint32_t *ret)
{
	return parse_id((struct piece){ word, strlen(word) }, ret) ? 0 : -EINVAL;
}

/* The next line that has an id; false behind the last. */
static bool next_line(const char **text, struct line *ret)
{
	while (*text && **text) {
		const char *end = strchrnul(*text, '\n'), *at = *text;

		*text = *end ? end + 1 : end;
		ret->count = 0;
		while (at && ret->count < FIELDS_MAX)
			ret->field[ret->count++] = take(&at, end, ':');
		if (ret->count > MEMBERS && ret->field[0].len && parse_id(ret->field[2], &ret->id))
			return true;
	}
	return false;
}

/* By name or, where `word` is a number, by that: the first that fits either. */
static bool find_line(const char *text, const char *word, struct line *ret)
{
	uint32_t id;
	bool is_number = userdb_number(word, &id) == 0;

	while (next_line(&text, ret))
		if (same(ret->field[0], word) || (is_number && ret->id == id))
			return true;
	return false;
}

static int no_such(struct fail *fail, const char *text, const char *what, const char *word,
		   const char *file)
{
	if (!text)
		return fail_set(fail, "no %s '%s': the guest has no %s, give a number", what, word,
				file);
	return fail_set(fail, "no %s '%s' in the guest's %s", what, word, file);
}

static int find_group(const struct userdb *db, const char *word, uint32_t *ret, struct fail *fail)
{
	struct line line;

	if (find_line(db->group, word, &line))
		*ret = line.id;
	else if (userdb_number(word, ret) < 0)
		return no_such(fail, db->group, "group", word, "/etc/group");
	return 0;
}

static int add_group(void *ctx, struct userdb_user *u, uint32_t gid, struct fail *fail)
{
	uint32_t *groups = talloc_realloc(ctx, u->groups, uint32_t, u->group_count + 1);

	if (!groups)
		return fail_errno(fail, ENOMEM, "the user's groups");
	groups[u->group_count] = gid;
	u->groups = groups;
	u->group_count++;
	return 0;
}

static bool has_member(struct piece members, struct piece name)
{
	const char *at = members.s, *end = members.s + members.len;

	while (at) {
		struct piece p = take(&at, end, ',');

		if (p.len == name.len && memcmp(p.s, name.s, p.len) == 0)
			return true;
	}
	return false;
}

static int add_memberships(void *ctx, const struct userdb *db, struct piece name,
			   struct userdb_user *u, struct fail *fail)
{
	const char *text = db->group;
	struct line line;
	int r = 0;

	while (r == 0 && next_line(&text, &line))
		if (has_member(line.field[MEMBERS], name))
			r = add_group(ctx, u, line.id, fail);
	return r;
}

static int take_user(void *ctx, const struct line *line, struct userdb_user *u, struct fail *fail)
{
	u->uid = line->id;
	if (!parse_id(line->field[3], &u->gid))
		return fail_set(fail, "user '%.*s' has no group in the guest's /etc/passwd",
				(int)line->field[0].len, line->field[0].s);
	if (line->count > HOME && line->field[HOME].len)
		u->home = talloc_strndup(ctx, line->field[HOME].s, line->field[HOME].len);
	u->name = talloc_strndup(ctx, line->field[0].s, line->field[0].len);
	if (line->count > SHELL && line->field[SHELL].len)
		u->shell = talloc_strndup(ctx, line->field[SHELL].s, line->field[SHELL].len);
	return u->home && u->name ? 0 : fail_errno(fail, ENOMEM, "the user's home");
}

static int find_user(void *ctx, const struct userdb *db, const char *word, bool with_groups,
		     struct userdb_user *u, struct fail *fail)
{
	struct line line;
	int r;

	if (!find_line(db->passwd, word, &line)) {
		u->gid = 0;
		if (userdb_number(word, &u->uid) == 0)
			return 0;
		return no_such(fail, db->passwd, "user", word, "/etc/passwd");
	}
	r = take_user(ctx, &line, u, fail);
	return r == 0 && with_groups ? add_memberships(ctx, db, line.field[0], u, fail) : r;
}

int userdb_find(void *ctx, const struct userdb *db, const char *spec, struct userdb_user *ret,
		struct fail *fail)
{
	const char *colon = strchr(spec, ':');
	char *name = talloc_strndup(ctx, spec, strcspn(spec, ":"));
	int r;

	*ret = (struct userdb_user){ .home = "/" };
	if (!name)
		return fail_errno(fail, ENOMEM, "--user");
	r = find_user(ctx, db, name, !colon, ret, fail);
	if (r == 0 && colon)
		r = find_group(db, colon + 1, &ret->gid, fail);
	talloc_free(name);
	return r;
}

int userdb_groups(void *ctx, const struct userdb *db, const char *list, struct userdb_user *ret,
		  struct fail *fail)
{
	const char *at = *list ? list : NULL, *end = list + strlen(list);
	uint32_t gid = 0;
	char *word;
	int r = 0;

	TALLOC_FREE(ret->groups);
	ret->group_count = 0;
	while (r == 0 && at) {
		struct piece p = take(&at, end, ',');

		word = talloc_strndup(ctx, p.s, p.len);
		if (!word)
			return fail_errno(fail, ENOMEM, "--groups");
		r = find_group(db, word, &gid, fail);
		if (r == 0)
			r = add_group(ctx, ret, gid, fail);
		talloc_free(word);
	}
	return r;
}
