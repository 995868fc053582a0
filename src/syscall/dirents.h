/* SPDX-License-Identifier: MIT */
/*
 * Directory entries as getdents(2), getdents64(2) and i386's readdir(2) lay them out in a buffer:
 * entries added and taken away. Pure: no guest, no file system. Buffers are copies of guest
 * memory and may hold anything: nothing is read or written outside `used` and `size`.
 */
#ifndef PR_SYSCALL_DIRENTS_H
#define PR_SYSCALL_DIRENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dirents_form {
	DIRENTS_64,    /* struct linux_dirent64 */
	DIRENTS_LONG8, /* struct linux_dirent, 8-byte longs */
	DIRENTS_LONG4, /* the same with 4-byte longs */
	DIRENTS_OLD4,  /* struct old_linux_dirent: one entry, no length */
};

struct dirents_entry {
	const char *name;
	uint64_t ino;
	uint64_t off;	    /* d_off: where the listing goes on behind it */
	unsigned char type; /* DT_* */
};

/* What an entry takes. */
size_t dirents_size(enum dirents_form form, size_t name_len);
/* Room for any one entry. */
enum { DIRENTS_LARGEST = 280 };

/* Adds an entry at buf+used; the new length, or `used` where there is no room. */
size_t dirents_append(enum dirents_form form, char *buf, size_t used, size_t size,
		      const struct dirents_entry *e);

/* The length of the first two entries where these are "." and "..", else 0. */
size_t dirents_dots(enum dirents_form form, const char *buf, size_t used);

/* Changes d_off of the last entry, if there is one. */
void dirents_set_last_off(enum dirents_form form, char *buf, size_t used, uint64_t off);

/* Calls f for every entry with its name and type (not for a form without types), to be changed. */
void dirents_each(enum dirents_form form, char *buf, size_t used,
		  void (*f)(void *ctx, const char *name, unsigned char *type), void *ctx);

/*
 * Takes the entries of this name away; the new length. An empty batch would mean the end of the
 * directory, so the only entry becomes one more "." instead.
 */
size_t dirents_remove(enum dirents_form form, char *buf, size_t used, const char *name);

#endif
