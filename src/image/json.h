/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON that anybody may have written: bounded in size and depth, null is the same as
 * missing, and what is of the wrong type is told by its name. Functions return 0, or -EBADMSG (or
 * -ENOMEM) with `fail` set.
 */
#ifndef PR_IMAGE_JSON_H
#define PR_IMAGE_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "image/digest.h"

enum { JSON_MOST_BYTES = 16 << 20, JSON_MOST_DEPTH = 100 };

/* Parses; *ret lives as long as ctx does. `what` is what messages call it. */
int json_read(void *ctx, const char *text, size_t len, const char *what, json_t **ret,
	      struct fail *fail);

/*
 * Members of an object. Where there is none *ret is NULL (0 for numbers); strings and values are
 * borrowed from it. An `object` of NULL has no members.
 */
int json_member(const json_t *object, const char *key, json_type type, json_t **ret,
		struct fail *fail);
int json_text(const json_t *object, const char *key, const char **ret, struct fail *fail);
int json_size(const json_t *object, const char *key, uint64_t *ret, struct fail *fail);
/* One that must be there. */
int json_digest(const json_t *object, const char *key, struct digest *ret, struct fail *fail);

/* A list of strings; ends with NULL, is never NULL, a child of ctx. Nulls in it are left out. */
int json_texts(void *ctx, const json_t *object, const char *key, const char ***ret,
	       struct fail *fail);
/* The keys of an object, likewise; with `values`, "KEY=VALUE" of a map to strings. */
enum json_keys { JSON_KEYS, JSON_KEYS_AND_VALUES };
int json_keys(void *ctx, const json_t *object, const char *key, enum json_keys what,
	      const char ***ret, struct fail *fail);

#endif
