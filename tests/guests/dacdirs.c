// SPDX-License-Identifier: MIT
/*
 * Who may do what in a directory: every call that looks something up in it, makes, removes or moves
 * an entry, with every combination of bits for each class, sticky and not; and which of several
 * errors comes first.
 * kind: identity
 * arch: 64
 * modes: seccomp
 * timeout: 300
 */
#include "actors.h"

#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

#define D "/t/d"

static unsigned mode;
static char title[32];

static void clear(const char *name)
{
	struct dirent *e;
	DIR *d;

	chmod(name, 0700);
	d = opendir(name);
	if (!d)
		return;
	while ((e = readdir(d))) {
		char path[600];

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, e->d_name);
		if (unlink(path) < 0) {
			clear(path);
			rmdir(path);
		}
	}
	closedir(d);
}

static void clean(void)
{
	clear(D);
	rmdir(D);
	clear("/t/out");
	rmdir("/t/out");
}

/* d holds files, directories and links of its owner's and of another's. Made anew each time. */
static void make_tree(void)
{
	become_root();
	clean();
	need(mkdir(D, 0777) == 0 && mkdir("/t/out", 0777) == 0 && mkdir(D "/sub", 0755) == 0 &&
		     mkdir(D "/theirs", 0755) == 0 && mkdir(D "/full", 0755) == 0 &&
		     mkdir("/t/out/dir", 0755) == 0,
	     "mkdir");
	make_file(D "/mine", "mine");
	make_file(D "/other", "other");
	make_file(D "/sub/f", "f");
	make_file(D "/full/f", "f");
	make_file("/t/out/f", "f");
	make_file("/t/out/g", "g");
	need(symlink("mine", D "/link") == 0 && symlink(D "/mine", "/t/out/to-mine") == 0 &&
		     symlink(D, "/t/out/to-d") == 0,
	     "symlink");
	need(chown(D "/mine", FILE_UID, FILE_GID) == 0 && chown(D "/sub", FILE_UID, FILE_GID) == 0 &&
		     chown("/t/out/f", FILE_UID, FILE_GID) == 0 &&
		     chown("/t/out/dir", FILE_UID, FILE_GID) == 0,
	     "chown");
	need(chown(D "/other", 50, 50) == 0 && chown("/t/out/g", 50, 50) == 0 &&
		     chown(D "/full", 50, 50) == 0, "chown");
	need(chmod("/t/out", 0777) == 0 && chmod("/t/out/g", 0666) == 0, "chmod");
	need(chown(D, FILE_UID, FILE_GID) == 0 && chmod(D, mode) == 0, D);
}

static struct stat st;
static char text[64];

static long stat_dir(void) { return stat(D, &st); }
static long stat_dot(void) { return stat(D "/.", &st); }
static long stat_slash(void) { return stat(D "/", &st); }
static long stat_up(void) { return stat(D "/..", &st); }
static long stat_in(void) { return stat(D "/mine", &st); }
static long stat_missing(void) { return stat(D "/missing", &st); }
static long stat_missing2(void) { return stat(D "/missing/x", &st); }
static long stat_notdir(void) { return stat(D "/mine/x", &st); }
static long stat_deep(void) { return stat(D "/sub/../sub/f", &st); }
static long stat_link(void) { return stat("/t/out/to-mine", &st); }
static long lstat_link(void) { return lstat(D "/link", &st); }
static long read_link(void) { return readlink(D "/link", text, sizeof(text)); }
static long by_link(void) { return stat("/t/out/to-d/sub/f", &st); }
static long stat_vfs(void) { return statvfs(D "/mine", &(struct statvfs){ 0 }); }
static long access_in(void) { return access(D "/mine", F_OK); }
static long access_dir_x(void) { return access(D, X_OK); }
static long access_dir_w(void) { return access(D, W_OK); }
static long open_dir(void) { return shut(open(D, O_RDONLY | O_DIRECTORY)); }
static long open_dir_w(void) { return shut(open(D, O_WRONLY)); }
static long open_dir_creat(void) { return shut(open(D, O_RDONLY | O_CREAT, 0600)); }
static long open_in(void) { return shut(open(D "/mine", O_RDONLY)); }
static long open_new(void) { return shut(open(D "/new", O_WRONLY | O_CREAT, 0600)); }
static long open_new_slash(void) { return shut(open(D "/new/", O_WRONLY | O_CREAT, 0600)); }
static long open_excl(void) { return shut(open(D "/mine", O_WRONLY | O_CREAT | O_EXCL, 0600)); }
static long open_creat_old(void) { return shut(open(D "/other", O_RDONLY | O_CREAT, 0600)); }
static long open_tmp(void) { return shut(open(D, O_WRONLY | O_TMPFILE, 0600)); }
static long mkdir_new(void) { return mkdir(D "/new", 0755); }
static long mkdir_slash(void) { return mkdir(D "/new/", 0755); }
static long mkdir_old(void) { return mkdir(D "/mine", 0755); }
static long mkdir_dot(void) { return mkdir(D "/.", 0755); }
static long mknod_new(void) { return mknod(D "/new", S_IFIFO | 0600, 0); }
static long mknod_slash(void) { return mknod(D "/new/", S_IFIFO | 0600, 0); }

/* A user namespace's root may not, pr's may. */
static long mknod_dev(void)
{
	return geteuid() ? mknod(D "/new", S_IFCHR | 0600, 0x103) : 0;
}


static long symlink_new(void) { return symlink("x", D "/new"); }
static long symlink_old(void) { return symlink("x", D "/link"); }
static long link_new(void) { return link("/t/out/f", D "/new"); }
static long link_g(void) { return link("/t/out/g", D "/new"); }
static long link_dir(void) { return link("/t/out/dir", D "/new"); }
static long link_old(void) { return link("/t/out/g", D "/mine"); }
static long link_missing(void) { return link("/t/out/none", D "/new"); }
static long unlink_mine(void) { return unlink(D "/mine"); }
static long unlink_other(void) { return unlink(D "/other"); }
static long unlink_missing(void) { return unlink(D "/missing"); }
static long unlink_dir(void) { return unlink(D "/sub"); }
static long unlink_slash(void) { return unlink(D "/mine/"); }
static long unlink_link(void) { return unlink(D "/link"); }
static long rmdir_sub(void) { return rmdir(D "/theirs"); }
static long rmdir_full(void) { return rmdir(D "/full"); }
static long rmdir_file(void) { return rmdir(D "/mine"); }
static long rmdir_dot(void) { return rmdir(D "/."); }
static long rmdir_missing(void) { return rmdir(D "/missing"); }
static long rename_in(void) { return rename(D "/mine", D "/new"); }
static long rename_over(void) { return rename(D "/mine", D "/other"); }
static long rename_out(void) { return rename(D "/other", "/t/out/new"); }
static long rename_into(void) { return rename("/t/out/g", D "/new"); }
static long rename_upon(void) { return rename("/t/out/g", D "/mine"); }
static long rename_dir(void) { return rename(D "/sub", "/t/out/new"); }
static long rename_dir_in(void) { return rename(D "/sub", D "/new"); }
static long rename_dir_to(void) { return rename("/t/out/dir", D "/new"); }
static long rename_type(void) { return rename(D "/mine", D "/sub"); }
static long rename_type2(void) { return rename(D "/sub", D "/mine"); }
static long rename_same(void) { return rename(D "/mine", D "/mine"); }
static long rename_missing(void) { return rename(D "/missing", "/t/out/new"); }
static long rename_below(void) { return rename(D "/sub", D "/sub/x"); }
static long rename_above(void) { return rename(D "/sub/f", D "/sub"); }
static long rename_dot(void) { return rename(D "/.", "/t/out/new"); }

static long rename2(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static long exchange(void) { return rename2(D "/mine", "/t/out/g", 2); }
static long exchange_dirs(void) { return rename2(D "/sub", "/t/out/dir", 2); }
static long exchange_types(void) { return rename2("/t/out/f", D "/full", 2); }
static long noreplace(void) { return rename2(D "/mine", D "/other", 1); }

static long do_chdir(void)
{
	long r = chdir(D);

	return chdir("/") < 0 ? -1 : r;
}

static long do_fchdir(void)
{
	int fd = open(D, O_PATH | O_DIRECTORY), e;
	long r = fchdir(fd);

	e = errno;
	close(fd);
	chdir("/");
	errno = e;
	return r;
}

/* The directory is the cwd, or open: only then does it say who may search it. */
static long from_within(long (*call)(int fd))
{
	const struct actor *a = actors;
	int fd, e;
	long r;

	while (a->uid != geteuid())
		a++;
	become_root();
	need(chdir(D) == 0, "chdir");
	fd = open(D, O_PATH | O_DIRECTORY);
	need(fd >= 0, D);
	become(a);
	r = call(fd);
	e = errno;
	close(fd);
	chdir("/");
	errno = e;
	return r;
}

static long here_stat(int fd) { (void)fd; return stat("mine", &st); }
static long here_dot(int fd) { (void)fd; return stat(".", &st); }
static long here_up(int fd) { (void)fd; return stat("..", &st); }
static long here_open(int fd) { return shut(openat(fd, "mine", O_RDONLY)); }
static long here_self(int fd) { return shut(openat(fd, ".", O_RDONLY)); }
static long here_make(int fd) { return mkdirat(fd, "new", 0700); }
static long here_unlink(int fd) { (void)fd; return unlink("other"); }
static long here_lstat(int fd) { return fstatat(fd, "link", &st, AT_SYMLINK_NOFOLLOW); }
static long here_empty(int fd) { return fstatat(fd, "", &st, AT_EMPTY_PATH); }
static long here_access(int fd) { return faccessat(fd, "", W_OK, AT_EMPTY_PATH | AT_EACCESS); }

static long in_stat(void) { return from_within(here_stat); }
static long in_dot(void) { return from_within(here_dot); }
static long in_up(void) { return from_within(here_up); }
static long in_open(void) { return from_within(here_open); }
static long in_self(void) { return from_within(here_self); }
static long in_make(void) { return from_within(here_make); }
static long in_unlink(void) { return from_within(here_unlink); }
static long in_lstat(void) { return from_within(here_lstat); }
static long in_empty(void) { return from_within(here_empty); }
static long in_access(void) { return from_within(here_access); }

static long do_bind(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = D "/new" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), e;
	long r = bind(fd, (struct sockaddr *)&a, sizeof(a));

	e = errno;
	close(fd);
	errno = e;
	return r;
}

static const struct attempt attempts[] = {
	{ "stat", stat_dir }, { "stat .", stat_dot }, { "stat /", stat_slash },
	{ "stat ..", stat_up }, { "stat in", stat_in }, { "stat missing", stat_missing },
	{ "stat missing/x", stat_missing2 }, { "stat file/x", stat_notdir },
	{ "stat deep", stat_deep }, { "stat link", stat_link }, { "lstat link", lstat_link },
	{ "readlink", read_link }, { "by link", by_link }, { "statvfs", stat_vfs },
	{ "access in", access_in }, { "access x", access_dir_x }, { "access w", access_dir_w },
	{ "open", open_dir }, { "open w", open_dir_w }, { "open creat", open_dir_creat },
	{ "open in", open_in }, { "open new!", open_new }, { "open new/", open_new_slash },
	{ "open excl", open_excl }, { "creat old", open_creat_old }, { "open tmp", open_tmp },
	{ "mkdir!", mkdir_new }, { "mkdir /!", mkdir_slash }, { "mkdir old", mkdir_old },
	{ "mkdir .", mkdir_dot }, { "mknod!", mknod_new }, { "mknod /", mknod_slash },
	{ "mknod dev!", mknod_dev }, { "symlink!", symlink_new }, { "symlink old", symlink_old },
	{ "link!", link_new }, { "link g!", link_g }, { "link dir", link_dir },
	{ "link old", link_old }, { "link missing", link_missing }, { "unlink mine!", unlink_mine },
	{ "unlink other!", unlink_other }, { "unlink missing", unlink_missing },
	{ "unlink dir", unlink_dir }, { "unlink /", unlink_slash }, { "unlink link!", unlink_link },
	{ "rmdir!", rmdir_sub }, { "rmdir full", rmdir_full }, { "rmdir file", rmdir_file },
	{ "rmdir .", rmdir_dot }, { "rmdir missing", rmdir_missing }, { "rename!", rename_in },
	{ "rename over!", rename_over }, { "rename out!", rename_out },
	{ "rename into!", rename_into }, { "rename upon!", rename_upon },
	{ "rename dir!", rename_dir }, { "rename dir in!", rename_dir_in },
	{ "rename dir to!", rename_dir_to }, { "rename type", rename_type },
	{ "rename type2", rename_type2 }, { "rename same", rename_same },
	{ "rename missing", rename_missing }, { "rename below", rename_below },
	{ "rename above", rename_above }, { "rename .", rename_dot }, { "exchange!", exchange },
	{ "exchange dirs!", exchange_dirs }, { "exchange types!", exchange_types },
	{ "noreplace", noreplace }, { "chdir", do_chdir }, { "fchdir", do_fchdir },
	{ "cwd stat", in_stat }, { "cwd .", in_dot }, { "cwd ..", in_up }, { "fd open", in_open },
	{ "fd .", in_self }, { "fd mkdir!", in_make }, { "cwd unlink!", in_unlink },
	{ "fd lstat", in_lstat }, { "fd empty", in_empty }, { "fd access", in_access },
	{ "bind!", do_bind },
};

static const unsigned special[] = { 01777, 01775, 01770, 03777, 02777, 01000 };

int main(void)
{
	need(mkdir("/t", 0777) == 0 && chmod("/t", 0777) == 0, "/t");
	for (int i = 0; i < CLASS_MODES + (int)(sizeof(special) / sizeof(special[0])); i++) {
		mode = i < CLASS_MODES ? class_mode(i) : special[i - CLASS_MODES];
		snprintf(title, sizeof(title), "%04o", mode);
		SHOW_ATTEMPTS(title, make_tree, attempts);
	}
	clean();
	return 0;
}
