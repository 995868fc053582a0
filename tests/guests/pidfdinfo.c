// SPDX-License-Identifier: MIT
/*
 * kind: identity
 *
 * PIDFD_GET_INFO (Linux 6.13) of oneself, of a child that is somebody else, and of one that ended.
 */
#include "guest.h"
#include <sys/ioctl.h>

struct info {
	uint64_t mask, cgroup;
	int32_t pid, tgid, ppid;
	uint32_t id[8];
	int32_t exit_code;
	uint64_t more[2];
};

static void info_of(const char *what, int fd, unsigned size)
{
	struct info info = { .mask = 2 };
	int r = ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, size), &info);

	printf("%s %u: %d %d", what, size, r < 0 ? -errno : r, (int)(info.mask & 2));
	for (int i = 0; i < 8; i++)
		printf(" %u", info.id[i]);
	printf("\n");
}

int main(void)
{
	int own = (int)syscall(SYS_pidfd_open, getpid(), 0), fd, go[2];
	pid_t pid;

	info_of("own", own, 64);
	info_of("own", own, 72);
	info_of("own", own, 80);
	info_of("none", 0, 64);
	if (pipe(go) < 0)
		return 1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char byte;

		if (setresgid(1, 2, 3) < 0 || setresuid(4, 5, 6) < 0)
			_exit(1);
		close(go[1]);
		_exit(read(go[0], &byte, 1) < 0);
	}
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	usleep(300000);
	info_of("child", fd, 64);
	close(go[0]);
	close(go[1]);
	waitpid(pid, NULL, 0);
	info_of("gone", fd, 64);
	return 0;
}
