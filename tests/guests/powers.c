// SPDX-License-Identifier: MIT
/*
 * What root may do where modes would keep everybody out, in a tree made before by somebody else:
 * the owner of the files on the host. And that others are kept out all the same.
 * kind: identity
 * made: 0000:/w/shut/ 0644:/w/shut/f 0755:/w/shut/in/ 0644:/w/shut/in/f 0555:/w/ro/ 0644:/w/ro/f
 * made: 0755:/w/ro/in/ 0000:/w/none 0444:/w/r 0222:/w/w 0311:/w/unlisted/ 0644:/w/unlisted/f
 * made: 0444:/w/unsearched/ 0644:/w/unsearched/f 0000:/w/a/ 0000:/w/a/b/ 0000:/w/a/b/c 0111:/w/p*
 * made: 0011:/w/q* 0600:/w/n* 0005:/w/others/ 0004:/w/others/f 0555:/w/dir/ 0500:/w/dir/in/
 */
#include "actors.h"

#include <sys/inotify.h>
#include <sys/xattr.h>

static void show_listing(const char *name)
{
	DIR *d = opendir(name);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n++;
	printf("list %s: %s\n", name, d ? "ok" : err_name(errno));
	if (d)
		printf("entries %d\n", n);
	if (d)
		closedir(d);
}

static void run(const char *name)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(name, "p", "exit", NULL);
		printf("exec %s: %s\n", name, err_name(errno));
		exit(1);
	}
	waitpid(pid, &status, 0);
	printf("exec %s ended %d\n", name, WEXITSTATUS(status));
}

static void watch(const char *name)
{
	int fd = inotify_init1(IN_CLOEXEC);

	printf("watch %s: %s\n", name, inotify_add_watch(fd, name, IN_ALL_EVENTS) < 0 ? err_name(errno) : "ok");
	close(fd);
}

static void look(void)
{
	static const char *const names[] = {
		"/w/shut", "/w/shut/f", "/w/shut/in/f", "/w/ro/f", "/w/none", "/w/r", "/w/w",
		"/w/unlisted/f", "/w/unsearched/f", "/w/a/b/c", "/w/p", "/w/q", "/w/n",
		"/w/others/f", "/w/shut/../r", "/w/a/b/../../r", "/w/shut/missing",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		SHOW_AS(access(names[i], R_OK), "access r %s", names[i]);
		SHOW_AS(access(names[i], W_OK), "access w %s", names[i]);
		SHOW_AS(access(names[i], X_OK), "access x %s", names[i]);
		show_mode(names[i]);
	}
	show_listing("/w/shut");
	show_listing("/w/unlisted");
	show_listing("/w/unsearched");
	show_listing("/w/a/b");
	SHOW_FD(open("/w/none", O_RDONLY));
	SHOW_FD(open("/w/r", O_RDWR));
	SHOW_FD(open("/w/w", O_RDONLY));
	SHOW_FD(open("/w/a/b/c", O_RDWR));
	SHOW_FD(open("/w/ro/new", O_WRONLY | O_CREAT, 0400));
	SHOW(unlink("/w/ro/new"));
	watch("/w/none");
	watch("/w/a");
	run("/w/p");
	run("/w/q");
	run("/w/n");
}

static void change(void)
{
	SHOW(truncate("/w/r", 1));
	SHOW(setxattr("/w/none", "user.a", "x", 1, 0));
	SHOW(getxattr("/w/w", "user.a", NULL, 0));
	SHOW(mkdir("/w/ro/dir", 0));
	SHOW(mkdir("/w/ro/dir/dir", 0));
	SHOW(symlink("x", "/w/ro/dir/link"));
	SHOW(link("/w/none", "/w/ro/dir/hard"));
	SHOW(rename("/w/ro/f", "/w/shut/f2"));
	SHOW(rename("/w/dir/in", "/w/moved"));
	SHOW(unlink("/w/shut/in/f"));
	SHOW(rmdir("/w/shut/in"));
	SHOW(chdir("/w/a/b"));
	SHOW_FD(open("c", O_WRONLY | O_TRUNC));
	SHOW_FD(open("../../shut/f", O_RDWR));
	SHOW(chdir("/"));
	SHOW(rename("/w/shut", "/w/shut2"));
	show_mode("/w/shut2");
	show_mode("/w/ro/dir");
	show_mode("/w/ro");
	show_mode("/w/moved");
	show_mode("/w/none");
	show_mode("/w/r");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return 7;
	for (int i = ACTORS - 1; i >= 0; i--) {
		printf("%s\n", actors[i].name);
		become(&actors[i]);
		look();
		change();
		become_root();
	}
	return 0;
}
