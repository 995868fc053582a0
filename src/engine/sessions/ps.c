/* SPDX-License-Identifier: MIT */
/* pr ps: a table that fits 80 columns, or JSON with all there is, or the numbers. */
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/quote.h"
#include "engine/engine.h"
#include "engine/sessions/registry.h"

enum { NAME_COLUMNS = 14, ROOTFS_COLUMNS = 22, COMMAND_COLUMNS = 20, QUOTED_MOST = 4096 + 512 };

/* "42s", "7m", "3h", "12d": what two digits say best. */
static const char *format_age(long long seconds, char *ret, size_t size)
{
	static const struct {
		long long seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	if (seconds < 0)
		seconds = 0; /* the clock was set back */
	while (i < 3 && seconds < units[i].seconds)
		i++;
	snprintf(ret, size, "%lld%c", seconds / units[i].seconds, units[i].unit);
	return ret;
}

struct cell {
	char s[QUOTED_MOST + 4];
};

/* The beginning, or of a path the end, of what does not fit; a character is not cut in two. */
static const char *fit(const char *text, size_t columns, bool keep_end, struct cell *ret)
{
	char quoted[QUOTED_MOST];
	size_t len = strlen(quote_text(text, quoted, sizeof(quoted))), at, room = columns - 3;

	snprintf(ret->s, sizeof(ret->s), "%s", quoted);
	if (len <= columns)
		return ret->s;
	at = keep_end ? len - room : room;
	while (keep_end && (quoted[at] & 0xc0) == 0x80)
		at++;
	while (!keep_end && (quoted[at] & 0xc0) == 0x80)
		at--;
	if (keep_end)
		snprintf(ret->s, sizeof(ret->s), "...%s", quoted + at);
	else
		snprintf(ret->s, sizeof(ret->s), "%.*s...", (int)at, quoted);
	return ret->s;
}

static const char *command_line(void *ctx, const struct registry_entry *e)
{
	char *line = talloc_strdup(ctx, e->argv[0] ? "" : "(shell)");

	for (size_t i = 0; line && e->argv[i]; i++)
		line = talloc_asprintf_append(line, "%s%s", i ? " " : "", e->argv[i]);
	return line ? line : "";
}

static void print_row(void *ctx, const struct registry_entry *e, long long now)
{
	struct cell name, rootfs, command;
	char age[32];

	printf("%-8d%-*s%-8s%-5s%-*s%s\n", (int)e->pid, NAME_COLUMNS + 1,
	       fit(e->name ? e->name : "-", NAME_COLUMNS, false, &name), e->engine,
	       format_age(now - e->start, age, sizeof(age)), ROOTFS_COLUMNS + 1,
	       fit(e->rootfs, ROOTFS_COLUMNS, true, &rootfs),
	       fit(command_line(ctx, e), COMMAND_COLUMNS, false, &command));
}

static void print_table(void *ctx, const struct registry *r)
{
	printf("%-8s%-*s%-8s%-5s%-*s%s\n", "PID", NAME_COLUMNS + 1, "NAME", "ENGINE", "UP",
	       ROOTFS_COLUMNS + 1, "ROOTFS", "COMMAND");
	for (size_t i = 0; i < r->count; i++)
		print_row(ctx, &r->entries[i], (long long)time(NULL));
}

static void put_entry(const struct registry_entry *e, long long now)
{
	printf("  {\"pid\": %d", (int)e->pid);
	json_put_member(stdout, "name", e->name);
	json_put_member(stdout, "engine", e->engine);
	json_put_member(stdout, "rootfs", e->rootfs);
	printf(", \"started\": %lld, \"seconds\": %lld, \"command\": [", e->start,
	       now > e->start ? now - e->start : 0);
	for (size_t i = 0; e->argv[i]; i++) {
		fputs(i ? ", " : "", stdout);
		json_put_string(stdout, e->argv[i]);
	}
	fputs("]}", stdout);
}

static void print_json(const struct registry *r)
{
	fputs("[", stdout);
	for (size_t i = 0; i < r->count; i++) {
		fputs(i ? ",\n" : "\n", stdout);
		put_entry(&r->entries[i], (long long)time(NULL));
	}
	fputs(r->count ? "\n]\n" : "]\n", stdout);
}

int engine_ps(enum ps_form form, struct fail *fail)
{
	void *ctx = talloc_new(NULL);
	struct registry r;
	int status = 0;

	if (registry_read(ctx, &r, fail) < 0)
		status = 125;
	else if (form == PS_TABLE)
		print_table(ctx, &r);
	else if (form == PS_JSON)
		print_json(&r);
	for (size_t i = 0; status == 0 && form == PS_NUMBERS && i < r.count; i++)
		printf("%d\n", (int)r.entries[i].pid);
	if (r.dir_fd >= 0)
		close(r.dir_fd);
	talloc_free(ctx);
	return status;
}
