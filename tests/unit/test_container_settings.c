/* SPDX-License-Identifier: MIT */
/* Docker's rules of command and environment, row by row, and that container.json keeps all. */
#include "container/settings.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "unit.h"

/* A list as one string, a bar between two; NULL for none. */
static const char **split(void *ctx, const char *text)
{
	const char **list = talloc_zero_array(ctx, const char *, 1);
	char *copy = talloc_strdup(ctx, text), *word;

	while ((word = strsep(&copy, "|")) && *text)
		settings_add(ctx, &list, word);
	return list;
}

static const char *joined(void *ctx, const char *const *list)
{
	char *text = talloc_strdup(ctx, "");

	for (size_t i = 0; list[i]; i++)
		text = talloc_asprintf_append(text, "%s%s", i ? "|" : "", list[i]);
	return text;
}

static const struct {
	const char *entrypoint, *cmd; /* the image's */
	const char *asked, *words;    /* --entrypoint and words; NULL: none */
	const char *argv;
} commands[] = {
	{ "", "", NULL, NULL, "" },
	{ "", "sh", NULL, NULL, "sh" },
	{ "", "sh|-l", NULL, "id|-u", "id|-u" },
	{ "/init", "", NULL, NULL, "/init" },
	{ "/init|-v", "a|b", NULL, NULL, "/init|-v|a|b" },
	{ "/init|-v", "a|b", NULL, "c", "/init|-v|c" },
	{ "/init", "a", "/other", NULL, "/other" },
	{ "/init", "a", "/other", "c|d", "/other|c|d" },
	{ "/init", "a", "", NULL, "" },
	{ "/init", "a", "", "c", "c" },
	{ "", "a", "/other", NULL, "/other" },
};

START_TEST(command)
{
	struct settings *s = settings_new(NULL);
	const char **words = commands[_i].words ? split(s, commands[_i].words) : NULL;

	s->entrypoint = split(s, commands[_i].entrypoint);
	s->cmd = split(s, commands[_i].cmd);
	ck_assert_int_eq(settings_command(s, commands[_i].asked, (char *const *)words), 0);
	ck_assert_str_eq(joined(s, (const char *const *)settings_argv(s, s)), commands[_i].argv);
	talloc_free(s);
}
END_TEST

static const struct {
	const char *env, *edits, *result;
} environments[] = {
	{ "", "", "" },
	{ "A=1|B=2", "", "A=1|B=2" },
	{ "A=1|B=2", "+A=3", "A=3|B=2" },
	{ "A=1|B=2|A=4", "+A=3", "A=3|B=2" },
	{ "A=1", "+AB=3", "A=1|AB=3" },
	{ "AB=1", "+A=3", "AB=1|A=3" },
	{ "A=1|AB=2|C=3", "-A*", "C=3" },
	{ "A=1|B=2", "!|+C=", "C=" },
	{ "A=1", "+A=x=y|+A=z", "A=z" },
	{ "A=1", "-A|+A=2", "A=2" },
};

START_TEST(environment)
{
	void *ctx = talloc_new(NULL);
	const char **env = split(ctx, environments[_i].env);
	const char **edits = split(ctx, environments[_i].edits);

	env = settings_edit_env(ctx, env, edits);
	ck_assert_str_eq(joined(ctx, env), environments[_i].result);
	talloc_free(ctx);
}
END_TEST

static const struct {
	const char *word;
	int signal;
} signals[] = {
	{ "TERM", SIGTERM }, { "SIGTERM", SIGTERM }, { "sigint", SIGINT }, { "15", 15 },
	{ "0", 0 },	     { "NOPE", 0 },	     { "", 0 },		   { "15x", 0 },
	{ "9999", 0 },	     { "-1", 0 },	     { "SIGRTMIN+3", 37 }, { "RTMIN", 34 },
	{ "RTMIN+", 0 },     { "RTMINX", 0 },	     { "RTMIN+99", 0 },
};

START_TEST(signal_names)
{
	ck_assert_int_eq(settings_signal(signals[_i].word), signals[_i].signal);
}
END_TEST

START_TEST(json_keeps_all)
{
	struct settings *s = settings_new(NULL), *back;
	struct fail fail = { "" };
	char *text, *again;

	s->image = "sha256:00";
	s->cmd = split(s, "sh|-c|echo \"\\\n\t\x01 \xc3\xa4\"");
	s->env = split(s, "A=1|B=");
	s->user = "web:33";
	s->terminal = true;
	text = settings_write(s, s);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(settings_read(s, text, strlen(text), &back, &fail), 0);
	again = settings_write(s, back);
	ck_assert_str_eq(text, again);
	ck_assert_str_eq(back->cmd[2], s->cmd[2]);
	ck_assert_ptr_null(back->workdir);
	s->user = "\xff";
	ck_assert_ptr_null(settings_write(s, s));
	talloc_free(s);
}
END_TEST

static const char *const nonsense[] = {
	"", "[]", "{", "1", "{\"cmd\": 1}", "{\"cmd\": [1]}", "{\"user\": {}}",
	"{\"remove\": \"yes\"}", "{} {}", "null",
};

START_TEST(json_of_nonsense)
{
	struct settings *s;
	struct fail fail = { "" };
	void *ctx = talloc_new(NULL);

	ck_assert_int_lt(settings_read(ctx, nonsense[_i], strlen(nonsense[_i]), &s, &fail), 0);
	ck_assert_str_ne(fail.text, "");
	talloc_free(ctx);
}
END_TEST

static Suite *settings_suite(void)
{
	Suite *s = suite_create("container_settings");

	unit_add_rows(s, "command", command, ROWS(commands));
	unit_add_rows(s, "environment", environment, ROWS(environments));
	unit_add_rows(s, "signals", signal_names, ROWS(signals));
	unit_add(s, "json", json_keeps_all);
	unit_add_rows(s, "nonsense", json_of_nonsense, ROWS(nonsense));
	return s;
}

UNIT_MAIN(settings_suite)
