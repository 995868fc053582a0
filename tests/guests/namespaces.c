// SPDX-License-Identifier: MIT
/*
 * pivot_root(2) as containers' tools use it, mount and UTS namespaces by unshare(2), clone(2) and
 * clone3(2), and which namespaces are not to be had.
 *
 * kind: identity
 * dirs: /tmp/a/sub /tmp/new/old /tmp/new/proc /tmp/new/x /tmp/b
 * binds: @/data:/mnt/data
 */
#include "views.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>

static int pivot(const char *new, const char *old)
{
	return (int)syscall(SYS_pivot_root, new, old);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Mount points but those of the kernel's own, sorted. */
static void list(const char *mountinfo)
{
	char *text = read_all(mountinfo), *line, *rest = text, *points[64];
	size_t n = 0;

	while ((line = strsep(&rest, "\n"))) {
		char point[256];

		if (sscanf(line, "%*s %*s %*s %*s %255s", point) == 1 && n < 64 &&
		    !strstr(point, "proc"))
			points[n++] = strdup(point);
	}
	qsort(points, n, sizeof(points[0]), by_text);
	for (size_t i = 0; i < n; i++)
		printf("  %s\n", points[i]);
	free(text);
}

static void make_tree(void)
{
	make_file("/f", "the old root's\n");
	make_file("/tmp/a/f", "a's file\n");
	make_file("/tmp/new/f", "the new root's\n");
	make_file("/tmp/b/f", "b's file\n");
}

/* Its own mounts, its root a mount of its own: as runc and bwrap begin. */
static void prepare(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mount("/tmp/new", "/tmp/new", NULL, MS_BIND | MS_REC, NULL) == 0);
}

static void errors(void)
{
	SHOW(pivot("/tmp/new", "/tmp/new/old"));
	prepare();
	SHOW(pivot("/missing", "/tmp/new/old"));
	SHOW(pivot("/tmp/new", "/missing"));
	SHOW(pivot("/tmp/new/f", "/tmp/new/old"));
	SHOW(pivot("/tmp/new", "/tmp/new/f"));
	SHOW(pivot("/tmp/a", "/tmp/new/old"));
	SHOW(pivot("/tmp/new", "/tmp/a"));
	SHOW(pivot("/tmp/new/x", "/tmp/new/old"));
	SHOW(pivot("/", "/tmp/new"));
	SHOW(pivot("/tmp/new", "/"));
	SHOW(pivot(NULL, "/"));
	SHOW(mount("none", "/mnt/data", "tmpfs", 0, NULL));
	SHOW(pivot("/tmp/new", "/mnt/data"));
	SHOW(pivot("/mnt/data", "/tmp/new/old"));
	SHOW(chroot("/tmp/a"));
	SHOW(pivot("/", "/sub"));
	SHOW(pivot("/sub", "/sub"));
}

static void with_old_root(void)
{
	int jail;

	prepare();
	jail = open("/tmp/a", O_PATH);
	NEED(mount("/mnt/data", "/tmp/new/x", NULL, MS_BIND | MS_REC, NULL) == 0);
	SHOW(pivot("/tmp/new", "/tmp/new/old"));
	show_cwd();
	show_file("/f");
	show_file("f");
	show_file("/x/file");
	show_file("/old/f");
	show_file("/old/mnt/data/file");
	show_file("/old/tmp/new/f");
	SHOW(access("/old/old/f", F_OK));
	SHOW(fchdir(jail));
	show_cwd();
	SHOW(chdir("../.."));
	show_cwd();
	SHOW(umount("/old"));
	SHOW(chdir("/"));
	close(jail);
	SHOW(umount2("/old", MNT_DETACH));
	SHOW(access("/old/f", F_OK));
	SHOW(chdir("/.."));
	show_cwd();
	SHOW(rmdir("/old"));
	SHOW(mkdir("/old", 0755));
}

static void dot_and_dot(void)
{
	prepare();
	SHOW(chdir("/tmp/new"));
	SHOW(pivot(".", "."));
	show_cwd();
	show_file("/f");
	show_file("f");
	SHOW(umount2(".", MNT_DETACH));
	show_cwd();
	show_file("/f");
	show_file("../f");
	SHOW(access("/tmp/a/f", F_OK));
	SHOW(umount2("/", MNT_DETACH));
	show_file("/f");
}

/* runc: back to the old root by a descriptor, which is unmounted where one stands in it. */
static void by_descriptors(void)
{
	int old, new;

	prepare();
	old = open("/", O_RDONLY | O_DIRECTORY);
	new = open("/tmp/new", O_RDONLY | O_DIRECTORY);
	SHOW(fchdir(new));
	SHOW(pivot(".", "."));
	SHOW(fchdir(old));
	show_file("f");
	SHOW(mount("", ".", "", MS_SLAVE | MS_REC, NULL));
	SHOW(umount2(".", MNT_DETACH));
	show_file("f");
	SHOW(chdir("/"));
	show_cwd();
	show_file("f");
	show_file("../f");
	SHOW(access("/tmp/a", F_OK));
}

/* bwrap: a tmpfs is the root first, with the old one in it. */
static void through_tmpfs(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_SLAVE | MS_SILENT, NULL) == 0);
	SHOW(mount("tmpfs", "/tmp/b", "tmpfs", MS_NODEV | MS_NOSUID, NULL));
	SHOW(chdir("/tmp/b"));
	SHOW(mkdir("newroot", 0755));
	SHOW(mount("newroot", "newroot", NULL, MS_MGC_VAL | MS_BIND | MS_REC, NULL));
	SHOW(mkdir("oldroot", 0755));
	SHOW(pivot("/tmp/b", "oldroot"));
	SHOW(chdir("/"));
	SHOW(mkdir("newroot/a", 0755));
	SHOW(mount("/oldroot/tmp/a", "/newroot/a", NULL, MS_BIND | MS_REC, NULL));
	show_file("/newroot/a/f");
	SHOW(mount(NULL, "oldroot", NULL, MS_REC | MS_PRIVATE, NULL));
	SHOW(umount2("oldroot", MNT_DETACH));
	{
		int old = open("/", O_DIRECTORY | O_RDONLY);

		SHOW(chdir("/newroot"));
		SHOW(pivot(".", "."));
		SHOW(fchdir(old));
		SHOW(umount2(".", MNT_DETACH));
		SHOW(chdir("/"));
		close(old);
	}
	show_cwd();
	show_file("/a/f");
	SHOW(access("/oldroot", F_OK));
	SHOW(access("/newroot", F_OK));
}

static void in_a_jail(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount("/tmp/a", "/tmp/a", NULL, MS_BIND, NULL) == 0);
	SHOW(chroot("/tmp/a"));
	SHOW(chdir("/"));
	SHOW(mount("none", "/sub", "tmpfs", 0, NULL));
	SHOW(mkdir("/sub/was", 0755));
	SHOW(pivot("/sub", "/sub/was"));
	show_cwd();
	show_file("/was/f");
	show_file("/../f");
	SHOW(access("/sub", F_OK));
	SHOW(access("/was/sub", F_OK));
}

static void own_mounts(void)
{
	int go[2], back[2];
	char byte;
	pid_t pid;

	NEED(pipe(go) == 0 && pipe(back) == 0);
	pid = fork();
	if (pid == 0) {
		SHOW(unshare(CLONE_NEWNS));
		SHOW(mount("/tmp/a", "/tmp/b", NULL, MS_BIND, NULL));
		show_file("/tmp/b/f");
		fflush(stdout);
		NEED(write(back[1], "", 1) == 1 && read(go[0], &byte, 1) == 1);
		SHOW(access("/tmp/new/x/f", F_OK));
		_exit(0);
	}
	NEED(read(back[0], &byte, 1) == 1);
	show_file("/tmp/b/f");
	SHOW(umount("/tmp/b"));
	SHOW(mount("/tmp/a", "/tmp/new/x", NULL, MS_BIND, NULL));
	NEED(write(go[1], "", 1) == 1);
	finish("child", pid);
	SHOW(umount("/tmp/new/x"));
}

static void keeps_its_root(void)
{
	SHOW(chroot("/tmp/a"));
	SHOW(chdir("/sub"));
	SHOW(unshare(CLONE_NEWNS));
	show_cwd();
	show_file("/f");
	SHOW(mount("none", "/sub", "tmpfs", 0, NULL));
	show_cwd();
	SHOW(access("/f", F_OK));
}

static int mounts_apart(void *arg)
{
	(void)arg;
	SHOW(mount("/tmp/a", "/tmp/b", NULL, MS_BIND, NULL));
	show_file("/tmp/b/f");
	fflush(stdout);
	return 0;
}

static long clone_by_struct(uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &args, sizeof(args));
}

static void by_clone(void)
{
	static char stack[65536];
	long pid;

	fflush(stdout);
	pid = clone(mounts_apart, stack + sizeof(stack), CLONE_NEWNS | SIGCHLD, NULL);
	finish("clone", (pid_t)pid);
	show_file("/tmp/b/f");
	SHOW(clone(mounts_apart, stack + sizeof(stack), CLONE_NEWNS | CLONE_FS | SIGCHLD, NULL));
	fflush(stdout);
	pid = clone_by_struct(CLONE_NEWNS | CLONE_NEWUTS);
	if (pid == 0) {
		mounts_apart(NULL);
		SHOW(sethostname("cloned", 6));
		fflush(stdout);
		_exit(0);
	}
	finish("clone3", (pid_t)pid);
	show_file("/tmp/b/f");
}

static void show_names(void)
{
	struct utsname u;
	char name[65] = "";

	NEED(uname(&u) == 0);
	NEED(gethostname(name, sizeof(name)) == 0);
	printf("  %s %s %s\n", u.nodename, u.domainname, strcmp(name, u.nodename) ? "?" : "");
	show_file("/proc/sys/kernel/hostname");
	show_file("/proc/sys/kernel/domainname");
}

static void names(void)
{
	struct utsname first, u;
	pid_t pid;

	NEED(uname(&first) == 0);
	SHOW(unshare(CLONE_NEWUTS));
	SHOW(sethostname("box", 3));
	SHOW(setdomainname("example.org", 11));
	show_names();
	SHOW(sethostname("longer-than-before", 18));
	SHOW(sethostname("x", 1));
	show_names();
	SHOW(sethostname("", 0));
	SHOW(sethostname("x", -1));
	SHOW(sethostname("x", 65));
	SHOW(sethostname((char *)8, 3));
	SHOW(sethostname("0123456789012345678901234567890123456789012345678901234567890123", 64));
	show_names();
	pid = fork();
	if (pid == 0) {
		SHOW(sethostname("shared", 6));
		SHOW(unshare(CLONE_NEWUTS));
		SHOW(sethostname("apart", 5));
		SHOW(setdomainname("", 0));
		show_names();
		_exit(0);
	}
	finish("child", pid);
	show_names();
	NEED(uname(&u) == 0);
	printf("  the rest %s\n", strcmp(u.release, first.release) || strcmp(u.machine, first.machine) ||
					   strcmp(u.version, first.version) ?
				   "differs" : "is the same");
}

static void others(void)
{
	SHOW(unshare(0));
	SHOW(unshare(CLONE_FILES));
	SHOW(unshare(0x1));
	SHOW(unshare(CLONE_SIGHAND));
	set_capability(CAP_SYS_ADMIN, false);
	SHOW(unshare(CLONE_NEWNS));
	SHOW(unshare(CLONE_NEWUTS));
	SHOW(unshare(CLONE_NEWNET));
	SHOW(unshare(CLONE_NEWIPC));
	SHOW(unshare(CLONE_FS));
	SHOW(sethostname("x", 1));
	SHOW(sethostname("x", 100));
	SHOW(pivot("/missing", "/missing"));
}

int main(void)
{
	make_tree();
	list("/proc/self/mountinfo");
	apart("errors", errors);
	apart("with the old root", with_old_root);
	apart("dot and dot", dot_and_dot);
	apart("by descriptors", by_descriptors);
	apart("through a tmpfs", through_tmpfs);
	apart("in a jail", in_a_jail);
	apart("own mounts", own_mounts);
	apart("keeps its root", keeps_its_root);
	apart("by clone", by_clone);
	apart("names", names);
	apart("others", others);
	list("/proc/self/mountinfo");
	return 0;
}
