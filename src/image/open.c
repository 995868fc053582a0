/* SPDX-License-Identifier: MIT */
/* An image in use: its manifest and config read, its layers opened. */
#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "base/fd.h"
#include "image/images.h"
#include "image/json.h"
#include "image/manifest.h"
#include "image/open.h"
#include "image/reference.h"

static int image_close(struct image *image)
{
	for (size_t i = 0; i < image->layer_count; i++)
		fd_cleanup(&image->layers[i].fd);
	return 0;
}

int image_read_text(void *ctx, const struct state *s, const struct digest *d, char **ret,
		    size_t *ret_len, struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) = blob_open(s, d, fail);
	int r = fd < 0 ? fd : blob_read(ctx, fd, ret, ret_len);

	return r < 0 && fd >= 0 ? fail_errno(fail, -r, "%s", d->text) : r;
}

int image_read_manifest(void *ctx, const struct state *s, const struct digest *d,
			struct manifest **ret, struct fail *fail)
{
	char *text;
	size_t len;
	json_t *top;
	int r = image_read_text(ctx, s, d, &text, &len, fail);

	if (r == 0)
		r = json_read(ctx, text, len, d->text, &top, fail);
	return r < 0 ? r : manifest_read(ctx, top, ret, fail);
}

static int read_config(struct image *image, const struct state *s, struct fail *fail)
{
	char *text;
	size_t len;
	int r = image_read_text(image, s, &image->id, &text, &len, fail);

	return r < 0 ? r : image_config_parse(image, text, len, &image->config, fail);
}

static int open_layers(struct image *image, const struct state *s, const struct manifest *m,
		       struct fail *fail)
{
	if (image->config->layer_count != m->layer_count) {
		fail_set(fail, "%s is broken: load it anew", image->id.text);
		return -EBADMSG;
	}
	image->layers = talloc_zero_array(image, struct image_layer, m->layer_count);
	if (!image->layers && m->layer_count)
		return fail_errno(fail, ENOMEM, "%s", image->id.text);
	for (size_t i = 0; i < m->layer_count; i++) {
		int fd = blob_open(s, &m->layers[i].digest, fail);

		if (fd < 0)
			return fd;
		image->layers[i] =
			(struct image_layer){ m->layers[i].digest, image->config->diff_ids[i],
					      m->layers[i].size, fd };
		image->layer_count++;
	}
	return 0;
}

static int open_entry(struct image *image, const struct state *s, const struct image_entry *e,
		      struct fail *fail)
{
	struct manifest *m;
	int r;

	image->id = e->id;
	image->manifest = e->manifest;
	image->name = e->names[0] ? talloc_strdup(image, reference_short(e->names[0])) : NULL;
	r = read_config(image, s, fail);
	if (r == 0)
		r = image_read_manifest(image, s, &e->manifest, &m, fail);
	return r < 0 ? r : open_layers(image, s, m, fail);
}

int image_open(void *ctx, struct state *s, const char *word, struct image **ret, struct fail *fail)
{
	struct image *image = talloc_zero(ctx, struct image);
	enum state_lock before = s->lock;
	struct image_entry *e;
	struct images *images;
	struct fail ignored;
	int r = image ? 0 : fail_errno(fail, ENOMEM, "%s", word);

	if (r == 0 && before == STATE_UNLOCKED)
		r = state_lock(s, STATE_SHARED, fail);
	if (r == 0) {
		talloc_set_destructor(image, image_close);
		r = images_read(image, s, &images, fail);
	}
	if (r == 0)
		r = images_find(images, word, &e, fail);
	if (r == 0)
		r = open_entry(image, s, e, fail);
	if (before == STATE_UNLOCKED)
		state_lock(s, STATE_UNLOCKED, &ignored);
	if (r < 0)
		talloc_free(image);
	else
		*ret = image;
	return r;
}
