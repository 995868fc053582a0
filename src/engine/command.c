/* SPDX-License-Identifier: MIT */
/* Runs in the main process, in the guest's view: names are guest names. */
#include "engine/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "engine/engine.h"
#include "exec/foreign.h"
#include "exec/shebang.h"

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

/* Of a script it is the interpreter that counts. Opened as the guest would. */
static void look_at(const char *name, struct command_tried *ret)
{
	char head[SHEBANG_SIZE] = "";
	struct shebang line;
	struct foreign f;
	ssize_t n = 0;

	for (int i = 0; i < 2; i++) {
		int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		n = fd < 0 ? 0 : read(fd, head, sizeof(head));
		if (fd >= 0)
			close(fd);
		if (n <= 0 || shebang_parse(head, &line) < 0)
			break;
		name = line.interp;
	}
	if (n <= 0 || !foreign_look(head, (size_t)n, &f))
		return;
	ret->foreign = true;
	snprintf(ret->arch, sizeof(ret->arch), "%s", f.arch ? f.arch : "");
}

/* Returns with an errno. */
static int try(const char *name, char *const *argv, char **env, struct command_tried *ret)
{
	int err;

	execve(name, argv, env);
	err = errno;
	if (err == ENOEXEC)
		look_at(name, ret);
	return err;
}

/* execvp(3) with the guest's PATH: what is found but may not be run is remembered. */
static int exec_in_path(char *const *argv, char **env, struct command_tried *tried)
{
	static struct pathbuf name;
	const char *path = env_get(env, "PATH"), *end;
	int err = ENOENT, now;

	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		pathbuf_set_n(&name, path, (size_t)(end - path));
		if (name.len == 0)
			pathbuf_set(&name, ".");
		if (pathbuf_push(&name, argv[0], strlen(argv[0])) == 0) {
			now = try(name.s, argv, env, tried);
			if (now != ENOENT && now != ENOTDIR && (now != EACCES || err == ENOENT))
				err = now;
			if (now == EACCES && access(name.s, F_OK) < 0 && err == EACCES)
				err = ENOENT; /* a closed directory on the way, not the program */
		}
		if (!*end)
			return err;
	}
}

static int exec_shell(char **env, struct command_tried *tried)
{
	static char login[NAME_LIMIT + 2];
	const char *shell = env_get(env, "SHELL");
	char *argv[] = { login, NULL };

	if (!shell || shell[0] != '/' || access(shell, X_OK) < 0)
		shell = "/bin/sh";
	snprintf(login, sizeof(login), "-%s", strrchr(shell, '/') + 1);
	return try(shell, argv, env, tried);
}

/* Who waits to hear of it may be gone. */
static void tell_start(const struct session_config *config, char what)
{
	if (config->started_fd > 0 && write(config->started_fd, &what, 1) < 0)
		return;
}

int command_exec(const struct session_config *config, const char *home, struct command_tried *ret)
{
	char **env = env_with_home(env_with_pwd(config->envp), home);
	char *const *argv = config->argv;
	int err;

	tell_start(config, STARTED_TRIES);
	*ret = (struct command_tried){ .path = argv && argv[0] && !strchr(argv[0], '/') };
	if (!argv || !argv[0])
		err = exec_shell(env, ret);
	else if (ret->path)
		err = exec_in_path(argv, env, ret);
	else
		err = try(argv[0], argv, env, ret);
	tell_start(config, STARTED_FAILED);
	return err;
}

/* An emulator that is not there is a failure of ours. */
static bool lacks_emulator(const struct session_config *config, int err,
			   const struct command_tried *tried)
{
	return config->emulator && err == ENOEXEC && tried->foreign;
}

int command_status(const struct session_config *config, int err, const struct command_tried *tried)
{
	if (lacks_emulator(config, err, tried))
		return 125;
	return err == ENOENT ? 127 : 126;
}

void command_explain_enter(const struct session_config *config, int err, struct fail *fail)
{
	fail_errno(fail, err, "cannot enter '%s' in the guest (see -w)",
		   config->cwd ? config->cwd : "/");
}

static void explain_foreign(const struct session_config *config, const char *name,
			    const char *arch, struct fail *fail)
{
	if (!*arch)
		fail_set(fail, "'%s' is a program for a processor that qemu does not know", name);
	else if (!config->emulator)
		fail_set(fail,
			 "'%s' is a program for %s: run it with -q qemu-%s-static, or "
			 "-q auto",
			 name, arch, arch);
	else
		fail_set(fail,
			 "'%s' is a program for %s: no qemu-%s-static or qemu-%s is in PATH "
			 "(Debian's package is qemu-user-static)",
			 name, arch, arch, arch);
}

void command_explain_exec(const struct session_config *config, int err,
			  const struct command_tried *tried, struct fail *fail)
{
	const char *name = config->argv && config->argv[0] ? config->argv[0] : "/bin/sh";

	if (err == ENOEXEC && tried->foreign)
		explain_foreign(config, name, tried->arch, fail);
	else if (tried->path && err == ENOENT)
		fail_set(fail, "'%s': command not found in the guest's PATH", name);
	else
		fail_errno(fail, err, "cannot run '%s' in '%s'", name, config->rootfs);
}
