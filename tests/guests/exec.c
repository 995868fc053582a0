// SPDX-License-Identifier: MIT
/*
 * execve: what the new program finds (argv, AT_EXECFN, comm, exe, descriptors, signals, brk), by
 * absolute, relative and linked names, in binds; and each way to fail, with the order of checks.
 *
 * arch: 64 32 dyn dyn32
 * dirs: /tmp/dir
 * binds: @/data:/mnt/data @/ro:/mnt/ro:ro
 */
#include "guest.h"

#include <dirent.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void show_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0;

	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	printf("  %d descriptors\n", n - 1);
	closedir(dir);
}

/* What the new program sees; run as "exec show ...". */
static int shown(int argc, char **argv)
{
	char name[17] = "";
	sigset_t mask;
	struct sigaction act;

	prctl(PR_GET_NAME, name);
	printf("  argc %d:", argc);
	for (int i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\n  comm %s, execfn %s, GREETING %s\n", name, (char *)getauxval(AT_EXECFN),
	       getenv("GREETING") ? getenv("GREETING") : "unset");
	show_link("/proc/self/exe");
	sigprocmask(0, NULL, &mask);
	sigaction(SIGUSR1, NULL, &act);
	printf("  USR1 %s %s", sigismember(&mask, SIGUSR1) ? "blocked" : "open",
	       act.sa_handler == SIG_IGN ? "ignored" : act.sa_handler == SIG_DFL ? "default" : "handled");
	sigaction(SIGUSR2, NULL, &act);
	printf(", USR2 %s\n", act.sa_handler == SIG_DFL ? "default" : "not default");
	printf("  dumpable %d\n", prctl(PR_GET_DUMPABLE));
	show_fds();
	fflush(stdout);
	return 0;
}

static char *const env_some[] = { "GREETING=hello", "EXEC_SHOW=1", NULL };

/* In a child, so that we live on; only the failure's errno is told here. */
static void try_exec(const char *path, const char *argv0)
{
	char *const argv[] = { (char *)argv0, "a b", "", NULL };
	pid_t pid;

	printf("exec %s as %s\n", path, argv0 ? argv0 : "nothing");
	pid = fork();
	if (pid == 0) {
		execve(path, argv0 ? argv : (char *[]){ NULL }, env_some);
		printf("  %s\n", err_name(errno));
		_exit(7);
	}
	finish("  it", pid);
}

static void names(void)
{
	static const char *const paths[] = {
		"/bin/exec", "//bin/./exec", "/bin/../bin/exec", "exec", "../bin/exec", "/tmp/to-exec",
		"/tmp/to-bin/exec", "/tmp/chain", "/mnt/data/exec", "/tmp/to-data", "/proc/self/exe",
		"/proc/self/root/bin/exec", "/mnt/ro/../data/exec", "/tmp/hard",
	};

	make_link("/bin/exec", "/tmp/to-exec");
	make_link("/bin", "/tmp/to-bin");
	make_link("to-exec", "/tmp/chain");
	make_link("/mnt/data/exec", "/tmp/to-data");
	NEED(link("/bin/exec", "/tmp/hard") == 0);
	NEED(chdir("/bin") == 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		try_exec(paths[i], i % 3 ? "other-name" : paths[i]);
	try_exec("/bin/exec", NULL);
	try_exec("/bin/exec", "");
	try_exec("/bin/exec", "a-name-that-is-much-longer-than-comm");
	NEED(chdir("/tmp") == 0);
}

static void copy_file(const char *from, const char *to, size_t most)
{
	static char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	size_t done = 0;
	ssize_t n;

	need(in >= 0 && out >= 0, to);
	while (done < most && (n = read(in, buf, sizeof(buf) < most - done ? sizeof(buf) : most - done)) > 0)
		done += write(out, buf, n);
	close(in);
	close(out);
}

static void errors(void)
{
	static const char *const paths[] = {
		"/missing", "/tmp", "/tmp/dir", "/tmp/dir/", "/tmp/noexec", "/tmp/noexec/x", "", "/tmp/loop",
		"/tmp/dangling", "/tmp/empty", "/tmp/text", "/tmp/short", "/tmp/magic", "/bin/exec/",
		"/bin/exec/x", "/tmp/shut/exec", "/mnt/ro/file", "/proc/version", "/dev/null",
		"/tmp/writeonly", "/tmp/execonly", "/tmp/fifo", "/tmp/badmachine", "/tmp/truncated",
	};

	int bad;

	make_file("/tmp/noexec", "x");
	make_link("loop", "/tmp/loop");
	make_link("gone", "/tmp/dangling");
	copy_file("/bin/exec", "/tmp/empty", 0);
	make_file("/tmp/text", "just text\n");
	copy_file("/bin/exec", "/tmp/short", 20);
	copy_file("/bin/exec", "/tmp/magic", 4);
	copy_file("/bin/exec", "/tmp/truncated", 64);
	copy_file("/bin/exec", "/tmp/badmachine", 1 << 20);
	copy_file("/bin/exec", "/tmp/execonly", -1);
	bad = open("/tmp/badmachine", O_RDWR);
	NEED(pwrite(bad, "\x99", 1, 18) == 1);
	close(bad);
	chmod("/tmp/text", 0755);
	make_dir("/tmp/shut");
	copy_file("/bin/exec", "/tmp/shut/exec", -1);
	chmod("/tmp/shut", 0);
	make_file("/tmp/writeonly", "x");
	chmod("/tmp/writeonly", 0222);
	chmod("/tmp/execonly", 0111);
	mkfifo("/tmp/fifo", 0777);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		try_exec(paths[i], "x");
	chmod("/tmp/shut", 0755);
	chmod("/tmp/execonly", 0755);
}

static void busy(void)
{
	int fd;

	copy_file("/bin/exec", "/tmp/busy", -1);
	fd = open("/tmp/busy", O_WRONLY | O_CLOEXEC);
	try_exec("/tmp/busy", "x");
	close(fd);
	try_exec("/tmp/busy", "x");
	/* And a running program may not be written. */
	SHOW_FD(open("/bin/exec", O_WRONLY));
	SHOW_FD(open("/proc/self/exe", O_WRONLY));
	SHOW(truncate("/bin/exec", 0));
}

static void bad_arguments(void)
{
	char *page = page_before_gap() + sysconf(_SC_PAGESIZE) - 8;
	char *const good[] = { "x", NULL }, *const wild[] = { "x", (char *)8, NULL };
	static char big[200000];
	char *huge[] = { "x", big, NULL };

	memset(big, 'b', sizeof(big) - 1);
	SHOW(execve("/bin/exec", (char **)8, NULL));
	SHOW(execve("/bin/exec", good, (char **)8));
	SHOW(execve("/bin/exec", wild, NULL));
	SHOW(execve("/bin/exec", good, wild));
	*(char **)page = "x";
	if (sizeof(char *) == 8)
		SHOW(execve("/bin/exec", (char **)page, NULL));
	SHOW(execve("/bin/exec", huge, NULL));
	SHOW(execve("/missing", huge, NULL));
	SHOW(execve("/missing", (char **)8, NULL));
	SHOW(execve(NULL, good, NULL));
}

/* Many and long arguments that still fit must arrive whole. */
static void long_arguments(void)
{
	static char *argv[20003];
	static char big[131072];
	pid_t pid;

	memset(big, 'b', sizeof(big) - 1);
	argv[0] = "count";
	for (int i = 1; i <= 20000; i++)
		argv[i] = "argument";
	argv[20001] = big;
	pid = fork();
	if (pid == 0) {
		execve("/bin/exec", argv, env_some);
		_exit(7);
	}
	finish("many arguments", pid);
}

static void rlimits(void)
{
	struct rlimit l = { 1 << 20, 1 << 20 };
	static char *argv[40002];
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i <= 40000; i++)
			argv[i] = "an-argument-of-some-length";
		setrlimit(RLIMIT_STACK, &l);
		SHOW(execve("/bin/exec", argv, env_some));
		_exit(0);
	}
	finish("beyond a quarter of the stack's limit", pid);
	pid = fork();
	if (pid == 0) {
		l = (struct rlimit){ 5, 5 };
		setrlimit(RLIMIT_NOFILE, &l);
		execve("/bin/exec", (char *[]){ "few-files", NULL }, env_some);
		_exit(7);
	}
	finish("with five descriptors", pid);
}

/* Dispositions, masks and descriptors cross exec by the rules. */
static void kept(void)
{
	pid_t pid = fork();
	sigset_t set;

	if (pid == 0) {
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		signal(SIGUSR1, SIG_IGN);
		signal(SIGUSR2, (void (*)(int))exit);
		NEED(open("/tmp/text", O_RDONLY) >= 0);
		NEED(open("/tmp/text", O_RDONLY | O_CLOEXEC) >= 0);
		NEED(open("/mnt/data", O_RDONLY) >= 0);
		execve("/bin/exec", (char *[]){ "kept", NULL }, env_some);
		_exit(7);
	}
	finish("kept", pid);
	pid = vfork();
	if (pid == 0) {
		execve("/bin/exec", (char *[]){ "by-vfork", NULL }, env_some);
		_exit(7);
	}
	finish("vfork", pid);
	pid = vfork();
	if (pid == 0) {
		execve("/missing", (char *[]){ "by-vfork", NULL }, env_some);
		_exit(errno == ENOENT ? 3 : 4);
	}
	finish("vfork of nothing", pid);
}

int main(int argc, char **argv)
{
	if (getenv("EXEC_SHOW") && argc > 20000)
		return printf("%d arguments, last %zu\n", argc, strlen(argv[argc - 1])), 0;
	if (getenv("EXEC_SHOW"))
		return shown(argc, argv);
	copy_file("/bin/exec", "/mnt/data/exec", -1);
	names();
	errors();
	busy();
	bad_arguments();
	long_arguments();
	rlimits();
	kept();
	return 0;
}
