/* SPDX-License-Identifier: MIT */
/*
 * Programs of other machines, and the emulators that run them: qemu's user mode, called as
 * binfmt_misc would. Nothing in a file is trusted.
 */
#ifndef PR_EXEC_FOREIGN_H
#define PR_EXEC_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

/* So much of a file's begin is looked at: the header of 32 bits is the shorter. */
enum { FOREIGN_HEAD_BYTES = 52 };

struct foreign {
	unsigned machine; /* e_machine */
	const char *arch; /* what qemu calls it, or NULL: it knows none */
};

/* Is that how a program for another machine begins? */
bool foreign_look(const void *head, size_t size, struct foreign *ret);

/* All that qemu knows, by number: NULL at the end. */
const char *foreign_arch(size_t i);

struct emulator {
	const char *arch; /* NULL: it is used for all */
	/* What the kernel is to run, a host name: one that needs no interpreter, or that of one. */
	const char *host;
	/* argv up to and with "-0"; then come the program's argv[0], its name, and its arguments */
	const char **words;
	size_t word_count;
};

struct emulators {
	struct emulator *list;
	size_t count;
};

/* NULL: there is none. */
const struct emulator *emulators_find(const struct emulators *all, const struct foreign *f);

#endif
