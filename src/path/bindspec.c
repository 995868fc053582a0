// SPDX-License-Identifier: MIT
/* Takes the words of -b apart. Looks at nothing but the word, and says what is wrong with it. */
#include "path/bindspec.h"

#include <string.h>
#include <talloc.h>

/* A part of the word. */
struct span {
	const char *s;
	size_t len;
};

/* The part up to `stop` or the end; *s is moved behind the stop, NULL behind the last part. */
static struct span next_span(const char **s, char stop)
{
	const char *end = strchrnul(*s, stop);
	struct span part = { *s, end - *s };

	*s = *end ? end + 1 : NULL;
	return part;
}

static bool span_is(struct span part, const char *text)
{
	return strlen(text) == part.len && memcmp(part.s, text, part.len) == 0;
}

/* One option; false: there is none of that name. */
static bool set_option(struct bind_request *b, struct span option)
{
	if (span_is(option, "ro"))
		b->read_only = true;
	else if (span_is(option, "rw"))
		b->read_only = false;
	else if (span_is(option, "optional"))
		b->optional = true;
	else if (span_is(option, "noexec"))
		b->noexec = true;
	else
		return false;
	return true;
}

static int set_options(struct bind_request *b, const char *options, const char *word,
		       struct fail *f)
{
	while (options) {
		struct span option = next_span(&options, ',');

		if (!set_option(b, option))
			return fail_set(f,
					"bind '%s': unknown option '%.*s': use ro, rw, optional or "
					"noexec, and no ':' in names",
					word, (int)option.len, option.s);
	}
	return 0;
}

static int set_guest(void *ctx, struct bind_request *b, struct span guest, const char *word,
		     struct fail *f)
{
	if (guest.len > 0 && guest.s[guest.len - 1] == '!') {
		b->no_follow = true;
		guest.len--;
	}
	if (guest.len == 0)
		return fail_set(f, "bind '%s': no destination: write HOST:GUEST or HOST", word);
	b->guest = talloc_strndup(ctx, guest.s, guest.len);
	return b->guest ? 0 : fail_set(f, "bind '%s': no memory", word);
}

int bindspec_parse(void *ctx, const char *word, struct bind_request *ret, struct fail *f)
{
	const char *s = word;
	struct span host = next_span(&s, ':');
	struct bind_request b = { 0 };

	if (host.len == 0)
		return fail_set(f, "bind '%s': no source: write HOST or HOST:GUEST", word);
	b.host = talloc_strndup(ctx, host.s, host.len);
	if (!b.host)
		return fail_set(f, "bind '%s': no memory", word);
	if (s) {
		struct span guest = next_span(&s, ':');

		if ((guest.len > 0 || !s) && set_guest(ctx, &b, guest, word, f) < 0)
			return -1;
	}
	if (set_options(&b, s, word, f) < 0)
		return -1;
	*ret = b;
	return 0;
}
