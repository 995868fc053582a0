/* SPDX-License-Identifier: MIT */
/*
 * A file that exec looks into: its names, and a way to its bytes. Whoever opens one fills it in;
 * the parsers only read.
 */
#ifndef PR_EXEC_FILE_H
#define PR_EXEC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct exec_file {
	const char *guest; /* canonical guest name, or what the kernel would show for it */
	const char *host;  /* what leads to it for the task that calls exec */
	const char *name;  /* its own name on the host, also where that is gone; NULL: as `host` */
	uint64_t dev, ino;
	bool unreadable;    /* may be executed only: the process will not be dumpable */
	bool nosuid;	    /* no set-id bits and capabilities, by what it is mounted as */
	bool by_descriptor; /* `host` goes through one, which may be closed at exec */
	/* Reads at an offset, like pread: bytes read, fewer only at the end, or -errno. */
	ssize_t (*read)(const struct exec_file *f, void *buf, size_t size, uint64_t offset);
	int fd;		  /* exec_file_read_fd */
	const void *data; /* exec_file_read_data; of a descriptor's file: how it begins, or NULL */
	size_t size;
};

/* Two ready-made `read`s. */
ssize_t exec_file_read_fd(const struct exec_file *f, void *buf, size_t size, uint64_t offset);
ssize_t exec_file_read_data(const struct exec_file *f, void *buf, size_t size, uint64_t offset);

/* Reads exactly `size` bytes, as fs/binfmt_elf.c does: 0, or -errno, -EIO where the file ends. */
int exec_file_read_all(const struct exec_file *f, void *buf, size_t size, uint64_t offset);

#endif
