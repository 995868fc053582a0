// SPDX-License-Identifier: MIT
/*
 * /proc/<pid>/exe of a program whose file is deleted, renamed, replaced or moved with its directory
 * while it runs: what the link says, and that it leads to the file all the same, to be looked at,
 * opened and run, by the program itself and by others.
 *
 * arch: 64 32 dyn
 * binds: @/data:/mnt/data
 */
#include "guest.h"

/* What the image was made of. */
static struct stat own;

static void tell_own(void)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu %llu %llu", (unsigned long long)own.st_dev,
		 (unsigned long long)own.st_ino, (unsigned long long)own.st_size);
	setenv("OWN", text, 1);
}

static void learn_own(void)
{
	unsigned long long dev, ino, size;

	NEED(sscanf(getenv("OWN"), "%llu %llu %llu", &dev, &ino, &size) == 3);
	own.st_dev = dev;
	own.st_ino = ino;
	own.st_size = size;
}

static const char *is_own(const struct stat *st)
{
	return st->st_ino == own.st_ino && st->st_dev == own.st_dev ? "our file" : "another";
}

static void says(const char *link)
{
	char text[512];
	ssize_t n = readlink(link, text, sizeof(text) - 1);

	if (n < 0)
		printf("  says %s\n", err_name(errno));
	else
		printf("  says %.*s\n", (int)n, text);
}

static void open_it(const char *link, const char *what, int flags)
{
	char magic[4] = "";
	struct stat st;
	int fd = open(link, flags);

	if (fd < 0 || fstat(fd, &st) < 0) {
		printf("  open %s: %s\n", what, err_name(errno));
		return;
	}
	printf("  open %s: %s, %lld bytes, %ld names, begins %d\n", what, is_own(&st),
	       (long long)(st.st_size - own.st_size), (long)st.st_nlink,
	       (flags & O_PATH) || (read(fd, magic, 4) == 4 && memcmp(magic, "\177ELF", 4) == 0));
	close(fd);
}

static void stat_it(const char *link, const char *behind)
{
	char name[128];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", link, behind);
	if (stat(name, &st) < 0)
		printf("  stat of it%s: %s\n", behind, err_name(errno));
	else
		printf("  stat of it%s: %s, %o, %ld names\n", behind, is_own(&st), st.st_mode,
		       (long)st.st_nlink);
}

static void look(const char *link)
{
	struct stat st;

	says(link);
	stat_it(link, "");
	stat_it(link, "/");
	stat_it(link, "/x");
	stat_it(link, "/..");
	NEED(lstat(link, &st) == 0);
	printf("  lstat of it: %o\n", st.st_mode & S_IFMT);
	open_it(link, "to read", O_RDONLY);
	open_it(link, "O_PATH", O_PATH);
	open_it(link, "not followed", O_RDONLY | O_NOFOLLOW);
	open_it(link, "as a directory", O_RDONLY | O_DIRECTORY);
	open_it(link, "to write", O_WRONLY);
	SHOW_AS(truncate(link, 0), "  truncate");
	SHOW_AS(access(link, X_OK), "  access");
	SHOW_AS(chmod(link, 0711), "  chmod");
	SHOW_AS(chmod(link, 0755), "  chmod");
	SHOW_AS(chdir(link), "  chdir");
}

/* ---- what the image does to its own file ---------------------------------------------------- */

static void copy_to(int out)
{
	static char buf[65536];
	int in = open("/bin/goneexe", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	NEED(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
}

static void copy_program(const char *name)
{
	int out = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	copy_to(out);
	close(out);
}

static void spoil(const char *how, const char *name)
{
	char other[256], dir[256];

	snprintf(other, sizeof(other), "%s.new", name);
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(name, '/') - name), name);
	if (strcmp(how, "deleted") == 0) {
		NEED(unlink(name) == 0);
	} else if (strcmp(how, "made again") == 0) {
		NEED(unlink(name) == 0);
		copy_program(name);
	} else if (strcmp(how, "renamed") == 0) {
		NEED(rename(name, other) == 0);
	} else if (strcmp(how, "renamed and deleted") == 0) {
		NEED(rename(name, other) == 0 && unlink(other) == 0);
	} else if (strcmp(how, "replaced") == 0) {
		copy_program(other);
		NEED(rename(other, name) == 0);
	} else if (strcmp(how, "moved") == 0) {
		snprintf(other, sizeof(other), "%s.new", dir);
		NEED(rename(dir, other) == 0);
	} else if (strcmp(how, "one name of two") == 0) {
		NEED(link(name, other) == 0 && unlink(name) == 0);
	}
}

static void run(const char *file, const char *how, const char *name)
{
	execl(file, "itself", how, name, NULL);
	printf("  run: %s\n", err_name(errno));
	exit(0);
}

static void run_open(const char *how, const char *name)
{
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	syscall(SYS_execveat, fd, "", (char *[]){ "by fd", (char *)how, (char *)name, NULL }, environ,
		AT_EMPTY_PATH);
	printf("  run by descriptor: %s\n", err_name(errno));
	exit(0);
}

/* The same file, run over and over: by the link, by its other names, by a descriptor. */
static int image(char **argv)
{
	const char *how = argv[1], *name = argv[2], *step = getenv("STEP");
	char link[64];

	if (!step) {
		NEED(stat(name, &own) == 0);
		tell_own();
		spoil(how, name);
		look("/proc/self/exe");
		setenv("STEP", "2", 1);
		run("/proc/self/exe", how, name);
	}
	learn_own();
	printf(" run once more, step %s as %s\n", step, argv[0]);
	if (*step == '2') {
		look("/proc/thread-self/exe");
		setenv("STEP", "3", 1);
		snprintf(link, sizeof(link), "/proc/%d/exe", getpid());
		run(link, how, name);
	}
	if (*step == '3') {
		says("/proc/self/exe");
		setenv("STEP", "4", 1);
		run_open(how, name);
	}
	says("/proc/self/exe");
	open_it("/proc/self/exe", "to read", O_RDONLY);
	return 0;
}

static void spoiled(const char *how, const char *dir)
{
	char name[128];
	pid_t pid;

	snprintf(name, sizeof(name), "%s/program", dir);
	make_dir(dir);
	copy_program(name);
	printf("%s, in %s\n", how, dir);
	pid = fork();
	if (pid == 0)
		run(name, how, name);
	finish("it", pid);
	unlink(name);
	snprintf(name, sizeof(name), "%s/program.new", dir);
	unlink(name);
}

/* A program that never had a name. */
static void nameless(void)
{
	char *argv[] = { "itself", "left", "/proc/self/exe", NULL };
	int fd = syscall(SYS_memfd_create, "program", 1);
	pid_t pid;

	copy_to(fd);
	printf("nameless\n");
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(7);
	}
	close(fd);
	finish("it", pid);
}

/* ---- others ---------------------------------------------------------------------------------- */

/* An image that says it is there, and waits for the pipe's end. */
static pid_t waiting(const char *name, int *ret_hold)
{
	int ready[2], hold[2];
	pid_t pid;
	char c;

	NEED(pipe(ready) == 0 && pipe(hold) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(ready[1], 1);
		dup2(hold[0], 0);
		close(ready[0]);
		close(ready[1]);
		close(hold[0]);
		close(hold[1]);
		execl(name, name, NULL);
		_exit(7);
	}
	close(ready[1]);
	close(hold[0]);
	NEED(read(ready[0], &c, 1) == 1);
	close(ready[0]);
	fcntl(hold[1], F_SETFD, FD_CLOEXEC);
	*ret_hold = hold[1];
	return pid;
}

static int wait_here(void)
{
	char c = 'x';

	NEED(write(1, &c, 1) == 1);
	return read(0, &c, 1) == 0 ? 0 : 1;
}

static void of_another(void)
{
	char link[64];
	int hold;
	pid_t pid, other;

	copy_program("/tmp/other");
	NEED(stat("/tmp/other", &own) == 0);
	pid = waiting("/tmp/other", &hold);
	unlink("/tmp/other");
	printf("another's\n");
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	look(link);
	other = fork();
	if (other == 0) {
		setenv("STEP", "4", 1);
		tell_own();
		run(link, "deleted", "/tmp/other");
	}
	finish("run by another", other);
	close(hold);
	finish("another's", pid);
}

/* One file that runs by two names. */
static void two_names(void)
{
	int hold[2];
	char exe[2][64];
	pid_t pid[2];

	copy_program("/tmp/a");
	NEED(link("/tmp/a", "/tmp/b") == 0 && stat("/tmp/a", &own) == 0);
	pid[0] = waiting("/tmp/a", &hold[0]);
	pid[1] = waiting("/tmp/b", &hold[1]);
	for (int i = 0; i < 2; i++)
		snprintf(exe[i], sizeof(exe[i]), "/proc/%d/exe", pid[i]);
	printf("two names, one deleted\n");
	unlink("/tmp/a");
	says(exe[0]);
	open_it(exe[0], "first", O_RDONLY);
	says(exe[1]);
	open_it(exe[1], "second", O_RDONLY);
	printf("both deleted\n");
	unlink("/tmp/b");
	close(hold[0]);
	finish("first", pid[0]);
	says(exe[1]);
	open_it(exe[1], "second", O_RDONLY);
	close(hold[1]);
	finish("second", pid[1]);
}

int main(int argc, char **argv)
{
	static const char *const ways[] = { "left",		 "deleted",  "made again", "renamed",
					    "renamed and deleted", "replaced", "one name of two" };

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc == 1 && strcmp(argv[0], "/bin/goneexe") != 0)
		return wait_here();
	if (argc > 1)
		return image(argv);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		spoiled(ways[i], "/tmp/dir");
		spoiled(ways[i], "/mnt/data/dir");
	}
	spoiled("moved", "/tmp/dir");
	nameless();
	of_another();
	two_names();
	return 0;
}
