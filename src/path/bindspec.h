/* SPDX-License-Identifier: MIT */
/*
 * What the user wants bound where, and how it is written: HOST[:GUEST[!]][:OPT[,OPT]...], as PRoot
 * has it, with options behind. Words alone: whether any of it exists is mountpoint.h's question.
 */
#ifndef PR_PATH_BINDSPEC_H
#define PR_PATH_BINDSPEC_H

#include <stdbool.h>

#include "base/fail.h"

/* One bind. All strings are borrowed for the life of the session. */
struct bind_request {
	const char *host;  /* as the user wrote it, relative to the caller's cwd */
	const char *guest; /* NULL: the same name as host */
	bool no_follow;	   /* a trailing '!' : the guest name's last link is not followed */
	bool read_only;
	bool noexec;
	bool optional; /* a missing source is skipped without a word */
};

/*
 * Takes one word apart; the strings of *ret are children of ctx. Options are ro, rw, optional and
 * noexec, the later of two wins. They follow a destination only ("/a:ro" is the destination "ro",
 * "/a::ro" is /a under its own name, read-only), a name cannot hold a ':'. 0, or fail_set's -1.
 */
int bindspec_parse(void *ctx, const char *word, struct bind_request *ret, struct fail *f);

#endif
