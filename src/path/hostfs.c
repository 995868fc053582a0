// SPDX-License-Identifier: MIT
/*
 * struct fs_ops over the real host. Reads only. Nothing is remembered but whether the kernel has
 * openat2: what a directory holds may change between two looks.
 */
#include "path/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "path/longname.h"
#include "path/procname.h"

/* The length of the longest prefix of whole components that a call takes; 0: there is none. */
static size_t cut(const char *s)
{
	size_t n = PATH_LIMIT - 1;

	while (n > 0 && s[n] != '/')
		n--;
	return n;
}

int hostfs_reach(struct hpath p, struct hostfs_at *ret)
{
	struct pathbuf part;

	*ret = (struct hostfs_at){ .fd = AT_FDCWD, .rest = p.s };
	while (strlen(ret->rest) >= PATH_LIMIT) {
		size_t n = cut(ret->rest);
		int fd, r;

		if (n == 0) {
			hostfs_at_done(ret);
			return -ENAMETOOLONG;
		}
		pathbuf_set_n(&part, ret->rest, n);
		fd = openat(ret->fd, part.s, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
		hostfs_at_done(ret);
		if (r < 0)
			return r;
		ret->fd = fd;
		ret->rest += n + 1;
	}
	return 0;
}

void hostfs_at_done(struct hostfs_at *at)
{
	if (at->fd >= 0)
		close(at->fd);
	at->fd = AT_FDCWD;
}

int hostfs_stat(struct hpath p, struct stat *ret)
{
	struct hostfs_at at;
	int r = hostfs_reach(p, &at);

	if (r < 0)
		return r;
	r = fstatat(at.fd, at.rest, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	hostfs_at_done(&at);
	return r;
}

/* Opens p, O_PATH, whatever its length; a descriptor or -errno. */
static int open_path(struct hpath p, int flags)
{
	struct hostfs_at at;
	int r = hostfs_reach(p, &at);

	if (r < 0)
		return r;
	r = openat(at.fd, at.rest, O_PATH | O_CLOEXEC | flags);
	r = r < 0 ? -errno : r;
	hostfs_at_done(&at);
	return r;
}

/* statx(2) of (fd, name), kept as what p is. 0 or -errno. */
static int look_and_keep(struct hostfs *h, struct hpath p, int fd, const char *name, int flags)
{
	pathbuf_clear(&h->seen_name);
	if (statx(fd, name, flags | AT_NO_AUTOMOUNT, HOSTFS_SEEN, &h->seen) < 0)
		return -errno;
	pathbuf_set(&h->seen_name, p.s);
	return 0;
}

bool hostfs_has_seen(const struct hostfs *h, struct hpath p)
{
	const char *seen = h->seen_name.s;
	size_t n = strlen(p.s);
	bool slash = n > 1 && p.s[n - 1] == '/';

	n -= slash;
	if (h->seen_name.len < n || n == 0 || memcmp(seen, p.s, n) != 0)
		return false;
	/* a directory is looked at as "x/." to see whether it may be searched */
	if (seen[n] != '\0' && strcmp(seen + n, "/.") != 0)
		return false;
	return !slash || S_ISDIR(h->seen.stx_mode);
}

/* The type and permissions at (fd, name), a link not followed. 0 or -errno. */
static int look(struct hostfs *h, struct hpath p, const struct hostfs_at *at, mode_t *ret)
{
	struct stat st;
	int r;

	if (h->keeps) {
		r = look_and_keep(h, p, at->fd, at->rest, AT_SYMLINK_NOFOLLOW);
		*ret = h->seen.stx_mode;
		return r;
	}
	r = fstatat(at->fd, at->rest, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	*ret = st.st_mode;
	return r;
}

static int kind(void *ctx, struct hpath p)
{
	struct hostfs_at at;
	mode_t mode;
	int r = hostfs_reach(p, &at);

	if (r < 0)
		return r;
	r = look(ctx, p, &at, &mode);
	hostfs_at_done(&at);
	if (r == -EACCES) {
		/* SELinux (Android) lets directories be searched that it does not let be stat'ed */
		int fd = open_path(p, O_DIRECTORY | O_NOFOLLOW);

		if (fd < 0)
			return r;
		close(fd);
		return FS_DIR;
	}
	if (r < 0)
		return r;
	return S_ISDIR(mode) ? FS_DIR : S_ISLNK(mode) ? FS_LINK : FS_OTHER;
}

static int read_link(void *ctx, struct hpath p, char *buf, size_t size)
{
	struct hostfs_at at;
	int r;

	(void)ctx;
	if (proc_magic(p) != PROC_NOTHING)
		return FS_MAGIC;
	r = hostfs_reach(p, &at);
	if (r < 0)
		return r;
	r = readlinkat(at.fd, at.rest, buf, size);
	r = r < 0 ? -errno : r;
	hostfs_at_done(&at);
	return r >= 0 && (size_t)r == size ? -ENAMETOOLONG : r;
}

bool hostfs_is_named(const char *text, const struct stat *object)
{
	struct stat st;

	if (text[0] != '/')
		return false; /* "pipe:[1]", "(unreachable)..." */
	if (lstat(text, &st) == 0)
		return st.st_dev == object->st_dev && st.st_ino == object->st_ino;
	return errno == EACCES && object->st_nlink > 0;
}

/* d_path(9) puts it behind the names of what is gone. */
static void cut_deleted(struct pathbuf *name)
{
	static const char tail[] = " (deleted)";
	size_t k = sizeof(tail) - 1;

	if (name->len > k && strcmp(name->s + name->len - k, tail) == 0)
		pathbuf_truncate(name, name->len - k);
}

/* One that cannot be found by reading is as good as none that we have room for. */
static int name_of_deep(int fd, struct pathbuf *ret)
{
	return longname_of(fd, ret) < 0 ? -ENAMETOOLONG : 0;
}

/*
 * The kernel's name of an open directory; -ENOENT where that leads to another or to none, -ESTALE
 * for a deleted one, with the name that it had.
 */
static int name_of(int fd, struct pathbuf *ret)
{
	struct stat here, there;
	char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret->s, sizeof(ret->s) - 1);
	if (n < 0)
		return errno == ENAMETOOLONG ? name_of_deep(fd, ret) : -errno;
	pathbuf_truncate(ret, n);
	if (fstat(fd, &here) < 0)
		return -errno;
	if (here.st_nlink == 0) {
		cut_deleted(ret);
		return -ESTALE;
	}
	if (ret->s[0] != '/' || lstat(ret->s, &there) < 0)
		return -ENOENT; /* "... (deleted)", "(unreachable)..." */
	return here.st_dev == there.st_dev && here.st_ino == there.st_ino ? 0 : -ENOENT;
}

static int real(void *ctx, struct hpath p, struct pathbuf *ret)
{
	int fd = open_path(p, O_DIRECTORY), r;

	(void)ctx;
	if (fd < 0)
		return fd;
	r = name_of(fd, ret);
	close(fd);
	return r;
}

static int is_plain(void *ctx, struct hpath p, bool follow)
{
	struct hostfs *h = ctx;
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	if (h->openat2 == HOSTFS_NO_OPENAT2)
		return 0;
	fd = syscall(SYS_openat2, AT_FDCWD, p.s, &how, sizeof(how));
	if (fd < 0) {
		/* seccomp says EPERM where the kernel would say ENOSYS */
		if (errno == ENOSYS || errno == EPERM)
			h->openat2 = HOSTFS_NO_OPENAT2;
		return errno == ENOENT || errno == ENOTDIR ? -errno : 0;
	}
	if (h->keeps)
		look_and_keep(h, p, fd, "", AT_EMPTY_PATH);
	close(fd);
	return 1;
}

const struct fs_ops hostfs_ops = {
	.kind = kind,
	.read_link = read_link,
	.real = real,
	.is_plain = is_plain,
};
