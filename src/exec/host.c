/* SPDX-License-Identifier: MIT */
/*
 * What the loader must know of this kernel and a guest cannot ask it: read once by the tracer.
 * What cannot be found out is taken to be as most kernels have it.
 */
#include "exec/plan.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef PR_SET_MM_MAP_SIZE
#define PR_SET_MM_MAP_SIZE 15
#endif

static char randomize_va_space(void)
{
	int fd = open("/proc/sys/kernel/randomize_va_space", O_RDONLY | O_CLOEXEC);
	char level = '2';

	if (fd < 0)
		return level;
	if (read(fd, &level, 1) != 1)
		level = '2';
	close(fd);
	return level;
}

void exec_host_probe(struct exec_host *host)
{
	char level = randomize_va_space();
	unsigned size;

	host->plan_flags = elf_machine_guards() ? PLAN_GUARDED : 0;
	if (level >= '1')
		host->plan_flags |= PLAN_RANDOMIZE;
	if (level >= '2')
		host->plan_flags |= PLAN_RANDOMIZE_BRK;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0)
		host->plan_flags |= PLAN_SET_MM;
}

static _Noreturn void run_by_descriptor(void)
{
	char *argv[] = { "pr", "--version", NULL }, *envp[] = { NULL };
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC), null = open("/dev/null", O_RDWR);

	for (int i = 0; i < 3; i++)
		dup2(null, i);
	syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	_exit(127);
}

/* What a process of ours is called when it has run (the dead keep their names); "": unknown. */
static void comm_by_descriptor(char *ret, size_t size)
{
	char name[32];
	siginfo_t info;
	FILE *f = NULL;
	pid_t pid = fork();

	ret[0] = '\0';
	if (pid == 0)
		run_by_descriptor();
	snprintf(name, sizeof(name), "/proc/%d/comm", pid);
	if (pid < 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		return;
	f = fopen(name, "re");
	if (f) {
		if (!fgets(ret, (int)size, f))
			ret[0] = '\0';
		fclose(f);
	}
	waitpid(pid, NULL, 0);
}

/*
 * Since Linux 6.14, and in later releases of older series, as which a distribution's kernel cannot
 * be told by its number.
 */
bool exec_host_comm_of_file(struct exec_host *host)
{
	char comm[32];

	if (host->comm_by_fd == COMM_UNASKED) {
		comm_by_descriptor(comm, sizeof(comm));
		host->comm_by_fd = isdigit((unsigned char)comm[0]) ? COMM_OF_NUMBER : COMM_OF_FILE;
	}
	return host->comm_by_fd == COMM_OF_FILE;
}
