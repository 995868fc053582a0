// SPDX-License-Identifier: MIT
/*
 * What a process has found out about directories: the host name of a guest name. Positive answers
 * alone, of no use any more when anything that could change one has been done through pr (the
 * generation), and after some milliseconds in any case.
 *
 * One direct-mapped table for all threads. An entry is written under its sequence number, odd
 * meanwhile; a thread that a signal takes out of that leaves it odd, and so unused.
 */
#include "agent/freestanding.h"
#include "agent/inside.h"

enum { NAMES_BYTES = 336, ENTRIES = 128 };

struct entry {
	uint32_t sequence;
	uint32_t generation;
	uint64_t hash, ticks;
	const struct bind *bind;
	uint16_t name_len, host_len;
	char names[NAMES_BYTES]; /* the guest's, then the host's */
	bool without_devices;
};

extern char agent_dirs[];

_Static_assert(ENTRIES * sizeof(struct entry) <= AGENT_SLOT_STRIDE - 4096, "agent_dirs");

static uint64_t hash_of(const char *s, size_t len)
{
	uint64_t h = len;

	for (; len >= 8; s += 8, len -= 8) {
		uint64_t word;

		__builtin_memcpy(&word, s, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; len; s++, len--)
		h = (h ^ (unsigned char)*s) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static struct entry *entry_of(uint64_t hash)
{
	return (struct entry *)agent_dirs + hash % ENTRIES;
}

bool agent_dir_find(const char *name, size_t len, struct pathbuf *host, struct agent_dir *ret)
{
	uint64_t h = hash_of(name, len);
	struct entry *e = entry_of(h);
	uint32_t sequence = __atomic_load_n(&e->sequence, __ATOMIC_ACQUIRE);
	size_t host_len = e->host_len;
	const struct agent_since since = { e->ticks, e->generation, true };

	if ((sequence & 1) || e->hash != h || e->name_len != len || !agent_dir_is_fresh(&since) ||
	    memcmp(e->names, name, len) != 0 || len + host_len > NAMES_BYTES)
		return false;
	memcpy(host->s, e->names + len, host_len);
	host->s[host_len] = '\0';
	host->len = host_len;
	ret->bind = e->bind;
	ret->since = since;
	ret->without_devices = e->without_devices;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&e->sequence, __ATOMIC_RELAXED) == sequence;
}

struct agent_since agent_dir_begin(void)
{
	const struct agent_shared *s = &agent_session;
	struct agent_since since;

	since.ticks = machine_ticks();
	since.generation = __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE);
	since.known = !__atomic_load_n(&s->changing, __ATOMIC_ACQUIRE);
	return since;
}

bool agent_dir_is_since(const struct agent_since *since)
{
	const struct agent_shared *s = &agent_session;

	return since->known &&
	       since->generation == __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&s->changing, __ATOMIC_ACQUIRE);
}

bool agent_dir_is_fresh(const struct agent_since *since)
{
	return agent_dir_is_since(since) &&
	       machine_ticks() - since->ticks < agent_session.fresh;
}

void agent_dir_learn(const char *name, size_t len, const struct pathbuf *host,
		     const struct agent_dir *d)
{
	uint64_t h = hash_of(name, len);
	struct entry *e = entry_of(h);
	uint32_t sequence = __atomic_load_n(&e->sequence, __ATOMIC_RELAXED);

	if (!d->since.known || len + host->len > NAMES_BYTES || (sequence & 1) ||
	    !__atomic_compare_exchange_n(&e->sequence, &sequence, sequence + 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	e->generation = d->since.generation;
	e->ticks = d->since.ticks;
	e->hash = h;
	e->bind = d->bind;
	e->without_devices = d->without_devices;
	e->name_len = (uint16_t)len;
	e->host_len = (uint16_t)host->len;
	memcpy(e->names, name, len);
	memcpy(e->names + len, host->s, host->len);
	__atomic_store_n(&e->sequence, sequence + 2, __ATOMIC_RELEASE);
}
