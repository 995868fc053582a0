/* SPDX-License-Identifier: MIT */
/*
 * Which engine runs a session. The real attempt is the probe: each engine that can give every
 * option asked for sets itself up whole, or fails and leaves nothing behind; then the next. Nothing
 * is concluded from a sysctl: where unshare(2) succeeds the map or the mount may still be refused.
 */
#include "engine/choice.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/links.h"
#include "engine/use.h"

/* By enum engine_name: which are tried, in this order. */
static const struct {
	const char *name;
	const struct engine *engines[ENGINE_ORDER_MAX];
} orders[] = {
	/* Records cost the same by either; the second needs no namespaces. */
	[ENGINE_AUTO] = { "auto", { &userns_engine, &ptrace_engine, &userns_records_engine } },
	[ENGINE_USERNS] = { "userns", { &userns_engine, &userns_records_engine, NULL } },
	[ENGINE_PTRACE] = { "ptrace", { &ptrace_engine, NULL } },
};

int engine_by_name(const char *name, enum engine_name *ret)
{
	for (unsigned i = ENGINE_AUTO; i <= ENGINE_PTRACE; i++) {
		if (strcmp(name, orders[i].name) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -1;
}

const struct engine *const *engine_order(enum engine_name name)
{
	return orders[name].engines;
}

/* What stopped each, the first first: a set-up that failed, or an option. */
static void note(struct fail *all, const char *text)
{
	const struct fail before = *all;

	fail_set(all, "%s%s%s", before.text, before.text[0] ? "; " : "", text);
}

/* The last that was tried: why not the others is told with it. */
static int give_up(const struct fail *why, const char *name, struct fail *fail)
{
	struct fail all = *why, last = *fail;

	if (!why->text[0])
		return 125;
	fail_set(&last, "engine %s: %s", name, fail->text);
	note(&all, last.text);
	*fail = all;
	return 125;
}

int engine_run(const struct session_config *config, struct fail *fail)
{
	const struct engine *const *engines = engine_order(config->engine);
	struct fail why = { "" };
	int status;

	/* Descriptors are named by it, and guests' memory. */
	if (access("/proc/self/fd", F_OK) < 0)
		return fail_set(fail, "/proc is not mounted here: no engine works without it"), 125;
	use_hold(config->held_fd);
	if (config->link2symlink && links_check(config->rootfs, fail) < 0)
		return 125;
	if (!config->dry_run && use_begin(config->rootfs, fail) < 0)
		return 125;
	for (size_t i = 0; i < ENGINE_ORDER_MAX && engines[i]; i++) {
		const char *lacks = engines[i]->lacks(config);

		if (lacks && !*lacks)
			continue;
		fail->text[0] = '\0';
		if (lacks)
			fail_set(fail, "engine %s cannot give %s", engines[i]->name, lacks);
		else if ((status = engines[i]->run(config, fail)) != ENGINE_UNFIT)
			return status == ENGINE_REFUSED ? give_up(&why, engines[i]->name, fail)
							: status;
		log_debug("%s", fail->text);
		note(&why, fail->text);
	}
	*fail = why;
	return 125;
}
