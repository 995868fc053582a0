/* SPDX-License-Identifier: MIT */
/* jansson, with bounds, and members by type. */
#include "image/json.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

struct holder {
	json_t *json;
};

static int let_go(struct holder *h)
{
	json_decref(h->json);
	return 0;
}

/* Brackets that are open at once, outside of strings: jansson's own limit costs much more stack. */
static bool is_too_deep(const char *text, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!in_string && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > JSON_MOST_DEPTH)
			return true;
	}
	return false;
}

static int bad(struct fail *fail, const char *key, const char *why)
{
	fail_set(fail, "\"%s\": %s", key, why);
	return -EBADMSG;
}

int json_read(void *ctx, const char *text, size_t len, const char *what, json_t **ret,
	      struct fail *fail)
{
	struct holder *h = talloc_zero(ctx, struct holder);
	json_error_t error;

	if (!h)
		return fail_errno(fail, ENOMEM, "%s", what);
	if (len > JSON_MOST_BYTES || is_too_deep(text, len)) {
		fail_set(fail,
			 len > JSON_MOST_BYTES ? "%s: more than 16 MiB of JSON"
					       : "%s: JSON that is nested too deep",
			 what);
		return -EBADMSG;
	}
	h->json = json_loadb(text, len, 0, &error);
	if (!h->json) {
		fail_set(fail, "%s: no JSON: line %d: %s", what, error.line, error.text);
		return -EBADMSG;
	}
	talloc_set_destructor(h, let_go);
	*ret = h->json;
	return 0;
}

static const char *const type_names[] = {
	[JSON_OBJECT] = "is no object",
	[JSON_ARRAY] = "is no list",
	[JSON_STRING] = "is no string",
	[JSON_INTEGER] = "is no whole number",
};

int json_member(const json_t *object, const char *key, json_type type, json_t **ret,
		struct fail *fail)
{
	json_t *value = object ? json_object_get(object, key) : NULL;

	*ret = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (json_typeof(value) != type)
		return bad(fail, key, type_names[type]);
	*ret = value;
	return 0;
}

int json_text(const json_t *object, const char *key, const char **ret, struct fail *fail)
{
	json_t *value;
	int r = json_member(object, key, JSON_STRING, &value, fail);

	*ret = value ? json_string_value(value) : NULL;
	return r;
}

int json_size(const json_t *object, const char *key, uint64_t *ret, struct fail *fail)
{
	json_t *value;
	int r = json_member(object, key, JSON_INTEGER, &value, fail);

	*ret = 0;
	if (r < 0 || !value)
		return r;
	if (json_integer_value(value) < 0)
		return bad(fail, key, "is less than nothing");
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

int json_digest(const json_t *object, const char *key, struct digest *ret, struct fail *fail)
{
	const char *text;
	int r = json_text(object, key, &text, fail);

	if (r < 0)
		return r;
	if (!text)
		return bad(fail, key, "is missing");
	if (digest_parse(text, ret) < 0) {
		fail_set(fail, "\"%s\": '%.80s' is no digest: sha256: and 64 hexadecimal digits",
			 key, text);
		return -EBADMSG;
	}
	return 0;
}

/* One that holds nothing, with room for `count`. */
static const char **new_list(void *ctx, size_t count)
{
	return talloc_zero_array(ctx, const char *, count + 1);
}

int json_texts(void *ctx, const json_t *object, const char *key, const char ***ret,
	       struct fail *fail)
{
	json_t *list;
	int r = json_member(object, key, JSON_ARRAY, &list, fail);
	size_t n = 0;

	if (r < 0)
		return r;
	*ret = new_list(ctx, json_array_size(list));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *value = json_array_get(list, i);

		if (json_is_null(value))
			continue;
		if (!json_is_string(value))
			return bad(fail, key, "holds something that is no string");
		(*ret)[n] = talloc_strdup(*ret, json_string_value(value));
		if (!(*ret)[n++])
			return -ENOMEM;
	}
	return 0;
}

int json_keys(void *ctx, const json_t *object, const char *key, enum json_keys what,
	      const char ***ret, struct fail *fail)
{
	json_t *map, *value;
	const char *name;
	int r = json_member(object, key, JSON_OBJECT, &map, fail);
	size_t n = 0;

	if (r < 0)
		return r;
	*ret = new_list(ctx, json_object_size(map));
	if (!*ret)
		return -ENOMEM;
	json_object_foreach(map, name, value)
	{
		if (what == JSON_KEYS)
			(*ret)[n] = talloc_strdup(*ret, name);
		else if (json_is_string(value))
			(*ret)[n] = talloc_asprintf(*ret, "%s=%s", name, json_string_value(value));
		else
			return bad(fail, key, "holds something that is no string");
		if (!(*ret)[n++])
			return -ENOMEM;
	}
	return 0;
}
