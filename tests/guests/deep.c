// SPDX-License-Identifier: MIT
/*
 * Directories deeper than PATH_MAX, reached by relative steps: names work there, programs run, getcwd
 * says what it can, and everything can be taken down again.
 *
 * arch: 64 32 dyn
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <linux/openat2.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { STEPS = 45 }; /* of 200 bytes: 9000 and more */

static void where(int step)
{
	char buf[16384];
	long r = syscall(SYS_getcwd, buf, sizeof(buf));

	SHOW_AS(r, "getcwd at %d", step);
	if (r > 0)
		printf("  starts %.9s\n", buf);
	SHOW_AS(syscall(SYS_getcwd, buf, (size_t)4096), "  into 4096");
}

/* An address holds 108 bytes, whatever is in front of a relative name. */
static void sockets_here(void)
{
	static const char *const names[] = { "s", "./t", "m/../u", "l/../v", "missing/../w", "x/y/../z" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	NEED(mkdir("m", 0755) == 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		socklen_t len = sizeof(addr);

		snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", names[i]);
		SHOW_AS(bind(fd, (void *)&addr, sizeof(addr)), "bind %s", names[i]);
		SHOW_AS(connect(fd, (void *)&addr, sizeof(addr)), "connect %s", names[i]);
		SHOW_AS(sendto(fd, "x", 1, MSG_DONTWAIT, (void *)&addr, sizeof(addr)), "sendto %s", names[i]);
		SHOW(getsockname(fd, (void *)&addr, &len));
		printf("  %.*s\n", (int)(len - offsetof(struct sockaddr_un, sun_path)), addr.sun_path);
		SHOW_AS(unlink(names[i]), "unlink %s", names[i]);
		close(fd);
	}
	NEED(rmdir("m") == 0);
}

static int shown(char **argv)
{
	char name[17] = "", text[4200];

	prctl(PR_GET_NAME, name);
	printf("  %s %s comm %s execfn %s\n", argv[0], argv[1], name, (char *)getauxval(AT_EXECFN));
	SHOW_FD(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	SHOW(readlink("/proc/self/exe", text, sizeof(text)));
	return 0;
}

static void run_at(int fd, const char *path)
{
	char *const argv[] = { "zero", "one", NULL }, *const env[] = { "DEEP_SHOW=1", NULL };
	pid_t pid = fork();

	if (pid == 0) {
		SHOW_AS(syscall(SYS_execveat, fd, path, argv, env, AT_EMPTY_PATH), "run %s", path);
		fflush(stdout);
		_exit(7);
	}
	finish("  it", pid);
}

static void programs_here(void)
{
	int fd;

	NEED(link("/bin/deep", "p") == 0 && mkdir("m", 0755) == 0);
	make_file("s", "#!./p word\n");
	NEED(chmod("s", 0755) == 0);
	fd = open("p", O_RDONLY | O_CLOEXEC);
	run_at(AT_FDCWD, "p");
	run_at(AT_FDCWD, "m/../p");
	run_at(AT_FDCWD, "s");
	run_at(AT_FDCWD, "m");
	run_at(AT_FDCWD, "missing");
	run_at(fd, "");
	SHOW(linkat(fd, "", AT_FDCWD, "/mnt/data/p", AT_EMPTY_PATH));
	close(fd);
	NEED(unlink("p") == 0 && unlink("s") == 0 && rmdir("m") == 0);
}

/* A file is open: in which mount does it lie? */
static void link_what_is_open(void)
{
	int fd = open("o", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	char name[40];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "/mnt/data/o", AT_SYMLINK_FOLLOW));
	SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "/tmp/o", AT_SYMLINK_FOLLOW));
	SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "o2", AT_SYMLINK_FOLLOW));
	close(fd);
	SHOW(unlink("o"));
	SHOW(unlink("/tmp/o"));
	SHOW(unlink("o2"));
}

static void removed_here(int step)
{
	NEED(mkdir("gone", 0755) == 0 && chdir("gone") == 0);
	SHOW(rmdir("../gone"));
	where(step);
	SHOW(mkdir("x", 0755));
	NEED(chdir("..") == 0);
}

static void work_here(int step)
{
	struct stat st;
	struct open_how how = { .flags = O_RDONLY };
	char text[4200];
	int fd = open("f", O_CREAT | O_RDWR | O_CLOEXEC, 0600), dir;

	SHOW_AS(fd >= 0 ? 0 : -1, "create at %d", step);
	SHOW(write(fd, "deep\n", 5));
	close(fd);
	SHOW(stat("f", &st));
	SHOW(stat("./f", &st));
	SHOW(access("../x", F_OK));
	SHOW(rename("f", "g"));
	SHOW(link("g", "h"));
	SHOW(symlink("h", "l"));
	show_file("l");
	show_link("l");
	SHOW(readlink("/proc/self/cwd", text, sizeof(text)));
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SHOW(fstatat(dir, "g", &st, 0));
	SHOW(fchdir(dir));
	close(dir);
	SHOW(chdir("."));
	SHOW(truncate("g", 1));
	SHOW(chmod("g", 0644));
	sockets_here();
	if (step < STEPS)
		programs_here();
	link_what_is_open();
	removed_here(step);
	for (how.resolve = 0; how.resolve < 0x20; how.resolve = how.resolve * 2 + !how.resolve) {
		SHOW_FD(syscall(SYS_openat2, AT_FDCWD, "./g", &how, sizeof(how)));
		SHOW_FD(syscall(SYS_openat2, AT_FDCWD, "missing/x", &how, sizeof(how)));
		SHOW_FD(syscall(SYS_openat2, AT_FDCWD, "../x", &how, sizeof(how)));
		SHOW_FD(syscall(SYS_openat2, AT_FDCWD, "l", &how, sizeof(how)));
	}
	SHOW(chroot("."));
	SHOW(chroot("missing"));
	SHOW(chroot("g"));
	SHOW(chroot("missing/x"));
	SHOW(rename("g", "/proc/g"));
	SHOW(rename("/proc/g", "g"));
	SHOW(rename("g", "/proc"));
	SHOW(unlink("g"));
	SHOW(unlink("h"));
	SHOW(unlink("l"));
}

int main(int argc, char **argv)
{
	char name[201];
	struct stat st;
	int dirs[4], n = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && getenv("DEEP_SHOW"))
		return shown(argv);

	memset(name, 'd', 200);
	name[200] = '\0';
	NEED(chdir("/tmp") == 0);
	for (int i = 1; i <= STEPS; i++) {
		if (SHOW_AS(mkdir(name, 0755), "mkdir %d", i) < 0 || chdir(name) < 0)
			break;
		if (i == 19 || i == 20 || i == 21 || i == STEPS) {
			where(i);
			work_here(i);
			dirs[n++] = open(".", O_PATH | O_CLOEXEC);
		}
	}
	SHOW(stat("/tmp", &st));
	for (int i = 0; i < n; i++) {
		SHOW(fstatat(dirs[i], "..", &st, 0));
		SHOW(mkdirat(dirs[i], "m", 0755));
		SHOW(unlinkat(dirs[i], "m", AT_REMOVEDIR));
		SHOW(fchdir(dirs[i]));
		close(dirs[i]);
	}
	for (int i = STEPS; i >= 1; i--) {
		NEED(chdir("..") == 0);
		if (rmdir(name) < 0)
			SHOW_AS(-1, "rmdir %d", i);
	}
	where(0);
	return 0;
}
