/* SPDX-License-Identifier: MIT */
/* Runs in the main process, in the guest's view: names are guest names. */
#include "engine/command.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "engine/engine.h"

int command_enter(const struct session_config *config, const char *caller_cwd)
{
	const char *asked = config->cwd;

	if (asked)
		return chdir(asked) < 0 ? -errno : 0;
	return (caller_cwd && chdir(caller_cwd) == 0) || chdir("/") == 0 ? 0 : -errno;
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
static char **env_with_home(char *const *env, const char *value)
{
	static struct pathbuf home;

	pathbuf_set(&home, "HOME=");
	if (!value || pathbuf_append(&home, value) < 0)
		return (char **)(uintptr_t)env;
	return env_with(env, home.s);
}

/* execvp(3) with the guest's PATH: what is found but may not be run is remembered. */
static int exec_in_path(char *const *argv, char **env)
{
	static struct pathbuf name;
	const char *path = env_get(env, "PATH"), *end;
	int err = ENOENT;

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

/* Who waits to hear of it may be gone. */
static void tell_start(const struct session_config *config, char what)
{
	if (config->started_fd > 0 && write(config->started_fd, &what, 1) < 0)
		return;
}

int command_exec(const struct session_config *config, const char *home, bool *ret_tried_path)
{
	char **env = env_with_home(env_with_pwd(config->envp), home);
	char *const *argv = config->argv;
	int err;

	tell_start(config, STARTED_TRIES);
	*ret_tried_path = argv && argv[0] && !strchr(argv[0], '/');
	if (!argv || !argv[0])
		err = exec_shell(env);
	else if (*ret_tried_path)
		err = exec_in_path(argv, env);
	else
		err = execve(argv[0], argv, env) < 0 ? errno : 0;
	tell_start(config, STARTED_FAILED);
	return err;
}

int command_status(int err)
{
	return err == ENOENT ? 127 : 126;
}

void command_explain_enter(const struct session_config *config, int err, struct fail *fail)
{
	fail_errno(fail, err, "cannot enter '%s' in the guest (see -w)",
		   config->cwd ? config->cwd : "/");
}

void command_explain_exec(const struct session_config *config, int err, bool tried_path,
			  struct fail *fail)
{
	const char *name = config->argv && config->argv[0] ? config->argv[0] : "/bin/sh";

	if (tried_path && err == ENOENT)
		fail_set(fail, "'%s': command not found in the guest's PATH", name);
	else
		fail_errno(fail, err, "cannot run '%s' in '%s'", name, config->rootfs);
}
