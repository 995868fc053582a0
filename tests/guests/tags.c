// SPDX-License-Identifier: MIT
/*
 * Tags in the top byte of pointers: calls take them from threads that have asked for it, and that ends
 * with exec. What is tagged is a path's address, a result's, a structure's and what is in it.
 *
 * machine: aarch64
 * arch: 64
 */
#include "guest.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#ifndef PR_SET_TAGGED_ADDR_CTRL
#define PR_SET_TAGGED_ADDR_CTRL 55
#define PR_GET_TAGGED_ADDR_CTRL 56
#endif

static unsigned long tag;

static void *tagged(const void *p)
{
	return (void *)((uintptr_t)p | tag << 56);
}

static long execve_by(const char *path, char *word)
{
	char *argv[] = { tagged("tags"), tagged(word), NULL };
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execve, tagged(path), tagged(argv), NULL);
		printf("execve: %s\n", err_name(errno));
		exit(1);
	}
	finish("exec", pid);
	return 0;
}

static void calls(unsigned long with)
{
	static char buf[4096];
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/tmp/nobody" };
	struct iovec iov[1];
	struct stat st;
	int fd;

	printf("tag %#lx, %s\n", with,
	       prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) & 1 ? "on" : "off");
	tag = with;
	SHOW_FD((int)syscall(SYS_openat, AT_FDCWD, tagged("/tmp/file"), O_RDONLY | O_CREAT, 0644));
	SHOW(syscall(SYS_newfstatat, AT_FDCWD, tagged("/tmp/file"), tagged(&st), 0));
	SHOW(syscall(SYS_newfstatat, AT_FDCWD, "/tmp/file", tagged(&st), 0));
	SHOW(syscall(SYS_faccessat, AT_FDCWD, tagged("/tmp/file"), R_OK));
	SHOW(syscall(SYS_symlinkat, tagged("target"), AT_FDCWD, tagged("/tmp/link")));
	SHOW(syscall(SYS_readlinkat, AT_FDCWD, tagged("/tmp/link"), tagged(buf), 64));
	SHOW(syscall(SYS_readlinkat, AT_FDCWD, tagged("/proc/self/exe"), tagged(buf), 64));
	SHOW(syscall(SYS_unlinkat, AT_FDCWD, tagged("/tmp/link"), 0));
	unlink("/tmp/link");
	SHOW(syscall(SYS_renameat2, AT_FDCWD, tagged("/tmp/file"), AT_FDCWD, tagged("/tmp/renamed"),
		     0));
	SHOW(syscall(SYS_chdir, tagged("/tmp")));
	SHOW(syscall(SYS_getcwd, tagged(buf), sizeof(buf)));
	SHOW(syscall(SYS_chdir, tagged("/")));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW(connect(fd, tagged(&sun), sizeof(sun)));
	close(fd);
	fd = open("/tmp/out", O_RDWR | O_CREAT, 0644);
	iov[0] = (struct iovec){ tagged("text"), 4 };
	SHOW(writev(fd, tagged(iov), 1));
	close(fd);
	execve_by("/bin/tags", "again");
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		printf("%s: %s\n", argv[1],
		       prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) & 1 ? "on" : "off");
		tag = 0x5a;
		SHOW(syscall(SYS_faccessat, AT_FDCWD, tagged("/tmp"), R_OK));
		return 0;
	}
	calls(0);
	calls(0x5a);
	calls(0xb4);
	SHOW(prctl(PR_SET_TAGGED_ADDR_CTRL, 1, 0, 0, 0));
	calls(0);
	calls(0x5a);
	calls(0xb4);
	tag = 0;
	SHOW(syscall(SYS_faccessat, AT_FDCWD, (uintptr_t) "/tmp" | 1UL << 55, R_OK));
	return 0;
}
