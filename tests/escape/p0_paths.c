// SPDX-License-Identifier: MIT
/*
 * P0: ways to spell a way out: "..", links of every kind, /proc's magic links, descriptors of
 * directories, chroot, long and unusual strings, binds and their edges.
 */
#include "probe.h"

#include <linux/openat2.h>

static int try_open(void *arg)
{
	int fd = open(arg, O_RDONLY | O_NONBLOCK);

	if (fd >= 0 && fd_is_secret(fd))
		return ESCAPED;
	fd = open(arg, O_PATH);
	return fd >= 0 && fd_is_secret(fd) ? ESCAPED : HELD;
}

static void open_path(const char *fmt, ...)
{
	char path[3 * PATH_MAX], name[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	snprintf(name, sizeof(name), "open %.100s", path);
	probe(name, try_open, path);
}

static void spelled(void)
{
	static const char up[] = "../../../../../../../../../../../../../../../../../../../..";
	char many[4096] = "";

	for (int i = 0; i < 1000; i++)
		memcpy(many + 3 * i, "../", 4);
	open_path("%s", secret);
	open_path("/%s", secret);
	open_path("%s%s", up, secret);
	open_path("/%s%s", up, secret);
	open_path("/tmp/%s%s", up, secret);
	open_path("%s%s", many, secret + 1);
	open_path("/mnt/data/%s%s", up, secret);
	open_path("/mnt/data/../secret/flag");
	open_path("/mnt/data/../../secret/flag");
	open_path("/mnt/data/inner/../../secret/flag");
	open_path("/mnt/data/./.././secret//flag");
	open_path("/twice/../../secret/flag");
	open_path("/twice/../secret/flag");
	open_path("/tmp/../../secret/flag");
	open_path("/../secret/flag");
	open_path("/new/../../secret/flag");
	open_path("/new/deep/here/../secret/flag");
	open_path("/new/deep/here/../../../../secret/flag");
}

static void through_links(void)
{
	char text[2 * PATH_MAX];

	symlink(secret, "/tmp/absolute");
	symlink(outside, "/tmp/directory");
	symlink("../../secret/flag", "/tmp/relative");
	symlink("../secret/flag", "/mnt/data/relative");
	symlink("../../secret/flag", "/mnt/data/inner/relative");
	symlink(secret, "/mnt/data/absolute");
	symlink("..", "/mnt/data/up");
	symlink("../..", "/mnt/data/inner/up");
	symlink("/proc/self/root", "/tmp/root");
	symlink("/proc/self/cwd/..", "/tmp/cwd");
	snprintf(text, sizeof(text), "/proc/self/root%s", secret);
	symlink(text, "/tmp/by-root");
	open_path("/tmp/absolute");
	open_path("/tmp/directory/flag");
	open_path("/tmp/relative");
	open_path("/mnt/data/relative");
	open_path("/twice/relative");
	open_path("/mnt/data/inner/relative");
	open_path("/mnt/data/absolute");
	open_path("/mnt/data/up/secret/flag");
	open_path("/twice/up/secret/flag");
	open_path("/tmp/root%s", secret);
	open_path("/tmp/root/../%s", secret);
	open_path("/tmp/cwd/%s", secret);
	open_path("/tmp/by-root");
}

static void through_proc(void)
{
	static const char *const roots[] = {
		"/proc/self/root", "/proc/self/cwd", "/proc/self/task/../root", "/proc/thread-self/root",
		"/proc/self/fd/3", "/proc/self/fd/4", "/proc/self/fd/5", "/proc/thread-self/cwd",
		"/proc/1/root", "/proc/1/cwd", "/proc/self/../self/root", "/dev/fd/3", "/proc/self/fdinfo/../fd/3",
		"/proc/self/map_files/..", "/proc/self/ns/..",
	};

	symlink("/proc/self/fd", "/dev/fd");
	open("/", O_RDONLY);
	open("/mnt/data", O_PATH);
	open("/twice", O_RDONLY);
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		open_path("%s%s", roots[i], secret);
		open_path("%s/..%s", roots[i], secret);
		open_path("%s/../../../../../..%s", roots[i], secret);
		open_path("%s/../secret/flag", roots[i]);
		open_path("%s/../../secret/flag", roots[i]);
	}
	for (int i = 0; i < target_count; i++) {
		open_path("/proc/%d/root%s", targets[i], secret);
		open_path("/proc/%d/cwd/../../../../../../../..%s", targets[i], secret);
		open_path("/proc/%d/task/%d/root%s", targets[i], targets[i], secret);
		for (int fd = 0; fd < 32; fd++) {
			open_path("/proc/%d/fd/%d%s", targets[i], fd, secret);
			open_path("/proc/%d/fd/%d/../secret/flag", targets[i], fd);
			open_path("/proc/%d/fd/%d/../../../../../../../..%s", targets[i], fd, secret);
		}
	}
	close(3);
	close(4);
	close(5);
}

static int at_directory(int dir)
{
	static const char *const ways[] = { "../secret/flag", "../../secret/flag", "../../../secret/flag",
					    "./../secret/flag", "inner/../../secret/flag" };
	char up[2 * PATH_MAX];
	struct open_how how = { .flags = O_RDONLY };

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		openat(dir, ways[i], O_RDONLY);
		for (how.resolve = 0; how.resolve < 0x20; how.resolve++)
			syscall(SYS_openat2, dir, ways[i], &how, sizeof(how));
	}
	snprintf(up, sizeof(up), "../../../../../../../../../..%s", secret);
	openat(dir, up, O_RDONLY);
	openat(dir, secret, O_RDONLY);
	how.resolve = RESOLVE_IN_ROOT;
	syscall(SYS_openat2, dir, secret, &how, sizeof(how));
	syscall(SYS_openat2, dir, up, &how, sizeof(how));
	return any_fd_is_secret() ? ESCAPED : HELD;
}

static int from_fd(void *arg)
{
	return at_directory(open(arg, O_RDONLY | O_DIRECTORY));
}

static int from_path_fd(void *arg)
{
	return at_directory(open(arg, O_PATH));
}

static int from_cwd(void *arg)
{
	if (chdir(arg) < 0)
		return HELD;
	return at_directory(AT_FDCWD);
}

static int from_parent_fd(void *arg)
{
	int dir = open(arg, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 20; i++)
		dir = openat(dir, "..", O_RDONLY | O_DIRECTORY);
	return at_directory(dir);
}

static int by_fchdir(void *arg)
{
	if (fchdir(open(arg, O_PATH)) < 0)
		return HELD;
	for (int i = 0; i < 20; i++)
		chdir("..");
	return at_directory(AT_FDCWD);
}

static int moved_away(void *arg)
{
	(void)arg;
	mkdir("/tmp/x", 0755);
	mkdir("/tmp/x/y", 0755);
	if (chdir("/tmp/x/y") < 0)
		return HELD;
	rename("/tmp/x/y", "/y");
	chdir("..");
	chdir("..");
	rename("/mnt/data/inner/deep", "/mnt/data/deep");
	chdir("/mnt/data/deep");
	rename("/mnt/data/deep", "/mnt/data/inner/deep");
	return at_directory(AT_FDCWD);
}

/* The classic: a second chroot below, then up from a descriptor that was left outside. */
static int double_chroot(void *arg)
{
	int dir = open("/", O_RDONLY);

	(void)arg;
	mkdir("/tmp/jail", 0755);
	chroot("/tmp/jail");
	fchdir(dir);
	for (int i = 0; i < 30; i++)
		chdir("..");
	return at_directory(AT_FDCWD);
}

static int deleted_cwd(void *arg)
{
	(void)arg;
	mkdir("/mnt/data/gone", 0755);
	if (chdir("/mnt/data/gone") < 0)
		return HELD;
	rmdir("/mnt/data/gone");
	return at_directory(AT_FDCWD);
}

/* A descriptor of a link is no directory: what the link says must not be followed on the host. */
static int from_link_fd(void *arg)
{
	char way[2 * PATH_MAX];
	int dir;

	symlink(arg, "/tmp/descriptor");
	dir = open("/tmp/descriptor", O_PATH | O_NOFOLLOW);
	snprintf(way, sizeof(way), "proc/..%s", secret);
	openat(dir, way, O_RDONLY);
	openat(dir, "../secret/../secret/flag", O_RDONLY);
	snprintf(way, sizeof(way), "/proc/self/fd/%d/proc/..%s", dir, secret);
	open(way, O_RDONLY);
	at_directory(dir);
	unlink("/tmp/descriptor");
	return any_fd_is_secret() ? ESCAPED : HELD;
}

static void directories(void)
{
	static const char *const dirs[] = { "/", "/tmp", "/mnt/data", "/twice", "/mnt/data/inner", "/proc",
					    "/proc/self", "/proc/self/fd", "/new", "/new/deep",
					    "/new/deep/here", "/proc/self/cwd", "/proc/self/root" };
	char name[96];
	static const struct {
		const char *name;
		int (*fn)(void *);
	} ways[] = { { "descriptor", from_fd }, { "O_PATH", from_path_fd }, { "cwd", from_cwd },
		     { "parents by openat", from_parent_fd }, { "fchdir", by_fchdir } };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		for (size_t j = 0; j < sizeof(ways) / sizeof(*ways); j++) {
			snprintf(name, sizeof(name), "%s of %s", ways[j].name, dirs[i]);
			probe(name, ways[j].fn, (void *)dirs[i]);
		}
	probe("moved cwd", moved_away, NULL);
	probe("double chroot", double_chroot, NULL);
	probe("deleted cwd", deleted_cwd, NULL);
	probe("descriptor of a link to /", from_link_fd, "/");
	probe("descriptor of a link to outside", from_link_fd, (void *)outside);
}

/* Strings at the end of pages, in memory that may not be read, with stacks that are none. */
static int odd_memory(void *arg)
{
	char *page = page_before_gap(), *at;
	size_t n = strlen(secret) + 1, size = sysconf(_SC_PAGESIZE);

	at = page + size - n;
	memcpy(at, secret, n);
	open(at, O_RDONLY);
	mprotect(page, size, PROT_READ);
	open(at, O_RDONLY);
	mprotect(page, size, (long)arg ? PROT_NONE : PROT_WRITE);
	open(at, O_RDONLY);
	syscall(SYS_openat, AT_FDCWD, at, O_RDONLY);
	mprotect(page, size, PROT_READ | PROT_WRITE);
	at[n - 1] = 'x'; /* no end */
	open(at, O_RDONLY);
	return any_fd_is_secret() ? ESCAPED : HELD;
}

static int too_long(void *arg)
{
	static char path[9000];
	size_t n = strlen(secret);

	(void)arg;
	for (size_t len = 4000; len < 4200; len++) {
		memset(path, '/', sizeof(path));
		memcpy(path + len - n, secret, n + 1);
		open(path, O_RDONLY);
		memset(path, '.', 1);
		open(path, O_RDONLY);
	}
	for (size_t len = 8000; len < 8300; len += 7) {
		memset(path, '/', sizeof(path));
		memcpy(path + len - n, secret, n + 1);
		open(path, O_RDONLY);
	}
	return any_fd_is_secret() ? ESCAPED : HELD;
}

int main(int argc, char **argv)
{
	probe_init(argc, argv);
	spelled();
	through_links();
	through_proc();
	directories();
	probe("page ends", odd_memory, NULL);
	probe("PROT_NONE", odd_memory, (void *)1L);
	probe("long strings", too_long, NULL);
	return finish_probes();
}
