// SPDX-License-Identifier: MIT
/*
 * oracle ROOT [-b SRC:DST[:ro,noexec]]... [-w CWD] [-u UID:GID] [-0] [-I] [--] CMD...
 *
 * Runs CMD in a real chroot with real bind mounts, in a mount namespace of its own: what it sees is
 * what a guest of pr must see. Root becomes UID:GID; an ordinary user goes through a user namespace
 * in which only his own ids exist. Makes no mount point, closes no file, leaves no_new_privs alone.
 *
 * With -0 CMD is root, with every capability, in user and IPC namespaces of its own: UID:GID is 0:0,
 * and where we are root, or have so many subordinate ids, all other ids up to 65535 exist, too. It
 * gets there by pivot_root, for no name of the host's is to be left. With -I it has an IPC namespace of
 * its own in any case.
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct want {
	const char *root;
	const char *cwd;
	char **binds; /* as written, NULL-terminated: the argv slots after each -b */
	size_t bind_count;
	uid_t uid;
	gid_t gid;
	bool identity; /* -0 */
	bool ipc; /* -I */
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

enum { OTHERS = 300000 }; /* where the ids from 1 on lie on the host */

/* A range can only be given from outside, by root. */
static void map_ids_of(pid_t pid, const struct want *w)
{
	char name[64], map[64];

	snprintf(name, sizeof(name), "/proc/%d/uid_map", pid);
	snprintf(map, sizeof(map), "0 %u 1\n1 %u 65535\n", w->uid, OTHERS);
	write_file(name, map);
	snprintf(name, sizeof(name), "/proc/%d/gid_map", pid);
	snprintf(map, sizeof(map), "0 %u 1\n1 %u 65535\n", w->gid, OTHERS);
	write_file(name, map);
}

static void map_own_ids(uid_t uid, const struct want *w, gid_t gid)
{
	char map[64];

	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", uid, w->uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", gid, w->gid);
	write_file("/proc/self/gid_map", map);
}

/* Is this the user's name or number? */
static bool is_name_of(const char *name, uid_t uid)
{
	char line[512], user[64], *end;
	FILE *f;
	unsigned id;
	bool found = strtoul(name, &end, 10) == uid && *end == '\0';

	f = fopen("/etc/passwd", "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%63[^:]:%*[^:]:%u", user, &id) == 2 && id == uid &&
			strcmp(user, name) == 0;
	if (f)
		fclose(f);
	return found;
}

/* The first of this user's subordinate ids that are enough, in subuid(5) or subgid; 0: none. */
static unsigned long subordinates(const char *table, uid_t uid)
{
	unsigned long first, count, found = 0;
	char line[256], name[64];
	FILE *f = fopen(table, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]:%lu:%lu", name, &first, &count) == 3 &&
		    count >= 65535 && is_name_of(name, uid))
			found = first;
	if (f)
		fclose(f);
	return found;
}

static bool map_by(const char *program, pid_t pid, uid_t own, unsigned long first)
{
	char command[256];

	snprintf(command, sizeof(command), "%s %d 0 %u 1 1 %lu 65535 2>/dev/null", program, pid,
		 own, first);
	return system(command) == 0;
}

/* newuidmap(1): for an ordinary user who has a range. All or nothing. */
static bool map_subordinates(pid_t pid, const struct want *w)
{
	unsigned long uids = subordinates("/etc/subuid", w->uid);
	unsigned long gids = subordinates("/etc/subgid", w->uid);

	return uids && gids && map_by("newgidmap", pid, getgid(), gids) &&
	       map_by("newuidmap", pid, getuid(), uids);
}

/* -0: unshare(2) first, then the maps, by a child that stays outside. */
static void become_virtual_root(const struct want *w, bool root)
{
	pid_t self = getpid(), child;
	int go[2], status;
	char byte = 0;

	if (pipe2(go, O_CLOEXEC) < 0 || (child = fork()) < 0)
		die("fork", "");
	if (child == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		if (root)
			map_ids_of(self, w);
		_exit(root || map_subordinates(self, w) ? 0 : 1);
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUSER) < 0 || write(go[1], &byte, 1) != 1)
		die("unshare", "");
	if (waitpid(child, &status, 0) != child || (root && status != 0))
		die("map", "ids");
	close(go[0]);
	close(go[1]);
	if (status != 0) {
		map_own_ids(0, w, 0);
		return;
	}
	if (setresgid(0, 0, 0) < 0 || setgroups(0, NULL) < 0 || setresuid(0, 0, 0) < 0)
		die("become", "root");
}

/* An ordinary user needs a user namespace to mount; his ids stay what they were. */
static void enter_namespaces(const struct want *w, bool root)
{
	if (w->identity)
		become_virtual_root(w, root);
	else if (unshare(CLONE_NEWNS | (w->ipc ? CLONE_NEWIPC : 0) |
			 (root ? 0 : CLONE_NEWUSER)) < 0)
		die("unshare", "");
	else if (!root)
		map_own_ids(w->uid, w, w->gid);
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

/* pivot_root(2), "pivot_root(".", ".")" */
static void leave_host(const char *root)
{
	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0)
		die("pivot_root", root);
}

static void build_view(const struct want *w)
{
	if (mount(w->root, w->root, NULL, MS_BIND | MS_REC, NULL) < 0)
		die("bind", w->root);
	for (size_t i = 0; i < w->bind_count; i++)
		make_bind(w->root, w->binds[i]);
	if (w->identity)
		leave_host(w->root);
	else if (chroot(w->root) < 0)
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
	while ((c = getopt(argc, argv, "+b:w:u:0I")) != -1) {
		if (c == 'b')
			w->binds[w->bind_count++] = optarg;
		else if (c == 'w')
			w->cwd = optarg;
		else if (c == '0')
			w->identity = true;
		else if (c == 'I')
			w->ipc = true;
		else if (c != 'u' || sscanf(optarg, "%u:%u", &w->uid, &w->gid) != 2)
			exit(125);
	}
	w->cmd = argv + optind;
	if (!*w->cmd) {
		fprintf(stderr, "usage: oracle ROOT [-b SRC:DST[:ro]]... [-w CWD] [-u U:G] [-0] [-I] CMD...\n");
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
	if (root && !w.identity)
		drop_root(&w);
	execvp(w.cmd[0], w.cmd);
	fprintf(stderr, "oracle: %s: %s\n", w.cmd[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
