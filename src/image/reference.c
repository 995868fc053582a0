/* SPDX-License-Identifier: MIT */
/*
 * The grammar of distribution/reference, by hand:
 *   name := [domain '/'] component ['/' component]*; component := alnum (separator alnum)*;
 *   separator := '.' | '_' | '__' | '-'+; tag := [a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}
 */
#include "image/reference.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <talloc.h>

#include "image/digest.h"

static const char hub[] = "docker.io/", official[] = "library/";

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* How much of s is one component. 0: it is none. */
static size_t component_length(const char *s)
{
	size_t n = 0;

	while (is_alnum(s[n])) {
		size_t k;

		while (is_alnum(s[n]))
			n++;
		k = strspn(s + n, s[n] == '-' ? "-" : s[n] == '_' ? "_" : ".");
		if (k == 0 || (s[n] != '-' && k > (s[n] == '_' ? 2u : 1u)))
			return n;
		if (!is_alnum(s[n + k]))
			return 0;
		n += k;
	}
	return n;
}

/* The path behind a domain: nothing but components. */
static bool is_path(const char *s)
{
	for (;;) {
		size_t n = component_length(s);

		if (n == 0 || (s[n] && s[n] != '/'))
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* Letters, digits, '.', '-', and a port or an IPv6 address' colons. */
static bool is_domain(const char *s, size_t len)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";

	return len > 0 && strspn(s, letters) >= len && s[0] != '-' && s[0] != '.' && s[0] != ':';
}

static bool is_tag(const char *s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strspn(s, letters);

	return !s[len] && len > 0 && len <= 128 && s[0] != '.' && s[0] != '-';
}

/* Where the domain ends, or 0: a first component that could be a path's is one. */
static size_t domain_length(const char *s)
{
	size_t len = strcspn(s, "/");

	if (s[len] != '/' || !is_domain(s, len))
		return 0;
	if (memchr(s, '.', len) || memchr(s, ':', len) || strncmp(s, "localhost/", 10) == 0)
		return len;
	for (size_t i = 0; i < len; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			return len;
	return 0;
}

/* "name", without tag and digest, made whole. */
static const char *whole_name(void *ctx, const char *name)
{
	size_t len = domain_length(name);
	const char *path = len ? name + len + 1 : name;
	bool is_hub = len == 0 || strncmp(name, "docker.io/", 10) == 0 ||
		      strncmp(name, "index.docker.io/", 16) == 0;

	if (!is_path(path))
		return NULL;
	if (!is_hub)
		return talloc_strdup(ctx, name);
	return talloc_asprintf(ctx, "%s%s%s", hub, strchr(path, '/') ? "" : official, path);
}

int reference_normalize(void *ctx, const char *text, const char **ret, struct fail *fail)
{
	char *copy = talloc_strdup(ctx, text);
	char *at = copy ? strchr(copy, '@') : NULL, *slash, *colon;
	const char *name = NULL, *whole = NULL;
	struct digest digest = { "" };
	bool is_good = copy;

	if (at) {
		*at = '\0';
		is_good = digest_parse(at + 1, &digest) == 0;
	}
	slash = copy ? strrchr(copy, '/') : NULL;
	colon = copy ? strchr(slash ? slash : copy, ':') : NULL;
	if (colon) {
		*colon = '\0';
		is_good = is_good && is_tag(colon + 1);
	}
	if (is_good)
		name = whole_name(copy, copy);
	if (name && strlen(name) <= 255)
		whole = at ? talloc_asprintf(ctx, "%s@%s", name, digest.text)
			   : talloc_asprintf(ctx, "%s:%s", name, colon ? colon + 1 : "latest");
	talloc_free(copy);
	*ret = whole;
	if (whole)
		return 0;
	fail_set(fail, "'%.300s' is no name of an image: [HOST/]NAME[:TAG], in small letters",
		 text);
	return -EINVAL;
}

const char *reference_short(const char *name)
{
	if (strncmp(name, hub, strlen(hub)) != 0)
		return name;
	name += strlen(hub);
	return strncmp(name, official, strlen(official)) == 0 ? name + strlen(official) : name;
}

const char *reference_tag(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *colon = strchr(name, '@') ? NULL : strrchr(slash ? slash : name, ':');

	return colon ? colon + 1 : NULL;
}
