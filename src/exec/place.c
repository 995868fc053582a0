// SPDX-License-Identifier: MIT
/*
 * The loader has no relocations, so to fix its place is to say so in its headers: ET_EXEC, and the
 * addresses of its segments. elf(5)
 */
#include "exec/place.h"

#include <stdbool.h>
#include <sys/random.h>

#include "arch/loader.h"
#include "exec/elf_format.h"

/* A 4 GiB block holds the whole window: the filter compares the upper half once. */
#define PLACE_STEP 0x400000UL

_Static_assert(LOADER_AGENT_SPAN <= PLACE_STEP, "a window lies in one block");

uint64_t place_choose(void)
{
	const uint64_t places = (LOADER_WINDOW_HIGH - LOADER_WINDOW_LOW) / PLACE_STEP;
	uint64_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return 0;
	return LOADER_WINDOW_LOW + random % places * PLACE_STEP;
}

static bool is_elf64(const unsigned char *file, size_t size)
{
	return size >= sizeof(struct elf64_header) && file[ELF_IDENT_CLASS] == ELF_CLASS_64;
}

void place_fix(unsigned char *file, size_t size, uint64_t base)
{
	struct elf64_header *h = (void *)file;
	struct elf64_segment *s = (void *)(file + h->e_phoff);

	if (!is_elf64(file, size))
		return;
	h->e_type = ELF_TYPE_EXEC;
	h->e_entry += base;
	for (unsigned i = 0; i < h->e_phnum; i++)
		s[i].p_vaddr += base;
}

void place_trim(unsigned char *file, size_t size, uint64_t span)
{
	const struct elf64_header *h = (const void *)file;
	struct elf64_segment *s = (void *)(file + h->e_phoff);

	if (!is_elf64(file, size))
		return;
	for (unsigned i = 0; i < h->e_phnum; i++)
		if (s[i].p_vaddr < span && s[i].p_vaddr + s[i].p_memsz > span)
			s[i].p_memsz = span - s[i].p_vaddr;
}
