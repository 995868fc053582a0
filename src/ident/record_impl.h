/* SPDX-License-Identifier: MIT */
/* What the files of records share: a text on its way through the reader. */
#ifndef PR_IDENT_RECORD_IMPL_H
#define PR_IDENT_RECORD_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#define RECORD_MODE_BITS 07777u

/* The part of a text that is not read yet. */
struct reader {
	const char *at, *end;
};

/* A number of this base, 2^32-1 at most; at least one digit. */
bool record_read_number(struct reader *r, unsigned base, uint32_t *ret);

/* The words for types, the bits of S_IFMT; ends with an empty one. */
struct record_type {
	char word[8]; /* no pointer: the agent is not relocated */
	uint32_t type;
};

extern const struct record_type record_types[];

#endif
