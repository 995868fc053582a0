// SPDX-License-Identifier: MIT
/*
 * mount(2) and umount2(2) as root: the errors and their order, binds of directories and files, with
 * and without what is below, read-only and again not, tmpfs, mounts on mounts, moves, what is busy,
 * what is unmounted under somebody's feet, and who may not.
 *
 * kind: identity
 * dirs: /tmp/a/sub /tmp/b /tmp/c /tmp/d/e
 * binds: @/data:/mnt/data @/other:/mnt/data/inner/deep
 */
#include "views.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

static int bind_at(const char *from, const char *to, unsigned long more)
{
	return mount(from, to, NULL, MS_BIND | more, NULL);
}

static int remount(const char *at, unsigned long flags)
{
	return mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

/* Points, options and types of mounts below /tmp, those of one point in their order. */
static void list(void)
{
	char *text = read_all("/proc/self/mountinfo"), *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char point[256], options[256], type[64];
		const char *dash = strstr(line, " - ");

		if (sscanf(line, "%*s %*s %*s %*s %255s %255s", point, options) != 2 || !dash)
			continue;
		if (strncmp(point, "/tmp/", 5) != 0 || sscanf(dash, " - %63s", type) != 1)
			continue;
		printf("  %s %s %s\n", point, options, strcmp(type, "tmpfs") ? "" : type);
	}
	free(text);
}

static void make_tree(void)
{
	make_file("/tmp/a/f", "a's file\n");
	make_file("/tmp/a/sub/g", "deeper\n");
	make_file("/tmp/b/f", "b's file\n");
	make_file("/tmp/c/f", "c's file\n");
	make_file("/tmp/file", "a file\n");
	make_file("/tmp/file2", "another\n");
	make_link("/tmp/b", "/tmp/tob");
	make_link("/tmp/gone", "/tmp/dangling");
}

static void errors(void)
{
	SHOW(bind_at("/missing", "/tmp/b", 0));
	SHOW(bind_at("/tmp/a", "/missing", 0));
	SHOW(bind_at("/missing", "/alsomissing", 0));
	SHOW(bind_at("", "/tmp/b", 0));
	SHOW(bind_at(NULL, "/tmp/b", 0));
	SHOW(bind_at((char *)8, "/tmp/b", 0));
	SHOW(bind_at("/tmp/a", NULL, 0));
	SHOW(bind_at("/tmp/a", "", 0));
	SHOW(bind_at("/tmp/a", "/tmp/file", 0));
	SHOW(bind_at("/tmp/file", "/tmp/a", 0));
	SHOW(bind_at("/tmp/a/", "/tmp/file/", 0));
	SHOW(bind_at("/tmp/a", "/tmp/dangling", 0));
	SHOW(mount("x", "/tmp/b", (char *)8, 0, NULL));
	SHOW(mount("x", "/tmp/b", NULL, 0, NULL));
	SHOW(mount("x", "/tmp/b", "nosuchfs", 0, NULL));
	SHOW(mount("x", "/missing", "nosuchfs", 0, NULL));
	SHOW(mount("/dev/null", "/tmp/b", "ext4", 0, NULL));
	SHOW(mount("x", "/tmp/b", "tmpfs", MS_NOUSER, NULL));
	SHOW(mount("x", "/tmp/b", "tmpfs", 0, (char *)8));
	SHOW(mount("x", "/tmp/b", "tmpfs", 0, "nosuchoption"));
	SHOW(mount("x", "/tmp/b", "tmpfs", 0, "size=xyz"));
	SHOW(mount("x", "/tmp/b", "tmpfs", 0, "mode=9"));
	SHOW(mount("x", "/tmp/b", "tmpfs", 0, "inode64=1"));
	SHOW(mount("x", "/tmp/b", "tmpfs", 0, "size"));
	SHOW(mount("x", "/tmp/file", "tmpfs", 0, NULL));
	SHOW(remount("/tmp/a", MS_RDONLY));
	SHOW(mount(NULL, "/tmp/a", NULL, MS_REMOUNT, NULL));
	SHOW(mount(NULL, "/tmp/a", NULL, MS_PRIVATE, NULL));
	SHOW(mount("/tmp/a", "/tmp/b", NULL, MS_MOVE, NULL));
	SHOW(mount("", "/tmp/b", NULL, MS_MOVE, NULL));
	SHOW(umount("/tmp/a"));
	SHOW(umount("/missing"));
	SHOW(umount("/tmp/file"));
	SHOW(umount2("/tmp/a", 0x100));
	SHOW(umount2("/missing", 0x100));
	SHOW(umount(""));
	SHOW(umount(NULL));
	SHOW(umount("/"));
	SHOW(mount("/", "/tmp/b", NULL, MS_MOVE, NULL));
	list();
}

static void binds(void)
{
	int f;

	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	show_file("/tmp/b/f");
	show_file("/tmp/tob/sub/g");
	show_file("/tmp/b/../b/./sub/../f");
	SHOW(chdir("/tmp/b/sub"));
	show_cwd();
	SHOW(chdir("../.."));
	show_cwd();
	show_file("b/f");
	make_file("/tmp/b/new", "new\n");
	show_file("/tmp/a/new");
	SHOW(rename("/tmp/b/new", "/tmp/a/new2"));
	SHOW(link("/tmp/a/new", "/tmp/b/new2"));
	SHOW(rename("/tmp/b/new", "/tmp/b/new2"));
	SHOW(unlink("/tmp/a/new2"));
	SHOW(rmdir("/tmp/b"));
	SHOW(rename("/tmp/b", "/tmp/bb"));
	SHOW(unlink("/tmp/b"));
	SHOW(mkdir("/tmp/b", 0755));
	SHOW(bind_at("/tmp/file", "/tmp/file2", 0));
	show_file("/tmp/file2");
	f = open("/tmp/file2", O_WRONLY | O_TRUNC);
	NEED(f >= 0 && write(f, "through\n", 8) == 8);
	close(f);
	show_file("/tmp/file");
	SHOW(unlink("/tmp/file2"));
	SHOW(umount("/tmp/file2/"));
	SHOW(umount("/tmp/file2"));
	show_file("/tmp/file2");
	list();
	SHOW(umount("/tmp/b/."));
	show_file("/tmp/b/f");
	SHOW(umount("/tmp/b"));
	make_file("/tmp/file", "a file\n");
	SHOW(bind_at("/tmp/a", "/tmp/tob", 0));
	show_file("/tmp/b/f");
	SHOW(umount2("/tmp/tob", UMOUNT_NOFOLLOW));
	SHOW(umount("/tmp/tob"));
	show_file("/tmp/tob/f");
}

static void below(void)
{
	SHOW(bind_at("/tmp/c", "/tmp/a/sub", 0));
	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	show_file("/tmp/b/sub/g");
	show_file("/tmp/b/sub/f");
	list();
	SHOW(umount("/tmp/b"));
	SHOW(bind_at("/tmp/a", "/tmp/b", MS_REC));
	show_file("/tmp/b/sub/g");
	show_file("/tmp/b/sub/f");
	list();
	SHOW(umount("/tmp/b"));
	SHOW(umount("/tmp/b/sub"));
	show_file("/tmp/b/sub/g");
	show_file("/tmp/a/sub/f");
	SHOW(umount("/tmp/b"));
	SHOW(umount("/tmp/a"));
	SHOW(umount("/tmp/a/sub"));
	SHOW(bind_at("/mnt/data", "/tmp/b", MS_REC));
	show_file("/tmp/b/inner/deep/file");
	SHOW(umount2("/tmp/b", MNT_DETACH));
	show_file("/mnt/data/inner/deep/file");
	SHOW(bind_at("/", "/tmp/b", MS_REC));
	show_file("/tmp/b/tmp/a/f");
	show_file("/tmp/b/tmp/b/f");
	show_file("/tmp/b/mnt/data/file");
	SHOW(umount2("/tmp/b", MNT_DETACH));
}

static void read_only(void)
{
	struct statvfs v;
	int f;

	SHOW(bind_at("/tmp/a", "/tmp/b", MS_RDONLY));
	SHOW(mkdir("/tmp/b/d", 0755));
	SHOW(rmdir("/tmp/b/d"));
	f = open("/tmp/b/f", O_RDONLY);
	SHOW(remount("/tmp/b", MS_RDONLY));
	SHOW(mkdir("/tmp/b/d", 0755));
	SHOW(open("/tmp/b/f", O_WRONLY));
	SHOW(open("/tmp/b/new", O_CREAT | O_WRONLY, 0600));
	SHOW(unlink("/tmp/b/f"));
	SHOW(chmod("/tmp/b/f", 0600));
	SHOW(access("/tmp/b/f", W_OK));
	SHOW(rename("/tmp/b/f", "/tmp/b/g"));
	SHOW(access("/tmp/a/f", W_OK));
	NEED(statvfs("/tmp/b", &v) == 0);
	printf("  ro %d\n", !!(v.f_flag & ST_RDONLY));
	NEED(statvfs("/tmp/a", &v) == 0);
	printf("  ro %d\n", !!(v.f_flag & ST_RDONLY));
	close(f);
	list();
	SHOW(bind_at("/tmp/b/sub", "/tmp/c", 0));
	SHOW(unlink("/tmp/c/g"));
	SHOW(remount("/tmp/c", MS_NOSUID | MS_NODEV | MS_NOEXEC));
	SHOW(unlink("/tmp/b/sub/g"));
	SHOW(mkdir("/tmp/c/d", 0755));
	SHOW(rmdir("/tmp/c/d"));
	list();
	SHOW(remount("/tmp/b", 0));
	SHOW(mkdir("/tmp/b/d", 0755));
	SHOW(rmdir("/tmp/b/d"));
	SHOW(mount("none", "/tmp/b", NULL, MS_REMOUNT, ""));
	SHOW(umount("/tmp/c"));
	SHOW(umount("/tmp/b"));
	list();
}

static void tmpfs(void)
{
	umask(022);
	SHOW(mount("none", "/tmp/b", "tmpfs", 0, NULL));
	show_mode("/tmp/b");
	SHOW(access("/tmp/b/f", F_OK));
	make_file("/tmp/b/f", "in memory\n");
	show_file("/tmp/b/f");
	SHOW(mkdir("/tmp/b/sub", 0700));
	SHOW(rename("/tmp/b/f", "/tmp/f"));
	SHOW(bind_at("/tmp/b/sub", "/tmp/c", 0));
	make_file("/tmp/c/x", "bound\n");
	show_file("/tmp/b/sub/x");
	list();
	SHOW(umount("/tmp/b"));
	show_file("/tmp/b/f");
	show_file("/tmp/c/x");
	SHOW(umount("/tmp/c"));
	SHOW(mount("src", "/tmp/b", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0750,uid=0"));
	show_mode("/tmp/b");
	SHOW(access("/tmp/b/f", F_OK));
	list();
	SHOW(mount("none", "/tmp/b", NULL, MS_REMOUNT, "size=2m"));
	SHOW(mount("none", "/tmp/b", NULL, MS_REMOUNT, "foo"));
	SHOW(mount("none", "/tmp/b", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	SHOW(mkdir("/tmp/b/d", 0755));
	SHOW(mount("none", "/tmp/b", NULL, MS_REMOUNT, NULL));
	SHOW(mkdir("/tmp/b/d", 0755));
	list();
	SHOW(umount2("/tmp/b", MNT_FORCE));
	SHOW(mount("none", "/tmp/b", "tmpfs", MS_RDONLY, "mode=0"));
	show_mode("/tmp/b");
	SHOW(mkdir("/tmp/b/d", 0755));
	SHOW(umount("/tmp/b"));
	SHOW(mount("none", "/tmp/b", "ramfs", MS_NOEXEC | MS_STRICTATIME, "mode=711,whatever"));
	show_mode("/tmp/b");
	list();
	SHOW(umount("/tmp/b"));
}

static void stacked(void)
{
	int a = open("/tmp/b", O_PATH), f;

	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	show_file("/tmp/b/f");
	SHOW(bind_at("/tmp/c", "/tmp/b", 0));
	show_file("/tmp/b/f");
	list();
	SHOW(mount("none", "/tmp/b", "tmpfs", 0, NULL));
	SHOW(access("/tmp/b/f", F_OK));
	list();
	f = openat(a, "f", O_RDONLY);
	printf("  below all of them: %s\n", f < 0 ? err_name(errno) : "a file");
	close(f);
	SHOW(umount("/tmp/b"));
	show_file("/tmp/b/f");
	SHOW(umount("/tmp/b"));
	show_file("/tmp/b/f");
	SHOW(umount("/tmp/b"));
	show_file("/tmp/b/f");
	SHOW(umount("/tmp/b"));
}

static void covered(void)
{
	SHOW(bind_at("/tmp/a", "/tmp/d/e", 0));
	SHOW(chdir("/tmp/d/e/sub"));
	SHOW(bind_at("/tmp/c", "/tmp/d", 0));
	show_cwd();
	show_file("g");
	show_file("../f");
	show_file("/tmp/d/f");
	SHOW(access("/tmp/d/e", F_OK));
	SHOW(umount("/tmp/d"));
	show_cwd();
	show_file("/tmp/d/e/f");
	SHOW(chdir("/tmp/b"));
	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	show_cwd();
	show_file("f");
	show_file("../b/f");
	show_file("/tmp/b/f");
	SHOW(chdir("../b"));
	show_file("f");
	SHOW(chdir("/"));
	SHOW(umount("/tmp/d/e"));
	SHOW(umount("/tmp/b"));
}

static void busy(void)
{
	int f;

	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	SHOW(chdir("/tmp/b/sub"));
	SHOW(umount("/tmp/b"));
	SHOW(umount2("/tmp/b", MNT_FORCE));
	SHOW(chdir("/tmp/a"));
	SHOW(umount("/tmp/b"));
	SHOW(mount("none", "/tmp/b", "tmpfs", 0, NULL));
	f = open("/tmp/b/x", O_CREAT | O_RDWR, 0600);
	SHOW(umount("/tmp/b"));
	SHOW(unlink("/tmp/b/x"));
	SHOW(umount("/tmp/b"));
	close(f);
	f = open("/tmp/b", O_PATH);
	SHOW(umount("/tmp/b"));
	close(f);
	SHOW(mkdir("/tmp/b/m", 0755));
	SHOW(mount("none", "/tmp/b/m", "tmpfs", 0, NULL));
	SHOW(umount("/tmp/b"));
	SHOW(umount("/tmp/b/m"));
	SHOW(umount2("/tmp/b", MNT_EXPIRE));
	SHOW(umount2("/tmp/b", MNT_EXPIRE | MNT_DETACH));
	SHOW(umount2("/tmp/b", MNT_EXPIRE));
	SHOW(umount2("/tmp/b", MNT_EXPIRE));
}

static void lazily(void)
{
	int d;

	SHOW(mount("none", "/tmp/b", "tmpfs", 0, NULL));
	SHOW(mkdir("/tmp/b/s", 0755));
	make_file("/tmp/b/s/f", "still there\n");
	make_link("f", "/tmp/b/s/l");
	make_link("/tmp/a/f", "/tmp/b/s/out");
	SHOW(chdir("/tmp/b/s"));
	d = open("/tmp/b", O_RDONLY | O_DIRECTORY);
	SHOW(umount2("/tmp/b", MNT_DETACH));
	show_cwd();
	show_file("/tmp/b/f");
	show_file("f");
	show_file("l");
	show_file("out");
	show_file("../s/f");
	show_file("../../../s/f");
	SHOW(chdir(".."));
	show_cwd();
	SHOW(chdir(".."));
	show_cwd();
	make_file("n", "new\n");
	show_file("s/../n");
	SHOW(faccessat(d, "n", F_OK, 0));
	SHOW(faccessat(d, "../n", F_OK, 0));
	SHOW(umount("."));
	SHOW(bind_at("s", "/tmp/c", 0));
	SHOW(chdir("/tmp"));
	SHOW(faccessat(d, "n", F_OK, 0));
	list();
}

static void moved(void)
{
	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	SHOW(mount("none", "/tmp/b/sub", "tmpfs", 0, NULL));
	make_file("/tmp/b/sub/t", "tmpfs\n");
	SHOW(chdir("/tmp/b/sub"));
	SHOW(mount("/tmp/b", "/tmp/c", NULL, MS_MOVE, NULL));
	show_cwd();
	show_file("/tmp/c/sub/t");
	show_file("/tmp/b/f");
	SHOW(mount("/tmp/c", "/tmp/c/sub", NULL, MS_MOVE, NULL));
	SHOW(mount("/tmp/c", "/tmp/file", NULL, MS_MOVE, NULL));
	SHOW(mount("/tmp/c/f", "/tmp/b", NULL, MS_MOVE, NULL));
	SHOW(mount("/tmp/c/sub", "/tmp/c", NULL, MS_MOVE, NULL));
	show_cwd();
	show_file("/tmp/c/t");
	list();
	SHOW(chdir("/"));
	SHOW(umount("/tmp/c"));
	show_file("/tmp/c/f");
	SHOW(umount("/tmp/c"));
	show_file("/tmp/c/f");
	SHOW(bind_at("/tmp/a", "/tmp/d/e", 0));
	SHOW(rename("/tmp/d", "/tmp/dd"));
	show_file("/tmp/dd/e/f");
	list();
	SHOW(umount("/tmp/dd/e"));
	SHOW(rename("/tmp/dd", "/tmp/d"));
}

static void propagation(void)
{
	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	SHOW(mount(NULL, "/tmp/b", NULL, MS_PRIVATE, NULL));
	SHOW(mount("none", "/tmp/b", NULL, MS_SLAVE | MS_REC, NULL));
	SHOW(mount(NULL, "/tmp/b", NULL, MS_PRIVATE | MS_SLAVE, NULL));
	SHOW(mount(NULL, "/tmp/b", NULL, MS_PRIVATE | MS_RDONLY, NULL));
	SHOW(mount(NULL, "/tmp/b/sub", NULL, MS_PRIVATE, NULL));
	SHOW(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	SHOW(umount("/tmp/b"));
}

static void old_magic(void)
{
	SHOW(mount("/tmp/a", "/tmp/b", NULL, 0xC0ED0000 | MS_BIND, NULL));
	show_file("/tmp/b/sub/g");
	SHOW(umount("/tmp/b"));
}

static void at_descriptor(void)
{
	int b = open("/tmp/b", O_PATH), f = open("/tmp/file", O_PATH);
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", b);
	SHOW(bind_at("/tmp/a", name, 0));
	show_file("/tmp/b/f");
	SHOW(chdir("/tmp/b"));
	close(b);
	SHOW(chdir("/"));
	SHOW(umount("/tmp/b"));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", f);
	SHOW(bind_at(name, "/tmp/file2", 0));
	show_file("/tmp/file2");
	SHOW(umount("/tmp/file2"));
}

static void over_the_root(void)
{
	SHOW(mount("none", "/tmp/b", "tmpfs", 0, NULL));
	SHOW(mkdir("/tmp/b/in", 0755));
	make_file("/tmp/b/in/new", "the new root's\n");
	SHOW(chdir("/tmp/b"));
	SHOW(mount(".", "/", NULL, MS_MOVE, NULL));
	show_file("/in/new");
	show_file("in/new");
	show_file("/tmp/a/f");
	show_cwd();
	SHOW(chroot("."));
	show_cwd();
	show_file("/in/new");
	show_file("/tmp/a/f");
	SHOW(chdir("/in"));
	show_file("../../in/new");
}

static void over_a_root(void)
{
	SHOW(chroot("/tmp/a"));
	SHOW(mkdir("/m", 0755));
	SHOW(mount("none", "/m", "tmpfs", 0, NULL));
	make_file("/m/x", "in the jail\n");
	show_file("/m/x");
	SHOW(mount("none", "/", "tmpfs", 0, NULL));
	show_file("/f");
	show_file("/m/x");
	SHOW(umount("/m"));
	SHOW(umount("/"));
	show_file("/f");
	SHOW(rmdir("/m"));
}

static void without_capability(void)
{
	SHOW(bind_at("/tmp/a", "/tmp/b", 0));
	set_capability(CAP_SYS_ADMIN, false);
	SHOW(bind_at("/tmp/a", "/tmp/c", 0));
	SHOW(bind_at("/missing", "/tmp/c", 0));
	SHOW(bind_at("/tmp/a", "/missing", 0));
	SHOW(umount("/tmp/b"));
	SHOW(umount("/missing"));
	SHOW(umount2("/tmp/b", 0x100));
	SHOW(mount("x", "/tmp/c", "tmpfs", MS_NOUSER, NULL));
	set_capability(CAP_SYS_ADMIN, true);
	SHOW(umount("/tmp/b"));
}

int main(void)
{
	make_tree();
	apart("errors", errors);
	apart("binds", binds);
	apart("below", below);
	apart("read-only", read_only);
	apart("tmpfs", tmpfs);
	apart("stacked", stacked);
	apart("covered", covered);
	apart("busy", busy);
	apart("lazily", lazily);
	apart("moved", moved);
	apart("propagation", propagation);
	apart("old magic", old_magic);
	apart("at a descriptor", at_descriptor);
	apart("over a root", over_a_root);
	apart("without the capability", without_capability);
	apart("over the root", over_the_root);
	return 0;
}
