// SPDX-License-Identifier: MIT
/*
 * What is known of a path is true at the moment of the call: directories replaced by links and back,
 * made where there was nothing, moved away, closed, by the process itself, a thread, children of every
 * kind and an unrelated process, between two calls from the same place. And a cwd that moves, is left,
 * and is shared or not.
 *
 * arch: 64 32 dyn
 * binds: @/data:/mnt/data
 * timeout: 120
 */
#include "sites.h"

#include <pthread.h>
#include <sched.h>
#include <sys/xattr.h>

enum { TIMES = 40 };

SITE(SYS_getxattr, site_getxattr, const char *, const char *, void *, size_t);

/* The first letter of a file through each kind of call, or an upper-case letter for the error. */
static char letter_of(long r)
{
	return r >= 0 ? '+' : r == -ENOENT ? 'E' : r == -ENOTDIR ? 'D' : r == -EACCES ? 'A' : r == -ELOOP ? 'L' : '?';
}

static char by_site(const char *name)
{
	char c = '?';
	long fd = site_openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return letter_of(fd);
	read(fd, &c, 1);
	site_close(fd);
	return c;
}

static char by_libc(const char *name)
{
	char c = '?';
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return letter_of(-errno);
	read(fd, &c, 1);
	close(fd);
	return c;
}

static int wrong;

/* Every call at once sees that file, or that error. */
static void expect(const char *name, char c)
{
	struct stat st;
	char errors = strchr("EDAL", c) ? c : '+';
	int bad = by_site(name) != c;

	bad += by_libc(name) != c;
	bad += letter_of(site_stat(name)) != errors;
	bad += letter_of(stat(name, &st) == 0 ? 0 : -errno) != errors;
	bad += letter_of(site_access(name, F_OK)) != errors;
	if (bad && wrong < 20)
		printf("  %s is not %c: %c %c\n", name, c, by_site(name), by_libc(name));
	wrong += bad;
}

/* Who makes a change; each returns when it is made. */
struct change {
	void (*fn)(const char *, const char *);
	char a[64], b[64];
};

static void himself(struct change *c)
{
	c->fn(c->a, c->b);
}

static void *in_thread(void *arg)
{
	himself(arg);
	return NULL;
}

static void thread(struct change *c)
{
	pthread_t t;

	NEED(pthread_create(&t, NULL, in_thread, c) == 0);
	pthread_join(t, NULL);
}

static int in_child(void *arg)
{
	himself(arg);
	return 0;
}

static void wait_for(pid_t pid)
{
	int status;

	NEED(waitpid(pid, &status, 0) == pid && status == 0);
}

static void child(struct change *c)
{
	wait_for(start(in_child, c));
}

static void vfork_child(struct change *c)
{
	pid_t pid = vfork();

	if (pid == 0) {
		himself(c);
		_exit(0);
	}
	wait_for(pid);
}

static void memory_child(struct change *c)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(in_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, c);

	NEED(pid > 0);
	wait_for(pid);
}

/* One that was there all the time, told what to do through a pipe. */
static int to_other[2], from_other[2];

static void other_process(struct change *c)
{
	char done;

	NEED(write(to_other[1], c, sizeof(*c)) == sizeof(*c));
	NEED(read(from_other[0], &done, 1) == 1);
}

static void start_other(void)
{
	NEED(pipe2(to_other, O_CLOEXEC) == 0 && pipe2(from_other, O_CLOEXEC) == 0);
	if (fork() == 0) {
		struct change c;

		close(to_other[1]);
		while (read(to_other[0], &c, sizeof(c)) == sizeof(c)) {
			himself(&c);
			write(from_other[1], "", 1);
		}
		_exit(0);
	}
	close(to_other[0]);
	close(from_other[1]);
}

static const struct maker {
	const char *name;
	void (*make)(struct change *);
} makers[] = {
	{ "itself", himself },		{ "a thread", thread },
	{ "a child", child },		{ "a vfork child", vfork_child },
	{ "a CLONE_VM child", memory_child }, { "another process", other_process },
};

enum { MAKERS = sizeof(makers) / sizeof(makers[0]) };

static const struct maker *maker;

static void change(void (*fn)(const char *, const char *), const char *a, const char *b)
{
	struct change c = { .fn = fn };

	snprintf(c.a, sizeof(c.a), "%s", a);
	snprintf(c.b, sizeof(c.b), "%s", b ? b : "");
	maker->make(&c);
}

static void do_rename(const char *a, const char *b)
{
	NEED(rename(a, b) == 0);
}

static void do_exchange(const char *a, const char *b)
{
	NEED(renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0);
}

static void do_link(const char *text, const char *name)
{
	NEED(symlink(text, name) == 0);
}

static void do_unlink(const char *name, const char *unused)
{
	(void)unused;
	NEED(unlink(name) == 0);
}

static void do_mkdir(const char *name, const char *unused)
{
	(void)unused;
	NEED(mkdir(name, 0755) == 0);
}

static void do_rmdir(const char *name, const char *unused)
{
	(void)unused;
	NEED(rmdir(name) == 0);
}

static void do_write(const char *name, const char *text)
{
	make_file(name, text);
}

static void do_close(const char *name, const char *unused)
{
	(void)unused;
	NEED(chmod(name, 0) == 0);
}

static void do_open(const char *name, const char *unused)
{
	(void)unused;
	NEED(chmod(name, 0755) == 0);
}

/* The directory in the middle of a path becomes a link to another, and back. */
static void directory_and_link(const char *base, const char *text)
{
	char mid[64], away[64], file[64];

	snprintf(mid, sizeof(mid), "%s/mid", base);
	snprintf(away, sizeof(away), "%s/away", base);
	snprintf(file, sizeof(file), "%s/mid/sub/f", base);
	expect(file, 'm');
	change(do_rename, mid, away);
	expect(file, 'E');
	change(do_link, text, mid);
	expect(file, 'o');
	change(do_unlink, mid, NULL);
	expect(file, 'E');
	change(do_write, mid, "m");
	expect(file, 'D');
	change(do_unlink, mid, NULL);
	change(do_mkdir, mid, NULL);
	expect(file, 'E');
	change(do_rename, away, mid); /* over the empty one */
	expect(file, 'm');
}

static void exchange(const char *base, const char *text)
{
	char mid[64], link[64], file[64], below[64];

	snprintf(mid, sizeof(mid), "%s/mid", base);
	snprintf(link, sizeof(link), "%s/swap", base);
	snprintf(file, sizeof(file), "%s/mid/sub/f", base);
	snprintf(below, sizeof(below), "%s/swap/sub/../sub/f", base);
	change(do_link, text, link);
	expect(below, 'o');
	change(do_exchange, mid, link);
	expect(file, 'o');
	expect(below, 'm');
	change(do_exchange, mid, link);
	expect(file, 'm');
	expect(below, 'o');
	change(do_unlink, link, NULL);
	expect(below, 'E');
}

/* The last component, and links that lead somewhere else than before. */
static void leaves(void)
{
	expect("leaf", 'E');
	change(do_write, "leaf", "1");
	expect("leaf", '1');
	change(do_write, "new", "2");
	change(do_rename, "new", "leaf");
	expect("leaf", '2');
	expect("leaf/x", 'D');
	change(do_unlink, "leaf", NULL);
	change(do_link, "mid/sub/f", "leaf");
	expect("leaf", 'm');
	expect("mid/../leaf", 'm');
	change(do_link, "/tmp/sites/other/sub/f", "new");
	change(do_rename, "new", "leaf");
	expect("leaf", 'o');
	change(do_unlink, "leaf", NULL);
	change(do_link, "leaf", "leaf");
	expect("leaf", 'L');
	change(do_unlink, "leaf", NULL);
	change(do_mkdir, "leaf", NULL);
	expect("leaf/x", 'E');
	change(do_write, "leaf/x", "x");
	expect("leaf/x", 'x');
	expect("leaf/../mid/sub/f", 'm');
	change(do_unlink, "leaf/x", NULL);
	change(do_rmdir, "leaf", NULL);
	expect("leaf/../mid/sub/f", 'E');
}

/* ".." is what is above now. */
static void parents(void)
{
	expect("mid/sub/../../tag", 'h');
	change(do_rename, "mid/sub", "other/moved");
	expect("mid/sub/../../tag", 'E');
	expect("other/moved/../tag", 't');
	change(do_rename, "other/moved", "mid/sub");
	expect("mid/sub/../tag", 'M');
	change(do_link, "other/sub", "down");
	expect("down/../tag", 't');
	change(do_unlink, "down", NULL);
	change(do_link, "mid/sub", "down");
	expect("down/../tag", 'M');
	change(do_unlink, "down", NULL);
}

static void rights(void)
{
	expect("mid/sub/f", 'm');
	change(do_close, "mid", NULL);
	expect("mid/sub/f", 'A');
	expect(SITES_DIR "/mid/sub/f", 'A');
	change(do_open, "mid", NULL);
	expect("mid/sub/f", 'm');
}

/* An attribute of what a name leads to, after a look at it that found no link, or did. */
static void expect_attr(const char *name, char c)
{
	char value = '?';
	long r;

	site_stat(name);
	r = site_getxattr(name, "user.who", &value, 1);
	if ((r < 0 ? letter_of(r) : value) != c && wrong++ == 0)
		printf("%s by %s: attribute %c for %c\n", name, maker->name, r < 0 ? letter_of(r) : value, c);
}

static void attributes(void)
{
	const char *name = SITES_DIR "/who";

	expect_attr(name, 'w');
	change(do_rename, "who", "away");
	expect_attr(name, 'E');
	change(do_link, "other/who", "who");
	expect_attr(name, 'o');
	change(do_unlink, "who", NULL);
	change(do_link, "away", "next");
	change(do_rename, "next", "who");
	expect_attr(name, 'w');
	change(do_exchange, "who", "other/who");
	expect_attr(name, 'o');
	change(do_exchange, "who", "other/who");
	expect_attr(name, 'w');
	change(do_rename, "away", "who");
	expect_attr(name, 'w');
}

/* Through a bind, and out of the guest's tree into it by links. */
static void across_binds(void)
{
	expect("/mnt/data/mid/sub/f", 'b');
	change(do_link, "/mnt/data/mid", "door");
	expect("door/sub/f", 'b');
	change(do_rename, "/mnt/data/mid", "/mnt/data/away");
	expect("door/sub/f", 'E');
	change(do_link, SITES_DIR "/other", "/mnt/data/mid");
	expect("door/sub/f", 'o');
	expect("door/../mid/sub/f", 'm');
	change(do_unlink, "/mnt/data/mid", NULL);
	change(do_rename, "/mnt/data/away", "/mnt/data/mid");
	change(do_unlink, "door", NULL);
	expect("/mnt/data/./mid/sub/f", 'b');
}

static void where(const char *want)
{
	char buf[128];

	wrong += site_getcwd(buf, sizeof(buf)) < 0 || strcmp(buf, want) != 0;
	wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, want) != 0;
}

/* The cwd itself and what is above it are moved. */
static void moving_cwd(void)
{
	NEED(chdir("mid/sub") == 0);
	where(SITES_DIR "/mid/sub");
	change(do_rename, SITES_DIR "/mid", SITES_DIR "/away");
	where(SITES_DIR "/away/sub");
	expect("f", 'm');
	expect("../tag", 'M');
	change(do_rename, SITES_DIR "/away/sub", SITES_DIR "/other/sub2");
	where(SITES_DIR "/other/sub2");
	expect("../tag", 't');
	change(do_rename, SITES_DIR "/other/sub2", SITES_DIR "/away/sub");
	change(do_rename, SITES_DIR "/away", SITES_DIR "/mid");
	expect("../tag", 'M');
	where(SITES_DIR "/mid/sub");
	NEED(chdir(SITES_DIR) == 0);
}

/* From place to place, by every way to go. */
static void going(void)
{
	static const char *const places[] = { SITES_DIR "/mid", SITES_DIR "/other", "/mnt/data/mid" };
	static const char letters[] = "mob";
	int fds[3];

	for (int i = 0; i < 3; i++)
		NEED((fds[i] = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC)) >= 0);
	for (int i = 0; i < 12; i++) {
		wrong += (i % 2 ? chdir(places[i % 3]) : site_chdir(places[i % 3])) != 0;
		expect("sub/f", letters[i % 3]);
		where(places[i % 3]);
		wrong += fchdir(fds[(i + 1) % 3]) != 0;
		expect("sub/f", letters[(i + 1) % 3]);
		expect("../none", 'E');
		wrong += chdir("sub") != 0;
		expect("f", letters[(i + 1) % 3]);
	}
	NEED(chdir(SITES_DIR) == 0);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static pthread_barrier_t step;

static void *walks_about(void *arg)
{
	for (int i = 0; i < TIMES; i++) {
		NEED(chdir(i % 2 ? SITES_DIR "/other" : SITES_DIR "/mid") == 0);
		pthread_barrier_wait(&step);
		pthread_barrier_wait(&step);
	}
	NEED(unshare(CLONE_FS) == 0);
	for (int i = 0; i < TIMES; i++) {
		NEED(chdir(i % 2 ? SITES_DIR "/other" : "/mnt/data/mid") == 0);
		pthread_barrier_wait(&step);
		expect("sub/f", i % 2 ? 'o' : 'b');
		where(i % 2 ? SITES_DIR "/other" : "/mnt/data/mid");
		pthread_barrier_wait(&step);
	}
	return arg;
}

/* One thread goes, the other is where it went; until it has a directory of its own. */
static void shared_cwd(void)
{
	pthread_t t;

	wrong = 0;
	pthread_barrier_init(&step, NULL, 2);
	NEED(pthread_create(&t, NULL, walks_about, NULL) == 0);
	for (int i = 0; i < 2 * TIMES; i++) {
		pthread_barrier_wait(&step);
		if (i == TIMES)
			NEED(chdir(SITES_DIR "/mid") == 0);
		expect("sub/f", i < TIMES && i % 2 ? 'o' : 'm');
		where(i < TIMES && i % 2 ? SITES_DIR "/other" : SITES_DIR "/mid");
		pthread_barrier_wait(&step);
	}
	pthread_join(t, NULL);
	NEED(chdir(SITES_DIR) == 0);
	printf("shared cwd: %d wrong\n", wrong);
}

/* Somebody exchanges without being waited for: each call sees the one or the other. */
static void unwaited(void)
{
	int seen[256] = { 0 };
	pid_t pid;

	NEED(symlink("other", "swap") == 0);
	pid = fork();
	for (; pid == 0;)
		renameat2(AT_FDCWD, "mid", AT_FDCWD, "swap", RENAME_EXCHANGE);
	for (int i = 0; i < 2000; i++)
		seen[(unsigned char)(i % 2 ? by_site("mid/sub/f") : by_libc(SITES_DIR "/mid/sub/f"))]++;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("unwaited: %d wrong\n", 2000 - seen['m'] - seen['o']);
	if (by_site("mid/sub/f") == 'o')
		do_exchange("mid", "swap");
	NEED(unlink("swap") == 0);
}

static void make_trees(void)
{
	static const char *const dirs[] = { "mid", "mid/sub", "other", "other/sub", "/mnt/data/mid", "/mnt/data/mid/sub" };

	for (int i = 0; i < 6; i++)
		make_dir(dirs[i]);
	make_file("mid/sub/f", "m");
	make_file("other/sub/f", "o");
	make_file("/mnt/data/mid/sub/f", "b");
	make_file("tag", "here");
	make_file("mid/tag", "M");
	make_file("other/tag", "t");
	make_file("who", "");
	make_file("other/who", "");
	NEED(setxattr("who", "user.who", "w", 1, 0) == 0);
	NEED(setxattr("other/who", "user.who", "o", 1, 0) == 0);
}

int main(void)
{
	sites_make();
	make_trees();
	start_other();
	printf("before: %d wrong\n", rounds(50));
	for (int m = 0; m < MAKERS; m++) {
		maker = &makers[m];
		wrong = 0;
		for (int i = 0; i < TIMES / 4; i++) {
			directory_and_link(SITES_DIR, i % 2 ? "other" : SITES_DIR "/other");
			directory_and_link(".", i % 2 ? "other/." : "../sites/other");
			exchange(i % 2 ? "." : SITES_DIR, i % 3 ? "other" : SITES_DIR "/other");
			leaves();
			parents();
			rights();
			attributes();
			across_binds();
			moving_cwd();
		}
		printf("changed by %s: %d wrong\n", maker->name, wrong);
	}
	wrong = 0;
	going();
	printf("going: %d wrong\n", wrong);
	shared_cwd();
	unwaited();
	printf("after: %d wrong\n", rounds(10));
	return 0;
}
