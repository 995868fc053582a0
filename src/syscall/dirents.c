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

bool dirents_last_off(enum dirents_form form, const char *buf, size_t used, uint64_t *ret)
{
	const struct layout *l = &layouts[form];
	size_t at = 0, n, last = used;

	for (; at < used && (n = entry_length(l, buf, at, used)) > 0; at += n)
		last = at;
	if (used == 0 || at != used)
		return false;
	*ret = 0;
	memcpy(ret, buf + last + l->word, l->word);
	return true;
}

size_t dirents_remove(enum dirents_form form, char *buf, size_t used, const char *name)
{
	const struct layout *l = &layouts[form];
	size_t at = 0, n, name_len = strlen(name);

	while (at < used && (n = entry_length(l, buf, at, used)) > 0) {
		char *entry = buf + at;

		if (strnlen(entry + l->name, n - l->name) != name_len ||
		    memcmp(entry + l->name, name, name_len) != 0) {
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
