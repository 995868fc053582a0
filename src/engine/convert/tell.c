// SPDX-License-Identifier: MIT
/* What the person is told: results on stdout, the rest on stderr. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/quote.h"
#include "engine/convert/convert.h"
#include "engine/engine.h"

enum { PROBLEMS_SHOWN = 20, PROGRESS_MS = 1000, PROGRESS_EVERY_MS = 100 };

int tell_problem(struct conversion *c, const char *name, const char *fmt, ...)
{
	struct problem *p = talloc_realloc(c->ctx, c->problems, struct problem,
					   c->problem_count + 1);
	va_list ap;

	if (!p)
		return -ENOMEM;
	c->problems = p;
	p += c->problem_count++;
	p->name = talloc_strdup(c->problems, name);
	va_start(ap, fmt);
	p->text = talloc_vasprintf(c->problems, fmt, ap);
	va_end(ap);
	return p->name && p->text ? 0 : -ENOMEM;
}

void tell_problems(const struct conversion *c)
{
	unsigned shown = c->request->dry_run ? c->problem_count : PROBLEMS_SHOWN;
	char quoted[1024];

	for (unsigned i = 0; i < c->problem_count && i < shown; i++)
		fprintf(stderr, "%s: %s\n",
			quote_text(c->problems[i].name, quoted, sizeof(quoted)),
			c->problems[i].text);
	if (c->problem_count > shown)
		fprintf(stderr, "and %u more: --dry-run lists all\n", c->problem_count - shown);
}

static void print_type(const struct owner *o)
{
	if (S_ISCHR(o->mode) || S_ISBLK(o->mode))
		printf(" %s %u:%u", S_ISCHR(o->mode) ? "char" : "block", o->rdev_major,
		       o->rdev_minor);
}

void tell_list(const struct conversion *c)
{
	bool to_ids = c->request->to == CONVERT_TO_IDS;
	char quoted[1024];

	for (size_t i = 0; i < c->list.count; i++) {
		const struct entry *e = &c->list.entries[i];
		const struct truth *t = &e->truth;

		printf("%u:%u %04o", t->owner.uid, t->owner.gid, t->owner.mode & 07777);
		print_type(&t->owner);
		for (unsigned k = 0; k < t->xattr_count; k++)
			printf(" %s", quote_text(t->xattrs[k].name, quoted, sizeof(quoted)));
		printf("%s %s\n", t->is_kept && to_ids ? " (stays recorded)" : "",
		       quote_text(e->name, quoted, sizeof(quoted)));
	}
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tell_progress(const char *what, size_t done, size_t total)
{
	static long began, last;
	static bool shown;
	long now = now_ms();

	if (done == total) {
		if (shown)
			fputs("\r\033[K", stderr);
		began = 0;
		shown = false;
		return;
	}
	if (!began)
		began = last = now;
	if (now - began < PROGRESS_MS || now - last < PROGRESS_EVERY_MS || !isatty(STDERR_FILENO))
		return;
	last = now;
	shown = true;
	if (total == SIZE_MAX)
		fprintf(stderr, "\r%s: %zu", what, done);
	else
		fprintf(stderr, "\r%s: %zu of %zu", what, done, total);
}
