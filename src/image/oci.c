/* SPDX-License-Identifier: MIT */
/*
 * OCI layouts: index.json lists images, or indexes of them; what has one name is one image, made
 * for several platforms. The first that fits is taken. What is neither image nor index, such as
 * attestations and signatures, is passed over, and so is what the layout does not hold, as long as
 * something is left.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "image/json.h"
#include "image/load.h"
#include "image/reference.h"
#include "image/work.h"

enum { MOST_NESTED = 8, MOST_ENTRIES = 100000 };

enum { FITS = 0, FITS_NOT = 1 }; /* or -errno */

/* What did not fit, for the message. */
struct seen {
	char platforms[300];
	bool is_missing; /* one that would fit is not in the layout */
};

static int bad(const struct loading *l, const struct digest *d, const char *why, struct fail *fail)
{
	fail_set(fail, "%.200s: %s: %.600s", l->label, d->text, why);
	return -EBADMSG;
}

static void member_name(const struct digest *d, char ret[BLOB_NAME])
{
	blob_name(d, ret);
}

static const char *annotation(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(json_object_get(entry, "annotations"), key));
}

static void take_word(const json_t *object, const char *key, char ret[16])
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(ret, 16, "%.15s", text ? text : "");
}

static void read_platform(const json_t *p, struct platform *ret)
{
	take_word(p, "os", ret->os);
	take_word(p, "architecture", ret->architecture);
	take_word(p, "variant", ret->variant);
}

/* Attestations of buildx stand among the images, as images for no platform. */
static bool is_no_image(const json_t *entry)
{
	struct platform p;

	read_platform(json_object_get(entry, "platform"), &p);
	return annotation(entry, "vnd.docker.reference.type") ||
	       json_object_get(entry, "artifactType") || strcmp(p.os, "unknown") == 0;
}

static void note(struct seen *seen, const struct platform *p)
{
	size_t n = strlen(seen->platforms);
	char text[52];

	platform_print(p, text);
	if (!strstr(seen->platforms, text))
		snprintf(seen->platforms + n, sizeof(seen->platforms) - n, "%s%s", n ? ", " : "",
			 text);
}

static bool fits(const struct loading *l, const struct platform *p, struct seen *seen)
{
	if (platform_fits(&l->platform, p))
		return true;
	note(seen, p);
	return false;
}

/* ---- one image ---- */

static int bring(struct loading *l, const struct descriptor *d, struct fail *fail)
{
	const struct want want = { &d->digest, d->size, d->size > 0 };
	char name[BLOB_NAME];
	struct digest digest;
	uint64_t size;

	member_name(&d->digest, name);
	return origin_blob(l->origin, name, &want, &digest, &size, fail);
}

/* A small blob as text, once it has been checked. */
static int read_blob(struct loading *l, const struct descriptor *d, char **ret, size_t *ret_len,
		     struct fail *fail)
{
	int r = d->size > JSON_MOST_BYTES ? bad(l, &d->digest, "more than 16 MiB of JSON", fail)
					  : bring(l, d, fail);

	return r < 0 ? r : work_read_blob(l, l->work, &d->digest, ret, ret_len, fail);
}

static int read_config(struct loading *l, const struct manifest *m, struct image_config **ret,
		       struct fail *fail)
{
	struct fail why;
	char *text;
	size_t len;
	int r = read_blob(l, &m->config, &text, &len, fail);

	if (r < 0)
		return r;
	r = image_config_parse(l, text, len, ret, &why);
	return r < 0 ? bad(l, &m->config.digest, why.text, fail) : 0;
}

static struct platform platform_of(const struct image_config *c)
{
	struct platform p;

	snprintf(p.os, sizeof(p.os), "%.15s", c->os ? c->os : "");
	snprintf(p.architecture, sizeof(p.architecture), "%.15s",
		 c->architecture ? c->architecture : "");
	snprintf(p.variant, sizeof(p.variant), "%.15s", c->variant ? c->variant : "");
	return p;
}

static int take_image(struct loading *l, const struct descriptor *d, const struct manifest *m,
		      const struct image_config *config, struct found **ret, struct fail *fail)
{
	struct found *f = load_add(l, fail);
	int r = f ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < m->layer_count; i++)
		r = bring(l, &m->layers[i], fail);
	if (r < 0)
		return r;
	f->manifest = m;
	f->config = config;
	f->entry.id = m->config.digest;
	f->entry.manifest = d->digest;
	*ret = f;
	return 0;
}

/* `only`: it is the only one there is, and is taken whatever it is for unless that was asked. */
static int try_manifest(struct loading *l, const struct descriptor *d, const json_t *top, bool only,
			struct seen *seen, struct found **ret, struct fail *fail)
{
	struct image_config *config;
	struct platform p;
	struct manifest *m;
	struct fail why;
	int r = manifest_read(l, top, &m, &why);

	if (r < 0)
		return bad(l, &d->digest, why.text, fail);
	if (*m->config.media && !strstr(m->config.media, "image.config") &&
	    !strstr(m->config.media, "container.image"))
		return FITS_NOT;
	r = read_config(l, m, &config, fail);
	if (r < 0)
		return r;
	p = platform_of(config);
	if (!(only && !l->request->platform) && !fits(l, &p, seen))
		return FITS_NOT;
	return take_image(l, d, m, config, ret, fail);
}

static int try_list(struct loading *l, const json_t *list, const char *name, int depth,
		    struct seen *seen, struct found **ret, struct fail *fail);

static int try_entry(struct loading *l, const json_t *entry, bool only, int depth,
		     struct seen *seen, struct found **ret, struct fail *fail)
{
	struct descriptor d;
	json_t *top, *list;
	char name[BLOB_NAME], *text;
	size_t len;
	int r = descriptor_read(entry, &d, fail);

	if (r < 0)
		return r;
	member_name(&d.digest, name);
	if (!origin_has(l->origin, name) && !only) {
		seen->is_missing = true;
		return FITS_NOT;
	}
	r = read_blob(l, &d, &text, &len, fail);
	if (r == 0)
		r = json_read(l, text, len, d.digest.text, &top, fail);
	if (r < 0)
		return r;
	list = json_object_get(top, "manifests");
	if (!json_is_array(list))
		return try_manifest(l, &d, top, only, seen, ret, fail);
	if (depth >= MOST_NESTED)
		return bad(l, &d.digest, "indexes that are nested too deep", fail);
	return try_list(l, list, NULL, depth + 1, seen, ret, fail);
}

/* ---- names ---- */

/* What an entry of index.json is called; NULL: nothing. */
static const char *entry_name(const json_t *entry)
{
	const char *whole = annotation(entry, "io.containerd.image.name");

	return whole ? whole : annotation(entry, "org.opencontainers.image.ref.name");
}

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Of `list` what is called so (NULL: all in a nested index). */
static bool is_candidate(const json_t *entry, const char *name, int depth)
{
	return !is_no_image(entry) && (depth > 0 || same_name(entry_name(entry), name));
}

static size_t count_candidates(const json_t *list, const char *name, int depth)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		n += is_candidate(json_array_get(list, i), name, depth);
	return n;
}

static int try_list(struct loading *l, const json_t *list, const char *name, int depth,
		    struct seen *seen, struct found **ret, struct fail *fail)
{
	bool only = count_candidates(list, name, depth) == 1;
	int r = FITS_NOT;

	if (json_array_size(list) > MOST_ENTRIES)
		return fail_errno(fail, EBADMSG, "%s: an index too long", l->label);
	for (size_t i = 0; r == FITS_NOT && i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		json_t *platform = json_object_get(entry, "platform");
		struct platform p;

		if (!is_candidate(entry, name, depth))
			continue;
		read_platform(platform, &p);
		if (json_is_object(platform) && p.architecture[0] &&
		    !(only && !l->request->platform) && !fits(l, &p, seen))
			continue;
		r = try_entry(l, entry, only, depth, seen, ret, fail);
	}
	return r;
}

/* "alpine:3" of "3" in a layout called alpine, alpine.tar, alpine.oci.tar.gz. NULL: nothing. */
static const char *name_by_file(struct loading *l, const char *tag)
{
	const char *file = l->request->file, *end = file + strlen(file), *name;
	struct fail ignored;
	char *text;

	while (end > file && end[-1] == '/')
		end--;
	for (name = end; name > file && name[-1] != '/';)
		name--;
	text = talloc_asprintf(l, "%.*s:%s", (int)strcspn(name, "./"), name, tag);
	for (char *p = text; p && *p != ':' && *p; p++)
		*p += *p >= 'A' && *p <= 'Z' ? 'a' - 'A' : 0;
	return text && reference_normalize(l, text, &name, &ignored) == 0 ? name : NULL;
}

static int give_name(struct loading *l, struct found *f, const char *name, struct fail *fail)
{
	if (!name)
		return 0;
	if (strpbrk(name, ":/@"))
		return load_name(f, name, fail);
	name = name_by_file(l, name);
	return name ? load_name(f, name, fail) : 0;
}

/* ---- */

static int no_fit(const struct loading *l, const char *name, const struct seen *seen,
		  struct fail *fail)
{
	char wanted[52];

	platform_print(&l->platform, wanted);
	fail_set(fail, "%.200s: %s%.200sno image for %s in it%s%s%s", l->label, name ? name : "",
		 name ? ": " : "", wanted, seen->platforms[0] ? ", but for " : "", seen->platforms,
		 seen->is_missing ? "; some that it lists are not there" : "");
	return -ENOENT;
}

/* Has an entry in front of the i-th the same name? */
static bool is_repeated(const json_t *list, size_t at)
{
	const char *name = entry_name(json_array_get(list, at));

	for (size_t i = 0; i < at; i++)
		if (!is_no_image(json_array_get(list, i)) &&
		    same_name(entry_name(json_array_get(list, i)), name))
			return true;
	return false;
}

static int find_named(struct loading *l, const json_t *list, const char *name, struct fail *fail)
{
	struct seen seen = { "", false };
	struct found *f = NULL;
	int r = try_list(l, list, name, 0, &seen, &f, fail);

	if (r == FITS_NOT)
		return no_fit(l, name, &seen, fail);
	return r < 0 ? r : give_name(l, f, name, fail);
}

int oci_find(struct loading *l, struct fail *fail)
{
	json_t *top, *list;
	int r = origin_json(l, l->origin, "index.json", &top, fail);

	if (r < 0)
		return r;
	list = json_object_get(top, "manifests");
	if (!json_is_array(list)) {
		fail_set(fail, "%.200s: index.json: no list of manifests", l->label);
		return -EBADMSG;
	}
	if (json_array_size(list) > 1000) {
		fail_set(fail, "%.200s: index.json: more than 1000 entries", l->label);
		return -EBADMSG;
	}
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);

		if (!is_no_image(entry) && !is_repeated(list, i))
			r = find_named(l, list, entry_name(entry), fail);
	}
	return r;
}
