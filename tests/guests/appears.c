// SPDX-License-Identifier: MIT
/*
 * dirs: /tmp/appears /tmp/appears/v1 /tmp/appears/v2
 * arch: 64 32 dyn
 *
 * Directories that come and go, and links that are exchanged, beside one who asks for a name below
 * them: what is never there is never seen, what is always there is always found, and no call meets
 * another object than the one that is named.
 */
#include "guest.h"

#include <time.h>

#define TREE "/tmp/appears"

enum { SECONDS_1_4 = 250 };

static pid_t begin(void (*change)(void))
{
	pid_t pid = fork();

	NEED(pid >= 0);
	while (pid == 0)
		change();
	return pid;
}

static void pause_a_little(void)
{
	for (volatile int i = 0; i < 2000; i++)
		;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- who changes ---------------------------------------------------------------------------- */

static void come_and_go(void)
{
	mkdir(TREE "/obj", 0755);
	pause_a_little();
	rmdir(TREE "/obj");
	pause_a_little();
}

static void be_file_or_directory(void)
{
	mkdir(TREE "/obj", 0755);
	pause_a_little();
	rmdir(TREE "/obj");
	close(open(TREE "/obj", O_WRONLY | O_CREAT, 0600));
	pause_a_little();
	unlink(TREE "/obj");
}

static void exchange_links(void)
{
	static int n;

	if (symlink(n++ % 2 ? "v1" : TREE "/v2", TREE "/next") == 0)
		rename(TREE "/next", TREE "/now");
	pause_a_little();
}

static void exchange_directories(void)
{
	syscall(SYS_renameat2, AT_FDCWD, TREE "/v1", AT_FDCWD, TREE "/v2", 2);
	pause_a_little();
}

/* ---- who asks ------------------------------------------------------------------------------- */

/* Every way to name what lies at `name`; the bits of those that did not fail. */
static unsigned ask(const char *name)
{
	struct stat st;
	char buf[8];
	unsigned seen = 0;
	int fd;

	seen |= (stat(name, &st) == 0) << 0;
	seen |= (lstat(name, &st) == 0) << 1;
	seen |= (access(name, F_OK) == 0) << 2;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	seen |= (fd >= 0) << 3;
	if (fd >= 0)
		close(fd);
	seen |= (chmod(name, 0700) == 0) << 4;
	seen |= (chown(name, (uid_t)-1, (gid_t)-1) == 0) << 5;
	seen |= (utimensat(AT_FDCWD, name, NULL, 0) == 0) << 6;
	seen |= (readlink(name, buf, sizeof(buf)) >= 0) << 7;
	return seen;
}

/* The same of what could be made there. */
static unsigned make(const char *name)
{
	unsigned made = 0;
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	made |= (fd >= 0) << 0;
	if (fd >= 0)
		close(fd);
	made |= (mkdir(name, 0700) == 0) << 1;
	made |= (symlink("v1", name) == 0) << 2;
	made |= (mknod(name, S_IFIFO | 0600, 0) == 0) << 3;
	made |= (link(TREE "/v1/f", name) == 0) << 4;
	made |= (rename(TREE "/v1/f", name) == 0) << 5;
	made |= (unlink(name) == 0 || rmdir(name) == 0) << 6;
	made |= (truncate(name, 0) == 0) << 7;
	return made;
}

/* What was done at least once, and what always. */
static void watch(const char *what, void (*change)(void), unsigned (*ask_for)(const char *),
		  const char *name)
{
	long end = now_ms() + SECONDS_1_4;
	unsigned once = 0, always = ~0U;
	pid_t pid = begin(change);
	int status;

	for (int i = 0; i % 64 || now_ms() < end; i++) {
		unsigned seen = ask_for(name);

		once |= seen;
		always &= seen;
	}
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);
	printf("%s, %s: once %#x, always %#x\n", what, name, once, always);
}

int main(void)
{
	NEED(chdir(TREE) == 0);
	make_file("v1/f", "1");
	make_file("v2/f", "2");
	make_link("v1", "now");
	watch("a directory that comes and goes", come_and_go, ask, TREE "/obj/file");
	watch("a directory that comes and goes", come_and_go, ask, "obj/file");
	watch("a directory that comes and goes", come_and_go, ask, "./obj/sub/../file");
	watch("a directory that comes and goes", come_and_go, make, TREE "/obj/sub/file");
	watch("a directory that comes and goes", come_and_go, make, "obj/sub/file");
	rmdir("obj");
	watch("a file or a directory", be_file_or_directory, ask, "obj/file");
	watch("a file or a directory", be_file_or_directory, make, TREE "/obj/sub/file");
	unlink("obj");
	rmdir("obj");
	watch("a link that is exchanged", exchange_links, ask, TREE "/now/f");
	watch("a link that is exchanged", exchange_links, ask, "now/f");
	watch("directories that are exchanged", exchange_directories, ask, "v1/f");
	watch("directories that are exchanged", exchange_directories, ask, TREE "/now/f");
	remove_all(TREE);
	return 0;
}
