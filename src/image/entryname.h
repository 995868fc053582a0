/* SPDX-License-Identifier: MIT */
/*
 * Names that archives give, made fit to be walked. Pure.
 */
#ifndef PR_IMAGE_ENTRYNAME_H
#define PR_IMAGE_ENTRYNAME_H

#include <stddef.h>

enum { ENTRYNAME_MAX = 32768 };

struct entryname {
	char *parent; /* from the root, "" the root itself; children of the ctx it was made with */
	char *last;   /* "": the entry is the root */
	char *text;   /* both of them, for messages: parent/last */
	size_t room;
};

/*
 * Slashes in front and at the end, doubled ones and "." are nothing: a tree's own root is "/". The
 * first `strip` components are taken away. 0; 1: it has not even so many; -EINVAL: it has a "..",
 * or is empty; -ENAMETOOLONG: a component of more than 255 bytes, or all of more than
 * ENTRYNAME_MAX; -ENOMEM. `ret` begins as zeros and may be used again.
 */
int entryname_parse(void *ctx, const char *text, int strip, struct entryname *ret);

/* What a name means in a layer of an image. */
enum entryname_kind {
	ENTRYNAME_PLAIN,
	ENTRYNAME_WHITEOUT, /* "last" + 4 is gone from the layers below */
	ENTRYNAME_OPAQUE,   /* all that the layers below have in `parent` is */
	ENTRYNAME_NOTHING,  /* somebody else's bookkeeping */
	ENTRYNAME_BAD,	    /* ".wh.", ".wh..", ".wh...": would mean nothing, or directories */
};
enum entryname_kind entryname_kind(const struct entryname *n);

#endif
