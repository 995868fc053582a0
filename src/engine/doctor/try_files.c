/* SPDX-License-Identifier: MIT */
/* Where programs of ours may be run from, and what the root's file system can hold. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"
#include "engine/engine.h"
#include "engine/ptrace/start.h"
#include "exec/blob.h"

#define XATTR_NAME "user.pr.doctor"

static int write_loader(int fd)
{
	size_t size = (size_t)(blob_loader_end - blob_loader_begin);

	return write(fd, blob_loader_begin, size) == (ssize_t)size ? 0 : -errno;
}

/* Becoming it is all that is asked: without a guest the loader has nothing to do. */
static _Noreturn void become(const char *file, int out)
{
	char *argv[] = { (char *)(uintptr_t) "loader", NULL }, *envp[] = { NULL };
	int err;

	execve(file, argv, envp);
	err = errno;
	_exit(write(out, &err, sizeof(err)) == sizeof(err));
}

/* 0 if it can be executed. */
static int run_file(const char *file)
{
	int out[2], err = 0;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return -errno;
	if (pid == 0)
		become(file, out[1]);
	close(out[1]);
	if (read(out[0], &err, sizeof(err)) < 0)
		err = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(out[0]);
	return -err;
}

/* ---- /proc ---- */

/* Only the real one has names for what is open here. */
int try_procfs(struct trial *t)
{
	char name[32];
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd[0]);
	trial_step(t, "open %s", name);
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

/* ---- the session's directory ---- */

static int run_loader_in(struct trial *t, const char *dir)
{
	char *name = talloc_asprintf(NULL, "%s/loader", dir);
	int fd, r;

	trial_step(t, "write a program in %s", dir);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		return -errno;
	r = write_loader(fd);
	close(fd);
	trial_step(t, "run a program in %s", dir);
	return r < 0 ? r : run_file(name);
}

/* $TMPDIR is where the user may have wished it to be. */
static const char *refused_tmpdir(void)
{
	const char *dir = getenv("TMPDIR");
	struct statvfs v;

	if (!dir || !*dir || statvfs(dir, &v) < 0 || !(v.f_flag & ST_NOEXEC))
		return NULL;
	return dir;
}

int try_session_dir(struct trial *t)
{
	const char *refused = refused_tmpdir();
	struct fail fail = { "" };
	int lock, r;
	char *dir;

	trial_step(t, "make a directory for a session");
	dir = sessiondir_make(NULL, &lock, &fail);
	if (!dir)
		return trial_say(t, "%s", fail.text);
	r = run_loader_in(t, dir);
	sessiondir_remove(dir);
	*strrchr(dir, '/') = '\0';
	if (r == 0)
		trial_say(t, "in %s%s%s", *dir ? dir : "/", refused ? ", for noexec: " : "",
			  refused ? refused : "");
	talloc_free(dir);
	return r;
}

/* ---- programs without a file ---- */

int try_memfd(struct trial *t)
{
	char name[32];
	int fd, r, run;

	trial_step(t, "memfd_create");
	fd = memfd_create("pr-doctor", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_loader(fd);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	/* A file open for writing is not run: ETXTBSY. */
	run = open(name, O_RDONLY | O_CLOEXEC);
	close(fd);
	trial_step(t, "run a program in a memfd");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", run);
	return r < 0 ? r : run < 0 ? -errno : run_file(name);
}

/* ---- attributes ---- */

/* A file without a name in that directory, or one whose name is gone at once. */
static int make_nameless(const char *dir)
{
	char *name;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd < 0 ? -errno : fd;
	name = talloc_asprintf(NULL, "%s/.pr-doctor-XXXXXX", dir);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	else
		unlink(name);
	talloc_free(name);
	return fd;
}

int try_xattr(struct trial *t)
{
	const char *root = t->config->rootfs;
	char value[2];
	int fd;

	trial_step(t, "make a file in %s", root);
	fd = make_nameless(root);
	if (fd < 0)
		return fd;
	trial_step(t, "set a user xattr in %s", root);
	if (fsetxattr(fd, XATTR_NAME, "1", 1, 0) < 0)
		return -errno;
	trial_step(t, "read a user xattr in %s", root);
	if (fgetxattr(fd, XATTR_NAME, value, sizeof(value)) != 1)
		return -errno;
	trial_say(t, "in %s", root);
	return 0;
}
