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

#include "cli/markup.h"
#include "cli/options.h"
#include "cli/parse.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

enum {
	NAME_COLUMNS = 30, /* of the left column */
	INDENT = 6,	   /* of the text in one column */
};

static const char *const group_titles[] = {
	[GROUP_FILES] = "Files",
	[GROUP_SESSION] = "Session",
	[GROUP_NAMESPACES] = "Namespaces",
	[GROUP_ENVIRONMENT] = "Environment",
	[GROUP_LOOK] = "Looking inside",
	[GROUP_VERBS] = NULL,
	[GROUP_DEBUG] = NULL,
	[GROUP_HELP] = "Help",
};

/* One name and what it means, in one or two columns. */
static void print_entry(FILE *out, int columns, const char *name, const char *text)
{
	bool stacked = terminal_is_narrow(columns);

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
	if (o->value == NEEDED || o->value == IDS)
		snprintf(ret + n, size - n, " %s", o->value_name);
	else if (o->value == PAIR)
		snprintf(ret + n, size - n, " [%s]", o->value_name);
	else if (o->value == MAYBE)
		snprintf(ret + n, size - n, "[=%s]", o->value_name);
}

static void print_group(FILE *out, int columns, const char *form, enum option_group group)
{
	char names[80];

	for (const struct option *o = options_table; o->names; o++) {
		if (o->group != group || o->later || !option_is_known(o, form))
			continue;
		format_names(names, sizeof(names), o);
		print_entry(out, columns, names, o->help);
	}
}

static const char *const verb_titles[] = {
	[VERBS_IMAGES] = "Images",
	[VERBS_CONTAINERS] = "Containers and sessions",
	[VERBS_HOST] = "Host",
};

void help_usage(FILE *out, const char *program)
{
	fprintf(out,
		"usage: %s -r ROOTFS [-b HOST[:GUEST]]... [OPTIONS] [COMMAND [ARG]...]\n"
		"       %s SUB-COMMAND [OPTIONS] [ARG]...\n"
		"       %s --help, %s help, %s help SUB-COMMAND\n",
		program, program, program, program, program);
}

void help_options(FILE *out, const char *program)
{
	int columns = terminal_columns(fileno(out));

	help_usage(out, program);
	fputs("Runs a command, or a shell, in a Linux system that lies in a directory.\n", out);
	for (enum option_group g = GROUP_FILES; g <= GROUP_HELP; g++) {
		if (!group_titles[g])
			continue;
		fprintf(out, "\n%s:\n", group_titles[g]);
		print_group(out, columns, PLAIN, g);
	}
	fputs("\nExit status: the command's own, 128+n where signal n ended it, 127 not found,\n"
	      "126 not executable, 125 a mistake in the options or a failure of ours.\n"
	      "The manual has binds, confinement and examples.\n",
	      out);
	help_verbs(out, program);
}

void help_verbs(FILE *out, const char *program)
{
	int columns = terminal_columns(fileno(out));
	char name[80];

	fputs("\nSub-commands, where one is the first word:\n", out);
	for (enum verb_group g = 0; g < VERB_GROUPS; g++) {
		fprintf(out, "\n%s:\n", verb_titles[g]);
		for (const struct verb *v = verbs_table; v->name; v++) {
			snprintf(name, sizeof(name), "  %s%s%s", v->name, *v->args ? " " : "",
				 v->args);
			if (v->group == g)
				print_entry(out, columns, name, v->help);
		}
	}
	fprintf(out, "\n%s help SUB-COMMAND tells more.\n", program);
}

void help_verb(FILE *out, const char *program, const struct verb *v)
{
	int columns = terminal_columns(fileno(out));

	fprintf(out, "usage: %s %s [OPTIONS]%s%s\n\n", program, v->name, *v->args ? " " : "",
		v->args);
	markup_print(out, columns, v->manual);
	fputs("\nOptions:\n", out);
	for (enum option_group g = GROUP_FILES; g <= GROUP_HELP; g++)
		print_group(out, columns, v->name, g);
	if (*v->aliases)
		fprintf(out, "\nOther names: %s\n", v->aliases);
}

void help_debug(FILE *out)
{
	int columns = terminal_columns(fileno(out));

	print_group(out, columns, PLAIN, GROUP_DEBUG);
	for (const struct debug_word *d = debug_words; d->word; d++) {
		char name[40];

		snprintf(name, sizeof(name), "      %s", d->word);
		print_entry(out, columns, name, d->help);
	}
	fputs("\nAnd to look inside:\n", out);
	print_group(out, columns, PLAIN, GROUP_LOOK);
	print_entry(out, columns, "  PR_LOG=loop,canon", "log these source files; all: every one");
	print_entry(out, columns, "  PR_LOADER=FILE", "start guest programs by this loader");
}

void help_version(FILE *out)
{
	fputs("pr " PR_VERSION "\nMIT License. No warranty. This is not pr(1) of coreutils.\n",
	      out);
}
