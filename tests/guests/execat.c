// SPDX-License-Identifier: MIT
/*
 * execveat and fexecve: by directory, by descriptor, of memfds and deleted files, of O_PATH, with
 * close-on-exec; and what /proc says of such a process.
 *
 * arch: 64 32 dyn
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <sys/auxv.h>
#include <sys/prctl.h>

static char *const env[] = { "EXECAT_SHOW=1", NULL };

static int shown(int argc, char **argv)
{
	char name[17] = "", text[256];
	ssize_t n = readlink("/proc/self/exe", text, sizeof(text) - 1);

	prctl(PR_GET_NAME, name);
	printf("  argc %d argv0 %s comm %s execfn %s exe %.*s\n", argc, argv[0], name,
	       (char *)getauxval(AT_EXECFN), (int)n, text);
	show_status("/proc/self/status", "Name:");
	return 0;
}

static void run_at(const char *what, int fd, const char *path, int flags)
{
	char *const argv[] = { "zero", "one", NULL };
	pid_t pid;

	printf("%s\n", what);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execveat, fd, path, argv, env, flags);
		printf("  %s\n", err_name(errno));
		_exit(7);
	}
	finish("  it", pid);
}

static int copy_to(int out)
{
	static char buf[65536];
	int in = open("/bin/execat", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
	return out;
}

static void by_directory(void)
{
	int bin = open("/bin", O_PATH | O_CLOEXEC), data = open("/mnt/data", O_RDONLY | O_CLOEXEC);
	int file = open("/bin/execat", O_RDONLY | O_CLOEXEC), p = open("/bin/execat", O_PATH);
	int link = open("/tmp/link", O_PATH | O_NOFOLLOW), rw;

	run_at("directory and name", bin, "execat", 0);
	run_at("absolute name", -1, "/bin/execat", 0);
	run_at("cwd", AT_FDCWD, "bin/execat", 0);
	run_at("up from a bind", data, "../../bin/execat", 0);
	run_at("link", AT_FDCWD, "/tmp/link", 0);
	run_at("link, nofollow", AT_FDCWD, "/tmp/link", AT_SYMLINK_NOFOLLOW);
	run_at("empty without the flag", file, "", 0);
	run_at("close-on-exec file", file, "", AT_EMPTY_PATH);
	run_at("O_PATH file", p, "", AT_EMPTY_PATH);
	run_at("O_PATH link", link, "", AT_EMPTY_PATH);
	run_at("O_PATH link, nofollow", link, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	run_at("directory itself", bin, "", AT_EMPTY_PATH);
	run_at("cwd itself", AT_FDCWD, "", AT_EMPTY_PATH);
	run_at("closed descriptor", 99, "execat", 0);
	run_at("file as directory", file, "execat", 0);
	run_at("unknown flag", bin, "execat", 0x4000);
	run_at("name with the empty flag", bin, "execat", AT_EMPTY_PATH);
	rw = open("/tmp/copy", O_RDWR | O_CREAT, 0755);
	copy_to(rw);
	run_at("open for writing", rw, "", AT_EMPTY_PATH);
	close(rw);
	rw = open("/tmp/copy", O_RDONLY);
	run_at("copy", rw, "", AT_EMPTY_PATH);
	chmod("/tmp/copy", 0644);
	run_at("no longer executable", rw, "", AT_EMPTY_PATH);
	chmod("/tmp/copy", 0755);
	unlink("/tmp/copy");
	run_at("deleted", rw, "", AT_EMPTY_PATH);
	close(rw);
	close(p);
	close(bin);
	close(data);
	close(file);
	close(link);
}

static void memfds(void)
{
	int fd = copy_to(syscall(SYS_memfd_create, "program", 0));
	char name[32];

	run_at("memfd", fd, "", AT_EMPTY_PATH);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	run_at("memfd by /proc", AT_FDCWD, name, 0);
	close(fd);
	fd = copy_to(syscall(SYS_memfd_create, "cloexec", 1));
	run_at("memfd, close-on-exec", fd, "", AT_EMPTY_PATH);
	close(fd);
	fd = syscall(SYS_memfd_create, "script", 0);
	NEED(write(fd, "#!/bin/execat\n", 14) == 14);
	run_at("script in a memfd", fd, "", AT_EMPTY_PATH);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	run_at("script in a memfd, close-on-exec", fd, "", AT_EMPTY_PATH);
	close(fd);
	fd = syscall(SYS_memfd_create, "empty", 0);
	run_at("empty memfd", fd, "", AT_EMPTY_PATH);
	close(fd);
}

static void by_fexecve(void)
{
	int fd = open("/bin/execat", O_RDONLY | O_CLOEXEC);
	pid_t pid = fork();

	if (pid == 0) {
		fexecve(fd, (char *[]){ "fexecve", NULL }, env);
		_exit(7);
	}
	finish("fexecve", pid);
	close(fd);
}

/* A program whose file is gone: exe says so, and can still be opened. */
static int deleted_image(void *arg)
{
	(void)arg;
	unlink("/tmp/gone");
	execve("/proc/self/exe", (char *[]){ "again", NULL }, env);
	return errno;
}

static void gone(void)
{
	int fd = open("/tmp/gone", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	pid_t pid;

	copy_to(fd);
	close(fd);
	pid = fork();
	if (pid == 0) {
		execve("/tmp/gone", (char *[]){ "gone", "delete", NULL }, (char *[]){ NULL });
		_exit(7);
	}
	finish("deleted image", pid);
}

int main(int argc, char **argv)
{
	if (getenv("EXECAT_SHOW"))
		return shown(argc, argv);
	if (argc > 1)
		return deleted_image(NULL);
	make_link("/bin/execat", "/tmp/link");
	by_directory();
	memfds();
	by_fexecve();
	gone();
	return 0;
}
