/* SPDX-License-Identifier: MIT */
/*
 * Making a container: all of it in a work directory, moved to its place by one rename. Killed at
 * any moment it leaves what the next sweep takes away.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/make.h"
#include "container/place.h"
#include "image/images.h"
#include "image/reference.h"
#include "image/trees.h"
#include "image/unpack.h"
#include "path/bindspec.h"

/* ---- what it is made from ---- */

bool source_is_path(const char *word)
{
	return word[0] == '/' || word[0] == '~' || strcmp(word, "-") == 0 ||
	       strcmp(word, ".") == 0 || strcmp(word, "..") == 0 ||
	       strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0;
}

static struct unpack *begin_rootfs(const struct making *m, struct fail *fail)
{
	const struct unpack_options options = { .strip = UNPACK_FIND_STRIP, .sync = true };

	return unpack_begin(m->work, m->rootfs, &options, fail);
}

static int end_rootfs(struct unpack *u, int r, struct fail *fail)
{
	if (r == 0)
		r = unpack_finish(u, fail);
	talloc_free(u);
	return r;
}

/* From the image's tree where the file system can share that, else from its layers. */
static int unpack_image(struct making *m, const struct image *image, struct progress *progress,
			struct fail *fail)
{
	void *scratch = talloc_new(m->work);
	const char *tree;
	int r = scratch ? trees_open(scratch, m->work, image, progress, &tree, fail) : -ENOMEM;

	if (r > 0)
		r = making_copy(m, tree, NULL, fail);
	else if (r == 0)
		r = image_unpack(scratch, image, m->rootfs, progress, fail);
	talloc_free(scratch);
	return r;
}

/* Text of the image's: what it says becomes the container's own. */
static int take_image(struct settings *s, const struct image *image)
{
	const struct image_config *c = image->config;

	s->image_name = image->name;
	s->image = image->id.text;
	s->entrypoint = settings_list(s, c->entrypoint);
	s->cmd = settings_list(s, c->cmd);
	s->env = settings_list(s, c->env);
	s->volumes = settings_list(s, c->volumes);
	s->workdir = c->workdir;
	s->user = c->user;
	s->stop_signal = c->stop_signal;
	return s->entrypoint && s->cmd && s->env && s->volumes ? 0 : -ENOMEM;
}

int making_unpack(struct making *m, const char *word, struct progress *progress, struct fail *fail)
{
	struct image *image;
	int r = image_open(m->work, m->work->state, word, &image, fail);

	return r < 0 ? r : unpack_image(m, image, progress, fail);
}

static int from_image(struct making *m, const struct container_create *q, struct fail *fail)
{
	struct image *image;
	int r = image_open(m->work, m->work->state, q->source, &image, fail);

	if (r == -ENOENT && access(q->source, F_OK) == 0)
		fail_set(fail, "there is no image '%.300s': for the file of that name say ./%.300s",
			 q->source, q->source);
	if (r == 0)
		r = take_image(m->settings, image);
	return r < 0 ? r : unpack_image(m, image, q->progress, fail);
}

/* What went wrong is told with the file. */
static int unpack_file(struct making *m, const char *file, int fd, struct progress *progress,
		       struct fail *fail)
{
	struct source src = source_of_fd(&fd);
	struct unpack *u = begin_rootfs(m, fail);
	struct fail why;
	int r;

	if (!u)
		return -EIO;
	src.progress = progress;
	r = end_rootfs(u, unpack_layer(u, &src, UNPACK_ROOTFS, fail), fail);
	if (r < 0) {
		why = *fail;
		fail_set(fail, "%.200s: %.800s", file, why.text);
	}
	return r;
}

int making_unpack_archive(struct making *m, const char *file, struct progress *progress,
			  struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) =
		strcmp(file, "-") == 0 ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(fail, errno, "cannot read %s", file);
	if (S_ISDIR(st.st_mode))
		return making_copy(m, file, progress, fail);
	return unpack_file(m, file, fd, progress, fail);
}

static int from_file(struct making *m, const struct container_create *q, struct fail *fail)
{
	return making_unpack_archive(m, q->source, q->progress, fail);
}

/* ---- what is run in it ---- */

/* A bind's host name is the caller's; the container may be started from anywhere. */
static int add_bind(struct settings *s, const char *word, struct fail *fail)
{
	struct bind_request b;
	size_t len = strcspn(word, ":");
	char *given, *whole;
	const char *bind;
	int r;

	if (bindspec_parse(s, word, &b, fail) < 0)
		return -EINVAL;
	given = talloc_strndup(s, word, len);
	whole = given ? realpath(given, NULL) : NULL;
	if (!whole)
		return fail_errno(fail, errno, "-v %s: cannot find '%s'", word, given);
	bind = talloc_asprintf(s, "%s%s%s", whole, word[len] ? "" : ":",
			       word[len] ? word + len : given[0] == '/' ? given : whole);
	r = bind ? settings_add(s, &s->binds, bind) : -ENOMEM;
	free(whole);
	return r;
}

/* As docker: a search path for who has none. */
static int complete_env(struct settings *s, const char *const *edits)
{
	static const char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

	if (!settings_variable(s->env, "PATH") && settings_add(s, &s->env, path) < 0)
		return -ENOMEM;
	s->env = settings_edit_env(s, s->env, edits);
	return s->env ? 0 : -ENOMEM;
}

int settings_take(struct settings *s, const struct container_options *o, struct fail *fail)
{
	int r = settings_command(s, o->entrypoint, o->words);

	if (r == 0)
		r = complete_env(s, o->edits);
	for (const char *const *b = o->binds; r == 0 && b && *b; b++)
		r = add_bind(s, *b, fail);
	if (r < 0)
		return r;
	s->workdir = o->workdir ? o->workdir : s->workdir && *s->workdir ? s->workdir : NULL;
	s->user = o->user ? o->user : s->user && *s->user ? s->user : NULL;
	s->hostname = o->hostname ? o->hostname : s->hostname;
	s->terminal |= o->terminal;
	s->interactive |= o->interactive;
	s->remove |= o->remove;
	s->read_only |= o->read_only;
	if (!s->workdir || s->workdir[0] == '/')
		return 0;
	fail_set(fail, "-w %s: the directory must be named from the root on", s->workdir);
	return -EINVAL;
}

/* ---- its name ---- */

/* "docker.io/library/debian:12" -> "debian", "./alpine-3.20.tar.gz" -> "alpine-3.20". */
static char *name_from(void *ctx, const char *source)
{
	bool path = source_is_path(source);
	size_t len = path ? strlen(source) : strcspn(source, "@");
	char *name, *dot;

	while (len > 1 && source[len - 1] == '/')
		len--;
	name = talloc_strndup(ctx, source, len);
	if (name && strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	if (!name)
		return NULL;
	dot = path ? strstr(name, ".t") : strchr(name, ':');
	if (dot && dot > name)
		*dot = '\0';
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			*p = '-';
	name += strspn(name, "_.-");
	if (strlen(name) > 56)
		name[56] = '\0';
	return *name ? name : talloc_strdup(ctx, "container");
}

/* Its own name if that is free, else with digits behind. */
static int find_name(void *ctx, struct state *s, const char *source, const char **ret,
		     struct fail *fail)
{
	char *base = name_from(ctx, source), *name = base;
	unsigned short random;

	while (name && container_exists(s, name) != -ENOENT) {
		if (getrandom(&random, sizeof(random), 0) < 0)
			return fail_errno(fail, errno, "cannot find a name");
		name = talloc_asprintf(ctx, "%s-%04x", base, random);
	}
	*ret = name;
	return name ? 0 : fail_errno(fail, ENOMEM, "cannot find a name");
}

int making_check_name(struct state *s, const char *name, struct fail *fail)
{
	int r = state_check_name(name, fail);

	if (r == 0 && engine_check_name(name, fail) < 0)
		r = -EINVAL;
	if (r == 0 && container_exists(s, name) == 0)
		r = making_exists(name, fail);
	return r;
}

/* ---- all of it ---- */

int making_exists(const char *name, struct fail *fail)
{
	fail_set(fail, "there is a container '%s' already: pr rm %s, or another --name", name,
		 name);
	return -EEXIST;
}

int making_begin(void *ctx, struct state *s, struct making *ret, struct fail *fail)
{
	int fd, r = work_begin(ctx, s, &ret->work, fail);

	if (r < 0)
		return r;
	ret->rootfs = talloc_asprintf(ret->work, "%s/%s/container/rootfs", s->dir,
				      ret->work->name);
	ret->settings = settings_new(ret->work);
	if (!ret->rootfs || !ret->settings)
		return fail_errno(fail, ENOMEM, "container");
	if (mkdirat(ret->work->fd, "container", 0700) < 0 ||
	    mkdirat(ret->work->fd, "container/rootfs", 0755) < 0)
		return fail_errno(fail, errno, "cannot make %s", ret->rootfs);
	fd = openat(ret->work->fd, "container/lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(fail, errno, "cannot make %s", ret->rootfs);
	close(fd);
	return 0;
}

int making_settle(struct making *m, const char *name, struct fail *fail)
{
	struct place p = { .name = name };
	time_t now = time(NULL);
	char created[32];
	int r;

	if (!m->settings->created) {
		strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
		m->settings->created = talloc_strdup(m->settings, created);
	}
	p.fd = openat(m->work->fd, "container", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p.fd < 0)
		return fail_errno(fail, errno, "container %s", name);
	r = place_write_settings(&p, m->settings, fail);
	close(p.fd);
	return r;
}

int making_publish(struct making *m, const char *name, struct fail *fail)
{
	char *to = talloc_asprintf(m->work, "containers/%s", name);
	int r = to ? making_settle(m, name, fail) : -ENOMEM;

	if (r == 0)
		r = work_publish(m->work, "container", to, fail);
	return r == -EEXIST ? making_exists(name, fail) : r;
}

/* Under a name that is free, where none was asked for: it may be somebody else's by then. */
static int publish_somewhere(struct making *m, void *ctx, struct state *s, const char *source,
			     const char **ret_name, struct fail *fail)
{
	int r;

	do {
		fail->text[0] = '\0';
		r = find_name(ctx, s, source, ret_name, fail);
		if (r == 0)
			r = making_publish(m, *ret_name, fail);
	} while (r == -EEXIST);
	return r;
}

int container_create(void *ctx, struct state *s, const struct container_create *q,
		     const char **ret_name, struct fail *fail)
{
	struct making m = { 0 };
	int r = q->name ? making_check_name(s, q->name, fail) : 0;

	if (r == 0)
		r = making_begin(ctx, s, &m, fail);
	if (r == 0)
		r = source_is_path(q->source) ? from_file(&m, q, fail) : from_image(&m, q, fail);
	if (r == 0)
		r = settings_take(m.settings, &q->options, fail);
	*ret_name = q->name;
	if (r == 0)
		r = q->name ? making_publish(&m, q->name, fail) :
			      publish_somewhere(&m, ctx, s, q->source, ret_name, fail);
	talloc_free(m.work);
	if (r < 0 && !fail->text[0])
		fail_errno(fail, -r, "cannot make a container of %s", q->source);
	return r;
}
