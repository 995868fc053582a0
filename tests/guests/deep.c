// SPDX-License-Identifier: MIT
/*
 * Directories deeper than PATH_MAX, reached by relative steps: names work there, getcwd says what it
 * can, and everything can be taken down again.
 */
#include "guest.h"

#include <linux/openat2.h>
#include <stddef.h>
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

int main(void)
{
	char name[201];
	struct stat st;
	int dirs[4], n = 0;

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
