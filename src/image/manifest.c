/* SPDX-License-Identifier: MIT */
/* Manifests read and written. */
#include "image/manifest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "image/json.h"

static int bad(struct fail *fail, const char *why)
{
	fail_set(fail, "%s", why);
	return -EBADMSG;
}

int descriptor_read(const json_t *object, struct descriptor *ret, struct fail *fail)
{
	int r;

	*ret = (struct descriptor){ .media = "" };
	if (!json_is_object(object))
		return bad(fail, "a descriptor is no object");
	r = json_digest(object, "digest", &ret->digest, fail);
	if (r == 0)
		r = json_size(object, "size", &ret->size, fail);
	if (r == 0)
		r = json_text(object, "mediaType", &ret->media, fail);
	if (!ret->media)
		ret->media = "";
	return r;
}

/* What can be unpacked: any tar, however it is packed; the bytes themselves tell how. */
static bool is_layer(const char *media)
{
	return !strstr(media, "+encrypted") &&
	       (!*media || strstr(media, "image.layer.") || strstr(media, "image.rootfs."));
}

static int read_layers(struct manifest *m, const json_t *list, struct fail *fail)
{
	int r = 0;

	m->layer_count = json_array_size(list);
	m->layers = talloc_zero_array(m, struct descriptor, m->layer_count);
	if (!m->layers && m->layer_count)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < m->layer_count; i++) {
		r = descriptor_read(json_array_get(list, i), &m->layers[i], fail);
		if (r < 0 || is_layer(m->layers[i].media))
			continue;
		fail_set(fail, "layer %zu is no file system's, or encrypted: '%.200s'", i + 1,
			 m->layers[i].media);
		r = -EBADMSG;
	}
	return r;
}

int manifest_read(void *ctx, const json_t *top, struct manifest **ret, struct fail *fail)
{
	struct manifest *m = talloc_zero(ctx, struct manifest);
	json_t *config = NULL, *layers = NULL;
	uint64_t version;
	int r = m ? 0 : -ENOMEM;

	if (r == 0 && !json_is_object(top))
		r = bad(fail, "the manifest is no object");
	if (r == 0)
		r = json_size(top, "schemaVersion", &version, fail);
	if (r == 0 && version == 1)
		r = bad(fail, "a manifest of schema 1, which docker gave up in 2019: pull it anew");
	if (r == 0)
		r = json_member(top, "config", JSON_OBJECT, &config, fail);
	if (r == 0 && !config)
		r = bad(fail, "the manifest has no config");
	if (r == 0)
		r = descriptor_read(config, &m->config, fail);
	if (r == 0)
		r = json_member(top, "layers", JSON_ARRAY, &layers, fail);
	if (r == 0)
		r = read_layers(m, layers, fail);
	if (r < 0)
		talloc_free(m);
	else
		*ret = m;
	return r;
}

static json_t *descriptor_write(const struct descriptor *d)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", d->media, "digest", d->digest.text, "size",
			 (json_int_t)d->size);
}

char *manifest_write(void *ctx, const struct manifest *m)
{
	json_t *layers = json_array(), *top;
	char *text, *ret = NULL;

	for (size_t i = 0; i < m->layer_count; i++)
		json_array_append_new(layers, descriptor_write(&m->layers[i]));
	top = json_pack("{s:i, s:s, s:o, s:o}", "schemaVersion", 2, "mediaType", MEDIA_MANIFEST,
			"config", descriptor_write(&m->config), "layers", layers);
	text = top ? json_dumps(top, JSON_COMPACT) : NULL;
	if (text)
		ret = talloc_strdup(ctx, text);
	free(text);
	json_decref(top);
	return ret;
}

const char *manifest_sniff(int fd)
{
	unsigned char magic[4] = { 0 };

	if (pread(fd, magic, sizeof(magic), 0) < 2)
		return "";
	if (magic[0] == 0x1f && magic[1] == 0x8b)
		return "+gzip";
	return memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0 ? "+zstd" : "";
}
