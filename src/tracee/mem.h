/* SPDX-License-Identifier: MIT */
/*
 * Guest memory. Reads and writes obey the guest's own page protections, so that EFAULT comes
 * where the kernel would give it (process_vm_readv(2)). May be called in any stop.
 */
#ifndef PR_TRACEE_MEM_H
#define PR_TRACEE_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tracee;

/* All n bytes, or -EFAULT. */
int mem_read(const struct tracee *t, uint64_t addr, void *buf, size_t n);
int mem_write(const struct tracee *t, uint64_t addr, const void *buf, size_t n);

/*
 * A NUL-terminated string of fewer than `size` bytes, the NUL included in what is stored. Returns
 * its length, -EFAULT, or -ENAMETOOLONG where no NUL came within size.
 */
ssize_t mem_read_str(const struct tracee *t, uint64_t addr, char *buf, size_t size);

/* As many bytes as are readable from addr, at most n; >= 0. */
size_t mem_read_some(const struct tracee *t, uint64_t addr, void *buf, size_t n);

/* One pointer or long of the call's ABI (4 or 8 bytes). */
int mem_read_word(const struct tracee *t, uint64_t addr, unsigned word_bytes, uint64_t *ret);

/* Writes past protections (our own code pages). 0 or -errno. */
int mem_poke(const struct tracee *t, uint64_t addr, const void *buf, size_t n);
/* The same in several pieces: a descriptor to be closed by the caller, or -errno. */
int mem_poke_open(const struct tracee *t);
int mem_poke_piece(int fd, uint64_t addr, const void *buf, size_t n);

#endif
