/* SPDX-License-Identifier: MIT */
/* What the journal of the side store does with a file. Each 0 or -errno. */
#ifndef PR_IDENT_STORE_FILE_H
#define PR_IDENT_STORE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Exclusively (flock); 0 as well where the file system knows no locks. */
int file_lock(int fd);
int file_write(int fd, const void *bytes, size_t len, uint64_t at);
/* All of it, into an empty one. */
int file_copy(int from, int to);

#endif
