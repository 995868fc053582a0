/* SPDX-License-Identifier: MIT */
/*
 * The layout of the loader's image, the same for every machine, in memory as in the file: offsets
 * from its begin. Read by assembler and linker scripts too.
 */
#ifndef PR_ARCH_LOADER_H
#define PR_ARCH_LOADER_H

#include "arch/area.h"

#define LOADER_ENTRY 0x200
#define LOADER_AREA  0x2000 /* arch/area.h, AREA_SIZE bytes; the loader's code lies below */
#define LOADER_PLAN  (LOADER_AREA + AREA_SIZE)
#define LOADER_SPAN  0x60000 /* the whole image */

#endif
