// SPDX-License-Identifier: MIT
/*
 * P0, for a guest's root: ways out by chroot, mount, umount, pivot_root and namespaces, each followed
 * by every way to name the secret; ways to write to a bind that the user made read-only.
 */
#include "probe.h"

#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

enum { UPS = 64 };

static void climb(void)
{
	for (int i = 0; i < UPS; i++)
		if (chdir("..") < 0)
			return;
}

static int fd_tells(int fd)
{
	int r = fd >= 0 && fd_is_secret(fd) ? ESCAPED : HELD;

	if (fd >= 0)
		close(fd);
	return r;
}

/* ".." as often as it takes, then the secret's own name. */
static int open_above(int dirfd)
{
	char name[UPS * 3 + PATH_MAX];

	for (int i = 0; i < UPS; i++)
		memcpy(name + 3 * i, "../", 3);
	snprintf(name + 3 * UPS, PATH_MAX, "%s", secret + 1);
	return fd_tells(openat(dirfd, name, O_RDONLY));
}

static int by_link(void)
{
	unlink("link-out");
	if (symlink(secret, "link-out") < 0)
		return HELD;
	return fd_tells(open("link-out", O_RDONLY));
}

static int by_exec(void)
{
	char *argv[] = { program, NULL }, *envp[] = { NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execve(program, argv, envp);
		climb();
		execve(program + 1, argv, envp);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 77 ?
		       ESCAPED : HELD;
}

static int by_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), r;

	if (strlen(outside) + 8 > sizeof(a.sun_path))
		return HELD;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/stream", outside);
	r = connect(s, (struct sockaddr *)&a, sizeof(a)) == 0 ? ESCAPED : HELD;
	close(s);
	return r;
}

static int by_openat2(int dirfd, uint64_t resolve)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = resolve };

	return fd_tells((int)syscall(SYS_openat2, dirfd, secret, &how, sizeof(how)));
}

/* Every name for the secret, from where we stand. */
static int look_around(void)
{
	int dirs[] = { AT_FDCWD, open(".", O_PATH), open("/", O_PATH), open("..", O_PATH) };
	int r = fd_tells(open(secret, O_RDONLY));

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && r == HELD; i++) {
		r = open_above(dirs[i]);
		if (r == HELD)
			r = fd_tells(openat(dirs[i], secret + 1, O_RDONLY));
		if (r == HELD)
			r = by_openat2(dirs[i], RESOLVE_IN_ROOT);
		if (r == HELD)
			r = by_openat2(dirs[i], 0);
	}
	if (r == HELD)
		r = by_link();
	if (r == HELD)
		r = by_exec();
	return r == HELD ? by_socket() : r;
}

/* From where we stand, from above, and with a root there. */
static int look_everywhere(void)
{
	int r = look_around();

	if (r == HELD) {
		climb();
		r = look_around();
	}
	if (r == HELD && chroot(".") == 0)
		r = look_around();
	return r;
}

/* ---- roots ---------------------------------------------------------------------------------- */

static int classic(void *arg)
{
	int top = open("/", O_RDONLY | O_DIRECTORY);

	(void)arg;
	mkdir("/tmp/jail", 0755);
	if (chroot("/tmp/jail") < 0)
		return NOT_TRIED;
	if (look_around() == ESCAPED || fchdir(top) < 0)
		return ESCAPED;
	return look_everywhere();
}

static int twice(void *arg)
{
	mkdir("/tmp/jail", 0755);
	mkdir("/tmp/jail/in", 0755);
	if (chdir(arg) < 0 || chroot(".") < 0 || chroot("/tmp/jail/in") < 0)
		return chroot("/tmp/jail") < 0 ? NOT_TRIED : look_everywhere();
	return look_everywhere();
}

static int root_at(void *arg)
{
	if (chroot(arg) < 0)
		return HELD;
	if (look_everywhere() == ESCAPED)
		return ESCAPED;
	return chdir("/") == 0 ? look_everywhere() : HELD;
}

static int root_of_pr(void *arg)
{
	char name[64];

	for (int i = 0; i < target_count; i++) {
		snprintf(name, sizeof(name), "/proc/%d/%s", targets[i], (char *)arg);
		if (root_at(name) == ESCAPED)
			return ESCAPED;
	}
	return HELD;
}

static int root_at_descriptor(void *arg)
{
	char name[64];
	int fd = open(arg, O_PATH);

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	mkdir("/tmp/gone", 0755);
	if (strcmp(arg, "/tmp/gone") == 0)
		rmdir("/tmp/gone");
	return root_at(name);
}

/* The root is renamed out of what holds it, or removed. */
static int root_moved(void *arg)
{
	mkdir("/tmp/r", 0755);
	mkdir("/tmp/r/s", 0755);
	if (chdir("/tmp") < 0 || chroot("/tmp/r/s") < 0)
		return NOT_TRIED;
	if (rename("r/s", arg) < 0 && rmdir("r/s") < 0)
		return HELD;
	if (look_everywhere() == ESCAPED)
		return ESCAPED;
	return chdir("/") == 0 ? look_everywhere() : HELD;
}

/* ---- mounts --------------------------------------------------------------------------------- */

static const char *with_pid(const char *text, int pid)
{
	static char name[PATH_MAX];
	const char *at = strstr(text, "PID");

	if (!at)
		return text;
	snprintf(name, sizeof(name), "%.*s%d%s", (int)(at - text), text, pid, at + 3);
	return name;
}

/* Binds a name that should lead nowhere; "PID" in it is one of pr's. */
static int bind_from(void *arg)
{
	mkdir("/tmp/m", 0755);
	make_file("/tmp/mf", "");
	for (int i = 0; i == 0 || i < target_count; i++) {
		const char *from = with_pid(arg, target_count ? targets[i] : 1);
		char name[PATH_MAX];

		if (mount(from, "/tmp/m", NULL, MS_BIND | MS_REC, NULL) < 0 &&
		    mount(from, "/tmp/mf", NULL, MS_BIND, NULL) < 0)
			continue;
		if (fd_tells(open("/tmp/mf", O_RDONLY)) == ESCAPED)
			return ESCAPED;
		snprintf(name, sizeof(name), "/tmp/m%s", secret);
		if (fd_tells(open(name, O_RDONLY)) == ESCAPED ||
		    fd_tells(open("/tmp/m/flag", O_RDONLY)) == ESCAPED)
			return ESCAPED;
		if (chdir("/tmp/m") == 0 && look_everywhere() == ESCAPED)
			return ESCAPED;
	}
	return HELD;
}

static int bind_secret(void *arg)
{
	(void)arg;
	return bind_from(secret) == ESCAPED ? ESCAPED : bind_from((void *)(uintptr_t)outside);
}

/* A file system of the kernel's own, and the secret by way of it. */
static int mount_type(void *arg)
{
	static const char *const ways[] = { "PID/root", "PID/cwd", "1/root", "1/cwd", "self/root",
					    "self/cwd", "PID/fd/0", "thread-self/root", "fd/0" };
	char dir[64], name[PATH_MAX];

	mkdir("/tmp/k", 0755);
	if (mount("none", "/tmp/k", arg, 0, NULL) < 0)
		return HELD;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (int k = 0; k == 0 || k < target_count; k++) {
			snprintf(dir, sizeof(dir), "/tmp/k/%s",
				 with_pid(ways[i], target_count ? targets[k] : 1));
			snprintf(name, sizeof(name), "%s%s", dir, secret);
			if (fd_tells(open(name, O_RDONLY)) == ESCAPED)
				return ESCAPED;
			if (chdir(dir) == 0 && look_everywhere() == ESCAPED)
				return ESCAPED;
		}
	return chdir("/tmp/k") == 0 ? look_everywhere() : HELD;
}

/* A cwd in something mounted, which goes away, moves, or is covered. */
static int cwd_after(void *arg)
{
	const char *how = arg;

	mkdir("/tmp/m", 0755);
	mkdir("/tmp/n", 0755);
	if (mount(how[0] == 't' ? "none" : "/mnt/data", "/tmp/m", "tmpfs",
		  how[0] == 't' ? 0 : MS_BIND, NULL) < 0)
		return NOT_TRIED;
	mkdir("/tmp/m/inner", 0755);
	mkdir("/tmp/m/inner/deep", 0755);
	if (chdir("/tmp/m/inner/deep") < 0)
		return NOT_TRIED;
	if (how[1] == 'd')
		umount2("/tmp/m", MNT_DETACH);
	else if (how[1] == 'm')
		mount("/tmp/m", "/tmp/n", NULL, MS_MOVE, NULL);
	else if (how[1] == 'c')
		mount("none", "/tmp/m", "tmpfs", 0, NULL);
	else if (how[1] == 'r')
		mount("/tmp/m", "/", NULL, MS_MOVE, NULL);
	else if (how[1] == 'x')
		rename("/tmp/m/inner/deep", "/tmp/m/elsewhere");
	return look_everywhere();
}

/* All that can be unmounted is. */
static int unmount_all(void *arg)
{
	static const char *const points[] = { "/mnt/data", "/twice", "/new/deep/here", "/mnt/ro",
					      "/new/deep", "/new", "/proc", "/", "." };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		if (chdir(points[i]) < 0 && chdir("/") < 0)
			return HELD;
		umount2(points[i], (int)(long)arg);
		if (look_around() == ESCAPED)
			return ESCAPED;
	}
	return look_everywhere();
}

/* Names of ours for what no guest name leads to. */
static int trees(void *arg)
{
	static const char *const names[] = { "//1", "//1/", "//2", "///x", "//1/..", "//1/../..", "//" };

	(void)arg;
	mkdir("/tmp/m", 0755);
	mount("/mnt/data", "/tmp/m", NULL, MS_BIND, NULL);
	mount("none", "/tmp/m", "tmpfs", 0, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (access(names[i], F_OK) == 0 && strspn(names[i], "/.") < strlen(names[i]) &&
		    !strstr(names[i], ".."))
			return ESCAPED;
		if (chdir(names[i]) == 0 && look_everywhere() == ESCAPED)
			return ESCAPED;
	}
	return HELD;
}

static int pivot(void *arg)
{
	const char *how = arg;
	int old = open("/", O_RDONLY | O_DIRECTORY);

	mkdir("/tmp/p", 0755);
	if (mount("/mnt/data", "/tmp/p", NULL, MS_BIND, NULL) < 0)
		return NOT_TRIED;
	mkdir("/tmp/p/inner", 0755);
	if (how[0] == 'd') {
		if (chdir("/tmp/p") < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
			return NOT_TRIED;
	} else if (syscall(SYS_pivot_root, "/tmp/p", "/tmp/p/inner") < 0) {
		return NOT_TRIED;
	}
	if (look_around() == ESCAPED)
		return ESCAPED;
	if (how[1] == 'u')
		umount2(how[0] == 'd' ? "." : "/inner", MNT_DETACH);
	if (look_around() == ESCAPED)
		return ESCAPED;
	return fchdir(old) == 0 ? look_everywhere() : HELD;
}

static int new_api(void *arg)
{
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, secret, (long)arg);

	if (fd >= 0 && fd_is_secret(fd))
		return ESCAPED;
	mkdir("/tmp/m", 0755);
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", (long)arg);
	if (fd < 0)
		return HELD;
	syscall(SYS_move_mount, fd, "", AT_FDCWD, "/tmp/m", MOVE_MOUNT_F_EMPTY_PATH);
	return fchdir(fd) == 0 ? look_everywhere() : HELD;
}

/* ---- namespaces ----------------------------------------------------------------------------- */

static int own_mounts(void *arg)
{
	if (unshare((int)(long)arg) < 0)
		return HELD;
	umount2("/mnt/data", MNT_DETACH);
	mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
	return look_everywhere();
}

static int enter(void *arg)
{
	char name[64];

	for (int i = -1; i < target_count; i++) {
		snprintf(name, sizeof(name), "/proc/%d/ns/%s", i < 0 ? 1 : targets[i], (char *)arg);
		if (setns(open(name, O_RDONLY), 0) == 0 && look_everywhere() == ESCAPED)
			return ESCAPED;
	}
	return HELD;
}

/* ---- what the user bound read-only ------------------------------------------------------------ */

/* Can something be made in it, by any of its names? */
static int is_writable(const char *dir)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/made", dir);
	if (mkdir(name, 0755) == 0)
		return ESCAPED;
	snprintf(name, sizeof(name), "%s/file", dir);
	return open(name, O_WRONLY) >= 0 || chmod(name, 0600) == 0 ? ESCAPED : HELD;
}

static int unlock(void *arg)
{
	const char *how = arg;
	int dir = open("/mnt/ro", O_RDONLY | O_DIRECTORY);

	if (access("/mnt/ro/file", R_OK) < 0)
		return NOT_TRIED;
	mkdir("/tmp/u", 0755);
	if (strcmp(how, "remount") == 0)
		mount(NULL, "/mnt/ro", NULL, MS_REMOUNT | MS_BIND, NULL);
	else if (strcmp(how, "umount") == 0)
		umount2("/mnt/ro", MNT_DETACH);
	else if (strcmp(how, "bind") == 0)
		mount("/mnt/ro", "/tmp/u", NULL, MS_BIND, NULL);
	else if (strcmp(how, "move") == 0)
		mount("/mnt/ro", "/tmp/u", NULL, MS_MOVE, NULL);
	else if (strcmp(how, "rbind") == 0)
		mount("/mnt", "/tmp/u", NULL, MS_BIND | MS_REC, NULL);
	else if (strcmp(how, "chroot") == 0)
		return chroot("/mnt/ro") == 0 ? is_writable("/") : NOT_TRIED;
	else if (strcmp(how, "cover") == 0)
		mount("none", "/mnt", "tmpfs", 0, NULL);
	mount(NULL, "/tmp/u", NULL, MS_REMOUNT | MS_BIND, NULL);
	mount(NULL, "/tmp/u/ro", NULL, MS_REMOUNT | MS_BIND, NULL);
	umount2("/tmp/u/ro", MNT_DETACH);
	if (is_writable("/mnt/ro") == ESCAPED || is_writable("/tmp/u/ro") == ESCAPED ||
	    (access("/tmp/u/file", F_OK) == 0 && is_writable("/tmp/u") == ESCAPED))
		return strcmp(how, "cover") == 0 ? HELD : ESCAPED;
	return fchdir(dir) == 0 && access("file", F_OK) == 0 ? is_writable(".") : HELD;
}

/* Each in its own mount namespace: the next one finds all as it was. */
struct step {
	int (*fn)(void *);
	void *arg;
};

static int in_own_view(void *arg)
{
	const struct step *s = arg;

	if (unshare(CLONE_NEWNS) < 0)
		return NOT_TRIED;
	return s->fn(s->arg);
}

#define TRY(name, fn, arg)                                             \
	probe(name, in_own_view, &(struct step){ fn, (void *)(uintptr_t)(arg) })

static void try_all(int (*fn)(void *), const char *what, const char *const *args)
{
	char name[128];

	for (; *args; args++) {
		snprintf(name, sizeof(name), "%s %s", what, *args);
		TRY(name, fn, *args);
	}
}

int main(int argc, char **argv)
{
	static const char *const roots[] = {
		"/proc/self/root", "/proc/self/cwd", "/proc/1/root", "/proc/1/cwd", "/..", "/proc",
		"/proc/self/fd/0", "/proc/self/task/1/root", "/mnt/data", "/twice", "/new", "/tmp/..",
		NULL
	};
	static const char *const descriptors[] = { "/", "/tmp/gone", "/mnt/data", "/proc", NULL };
	static const char *const pids[] = { "root", "cwd", "fd/0", "task", NULL };
	static const char *const sources[] = {
		"/proc/PID/root", "/proc/PID/cwd", "/proc/PID/fd/3", "/proc/PID/exe", "/proc/1/root",
		"/proc/1/cwd", "/..", "..", "/proc/self/root/..", "/proc/self/cwd/../..", "/proc/self/fd/0",
		"/mnt/data/..", "/twice/../..", "/new/deep/here/../../../..", NULL
	};
	static const char *const types[] = { "proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup2",
					     "tmpfs", "overlay", "ext4", "nosuchfs", NULL };
	static const char *const ends[] = { "td", "tm", "tc", "tr", "tx", "bd", "bm", "bc", "br", "bx", NULL };
	static const char *const pivots[] = { "d-", "du", "o-", "ou", NULL };
	static const char *const spaces[] = { "mnt", "user", "pid", NULL };
	static const char *const locks[] = { "remount", "umount", "bind", "move", "rbind", "chroot", "cover",
					     NULL };

	probe_init(argc, argv);
	probe("classic", classic, NULL);
	TRY("twice", twice, "/");
	try_all(root_at, "root at", roots);
	try_all(root_of_pr, "root at pr's", pids);
	try_all(root_at_descriptor, "root at a descriptor of", descriptors);
	TRY("root renamed", root_moved, "s");
	TRY("root renamed into a bind", root_moved, "/mnt/data/s");
	try_all(bind_from, "bind", sources);
	TRY("bind the secret", bind_secret, 0);
	try_all(mount_type, "mount", types);
	try_all(cwd_after, "cwd after", ends);
	TRY("umount", unmount_all, 0);
	TRY("umount -l", unmount_all, MNT_DETACH);
	TRY("names of trees", trees, 0);
	try_all(pivot, "pivot", pivots);
	TRY("open_tree", new_api, 0);
	TRY("open_tree a clone", new_api, OPEN_TREE_CLONE);
	TRY("unshare fs", own_mounts, CLONE_FS);
	TRY("unshare mounts and user", own_mounts, CLONE_NEWNS | CLONE_NEWUSER);
	TRY("unshare again", own_mounts, CLONE_NEWNS);
	try_all(enter, "setns", spaces);
	try_all(unlock, "read-only by", locks);
	return finish_probes();
}
