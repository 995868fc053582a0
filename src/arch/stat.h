/* SPDX-License-Identifier: MIT */
/*
 * struct stat as the kernel writes it for each ABI, filled in from a struct statx. Layouts:
 * arch/<machine>/stat.c; the rules of what does not fit: fs/stat.c.
 */
#ifndef PR_ARCH_STAT_H
#define PR_ARCH_STAT_H

#include <stdint.h>
#include <sys/stat.h>

enum stat_form {
	STAT_OLD, /* struct __old_kernel_stat: oldstat */
	STAT_NEW, /* struct stat: stat, newfstatat */
	STAT_64,  /* struct stat64: the 64-bit sizes of a 32-bit ABI */
};

enum { STAT_BYTES_LIMIT = 256 };

/*
 * Writes the structure of the ABI whose words are so wide into buf[STAT_BYTES_LIMIT]. Its length,
 * or -EOVERFLOW. An ABI without that form: -ENOSYS.
 */
int arch_stat_write(unsigned word_bytes, enum stat_form form, const struct statx *from, void *buf);

/* The machines' own: as above. */
int stat_write_x86_64(enum stat_form form, const struct statx *from, void *buf);
int stat_write_aarch64(enum stat_form form, const struct statx *from, void *buf);
int stat_write_arm(enum stat_form form, const struct statx *from, void *buf);
int stat_write_i386(enum stat_form form, const struct statx *from, void *buf);

/* new_encode_dev of the kernel: 12 bits of major, 20 of minor. */
static inline uint32_t stat_encode_dev(uint32_t dev_major, uint32_t dev_minor)
{
	return (dev_minor & 0xff) | dev_major << 8 | (dev_minor & ~0xffU) << 12;
}

#endif
