/* SPDX-License-Identifier: MIT */
/*
 * Saving: an OCI layout as a tar archive, and for docker a manifest.json beside, which is what
 * docker itself writes since version 25. Blobs go as they are; a manifest of docker's is written
 * anew as OCI's, so that every reader of OCI layouts takes it. The same images make the same bytes.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/progress.h"
#include "image/images.h"
#include "image/layout.h"
#include "image/manifest.h"
#include "image/open.h"
#include "image/reference.h"

struct saved {
	struct image *image;
	const char **names; /* whole ones */
	char *config;
	size_t config_len;
	char *manifest;	      /* OCI's */
	struct digest digest; /* its */
};

struct saving {
	struct state *state;
	struct saved *images;
	size_t count;
	int fd;
	json_t *written; /* by member: what is in it already */
	struct progress *progress;
	uint64_t done, total;
};

/* ---- what is to be saved ---- */

static int make_manifest(struct saved *s, struct fail *fail)
{
	struct manifest m = { .layer_count = s->image->layer_count };

	m.config = (struct descriptor){ s->image->id, s->config_len, MEDIA_CONFIG };
	m.layers = talloc_zero_array(s->image, struct descriptor, m.layer_count);
	for (size_t i = 0; m.layers && i < m.layer_count; i++) {
		const struct image_layer *l = &s->image->layers[i];
		const char *media =
			talloc_asprintf(m.layers, "%s%s", MEDIA_LAYER, manifest_sniff(l->fd));

		m.layers[i] = (struct descriptor){ l->digest, l->size, media };
	}
	s->manifest = manifest_write(s->image, &m);
	return s->manifest ? 0 : fail_errno(fail, ENOMEM, "a manifest");
}

/* The one that it came with, if that is OCI's. */
static int take_manifest(struct saving *v, struct saved *s, struct fail *fail)
{
	struct manifest *m;
	size_t len;
	int r = image_read_manifest(s->image, v->state, &s->image->manifest, &m, fail);

	if (r < 0)
		return r;
	if (strcmp(m->config.media, MEDIA_CONFIG) == 0)
		r = image_read_text(s->image, v->state, &s->image->manifest, &s->manifest, &len,
				    fail);
	else
		r = make_manifest(s, fail);
	if (r == 0)
		s->digest = digest_of(DIGEST_SHA256, s->manifest, strlen(s->manifest));
	return r;
}

/* The name that was written, or, for an id, all. */
static int take_names(struct saved *s, const struct image_entry *e, const char *word)
{
	struct fail ignored;
	const char *name;
	size_t n = 0;

	while (e->names[n])
		n++;
	s->names = talloc_zero_array(s->image, const char *, n + 1);
	if (!s->names || reference_normalize(s->names, word, &name, &ignored) < 0)
		name = NULL;
	for (size_t i = 0, k = 0; s->names && i < n; i++)
		if (!name || strcmp(name, e->names[i]) == 0)
			s->names[k++] = talloc_strdup(s->names, e->names[i]);
	if (s->names && !s->names[0])
		for (size_t i = 0; i < n; i++)
			s->names[i] = talloc_strdup(s->names, e->names[i]);
	return s->names ? 0 : -ENOMEM;
}

static int take_image(struct saving *v, const struct images *images, const char *word,
		      struct fail *fail)
{
	struct saved *s = &v->images[v->count];
	struct image_entry *e;
	int r = images_find(images, word, &e, fail);

	if (r == 0)
		r = image_open(v, v->state, e->id.text, &s->image, fail);
	if (r == 0)
		r = take_names(s, e, word);
	if (r == 0)
		r = image_read_text(s->image, v->state, &s->image->id, &s->config, &s->config_len,
				    fail);
	if (r == 0)
		r = take_manifest(v, s, fail);
	for (size_t i = 0; r == 0 && i < s->image->layer_count; i++)
		v->total += s->image->layers[i].size;
	v->count++;
	return r;
}

static int take_all(struct saving *v, const char *const *words, struct fail *fail)
{
	struct images *images;
	struct fail ignored;
	size_t n = 0;
	int r = state_lock(v->state, STATE_SHARED, fail);

	while (words[n])
		n++;
	v->images = talloc_zero_array(v, struct saved, n);
	if (r == 0)
		r = v->images ? images_read(v, v->state, &images, fail) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = take_image(v, images, words[i], fail);
	state_lock(v->state, STATE_UNLOCKED, &ignored);
	return r;
}

/* ---- the archive ---- */

/* ustar's header; a size that its digits do not hold is binary, as every tar reads it. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

enum { BLOCK = 512, DIGITS = 11 };

static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static int put_bytes(struct saving *v, const void *bytes, size_t len, struct fail *fail)
{
	int r = fd_write(v->fd, bytes, len);

	return r < 0 ? fail_errno(fail, -r, "the archive cannot be written") : 0;
}

static void put_size(struct header *h, uint64_t size)
{
	if (size >> 3 * DIGITS == 0) {
		snprintf(h->size, sizeof(h->size), "%011llo", (unsigned long long)size);
		return;
	}
	h->size[0] = (char)0x80;
	for (int i = DIGITS; i > 3; i--, size >>= 8)
		h->size[i] = (char)size;
}

static int end_member(struct saving *v, uint64_t size, struct fail *fail)
{
	static const char zeros[BLOCK];

	return size % BLOCK ? put_bytes(v, zeros, BLOCK - size % BLOCK, fail) : 0;
}

static int put_header(struct saving *v, const char *name, uint64_t size, char type,
		      struct fail *fail)
{
	struct header h = { .mode = "0000444",
			    .uid = "0000000",
			    .gid = "0000000",
			    .mtime = "00000000000",
			    .sum = "       ",
			    .type = type,
			    .magic = "ustar",
			    .version = { '0', '0' } };
	const unsigned char *p = (const unsigned char *)&h;
	unsigned sum = 0;

	if (type == '5')
		snprintf(h.mode, sizeof(h.mode), "0000755");
	snprintf(h.name, sizeof(h.name), "%s", name);
	put_size(&h, size);
	h.sum[7] = ' ';
	for (size_t i = 0; i < sizeof(h); i++)
		sum += p[i];
	snprintf(h.sum, sizeof(h.sum), "%06o", sum);
	return put_bytes(v, &h, sizeof(h), fail);
}

/* A name that is too long for a header (a sha512 blob's) stands in one of PAX in front. */
static int begin_member(struct saving *v, const char *name, uint64_t size, struct fail *fail)
{
	char record[BLOCK];
	int r = 0, len = (int)strlen(name) + (int)sizeof("123 path=");

	if (strlen(name) >= sizeof(((struct header *)NULL)->name)) {
		if (snprintf(record, sizeof(record), "%d path=%s\n", len, name) != len)
			return fail_errno(fail, ENAMETOOLONG, "cannot save '%s'", name);
		r = put_header(v, "PaxHeader", (uint64_t)len, 'x', fail);
		if (r == 0)
			r = put_bytes(v, record, (size_t)len, fail);
		if (r == 0)
			r = end_member(v, (uint64_t)len, fail);
	}
	return r < 0 ? r : put_header(v, name, size, '0', fail);
}

static int put_text(struct saving *v, const char *name, const char *text, size_t len,
		    struct fail *fail)
{
	int r = begin_member(v, name, len, fail);

	if (r == 0)
		r = put_bytes(v, text, len, fail);
	return r < 0 ? r : end_member(v, len, fail);
}

/* Where it goes, once: 1 where it is there already. */
static int blob_member(struct saving *v, const struct digest *d, char ret[BLOB_NAME])
{
	blob_name(d, ret);
	if (json_object_get(v->written, ret))
		return 1;
	json_object_set_new(v->written, ret, json_true());
	return 0;
}

static int put_layer(struct saving *v, const struct image_layer *l, struct fail *fail)
{
	static char buf[1 << 17];
	char name[BLOB_NAME];
	uint64_t left = l->size;
	int r = 0;

	if (blob_member(v, &l->digest, name)) {
		v->done += l->size;
		return 0;
	}
	r = begin_member(v, name, l->size, fail);
	while (r == 0 && left > 0) {
		size_t want = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		ssize_t n = pread(l->fd, buf, want, (off_t)(l->size - left));

		if (n <= 0)
			return fail_errno(fail, n < 0 ? errno : EIO, "%s", l->digest.text);
		r = put_bytes(v, buf, (size_t)n, fail);
		left -= (uint64_t)n;
		v->done += (uint64_t)n;
		progress_tell(v->progress, v->done, v->total);
	}
	return r < 0 ? r : end_member(v, l->size, fail);
}

static int put_image(struct saving *v, const struct saved *s, struct fail *fail)
{
	char name[BLOB_NAME];
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->image->layer_count; i++)
		r = put_layer(v, &s->image->layers[i], fail);
	if (r == 0 && !blob_member(v, &s->image->id, name))
		r = put_text(v, name, s->config, s->config_len, fail);
	if (r == 0 && !blob_member(v, &s->digest, name))
		r = put_text(v, name, s->manifest, strlen(s->manifest), fail);
	return r;
}

/* ---- the lists ---- */

static int put_json(struct saving *v, const char *name, json_t *json, struct fail *fail)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int r = text ? put_text(v, name, text, strlen(text), fail)
		     : fail_errno(fail, ENOMEM, "%s", name);

	free(text);
	json_decref(json);
	return r;
}

static json_t *index_entry(const struct saved *s, const char *name)
{
	const struct image_config *c = s->image->config;
	json_t *entry = json_pack("{s:s, s:s, s:I}", "mediaType", MEDIA_MANIFEST, "digest",
				  s->digest.text, "size", (json_int_t)strlen(s->manifest));

	/* Readers of OCI archives take the one, docker's the other. */
	if (name)
		json_object_set_new(entry, "annotations",
				    json_pack("{s:s, s:s}", "io.containerd.image.name", name,
					      "org.opencontainers.image.ref.name", name));
	if (c->os && c->architecture)
		json_object_set_new(entry, "platform",
				    json_pack("{s:s, s:s, s:s*}", "architecture", c->architecture,
					      "os", c->os, "variant", c->variant));
	return entry;
}

static int put_index(struct saving *v, struct fail *fail)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->count; i++) {
		const struct saved *s = &v->images[i];

		if (!s->names[0])
			json_array_append_new(list, index_entry(s, NULL));
		for (size_t k = 0; s->names[k]; k++)
			json_array_append_new(list, index_entry(s, s->names[k]));
	}
	return put_json(v, "index.json",
			json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType", MEDIA_INDEX,
				  "manifests", list),
			fail);
}

static int put_docker_list(struct saving *v, struct fail *fail)
{
	json_t *list = json_array();
	char name[BLOB_NAME];

	for (size_t i = 0; i < v->count; i++) {
		const struct saved *s = &v->images[i];
		json_t *tags = json_array(), *layers = json_array();

		for (size_t k = 0; s->names[k]; k++)
			json_array_append_new(tags, json_string(reference_short(s->names[k])));
		for (size_t k = 0; k < s->image->layer_count; k++) {
			blob_name(&s->image->layers[k].digest, name);
			json_array_append_new(layers, json_string(name));
		}
		blob_name(&s->image->id, name);
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "Config", name, "RepoTags",
						      tags, "Layers", layers));
	}
	return put_json(v, "manifest.json", list, fail);
}

/* Those above blobs: some readers make what is missing as root's. */
static int put_directories(struct saving *v, struct fail *fail)
{
	bool has_sha512 = false;
	int r = put_header(v, "blobs/", 0, '5', fail);

	if (r == 0)
		r = put_header(v, "blobs/sha256/", 0, '5', fail);
	for (size_t i = 0; i < v->count; i++)
		for (size_t k = 0; k < v->images[i].image->layer_count; k++)
			has_sha512 |=
				digest_kind(&v->images[i].image->layers[k].digest) == DIGEST_SHA512;
	return r == 0 && has_sha512 ? put_header(v, "blobs/sha512/", 0, '5', fail) : r;
}

static int put_all(struct saving *v, enum save_format format, struct fail *fail)
{
	static const char end[2 * BLOCK];
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	int r = put_text(v, "oci-layout", layout, strlen(layout), fail);

	if (r == 0)
		r = put_directories(v, fail);
	for (size_t i = 0; r == 0 && i < v->count; i++)
		r = put_image(v, &v->images[i], fail);
	if (r == 0)
		r = put_index(v, fail);
	if (r == 0 && format == SAVE_DOCKER)
		r = put_docker_list(v, fail);
	return r < 0 ? r : put_bytes(v, end, sizeof(end), fail);
}

static int saving_end(struct saving *v)
{
	json_decref(v->written);
	return 0;
}

int image_save(struct state *s, const char *const *words, enum save_format format, int fd,
	       struct progress *progress, struct fail *fail)
{
	struct saving *v = talloc_zero(s, struct saving);
	int r = v ? 0 : fail_errno(fail, ENOMEM, "the archive");

	if (r < 0)
		return r;
	v->state = s;
	v->progress = progress;
	v->fd = fd;
	v->written = json_object();
	talloc_set_destructor(v, saving_end);
	r = take_all(v, words, fail);
	if (r == 0)
		r = put_all(v, format, fail);
	talloc_free(v);
	return r;
}
