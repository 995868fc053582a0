/* SPDX-License-Identifier: MIT */
/* pr images, inspect, tag, rmi, prune: what is here. */
#include <errno.h>
#include <string.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "container/container.h"
#include "image/images.h"
#include "image/reference.h"

/* The state, locked so, and its images. 0 or -errno. */
static int open_images(struct request *r, enum state_lock lock, struct state **ret_state,
		       struct images **ret, struct fail *fail)
{
	int done = verb_state(r, lock, ret_state, fail);

	return done < 0 ? done : images_read(r->env.ctx, *ret_state, ret, fail);
}

/* ---- images ---- */

const char *ago_text(const char *created, char ret[AGO_TEXT])
{
	static const struct {
		long seconds;
		const char *one, *many;
	} units[] = {
		{ 365 * 86400, "year", "years" }, { 30 * 86400, "month", "months" },
		{ 7 * 86400, "week", "weeks" },	  { 86400, "day", "days" },
		{ 3600, "hour", "hours" },	  { 60, "minute", "minutes" },
		{ 1, "second", "seconds" },
	};
	struct tm tm = { .tm_isdst = 0 };
	long age;

	ret[0] = '\0';
	if (!created || !strptime(created, "%Y-%m-%dT%H:%M:%S", &tm))
		return ret;
	age = (long)(time(NULL) - timegm(&tm));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		long n = age / units[i].seconds;

		if (n < 1)
			continue;
		/* Two years and less are better told in months, and so on. */
		if (n < 2 && i + 1 < sizeof(units) / sizeof(units[0])) {
			i++;
			n = age / units[i].seconds;
		}
		snprintf(ret, AGO_TEXT, "%ld %s ago", n, n == 1 ? units[i].one : units[i].many);
		return ret;
	}
	snprintf(ret, AGO_TEXT, "now");
	return ret;
}

static int add_row(struct table *t, const struct image_entry *e, const char *name)
{
	char size[SIZE_TEXT], ago[AGO_TEXT], id[13];
	const char *cells[] = { name, id, ago_text(e->created, ago), size_text(e->size, size) };

	snprintf(id, sizeof(id), "%.12s", digest_hex(&e->id));
	return table_add(t, cells);
}

static bool is_wanted(const struct request *r, const char *name)
{
	return r->arg_count == 0 || strstr(name, r->args[0]);
}

static int print_table(const struct request *r, const struct images *images)
{
	static const char *const heads[] = { "NAME", "ID", "CREATED", "SIZE", NULL };
	struct table *t = table_new(r->env.ctx, heads);
	int done = t ? 0 : -ENOMEM;

	for (size_t i = 0; done == 0 && i < images->count; i++) {
		const struct image_entry *e = &images->entries[i];

		if (!e->names[0] && is_wanted(r, ""))
			done = add_row(t, e, "<none>");
		for (size_t k = 0; done == 0 && e->names[k]; k++)
			if (is_wanted(r, reference_short(e->names[k])))
				done = add_row(t, e, reference_short(e->names[k]));
	}
	if (done == 0)
		table_print(t, stdout, isatty(STDOUT_FILENO) ? terminal_columns(STDOUT_FILENO) : 0);
	return done;
}

static void print_names(const struct request *r, const struct images *images)
{
	for (size_t i = 0; i < images->count; i++) {
		const struct image_entry *e = &images->entries[i];

		if (!e->names[0] && is_wanted(r, ""))
			printf("%.12s\n", digest_hex(&e->id));
		for (size_t k = 0; e->names[k]; k++)
			if (is_wanted(r, reference_short(e->names[k])))
				puts(reference_short(e->names[k]));
	}
}

static bool has_wanted(const struct request *r, const struct image_entry *e)
{
	bool found = r->arg_count == 0;

	for (size_t k = 0; e->names[k]; k++)
		found |= is_wanted(r, reference_short(e->names[k]));
	return found;
}

static void print_json(const struct request *r, const struct images *images)
{
	const char *comma = "";

	fputs("[", stdout);
	for (size_t i = 0; i < images->count; i++) {
		const struct image_entry *e = &images->entries[i];

		if (!has_wanted(r, e))
			continue;
		printf("%s\n {\"id\": \"%s\", \"names\": ", comma, e->id.text);
		print_json_list(stdout, e->names);
		printf(", \"manifest\": \"%s\"", e->manifest.text);
		json_put_member(stdout, "created", e->created);
		printf(", \"size\": %llu, \"stored\": %llu}", (unsigned long long)e->size,
		       (unsigned long long)e->stored);
		comma = ",";
	}
	puts("\n]");
}

int verb_images(struct request *r, struct fail *fail)
{
	struct images *images;
	struct state *s;
	int done = open_images(r, STATE_SHARED, &s, &images, fail);

	if (done < 0)
		return verb_status(done);
	if (r->json)
		print_json(r, images);
	else if (r->numbers)
		print_names(r, images);
	else
		done = print_table(r, images);
	return verb_status(done);
}

/* ---- inspect ---- */

static void print_list(const char *key, const char *const *list)
{
	printf(",\n  \"%s\": ", key);
	print_json_list(stdout, list);
}

static void print_config(const struct image_config *c)
{
	json_put_member(stdout, "created", c->created);
	json_put_member(stdout, "author", c->author);
	json_put_member(stdout, "os", c->os);
	json_put_member(stdout, "architecture", c->architecture);
	json_put_member(stdout, "variant", c->variant);
	fputs(",\n  \"user\": ", stdout);
	json_put_string(stdout, c->user ? c->user : "");
	json_put_member(stdout, "workdir", c->workdir);
	json_put_member(stdout, "stop_signal", c->stop_signal);
	print_list("entrypoint", c->entrypoint);
	print_list("cmd", c->cmd);
	print_list("env", c->env);
	print_list("volumes", c->volumes);
	print_list("ports", c->ports);
	print_list("labels", c->labels);
}

static void print_layers(const struct image *image)
{
	fputs(",\n  \"layers\": [", stdout);
	for (size_t i = 0; i < image->layer_count; i++)
		printf("%s\n   {\"digest\": \"%s\", \"diff_id\": \"%s\", \"size\": %llu}",
		       i ? "," : "", image->layers[i].digest.text, image->layers[i].diff_id.text,
		       (unsigned long long)image->layers[i].size);
	fputs("]", stdout);
}

static int inspect_one(struct request *r, struct state *s, const struct images *images,
		       const char *word, struct fail *fail)
{
	struct image_entry *e;
	struct image *image;
	int done = images_find(images, word, &e, fail);

	if (done == 0)
		done = image_open(r->env.ctx, s, e->id.text, &image, fail);
	if (done < 0)
		return done;
	printf(" {\"id\": \"%s\", \"names\": ", image->id.text);
	print_json_list(stdout, e->names);
	printf(", \"manifest\": \"%s\", \"size\": %llu, \"stored\": %llu", image->manifest.text,
	       (unsigned long long)e->size, (unsigned long long)e->stored);
	print_config(image->config);
	print_layers(image);
	fputs("}", stdout);
	talloc_free(image);
	return 0;
}

/* A container first, as docker inspect; then an image. */
static int inspect_any(struct request *r, struct state *s, const struct images *images,
		       const char *word, struct fail *fail)
{
	if (container_exists(s, word) == 0)
		return container_inspect(s, word, stdout, fail);
	return inspect_one(r, s, images, word, fail);
}

int verb_inspect(struct request *r, struct fail *fail)
{
	struct images *images;
	struct state *s;
	struct image_entry *e;
	int done = open_images(r, STATE_SHARED, &s, &images, fail);

	for (size_t i = 0; done == 0 && i < r->arg_count; i++)
		if (container_exists(s, r->args[i]) < 0)
			done = images_find(images, r->args[i], &e, fail);
	if (done < 0)
		return verb_status(done);
	puts("[");
	for (size_t i = 0; done == 0 && i < r->arg_count; i++) {
		fputs(i ? ",\n" : "", stdout);
		done = inspect_any(r, s, images, r->args[i], fail);
	}
	puts("\n]");
	return verb_status(done);
}

/* ---- tag ---- */

int verb_tag(struct request *r, struct fail *fail)
{
	struct image_entry *e;
	struct images *images;
	struct state *s;
	const char *name;
	int done = reference_normalize(r->env.ctx, r->args[1], &name, fail);

	if (done == 0 && strchr(name, '@'))
		done = fail_set(fail, "tag: '%s': a digest is no name to give", r->args[1]);
	if (done < 0)
		return EXIT_OURS;
	done = open_images(r, STATE_EXCLUSIVE, &s, &images, fail);
	if (done == 0)
		done = images_find(images, r->args[0], &e, fail);
	if (done == 0)
		done = images_name(images, &e->id, name, fail);
	if (done == 0)
		done = images_write(s, images, fail);
	return verb_status(done);
}
