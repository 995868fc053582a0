/* SPDX-License-Identifier: MIT */
/* pr rmi and pr prune: images go, and blobs and trees that no image has any more. */
#include <errno.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "container/container.h"
#include "container/list.h"
#include "image/images.h"
#include "image/reference.h"
#include "image/trees.h"

static size_t count_names(const struct image_entry *e)
{
	size_t n = 0;

	while (e->names[n])
		n++;
	return n;
}

/* A whole name of the image that the word is, or NULL: it is (the beginning of) its id. */
static const char *name_of(void *ctx, const struct image_entry *e, const char *word)
{
	struct fail ignored;
	const char *name;

	if (reference_normalize(ctx, word, &name, &ignored) < 0)
		return NULL;
	for (size_t i = 0; e->names[i]; i++)
		if (strcmp(e->names[i], name) == 0)
			return name;
	return NULL;
}

static int refuse_names(const struct image_entry *e, const char *word, struct fail *fail)
{
	fail_set(fail, "%s has %zu names: name one of them, or -f removes it with all", word,
		 count_names(e));
	return -EBUSY;
}

static int refuse_use(void *ctx, const struct state *s, const struct image_entry *e,
		      const char *word, struct fail *fail)
{
	const char *user;
	int r = image_user(ctx, s, &e->id, &user, fail);

	if (r <= 0)
		return r;
	fail_set(fail, "%s: the container '%s' was made from it: remove that first, or use -f",
		 word, user);
	return -EBUSY;
}

/* What is to be told is put into `told`, since nothing is done before the index is written. */
static int remove_one(struct request *r, const struct state *s, struct images *images,
		      const char *word, char **told, struct fail *fail)
{
	struct image_entry *e;
	const char *name;
	int done = images_find(images, word, &e, fail);

	if (done < 0)
		return done;
	name = name_of(r->env.ctx, e, word);
	if (!name && count_names(e) > 1 && !r->force)
		return refuse_names(e, word, fail);
	if (name && count_names(e) > 1) {
		*told = talloc_asprintf_append(*told, "untagged %s\n", reference_short(name));
		images_unname(images, name);
		return 0;
	}
	done = r->force ? 0 : refuse_use(r->env.ctx, s, e, word, fail);
	if (done < 0)
		return done;
	for (size_t i = 0; e->names[i]; i++)
		*told = talloc_asprintf_append(*told, "untagged %s\n",
					       reference_short(e->names[i]));
	*told = talloc_asprintf_append(*told, "removed %s\n", e->id.text);
	images_remove(images, e);
	return 0;
}

/* The index first: a kill in between leaves blobs and trees that the next prune finds. */
static int write_and_sweep(struct state *s, struct images *images, uint64_t *ret_freed,
			   struct fail *fail)
{
	int r = images_write(s, images, fail);

	if (r == 0)
		r = blobs_sweep(s, images, ret_freed, fail);
	return r < 0 ? r : trees_sweep(s, images, fail);
}

static void print_removed(const struct request *r, const char *told, uint64_t freed, bool sum)
{
	char size[SIZE_TEXT];
	const char *comma = "";

	if (!r->json) {
		fputs(told, stdout);
		if (sum)
			printf("freed %s\n", size_text(freed, size));
		return;
	}
	fputs("{\"removed\": [", stdout);
	for (const char *p = told; *p; p += strcspn(p, "\n") + 1) {
		if (strncmp(p, "removed ", 8) != 0)
			continue;
		printf("%s\"%.*s\"", comma, (int)strcspn(p + 8, "\n"), p + 8);
		comma = ", ";
	}
	printf("], \"freed\": %llu}\n", (unsigned long long)freed);
}

int verb_rmi(struct request *r, struct fail *fail)
{
	char *told = talloc_strdup(r->env.ctx, "");
	struct images *images;
	struct state *s;
	uint64_t freed;
	int done = verb_state(r, STATE_EXCLUSIVE, &s, fail);

	if (done == 0)
		done = images_read(r->env.ctx, s, &images, fail);
	for (size_t i = 0; done == 0 && i < r->arg_count; i++)
		done = remove_one(r, s, images, r->args[i], &told, fail);
	if (done == 0)
		done = write_and_sweep(s, images, &freed, fail);
	if (done == 0)
		print_removed(r, told, freed, false);
	return verb_status(done);
}

/* ---- prune ---- */

static bool is_agreed(const struct request *r, struct fail *fail)
{
	char line[16] = "";

	if (!(r->all || r->containers) || r->force || r->session.dry_run ||
	    !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	fprintf(stderr, "remove %s%s%s? [y/N] ",
		r->containers ? "all containers that do not run" : "",
		r->containers && r->all ? ", and " : "",
		r->all ? "all images that no container was made from" : "");
	if (fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y'))
		return true;
	fail_set(fail, "nothing was removed: --dry-run tells what would be");
	return false;
}

/* One that was begun meanwhile stays. */
static int prune_containers(struct request *r, struct state *s, char **told, struct fail *fail)
{
	struct fail ignored = { "" };
	struct listed *list;
	size_t count;
	int done = container_list(r->env.ctx, s, &list, &count, fail);

	for (size_t i = 0; done == 0 && i < count; i++) {
		if (list[i].status.state == RUN_NOW ||
		    (!r->session.dry_run &&
		     container_remove(s, list[i].name, false, &ignored) < 0))
			continue;
		*told = talloc_asprintf_append(*told, "removed %s\n", list[i].name);
	}
	return done;
}

static int prune_images(struct request *r, const struct state *s, struct images *images,
			char **told, struct fail *fail)
{
	const char *user;
	int done = 0;

	for (size_t i = images->count; done == 0 && i-- > 0;) {
		struct image_entry *e = &images->entries[i];

		if (e->names[0] && !r->all)
			continue;
		done = image_user(r->env.ctx, s, &e->id, &user, fail);
		if (done == 0) {
			*told = talloc_asprintf_append(*told, "removed %s\n", e->id.text);
			images_remove(images, e);
		}
		done = done > 0 ? 0 : done;
	}
	return done;
}

int verb_prune(struct request *r, struct fail *fail)
{
	char *told = talloc_strdup(r->env.ctx, "");
	struct images *images = NULL;
	struct state *s;
	uint64_t freed = 0;
	int done;

	if (!is_agreed(r, fail))
		return EXIT_FAILED;
	done = verb_state(r, STATE_UNLOCKED, &s, fail);
	if (done == 0 && r->containers)
		done = prune_containers(r, s, &told, fail);
	if (done == 0)
		done = state_lock(s, r->session.dry_run ? STATE_SHARED : STATE_EXCLUSIVE, fail);
	if (done == 0)
		done = images_read(r->env.ctx, s, &images, fail);
	if (done == 0)
		done = prune_images(r, s, images, &told, fail);
	if (done == 0 && !r->session.dry_run)
		done = write_and_sweep(s, images, &freed, fail);
	if (done == 0)
		print_removed(r, told, freed, !r->session.dry_run);
	return verb_status(done);
}
