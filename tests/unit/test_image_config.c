/* SPDX-License-Identifier: MIT */
/* Configs and manifests: what is taken from them, what is refused, and in which words. */
#include "image/config.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "image/json.h"
#include "image/manifest.h"
#include "unit.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID    "sha256:" HEX64

static void *ctx;
static struct fail fail;

static void setup(void)
{
	ctx = talloc_new(NULL);
	fail.text[0] = '\0';
}

static void teardown(void)
{
	talloc_free(ctx);
}

static int parse(const char *text, struct image_config **ret)
{
	return image_config_parse(ctx, text, strlen(text), ret, &fail);
}

START_TEST(a_whole_config)
{
	struct image_config *c;

	ck_assert_msg(parse("{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\","
			    "\"created\":\"2024-01-02T03:04:05Z\",\"author\":\"x\",\"config\":{"
			    "\"User\":\"1:2\",\"ExposedPorts\":{\"80/tcp\":{}},\"Env\":[\"A=b\",\"C\"],"
			    "\"Entrypoint\":[\"/e\",\"-x\"],\"Cmd\":[\"c\"],\"Volumes\":{\"/v\":{},"
			    "\"/w\":{}},\"WorkingDir\":\"/d\",\"Labels\":{\"k\":\"v\"},"
			    "\"StopSignal\":\"SIGQUIT\",\"Healthcheck\":{\"Interval\":1}},"
			    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" ID "\"]},"
			    "\"history\":[{}]}", &c) == 0, "%s", fail.text);
	ck_assert_str_eq(c->architecture, "arm64");
	ck_assert_str_eq(c->user, "1:2");
	ck_assert_str_eq(c->env[1], "C");
	ck_assert_ptr_null(c->env[2]);
	ck_assert_str_eq(c->entrypoint[1], "-x");
	ck_assert_str_eq(c->volumes[1], "/w");
	ck_assert_str_eq(c->ports[0], "80/tcp");
	ck_assert_str_eq(c->labels[0], "k=v");
	ck_assert_str_eq(c->stop_signal, "SIGQUIT");
	ck_assert_uint_eq(c->layer_count, 1);
	ck_assert_str_eq(c->diff_ids[0].text, ID);
}
END_TEST

static const char *const bare[] = {
	"{}",
	"{\"config\":null,\"rootfs\":null,\"os\":null}",
	"{\"config\":{},\"rootfs\":{}}",
	"{\"config\":{\"Env\":null,\"Cmd\":null,\"Entrypoint\":[],\"Volumes\":null,\"User\":\"\","
	"\"WorkingDir\":\"\",\"Labels\":null,\"ExposedPorts\":null},\"rootfs\":{\"diff_ids\":null}}",
	"{\"config\":{\"Env\":[null]},\"something\":{\"else\":[1.5e300,true]}}\n",
};

START_TEST(null_is_nothing)
{
	struct image_config *c;

	ck_assert_msg(parse(bare[_i], &c) == 0, "%s", fail.text);
	ck_assert(!c->user && !c->workdir && !c->os && !c->stop_signal && c->layer_count == 0);
	ck_assert(!c->env[0] && !c->cmd[0] && !c->entrypoint[0] && !c->volumes[0] && !c->ports[0]);
}
END_TEST

static const struct {
	const char *text, *word;
} bad[] = {
	{ "", "JSON" },
	{ "{", "JSON" },
	{ "{} {}", "JSON" },
	{ "[]", "object" },
	{ "\"x\"", "JSON" },
	{ "{\"os\":7}", "\"os\"" },
	{ "{\"config\":[]}", "\"config\"" },
	{ "{\"config\":{\"Env\":\"A=b\"}}", "\"Env\"" },
	{ "{\"config\":{\"Env\":[1]}}", "\"Env\"" },
	{ "{\"config\":{\"Cmd\":{}}}", "\"Cmd\"" },
	{ "{\"config\":{\"Volumes\":[]}}", "\"Volumes\"" },
	{ "{\"config\":{\"Labels\":{\"a\":1}}}", "\"Labels\"" },
	{ "{\"config\":{\"User\":0}}", "\"User\"" },
	{ "{\"rootfs\":{\"diff_ids\":[\"sha256:../x\"]}}", "../x" },
	{ "{\"rootfs\":{\"diff_ids\":[7]}}", "\"diff_ids\"" },
	{ "{\"os\":\"a\\u0000b\"}", "JSON" },
	{ "{\"os\":\"\xff\"}", "JSON" },
	{ "{\"os\":1e999999}", "JSON" },
};

START_TEST(nonsense_is_told)
{
	struct image_config *c;

	ck_assert_int_eq(parse(bad[_i].text, &c), -EBADMSG);
	ck_assert_msg(strstr(fail.text, bad[_i].word), "%s", fail.text);
}
END_TEST

START_TEST(bounds)
{
	char *text = talloc_zero_size(ctx, JSON_MOST_BYTES + 2);
	struct image_config *c;
	json_t *top;

	memset(text, ' ', JSON_MOST_BYTES + 1);
	ck_assert_int_eq(parse(text, &c), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(fail.text, "16 MiB"));
	memset(text, '[', JSON_MOST_DEPTH);
	memset(text + JSON_MOST_DEPTH, ']', JSON_MOST_DEPTH);
	text[2 * JSON_MOST_DEPTH] = '\0';
	ck_assert_int_eq(json_read(ctx, text, strlen(text), "x", &top, &fail), 0);
	memset(text, '[', JSON_MOST_DEPTH + 1);
	ck_assert_int_eq(json_read(ctx, text, strlen(text), "x", &top, &fail), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(fail.text, "too deep"));
	/* Brackets in a string nest nothing. */
	memset(text + 2, '[', 2 * JSON_MOST_DEPTH);
	memcpy(text, "[\"", 2);
	memcpy(text + 10, "\\\"", 2);
	memcpy(text + 2 * JSON_MOST_DEPTH, "\"]", 3);
	ck_assert_msg(json_read(ctx, text, strlen(text), "x", &top, &fail) == 0, "%s", fail.text);
}
END_TEST

static const struct {
	const char *text, *word; /* NULL: it is good */
} manifests[] = {
	{ "{\"config\":{\"digest\":\"" ID "\",\"size\":7},\"layers\":[{\"digest\":\"" ID "\"}]}", NULL },
	{ "{\"config\":{\"digest\":\"" ID "\"},\"layers\":null}", NULL },
	{ "[]", "object" },
	{ "{}", "config" },
	{ "{\"schemaVersion\":1}", "schema 1" },
	{ "{\"config\":{\"digest\":\"x\"}}", "'x'" },
	{ "{\"config\":{\"size\":7}}", "\"digest\"" },
	{ "{\"config\":{\"digest\":\"" ID "\",\"size\":-1}}", "\"size\"" },
	{ "{\"config\":{\"digest\":\"" ID "\",\"size\":1.5}}", "\"size\"" },
	{ "{\"config\":{\"digest\":\"" ID "\"},\"layers\":{}}", "\"layers\"" },
	{ "{\"config\":{\"digest\":\"" ID "\"},\"layers\":[7]}", "descriptor" },
	{ "{\"config\":{\"digest\":\"" ID "\"},\"layers\":[{\"digest\":\"" ID "\",\"mediaType\":"
	  "\"application/vnd.oci.image.layer.v1.tar+gzip+encrypted\"}]}", "encrypted" },
};

START_TEST(manifests_are_read)
{
	struct manifest *m;
	json_t *top;
	int r;

	r = json_read(ctx, manifests[_i].text, strlen(manifests[_i].text), "x", &top, &fail);
	ck_assert_msg(r == 0, "%s", fail.text);
	r = manifest_read(ctx, top, &m, &fail);
	ck_assert_msg(manifests[_i].word ? r == -EBADMSG : r == 0, "%s", fail.text);
	ck_assert_msg(!manifests[_i].word || strstr(fail.text, manifests[_i].word), "%s", fail.text);
}
END_TEST

static Suite *config_suite(void)
{
	Suite *s = suite_create("image_config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_whole_config);
	tcase_add_loop_test(tc, null_is_nothing, 0, ROWS(bare));
	tcase_add_loop_test(tc, nonsense_is_told, 0, ROWS(bad));
	tcase_add_test(tc, bounds);
	tcase_add_loop_test(tc, manifests_are_read, 0, ROWS(manifests));
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(config_suite)
