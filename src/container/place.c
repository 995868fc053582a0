/* SPDX-License-Identifier: MIT */
/* Containers on disk: their locks, and the two files of JSON that say what they are and were. */
#include "container/place.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"

enum { MOST_BYTES = 16 << 20, KILLED = 137, TRIES = 50, TRY_US = 2000 };

static int close_place(struct place *p)
{
	fd_cleanup(&p->fd);
	fd_cleanup(&p->lock_fd);
	return 0;
}

int place_open(void *ctx, const struct state *s, const char *name, struct place **ret,
	       struct fail *fail)
{
	struct place *p = talloc_zero(ctx, struct place);
	int r;

	if (!p)
		return fail_errno(fail, ENOMEM, "container %s", name);
	p->lock_fd = -1;
	p->state = s;
	p->name = talloc_strdup(p, name);
	p->fd = state_container_open(s, name, fail);
	talloc_set_destructor(p, close_place);
	r = p->fd < 0 ? p->fd : 0;
	if (r == 0) {
		p->lock_fd = openat(p->fd, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (p->lock_fd < 0)
			r = fail_errno(fail, errno, "%s/containers/%s/lock", s->dir, name);
	}
	if (r < 0)
		talloc_free(p);
	else
		*ret = p;
	return r;
}

/* ---- the lock ---- */

static struct flock whole_file(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

/* What stands in the way of a writer: F_UNLCK, nothing; F_RDLCK, somebody who has just waited. */
static short in_the_way(const struct place *p)
{
	struct flock lock = whole_file(F_WRLCK);

	return fcntl(p->lock_fd, F_OFD_GETLK, &lock) < 0 ? F_UNLCK : lock.l_type;
}

/* Is the directory still where its name says? Who renames or removes one holds the lock. */
static bool is_there(const struct place *p)
{
	struct fail ignored;
	struct stat ours, there;
	int fd = state_container_open(p->state, p->name, &ignored);
	bool same = fd >= 0 && fstat(p->fd, &ours) == 0 && fstat(fd, &there) == 0 &&
		    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;

	fd_cleanup(&fd);
	return same;
}

static int try_lock(struct place *p)
{
	for (int i = 0; i < TRIES; i++) {
		struct flock lock = whole_file(F_WRLCK);

		if (fcntl(p->lock_fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		if (in_the_way(p) == F_WRLCK)
			return -EBUSY;
		usleep(TRY_US);
	}
	return -EBUSY;
}

int place_take(struct place *p, struct fail *fail)
{
	int r = try_lock(p);

	if (r == -EBUSY)
		return fail_set(fail, "container %s is running: pr stop %s", p->name, p->name),
		       -EBUSY;
	if (r < 0)
		return fail_errno(fail, -r, "cannot lock container %s", p->name);
	p->is_ours = true;
	if (is_there(p))
		return 0;
	fail_set(fail, "there is no container '%s'", p->name);
	return -ENOENT;
}

bool place_is_taken(const struct place *p)
{
	return in_the_way(p) == F_WRLCK;
}

int place_wait(const struct place *p, struct fail *fail)
{
	struct flock lock = whole_file(F_RDLCK);
	int r;

	do
		r = fcntl(p->lock_fd, F_OFD_SETLKW, &lock);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return fail_errno(fail, errno, "cannot wait for container %s", p->name);
	lock.l_type = F_UNLCK;
	fcntl(p->lock_fd, F_OFD_SETLK, &lock);
	return 0;
}

char *place_rootfs(void *ctx, const struct place *p)
{
	return talloc_asprintf(ctx, "%s/containers/%s/rootfs", p->state->dir, p->name);
}

/* ---- files ---- */

/* A child of ctx. 0 or -errno. */
static int read_file(void *ctx, int dir_fd, const char *name, char **ret, size_t *ret_len)
{
	int fd __attribute__((cleanup(fd_cleanup))) =
		openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > MOST_BYTES)
		return -EFBIG;
	*ret_len = 0;
	*ret = talloc_size(ctx, (size_t)st.st_size + 1);
	while (*ret && n > 0 && *ret_len < (size_t)st.st_size) {
		n = read(fd, *ret + *ret_len, (size_t)st.st_size - *ret_len);
		*ret_len += n > 0 ? (size_t)n : 0;
	}
	return !*ret ? -ENOMEM : n < 0 ? -errno : 0;
}

int place_settings(void *ctx, const struct place *p, struct settings **ret, struct fail *fail)
{
	char *text;
	size_t len;
	int r = read_file(ctx, p->fd, "container.json", &text, &len);

	if (r < 0)
		return fail_errno(fail, -r, "container %s: container.json", p->name);
	return settings_read(ctx, text, len, ret, fail);
}

int place_need_image(const struct place *p, const struct settings *s, const char *what,
		     struct fail *fail)
{
	if (s->image)
		return 0;
	fail_set(fail, "container %s was not made from an image: there is nothing to %s; pr import "
		       "makes one of an archive or directory", p->name, what);
	return -EINVAL;
}

int place_write_settings(const struct place *p, const struct settings *s, struct fail *fail)
{
	char *text = settings_write(NULL, s);
	int r;

	if (!text)
		return fail_set(fail, "container %s: its words must be UTF-8 to be kept",
				p->name), -EINVAL;
	r = state_write_file(p->fd, "container.json", text, strlen(text), fail);
	talloc_free(text);
	return r;
}

/* ---- status.json ---- */

static const char *const states[] = {
	[RUN_NEVER] = "created",
	[RUN_NOW] = "running",
	[RUN_ENDED] = "exited",
};

const char *place_state_name(const struct run_status *status)
{
	return states[status->state];
}

int place_write_status(const struct place *p, const struct run_status *status, struct fail *fail)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "{\"state\": \"%s\", \"pid\": %d, \"ticks\": %llu, \"started\": %lld, "
			 "\"finished\": %lld, \"exit\": %d}\n",
			 states[status->state], (int)status->pid, status->ticks, status->started,
			 status->finished, status->exit);

	return state_write_file(p->fd, "status.json", text, (size_t)n, fail);
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool parse_status(const char *text, size_t len, struct run_status *ret)
{
	json_t *object = json_loadb(text, len, 0, NULL);
	const char *state = json_string_value(json_object_get(object, "state"));
	bool known = false;

	for (size_t i = 0; state && i < sizeof(states) / sizeof(states[0]) && !known; i++) {
		known = strcmp(state, states[i]) == 0;
		ret->state = i;
	}
	ret->pid = (pid_t)number(object, "pid");
	ret->ticks = (unsigned long long)number(object, "ticks");
	ret->started = number(object, "started");
	ret->finished = number(object, "finished");
	ret->exit = (int)number(object, "exit");
	json_decref(object);
	return known;
}

int place_status(const struct place *p, struct run_status *ret, struct fail *fail)
{
	/* Asked first: a run that ends between the two has written its status before. */
	bool taken = !p->is_ours && place_is_taken(p);
	char *text;
	size_t len;
	int r = read_file(NULL, p->fd, "status.json", &text, &len);

	*ret = (struct run_status){ .state = RUN_NEVER };
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fail_errno(fail, -r, "container %s: status.json", p->name);
	r = parse_status(text, len, ret) ? 0 : -EBADMSG;
	talloc_free(text);
	if (r < 0)
		return fail_set(fail, "container %s: status.json makes no sense", p->name), r;
	if (ret->state == RUN_NOW && !taken && !place_is_taken(p)) {
		ret->state = RUN_ENDED;
		ret->exit = KILLED;
	}
	return 0;
}

/* Field 22 of proc_pid_stat(5), counted from behind the command's name, which may hold anything. */
unsigned long long place_ticks(pid_t pid)
{
	char name[64], line[1024] = "", *at;
	unsigned long long ticks = 0;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, line, sizeof(line) - 1) <= 0)
		line[0] = '\0';
	close(fd);
	at = strrchr(line, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at, NULL, 10);
	return ticks;
}
