// SPDX-License-Identifier: MIT
/*
 * Descriptors of links, O_PATH | O_NOFOLLOW: what is read from them, and asked of them. Links of the
 * tree, of a bind, of /proc; renamed and removed meanwhile.
 *
 * binds: @/data:/mnt/data
 * dirs: /tmp/d
 * arch: 64 32 dyn
 */
#include "guest.h"

#include <sys/statfs.h>
#include <sys/xattr.h>

/* The own number is not to be told. */
static const char *without_pid(char *text, size_t size, long n)
{
	char pid[16], *at;
	int len = snprintf(pid, sizeof(pid), "%d", getpid());

	text[n < (long)size ? n : (long)size - 1] = '\0';
	at = strstr(text, pid);
	if (at) {
		memmove(at + 3, at + len, strlen(at + len) + 1);
		memcpy(at, "PID", 3);
	}
	return text;
}

static void tell(const char *what, int fd)
{
	char text[256];
	long n = readlinkat(fd, "", text, sizeof(text));
	struct stat st;

	if (n < 0)
		printf("%s: %s\n", what, err_name(errno));
	else
		printf("%s: %s\n", what, without_pid(text, sizeof(text), n));
	memset(text, 'x', sizeof(text));
	n = SHOW(readlinkat(fd, "", text, 3));
	printf("  %.4s\n", text[0] == '/' ? text : n == 3 && text[3] == 'x' ? "three" : "more");
	SHOW(readlinkat(fd, "", text, 0));
	SHOW(readlinkat(fd, "", text, -1));
	SHOW(readlinkat(fd, "", (char *)8, 100));
	SHOW(readlinkat(fd, "x", text, 100));
	SHOW(readlinkat(fd, NULL, text, 100));
	SHOW(fstat(fd, &st));
	printf("  %o\n", st.st_mode & S_IFMT);
	SHOW(fstatat(fd, "", &st, AT_EMPTY_PATH));
	SHOW(faccessat(fd, "", F_OK, AT_EMPTY_PATH));
	SHOW(openat(fd, "", O_RDONLY));
	SHOW(fchdir(fd));
}

static void by_name(const char *name)
{
	char own[64], text[256];
	int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC), again;
	long n;

	if (fd < 0) {
		printf("%s: %s\n", name, err_name(errno));
		return;
	}
	tell(name, fd);
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	n = readlink(own, text, sizeof(text) - 1);
	printf("  is %s\n", n < 0 ? err_name(errno) : without_pid(text, sizeof(text), n));
	again = open(own, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	n = readlinkat(again, "", text, sizeof(text) - 1);
	printf("  the link to it is %s\n", n < 0 ? err_name(errno) : without_pid(text, sizeof(text), n));
	close(fd);
	n = readlinkat(again, "", text, sizeof(text) - 1);
	printf("  and then %s\n", n < 0 ? err_name(errno) : text);
	close(again);
}

static int stay(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

/* Of another process, and when it is gone. */
static void another(void)
{
	char name[64];
	pid_t pid = start(stay, NULL);
	int exe, cwd;

	snprintf(name, sizeof(name), "/proc/%d/exe", pid);
	exe = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/%d/cwd", pid);
	cwd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	tell("another's exe", exe);
	tell("another's cwd", cwd);
	kill(pid, SIGKILL);
	finish("another", pid);
	tell("a dead one's exe", exe);
	tell("a dead one's cwd", cwd);
	close(exe);
	close(cwd);
}

static void changed(void)
{
	int fd;

	make_link("text of one", "/tmp/one");
	fd = open("/tmp/one", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	NEED(rename("/tmp/one", "/tmp/d/two") == 0);
	tell("renamed", fd);
	make_link("another's", "/tmp/one");
	tell("another in its place", fd);
	NEED(unlink("/tmp/d/two") == 0);
	tell("removed", fd);
	close(fd);
	make_link("short", "/tmp/short");
	fd = open("/tmp/short", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	NEED(unlink("/tmp/short") == 0);
	make_dir("/tmp/short (deleted)");
	tell("removed, and a name like it", fd);
	close(fd);
}

/* An empty name means the descriptor for links alone. */
static void no_links(void)
{
	static const char *const names[] = { "/", "/tmp", "/etc/passwd", "/proc/self", "/proc", NULL };
	char text[64];
	int pipes[2];

	for (size_t i = 0; names[i]; i++) {
		int fd = open(names[i], O_PATH | O_CLOEXEC);

		SHOW_AS(readlinkat(fd, "", text, sizeof(text)), "no link: %s", names[i]);
		close(fd);
	}
	NEED(pipe(pipes) == 0);
	SHOW_AS(readlinkat(pipes[0], "", text, sizeof(text)), "pipe");
	SHOW_AS(readlinkat(99, "", text, sizeof(text)), "none");
	SHOW_AS(readlinkat(AT_FDCWD, "", text, sizeof(text)), "cwd");
	SHOW_AS(readlink("", text, sizeof(text)), "readlink");
}

int main(void)
{
	make_link("/etc/passwd", "/tmp/absolute");
	make_link("d", "/tmp/relative");
	make_link("/nowhere/at/all", "/tmp/dangling");
	make_link("../other", "/mnt/data/link");
	by_name("/tmp/absolute");
	by_name("/tmp/relative");
	by_name("/tmp/dangling");
	by_name("/mnt/data/link");
	by_name("/proc/self");
	by_name("/proc/self/exe");
	by_name("/proc/self/cwd");
	by_name("/proc/self/root");
	NEED(chdir("/mnt/data/inner") == 0);
	by_name("/proc/self/cwd");
	by_name("/proc/mounts");
	NEED(chdir("/") == 0);
	another();
	changed();
	no_links();
	return 0;
}
