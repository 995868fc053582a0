/* SPDX-License-Identifier: MIT */
/* pr save: images to an archive, which has its name when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "image/state.h"

/* A file that has no name yet, where the file system has such; -1. */
static int open_nameless(const char *name)
{
	const char *slash = strrchr(name, '/');
	char *dir = strndup(name, slash ? (size_t)(slash - name) + 1 : 0);
	int fd = -1;

	if (dir && access("/proc/self/fd", X_OK) == 0)
		fd = open(slash ? dir : ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
	free(dir);
	return fd;
}

int open_output(void *ctx, const char *name, struct output *ret, struct fail *fail)
{
	struct stat st;

	*ret = (struct output){ .name = name };
	if (!name || strcmp(name, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return fail_set(fail, "standard output is a terminal: write -o FILE");
		ret->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
		ret->fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		ret->temporary = talloc_asprintf(ctx, "%s.%d~", name, (int)getpid());
		ret->fd = open_nameless(name);
		ret->is_nameless = ret->fd >= 0;
		if (ret->fd < 0)
			ret->fd = open(ret->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				       0666);
	}
	return ret->fd < 0 ? fail_errno(fail, errno, "%s", name ? name : "standard output") : 0;
}

/* link(2) replaces nothing, rename(2) does. 0 or -errno. */
static int give_name(const struct output *o)
{
	char link[32];

	if (fsync(o->fd) < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
	if (o->is_nameless &&
	    linkat(AT_FDCWD, link, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return rename(o->temporary, o->name) < 0 ? -errno : 0;
}

int close_output(struct output *o, int r, struct fail *fail)
{
	int named = r == 0 && o->temporary ? give_name(o) : 0;

	if (named < 0)
		r = fail_errno(fail, -named, "%s", o->name);
	if (r < 0 && o->temporary)
		unlink(o->temporary);
	close(o->fd);
	return r;
}

int verb_save(struct request *r, struct fail *fail)
{
	struct progress_line progress;
	struct output out = { .fd = -1 };
	struct state *s;
	int done = verb_state(r, STATE_UNLOCKED, &s, fail);

	if (done == 0)
		done = open_output(r->env.ctx, r->output, &out, fail);
	if (done < 0)
		return EXIT_OURS;
	progress_begin(&progress, "save");
	done = image_save(s, (const char *const *)r->args, r->format, out.fd, &progress.progress,
			  fail);
	progress_end(&progress);
	return verb_status(close_output(&out, done, fail));
}
