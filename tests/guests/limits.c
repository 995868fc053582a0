// SPDX-License-Identifier: MIT
/*
 * What a process is given at birth and may change: limits, umask, affinity, priorities, descriptors and
 * their numbers, close_range, groups, personality; nothing of pr's may show in any of them.
 *
 * arch: 64 32 dyn
 */
#include "guest.h"

#include <grp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/times.h>

static void show_limits(void)
{
	struct rlimit l;

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		NEED(getrlimit(i, &l) == 0);
		printf("limit %d: %lld %lld\n", i, (long long)l.rlim_cur, (long long)l.rlim_max);
	}
}

static void show_fds(const char *what)
{
	char name[64], text[128];
	int n;

	printf("%s:", what);
	for (int fd = 0; fd < 1100; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
			n = readlink(name, text, sizeof(text) - 1);
			text[n < 0 ? 0 : n] = '\0';
			printf(" %d%s%s", fd, fd > 2 ? " " : "", fd > 2 ? text : "");
		}
	printf("\n");
}

static int cpus(const cpu_set_t *set)
{
	return CPU_COUNT(set);
}

/* What setuid(0) is refused with: a user namespace may have no such number. */
static int refused_root(void)
{
	char *map = read_all("/proc/self/uid_map");
	bool has_root = strtoul(map, NULL, 10) == 0;

	free(map);
	return has_root ? EPERM : EINVAL;
}

static void affinity(void)
{
	cpu_set_t all, one, now;
	char *text = read_all("/proc/self/status"), *at = strstr(text, "Cpus_allowed_list:");
	pid_t pid;

	SHOW(sched_getaffinity(0, sizeof(all), &all));
	printf("cpus %d, online %ld, same %d\n", cpus(&all), sysconf(_SC_NPROCESSORS_ONLN),
	       cpus(&all) == sysconf(_SC_NPROCESSORS_ONLN));
	printf("%.*s\n", (int)strcspn(at, "\n"), at);
	free(text);
	SHOW(sched_getaffinity(getpid(), sizeof(now), &now));
	printf("  equal %d\n", CPU_EQUAL(&all, &now));
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	SHOW(sched_setaffinity(0, sizeof(one), &one));
	SHOW(sched_getaffinity(0, sizeof(now), &now));
	printf("  equal %d\n", CPU_EQUAL(&one, &now));
	pid = fork();
	if (pid == 0) {
		sched_getaffinity(0, sizeof(now), &now);
		_exit(CPU_EQUAL(&one, &now) ? 3 : 4);
	}
	finish("child inherits the mask", pid);
	SHOW(sched_setaffinity(0, sizeof(all), &all));
	SHOW(sched_getaffinity(0, sizeof(now), &now));
	printf("  equal %d\n", CPU_EQUAL(&all, &now));
	CPU_ZERO(&one);
	SHOW(sched_setaffinity(0, sizeof(one), &one));
	SHOW(sched_getaffinity(0, 1, &now));
	SHOW(syscall(SYS_sched_getaffinity, 0, sizeof(now), &now));
	SHOW(sched_getscheduler(0));
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(setpriority(PRIO_PROCESS, 0, 3));
	SHOW(getpriority(PRIO_PROCESS, 0));
}

static void descriptors(void)
{
	int fd;

	show_fds("descriptors at birth");
	SHOW(open("/tmp", O_RDONLY));
	SHOW(dup(0));
	SHOW(fcntl(0, F_DUPFD, 100));
	show_fds("more");
	SHOW(syscall(SYS_close_range, 3, ~0U, 0));
	show_fds("after close_range");
	SHOW_FD(open("/tmp", O_RDONLY));
	for (fd = 3; fd < 1024; fd++)
		if (close(fd) == 0)
			printf("closed %d\n", fd);
	SHOW(access("/tmp", F_OK));
	SHOW(dup2(0, 1000));
	SHOW(access("/bin", F_OK));
	SHOW(close(1000));
}

static void few_descriptors(void)
{
	struct rlimit l = { 4, 4 };

	SHOW(setrlimit(RLIMIT_NOFILE, &l));
	SHOW(open("/tmp", O_RDONLY));
	SHOW(open("/tmp", O_RDONLY));
	SHOW(access("/tmp/..", F_OK));
	SHOW(chdir("/tmp"));
	SHOW(mkdir("x", 0755));
	SHOW(rmdir("x"));
	show_link("/proc/self/cwd");
	SHOW(chdir("/"));
	close(3);
}

static int tight_memory(void *arg)
{
	struct rlimit l = { 64 << 20, 64 << 20 };
	pid_t pid;

	(void)arg;
	SHOW(setrlimit(RLIMIT_AS, &l));
	SHOW(access("/tmp", F_OK));
	pid = fork();
	if (pid == 0) {
		execl("/bin/limits", "limits", "quiet", NULL);
		_exit(1);
	}
	finish("exec with little address space", pid);
	return 0;
}

static int no_files(void *arg)
{
	struct rlimit l = { 1000, 1000 };
	int fd = open("/tmp/big", O_WRONLY | O_CREAT, 0600);
	char buf[2000] = "";

	(void)arg;
	signal(SIGXFSZ, SIG_IGN);
	SHOW(setrlimit(RLIMIT_FSIZE, &l));
	SHOW(write(fd, buf, 900));
	SHOW(write(fd, buf, 2000));
	SHOW(write(fd, buf, 1));
	SHOW(truncate("/tmp/big", 2000));
	return 0;
}

static void identity(void)
{
	gid_t groups[64];

	printf("uid %s, gid %s\n", getuid() == geteuid() && getuid() ? "plain" : "odd",
	       getgid() == getegid() ? "plain" : "odd");
	SHOW(getgroups(64, groups));
	printf("setuid(0) %s\n", setuid(0) == -1 && errno == refused_root() ? "refused" : "odd");
	SHOW(setgid(getgid()));
	SHOW(setgroups(0, NULL));
	SHOW(umask(077));
	SHOW(umask(022));
	SHOW(personality(0xffffffff));
	SHOW(prctl(PR_GET_KEEPCAPS));
	SHOW(prctl(PR_CAPBSET_READ, 0));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_SECUREBITS));
	SHOW(prctl(PR_GET_TSC, &(int){ 0 }));
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 4;
	show_limits();
	descriptors();
	affinity();
	identity();
	finish("little memory", start(tight_memory, NULL));
	finish("no large files", start(no_files, NULL));
	few_descriptors();
	return 0;
}
