/* SPDX-License-Identifier: MIT */
/*
 * A bounded, NUL-terminated string for paths, and the two one-field types that keep the guest's
 * and the host's names apart. The only place where the size of a path buffer is written down.
 *
 * Needs no allocator and, of libc, memory and string functions alone: it is part of the walk.
 */
#ifndef PR_BASE_PATHBUF_H
#define PR_BASE_PATHBUF_H

#include <stdbool.h>
#include <stddef.h>

/* A path as the guest means it: from the guest's root. Borrowed. */
struct gpath {
	const char *s;
};

/* A path as the kernel outside the guest means it. Borrowed. */
struct hpath {
	const char *s;
};

#define GPATH(str) ((struct gpath){ str })
#define HPATH(str) ((struct hpath){ str })

/* PATH_MAX, the kernel's limit on one name it is given, the NUL included. */
#define PATH_LIMIT 4096
/* NAME_MAX: one component, without the NUL. */
#define NAME_LIMIT 255

/* One name as the kernel is given it or gives it, the NUL included. */
struct pathname {
	char s[PATH_LIMIT];
};

/* Room for a host prefix and the longest guest path behind it. */
struct pathbuf {
	size_t len; /* without the NUL */
	char s[2 * PATH_LIMIT];
};

void pathbuf_clear(struct pathbuf *b);

/* Each returns 0, or -ENAMETOOLONG and leaves the buffer as it was. */
int pathbuf_set(struct pathbuf *b, const char *s);
int pathbuf_set_n(struct pathbuf *b, const char *s, size_t n);
int pathbuf_append(struct pathbuf *b, const char *s);
int pathbuf_append_n(struct pathbuf *b, const char *s, size_t n);
/* Appends "/name", or "name" where the buffer ends in '/' (the root). */
int pathbuf_push(struct pathbuf *b, const char *name, size_t n);
/* Puts s[0..n) in front of what the buffer holds. */
int pathbuf_prepend_n(struct pathbuf *b, const char *s, size_t n);
/* Removes the last component: "/a/b" -> "/a", "/a" -> "/", "/" stays. */
void pathbuf_pop(struct pathbuf *b);
void pathbuf_truncate(struct pathbuf *b, size_t len);

/*
 * Is `path` the directory `dir` or below it? Respects the '/' boundary: "/ab" is not under "/a".
 * Returns the rest of path behind dir ("" for dir itself, else it begins with '/'; for dir "/"
 * the whole path, "" for "/"), or NULL.
 */
const char *path_under(const char *path, const char *dir);

#endif
