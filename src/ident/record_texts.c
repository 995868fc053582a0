// SPDX-License-Identifier: MIT
/* Writing of override_stat, and reading of what others keep owners in. */
#include "ident/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ident/record_impl.h"

/* ---- writing -------------------------------------------------------------------------------- */

static const char *type_word(uint32_t mode)
{
	for (const struct record_type *t = record_types; t->word[0]; t++)
		if (t->type == (mode & S_IFMT))
			return t->word;
	return NULL;
}

size_t record_print(const struct owner *o, uint32_t host_mode, char ret[RECORD_LIMIT])
{
	const char *word = type_word(o->mode);
	int n = snprintf(ret, RECORD_LIMIT, "%u:%u:0%03o", o->uid, o->gid,
			 o->mode & RECORD_MODE_BITS);

	if (!word || (o->mode & S_IFMT) == (host_mode & S_IFMT))
		return (size_t)n;
	n += snprintf(ret + n, RECORD_LIMIT - (size_t)n, ":%s", word);
	if (S_ISBLK(o->mode) || S_ISCHR(o->mode))
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
		if (!record_read_number(&r, i ? 10 : 8, &field[i]))
			return -EINVAL;
	}
	if (field[1] == RECORD_KEEP || field[2] == RECORD_KEEP)
		return -EINVAL;
	*ret = (struct owner){ .uid = field[1], .gid = field[2],
			       .mode = (field[0] & RECORD_MODE_BITS) | (host_mode & S_IFMT) };
	return 0;
}
