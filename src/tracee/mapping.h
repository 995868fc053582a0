/* SPDX-License-Identifier: MIT */
/* One mapping of a guest, as /proc/<pid>/maps tells it. */
#ifndef PR_TRACEE_MAPPING_H
#define PR_TRACEE_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

struct tracee;

enum mapping_flags {
	MAPPING_READ = 1 << 0,
	MAPPING_WRITE = 1 << 1,
	MAPPING_EXEC = 1 << 2,
	MAPPING_SHARED = 1 << 3,
};

struct mapping {
	uint64_t begin, end, offset;
	uint64_t ino; /* 0: of no file */
	unsigned dev_major, dev_minor;
	unsigned flags; /* enum mapping_flags */
};

/* The mapping at an address; false: there is none, or it cannot be asked for. */
bool mapping_at(const struct tracee *t, uint64_t addr, struct mapping *ret);

#endif
