/* SPDX-License-Identifier: MIT */
/*
 * Blobs that no image has: those of removed images, and what was moved to its place by somebody
 * killed before the index told of it. With an index that cannot be followed nothing is removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "image/images.h"
#include "image/json.h"
#include "image/open.h"
#include "image/work.h"

struct kept {
	char text[DIGEST_TEXT];
	UT_hash_handle hh;
};

static int keep(void *ctx, struct kept **set, const struct digest *d)
{
	struct kept *k;

	HASH_FIND_STR(*set, d->text, k);
	if (k)
		return 0;
	k = talloc_zero(ctx, struct kept);
	if (!k)
		return -ENOMEM;
	snprintf(k->text, sizeof(k->text), "%s", d->text);
	HASH_ADD_STR(*set, text, k);
	return 0;
}

static int keep_image(void *ctx, const struct state *s, const struct image_entry *e,
		      struct kept **set, struct fail *fail)
{
	struct manifest *m;
	int r = image_read_manifest(ctx, s, &e->manifest, &m, fail);

	if (r == 0)
		r = keep(ctx, set, &e->manifest);
	if (r == 0)
		r = keep(ctx, set, &e->id);
	for (size_t i = 0; r == 0 && i < m->layer_count; i++)
		r = keep(ctx, set, &m->layers[i].digest);
	return r;
}

static int sweep_kind(void *ctx, const struct state *s, const char *kind, struct kept *set,
		      uint64_t *ret_freed)
{
	char dir[16], path[BLOB_NAME], text[DIGEST_TEXT], **names;
	struct digest d;
	struct kept *k;
	struct stat st;
	int n;

	snprintf(dir, sizeof(dir), "blobs/%s", kind);
	n = work_list(ctx, s, dir, &names);
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%s:%s", kind, names[i]);
		if (digest_parse(text, &d) < 0)
			continue;
		HASH_FIND_STR(set, text, k);
		blob_name(&d, path);
		if (k || fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    unlinkat(s->fd, path, 0) < 0)
			continue;
		*ret_freed += (uint64_t)st.st_blocks * 512;
	}
	return n == -ENOENT ? 0 : n < 0 ? n : 0;
}

int blobs_sweep(const struct state *s, const struct images *images, uint64_t *ret_freed,
		struct fail *fail)
{
	void *ctx = talloc_new(NULL);
	struct kept *set = NULL;
	int r = ctx ? 0 : -ENOMEM;

	*ret_freed = 0;
	for (size_t i = 0; r == 0 && i < images->count; i++)
		r = keep_image(ctx, s, &images->entries[i], &set, fail);
	if (r == 0)
		r = sweep_kind(ctx, s, "sha256", set, ret_freed);
	if (r == 0)
		r = sweep_kind(ctx, s, "sha512", set, ret_freed);
	HASH_CLEAR(hh, set);
	talloc_free(ctx);
	if (r < 0 && !fail->text[0])
		fail_errno(fail, -r, "%s/blobs", s->dir);
	return r;
}

/* ---- who needs an image ---- */

static bool is_made_from(void *ctx, const struct state *s, const char *container,
			 const struct digest *id)
{
	char path[sizeof("containers//container.json") + 64];
	struct fail ignored;
	const char *image = NULL;
	json_t *top;
	char *text;
	size_t len;
	int fd, r;

	snprintf(path, sizeof(path), "containers/%s/container.json", container);
	fd = openat(s->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	r = blob_read(ctx, fd, &text, &len);
	close(fd);
	if (r == 0 && json_read(ctx, text, len, path, &top, &ignored) == 0)
		json_text(top, "image", &image, &ignored);
	return image && strcmp(image, id->text) == 0;
}

int image_user(void *ctx, const struct state *s, const struct digest *id, const char **ret,
	       struct fail *fail)
{
	char **names;
	int r = state_containers(ctx, s, &names, fail);

	for (size_t i = 0; r == 0 && names[i]; i++) {
		if (!is_made_from(ctx, s, names[i], id))
			continue;
		*ret = names[i];
		return 1;
	}
	return r;
}
