// SPDX-License-Identifier: MIT
/*
 * Stops are counted here; what agents do, they count themselves (struct agent_counts), and what
 * becomes of call instructions is noted where it is done (struct agent_notes).
 */
#include "engine/ptrace/stats.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <talloc.h>

#include "syscall/table.h"
#include "tracee/agent.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { TOP = 6 }; /* so many are told by name */

struct stats {
	atomic_uint_fast64_t stops[STOP_SIGNAL + 1]; /* enum stop */
	atomic_uint_fast64_t calls[SC_COUNT];
	atomic_uint_fast64_t ends, detours;
};

struct stats *stats_new(void *ctx)
{
	return talloc_zero(ctx, struct stats);
}

static void count(atomic_uint_fast64_t *n)
{
	atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

void stats_stop(struct session *s, enum stop stop)
{
	if (s->stats)
		count(&s->stats->stops[stop]);
}

void stats_call(struct tracee *t, enum call_stop stop)
{
	struct stats *st = tracee_session(t)->stats;
	const struct call *c = &t->call;

	if (!st)
		return;
	if (t->phase == PHASE_DETOUR)
		count(&st->detours);
	else if (stop == CALL_STOP_EXIT)
		count(&st->ends);
	else
		count(&st->calls[c->abi ? sys_id(c->abi, (unsigned)c->guest_nr) : SC_none]);
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_row(FILE *out, uint64_t n, const char *what)
{
	if (n)
		fprintf(out, "%10" PRIu64 "  %s\n", n, what);
}

struct named {
	const char *name;
	uint64_t n;
};

static int most_first(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return (x->n < y->n) - (x->n > y->n);
}

static uint64_t sum_of(const struct named *list, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += list[i].n;
	return sum;
}

/* The most frequent by name; ends the line. */
static void print_names(FILE *out, struct named *list, size_t count)
{
	uint64_t rest = sum_of(list, count);

	qsort(list, count, sizeof(*list), most_first);
	for (size_t i = 0; i < count && i < TOP && list[i].n; i++) {
		fprintf(out, "%s %s %" PRIu64, i ? "," : "", list[i].name, list[i].n);
		rest -= list[i].n;
	}
	if (rest)
		fprintf(out, ", others %" PRIu64, rest);
	fprintf(out, "\n");
}

static void print_calls(FILE *out, const struct stats *st)
{
	struct named list[SC_COUNT];

	for (unsigned i = 0; i < SC_COUNT; i++)
		list[i] = (struct named){ i ? sys_rows[i].name : "unknown", st->calls[i] };
	fprintf(out, "%10" PRIu64 "  begins of system calls:", sum_of(list, SC_COUNT));
	print_names(out, list, SC_COUNT);
}

static void print_stops(FILE *out, const struct session *s)
{
	const struct stats *st = s->stats;

	fprintf(out, "pr: %" PRIu64 " stops\n", s->stops);
	print_calls(out, st);
	print_row(out, st->ends, "ends of system calls");
	print_row(out, st->detours, "calls of pr's own");
	print_row(out, st->stops[STOP_BIRTH], "forks and clones");
	print_row(out, st->stops[STOP_TRAP], "first stops of children, or ends of group-stops");
	print_row(out, st->stops[STOP_EXEC], "execs");
	print_row(out, st->stops[STOP_SIGNAL], "signals");
	print_row(out, st->stops[STOP_GROUP], "group-stops");
	print_row(out, st->stops[STOP_EXITED] + st->stops[STOP_KILLED], "ends of threads");
}

static uint64_t load(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static void print_served(FILE *out, const struct agent_counts *c)
{
	struct named list[AGENT_NUMBERS];

	for (unsigned nr = 0; nr < AGENT_NUMBERS; nr++)
		list[nr] = (struct named){ sys_row(&abis[0], nr)->name, load(&c->served[nr]) };
	fprintf(out, "pr: %" PRIu64 " calls served in the guest:", sum_of(list, AGENT_NUMBERS));
	print_names(out, list, AGENT_NUMBERS);
	print_row(out, load(&c->walks), "walks for a directory of which nothing was known");
}

static void print_falls(FILE *out, const struct agent_counts *c)
{
	static const char *const words[] = {
#define WORDS(name, text) [AGENT_FALL_##name] = text,
		AGENT_FALLS(WORDS)
#undef WORDS
	};
	uint64_t sum = load(&c->no_slot);

	for (unsigned i = AGENT_SERVED + 1; i < AGENT_FALL_COUNT; i++)
		sum += load(&c->fell[i]);
	fprintf(out, "pr: %" PRIu64 " calls fell through the agent\n", sum);
	print_row(out, load(&c->no_slot), "too many threads in it at a time");
	for (unsigned i = AGENT_SERVED + 1; i < AGENT_FALL_COUNT; i++)
		print_row(out, load(&c->fell[i]), words[i]);
}

static void print_notes(FILE *out, const struct agent_notes *n)
{
	fprintf(out, "pr: %u call sites\n", n->learned + n->ahead);
	print_row(out, n->learned, "learned by two stops");
	print_row(out, n->ahead, "patched before their first stop");
	print_row(out, n->programs, "programs in which that was");
	print_row(out, n->files, "files of code remembered");
	print_row(out, n->refused, "refused");
	print_row(out, n->fell, "stops there all the same");
	print_row(out, n->signals, "signals that found a thread in the agent");
	print_row(out, n->faults, "faults of its: bad addresses of guests");
	print_row(out, n->turned_off, "processes in which it was turned off");
}

static void print_agents(FILE *out, const struct agent_host *h)
{
	print_served(out, h->counts);
	print_falls(out, h->counts);
	print_notes(out, &h->notes);
	if (h->shared->off)
		fprintf(out, "pr: none any more since the view of files was changed\n");
}

void stats_print(const struct session *s, FILE *out)
{
	print_stops(out, s);
	if (s->agents && s->agents->counts)
		print_agents(out, s->agents);
	else
		fprintf(out, "pr: no call was served in the guest: %s\n",
			s->agentless ? s->agentless : "no memory");
}
