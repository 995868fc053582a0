/* SPDX-License-Identifier: MIT */
/* pr ps, stop, kill, wait, logs, rename, rm: containers are looked at, ended, removed. */
#include <errno.h>
#include <stdio.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/parse.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "container/container.h"
#include "container/list.h"

enum { STOP_SECONDS = 10 };

/* ---- ps -a ---- */

/* "up 5 minutes", "exited (0) 3 days ago" */
static char *state_text(void *ctx, const struct run_status *status)
{
	long long then = status->state == RUN_NOW ? status->started : status->finished;
	char created[32], ago[AGO_TEXT] = "";
	time_t t = (time_t)then;

	if (status->state == RUN_NEVER)
		return talloc_strdup(ctx, "created");
	if (then && strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime(&t)) > 0)
		ago_text(created, ago);
	if (status->state == RUN_NOW)
		return talloc_asprintf(ctx, "running, began %s", ago);
	return talloc_asprintf(ctx, "exited (%d) %s", status->exit, ago);
}

static char *command_text(void *ctx, const struct settings *s)
{
	char **argv = settings_argv(ctx, s);
	char *text = talloc_strdup(ctx, argv && argv[0] ? "" : "(shell)");

	for (char **word = argv; text && word && *word; word++)
		text = talloc_asprintf_append(text, "%s%s", word == argv ? "" : " ", *word);
	return text;
}

static int print_table(void *ctx, const struct listed *list, size_t count)
{
	static const char *const heads[] = { "NAME", "IMAGE", "STATE", "COMMAND", NULL };
	struct table *t = table_new(ctx, heads);
	int r = t ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct listed *l = &list[i];
		const char *image = l->settings->image_name, *id = l->settings->image;
		const char *cells[] = { l->name, image ? image : id ? id : "-",
					state_text(ctx, &l->status),
					command_text(ctx, l->settings) };

		r = cells[2] && cells[3] ? table_add(t, cells) : -ENOMEM;
	}
	if (r == 0)
		table_print(t, stdout, isatty(STDOUT_FILENO) ? terminal_columns(STDOUT_FILENO) : 0);
	return r;
}

static void print_json(void *ctx, const struct listed *list, size_t count)
{
	fputs("[", stdout);
	for (size_t i = 0; i < count; i++) {
		const struct run_status *status = &list[i].status;

		printf("%s{\"name\": \"%s\"", i ? ",\n " : "\n ", list[i].name);
		json_put_member(stdout, "state", place_state_name(status));
		json_put_member(stdout, "image", list[i].settings->image);
		json_put_member(stdout, "image_name", list[i].settings->image_name);
		json_put_member(stdout, "created", list[i].settings->created);
		printf(", \"pid\": %d, \"started\": %lld, \"finished\": %lld, \"exit\": %d, "
		       "\"command\": ",
		       status->state == RUN_NOW ? (int)status->pid : 0, status->started,
		       status->finished, status->exit);
		print_json_list(stdout, (const char *const *)settings_argv(ctx, list[i].settings));
		fputs("}", stdout);
	}
	puts(count ? "\n]" : "]");
}

static int list_containers(struct request *r, struct fail *fail)
{
	struct listed *list = NULL;
	size_t count = 0;
	struct state *s;
	int done = state_is_there() ? state_open(r->env.ctx, &s, fail) : 1;

	if (done == 0)
		done = container_list(r->env.ctx, s, &list, &count, fail);
	if (done < 0)
		return verb_status(done);
	if (r->json)
		print_json(r->env.ctx, list, count);
	for (size_t i = 0; i < count && r->numbers && !r->json; i++)
		puts(list[i].name);
	return r->json || r->numbers ? 0 : verb_status(print_table(r->env.ctx, list, count));
}

int verb_ps(struct request *r, struct fail *fail)
{
	if (r->all)
		return list_containers(r, fail);
	return engine_ps(r->numbers ? PS_NUMBERS : r->json ? PS_JSON : PS_TABLE, fail);
}

int verb_list(struct request *r, struct fail *fail)
{
	return list_containers(r, fail);
}

/* ---- one after the other ---- */

/* The first that fails is told, and the rest left as it is. */
static int for_each(struct request *r, struct fail *fail,
		    int (*act)(struct request *r, struct state *s, const char *name,
			       struct fail *fail))
{
	struct state *s;
	int done = state_open(r->env.ctx, &s, fail);

	for (size_t i = 0; i < r->arg_count && done == 0; i++)
		done = act(r, s, r->args[i], fail);
	return verb_status(done == -ESRCH ? -ENOENT : done);
}

static int stop(struct request *r, struct state *s, const char *name, struct fail *fail)
{
	int seconds = r->seconds ? r->seconds - 1 : STOP_SECONDS;
	int done = container_stop(s, name, seconds, fail);

	if (done == 0)
		puts(name);
	return done;
}

int verb_stop(struct request *r, struct fail *fail)
{
	return for_each(r, fail, stop);
}

static int send_signal(struct request *r, struct state *s, const char *name, struct fail *fail)
{
	int done = container_kill(s, name, r->signal ? r->signal : "KILL", fail);

	if (done == 0)
		puts(name);
	return done;
}

int verb_kill(struct request *r, struct fail *fail)
{
	return for_each(r, fail, send_signal);
}

static int wait_for(struct request *r, struct state *s, const char *name, struct fail *fail)
{
	int status, done = container_wait(s, name, &status, fail);

	(void)r;
	if (done == 0)
		printf("%d\n", status);
	fflush(stdout);
	return done;
}

int verb_wait(struct request *r, struct fail *fail)
{
	return for_each(r, fail, wait_for);
}

static int remove_one(struct request *r, struct state *s, const char *name, struct fail *fail)
{
	int done = container_remove(s, name, r->force, fail);

	if (done == 0)
		puts(name);
	return done;
}

int verb_rm(struct request *r, struct fail *fail)
{
	return for_each(r, fail, remove_one);
}

static int print_logs(struct request *r, struct state *s, const char *name, struct fail *fail)
{
	return container_logs(s, name, r->follow, r->tail - 1, stdout, fail);
}

int verb_logs(struct request *r, struct fail *fail)
{
	return for_each(r, fail, print_logs);
}

int verb_rename(struct request *r, struct fail *fail)
{
	struct state *s;
	int done = state_open(r->env.ctx, &s, fail);

	if (done == 0)
		done = container_rename(s, r->args[0], r->args[1], fail);
	return verb_status(done);
}
