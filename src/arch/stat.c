/* SPDX-License-Identifier: MIT */
/* The struct stat of this machine's ABIs. No logic here: one row per ABI. */
#include "arch/stat.h"

int arch_stat_write(unsigned word_bytes, enum stat_form form, const struct statx *from, void *buf)
{
#if defined(__x86_64__)
	return word_bytes == 8 ? stat_write_x86_64(form, from, buf) :
				 stat_write_i386(form, from, buf);
#elif defined(__aarch64__)
	return word_bytes == 8 ? stat_write_aarch64(form, from, buf) :
				 stat_write_arm(form, from, buf);
#elif defined(__arm__)
	(void)word_bytes;
	return stat_write_arm(form, from, buf);
#else
#error "no struct stat for this machine: add arch/<machine>/stat.c"
#endif
}
