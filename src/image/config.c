/* SPDX-License-Identifier: MIT */
/* The config of an image: image-spec/config.md, and what docker writes of the same form. */
#include "image/config.h"

#include <errno.h>
#include <talloc.h>

#include "image/json.h"

/* A string that is empty says nothing. */
static int take_text(void *ctx, const json_t *object, const char *key, const char **ret,
		     struct fail *fail)
{
	int r = json_text(object, key, ret, fail);

	if (r < 0 || !*ret)
		return r;
	*ret = **ret ? talloc_strdup(ctx, *ret) : NULL;
	return 0;
}

static int take_platform(struct image_config *c, const json_t *top, struct fail *fail)
{
	int r = take_text(c, top, "os", &c->os, fail);

	if (r == 0)
		r = take_text(c, top, "architecture", &c->architecture, fail);
	if (r == 0)
		r = take_text(c, top, "variant", &c->variant, fail);
	if (r == 0)
		r = take_text(c, top, "created", &c->created, fail);
	return r < 0 ? r : take_text(c, top, "author", &c->author, fail);
}

static int take_process(struct image_config *c, const json_t *config, struct fail *fail)
{
	int r = json_texts(c, config, "Env", &c->env, fail);

	if (r == 0)
		r = json_texts(c, config, "Entrypoint", &c->entrypoint, fail);
	if (r == 0)
		r = json_texts(c, config, "Cmd", &c->cmd, fail);
	if (r == 0)
		r = take_text(c, config, "User", &c->user, fail);
	if (r == 0)
		r = take_text(c, config, "WorkingDir", &c->workdir, fail);
	return r < 0 ? r : take_text(c, config, "StopSignal", &c->stop_signal, fail);
}

static int take_maps(struct image_config *c, const json_t *config, struct fail *fail)
{
	int r = json_keys(c, config, "Volumes", JSON_KEYS, &c->volumes, fail);

	if (r == 0)
		r = json_keys(c, config, "ExposedPorts", JSON_KEYS, &c->ports, fail);
	return r < 0 ? r : json_keys(c, config, "Labels", JSON_KEYS_AND_VALUES, &c->labels, fail);
}

static int take_layers(struct image_config *c, const json_t *top, struct fail *fail)
{
	json_t *rootfs;
	const char **texts;
	int r = json_member(top, "rootfs", JSON_OBJECT, &rootfs, fail);

	if (r == 0)
		r = json_texts(c, rootfs, "diff_ids", &texts, fail);
	if (r < 0)
		return r;
	while (texts[c->layer_count])
		c->layer_count++;
	c->diff_ids = talloc_zero_array(c, struct digest, c->layer_count);
	if (!c->diff_ids && c->layer_count)
		return -ENOMEM;
	for (size_t i = 0; i < c->layer_count; i++) {
		if (digest_parse(texts[i], &c->diff_ids[i]) == 0)
			continue;
		fail_set(fail, "\"diff_ids\": '%.80s' is no digest", texts[i]);
		return -EBADMSG;
	}
	return 0;
}

int image_config_parse(void *ctx, const char *text, size_t len, struct image_config **ret,
		       struct fail *fail)
{
	struct image_config *c = talloc_zero(ctx, struct image_config);
	json_t *top, *config = NULL;
	int r = c ? json_read(c, text, len, "the image's config", &top, fail) : -ENOMEM;

	if (r == 0 && !json_is_object(top)) {
		fail_set(fail, "the image's config is no object");
		r = -EBADMSG;
	}
	if (r == 0)
		r = json_member(top, "config", JSON_OBJECT, &config, fail);
	if (r == 0)
		r = take_platform(c, top, fail);
	if (r == 0)
		r = take_process(c, config, fail);
	if (r == 0)
		r = take_maps(c, config, fail);
	if (r == 0)
		r = take_layers(c, top, fail);
	if (r == -ENOMEM)
		fail_errno(fail, ENOMEM, "the image's config");
	if (r < 0)
		talloc_free(c);
	else
		*ret = c;
	return r;
}
