/* SPDX-License-Identifier: MIT */
/* The grammar of the command line, every option, and the one line that each mistake is told by. */
#include "cli/parse.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/suggest.h"
#include "cli/verbs.h"
#include "tracee/kernelspec.h"
#include "unit.h"

static char *caller[] = { "HOME=/home/u", "TERM=dumb", NULL };
static void *ctx;
static struct fail fail;

static void setup(void)
{
	ctx = talloc_new(NULL);
	fail.text[0] = '\0';
}

static void teardown(void)
{
	talloc_free(ctx);
}

/* Parses a line whose words are separated by blanks; '' stands for an empty word. */
static int parse(const char *line, struct request *r)
{
	char **argv = talloc_zero_array(ctx, char *, 32);
	char *copy = talloc_strdup(ctx, line), *word;
	int argc = 0;

	while ((word = strsep(&copy, " ")))
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	return parse_command_line(ctx, argv, caller, r, &fail);
}

static struct request parsed(const char *line)
{
	struct request r;

	ck_assert_msg(parse(line, &r) == 0, "%s: %s", line, fail.text);
	return r;
}

/* ---- the shape of the line ---- */

static const struct {
	const char *line, *rootfs, *command; /* command NULL: none was given */
} lines[] = {
	{ "pr ls", "/", "ls" },
	{ "pr -r /a ls -r /b", "/a", "ls" },
	{ "pr --rootfs=/a ls", "/a", "ls" },
	{ "pr --rootfs /a ls", "/a", "ls" },
	{ "pr --root /a -- -x", "/a", "-x" },
	{ "pr -r /a -r /b", "/b", NULL },
	{ "pr -r /a --", "/a", NULL },
	{ "pr -- ls -l", "/", "ls" },
	{ "pr -r /a -- -- x", "/a", "--" },
	{ "pr -r /a - x", "/a", "-" },
	{ "pr -r -b ls", "-b", "ls" },
	{ "pr --rootfs=/a=b ls", "/a=b", "ls" },
	{ "proot -r /a ls", "/a", "ls" },
	{ "pr -w /tmp --sandbox --engine=ptrace -r /a ls", "/a", "ls" },
	{ "pr --coherence=strict --no-agent -r /a ls", "/a", "ls" },
};

START_TEST(takes_words_in_order)
{
	struct request r = parsed(lines[_i].line);

	ck_assert_str_eq(r.session.rootfs, lines[_i].rootfs);
	if (lines[_i].command)
		ck_assert_str_eq(r.session.argv[0], lines[_i].command);
	else
		ck_assert_ptr_null(r.session.argv);
}
END_TEST

START_TEST(no_words_is_a_question)
{
	ck_assert_int_eq(parsed("pr").action, ACTION_USAGE);
}
END_TEST

/* ---- sub-commands ---- */

static void ck_is_verb(const struct request *r, const char *name)
{
	ck_assert_int_eq(r->action, ACTION_VERB);
	ck_assert_str_eq(r->verb->name, name);
}

START_TEST(doctor_is_the_first_word_alone)
{
	struct request r = parsed("pr doctor");

	ck_is_verb(&r, "doctor");
	ck_assert_str_eq(r.session.rootfs, "/");
	ck_assert(!r.json);
	r = parsed("pr doctor --json -r /a --engine=auto");
	ck_is_verb(&r, "doctor");
	ck_assert_str_eq(r.session.rootfs, "/a");
	ck_assert(r.json);
	ck_assert_int_eq(parsed("pr doctor --help").action, ACTION_HELP);
}
END_TEST

START_TEST(convert_has_its_own_options)
{
	struct request r = parsed("pr convert --to=ids -r /a --keep-records --dry-run");

	ck_is_verb(&r, "convert");
	ck_assert_str_eq(r.session.rootfs, "/a");
	ck_assert_int_eq(r.convert.to, CONVERT_TO_IDS);
	ck_assert(r.convert.keep_records && r.session.dry_run);
	r = parsed("pr convert -r /a --to records");
	ck_assert_int_eq(r.convert.to, CONVERT_TO_RECORDS);
	ck_assert(!r.convert.keep_records && !r.session.dry_run);
	ck_assert_int_eq(parsed("pr -- convert").action, ACTION_RUN);
}
END_TEST

static const char *const programs[] = {
	"pr -- doctor", "pr -r /a doctor", "pr -0 doctor", "proot doctor", "/bin/proot doctor --json",
};

START_TEST(doctor_may_be_a_program)
{
	struct request r = parsed(programs[_i]);

	ck_assert_int_eq(r.action, ACTION_RUN);
	ck_assert_str_eq(r.session.argv[0], "doctor");
}
END_TEST

static const struct {
	const char *line, *target, *command; /* command NULL: none was given */
} execs[] = {
	{ "pr exec web ls -l", "web", "ls" },
	{ "pr exec 123", "123", NULL },
	{ "pr exec -0 -w /tmp web ls", "web", "ls" },
	{ "pr exec web -- -x", "web", "-x" },
	{ "pr exec -- web ls", "web", "ls" },
	{ "pr exec --env A=b --clear-env web -0", "web", "-0" },
};

START_TEST(exec_takes_a_session_and_a_command)
{
	struct request r = parsed(execs[_i].line);

	ck_is_verb(&r, "exec");
	ck_assert_uint_eq(r.arg_count, 1);
	ck_assert_str_eq(r.args[0], execs[_i].target);
	if (execs[_i].command)
		ck_assert_str_eq(r.session.argv[0], execs[_i].command);
	else
		ck_assert_ptr_null(r.session.argv);
}
END_TEST

START_TEST(exec_keeps_edits_in_order)
{
	const char *const *edits = parsed("pr exec --env A=b --unset-env L* --env HOME --clear-env x")
					   .env.edits;

	ck_assert_str_eq(edits[0], "+A=b");
	ck_assert_str_eq(edits[1], "-L*");
	ck_assert_str_eq(edits[2], "+HOME=/home/u");
	ck_assert_str_eq(edits[3], "!");
	ck_assert_ptr_null(edits[4]);
	ck_assert_ptr_null(parsed("pr exec x").env.edits[0]);
}
END_TEST

START_TEST(ps_has_letters_of_its_own)
{
	struct request r = parsed("pr ps");

	ck_is_verb(&r, "ps");
	ck_assert(parsed("pr ps -q").numbers);
	ck_assert(parsed("pr ps --quiet").numbers);
	ck_assert(parsed("pr ps --json").json);
	ck_assert_str_eq(parsed("pr --name web-1.x ls").session.name, "web-1.x");
}
END_TEST

START_TEST(letters_are_grouped_in_sub_commands)
{
	struct request r = parsed("pr ps -qh");

	ck_assert_int_eq(r.action, ACTION_HELP);
	ck_assert(r.numbers);
	r = parsed("pr exec -w/tmp -0ubob web ls");
	ck_assert_str_eq(r.session.cwd, "/tmp");
	ck_assert_str_eq(r.session.user, "bob");
	ck_assert_str_eq(r.args[0], "web");
	ck_assert_str_eq(parsed("pr doctor -r/a").session.rootfs, "/a");
	r = parsed("pr exec -i 5:6 web");
	ck_assert_uint_eq(r.session.gid, 6);
}
END_TEST

static const struct {
	const char *line, *verb; /* NULL: a program's name */
} nouns[] = {
	{ "pr image ls", "images" }, { "pr image rm x", "rmi" },   { "pr image inspect x", "inspect" },
	{ "pr container ls", "ps" }, { "pr container rm x", "rm" }, { "pr container ls", "ps" },
	{ "pr image doctor", NULL }, { "pr image ls -q", "images" }, { "pr container", NULL },
	{ "pr container load", NULL }, { "pr -- image ls", NULL }, { "pr rm rm", "rm" },
};

START_TEST(nouns_and_verbs)
{
	struct request r = parsed(nouns[_i].line);

	if (nouns[_i].verb)
		ck_is_verb(&r, nouns[_i].verb);
	else
		ck_assert_int_eq(r.action, ACTION_RUN);
}
END_TEST

static const struct {
	const char *args;
	struct verb_shape shape;
} shapes[] = {
	{ "", { 0, 0, false } },
	{ "FILE|-", { 1, 1, false } },
	{ "[FILE|-]", { 0, 1, false } },
	{ "IMAGE...", { 1, SIZE_MAX, false } },
	{ "[IMAGE]...", { 0, SIZE_MAX, false } },
	{ "IMAGE NAME", { 2, 2, false } },
	{ "IMAGE [NAME]", { 1, 2, false } },
	{ "SESSION [COMMAND [ARG]...]", { 1, 1, true } },
	{ "NAME COMMAND [ARG]...", { 1, 1, true } },
};

START_TEST(patterns_have_a_shape)
{
	struct verb v = { .name = "x", .args = shapes[_i].args };
	struct verb_shape s = verb_shape(&v);

	ck_assert_uint_eq(s.min, shapes[_i].shape.min);
	ck_assert_uint_eq(s.max, shapes[_i].shape.max);
	ck_assert_int_eq(s.has_command, shapes[_i].shape.has_command);
}
END_TEST

/* ---- single options ---- */

START_TEST(binds_accumulate)
{
	struct request r = parsed("pr -b /a -m /b --bind=/c --mount /d --volume /e -v /f ls");

	ck_assert_uint_eq(r.session.bind_count, 6);
	for (size_t i = 0; i < 6; i++) {
		ck_assert_int_eq(r.session.binds[i].host[0], '/');
		ck_assert_int_eq(r.session.binds[i].host[1], "abcdef"[i]);
	}
}
END_TEST

START_TEST(a_number_is_verbosity)
{
	ck_assert_int_eq(parsed("pr -v 1 ls").verbosity, 1);
	ck_assert_int_eq(parsed("pr -v -1 ls").verbosity, -1);
	ck_assert_uint_eq(parsed("pr -v 1 ls").session.bind_count, 0);
	ck_assert_str_eq(parsed("pr --verbose=3 ls").session.trace, "");
	ck_assert_uint_eq(parsed("pr -v 1x ls").session.bind_count, 1);
}
END_TEST

START_TEST(session_switches)
{
	struct session_config s = parsed("pr ls").session;

	ck_assert(!s.sandbox && !s.wait_leftovers && !s.trace && !s.cwd && !s.debug);
	ck_assert(parsed("pr --sandbox ls").session.sandbox);
	ck_assert(parsed("pr --no-kill-on-exit ls").session.wait_leftovers);
	ck_assert(!parsed("pr --no-kill-on-exit --kill-on-exit ls").session.wait_leftovers);
	ck_assert_str_eq(parsed("pr -w /a --chdir /b ls").session.cwd, "/b");
	ck_assert(!s.kernel && !s.emulator);
	ck_assert_str_eq(parsed("pr -q auto ls").session.emulator, "auto");
	ck_assert_str_eq(parsed("pr -k 5.4 ls").session.kernel->names[UTS_RELEASE].text, "5.4");
	ck_assert_str_eq(parsed("pr --trace ls").session.trace, "");
	ck_assert_str_eq(parsed("pr --trace=f ls").session.trace, "f");
	ck_assert_uint_eq(parsed("pr --debug=mem,no-seccomp ls").session.debug,
			  DEBUG_MEM | DEBUG_NO_SECCOMP);
}
END_TEST

/* The last one counts. */
START_TEST(identities)
{
	struct session_config s = parsed("pr ls").session;

	ck_assert_int_eq(s.identity, IDENTITY_NONE);
	s = parsed("pr -i 5:6 -0 ls").session;
	ck_assert_int_eq(s.identity, IDENTITY_IDS);
	ck_assert(s.uid == 0 && s.gid == 0);
	s = parsed("pr --root-id --change-id 1000:4294967294 ls").session;
	ck_assert_int_eq(s.identity, IDENTITY_IDS);
	ck_assert(s.uid == 1000 && s.gid == 4294967294u);
	s = parsed("pr -0 --user bob:users --groups 1,adm ls").session;
	ck_assert_int_eq(s.identity, IDENTITY_USER);
	ck_assert_str_eq(s.user, "bob:users");
	ck_assert_str_eq(s.groups, "1,adm");
	ck_assert(!s.keep_home);
	ck_assert_int_eq(parsed("pr -u bob -0 ls").session.identity, IDENTITY_IDS);
	ck_assert(parsed("pr --env HOME=/x --user bob ls").session.keep_home);
	ck_assert(parsed("pr --user bob --env HOME ls").session.keep_home);
	ck_assert(!parsed("pr --user bob --env HOMES=1 ls").session.keep_home);
}
END_TEST

START_TEST(environment_in_order)
{
	struct request r = parsed("pr --env A=1 --clear-env --env B=2 --env TERM ls");

	ck_assert_str_eq(r.session.envp[0], "B=2");
	ck_assert_str_eq(r.session.envp[1], "TERM=dumb");
	ck_assert_ptr_null(r.session.envp[2]);
	r = parsed("pr ls");
	ck_assert_str_eq(r.session.envp[0], "HOME=/home/u");
	r = parsed("pr --unset-env * ls");
	ck_assert_ptr_null(r.session.envp[0]);
}
END_TEST

static const struct {
	const char *line;
	enum action action;
} actions[] = {
	{ "pr -h", ACTION_HELP },
	{ "pr --usage --nonsense", ACTION_HELP },
	{ "pr -r x --help", ACTION_HELP },
	{ "pr -V", ACTION_VERSION },
	{ "pr --about", ACTION_VERSION },
	{ "pr --help-debug", ACTION_HELP_DEBUG },
	{ "pr --dump-filter", ACTION_DUMP_FILTER },
	{ "pr --explain /x -r y", ACTION_EXPLAIN },
	{ "pr ls -h", ACTION_RUN },
};

START_TEST(actions_of_options)
{
	ck_assert_int_eq(parsed(actions[_i].line).action, actions[_i].action);
}
END_TEST

START_TEST(host_binds)
{
	struct request r = parsed("pr -R /usr ls");
	bool home = false, self = false;

	ck_assert_str_eq(r.session.rootfs, "/usr");
	for (size_t i = 0; i < r.session.bind_count; i++) {
		ck_assert(r.session.binds[i].optional);
		home |= getenv("HOME") && strcmp(r.session.binds[i].host, getenv("HOME")) == 0;
		self |= strcmp(r.session.binds[i].host, "/usr") == 0;
	}
	ck_assert(self);
	ck_assert_int_eq(home, getenv("HOME") != NULL);
}
END_TEST

static bool has_bind(const struct request *r, const char *host)
{
	for (size_t i = 0; i < r->session.bind_count; i++)
		if (strcmp(r->session.binds[i].host, host) == 0)
			return true;
	return false;
}

/* -S is -R for root: what a package manager writes to is the guest's own. */
START_TEST(host_binds_for_root)
{
	struct request r = parsed("pr -S /usr ls"), users = parsed("pr -R /usr ls");

	ck_assert_str_eq(r.session.rootfs, "/usr");
	ck_assert_int_eq(r.session.identity, IDENTITY_IDS);
	ck_assert(r.session.uid == 0 && r.session.gid == 0);
	ck_assert_int_eq(users.session.identity, IDENTITY_NONE);
	ck_assert(has_bind(&r, "/usr") && has_bind(&r, "/dev") && has_bind(&r, "/run/shm"));
	ck_assert(!has_bind(&r, "/etc/passwd") && !has_bind(&r, "/run"));
	ck_assert(has_bind(&users, "/etc/passwd") && !has_bind(&users, "/run/shm"));
}
END_TEST

START_TEST(manners_by_name)
{
	ck_assert_int_eq(parsed("/opt/bin/proot ls").manners, MANNERS_PROOT);
	ck_assert(parsed("proot ls").session.wait_leftovers);
	ck_assert(!parsed("proot --kill-on-exit ls").session.wait_leftovers);
	ck_assert_int_eq(parsed("./proots ls").manners, MANNERS_PR);
}
END_TEST

/* ---- mistakes ---- */

static const struct {
	const char *line, *word, *fix; /* both stand in the message */
} mistakes[] = {
	{ "pr --rotfs=x", "--rotfs", "--rootfs" },
	{ "pr --sand", "--sand", "--sandbox" },
	{ "pr --nonsense", "--nonsense", "--help" },
	{ "pr --=x", "--=x", "--help" },
	{ "pr -x", "-x", "--help" },
	{ "pr -r", "-r", "-r PATH" },
	{ "pr --bind", "--bind", "HOST" },
	{ "pr -r ''", "--rootfs", "directory" },
	{ "pr -w ''", "--cwd", "directory" },
	{ "pr -b/foo", "-b/foo", "-b /foo" },
	{ "pr -hV", "-hV", "grouped" },
	{ "pr --sandbox=yes", "--sandbox", "no value" },
	{ "pr --unshare=pid,x y", "'x'", "pid" },
	{ "pr --net=x y", "'x'", "pasta" },
	{ "pr --engine=x x", "'x'", "ptrace" },
	{ "pr --coherence=lax x", "'lax'", "strict" },
	{ "pr --debug=mem,foo x", "'foo'", "--help-debug" },
	{ "pr --debug=mem, x", "''", "--help-debug" },
	{ "pr --env =x y", "=x", "NAME=VALUE" },
	{ "pr --env-file /nowhere y", "/nowhere", "No such file" },
	{ "pr --qemu= y", "-q", "auto" },
	{ "pr --overlay y", "--overlay", "not built yet" },
	{ "pr -k '' y", "-k", "6.1.0" },
	{ "pr -i 0 y", "-i", "UID:GID" },
	{ "pr -i 0:x y", "'0:x'", "UID:GID" },
	{ "pr -i 4294967295:0 y", "4294967295", "UID:GID" },
	{ "pr --user :g y", "':g'", "USER[:GROUP]" },
	{ "pr -u '' y", "''", "USER[:GROUP]" },
	{ "pr --groups 4 y", "--groups", "--user" },
	{ "pr doctor x", "'x'", "pr -- doctor" },
	{ "pr doctor -- --json", "'--json'", "pr -- doctor" },
	{ "pr doctor --sandbox", "--sandbox", "doctor" },
	{ "pr doctor -0", "-0", "doctor" },
	{ "pr doctor --josn", "--josn", "--json" },
	{ "pr --json ls", "--json", "pr doctor" },
	{ "pr ps aux", "'aux'", "pr -- ps" },
	{ "pr ps -0", "-0", "ps" },
	{ "pr -q '' ls", "-q", "auto" },
	{ "pr exec", "exec", "SESSION" },
	{ "pr exec -w /", "exec", "SESSION" },
	{ "pr exec -b / x", "-b", "exec" },
	{ "pr exec --groups 4 x y", "--groups", "--user" },
	{ "pr --name 12 ls", "'12'", "no number" },
	{ "pr --name -x ls", "'-x'", "begins with" },
	{ "pr --name a/b ls", "'a/b'", "letters" },
	{ "pr --name '' ls", "''", "letters" },
	{ "pr convert --to=both -r /a", "--to=both", "ids or records" },
	{ "pr convert --to=ids -r /a -0", "-0", "convert" },
	{ "pr --to=ids ls", "--to", "pr convert" },
	{ "pr --keep-records ls", "--keep-records", "pr convert" },
	{ "pr +3 file", "+3", "coreutils" },
	{ "pr -2 file", "-2", "coreutils" },
	{ "pr /etc/passwd", "/etc/passwd", "coreutils" },
};

START_TEST(mistakes_are_told)
{
	struct request r;

	ck_assert_int_lt(parse(mistakes[_i].line, &r), 0);
	ck_assert_msg(strstr(fail.text, mistakes[_i].word), "%s", fail.text);
	ck_assert_msg(strstr(fail.text, mistakes[_i].fix), "%s", fail.text);
	ck_assert_ptr_null(strchr(fail.text, '\n'));
}
END_TEST

/* A readable file may be a command all the same. */
START_TEST(commands_are_not_for_coreutils)
{
	ck_assert_int_eq(parsed("pr /bin/sh").action, ACTION_RUN);
	ck_assert_int_eq(parsed("proot /etc/passwd").action, ACTION_RUN);
	ck_assert_int_eq(parsed("pr -- /etc/passwd").action, ACTION_RUN);
	ck_assert_int_eq(parsed("pr /nowhere").action, ACTION_RUN);
}
END_TEST

/* ---- the table ---- */

static bool are_mistakable(const struct option *a, const struct option *b, const char *form)
{
	if (!option_is_known(a, form) || !option_is_known(b, form))
		return false;
	if (a->names[0] && names_have(b->names, a->names, option_name_len(a->names)))
		return true;
	return a->letter && a->letter == b->letter && (a->value != IDS || strcmp(form, PLAIN) == 0);
}

/* Of each form: a letter and a long name mean one option. */
START_TEST(names_are_unique)
{
	for (const struct option *a = options_table; a->names; a++) {
		for (const struct option *b = a + 1; b->names; b++) {
			ck_assert_msg(!are_mistakable(a, b, PLAIN), "-%c %s", a->letter, a->names);
			for (const struct verb *v = verbs_table; v->name; v++)
				ck_assert_msg(!are_mistakable(a, b, v->name), "%s: -%c %s", v->name,
					      a->letter, a->names);
		}
	}
}
END_TEST

/* Whom a row names as knowing it is there, by the chief name. */
START_TEST(rows_name_sub_commands)
{
	for (const struct option *o = options_table; o->names; o++) {
		for (const char *p = o->where; *p; p += strcspn(p, " "), p += *p == ' ') {
			char form[32];
			const struct verb *v;

			snprintf(form, sizeof(form), "%.*s", (int)option_name_len(p), p);
			v = verb_find(form);
			ck_assert_msg(strcmp(form, PLAIN) == 0 || strcmp(form, EVERYWHERE) == 0 ||
					      (v && strcmp(v->name, form) == 0),
				      "%s: %s", o->names, form);
		}
	}
}
END_TEST

START_TEST(sub_commands_have_names_of_their_own)
{
	for (const struct verb *v = verbs_table; v->name; v++) {
		ck_assert(v->run && v->help[0] && v->manual[0]);
		ck_assert_ptr_eq(verb_find(v->name), v);
		for (const char *p = v->aliases; *p; p += strcspn(p, " "), p += *p == ' ') {
			char alias[32];

			snprintf(alias, sizeof(alias), "%.*s", (int)option_name_len(p), p);
			ck_assert_ptr_eq(verb_find(alias), v);
		}
	}
}
END_TEST

START_TEST(rows_are_complete)
{
	for (const struct option *o = options_table; o->names; o++) {
		ck_assert(o->letter || o->names[0]);
		ck_assert(o->later || o->apply);
		ck_assert(o->value == NONE || o->value_name[0]);
		ck_assert(o->group == GROUP_HIDDEN || (o->help[0] && o->manual[0]));
		ck_assert_msg(strlen(o->help) <= 50, "%s: too long for --help", o->help);
	}
}
END_TEST

START_TEST(suggestions)
{
	char near[64];

	ck_assert(suggest_option("bnid=/x", PLAIN, near, sizeof(near)));
	ck_assert_str_eq(near, "bind");
	ck_assert(suggest_option("no-kill-on-exti", PLAIN, near, sizeof(near)));
	ck_assert_str_eq(near, "no-kill-on-exit");
	ck_assert(!suggest_option("", PLAIN, near, sizeof(near)));
	ck_assert(!suggest_option("zzzzzz", PLAIN, near, sizeof(near)));
	ck_assert(!suggest_option("a-word-that-is-much-longer-than-any-option-ever", PLAIN, near,
				  sizeof(near)));
}
END_TEST

static Suite *parse_suite(void)
{
	Suite *s = suite_create("cli_parse");
	TCase *tc = tcase_create("parse");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, takes_words_in_order, 0, ROWS(lines));
	tcase_add_test(tc, no_words_is_a_question);
	tcase_add_test(tc, doctor_is_the_first_word_alone);
	tcase_add_test(tc, convert_has_its_own_options);
	tcase_add_loop_test(tc, doctor_may_be_a_program, 0, ROWS(programs));
	tcase_add_loop_test(tc, exec_takes_a_session_and_a_command, 0, ROWS(execs));
	tcase_add_test(tc, exec_keeps_edits_in_order);
	tcase_add_test(tc, ps_has_letters_of_its_own);
	tcase_add_test(tc, letters_are_grouped_in_sub_commands);
	tcase_add_loop_test(tc, nouns_and_verbs, 0, sizeof(nouns) / sizeof(nouns[0]));
	tcase_add_loop_test(tc, patterns_have_a_shape, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tc, binds_accumulate);
	tcase_add_test(tc, a_number_is_verbosity);
	tcase_add_test(tc, session_switches);
	tcase_add_test(tc, identities);
	tcase_add_test(tc, environment_in_order);
	tcase_add_loop_test(tc, actions_of_options, 0, ROWS(actions));
	tcase_add_test(tc, host_binds);
	tcase_add_test(tc, host_binds_for_root);
	tcase_add_test(tc, manners_by_name);
	tcase_add_loop_test(tc, mistakes_are_told, 0, ROWS(mistakes));
	tcase_add_test(tc, commands_are_not_for_coreutils);
	tcase_add_test(tc, names_are_unique);
	tcase_add_test(tc, rows_name_sub_commands);
	tcase_add_test(tc, sub_commands_have_names_of_their_own);
	tcase_add_test(tc, rows_are_complete);
	tcase_add_test(tc, suggestions);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(parse_suite)
