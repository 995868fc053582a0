/* SPDX-License-Identifier: MIT */
/* Digests by nettle, and the one place where the text of one is judged. */
#include "image/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *prefix;
	size_t size; /* in bytes */
} kinds[] = {
	[DIGEST_SHA256] = { "sha256:", SHA256_DIGEST_SIZE },
	[DIGEST_SHA512] = { "sha512:", SHA512_DIGEST_SIZE },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), PREFIX = 7 };

int digest_parse(const char *text, struct digest *ret)
{
	ret->text[0] = '\0';
	for (int i = 0; text && i < KINDS; i++) {
		const char *hex = text + PREFIX;

		if (strncmp(text, kinds[i].prefix, PREFIX) != 0)
			continue;
		if (strlen(hex) != 2 * kinds[i].size ||
		    strspn(hex, "0123456789abcdef") != 2 * kinds[i].size)
			return -EINVAL;
		memcpy(ret->text, text, PREFIX + 2 * kinds[i].size + 1);
		return 0;
	}
	return -EINVAL;
}

bool digest_is_set(const struct digest *d)
{
	return d->text[0];
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

enum digest_kind digest_kind(const struct digest *d)
{
	return strncmp(d->text, kinds[DIGEST_SHA512].prefix, PREFIX) == 0 ? DIGEST_SHA512
									  : DIGEST_SHA256;
}

const char *digest_hex(const struct digest *d)
{
	return d->text[0] ? d->text + PREFIX : d->text;
}

void digester_init(struct digester *d, enum digest_kind kind)
{
	d->kind = kind;
	d->bytes = 0;
	if (kind == DIGEST_SHA512)
		sha512_init(&d->u.sha512);
	else
		sha256_init(&d->u.sha256);
}

void digester_update(struct digester *d, const void *bytes, size_t len)
{
	if (d->kind == DIGEST_SHA512)
		sha512_update(&d->u.sha512, len, bytes);
	else
		sha256_update(&d->u.sha256, len, bytes);
	d->bytes += len;
}

void digester_finish(struct digester *d, struct digest *ret)
{
	uint8_t raw[SHA512_DIGEST_SIZE];
	size_t size = kinds[d->kind].size;

	if (d->kind == DIGEST_SHA512)
		sha512_digest(&d->u.sha512, size, raw);
	else
		sha256_digest(&d->u.sha256, size, raw);
	memcpy(ret->text, kinds[d->kind].prefix, PREFIX + 1);
	for (size_t i = 0; i < size; i++)
		snprintf(ret->text + PREFIX + 2 * i, 3, "%02x", raw[i]);
}

struct digest digest_of(enum digest_kind kind, const void *bytes, size_t len)
{
	struct digester d;
	struct digest ret;

	digester_init(&d, kind);
	digester_update(&d, bytes, len);
	digester_finish(&d, &ret);
	return ret;
}
