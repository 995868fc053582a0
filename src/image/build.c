/* SPDX-License-Identifier: MIT */
/* A layer is compressed (by gzip, which every reader has), written and digested in one go; config,
   manifest and index are made from that. */
#include "image/build.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/layout.h"
#include "image/manifest.h"
#include "image/platform.h"
#include "image/space.h"
#include "image/work.h"

struct build {
	struct work *work;
	const struct image *base;
	struct archive *gzip;	  /* whose output is the layer */
	struct digester diff;	  /* of the tar stream */
	struct digester digester; /* of the layer */
	int fd;			  /* the layer */
	int error;		  /* -errno of what wrote it */
	struct space space;
};

static int close_build(struct build *b)
{
	archive_write_free(b->gzip);
	fd_cleanup(&b->fd);
	return 0;
}

static la_ssize_t write_layer(struct archive *a, void *build, const void *bytes, size_t size)
{
	struct build *b = build;

	(void)a;
	if (b->error == 0)
		b->error = space_check(&b->space, b->fd, size);
	if (b->error == 0)
		b->error = fd_write(b->fd, bytes, size);
	digester_update(&b->digester, bytes, size);
	return b->error < 0 ? -1 : (la_ssize_t)size;
}

/* No time in it: of the same tree it is the same layer. */
static int open_gzip(struct build *b)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	b->gzip = archive_write_new();
	if (!b->gzip || !e)
		return -ENOMEM;
	archive_entry_set_filetype(e, AE_IFREG);
	archive_write_set_bytes_per_block(b->gzip, 65536);
	archive_write_set_bytes_in_last_block(b->gzip, 1);
	r = archive_write_set_format_raw(b->gzip);
	if (r == ARCHIVE_OK)
		r = archive_write_add_filter_gzip(b->gzip);
	if (r == ARCHIVE_OK)
		r = archive_write_set_filter_option(b->gzip, "gzip", "timestamp", NULL);
	if (r == ARCHIVE_OK)
		r = archive_write_open(b->gzip, b, NULL, write_layer, NULL);
	if (r == ARCHIVE_OK)
		r = archive_write_header(b->gzip, e);
	archive_entry_free(e);
	return r == ARCHIVE_OK ? 0 : -EIO;
}

int build_begin(void *ctx, struct state *s, const struct image *base, struct build **ret,
		struct fail *fail)
{
	static const char *const dirs[] = { "layout", "layout/blobs", "layout/blobs/sha256",
					    "layout/blobs/sha512" };
	struct build *b = talloc_zero(ctx, struct build);
	int r = b ? work_begin(b, s, &b->work, fail) : -ENOMEM;

	if (r < 0)
		return r;
	b->fd = -1;
	b->base = base;
	digester_init(&b->digester, DIGEST_SHA256);
	digester_init(&b->diff, DIGEST_SHA256);
	talloc_set_destructor(b, close_build);
	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		r = mkdirat(b->work->fd, dirs[i], 0700) < 0 ? -errno : 0;
	if (r == 0)
		b->fd = openat(b->work->fd, "layer", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->fd < 0)
		return fail_errno(fail, errno, "cannot make an image in %s", s->dir);
	r = open_gzip(b);
	if (r < 0)
		return fail_errno(fail, -r, "cannot compress a layer");
	*ret = b;
	return 0;
}

int build_write(void *build, const void *bytes, size_t size)
{
	struct build *b = build;

	digester_update(&b->diff, bytes, size);
	if (archive_write_data(b->gzip, bytes, size) == (la_ssize_t)size)
		return 0;
	return b->error < 0 ? b->error : -EIO;
}

/* ---- the config ---- */

static json_t *text_list(const char *const *list)
{
	json_t *array = json_array();

	for (; *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

static void set_list(json_t *config, const char *key, const char *const *list)
{
	if (list)
		json_object_set_new(config, key, text_list(list));
}

static void set_text(json_t *config, const char *key, const char *text)
{
	if (text)
		json_object_set_new(config, key, json_string(text));
}

/* The member of that type, made where there is none. Borrowed. */
static json_t *member(json_t *object, const char *key, json_t *empty)
{
	json_t *found = json_object_get(object, key);

	if (found && json_typeof(found) == json_typeof(empty)) {
		json_decref(empty);
		return found;
	}
	json_object_set_new(object, key, empty);
	return empty;
}

/* The base's config, all that it says included; of none, what there must be. */
static json_t *base_config(struct build *b, struct fail *fail)
{
	struct platform host;
	json_t *top = NULL;
	char *text;
	size_t len;
	int fd, r;

	if (!b->base) {
		top = json_object();
		platform_host(&host);
		set_text(top, "architecture", host.architecture);
		set_text(top, "os", host.os);
		if (host.variant[0] && strcmp(host.architecture, "amd64") != 0)
			set_text(top, "variant", host.variant);
		return top;
	}
	fd = blob_open(b->work->state, &b->base->id, fail);
	if (fd < 0)
		return NULL;
	r = blob_read(b, fd, &text, &len);
	close(fd);
	if (r == 0)
		top = json_loadb(text, len, 0, NULL);
	if (!top)
		fail_set(fail, "the image's config cannot be read");
	return top;
}

static json_t *make_config(struct build *b, const struct build_config *c,
			   const struct digest *diff_id, struct fail *fail)
{
	json_t *top = base_config(b, fail), *config, *rootfs, *diff_ids, *step;
	time_t now = time(NULL);
	char created[32];

	if (!top)
		return NULL;
	strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	set_text(top, "created", created);
	config = member(top, "config", json_object());
	set_list(config, "Entrypoint", c->entrypoint);
	set_list(config, "Cmd", c->cmd);
	set_list(config, "Env", c->env);
	set_text(config, "WorkingDir", c->workdir);
	set_text(config, "User", c->user);
	rootfs = member(top, "rootfs", json_object());
	set_text(rootfs, "type", "layers");
	diff_ids = member(rootfs, "diff_ids", json_array());
	json_array_append_new(diff_ids, json_string(diff_id->text));
	step = json_object();
	set_text(step, "created", created);
	set_text(step, "created_by", c->comment);
	json_array_append_new(member(top, "history", json_array()), step);
	return top;
}

/* ---- the layout ---- */

static int write_blob(struct build *b, const char *text, struct digest *ret, struct fail *fail)
{
	char name[BLOB_NAME + 8];

	*ret = digest_of(DIGEST_SHA256, text, strlen(text));
	snprintf(name, sizeof(name), "layout/blobs/sha256/%s", digest_hex(ret));
	return state_write_file(b->work->fd, name, text, strlen(text), fail);
}

/* What the base has stays readable whoever removes it: by a link. */
static int link_layer(struct build *b, const struct digest *d, struct fail *fail)
{
	char from[BLOB_NAME], to[BLOB_NAME + 8];

	blob_name(d, from);
	snprintf(to, sizeof(to), "layout/%s", from);
	if (linkat(b->work->state->fd, from, b->work->fd, to, 0) == 0 || errno == EEXIST)
		return 0;
	return fail_errno(fail, errno, "layer %s", d->text);
}

static int place_layer(struct build *b, const struct digest *d, struct fail *fail)
{
	char to[BLOB_NAME + 8];

	snprintf(to, sizeof(to), "layout/blobs/sha256/%s", digest_hex(d));
	return renameat(b->work->fd, "layer", b->work->fd, to) < 0
		       ? fail_errno(fail, errno, "cannot make the layer") : 0;
}

static int fill_manifest(struct build *b, struct manifest *m, const struct digest *layer,
			 struct fail *fail)
{
	size_t below = b->base ? b->base->layer_count : 0;
	int r = place_layer(b, layer, fail);

	m->layer_count = below + 1;
	m->layers = talloc_zero_array(b, struct descriptor, m->layer_count);
	if (!m->layers)
		return fail_errno(fail, ENOMEM, "a manifest");
	for (size_t i = 0; r == 0 && i < below; i++) {
		const struct image_layer *l = &b->base->layers[i];

		m->layers[i] = (struct descriptor){
			l->digest, l->size,
			talloc_asprintf(b, "%s%s", MEDIA_LAYER, manifest_sniff(l->fd))
		};
		r = link_layer(b, &l->digest, fail);
	}
	m->layers[below] = (struct descriptor){ *layer, b->digester.bytes,
					       MEDIA_LAYER "+gzip" };
	return r;
}

static int write_index(struct build *b, const struct manifest *m, struct fail *fail)
{
	static const char version[] = "{\"imageLayoutVersion\": \"1.0.0\"}";
	char *text = manifest_write(b, m), *index;
	struct digest d;
	int r = text ? write_blob(b, text, &d, fail) : -ENOMEM;

	if (r < 0)
		return r;
	index = talloc_asprintf(b, "{\"schemaVersion\": 2, \"mediaType\": \"%s\", \"manifests\": "
				   "[{\"mediaType\": \"%s\", \"digest\": \"%s\", \"size\": %zu}]}",
				MEDIA_INDEX, MEDIA_MANIFEST, d.text, strlen(text));
	r = index ? state_write_file(b->work->fd, "layout/index.json", index, strlen(index), fail)
		  : -ENOMEM;
	return r < 0 ? r : state_write_file(b->work->fd, "layout/oci-layout", version,
					    strlen(version), fail);
}

int build_finish(struct build *b, const struct build_config *config, const char *name,
		 struct progress *progress, struct digest *ret, struct fail *fail)
{
	struct manifest m = { .layers = NULL };
	struct load_request load = { .name = name, .is_ours = true,
				     .progress = progress };
	struct digest layer, diff_id;
	struct loaded *loaded;
	json_t *top;
	char *text;
	int r;

	if (archive_write_close(b->gzip) != ARCHIVE_OK)
		return fail_errno(fail, b->error < 0 ? -b->error : EIO, "cannot write the layer");
	digester_finish(&b->digester, &layer);
	digester_finish(&b->diff, &diff_id);
	top = make_config(b, config, &diff_id, fail);
	text = top ? json_dumps(top, JSON_COMPACT) : NULL;
	json_decref(top);
	if (!text)
		return fail->text[0] ? -EBADMSG : fail_errno(fail, ENOMEM, "an image's config");
	r = write_blob(b, text, &m.config.digest, fail);
	m.config.size = strlen(text);
	m.config.media = MEDIA_CONFIG;
	free(text);
	if (r == 0)
		r = fill_manifest(b, &m, &layer, fail);
	if (r == 0)
		r = write_index(b, &m, fail);
	load.file = talloc_asprintf(b, "%s/%s/layout", b->work->state->dir, b->work->name);
	if (r == 0)
		r = image_load(b, b->work->state, &load, &loaded, fail);
	if (r == 0)
		*ret = loaded->images[0].id;
	return r;
}
