/* SPDX-License-Identifier: MIT */
/*
 * A fixed place for the 64-bit loader: then the addresses of its code are known before any program
 * runs, and calls from there can be told from the guest's.
 */
#ifndef PR_EXEC_PLACE_H
#define PR_EXEC_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* A random address for an image, the same distance from what others reserve; 0: none to be had. */
uint64_t place_choose(void);

/* Makes a position-independent ELF64 file, `size` bytes in memory, one that is loaded at `base`. */
void place_fix(unsigned char *file, size_t size, uint64_t base);

/* The same file loaded anywhere, without the memory from `span` on. ELF32 has none there. */
void place_trim(unsigned char *file, size_t size, uint64_t span);

#endif
