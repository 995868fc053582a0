/* SPDX-License-Identifier: MIT */
/* Trees that become rootfs, and containers that take the place of what they were. */
#include <errno.h>
#include <stdio.h>
#include <talloc.h>

#include "container/container.h"
#include "container/make.h"
#include "container/place.h"
#include "image/unpack.h"

/* ---- from a tree ---- */

int making_copy(struct making *m, const char *from, struct progress *progress, struct fail *fail)
{
	const struct unpack_options options = { .sync = true };
	struct unpack *u = unpack_begin(m->work, m->rootfs, &options, fail);
	int r;

	if (!u)
		return -EIO;
	r = unpack_tree(u, from, progress, fail);
	if (r == 0)
		r = unpack_finish(u, fail);
	talloc_free(u);
	return r;
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
	if (r == 0)
		r = place_need_image(p, m.settings, "go back to", fail);
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
