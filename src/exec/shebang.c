/* SPDX-License-Identifier: MIT */
/*
 * Reading the "#!" line. A cut interpreter name is refused, since another program might have the
 * shorter name; a cut argument is passed on cut. Without a newline in the buffer the line ends
 * one byte before the buffer does, and blanks at its end stay.
 */
#include "exec/shebang.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* The first blank or NUL in [p, end), or end. */
static const char *skip_word(const char *p, const char *end)
{
	while (p < end && *p && !is_blank(*p))
		p++;
	return p;
}

/* Where the line ends, or NULL where the interpreter's name may have been cut. */
static const char *line_end(const char *buf)
{
	const char *end = buf + SHEBANG_SIZE;
	const char *newline = memchr(buf, '\n', strnlen(buf, SHEBANG_SIZE));
	const char *name;

	if (newline) {
		while (is_blank(newline[-1]))
			newline--;
		return newline;
	}
	name = skip_blanks(buf + 2, end);
	if (name == end || skip_word(name, end) == end)
		return NULL;
	end--;
	while (is_blank(end[-1]))
		end--;
	return end;
}

/* Copies up to a NUL or `end`. */
static void copy_string(char *to, const char *from, const char *end)
{
	size_t n = strnlen(from, (size_t)(end - from));

	memcpy(to, from, n);
	to[n] = '\0';
}

int shebang_parse(const char buf[SHEBANG_SIZE], struct shebang *ret)
{
	const char *end, *name, *name_end, *arg;

	if (buf[0] != '#' || buf[1] != '!')
		return -ENOEXEC;
	end = line_end(buf);
	if (!end)
		return -ENOEXEC;
	name = skip_blanks(buf + 2, end);
	if (name >= end)
		return -ENOEXEC;
	name_end = skip_word(name, end);
	copy_string(ret->interp, name, name_end);
	ret->has_arg = name_end < end && *name_end != '\0';
	arg = skip_blanks(name_end, end);
	copy_string(ret->arg, arg, end);
	return 0;
}
