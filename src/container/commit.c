/* SPDX-License-Identifier: MIT */
/* Images out of trees: import, commit, and what a commit would hold. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "container/container.h"
#include "container/make.h"
#include "container/place.h"
#include "image/build.h"
#include "image/images.h"
#include "image/pack.h"
#include "image/reference.h"

/* ---- what a container was made from ---- */

/* Of the image's layers; *ret_image NULL and an empty listing where it has none. */
static int list_base(void *ctx, struct state *s, const struct settings *settings,
		     struct image **ret_image, struct listing **ret, struct fail *fail)
{
	struct listing *l = listing_new(ctx);
	int r = l ? 0 : -ENOMEM;

	*ret_image = NULL;
	*ret = l;
	if (r == 0 && settings->image)
		r = image_open(ctx, s, settings->image, ret_image, fail);
	for (size_t i = 0; r == 0 && *ret_image && i < (*ret_image)->layer_count; i++) {
		const struct source src = source_of_fd(&(*ret_image)->layers[i].fd);

		r = listing_add_layer(l, &src, fail);
	}
	return r;
}

/* ---- diff ---- */

/* What has been printed, of changes in the order of a walk. */
struct printing {
	FILE *out;
	char *last; /* the name before, a child of ctx */
	void *ctx;
};

static bool is_in(const char *name, const char *dir, size_t len)
{
	return strncmp(name, dir, len) == 0 && (name[len] == '/' || name[len] == '\0');
}

/* As docker diff: a directory in which something was made, changed or removed has changed. */
static void print_parents(struct printing *p, const char *name)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!p->last || !is_in(p->last, name, (size_t)(slash - name)))
			fprintf(p->out, "C /%.*s\n", (int)(slash - name), name);
}

static void print_change(void *printing, enum listing_change change, const char *name)
{
	struct printing *p = printing;
	static const char letters[] = {
		[LISTING_ADDED] = 'A',
		[LISTING_CHANGED] = 'C',
		[LISTING_GONE] = 'D',
	};

	print_parents(p, name);
	fprintf(p->out, "%c /%s\n", letters[change], name);
	talloc_free(p->last);
	p->last = talloc_strdup(p->ctx, name);
}

int container_diff(struct state *s, const char *name, FILE *out, struct fail *fail)
{
	struct pack_options options = { .base = NULL };
	struct settings *settings;
	struct printing printing = { .out = out };
	struct listing *base;
	struct image *image;
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	printing.ctx = p;
	r = place_settings(p, p, &settings, fail);
	if (r == 0)
		r = place_need_image(p, settings, "compare with", fail);
	if (r == 0)
		r = list_base(p, s, settings, &image, &base, fail);
	if (r == 0) {
		options.base = base;
		r = listing_compare(place_rootfs(p, p), &options, print_change, &printing, fail);
	}
	talloc_free(p);
	return r;
}

/* ---- commit ---- */

static int commit(struct place *p, struct state *s, const char *name, struct progress *progress,
		  struct digest *ret, struct fail *fail)
{
	struct pack_options options = { .is_layer = true, .progress = progress };
	struct sink sink = { .write = build_write };
	struct settings *settings;
	struct build_config config;
	struct listing *base;
	struct image *image;
	struct build *build;
	int r = place_settings(p, p, &settings, fail);

	if (r == 0)
		r = list_base(p, s, settings, &image, &base, fail);
	if (r == 0)
		r = build_begin(p, s, image, &build, fail);
	if (r < 0)
		return r;
	options.base = image ? base : NULL;
	sink.ctx = build;
	r = pack_tree(place_rootfs(p, p), &options, &sink, fail);
	config = (struct build_config){
		.entrypoint = settings->entrypoint,
		.cmd = settings->cmd,
		.env = settings->env,
		.workdir = settings->workdir,
		.user = settings->user,
		.comment = talloc_asprintf(p, "pr commit %s", p->name),
	};
	return r < 0 ? r : build_finish(build, &config, name, progress, ret, fail);
}

int container_commit(struct state *s, const char *name, const char *image,
		     struct progress *progress, struct digest *ret, struct fail *fail)
{
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = place_take(p, fail);
	if (r == 0)
		r = commit(p, s, image, progress, ret, fail);
	talloc_free(p);
	return r;
}

/* ---- import ---- */

static int import_tree(void *ctx, struct state *s, const char *tree, const char *name,
		       struct progress *progress, struct digest *ret, struct fail *fail)
{
	static const char *const nothing[] = { NULL };
	const struct build_config config = { .cmd = nothing, .comment = "pr import" };
	const struct pack_options options = { .is_layer = true, .progress = progress };
	struct sink sink = { .write = build_write };
	struct build *build;
	int r = build_begin(ctx, s, NULL, &build, fail);

	if (r < 0)
		return r;
	sink.ctx = build;
	r = pack_tree(tree, &options, &sink, fail);
	if (r == 0)
		r = build_finish(build, &config, name, progress, ret, fail);
	talloc_free(build);
	return r;
}

int container_import(void *ctx, struct state *s, const char *file, const char *name,
		     struct progress *progress, struct digest *ret, struct fail *fail)
{
	struct making m = { 0 };
	struct stat st;
	int r;

	if (strcmp(file, "-") != 0 && stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		return import_tree(ctx, s, file, name, progress, ret, fail);
	r = making_begin(ctx, s, &m, fail);
	if (r == 0)
		r = making_unpack_archive(&m, file, progress, fail);
	if (r == 0)
		r = import_tree(ctx, s, m.rootfs, name, progress, ret, fail);
	talloc_free(m.work);
	return r;
}
