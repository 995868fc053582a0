/* SPDX-License-Identifier: MIT */
/*
 * fs/binfmt_elf.c, parse_elf_properties: one note, of 1 KiB at most, in it properties in the order
 * of their types, each filled up to 8 bytes. What lies behind it is not looked at.
 */
#include "exec/property.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { NOTE_MAX = 1024, NOTE_PROPERTIES = 5, ALIGN = 8 };

struct note {
	struct {
		uint32_t name_size, data_size, type;
		char name[4];
	} head;
	char data[NOTE_MAX - 16];
};

struct property {
	uint32_t type, size;
};

_Static_assert(sizeof(struct note) == NOTE_MAX, "note");

/* The property at *at of `size` bytes; *at goes on behind it. */
static int property_next(const char *data, size_t size, size_t *at, struct property *ret)
{
	size_t left = size - *at, filled;

	if (left < sizeof(*ret))
		return -ENOEXEC;
	memcpy(ret, data + *at, sizeof(*ret));
	left -= sizeof(*ret);
	if (ret->size > left)
		return -ENOEXEC;
	filled = ((size_t)ret->size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (filled > left)
		return -ENOEXEC;
	*at += sizeof(*ret) + filled;
	return 0;
}

/* Loop: all properties before `at` have smaller types than the next must have. */
static int features_find(const char *data, size_t size, uint32_t wanted, uint32_t *ret)
{
	struct property p;
	uint64_t least = 0;
	size_t at = 0, value;
	int r;

	while (at < size) {
		value = at + sizeof(p);
		r = property_next(data, size, &at, &p);
		if (r < 0)
			return r;
		if (p.type < least)
			return -ENOEXEC;
		least = (uint64_t)p.type + 1;
		if (p.type != wanted)
			continue;
		if (p.size != sizeof(*ret))
			return -ENOEXEC;
		memcpy(ret, data + value, sizeof(*ret));
	}
	return 0;
}

int elf_read_features(const struct exec_file *f, const struct elf_info *info, uint32_t *ret)
{
	const struct elf_segment *s = &info->properties;
	struct note note = { 0 };
	ssize_t n;

	*ret = 0;
	if (!info->machine->feature_property || s->type != ELF_PT_GNU_PROPERTY)
		return 0;
	if (s->filesz > sizeof(note))
		return -ENOEXEC;
	n = f->read(f, &note, s->filesz, s->offset);
	if (n < 0 || (size_t)n < offsetof(struct note, head.name))
		return -EIO;
	if (note.head.type != NOTE_PROPERTIES || note.head.name_size != sizeof(note.head.name) ||
	    memcmp(note.head.name, "GNU", sizeof(note.head.name)) != 0)
		return -ENOEXEC;
	if ((size_t)n < sizeof(note.head) || note.head.data_size > (size_t)n - sizeof(note.head))
		return -ENOEXEC;
	return features_find(note.data, note.head.data_size, info->machine->feature_property, ret);
}
