// SPDX-License-Identifier: MIT
/*
 * Whose a new file is and what its mode: made by each call, by root and by others, in directories
 * with and without S_ISGID, under several umasks.
 * kind: identity
 */
#include "guest.h"

#include <grp.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static const struct maker {
	const char *name;
	uid_t uid;
	gid_t gid, also;
} makers[] = { { "root", 0, 0, 0 }, { "user", 10, 20, 0 }, { "member", 11, 21, 30 } };

enum { MAKERS = sizeof(makers) / sizeof(makers[0]), DIR_GID = 30 };

static void become(const struct maker *m)
{
	NEED(setresuid(0, 0, 0) == 0 && setgroups(m->also ? 1 : 0, &m->also) == 0);
	NEED(setresgid(m->gid, m->gid, 0) == 0 && setresuid(m->uid, m->uid, 0) == 0);
}

static void tell(const char *what, const char *name, long r)
{
	struct stat st;
	int e = errno;

	if (r == -1) {
		printf("  %s = %s\n", what, err_name(e));
		return;
	}
	NEED(lstat(name, &st) == 0);
	printf("  %s = %u:%u %o", what, st.st_uid, st.st_gid, st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" dev %u:%u", major(st.st_rdev), minor(st.st_rdev));
	printf("\n");
}

static long opened(int fd)
{
	return fd < 0 ? -1 : close(fd);
}

static long bind_to(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r, e;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", name);
	r = bind(fd, (void *)&addr, sizeof(addr));
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static long open_by_how(const char *name, int mode, uint64_t resolve)
{
	struct open_how how = { .flags = O_RDWR | O_CREAT | O_EXCL, .mode = mode, .resolve = resolve };

	return opened(syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how)));
}

static long link_unnamed(const char *name, int mode)
{
	char link[64];
	struct stat st;
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode), r;

	if (fd < 0)
		return -1;
	NEED(fstat(fd, &st) == 0);
	printf("  unnamed %u:%u %o\n", st.st_uid, st.st_gid, st.st_mode);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	r = linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
	close(fd);
	return r;
}

/* Everything once, and away with it again. */
static void make_all(int mode)
{
	tell("open", "a", opened(open("a", O_WRONLY | O_CREAT, mode)));
	tell("open again", "a", opened(open("a", O_WRONLY | O_CREAT, 0)));
	tell("open excl again", "a", opened(open("a", O_WRONLY | O_CREAT | O_EXCL, mode)));
	tell("open excl", "b", opened(open("b", O_RDWR | O_CREAT | O_EXCL, mode)));
	tell("creat", "c", opened(creat("c", mode)));
	tell("openat2", "d", open_by_how("d", mode, 0));
	tell("openat2 beneath", "e", open_by_how("./e", mode, RESOLVE_BENEATH));
	tell("mkdir", "f", mkdir("f", mode));
	tell("mkdir slash", "g", mkdir("g/", mode));
	tell("mkfifo", "h", mknod("h", S_IFIFO | mode, 0));
	tell("mknod", "i", mknod("i", mode, 0));
	tell("mknod socket", "j", mknod("j", S_IFSOCK | mode, 0));
	tell("whiteout", "k", mknod("k", S_IFCHR | mode, 0));
	tell("symlink", "l", symlink("a", "l"));
	tell("symlinkat", "m", symlinkat("to-open", AT_FDCWD, "m"));
	tell("through a link", "to-open", opened(open("m", O_WRONLY | O_CREAT, mode)));
	tell("excl through a link", "m", opened(open("m", O_WRONLY | O_CREAT | O_EXCL, mode)));
	tell("bind", "n", bind_to("n"));
	tell("tmpfile", "o", link_unnamed("o", mode));
	tell("open/", "a", opened(open("p/", O_WRONLY | O_CREAT, mode)));
	tell("open dir", "a", opened(open("p", O_RDONLY | O_CREAT | O_DIRECTORY, mode)));
	tell("symlink/", "a", symlink("a", "q/"));
}

static void remove_made(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "h", "i", "j", "k", "l", "m",
					     "n", "o", "p", "q", "to-open" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir("f");
	rmdir("g");
}

/* What was made with a mode that lets nobody in is still root's to use. */
static void use_anyway(void)
{
	int fd;

	umask(0777);
	fd = SHOW(open("shut", O_RDWR | O_CREAT | O_EXCL, 0666));
	SHOW(write(fd, "text\n", 5));
	close(fd);
	umask(022);
	tell("shut", "shut", 0);
}

int main(void)
{
	static const int masks[] = { 022, 0, 077 }, modes[] = { 0666, 0755, 0400, 0, 07777, 02755, 02644 };

	NEED(mkdir("/tmp/plain", 0777) == 0 && chmod("/tmp/plain", 0777) == 0);
	NEED(mkdir("/tmp/group", 0777) == 0 && chown("/tmp/group", 5, DIR_GID) == 0);
	NEED(chmod("/tmp/group", 02777) == 0);
	for (int i = 0; i < 2 * (int)MAKERS * 3 * 7; i++) {
		const struct maker *m = &makers[i / 2 % MAKERS];
		int mask = masks[i / 2 / MAKERS % 3], mode = modes[i / 2 / MAKERS / 3];

		NEED(chdir(i % 2 ? "/tmp/group" : "/tmp/plain") == 0);
		printf("%s in %s, umask %o, mode %o\n", m->name, i % 2 ? "group" : "plain", mask, mode);
		umask(mask);
		become(m);
		make_all(mode);
		become(&makers[0]);
		remove_made();
	}
	NEED(chdir("/tmp") == 0);
	use_anyway();
	return 0;
}
