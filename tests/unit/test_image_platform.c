/* SPDX-License-Identifier: MIT */
/* Platforms: read, compared, and the host's own. */
#include "image/platform.h"

#include <string.h>

#include "unit.h"

static const struct {
	const char *text, *printed;
} good[] = {
	{ "amd64", "linux/amd64" },	     { "x86_64", "linux/amd64" },
	{ "linux/arm64", "linux/arm64/v8" }, { "linux/arm/v6", "linux/arm/v6" },
	{ "aarch64", "linux/arm64/v8" },     { "windows/amd64", "windows/amd64" },
	{ "i686", "linux/386" },	     { "armv6l", "linux/arm/v6" },
	{ "linux/amd64/v3", "linux/amd64/v3" }, { "linux/new", "linux/new" },
};

START_TEST(platforms_are_read)
{
	struct fail fail = { "" };
	struct platform p;
	char text[52];

	ck_assert_msg(platform_parse(good[_i].text, &p, &fail) == 0, "%s", fail.text);
	platform_print(&p, text);
	ck_assert_str_eq(text, good[_i].printed);
}
END_TEST

static const char *const bad[] = { "", "/", "linux", "linux/", "/amd64", "linux/amd64/v1/x",
				   "linux/a-name-too-long-for-any" };

START_TEST(others_are_refused)
{
	struct fail fail = { "" };
	struct platform p;

	ck_assert_msg(platform_parse(bad[_i], &p, &fail) < 0, "%s", bad[_i]);
	ck_assert_ptr_nonnull(strstr(fail.text, "ARCHITECTURE"));
}
END_TEST

static const struct {
	struct platform host, image;
	bool fits;
} pairs[] = {
	{ { "linux", "amd64", "v3" }, { "linux", "amd64", "" }, true },
	{ { "linux", "amd64", "v3" }, { "linux", "amd64", "v3" }, true },
	{ { "linux", "amd64", "v3" }, { "linux", "amd64", "v4" }, false },
	{ { "linux", "amd64", "v3" }, { "", "", "" }, true },
	{ { "linux", "amd64", "v3" }, { "windows", "amd64", "" }, false },
	{ { "linux", "amd64", "v3" }, { "linux", "arm64", "v8" }, false },
	{ { "linux", "amd64", "v3" }, { "unknown", "unknown", "" }, false },
	{ { "linux", "arm64", "v8" }, { "linux", "arm64", "" }, true },
	{ { "linux", "arm64", "v8" }, { "linux", "arm64", "v8" }, true },
	{ { "linux", "arm", "v6" }, { "linux", "arm", "v7" }, false },
	{ { "linux", "arm", "v7" }, { "linux", "arm", "v5" }, true },
};

START_TEST(what_fits)
{
	ck_assert_int_eq(platform_fits(&pairs[_i].host, &pairs[_i].image), pairs[_i].fits);
}
END_TEST

START_TEST(the_host_fits_itself)
{
	struct platform p;

	platform_host(&p);
	ck_assert_str_eq(p.os, "linux");
	ck_assert(p.architecture[0]);
	ck_assert(platform_fits(&p, &p));
}
END_TEST

static Suite *platform_suite(void)
{
	Suite *s = suite_create("image_platform");

	unit_add_rows(s, "good", platforms_are_read, ROWS(good));
	unit_add_rows(s, "bad", others_are_refused, ROWS(bad));
	unit_add_rows(s, "pairs", what_fits, ROWS(pairs));
	unit_add(s, "host", the_host_fits_itself);
	return s;
}

UNIT_MAIN(platform_suite)
