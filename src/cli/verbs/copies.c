/* SPDX-License-Identifier: MIT */
/* pr clone, reset, diff, commit, import, backup, restore: containers, images and archives made of
   one another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "container/container.h"
#include "image/reference.h"

static int clone(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	return container_clone(s, r->args[0], r->args[1], p, fail);
}

static int reset(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	return container_reset(s, r->args[0], p, fail);
}

static int diff(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	(void)p;
	return container_diff(s, r->args[0], stdout, fail);
}

/* The name is looked at before any work is done. */
static int commit(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	struct digest id;
	const char *name;
	int done = reference_normalize(r->env.ctx, r->args[1], &name, fail);

	if (done == 0)
		done = container_commit(s, r->args[0], name, p, &id, fail);
	if (done == 0)
		puts(id.text);
	return done;
}

static int import(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	struct digest id;
	const char *name;
	int done = reference_normalize(r->env.ctx, r->args[1], &name, fail);

	if (done == 0)
		done = container_import(r->env.ctx, s, r->args[0], name, p, &id, fail);
	if (done == 0)
		puts(id.text);
	return done;
}

static int backup(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	struct output out;
	int done = open_output(r->env.ctx, r->output, &out, fail);

	if (done < 0)
		return done;
	return close_output(&out, container_backup(s, r->args[0], out.fd, p, fail), fail);
}

static int restore(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	bool is_stdin = strcmp(r->args[0], "-") == 0;
	int fd __attribute__((cleanup(fd_cleanup))) =
		is_stdin ? dup(STDIN_FILENO) : open(r->args[0], O_RDONLY | O_CLOEXEC);
	const char *name = r->arg_count > 1 ? r->args[1] : NULL;
	int done;

	if (fd < 0)
		return fail_errno(fail, errno, "cannot read %s", r->args[0]);
	done = container_restore(r->env.ctx, s, fd, name, p, &name, fail);
	if (done == 0)
		puts(name);
	return done;
}

/* "NAME:PATH"; what begins as a path does is the host's. -> PATH, with the name cut off. */
static char *inside_of(char *word)
{
	char *colon = word[0] == '/' || word[0] == '.' ? NULL : strchr(word, ':');

	if (!colon)
		return NULL;
	*colon = '\0';
	return colon[1] ? colon + 1 : NULL;
}

static int cp(struct request *r, struct state *s, struct progress *p, struct fail *fail)
{
	char *from = inside_of(r->args[0]), *to = inside_of(r->args[1]);

	(void)p;
	if (!from == !to) {
		fail_set(fail, "cp: one of the two is CONTAINER:PATH, the other a host's path");
		return -EINVAL;
	}
	if (strcmp(r->args[from ? 1 : 0], "-") == 0) {
		fail_set(fail, "cp: there are no archives: write ./- for a file of that "
			       "name, or use pr backup");
		return -EINVAL;
	}
	return from ? container_copy(s, r->args[0], from, r->args[1], COPY_OUT, fail)
		    : container_copy(s, r->args[1], to, r->args[0], COPY_IN, fail);
}

/* One of these, with a line that tells how far it has come. */
static int with_progress(struct request *r, struct fail *fail,
			 int (*act)(struct request *r, struct state *s, struct progress *p,
				    struct fail *fail))
{
	struct progress_line progress;
	struct state *s;
	int done = state_open(r->env.ctx, &s, fail);

	if (done < 0)
		return EXIT_OURS;
	progress_begin(&progress, r->args[0]);
	done = act(r, s, &progress.progress, fail);
	progress_end(&progress);
	return verb_status(done);
}

#define COPY_VERB(name)                                           \
	int verb_##name(struct request *r, struct fail *fail)     \
	{                                                         \
		return with_progress(r, fail, name);              \
	}
COPY_VERB(clone)
COPY_VERB(reset)
COPY_VERB(diff)
COPY_VERB(commit)
COPY_VERB(import)
COPY_VERB(backup)
COPY_VERB(restore)
COPY_VERB(cp)
