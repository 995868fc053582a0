/* SPDX-License-Identifier: MIT */
/* Tries everything, then says which engine would run a guest here, and what -0 would mean. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/choice.h"
#include "engine/doctor/report.h"
#include "engine/engine.h"
#include "ident/store.h"

static bool has_failed(const struct report *r, enum probe_id id)
{
	return r->trials[id].outcome != OUTCOME_OK;
}

/* Root makes the other namespaces without one of users. */
static bool is_beside_the_point(enum probe_id id)
{
	return geteuid() == 0 && (id == PROBE_USER || id == PROBE_MAP);
}

static bool is_skipped(const struct report *r, const struct probe *p)
{
	if (p->areas & AREA_XATTR)
		return strcmp(r->rootfs, "/") == 0;
	if (p->needs == PROBE_COUNT || ((p->areas & AREA_SPACES) && is_beside_the_point(p->needs)))
		return false;
	return has_failed(r, p->needs);
}

const char *report_need(const struct trial *t)
{
	return t->probe->needs == PROBE_COUNT ? "-r ROOTFS" : probes[t->probe->needs].name;
}

static void try_all(struct report *r, const struct session_config *config)
{
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		struct trial *t = &r->trials[i];

		t->probe = &probes[i];
		t->config = config;
		if (is_skipped(r, &probes[i])) {
			t->outcome = OUTCOME_SKIPPED;
			continue;
		}
		trial_run(t);
		if (t->outcome == OUTCOME_FAILED)
			cause_find(&r->host, t);
	}
}

/* An engine failed: the first of its parts that did is the cause. */
static void blame_part(struct report *r, enum probe_id engine, unsigned bit)
{
	struct trial *t = &r->trials[engine];

	if (t->outcome != OUTCOME_FAILED)
		return;
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		const struct trial *part = &r->trials[i];

		if (!(probes[i].engines & bit) || part->outcome != OUTCOME_FAILED ||
		    is_beside_the_point(i))
			continue;
		snprintf(t->cause, sizeof(t->cause), "%s fails, see there", probes[i].name);
		memcpy(t->remedy, part->remedy, sizeof(t->remedy));
		return;
	}
}

/* ---- owners ---- */

static bool may_claim(const char *rootfs, enum store_keeper keeper)
{
	struct fail why;

	return store_may_claim(rootfs, keeper, &why) == 0;
}

static const char *keeper_of(const char *rootfs)
{
	bool maps = may_claim(rootfs, STORE_BY_MAPS), inodes = may_claim(rootfs, STORE_BY_INODES);

	if (store_is_converting(rootfs))
		return "half converted: run pr convert again, to either side";
	if (maps && inodes)
		return "nobody has claimed its owners yet: the first session with -0 or -i decides";
	if (maps)
		return "its files belong to subordinate ids";
	if (inodes)
		return "its files belong to the host's ids";
	return "its owners are kept in records";
}

static const char *ids_by_userns(const struct report *r)
{
	bool is_root = geteuid() == 0;

	if (!may_claim(r->rootfs, is_root ? STORE_BY_INODES : STORE_BY_MAPS))
		return NULL;
	if (is_root)
		return "real ids: you are root";
	if (r->name == ENGINE_AUTO && !store_is_claimed(r->rootfs))
		return NULL;
	return has_failed(r, PROBE_RANGES) ? NULL : "real ids: your subordinate ones";
}

static const char *ids_by_ptrace(const struct report *r)
{
	if (!may_claim(r->rootfs, STORE_BY_RECORDS))
		return NULL;
	return store_is_real(r->rootfs) ? "real ids: you are root" : "records of owners";
}

/* Its namespaces, and the other's tracer. */
static const char *ids_by_records(const struct report *r)
{
	if (has_failed(r, PROBE_PTRACE_ENGINE) || !may_claim(r->rootfs, STORE_BY_RECORDS))
		return NULL;
	return store_is_real(r->rootfs) ? NULL : "records of owners";
}

static const struct {
	const struct engine *engine;
	enum probe_id probe;
	const char *(*ids)(const struct report *r);
} engines[] = {
	{ &userns_engine, PROBE_USERNS_ENGINE, ids_by_userns },
	{ &userns_records_engine, PROBE_USERNS_ENGINE, ids_by_records },
	{ &ptrace_engine, PROBE_PTRACE_ENGINE, ids_by_ptrace },
};

/* The first in that order that works; the first that works and can give ids. */
static struct verdict judge(const struct report *r)
{
	const struct engine *const *order = engine_order(r->name);
	struct verdict v = { NULL, NULL, NULL };

	for (size_t i = 0; i < ENGINE_ORDER_MAX && order[i]; i++) {
		for (size_t k = 0; k < sizeof(engines) / sizeof(engines[0]); k++) {
			if (engines[k].engine != order[i] || has_failed(r, engines[k].probe))
				continue;
			if (!v.engine)
				v.engine = order[i]->name;
			if (v.ids)
				continue;
			v.ids = engines[k].ids(r);
			v.ids_engine = v.ids ? order[i]->name : NULL;
		}
	}
	return v;
}

static void examine(struct report *r, const struct session_config *config)
{
	host_look(&r->host);
	try_all(r, config);
	blame_part(r, PROBE_USERNS_ENGINE, FOR_USERNS);
	blame_part(r, PROBE_PTRACE_ENGINE, FOR_PTRACE);
	r->name = config->engine;
	r->verdict = judge(r);
	r->keeper = strcmp(r->rootfs, "/") == 0 ? NULL : keeper_of(r->rootfs);
}

int engine_doctor(const struct session_config *config, bool json, struct fail *fail)
{
	struct report *r = talloc_zero(NULL, struct report);
	struct session_config canonical = *config;
	char *rootfs = realpath(config->rootfs, NULL);
	int status = 125;

	if (!r || !rootfs) {
		fail_errno(fail, r ? errno : ENOMEM, "cannot look at '%s'", config->rootfs);
	} else {
		canonical.rootfs = r->rootfs = rootfs;
		examine(r, &canonical);
		(json ? report_json : report_text)(r, stdout);
		status = r->verdict.engine ? 0 : 1;
	}
	free(rootfs);
	talloc_free(r);
	return status;
}
