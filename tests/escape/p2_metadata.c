// SPDX-License-Identifier: MIT
/*
 * P2, the calls that Landlock does not govern: metadata by a name that another thread rewrites, or
 * below a directory that it swaps with a link. Changes must hold. What only looks, enters or connects
 * is the residue that docs/confinement.md lists: counted by a line of its own, not as an escape.
 */
#include "probe.h"

#include <pthread.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <utime.h>

enum { MS = 400 };

static char path[PATH_MAX];
static char inside[PATH_MAX], victim[PATH_MAX];
static char text[256];
static const char *leaf = "/victim"; /* in the swapped directory */
static int residue;

/* ---- the calls, by whatever `path` holds; >= 0: it found something ------------------------------ */

#define CALL(id, call)               \
	static long id(void)         \
	{                            \
		return (call);       \
	}

static struct timeval past[2] = { { 1, 0 }, { 1, 0 } };
static struct timespec past_ns[2] = { { 1, 0 }, { 1, 0 } };
static struct utimbuf past_s = { 1, 1 };

CALL(c_chmod, chmod(path, 0640))
CALL(c_fchmodat2, syscall(SYS_fchmodat2, AT_FDCWD, path, 0640, 0))
CALL(c_utimensat, utimensat(AT_FDCWD, path, past_ns, 0))
CALL(c_utimes, utimes(path, past))
CALL(c_utime, utime(path, &past_s))
CALL(c_setxattr, setxattr(path, "user.raced", "x", 1, 0))
CALL(c_lsetxattr, lsetxattr(path, "user.raced", "x", 1, 0))
CALL(c_chown, chown(path, getuid(), getgid()))
CALL(c_truncate, truncate(path, 1))

struct race {
	const char *name;
	long (*call)(void);
};

static const struct race changes[] = {
	{ "chmod", c_chmod },	    { "fchmodat2", c_fchmodat2 },   { "utimensat", c_utimensat },
	{ "utimes", c_utimes },	    { "utime", c_utime },	    { "setxattr", c_setxattr },
	{ "lsetxattr", c_lsetxattr }, { "truncate", c_truncate },
	{ "chown", c_chown },
};

/* ---- who changes what ------------------------------------------------------------------------------ */

static void *rewrite(void *arg)
{
	size_t n = strlen(victim) + 1, m = strlen(inside) + 1;

	for (;;) {
		memcpy(path, victim, n);
		for (volatile int i = 0; i < 50; i++)
			;
		memcpy(path, inside, m);
		for (volatile int i = 0; i < 50; i++)
			;
	}
	return arg;
}

static void *swap(void *arg)
{
	for (;;)
		syscall(SYS_renameat2, AT_FDCWD, "/tmp/meta", AT_FDCWD, "/tmp/meta-link", 2);
	return arg;
}

static bool time_is_up(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000 > MS;
}

static void begin(void *(*other)(void *), struct timespec *ret)
{
	pthread_t t;

	if (other == swap)
		snprintf(path, sizeof(path), "/tmp/meta%s", leaf);
	else
		snprintf(path, sizeof(path), "%s", inside);
	pthread_create(&t, NULL, other, NULL);
	clock_gettime(CLOCK_MONOTONIC, ret);
}

struct run {
	const struct race *race;
	void *(*other)(void *);
};

static int change(void *arg)
{
	const struct run *r = arg;
	struct timespec start;

	begin(r->other, &start);
	while (!time_is_up(&start))
		r->race->call();
	return HELD; /* a change shows outside: the test looks at the times of the file's inode there */
}

/* ---- the residue ------------------------------------------------------------------------------------- */

static long sees_ino(void)
{
	struct stat st = { 0 };

	return stat(path, &st) == 0 && st.st_ino == secret_ino ? 0 : -1;
}

static long reads_xattr(void)
{
	return getxattr(path, "user.token", text, sizeof(text)) > 0 && memcmp(text, TOKEN, 16) == 0 ? 0 : -1;
}

static long enters(void)
{
	struct stat st = { 0 };
	bool in;

	in = chdir(path) == 0 && stat("flag", &st) == 0 && st.st_ino == secret_ino;
	if (chdir("/") < 0)
		return -1;
	return in ? 0 : -1;
}

static long connects(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	long r;

	memcpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	r = connect(s, (void *)&a, sizeof(a));
	close(s);
	return r;
}

static int look(void *arg)
{
	const struct run *r = arg;
	struct timespec start;

	begin(r->other, &start);
	while (!time_is_up(&start))
		if (r->race->call() == 0)
			return ESCAPED;
	return HELD;
}

static void count_residue(const char *name, struct run *r)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(look(r));
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != ESCAPED)
		return;
	residue++;
	printf("residue: %s\n", name);
}

/* `leaf`, and what the string race has in its place. */
static void residue_of(const char *name, long (*call)(void), const char *at)
{
	struct race race = { name, call };
	struct run r = { &race, rewrite };
	char text_name[96];

	leaf = at;
	snprintf(victim, sizeof(victim), "%s%s", outside, at);
	snprintf(inside, sizeof(inside), "/tmp/inside%s", at);
	snprintf(text_name, sizeof(text_name), "%s, string", name);
	if (strlen(victim) < 108 || call != connects)
		count_residue(text_name, &r);
	r.other = swap;
	snprintf(text_name, sizeof(text_name), "%s, tree", name);
	count_residue(text_name, &r);
}

static void all_changes(void *(*other)(void *), const char *how)
{
	char name[96];

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct run r = { &changes[i], other };

		snprintf(name, sizeof(name), "%s, %s", changes[i].name, how);
		probe(name, change, &r);
	}
}

int main(int argc, char **argv)
{
	probe_init(argc, argv);
	mkdir("/tmp/meta", 0755);
	make_file("/tmp/meta/victim", "inside");
	make_link(outside, "/tmp/meta-link");
	make_file("/tmp/inside", "inside");
	snprintf(victim, sizeof(victim), "%s/victim", outside);
	snprintf(inside, sizeof(inside), "/tmp/inside");
	all_changes(rewrite, "string");
	all_changes(swap, "tree");
	residue_of("stat", sees_ino, "/flag");
	residue_of("getxattr", reads_xattr, "/flag");
	residue_of("chdir", enters, "/.");
	residue_of("connect", connects, "/dgram");
	printf("residue %d\n", residue);
	return finish_probes();
}
