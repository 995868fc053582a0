/* SPDX-License-Identifier: MIT */
/* For what rewrites a text: `in` holds the one that it is given, `out` takes the one it makes. */
#ifndef TESTS_UNIT_TEXTS_H
#define TESTS_UNIT_TEXTS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static char *text;
static size_t text_size;
static FILE *in, *out;

static inline void begin_bytes(const void *from, size_t size)
{
	in = fmemopen((void *)(uintptr_t)from, size, "r");
	out = open_memstream(&text, &text_size);
	ck_assert_ptr_nonnull(in);
}

static inline void begin(const char *from)
{
	begin_bytes(from, strlen(from));
}

/* It said r, for all went well, and made this. */
static inline void check_bytes(int r, const void *want, size_t size)
{
	ck_assert_int_eq(r, 0);
	fclose(in);
	fclose(out);
	ck_assert_uint_eq(text_size, size);
	ck_assert_mem_eq(text, want, size);
	free(text);
}

static inline void check_text(int r, const char *want)
{
	ck_assert_int_eq(r, 0);
	fclose(in);
	fclose(out);
	ck_assert_str_eq(text, want);
	free(text);
}

#endif
