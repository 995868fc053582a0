// SPDX-License-Identifier: MIT
/*
 * The walk on the real host against the kernel's own: openat2(RESOLVE_IN_ROOT) for lookups, and a
 * chroot over a twin of the tree for calls that make and remove entries. Same object or same errno.
 */
#include "path/hostfs.h"

#include <sched.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "path/canon.h"
#include "path/view.h"
#include "randomtree.h"
#include "unit.h"

#define TREES 250
#define PATHS 100
#define TWINS 60
#define OPS   150

static char top[64];
static struct bind root_bind;
static struct view view = { .binds = &root_bind, .count = 1 };
static struct canon w;

static void set_root(const char *dir)
{
	root_bind = (struct bind){ .guest = GPATH("/"), .host = HPATH(dir) };
	root_bind.guest_len = 1;
	root_bind.host_len = strlen(dir);
}

static void setup(void)
{
	char *real;

	snprintf(top, sizeof(top), "/tmp/pr-canon-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	real = realpath(top, NULL);
	snprintf(top, sizeof(top), "%s", real);
	free(real);
}

static void teardown(void)
{
	random_tree_remove(top);
}

struct object {
	int error; /* errno, or 0 */
	dev_t dev;
	ino_t ino;
};

static struct object object_of(int fd)
{
	struct stat st;

	if (fd < 0)
		return (struct object){ .error = errno };
	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	return (struct object){ .dev = st.st_dev, .ino = st.st_ino };
}

static bool same(struct object a, struct object b)
{
	return a.error == b.error && a.dev == b.dev && a.ino == b.ino;
}

/* What the kernel finds with `root` as its root. */
static struct object kernel_lookup(const char *root, const char *path, int flags)
{
	struct open_how how = { .flags = O_PATH | flags, .resolve = RESOLVE_IN_ROOT };
	int root_fd = open(root, O_PATH);
	struct object o;
	int fd;

	do /* EAGAIN: someone renamed something somewhere, ".." might have been raced */
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	o = object_of(fd);
	close(root_fd);
	return o;
}

/* What the kernel finds at the name that the walk answered. */
static struct object our_lookup(int r, int flags)
{
	if (r < 0)
		return (struct object){ .error = -r };
	return object_of(open(w.host.s, O_PATH | flags));
}

/* Flags and guest name must agree with what was found. */
static void check_promises(const char *where, struct object found, const char *base,
			   const char *path, int flags)
{
	struct pathbuf host;

	if (w.flags & CANON_ERROR)
		ck_assert_msg(found.error == -w.error, "%s: error %d", where, w.error);
	if (w.flags & CANON_MISSING)
		ck_assert_msg(found.error == ENOENT, "%s: found, said to be missing", where);
	if (w.flags & CANON_PLAIN) {
		int base_fd = open(base, O_PATH);

		ck_assert_msg(same(found, object_of(openat(base_fd, path, O_PATH | flags))),
			      "%s: not plain", where);
		close(base_fd);
	}
	if (found.error == 0) {
		view_to_host(&view, GPATH(w.guest.s), &host);
		ck_assert_msg(same(found, object_of(open(host.s, O_PATH | O_NOFOLLOW))),
			      "%s: guest name %s is another object", where, w.guest.s);
	}
}

static void compare_lookup(struct hostfs *fs, const char *root, const char *base, const char *path,
			   enum canon_last last)
{
	int flags = last == CANON_FOLLOW ? 0 : O_NOFOLLOW;
	char joined[PATH_LIMIT], where[8 * PATH_LIMIT];
	struct canon_base from = { .guest = GPATH(base) };
	struct object want, got;
	struct pathbuf host;

	snprintf(joined, sizeof(joined), "%s/%s", base, path);
	want = kernel_lookup(root, path[0] == '/' ? path : joined, flags);
	w.view = &view;
	w.ops = &hostfs_ops;
	w.ctx = fs;
	got = our_lookup(canon_walk(&w, from, path, last), O_NOFOLLOW);
	if (w.host.s[w.host.len - 1] == '/') /* open(2) would follow it: it is no link any more */
		got = same(got, want) ? got : our_lookup(0, flags);
	snprintf(where, sizeof(where), "%s: base %s, path %s -> %s (%s, openat2 %d)", root, base,
		 path, w.host.s, last == CANON_FOLLOW ? "follow" : "nofollow", fs->openat2);
	ck_assert_msg(same(want, got), "%s: kernel errno %d, we %d", where, want.error, got.error);
	if (want.error == ELOOP || want.error == ENAMETOOLONG)
		return;
	view_to_host(&view, GPATH(base), &host);
	check_promises(where, want, host.s, path, flags);
}

START_TEST(lookups_as_the_kernel)
{
	static const char *const bases[] = { "/", "/", "/a", "/b", "/a/b", "/c/a", "/d/e/a" };
	uint64_t seed = random_seed();
	char root[128], path[2048];
	struct hostfs with = { 0 }, without = { .openat2 = HOSTFS_NO_OPENAT2 };

	for (int t = 0; t < TREES; t++) {
		snprintf(root, sizeof(root), "%s/%d", top, t);
		random_tree(root, seed + t);
		set_root(root);
		for (int i = 0; i < PATHS; i++) {
			const char *base = bases[random_below(ROWS(bases))];
			enum canon_last last = random_below(2) ? CANON_FOLLOW : CANON_NOFOLLOW;
			char host[256];

			/* a base is canonical: a directory that may be searched, no link on the way */
			snprintf(host, sizeof(host), "%s%s/.", root, base);
			if (hostfs_ops.is_plain(&with, HPATH(host), true) != 1)
				base = "/";
			random_path(path, sizeof(path));
			compare_lookup(&with, root, base, path, last);
			compare_lookup(&without, root, base, path, last);
		}
		random_tree_remove(root);
	}
}
END_TEST

/* ---- calls that make and remove -------------------------------------------------------------- */

enum op {
	OP_MKDIR,
	OP_RMDIR,
	OP_UNLINK,
	OP_MKFIFO,
	OP_SYMLINK,
	OP_LINK,
	OP_RENAME,
	OP_CREATE,
	OP_CREATE_EXCL,
	OP_CREATE_NOFOLLOW,
	OP_OPEN_DIR,
	OP_COUNT,
};

static int do_op(enum op op, const char *a, const char *b)
{
	int fd = -1;

	switch (op) {
	case OP_MKDIR:
		return mkdir(a, 0755) < 0 ? errno : 0;
	case OP_RMDIR:
		return rmdir(a) < 0 ? errno : 0;
	case OP_UNLINK:
		return unlink(a) < 0 ? errno : 0;
	case OP_MKFIFO:
		return mkfifo(a, 0644) < 0 ? errno : 0;
	case OP_SYMLINK:
		return symlink("../b/c", a) < 0 ? errno : 0;
	case OP_LINK:
		return link(b, a) < 0 ? errno : 0;
	case OP_RENAME:
		return rename(b, a) < 0 ? errno : 0;
	case OP_CREATE:
		fd = open(a, O_CREAT | O_RDONLY | O_NONBLOCK, 0644);
		break;
	case OP_CREATE_EXCL:
		fd = open(a, O_CREAT | O_EXCL | O_WRONLY | O_NONBLOCK, 0644);
		break;
	case OP_CREATE_NOFOLLOW:
		fd = open(a, O_CREAT | O_NOFOLLOW | O_RDONLY | O_NONBLOCK, 0644);
		break;
	default:
		fd = open(a, O_DIRECTORY | O_RDONLY);
		break;
	}
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static enum canon_last rule_of(enum op op)
{
	switch (op) {
	case OP_OPEN_DIR:
		return CANON_FOLLOW;
	case OP_CREATE:
		return CANON_CREATE;
	case OP_CREATE_EXCL:
	case OP_CREATE_NOFOLLOW:
		return CANON_CREATE_NOFOLLOW;
	default:
		return CANON_PARENT;
	}
}

/*
 * The name to hand to the kernel, also for what the walk says itself: behind a link to itself the
 * kernel finds ELOOP, in its own order of checks.
 */
static void walk_for_kernel(const char *path, enum canon_last last, struct pathbuf *ret)
{
	static struct hostfs fs;
	char loop[128];
	int r;

	w.view = &view;
	w.ops = &hostfs_ops;
	w.ctx = &fs;
	r = canon_walk(&w, (struct canon_base){ .guest = GPATH("/") }, path, last);
	ck_assert_msg(r == 0 || r == -ELOOP, "%s: %d", path, r);
	if (r == 0) {
		pathbuf_set_n(ret, w.host.s, w.host.len);
		return;
	}
	snprintf(loop, sizeof(loop), "%s/loop", top);
	ck_assert(symlink("loop", loop) == 0 || errno == EEXIST);
	pathbuf_set(ret, loop);
	pathbuf_append(ret, "/.");
}

static int do_op_walked(enum op op, const char *a, const char *b)
{
	static struct pathbuf host, old;

	if (op == OP_LINK || op == OP_RENAME)
		walk_for_kernel(b, op == OP_LINK ? CANON_NOFOLLOW : CANON_PARENT, &old);
	walk_for_kernel(a, rule_of(op), &host);
	if (op == OP_RMDIR && (w.flags & CANON_AT_BIND))
		return EBUSY;
	return do_op(op, host.s, old.s);
}

struct op_row {
	enum op op;
	char a[2048], b[2048];
	int error; /* of the oracle */
};

/* Runs all rows in a chroot over `root`; false: we may not have one. */
static bool run_in_chroot(struct op_row *rows, const char *root)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		if (chroot(root) < 0 || chdir("/") < 0)
			_exit(77);
		for (int i = 0; i < OPS; i++)
			rows[i].error = do_op(rows[i].op, rows[i].a, rows[i].b);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

static void compare_twins(struct op_row *rows, uint64_t seed, int t)
{
	char oracle[128], ours[128];

	snprintf(oracle, sizeof(oracle), "%s/oracle%d", top, t);
	snprintf(ours, sizeof(ours), "%s/ours%d", top, t);
	random_tree(oracle, seed);
	random_tree(ours, seed);
	set_root(ours);
	for (int i = 0; i < OPS; i++) {
		rows[i].op = random_below(OP_COUNT);
		random_path(rows[i].a, sizeof(rows[i].a));
		random_path(rows[i].b, sizeof(rows[i].b));
	}
	if (run_in_chroot(rows, oracle)) {
		for (int i = 0; i < OPS; i++) {
			int error = do_op_walked(rows[i].op, rows[i].a, rows[i].b);

			ck_assert_msg(
				error == rows[i].error,
				"tree %d row %d op %d: %s (from %s) -> %s: errno %d, kernel %d", t,
				i, rows[i].op, rows[i].a, rows[i].b, w.host.s, error,
				rows[i].error);
		}
	}
	random_tree_remove(oracle);
	random_tree_remove(ours);
}

START_TEST(changes_as_in_a_chroot)
{
	struct op_row *rows = mmap(NULL, OPS * sizeof(*rows), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t seed = random_seed();

	ck_assert_ptr_ne(rows, MAP_FAILED);
	for (int t = 0; t < TWINS; t++)
		compare_twins(rows, seed + t, t);
	munmap(rows, OPS * sizeof(*rows));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("path_hostfs");
	TCase *c = tcase_create("random");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, lookups_as_the_kernel);
	tcase_add_test(c, changes_as_in_a_chroot);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(suite)
