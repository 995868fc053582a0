/* SPDX-License-Identifier: MIT */
/*
 * Trees that become rootfs: another container's, by packing and unpacking them at once, so that
 * owners, links, holes and xattrs are those of the archive's code; and containers that take the
 * place of what they were.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/make.h"
#include "container/place.h"
#include "image/pack.h"
#include "image/unpack.h"

/* ---- from a tree ---- */

static _Noreturn void pack_into(const char *from, int fd, struct fail *fail)
{
	const struct pack_options options = { .base = NULL };
	const struct sink sink = sink_of_fd(&fd);

	signal(SIGPIPE, SIG_IGN);
	_exit(pack_tree(from, &options, &sink, fail) < 0 ? 1 : 0);
}

static int unpack_from(struct making *m, int fd, struct progress *progress, struct fail *fail)
{
	const struct unpack_options options = { .ratio = TARBALL_ANY_RATIO, .sync = true };
	struct unpack *u = unpack_begin(m->work, m->rootfs, &options, fail);
	struct source src = source_of_fd(&fd);
	int r;

	if (!u)
		return -EIO;
	src.progress = progress;
	r = unpack_layer(u, &src, UNPACK_ROOTFS, fail);
	if (r == 0)
		r = unpack_finish(u, fail);
	talloc_free(u);
	return r;
}

/* What the one who packs says is the cause of what the other sees. */
static int end_packing(pid_t pid, const struct fail *theirs, struct fail *fail)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (status == 0)
		return 0;
	if (theirs->text[0])
		*fail = *theirs;
	else if (!fail->text[0])
		fail_set(fail, "packing was killed");
	return -EIO;
}

int making_copy(struct making *m, const char *from, struct progress *progress, struct fail *fail)
{
	struct fail *theirs = mmap(NULL, sizeof(*theirs), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ends[2], r, packed;
	pid_t pid;

	if (theirs == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(fail, errno, "cannot copy %s", from);
	pid = fork();
	if (pid < 0)
		return fail_errno(fail, errno, "cannot fork");
	if (pid == 0) {
		close(ends[0]);
		pack_into(from, ends[1], theirs);
	}
	close(ends[1]);
	r = unpack_from(m, ends[0], progress, fail);
	close(ends[0]);
	packed = end_packing(pid, theirs, fail);
	munmap(theirs, sizeof(*theirs));
	return packed < 0 ? packed : r;
}

/* ---- in place of what was ---- */

int making_replace(struct making *m, const char *name, struct fail *fail)
{
	char *to = talloc_asprintf(m->work, "containers/%s", name);
	int r = to ? making_settle(m, name, fail) : -ENOMEM;

	if (r < 0)
		return r;
	if (renameat2(m->work->fd, "container", m->work->state->fd, to, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return fail_errno(fail, errno, "container %s", name);
	if (renameat(m->work->state->fd, to, m->work->fd, "gone") < 0)
		return fail_errno(fail, errno, "container %s", name);
	return work_publish(m->work, "container", to, fail);
}

/* ---- clone and reset ---- */

static int clone(struct state *s, struct place *p, const char *to, struct progress *progress,
		 struct fail *fail)
{
	struct making m;
	int r = making_begin(p, s, &m, fail);

	if (r == 0)
		r = making_copy(&m, place_rootfs(m.work, p), progress, fail);
	if (r == 0)
		r = place_settings(m.work, p, &m.settings, fail);
	if (r == 0) {
		m.settings->created = NULL;
		r = making_publish(&m, to, fail);
	}
	talloc_free(m.work);
	return r;
}

int container_clone(struct state *s, const char *from, const char *to, struct progress *progress,
		    struct fail *fail)
{
	struct place *p;
	int r = making_check_name(s, to, fail);

	if (r == 0)
		r = place_open(s, s, from, &p, fail);
	if (r < 0)
		return r;
	r = place_take(p, fail);
	if (r == 0)
		r = clone(s, p, to, progress, fail);
	talloc_free(p);
	return r;
}

static int reset(struct state *s, struct place *p, struct progress *progress, struct fail *fail)
{
	struct making m;
	int r = making_begin(p, s, &m, fail);

	if (r == 0)
		r = place_settings(m.work, p, &m.settings, fail);
	if (r == 0 && !m.settings->image) {
		fail_set(fail, "container %s was not made from an image: there is nothing to go "
			       "back to", p->name);
		r = -EINVAL;
	}
	if (r == 0)
		r = making_unpack(&m, m.settings->image, progress, fail);
	if (r == 0)
		r = making_replace(&m, p->name, fail);
	talloc_free(m.work);
	return r;
}

int container_reset(struct state *s, const char *name, struct progress *progress,
		    struct fail *fail)
{
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = place_take(p, fail);
	if (r == 0)
		r = reset(s, p, progress, fail);
	talloc_free(p);
	return r;
}
