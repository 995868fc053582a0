/* SPDX-License-Identifier: MIT */
/* Lists for people. */
#include "cli/table.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <talloc.h>

#include "base/quote.h"
#include "cli/terminal.h"

enum { GAP = 2, LONGEST = 512 };

struct table {
	const char *const *heads;
	size_t columns, rows;
	char **cells;
};

struct table *table_new(void *ctx, const char *const *heads)
{
	struct table *t = talloc_zero(ctx, struct table);

	if (!t)
		return NULL;
	t->heads = heads;
	while (heads[t->columns])
		t->columns++;
	return t;
}

int table_add(struct table *t, const char *const *cells)
{
	char **list = talloc_realloc(t, t->cells, char *, (t->rows + 1) * t->columns);
	char quoted[LONGEST];

	if (!list)
		return -ENOMEM;
	t->cells = list;
	for (size_t i = 0; i < t->columns; i++) {
		quote_text(cells[i], quoted, sizeof(quoted));
		list[t->rows * t->columns + i] = talloc_strdup(list, quoted);
		if (!list[t->rows * t->columns + i])
			return -ENOMEM;
	}
	t->rows++;
	return 0;
}

/* Characters of UTF-8, which is near enough to columns for names. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t most = width(t->heads[column]);

	for (size_t i = 0; i < t->rows; i++) {
		size_t w = width(t->cells[i * t->columns + column]);

		most = w > most ? w : most;
	}
	return most;
}

static void print_row(const struct table *t, FILE *out, const char *const *cells)
{
	for (size_t i = 0; i < t->columns; i++) {
		bool last = i + 1 == t->columns;

		fprintf(out, "%s%*s", cells[i],
			last ? 0 : (int)(column_width(t, i) - width(cells[i]) + GAP), "");
	}
	fputc('\n', out);
}

static void print_block(const struct table *t, FILE *out, char *const *cells)
{
	fprintf(out, "%s\n", cells[0]);
	for (size_t i = 1; i < t->columns; i++)
		if (*cells[i])
			fprintf(out, "  %s: %s\n", t->heads[i], cells[i]);
}

void table_print(const struct table *t, FILE *out, int columns)
{
	size_t whole = 0;

	for (size_t i = 0; i < t->columns; i++)
		whole += column_width(t, i) + (i + 1 < t->columns ? GAP : 0);
	if (columns > 0 && (terminal_is_narrow(columns) || whole > (size_t)columns)) {
		for (size_t i = 0; i < t->rows; i++)
			print_block(t, out, t->cells + i * t->columns);
		return;
	}
	print_row(t, out, t->heads);
	for (size_t i = 0; i < t->rows; i++)
		print_row(t, out, (const char *const *)t->cells + i * t->columns);
}
