// SPDX-License-Identifier: MIT
/*
 * The walk on a fake host, where every answer is known. Each row is walked with and without the
 * fast path, which must not show. tests/unit/test_path_hostfs.c compares with the kernel.
 */
#include "path/canon.h"

#include "fakefs.h"
#include "path/view.h"
#include "unit.h"

static const struct fake_node nodes[] = {
	{ 'd', "/r", 0 },
	{ 'd', "/r/usr", 0 },
	{ 'd', "/r/usr/bin", 0 },
	{ 'f', "/r/usr/bin/sh", 0 },
	{ 'l', "/r/usr/bin/sh2", "sh" },
	{ 'd', "/r/etc", 0 },
	{ 'f', "/r/etc/passwd", 0 },
	{ 'l', "/r/bin", "usr/bin" },
	{ 'l', "/r/abs", "/usr" },
	{ 'l', "/r/loop", "loop" },
	{ 'l', "/r/dangling", "missing" },
	{ 'l', "/r/dangslash", "missing/" },
	{ 'l', "/r/dangdir", "nodir/missing" },
	{ 'l', "/r/usrslash", "usr/" },
	{ 'l', "/r/fileslash", "etc/passwd/" },
	{ 'l', "/r/slashes", "///" },
	{ 'l', "/r/updots", "../../.." },
	{ 'l', "/r/usrdot", "usr/." },
	{ 'l', "/r/usr/parent", ".." },
	{ 'l', "/r/toproj", "/home/u/proj/x" },
	{ 'd', "/r/closed", 0 },
	{ 'x', "/r/shut", 0 },
	{ 'd', "/r/shut/in", 0 },
	{ 'd', "/r/home", 0 },
	{ 'd', "/r/home/u", 0 },
	{ 'f', "/r/home/u/rc", 0 },
	{ 'l', "/r/home/u/torc", "rc" },
	{ 'l', "/r/home/u/absrc", "/home/u/rc" },
	{ 'd', "/r/home/u/proj", 0 }, /* covered by a bind */
	{ 'f', "/r/home/u/proj/covered", 0 },
	{ 'f', "/r/etc/hosts", 0 },
	{ 'd', "/host", 0 },
	{ 'd', "/host/proj", 0 },
	{ 'd', "/host/proj/sub", 0 },
	{ 'f', "/host/proj/sub/y", 0 },
	{ 'f', "/host/proj/x", 0 },
	{ 'l', "/host/proj/out", "/etc/passwd" },
	{ 'l', "/host/proj/rc", "../rc" },
	{ 'f', "/host/hosts", 0 },
	{ 'd', "/host/in", 0 },
	{ 'f', "/host/in/z", 0 },
	{ 'd', "/host/ab", 0 },
	{ 'f', "/host/ab/f", 0 },
	{ 'd', "/sess", 0 },
	{ 'd', "/sess/opt", 0 },
	{ 'd', "/sess/opt/a", 0 },
	{ 'd', "/sess/opt/a/b", 0 },
	{ 'd', "/dev", 0 },
	{ 'f', "/dev/null", 0 },
	{ 'd', "/out", 0 },
	{ 'd', "/out/deep", 0 },
	{ 'd', "/out/deep/sub", 0 },
	{ 'f', "/out/deep/sub/f", 0 },
	{ 'l', "/out/deep/sub/abs", "/etc/passwd" },
	{ 'l', "/out/deep/sub/rel", "f" },
	{ 'f', "/pipe", 0 },
	{ 'd', "/proc", 0 },
	{ 'l', "/proc/self", "12" },
	{ 'l', "/proc/thread-self", "12/task/12" },
	{ 'l', "/proc/mounts", "self/mounts" },
	{ 'd', "/proc/self/fd", 0 }, /* as a bind's source, seen through no link */
	{ 'm', "/proc/self/fd/0", "/pipe" },
	{ 'd', "/proc/12", 0 },
	{ 'f', "/proc/12/mounts", 0 },
	{ 'd', "/proc/12/task", 0 },
	{ 'd', "/proc/12/task/12", 0 },
	{ 'l', "/proc/12/task/12/cwd", "/home/u" },
	{ 'l', "/proc/12/cwd", "/home/u" },
	{ 'l', "/proc/12/root", "/" },
	{ 'l', "/proc/12/exe", "/usr/bin/sh" },
	{ 'd', "/proc/12/ns", 0 },
	{ 'l', "/proc/12/ns/mnt", "mnt:[1]" },
	{ 'd', "/proc/12/fd", 0 },
	{ 'l', "/proc/12/fd/3", "/etc/passwd" },
	{ 'l', "/proc/12/fd/4", "/usr" },
	{ 'm', "/proc/12/fd/5", "/pipe" },
	{ 'm', "/proc/12/fd/6", "/out/deep" },
	{ 'm', "/proc/12/fd/7", "/host/proj/sub" },
	{ 'm', "/proc/12/fd/8", "/r/home/u" },
	{ 'd', "/proc/13", 0 },
	{ 'm', "/proc/13/root", "/out" },
	{ 'm', "/proc/13/cwd", "/out/deep" },
};

#define BIND(g, h, f)                                                       \
	{ .guest = { g }, .host = { h }, .guest_len = sizeof(g) - 1,        \
	  .host_len = sizeof(h) - 1, .flags = f }
static struct bind binds[] = {
	BIND("/", "/r", 0),
	BIND("/dev", "/dev", 0),
	BIND("/dev/fd", "/proc/self/fd", BIND_UNLISTED),
	BIND("/dev/stdin", "/proc/self/fd/0", BIND_FILE | BIND_UNLISTED),
	BIND("/etc/hosts", "/host/hosts", BIND_FILE | BIND_RO),
	BIND("/home/u/proj", "/host/proj", 0),
	BIND("/nothing", "/host/nothing", BIND_FILE | BIND_UNLISTED),
	BIND("/opt", "/sess/opt", BIND_SKELETON | BIND_UNLISTED | BIND_RO),
	BIND("/opt/a/b", "/host/ab", 0),
	BIND("/proc", "/proc", 0),
	BIND("/shut/in", "/host/in", 0),
};
static const struct view view = { .binds = binds, .count = ROWS(binds) };

#define F     CANON_FOLLOW
#define N     CANON_NOFOLLOW
#define P     CANON_PARENT
#define MISS  CANON_MISSING
#define PLAIN CANON_PLAIN
#define MAGIC CANON_MAGIC
#define OUT   CANON_OUTSIDE
#define BP    CANON_AT_BIND
#define ERR   CANON_ERROR
#define DOTS  CANON_DOTS
#define ROOT  (CANON_AT_ROOT | CANON_AT_BIND)

static const struct row {
	/* guest name; "*" + a host name: a directory without a guest name; or both */
	const char *base;
	const char *path;
	enum canon_last last;
	const char *guest; /* NULL: not valid */
	const char *host;
	unsigned flags;
	int error; /* with ERR: of the walk; else what canon_walk returns */
} rows[] = {
	/* names, slashes, dots */
	{ "/", "", F, 0, 0, 0, -ENOENT },
	{ "/", "/", F, "/", "/r", ROOT, 0 },
	{ "/", "///", F, "/", "/r", ROOT, 0 },
	{ "/", ".", F, "/", "/r", BP | PLAIN, 0 },
	{ "/usr", ".", N, "/usr", "/r/usr", PLAIN, 0 },
	{ "/usr", "./", N, "/usr", "/r/usr", PLAIN, 0 },
	{ "/usr", "bin/sh", F, "/usr/bin/sh", "/r/usr/bin/sh", PLAIN, 0 },
	{ "/usr", "./bin/./sh", F, "/usr/bin/sh", "/r/usr/bin/sh", PLAIN, 0 },
	{ "/usr", "bin//", F, "/usr/bin", "/r/usr/bin/", PLAIN, 0 },
	{ "/usr", "bin/.", F, "/usr/bin", "/r/usr/bin", PLAIN, 0 },
	{ "/etc", "/usr//bin///sh", F, "/usr/bin/sh", "/r/usr/bin/sh", 0, 0 },
	{ "/", "usr/bin/sh/", F, "/usr/bin/sh", "/r/usr/bin/sh/", PLAIN, 0 },
	{ "/", "usr/bin/sh/.", F, "/usr/bin/sh", "/r/usr/bin/sh/" CANON_NOWHERE, ERR, -ENOTDIR },
	{ "/", "usr/bin/sh/..", F, "/usr/bin/sh", "/r/usr/bin/sh/" CANON_NOWHERE, ERR, -ENOTDIR },
	{ "/", "usr/bin/sh/x/y", F, "/usr/bin/sh", "/r/usr/bin/sh/" CANON_NOWHERE, ERR, -ENOTDIR },
	{ "/usr/bin/sh", "x", F, "/usr/bin/sh/x", "/r/usr/bin/sh/x", ERR, -ENOTDIR },
	{ "/usr/bin/sh", "..", F, "/usr/bin/sh", "/r/usr/bin/sh/" CANON_NOWHERE, ERR, -ENOTDIR },
	/* ".." */
	{ "/", "..", F, "/", "/r", BP, 0 },
	{ "/usr/bin", "../../../../etc/passwd", F, "/etc/passwd", "/r/etc/passwd", 0, 0 },
	{ "/", "usr/bin/..", N, "/usr", "/r/usr", 0, 0 },
	{ "/", "bin/..", F, "/usr", "/r/usr", 0, 0 },
	{ "/", "nowhere/../etc", F, "/nowhere", "/r/nowhere/" CANON_NOWHERE, ERR, -ENOENT },
	{ "/", "shut/..", F, "/shut", "/r/shut/" CANON_NOWHERE, ERR, -EACCES },
	{ "/", "shut/.", F, "/shut", "/r/shut/.", ERR, -EACCES },
	{ "/shut", "x", F, "/shut/x", "/r/shut/x", ERR, -EACCES },
	{ "/", "shut/in2/y", F, "/shut/in2", "/r/shut/in2/" CANON_NOWHERE, ERR, -EACCES },
	{ "/home/u/proj", "..", F, "/home/u", "/r/home/u", 0, 0 },
	{ "/home/u/proj", "../proj/sub/../x", F, "/home/u/proj/x", "/host/proj/x", 0, 0 },
	/* missing */
	{ "/", "new", F, "/new", "/r/new", MISS | PLAIN, 0 },
	{ "/", "new/", F, "/new", "/r/new/", MISS | PLAIN, 0 },
	{ "/", "new/.", F, "/new", "/r/new/" CANON_NOWHERE, ERR, -ENOENT },
	{ "/", "usr/bin/new", P, "/usr/bin/new", "/r/usr/bin/new", MISS | PLAIN, 0 },
	{ "/", "/usr/bin/new/", P, "/usr/bin/new", "/r/usr/bin/new/", MISS, 0 },
	{ "/", "/usr/new/x/y", P, "/usr/new", "/r/usr/new/" CANON_NOWHERE, ERR, -ENOENT },
	/* links */
	{ "/", "bin", F, "/usr/bin", "/r/usr/bin", 0, 0 },
	{ "/", "bin", N, "/bin", "/r/bin", PLAIN, 0 },
	{ "/", "bin/", N, "/usr/bin", "/r/usr/bin/", 0, 0 },
	{ "/", "bin/", P, "/bin", "/r/bin/", PLAIN, 0 },
	{ "/", "/bin/sh", N, "/usr/bin/sh", "/r/usr/bin/sh", 0, 0 },
	{ "/", "/usr/bin/sh2", N, "/usr/bin/sh2", "/r/usr/bin/sh2", 0, 0 },
	{ "/", "/usr/bin/sh2", F, "/usr/bin/sh", "/r/usr/bin/sh", 0, 0 },
	{ "/", "usr/bin/sh2/", F, "/usr/bin/sh", "/r/usr/bin/sh/", 0, 0 },
	{ "/", "abs/bin/sh", F, "/usr/bin/sh", "/r/usr/bin/sh", 0, 0 },
	{ "/", "usr/parent/usr/parent/etc", F, "/etc", "/r/etc", 0, 0 },
	{ "/", "slashes", F, "/", "/r", BP, 0 },
	{ "/", "slashes/", N, "/", "/r", BP, 0 },
	{ "/", "updots/etc", F, "/etc", "/r/etc", 0, 0 },
	{ "/", "usrdot", F, "/usr", "/r/usr", 0, 0 },
	{ "/", "usrslash", F, "/usr", "/r/usr/", 0, 0 },
	{ "/", "usrslash/bin", F, "/usr/bin", "/r/usr/bin", 0, 0 },
	{ "/", "fileslash", F, "/etc/passwd", "/r/etc/passwd/", 0, 0 },
	{ "/", "dangling", F, "/missing", "/r/missing", MISS, 0 },
	{ "/", "dangling", N, "/dangling", "/r/dangling", PLAIN, 0 },
	{ "/", "dangling/", F, "/missing", "/r/missing/", MISS, 0 },
	{ "/", "dangslash", F, "/missing", "/r/missing/", MISS, 0 },
	{ "/", "dangdir", F, "/nodir", "/r/nodir/" CANON_NOWHERE, ERR, -ENOENT },
	{ "/", "dangling/x", F, "/missing", "/r/missing/" CANON_NOWHERE, ERR, -ENOENT },
	{ "/", "loop", F, 0, 0, 0, -ELOOP },
	{ "/", "loop/x", P, 0, 0, 0, -ELOOP },
	{ "/", "loop", N, "/loop", "/r/loop", PLAIN, 0 },
	/* entries to make or remove */
	{ "/", "/", P, "/", "/r/..", ROOT, 0 },
	{ "/", "usr/.", P, "/usr", "/r/usr/.", DOTS | PLAIN, 0 },
	{ "/", "usr/bin/..", P, "/usr/bin", "/r/usr/bin/..", DOTS, 0 },
	{ "/", "bin/./", P, "/usr/bin", "/r/usr/bin/.", DOTS, 0 },
	{ "/", "..", P, "/", "/r/..", DOTS, 0 },
	{ "/", "etc/passwd/.", P, "/etc/passwd", "/r/etc/passwd/" CANON_NOWHERE, ERR, -ENOTDIR },
	{ "/home/u", "proj/", P, "/home/u/proj", "/r/home/u/..", BP, 0 },
	{ "/", "etc/hosts", P, "/etc/hosts", "/r/etc/..", BP, 0 },
	/* binds */
	{ "/", "etc/hosts", F, "/etc/hosts", "/host/hosts", BP, 0 },
	{ "/", "etc/hosts/", F, "/etc/hosts", "/host/hosts/", BP, 0 },
	{ "/", "etc/hosts/x", F, "/etc/hosts", "/host/hosts/" CANON_NOWHERE, ERR, -ENOTDIR },
	{ "/", "/home/u/proj/sub/y", F, "/home/u/proj/sub/y", "/host/proj/sub/y", 0, 0 },
	{ "/home/u/proj", "sub/y", F, "/home/u/proj/sub/y", "/host/proj/sub/y", PLAIN, 0 },
	{ "/home/u", "proj/sub/y", F, "/home/u/proj/sub/y", "/host/proj/sub/y", 0, 0 },
	{ "/home/u", "proj", N, "/home/u/proj", "/host/proj", BP, 0 },
	{ "/", "toproj", F, "/home/u/proj/x", "/host/proj/x", 0, 0 },
	{ "/home/u/proj", "out", F, "/etc/passwd", "/r/etc/passwd", 0, 0 },
	{ "/home/u/proj", "rc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
	{ "/home/u/proj", "covered", F, "/home/u/proj/covered", "/host/proj/covered", MISS | PLAIN,
	  0 },
	{ "/", "/opt/a", F, "/opt/a", "/sess/opt/a", 0, 0 },
	{ "/", "/opt/a/b/f", F, "/opt/a/b/f", "/host/ab/f", 0, 0 },
	{ "/opt/a/b", "../..", F, "/opt", "/sess/opt", BP, 0 },
	{ "/", "/shut/in/z", F, "/shut/in", "/r/shut/in/" CANON_NOWHERE, ERR, -EACCES },
	{ "/", "/shut/in", F, "/shut/in", "/r/shut/in", ERR, -EACCES },
	{ "/shut/in", "z", F, "/shut/in/z", "/host/in/z", PLAIN, 0 },
	{ "/", "nothing", F, "/nothing", "/host/nothing", BP | MISS, 0 },
	{ "/", "/dev/null", F, "/dev/null", "/dev/null", 0, 0 },
	/* procfs */
	{ "/", "/proc/self/cwd/rc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
	{ "/", "/proc/self/cwd", F, "/home/u", "/r/home/u", 0, 0 },
	{ "/", "/proc/self/cwd", N, "/proc/12/cwd", "/proc/12/cwd", 0, 0 },
	{ "/", "/proc/self", N, "/proc/self", "/proc/self", 0, 0 },
	{ "/", "/proc/self/root/..", F, "/", "/r", BP, 0 },
	{ "/", "/proc/thread-self/cwd/proj", F, "/home/u/proj", "/host/proj", BP, 0 },
	{ "/", "/proc/mounts", F, "/proc/12/mounts", "/proc/12/mounts", 0, 0 },
	{ "/", "/proc/self/exe", F, "/usr/bin/sh", "/r/usr/bin/sh", 0, 0 },
	{ "/", "/proc/self/exe/x", F, "/usr/bin/sh/x", "/r/usr/bin/sh/x", ERR, -ENOTDIR },
	{ "/", "/proc/self/fd/3", F, "/proc/12/fd/3", "/proc/12/fd/3", MAGIC, 0 },
	{ "/", "/proc/self/fd/3/", F, "/proc/12/fd/3", "/proc/12/fd/3/", MAGIC, 0 },
	{ "/", "/proc/self/fd/4", F, "/usr", "/r/usr", 0, 0 },
	{ "/", "/proc/self/fd/4/", N, "/usr", "/r/usr/", 0, 0 },
	{ "/", "/proc/self/fd/4/../etc", N, "/etc", "/r/etc", 0, 0 },
	{ "/", "/proc/self/fd/5", F, "/proc/12/fd/5", "/proc/12/fd/5", MAGIC, 0 },
	{ "/", "/proc/self/fd/6", F, "/proc/12/fd/6", "/proc/12/fd/6", MAGIC, 0 },
	{ "/", "/proc/self/fd/6", N, "/proc/12/fd/6", "/proc/12/fd/6", 0, 0 },
	{ "/", "/proc/self/fd/6/sub/f", F, 0, "/proc/12/fd/6/sub/f", OUT, 0 },
	{ "/", "/proc/self/fd/6/sub/rel", F, 0, "/proc/12/fd/6/sub/f", OUT, 0 },
	{ "/", "/proc/self/fd/6/sub/abs", F, "/etc/passwd", "/r/etc/passwd", 0, 0 },
	{ "/", "/proc/self/fd/6/sub/new", P, 0, "/proc/12/fd/6/sub/new", OUT | MISS, 0 },
	{ "/", "/proc/self/fd/6/.", F, 0, "/proc/12/fd/6/.", OUT, 0 },
	{ "/", "/proc/self/fd/6/.", N, 0, "/proc/12/fd/6/.", OUT, 0 },
	{ "/", "/proc/self/fd/6/./.", N, 0, "/proc/12/fd/6/.", OUT, 0 },
	{ "/", "/proc/self/fd/6/..", F, 0, 0, 0, -ENOENT },
	{ "/", "/proc/self/fd/7/..", F, "/home/u/proj", "/host/proj", BP, 0 },
	{ "/", "/proc/self/fd/5/x", F, 0, "/proc/12/fd/5/x", OUT | ERR, -ENOTDIR },
	{ "/", "/proc/self/ns/mnt", F, "/proc/12/ns/mnt", "/proc/12/ns/mnt", MAGIC, 0 },
	{ "/", "/proc/13/root", F, 0, 0, 0, -EACCES },
	{ "/", "/proc/13/root/deep", F, 0, 0, 0, -EACCES },
	{ "/", "/dev/stdin", F, "/dev/stdin", "/proc/self/fd/0", BP | MAGIC, 0 },
	{ "/", "/dev/fd/0", F, "/dev/fd/0", "/proc/self/fd/0", MAGIC, 0 },
	/* bases without a guest name */
	{ "*/proc/13/cwd", "sub/f", F, 0, "/proc/13/cwd/sub/f", OUT | PLAIN, 0 },
	{ "*/proc/13/cwd", ".", F, 0, "/proc/13/cwd/.", OUT | PLAIN, 0 },
	{ "*/proc/13/cwd", ".", N, 0, "/proc/13/cwd/.", OUT | PLAIN, 0 },
	{ "*/proc/13/cwd", "..", F, 0, 0, 0, -ENOENT },
	{ "*/proc/13/cwd", "sub/../../x", F, 0, 0, 0, -ENOENT },
	{ "*/proc/12/fd/7", "../x", F, "/home/u/proj/x", "/host/proj/x", 0, 0 },
	{ "*/proc/12/fd/7", "y", N, 0, "/proc/12/fd/7/y", OUT | PLAIN, 0 },
	{ "*/proc/13/cwd", "/etc", F, "/etc", "/r/etc", 0, 0 },
	{ "*/proc/13/cwd", "sub/..", P, 0, "/proc/13/cwd/sub/..", OUT | DOTS, 0 },
	/* bases with both */
	{ "/home/u*/proc/12/fd/8", "rc", F, "/home/u/rc", "/proc/12/fd/8/rc", PLAIN, 0 },
	{ "/home/u*/proc/12/fd/8", "torc", F, "/home/u/rc", "/proc/12/fd/8/rc", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "torc", N, "/home/u/torc", "/proc/12/fd/8/torc", PLAIN, 0 },
	{ "/home/u*/proc/12/fd/8", "proj/x", F, "/home/u/proj/x", "/host/proj/x", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "proj/rc", F, "/home/u/rc", "/proc/12/fd/8/rc", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "proj/out", F, "/etc/passwd", "/r/etc/passwd", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "proj", P, "/home/u/proj", "/proc/12/fd/8/..", BP, 0 },
	{ "/home/u*/proc/12/fd/8", "proj/..", F, "/home/u", "/proc/12/fd/8/.", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "proj/../new", P, "/home/u/new", "/proc/12/fd/8/new", MISS, 0 },
	{ "/home/u*/proc/12/fd/8", ".", F, "/home/u", "/proc/12/fd/8/.", PLAIN, 0 },
	{ "/home/u*/proc/12/fd/8", "..", F, "/home", "/r/home", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "/usr", F, "/usr", "/r/usr", 0, 0 },
	/* what an absolute or magic link leads to is looked up from the root, by its whole name */
	{ "/home/u*/proc/12/fd/8", "absrc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
	{ "/home/u*/proc/12/fd/8", "absrc", N, "/home/u/absrc", "/proc/12/fd/8/absrc", PLAIN, 0 },
	{ "/home/u*/proc/12/fd/8", "../../proc/12/cwd/rc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
	{ "/home/u/proj/sub*/proc/12/fd/7", "../x", F, "/home/u/proj/x", "/host/proj/x", 0, 0 },
};

/* The same where the root is /home/u. */
static const struct row rooted[] = {
	{ "/home/u", "/rc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
	{ "/home/u", "/", F, "/home/u", "/r/home/u", ROOT, 0 },
	{ "/home/u", "/", P, "/home/u", "/r/home/..", ROOT, 0 },
	{ "/home/u", "..", F, "/home/u", "/r/home/u", 0, 0 },
	{ "/home/u/proj", "../../rc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
	{ "/home/u", "/../proj/sub/y", F, "/home/u/proj/sub/y", "/host/proj/sub/y", 0, 0 },
	{ "/home/u", "/proj/out", F, "/home/u/etc", "/r/home/u/etc/" CANON_NOWHERE, ERR, -ENOENT },
	{ "/usr", "..", F, "/", "/r", BP, 0 },
	{ "/usr", "../../etc/passwd", F, "/etc/passwd", "/r/etc/passwd", 0, 0 },
	{ "/usr", "../home/u/..", F, "/home/u", "/r/home/u", 0, 0 },
	{ "*/proc/12/fd/7", "../../../rc", F, "/home/u/rc", "/r/home/u/rc", 0, 0 },
};

static struct canon w;
static bool is_rooted;

static int walk(struct fakefs *f, const struct fs_ops *ops, const struct row *row)
{
	static struct pathbuf guest;
	const char *star = strchr(row->base, '*');
	struct canon_base base = { .guest = GPATH(row->base) };

	if (star) {
		pathbuf_set_n(&guest, row->base, (size_t)(star - row->base));
		base.guest.s = guest.len ? guest.s : NULL;
		base.host.s = star + 1;
	}
	w.view = &view;
	w.root = is_rooted ? "/home/u" : NULL;
	w.ops = ops;
	w.ctx = f;
	return canon_walk(&w, base, row->path, row->last);
}

static void check_row(const struct fs_ops *ops, const struct row *row)
{
	struct fakefs f = { .nodes = nodes, .count = ROWS(nodes) };
	int want = row->flags & ERR ? 0 : row->error;
	int r = walk(&f, ops, row);

	ck_assert_msg(!f.broken, "%s: %s", row->path, f.broken);
	ck_assert_msg(r == want, "%s: returned %d, host %s", row->path, r, w.host.s);
	if (r < 0)
		return;
	if (ops->is_plain && (w.flags & ERR)) { /* it may have been found at once, and further on */
		ck_assert_int_eq(w.error, row->flags & MISS ? -ENOENT : row->error);
		return;
	}
	ck_assert_msg(strcmp(w.host.s, row->host) == 0, "%s: host %s", row->path, w.host.s);
	ck_assert_msg(w.flags == row->flags, "%s: flags %#x, not %#x", row->path, w.flags,
		      row->flags);
	if (row->guest)
		ck_assert_msg(strcmp(w.guest.s, row->guest) == 0, "%s: guest %s", row->path,
			      w.guest.s);
	if (row->flags & ERR)
		ck_assert_int_eq(w.error, row->error);
	ck_assert((w.bind == NULL) == !!(w.flags & OUT));
	if (w.bind)
		ck_assert_ptr_eq(w.bind, view_holding(&view, w.guest.s, w.guest.len));
	ck_assert_uint_eq(w.host.len, strlen(w.host.s));
}

START_TEST(look_by_look)
{
	check_row(&fake_ops, &rows[_i]);
}
END_TEST

START_TEST(with_fast_path)
{
	check_row(&fake_plain_ops, &rows[_i]);
}
END_TEST

START_TEST(in_a_root)
{
	is_rooted = true;
	check_row(_i % 2 ? &fake_ops : &fake_plain_ops, &rooted[_i / 2]);
	is_rooted = false;
}
END_TEST

/* /r/c0 -> c1 -> ... -> c<n-1> -> file: n links. */
static int walk_chain(int n, const char *end)
{
	static char names[64][2][16];
	static struct fake_node chain[64];
	struct fakefs f = { .nodes = chain, .count = 0 };
	struct row row = { .base = "/", .path = "c0", .last = CANON_FOLLOW };
	int i;

	for (i = 0; i < n; i++) {
		snprintf(names[i][0], 16, "/r/c%d", i);
		snprintf(names[i][1], 16, "c%d", i + 1);
		chain[i] = (struct fake_node){ FAKE_LINK, names[i][0], names[i][1] };
	}
	snprintf(names[i][0], 16, "/r/c%d", i);
	chain[i] = (struct fake_node){ FAKE_DIR, names[i][0], NULL };
	chain[i + 1] = (struct fake_node){ FAKE_DIR, "/r", NULL };
	f.count = i + 2;
	row.path = end;
	return walk(&f, &fake_ops, &row);
}

START_TEST(forty_links)
{
	ck_assert_int_eq(walk_chain(40, "c0"), 0);
	ck_assert_int_eq(walk_chain(40, "c0/../c0"), -ELOOP);
	ck_assert_int_eq(walk_chain(20, "c0/../c0"), 0);
	ck_assert_int_eq(walk_chain(41, "c0"), -ELOOP);
	ck_assert_int_eq(walk_chain(41, "c1"), 0);
}
END_TEST

START_TEST(name_lengths)
{
	static char path[PATH_LIMIT + 8];
	struct fakefs f = { .nodes = nodes, .count = ROWS(nodes) };
	struct row row = { .base = "/", .path = path, .last = CANON_FOLLOW };

	memset(path, 'x', 255);
	ck_assert_int_eq(walk(&f, &fake_ops, &row), 0);
	ck_assert_uint_eq(w.flags, CANON_MISSING | CANON_PLAIN);
	path[255] = 'x';
	ck_assert_int_eq(walk(&f, &fake_ops, &row), 0);
	ck_assert_uint_eq(w.flags, CANON_ERROR);
	ck_assert_int_eq(w.error, -ENAMETOOLONG);
	ck_assert_str_eq(w.host.s + strlen("/r/"), path);
	memset(path, '/', sizeof(path) - 1);
	ck_assert_int_eq(walk(&f, &fake_ops, &row), -ENAMETOOLONG);
	path[PATH_LIMIT] = '\0';
	ck_assert_int_eq(walk(&f, &fake_ops, &row), -ENAMETOOLONG);
	path[PATH_LIMIT - 1] = '\0';
	ck_assert_int_eq(walk(&f, &fake_ops, &row), 0);
	ck_assert_uint_eq(w.flags, ROOT);
}
END_TEST

START_TEST(fast_path_asks_little)
{
	static const struct row row = { .base = "/", .path = "/usr/bin/sh", .last = CANON_FOLLOW };
	struct fakefs f = { .nodes = nodes, .count = ROWS(nodes) };

	ck_assert_int_eq(walk(&f, &fake_plain_ops, &row), 0);
	ck_assert_uint_eq(f.asked, 1);
}
END_TEST

/* What openat2's RESOLVE_* make of a walk: its outcome, and where it led. */
static const struct limit_row {
	unsigned limits;
	const char *base, *path;
	int outcome;
	const char *guest;
} limit_rows[] = {
	{ CANON_BENEATH, "/home", "u/rc", 0, "/home/u/rc" },
	{ CANON_BENEATH, "/home", "u/proj/x", 0, "/home/u/proj/x" },
	{ CANON_BENEATH, "/home", "u/..", 0, "/home" },
	{ CANON_BENEATH, "/home", "..", -EXDEV, 0 },
	{ CANON_BENEATH, "/home", "u/../../etc", -EXDEV, 0 },
	{ CANON_BENEATH, "/home", "/home/u", -EXDEV, 0 },
	{ CANON_BENEATH, "/", "abs", -EXDEV, 0 },
	{ CANON_BENEATH, "/usr", "parent/etc", -EXDEV, 0 },
	{ CANON_BENEATH, 0, "u", -EXDEV, 0 },
	{ CANON_IN_ROOT, "/home", "../../u", 0, "/home/u" },
	{ CANON_IN_ROOT, "/home", "/u/proj/../rc", 0, "/home/u/rc" },
	{ CANON_IN_ROOT, "/home/u", "proj/out", 0, "/home/u/etc" },
	{ CANON_IN_ROOT, "/proc", "12/cwd", -EXDEV, 0 },
	{ CANON_NO_XDEV, "/home", "u/rc", 0, "/home/u/rc" },
	{ CANON_NO_XDEV, "/home", "u/proj", -EXDEV, 0 },
	{ CANON_NO_XDEV, "/home/u/proj", "..", -EXDEV, 0 },
	{ CANON_NO_XDEV, "/", "opt/a", 0, "/opt/a" },
	{ CANON_NO_XDEV, "/", "opt/a/b", -EXDEV, 0 },
	{ CANON_NO_XDEV, "/", "abs", -EXDEV, 0 },
	{ CANON_NO_XDEV, "/", "/abs", 0, "/usr" },
	{ CANON_NO_XDEV, "/", "usr/../abs", 0, "/usr" },
	{ CANON_NO_LINKS, "/", "usr/bin/sh", 0, "/usr/bin/sh" },
	{ CANON_NO_LINKS, "/", "bin/sh", -ELOOP, 0 },
	{ CANON_NO_MAGIC, "/", "bin/sh", 0, "/usr/bin/sh" },
	{ CANON_NO_MAGIC, "/", "proc/self/fd", 0, "/proc/12/fd" },
	{ CANON_NO_MAGIC, "/", "proc/12/cwd/rc", -ELOOP, 0 },
};

START_TEST(limits)
{
	const struct limit_row *l = &limit_rows[_i];
	const struct row row = { .base = l->base ? l->base : "*/out", .path = l->path };
	struct fakefs f = { .nodes = nodes, .count = ROWS(nodes) };

	w.limits = l->limits;
	ck_assert_int_eq(walk(&f, &fake_plain_ops, &row), l->outcome);
	w.limits = 0;
	if (l->guest)
		ck_assert_str_eq(w.guest.s, l->guest);
}
END_TEST

/* Which directories are asked whether they may be searched, in their order; "!": that one says no. */
static const struct search_row {
	const char *path, *asked;
	int outcome;
} search_rows[] = {
	{ "/", "", 0 },
	{ "usr", "/r", 0 },
	{ "usr/", "/r", 0 },
	{ "usr/.", "/r /r/usr", 0 },
	{ "usr/..", "/r /r/usr", 0 },
	{ "usr/./bin/sh", "/r /r/usr /r/usr/bin", 0 },
	{ "usr/../etc/passwd", "/r /r/usr /r /r/etc", 0 },
	{ "missing/x", "/r", 0 },
	{ "etc/passwd/x", "/r /r/etc", 0 },
	{ "bin/sh", "/r /r /r/usr /r/usr/bin", 0 },
	{ "abs/bin", "/r /r /r/usr", 0 },
	{ "toproj", "/r /r /r/home /r/home/u /host/proj", 0 },
	{ "home/u/proj/sub/y", "/r /r/home /r/home/u /host/proj /host/proj/sub", 0 },
	{ "home/u/proj", "/r /r/home /r/home/u", 0 },
	{ "etc/hosts", "/r /r/etc", 0 },
	{ "usr/bin/sh", "/r !/r/usr", -EACCES },
	{ "usr/..", "/r !/r/usr", -EACCES },
	{ "usr/.", "/r !/r/usr", -EACCES },
	{ "usr/missing", "/r !/r/usr", -EACCES },
	{ "usr", "!/r", -EACCES },
	{ "home/u/proj/sub", "/r /r/home !/r/home/u", -EACCES },
	{ "home/u/proj/sub", "/r /r/home /r/home/u !/host/proj", -EACCES },
};

static struct pathbuf asked;
static const char *refused;

static int fake_may_search(void *ctx, struct hpath p)
{
	bool no = refused && strcmp(p.s, refused) == 0;

	(void)ctx;
	if (asked.len)
		pathbuf_append(&asked, " ");
	if (no)
		pathbuf_append(&asked, "!");
	pathbuf_append(&asked, p.s);
	return no ? -EACCES : 0;
}

START_TEST(searches)
{
	const struct search_row *s = &search_rows[_i];
	const struct row row = { .base = "/", .path = s->path, .last = CANON_FOLLOW };
	struct fakefs f = { .nodes = nodes, .count = ROWS(nodes) };
	struct fs_ops ops = fake_ops;

	ops.may_search = fake_may_search;
	pathbuf_clear(&asked);
	refused = strchr(s->asked, '!') ? strchr(s->asked, '!') + 1 : NULL;
	ck_assert_int_eq(walk(&f, &ops, &row), s->outcome);
	ck_assert_str_eq(asked.s, s->asked);
}
END_TEST

/* Which links of a path end it: "|" behind the text of each that does. */
static const struct end_row {
	const char *path, *links;
} end_rows[] = {
	{ "usr/bin/sh2", "sh|" },      { "bin/sh", "usr/bin" },	       { "bin", "usr/bin|" },
	{ "bin//", "usr/bin|" },       { "bin/.", "usr/bin" },	       { "bin/sh2", "usr/bin sh|" },
	{ "abs/bin/sh2", "/usr sh|" }, { "toproj", "/home/u/proj/x|" },
};

static int fake_read_noted(void *ctx, struct hpath p, char *buf, size_t size)
{
	int n = fake_read_link(ctx, p, buf, size);

	if (asked.len)
		pathbuf_append(&asked, " ");
	pathbuf_append(&asked, buf);
	if (canon_is_at_end(&w))
		pathbuf_append(&asked, "|");
	return n;
}

START_TEST(ends)
{
	const struct row row = { .base = "/", .path = end_rows[_i].path, .last = CANON_FOLLOW };
	struct fakefs f = { .nodes = nodes, .count = ROWS(nodes) };
	struct fs_ops ops = fake_ops;

	ops.read_link = fake_read_noted;
	pathbuf_clear(&asked);
	ck_assert_int_eq(walk(&f, &ops, &row), 0);
	ck_assert_str_eq(asked.s, end_rows[_i].links);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("path_canon");

	unit_add_rows(s, "look_by_look", look_by_look, ROWS(rows));
	unit_add_rows(s, "with_fast_path", with_fast_path, ROWS(rows));
	unit_add_rows(s, "in_a_root", in_a_root, 2 * ROWS(rooted));
	unit_add_rows(s, "limits", limits, ROWS(limit_rows));
	unit_add_rows(s, "searches", searches, ROWS(search_rows));
	unit_add_rows(s, "ends", ends, ROWS(end_rows));
	unit_add(s, "forty_links", forty_links);
	unit_add(s, "name_lengths", name_lengths);
	unit_add(s, "fast_path_asks_little", fast_path_asks_little);
	return s;
}

UNIT_MAIN(suite)
