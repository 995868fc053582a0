/* SPDX-License-Identifier: MIT */
/*
 * Who finds no tree makes it, and who comes meanwhile waits for it. A tree is made in the work
 * directory of who needs it, and is on disk before it gets its name.
 */
#include "image/trees.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/open.h"
#include "image/unpack.h"
#include "image/work.h"

enum { TREE_NAME = sizeof("trees/") + DIGEST_TEXT, LOCK_DIGITS = 15 };

static void tree_name(const struct digest *chain, char ret[TREE_NAME])
{
	snprintf(ret, TREE_NAME, "trees/%s", digest_hex(chain));
}

/* image-spec, config.md: of the first layer its diff id, then of what was and the next one. */
static struct digest chain_id(const struct digest *diff_ids, size_t count)
{
	struct digest chain = diff_ids[0];
	char text[2 * DIGEST_TEXT];

	for (size_t i = 1; i < count; i++) {
		int n = snprintf(text, sizeof(text), "%s %s", chain.text, diff_ids[i].text);

		chain = digest_of(DIGEST_SHA256, text, (size_t)n);
	}
	return chain;
}

/* ---- locks ----------------------------------------------------------------------------------- */

static struct flock byte_of(const struct digest *chain, short type)
{
	char digits[LOCK_DIGITS + 1];

	snprintf(digits, sizeof(digits), "%s", digest_hex(chain));
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_len = 1,
			       .l_start = (off_t)strtoull(digits, NULL, 16) };
}

static int lock_tree(int fd, const struct digest *chain, short type)
{
	struct flock lock = byte_of(chain, type);
	int r;

	do
		r = fcntl(fd, F_OFD_SETLKW, &lock);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* The descriptor is the lock. */
struct held {
	int fd;
};

static int release(struct held *h)
{
	fd_cleanup(&h->fd);
	return 0;
}

static int open_lock(void *ctx, const struct state *s, struct held **ret)
{
	struct held *h = talloc(ctx, struct held);

	if (!h)
		return -ENOMEM;
	if (mkdirat(s->fd, "trees", 0700) < 0 && errno != EEXIST)
		return -errno;
	h->fd = openat(s->fd, "trees/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (h->fd < 0)
		return -errno;
	talloc_set_destructor(h, release);
	*ret = h;
	return 0;
}

/* ---- unpacking ------------------------------------------------------------------------------- */

int image_unpack(void *ctx, const struct image *image, const char *rootfs,
		 struct progress *progress, struct fail *fail)
{
	/* What is in the state has been looked at for bombs, or was made here. */
	const struct unpack_options options = { .ratio = TARBALL_ANY_RATIO, .sync = true };
	struct unpack *u = unpack_begin(ctx, rootfs, &options, fail);
	uint64_t before = 0, total = 0;
	int r = 0;

	if (!u)
		return -EIO;
	for (size_t i = 0; i < image->layer_count; i++)
		total += image->layers[i].size;
	for (size_t i = 0; r == 0 && i < image->layer_count; i++) {
		struct source src = source_of_fd(&image->layers[i].fd);

		src.progress = progress;
		src.before = before;
		src.total = total;
		before += src.size;
		r = unpack_layer(u, &src, UNPACK_LAYER, fail);
	}
	if (r == 0)
		r = unpack_finish(u, fail);
	talloc_free(u);
	return r;
}

static int make_tree(struct work *w, const struct image *image, const char *name,
		     struct progress *progress, struct fail *fail)
{
	char *rootfs = talloc_asprintf(w, "%s/%s/tree/rootfs", w->state->dir, w->name);
	int r = rootfs ? 0 : -ENOMEM;

	if (r == 0 && (mkdirat(w->fd, "tree", 0700) < 0 ||
		       mkdirat(w->fd, "tree/rootfs", 0755) < 0))
		r = -errno;
	if (r < 0)
		return fail_errno(fail, -r, "%s/%s", w->state->dir, name);
	r = image_unpack(w, image, rootfs, progress, fail);
	return r < 0 ? r : work_publish(w, "tree", name, fail);
}

static bool is_there(const struct state *s, const char *name)
{
	return faccessat(s->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Locked for reading, it is there when this returns. */
static int find_or_make(int lock, struct work *w, const struct image *image,
			struct progress *progress, struct fail *fail)
{
	struct digest chain = chain_id(image->config->diff_ids, image->layer_count);
	char name[TREE_NAME];
	int r = lock_tree(lock, &chain, F_RDLCK);

	tree_name(&chain, name);
	if (r == 0 && is_there(w->state, name))
		return 0;
	/* Let go first: of two who hold it to read, none would get it to write. */
	if (r == 0)
		r = lock_tree(lock, &chain, F_UNLCK);
	if (r == 0)
		r = lock_tree(lock, &chain, F_WRLCK);
	if (r == 0 && !is_there(w->state, name))
		r = make_tree(w, image, name, progress, fail);
	return r < 0 ? r : lock_tree(lock, &chain, F_RDLCK);
}

int trees_open(void *ctx, struct work *w, const struct image *image, struct progress *progress,
	       const char **ret, struct fail *fail)
{
	struct held *held;
	struct digest chain;
	int r;

	if (image->layer_count == 0 || !unpack_can_share(w->fd))
		return 0;
	r = open_lock(ctx, w->state, &held);
	if (r == 0)
		r = find_or_make(held->fd, w, image, progress, fail);
	if (r < 0)
		return fail->text[0] ? r : fail_errno(fail, -r, "%s/trees", w->state->dir);
	chain = chain_id(image->config->diff_ids, image->layer_count);
	*ret = talloc_asprintf(ctx, "%s/trees/%s/rootfs", w->state->dir, digest_hex(&chain));
	return *ret ? 1 : fail_errno(fail, ENOMEM, "%s/trees", w->state->dir);
}

/* ---- removing -------------------------------------------------------------------------------- */

/* "": of an image without layers. */
static int chain_of(void *ctx, const struct state *s, const struct digest *id, struct digest *ret,
		    struct fail *fail)
{
	struct image_config *config;
	char *text;
	size_t len;
	int r = image_read_text(ctx, s, id, &text, &len, fail);

	*ret = (struct digest){ "" };
	if (r == 0)
		r = image_config_parse(ctx, text, len, &config, fail);
	if (r == 0 && config->layer_count)
		*ret = chain_id(config->diff_ids, config->layer_count);
	return r;
}

static bool is_kept(const struct digest *kept, size_t count, const char *hex)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i].text[0] && strcmp(digest_hex(&kept[i]), hex) == 0)
			return true;
	return false;
}

/* Out of sight by one rename; it goes with the work directory. */
static int remove_tree(struct state *s, struct held *held, const char *hex, struct fail *fail)
{
	char text[DIGEST_TEXT], name[TREE_NAME];
	struct digest chain;
	struct flock lock;
	struct work *w;
	int r;

	snprintf(text, sizeof(text), "%s:%.128s", strlen(hex) == 64 ? "sha256" : "sha512", hex);
	if (digest_parse(text, &chain) < 0)
		return 0; /* the lock, or none of ours */
	lock = byte_of(&chain, F_WRLCK);
	if (fcntl(held->fd, F_OFD_SETLK, &lock) < 0)
		return 0; /* in use: the next sweep's */
	tree_name(&chain, name);
	r = work_begin(held, s, &w, fail);
	if (r < 0)
		return r;
	if (renameat(s->fd, name, w->fd, "gone") < 0)
		r = fail_errno(fail, errno, "cannot remove %s/%s", s->dir, name);
	talloc_free(w);
	return r;
}

static int sweep(void *ctx, struct state *s, char **names, const struct images *images,
		 struct fail *fail)
{
	struct digest *kept = talloc_zero_array(ctx, struct digest, images->count + 1);
	struct held *held;
	int r = kept ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < images->count; i++)
		r = chain_of(ctx, s, &images->entries[i].id, &kept[i], fail);
	if (r == 0)
		r = open_lock(ctx, s, &held);
	for (; r == 0 && *names; names++)
		if (!is_kept(kept, images->count, *names))
			r = remove_tree(s, held, *names, fail);
	return r;
}

int trees_sweep(struct state *s, const struct images *images, struct fail *fail)
{
	void *ctx = talloc_new(NULL);
	char **names;
	int r = ctx ? work_list(ctx, s, "trees", &names) : -ENOMEM;

	if (r > 0)
		r = sweep(ctx, s, names, images, fail);
	talloc_free(ctx);
	if (r < 0 && r != -ENOENT && !fail->text[0])
		fail_errno(fail, -r, "%s/trees", s->dir);
	return r == -ENOENT ? 0 : r;
}
