// SPDX-License-Identifier: MIT
/*
 * Adopting a tree: one look at everything in it, for records that others left (podman and other
 * users of override_stat, fuse-overlayfs under a name of its own, umoci's and runrootless'
 * user.rootlesscontainers, the files that PRoot's fake_id0 fork puts beside its own), and for ours
 * in a copy of a tree.
 *
 * May be killed and begun again at any point: what was adopted says the same the second time.
 * Where the tree is only read all of that is remembered in memory, and what has to be opened up to
 * be looked at is shut again.
 *
 * Stays on the rootfs' own file system. Directories too deep to be named are left alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

enum { LIST_BYTES = 65536, META_BYTES = 256 };

#define MODE_BITS 07777u

/* PRoot's, older and newer. */
static const char *const meta_prefixes[] = { ".proot-meta-file.", ".proot.meta-file." };

/* A directory that was opened up for as long as it is looked at. */
struct opened {
	char *dir;
	uint32_t mode;
};

struct adoption {
	struct store *s;
	struct opened *opened;
	size_t opened_count;
	char **todo; /* directories, relative to the rootfs */
	size_t todo_count;
	long found;
	uint32_t dev_major, dev_minor;
	int root;
	ssize_t listed; /* bytes of list */
	char list[LIST_BYTES];
};

/* ---- one object ---------------------------------------------------------------------------- */

/* Who wants the kernel to keep the owners asks whether there is any record, and changes nothing. */
static bool counts_only(const struct adoption *a)
{
	return a->s->config.keeper != STORE_BY_RECORDS;
}

enum { HAS_RECORD = 1, HAS_FUSE = 2, HAS_ROOTLESS = 4, HAS_KEPT = 8 };

static unsigned kinds_of(const char *list, ssize_t len)
{
	unsigned kinds = 0;

	for (ssize_t i = 0; i < len; i += (ssize_t)strlen(list + i) + 1) {
		const char *name = list + i;

		if (strcmp(name, RECORD_XATTR) == 0)
			kinds |= HAS_RECORD;
		else if (strcmp(name, RECORD_FUSE_XATTR) == 0)
			kinds |= HAS_FUSE;
		else if (strcmp(name, RECORD_ROOTLESS_XATTR) == 0)
			kinds |= HAS_ROOTLESS;
		else if (strncmp(name, STORE_XATTR_PREFIX, strlen(STORE_XATTR_PREFIX)) == 0)
			kinds |= HAS_KEPT;
	}
	return kinds;
}

static int read_rootless(const struct store_item *it, struct owner *ret)
{
	char bytes[RECORD_LIMIT];
	ssize_t n = host_getxattr(it->o.fd, RECORD_ROOTLESS_XATTR, bytes, sizeof(bytes));

	return n < 0 ? (int)n : record_parse_rootless(bytes, (size_t)n, ret);
}

/*
 * A file must be readable for its xattrs to be read. A record has the mode that is told; where
 * there is none yet, the present one is recorded for it not to be lost.
 */
static int make_readable(struct adoption *a, struct store_item *it, unsigned kinds)
{
	struct owner now;
	int r;

	if ((it->st.stx_mode & 0600) == 0600 || !store_owns(a->s, &it->st))
		return 0;
	if (a->s->config.reads)
		return host_chmod(it->o.fd, (it->st.stx_mode & MODE_BITS) | 0600);
	if (kinds & (HAS_RECORD | HAS_FUSE))
		return host_chmod(it->o.fd, it->st.stx_mode | 0600);
	store_get(a->s, &it->o, &now);
	r = store_record(a->s, &it->o, &now, NULL);
	return r < 0 ? r : host_stat(it->o.fd, &it->st);
}

/*
 * With several, those that we remove were not converted to their end: they are right. So is what
 * fuse-overlayfs wrote beside a record that it had copied up from a layer.
 */
static bool read_all(const struct store_item *it, unsigned kinds, struct owner *owner)
{
	bool found = (kinds & HAS_RECORD) && store_read_record(&it->o, owner) == 0;

	if ((kinds & HAS_FUSE) && store_read_text(&it->o, RECORD_FUSE_XATTR, owner) == 0)
		found = true;
	if ((kinds & HAS_ROOTLESS) && read_rootless(it, owner) == 0)
		found = true;
	return found || (kinds & HAS_KEPT);
}

/* Its xattrs that were kept on it, which would be looked for behind an index bit only. */
static int remember_kept(struct adoption *a, const struct store_item *it,
			 const struct owner *owner)
{
	char *value = talloc_size(a, LIST_BYTES);
	int r = value ? 0 : -ENOMEM;

	for (ssize_t i = 0; r == 0 && i < a->listed; i += (ssize_t)strlen(a->list + i) + 1) {
		const char *name = a->list + i;
		struct store_xattr x = { name + strlen(STORE_XATTR_PREFIX), value, 0 };
		ssize_t n = strncmp(name, STORE_XATTR_PREFIX, strlen(STORE_XATTR_PREFIX)) == 0
				    ? host_getxattr(it->o.fd, name, value, LIST_BYTES) : -1;

		x.size = (size_t)n;
		if (n >= 0)
			r = store_record(a->s, &it->o, owner, &x);
	}
	talloc_free(value);
	return r;
}

/* They are the store's now: in the tree, or in memory. */
static int take_over(struct adoption *a, const struct store_item *it, unsigned kinds,
		     const struct owner *owner)
{
	int r = store_record(a->s, &it->o, owner, NULL);

	if (r == 0 && a->s->config.reads)
		return kinds & HAS_KEPT ? remember_kept(a, it, owner) : 0;
	if (r == 0 && (kinds & HAS_FUSE))
		host_removexattr(it->o.fd, RECORD_FUSE_XATTR);
	if (r == 0 && (kinds & HAS_ROOTLESS))
		host_removexattr(it->o.fd, RECORD_ROOTLESS_XATTR);
	return r;
}

static int adopt_item(struct adoption *a, struct store_item *it, unsigned kinds)
{
	struct owner owner;
	int r = 0;

	if (make_readable(a, it, kinds) < 0)
		return 0;
	store_get(a->s, &it->o, &owner);
	if (read_all(it, kinds, &owner)) { /* else not to be understood: as if it were not there */
		a->found++;
		r = take_over(a, it, kinds, &owner);
	}
	if (a->s->config.reads && (it->st.stx_mode & 0600) != 0600)
		host_chmod(it->o.fd, it->st.stx_mode & MODE_BITS);
	return r == -ENOMEM ? r : 0;
}

/* The guest's own sticky bit gets a record, for the index bit not to be taken for one. */
static int adopt_sticky(struct adoption *a, struct store_item *it)
{
	struct owner owner;

	if (!store_is_marked(&it->st) || !store_owns(a->s, &it->st))
		return 0;
	store_get(a->s, &it->o, &owner);
	store_record(a->s, &it->o, &owner, NULL);
	return 0;
}

/* A file that stands for another kind: its directory says so, as devdirs_note does for devices. */
static void note_device(struct adoption *a, int dir, struct store_item *it)
{
	struct store_item parent = { .o = { .fd = dir, .place = STORE_ROOTFS } };
	struct owner owner;

	if (!S_ISREG(it->st.stx_mode) || host_stat(it->o.fd, &it->st) < 0)
		return;
	store_get(a->s, &it->o, &owner);
	parent.o.st = &parent.st;
	if (!S_ISREG(owner.mode) && host_stat(dir, &parent.st) == 0)
		store_setxattr(a->s, &parent.o, STORE_DEVICES_XATTR, "1", 1, 0);
}

/* By name first: few have any xattrs, and these alone are opened. */
static int adopt_named(struct adoption *a, int dir, const char *name, unsigned char type)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int) + NAME_LIMIT + 1];
	struct store_item it;
	unsigned kinds;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	a->listed = host_listxattr_of(path, a->list, sizeof(a->list));
	kinds = kinds_of(a->list, a->listed);
	if (counts_only(a))
		a->found += kinds != 0;
	if (counts_only(a) || (!kinds && type != DT_DIR))
		return 0;
	if (store_open_item(dir, name, &it) < 0)
		return 0;
	r = kinds ? adopt_item(a, &it, kinds) : adopt_sticky(a, &it);
	if (kinds)
		note_device(a, dir, &it);
	close(it.o.fd);
	return r;
}

/* ---- PRoot's files ------------------------------------------------------------------------- */

/* The name that it is about; NULL: it is no such file. */
static const char *meta_subject(const char *name)
{
	for (size_t i = 0; i < sizeof(meta_prefixes) / sizeof(meta_prefixes[0]); i++) {
		size_t n = strlen(meta_prefixes[i]);

		if (strncmp(name, meta_prefixes[i], n) == 0 && name[n])
			return name + n;
	}
	return NULL;
}

static ssize_t read_meta(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, buf, size);
	close(fd);
	return n;
}

/* The file itself goes; where nothing may, it is passed over. */
static void drop_meta(struct adoption *a, int dir, const char *name)
{
	struct store_item it;

	if (!a->s->config.reads) {
		unlinkat(dir, name, 0);
	} else if (store_open_item(dir, name, &it) == 0) {
		store_setxattr(a->s, &it.o, STORE_ADOPTED_XATTR, "1", 1, 0);
		close(it.o.fd);
	}
}

static int adopt_meta(struct adoption *a, int dir, const char *name, const char *subject)
{
	char text[META_BYTES];
	ssize_t n = read_meta(dir, name, text, sizeof(text));
	struct owner owner;
	struct store_item it;
	int r;

	if (n < 0 || store_open_item(dir, subject, &it) < 0)
		return 0;
	r = record_parse_proot(text, (size_t)n, it.st.stx_mode, &owner);
	if (r == 0) {
		if (S_ISLNK(it.st.stx_mode))
			owner.mode = it.st.stx_mode;
		a->found++;
		r = store_change(a->s, &it.o, &owner, NULL);
	}
	if (r == 0)
		drop_meta(a, dir, name);
	close(it.o.fd);
	return 0;
}

/* ---- the tree ------------------------------------------------------------------------------ */

static int push(struct adoption *a, const char *dir, const char *name)
{
	char **todo = talloc_realloc(a, a->todo, char *, a->todo_count + 1);

	if (!todo)
		return -ENOMEM;
	a->todo = todo;
	todo[a->todo_count] = *dir ? talloc_asprintf(todo, "%s/%s", dir, name)
				   : talloc_strdup(todo, name);
	return todo[a->todo_count++] ? 0 : -ENOMEM;
}

static unsigned char type_of(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? DT_UNKNOWN :
								       IFTODT(st.st_mode);
}

static int adopt_entry(struct adoption *a, int fd, const char *dir, const struct dirent *e)
{
	const char *subject = meta_subject(e->d_name);
	unsigned char type = type_of(fd, e);
	int r = 0;

	if (subject && !counts_only(a))
		return adopt_meta(a, fd, e->d_name, subject);
	a->found += subject != NULL;
	if (type == DT_REG || type == DT_DIR)
		r = adopt_named(a, fd, e->d_name, type);
	if (r == 0 && type == DT_DIR)
		r = push(a, dir, e->d_name);
	return r;
}

/* Until all has been looked at: what is in it is found through it. */
static int open_up(struct adoption *a, const char *dir, const struct store_item *it)
{
	uint32_t mode = it->st.stx_mode & MODE_BITS;
	struct opened *list = talloc_realloc(a, a->opened, struct opened, a->opened_count + 1);
	char *name = list ? talloc_strdup(list, *dir ? dir : ".") : NULL;
	int r = name ? host_chmod(it->o.fd, mode | 0700) : -ENOMEM;

	if (list)
		a->opened = list;
	if (r == 0)
		list[a->opened_count++] = (struct opened){ name, mode };
	return r;
}

/* The last one first: the way to it leads through the others. */
static void shut_again(struct adoption *a)
{
	while (a->opened_count-- > 0) {
		const struct opened *o = &a->opened[a->opened_count];

		fchmodat(a->root, o->dir, o->mode, 0);
	}
}

/* -errno where we are kept out, also by the mode that the guest gave it. */
static int open_directory(struct adoption *a, const char *dir)
{
	static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(a->root, *dir ? dir : ".", flags);
	struct owner owner;
	struct store_item it;

	if (fd >= 0 || errno != EACCES || counts_only(a) ||
	    store_open_item(a->root, *dir ? dir : ".", &it) < 0)
		return fd < 0 ? -errno : fd;
	if (store_owns(a->s, &it.st)) {
		store_get(a->s, &it.o, &owner);
		store_record(a->s, &it.o, &owner, NULL);
		if (a->s->config.reads)
			open_up(a, dir, &it);
		fd = openat(a->root, *dir ? dir : ".", flags);
	}
	close(it.o.fd);
	return fd < 0 ? -EACCES : fd;
}

static bool is_elsewhere(const struct adoption *a, int fd)
{
	struct statx st;

	return host_stat(fd, &st) < 0 || st.stx_dev_major != a->dev_major ||
	       st.stx_dev_minor != a->dev_minor;
}

static int adopt_directory(struct adoption *a, const char *dir)
{
	int fd = open_directory(a, dir), r = 0;
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return 0;
	d = is_elsewhere(a, fd) ? NULL : fdopendir(fd);
	if (!d) {
		close(fd);
		return 0;
	}
	while (r == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = adopt_entry(a, fd, dir, e);
	closedir(d);
	return r;
}

static int adopt_all(struct adoption *a)
{
	struct statx st;
	int r = host_stat(a->root, &st);

	a->dev_major = st.stx_dev_major;
	a->dev_minor = st.stx_dev_minor;
	if (r == 0)
		r = adopt_named(a, a->root, ".", DT_DIR);
	if (r == 0)
		r = push(a, "", "");
	while (r == 0 && a->todo_count) {
		char *dir = a->todo[--a->todo_count];

		r = adopt_directory(a, dir);
		talloc_free(dir);
	}
	return r;
}

long store_adopt(struct store *s)
{
	struct adoption *a = talloc_zero(s, struct adoption);
	long r;

	if (!a)
		return -ENOMEM;
	a->s = s;
	a->root = open(s->config.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = a->root < 0 ? -errno : adopt_all(a);
	if (r == 0)
		r = a->found;
	if (a->opened_count)
		shut_again(a);
	if (a->root >= 0)
		close(a->root);
	talloc_free(a);
	return r;
}
