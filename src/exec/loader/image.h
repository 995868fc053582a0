/* SPDX-License-Identifier: MIT */
/*
 * One ELF file in the guest's memory, mapped as the kernel maps it. Every function here ends the
 * process where it cannot.
 */
#ifndef PR_EXEC_LOADER_IMAGE_H
#define PR_EXEC_LOADER_IMAGE_H

#include "exec/loader/machine.h"

enum stack_kind { STACK_DEFAULT, STACK_EXEC, STACK_NOEXEC };

struct image {
	int fd;
	unsigned long page;
	int code_prot; /* of segments with code, besides what they ask for; the caller's */
	MACHINE_HEADER header;
	const MACHINE_SEGMENT *segments; /* until the next image_open */
	unsigned long bias;		 /* what is added to the file's addresses */
	/* Addresses in memory, valid once it is mapped. */
	unsigned long entry, phdr, end;
	unsigned long start_code, end_code, start_data, end_data;
};

/* Where a program goes. */
struct image_place {
	enum { PLACE_ANYWHERE, PLACE_RANDOM, PLACE_BELOW_BRK } policy;
	unsigned long random; /* 0: always the same place */
};

/* Reads the headers of the file at this host path and checks them. */
void image_open(struct image *im, const char *path, unsigned long page);
/* What PT_GNU_STACK asks for. */
enum stack_kind image_stack(const struct image *im);
/* Both map the file and close it. */
void image_map_program(struct image *im, const struct image_place *place);
void image_map_interp(struct image *im);

#endif
