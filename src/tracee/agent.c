// SPDX-License-Identifier: MIT
/*
 * The shared page is a file in the session's directory, mapped by us for writing and by every guest
 * for reading: the view is copied into it with the addresses that it has there.
 */
#include "tracee/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "arch/agent_site.h"
#include "ident/cred.h"
#include "ident/store.h"
#include "tracee/fs.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"

/* So long may agents not notice what others than guests do to directories. */
enum { FRESH_MS = 5 };

/* ---- the shared page ------------------------------------------------------------------------- */

struct page {
	char *bytes;	/* here */
	uint64_t there; /* in guests */
	size_t used;
};

/* Copies into the page; its address in guests, or 0 where the page is full. */
static uint64_t put(struct page *p, const void *bytes, size_t n)
{
	uint64_t at = p->there + p->used;

	if (n > LOADER_SHARED_SIZE - p->used)
		return 0;
	memcpy(p->bytes + p->used, bytes, n);
	p->used += (n + 7) & ~(size_t)7;
	return at;
}

static bool put_name(struct page *p, const char **name)
{
	uint64_t at = put(p, *name, strlen(*name) + 1);

	*name = (const char *)(uintptr_t)at;
	return at;
}

/* What the walk needs of a view: names and flags. */
static uint64_t put_view(struct page *p, const struct view *v)
{
	struct bind *binds = talloc_memdup(v, v->binds, v->count * sizeof(*binds));
	struct view copy = { .count = v->count };
	bool fits = binds;
	uint64_t at = 0;

	for (size_t i = 0; fits && i < v->count; i++) {
		binds[i].label = NULL;
		binds[i].over = NULL;
		fits = put_name(p, &binds[i].guest.s) && put_name(p, &binds[i].host.s);
	}
	if (fits)
		at = put(p, binds, v->count * sizeof(*binds));
	copy.binds = (struct bind *)(uintptr_t)at;
	talloc_free(binds);
	return at ? put(p, &copy, sizeof(copy)) : 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The processor's ticks in FRESH_MS, measured as well as it need be. */
static uint64_t fresh_ticks(void)
{
	uint64_t begin = now_ns(), ticks = site_ticks(), end;

	do
		end = now_ns();
	while (end - begin < 20000);
	return (site_ticks() - ticks) * FRESH_MS * 1000000 / (end - begin);
}

/* Some sessions have no agents. */
static int do_without(struct session *s, const char *why)
{
	s->agentless = why;
	return -ENOSPC;
}

static int fill(struct session *s, struct agent_host *h)
{
	struct agent_shared *sh = h->shared;
	struct page p = { (char *)sh, h->window + LOADER_SHARED, (sizeof(*sh) + 7) & ~(size_t)7 };
	struct stat proc, root;

	sh->view = (const struct view *)(uintptr_t)put_view(&p, s->view);
	if (!sh->view)
		return do_without(s, "too many binds");
	if (stat("/proc", &proc) < 0 || stat(s->view->binds[0].host.s, &root) < 0)
		return -errno;
	/* Without the sign that a record leaves agents would have to ask for every object. */
	if (s->identity && !(root.st_mode & S_ISVTX))
		return do_without(s, "records of owners leave no sign here");
	sh->proc_dev = proc.st_dev;
	sh->root_dev = root.st_dev;
	sh->host_uid = geteuid();
	sh->host_gid = getegid();
	sh->moment = fresh_ticks();
	sh->fresh = s->strict ? 0 : sh->moment;
	if (s->identity) {
		sh->flags |= AGENT_IDENTITY;
		store_show_beside(s->identity->store, &sh->beside);
	}
	if (s->ports)
		sh->flags |= AGENT_PORTS;
	if (s->view_read_only)
		sh->flags |= AGENT_ANY_READ_ONLY;
	for (size_t i = 0; i < s->view->count; i++)
		if (s->view->binds[i].flags & BIND_UNLISTED)
			sh->flags |= AGENT_ADDS_ENTRIES;
	return 0;
}

/* Bytes that guests map from a file. */
static int map_file(const char *file, size_t size, void **ret)
{
	int fd = file ? open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return -errno;
	*ret = MAP_FAILED;
	if (ftruncate(fd, (off_t)size) == 0)
		*ret = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return *ret == MAP_FAILED ? -ENOMEM : 0;
}

static int map_shared(struct session *s, struct agent_host *h)
{
	void *bytes;
	int r;

	h->file = talloc_asprintf(h, "%s/agent", s->dir);
	r = map_file(h->file, LOADER_SHARED_SIZE, &bytes);
	if (r == 0)
		h->shared = bytes;
	return r;
}

static int map_counts(struct session *s, struct agent_host *h)
{
	void *bytes;
	int r;

	h->counts_file = talloc_asprintf(h, "%s/counts", s->dir);
	r = map_file(h->counts_file, LOADER_COUNTS_SIZE, &bytes);
	if (r == 0)
		h->counts = bytes;
	h->shared->counts = r == 0;
	return r;
}

/* ---- where things are ------------------------------------------------------------------------ */

static void read_table(struct agent_host *h, const unsigned char *image)
{
	struct agent_table t;
	const uint64_t at = h->window + LOADER_AGENT_TABLE;

	memcpy(&t, image + LOADER_AGENT_TABLE, sizeof(t));
#define PLACE(name) \
	(h->name = at + offsetof(struct agent_table, name) + (uint64_t)(int64_t)(int32_t)t.name)
	PLACE(entry);
	PLACE(owned);
	PLACE(serving);
	PLACE(final);
	PLACE(final_end);
	PLACE(done);
	PLACE(fall);
	PLACE(end);
	PLACE(gates);
#undef PLACE
	h->taken = t.taken;
	h->slots = h->window + t.slots;
	h->mm = h->window + t.mm;
}

/* Why there are to be no agents, or NULL. */
static const char *unwanted(const struct session *s)
{
	const struct identity *id = s->identity;

	if (id && (id->uid != 0 || id->gid != 0))
		return "the guest is not root (-i, --user)";
	if (id && !store_tells_root(id->store))
		return "owners are kept with the host's files";
	return s->view_aliases ? "a directory has two names (binds)" : NULL;
}

int agent_prepare(struct session *s, uint64_t window, const unsigned char *image)
{
	struct agent_host *h;
	int r;

	s->agentless = unwanted(s);
	if (s->agentless)
		return 0;
	h = talloc_zero(s, struct agent_host);
	if (!h)
		return -ENOMEM;
	h->window = window;
	h->view = s->view;
	read_table(h, image);
	r = map_shared(s, h);
	if (r == 0 && s->stats)
		r = map_counts(s, h);
	if (r == 0)
		r = fill(s, h);
	if (r == 0)
		s->agents = h;
	return r == -ENOSPC ? 0 : r;
}

/* ---- processes ------------------------------------------------------------------------------- */

/* root, and able to do all that root can: no permission of the guest's world is asked. */
static bool is_plain_root(const struct cred *c)
{
	return c->uid == 0 && c->euid == 0 && c->fsuid == 0 && c->gid == 0 && c->egid == 0 &&
	       c->fsgid == 0 && (c->effective & c->limits.caps) == c->limits.caps;
}

static bool sees_first_view(const struct tracee *t)
{
	return t->fs->view == tracee_session(t)->agents->view && !fs_root(t->fs);
}

bool agent_is_for(const struct tracee *t)
{
	const struct agent_host *h = tracee_session(t)->agents;

	return h && !h->shared->off && !t->inner && sees_first_view(t) &&
	       !t->process->own_seccomp &&
	       (!t->cred || is_plain_root(t->cred));
}

int agent_attach(struct mm *mm)
{
	mm->agent = talloc_zero(mm, struct agent_guest);
	return mm->agent ? 0 : -ENOMEM;
}

int agent_copy(struct mm *mm, const struct mm *from)
{
	if (!from->agent)
		return 0;
	mm->agent = talloc_memdup(mm, from->agent, sizeof(*from->agent));
	if (!mm->agent)
		return -ENOMEM;
	mm->agent->sites = talloc_memdup(mm->agent, from->agent->sites,
					 from->agent->site_room * sizeof(*from->agent->sites));
	if (!mm->agent->sites && from->agent->sites) {
		TALLOC_FREE(mm->agent);
		return -ENOMEM;
	}
	mm->agent->stale |= from->refs > 1;
	return 0;
}

void agent_was_killed(struct tracee *t)
{
	if (t->mm && t->mm->agent)
		t->mm->agent->stale |= t->mm->refs > 1;
}

void agent_refresh(struct tracee *t)
{
	const struct agent_host *h = tracee_session(t)->agents;
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;
	const uint32_t busy = 0;

	if (!g || !g->stale || t->mm->refs != 1)
		return;
	g->stale = false;
	for (unsigned i = 0; i < AGENT_SLOTS; i++)
		mem_write(t, h->slots + i * (uint64_t)AGENT_SLOT_STRIDE + AGENT_SLOT_BUSY, &busy,
			  sizeof(busy));
}

bool agent_open_gate(struct tracee *t, uint64_t ret)
{
	const uint64_t table = tracee_session(t)->agents->mm + offsetof(struct agent_mm, gate);
	struct agent_guest *g = t->mm->agent;

	for (unsigned i = 0; i < AGENT_GATES; i++) {
		if (g->gate[i] == ret)
			return true;
		if (g->gate[i])
			continue;
		if (mem_write(t, table + i * sizeof(ret), &ret, sizeof(ret)) < 0)
			return false;
		g->gate[i] = ret;
		return true;
	}
	return false;
}

bool agent_is_gate(const struct session *s, uint64_t ip)
{
	return s->agents && ip - s->agents->gates < AGENT_GATES * AGENT_GATE_BYTES;
}

static bool make_room(struct agent_guest *g)
{
	unsigned room = g->site_room ? g->site_room * 2 : 12;
	struct agent_call_site *sites;

	if (g->site_count < g->site_room)
		return true;
	if (g->site_count == AGENT_SITES)
		return false;
	sites = talloc_realloc(g, g->sites, struct agent_call_site, room);
	if (!sites)
		return false;
	g->sites = sites;
	g->site_room = room;
	return true;
}

int agent_site(struct agent_guest *g, uint64_t ip)
{
	unsigned i = 0;

	while (i < g->site_count && g->sites[i].ip != ip)
		i++;
	if (i < g->site_count)
		return (int)i;
	if (!make_room(g))
		return -1;
	g->sites[g->site_count++] = (struct agent_call_site){ .ip = ip };
	return (int)i;
}

/*
 * The sites that the loader has changed: before the program's first call. What is said to be there
 * later was written by the guest.
 */
static void take_over(const struct tracee *t, struct agent_guest *g, const struct agent_mm *mm)
{
	uint8_t stub[PLAN_SITES][AGENT_STUB_BYTES], was[SITE_JUMP_BYTES];
	const uint64_t at = mm->island + AGENT_ISLAND_STUBS;
	uint64_t ip;
	int i;

	if (mm->stubs == 0 || mm->stubs > PLAN_SITES || g->site_count > 0 ||
	    mem_read(t, at, stub, sizeof(stub)) < 0)
		return;
	g->stubs = mm->stubs;
	g->learned[g->learned_count++] = (struct agent_code){ mm->code_begin, mm->code_end };
	for (unsigned n = 0; n < mm->stubs; n++) {
		if (!site_read_stub(stub[n], at + n * AGENT_STUB_BYTES, &ip, was))
			return;
		i = agent_site(g, ip);
		if (i < 0)
			return;
		g->sites[i].state = SITE_PATCHED;
		g->sites[i].stub = (unsigned short)n;
		memcpy(g->sites[i].was, was, sizeof(was));
	}
}

bool agent_find_island(const struct tracee *t, uint64_t *ret)
{
	struct agent_guest *g = t->mm->agent;
	struct agent_mm mm;

	if (!g)
		return false;
	if (!g->island && mem_read(t, tracee_session(t)->agents->mm, &mm, sizeof(mm)) == 0 &&
	    mm.island && mm.island < (uint64_t)-4096) {
		g->island = mm.island;
		take_over(t, g, &mm);
	}
	*ret = g->island;
	return g->island;
}

void agent_turn_off(struct tracee *t)
{
	const struct agent_host *h = tracee_session(t)->agents;
	const uint32_t off = 1;

	if (!h || !t->mm || !t->mm->agent || t->mm->agent->off)
		return;
	t->mm->agent->off = true;
	t->process->session->agents->notes.turned_off++;
	mem_write(t, h->mm + offsetof(struct agent_mm, off), &off, sizeof(off));
}

/* All that stand where it stands: once, as they stay there. */
static void turn_off_fs(struct tracee *t)
{
	struct tracee *other, *next;

	if (t->fs->no_agents)
		return;
	t->fs->no_agents = true;

	HASH_ITER(hh, tracee_session(t)->tracees, other, next)
		if (other->fs == t->fs)
			agent_turn_off(other);
}

void agent_turn_off_all(struct session *s)
{
	if (s->agents)
		__atomic_store_n(&s->agents->shared->off, 1, __ATOMIC_RELEASE);
}

void agent_review(struct tracee *t)
{
	if (!sees_first_view(t))
		turn_off_fs(t);
	else if (t->mm && t->mm->agent && !t->mm->agent->off && !agent_is_for(t))
		agent_turn_off(t);
}

static void count_cwd(struct tracee *t, bool is_sure)
{
	struct agent_guest *g = t->mm ? t->mm->agent : NULL;

	if (!g || g->cwd == AGENT_CWD_UNSURE)
		return;
	g->cwd = is_sure ? g->cwd + 1 : AGENT_CWD_UNSURE;
	mem_write(t, tracee_session(t)->agents->mm + offsetof(struct agent_mm, cwd), &g->cwd,
		  sizeof(g->cwd));
}

void agent_cwd_changes(struct tracee *t)
{
	struct tracee *other, *next;

	if (!tracee_session(t)->agents)
		return;
	/* one that is alone is in its call now, and not in its agent */
	count_cwd(t, t->mm && t->mm->refs == 1);
	if (t->fs->refs == 1)
		return;
	HASH_ITER(hh, tracee_session(t)->tracees, other, next)
		if (other->fs == t->fs && other->mm != t->mm)
			count_cwd(other, false);
}

struct names_moment agent_names_now(const struct session *s)
{
	const struct agent_shared *sh = s->agents->shared;
	struct names_moment m;

	m.ns = now_ns();
	m.generation = __atomic_load_n(&sh->generation, __ATOMIC_ACQUIRE);
	m.known = !__atomic_load_n(&sh->changing, __ATOMIC_ACQUIRE);
	return m;
}

bool agent_names_hold(const struct session *s, const struct names_moment *since)
{
	const struct names_moment now = agent_names_now(s);

	return !s->strict && since->known && now.known && since->generation == now.generation &&
	       now.ns - since->ns < FRESH_MS * 1000000;
}

/* The moment is taken before the look. Not in every stop: half of the time for which it is good. */
void agent_vouch_for_beside(struct session *s)
{
	struct agent_shared *sh = s->agents->shared;
	uint64_t now = site_ticks();

	if (now - sh->beside_since < sh->fresh / 2)
		return;
	store_catch_up(s->identity->store);
	__atomic_store_n(&sh->beside_since, now, __ATOMIC_RELEASE);
}

void agent_expect_credentials(struct session *s)
{
	if (s->agents)
		__atomic_or_fetch(&s->agents->shared->flags, AGENT_CREDENTIALS, __ATOMIC_SEQ_CST);
}

void agent_names_change(struct session *s)
{
	if (!s->agents)
		return;
	__atomic_add_fetch(&s->agents->shared->changing, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&s->agents->shared->generation, 1, __ATOMIC_SEQ_CST);
}

void agent_names_changed(struct session *s)
{
	if (!s->agents)
		return;
	__atomic_add_fetch(&s->agents->shared->generation, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&s->agents->shared->changing, 1, __ATOMIC_SEQ_CST);
}
