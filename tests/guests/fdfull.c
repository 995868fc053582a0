// SPDX-License-Identifier: MIT
/*
 * Calls that need a descriptor where RLIMIT_NOFILE leaves none: the number is taken before anything is
 * looked up or made. Files whose owner or mode is to be remembered among them.
 * kind: identity
 */
#include "guest.h"

#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { LIMIT = 24 };

static int filled[LIMIT], count;

/* Up to the limit, or leaving so many free. */
static void fill(int leave)
{
	count = 0;
	while (count < LIMIT && (filled[count] = open("/", O_PATH)) >= 0)
		count++;
	NEED(errno == EMFILE);
	while (leave--)
		close(filled[--count]);
}

static void empty(void)
{
	while (count > 0)
		close(filled[--count]);
}

static void set_limit(int n)
{
	struct rlimit l;

	NEED(getrlimit(RLIMIT_NOFILE, &l) == 0);
	l.rlim_cur = n;
	NEED(setrlimit(RLIMIT_NOFILE, &l) == 0);
}

static void is_there(const char *name)
{
	struct stat st;

	if (lstat(name, &st) < 0)
		printf("  %s: %s\n", name, err_name(errno));
	else
		printf("  %s: %u:%u %o\n", name, st.st_uid, st.st_gid, st.st_mode);
	unlink(name);
}

static void try(const char *what, const char *name, long fd)
{
	SHOW_AS(fd < 0 ? fd : 0, "%s", what);
	is_there(name);
	if (fd >= 0)
		close(fd);
}

static void all_calls(int mode)
{
	struct open_how how = { .flags = O_RDWR | O_CREAT | O_EXCL, .mode = mode };
	struct open_how bad = { .flags = O_RDWR | O_CREAT, .mode = 0200000 };

	try("create", "a", open("a", O_WRONLY | O_CREAT, mode));
	try("create anew", "b", open("b", O_RDWR | O_CREAT | O_EXCL, mode));
	try("creat", "c", creat("c", mode));
	try("openat2", "d", syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof(how)));
	try("openat2 of no mode", "d", syscall(SYS_openat2, AT_FDCWD, "d", &bad, sizeof(bad)));
	try("unnamed", "e", open(".", O_TMPFILE | O_RDWR, mode));
	try("through a link", "target", open("link", O_WRONLY | O_CREAT, mode));
	try("nowhere", "f", open("nowhere/f", O_WRONLY | O_CREAT, mode));
	try("too long", "g", open((char[5000]){ [0 ... 4998] = 'x' }, O_WRONLY | O_CREAT, mode));
	try("no name", "h", open("", O_WRONLY | O_CREAT, mode));
	try("what exists", "there", open("there", O_WRONLY | O_CREAT | O_TRUNC, mode));
	NEED(mknod("there", S_IFREG | 0644, 0) == 0);
	try("make a node", "n", mknod("n", S_IFREG | mode, 0) < 0 ? -1 : 0);
	SHOW(socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : 0);
}

static void rounds(const char *who)
{
	static const int modes[] = { 0644, 04711, 0 };

	for (int i = 0; i < 3; i++) {
		printf("%s, mode %o, none left\n", who, modes[i]);
		fill(0);
		all_calls(modes[i]);
		empty();
		printf("%s, mode %o, one left\n", who, modes[i]);
		fill(1);
		try("create", "a", open("a", O_WRONLY | O_CREAT, modes[i]));
		empty();
	}
}

int main(void)
{
	int high;

	NEED(chmod("/tmp", 0777) == 0 && chdir("/tmp") == 0 && symlink("target", "link") == 0);
	NEED(mknod("there", S_IFREG | 0644, 0) == 0 && chmod("there", 0666) == 0);
	set_limit(LIMIT);
	rounds("root");
	/* A number at the limit is taken, those below are free. */
	fill(0);
	high = filled[count - 1];
	set_limit(high + 1);
	for (int i = 0; i < count - 1; i++)
		close(filled[i]);
	try("beside a high one", "a", open("a", O_WRONLY | O_CREAT, 04711));
	set_limit(3);
	try("below the standard ones", "a", open("a", O_WRONLY | O_CREAT, 04711));
	set_limit(0);
	try("none at all", "a", open("a", O_WRONLY | O_CREAT, 04711));
	set_limit(LIMIT);
	close(high);
	NEED(setresgid(7, 7, 7) == 0 && setresuid(7, 7, 7) == 0);
	rounds("user");
	return 0;
}
