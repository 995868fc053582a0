/* SPDX-License-Identifier: MIT */
/* What was found out, and its two forms on paper. */
#ifndef PR_ENGINE_DOCTOR_REPORT_H
#define PR_ENGINE_DOCTOR_REPORT_H

#include <stdio.h>

#include "engine/doctor/causes.h"
#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"

/* Which engine a choice comes to, and what -0 means under it. */
struct verdict {
	const char *engine; /* or NULL: none works */
	const char *ids;    /* of -0; NULL: it cannot be had */
};

struct report {
	const char *rootfs;
	struct host host;
	struct trial trials[PROBE_COUNT];
	struct verdict by_default, by_auto;
	const char *keeper; /* of the owners in this root so far, or NULL */
};

/* What a skipped one needs. */
const char *report_need(const struct trial *t);

void report_text(const struct report *r, FILE *out);
void report_json(const struct report *r, FILE *out);

#endif
