/* SPDX-License-Identifier: MIT */
/*
 * Loading: everything is found and checked in a work directory first; then, with the state locked,
 * blobs are moved to their places and the index is written, which makes it visible. A kill leaves
 * at most blobs that no image has, which prune removes.
 */
#include "image/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/progress.h"
#include "image/archive.h"
#include "image/feed.h"
#include "image/reference.h"
#include "image/work.h"

struct found *load_add(struct loading *l, struct fail *fail)
{
	struct found *list = talloc_realloc(l, l->images, struct found, l->count + 1);

	if (!list) {
		fail_errno(fail, ENOMEM, "%s", l->label);
		return NULL;
	}
	l->images = list;
	list[l->count] = (struct found){ .entry = { .names = NULL } };
	list[l->count].entry.names = talloc_zero_array(list, const char *, 1);
	return list[l->count].entry.names ? &list[l->count++] : NULL;
}

int load_name(struct found *f, const char *name, struct fail *fail)
{
	const char *whole, **names = f->entry.names;
	size_t n = 0;

	if (reference_normalize(names, name, &whole, fail) < 0)
		return -EBADMSG;
	for (; names[n]; n++)
		if (strcmp(names[n], whole) == 0)
			return 0;
	names = talloc_realloc(NULL, names, const char *, n + 2);
	if (!names)
		return fail_errno(fail, ENOMEM, "%s", name);
	names[n] = whole;
	names[n + 1] = NULL;
	f->entry.names = names;
	return 0;
}

/* ---- diff ids ---- */

struct checking {
	uint64_t done, total; /* bytes of layers as they are stored */
};

/* Decodes it whole; what it is then, and how long. 0 or -errno with `fail` set. */
static int digest_decoded(struct loading *l, const struct descriptor *layer, struct digester *d,
			  const struct checking *c, struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) = work_open_blob(l->work, &layer->digest, fail);
	struct source src = source_of_fd(&fd);
	const void *bytes;
	struct feed *feed;
	struct fail why;
	ssize_t n;

	if (fd < 0)
		return fd;
	feed = feed_open(l, &src, l->request->is_ours ? TARBALL_ANY_RATIO : TARBALL_RATIO, &why);
	if (!feed)
		return fail_set(fail, "%s: %s", layer->digest.text, why.text);
	while ((n = feed_next(feed, &bytes)) > 0) {
		digester_update(d, bytes, (size_t)n);
		progress_tell(l->request->progress, c->done + feed_taken(feed), c->total);
	}
	if (n < 0)
		fail_set(fail, "%.200s: layer %s: %.500s", l->label, layer->digest.text,
			 feed_failure(feed));
	talloc_free(feed);
	return (int)n;
}

/* Is the layer what the config says that it is? Adds up what it comes to. */
static int check_layer(struct loading *l, struct found *f, size_t i, struct checking *c,
		       struct fail *fail)
{
	const struct descriptor *layer = &f->manifest->layers[i];
	const struct digest *wanted = &f->config->diff_ids[i];
	struct digester d;
	struct digest got;
	int r;

	digester_init(&d, digest_kind(wanted));
	r = digest_decoded(l, layer, &d, c, fail);
	if (r < 0)
		return r;
	digester_finish(&d, &got);
	f->entry.size += d.bytes;
	c->done += layer->size;
	if (digest_equal(&got, wanted))
		return 0;
	fail_set(fail,
		 "%.200s: layer %zu of %zu is not what the image's config says: its diff id is %s, "
		 "not %s",
		 l->label, i + 1, f->manifest->layer_count, got.text, wanted->text);
	return -EBADMSG;
}

static int check_image(struct loading *l, struct found *f, struct fail *fail)
{
	struct checking c = { 0, 0 };
	int r = 0;

	if (f->config->layer_count != f->manifest->layer_count) {
		fail_set(fail, "%.200s: %s: %zu layers, and %zu diff ids for them", l->label,
			 f->entry.id.text, f->manifest->layer_count, f->config->layer_count);
		return -EBADMSG;
	}
	for (size_t i = 0; i < f->manifest->layer_count; i++)
		c.total += f->manifest->layers[i].size;
	f->entry.stored = f->manifest->config.size + c.total;
	f->entry.created = f->config->created;
	for (size_t i = 0; r == 0 && i < f->manifest->layer_count; i++)
		r = check_layer(l, f, i, &c, fail);
	return r;
}

/* ---- what was found becomes visible ---- */

static int publish_blob(struct loading *l, const struct digest *d, struct fail *fail)
{
	char from[BLOB_NAME], to[BLOB_NAME];
	const char *const sha512 = "blobs/sha512";

	if (blob_size(l->work->state, d) >= 0)
		return 0;
	if (digest_kind(d) == DIGEST_SHA512 && mkdirat(l->work->state->fd, sha512, 0700) < 0 &&
	    errno != EEXIST)
		return fail_errno(fail, errno, "%s/%s", l->work->state->dir, sha512);
	work_blob_name(d, from);
	blob_name(d, to);
	if (fchmodat(l->work->fd, from, 0400, 0) < 0)
		return fail_errno(fail, errno, "%s", d->text);
	return work_publish(l->work, from, to, fail);
}

static int publish_blobs(struct loading *l, const struct found *f, struct fail *fail)
{
	int r = publish_blob(l, &f->manifest->config.digest, fail);

	for (size_t i = 0; r == 0 && i < f->manifest->layer_count; i++)
		r = publish_blob(l, &f->manifest->layers[i].digest, fail);
	return r < 0 ? r : publish_blob(l, &f->entry.manifest, fail);
}

static int publish_image(struct loading *l, struct found *f, struct images *images,
			 struct fail *fail)
{
	bool is_here = images_is_whole(images, l->work->state, &f->entry.id);
	int r = 0;

	/* The same image, packed in another way maybe: one of them is enough. */
	if (!is_here)
		r = publish_blobs(l, f, fail);
	if (r == 0 && !is_here)
		r = images_add(images, &f->entry, fail);
	for (size_t i = 0; r == 0 && f->entry.names[i]; i++)
		r = images_name(images, &f->entry.id, f->entry.names[i], fail);
	return r;
}

static int publish(struct loading *l, struct fail *fail)
{
	struct state *s = l->work->state;
	struct images *images;
	struct fail ignored;
	int r = state_lock(s, STATE_EXCLUSIVE, fail);

	if (r == 0)
		r = images_read(l, s, &images, fail);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		r = publish_image(l, &l->images[i], images, fail);
	if (r == 0)
		r = images_write(s, images, fail);
	state_lock(s, STATE_UNLOCKED, &ignored);
	return r;
}

/* ---- */

static int find_images(struct loading *l, struct fail *fail)
{
	bool docker = origin_has(l->origin, "manifest.json");
	bool oci = origin_has(l->origin, "index.json");

	/* What was asked for by platform only an index has. */
	if (docker && !(oci && l->request->platform))
		return docker_find(l, fail);
	if (oci)
		return oci_find(l, fail);
	fail_set(fail,
		 "%s: no image: neither manifest.json nor index.json is in it (archives of root "
		 "file systems are for pr create)",
		 l->label);
	return -EBADMSG;
}

/* What is wrong is told with the file that it is in. */
static int find(struct loading *l, struct fail *fail)
{
	struct fail why = { "" };
	int r = find_images(l, &why);

	if (r == 0)
		return 0;
	if (strncmp(why.text, l->label, strlen(l->label)) == 0)
		*fail = why;
	else
		fail_set(fail, "%.300s: %.700s", l->label, why.text[0] ? why.text : strerror(-r));
	return r;
}

static int check_all(struct loading *l, struct fail *fail)
{
	int r = 0;

	if (l->count == 0) {
		fail_set(fail, "%s: there is no image in it", l->label);
		return -ENOENT;
	}
	for (size_t i = 0; r == 0 && i < l->count; i++) {
		r = check_image(l, &l->images[i], fail);
		if (r == 0 && l->request->name)
			r = load_name(&l->images[i], l->request->name, fail);
	}
	if (r == 0 && l->request->name && l->count > 1) {
		fail_set(fail, "%s: %zu images cannot have the one name %s", l->label, l->count,
			 l->request->name);
		r = -EEXIST;
	}
	return r;
}

static int tell_loaded(void *ctx, struct loading *l, struct loaded **ret, struct fail *fail)
{
	struct loaded *loaded = talloc_zero(ctx, struct loaded);

	if (loaded)
		loaded->images = talloc_zero_array(loaded, struct loaded_image, l->count);
	if (!loaded || !loaded->images)
		return fail_errno(fail, ENOMEM, "%s", l->label);
	loaded->count = l->count;
	for (size_t i = 0; i < l->count; i++) {
		loaded->images[i].id = l->images[i].entry.id;
		loaded->images[i].names = talloc_steal(loaded, l->images[i].entry.names);
	}
	*ret = loaded;
	return 0;
}

int image_load(void *ctx, struct state *s, const struct load_request *request, struct loaded **ret,
	       struct fail *fail)
{
	struct loading *l = talloc_zero(ctx, struct loading);
	struct work *w = NULL;
	int r = l ? work_begin(ctx, s, &w, fail) : fail_errno(fail, ENOMEM, "%s", request->file);

	if (r == 0) {
		l->work = w;
		l->request = request;
		if (request->platform)
			l->platform = *request->platform;
		else
			platform_host(&l->platform);
		l->label = strcmp(request->file, "-") == 0 ? "standard input" : request->file;
		r = origin_open(l, w, request->file, request->progress, &l->origin, fail);
	}
	if (r == 0)
		r = find(l, fail);
	if (r == 0)
		r = check_all(l, fail);
	if (r == 0)
		r = publish(l, fail);
	if (r == 0)
		r = tell_loaded(ctx, l, ret, fail);
	talloc_free(l);
	talloc_free(w);
	return r;
}
