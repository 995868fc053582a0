// SPDX-License-Identifier: MIT
/*
 * Who may do what to a file: root, its owner, its group (as fsgid and as a supplementary one) and
 * others, by each call, with every combination of bits for each class.
 * kind: identity
 * timeout: 300
 */
#include "actors.h"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utime.h>

#define F "/t/f"

static unsigned mode;
static char title[32];

static void make_object(void)
{
	unlink(F);
	unlink("/t/new");
	make_file(F, "text");
	need(chown(F, FILE_UID, FILE_GID) == 0 && chmod(F, mode) == 0, F);
}

static long open_r(void) { return shut(open(F, O_RDONLY)); }
static long open_w(void) { return shut(open(F, O_WRONLY)); }
static long open_rw(void) { return shut(open(F, O_RDWR | O_APPEND)); }
static long open_3(void) { return shut(open(F, O_ACCMODE)); }
static long open_trunc(void) { return shut(open(F, O_RDONLY | O_TRUNC)); }
static long open_path(void) { return shut(open(F, O_PATH)); }
static long open_noatime(void) { return shut(open(F, O_RDONLY | O_NOATIME)); }
static long open_creat(void) { return shut(open(F, O_WRONLY | O_CREAT, 0600)); }
static long open_excl(void) { return shut(open(F, O_WRONLY | O_CREAT | O_EXCL, 0600)); }
static long open_dir(void) { return shut(open(F, O_RDONLY | O_DIRECTORY)); }
static long open_slash(void) { return shut(open(F "/", O_RDONLY)); }
static long do_creat(void) { return shut(creat(F, 0600)); }
static long access_f(void) { return access(F, F_OK); }
static long access_r(void) { return access(F, R_OK); }
static long access_w(void) { return access(F, W_OK); }
static long access_x(void) { return access(F, X_OK); }
static long access_rwx(void) { return access(F, R_OK | W_OK | X_OK); }
static long eaccess_rx(void) { return faccessat(AT_FDCWD, F, R_OK | X_OK, AT_EACCESS); }
static long access_link(void) { return faccessat(AT_FDCWD, F, W_OK, AT_SYMLINK_NOFOLLOW); }
static long do_truncate(void) { return truncate(F, 1); }
static long touch(void) { return utimensat(AT_FDCWD, F, NULL, 0); }
static long do_utime(void) { return utime(F, NULL); }

static long times(long a, long m)
{
	const struct timespec ts[2] = { { 1, a }, { 1, m } };

	return utimensat(AT_FDCWD, F, ts, 0);
}

static long times_now(void) { return times(UTIME_NOW, UTIME_NOW); }
static long times_given(void) { return times(5, 5); }
static long times_half(void) { return times(UTIME_NOW, UTIME_OMIT); }
static long times_none(void) { return times(UTIME_OMIT, UTIME_OMIT); }
static long do_chmod(void) { return chmod(F, 06751); }
static long chown_same(void) { return chown(F, FILE_UID, -1); }
static long chown_none(void) { return chown(F, -1, -1); }
static long chown_other(void) { return chown(F, 50, -1); }
static long chgrp_own(void) { return chown(F, -1, getegid()); }
static long chgrp_zero(void) { return chown(F, -1, 0); }
static long do_link(void) { return link(F, "/t/new"); }
static long do_stat(void) { return stat(F, &(struct stat){ 0 }); }
static long do_rename(void) { return rename(F, "/t/new"); }
static long do_unlink(void) { return unlink(F); }

static long watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC), e;
	long r = inotify_add_watch(fd, F, IN_MODIFY);

	e = errno;
	close(fd);
	errno = e;
	return r < 0 ? -1 : 0;
}

/* Through a link of /proc: the file's own mode, and not that of the descriptor. */
static long reopen(void)
{
	char name[64];
	int fd = open(F, O_PATH), again, e;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	again = open(name, O_RDWR);
	e = errno;
	close(fd);
	errno = e;
	return shut(again);
}

static long touch_fd(void)
{
	int fd = open(F, O_RDONLY), e;
	long r = fd < 0 ? -1 : futimens(fd, NULL);

	e = errno;
	close(fd);
	errno = e;
	return r;
}

static const struct attempt attempts[] = {
	{ "open r", open_r }, { "open w", open_w }, { "open rw", open_rw }, { "open 3", open_3 },
	{ "open trunc!", open_trunc }, { "open path", open_path },
	{ "open noatime", open_noatime }, { "open creat", open_creat },
	{ "open excl", open_excl }, { "open dir", open_dir }, { "open slash", open_slash },
	{ "creat!", do_creat }, { "access f", access_f }, { "access r", access_r },
	{ "access w", access_w }, { "access x", access_x }, { "access rwx", access_rwx },
	{ "eaccess rx", eaccess_rx }, { "access link", access_link }, { "truncate!", do_truncate },
	{ "touch", touch }, { "touch fd", touch_fd }, { "utime", do_utime },
	{ "times now", times_now }, { "times given", times_given }, { "times half", times_half },
	{ "times none", times_none }, { "chmod!", do_chmod }, { "chown same!", chown_same },
	{ "chown none!", chown_none }, { "chown other!", chown_other }, { "chgrp own!", chgrp_own },
	{ "chgrp zero!", chgrp_zero }, { "link!", do_link }, { "stat", do_stat },
	{ "rename!", do_rename }, { "unlink!", do_unlink }, { "watch", watch }, { "reopen", reopen },
};

/* Set-id bits matter to chown and to protected_hardlinks. */
static const unsigned special[] = { 04777, 02777, 02767, 06666, 04600, 01777 };

/* ---- sockets -------------------------------------------------------------------------------- */

static void make_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = F };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	unlink(F);
	need(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "bind");
	close(fd);
	need(chown(F, FILE_UID, FILE_GID) == 0 && chmod(F, mode) == 0, F);
}

static long do_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = F };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r, e;

	r = connect(fd, (struct sockaddr *)&a, sizeof(a));
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static long do_send(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = F };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r, e;

	r = sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a));
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static const struct attempt by_socket[] = {
	{ "connect", do_connect }, { "sendto", do_send }, { "open socket", open_r },
	{ "access w", access_w },
};

/* ---- programs ------------------------------------------------------------------------------- */

static const char *program;

static void make_program(void)
{
	need(chown(program, FILE_UID, FILE_GID) == 0 && chmod(program, mode) == 0, program);
}

/* The exit status of what was run, or the error. */
static long run_program(void)
{
	int status, e;
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, "p", "7", NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	e = WEXITSTATUS(status);
	if (e == 7)
		return 0;
	errno = e;
	return -1;
}

static const struct attempt by_exec[] = { { "exec", run_program } };

static void copy(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		need(write(out, buf, (size_t)n) == n, to);
	need(n == 0, from);
	close(in);
	close(out);
}

static void show_exec(void)
{
	copy("/proc/self/exe", "/t/program");
	copy("/proc/self/exe", "/t/inner");
	make_file("/t/script", "#!/t/inner 7\n");
	need(chmod("/t/script", 0755) == 0, "chmod");
	program = "/t/program";
	SHOW_ATTEMPTS(title, make_program, by_exec);
	program = "/t/script";
	SHOW_ATTEMPTS(title, make_program, by_exec);
	/* the script may be run, its interpreter by whom its mode says */
	need(chmod("/t/script", 0755) == 0 && chown("/t/inner", FILE_UID, FILE_GID) == 0 &&
		     chmod("/t/inner", mode) == 0, "/t/inner");
	SHOW_ATTEMPTS(title, become_root, by_exec);
}

int main(int argc, char **argv)
{
	if (argc > 1 && atoi(argv[1]))
		return atoi(argv[1]);
	need(mkdir("/t", 0777) == 0 && chmod("/t", 0777) == 0, "/t");
	for (int i = 0; i < CLASS_MODES; i++) {
		mode = class_mode(i);
		snprintf(title, sizeof(title), "%04o", mode);
		SHOW_ATTEMPTS(title, make_object, attempts);
		SHOW_ATTEMPTS(title, make_socket, by_socket);
		show_exec();
	}
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		mode = special[i];
		snprintf(title, sizeof(title), "%04o", mode);
		SHOW_ATTEMPTS(title, make_object, attempts);
	}
	return 0;
}
