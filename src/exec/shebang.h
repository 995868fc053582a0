/* SPDX-License-Identifier: MIT */
/*
 * The "#!" line, read as fs/binfmt_script.c reads it, oddities included.
 */
#ifndef PR_EXEC_SHEBANG_H
#define PR_EXEC_SHEBANG_H

#include <stdbool.h>
#include <stddef.h>

/* BINPRM_BUF_SIZE: no more of the file than this is looked at. */
#define SHEBANG_SIZE 256

struct shebang {
	char interp[SHEBANG_SIZE]; /* may be "": the kernel then tries to open "" */
	bool has_arg;
	char arg[SHEBANG_SIZE]; /* may be "" */
};

/* `buf` holds the begin of a file, zeros behind its end. 0, or -ENOEXEC: not a script. */
int shebang_parse(const char buf[SHEBANG_SIZE], struct shebang *ret);

#endif
