// SPDX-License-Identifier: MIT
/*
 * Reading and writing of the texts that hold owners. What is read was written by others: nothing
 * is believed of it but numbers in their range.
 */
#include "ident/record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MODE_BITS 07777u

/* The part of a text that is not read yet. */
struct reader {
	const char *at, *end;
};

static bool read_number(struct reader *r, unsigned base, uint32_t *ret)
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

/* ---- override_stat ------------------------------------------------------------------------- */

static const struct {
	const char *word;
	uint32_t type;
} types[] = {
	{ "file", S_IFREG }, { "dir", S_IFDIR },     { "symlink", S_IFLNK }, { "pipe", S_IFIFO },
	{ "socket", S_IFSOCK }, { "block-", S_IFBLK }, { "char-", S_IFCHR },
};

static bool is_device(uint32_t mode)
{
	return S_ISBLK(mode) || S_ISCHR(mode);
}

/* Behind "mode:". A word that we do not know says nothing. */
static bool read_type(struct reader *r, struct owner *o)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!read_word(r, types[i].word))
			continue;
		o->mode = (o->mode & MODE_BITS) | types[i].type;
		if (!is_device(types[i].type))
			return true;
		return read_number(r, 10, &o->rdev_major) && read_char(r, '-') &&
		       read_number(r, 10, &o->rdev_minor);
	}
	return true;
}

int record_parse(const char *text, size_t len, uint32_t host_mode, struct owner *ret)
{
	struct reader r = { text, text + len };
	struct owner o = { 0 };

	if (!read_number(&r, 10, &o.uid) || !read_char(&r, ':') || !read_number(&r, 10, &o.gid) ||
	    !read_char(&r, ':') || !read_number(&r, 8, &o.mode))
		return -EINVAL;
	if (o.uid == RECORD_KEEP || o.gid == RECORD_KEEP)
		return -EINVAL; /* no file has this owner */
	/* Bits of a device without its number are not enough for one. */
	if ((o.mode & S_IFMT) == 0 || is_device(o.mode))
		o.mode = (o.mode & MODE_BITS) | (host_mode & S_IFMT);
	o.mode &= S_IFMT | MODE_BITS;
	if (read_char(&r, ':') && !read_type(&r, &o))
		return -EINVAL;
	*ret = o;
	return 0;
}

static const char *type_word(uint32_t mode)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == (mode & S_IFMT))
			return types[i].word;
	return NULL;
}

size_t record_print(const struct owner *o, uint32_t host_mode, char ret[RECORD_LIMIT])
{
	const char *word = type_word(o->mode);
	int n = snprintf(ret, RECORD_LIMIT, "%u:%u:0%03o", o->uid, o->gid, o->mode & MODE_BITS);

	if (!word || (o->mode & S_IFMT) == (host_mode & S_IFMT))
		return (size_t)n;
	n += snprintf(ret + n, RECORD_LIMIT - (size_t)n, ":%s", word);
	if (is_device(o->mode))
		n += snprintf(ret + n, RECORD_LIMIT - (size_t)n, "%u-%u", o->rdev_major,
			      o->rdev_minor);
	return (size_t)n;
}

/* ---- rootlesscontainers -------------------------------------------------------------------- */

/* A varint of protobuf: seven bits a byte, the lowest first. */
static bool read_varint(struct reader *r, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
		unsigned char byte = (unsigned char)*r->at++;

		*ret |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* Fields that are not ours are skipped, as protobuf's rules for unknown ones have it. */
static bool skip_field(struct reader *r, unsigned wire)
{
	uint64_t n;

	switch (wire) {
	case 0: return read_varint(r, &n);
	case 1: n = 8; break;
	case 2:
		if (!read_varint(r, &n))
			return false;
		break;
	case 5: n = 4; break;
	default: return false;
	}
	if (n > (uint64_t)(r->end - r->at))
		return false;
	r->at += n;
	return true;
}

int record_parse_rootless(const void *bytes, size_t len, struct owner *ret)
{
	struct reader r = { bytes, (const char *)bytes + len };
	uint64_t id[2] = { 0, 0 }; /* proto3: what is not there is 0 */

	while (r.at < r.end) {
		uint64_t tag, field;

		if (!read_varint(&r, &tag))
			return -EINVAL;
		field = tag >> 3;
		if ((tag & 7) == 0 && (field == 1 || field == 2)) {
			if (!read_varint(&r, &id[field - 1]))
				return -EINVAL;
		} else if (!skip_field(&r, tag & 7)) {
			return -EINVAL;
		}
	}
	if ((uint32_t)id[0] != RECORD_KEEP)
		ret->uid = (uint32_t)id[0];
	if ((uint32_t)id[1] != RECORD_KEEP)
		ret->gid = (uint32_t)id[1];
	return 0;
}

/* ---- .proot-meta-file ---------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at))
		r->at++;
}

int record_parse_proot(const char *text, size_t len, uint32_t host_mode, struct owner *ret)
{
	struct reader r = { text, text + len };
	uint32_t field[3];

	for (int i = 0; i < 3; i++) {
		skip_space(&r);
		if (!read_number(&r, i ? 10 : 8, &field[i]))
			return -EINVAL;
	}
	if (field[1] == RECORD_KEEP || field[2] == RECORD_KEEP)
		return -EINVAL;
	*ret = (struct owner){ .uid = field[1], .gid = field[2],
			       .mode = (field[0] & MODE_BITS) | (host_mode & S_IFMT) };
	return 0;
}
