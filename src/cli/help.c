/* SPDX-License-Identifier: MIT */
/*
 * Usage, help and version. Two columns where the terminal is wide enough for them, else (phones)
 * each option's text stands below its name.
 */
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/parse.h"

enum {
	NAME_COLUMNS = 30, /* of the left column */
	NARROW = 70,	   /* below this there is one column */
	INDENT = 6,	   /* of the text in one column */
};

static const char *const group_titles[] = {
	[GROUP_FILES] = "Files",
	[GROUP_SESSION] = "Session",
	[GROUP_NAMESPACES] = "Namespaces",
	[GROUP_ENVIRONMENT] = "Environment",
	[GROUP_LOOK] = "Looking inside",
	[GROUP_SUBCOMMAND] = "Sub-commands",
	[GROUP_DEBUG] = NULL,
	[GROUP_HELP] = "Help",
};

static int terminal_columns(FILE *out)
{
	struct winsize w;

	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 80;
}

/* One name and what it means, in one or two columns. */
static void print_entry(FILE *out, int columns, const char *name, const char *text)
{
	bool stacked = columns < NARROW;

	if (stacked || strlen(name) > NAME_COLUMNS - 2)
		fprintf(out, "%s\n%*s%s\n", name, stacked ? INDENT : NAME_COLUMNS, "", text);
	else
		fprintf(out, "%-*s%s\n", NAME_COLUMNS, name, text);
}

/* "  -r, --rootfs PATH", "  -R PATH", "      --trace[=FILE]" */
static void format_names(char *ret, size_t size, const struct option *o)
{
	char letter[] = { '-', o->letter, o->names[0] ? ',' : '\0', '\0' };
	int n = o->letter ? snprintf(ret, size, "  %s", letter) : snprintf(ret, size, "     ");

	if (o->names[0])
		n += snprintf(ret + n, size - n, " --%.*s", (int)option_name_len(o->names),
			      o->names);
	if (o->value == NEEDED)
		snprintf(ret + n, size - n, " %s", o->value_name);
	else if (o->value == MAYBE)
		snprintf(ret + n, size - n, "[=%s]", o->value_name);
}

static void print_group(FILE *out, int columns, enum option_group group)
{
	char names[80];

	for (const struct option *o = options_table; o->names; o++) {
		if (o->group != group || o->later)
			continue;
		format_names(names, sizeof(names), o);
		print_entry(out, columns, names, o->help);
	}
}

void help_usage(FILE *out, const char *program)
{
	fprintf(out,
		"usage: %s -r ROOTFS [-b HOST[:GUEST]]... [OPTIONS] [COMMAND [ARG]...]\n"
		"       %s exec [OPTIONS] SESSION [COMMAND [ARG]...]\n"
		"       %s ps [--json | -q]\n"
		"       %s doctor [-r ROOTFS] [--json]\n"
		"       %s convert --to=ids|records -r ROOTFS [--dry-run]\n"
		"       %s --help\n",
		program, program, program, program, program, program);
}

void help_options(FILE *out, const char *program)
{
	int columns = terminal_columns(out);

	help_usage(out, program);
	fputs("Runs a command, or a shell, in a Linux system that lies in a directory.\n", out);
	for (enum option_group g = GROUP_FILES; g <= GROUP_HELP; g++) {
		if (!group_titles[g])
			continue;
		fprintf(out, "\n%s:\n", group_titles[g]);
		print_group(out, columns, g);
	}
	fputs("\nExit status: the command's own, 128+n where signal n ended it, 127 not found,\n"
	      "126 not executable, 125 a mistake in the options or a failure of ours.\n"
	      "The manual has binds, confinement and examples.\n",
	      out);
}

void help_debug(FILE *out)
{
	int columns = terminal_columns(out);

	print_group(out, columns, GROUP_DEBUG);
	for (const struct debug_word *d = debug_words; d->word; d++) {
		char name[40];

		snprintf(name, sizeof(name), "      %s", d->word);
		print_entry(out, columns, name, d->help);
	}
	fputs("\nAnd to look inside:\n", out);
	print_group(out, columns, GROUP_LOOK);
	print_entry(out, columns, "  PR_LOG=loop,canon", "log these source files; all: every one");
	print_entry(out, columns, "  PR_LOADER=FILE", "start guest programs by this loader");
}

void help_version(FILE *out)
{
	fputs("pr " PR_VERSION "\nMIT License. No warranty. This is not pr(1) of coreutils.\n",
	      out);
}
