// SPDX-License-Identifier: MIT
/*
 * The loader has no relocations, so to fix its place is to say so in its headers: ET_EXEC, and the
 * addresses of its segments. elf(5)
 */
#include "exec/place.h"

#include <string.h>
#include <sys/random.h>

#include "arch/loader.h"
#include "exec/elf_format.h"

/* A 4 GiB block holds the whole window: the filter compares the upper half once. */
#define PLACE_STEP 0x100000UL /* LOADER_SPAN fits */

_Static_assert(LOADER_SPAN <= PLACE_STEP, "a window lies in one block");

uint64_t place_choose(void)
{
	const uint64_t places = (LOADER_WINDOW_HIGH - LOADER_WINDOW_LOW) / PLACE_STEP;
	uint64_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return 0;
	return LOADER_WINDOW_LOW + random % places * PLACE_STEP;
}

void place_fix(unsigned char *file, size_t size, uint64_t base)
{
	struct elf64_header h;
	struct elf64_segment s;

	if (size < sizeof(h))
		return;
	memcpy(&h, file, sizeof(h));
	h.e_type = ELF_TYPE_EXEC;
	h.e_entry += base;
	memcpy(file, &h, sizeof(h));
	for (unsigned i = 0; i < h.e_phnum; i++) {
		unsigned char *at = file + h.e_phoff + i * sizeof(s);

		memcpy(&s, at, sizeof(s));
		s.p_vaddr += base;
		memcpy(at, &s, sizeof(s));
	}
}
