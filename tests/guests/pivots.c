// SPDX-License-Identifier: MIT
/*
 * Whom pivot_root(2) moves: all whose root or cwd is the old root, in whatever call they are, and nobody
 * else; fs/fs_struct.c, chroot_fs_refs.
 *
 * kind: identity
 * dirs: /tmp/a/sub /tmp/new/old /tmp/new/proc /tmp/new/x
 * binds: /proc:/tmp/new/proc
 */
#include "views.h"

#include <sched.h>
#include <sys/mount.h>

/* A process that stands somewhere, and waits in a read until it is asked where it is. */
struct other {
	const char *name;
	void (*go)(void);
	int ask[2], told[2];
	pid_t pid;
};

static int pivot(const char *new, const char *old)
{
	return (int)syscall(SYS_pivot_root, new, old);
}

static void to_root(void)
{
	NEED(chdir("/") == 0);
}

static void to_sub(void)
{
	NEED(chdir("/tmp/a/sub") == 0);
}

static void to_new(void)
{
	NEED(chdir("/tmp/new") == 0);
}

static void to_jail_outside(void)
{
	NEED(chdir("/") == 0 && chroot("/tmp/a") == 0);
}

static void to_jail(void)
{
	NEED(chroot("/tmp/a") == 0 && chdir("/sub") == 0);
}

static void to_jail_of_new(void)
{
	NEED(chdir("/") == 0 && chroot("/tmp/new") == 0);
}

static void to_other_mounts(void)
{
	NEED(unshare(CLONE_NEWNS) == 0 && chdir("/") == 0);
}

/* Another does the waiting, and has its cwd in common with it. */
static void with_companion(void)
{
	NEED(chdir("/") == 0);
}

static struct other others[] = {
	{ .name = "in the root", .go = to_root },
	{ .name = "further in", .go = to_sub },
	{ .name = "in the new root", .go = to_new },
	{ .name = "in the root, jailed elsewhere", .go = to_jail_outside },
	{ .name = "jailed", .go = to_jail },
	{ .name = "in the root, jailed in the new", .go = to_jail_of_new },
	{ .name = "with mounts of its own", .go = to_other_mounts },
	{ .name = "two of one cwd", .go = with_companion },
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

static void where(void)
{
	struct stat st;

	show_cwd();
	show_file("f");
	show_file("/f");
	show_file("../f");
	show_link("/proc/self/cwd");
	SHOW(stat(".", &st));
	printf("  %s\n", st.st_nlink ? "a directory" : "gone");
}

static int where_in_child(void *arg)
{
	(void)arg;
	show_file("f");
	show_cwd();
	return 0;
}

static int share_fs(void *arg)
{
	(void)arg;
	where();
	return 0;
}

static void live(struct other *o)
{
	static char stack[65536] __attribute__((aligned(16)));
	char byte;

	o->go();
	NEED(write(o->told[1], "", 1) == 1 && read(o->ask[0], &byte, 1) == 1);
	printf("%s\n", o->name);
	if (o->go == with_companion) {
		finish("companion", clone(share_fs, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL));
		finish("child", start(where_in_child, NULL));
	}
	where();
	SHOW(chdir(".."));
	where();
	SHOW(chdir("/"));
	show_cwd();
	NEED(write(o->told[1], "", 1) == 1 && read(o->ask[0], &byte, 1) == 1);
	_exit(0);
}

static void await(struct other *o)
{
	char byte;

	NEED(read(o->told[0], &byte, 1) == 1);
}

static void begin(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mount("/tmp/new", "/tmp/new", NULL, MS_BIND | MS_REC, NULL) == 0);
	for (size_t i = 0; i < OTHERS; i++) {
		NEED(pipe(others[i].ask) == 0 && pipe(others[i].told) == 0);
		others[i].pid = fork();
		if (others[i].pid == 0)
			live(&others[i]);
		await(&others[i]);
	}
}

static void end(struct other *o)
{
	NEED(write(o->ask[1], "", 1) == 1);
	finish(o->name, o->pid);
}

static void look_at(const struct other *o)
{
	char name[64], text[256];
	struct stat st;
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%d/cwd", o->pid);
	n = readlink(name, text, sizeof(text));
	printf("%s: seen in %.*s\n", o->name, (int)(n < 0 ? 0 : n), text);
	snprintf(name, sizeof(name), "/proc/%d/cwd/f", o->pid);
	printf("  with f: %d\n", stat(name, &st) == 0 ? (int)st.st_size : -1);
	snprintf(name, sizeof(name), "/proc/%d/root/f", o->pid);
	printf("  root's f: %d\n", stat(name, &st) == 0 ? (int)st.st_size : -1);
}

/* Everybody is asked before and after. */
static void everybody(const char *old)
{
	begin();
	SHOW_AS(pivot("/tmp/new", old), "pivot to %s", old);
	show_cwd();
	for (size_t i = 0; i < OTHERS; i++)
		look_at(&others[i]);
	for (size_t i = 0; i < OTHERS; i++) {
		NEED(write(others[i].ask[1], "", 1) == 1);
		await(&others[i]);
		end(&others[i]);
	}
}

static void with_old_root(void)
{
	everybody("/tmp/new/old");
	SHOW(umount("/old"));
}

static void covered(void)
{
	everybody("/tmp/new");
}

/* Nobody is left in the old root, though some have not run since. */
static void unmounted(void)
{
	begin();
	for (size_t i = 0; i < OTHERS; i++)
		if (others[i].go != to_root && others[i].go != with_companion) {
			NEED(write(others[i].ask[1], "", 1) == 1);
			await(&others[i]);
			end(&others[i]);
		}
	SHOW(pivot("/tmp/new", "/tmp/new/old"));
	SHOW(umount2("/old", MNT_DETACH));
	for (size_t i = 0; i < OTHERS; i++)
		if (others[i].go == to_root || others[i].go == with_companion) {
			NEED(write(others[i].ask[1], "", 1) == 1);
			await(&others[i]);
			end(&others[i]);
		}
}

/* There and further on before they run. */
static void twice(void)
{
	begin();
	SHOW(pivot("/tmp/new", "/tmp/new/old"));
	SHOW(mount("/old/tmp/a", "/x", NULL, MS_BIND, NULL));
	SHOW(pivot("/x", "/x/sub"));
	show_cwd();
	for (size_t i = 0; i < 3; i++) {
		NEED(write(others[i].ask[1], "", 1) == 1);
		await(&others[i]);
		end(&others[i]);
	}
}

/* A container seen from where it was made. */
static void from_outside(void)
{
	struct other o = { .name = "in a container" };
	char byte;

	NEED(pipe(o.ask) == 0 && pipe(o.told) == 0);
	o.pid = fork();
	if (o.pid == 0) {
		NEED(unshare(CLONE_NEWNS) == 0);
		NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		NEED(mount("/tmp/new", "/tmp/new", NULL, MS_BIND | MS_REC, NULL) == 0);
		NEED(pivot("/tmp/new", "/tmp/new/old") == 0 && chdir("/x") == 0);
		NEED(umount2("/old", MNT_DETACH) == 0);
		NEED(write(o.told[1], "", 1) == 1 && read(o.ask[0], &byte, 1) == 1);
		NEED(chdir("/") == 0 && write(o.told[1], "", 1) == 1 && read(o.ask[0], &byte, 1) == 1);
		_exit(0);
	}
	await(&o);
	look_at(&o);
	NEED(write(o.ask[1], "", 1) == 1);
	await(&o);
	look_at(&o);
	NEED(chroot("/tmp/a") == 0);
	SHOW(kill(o.pid, 0));
	end(&o);
}

int main(void)
{
	make_file("/f", "the old root's\n");
	make_file("/tmp/f", "the directory's\n");
	make_file("/tmp/a/f", "a's file\n");
	make_file("/tmp/new/f", "the new root's file\n");
	apart("with the old root", with_old_root);
	apart("covered", covered);
	apart("unmounted", unmounted);
	apart("twice", twice);
	apart("from outside", from_outside);
	return 0;
}
