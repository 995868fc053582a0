// SPDX-License-Identifier: MIT
/*
 * Mounts, unmounts, moves and pivots of a made-up view. A view is told as "name=host" words, in the
 * order of names: with "^name" where it is covered at that name, "*" for a piece of a mount; then
 * the marks, "@name".
 */
#include "path/viewchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "unit.h"

static struct view *v;
static struct view_mark marks[4];

static void add(const char *word)
{
	char *guest = talloc_strdup(v, word), *host = strchr(guest, '=');
	struct bind b = { .flags = 0 };

	*host++ = '\0';
	b.guest = GPATH(guest);
	b.guest_len = strlen(guest);
	b.host = HPATH(host);
	b.host_len = strlen(host);
	v->binds = talloc_realloc(v, v->binds, struct bind, v->count + 1);
	v->binds[v->count++] = b;
}

/* "/=/r /a=/x @/a/b": entries in the order of names, then marks. */
static void make(const char *words)
{
	static char text[512];
	int n = 0;

	talloc_free(v);
	v = talloc_zero(NULL, struct view);
	memset(marks, 0, sizeof(marks));
	snprintf(text, sizeof(text), "%s", words);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		if (*w == '@')
			ck_assert_int_eq(view_mark_set(v, &marks[n++], w + 1), 0);
		else
			add(w);
}

static const char *told(void)
{
	static char text[1024];
	int n = 0;

	for (size_t i = 0; i < v->count; i++) {
		const struct bind *b = &v->binds[i];

		n += snprintf(text + n, sizeof(text) - n, "%s%s=%s%s%s", i ? " " : "", b->guest.s,
			      b->host.s, b->flags & BIND_PART ? "*" : "", b->over ? "^" : "");
		n += snprintf(text + n, sizeof(text) - n, "%s", b->over ? b->over : "");
		ck_assert_uint_eq(b->guest_len, strlen(b->guest.s));
		ck_assert_uint_eq(b->host_len, strlen(b->host.s));
	}
	for (int i = 0; i < 4; i++)
		if (marks[i].prev)
			n += snprintf(text + n, sizeof(text) - n, " @%s",
				      marks[i].name ? marks[i].name : "/");
	return text;
}

/*
 * What is done: "m AT HOST [WITH]", "u AT", "k AT" (unmount, kept), "f AT" (forget), "v FROM TO",
 * "p ROOT NEW OLD", "r FROM TO" (rename); several, with ';' between.
 */
static int apply(const char *step)
{
	char op, a[64], b[64], c[64];
	int n = sscanf(step, " %c %63s %63s %63s", &op, a, b, c);
	struct bind bind = { .guest = { a }, .guest_len = n > 1 ? strlen(a) : 0,
			     .host = { b }, .host_len = n > 2 ? strlen(b) : 0 };

	switch (op) {
	case 'm': return viewchange_mount(v, &bind, n == 4 ? c : NULL);
	case 'u': return viewchange_unmount(v, a, false);
	case 'k': return viewchange_unmount(v, a, true);
	case 'f': return viewchange_forget(v, a);
	case 'v': return viewchange_move(v, a, b);
	case 'p': return viewchange_pivot(v, a, b, c);
	case 'r': return view_renamed(v, GPATH(a), GPATH(b));
	}
	return -EINVAL;
}

static const struct row {
	const char *before, *steps, *after;
} rows[] = {
	{ "/=/r", "m /a /x", "/=/r /a=/x" },
	{ "/=/r /b=/y", "m /a /x", "/=/r /a=/x /b=/y" },
	/* stacked */
	{ "/=/r /a=/x", "m /a /y", "/=/r //1=/x^/a /a=/y" },
	{ "/=/r /a=/x", "m /a /y;m /a /z", "/=/r //1=/x^//2 //2=/y^/a /a=/z" },
	{ "/=/r /a=/x", "m /a /y;m /a /z;u /a", "/=/r //1=/x^/a /a=/y" },
	{ "/=/r /a=/x", "m /a /y;m /a /z;u /a;u /a", "/=/r /a=/x" },
	{ "/=/r /a=/x /a/b=/y", "m /a /z", "/=/r //1=/x^/a //1/b=/y /a=/z" },
	{ "/=/r /a=/x /a/b=/y", "m /a /z;u /a", "/=/r /a=/x /a/b=/y" },
	{ "/=/r /a/b=/y", "m /a /z", "/=/r //1=/r/a*^/a //1/b=/y /a=/z" },
	{ "/=/r /a/b=/y", "m /a /z;u /a", "/=/r /a/b=/y" },
	/* with what is below */
	{ "/=/r /a/b=/y", "m /c /r/a /a", "/=/r /a/b=/y /c=/r/a /c/b=/y" },
	{ "/=/r /a/b=/y", "m /c /r /", "/=/r /a/b=/y /c=/r /c/a/b=/y" },
	{ "/=/r /a=/x", "m /a /x /a", "/=/r //1=/x^/a /a=/x" },
	{ "/=/r /a=/x", "m / /r /", "/=/r //1=/r^/ //1/a=/x /a=/x" },
	{ "/=/r /c=/z", "m /c/b /y;m /c /w;m /d /z /c", "/=/r //1=/z^/c //1/b=/y /c=/w /d=/z" },
	/* where somebody stands */
	{ "/=/r @/a", "m /a /x", "/=/r //1=/r/a*^/a /a=/x @//1" },
	{ "/=/r @/a/b @/c", "m /a /x;u /a", "/=/r @/a/b @/c" },
	{ "/=/r @/", "m / /x", "/=/x //1=/r^/ @//1" },
	{ "/=/r /a=/y @/", "m / /x;u /", "/=/r /a=/y @/" },
	{ "/=/r /a=/x @/a/b", "k /a", "/=/r //1=/x @//1/b" },
	{ "/=/r /a=/x /a/c=/y @/a/b", "k /a;f //1", "/=/r @//1/b" },
	{ "/=/r /a=/x /a/c=/y", "u /a", "/=/r" },
	/* moved */
	{ "/=/r /a=/x /a/b=/y @/a/b/c", "v /a /d", "/=/r /d=/x /d/b=/y @/d/b/c" },
	{ "/=/r /a=/x /b=/y", "v /a /b", "/=/r //1=/y^/b /b=/x" },
	{ "/=/r /a=/x /b=/y", "v /a /b;u /b", "/=/r /b=/y" },
	{ "/=/r /a=/x", "m /a /y;v /a /b", "/=/r /a=/x /b=/y" },
	{ "/=/r /n=/x @/", "v /n /", "/=/x //1=/r^/ @//1" },
	{ "/=/r /n=/x @/", "v /n /;u /", "/=/r @/" },
	{ "/=/r /n=/x /p=/y @/", "v /n /;m //1/n /z", "/=/x //1=/r^/ //1/n=/z //1/p=/y @//1" },
	{ "/=/r /a/b=/x", "v /a/b /a", "/=/r //1=/r/a*^/a /a=/x" },
	/* pivoted */
	{ "/=/r /n=/x @/ @/n @/n/c @/h", "p / /n /n/old",
	  "/=/x /old=/r @/ @/ @/c @/old/h" },
	{ "/=/r /n=/x /n/p=/y /q=/z @/", "p / /n /n/old/er", "/=/x /old/er=/r /old/er/q=/z /p=/y @/" },
	{ "/=/r /n=/x /n/p=/y @/ @/n/c", "p / /n /n", "/=/r //1=/x^/ //1/p=/y @//1 @//1/c" },
	{ "/=/r /n=/x /n/p=/y @/ @/n/c", "p / /n /n;u /", "/=/x /p=/y @/ @/c" },
	{ "/=/r /n=/x @/ @/h", "p / /n /n;k /", "/=/x //2=/r @/ @//2/h" },
	{ "/=/r /j=/s /j/n=/x @/j @/ @/j/h", "p /j /j/n /j/n/old",
	  "/=/r /j=/x /j/old=/s @/j @/ @/j/old/h" },
	{ "/=/r /n=/y", "m /n /x;p / /n /n/o", "/=/x /o=/r /o/n=/y" },
	/* renamed */
	{ "/=/r /a/b=/x @/a @/ab", "r /a /c", "/=/r /c/b=/x @/c @/ab" },
	{ "/=/r /a/b=/x", "m /a/b /y;r /a /c;u /c/b", "/=/r /c/b=/x" },
	{ "/=/r /a/b=/x /c/d=/y", "r /c //;r /a /c;r // /a", "/=/r /a/d=/y /c/b=/x" },
};

START_TEST(changes)
{
	const struct row *row = &rows[_i];
	char steps[256], *step, *rest = steps;

	make(row->before);
	snprintf(steps, sizeof(steps), "%s", row->steps);
	while ((step = strsep(&rest, ";")))
		ck_assert_int_eq(apply(step), 0);
	ck_assert_str_eq(told(), row->after);
	TALLOC_FREE(v);
}
END_TEST

START_TEST(a_copy_is_apart)
{
	struct view *copy;

	make("/=/r /a=/x @/a");
	ck_assert_int_eq(apply("m /a /y"), 0);
	copy = view_copy(NULL, v);
	ck_assert_ptr_null(copy->marks);
	ck_assert_int_eq(apply("u /a"), 0);
	TALLOC_FREE(v);
	ck_assert_uint_eq(copy->count, 3);
	ck_assert_str_eq(copy->binds[1].over, "/a");
	ck_assert_str_eq(viewchange_topmost(copy, "//1"), "/a");
	ck_assert_str_eq(viewchange_topmost(copy, "//1/b"), "//1/b");
	talloc_free(copy);
}
END_TEST

START_TEST(names_in_trees)
{
	static const struct {
		const char *guest, *shown;
		int r;
	} names[] = {
		{ "/a/b", "/a/b", 0 },	  { "//1/b", "/a/b", 0 }, { "//1", "/a", 0 },
		{ "//2/c", "/a/c", 0 },	  { "//3/x/y", "/x/y", 1 }, { "//3", "/", 1 },
	};
	struct pathbuf b;

	make("/=/r /a=/x /k=/z");
	ck_assert_int_eq(apply("m /a /y"), 0);
	ck_assert_int_eq(apply("m /a /z"), 0);
	ck_assert_int_eq(apply("k /k"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(view_without_tree(v, names[i].guest, &b), names[i].r);
		ck_assert_str_eq(b.s, names[i].shown);
		ck_assert_uint_eq(b.len, strlen(b.s));
	}
	TALLOC_FREE(v);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("path_viewchange");

	unit_add_rows(s, "changes", changes, ROWS(rows));
	unit_add(s, "a_copy_is_apart", a_copy_is_apart);
	unit_add(s, "names_in_trees", names_in_trees);
	return s;
}

UNIT_MAIN(suite)
