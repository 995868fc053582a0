/* SPDX-License-Identifier: MIT */
/* For machines: one object, keys that stay. Written by hand: docs/decisions/0010.md. */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/doctor/report.h"

/* NULL and "" are null. */
static void put(FILE *out, const char *before, const char *key, const char *text)
{
	fprintf(out, "%s\"%s\": ", before, key);
	if (text && *text)
		json_put_string(out, text);
	else
		fputs("null", out);
}

static void put_verdict(FILE *out, const char *key, const struct verdict *v)
{
	fprintf(out, "  \"%s\": ", key);
	put(out, "{", "engine", v->engine);
	put(out, ", ", "root", v->ids);
	put(out, ", ", "root_engine", v->ids_engine);
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
	fprintf(out, "{\n  \"works\": %s,\n", r->verdict.engine ? "true" : "false");
	put_verdict(out, "choice", &r->verdict);
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
