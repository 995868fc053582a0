/* SPDX-License-Identifier: MIT */
/*
 * The manual page in man(7) macros: prose from manual.def, options from options.def. All markup of
 * roff is made here; the texts only know *bold* and _placeholder_.
 */
#include <stdbool.h>
#include <string.h>

#include "cli/help.h"
#include "cli/markup.h"
#include "cli/options.h"
#include "cli/parse.h"
#include "cli/verbs.h"

enum piece_kind {
	SECTION_TITLE,
	PARAGRAPH,
	TERM_PIECE,
	CODE_LINES,
	PLAIN_OPTIONS,
	ALL_VERBS,
	VERB_OPTIONS,
};

struct piece {
	enum piece_kind kind;
	const char *head, *text;
};

static const struct piece pieces[] = {
#define SECTION(title)	 { SECTION_TITLE, title, NULL },
#define P(text)		 { PARAGRAPH, NULL, text },
#define TERM(what, text) { TERM_PIECE, what, text },
#define CODE(text)	 { CODE_LINES, NULL, text },
#define OPTIONS()	 { PLAIN_OPTIONS, NULL, NULL },
#define VERBS()		 { ALL_VERBS, NULL, NULL },
#define VERBS_OPTIONS()	 { VERB_OPTIONS, NULL, NULL },
#include "cli/manual.def"
};

static void print_char(FILE *out, char c)
{
	if (c == '-')
		fputs("\\-", out);
	else if (c == '\\')
		fputs("\\e", out);
	else
		fputc(c, out);
}

/* Text with markup; a line of roff must not begin with its own control characters. */
static void print_text(FILE *out, const char *text)
{
	const char *end = NULL;

	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (const char *p = text; *p; p++) {
		if (!end && (end = markup_closing(text, p))) {
			fputs(*p == '*' ? "\\fB" : "\\fI", out);
		} else if (p == end) {
			fputs("\\fR", out);
			end = NULL;
		} else {
			print_char(out, *p);
		}
	}
	fputc('\n', out);
}

static void print_code(FILE *out, const char *text)
{
	fputs(".IP\n.EX\n", out);
	for (; *text; text++)
		print_char(out, *text);
	fputs("\n.EE\n", out);
}

/* "-b, --bind, --mount, --volume HOST" */
static void print_option_head(FILE *out, const struct option *o)
{
	const char *comma = o->letter ? ", " : "";

	if (o->letter)
		fprintf(out, "\\fB\\-%c\\fR", o->letter);
	for (const char *name = o->names; *name; name += *name == ' ') {
		size_t len = option_name_len(name);

		fprintf(out, "%s\\fB\\-\\-", comma);
		for (size_t i = 0; i < len; i++)
			print_char(out, name[i]);
		fputs("\\fR", out);
		comma = ", ";
		name += len;
	}
	if (o->value != NONE)
		fprintf(out, o->value == MAYBE  ? "[\\fB=\\fI%s\\fR]" :
			     o->value == PAIR ? " [\\fI%s\\fR]" : " \\fI%s\\fR",
			o->value_name);
	fputc('\n', out);
}

static void print_options(FILE *out)
{
	for (const struct option *o = options_table; o->names; o++) {
		if (o->group == GROUP_HIDDEN || !option_is_known(o, PLAIN))
			continue;
		fputs(".TP\n", out);
		print_option_head(out, o);
		print_text(out, o->manual);
	}
}

/* Those of sub-commands alone, and whose they are. */
static void print_verb_options(FILE *out)
{
	for (const struct option *o = options_table; o->names; o++) {
		if (o->group == GROUP_HIDDEN || option_is_known(o, PLAIN))
			continue;
		fputs(".TP\n", out);
		print_option_head(out, o);
		fprintf(out, "(%s)\n", o->where);
		print_text(out, o->manual);
	}
}

/* ---- sub-commands ---- */

/* What is written in capitals is a placeholder, the rest is to be typed. */
static void print_pattern(FILE *out, const char *args)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char small[] = "abcdefghijklmnopqrstuvwxyz-";

	while (*args) {
		size_t upper = strspn(args, capitals), lower = strspn(args, small);

		if (upper)
			fprintf(out, "\\fI%.*s\\fR", (int)upper, args);
		else if (*args == '-')
			fputs("\\fB\\-\\fR", out);
		else if (lower)
			fprintf(out, "\\fB%.*s\\fR", (int)lower, args);
		else
			fputc(*args, out);
		args += upper ? upper : lower ? lower : 1;
	}
}

static void print_verb_head(FILE *out, const struct verb *v)
{
	const char *comma = " (also ";

	fprintf(out, "\\fBpr %s\\fR [\\fIOPTIONS\\fR]%s", v->name, *v->args ? " " : "");
	print_pattern(out, v->args);
	for (const char *name = v->aliases; *name; name += *name == ' ') {
		size_t len = option_name_len(name);

		fprintf(out, "%s\\fB%.*s\\fR", comma, (int)len, name);
		comma = ", ";
		name += len;
	}
	fputs(*v->aliases ? ")\n" : "\n", out);
}

/* "Options: -q, --quiet, --json." by their first names. */
static void print_verb_knows(FILE *out, const struct verb *v)
{
	const char *before = "Options: ";

	for (const struct option *o = options_table; o->names; o++) {
		if (o->group == GROUP_HIDDEN || o->later || !option_is_known(o, v->name) ||
		    strcmp(o->where, EVERYWHERE) == 0)
			continue;
		fputs(before, out);
		before = ", ";
		if (o->letter)
			fprintf(out, "\\fB\\-%c\\fR", o->letter);
		else
			fprintf(out, "\\fB\\-\\-");
		for (size_t i = 0; !o->letter && i < option_name_len(o->names); i++)
			print_char(out, o->names[i]);
		fputs(o->letter ? "" : "\\fR", out);
	}
	fputs(*before == ',' ? ".\n" : "", out);
}

static void print_verbs(FILE *out)
{
	for (const struct verb *v = verbs_table; v->name; v++) {
		fputs(".TP\n", out);
		print_verb_head(out, v);
		print_text(out, v->manual);
		print_verb_knows(out, v);
	}
}

/* ---- */

static void print_piece(FILE *out, const struct piece *p)
{
	bool first = p > pieces && p[-1].kind == SECTION_TITLE;

	switch (p->kind) {
	case SECTION_TITLE:
		fprintf(out, ".SH %s\n", p->head);
		break;
	case PARAGRAPH:
		fputs(first ? "" : ".PP\n", out);
		print_text(out, p->text);
		break;
	case TERM_PIECE:
		fputs(".TP\n", out);
		print_text(out, p->head);
		print_text(out, p->text);
		break;
	case CODE_LINES:
		print_code(out, p->text);
		break;
	case PLAIN_OPTIONS:
		print_options(out);
		break;
	case ALL_VERBS:
		print_verbs(out);
		break;
	case VERB_OPTIONS:
		print_verb_options(out);
		break;
	}
}

void man_print(FILE *out)
{
	fputs(".\\\" SPDX-License-Identifier: MIT\n"
	      ".\\\" Made from src/cli/options.def and manual.def: change those.\n"
	      ".TH PR 1 " PR_RELEASED " \"pr " PR_VERSION "\" \"User Commands\"\n",
	      out);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		print_piece(out, &pieces[i]);
}
