// SPDX-License-Identifier: MIT
/*
 * Files are opened for reading over and over, and suddenly one in that directory is a device: made,
 * moved, linked or exchanged there, by the same process or another. A whiteout, 0:0, is the one
 * that root of a user namespace may make, and opening it is ENXIO.
 * kind: identity
 */
#include "guest.h"

#include <sys/sysmacros.h>

enum { OFTEN = 30 };

/* How often it opened, and the last error. */
static void open_often(const char *when, const char *name)
{
	int opened = 0, err = 0;

	for (int i = 0; i < OFTEN; i++) {
		int fd = open(name, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			err = errno;
		else
			close(fd), opened++;
	}
	printf("%s: %s opened %d times, %s\n", when, name, opened,
	       err ? strerrorname_np(err) : "no error");
}

static void open_all(const char *when, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		open_often(when, names[i]);
}

static void new_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

	SHOW_AS(fd < 0 ? -1 : 0, "make %s", name);
	close(fd);
}

static int in_child(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(what() < 0 ? errno : 0);
	waitpid(pid, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static int make_node(void)
{
	return mknod("/tmp/d/in/made", S_IFCHR | 0666, makedev(0, 0));
}

static int move_node(void)
{
	return rename("/tmp/from/one", "/tmp/d/in/file");
}

static int link_node(void)
{
	return link("/tmp/from/two", "/tmp/d/in/linked");
}

static int exchange_nodes(void)
{
	return renameat2(AT_FDCWD, "/tmp/from/two", AT_FDCWD, "/tmp/d/in/other", RENAME_EXCHANGE);
}

static int move_directory(void)
{
	return rename("/tmp/from", "/tmp/d/in/dir") < 0 ? -1 : 0;
}

#define NAMES(last)                                                                                \
	(const char *const[]){ "/tmp/d/in/" last, "in/" last, "./in/" last, "/tmp/d/in/../in/" last, \
			       "/tmp/d/to/" last }

static void begin(void)
{
	mkdir("/tmp/d", 0755);
	mkdir("/tmp/d/in", 0755);
	mkdir("/tmp/from", 0755);
	symlink("in", "/tmp/d/to");
	chdir("/tmp/d");
	new_file("in/file");
	new_file("in/other");
	symlink("file", "in/link");
	SHOW(chown("in/other", 33, 44));
	SHOW(chmod("in/other", 0));
	SHOW(mknod("/tmp/from/one", S_IFCHR | 0666, makedev(0, 0)));
	SHOW(mknod("/tmp/from/two", S_IFCHR | 0666, makedev(0, 0)));
	open_all("before", NAMES("file"), 5);
	open_all("before", NAMES("other"), 5);
	open_all("before", NAMES("link"), 5);
	open_all("before", NAMES("made"), 5);
}

static void run(int (*call)(int (*what)(void)))
{
	begin();
	SHOW_AS(call(make_node), "make");
	open_all("made", NAMES("made"), 5);
	open_all("made", NAMES("other"), 5);
	unlink("in/made");
	open_all("gone", NAMES("made"), 5);
	SHOW_AS(call(move_node), "move");
	open_all("moved", NAMES("file"), 5);
	open_all("moved", NAMES("link"), 5);
	SHOW_AS(call(link_node), "link");
	open_all("linked", NAMES("linked"), 5);
	SHOW_AS(call(exchange_nodes), "exchange");
	open_all("exchanged", NAMES("other"), 5);
	open_often("exchanged", "/tmp/from/two");
	SHOW_AS(call(move_directory), "move directory");
	open_often("directory moved", "/tmp/d/in/dir/two");
	open_often("directory moved", "/tmp/from/two");
	chdir("/");
	SHOW(rename("/tmp/d", "/tmp/old"));
}

static int by_itself(int (*what)(void))
{
	return what();
}

/* Where no device has ever been: here nothing is marked. */
static void fresh(const char *dir, int (*make)(const char *name))
{
	char a[64], b[64];

	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	mkdir(dir, 0755);
	new_file(a);
	open_often("fresh", a);
	open_often("fresh", b);
	SHOW_AS(make(b), "make %s", b);
	open_often("with a device", b);
	open_often("with a device", a);
}

static int make_named(const char *name)
{
	return mknod(name, S_IFCHR | 0666, makedev(0, 0));
}

static int move_named(const char *name)
{
	return rename("/tmp/one", name);
}

static int link_named(const char *name)
{
	return link("/tmp/two", name);
}

int main(void)
{
	umask(022);
	run(by_itself);
	run(in_child);
	make_named("/tmp/one");
	make_named("/tmp/two");
	fresh("/tmp/made", make_named);
	fresh("/tmp/moved", move_named);
	fresh("/tmp/linked", link_named);
	return 0;
}
