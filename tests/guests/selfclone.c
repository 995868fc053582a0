// SPDX-License-Identifier: MIT
/*
 * What container runtimes do first (crun, runc): they run a copy of themselves that nobody can write to,
 * by a read-only bind of their own program, or else a sealed memfd, and know it by its mount or its seals
 * that they have done so.
 *
 * kind: identity
 */
#include "views.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool is_copy(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), seals = fcntl(fd, F_GET_SEALS);
	struct statfs fs;

	NEED(fd >= 0 && fstatfs(fd, &fs) == 0);
	close(fd);
	return fs.f_flags & ST_RDONLY || (seals & SEALS) == SEALS;
}

static int by_bind(void)
{
	int fd = -1;

	make_file("/tmp/copy", "");
	if (mount("/proc/self/exe", "/tmp/copy", "", MS_BIND, "") < 0)
		return -1;
	if (mount("", "/tmp/copy", "", MS_REMOUNT | MS_BIND | MS_RDONLY, "") == 0)
		fd = open("/tmp/copy", O_PATH | O_CLOEXEC);
	NEED(umount2("/tmp/copy", MNT_DETACH) == 0);
	return fd;
}

static int by_memory(void)
{
	int fd = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;

	NEED(fd >= 0 && from >= 0 && fstat(from, &st) == 0);
	while (st.st_size > 0) {
		ssize_t n = sendfile(fd, from, NULL, (size_t)st.st_size);

		NEED(n > 0);
		st.st_size -= n;
	}
	close(from);
	NEED(fcntl(fd, F_ADD_SEALS, SEALS) == 0);
	return fd;
}

int main(int argc, char **argv)
{
	char *again[] = { argv[0], "again", NULL };
	int fd;

	if (is_copy() || argc > 1) {
		printf("copy: %d\n", is_copy());
		return 0;
	}
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	fd = by_bind();
	if (fd < 0)
		fd = by_memory();
	NEED(syscall(SYS_execveat, fd, "", again, environ, AT_EMPTY_PATH) == 0);
	return 1;
}
