/* SPDX-License-Identifier: MIT */
/*
 * A line at the terminal for what takes longer than a second: how far it has come, how fast, how
 * long it will take. Nothing where standard error is no terminal of ours.
 */
#ifndef PR_CLI_PROGRESS_H
#define PR_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"

struct progress_line {
	struct progress progress; /* this goes to who works */
	const char *what;
	bool wanted, shown;
	long began_ms, last_ms;
	uint64_t last_done; /* less than before: something new has begun */
};

void progress_begin(struct progress_line *p, const char *what);
/* Takes the line away. */
void progress_end(struct progress_line *p);

/* "1.5MB": three digits at least, units of 1000. */
enum { SIZE_TEXT = 16 };
const char *size_text(uint64_t bytes, char ret[SIZE_TEXT]);
/* The line's text as it would be `ms` after the begin; at most `columns` - 1 long. */
void progress_format(const char *what, uint64_t done, uint64_t total, long ms, int columns,
		     char *ret, size_t size);

#endif
