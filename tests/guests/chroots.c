// SPDX-License-Identifier: MIT
/*
 * chroot(2) as root: who may and of what, "/" and ".." there, names as they are told from there, the
 * cwd left outside, a chroot in a chroot, the ways out that the kernel leaves, and who shares a root.
 *
 * kind: identity
 * dirs: /tmp/jail/in/deep /tmp/jail/proc /tmp/jail/bin /tmp/jail/tmp /tmp/out
 * binds: @/data:/mnt/data /proc:/tmp/jail/proc @/data:/tmp/jail/in/data @/ro:/tmp/jail/in/ro:ro
 */
#include "views.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static void where(void)
{
	char buf[PATH_MAX] = "", link[PATH_MAX], root[PATH_MAX];
	long r = syscall(SYS_getcwd, buf, sizeof(buf));
	ssize_t n = readlink("/proc/self/cwd", link, sizeof(link));
	ssize_t m = readlink("/proc/self/root", root, sizeof(root));

	printf("  cwd %s", r > 0 ? buf : err_name(errno));
	printf(" link %.*s", n < 0 ? 1 : (int)n, n < 0 ? "?" : link);
	printf(" root %.*s\n", m < 0 ? 1 : (int)m, m < 0 ? "?" : root);
}

static void make_tree(void)
{
	make_file("/tmp/jail/f", "in the jail\n");
	make_file("/f", "outside\n");
	make_file("/tmp/out/f", "beside it\n");
	make_link("/f", "/tmp/jail/abs");
	make_link("../../../f", "/tmp/jail/in/up");
	make_link("/tmp/out/f", "/tmp/jail/astray");
	make_link("/in/data", "/tmp/jail/todata");
	make_link("/tmp/jail", "/tmp/tojail");
	make_file("/tmp/plain", "x");
}

static void errors(void)
{
	SHOW(chroot("/missing"));
	SHOW(chroot("/tmp/plain"));
	SHOW(chroot("/tmp/plain/"));
	SHOW(chroot(""));
	SHOW(chroot(NULL));
	SHOW(chroot((char *)8));
	SHOW(chroot("/tmp/jail/astray"));
	where();
	SHOW(chroot("/tmp/tojail/"));
	where();
	SHOW(chroot("/nowhere"));
	SHOW(chroot("/"));
	SHOW(chroot("."));
	where();
}

static void names(void)
{
	SHOW(chroot("/tmp/jail"));
	SHOW(chdir("/"));
	where();
	show_file("/f");
	show_file("f");
	show_file("/../../f");
	show_file("in/deep/../../../../f");
	show_file("/abs");
	show_file("/in/up");
	show_file("/astray");
	show_file("/todata/file");
	show_file("/in/ro/file");
	SHOW(chdir("/todata/inner"));
	where();
	SHOW(chdir("../.."));
	where();
	SHOW(chdir("/in/deep"));
	where();
	SHOW(rmdir("/"));
	SHOW(rmdir("/.."));
	SHOW(unlink("/"));
	SHOW(mkdir("/", 0700));
	SHOW(rename("/", "/x"));
	SHOW(rename("/f", "/"));
	SHOW(open("/in/ro/new", O_CREAT | O_WRONLY, 0600));
	SHOW(rename("/f", "/in/data/f"));
	SHOW(rmdir("/in/data"));
	SHOW(symlink("/f", "/in/deep/l"));
	show_link("/in/deep/l");
	show_file("/in/deep/l");
	SHOW(unlink("/in/deep/l"));
}

static void left_outside(void)
{
	int out = open("/tmp/out", O_RDONLY | O_DIRECTORY), f;
	char name[64];

	SHOW(chdir("/tmp/out"));
	SHOW(chroot("/tmp/jail"));
	where();
	show_file("f");
	show_file("../out/f");
	show_file("../jail/f");
	show_file("../../f");
	show_file("../../../../../f");
	f = openat(out, "f", O_RDONLY);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", f);
	show_link(name);
	show_file(name);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", out);
	show_link(name);
	show_file("/proc/self/cwd/f");
	SHOW(chdir("../jail/in"));
	where();
	SHOW(chdir("../.."));
	where();
	SHOW(fchdir(out));
	where();
	SHOW(chdir(name));
	where();
	SHOW(mkdir("made", 0755));
	SHOW(access("/../out/made", F_OK));
	SHOW(rmdir("made"));
}

/* chroot(2): "the superuser can escape from a chroot jail". As far as the session's root. */
static void escape(void)
{
	SHOW(chroot("/tmp/jail"));
	SHOW(chdir("/"));
	SHOW(chroot("in"));
	where();
	for (int i = 0; i < 20; i++)
		NEED(chdir("..") == 0);
	where();
	SHOW(chroot("."));
	where();
	show_file("/f");
	show_file("/tmp/jail/f");
	SHOW(chdir("/"));
	SHOW(chdir(".."));
	where();
}

static void nested(void)
{
	SHOW(chroot("/tmp/jail"));
	SHOW(chroot("/in"));
	SHOW(chdir("/"));
	where();
	show_file("data/file");
	show_file("/data/inner/file");
	show_file("/f");
	SHOW(access("/proc", F_OK));
	SHOW(chroot("data"));
	SHOW(chdir("/inner/.."));
	show_file("/file");
	show_file("../file");
}

static void in_bind(void)
{
	SHOW(chroot("/mnt/data/inner"));
	SHOW(chdir("/deep"));
	SHOW(access("/file", R_OK));
	SHOW(access("/../../file", R_OK));
	show_file("../file");
	SHOW(rename("/deep", "/deeper"));
	SHOW(chdir("/deeper"));
	SHOW(rename("/deeper", "/deep"));
}

static void moved(void)
{
	make_dir("/tmp/walk");
	make_dir("/tmp/walk/r");
	make_file("/tmp/walk/r/g", "still here\n");
	SHOW(chdir("/tmp"));
	SHOW(chroot("/tmp/walk/r"));
	show_file("/g");
	SHOW(rename("walk", "walked"));
	show_file("/g");
	SHOW(rename("walked/r", "s"));
	show_file("/g");
	SHOW(chdir("/"));
	show_file("../g");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void mounts_seen(void)
{
	char line[1024], *at, *points[32];
	size_t n = 0;
	FILE *f;

	SHOW(chroot("/tmp/jail"));
	f = fopen("/proc/self/mountinfo", "r");
	NEED(f);
	while (fgets(line, sizeof(line), f)) {
		at = strtok(line, " ");
		for (int i = 0; at && i < 4; i++)
			at = strtok(NULL, " ");
		if (at && strncmp(at, "/proc/", 6) != 0 && n < 32)
			points[n++] = strdup(at);
	}
	fclose(f);
	qsort(points, n, sizeof(points[0]), by_name);
	for (size_t i = 0; i < n; i++)
		printf("  %s\n", points[i]);
}

static void programs(void)
{
	char *argv[] = { "x", "where", NULL }, *envp[] = { NULL };

	SHOW(chroot("/tmp/jail"));
	SHOW(chdir("/in"));
	SHOW(execve("/bin/missing", argv, envp));
	SHOW(execve("/bin/script", argv, envp));
}

static void scripts(void)
{
	char *argv[] = { "x", "where", NULL }, *envp[] = { NULL };

	SHOW(chroot("/tmp/jail"));
	SHOW(execve("/bin/chroots", argv, envp));
}

static void *in_thread(void *arg)
{
	NEED(chroot(arg) == 0);
	return NULL;
}

static void shared(void)
{
	pthread_t thread;
	pid_t pid;

	NEED(pthread_create(&thread, NULL, in_thread, "/tmp/jail") == 0);
	pthread_join(thread, NULL);
	where();
	show_file("/f");
	pid = fork();
	if (pid == 0) {
		SHOW(chroot("/in"));
		SHOW(access("/data", F_OK));
		_exit(0);
	}
	finish("child", pid);
	SHOW(access("/in/data", F_OK));
	SHOW(unshare(CLONE_FS));
	SHOW(access("/in/data", F_OK));
}

static int changes_root(void *arg)
{
	(void)arg;
	return chroot("/tmp/jail") == 0 ? 0 : 1;
}

static void shared_by_clone(void)
{
	static char stack[65536];
	pid_t pid = clone(changes_root, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);

	finish("clone", pid);
	show_file("/f");
	pid = clone(changes_root, stack + sizeof(stack), SIGCHLD, NULL);
	finish("clone", pid);
	show_file("/f");
}

static void sockets(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/in/s" };
	socklen_t len = sizeof(a);
	int s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);

	SHOW(chroot("/tmp/jail"));
	SHOW(bind(s, (struct sockaddr *)&a, sizeof(a)));
	SHOW(listen(s, 1));
	SHOW(connect(c, (struct sockaddr *)&a, sizeof(a)));
	memset(&a, 0, sizeof(a));
	SHOW(getsockname(s, (struct sockaddr *)&a, &len));
	printf("  %s\n", a.sun_path);
	SHOW(unlink("/in/s"));
}

static void without_capability(void)
{
	set_capability(CAP_SYS_CHROOT, false);
	SHOW(chroot("/tmp/jail"));
	SHOW(chroot("/missing"));
	SHOW(chroot("/tmp/plain"));
	set_capability(CAP_SYS_CHROOT, true);
	SHOW(chroot("/tmp/jail"));
}

static void by_link(void)
{
	int jail = open("/tmp/jail", O_PATH), gone;
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", jail);
	SHOW(chroot("/proc/self/cwd"));
	where();
	NEED(mkdir("/tmp/gone", 0755) == 0);
	gone = open("/tmp/gone", O_PATH);
	NEED(gone >= 0);
	SHOW(chroot(name));
	SHOW(fchdir(jail));
	where();
	SHOW(rename("/in/up", "/in/up2"));
	SHOW(rename("/in/up2", "/in/up"));
}

static int told(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));

	where();
	printf("  exe %.*s\n", n < 0 ? 1 : (int)n, n < 0 ? "?" : exe);
	show_file("/f");
	return 0;
}

static void copy_self(const char *to)
{
	char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	NEED(n == 0 && out >= 0);
	close(in);
	close(out);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[argc - 1], "where") == 0)
		return told();
	make_tree();
	copy_self("/tmp/jail/bin/chroots");
	make_file("/tmp/jail/bin/script", "#!/bin/chroots arg\n");
	NEED(chmod("/tmp/jail/bin/script", 0755) == 0);
	apart("errors", errors);
	apart("names", names);
	apart("left outside", left_outside);
	apart("escape", escape);
	apart("nested", nested);
	apart("in a bind", in_bind);
	apart("moved", moved);
	apart("mounts", mounts_seen);
	apart("programs", programs);
	apart("scripts", scripts);
	apart("shared", shared);
	apart("shared by clone", shared_by_clone);
	apart("sockets", sockets);
	apart("by link", by_link);
	apart("without the capability", without_capability);
	where();
	return 0;
}
