/* SPDX-License-Identifier: MIT */
/* Digests: which strings are one, and known ones computed. */
#include "image/digest.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

#define EMPTY256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EMPTY512                                                             \
	"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" \
	"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"

START_TEST(of_bytes)
{
	struct digest d = digest_of(DIGEST_SHA256, "", 0), read;
	struct digester by_parts;

	ck_assert_str_eq(d.text, "sha256:" EMPTY256);
	ck_assert_str_eq(digest_of(DIGEST_SHA512, "", 0).text, "sha512:" EMPTY512);
	ck_assert_str_eq(digest_hex(&d), EMPTY256);
	ck_assert_int_eq(digest_parse(d.text, &read), 0);
	ck_assert(digest_equal(&d, &read) && digest_is_set(&read));
	d = digest_of(DIGEST_SHA512, "abc", 3);
	ck_assert_int_eq(digest_kind(&d), DIGEST_SHA512);
	digester_init(&by_parts, DIGEST_SHA512);
	digester_update(&by_parts, "a", 1);
	digester_update(&by_parts, "bc", 2);
	digester_finish(&by_parts, &read);
	ck_assert(digest_equal(&d, &read));
	ck_assert_uint_eq(by_parts.bytes, 3);
}
END_TEST

static const char *const bad[] = {
	NULL, "", "sha256", "sha256:", "sha256:../../etc/passwd", EMPTY256, "md5:" EMPTY256,
	"SHA256:" EMPTY256, "sha512:" EMPTY256, "sha256:" EMPTY512, "sha256:" EMPTY256 "0",
	"sha256:" EMPTY256 "\n", " sha256:" EMPTY256,
	"sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
	"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85/",
	"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
};

START_TEST(others_are_none)
{
	struct digest d;

	ck_assert_int_eq(digest_parse(bad[_i], &d), -EINVAL);
	ck_assert(!digest_is_set(&d));
	ck_assert_str_eq(digest_hex(&d), "");
}
END_TEST

static Suite *digest_suite(void)
{
	Suite *s = suite_create("image_digest");

	unit_add(s, "bytes", of_bytes);
	unit_add_rows(s, "bad", others_are_none, ROWS(bad));
	return s;
}

UNIT_MAIN(digest_suite)
