/* SPDX-License-Identifier: MIT */
/*
 * The manual page in man(7) macros: prose from manual.def, options from options.def. All markup of
 * roff is made here; the texts only know *bold* and _placeholder_.
 */
#include <stdbool.h>
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/parse.h"

enum piece_kind { SECTION_TITLE, PARAGRAPH, TERM_PIECE, CODE_LINES, ALL_OPTIONS };

struct piece {
	enum piece_kind kind;
	const char *head, *text;
};

static const struct piece pieces[] = {
#define SECTION(title)	 { SECTION_TITLE, title, NULL },
#define P(text)		 { PARAGRAPH, NULL, text },
#define TERM(what, text) { TERM_PIECE, what, text },
#define CODE(text)	 { CODE_LINES, NULL, text },
#define OPTIONS()	 { ALL_OPTIONS, NULL, NULL },
#include "cli/manual.def"
};

static bool begins_word(const char *text, const char *p)
{
	return p == text ||
	       !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", p[-1]);
}

/* Where the markup that opens at p ends, or NULL: a lone '*' or '_' is a character. */
static const char *closing(const char *text, const char *p)
{
	if ((*p != '*' && *p != '_') || !p[1] || p[1] == ' ' || !begins_word(text, p))
		return NULL;
	return strchr(p + 1, *p);
}

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
		if (!end && (end = closing(text, p))) {
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
		fprintf(out, o->value == MAYBE ? "[\\fB=\\fI%s\\fR]" : " \\fI%s\\fR",
			o->value_name);
	fputc('\n', out);
}

static void print_options(FILE *out)
{
	for (const struct option *o = options_table; o->names; o++) {
		if (o->group == GROUP_HIDDEN)
			continue;
		fputs(".TP\n", out);
		print_option_head(out, o);
		print_text(out, o->manual);
	}
}

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
	case ALL_OPTIONS:
		print_options(out);
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
