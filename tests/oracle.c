// SPDX-License-Identifier: MIT
/*
 * oracle ROOT [-b SRC:DST[:ro,noexec]]... [-w CWD] [-u UID:GID] [--] CMD...
 *
 * Runs CMD in a real chroot with real bind mounts, in a mount namespace of its own: what it sees is
 * what a guest of pr must see. Root becomes UID:GID; an ordinary user goes through a user namespace
 * in which only his own ids exist. Makes no mount point, closes no file, leaves no_new_privs alone.
 * Exit status: CMD's, or 125 for a failure of its own, 126/127 if CMD could not be started.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct want {
	const char *root;
	const char *cwd;
	char **binds; /* as written, NULL-terminated: the argv slots after each -b */
	size_t bind_count;
	uid_t uid;
	gid_t gid;
	char **cmd;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "oracle: %s %s: %s\n", what, name, strerror(errno));
	exit(125);
}

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("write", name);
	close(fd);
}

/* An ordinary user needs a user namespace to mount; his ids stay what they were. */
static void enter_namespaces(const struct want *w, bool root)
{
	char map[64];

	if (unshare(CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) < 0)
		die("unshare", "");
	if (!root) {
		write_file("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "%u %u 1", w->uid, w->uid);
		write_file("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "%u %u 1", w->gid, w->gid);
		write_file("/proc/self/gid_map", map);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("mount private", "/");
}

/* A user namespace may not drop the flags that the mount already has. */
static unsigned long kept_flags(const char *where)
{
	struct statvfs s;
	unsigned long flags = 0;

	if (statvfs(where, &s) < 0)
		die("statvfs", where);
	flags |= s.f_flag & ST_NOSUID ? MS_NOSUID : 0;
	flags |= s.f_flag & ST_NODEV ? MS_NODEV : 0;
	flags |= s.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
	flags |= s.f_flag & ST_NOATIME ? MS_NOATIME : 0;
	flags |= s.f_flag & ST_RELATIME ? MS_RELATIME : 0;
	return flags;
}

static void restrict_mount(const char *where, const char *options)
{
	unsigned long flags = MS_REMOUNT | MS_BIND | kept_flags(where);

	flags |= strstr(options, "ro") ? MS_RDONLY : 0;
	flags |= strstr(options, "noexec") ? MS_NOEXEC : 0;
	if (mount(NULL, where, NULL, flags, NULL) < 0)
		die("remount", where);
}

/* spec is SRC[:DST[:OPTIONS]]; it is cut into its parts. */
static void make_bind(const char *root, char *spec)
{
	char *dst = strchr(spec, ':'), *options = NULL, where[4096];

	if (dst) {
		*dst++ = '\0';
		options = strchr(dst, ':');
	} else {
		dst = spec;
	}
	if (options)
		*options++ = '\0';
	snprintf(where, sizeof(where), "%s/%s", root, dst);
	if (mount(spec, where, NULL, MS_BIND | MS_REC, NULL) < 0)
		die("bind", where);
	if (options)
		restrict_mount(where, options);
}

static void build_view(const struct want *w)
{
	if (mount(w->root, w->root, NULL, MS_BIND | MS_REC, NULL) < 0)
		die("bind", w->root);
	for (size_t i = 0; i < w->bind_count; i++)
		make_bind(w->root, w->binds[i]);
	if (chroot(w->root) < 0)
		die("chroot", w->root);
	if (chdir(w->cwd) < 0)
		die("chdir", w->cwd);
}

static void drop_root(const struct want *w)
{
	if (setgroups(0, NULL) < 0 || setresgid(w->gid, w->gid, w->gid) < 0 ||
	    setresuid(w->uid, w->uid, w->uid) < 0)
		die("become", "the test user");
}

static void parse(struct want *w, int argc, char **argv)
{
	int c;

	w->binds = calloc(argc, sizeof(*w->binds));
	w->root = argc > 1 ? argv[1] : "";
	optind = 2;
	while ((c = getopt(argc, argv, "+b:w:u:")) != -1) {
		if (c == 'b')
			w->binds[w->bind_count++] = optarg;
		else if (c == 'w')
			w->cwd = optarg;
		else if (c != 'u' || sscanf(optarg, "%u:%u", &w->uid, &w->gid) != 2)
			exit(125);
	}
	w->cmd = argv + optind;
	if (!*w->cmd) {
		fprintf(stderr, "usage: oracle ROOT [-b SRC:DST[:ro]]... [-w CWD] [-u U:G] CMD...\n");
		exit(125);
	}
}

int main(int argc, char **argv)
{
	struct want w = { .cwd = "/", .uid = getuid(), .gid = getgid() };
	bool root = geteuid() == 0;

	parse(&w, argc, argv);
	enter_namespaces(&w, root);
	build_view(&w);
	if (root)
		drop_root(&w);
	execvp(w.cmd[0], w.cmd);
	fprintf(stderr, "oracle: %s: %s\n", w.cmd[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
