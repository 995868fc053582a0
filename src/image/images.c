/* SPDX-License-Identifier: MIT */
/* The index of images: images.json, read, searched, changed and replaced as a whole. */
#include "image/images.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/json.h"
#include "image/open.h"
#include "image/reference.h"

static const char index_name[] = "images.json";

enum { LEAST_DIGITS = 4 };

/* ---- read ---- */

static int read_entry(struct images *images, const json_t *object, struct fail *fail)
{
	struct image_entry *e = &images->entries[images->count];
	const char *created;
	int r = json_digest(object, "id", &e->id, fail);

	if (r == 0)
		r = json_digest(object, "manifest", &e->manifest, fail);
	if (r == 0)
		r = json_texts(images->entries, object, "names", &e->names, fail);
	if (r == 0)
		r = json_text(object, "created", &created, fail);
	if (r == 0)
		r = json_size(object, "size", &e->size, fail);
	if (r == 0)
		r = json_size(object, "stored", &e->stored, fail);
	if (r < 0)
		return r;
	e->created = created ? talloc_strdup(images->entries, created) : NULL;
	images->count++;
	return 0;
}

static int read_text(void *ctx, const struct state *s, char **ret, size_t *ret_len,
		     struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) =
		openat(s->fd, index_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT)
		return 1;
	r = fd < 0 ? -errno : blob_read(ctx, fd, ret, ret_len);
	return r < 0 ? fail_errno(fail, -r, "%s/%s", s->dir, index_name) : 0;
}

int images_read(void *ctx, const struct state *s, struct images **ret, struct fail *fail)
{
	struct images *images = talloc_zero(ctx, struct images);
	json_t *top, *list = NULL;
	struct fail why = { "" };
	size_t len;
	char *text;
	int r = images ? read_text(images, s, &text, &len, fail) : -ENOMEM;

	if (r == 0) {
		r = json_read(images, text, len, "", &top, &why);
		if (r == 0)
			r = json_member(top, "images", JSON_ARRAY, &list, &why);
		images->entries =
			talloc_zero_array(images, struct image_entry, json_array_size(list));
		for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
			r = read_entry(images, json_array_get(list, i), &why);
		if (r < 0)
			fail_set(fail, "%s/%s is broken: %s", s->dir, index_name, why.text);
	}
	if (r < 0)
		talloc_free(images);
	else
		*ret = images;
	return r < 0 ? r : 0;
}

/* ---- written ---- */

static json_t *write_entry(const struct image_entry *e)
{
	json_t *names = json_array();

	for (size_t i = 0; e->names[i]; i++)
		json_array_append_new(names, json_string(e->names[i]));
	return json_pack("{s:s, s:o, s:s, s:s*, s:I, s:I}", "id", e->id.text, "names", names,
			 "manifest", e->manifest.text, "created", e->created, "size",
			 (json_int_t)e->size, "stored", (json_int_t)e->stored);
}

int images_write(const struct state *s, const struct images *images, struct fail *fail)
{
	json_t *list = json_array(), *top;
	char *text;
	int r;

	for (size_t i = 0; i < images->count; i++)
		json_array_append_new(list, write_entry(&images->entries[i]));
	top = json_pack("{s:o}", "images", list);
	text = top ? json_dumps(top, JSON_INDENT(1)) : NULL;
	r = text ? state_write_file(s->fd, index_name, text, strlen(text), fail)
		 : fail_errno(fail, ENOMEM, "%s/%s", s->dir, index_name);
	free(text);
	json_decref(top);
	return r;
}

/* ---- found ---- */

static struct image_entry *by_id(const struct images *images, const struct digest *id)
{
	for (size_t i = 0; i < images->count; i++)
		if (digest_equal(&images->entries[i].id, id))
			return &images->entries[i];
	return NULL;
}

static struct image_entry *by_name(const struct images *images, const char *name)
{
	for (size_t i = 0; i < images->count; i++)
		for (size_t k = 0; images->entries[i].names[k]; k++)
			if (strcmp(images->entries[i].names[k], name) == 0)
				return &images->entries[i];
	return NULL;
}

static bool begins_id(const struct image_entry *e, const char *word)
{
	const char *hex = digest_hex(&e->id);
	size_t len;

	if (strncmp(word, "sha256:", 7) == 0 || strncmp(word, "sha512:", 7) == 0)
		hex = e->id.text;
	len = strlen(word);
	return len >= LEAST_DIGITS + (hex == e->id.text ? 7u : 0u) && strncmp(hex, word, len) == 0;
}

/* 0, -ENOENT, or -EEXIST where several begin so. */
static int by_prefix(const struct images *images, const char *word, struct image_entry **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < images->count; i++) {
		if (!begins_id(&images->entries[i], word))
			continue;
		if (*ret)
			return -EEXIST;
		*ret = &images->entries[i];
	}
	return *ret ? 0 : -ENOENT;
}

/* "debian@sha256:...": by the digest of the manifest, if the image has a name of that kind. */
static struct image_entry *by_manifest(const struct images *images, const char *name)
{
	const char *at = strchr(name, '@');
	size_t len = at ? (size_t)(at - name) : 0;

	for (size_t i = 0; at && i < images->count; i++) {
		struct image_entry *e = &images->entries[i];

		if (strcmp(e->manifest.text, at + 1) != 0)
			continue;
		for (size_t k = 0; e->names[k]; k++)
			if (strncmp(e->names[k], name, len) == 0 && e->names[k][len] == ':')
				return e;
	}
	return NULL;
}

int images_find(const struct images *images, const char *word, struct image_entry **ret,
		struct fail *fail)
{
	const char *name;
	struct fail why;
	int r;

	*ret = NULL;
	if (reference_normalize(NULL, word, &name, &why) == 0) {
		*ret = by_name(images, name);
		if (!*ret)
			*ret = by_manifest(images, name);
		talloc_free((void *)name);
	}
	if (*ret)
		return 0;
	r = by_prefix(images, word, ret);
	if (r == -EEXIST)
		fail_set(fail, "several images have an id that begins with %s", word);
	else if (r < 0)
		fail_set(fail, "there is no image '%.300s': pr images lists them", word);
	return r < 0 ? -ENOENT : 0;
}

/* ---- changed ---- */

bool images_is_whole(const struct images *images, const struct state *s, const struct digest *id)
{
	const struct image_entry *e = by_id(images, id);
	void *ctx = talloc_new(NULL);
	struct manifest *m;
	struct fail ignored;
	bool whole = e && blob_size(s, id) >= 0 &&
		     image_read_manifest(ctx, s, &e->manifest, &m, &ignored) == 0;

	for (size_t i = 0; whole && i < m->layer_count; i++)
		whole = blob_size(s, &m->layers[i].digest) >= 0;
	talloc_free(ctx);
	return whole;
}

int images_add(struct images *images, const struct image_entry *entry, struct fail *fail)
{
	struct image_entry *list, *e = by_id(images, &entry->id);

	if (e) {
		e->manifest = entry->manifest;
		e->stored = entry->stored;
		return 0;
	}
	list = talloc_realloc(images, images->entries, struct image_entry, images->count + 1);
	if (!list)
		return fail_errno(fail, ENOMEM, "images");
	images->entries = list;
	e = &list[images->count];
	*e = *entry;
	e->created = entry->created ? talloc_strdup(list, entry->created) : NULL;
	e->names = talloc_zero_array(list, const char *, 1);
	if (!e->names)
		return fail_errno(fail, ENOMEM, "images");
	images->count++;
	return 0;
}

static void take_name(struct image_entry *e, const char *name)
{
	size_t kept = 0;

	for (size_t k = 0; e->names[k]; k++)
		if (strcmp(e->names[k], name) != 0)
			e->names[kept++] = e->names[k];
	e->names[kept] = NULL;
}

int images_name(struct images *images, const struct digest *id, const char *name, struct fail *fail)
{
	struct image_entry *e = by_id(images, id);
	const char **names;
	size_t n = 0;

	for (size_t i = 0; i < images->count; i++)
		if (&images->entries[i] != e)
			take_name(&images->entries[i], name);
	while (e->names[n])
		if (strcmp(e->names[n++], name) == 0)
			return 0;
	names = talloc_realloc(images->entries, e->names, const char *, n + 2);
	if (names)
		names[n] = talloc_strdup(names, name);
	if (!names || !names[n])
		return fail_errno(fail, ENOMEM, "images");
	names[n + 1] = NULL;
	e->names = names;
	return 0;
}

void images_unname(struct images *images, const char *name)
{
	for (size_t i = 0; i < images->count; i++)
		take_name(&images->entries[i], name);
}

void images_remove(struct images *images, struct image_entry *e)
{
	size_t at = (size_t)(e - images->entries);

	images->count--;
	memmove(e, e + 1, (images->count - at) * sizeof(*e));
}
