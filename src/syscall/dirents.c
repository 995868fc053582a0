/* SPDX-License-Identifier: MIT */
/* Four layouts as data: where each field lies, how wide it is. See dirents.h. */
#include "syscall/dirents.h"

#include <string.h>

struct layout {
	unsigned char word;  /* width of d_ino and of d_off behind it */
	unsigned char name;  /* offset of d_name */
	unsigned char tail;  /* bytes behind the name: its NUL, and d_type where that comes last */
	unsigned char align;
	signed char type;    /* offset of d_type; -1: the entry's last byte; -2: none */
};

static const struct layout layouts[] = {
	[DIRENTS_64] = { 8, 19, 1, 8, 18 },
	[DIRENTS_LONG8] = { 8, 18, 2, 8, -1 },
	[DIRENTS_LONG4] = { 4, 10, 2, 4, -1 },
	[DIRENTS_OLD4] = { 4, 10, 1, 1, -2 },
};

size_t dirents_size(enum dirents_form form, size_t name_len)
{
	const struct layout *l = &layouts[form];

	return (l->name + name_len + l->tail + l->align - 1) / l->align * l->align;
}

size_t dirents_append(enum dirents_form form, char *buf, size_t used, size_t size,
		      const struct dirents_entry *e)
{
	const struct layout *l = &layouts[form];
	size_t name_len = strlen(e->name), n = dirents_size(form, name_len);
	uint16_t length = (uint16_t)(form == DIRENTS_OLD4 ? name_len : n);
	char *p = buf + used;

	if (used > size || n > size - used)
		return used;
	memset(p, 0, n);
	memcpy(p, &e->ino, l->word); /* little endian: cut to its width as the kernel casts */
	memcpy(p + l->word, &e->off, l->word);
	memcpy(p + 2 * l->word, &length, sizeof(length));
	memcpy(p + l->name, e->name, name_len);
	if (l->type != -2)
		p[l->type == -1 ? (ptrdiff_t)n - 1 : l->type] = (char)e->type;
	return used + n;
}

/* The length of the entry at `at`; 0 where none fits there. */
static size_t entry_length(const struct layout *l, const char *buf, size_t at, size_t used)
{
	uint16_t length;

	if (used - at < l->name + 2u)
		return 0;
	memcpy(&length, buf + at + 2 * l->word, sizeof(length));
	return length >= l->name + 2u && length <= used - at ? length : 0;
}

static bool entry_is(const struct layout *l, const char *entry, size_t n, const char *name)
{
	size_t len = strlen(name);

	return strnlen(entry + l->name, n - l->name) == len &&
	       memcmp(entry + l->name, name, len) == 0;
}

size_t dirents_dots(enum dirents_form form, const char *buf, size_t used)
{
	const struct layout *l = &layouts[form];
	size_t one = entry_length(l, buf, 0, used), two;

	two = one ? entry_length(l, buf, one, used) : 0;
	if (!two)
		return 0;
	if (entry_is(l, buf, one, ".") && entry_is(l, buf + one, two, ".."))
		return one + two;
	if (entry_is(l, buf, one, "..") && entry_is(l, buf + one, two, "."))
		return one + two;
	return 0;
}

void dirents_set_last_off(enum dirents_form form, char *buf, size_t used, uint64_t off)
{
	const struct layout *l = &layouts[form];
	size_t at = 0, n, last = used;

	for (; at < used && (n = entry_length(l, buf, at, used)) > 0; at += n)
		last = at;
	if (last < used)
		memcpy(buf + last + l->word, &off, l->word);
}

void dirents_each(enum dirents_form form, char *buf, size_t used,
		  void (*f)(void *ctx, const char *name, unsigned char *type), void *ctx)
{
	const struct layout *l = &layouts[form];
	size_t n;

	if (l->type == -2)
		return;
	for (size_t at = 0; at < used && (n = entry_length(l, buf, at, used)) > 0; at += n) {
		const char *name = buf + at + l->name;
		char *type = buf + at + (l->type == -1 ? (ptrdiff_t)n - 1 : l->type);

		if (memchr(name, '\0', n - l->name))
			f(ctx, name, (unsigned char *)type);
	}
}

size_t dirents_remove(enum dirents_form form, char *buf, size_t used, const char *name)
{
	const struct layout *l = &layouts[form];
	size_t at = 0, n;

	while (at < used && (n = entry_length(l, buf, at, used)) > 0) {
		char *entry = buf + at;

		if (!entry_is(l, entry, n, name)) {
			at += n;
		} else if (n == used) {
			memcpy(entry + l->name, ".", 2);
			return used;
		} else {
			memmove(entry, entry + n, used - at - n);
			used -= n;
		}
	}
	return used;
}
