/* SPDX-License-Identifier: MIT */
/*
 * The notes of PT_GNU_PROPERTY, as far as a kernel goes by them when it runs a program: those of
 * the interpreter, or of a program without one.
 */
#ifndef PR_EXEC_PROPERTY_H
#define PR_EXEC_PROPERTY_H

#include <stdint.h>

#include "exec/elf.h"

/*
 * *ret: the bits of the machine's feature property; 0 where there is none, or the machine's kernel
 * does not look. 0; -ENOEXEC, -EIO: broken notes; or a read error.
 */
int elf_read_features(const struct exec_file *f, const struct elf_info *info, uint32_t *ret);

#endif
