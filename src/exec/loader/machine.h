/* SPDX-License-Identifier: MIT */
/*
 * The machine that this loader is built for, and the kernel's numbers that are the same on all of
 * them. The loader is built without any system header.
 */
#ifndef PR_EXEC_LOADER_MACHINE_H
#define PR_EXEC_LOADER_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "exec/elf_format.h"

#if defined(__x86_64__)
#include "arch/x86_64/loader.h"
#elif defined(__i386__)
#include "arch/i386/loader.h"
#elif defined(__aarch64__)
#include "arch/aarch64/loader.h"
#elif defined(__arm__)
#include "arch/arm/loader.h"
#else
#error "no loader for this machine: add arch/<machine>/loader.h"
#endif

#if MACHINE_BITS == 64
#define MACHINE_HEADER	struct elf64_header
#define MACHINE_SEGMENT struct elf64_segment
#else
#define MACHINE_HEADER	struct elf32_header
#define MACHINE_SEGMENT struct elf32_segment
#endif

enum aux_type {
	AUX_NULL = 0,
	AUX_PHDR = 3,
	AUX_PHENT = 4,
	AUX_PHNUM = 5,
	AUX_PAGESZ = 6,
	AUX_BASE = 7,
	AUX_ENTRY = 9,
	AUX_UID = 11,
	AUX_EUID = 12,
	AUX_GID = 13,
	AUX_EGID = 14,
	AUX_PLATFORM = 15,
	AUX_HWCAP = 16,
	AUX_SECURE = 23,
	AUX_HWCAP2 = 26,
	AUX_EXECFN = 31,
};

/* What code that may be jumped to only where it says so is mapped with. */
#ifndef MACHINE_GUARDED
#define MACHINE_GUARDED 0
#endif

enum { PROT_R = 1, PROT_W = 2, PROT_X = 4, PROT_DOWN = 0x01000000 };
enum {
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	MAP_FIXED = 0x10,
	MAP_ANON = 0x20,
	MAP_NOREPLACE = 0x100000,
};
enum {
	AT_CWD = -100,
	O_READ_CLOEXEC = 02000000,
	O_WRITE_CLOEXEC = 02000001,
	O_BOTH_CLOEXEC = 02000002,
};
enum { PERSONA_NO_RANDOMIZE = 0x0040000, PERSONA_READ_EXEC = 0x0400000 };
enum { PRCTL_SET_NAME = 15, PRCTL_SET_MM = 35, PRCTL_SET_MM_MAP = 14 };
enum { E_INVAL = 22 };

/* struct prctl_mm_map as a 64-bit kernel reads it. */
struct mm_map {
	uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end, auxv;
	uint32_t auxv_size, exe_fd;
};

/* A call's result that is an error (or an address that none can be). */
static inline int machine_is_error(long r)
{
	return (unsigned long)r >= -4095UL;
}

#endif
