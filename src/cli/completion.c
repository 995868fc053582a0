/* SPDX-License-Identifier: MIT */
/*
 * What makes shells complete our command line, printed from the tables of options and sub-commands.
 * Names of images, containers and sessions the shell asks the program for that it is completing
 * for, with -q of what lists them.
 */
#include <stdbool.h>
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/verbs.h"

/* What a sub-command's arguments are, where we can tell what there is: a command that lists it. */
static const struct {
	const char *word, *lister;
} kinds[] = {
	{ "IMAGE", "images -q" },
	{ "CONTAINER", "ps -aq" },
	{ "SESSION", "ps -q" },
	{ "VERB", "help -q" },
};

/* All that list something for it, run by `program`, as a shell's commands. None: nothing. */
static bool print_listers(FILE *out, const struct verb *v, const char *before, const char *program)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strstr(v->args, kinds[i].word))
			continue;
		fprintf(out, "%s%s %s 2>/dev/null", any ? "; " : before, program, kinds[i].lister);
		any = true;
	}
	return any;
}

/* "bash|zsh|fish": the words themselves. */
static bool has_fixed_words(const struct verb *v)
{
	return *v->args >= 'a' && *v->args <= 'z';
}

/* Is there an argument that is a host's file, or may be? */
static bool takes_files(const struct verb *v)
{
	static const char *const words[] = { "FILE", "DIR", "COMMAND", "FROM", "URL" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(v->args, words[i]))
			return true;
	return false;
}

/* The verb and its aliases, with `between` between two. */
static void print_names_of(FILE *out, const struct verb *v, char between)
{
	fputs(v->name, out);
	for (const char *p = v->aliases; *p; p += strspn(p, " ")) {
		size_t len = option_name_len(p);

		fprintf(out, "%c%.*s", between, (int)len, p);
		p += len;
	}
}

/* A text in single quotes of any shell: what would end them is left out. */
static void print_quoted(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text != '\'' && *text != '\\')
			fputc(*text, out);
}

static bool is_shown(const struct option *o, const char *form)
{
	return o->group != GROUP_HIDDEN && !o->later && option_is_known(o, form);
}

static void print_verb_names(FILE *out)
{
	for (const struct verb *v = verbs_table; v->name; v++)
		fprintf(out, "%s%s", v == verbs_table ? "" : " ", v->name);
}

/* ---- bash ---- */

static void bash_options(FILE *out, const char *form)
{
	for (const struct option *o = options_table; o->names; o++) {
		if (!is_shown(o, form))
			continue;
		if (o->names[0])
			fprintf(out, " --%.*s", (int)option_name_len(o->names), o->names);
		else
			fprintf(out, " -%c", o->letter);
	}
}

static void bash_verb(FILE *out, const struct verb *v)
{
	fputc('\t', out);
	print_names_of(out, v, '|');
	fputs(")\n\t\toptions='", out);
	bash_options(out, v->name);
	fprintf(out, "' files=%s\n", takes_files(v) ? "yes" : "");
	if (print_listers(out, v, "\t\twords=$(", "\"${COMP_WORDS[0]}\""))
		fputs(")\n", out);
	else if (has_fixed_words(v))
		fprintf(out, "\t\twords='%s' words=${words//|/ }\n", v->args);
	fputs("\t\t;;\n", out);
}

static void print_bash(FILE *out, const char *program)
{
	fprintf(out,
		"_%s_complete() {\n"
		"\tlocal i=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}\n"
		"\tlocal options='' words='' files=yes\n"
		"\tCOMPREPLY=()\n"
		/* Readline ends words at colons, which images' names have; what it has as a
		   word of its own is all that is replaced. */
		"\twhile [ \"$i\" -gt 1 ] &&\n"
		"\t\t[[ ${COMP_WORDS[i]} == :* || ${COMP_WORDS[i-1]} == *: ]]; do\n"
		"\t\tcur=${COMP_WORDS[--i]}$cur\n"
		"\tdone\n"
		"\tif [ \"$COMP_CWORD\" = 1 ] && [ \"${cur#-}\" = \"$cur\" ]; then\n"
		"\t\tmapfile -t COMPREPLY < <(compgen -W '",
		program);
	print_verb_names(out);
	fputs("' -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase ${COMP_WORDS[1]} in\n",
	      out);
	for (const struct verb *v = verbs_table; v->name; v++)
		bash_verb(out, v);
	fputs("\t*)\n\t\toptions='", out);
	bash_options(out, PLAIN);
	fprintf(out,
		"'\n\t\t;;\n"
		"\tesac\n"
		"\tcase $cur in\n"
		"\t-*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\") ;;\n"
		"\t*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
		"\tesac\n"
		"\t[ \"$i\" = \"$COMP_CWORD\" ] ||\n"
		"\t\tCOMPREPLY=(\"${COMPREPLY[@]#\"${cur%%\"${cur##*:}\"}\"}\")\n"
		"\t[ -n \"$files\" ] || [[ ${COMP_WORDS[i-1]} == -* ]] ||\n"
		"\t\tcompopt +o default 2>/dev/null\n"
		"}\n"
		"complete -o default -F _%s_complete %s\n",
		program, program);
}

/* ---- zsh ---- */

/* 'name:what it is' for _describe. */
static void zsh_options(FILE *out, const char *form)
{
	for (const struct option *o = options_table; o->names; o++) {
		if (!is_shown(o, form))
			continue;
		if (o->names[0])
			fprintf(out, " '--%.*s:", (int)option_name_len(o->names), o->names);
		else
			fprintf(out, " '-%c:", o->letter);
		print_quoted(out, o->help);
		fputc('\'', out);
	}
}

static void zsh_verb(FILE *out, const struct verb *v)
{
	fputc('\t', out);
	print_names_of(out, v, '|');
	fputs(")\n\t\toptions=(", out);
	zsh_options(out, v->name);
	fprintf(out, ") files=%s\n", takes_files(v) ? "yes" : "");
	if (print_listers(out, v, "\t\tnames=(${(f)\"$(", "$words[1]"))
		fputs(")\"})\n", out);
	else if (has_fixed_words(v))
		fprintf(out, "\t\tnames=(${(s:|:):-'%s'})\n", v->args);
	fputs("\t\t;;\n", out);
}

static void print_zsh(FILE *out, const char *program)
{
	fprintf(out,
		"#compdef %s\n"
		"_%s_complete() {\n"
		"\tlocal -a verbs options names\n"
		"\tlocal files=yes\n"
		"\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
		"\t\tverbs=(",
		program, program);
	for (const struct verb *v = verbs_table; v->name; v++) {
		fprintf(out, " '%s:", v->name);
		print_quoted(out, v->help);
		fputc('\'', out);
	}
	fputs(")\n"
	      "\t\t_describe -t commands sub-command verbs\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase $words[2] in\n",
	      out);
	for (const struct verb *v = verbs_table; v->name; v++)
		zsh_verb(out, v);
	fputs("\t*)\n\t\toptions=(", out);
	zsh_options(out, PLAIN);
	fprintf(out,
		")\n\t\t;;\n"
		"\tesac\n"
		"\tif [[ $words[CURRENT] == -* ]]; then\n"
		"\t\t_describe -t options option options\n"
		"\telse\n"
		"\t\t(( $#names )) && compadd -a names\n"
		"\t\t[[ -z $files && $words[CURRENT-1] != -* ]] || _files\n"
		"\tfi\n"
		"}\n"
		"compdef _%s_complete %s\n",
		program, program);
}

/* ---- fish ---- */

static void fish_options(FILE *out, const char *program, const char *form, const char *condition)
{
	for (const struct option *o = options_table; o->names; o++) {
		if (!is_shown(o, form))
			continue;
		fprintf(out, "complete -c %s -n '%s'", program, condition);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (o->names[0])
			fprintf(out, " -l %.*s", (int)option_name_len(o->names), o->names);
		fprintf(out, "%s -d '", o->value == NEEDED || o->value == IDS ? " -r" : "");
		print_quoted(out, o->help);
		fputs("'\n", out);
	}
}

static void fish_verb(FILE *out, const char *program, const struct verb *v)
{
	char condition[120], before[240];
	FILE *text = fmemopen(condition, sizeof(condition), "w");

	if (!text)
		return;
	fprintf(out, "complete -c %s -n __fish_use_subcommand -f -a %s -d '", program, v->name);
	print_quoted(out, v->help);
	fputs("'\n", out);
	fputs("__fish_seen_subcommand_from ", text);
	print_names_of(text, v, ' ');
	fclose(text);
	fish_options(out, program, v->name, condition);
	snprintf(before, sizeof(before), "complete -c %s -n '%s' -a '(set p (commandline -opc); ",
		 program, condition);
	if (print_listers(out, v, before, "$p[1]"))
		fputs(")'\n", out);
	else if (has_fixed_words(v))
		fprintf(out, "complete -c %s -n '%s' -f -a '(string split \"|\" \"%s\")'\n",
			program, condition, v->args);
}

static void print_fish(FILE *out, const char *program)
{
	for (const struct verb *v = verbs_table; v->name; v++)
		fish_verb(out, program, v);
	fish_options(out, program, PLAIN, "__fish_use_subcommand");
}

/* ---- */

int completion_print(FILE *out, const char *program, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		print_bash(out, program);
	else if (strcmp(shell, "zsh") == 0)
		print_zsh(out, program);
	else if (strcmp(shell, "fish") == 0)
		print_fish(out, program);
	else
		return -1;
	return 0;
}
