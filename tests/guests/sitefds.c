// SPDX-License-Identifier: MIT
/*
 * Descriptors around call sites in use: all closed, one after another or at once, or copied over; a table
 * that is full; and in another thread, while calls are made that open nothing, the lowest free number
 * is always the same one and nobody closes what is not his.
 *
 * arch: 64 32 dyn
 * timeout: 90
 */
#include "sites.h"

#include <linux/close_range.h>
#include <pthread.h>
#include <sys/resource.h>

static void closing(void)
{
	int wrong = 0;

	for (int i = 0; i < 60; i++) {
		for (int j = 0; j < 5; j++)
			wrong += dup(0) < 0;
		if (i % 3 == 0)
			wrong += close_range(3, ~0U, 0) != 0;
		else if (i % 3 == 1)
			closefrom(3);
		else
			for (int fd = 3; fd < 256; fd++)
				close(fd);
		wrong += rounds(2);
	}
	printf("closing: %d wrong, %d descriptors\n", wrong, open_descriptors());
}

/* Every number up to 256 is a pipe now, then gone. */
static void copied_over(void)
{
	int wrong = 0, p[2];

	for (int i = 0; i < 10; i++) {
		NEED(pipe(p) == 0);
		for (int fd = 5; fd < 256; fd++)
			wrong += (i % 2 ? dup2(p[0], fd) : dup3(p[1], fd, O_CLOEXEC)) != fd;
		wrong += rounds(2);
		for (int fd = 5; fd < 256; fd++)
			wrong += fcntl(fd, F_GETFD) != (i % 2 ? 0 : FD_CLOEXEC);
		wrong += close_range(3, ~0U, i % 2 ? 0 : CLOSE_RANGE_UNSHARE) != 0;
	}
	printf("copied over: %d wrong, %d descriptors\n", wrong, open_descriptors());
}

/* Of calls that open nothing. */
static int quiet_round(void)
{
	char buf[64];
	struct stat st;
	int wrong = 0;

	wrong += stat("link", &st) != 0 || !S_ISREG(st.st_mode);
	wrong += lstat(SITES_DIR "/link", &st) != 0 || !S_ISLNK(st.st_mode);
	wrong += site_stat(SITES_DIR "/link") != S_IFREG;
	wrong += site_stat("../sites/missing") != -ENOENT;
	wrong += site_access(SITES_DIR "/../sites/link", R_OK) != 0;
	wrong += access("link", R_OK) != 0;
	wrong += site_readlink("link", buf, sizeof(buf)) != 4;
	wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, SITES_DIR) != 0;
	return wrong;
}

static void full_table(void)
{
	struct rlimit old, low;
	int wrong = 0, full = 0, fd;

	getrlimit(RLIMIT_NOFILE, &old);
	for (int limit = 3; limit < 8; limit++) {
		low = (struct rlimit){ limit, old.rlim_max };
		NEED(setrlimit(RLIMIT_NOFILE, &low) == 0);
		for (int i = 3; i < limit; i++)
			wrong += open("link", O_RDONLY) != i;
		for (int i = 0; i < 50; i++) {
			fd = i % 2 ? site_openat(AT_FDCWD, "link", O_RDONLY, 0) :
				open(SITES_DIR "/link", O_RDONLY);
			full += fd < 0 && (i % 2 ? fd == -EMFILE : errno == EMFILE);
			/* the table is looked at first */
			full += site_openat(AT_FDCWD, "missing", O_RDONLY, 0) == -EMFILE;
			wrong += quiet_round();
		}
		close_range(3, ~0U, 0);
		for (int i = 0; limit > 3 && i < 20; i++)
			wrong += rounds(1);
	}
	setrlimit(RLIMIT_NOFILE, &old);
	printf("full table: %d wrong, %d times full\n", wrong, full);
}

static volatile int done, wrong_elsewhere;

static void *quiet(void *arg)
{
	while (!done)
		__atomic_add_fetch(&wrong_elsewhere, quiet_round(), __ATOMIC_RELAXED);
	return arg;
}

/* Ours alone: the others open nothing. */
static int lowest_is_three(int n)
{
	int wrong = 0, fd;

	for (int i = 0; i < n; i++) {
		fd = i % 2 ? open("link", O_RDONLY) : dup(0);
		wrong += fd != 3;
		wrong += dup2(0, 4) != 4 || fcntl(4, F_GETFD) != 0;
		wrong += dup(0) != 5 || fcntl(5, F_GETFD) != 0;
		wrong += close(5) != 0 || close(4) != 0 || close(fd) != 0;
		wrong += close(3) == 0 || close(4) == 0;
	}
	return wrong;
}

static void beside_others(void)
{
	pthread_t t[3];
	int wrong;

	done = 0;
	for (int i = 0; i < 3; i++)
		NEED(pthread_create(&t[i], NULL, quiet, NULL) == 0);
	wrong = lowest_is_three(400);
	done = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	printf("beside others: %d wrong, %d wrong elsewhere\n", wrong, wrong_elsewhere);
}

static int quiet_for_ever(void *arg)
{
	for (;;)
		if (quiet_round())
			return !arg;
}

/* What another process sees of one that opens nothing. */
static void from_outside(void)
{
	pid_t pid = start(quiet_for_ever, NULL);
	char name[64];
	int most = 0;

	snprintf(name, sizeof(name), "/proc/%d/fd", pid);
	for (int i = 0; i < 300; i++) {
		DIR *dir = opendir(name);
		int n = 0;

		NEED(dir);
		while (readdir(dir))
			n++;
		closedir(dir);
		most = n > most ? n : most;
	}
	kill(pid, SIGKILL);
	finish("seen from outside", pid);
	printf("  at most %d descriptors\n", most - 2);
}

int main(void)
{
	sites_make();
	close_range(3, ~0U, 0);
	printf("before: %d wrong\n", rounds(100));
	closing();
	copied_over();
	full_table();
	beside_others();
	from_outside();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
