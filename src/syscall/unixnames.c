/* SPDX-License-Identifier: MIT */
/*
 * Two tables: alias number <-> host name (a directory's, or a whole socket's where even the entry
 * is too long), and kernel name -> the guest's own bytes. Both are bounded, a guest cannot grow
 * us.
 */
#define HASH_NONFATAL_OOM 1
#include "syscall/unixnames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "syscall/unixaddr.h"
#include "tracee/session.h"

enum { ALIASES_MAX = 4096, KNOWN_MAX = 4096 };

struct alias {
	unsigned number;
	UT_hash_handle hh;
	char host[];
};

struct known {
	char *guest;
	UT_hash_handle hh;
	char name[];
};

struct unixnames {
	struct alias *by_host;
	struct alias *by_number[ALIASES_MAX];
	unsigned alias_count;
	struct known *known;
};

static struct unixnames *names_of(struct session *s)
{
	if (!s->unixnames)
		s->unixnames = talloc_zero(s, struct unixnames);
	return s->unixnames;
}

static int alias_path(const struct session *s, unsigned number, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s/u%u", s->dir, number);

	return n > 0 && (size_t)n < size ? n : -ENAMETOOLONG;
}

static struct alias *alias_make(struct session *s, struct unixnames *u, const char *host, size_t n)
{
	struct alias *a = talloc_zero_size(u, sizeof(*a) + n + 1);
	char path[UNIXADDR_MAX];

	if (!a)
		return NULL;
	memcpy(a->host, host, n);
	a->number = u->alias_count;
	if (alias_path(s, a->number, path, sizeof(path)) < 0 || symlink(a->host, path) < 0) {
		talloc_free(a);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, u->by_host, a->host, n, a);
	if (!a->hh.tbl) {
		unlink(path);
		talloc_free(a);
		return NULL;
	}
	u->by_number[u->alias_count++] = a;
	return a;
}

/* The alias of host[0..n), made on first need. NULL where there can be none. */
static const struct alias *alias_get(struct session *s, const char *host, size_t n)
{
	struct unixnames *u = names_of(s);
	struct alias *a;

	if (!u)
		return NULL;
	HASH_FIND(hh, u->by_host, host, n, a);
	if (!a && u->alias_count < ALIASES_MAX)
		a = alias_make(s, u, host, n);
	return a;
}

/* "<alias of host[0..n)><rest>", if there is room for it. */
static int by_alias(struct session *s, const char *host, size_t n, const char *rest,
		    struct unixaddr *ret)
{
	char path[UNIXADDR_MAX];
	const struct alias *a;
	size_t len = strlen(rest);
	int head = alias_path(s, ALIASES_MAX, path, sizeof(path));

	/* The longest number stands for any: a name that fits once always does. */
	if (head < 0 || (size_t)head + len > UNIXADDR_NAME_MAX)
		return -ENAMETOOLONG;
	a = alias_get(s, host, n);
	if (!a)
		return -ENAMETOOLONG;
	head = alias_path(s, a->number, path, sizeof(path));
	memcpy(path + head, rest, len);
	return unixaddr_set(ret, path, (size_t)head + len);
}

int unixnames_shorten(struct session *s, const char *host, enum unixname_use use,
		      struct unixaddr *ret)
{
	size_t dir_len = unixaddr_dir_len(host);
	int r = unixaddr_set(ret, host, strlen(host));

	if (r < 0)
		r = by_alias(s, host, dir_len, host + dir_len, ret);
	if (r < 0 && use == UNIXNAME_CONNECT)
		r = by_alias(s, host, strlen(host), "", ret);
	return r;
}

int unixnames_lengthen(const struct session *s, const char *name, struct pathbuf *ret)
{
	const struct unixnames *u = s->unixnames;
	const char *rest = path_under(name, s->dir);
	unsigned long number;
	char *end;
	int r;

	if (!u || !rest || rest[0] != '/' || rest[1] != 'u' || rest[2] < '0' || rest[2] > '9')
		return -ENOENT;
	number = strtoul(rest + 2, &end, 10);
	if (number >= u->alias_count || (*end != '/' && *end != '\0'))
		return -ENOENT;
	r = pathbuf_set(ret, u->by_number[number]->host);
	return r < 0 ? r : pathbuf_append(ret, end);
}

static void forget(struct unixnames *u, struct known *k)
{
	HASH_DEL(u->known, k);
	talloc_free(k);
}

void unixnames_remember(struct session *s, const char *name, const char *guest)
{
	struct unixnames *u = names_of(s);
	size_t n = strlen(name);
	struct known *k = NULL;

	if (!u)
		return;
	HASH_FIND(hh, u->known, name, n, k);
	if (k)
		forget(u, k);
	if (!guest)
		return;
	if (HASH_COUNT(u->known) >= KNOWN_MAX)
		forget(u, u->known); /* uthash keeps them in the order of their making */
	k = talloc_zero_size(u, sizeof(*k) + n + 1);
	if (!k)
		return;
	memcpy(k->name, name, n);
	k->guest = talloc_strdup(k, guest);
	if (k->guest)
		HASH_ADD_KEYPTR(hh, u->known, k->name, n, k);
	if (!k->hh.tbl)
		talloc_free(k);
}

const char *unixnames_recall(const struct session *s, const char *name)
{
	struct known *k = NULL;

	if (s->unixnames)
		HASH_FIND(hh, s->unixnames->known, name, strlen(name), k);
	return k ? k->guest : NULL;
}
