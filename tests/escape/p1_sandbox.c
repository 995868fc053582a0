// SPDX-License-Identifier: MIT
/*
 * P1: the tracer and the front by names and ways that are not their pid as an argument: directories of
 * /proc as pidfds, owners of descriptors, process groups; what leaks of the session; other processes
 * of the user. p1_tracer.c has the plain ways.
 */
#include "probe.h"

#include <linux/openat2.h>
#include <linux/sockios.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static int target;

/* Has the directory of the target come into our hands? Then it is a pidfd as well. */
static int is_target(int fd)
{
	char link[64], text[64], name[32];
	ssize_t n;

	if (fd < 0)
		return HELD;
	if (syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0)
		return ESCAPED;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	snprintf(name, sizeof(name), "/proc/%d", target);
	return strncmp(text, name, strlen(name)) == 0 ? ESCAPED : HELD;
}

static int by_name(void *arg)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), arg, target, target);
	if (is_target(open(path, O_RDONLY | O_DIRECTORY)) == ESCAPED)
		return ESCAPED;
	return is_target(open(path, O_PATH));
}

static void names(void)
{
	static const char *const spelled[] = {
		"/proc/%d",		 "/proc/%d/",		       "/proc/%d/.",
		"//proc//%d",		 "/proc/self/../%d",	       "/proc/thread-self/../../../%d",
		"/proc/%d/task/%d",	 "/proc/%d/task/%d/../../fd",  "/proc/self/root/proc/%d",
		"/proc/self/cwd/proc/%d", "/proc/1/../%d/task",	       "/proc/./%d/net",
		"/proc/%d/cwd",		 "/proc/%d/root",	       "/proc/%d/exe",
	};

	for (size_t i = 0; i < sizeof(spelled) / sizeof(*spelled); i++)
		probe(spelled[i], by_name, (void *)spelled[i]);
}

static int by_dirfd(void *arg)
{
	int proc = open("/proc", (int)(long)arg | O_DIRECTORY);
	char name[32];

	snprintf(name, sizeof(name), "%d", target);
	return is_target(openat(proc, name, O_RDONLY | O_DIRECTORY));
}

static int by_cwd(void *arg)
{
	char name[32];

	(void)arg;
	snprintf(name, sizeof(name), "%d", target);
	if (chdir("/proc") < 0)
		return HELD;
	if (chdir(name) == 0)
		return ESCAPED;
	return is_target(open(name, O_RDONLY));
}

static int by_openat2(void *arg)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY, .resolve = (uint64_t)(long)arg };
	char name[32];

	for (int slash = 0; slash < 2; slash++) {
		snprintf(name, sizeof(name), "%s%d", slash ? "/" : "", target);
		if (is_target(syscall(SYS_openat2, open("/proc", O_PATH), name, &how, sizeof(how))) == ESCAPED)
			return ESCAPED;
		snprintf(name, sizeof(name), "%sproc/%d", slash ? "/" : "", target);
		if (is_target(syscall(SYS_openat2, open("/", O_PATH), name, &how, sizeof(how))) == ESCAPED)
			return ESCAPED;
	}
	return HELD;
}

static int by_link(void *arg)
{
	char path[64];

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%d", target);
	unlink("/tmp/to-target");
	symlink(path, "/tmp/to-target");
	if (is_target(open("/tmp/to-target", O_RDONLY)) == ESCAPED)
		return ESCAPED;
	return is_target(open("/tmp/to-target/fd", O_RDONLY));
}

static int by_look(void *arg)
{
	char path[64], text[64];
	struct stat st;
	struct statx stx;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%d", target);
	if (stat(path, &st) == 0 || lstat(path, &st) == 0 || access(path, F_OK) == 0 ||
	    statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx) == 0 ||
	    inotify_add_watch(inotify_init(), path, IN_OPEN) >= 0 || listxattr(path, NULL, 0) >= 0)
		return ESCAPED;
	snprintf(path, sizeof(path), "/proc/%d/cwd", target);
	return readlink(path, text, sizeof(text)) >= 0 ? ESCAPED : HELD;
}

/* ---- owners: any signal at choice would go there ------------------------------------------------- */

struct owner {
	int cmd, type; /* of F_SETOWN_EX */
	int sign;
};

static int pair_end(void)
{
	int pair[2];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	return pair[0];
}

static int by_owner(void *arg)
{
	const struct owner *o = arg;
	struct f_owner_ex ex = { o->type, target };
	int id = o->sign * target, r;

	if (o->cmd == F_SETOWN_EX)
		r = fcntl(pair_end(), F_SETOWN_EX, &ex);
	else if (o->cmd == F_SETOWN)
		r = fcntl(pair_end(), F_SETOWN, id);
	else
		r = ioctl(pair_end(), o->cmd, &id);
	return r == 0 ? ESCAPED : HELD;
}

static void owners(void)
{
	static const struct {
		const char *name;
		struct owner o;
	} all[] = {
		{ "F_SETOWN", { F_SETOWN, 0, 1 } },
		{ "F_SETOWN of a group", { F_SETOWN, 0, -1 } },
		{ "F_SETOWN_EX of a thread", { F_SETOWN_EX, 0, 0 } },
		{ "F_SETOWN_EX of a process", { F_SETOWN_EX, 1, 0 } },
		{ "F_SETOWN_EX of a group", { F_SETOWN_EX, 2, 0 } },
		{ "FIOSETOWN", { FIOSETOWN, 0, 1 } },
		{ "SIOCSPGRP", { SIOCSPGRP, 0, 1 } },
		{ "FIOSETOWN of a group", { FIOSETOWN, 0, -1 } },
		{ "SIOCSPGRP of a group", { SIOCSPGRP, 0, -1 } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		probe(all[i].name, by_owner, (void *)&all[i].o);
}

/* ---- what leaks ---------------------------------------------------------------------------------- */

static int descriptors(void *arg)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	(void)arg;
	NEED(dir);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(dir))
			return ESCAPED;
	return HELD;
}

/* The session's private directory is named by nothing that a guest may read. */
static int session_name(void *arg)
{
	static char text[1 << 18];
	int fd = open(arg, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	for (ssize_t i = 0; i + 11 <= n; i++)
		if (memcmp(text + i, "pr-session-", 11) == 0)
			return ESCAPED;
	return HELD;
}

static void leaks(void)
{
	static const char *const files[] = {
		"/proc/self/maps",   "/proc/self/smaps",     "/proc/self/mountinfo", "/proc/self/mounts",
		"/proc/self/environ", "/proc/self/auxv",     "/proc/self/cmdline",   "/proc/self/status",
		"/proc/self/stat",   "/proc/self/mountstats", "/proc/self/numa_maps", "/proc/locks",
	};

	probe("descriptors of the tracer", descriptors, NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		probe(files[i], session_name, (void *)files[i]);
}

/* ---- other processes of the same user --------------------------------------------------------------- */

static bool is_ours(int pid)
{
	struct stat st;
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d", pid);
	return pid != getpid() && pid != getppid() && stat(name, &st) == 0 && st.st_uid == getuid();
}

static int told(const char *name)
{
	printf("reached: %s\n", name);
	fflush(stdout);
	return ESCAPED;
}

static int look_inside(int pid)
{
	static const char *const links[] = { "cwd", "root", "exe", "fd/0", "ns/mnt" };
	static const char *const files[] = { "environ", "maps", "mem", "auxv", "syscall", "stack" };
	static const char *const dirs[] = { "fd", "fdinfo", "map_files", "root/etc", "cwd/." };
	char name[64], text[64];

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		snprintf(name, sizeof(name), "/proc/%d/%s", pid, links[i]);
		if (readlink(name, text, sizeof(text)) >= 0)
			return told(name);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "/proc/%d/%s", pid, files[i]);
		if (read(open(name, O_RDONLY), text, 1) > 0)
			return told(name);
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(name, sizeof(name), "/proc/%d/%s/.", pid, dirs[i]);
		if (open(name, O_RDONLY) >= 0)
			return told(name);
	}
	return HELD;
}

static int reach(int pid)
{
	struct iovec here = { secret, 8 }, there = { (void *)0x400000, 8 };

	if (syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0) >= 0)
		return ESCAPED;
	return syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 0, 0) >= 0 ? ESCAPED : HELD;
}

static int others(void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	NEED(dir);
	while ((e = readdir(dir))) {
		int pid = atoi(e->d_name);

		if (pid > 0 && is_ours(pid) && (arg ? reach(pid) : look_inside(pid)) == ESCAPED)
			return ESCAPED;
	}
	return HELD;
}

int main(int argc, char **argv)
{
	probe_init(argc, argv);
	for (int i = 0; i < target_count; i++) {
		target = targets[i];
		names();
		probe("descriptor of /proc", by_dirfd, NULL);
		probe("O_PATH of /proc", by_dirfd, (void *)(long)O_PATH);
		probe("cwd in /proc", by_cwd, NULL);
		probe("openat2", by_openat2, NULL);
		probe("openat2 beneath", by_openat2, (void *)(long)RESOLVE_BENEATH);
		probe("openat2 in root", by_openat2, (void *)(long)RESOLVE_IN_ROOT);
		probe("link", by_link, NULL);
		probe("looks", by_look, NULL);
		owners();
	}
	target = getpgrp();
	probe("F_SETOWN of the caller's group", by_owner, &(struct owner){ F_SETOWN, 0, -1 });
	leaks();
	probe("links and files of other processes", others, NULL);
	probe("memory and descriptors of other processes", others, (void *)1L);
	return finish_probes();
}
