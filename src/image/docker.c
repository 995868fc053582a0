/* SPDX-License-Identifier: MIT */
/*
 * What `docker save` has written in its ages, and others in its way: manifest.json names for each
 * image its config and its layers, as members of the archive. The layers may be compressed whatever
 * their names say (crane, kaniko, bazel); what binds them to the image are its diff ids alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/fd.h"
#include "image/json.h"
#include "image/load.h"
#include "image/work.h"

static const char where[] = "manifest.json";

/* The digest that a member's name promises: "HEX.json", "blobs/sha256/HEX", "sha256:HEX". */
static bool name_promises(const char *name, struct digest *ret)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	char text[DIGEST_TEXT];

	if (digest_parse(name, ret) == 0)
		return true;
	if (slash && strncmp(name, "blobs/", 6) == 0)
		snprintf(text, sizeof(text), "%.6s:%.128s", name + 6, last);
	else if (!slash && strlen(last) == 64 + strlen(".json") && strcmp(last + 64, ".json") == 0)
		snprintf(text, sizeof(text), "sha256:%.64s", last);
	else
		return false;
	return digest_parse(text, ret) == 0;
}

/* The bytes behind a name, and what they are. */
static int bring_blob(struct loading *l, const char *name, struct descriptor *ret,
		      struct fail *fail)
{
	struct digest promised;
	struct want want = { .digest = name_promises(name, &promised) ? &promised : NULL };

	return origin_blob(l->origin, name, &want, &ret->digest, &ret->size, fail);
}

static int find_config(struct loading *l, struct found *f, struct manifest *m, const char *name,
		       struct fail *fail)
{
	struct image_config *config;
	struct fail why;
	char *text;
	size_t len;
	int r = bring_blob(l, name, &m->config, fail);

	if (r == 0)
		r = origin_text(l, l->origin, name, &text, &len, fail);
	if (r < 0)
		return r;
	r = image_config_parse(l, text, len, &config, &why);
	if (r < 0) {
		fail_set(fail, "%s: %s: %s", l->label, name, why.text);
		return r;
	}
	m->config.media = MEDIA_CONFIG;
	f->config = config;
	f->entry.id = m->config.digest;
	return 0;
}

static int find_layer(struct loading *l, struct descriptor *ret, const char *name,
		      struct fail *fail)
{
	int fd, r = bring_blob(l, name, ret, fail);

	if (r < 0)
		return r;
	fd = work_open_blob(l->work, &ret->digest, fail);
	if (fd < 0)
		return fd;
	ret->media = talloc_asprintf(l, "%s%s", MEDIA_LAYER, manifest_sniff(fd));
	fd_cleanup(&fd);
	return ret->media ? 0 : fail_errno(fail, ENOMEM, "%s", name);
}

static int find_blobs(struct loading *l, struct found *f, const json_t *item, struct fail *fail)
{
	struct manifest *m = talloc_zero(l, struct manifest);
	const char *config, **layers;
	char *text;
	int r = m ? json_text(item, "Config", &config, fail) : -ENOMEM;

	if (r == 0 && !config) {
		fail_set(fail, "no \"Config\"");
		r = -EBADMSG;
	}
	if (r == 0)
		r = json_texts(m, item, "Layers", &layers, fail);
	if (r == 0)
		r = find_config(l, f, m, config, fail);
	while (r == 0 && layers[m->layer_count])
		m->layer_count++;
	m->layers = talloc_zero_array(m, struct descriptor, m->layer_count);
	for (size_t i = 0; r == 0 && i < m->layer_count; i++)
		r = find_layer(l, &m->layers[i], layers[i], fail);
	text = r == 0 ? manifest_write(m, m) : NULL;
	if (r == 0)
		r = text ? work_make_blob(l->work, text, strlen(text), &f->entry.manifest, fail)
			 : -ENOMEM;
	f->manifest = m;
	return r;
}

/* A member that is the highest layer, "<id>/layer.tar", is what `repositories` has by its id. */
static int names_by_repositories(struct loading *l, struct found *f, const json_t *item,
				 struct fail *fail)
{
	json_t *layers = json_object_get(item, "Layers"), *top, *tags, *id;
	const char *last, *name, *tag;
	int r = 0;

	last = json_string_value(json_array_get(layers, json_array_size(layers) - 1));
	if (!last || !origin_has(l->origin, "repositories") ||
	    origin_json(l, l->origin, "repositories", &top, fail) < 0)
		return 0;
	json_object_foreach(top, name, tags)
	{
		json_object_foreach(tags, tag, id)
		{
			const char *hex = json_string_value(id);
			char whole[600];

			if (!hex || strncmp(last, hex, strlen(hex)) != 0 ||
			    last[strlen(hex)] != '/' || r < 0)
				continue;
			snprintf(whole, sizeof(whole), "%.300s:%.200s", name, tag);
			r = load_name(f, whole, fail);
		}
	}
	return r;
}

static int find_image(struct loading *l, const json_t *item, struct fail *fail)
{
	struct found *f = load_add(l, fail);
	const char **tags;
	int r = f ? json_texts(l, item, "RepoTags", &tags, fail) : -ENOMEM;

	if (r == 0)
		r = find_blobs(l, f, item, fail);
	for (size_t i = 0; r == 0 && tags[i]; i++)
		if (strcmp(tags[i], "<none>:<none>") != 0)
			r = load_name(f, tags[i], fail);
	if (r == 0 && !tags[0])
		r = names_by_repositories(l, f, item, fail);
	return r;
}

int docker_find(struct loading *l, struct fail *fail)
{
	struct fail why = { "" };
	json_t *list;
	int r = origin_json(l, l->origin, where, &list, fail);

	if (r < 0)
		return r;
	if (!json_is_array(list) || json_array_size(list) == 0) {
		fail_set(fail, "%s: %s: no list of images", l->label, where);
		return -EBADMSG;
	}
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
		r = find_image(l, json_array_get(list, i), &why);
	if (r == 0)
		return 0;
	/* What is found in the origin names it; what is wrong in manifest.json is to be named. */
	if (strncmp(why.text, l->label, strlen(l->label)) == 0)
		*fail = why;
	else
		fail_set(fail, "%s: %.800s", where, why.text[0] ? why.text : strerror(-r));
	return r;
}
