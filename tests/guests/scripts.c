// SPDX-License-Identifier: MIT
/*
 * Scripts: "#!" with blanks, arguments, CR, no newline, long lines; nesting to five; interpreters that
 * are missing, directories, not executable, scripts or links; what argv the interpreter gets.
 *
 * arch: 64 32 dyn dyn32
 * dirs: /tmp/dir
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <sys/auxv.h>
#include <sys/prctl.h>

/* We are our own interpreter. */
static int interpret(int argc, char **argv)
{
	char name[17] = "";

	prctl(PR_GET_NAME, name);
	printf("  argv");
	for (int i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf(" comm %s execfn %s\n", name, (char *)getauxval(AT_EXECFN));
	show_link("/proc/self/exe");
	return 0;
}

static void run_script(const char *path, int dirfd, int flags)
{
	char *const argv[] = { "name", "one", "two", NULL }, *const env[] = { "INTERPRET=1", NULL };
	pid_t pid = fork();

	if (pid == 0) {
		if (dirfd == -2)
			execve(path, argv, env);
		else
			syscall(SYS_execveat, dirfd, path, argv, env, flags);
		printf("  %s\n", err_name(errno));
		_exit(7);
	}
	finish("  it", pid);
}

static void script(const char *what, const char *text, size_t len)
{
	int fd = open("/tmp/script", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	need(fd >= 0 && write(fd, text, len) == (ssize_t)len, "script");
	close(fd);
	printf("script %s\n", what);
	run_script("/tmp/script", -2, 0);
}

#define SCRIPT(text) script(#text, text, sizeof(text) - 1)

static void forms(void)
{
	SCRIPT("#!/bin/scripts\n");
	SCRIPT("#!/bin/scripts");
	SCRIPT("#! /bin/scripts\nmore");
	SCRIPT("#! \t /bin/scripts \t \n");
	SCRIPT("#!/bin/scripts -x\n");
	SCRIPT("#!/bin/scripts  -x  -y z  \n");
	SCRIPT("#!/bin/scripts\t-x\n");
	SCRIPT("#!/bin/scripts\r\n");
	SCRIPT("#!/bin/scripts -x\r\n");
	SCRIPT("#!\n");
	SCRIPT("#!");
	SCRIPT("#! \n");
	SCRIPT("#!bin/scripts\n");
	SCRIPT("#!../bin/scripts\n");
	SCRIPT("#!scripts\n");
	SCRIPT("#!/missing\n");
	SCRIPT("#!/tmp/dir\n");
	SCRIPT("#!/tmp/plain\n");
	SCRIPT("#!/tmp/text\n");
	SCRIPT("#!/tmp/loop\n");
	SCRIPT("#!/tmp/to-scripts\n");
	SCRIPT("#!/mnt/data/interp -a\n");
	SCRIPT("#!/proc/self/exe\n");
	SCRIPT("#!/bin/scripts\0-x\n");
	SCRIPT("# !/bin/scripts\n");
	SCRIPT(" #!/bin/scripts\n");
	SCRIPT("#!/bin/scripts/\n");
}

/* Lines around the kernel's 256 bytes. */
static void lengths(void)
{
	static const int sizes[] = { 200, 253, 254, 255, 256, 257, 300, 5000 };
	char text[5100];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		printf("argument to %d: ", sizes[i]);
		memset(text, 'x', sizeof(text));
		memcpy(text, "#!/bin/scripts ", 15);
		text[sizes[i] - 1] = '\n';
		script("", text, sizes[i]);
		printf("name to %d: ", sizes[i]);
		memset(text, '/', sizeof(text));
		memcpy(text, "#!", 2);
		memcpy(text + sizes[i] - 12, "bin/scripts\n", 12);
		script("", text, sizes[i]);
	}
}

static void nesting(void)
{
	char name[32], text[64];

	for (int i = 1; i <= 8; i++) {
		snprintf(name, sizeof(name), "/tmp/n%d", i);
		snprintf(text, sizeof(text), i == 1 ? "#!/bin/scripts -n1\n" : "#!/tmp/n%d -n%d\n", i - 1, i);
		make_file(name, text);
		chmod(name, 0755);
		printf("nested %d\n", i);
		run_script(name, -2, 0);
	}
	make_file("/tmp/self", "#!/tmp/self\n");
	chmod("/tmp/self", 0755);
	printf("of itself\n");
	run_script("/tmp/self", -2, 0);
}

static void other_ways(void)
{
	int dir, fd;

	SCRIPT("#!/bin/scripts -w\n");
	make_link("script", "/tmp/link");
	make_link("/tmp", "/tmp/dir/up");
	printf("through links\n");
	run_script("/tmp/link", -2, 0);
	run_script("/tmp/dir/up/link", -2, 0);
	run_script("/proc/self/root/tmp/script", -2, 0);
	run_script("/proc/self/cwd/script", -2, 0);
	run_script("./script", -2, 0);
	run_script("dir/../script", -2, 0);
	dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	fd = open("/tmp/script", O_RDONLY);
	printf("by execveat\n");
	run_script("script", dir, 0);
	run_script("link", dir, 0);
	run_script("link", dir, AT_SYMLINK_NOFOLLOW);
	run_script("/tmp/script", dir, 0);
	run_script("script", AT_FDCWD, 0);
	run_script("", fd, AT_EMPTY_PATH);
	NEED(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(dir, F_SETFD, FD_CLOEXEC) == 0);
	printf("by execveat, close-on-exec\n");
	run_script("script", dir, 0);
	run_script("", fd, AT_EMPTY_PATH);
	chmod("/tmp/script", 0644);
	printf("not executable\n");
	run_script("/tmp/script", -2, 0);
	chmod("/tmp/script", 0111);
	printf("not readable\n");
	run_script("/tmp/script", -2, 0);
	chmod("/tmp/script", 0755);
}

int main(int argc, char **argv)
{
	if (getenv("INTERPRET"))
		return interpret(argc, argv);
	NEED(chdir("/tmp") == 0);
	make_file("plain", "x\n");
	make_file("text", "x\n");
	chmod("text", 0755);
	make_link("loop", "loop");
	make_link("/bin/scripts", "to-scripts");
	NEED(symlink("/bin/scripts", "/mnt/data/interp") == 0);
	forms();
	lengths();
	nesting();
	other_ways();
	return 0;
}
