/* SPDX-License-Identifier: MIT */
/* Names of images: made whole, made short, and refused. */
#include "image/reference.h"

#include <string.h>
#include <talloc.h>

#include "unit.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *text, *whole, *short_name;
} good[] = {
	{ "debian", "docker.io/library/debian:latest", "debian:latest" },
	{ "debian:12", "docker.io/library/debian:12", "debian:12" },
	{ "docker.io/debian", "docker.io/library/debian:latest", "debian:latest" },
	{ "index.docker.io/library/debian:12", "docker.io/library/debian:12", "debian:12" },
	{ "docker.io/a/b", "docker.io/a/b:latest", "a/b:latest" },
	{ "a/b/c:x", "docker.io/a/b/c:x", "a/b/c:x" },
	{ "quay.io/a", "quay.io/a:latest", "quay.io/a:latest" },
	{ "localhost/a", "localhost/a:latest", "localhost/a:latest" },
	{ "localhost:5000/a", "localhost:5000/a:latest", "localhost:5000/a:latest" },
	{ "Host/a:B_c.d-e", "Host/a:B_c.d-e", "Host/a:B_c.d-e" },
	{ "[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest" },
	{ "a.b__c-d---e", "docker.io/library/a.b__c-d---e:latest", "a.b__c-d---e:latest" },
	{ "a@sha256:" HEX64, "docker.io/library/a@sha256:" HEX64, "a@sha256:" HEX64 },
	{ "a:1@sha256:" HEX64, "docker.io/library/a@sha256:" HEX64, "a@sha256:" HEX64 },
};

START_TEST(names_are_made_whole)
{
	void *ctx = talloc_new(NULL);
	struct fail fail = { "" };
	const char *whole;

	ck_assert_msg(reference_normalize(ctx, good[_i].text, &whole, &fail) == 0, "%s", fail.text);
	ck_assert_str_eq(whole, good[_i].whole);
	ck_assert_str_eq(reference_short(whole), good[_i].short_name);
	/* What is whole stays. */
	ck_assert_int_eq(reference_normalize(ctx, whole, &whole, &fail), 0);
	ck_assert_str_eq(whole, good[_i].whole);
	ck_assert_int_eq(reference_normalize(ctx, good[_i].short_name, &whole, &fail), 0);
	ck_assert_str_eq(whole, good[_i].whole);
	talloc_free(ctx);
}
END_TEST

static const char *const bad[] = {
	"", "/", ":", "@", "a:", ":a", "A", "a/B", "a//b", "/a", "a/", "..", "a/..", "../a", "a..b",
	"a___b", "a-", "-a", "_a", "a_", "a.", "a b", "a\nb", "a:b c", "a:-b", "a:.b", "a@", "a@sha256:1",
	"a@md5:" HEX64, "a:b:c", "a@b@c", "http://a", "a/b:c/d", "\303\244",
	"a:" HEX64 HEX64 "1",
	"b" HEX64 HEX64 HEX64 HEX64,
};

START_TEST(others_are_refused)
{
	struct fail fail = { "" };
	const char *whole;

	ck_assert_msg(reference_normalize(NULL, bad[_i], &whole, &fail) < 0, "%s", bad[_i]);
	ck_assert_ptr_null(whole);
	ck_assert(fail.text[0]);
}
END_TEST

START_TEST(tags)
{
	ck_assert_str_eq(reference_tag("docker.io/library/a:b"), "b");
	ck_assert_str_eq(reference_tag("h:5000/a:b"), "b");
	ck_assert_ptr_null(reference_tag("h:5000/a@sha256:" HEX64));
}
END_TEST

static Suite *reference_suite(void)
{
	Suite *s = suite_create("image_reference");

	unit_add_rows(s, "good", names_are_made_whole, ROWS(good));
	unit_add_rows(s, "bad", others_are_refused, ROWS(bad));
	unit_add(s, "tags", tags);
	return s;
}

UNIT_MAIN(reference_suite)
