/* SPDX-License-Identifier: MIT */
/* For people: the verdict first, then what works, then what does not, with the reasons. */
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "engine/doctor/report.h"

static void line(FILE *out, const char *what, const char *text)
{
	char quoted[1024];

	fprintf(out, "%-24s %s\n", what, quote_text(text, quoted, sizeof(quoted)));
}

static void print_verdict(const struct report *r, FILE *out)
{
	const struct verdict *v = &r->verdict;

	fprintf(out, "%-24s %s", "engine", v->engine ? v->engine : "none works here");
	if (v->ids && strcmp(v->ids_engine, v->engine) != 0)
		fprintf(out, "; with -0 %s", v->ids_engine);
	fputc('\n', out);
	line(out, "-0 gives", v->ids ? v->ids : "nothing: it cannot be had");
}

static void print_host(const struct report *r, FILE *out)
{
	const struct host *h = &r->host;

	fprintf(out, "%-24s Linux %s, %s, user %u%s%s%s\n", "host", h->release, h->machine,
		(unsigned)geteuid(), h->container[0] ? ", in " : "", h->container,
		h->in_chroot ? ", in a chroot" : "");
	if (r->keeper)
		line(out, "root", r->keeper);
}

static void print_failed(const struct trial *t, FILE *out)
{
	char text[800];

	if (t->error)
		snprintf(text, sizeof(text), "%s: %s", t->step, strerror(t->error));
	else
		snprintf(text, sizeof(text), "%s", t->detail);
	fprintf(out, "no   %-19s ", t->probe->name);
	fprintf(out, "%s\n", quote_text(text, (char[1024]){ 0 }, 1024));
	fprintf(out, "%24s you lack: %s\n", "", t->probe->without);
	if (t->cause[0])
		fprintf(out, "%24s %s: %s\n", "", t->is_guess ? "probably" : "because", t->cause);
	if (t->remedy[0])
		fprintf(out, "%24s remedy: %s\n", "", t->remedy);
}

static void print_trial(const struct trial *t, FILE *out)
{
	char quoted[1024];

	switch (t->outcome) {
	case OUTCOME_OK:
		fprintf(out, "ok   %s", t->probe->name);
		if (t->detail[0])
			fprintf(out, "%*s%s", (int)(20 - strlen(t->probe->name)), "",
				quote_text(t->detail, quoted, sizeof(quoted)));
		fputc('\n', out);
		break;
	case OUTCOME_FAILED:
		print_failed(t, out);
		break;
	case OUTCOME_SKIPPED:
		fprintf(out, "-    %-19s not tried: needs %s\n", t->probe->name,
			report_need(t));
		break;
	}
}

void report_text(const struct report *r, FILE *out)
{
	print_verdict(r, out);
	print_host(r, out);
	fputc('\n', out);
	for (unsigned i = 0; i < PROBE_COUNT; i++)
		print_trial(&r->trials[i], out);
}
