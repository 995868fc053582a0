// SPDX-License-Identifier: MIT
/* What is known of sites lies with the process (struct agent_guest), and is forked with it. */
#include "tracee/sites.h"

#include <string.h>
#include <sys/sysmacros.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "arch/agent_site.h"
#include "tracee/agent.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { CODE_SITES = 64 };

struct code_key {
	uint64_t dev, ino; /* no padding: compared as bytes */
};

/* A site that is worth it, or, if it has called in one process alone and once, may be. */
struct code_site {
	uint64_t offset; /* in the file, behind the call */
	unsigned nr;	 /* what it has called; of a shared one, which it is changed for */
	uint8_t code[SITE_BYTES];
	bool once;
};

/* A file of code, of which some process has patched sites. */
struct code_file {
	struct code_key key;
	unsigned count;
	struct code_site site[CODE_SITES];
	UT_hash_handle hh;
};

/* For so long a mapping is taken to be what it was, where nothing is to be written there. */
enum { CODE_GOOD_NS = 10000000 };

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- code, and what is known of its file ----------------------------------------------------- */

static struct code_file *file_find(struct session *s, unsigned major, unsigned minor, uint64_t ino,
				   bool make)
{
	const struct code_key key = { (uint64_t)major << 32 | minor, ino };
	struct code_file *f;

	HASH_FIND(hh, s->agents->files, &key, sizeof(key), f);
	if (f || !make)
		return f;
	f = talloc_zero(s->agents, struct code_file);
	if (f) {
		f->key = key;
		s->agents->notes.files++;
		HASH_ADD(hh, s->agents->files, key, sizeof(f->key), f);
	}
	return f;
}

static struct code_file *file_of(struct session *s, const struct mapping *m, bool make)
{
	return file_find(s, m->dev_major, m->dev_minor, m->ino, make);
}

/* The mapping at an address, if it is code of a file that the process itself does not write to. */
static bool find_code(const struct tracee *t, struct agent_guest *g, uint64_t addr)
{
	const unsigned want = MAPPING_READ | MAPPING_EXEC;
	const uint64_t now = now_ns();
	struct mapping *m = &g->code;

	if (addr >= m->begin && addr < m->end && now - g->code_asked < CODE_GOOD_NS)
		return true;
	if (!mapping_at(t, addr, m) || m->ino == 0 ||
	    (m->flags & (want | MAPPING_WRITE | MAPPING_SHARED)) != want) {
		*m = (struct mapping){ 0 };
		return false;
	}
	g->code_asked = now;
	return true;
}

/* What is written into a mapping that has become another, shared one lands in its file. */
static bool find_code_now(const struct tracee *t, struct agent_guest *g, uint64_t addr)
{
	g->code = (struct mapping){ 0 };
	return find_code(t, g, addr);
}

/* ---- changing it ----------------------------------------------------------------------------- */

/* Writes into a guest's code. */
struct pen {
	struct tracee *t;
	struct agent_guest *g;
	uint64_t island;
	int fd;
};

static bool wants_gate(const uint8_t site[SITE_BYTES])
{
	int64_t nr = site_number(site);

	return nr >= 0 && site_wants_gate((unsigned)nr);
}

/* The island begins with the agent's address. */
static bool pen_take(struct pen *p)
{
	const struct agent_host *h = tracee_session(p->t)->agents;

	p->fd = -1;
	if (agent_find_island(p->t, &p->island))
		p->fd = mem_poke_open(p->t);
	if (p->fd < 0 || (p->g->stubs == 0 &&
			  mem_poke_piece(p->fd, p->island, &h->entry, sizeof(h->entry)) < 0)) {
		p->g->off = true;
		return false;
	}
	return true;
}

static void pen_drop(struct pen *p)
{
	if (p->fd >= 0)
		close(p->fd);
}

static void patch(struct pen *p, int i, const uint8_t site[SITE_BYTES], unsigned nr)
{
	struct agent_guest *g = p->g;
	const uint64_t ip = g->sites[i].ip, from = ip - SITE_BYTES;
	const uint64_t at = p->island + AGENT_ISLAND_STUBS + g->stubs * AGENT_STUB_BYTES;
	uint8_t jump[SITE_JUMP_BYTES], stub[AGENT_STUB_BYTES];
	size_t n;

	g->sites[i].state = SITE_REFUSED;
	if (at + AGENT_STUB_BYTES > p->island + AGENT_ISLAND_BYTES ||
	    !site_write_jump(jump, from, at) || (wants_gate(site) && !agent_open_gate(p->t, ip)))
		return;
	n = site_write_stub(stub, at, ip, site, nr, p->island);
	if (mem_poke_piece(p->fd, at, stub, n) < 0)
		return;
	memcpy(g->sites[i].was, site, SITE_JUMP_BYTES);
	g->sites[i].stub = (unsigned short)g->stubs++;
	if (mem_poke_piece(p->fd, from, jump, sizeof(jump)) == 0)
		g->sites[i].state = SITE_PATCHED;
}

static bool read_shared(const struct tracee *t, uint64_t ip, uint8_t site[SITE_BYTES])
{
	uint8_t look[SITE_LOOK_SHARED + SITE_LOOK_BEHIND];

	if (mem_read(t, ip - SITE_LOOK_SHARED, look, sizeof(look)) < 0 || !site_is_shared(look))
		return false;
	memcpy(site, look + SITE_LOOK_SHARED - SITE_BYTES, SITE_BYTES);
	return true;
}

static bool read_site(const struct tracee *t, uint64_t ip, uint8_t site[SITE_BYTES])
{
	uint8_t look[SITE_LOOK];

	if (mem_read(t, ip - SITE_LOOK, look, sizeof(look)) < 0)
		return false;
	if (!site_is_plain(look))
		return read_shared(t, ip, site);
	memcpy(site, look + SITE_LOOK - SITE_BYTES, SITE_BYTES);
	return true;
}

/* ---- what other processes have found out ----------------------------------------------------- */

static struct code_site *site_find(struct code_file *f, uint64_t offset)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->site[i].offset == offset)
			return &f->site[i];
	return NULL;
}

/* The site that has called here will in others that map the file. */
static void teach(struct code_file *f, const struct mapping *m, uint64_t ip,
		  const uint8_t code[SITE_BYTES], unsigned nr, bool once)
{
	const uint64_t offset = ip - m->begin + m->offset;
	struct code_site *site = site_find(f, offset);

	if (site) {
		site->once = false;
	} else if (f->count < CODE_SITES) {
		site = &f->site[f->count++];
		site->offset = offset;
		site->nr = nr;
		site->once = once;
		memcpy(site->code, code, SITE_BYTES);
	}
}

static void learn_site(struct pen *p, uint64_t ip, unsigned nr)
{
	struct agent_notes *notes = &tracee_session(p->t)->agents->notes;
	int i = agent_site(p->g, ip);
	uint8_t site[SITE_BYTES];

	if (i < 0 || p->g->sites[i].state > SITE_CROWDED || !read_site(p->t, ip, site))
		return;
	patch(p, i, site, nr);
	if (p->g->sites[i].state != SITE_PATCHED)
		return;
	notes->ahead++;
	notes->programs += !p->g->ahead;
	p->g->ahead = true;
}

/* All that is known of the file's sites, once for each mapping of code. */
static void learn(struct tracee *t, struct agent_guest *g, uint64_t ip)
{
	const struct mapping *m = &g->code;
	struct pen pen = { .t = t, .g = g };
	const struct code_file *f;

	for (unsigned i = 0; i < g->learned_count; i++)
		if (ip >= g->learned[i].begin && ip < g->learned[i].end)
			return;
	if (g->learned_count == AGENT_LEARNED || !find_code_now(t, g, ip - SITE_BYTES))
		return;
	g->learned[g->learned_count++] = (struct agent_code){ m->begin, m->end };
	f = file_of(tracee_session(t), m, false);
	if (!f || !pen_take(&pen))
		return;
	for (unsigned i = 0; i < f->count; i++) {
		uint64_t at = m->begin + f->site[i].offset - m->offset;

		if (!f->site[i].once && at >= m->begin + SITE_BYTES && at <= m->end)
			learn_site(&pen, at, f->site[i].nr);
	}
	pen_drop(&pen);
}

/* ---------------------------------------------------------------------------------------------- */

/* Is it what it seems to be, and can be served as that? */
static bool is_right(const uint8_t site[SITE_BYTES], unsigned nr, const uint64_t arg[6])
{
	return site_agrees(site, nr, arg) && site_wants_gate(nr) == wants_gate(site);
}

/* It has called as often as need be, and is patched or refused. */
static void settle(struct tracee *t, struct agent_guest *g, int i, unsigned nr,
		   const uint64_t arg[6])
{
	const uint64_t ip = g->sites[i].ip;
	struct pen pen = { .t = t, .g = g };
	uint8_t site[SITE_BYTES];
	struct code_file *f;

	g->sites[i].state = SITE_REFUSED;
	if (!read_site(t, ip, site) || !is_right(site, nr, arg) ||
	    !find_code_now(t, g, ip - SITE_LOOK) || ip > g->code.end)
		return;
	if (pen_take(&pen))
		patch(&pen, i, site, nr);
	pen_drop(&pen);
	if (g->sites[i].state != SITE_PATCHED)
		return;
	f = file_of(tracee_session(t), &g->code, true);
	if (f)
		teach(f, &g->code, ip, site, nr, false);
}

/* It has called once, which is all that it may do in a process. */
static void remember(struct tracee *t, struct agent_guest *g, uint64_t ip, unsigned nr,
		     const uint64_t arg[6])
{
	struct code_file *f = find_code(t, g, ip - SITE_LOOK) && ip <= g->code.end ?
				      file_of(tracee_session(t), &g->code, false) :
				      NULL;
	uint8_t site[SITE_BYTES];

	if (f && read_site(t, ip, site) && is_right(site, nr, arg))
		teach(f, &g->code, ip, site, nr, true);
}

/* ---- company --------------------------------------------------------------------------------- */

/* So far behind a call of a wrapper that may be cancelled is the one that it makes with company. */
enum { TWIN_BYTES = 192 };

/*
 * The same load of the same number directly before a call, a few instructions on: nobody has called
 * from there yet, but in code of a compiler's no other seven bytes look like that.
 */
static void find_twin(struct pen *p, const struct agent_call_site of)
{
	uint8_t code[TWIN_BYTES], site[SITE_BYTES];
	const uint64_t ip = of.ip;
	int i;

	if (mem_read(p->t, ip, code, sizeof(code)) < 0)
		return;
	for (size_t at = 0; at + SITE_LOOK <= sizeof(code); at++) {
		if (memcmp(code + at + 1, of.was, sizeof(of.was)) != 0 || !site_is_plain(code + at))
			continue;
		if (!find_code(p->t, p->g, ip) || ip + at + SITE_LOOK > p->g->code.end)
			return;
		i = agent_site(p->g, ip + at + SITE_LOOK);
		memcpy(site, code + at + 1, sizeof(site));
		if (i >= 0 && p->g->sites[i].state <= SITE_CROWDED)
			patch(p, i, site, (unsigned)site_number(site));
		return;
	}
}

void sites_expect_company(struct tracee *t)
{
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;
	struct pen pen = { .t = t, .g = g };
	unsigned patched[AGENT_SITES], n = 0;

	if (!g || g->off || t->mm->refs != 1 || g->stubs == g->stubs_with_twins)
		return;
	for (unsigned i = 0; i < g->site_count; i++)
		if (g->sites[i].state == SITE_PATCHED && site_number(g->sites[i].was) >= 0)
			patched[n++] = i;
	g->code = (struct mapping){ 0 }; /* see find_code_now */
	if (n > 0 && pen_take(&pen))
		for (unsigned i = 0; i < n; i++)
			find_twin(&pen, g->sites[patched[i]]);
	if (n > 0)
		pen_drop(&pen);
	g->stubs_with_twins = g->stubs;
}

/* It may not be patched here, but in others. */
static void consider_in_company(struct tracee *t, struct agent_guest *g, int i, unsigned nr,
				const uint64_t arg[6])
{
	const uint64_t ip = g->sites[i].ip;
	struct code_file *f = NULL;
	uint8_t site[SITE_BYTES];

	if (g->sites[i].state == SITE_UNKNOWN) {
		g->sites[i].state = SITE_SEEN;
		return;
	}
	if (g->sites[i].state != SITE_SEEN)
		return;
	g->sites[i].state = SITE_CROWDED;
	if (read_site(t, ip, site) && is_right(site, nr, arg) &&
	    find_code(t, g, ip - SITE_LOOK) && ip <= g->code.end)
		f = file_of(tracee_session(t), &g->code, true);
	if (f)
		teach(f, &g->code, ip, site, nr, false);
}

/* ---------------------------------------------------------------------------------------------- */

void sites_plan(struct tracee *t, uint64_t dev, uint64_t ino, struct loader_plan *plan)
{
	struct session *s = tracee_session(t);
	const struct code_file *f = file_find(s, major(dev), minor(dev), ino, false);

	plan->agent_entry = s->agents->entry;
	for (unsigned i = 0; f && i < f->count && plan->site_count < PLAN_SITES; i++) {
		struct plan_site *site = &plan->sites[plan->site_count];

		if (f->site[i].once || f->site[i].offset > UINT32_MAX ||
		    wants_gate(f->site[i].code))
			continue;
		site->offset = (uint32_t)f->site[i].offset;
		site->nr = f->site[i].nr;
		memcpy(site->code, f->site[i].code, SITE_BYTES);
		plan->site_count++;
	}
	s->agents->notes.ahead += plan->site_count;
	t->mm->agent->ahead = plan->site_count;
	s->agents->notes.programs += t->mm->agent->ahead;
}

/* Its first call: it is known, or was seen once now. Is that to be enough? */
static bool is_enough(struct tracee *t, struct agent_guest *g, int i, unsigned nr,
		      const uint64_t arg[6])
{
	learn(t, g, g->sites[i].ip);
	if (g->sites[i].state != SITE_UNKNOWN)
		return false;
	g->sites[i].state = SITE_SEEN;
	if (site_calls_once_alone(nr))
		return true;
	remember(t, g, g->sites[i].ip, nr, arg);
	return false;
}

/* A shared site has called with a number that says nothing about it: it may be for others yet. */
static bool is_by_the_way(const struct tracee *t, const struct agent_guest *g, int i, unsigned nr)
{
	uint8_t site[SITE_BYTES];

	if (!site_wants_gate(nr) || g->sites[i].state == SITE_REFUSED)
		return false;
	if (g->sites[i].state == SITE_PATCHED)
		return site_has_shared_code(g->sites[i].was);
	return read_shared(t, g->sites[i].ip, site);
}

void sites_consider(struct tracee *t, uint64_t ip, unsigned nr, const uint64_t arg[6])
{
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;
	struct agent_notes *notes;
	uint64_t island;
	int i;

	if (!g || g->off || !site_serves(nr))
		return;
	agent_refresh(t);
	agent_find_island(t, &island);
	i = agent_site(g, ip);
	if (i < 0 || is_by_the_way(t, g, i, nr))
		return;
	notes = &tracee_session(t)->agents->notes;
	notes->fell += g->sites[i].state == SITE_PATCHED;
	if (t->mm->refs != 1) {
		consider_in_company(t, g, i, nr, arg);
		return;
	}
	if (g->sites[i].state == SITE_UNKNOWN && !is_enough(t, g, i, nr, arg))
		return;
	if (g->sites[i].state != SITE_SEEN && g->sites[i].state != SITE_CROWDED)
		return;
	settle(t, g, i, nr, arg);
	notes->learned += g->sites[i].state == SITE_PATCHED;
	notes->refused += g->sites[i].state == SITE_REFUSED;
}

/* Unless the guest has put something else there. */
static void restore(struct tracee *t, const struct agent_guest *g, unsigned i)
{
	const uint64_t from = g->sites[i].ip - SITE_BYTES;
	uint8_t code[SITE_JUMP_BYTES];
	uint64_t to;

	if (mem_read(t, from, code, sizeof(code)) == 0 && site_read_jump(code, from, &to) &&
	    to - g->island < AGENT_ISLAND_BYTES)
		mem_poke(t, from, g->sites[i].was, sizeof(g->sites[i].was));
}

void sites_restore(struct tracee *t, uint64_t begin, uint64_t end)
{
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;
	uint64_t island;

	if (g)
		agent_find_island(t, &island);
	for (unsigned i = 0; g && i < g->site_count; i++)
		if (g->sites[i].ip > begin && g->sites[i].ip - SITE_BYTES < end) {
			if (g->sites[i].state == SITE_PATCHED)
				restore(t, g, i);
			g->sites[i].state = SITE_REFUSED;
		}
}

uint64_t sites_give_up(struct tracee *t, uint64_t at)
{
	const struct agent_guest *g = t->mm->agent;
	const uint64_t offset = at - g->island - AGENT_ISLAND_STUBS;
	uint64_t from = 0;

	for (unsigned i = 0; i < g->site_count; i++)
		if (g->sites[i].state == SITE_PATCHED &&
		    offset == g->sites[i].stub * (uint64_t)AGENT_STUB_BYTES)
			from = g->sites[i].ip - SITE_BYTES;
	sites_restore(t, 0, UINT64_MAX);
	agent_turn_off(t);
	return from;
}

void sites_forget_all(struct session *s)
{
	struct code_file *f, *next;

	if (!s->agents)
		return;
	HASH_ITER(hh, s->agents->files, f, next) {
		HASH_DEL(s->agents->files, f);
		talloc_free(f);
	}
}
