// SPDX-License-Identifier: MIT
/*
 * fsops SEED COUNT: a random but repeatable sequence of file-system calls in /w, one line of result
 * each, then the tree as it ended. Paths are made up, or made from those that worked before, so two
 * runs of one seed make the same calls up to the first one that is answered differently.
 * Further words: "identity", it starts as root, and is others, too; owners are told. "closed", no
 * descriptor is kept.
 * Never blocks: no FIFO is opened without O_NONBLOCK.
 */
#include "../guests/guest.h"

#include <grp.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stddef.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/xattr.h>

enum { SLOTS = 4, ROOM = 5200 };

static uint64_t state;
static bool identity; /* root, who may be others */
/* Open or not; the last one of any file, else directories. Behind them the last socket bound. */
static int *slots;
enum { RECEIVER = SLOTS, KEPT };
static int op_number;
static bool closed; /* no descriptor is kept: some directories have two names */
static bool is_child; /* of one of the calls */
static bool deep; /* does this round go deeper than PATH_MAX? */
static bool climbs; /* are there names with ".." in this round? */

enum { POINTS = 7 };
static int points[POINTS]; /* descriptors of mount points, where there is one */

static unsigned draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

/* ---- paths ---------------------------------------------------------------------------------- */

static const char *const names[] = {
	"a", "a", "b", "b", "c", "d", "e", "f", "f", "g", "l", "l", "m", "n", ".", "..", "..", "bind",
	"ro", "bfile", "nothing", "twice", "inner", "file", "w", "proc", "d (deleted)", "\\040\303\244 \377",
};

static char long_name[300];

struct text {
	char s[ROOM];
	size_t len;
};

static void add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->len + n < sizeof(t->s)) {
		memcpy(t->s + t->len, s, n + 1);
		t->len += n;
	}
}

static void add_component(struct text *t)
{
	unsigned k = draw(400);

	if (k == 1) {
		char chain[8];

		snprintf(chain, sizeof(chain), ".k/%u", draw(10)); /* about 40 links on end */
		add(t, chain);
	} else if (k == 0) {
		long_name[255 + draw(2)] = '\0';
		add(t, long_name);
		long_name[255] = 'L';
	} else {
		const char *name = names[k % (sizeof(names) / sizeof(*names))];

		add(t, climbs || strcmp(name, "..") != 0 ? name : "d");
	}
}

/* Slashes up to or over the kernel's limit. */
static void add_padding(struct text *t)
{
	size_t to = 4080 + draw(20);

	while (t->len < to && t->len < ROOM - 600)
		add(t, "/");
}

/* Paths that led somewhere not long ago. */
static struct {
	char s[240];
} pool[48];

static unsigned pooled;

static void remember(const char *path)
{
	/* A relative one is of use only as long as we stay. */
	if (*path && strlen(path) < sizeof(pool[0].s) && (*path == '/' || draw(4) == 0))
		snprintf(pool[pooled++ % 48].s, sizeof(pool[0].s), "%s", path);
}

enum kind { ANY, OLD, NEW }; /* what the path should rather lead to */

static void known_path(struct text *t, enum kind kind)
{
	const char *s = pool[draw(pooled < 48 ? pooled : 48)].s, *slash = strchr(s + 1, '/');
	unsigned how = draw(16);

	if (how == 0)
		add(t, climbs ? "../" : "./");
	else if (how == 1)
		add(t, "./");
	add(t, how == 2 && slash ? slash + 1 : how < 2 && *s == '/' ? s + 1 : s);
	if (how > 12 || (kind == NEW && how > 4)) {
		add(t, "/");
		add_component(t);
	}
}

static void made_up_path(struct text *t);

static void draw_path(struct text *t, enum kind kind)
{
	t->len = 0;
	t->s[0] = '\0';
	if (pooled && draw(100) < (kind == ANY ? 50 : 80))
		known_path(t, kind);
	else
		made_up_path(t);
	if (draw(10) == 0)
		add(t, draw(3) ? "/" : "/.");
}

/* A link of procfs that leads to what we have open, or are in. */
static void add_magic(struct text *t)
{
	char fd[40];

	snprintf(fd, sizeof(fd), "/proc/self/fd/%d/", slots[draw(SLOTS)]);
	switch (draw(4)) {
	case 0: add(t, "/proc/self/cwd/"); break;
	case 1: add(t, "/proc/self/root/w/"); break;
	default: add(t, fd); break;
	}
}

static void made_up_path(struct text *t)
{
	unsigned n = 1 + draw(4), start = draw(10);

	if (start < 4)
		add(t, start == 0 ? "/" : start == 1 ? "//w/" : "/w/");
	if (start == 9 && draw(4) == 0)
		add_magic(t);
	for (unsigned i = 0; i < n; i++) {
		if (i)
			add(t, draw(12) ? "/" : "//");
		add_component(t);
	}
	if (draw(300) == 0) {
		add_padding(t);
		add_component(t);
	}
	if (draw(300) == 0)
		t->len = 0, t->s[0] = '\0';
}

/* Another name in the directory that `of` lies in, or one above: what can be renamed to. */
static void draw_sibling(struct text *t, const struct text *of)
{
	size_t n = of->len;

	while (n > 1 && of->s[n - 1] == '/')
		n--;
	for (unsigned up = draw(3) == 0; n && (of->s[n - 1] != '/' || up); n--)
		up -= up && of->s[n - 1] == '/';
	memcpy(t->s, of->s, n);
	t->len = n;
	t->s[n] = '\0';
	add_component(t);
	if (draw(6) == 0)
		add(t, "/");
}

/* What a call's second name is to be: in reach of the first, often. */
static void draw_target(struct text *t, const struct text *of, enum kind kind)
{
	if (draw(2))
		draw_sibling(t, of);
	else
		draw_path(t, kind);
}

static void draw_top(struct text *t)
{
	t->len = 0;
	add(t, "/w/");
	add_component(t);
}

static int draw_dirfd(void)
{
	unsigned k = draw(12);

	return k < SLOTS && slots[k] >= 0 ? slots[k] : AT_FDCWD;
}

/* ---- results -------------------------------------------------------------------------------- */

static const char *shown(struct text *t)
{
	static char cut[2][80];
	static int which;
	char *number = strstr(t->s, "/#"), *socket = strstr(t->s, "socket:[");

	/* Numbers of the kernel's own: a file of O_TMPFILE, a socket. */
	if (number)
		memcpy(number + 2, "N", 2);
	if (socket)
		memcpy(socket + 8, "N", 2);
	t->len = strlen(t->s);
	which = !which;
	if (t->len < 70)
		return t->s;
	snprintf(cut[which], sizeof(cut[which]), "%.20s...(%zu)...%s", t->s, t->len, t->s + t->len - 12);
	return cut[which];
}

static void result(const char *op, long r, struct text *a, struct text *b, unsigned flags)
{
	int e = errno;

	printf("%d %s %s %s %x = %s\n", op_number, op, shown(a), b ? shown(b) : "", flags,
	       r < 0 ? err_name(e) : "ok");
	if (r >= 0)
		remember(b ? b->s : a->s);
	errno = e;
}

static void show_stat(const struct stat *st)
{
	bool dir = S_ISDIR(st->st_mode);

	printf("  %o", st->st_mode);
	if (identity)
		printf(" of %u:%u", st->st_uid, st->st_gid);
	if (!dir)
		printf(" links %d size %lld", (int)st->st_nlink, (long long)st->st_size);
	printf(" time %lld\n", st->st_mtime < 1000000000 ? (long long)st->st_mtime : 0LL);
}

/* ---- operations ----------------------------------------------------------------------------- */

static void keep_or_close(int fd, unsigned slot)
{
	struct stat st;

	if (fd < 0)
		return;
	if (slot < SLOTS && !closed && fstat(fd, &st) == 0 && (slot == SLOTS - 1 || S_ISDIR(st.st_mode))) {
		if (slots[slot] >= 0)
			close(slots[slot]);
		slots[slot] = fd;
	} else {
		close(fd);
	}
}

static void use_file(int fd, int flags)
{
	char buf[24];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	show_stat(&st);
	if (!S_ISREG(st.st_mode) || (flags & O_PATH))
		return;
	if ((flags & O_ACCMODE) != O_RDONLY && st.st_size < 4000) {
		snprintf(buf, sizeof(buf), "written by %d\n", op_number);
		write(fd, buf, strlen(buf));
	} else if ((flags & O_ACCMODE) == O_RDONLY) {
		n = read(fd, buf, sizeof(buf) - 1);
		buf[n > 0 ? n : 0] = '\0';
		printf("  reads %.*s\n", (int)strcspn(buf, "\n"), buf);
	}
}

static int draw_flags(void)
{
	static const int extra[] = { O_CREAT, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW, O_DIRECTORY, O_PATH };
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR };
	int flags = modes[draw(4)];

	for (unsigned n = draw(4); n; n--)
		flags |= extra[draw(8)];
	if (draw(40) == 0)
		flags = O_TMPFILE | (draw(4) ? O_RDWR : O_RDONLY) | (draw(4) ? 0 : O_EXCL);
	return flags | O_NONBLOCK | O_CLOEXEC;
}

static void op_open(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw_flags(), mode = draw(2) ? 0644 : 0755, fd;
	unsigned slot = draw(SLOTS * 2);

	(void)b;
	draw_path(a, ANY);
	fd = openat(dir, a->s, flags, mode);
	result("open", fd, a, NULL, flags);
	use_file(fd, flags);
	keep_or_close(fd, slot);
}

static void op_openat2(struct text *a, struct text *b)
{
	static const int resolves[] = { 0, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS,
					RESOLVE_BENEATH, RESOLVE_IN_ROOT };
	struct open_how how = { .flags = draw_flags() };
	int dir = draw_dirfd(), fd;

	(void)b;
	how.mode = how.flags & O_CREAT ? 0644 : 0;
	how.resolve = resolves[draw(6)];
	draw_path(a, ANY);
	fd = syscall(SYS_openat2, dir, a->s, &how, sizeof(how));
	result("openat2", fd, a, NULL, how.flags | how.resolve << 28);
	use_file(fd, how.flags);
	keep_or_close(fd, SLOTS);
}

static void op_mkdir(struct text *a, struct text *b)
{
	int dir = draw_dirfd();

	(void)b;
	draw_path(a, NEW);
	result("mkdir", mkdirat(dir, a->s, draw(4) ? 0755 : 0700), a, NULL, 0);
}

static void op_unlink(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw(3) ? 0 : AT_REMOVEDIR;

	(void)b;
	draw_path(a, OLD);
	result("unlink", unlinkat(dir, a->s, flags), a, NULL, flags);
}

static void op_rename(struct text *a, struct text *b)
{
	int from = draw_dirfd(), to = draw_dirfd();
	unsigned flags = draw(3) ? 0 : 1 + draw(2);

	draw_path(a, OLD);
	draw_target(b, a, flags == RENAME_EXCHANGE ? OLD : NEW);
	if (draw(12) == 0) {
		draw_top(a); /* may carry binds along */
		draw_top(b);
	}
	result("rename", syscall(SYS_renameat2, from, a->s, to, b->s, flags), a, b, flags);
}

static void op_link(struct text *a, struct text *b)
{
	int from = draw_dirfd(), to = draw_dirfd(), flags = draw(2) ? 0 : AT_SYMLINK_FOLLOW;

	draw_path(a, OLD);
	draw_target(b, a, NEW);
	result("link", linkat(from, a->s, to, b->s, flags), a, b, flags);
}

static void op_symlink(struct text *a, struct text *b)
{
	int dir = draw_dirfd();

	draw_path(a, ANY);
	draw_path(b, NEW);
	result("symlink", symlinkat(a->s, dir, b->s), a, b, 0);
}

static void op_readlink(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), size = draw(5) ? (int)sizeof(b->s) - 1 : (int)draw(8);
	ssize_t n;

	draw_path(a, OLD);
	n = readlinkat(dir, a->s, b->s, size);
	result("readlink", n, a, NULL, size);
	if (n > 0) {
		b->len = n;
		b->s[n] = '\0';
		printf("  %s\n", shown(b));
	}
}

static void op_stat(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw(2) ? 0 : AT_SYMLINK_NOFOLLOW, r;
	struct stat st;

	(void)b;
	draw_path(a, OLD);
	r = fstatat(dir, a->s, &st, flags);
	result("stat", r, a, NULL, flags);
	if (r == 0)
		show_stat(&st);
}

static void op_access(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), mode = draw(8), flags = draw(3) ? 0 : AT_SYMLINK_NOFOLLOW;

	(void)b;
	draw_path(a, OLD);
	result("access", syscall(SYS_faccessat2, dir, a->s, mode, flags), a, NULL, mode | flags);
}

/* Is what `st` tells of above the directory, or that itself? */
static bool is_above(const struct stat *st, int dir)
{
	char way[80] = ".";
	struct stat at, root;

	if (stat("/", &root) < 0)
		return true;
	for (size_t n = 1; n + 4 < sizeof(way) && fstatat(dir, way, &at, 0) == 0; n += 3) {
		if (at.st_ino == st->st_ino && at.st_dev == st->st_dev)
			return true;
		if (at.st_ino == root.st_ino && at.st_dev == root.st_dev)
			return false;
		memcpy(way + n, "/..", 4);
	}
	return false;
}

/*
 * Neither a mount nor a cwd nor a descriptor needs search permission above it; under pr a bind
 * does, and so does what is found by ".." from the others: the manual says so under BINDS. So the
 * directories above binds stay open in all rounds, those above the others where there is "..". And
 * what is deeper than PATH_MAX is found by reading: in such rounds all can be.
 */
static bool is_on_the_way(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
		return false;
	if (closed)
		return true;
	for (int i = 0; i < POINTS; i++)
		if (points[i] >= 0 && is_above(&st, points[i]))
			return true;
	for (int i = 0; climbs && i < SLOTS; i++)
		if (slots[i] >= 0 && is_above(&st, slots[i]))
			return true;
	return climbs && is_above(&st, AT_FDCWD);
}

/* What may have something bound over it stays open, to be found wherever it is moved. */
static void open_points(void)
{
	static const char *const where[POINTS] = { "/w/bind", "/w/bind/inner", "/w/bind/inner/inner", "/w/ro",
						   "/w/a/b", "/w/a/nothing", "/w/twice" };

	for (int i = 0; i < POINTS; i++)
		points[i] = open(where[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void op_chmod(struct text *a, struct text *b)
{
	static const int modes[] = { 0755, 0755, 0755, 0700, 0644, 0500, 0300, 0400, 0111, 0000 };
	int dir = draw_dirfd(), mode = modes[draw(10)];

	(void)b;
	draw_path(a, OLD);
	mode |= is_on_the_way(dir, a->s) ? 0111 : 0;
	mode |= deep ? 0555 : 0;
	result("chmod", fchmodat(dir, a->s, mode, 0), a, NULL, mode);
}

static void op_truncate(struct text *a, struct text *b)
{
	int size = draw(3) * 10;

	(void)b;
	draw_path(a, OLD);
	result("truncate", truncate(a->s, size), a, NULL, size);
}

static void op_utimes(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw(2) ? 0 : AT_SYMLINK_NOFOLLOW, how = draw(3);
	struct timespec t[2] = { { 1000, 0 }, { 1000 + (long)draw(1000), 0 } };

	(void)b;
	draw_path(a, OLD);
	t[0].tv_nsec = how == 1 ? UTIME_OMIT : 0;
	t[1].tv_nsec = how == 2 ? UTIME_NOW : 0;
	result("utimes", utimensat(dir, a->s, t, flags), a, NULL, flags);
}

static void show_cwd(struct text *t)
{
	long r = syscall(SYS_getcwd, t->s, sizeof(t->s));

	t->len = r > 0 ? r - 1 : 0;
	printf("  cwd %s\n", r > 0 ? shown(t) : err_name(errno));
	r = readlink("/proc/self/cwd", t->s, sizeof(t->s) - 1);
	t->len = r > 0 ? r : 0;
	t->s[t->len] = '\0';
	printf("  link %s\n", r > 0 ? shown(t) : err_name(errno));
}

static void op_chdir(struct text *a, struct text *b)
{
	draw_path(a, OLD);
	result("chdir", chdir(a->s), a, NULL, 0);
	show_cwd(b);
}

static void op_fchdir(struct text *a, struct text *b)
{
	unsigned slot = draw(SLOTS);

	a->len = 0;
	a->s[0] = '\0';
	result("fchdir", fchdir(slots[slot]), a, NULL, slot);
	show_cwd(b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void op_list(struct text *a, struct text *b)
{
	static char *found[4000];
	struct dirent *e;
	int n = 0;
	DIR *dir;

	(void)b;
	draw_path(a, OLD);
	if (strncmp(a->s, "/proc", 5) == 0)
		a->s[1] = 'w'; /* what it lists is not ours to compare */
	dir = opendir(a->s);
	result("list", dir ? 0 : -1, a, NULL, 0);
	while (dir && n < 4000 && (e = readdir(dir))) {
		char text[300];

		snprintf(text, sizeof(text), "%.280s:%d", e->d_name, e->d_type);
		found[n++] = strdup(text);
	}
	qsort(found, n, sizeof(*found), by_name);
	for (int i = 0; i < n; i++) {
		struct stat st;

		/* The content of procfs changes by itself. */
		if (i == 0 && fstat(dirfd(dir), &st) == 0 && st.st_nlink > 50)
			n = 0;
		if (i < n)
			printf("  %.20s(%zu)\n", found[i], strlen(found[i]));
	}
	for (int i = 0; i < n; i++)
		free(found[i]);
	if (dir)
		closedir(dir);
}

static void op_xattr(struct text *a, struct text *b)
{
	char value[16] = "";
	ssize_t n;
	unsigned how = draw(5);

	(void)b;
	draw_path(a, OLD);
	switch (how) {
	case 0:
		result("setxattr", setxattr(a->s, "user.x", "value", 5, 0), a, NULL, 0);
		break;
	case 1:
		result("removexattr", removexattr(a->s, "user.x"), a, NULL, 0);
		break;
	case 2:
		result("lsetxattr", lsetxattr(a->s, "user.x", "other", 5, XATTR_CREATE), a, NULL, 0);
		break;
	default:
		n = how == 3 ? getxattr(a->s, "user.x", value, 10) : lgetxattr(a->s, "user.x", value, 10);
		result("getxattr", n, a, NULL, how);
		printf("  %s\n", value);
	}
}

static void op_mknod(struct text *a, struct text *b)
{
	static const int types[] = { S_IFIFO, S_IFREG, S_IFSOCK, S_IFCHR, 0 };
	int dir = draw_dirfd(), type = types[draw(5)];

	(void)b;
	draw_path(a, NEW);
	result("mknod", mknodat(dir, a->s, type | 0644, 0), a, NULL, type);
}

static int draw_address(struct text *a, struct sockaddr_un *ret)
{
	size_t n;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	draw_path(a, ANY);
	n = a->len < sizeof(ret->sun_path) ? a->len : sizeof(ret->sun_path);
	memcpy(ret->sun_path, a->s, n);
	if (n == 0)
		ret->sun_path[0] = 'x'; /* abstract names are the host's */
	return draw(2) ? (int)sizeof(*ret) : (int)(offsetof(struct sockaddr_un, sun_path) + n + !n);
}

static void show_address(const char *what, const struct sockaddr_un *addr, socklen_t len)
{
	int n = (int)len - (int)offsetof(struct sockaddr_un, sun_path), most = sizeof(addr->sun_path);

	/* one that fills its room is told with the NUL that has no room */
	printf("  %s %d %.*s\n", what, (int)len, n < 0 ? 0 : n > most ? most : n, addr->sun_path);
}

static void op_socket(struct text *a, struct text *b)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), binds = draw(2), r;
	struct sockaddr_un addr;
	socklen_t len = draw_address(a, &addr);

	(void)b;
	r = binds ? bind(fd, (void *)&addr, len) : connect(fd, (void *)&addr, len);
	result(binds ? "bind" : "connect", r, a, NULL, 0);
	len = sizeof(addr);
	if (r == 0 && getsockname(fd, (void *)&addr, &len) == 0)
		show_address("name", &addr, len);
	len = sizeof(addr);
	if (r == 0 && getpeername(fd, (void *)&addr, &len) == 0)
		show_address("peer", &addr, len);
	if (binds && r == 0) {
		close(slots[RECEIVER]);
		slots[RECEIVER] = fd;
	} else {
		close(fd);
	}
}

static void op_send(struct text *a, struct text *b)
{
	struct sockaddr_un addr;
	socklen_t len = draw_address(a, &addr);
	struct iovec part = { "x", 1 };
	struct msghdr msg = { .msg_name = &addr, .msg_namelen = len, .msg_iov = &part, .msg_iovlen = 1 };
	int receiver = slots[RECEIVER];
	int fd = receiver >= 0 ? receiver : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char byte;

	(void)b;
	if (draw(2))
		result("sendto", sendto(fd, "x", 1, MSG_DONTWAIT, (void *)&addr, len), a, NULL, 0);
	else
		result("sendmsg", sendmsg(fd, &msg, MSG_DONTWAIT), a, NULL, 0);
	len = sizeof(addr);
	while (receiver >= 0 && recvfrom(receiver, &byte, 1, MSG_DONTWAIT, (void *)&addr, &len) >= 0)
		show_address("from", &addr, len);
	if (fd != receiver)
		close(fd);
}

static void op_exec(struct text *a, struct text *b)
{
	(void)b;
	draw_path(a, OLD);
	if (strstr(a->s, "proc"))
		a->s[0] = 'a';
	result("exec", execve(a->s, (char *[]){ "x", NULL }, (char *[]){ NULL }), a, NULL, 0);
}

static void op_watch(struct text *a, struct text *b)
{
	int fd = inotify_init1(IN_CLOEXEC), flags = draw(2) ? IN_MODIFY : IN_MODIFY | IN_DONT_FOLLOW;
	struct statfs fs;

	(void)b;
	draw_path(a, OLD);
	result("watch", inotify_add_watch(fd, a->s, flags), a, NULL, flags);
	result("statfs", statfs(a->s, &fs), a, NULL, 0);
	close(fd);
}

static void op_slot(struct text *a, struct text *b)
{
	unsigned k = draw(SLOTS);
	char name[40];
	ssize_t n;

	if (slots[k] < 0 && !closed) {
		draw_path(a, OLD);
		slots[k] = open(a->s, O_CLOEXEC | O_NONBLOCK | (draw(2) ? O_PATH : O_RDONLY) |
					      (k < SLOTS - 1 ? O_DIRECTORY : 0));
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", slots[k]);
	n = readlink(name, b->s, sizeof(b->s) - 1);
	b->len = n > 0 ? n : 0;
	b->s[b->len] = '\0';
	printf("%d slot %u -> %s\n", op_number, k, n > 0 ? shown(b) : err_name(errno));
	if (draw(8) == 0 && slots[k] >= 0) {
		close(slots[k]);
		slots[k] = -1;
	}
}

static void op_owner(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw(2) ? 0 : AT_SYMLINK_NOFOLLOW;

	(void)b;
	draw_path(a, OLD);
	result("chown", fchownat(dir, a->s, getuid(), -1, flags), a, NULL, flags);
}

/* Calls that change what a descriptor is open on. */
static void op_fd(struct text *a, struct text *b)
{
	unsigned k = draw(SLOTS), how = draw(6);
	struct timespec t[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat st;
	int fd = slots[k], r = -1;

	(void)b;
	a->len = snprintf(a->s, sizeof(a->s), "fd %u", k);
	switch (how) {
	case 0: r = futimens(fd, t); break;
	case 1: r = fchmod(fd, fstat(fd, &st) < 0 ? 0 : st.st_mode & 07777); break;
	case 2: r = fchown(fd, getuid(), -1); break;
	case 3: r = ftruncate(fd, 5); break;
	case 4: r = fsetxattr(fd, "user.x", "fd", 2, 0); break;
	case 5: r = fremovexattr(fd, "user.x"); break;
	}
	printf("%d fd %u how %u = %s\n", op_number, k, how, r < 0 ? err_name(errno) : "ok");
}

/* "" with AT_EMPTY_PATH: the descriptor itself, which may be of any kind, or the cwd. */
static void op_empty(struct text *a, struct text *b)
{
	static const char *const calls[] = { "stat", "chown", "utimes", "chmod", "link", "access" };
	struct timespec t[2] = { { 1000, 0 }, { 1000, 0 } };
	/* linkat asks whether the descriptor was opened by the same credentials: not told of */
	int dir = draw_dirfd(), how = draw(identity ? 4 : 6), r = -1;
	struct stat st;

	a->len = 0;
	a->s[0] = '\0';
	draw_path(b, NEW);
	switch (how) {
	case 0: r = fstatat(dir, "", &st, AT_EMPTY_PATH); break;
	case 1: r = fchownat(dir, "", getuid(), -1, AT_EMPTY_PATH); break;
	case 2: r = utimensat(dir, "", t, AT_EMPTY_PATH); break;
	case 3: r = syscall(SYS_fchmodat2, dir, "", 0755, AT_EMPTY_PATH); break;
	case 4: r = linkat(dir, "", AT_FDCWD, b->s, AT_EMPTY_PATH); break;
	case 5: r = syscall(SYS_faccessat2, dir, "", W_OK, AT_EMPTY_PATH); break;
	}
	printf("%d empty %s %s = %s\n", op_number, calls[how], how == 4 ? shown(b) : "",
	       r < 0 ? err_name(errno) : "ok");
}

/* A name for what a descriptor is open on: a file of O_TMPFILE, or one that has names already. */
static void op_name(struct text *a, struct text *b)
{
	a->len = snprintf(a->s, sizeof(a->s), "/proc/self/fd/%d", slots[draw(2) ? SLOTS - 1 : draw(SLOTS)]);
	draw_path(b, NEW);
	result("name", linkat(AT_FDCWD, a->s, draw_dirfd(), b->s, AT_SYMLINK_FOLLOW), a, b, 0);
}

/* Deeper than a path may be long, a few steps at a time; there is one such way. */
static void op_deep(struct text *a, struct text *b)
{
	int r = 0;

	if (!deep)
		return op_stat(a, b);
	memset(a->s, 'D', 200);
	a->s[a->len = 200] = '\0';
	for (unsigned n = 1 + draw(12); n && r == 0; n--) {
		r = mkdir(a->s, 0755);
		result("deeper", r = chdir(a->s), a, NULL, 0);
	}
	show_cwd(b);
}

static void run_one(struct text *a, struct text *b);

/* A few calls in a child, which may share the cwd and the descriptors with us. */
static void op_child(struct text *a, struct text *b)
{
	static const int kinds[] = { 0, 0, CLONE_FS, CLONE_FILES, CLONE_FS | CLONE_FILES };
	static int own_slots[KEPT];
	int flags = kinds[draw(5)], status = 0;
	pid_t pid;

	if (is_child)
		return op_stat(a, b);
	draw(2); /* not the same calls twice */
	printf("%d child %x\n", op_number, flags);
	fflush(stdout);
	pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		is_child = true;
		if (!(flags & CLONE_FILES))
			slots = memcpy(own_slots, slots, sizeof(own_slots));
		for (int i = 0; i < 5; i++)
			run_one(a, b);
		fflush(stdout);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	for (int i = 0; i < 9; i++)
		draw(2);
	printf("  child's status %d\n", status);
}

/* What an ordinary user may not do, but not before the name is found. */
static void op_refused(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw(2) ? AT_SYMLINK_FOLLOW : 0, id;
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + 128];
	} handle = { .head.handle_bytes = 128 };

	(void)b;
	draw_path(a, OLD);
	switch (draw(3)) {
	case 0: result("chroot", chroot(a->s), a, NULL, 0); break;
	case 1: result("umount", umount2(a->s, flags ? UMOUNT_NOFOLLOW : 0), a, NULL, flags); break;
	default:
		result("handle", name_to_handle_at(dir, a->s, &handle.head, &id, flags) ? -1 : 0, a, NULL,
		       flags);
	}
}

/* ---- with an identity: owners, and others than root --------------------------------------------- */

static const struct actor {
	uid_t uid;
	gid_t gid, also; /* a supplementary group; 0: none */
} actors[] = { { 0, 0, 0 }, { 10, 20, 0 }, { 11, 21, 20 } };

static unsigned actor;

/* The saved ids stay root's: the way back. */
static void become(unsigned who)
{
	const struct actor *a = &actors[who];

	NEED(setresuid(0, 0, 0) == 0 && setgroups(a->also ? 1 : 0, &a->also) == 0);
	NEED(setresgid(a->gid, a->gid, 0) == 0 && setresuid(a->uid, a->uid, 0) == 0);
}

static void op_become(struct text *a, struct text *b)
{
	static const int masks[] = { 022, 022, 002, 0, 077 };

	(void)a, (void)b;
	actor = draw(4) % 3;
	become(actor);
	umask(masks[draw(5)]);
	printf("%d actor %u\n", op_number, actor);
}

static int draw_id(void)
{
	static const int ids[] = { -1, 0, 10, 11, 20, 21, 30 };

	return ids[draw(7)];
}

static void op_give(struct text *a, struct text *b)
{
	int dir = draw_dirfd(), flags = draw(2) ? 0 : AT_SYMLINK_NOFOLLOW, uid = draw_id();
	int gid = draw_id();

	(void)b;
	draw_path(a, OLD);
	result("give", fchownat(dir, a->s, uid, gid, flags), a, NULL, flags);
}

/*
 * The bits above the permissions, and what all may do. Set-id bits for directories alone: writing
 * takes them from files, and root of a user namespace, unlike the real one, cannot help it.
 */
static void op_bits(struct text *a, struct text *b)
{
	static const int modes[] = { 0755, 0777, 01777, 02775, 02755, 04755, 06711, 02644, 0070, 0707 };
	int dir = draw_dirfd(), mode = modes[draw(10)];
	struct stat st;

	(void)b;
	draw_path(a, OLD);
	if (fstatat(dir, a->s, &st, 0) < 0 || !S_ISDIR(st.st_mode))
		mode &= 01777;
	mode |= is_on_the_way(dir, a->s) ? 0111 : 0;
	mode |= deep ? 0555 : 0;
	result("chmod", fchmodat(dir, a->s, mode, 0), a, NULL, mode);
}

static void op_fd_owner(struct text *a, struct text *b)
{
	unsigned k = draw(SLOTS);
	int uid = draw_id(), gid = draw_id(), r;
	struct stat st;

	(void)a, (void)b;
	r = fchown(slots[k], uid, gid);
	printf("%d fd %u owner = %s\n", op_number, k, r < 0 ? err_name(errno) : "ok");
	if (fstat(slots[k], &st) == 0)
		show_stat(&st);
}

/* ---- a round -------------------------------------------------------------------------------- */

/* Gives back the rights that chmod took; sorted, so that the order of a directory does not matter. */
static void repair(const char *dir, int depth)
{
	struct dirent **list;
	int n;

	chmod(dir, 0755);
	n = depth < 12 ? scandir(dir, &list, NULL, alphasort) : -1;
	for (int i = 0; i < n; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.') {
			if (draw(3) == 0)
				remember(name);
			if (list[i]->d_type == DT_DIR)
				repair(name, depth + 1);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void (*const ops[])(struct text *, struct text *) = {
	op_open, op_open, op_open, op_open, op_openat2, op_mkdir, op_mkdir, op_mkdir, op_unlink,
	op_unlink, op_rename, op_rename, op_rename, op_rename, op_link, op_symlink, op_symlink,
	op_readlink, op_stat, op_stat, op_access, op_chmod, op_truncate, op_utimes, op_chdir, op_chdir,
	op_fchdir, op_list, op_list, op_xattr, op_mknod, op_socket, op_exec, op_watch, op_slot,
	op_owner, op_fd, op_empty, op_send, op_name, op_deep, op_child, op_refused,
};

/* In place of what an ordinary user is refused. */
static void (*const identity_ops[])(struct text *, struct text *) = {
	op_become, op_become, op_give, op_give, op_give, op_bits, op_bits, op_fd_owner,
};

enum { OPS = sizeof(ops) / sizeof(ops[0]), IDENTITY_OPS = sizeof(identity_ops) / sizeof(identity_ops[0]) };

static void run_one(struct text *a, struct text *b)
{
	unsigned k = draw(identity ? OPS - 1 + IDENTITY_OPS : OPS);

	if (identity && k >= OPS - 1)
		identity_ops[k - (OPS - 1)](a, b);
	else
		ops[k](a, b);
}

/* Everything is root's to repair. */
static void repair_all(void)
{
	if (identity)
		become(0);
	repair("/w", 0);
	if (identity)
		become(actor);
}

static void show_tree(const char *dir, int depth)
{
	struct dirent **list;
	int n = depth < 12 ? scandir(dir, &list, NULL, alphasort) : -1;

	for (int i = 0; i < n; i++) {
		char name[4096];
		struct stat st;

		snprintf(name, sizeof(name), "%s/%s", dir, list[i]->d_name);
		if (strcmp(list[i]->d_name, ".") == 0 || strcmp(list[i]->d_name, "..") == 0 ||
		    lstat(name, &st) < 0)
			continue;
		printf("%.30s...(%zu)", name, strlen(name));
		show_stat(&st);
		if (S_ISDIR(st.st_mode))
			show_tree(name, depth + 1);
	}
}

int main(int argc, char **argv)
{
	static struct text a, b;
	int count = argc > 2 ? atoi(argv[2]) : 1000, repair_at = 30;
	unsigned seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;

	for (int i = 3; i < argc; i++) {
		identity |= strcmp(argv[i], "identity") == 0;
		closed |= strcmp(argv[i], "closed") == 0;
	}
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	memset(long_name, 'L', sizeof(long_name) - 1);
	state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	for (int i = 0; i < 8; i++)
		draw(2);
	climbs = draw(2);
	deep = draw(16) == 0;
	open_points();
	slots = mmap(NULL, KEPT * sizeof(*slots), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(slots != MAP_FAILED);
	memset(slots, -1, KEPT * sizeof(*slots));
	NEED(chdir("/w") == 0);
	repair_all();
	for (op_number = 0; op_number < count; op_number++) {
		run_one(&a, &b);
		if (op_number % 100 == repair_at) {
			repair_all();
			repair_at = (repair_at + 20 + draw(60)) % 100;
		}
		if (op_number % 200 == 199)
			chdir("/w");
	}
	actor = 0;
	repair_all();
	show_tree("/w", 0);
	return 0;
}
