/* SPDX-License-Identifier: MIT */
/* Containers as a whole: whether there is one, removing and renaming. */
#include <errno.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/make.h"
#include "container/place.h"
#include "container/start.h"

int container_exists(struct state *s, const char *name)
{
	struct fail ignored;
	int fd = state_container_open(s, name, &ignored);

	if (fd < 0)
		return fd == -EINVAL ? -ENOENT : fd;
	close(fd);
	return 0;
}

/* Out of sight by one rename; then it is taken apart. */
int container_remove_locked(struct state *s, const char *name, struct fail *fail)
{
	char *path = talloc_asprintf(NULL, "containers/%s", name);
	struct work *w;
	int r = path ? work_begin(NULL, s, &w, fail) : -ENOMEM;

	if (r == 0) {
		if (renameat(s->fd, path, w->fd, "gone") < 0)
			r = fail_errno(fail, errno, "cannot remove container %s", name);
		talloc_free(w);
	}
	talloc_free(path);
	return r;
}

int container_remove(struct state *s, const char *name, bool force, struct fail *fail)
{
	struct fail ignored = { "" };
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	if (force && place_is_taken(p))
		container_kill(s, name, "KILL", &ignored);
	r = place_take(p, fail);
	if (r == -EBUSY)
		fail_set(fail, "container %s is running: pr stop %s, or pr rm -f %s", name, name,
			 name);
	if (r == 0)
		r = container_remove_locked(s, name, fail);
	talloc_free(p);
	return r;
}

int container_rename(struct state *s, const char *from, const char *to, struct fail *fail)
{
	struct place *p;
	char *a, *b;
	int r = state_check_name(to, fail);

	if (r < 0 || engine_check_name(to, fail) < 0)
		return -EINVAL;
	r = place_open(s, s, from, &p, fail);
	if (r < 0)
		return r;
	a = talloc_asprintf(p, "containers/%s", from);
	b = talloc_asprintf(p, "containers/%s", to);
	r = place_take(p, fail);
	if (r == 0)
		r = state_lock(s, STATE_EXCLUSIVE, fail);
	if (r == 0 && container_exists(s, to) == 0)
		r = making_exists(to, fail);
	if (r == 0 && renameat(s->fd, a, s->fd, b) < 0)
		r = fail_errno(fail, errno, "cannot rename container %s", from);
	state_lock(s, STATE_UNLOCKED, fail);
	talloc_free(p);
	return r;
}
