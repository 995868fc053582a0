/* SPDX-License-Identifier: MIT */
/* What was found out, and its two forms on paper. */
#ifndef PR_ENGINE_DOCTOR_REPORT_H
#define PR_ENGINE_DOCTOR_REPORT_H

#include <stdio.h>

#include "engine/doctor/causes.h"
#include "engine/doctor/probes.h"
#include "engine/engine.h"
#include "engine/doctor/trial.h"

/* Which engine is taken without an identity, and with one; what -0 then means. */
struct verdict {
	const char *engine;	/* or NULL: none works */
	const char *ids;	/* of -0; NULL: it cannot be had */
	const char *ids_engine; /* likewise */
};

struct report {
	const char *rootfs;
	struct host host;
	struct trial trials[PROBE_COUNT];
	enum engine_name name; /* which is asked for */
	struct verdict verdict;
	const char *keeper; /* of the owners in this root so far, or NULL */
};

/* What a skipped one needs. */
const char *report_need(const struct trial *t);

void report_text(const struct report *r, FILE *out);
void report_json(const struct report *r, FILE *out);

#endif
