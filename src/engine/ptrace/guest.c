/* SPDX-License-Identifier: MIT */
/*
 * The main process between fork and the guest's first exec. From the moment the filter stands, its
 * calls are a guest's: names are guest names, and the search in PATH happens in the guest's view.
 *
 * Runs with what it inherited: descriptors, mask and dispositions are the caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "engine/ptrace/landlock.h"
#include "engine/ptrace/start.h"
#include "tracee/session.h"

static _Noreturn void give_up(struct start *st, enum main_step step, int err)
{
	st->shared->step_errno = err;
	st->shared->step = step;
	_exit(step == MAIN_EXEC ? (err == ENOENT ? 127 : 126) : 125);
}

/*
 * Before the tracer has us: without seccomp it would take these calls for a guest's, and
 * no_new_privs for its wish.
 */
static void confine(struct start *st)
{
	int r = st->landlock_fd < 0 ? 0 : landlock_enter(st->landlock_fd);

	/* The guest's root needs none for a filter of its own; the kernel's root is not here. */
	if (st->session->identity && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		give_up(st, MAIN_CONFINE, -r);
}

/*
 * The filter's listener is taken though nothing is ever notified: a process has but one, so the
 * kernel answers EBUSY to a guest that wants to decide over calls past us.
 */
static void install_filter(struct start *st)
{
	long fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up(st, MAIN_FILTER, errno);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &st->filter);
	if (fd < 0 && errno == EINVAL) /* before Linux 5.0 */
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &st->filter) < 0 ? -1 : -2;
	if (fd == -1)
		give_up(st, MAIN_FILTER, errno);
	st->shared->listener_fd = (int)fd;
}

static void enter_cwd(struct start *st, const char *caller_cwd)
{
	const char *asked = st->config->cwd;

	if (asked && chdir(asked) < 0)
		give_up(st, MAIN_CWD, errno);
	if (!asked && (!caller_cwd || chdir(caller_cwd) < 0) && chdir("/") < 0)
		give_up(st, MAIN_CWD, errno);
}

static const char *env_get(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/*
 * PWD in the guest's environment says where the guest is, as a login would set it: in the place
 * where it was, of several the first.
 */
static char **env_with(char *const *env, char *entry)
{
	const size_t name_len = strcspn(entry, "=") + 1;
	size_t count = 0, out = 0;
	bool placed = false;
	char **copy;

	while (env[count])
		count++;
	copy = malloc((count + 2) * sizeof(*copy));
	if (!copy)
		return (char **)(uintptr_t)env;
	for (size_t i = 0; i < count; i++) {
		bool is_it = strncmp(env[i], entry, name_len) == 0;

		if (!is_it || !placed)
			copy[out++] = is_it ? entry : env[i];
		placed |= is_it;
	}
	if (!placed)
		copy[out++] = entry;
	copy[out] = NULL;
	return copy;
}

static char **env_with_pwd(char *const *env)
{
	static struct pathbuf pwd;

	pathbuf_set(&pwd, "PWD=");
	if (syscall(SYS_getcwd, pwd.s + 4, sizeof(pwd.s) - 4) < 0)
		return (char **)(uintptr_t)env;
	return env_with(env, pwd.s);
}

/* HOME is that of the user whom the guest begins as, as under docker. */
static char **env_with_home(char *const *env, const struct identity *id)
{
	static struct pathbuf home;

	pathbuf_set(&home, "HOME=");
	if (!id || !id->home || pathbuf_append(&home, id->home) < 0)
		return (char **)(uintptr_t)env;
	return env_with(env, home.s);
}

/* execvp(3) with the guest's PATH: what is found but may not be run is remembered. */
static int exec_in_path(struct start *st, char *const *argv, char **env)
{
	static struct pathbuf name;
	const char *path = env_get(env, "PATH"), *end;
	int err = ENOENT;

	st->shared->tried_path = true;
	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		pathbuf_set_n(&name, path, (size_t)(end - path));
		if (name.len == 0)
			pathbuf_set(&name, ".");
		if (pathbuf_push(&name, argv[0], strlen(argv[0])) == 0) {
			execve(name.s, argv, env);
			if (errno != ENOENT && errno != ENOTDIR &&
			    (errno != EACCES || err == ENOENT))
				err = errno;
			if (errno == EACCES && access(name.s, F_OK) < 0 && err == EACCES)
				err = ENOENT; /* a closed directory on the way, not the program */
		}
		if (!*end)
			return err;
	}
}

static int exec_shell(char **env)
{
	static char login[NAME_LIMIT + 2];
	const char *shell = env_get(env, "SHELL");
	char *argv[] = { login, NULL };

	if (!shell || shell[0] != '/' || access(shell, X_OK) < 0)
		shell = "/bin/sh";
	snprintf(login, sizeof(login), "-%s", strrchr(shell, '/') + 1);
	execve(shell, argv, env);
	return errno;
}

static int exec_command(struct start *st)
{
	char **env = env_with_home(env_with_pwd(st->config->envp), st->session->identity);
	char *const *argv = st->config->argv;

	if (!argv || !argv[0])
		return exec_shell(env);
	if (!strchr(argv[0], '/'))
		return exec_in_path(st, argv, env);
	execve(argv[0], argv, env);
	return errno;
}

_Noreturn void guest_main(struct start *st)
{
	char *caller_cwd = getcwd(NULL, 0);
	char byte;

	prctl(PR_SET_PTRACER, st->tracer_pid, 0, 0, 0); /* Yama; elsewhere EINVAL */
	confine(st);
	st->shared->main_pid = getpid();
	if (write(st->to_tracer[1], "", 1) != 1 || read(st->to_main[0], &byte, 1) != 1 ||
	    st->shared->seized != 1)
		_exit(125);
	if (st->session->has & HAS_SECCOMP)
		install_filter(st);
	enter_cwd(st, caller_cwd);
	give_up(st, MAIN_EXEC, exec_command(st));
}
