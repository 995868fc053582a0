/* SPDX-License-Identifier: MIT */
/*
 * Content addresses, "sha256:<64 hex digits>" or "sha512:<128>": what blobs are named by and
 * checked against. Nothing becomes a struct digest that is not exactly that, so one is safe in a
 * path.
 */
#ifndef PR_IMAGE_DIGEST_H
#define PR_IMAGE_DIGEST_H

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512 };

enum { DIGEST_TEXT = 7 + 128 + 1 };

struct digest {
	char text[DIGEST_TEXT]; /* "": none */
};

/* Lower-case digits alone, and all of them. 0, or -EINVAL with *ret none. */
int digest_parse(const char *text, struct digest *ret);
bool digest_is_set(const struct digest *d);
bool digest_equal(const struct digest *a, const struct digest *b);
enum digest_kind digest_kind(const struct digest *d);
/* The digits. */
const char *digest_hex(const struct digest *d);

/* Bytes as they come by. */
struct digester {
	enum digest_kind kind;
	union {
		struct sha256_ctx sha256;
		struct sha512_ctx sha512;
	} u;
	uint64_t bytes; /* how many there were */
};

void digester_init(struct digester *d, enum digest_kind kind);
void digester_update(struct digester *d, const void *bytes, size_t len);
void digester_finish(struct digester *d, struct digest *ret);

/* Of bytes that are all there. */
struct digest digest_of(enum digest_kind kind, const void *bytes, size_t len);

#endif
