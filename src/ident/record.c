// SPDX-License-Identifier: MIT
/*
 * Reading of override_stat. What is read was written by others: nothing is believed of it but
 * numbers in their range. Built into the agent as well: no libc beyond memory and strings.
 */
#include "ident/record.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ident/record_impl.h"

bool record_read_number(struct reader *r, unsigned base, uint32_t *ret)
{
	const char *from = r->at;
	uint64_t n = 0;

	while (r->at < r->end && (unsigned)(*r->at - '0') < base) {
		n = n * base + (unsigned)(*r->at++ - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)n;
	return r->at > from;
}

static bool read_char(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool read_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

const struct record_type record_types[] = {
	{ "file", S_IFREG }, { "dir", S_IFDIR },     { "symlink", S_IFLNK }, { "pipe", S_IFIFO },
	{ "socket", S_IFSOCK }, { "block-", S_IFBLK }, { "char-", S_IFCHR },	     { "", 0 },
};

static bool is_device(uint32_t mode)
{
	return S_ISBLK(mode) || S_ISCHR(mode);
}

/* Behind "mode:". A word that we do not know says nothing. */
static bool read_type(struct reader *r, struct owner *o)
{
	for (const struct record_type *t = record_types; t->word[0]; t++) {
		if (!read_word(r, t->word))
			continue;
		o->mode = (o->mode & RECORD_MODE_BITS) | t->type;
		if (!is_device(t->type))
			return true;
		return record_read_number(r, 10, &o->rdev_major) && read_char(r, '-') &&
		       record_read_number(r, 10, &o->rdev_minor);
	}
	return true;
}

int record_parse(const char *text, size_t len, uint32_t host_mode, struct owner *ret)
{
	struct reader r = { text, text + len };
	struct owner o = { 0 };

	if (!record_read_number(&r, 10, &o.uid) || !read_char(&r, ':') ||
	    !record_read_number(&r, 10, &o.gid) || !read_char(&r, ':') ||
	    !record_read_number(&r, 8, &o.mode))
		return -EINVAL;
	if (o.uid == RECORD_KEEP || o.gid == RECORD_KEEP)
		return -EINVAL; /* no file has this owner */
	/* Bits of a device without its number are not enough for one. */
	if ((o.mode & S_IFMT) == 0 || is_device(o.mode))
		o.mode = (o.mode & RECORD_MODE_BITS) | (host_mode & S_IFMT);
	o.mode &= S_IFMT | RECORD_MODE_BITS;
	if (read_char(&r, ':') && !read_type(&r, &o))
		return -EINVAL;
	*ret = o;
	return 0;
}
