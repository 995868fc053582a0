// SPDX-License-Identifier: MIT
/*
 * Beside the rootfs, it is found whatever the environment, and goes along when the directory around
 * both is moved. Never in it: listings would have to be filtered for it (docs/decisions/0007.md).
 */
#include "ident/store_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/store_host.h"
#include "ident/userdb.h"

#define PREFIX ".pr-owners-"

/* The directory around it; NULL for "/", which has none. */
static char *parent_of(void *ctx, const char *rootfs)
{
	const char *slash = strrchr(rootfs, '/');

	if (!slash || !slash[1])
		return NULL;
	return talloc_strndup(ctx, rootfs, slash > rootfs ? (size_t)(slash - rootfs) : 1);
}

static uint64_t hash_name(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

/* Files of all file systems meet there: what tells rootfs apart is in the name. */
static void add(void *ctx, struct place_list *p, const char *kind, const char *rootfs,
		const struct statx *root, const char *dir)
{
	uint64_t btime = host_btime(root), more = btime ? btime : hash_name(rootfs);
	char *name = talloc_asprintf(ctx, "%s/%s/%" PRIu64 "-%" PRIx64, dir, kind,
				     (uint64_t)root->stx_ino, more);

	for (unsigned i = 0; name && i < p->count; i++)
		if (strcmp(p->name[i], name) == 0)
			return;
	if (name)
		p->name[p->count++] = name;
}

static void add_home(void *ctx, struct place_list *p, const char *kind, const char *rootfs,
		     const struct statx *root, const char *home)
{
	char *dir;

	if (!home || home[0] != '/' || !home[1])
		return;
	dir = talloc_asprintf(ctx, "%s/.local/share/pr", home);
	if (dir)
		add(ctx, p, kind, rootfs, root, dir);
}

/* Where it is not geteuid(2). Set once, before any place is looked for. */
static uint32_t other_uid = UINT32_MAX;

void place_for_user(uint32_t uid)
{
	other_uid = uid;
}

static uint32_t own_uid(void)
{
	return other_uid != UINT32_MAX ? other_uid : geteuid();
}

/* Our own, whatever the environment says; NULL: none is known. */
static const char *home_by_passwd(void *ctx)
{
	struct userdb db = { .passwd = NULL };
	struct userdb_user user = { .home = NULL };
	char *text = NULL, spec[16];
	size_t size = 0;
	struct fail fail;
	FILE *f = fopen("/etc/passwd", "re");

	if (f && getdelim(&text, &size, '\0', f) > 0) {
		db.passwd = text;
		snprintf(spec, sizeof(spec), "%u", own_uid());
		userdb_find(ctx, &db, spec, &user, &fail);
	}
	free(text);
	if (f)
		fclose(f);
	return user.home;
}

int place_find(void *ctx, const char *kind, const char *rootfs, const struct statx *root,
	       struct place_list *ret)
{
	char *parent = parent_of(ctx, rootfs), *name;
	const char *data = getenv("XDG_DATA_HOME");

	*ret = (struct place_list){ .count = 0 };
	if (parent) {
		name = talloc_asprintf(ctx, "%s/.pr-%s-%" PRIu64, parent[1] ? parent : "", kind,
				       (uint64_t)root->stx_ino);
		if (!name)
			return -ENOMEM;
		ret->name[ret->count++] = name;
	}
	if (data && data[0] == '/' && (name = talloc_asprintf(ctx, "%s/pr", data)))
		add(ctx, ret, kind, rootfs, root, name);
	add_home(ctx, ret, kind, rootfs, root, home_by_passwd(ctx));
	add_home(ctx, ret, kind, rootfs, root, getenv("HOME"));
	if ((name = talloc_asprintf(ctx, "/var/tmp/pr-%u", own_uid())))
		add(ctx, ret, kind, rootfs, root, name);
	return 0;
}

/* ---- making room --------------------------------------------------------------------------- */

static void make_parents(const char *name)
{
	char *path = talloc_strdup(NULL, name);

	for (char *s = path; s && (s = strchr(s + 1, '/')); *s = '/') {
		*s = '\0';
		mkdir(path, 0700);
	}
	talloc_free(path);
}

static bool has_inode(DIR *d, uint64_t ino)
{
	struct dirent *e;

	rewinddir(d);
	while ((e = readdir(d)))
		if (e->d_ino == ino)
			return true;
	return false;
}

/* The rootfs that another file here is about may be a mount, of which the listing knows nothing. */
static bool is_mounted_here(DIR *d, uint64_t ino)
{
	struct dirent *e;
	struct stat st;

	rewinddir(d);
	while ((e = readdir(d)))
		if ((e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) &&
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ino == ino)
			return true;
	return false;
}

/* The inode that such a file is named by; 0: it is none. */
static uint64_t inode_in_name(const char *name)
{
	char *end;
	uint64_t ino;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	ino = strtoull(name + strlen(PREFIX), &end, 10);
	return *end ? 0 : ino;
}

static void remove_own(DIR *d, uint64_t ino)
{
	char name[sizeof(PREFIX) + 20];
	struct stat st;

	snprintf(name, sizeof(name), PREFIX "%" PRIu64, ino);
	if (fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid())
		unlinkat(dirfd(d), name, 0);
}

/* Files here whose rootfs is not here any more; the one of inode `own` is being made. */
static void sweep(const char *name, uint64_t own)
{
	uint64_t found[16], ino;
	unsigned count = 0;
	char *parent = parent_of(NULL, name);
	DIR *d = parent ? opendir(parent) : NULL;
	struct dirent *e;

	while (d && count < sizeof(found) / sizeof(found[0]) && (e = readdir(d)))
		if ((ino = inode_in_name(e->d_name)) && ino != own)
			found[count++] = ino;
	while (count--)
		if (!has_inode(d, found[count]) && !is_mounted_here(d, found[count]))
			remove_own(d, found[count]);
	if (d)
		closedir(d);
	talloc_free(parent);
}

void place_prepare(const struct place_list *p, unsigned i, uint64_t ino)
{
	if (strstr(p->name[i], "/" PREFIX))
		sweep(p->name[i], ino);
	else if (strncmp(strrchr(p->name[i], '/'), "/.pr-", 5) != 0)
		make_parents(p->name[i]);
}
