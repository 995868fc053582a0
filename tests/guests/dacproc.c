// SPDX-License-Identifier: MIT
/*
 * Who may look into another process: what is his of /proc/<pid>, what takes ptrace(2)'s permission;
 * and one's own process, also when it has changed its ids.
 * kind: identity
 */
#include "actors.h"

#include <sys/prctl.h>

static char dir[32];
static const char *entry;
static char title[64];

static const char *name_of(const char *what)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s/%s", dir, what);
	return name;
}

static long do_open(void) { return shut(open(name_of(entry), O_RDONLY)); }
static long do_access(void) { return access(name_of(entry), R_OK); }

static long do_readlink(void)
{
	char text[512];

	return readlink(name_of(entry), text, sizeof(text)) < 0 ? -1 : 0;
}

static long do_stat(void) { return stat(name_of(entry), &(struct stat){ 0 }); }

static const struct attempt to_open[] = { { "open", do_open }, { "access r", do_access } };
static const struct attempt to_follow[] = { { "readlink", do_readlink }, { "stat", do_stat } };

static void nothing(void)
{
}

static void look_into(const char *who)
{
	static const char *const files[] = { "environ", "maps",	  "smaps", "auxv",   "status",
					     "stat",	"cmdline", "comm",  "limits", "fd",
					     "fdinfo",	"task",   "mounts" };
	static const char *const links[] = { "cwd", "exe", "root", "fd/0", "ns/uts" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		entry = files[i];
		snprintf(title, sizeof(title), "%s %s", who, entry);
		SHOW_ATTEMPTS(title, nothing, to_open);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		entry = links[i];
		snprintf(title, sizeof(title), "%s %s", who, entry);
		SHOW_ATTEMPTS(title, nothing, to_follow);
	}
}

/* A process of this actor's with nothing of root left: started anew, so that it may be looked at. */
static pid_t start_one(const struct actor *a, int dumpable)
{
	int ready[2];
	char byte;
	pid_t pid;

	need(pipe(ready) == 0, "pipe");
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		need(setgroups(a->also ? 1 : 0, &a->also) == 0 && setresgid(a->gid, a->gid, a->gid) == 0 &&
			     setresuid(a->uid, a->uid, a->uid) == 0, "ids");
		dup2(ready[1], 1);
		execl("/proc/self/exe", "dacproc", dumpable ? "1" : "0", NULL);
		_exit(99);
	}
	close(ready[1]);
	need(read(ready[0], &byte, 1) == 1, "child");
	close(ready[0]);
	return pid;
}

static void sleep_there(int dumpable)
{
	prctl(PR_SET_DUMPABLE, dumpable);
	need(write(1, "x", 1) == 1, "write");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		sleep_there(argv[1][0] == '1');
	for (int i = 0; i < ACTORS; i++) {
		for (int dumpable = 0; dumpable < 2; dumpable++) {
			char who[32];
			pid_t pid;

			become_root();
			pid = start_one(&actors[i], dumpable);
			snprintf(dir, sizeof(dir), "/proc/%d", pid);
			snprintf(who, sizeof(who), "%s%s", actors[i].name, dumpable ? "" : "'");
			look_into(who);
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
	snprintf(dir, sizeof(dir), "/proc/self");
	look_into("self");
	return 0;
}
