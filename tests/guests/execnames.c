// SPDX-License-Identifier: MIT
/*
 * dirs: /tmp/names /tmp/names/a /tmp/names/b
 * arch: 64 32 dyn
 *
 * Programs that change their names between one exec and the next, at once and often: what was found
 * out for one must not be believed for the other. The programs are copies of this one.
 */
#include "guest.h"

enum { ROUNDS = 40 };

#define TREE "/tmp/names"

static const char self[] = "/proc/self/exe";

static void copy_self(const char *name)
{
	char buf[65536];
	int in = open(self, O_RDONLY | O_CLOEXEC);
	int out = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	need(in >= 0 && out >= 0, name);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, (size_t)n) == n);
	close(in);
	close(out);
}

/* Runs it: the exit status is what it is called by its directory, or 200 + errno. */
static int run(const char *name)
{
	pid_t pid = fork();
	int status;

	NEED(pid >= 0);
	if (pid == 0) {
		execl(name, name, "told", NULL);
		_exit(200 + errno);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The last letter of the directory that the running program lies in. */
static int told(void)
{
	char name[PATH_MAX];
	ssize_t n = readlink(self, name, sizeof(name) - 1);

	if (n < 0)
		return 199;
	name[n] = '\0';
	*strrchr(name, '/') = '\0';
	return name[strlen(name) - 1];
}

static void count(const char *what, const int seen[256])
{
	printf("%s:", what);
	for (int i = 0; i < 256; i++)
		if (seen[i] && i >= 200)
			printf(" %s %d", err_name(i - 200), seen[i]);
		else if (seen[i])
			printf(" %c %d", i, seen[i]);
	printf("\n");
}

static void swap_links(void)
{
	int seen[256] = { 0 };

	make_link("a", TREE "/now");
	for (int i = 0; i < ROUNDS; i++) {
		int got = run(TREE "/now/p");

		seen[got & 255] += got == "ab"[i % 2];
		make_link(i % 2 ? "a" : "b", TREE "/next");
		NEED(rename(TREE "/next", TREE "/now") == 0);
	}
	count("a link put in the place of another", seen);
}

static void exchange(void)
{
	int seen[256] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		seen[run(TREE "/a/p") & 255]++;
		NEED(syscall(SYS_renameat2, AT_FDCWD, TREE "/a", AT_FDCWD, TREE "/b", 2) == 0);
	}
	count("directories exchanged", seen);
}

static void vanish(void)
{
	int seen[256] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		seen[run(TREE "/a/p") & 255]++;
		NEED(rename(TREE "/a/p", TREE "/a/q") == 0);
		seen[run(TREE "/a/p") & 255]++;
		NEED(rename(TREE "/a/q", TREE "/a/p") == 0);
	}
	count("gone and back", seen);
}

static void forbid(void)
{
	int seen[256] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		seen[run(TREE "/a/p") & 255]++;
		NEED(chmod(TREE "/a/p", 0644) == 0);
		seen[run(TREE "/a/p") & 255]++;
		NEED(chmod(TREE "/a/p", 0755) == 0);
	}
	count("forbidden and allowed", seen);
}

/* The same by a descriptor, of which nobody hears by name. */
static void forbid_open(void)
{
	int seen[256] = { 0 }, fd = open(TREE "/a/p", O_RDONLY | O_CLOEXEC);

	NEED(fd >= 0);
	for (int i = 0; i < ROUNDS; i++) {
		seen[run(TREE "/a/p") & 255]++;
		NEED(fchmod(fd, 0644) == 0);
		seen[run(TREE "/a/p") & 255]++;
		NEED(fchmod(fd, 0755) == 0);
	}
	close(fd);
	count("forbidden and allowed by descriptor", seen);
}

static void write_to(void)
{
	int seen[256] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		int fd;

		seen[run(TREE "/a/p") & 255]++;
		fd = open(TREE "/a/p", O_WRONLY | O_CLOEXEC);
		NEED(fd >= 0);
		seen[run(TREE "/a/p") & 255]++;
		close(fd);
	}
	count("open for writing and closed", seen);
}

/* Behind it another object, by a name that was another's. */
static void become_directory(void)
{
	int seen[256] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		seen[run(TREE "/a/p") & 255]++;
		NEED(rename(TREE "/a/p", TREE "/keep") == 0 && mkdir(TREE "/a/p", 0755) == 0);
		seen[run(TREE "/a/p") & 255]++;
		NEED(rmdir(TREE "/a/p") == 0 && rename(TREE "/keep", TREE "/a/p") == 0);
	}
	count("a directory for a moment", seen);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return told();
	copy_self(TREE "/a/p");
	copy_self(TREE "/b/p");
	swap_links();
	exchange();
	vanish();
	forbid();
	forbid_open();
	write_to();
	become_directory();
	remove_all(TREE);
	return 0;
}
