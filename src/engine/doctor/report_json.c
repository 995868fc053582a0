/* SPDX-License-Identifier: MIT */
/*
 * For machines: one object, keys that stay. Written by hand: docs/decisions/0010.md. Bytes that are
 * no UTF-8 (of a path) become '?', so that every parser takes it.
 */
#include <string.h>
#include <unistd.h>

#include "engine/doctor/report.h"

/* How many bytes of valid UTF-8 make up the next character; 0: it is none. RFC 3629. */
static int utf8_length(const unsigned char *s)
{
	int n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
		s[0] < 0xf5 ? 4 : 0;

	for (int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void put_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int n;

	fputc('"', out);
	for (; *s; s += n ? n : 1) {
		n = utf8_length(s);
		if (n == 0)
			fputc('?', out);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else
			fwrite(s, 1, (size_t)n, out);
	}
	fputc('"', out);
}

/* NULL and "" are null. */
static void put(FILE *out, const char *before, const char *key, const char *text)
{
	fprintf(out, "%s\"%s\": ", before, key);
	if (text && *text)
		put_string(out, text);
	else
		fputs("null", out);
}

static void put_verdict(FILE *out, const char *key, const struct verdict *v)
{
	fprintf(out, "  \"%s\": ", key);
	put(out, "{", "engine", v->engine);
	put(out, ", ", "root", v->ids);
	fputs("},\n", out);
}

static void put_host(FILE *out, const struct host *h)
{
	put(out, "  \"host\": {", "release", h->release);
	put(out, ", ", "machine", h->machine);
	put(out, ", ", "container", h->container);
	put(out, ", ", "apparmor", h->apparmor);
	fprintf(out, ", \"uid\": %u, \"chroot\": %s, \"seccomp\": %d},\n", (unsigned)geteuid(),
		h->in_chroot ? "true" : "false", h->seccomp);
}

static void put_failed(FILE *out, const struct trial *t)
{
	put(out, ", ", "step", t->step);
	if (t->error)
		fprintf(out, ", \"errno\": %d", t->error);
	else
		fputs(", \"errno\": null", out);
	put(out, ", ", "error", t->error ? strerror(t->error) : t->detail);
	put(out, ", ", "lacking", t->probe->without);
	put(out, ", ", "cause", t->cause);
	fprintf(out, ", \"guess\": %s", t->is_guess ? "true" : "false");
	put(out, ", ", "remedy", t->remedy);
}

static void put_trial(FILE *out, const struct trial *t)
{
	static const char *const outcomes[] = {
		[OUTCOME_OK] = "ok",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_SKIPPED] = "skipped",
	};

	put(out, "    {", "name", t->probe->name);
	put(out, ", ", "outcome", outcomes[t->outcome]);
	if (t->outcome == OUTCOME_OK)
		put(out, ", ", "detail", t->detail);
	if (t->outcome == OUTCOME_FAILED)
		put_failed(out, t);
	if (t->outcome == OUTCOME_SKIPPED)
		put(out, ", ", "needs", report_need(t));
	fputc('}', out);
}

void report_json(const struct report *r, FILE *out)
{
	fprintf(out, "{\n  \"works\": %s,\n", r->by_default.engine ? "true" : "false");
	put_verdict(out, "default", &r->by_default);
	put_verdict(out, "auto", &r->by_auto);
	put_host(out, &r->host);
	put(out, "  ", "rootfs", r->rootfs);
	put(out, ",\n  ", "owners", r->keeper);
	fputs(",\n  \"probes\": [\n", out);
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		put_trial(out, &r->trials[i]);
		fputs(i + 1 < PROBE_COUNT ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
}
