// SPDX-License-Identifier: MIT
/* What is known of sites lies with the process (struct agent_guest), and is forked with it. */
#include "tracee/sites.h"

#include <string.h>
#include <time.h>

#include "arch/agent_site.h"
#include "tracee/agent.h"
#include "tracee/mapping.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* For so long a mapping is taken to be what it was. */
enum { CODE_GOOD_NS = 10000000 };

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Is it code of a file, which the process has for itself and does not write to? */
static bool is_code(struct tracee *t, struct agent_guest *g, uint64_t begin, uint64_t end)
{
	const unsigned want = MAPPING_READ | MAPPING_EXEC;
	uint64_t now = now_ns();
	struct mapping m;

	if (begin >= g->code_begin && end <= g->code_end && now - g->code_asked < CODE_GOOD_NS)
		return true;
	if (!mapping_at(t, begin, &m) || end > m.end || m.ino == 0 ||
	    (m.flags & (want | MAPPING_WRITE | MAPPING_SHARED)) != want)
		return false;
	g->code_begin = m.begin;
	g->code_end = m.end;
	g->code_asked = now;
	return true;
}

/* The island, which begins with the agent's address; 0: the agent is off. */
static uint64_t ready_island(struct tracee *t, struct agent_guest *g)
{
	const struct agent_host *h = tracee_session(t)->agents;
	uint64_t island;

	if (!agent_find_island(t, &island) ||
	    (g->stubs == 0 && mem_poke(t, island, &h->entry, sizeof(h->entry)) < 0)) {
		g->off = true;
		return 0;
	}
	return island;
}

static bool patch(struct tracee *t, struct agent_guest *g, uint64_t ip, const uint8_t *site)
{
	uint8_t jump[SITE_JUMP_BYTES], stub[AGENT_STUB_BYTES];
	uint64_t from = ip - SITE_BYTES, island = ready_island(t, g), at;
	size_t n;

	if (!island || !is_code(t, g, from, ip))
		return false;
	at = island + AGENT_ISLAND_STUBS + g->stubs * AGENT_STUB_BYTES;
	if (at + AGENT_STUB_BYTES > island + AGENT_ISLAND_BYTES ||
	    !site_write_jump(jump, from, at))
		return false;
	n = site_write_stub(stub, at, ip, site, island);
	if (mem_poke(t, at, stub, n) < 0)
		return false;
	g->stubs++;
	return mem_poke(t, from, jump, sizeof(jump)) == 0;
}

static enum agent_site look_again(struct tracee *t, struct agent_guest *g, uint64_t ip,
				  enum agent_site state)
{
	uint8_t code[SITE_BYTES];

	if (mem_read(t, ip - SITE_BYTES, code, sizeof(code)) < 0 || !site_is_plain(code))
		return SITE_REFUSED;
	if (state == SITE_UNKNOWN)
		return SITE_SEEN;
	return patch(t, g, ip, code) ? SITE_PATCHED : SITE_REFUSED;
}

void sites_consider(struct tracee *t, uint64_t ip, unsigned nr)
{
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;
	unsigned char *state;

	if (!g || g->off || !site_serves(nr))
		return;
	state = agent_site(g, ip);
	if (state && (*state == SITE_UNKNOWN || (*state == SITE_SEEN && t->mm->refs == 1)))
		*state = look_again(t, g, ip, *state);
}

static void restore(struct tracee *t, uint64_t ip)
{
	uint8_t code[SITE_JUMP_BYTES], stub[AGENT_STUB_BYTES];
	uint64_t at;

	if (mem_read(t, ip - SITE_BYTES, code, sizeof(code)) < 0 ||
	    !site_read_jump(code, ip - SITE_BYTES, &at) ||
	    mem_read(t, at, stub, sizeof(stub)) < 0)
		return;
	site_read_stub(stub, code);
	mem_poke(t, ip - SITE_BYTES, code, sizeof(code));
}

void sites_restore(struct tracee *t, uint64_t begin, uint64_t end)
{
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;

	for (unsigned i = 0; g && i < AGENT_SITES; i++)
		if (g->site[i] > begin && g->site[i] - SITE_BYTES < end) {
			if (g->state[i] == SITE_PATCHED)
				restore(t, g->site[i]);
			g->state[i] = SITE_REFUSED;
		}
}
